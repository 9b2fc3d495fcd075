/* notify.c - the service manager's protocol: one datagram per change of state.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <banyan/core/daemon.h>

#include <banyan/base/number.h>

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

bool bn_notify(const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t path_len = path != NULL ? strlen(path) : 0;
    if (path_len < 2 || path_len >= sizeof address.sun_path ||
        (path[0] != '/' && path[0] != '@')) {
        return false;
    }
    memcpy(address.sun_path, path, path_len);
    if (path[0] == '@') {
        address.sun_path[0] = 0; /* the abstract name space starts with a NUL */
    }
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return false;
    }
    socklen_t address_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + path_len);
    size_t len = strlen(state);
    ssize_t sent = sendto(fd, state, len, MSG_NOSIGNAL, (const struct sockaddr *)&address,
                          address_len);
    close(fd);
    return sent == (ssize_t)len;
}

uint64_t bn_notify_watchdog_ms(void)
{
    const char *period = getenv("WATCHDOG_USEC");
    const char *owner = getenv("WATCHDOG_PID");
    uint64_t period_us = 0;
    uint64_t pid = (uint64_t)getpid();
    if (period == NULL || bn_parse_u64(bn_slice_of(period), &period_us) != BN_OK) {
        return 0;
    }
    if (owner != NULL &&
        (bn_parse_u64(bn_slice_of(owner), &pid) != BN_OK || pid != (uint64_t)getpid())) {
        return 0;
    }
    uint64_t half_ms = period_us / 2000;
    return half_ms > 0 || period_us == 0 ? half_ms : 1;
}
