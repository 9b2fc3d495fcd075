/* folder.c - the folder of an LMDB store: who may see it, who owns it, what must be in it.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   <folder>/   0700, owned by the user of the process
 *     data.mdb    the tables
 *     lock.mdb    LMDB's reader slots; recreated when it is missing
 *     owner.lock  locked with flock(2) by the process that may write, holding its pid. The
 *                 kernel releases it with the process, so that nothing is to be cleaned up.
 *     store.id    there once the first commit is durable: data.mdb missing or empty beside it
 *                 is a loss that must not be papered over with a new store
 *     ballast     16 MiB given up when the disk is full, so that deletes and exports still
 *                 find pages; made again at an open with eight times as much room
 */
#include "folder.h"

#include <banyan/base/check.h>
#include <banyan/base/number.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#define FOLDER_MODE 0700
#define FILE_MODE 0600
#define OTHERS_MODE 0077
#define PID_TEXT_MAX 24
#define BALLAST_ROOM_FACTOR 8

static const struct {
    unsigned long type;
    const char *name;
} refused_fs[] = {
    {0x6969, "nfs"},      {0x517b, "smb"},       {0xff534d42, "cifs"},   {0xfe534d42, "smb2"},
    {0x65735546, "fuse"}, {0x01021997, "9p"},    {0x5346414f, "afs"},    {0x6b414653, "afs"},
    {0x73757245, "coda"}, {0x00c36400, "ceph"},  {0x564c, "ncp"},        {0x0bd00bd0, "lustre"},
    {0x01161970, "gfs2"}, {0x7461636f, "ocfs2"}, {0x786f4256, "vboxsf"},
};

const char *bn_folder_refused_fs(unsigned long type)
{
    for (size_t i = 0; i < BN_COUNT(refused_fs); i++) {
        if (refused_fs[i].type == type) {
            return refused_fs[i].name;
        }
    }
    return NULL;
}

static bn_rc fail_system(bn_err *err, const char *folder, const char *what)
{
    int code = errno;
    bn_rc rc = code == ENOENT                     ? BN_E_NOT_FOUND
               : code == EACCES || code == EPERM  ? BN_E_DENIED
               : code == ENOSPC || code == EDQUOT ? BN_E_NO_SPACE
                                                  : BN_E_FAILED;
    return bn_fail(err, rc, "store %s: %s: %s", folder, what, strerror(code));
}

static bn_rc check_mode(const char *folder, const char *name, const struct stat *status,
                        bn_err *err)
{
    if (status->st_uid != geteuid()) {
        return bn_fail(err, BN_E_DENIED, "store %s%s: owned by user %u, this process is user %u",
                       folder, name, (unsigned)status->st_uid, (unsigned)geteuid());
    }
    if ((status->st_mode & OTHERS_MODE) != 0) {
        return bn_fail(err, BN_E_DENIED, "store %s%s: mode %04o lets other users in, take it away",
                       folder, name, (unsigned)(status->st_mode & 07777));
    }
    return BN_OK;
}

static bn_rc check_folder(const bn_kv_options *options, int fd, bn_err *err)
{
    struct stat status;
    struct statfs fs;
    if (fstat(fd, &status) != 0 || fstatfs(fd, &fs) != 0) {
        return fail_system(err, options->folder, "cannot be examined");
    }
    BN_TRY(check_mode(options->folder, "", &status, err));
    const char *refused = bn_folder_refused_fs((unsigned long)fs.f_type & 0xffffffffu);
    if (refused != NULL && !options->allow_any_fs) {
        return bn_fail(err, BN_E_UNSUPPORTED, "store %s: is on %s, only local disks are safe",
                       options->folder, refused);
    }
    return BN_OK;
}

/* What the files that are there, or not, say about the state of the store. */
static bn_rc check_files(const bn_kv_options *options, bn_folder *folder, bn_err *err)
{
    struct stat status;
    folder->is_marked = fstatat(folder->fd, "store.id", &status, AT_SYMLINK_NOFOLLOW) == 0;
    folder->has_ballast = fstatat(folder->fd, "ballast", &status, AT_SYMLINK_NOFOLLOW) == 0;
    if (fstatat(folder->fd, "data.mdb", &status, AT_SYMLINK_NOFOLLOW) != 0) {
        if (folder->is_marked) {
            return bn_fail(err, BN_E_CORRUPT,
                           "store %s: data.mdb is missing although store.id says that there was "
                           "a store: restore a backup",
                           options->folder);
        }
        return options->read_only ? fail_system(err, options->folder, "data.mdb") : BN_OK;
    }
    if (folder->is_marked && status.st_size == 0) {
        return bn_fail(err, BN_E_CORRUPT,
                       "store %s: data.mdb is empty although store.id says that there was a "
                       "store: restore a backup",
                       options->folder);
    }
    return check_mode(options->folder, "/data.mdb", &status, err);
}

