/* control_call.c - the caller's end: one request, its progress, its answer.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <banyan/core/control.h>

#include <banyan/base/check.h>
#include <banyan/base/limits.h>

#include "control_socket.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_BYTES 65536
#define REQUEST_ID 1

static void close_fd(const int *fd)
{
    if (*fd >= 0) {
        close(*fd);
    }
}

static void free_json(json_t **value)
{
    json_decref(*value);
}

static int append_dump(const char *bytes, size_t len, void *context)
{
    bn_buf_append(context, bytes, len);
    return 0;
}

static bn_rc build_request(const bn_control_call_options *options, bn_buf *out, bn_err *err)
{
    BN_AUTO(free_json) json_t *request = json_pack(
        "{s:i,s:s,s:O?,s:s?}", "id", REQUEST_ID, "op", options->op, "args", options->args,
        "actor", options->actor);
    if (request == NULL) {
        return bn_fail(err, BN_E_INVALID, "the request is not clean UTF-8");
    }
    if (options->args == NULL) {
        json_object_del(request, "args");
    }
    if (options->actor == NULL) {
        json_object_del(request, "actor");
    }
    json_dump_callback(request, append_dump, out, JSON_COMPACT);
    if (bn_buf_status(out) == BN_OK && out->len > BN_CONTROL_REQUEST_BYTES_MAX) {
        out->status = BN_E_LIMIT;
    }
    bn_buf_append_byte(out, '\n');
    if (bn_buf_status(out) != BN_OK) {
        return bn_fail(err, bn_buf_status(out), "the request is larger than %d bytes",
                       BN_CONTROL_REQUEST_BYTES_MAX);
    }
    return BN_OK;
}

static bn_rc send_all(int fd, bn_slice bytes, const char *path, bn_err *err)
{
    size_t done = 0;
    while (done < bytes.len) {
        ssize_t sent = send(fd, bytes.data + done, bytes.len - done, MSG_NOSIGNAL);
        if (sent <= 0 && errno == EPIPE) {
            return BN_OK; /* the daemon may have said why before it closed */
        }
        if (sent <= 0) {
            return bn_fail(err, errno == EINTR ? BN_E_INTERRUPTED : BN_E_UNREACHABLE,
                           "the daemon at %s does not take the request", path);
        }
        done += (size_t)sent;
    }
    return BN_OK;
}

/* A whole line into `line`, what follows it stays in `in`. */
static bn_rc read_line(int fd, const char *path, bn_buf *in, bn_buf *line, bn_err *err)
{
    size_t searched = 0;
    bn_buf_clear(line);
    for (;;) {
        const uint8_t *end = in->len > searched
                                 ? memchr(in->data + searched, '\n', in->len - searched)
                                 : NULL;
        if (end != NULL) {
            size_t len = (size_t)(end - in->data);
            bn_buf_append(line, in->data, len);
            memmove(in->data, end + 1, in->len - len - 1);
            bn_buf_truncate(in, in->len - len - 1);
            return bn_buf_status(line) == BN_OK
                       ? BN_OK
                       : bn_fail(err, bn_buf_status(line), "no memory for the answer");
        }
        searched = in->len;
        uint8_t block[READ_BYTES];
        ssize_t got = recv(fd, block, sizeof block, 0);
        if (got < 0 && errno == EINTR) {
            return bn_fail(err, BN_E_INTERRUPTED, "interrupted, outcome unknown");
        }
        if (got <= 0) {
            return bn_fail(err, BN_E_UNREACHABLE, "the daemon at %s %s, outcome unknown", path,
                           got < 0 && errno == EAGAIN ? "stayed silent"
                                                      : "closed the connection");
        }
        bn_buf_append(in, block, (size_t)got);
        if (bn_buf_status(in) != BN_OK) {
            return bn_fail(err, bn_buf_status(in), "the answer is larger than %d bytes",
                           BN_CONTROL_OUTPUT_BYTES_MAX);
        }
    }
}

static bn_rc take_refusal(const bn_control_call_options *options, const json_t *answer,
                          bn_err *err)
{
    const json_t *error = json_object_get(answer, "error");
    const char *code_text = json_string_value(json_object_get(error, "code"));
    const char *text = json_string_value(json_object_get(error, "text"));
    const char *next = json_string_value(json_object_get(error, "next"));
    if (options->next != NULL && next != NULL) {
        bn_buf_append_text(options->next, next);
    }
    bn_rc code = code_text != NULL ? bn_rc_from_text(code_text) : BN_E_FAILED;
    return bn_fail(err, code != BN_OK ? code : BN_E_FAILED, "%s", text != NULL ? text : "refused");
}

/* One line of the daemon; *more stays true for progress: another line follows. */
static bn_rc take_line(const bn_control_call_options *options, const bn_buf *line, bool *more,
                       json_t **result, bn_err *err)
{
    json_error_t flaw;
    BN_AUTO(free_json) json_t *answer =
        json_loadb(line->len > 0 ? (const char *)line->data : "", line->len, 0, &flaw);
    if (!json_is_object(answer)) {
        return bn_fail(err, BN_E_FORMAT, "%s does not answer as a daemon does", options->path);
    }
    const json_t *progress = json_object_get(answer, "progress");
    if (progress != NULL) {
        json_int_t done = json_integer_value(json_object_get(progress, "done"));
        json_int_t total = json_integer_value(json_object_get(progress, "total"));
        if (options->progress != NULL) {
            options->progress(options->context, (uint64_t)done, (uint64_t)total);
        }
        return BN_OK;
    }
    *more = false;
    if (!json_is_true(json_object_get(answer, "ok"))) {
        return take_refusal(options, answer, err);
    }
    *result = json_incref(json_object_get(answer, "result"));
    return BN_OK;
}

bn_rc bn_control_call(const bn_control_call_options *options, json_t **result, bn_err *err)
{
    BN_AUTO(bn_buf_fini) bn_buf request;
    BN_AUTO(bn_buf_fini) bn_buf in;
    BN_AUTO(bn_buf_fini) bn_buf line;
    BN_AUTO(close_fd) int fd = -1;
    bn_buf_init(&request, BN_CONTROL_REQUEST_BYTES_MAX + 2);
    bn_buf_init(&in, BN_CONTROL_OUTPUT_BYTES_MAX + READ_BYTES);
    bn_buf_init(&line, BN_CONTROL_OUTPUT_BYTES_MAX + READ_BYTES);
    BN_TRY(build_request(options, &request, err));
    BN_TRY(control_socket_connect(options->path, options->timeout_ms, &fd, err));
    BN_TRY(send_all(fd, bn_buf_slice(&request), options->path, err));
    for (bool more = true; more;) {
        BN_TRY(read_line(fd, options->path, &in, &line, err));
        BN_TRY(take_line(options, &line, &more, result, err));
    }
    return BN_OK;
}
