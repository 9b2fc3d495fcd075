/* control_answer.h - the lines of the control socket: requests taken apart, answers written.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_CORE_RUNTIME_CONTROL_ANSWER_H
#define BANYAN_CORE_RUNTIME_CONTROL_ANSWER_H

#include <banyan/base/buf.h>
#include <banyan/base/err.h>

#include <jansson.h>

#define CONTROL_HINT_BYTES 256
#define CONTROL_WAITING_PER_CLIENT_MAX 64

typedef struct control_request {
    json_t *whole; /* owns the rest */
    const json_t *id; /* NULL when not known */
    const char *op;
    json_t *args;
    const char *actor;
} control_request;

/* BN_E_INVALID names what is wrong and where; `out` is to be released in any case, and its id
 * is there if the line had one. */
BN_CHECKED bn_rc control_request_parse(bn_slice line, control_request *out, bn_err *err);
void control_request_fini(control_request *asked);

/* Appends one line; false when even a short line has no room. An answer that is too large becomes
 * a refusal that says so. */
bool control_answer_append(bn_buf *out, const json_t *id, bn_rc code, json_t *result,
                           const bn_err *err, const char *hint);
bool control_progress_append(bn_buf *out, const json_t *id, uint64_t done, uint64_t total);

#endif
