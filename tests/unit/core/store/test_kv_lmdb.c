/* test_kv_lmdb.c - the LMDB store on a real disk: owners, folders, growth, damage, full disks.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store_test.h"

#include "core/store/folder.h"
#include "property.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define MARK "findable-plain-text-"
#define MARK_BYTES (sizeof MARK - 1)

static const uint8_t seal_key[32] = {9};

/* The file as bytes; to be given back with free(). */
static uint8_t *read_file(const char *path, size_t *len)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0 && fstat(fd, &status) == 0);
    uint8_t *bytes = malloc((size_t)status.st_size);
    assert_non_null(bytes);
    assert_int_equal(read(fd, bytes, (size_t)status.st_size), status.st_size);
    close(fd);
    *len = (size_t)status.st_size;
    return bytes;
}

static void write_file(const char *path, const uint8_t *bytes, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, len), (ssize_t)len);
    close(fd);
}

static void kv__refuses_a_second_opener_and_names_its_pid(void **state)
{
    (void)state;
    test_store store = begin_store(true);
    bn_err err = {0};
    bn_kv *second = NULL;
    char pid[32];
    assert_int_equal(try_open(store.folder, &second, &err), BN_E_BUSY);
    snprintf(pid, sizeof pid, "process %ld", (long)getpid());
    assert_non_null(strstr(err.text, pid));
    bn_kv_close(&store.kv);
    assert_ok(try_open(store.folder, &second, &err), err);
    bn_kv_close(&second);
    end_store(&store);
}

