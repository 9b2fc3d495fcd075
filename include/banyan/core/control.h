/* control.h - how the command line talks to a daemon: JSON lines over a socket of its own user.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   -> {"op":"customer.add","args":{...},"id":1,"actor":"li.na"}
 *   <- {"id":1,"progress":{"done":100,"total":5000}}                          (any number of them)
 *   <- {"id":1,"ok":true,"result":{...}}
 *   <- {"id":1,"ok":false,"error":{"code":"not_found","text":"...","next":"..."}}
 *
 * The socket is mode 0600 and the kernel says who calls: only root and the daemon's own user are
 * heard. One request may follow another without waiting; answers carry the id of theirs. A line
 * is at most BN_CONTROL_REQUEST_BYTES_MAX bytes; a client that does not read its answers is not
 * read from either, and is cut off at BN_CONTROL_OUTPUT_BYTES_MAX.
 */
#ifndef BANYAN_CORE_CONTROL_H
#define BANYAN_CORE_CONTROL_H

#include <banyan/base/buf.h>
#include <banyan/base/err.h>
#include <banyan/core/loop.h>

#include <jansson.h>

#define BN_CONTROL_SOCKET_NAME "control.sock"
#define BN_CONTROL_OUTPUT_BYTES_MAX (16 * 1024 * 1024)
#define BN_CONTROL_DEFERRED_MAX 1024 /* requests that wait for a later answer, all clients */

/* --- daemon's end -------------------------------------------------------------------------- */
typedef struct bn_control bn_control;

/* Answers one request. BN_OK with *result (a new reference; NULL gives null), or a code and `err`.
 * `op` and `actor` ("" when not given) are borrowed for the call, `args` (an object, maybe empty)
 * may be kept by json_incref(). */
typedef bn_rc (*bn_control_handle)(void *context, const char *op, json_t *args, const char *actor,
                                   json_t **result, bn_err *err);

/* Listens at `path`. A dead socket file is replaced; BN_E_BUSY when a daemon answers there. */
BN_CHECKED bn_rc bn_control_open(bn_loop *loop, const char *path, bn_control_handle handle,
                                 void *context, bn_control **out, bn_err *err);
void bn_control_close(bn_control **control); /* also removes the socket file */

/* Names one request for ever; 0 is none. A ticket whose client has gone is harmless. */
typedef uint64_t bn_control_ticket;

/* --- within a handler */
bn_control_ticket bn_control_current(const bn_control *control);

/* The caller, as the kernel knows it; for the audit. */
void bn_control_caller(const bn_control *control, int64_t *uid, int64_t *pid);

/* The handler's return value is ignored if it is BN_OK: the answer comes by bn_control_answer().
 * BN_E_BUSY when too many requests wait; the handler returns that. */
BN_CHECKED bn_rc bn_control_defer(bn_control *control, bn_control_ticket *ticket, bn_err *err);

/* --- within a handler, or later from the loop */
/* A progress line, sent at once as far as the client reads; total 0 means unknown. */
void bn_control_progress(bn_control *control, bn_control_ticket ticket, uint64_t done,
                         uint64_t total);

/* What the person should do next, should this request fail; at most 255 bytes. */
void bn_control_hint(bn_control *control, bn_control_ticket ticket, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* False once the request is answered or its client has gone: a long job may give up. */
bool bn_control_waits(const bn_control *control, bn_control_ticket ticket);

/* Ends a deferred request. Takes over the reference `*result_take` (may be NULL or hold NULL). */
void bn_control_answer(bn_control *control, bn_control_ticket ticket, bn_rc code,
                       json_t **result_take, const bn_err *err);

size_t bn_control_clients_count(const bn_control *control);

/* --- caller's end -------------------------------------------------------------------------- */
typedef struct bn_control_call_options {
    const char *path; /* of the socket */
    const char *op;
    json_t *args;        /* borrowed; NULL: {} */
    const char *actor;   /* NULL: none */
    uint64_t timeout_ms; /* longest silence, not longest duration; 0: for ever */
    void (*progress)(void *context, uint64_t done, uint64_t total); /* NULL: not wanted */
    void *context;
    bn_buf *next; /* gets the daemon's advice when it refuses; NULL: not wanted */
} bn_control_call_options;

/* Sends one request and waits. *result is a new reference the caller releases. BN_E_UNREACHABLE
 * names the socket tried when no daemon listens, and says "outcome unknown" when the daemon went
 * away or stayed silent after the request was sent. A refusal comes back as the daemon's code and
 * text. */
BN_CHECKED bn_rc bn_control_call(const bn_control_call_options *options, json_t **result,
                                 bn_err *err);

#endif
