/* options.h - the socket options of options.def, put on a socket.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_CORE_TRANSPORT_OPTIONS_H
#define BANYAN_CORE_TRANSPORT_OPTIONS_H

#include <banyan/core/link.h>

#include <zmq.h>

/* libzmq keeps this number out of its stable header, yet the stable library obeys it. */
#ifndef ZMQ_ZAP_ENFORCE_DOMAIN
#define ZMQ_ZAP_ENFORCE_DOMAIN 93
#endif

/* A CURVE frame on the wire: "\x07MESSAGE", nonce, flags, tag around our bytes. */
#define BN_CURVE_FRAME_BYTES 33

#define BN_IO_THREADS_SERVER 2 /* CURVE is computed there */
#define BN_IO_THREADS_BRANCH 1

/* The bits of options.def. */
typedef enum bn_socket_end {
    BN_END_SYNC = 1,
    BN_END_ENROL = 2,
    BN_END_BRANCH = 4,
} bn_socket_end;

/* A context with `io_threads`; NULL when the system has no room. */
void *bn_zmq_create(int io_threads);

/* Ends a context whose sockets are all closed. */
void bn_zmq_destroy(void **zmq);

/* Puts every row of `end` on the socket; the first refused row fails and is named. */
BN_CHECKED bn_rc bn_options_apply(void *socket, bn_socket_end end, bn_err *err);

/* Sets one option of raw bytes (a key, a domain). */
BN_CHECKED bn_rc bn_option_bytes(void *socket, int option, const void *bytes, size_t len,
                                 bn_err *err);

/* BN_E_INVALID for a key nobody may use: all zero, or printed in the libzmq manual. */
BN_CHECKED bn_rc bn_key_usable(const uint8_t key[BN_KEY_BYTES], const char *what, bn_err *err);

#endif