static void kv__lets_a_reader_in_beside_the_owner(void **state)
{
    (void)state;
    test_store store = begin_store(true);
    bn_err err = {0};
    save(store.kv, BN_TABLE_ENTITY, "a", "shared");
    pid_t child = fork(); /* the parent's store is not used here */
    if (child == 0) {
        bn_kv_options options = {.folder = store.folder, .read_only = true, .allow_any_fs = true};
        bn_kv *kv = NULL;
        bn_kv_txn *txn = NULL;
        bn_slice found;
        bool is_good = bn_kv_open_lmdb(&options, &kv, &err) == BN_OK &&
                       bn_kv_begin(kv, BN_KV_WRITE, &txn, &err) == BN_E_DENIED &&
                       bn_kv_begin(kv, BN_KV_READ, &txn, &err) == BN_OK &&
                       bn_kv_get(txn, BN_TABLE_ENTITY, BN_SLICE("a"), &found, &err) == BN_OK &&
                       bn_slice_is(found, "shared");
        _exit(is_good ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    end_store(&store);
}

static void kv__keeps_others_out_of_folder_and_files(void **state)
{
    (void)state;
    static const char *const names[] = {"data.mdb", "lock.mdb", "owner.lock", "store.id"};
    test_store store = {.is_lmdb = true};
    bn_err err = {0};
    struct stat status;
    make_folder(store.folder);
    assert_int_equal(rmdir(store.folder), 0); /* so that opening makes it */
    open_store(&store);
    save(store.kv, BN_TABLE_ENTITY, "a", "x");
    assert_int_equal(stat(store.folder, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0700);
    for (size_t i = 0; i < BN_COUNT(names); i++) {
        assert_int_equal(stat(path_in(store.folder, names[i]), &status), 0);
        assert_int_equal(status.st_mode & 07777, 0600);
    }
    bn_kv_close(&store.kv);
    assert_int_equal(chmod(path_in(store.folder, "data.mdb"), 0644), 0);
    assert_int_equal(try_open(store.folder, &store.kv, &err), BN_E_DENIED);
    assert_non_null(strstr(err.text, "0644"));
    assert_int_equal(chmod(path_in(store.folder, "data.mdb"), 0600), 0);
    assert_int_equal(chmod(store.folder, 0750), 0);
    assert_int_equal(try_open(store.folder, &store.kv, &err), BN_E_DENIED);
    assert_int_equal(chmod(store.folder, 0700), 0);
    open_store(&store);
    end_store(&store);
}

static void kv__names_the_file_systems_it_refuses(void **state)
{
    (void)state;
    assert_string_equal(bn_folder_refused_fs(0x6969), "nfs");
    assert_string_equal(bn_folder_refused_fs(0xff534d42), "cifs");
    assert_string_equal(bn_folder_refused_fs(0x65735546), "fuse");
    assert_null(bn_folder_refused_fs(0xef53));     /* ext4 */
    assert_null(bn_folder_refused_fs(0x58465342)); /* xfs */
    assert_null(bn_folder_refused_fs(0x01021994)); /* tmpfs */
}

static void kv__notices_a_store_that_is_gone(void **state)
{
    (void)state;
    test_store store = begin_store(true);
    test_store fresh = begin_store(true);
    bn_err err = {0};
    size_t len = 0;
    save(store.kv, BN_TABLE_ENTITY, "a", "x");
    bn_kv_close(&store.kv);
    bn_kv_close(&fresh.kv); /* never used: tables, but no format row */
    uint8_t *bytes = read_file(path_in(fresh.folder, "data.mdb"), &len);
    write_file(path_in(store.folder, "data.mdb"), bytes, len);
    free(bytes);
    assert_int_equal(try_open(store.folder, &store.kv, &err), BN_E_CORRUPT);
    assert_non_null(strstr(err.text, "restore a backup"));
    write_file(path_in(store.folder, "data.mdb"), NULL, 0);
    assert_int_equal(try_open(store.folder, &store.kv, &err), BN_E_CORRUPT);
    assert_non_null(strstr(err.text, "restore a backup"));
    assert_int_equal(unlink(path_in(store.folder, "data.mdb")), 0);
    assert_int_equal(try_open(store.folder, &store.kv, &err), BN_E_CORRUPT);
    assert_non_null(strstr(err.text, "restore a backup"));
    end_store(&fresh);
    end_store(&store);
}

static bn_rc fill(bn_kv *kv, int from, int count, size_t value_bytes, bn_err *err)
{
    static uint8_t value[64 * 1024];
    bn_kv_txn *txn = NULL;
    bn_rc rc = bn_kv_begin(kv, BN_KV_WRITE, &txn, err);
    for (int i = from; i < from + count && rc == BN_OK; i++) {
        char key[16];
        snprintf(key, sizeof key, "%08d", i);
        memset(value, i, value_bytes);
        rc = bn_kv_put(txn, BN_TABLE_ENTITY, bn_slice_of(key), bn_slice_make(value, value_bytes),
                       err);
    }
    if (rc == BN_OK) {
        return bn_kv_commit(&txn, err);
    }
    bn_kv_abort(&txn);
    return rc;
}

static void kv__grows_its_map_between_transactions(void **state)
{
    (void)state;
    test_store store = {.is_lmdb = true};
    bn_err err = {0};
    bn_kv_stats stats;
    make_folder(store.folder);
    bn_kv_options options = {.folder = store.folder,
                             .map_bytes = 1 << 20,
                             .map_bytes_max = 16 << 20,
                             .allow_any_fs = true};
    assert_ok(bn_kv_open_lmdb(&options, &store.kv, &err), err);
    /* More than the map in one transaction: refused, then possible because it grew. */
    bn_rc rc = fill(store.kv, 0, 120, 10000, &err);
    assert_int_equal(rc, BN_E_NO_SPACE);
    bn_kv_txn *txn = begin(store.kv, BN_KV_READ);
    expect_none(txn, BN_TABLE_ENTITY, "00000000");
    bn_kv_abort(&txn);
    assert_ok(fill(store.kv, 0, 120, 10000, &err), err);
    /* Small steps never meet a full map: it grows ahead of them. */
    for (int i = 120; i < 600; i++) {
        assert_ok(fill(store.kv, i, 1, 10000, &err), err);
    }
    bn_kv_get_stats(store.kv, &stats);
    assert_true(stats.map_bytes >= 8u << 20 && stats.map_bytes <= 16u << 20);
    assert_true(stats.used_bytes > 6000000 && stats.used_bytes <= stats.map_bytes);
    /* At the maximum the store is full, and stays readable and deletable. */
    rc = BN_OK;
    for (int i = 600; i < 2000 && rc == BN_OK; i++) {
        rc = fill(store.kv, i, 1, 10000, &err);
    }
    assert_int_equal(rc, BN_E_NO_SPACE);
    assert_non_null(strstr(err.text, "raise its maximum"));
    txn = begin(store.kv, BN_KV_WRITE);
    assert_ok(bn_kv_del(txn, BN_TABLE_ENTITY, BN_SLICE("00000001"), &err), err);
    commit(txn);
    uint64_t rows_count = 0;
    assert_ok(bn_kv_verify(store.kv, NULL, NULL, &rows_count, &err), err);
    assert_true(rows_count > 600);
    end_store(&store);
}

static void kv__waits_with_growth_for_open_readers(void **state)
{
    (void)state;
    test_store store = {.is_lmdb = true};
    bn_err err = {0};
    make_folder(store.folder);
    bn_kv_options options = {.folder = store.folder,
                             .map_bytes = 1 << 20,
                             .map_bytes_max = 4 << 20,
                             .allow_any_fs = true};
    assert_ok(bn_kv_open_lmdb(&options, &store.kv, &err), err);
    save(store.kv, BN_TABLE_TASK, "a", "seen");
    bn_kv_txn *reader = begin(store.kv, BN_KV_READ);
    assert_int_equal(fill(store.kv, 0, 120, 10000, &err), BN_E_NO_SPACE);
    assert_int_equal(fill(store.kv, 0, 120, 10000, &err), BN_E_NO_SPACE);
    expect(reader, BN_TABLE_TASK, "a", "seen");
    bn_kv_abort(&reader);
    assert_ok(fill(store.kv, 0, 120, 10000, &err), err);
    end_store(&store);
}

/* Commits numbered rows and says so on a pipe until it is killed. */
static _Noreturn void save_until_killed(const char *folder, int out, uint32_t from)
{
    bn_kv *kv = NULL;
    bn_err err = {0};
    if (try_open(folder, &kv, &err) != BN_OK) {
        _exit(1);
    }
    for (uint32_t i = from;; i++) {
        bn_kv_txn *txn = begin(kv, BN_KV_WRITE);
        char key[16];
        snprintf(key, sizeof key, "%08u", i);
        put(txn, BN_TABLE_OPLOG, key, key);
        put(txn, BN_TABLE_INDEX, key, "");
        commit(txn);
        if (write(out, &i, sizeof i) != sizeof i) {
            _exit(1);
        }
    }
}

static void kv__keeps_every_acknowledged_commit_over_kill_9(void **state)
{
    (void)state;
    test_store store = begin_store(true);
    property p = property_begin("kill", 60);
    uint32_t next = 0;
    bn_kv_close(&store.kv);
    for (unsigned n = 0; n < p.cases; n++) {
        int pipe_fds[2];
        uint32_t acknowledged = next;
        assert_int_equal(pipe(pipe_fds), 0);
        pid_t child = fork();
        if (child == 0) {
            save_until_killed(store.folder, pipe_fds[1], next);
        }
        close(pipe_fds[1]);
        for (uint64_t reads = property_below(&p, 40) + 1; reads > 0; reads--) {
            assert_int_equal(read(pipe_fds[0], &acknowledged, sizeof acknowledged),
                             sizeof acknowledged);
        }
        for (uint64_t spin = property_below(&p, 200000); spin > 0; spin--) {
            __asm__ volatile("");
        }
        kill(child, SIGKILL);
        while (read(pipe_fds[0], &acknowledged, sizeof acknowledged) > 0) {
        }
        close(pipe_fds[0]);
        assert_int_equal(waitpid(child, NULL, 0), child);
        open_store(&store);
        bn_kv_txn *txn = begin(store.kv, BN_KV_READ);
        char key[16];
        for (uint32_t i = next; i <= acknowledged; i++) {
            snprintf(key, sizeof key, "%08u", i);
            expect(txn, BN_TABLE_OPLOG, key, key);
        }
        /* One more commit may have been made and not told; both its rows or none. */
        snprintf(key, sizeof key, "%08u", acknowledged + 1);
        bool is_one_more = bn_kv_has(txn, BN_TABLE_OPLOG, bn_slice_of(key));
        assert_int_equal(bn_kv_has(txn, BN_TABLE_INDEX, bn_slice_of(key)), is_one_more);
        next = acknowledged + (is_one_more ? 2 : 1);
        bn_kv_abort(&txn);
        bn_kv_close(&store.kv);
    }
    end_store(&store);
}

static void save_marked_rows(bn_kv *kv, int count)
{
    bn_kv_txn *txn = begin(kv, BN_KV_WRITE);
    for (int i = 0; i < count; i++) {
        char key[32];
        char value[64];
        snprintf(key, sizeof key, "key %06d", i);
        snprintf(value, sizeof value, MARK "%06d", i);
        put(txn, BN_TABLE_ENTITY, key, value);
    }
    commit(txn);
}

static void count_bad(void *context, bn_table table, bn_slice key, const char *reason)
{
    int *bad_count = context;
    assert_int_equal(table, BN_TABLE_ENTITY);
    assert_true(key.len > 0);
    assert_string_equal(reason, "its checksum does not match");
    ++*bad_count;
}

static void kv__reports_values_damaged_on_disk(void **state)
{
    (void)state;
    test_store store = begin_store(true);
    bn_err err = {0};
    bn_slice found;
    size_t len = 0;
    int bad_count = 0;
    int flipped_count = 0;
    uint64_t rows_count = 0;
    save_marked_rows(store.kv, 200);
    bn_kv_close(&store.kv);
    char *path = strdup(path_in(store.folder, "data.mdb"));
    uint8_t *bytes = read_file(path, &len);
    for (size_t i = 0; i + MARK_BYTES + 6 < len; i++) {
        if (memcmp(bytes + i, MARK "0001", MARK_BYTES + 4) == 0) { /* rows 100 to 199 */
            bytes[i + (size_t)flipped_count % MARK_BYTES] ^= (uint8_t)(1u << flipped_count % 8);
            flipped_count++;
        }
    }
    assert_true(flipped_count >= 100); /* also remains of rows that moved to another page */
    write_file(path, bytes, len);
    free(bytes);
    free(path);
    open_store(&store);
    bn_kv_txn *txn = begin(store.kv, BN_KV_READ);
    expect(txn, BN_TABLE_ENTITY, "key 000099", MARK "000099");
    assert_int_equal(bn_kv_get(txn, BN_TABLE_ENTITY, BN_SLICE("key 000150"), &found, &err),
                     BN_E_CORRUPT);
    assert_non_null(strstr(err.text, "ENTITY"));
    bn_kv_abort(&txn);
    assert_int_equal(bn_kv_verify(store.kv, count_bad, &bad_count, &rows_count, &err),
                     BN_E_CORRUPT);
    assert_int_equal(bad_count, 100);
    assert_int_equal(rows_count, 201);
    end_store(&store);
}

/* Reads everything in a damaged store; 99 when a wrong value came out. */
static _Noreturn void read_damaged(const char *folder)
{
    bn_kv *kv = NULL;
    bn_kv_txn *txn = NULL;
    uint64_t rows_count = 0;
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    dup2(null, STDERR_FILENO);
    alarm(20); /* a page that points to itself would never end */
    if (try_open(folder, &kv, NULL) != BN_OK || bn_kv_begin(kv, BN_KV_READ, &txn, NULL) != BN_OK) {
        _exit(1);
    }
    bool is_wrong = false;
    for (int i = 0; i < 200; i++) {
        char key[32];
        char value[64];
        bn_slice found;
        snprintf(key, sizeof key, "key %06d", i);
        snprintf(value, sizeof value, MARK "%06d", i);
        bn_rc rc = bn_kv_get(txn, BN_TABLE_ENTITY, bn_slice_of(key), &found, NULL);
        is_wrong = is_wrong || (rc == BN_OK && !bn_slice_is(found, value));
    }
    bn_kv_abort(&txn);
    bool is_sound = bn_kv_verify(kv, NULL, NULL, &rows_count, NULL) == BN_OK;
    _exit(is_wrong ? 99 : is_sound ? 0 : 1);
}

static void kv__never_returns_a_wrong_value_from_a_damaged_file(void **state)
{
    (void)state;
    test_store store = begin_store(true);
    property p = property_begin("bit flips", 150);
    size_t len = 0;
    unsigned detected = 0;
    save_marked_rows(store.kv, 200);
    bn_kv_close(&store.kv);
    char *path = strdup(path_in(store.folder, "data.mdb"));
    uint8_t *bytes = read_file(path, &len);
    for (unsigned n = 0; n < p.cases; n++) {
        size_t at = property_below(&p, len);
        uint8_t bit = (uint8_t)(1u << property_below(&p, 8));
        bytes[at] ^= bit;
        write_file(path, bytes, len);
        bytes[at] ^= bit;
        pid_t child = fork();
        if (child == 0) {
            read_damaged(store.folder);
        }
        int status = 0;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 99);
        detected += status != 0;
    }
    print_message("# %u of %u flips were noticed, the others hit unused bytes\n", detected,
                  p.cases);
    assert_true(detected > 0);
    free(bytes);
    free(path);
    end_store(&store);
}

static void kv__leaves_no_plain_text_of_sealed_tables_in_its_file(void **state)
{
    (void)state;
    bn_err err = {0};
    for (int sealed = 0; sealed < 2; sealed++) {
        test_store store = begin_store(true);
        size_t len = 0;
        if (sealed) {
            assert_ok(bn_kv_set_seal(store.kv, seal_key, &err), err);
        }
        save_marked_rows(store.kv, 50);
        bn_kv_close(&store.kv);
        uint8_t *bytes = read_file(path_in(store.folder, "data.mdb"), &len);
        assert_int_equal(memmem(bytes, len, MARK, MARK_BYTES) == NULL, sealed);
        free(bytes);
        end_store(&store);
    }
}

static void kv__survives_a_file_cut_short(void **state)
{
    (void)state;
    test_store store = begin_store(true);
    bn_err err = {0};
    size_t len = 0;
    assert_ok(fill(store.kv, 0, 300, 2000, &err), err);
    bn_kv_close(&store.kv);
    char *path = strdup(path_in(store.folder, "data.mdb"));
    free(read_file(path, &len));
    for (size_t cut = len / 2; cut > 8192; cut = cut / 2) {
        assert_int_equal(truncate(path, (off_t)cut), 0);
        pid_t child = fork();
        if (child == 0) {
            read_damaged(store.folder);
        }
        int status = 0;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status)); /* an error, no SIGBUS */
        assert_int_equal(WEXITSTATUS(status), 1);
    }
    free(path);
    end_store(&store);
}

