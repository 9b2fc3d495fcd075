/* wakeup.c - one file descriptor for several libzmq sockets, that never loses a wake-up.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/transport/wakeup.h"

#include <zmq.h>

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

bn_rc bn_wakeup_open(bn_wakeup *wakeup, bn_err *err)
{
    wakeup->raised = false;
    wakeup->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    wakeup->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    bn_rc rc = wakeup->epoll_fd < 0 || wakeup->event_fd < 0
                   ? bn_fail(err, BN_E_FAILED, "no file descriptor for a link: %s", strerror(errno))
                   : bn_wakeup_add_fd(wakeup, wakeup->event_fd, err);
    if (rc != BN_OK) {
        bn_wakeup_close(wakeup);
        return rc;
    }
    bn_wakeup_raise(wakeup);
    return BN_OK;
}

void bn_wakeup_close(bn_wakeup *wakeup)
{
    if (wakeup->epoll_fd >= 0) {
        close(wakeup->epoll_fd);
    }
    if (wakeup->event_fd >= 0) {
        close(wakeup->event_fd);
    }
    wakeup->epoll_fd = -1;
    wakeup->event_fd = -1;
}

bn_rc bn_wakeup_add_fd(bn_wakeup *wakeup, int fd, bn_err *err)
{
    struct epoll_event wanted = {.events = EPOLLIN, .data = {.fd = fd}};
    if (epoll_ctl(wakeup->epoll_fd, EPOLL_CTL_ADD, fd, &wanted) != 0) {
        return bn_fail(err, BN_E_FAILED, "cannot watch a link: %s", strerror(errno));
    }
    return BN_OK;
}

static int socket_fd(void *socket)
{
    int fd = -1;
    size_t fd_bytes = sizeof fd;
    return zmq_getsockopt(socket, ZMQ_FD, &fd, &fd_bytes) == 0 ? fd : -1;
}

bn_rc bn_wakeup_add_socket(bn_wakeup *wakeup, void *socket, bn_err *err)
{
    return bn_wakeup_add_fd(wakeup, socket_fd(socket), err);
}

/* An eventfd takes and gives its eight bytes at once; neither call can be cut short by a signal
 * when it does not block, and it never blocks: the counter is 0 or 1. */
void bn_wakeup_raise(bn_wakeup *wakeup)
{
    uint64_t one = 1;
    if (!wakeup->raised) {
        wakeup->raised = write(wakeup->event_fd, &one, sizeof one) == (ssize_t)sizeof one;
    }
}

void bn_wakeup_lower(bn_wakeup *wakeup)
{
    uint64_t counter = 0;
    if (wakeup->raised) {
        wakeup->raised = read(wakeup->event_fd, &counter, sizeof counter) < 0;
    }
}

int bn_socket_events(void *socket)
{
    int events = 0;
    size_t events_bytes = sizeof events;
    return zmq_getsockopt(socket, ZMQ_EVENTS, &events, &events_bytes) == 0 ? events : 0;
}

bool bn_socket_stirs(void *socket)
{
    struct pollfd item = {.fd = socket_fd(socket), .events = POLLIN};
    return poll(&item, 1, 0) > 0;
}
