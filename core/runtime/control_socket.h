/* control_socket.h - the control socket's address, whatever the length of its path.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_CORE_RUNTIME_CONTROL_SOCKET_H
#define BANYAN_CORE_RUNTIME_CONTROL_SOCKET_H

#include <banyan/base/err.h>

#include <stdint.h>

/* A listening, non-blocking socket with mode 0600. BN_E_BUSY when somebody answers at `path`,
 * BN_E_EXISTS when something else than a socket lies there. */
BN_CHECKED bn_rc control_socket_listen(const char *path, int *fd, bn_err *err);

/* A connected, blocking socket whose waits end after `timeout_ms` (0: never). */
BN_CHECKED bn_rc control_socket_connect(const char *path, uint64_t timeout_ms, int *fd,
                                        bn_err *err);

#endif
