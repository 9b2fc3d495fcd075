/* unlock.c - where the key that seals a store comes from.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <banyan/base/check.h>
#include <banyan/base/text.h>
#include <banyan/core/unlock.h>
#include <banyan/protocol/crypto.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#define KEY_FILE_BYTES (2 * BN_KEY_BYTES + 1) /* hex digits and a line end */
#define PASSPHRASE_BYTES_MAX 1024
#define PASSPHRASE_BYTES_MIN 8
#define ROLE_KEY BN_SLICE("role")
#define WRAPPED_BYTES (4 + BN_PASSWORD_SALT_BYTES + BN_KEY_BYTES + BN_SEAL_OVERHEAD_BYTES)

static const char wrapped_magic[4] = {'B', 'N', 'W', '1'};

/* Writes a file that is whole or not there: temporary name, fsync, rename. */
static bn_rc write_new_file(const char *path, const void *bytes, size_t len, bn_err *err)
{
    char temporary[4096];
    int written = snprintf(temporary, sizeof temporary, "%s.new", path);
    if (written < 0 || (size_t)written >= sizeof temporary) {
        return bn_fail(err, BN_E_LIMIT, "%s: path too long", path);
    }
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) {
        return bn_fail(err, BN_E_IO, "%s: %s", temporary, strerror(errno));
    }
    bool whole = write(fd, bytes, len) == (ssize_t)len && fsync(fd) == 0;
    whole = close(fd) == 0 && whole;
    if (!whole || rename(temporary, path) != 0) {
        bn_rc rc = bn_fail(err, BN_E_IO, "%s: %s", path, strerror(errno));
        unlink(temporary);
        return rc;
    }
    return BN_OK;
}

/* Reads a small file that only its owner may read. */
static bn_rc read_private_file(const char *path, void *out, size_t size, size_t *len, bn_err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        bn_rc code = errno == ENOENT ? BN_E_NOT_FOUND : BN_E_IO;
        return bn_fail(err, code, "%s: %s", path, strerror(errno));
    }
    struct stat status;
    if (fstat(fd, &status) != 0 || (status.st_mode & 077) != 0) {
        close(fd);
        return bn_fail(err, BN_E_DENIED, "%s: others may read it; chmod 600 it", path);
    }
    ssize_t got = read(fd, out, size);
    close(fd);
    if (got < 0) {
        return bn_fail(err, BN_E_IO, "%s: %s", path, strerror(errno));
    }
    *len = (size_t)got;
    return BN_OK;
}

static bn_rc make_key_file(const char *path, const bn_random *random, uint8_t key[BN_KEY_BYTES],
                           bn_err *err)
{
    char text[KEY_FILE_BYTES + 1];
    random->fill(random->context, key, BN_KEY_BYTES);
    bn_hex_encode(bn_slice_make(key, BN_KEY_BYTES), text);
    text[KEY_FILE_BYTES - 1] = '\n';
    bn_rc rc = write_new_file(path, text, KEY_FILE_BYTES, err);
    bn_wipe(text, sizeof text);
    return rc;
}

/* `maker` NULL: the file must be there. */
static bn_rc unlock_key_file(const char *path, const bn_random *maker, uint8_t key[BN_KEY_BYTES],
                             bn_err *err)
{
    char text[KEY_FILE_BYTES + 8];
    size_t len = 0;
    bn_rc rc = read_private_file(path, text, sizeof text, &len, err);
    if (rc == BN_E_NOT_FOUND) {
        return maker != NULL ? make_key_file(path, maker, key, err)
                             : bn_fail(err, BN_E_NOT_FOUND,
                                       "%s is missing: put the key of this store back", path);
    }
    BN_TRY(rc);
    rc = bn_hex_decode(bn_slice_trim(bn_slice_make(text, len)), key, BN_KEY_BYTES);
    bn_wipe(text, sizeof text);
    return rc == BN_OK ? BN_OK
                       : bn_fail(err, BN_E_FORMAT, "%s: not %d hex digits", path, 2 * BN_KEY_BYTES);
}

