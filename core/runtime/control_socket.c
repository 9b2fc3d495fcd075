/* control_socket.c - the control socket's address, whatever the length of its path.
 * SPDX-License-Identifier: Apache-2.0
 *
 * An address holds 107 bytes, a data folder may be longer: then the folder is opened and the
 * address goes through /proc/self/fd.
 */
#include "control_socket.h"

#include <banyan/base/check.h>
#include <banyan/base/limits.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

typedef struct place {
    struct sockaddr_un address;
    int folder_fd; /* -1: not needed */
} place;

static void place_close(place *at)
{
    if (at->folder_fd >= 0) {
        close(at->folder_fd);
    }
}

static bn_rc place_init(place *at, const char *path, bn_err *err)
{
    at->address.sun_family = AF_UNIX;
    size_t len = strlen(path);
    if (len < sizeof at->address.sun_path) {
        memcpy(at->address.sun_path, path, len + 1);
        return BN_OK;
    }
    const char *name = strrchr(path, '/');
    char folder[PATH_MAX];
    if (name == NULL || (size_t)(name - path) >= sizeof folder) {
        return bn_fail(err, BN_E_LIMIT, "control socket: path of %zu bytes is too long", len);
    }
    memcpy(folder, path, (size_t)(name - path));
    folder[name - path] = 0;
    at->folder_fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (at->folder_fd < 0) {
        return bn_fail(err, errno == ENOENT ? BN_E_UNREACHABLE : BN_E_FAILED, "%s: %s", folder,
                       strerrordesc_np(errno));
    }
    int written = snprintf(at->address.sun_path, sizeof at->address.sun_path,
                           "/proc/self/fd/%d%s", at->folder_fd, name);
    if (written >= (int)sizeof at->address.sun_path) {
        return bn_fail(err, BN_E_LIMIT, "control socket: name %s is too long", name);
    }
    return BN_OK;
}

static bn_rc refuse_connect(const char *path, bn_err *err)
{
    switch (errno) {
    case ENOENT:
    case ECONNREFUSED:
    case ENOTDIR:
        return bn_fail(err, BN_E_UNREACHABLE, "no daemon listens at %s", path);
    case EACCES:
    case EPERM:
        return bn_fail(err, BN_E_DENIED, "%s belongs to another user", path);
    case EAGAIN:
        return bn_fail(err, BN_E_UNREACHABLE, "the daemon at %s does not take the call", path);
    case EINTR:
        return bn_fail(err, BN_E_INTERRUPTED, "interrupted");
    default:
        return bn_fail(err, BN_E_UNREACHABLE, "%s: %s", path, strerrordesc_np(errno));
    }
}

static bn_rc connect_at(const place *at, const char *path, uint64_t timeout_ms, int *out,
                        bn_err *err)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return bn_fail(err, BN_E_FAILED, "control socket: %s", strerrordesc_np(errno));
    }
    struct timeval limit = {.tv_sec = (time_t)(timeout_ms / 1000),
                            .tv_usec = (suseconds_t)(timeout_ms % 1000 * 1000)};
    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) != 0 ||
        connect(fd, (const struct sockaddr *)&at->address, sizeof at->address) != 0) {
        bn_rc rc = refuse_connect(path, err);
        close(fd);
        return rc;
    }
    *out = fd;
    return BN_OK;
}

/* Removes a socket nobody listens at; any other file there stays. */
static bn_rc clear_way(const place *at, const char *path, bn_err *err)
{
    struct stat found;
    if (lstat(at->address.sun_path, &found) != 0) {
        return BN_OK;
    }
    if (!S_ISSOCK(found.st_mode)) {
        return bn_fail(err, BN_E_EXISTS, "%s is in the way and is not a socket", path);
    }
    int fd = -1;
    bn_rc rc = connect_at(at, path, 1000, &fd, NULL);
    if (rc == BN_OK) {
        close(fd);
        return bn_fail(err, BN_E_BUSY, "another daemon listens at %s", path);
    }
    if (rc != BN_E_UNREACHABLE || unlink(at->address.sun_path) != 0) {
        return bn_fail(err, BN_E_DENIED, "%s cannot be replaced", path);
    }
    return BN_OK;
}

static bn_rc listen_at(const place *at, const char *path, int *out, bn_err *err)
{
    BN_TRY(clear_way(at, path, err));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    /* The mode of the unbound socket is the one the file gets: it is never open to others. */
    if (fd < 0 || fchmod(fd, 0600) != 0 ||
        bind(fd, (const struct sockaddr *)&at->address, sizeof at->address) != 0 ||
        listen(fd, BN_CONTROL_CLIENTS_MAX) != 0) {
        bn_rc rc = bn_fail(err, BN_E_FAILED, "%s: %s", path, strerrordesc_np(errno));
        if (fd >= 0) {
            close(fd);
        }
        return rc;
    }
    *out = fd;
    return BN_OK;
}

bn_rc control_socket_listen(const char *path, int *fd, bn_err *err)
{
    BN_AUTO(place_close) place at = {.folder_fd = -1};
    BN_TRY(place_init(&at, path, err));
    return listen_at(&at, path, fd, err);
}

bn_rc control_socket_connect(const char *path, uint64_t timeout_ms, int *fd, bn_err *err)
{
    BN_AUTO(place_close) place at = {.folder_fd = -1};
    bn_rc rc = place_init(&at, path, err);
    if (rc == BN_E_UNREACHABLE) {
        return bn_fail(err, BN_E_UNREACHABLE, "no daemon listens at %s", path);
    }
    BN_TRY(rc);
    return connect_at(&at, path, timeout_ms, fd, err);
}
