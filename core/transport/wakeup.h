/* wakeup.h - one file descriptor for several libzmq sockets, that never loses a wake-up.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A socket's own ZMQ_FD says "libzmq wants to run", not "there is a message": any call on the
 * socket may swallow it while messages wait (a send does) or while a full queue got room (a receive
 * does). So whoever sends raises the wake-up, and only a receiver that found every socket empty,
 * and no hope for a refused send, lowers it. The descriptor is then readable whenever the caller
 * may get further, whether its poller is level- or edge-triggered.
 */
#ifndef BANYAN_CORE_TRANSPORT_WAKEUP_H
#define BANYAN_CORE_TRANSPORT_WAKEUP_H

#include <banyan/base/err.h>

#include <stdbool.h>

typedef struct bn_wakeup {
    int epoll_fd; /* what the caller polls */
    int event_fd; /* our own voice in it */
    bool raised;
} bn_wakeup;

/* Raised at first: whoever polls looks once. On failure nothing is left open. */
BN_CHECKED bn_rc bn_wakeup_open(bn_wakeup *wakeup, bn_err *err);
void bn_wakeup_close(bn_wakeup *wakeup); /* a second time is fine */
BN_CHECKED bn_rc bn_wakeup_add_fd(bn_wakeup *wakeup, int fd, bn_err *err);
BN_CHECKED bn_rc bn_wakeup_add_socket(bn_wakeup *wakeup, void *socket, bn_err *err);
void bn_wakeup_raise(bn_wakeup *wakeup);
void bn_wakeup_lower(bn_wakeup *wakeup);

/* Asks the socket, after it has done all its waiting work: ZMQ_POLLIN | ZMQ_POLLOUT. */
int bn_socket_events(void *socket);

/* True when the socket wants to run, which may give a full queue room. */
bool bn_socket_stirs(void *socket);

#endif