static void kv__says_no_space_on_a_full_disk_and_goes_on(void **state)
{
    (void)state;
    test_store store = {.is_lmdb = true};
    bn_err err = {0};
    struct stat status;
    make_folder(store.folder);
    if (mount("tmpfs", store.folder, "tmpfs", 0, "size=144m,mode=0700") != 0) {
        print_message("# skipped: no permission to mount a small file system\n");
        remove_folder(store.folder);
        skip();
    }
    open_store(&store);
    save(store.kv, BN_TABLE_ENTITY, "a", "kept");
    assert_int_equal(stat(path_in(store.folder, "ballast"), &status), 0);
    assert_int_equal(status.st_size, BN_BALLAST_BYTES);
    int fd = open(path_in(store.folder, "filler"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    for (off_t size = 1 << 20; posix_fallocate(fd, 0, size) == 0; size += 1 << 20) {
    }
    close(fd);
    bn_rc rc = BN_OK;
    int i = 0;
    for (; i < 1000 && rc == BN_OK; i++) {
        rc = fill(store.kv, i * 10, 10, 20000, &err);
    }
    assert_int_equal(rc, BN_E_NO_SPACE);
    assert_non_null(strstr(err.text, "disk is full"));
    assert_int_equal(stat(path_in(store.folder, "ballast"), &status), -1);
    bn_kv_txn *txn = begin(store.kv, BN_KV_READ);
    expect(txn, BN_TABLE_ENTITY, "a", "kept");
    bn_kv_abort(&txn);
    txn = begin(store.kv, BN_KV_WRITE);
    for (int n = 0; n < i - 1; n++) {
        char key[16];
        snprintf(key, sizeof key, "%08d", n);
        assert_ok(bn_kv_del(txn, BN_TABLE_ENTITY, bn_slice_of(key), &err), err);
    }
    commit(txn);
    reopen_store(&store);
    uint64_t rows_count = 0;
    assert_ok(bn_kv_verify(store.kv, NULL, NULL, &rows_count, &err), err);
    bn_kv_close(&store.kv);
    assert_int_equal(umount(store.folder), 0);
    rmdir(store.folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kv__refuses_a_second_opener_and_names_its_pid),
        cmocka_unit_test(kv__lets_a_reader_in_beside_the_owner),
        cmocka_unit_test(kv__keeps_others_out_of_folder_and_files),
        cmocka_unit_test(kv__names_the_file_systems_it_refuses),
        cmocka_unit_test(kv__notices_a_store_that_is_gone),
        cmocka_unit_test(kv__grows_its_map_between_transactions),
        cmocka_unit_test(kv__waits_with_growth_for_open_readers),
        cmocka_unit_test(kv__keeps_every_acknowledged_commit_over_kill_9),
        cmocka_unit_test(kv__reports_values_damaged_on_disk),
        cmocka_unit_test(kv__never_returns_a_wrong_value_from_a_damaged_file),
        cmocka_unit_test(kv__leaves_no_plain_text_of_sealed_tables_in_its_file),
        cmocka_unit_test(kv__survives_a_file_cut_short),
        cmocka_unit_test(kv__says_no_space_on_a_full_disk_and_goes_on),
    };
    return cmocka_run_group_tests(tests, start_crypto, NULL);
}
