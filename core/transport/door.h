/* door.h - one ROUTER socket: whole frames from peers whose key is proven.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_CORE_TRANSPORT_DOOR_H
#define BANYAN_CORE_TRANSPORT_DOOR_H

#include "core/transport/options.h"

#define BN_ENDPOINT_TEXT_BYTES 256

/* Binds; the real endpoint (with the port the system chose) is written to `endpoint`. */
BN_CHECKED bn_rc bn_door_open(void *zmq, bn_door door, const uint8_t secret_key[BN_KEY_BYTES],
                              const char *wanted, char endpoint[BN_ENDPOINT_TEXT_BYTES],
                              void **out, bn_err *err);

/* Takes one message off the socket. out->frame borrows from `frame`, which the caller has
 * initialised and keeps. BN_E_AGAIN: nothing waits. BN_E_DENIED: a message was thrown away. */
BN_CHECKED bn_rc bn_door_receive(void *socket, bn_door door, zmq_msg_t *frame, bn_arrival *out,
                                 bn_err *err);

/* BN_E_AGAIN, BN_E_UNREACHABLE, BN_E_LIMIT, BN_E_NO_MEMORY; never blocks. */
BN_CHECKED bn_rc bn_door_send(void *socket, const bn_route *route, bn_slice frame);

#endif