static bn_rc fail_owned(bn_err *err, const char *folder, int fd)
{
    char text[PID_TEXT_MAX] = "";
    ssize_t len = pread(fd, text, sizeof text - 1, 0);
    uint64_t pid = 0;
    bn_slice digits = bn_slice_trim(bn_slice_make(text, len > 0 ? (size_t)len : 0));
    if (bn_parse_u64(digits, &pid) != BN_OK) {
        return bn_fail(err, BN_E_BUSY, "store %s: open in another process", folder);
    }
    return bn_fail(err, BN_E_BUSY, "store %s: open in process %llu", folder,
                   (unsigned long long)pid);
}

static bn_rc take_owner_lock(const char *path, bn_folder *folder, bn_err *err)
{
    int fd = openat(folder->fd, "owner.lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
    if (fd < 0) {
        return fail_system(err, path, "owner.lock");
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        bn_rc rc =
            errno == EWOULDBLOCK ? fail_owned(err, path, fd) : fail_system(err, path, "owner.lock");
        close(fd);
        return rc;
    }
    char text[PID_TEXT_MAX];
    int len = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    /* The pid only helps people; the lock holds without it, for instance on a full disk. */
    if (ftruncate(fd, 0) == 0 && pwrite(fd, text, (size_t)len, 0) != len) {
        (void)!ftruncate(fd, 0);
    }
    folder->lock_fd = fd;
    return BN_OK;
}

static bn_rc prepare(const bn_kv_options *options, bn_folder *folder, bn_err *err)
{
    BN_TRY(check_folder(options, folder->fd, err));
    if (!options->read_only) {
        BN_TRY(take_owner_lock(options->folder, folder, err));
    }
    return check_files(options, folder, err);
}

bn_rc bn_folder_open(const bn_kv_options *options, bn_folder *out, bn_err *err)
{
    const char *path = options->folder;
    if (!options->read_only && mkdir(path, FOLDER_MODE) != 0 && errno != EEXIST) {
        return fail_system(err, path, "cannot be created");
    }
    bn_folder folder = {.fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), .lock_fd = -1};
    if (folder.fd < 0) {
        return fail_system(err, path, "cannot be opened");
    }
    bn_rc rc = prepare(options, &folder, err);
    if (rc != BN_OK) {
        bn_folder_close(&folder);
        return rc;
    }
    *out = folder;
    return BN_OK;
}

void bn_folder_close(bn_folder *folder)
{
    if (folder->lock_fd >= 0) {
        close(folder->lock_fd);
    }
    close(folder->fd);
    *folder = (bn_folder){.fd = -1, .lock_fd = -1};
}

bn_rc bn_folder_mark(bn_folder *folder, bn_err *err)
{
    static const char text[] = "A banyan store is kept here. Keep this file with data.mdb.\n";
    if (folder->is_marked) {
        return BN_OK;
    }
    int fd = openat(folder->fd, "store.id", O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
    bool is_done = fd >= 0 && write(fd, text, sizeof text - 1) >= 0 && fsync(fd) == 0 &&
                   fsync(folder->fd) == 0;
    if (!is_done) {
        bn_rc rc = fail_system(err, ".", "store.id cannot be written");
        if (fd >= 0) {
            close(fd);
        }
        return rc;
    }
    close(fd);
    folder->is_marked = true;
    return BN_OK;
}

bn_rc bn_folder_watch(bn_folder *folder, bn_err *err)
{
    struct stat status;
    if (fstatat(folder->fd, "data.mdb", &status, AT_SYMLINK_NOFOLLOW) != 0) {
        return bn_fail(err, BN_E_IO, "store: data.mdb was removed while open: %s", strerror(errno));
    }
    if (folder->is_watched && folder->data_inode != status.st_ino) {
        return bn_fail(err, BN_E_IO, "store: data.mdb was replaced while open");
    }
    uint64_t size = (uint64_t)status.st_size;
    if (size < folder->data_bytes) {
        return bn_fail(err, BN_E_IO, "store: data.mdb was cut from %llu to %llu bytes while open",
                       (unsigned long long)folder->data_bytes, (unsigned long long)size);
    }
    folder->is_watched = true;
    folder->data_inode = status.st_ino;
    folder->data_bytes = size;
    return BN_OK;
}

uint64_t bn_folder_free_bytes(const bn_folder *folder)
{
    struct statvfs fs;
    if (fstatvfs(folder->fd, &fs) != 0) {
        return UINT64_MAX; /* unknown is not full */
    }
    return (uint64_t)fs.f_bavail * fs.f_frsize;
}

void bn_folder_make_ballast(bn_folder *folder)
{
    if (folder->has_ballast ||
        bn_folder_free_bytes(folder) < (uint64_t)BN_BALLAST_BYTES * BALLAST_ROOM_FACTOR) {
        return;
    }
    int fd = openat(folder->fd, "ballast", O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
    if (fd >= 0) {
        folder->has_ballast = posix_fallocate(fd, 0, BN_BALLAST_BYTES) == 0;
        close(fd);
    }
}

void bn_folder_drop_ballast(bn_folder *folder)
{
    if (folder->has_ballast) {
        folder->has_ballast = unlinkat(folder->fd, "ballast", 0) != 0;
    }
}