/* One line from the terminal, not shown while it is typed. */
static bn_rc ask_passphrase(char *out, size_t size, bn_err *err)
{
    FILE *terminal = fopen("/dev/tty", "r+");
    if (terminal == NULL) {
        return bn_fail(err, BN_E_DENIED, "no terminal to ask for the passphrase on");
    }
    struct termios before;
    int fd = fileno(terminal);
    bool quiet = tcgetattr(fd, &before) == 0;
    if (quiet) {
        struct termios silent = before;
        silent.c_lflag &= ~(tcflag_t)ECHO;
        tcsetattr(fd, TCSAFLUSH, &silent);
    }
    fputs("passphrase: ", terminal);
    fflush(terminal);
    bool got = fgets(out, (int)size, terminal) != NULL;
    if (quiet) {
        tcsetattr(fd, TCSAFLUSH, &before);
    }
    fputc('\n', terminal);
    fclose(terminal);
    return got ? BN_OK : bn_fail(err, BN_E_DENIED, "no passphrase given");
}

static bn_rc read_passphrase(const char *path, char *out, size_t size, bn_slice *passphrase,
                             bn_err *err)
{
    if (strcmp(path, "-") == 0) {
        BN_TRY(ask_passphrase(out, size, err));
    } else {
        size_t len = 0;
        BN_TRY(read_private_file(path, out, size - 1, &len, err));
        out[len] = 0;
    }
    *passphrase = bn_slice_make(out, strcspn(out, "\r\n"));
    if (passphrase->len < PASSPHRASE_BYTES_MIN) {
        return bn_fail(err, BN_E_INVALID, "passphrase: %zu bytes, at least %d wanted",
                       passphrase->len, PASSPHRASE_BYTES_MIN);
    }
    return BN_OK;
}

static bn_rc make_wrapped(const char *path, const bn_random *random, bn_slice passphrase,
                          uint8_t key[BN_KEY_BYTES], bn_err *err)
{
    uint8_t salt[BN_PASSWORD_SALT_BYTES];
    uint8_t wrapping[BN_KEY_BYTES];
    random->fill(random->context, salt, sizeof salt);
    random->fill(random->context, key, BN_KEY_BYTES);
    if (bn_key_from_password(passphrase, salt, wrapping) != BN_OK) {
        return bn_fail(err, BN_E_NO_MEMORY, "not enough memory to derive a key");
    }
    bn_buf file;
    bn_buf_init(&file, WRAPPED_BYTES);
    bn_buf_append(&file, wrapped_magic, sizeof wrapped_magic);
    bn_buf_append(&file, salt, sizeof salt);
    bn_seal(wrapping, BN_SLICE("banyan-seal-key"), bn_slice_make(key, BN_KEY_BYTES), &file);
    bn_wipe(wrapping, sizeof wrapping);
    bn_rc rc = bn_buf_status(&file);
    rc = rc == BN_OK ? write_new_file(path, file.data, file.len, err) : rc;
    bn_buf_fini(&file);
    return rc;
}

static bn_rc open_wrapped(bn_slice file, bn_slice passphrase, uint8_t key[BN_KEY_BYTES],
                          bn_err *err)
{
    uint8_t wrapping[BN_KEY_BYTES];
    const uint8_t *salt = file.data + sizeof wrapped_magic;
    const uint8_t *sealed = salt + BN_PASSWORD_SALT_BYTES;
    if (file.len != WRAPPED_BYTES || memcmp(file.data, wrapped_magic, sizeof wrapped_magic) != 0) {
        return bn_fail(err, BN_E_FORMAT, "the wrapped key file is damaged");
    }
    if (bn_key_from_password(passphrase, salt, wrapping) != BN_OK) {
        return bn_fail(err, BN_E_NO_MEMORY, "not enough memory to derive a key");
    }
    bn_buf plain;
    bn_buf_init(&plain, BN_KEY_BYTES);
    bn_rc rc = bn_unseal(wrapping, BN_SLICE("banyan-seal-key"),
                         bn_slice_make(sealed, BN_KEY_BYTES + BN_SEAL_OVERHEAD_BYTES), &plain);
    bn_wipe(wrapping, sizeof wrapping);
    if (rc == BN_OK && plain.len == BN_KEY_BYTES) {
        memcpy(key, plain.data, BN_KEY_BYTES);
        bn_wipe(plain.data, plain.len);
    }
    bn_buf_fini(&plain);
    return rc == BN_OK ? BN_OK : bn_fail(err, BN_E_DENIED, "wrong passphrase for this store");
}

/* `maker` NULL: the wrapped key must be there. */
static bn_rc unlock_passphrase(const char *path, const char *passphrase_path,
                               const bn_random *maker, uint8_t key[BN_KEY_BYTES], bn_err *err)
{
    char typed[PASSPHRASE_BYTES_MAX];
    uint8_t file[WRAPPED_BYTES + 1];
    size_t file_len = 0;
    bn_slice passphrase;
    bn_rc rc = read_passphrase(passphrase_path, typed, sizeof typed, &passphrase, err);
    if (rc == BN_OK) {
        rc = read_private_file(path, file, sizeof file, &file_len, err);
        if (rc == BN_E_NOT_FOUND && maker != NULL) {
            rc = make_wrapped(path, maker, passphrase, key, err);
        } else if (rc == BN_OK) {
            rc = open_wrapped(bn_slice_make(file, file_len), passphrase, key, err);
        }
    }
    bn_wipe(typed, sizeof typed);
    return rc;
}

static bn_rc path_in(const char *folder, const char *name, char *out, size_t size, bn_err *err)
{
    int written = snprintf(out, size, "%s/%s", folder, name);
    return written > 0 && (size_t)written < size
               ? BN_OK
               : bn_fail(err, BN_E_LIMIT, "%s: path too long", folder);
}

static bn_rc unlock(const bn_unlock_options *options, uint8_t key[BN_KEY_BYTES], bn_err *err)
{
    char path[4096];
    BN_TRY(path_in(options->folder, "store.id", path, sizeof path, err));
    bool is_new = access(path, F_OK) != 0;
    BN_TRY(path_in(options->folder, "data.mdb", path, sizeof path, err));
    is_new = is_new && access(path, F_OK) != 0;
    const bn_random *maker = is_new ? options->random : NULL;
    if (options->passphrase_file[0] != 0) {
        BN_TRY(path_in(options->folder, "seal.wrapped", path, sizeof path, err));
        return unlock_passphrase(path, options->passphrase_file, maker, key, err);
    }
    BN_TRY(path_in(options->folder, "seal.key", path, sizeof path, err));
    const char *key_file = options->key_file[0] != 0 ? options->key_file : path;
    return unlock_key_file(key_file, maker, key, err);
}

/* A store belongs to the kind of program that used it first: both keep keys, counters and records
 * under the same names, and the other one would write over them. */
static bn_rc claim(bn_kv *kv, bn_slice role, bn_err *err)
{
    BN_AUTO(bn_kv_abort) bn_kv_txn *txn = NULL;
    bn_slice found;
    BN_TRY(bn_kv_begin(kv, BN_KV_READ, &txn, err));
    bn_rc rc = bn_kv_get(txn, BN_TABLE_META, ROLE_KEY, &found, err);
    if (rc == BN_OK && !bn_slice_equal(found, role)) {
        return bn_fail(err, BN_E_DENIED, "the data folder holds the store of a %.*s, not of a %.*s",
                       BN_SLICE_ARG(found), BN_SLICE_ARG(role));
    }
    if (rc != BN_E_NOT_FOUND) {
        return rc;
    }
    bn_kv_abort(&txn);
    BN_TRY(bn_kv_begin(kv, BN_KV_WRITE, &txn, err));
    BN_TRY(bn_kv_put(txn, BN_TABLE_META, ROLE_KEY, role, err));
    return bn_kv_commit(&txn, err);
}

bn_rc bn_unlock_open(const bn_unlock_options *options, bn_kv **out, bn_err *err)
{
    uint8_t key[BN_KEY_BYTES];
    BN_AUTO(bn_kv_close) bn_kv *kv = NULL;
    if (mkdir(options->folder, 0700) != 0 && errno != EEXIST) {
        return bn_fail(err, BN_E_IO, "%s: %s", options->folder, strerror(errno));
    }
    if (options->sealed) {
        BN_TRY(unlock(options, key, err));
    }
    bn_kv_options store = {.folder = options->folder, .map_bytes_max = options->map_bytes_max};
    bn_rc rc = bn_kv_open_lmdb(&store, &kv, err);
    if (rc == BN_OK && options->sealed) {
        rc = bn_kv_set_seal(kv, key, err);
    }
    bn_wipe(key, sizeof key);
    BN_TRY(rc);
    BN_TRY(claim(kv, bn_slice_of(options->role), err));
    *out = BN_TAKE(kv);
    return BN_OK;
}
