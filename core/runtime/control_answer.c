/* control_answer.c - the lines of the control socket: requests taken apart, answers written.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "control_answer.h"

#include <banyan/base/check.h>
#include <banyan/base/limits.h>
#include <banyan/base/text.h>

#include <stdio.h>
#include <string.h>

/* What helps when the handler gave no advice of its own. */
static const char *const advice[BN_RC_COUNT] = {
    [BN_E_AGAIN] = "try again in a moment",
    [BN_E_BUSY] = "try again in a moment",
    [BN_E_STALE] = "look at the present state, then decide again",
    [BN_E_NO_SPACE] = "free disk space or raise the limit of the store",
    [BN_E_IO] = "check the disk; the daemon's log has the details",
    [BN_E_CORRUPT] = "keep the data folder as it is and restore from a backup",
};

static bn_rc parse_members(control_request *out, bn_err *err)
{
    const char *key = NULL;
    json_t *value = NULL;
    out->id = json_object_get(out->whole, "id");
    json_object_foreach(out->whole, key, value)
    {
        if (strcmp(key, "op") == 0 && json_is_string(value)) {
            out->op = json_string_value(value);
        } else if (strcmp(key, "args") == 0 && json_is_object(value)) {
            out->args = value;
        } else if (strcmp(key, "actor") == 0 && json_is_string(value)) {
            out->actor = json_string_value(value);
        } else if (strcmp(key, "id") != 0) {
            return bn_fail(err, BN_E_INVALID,
                           "request: member \"%.40s\" is unknown or of the wrong type", key);
        } else if (!json_is_integer(value) && !json_is_string(value) && !json_is_null(value)) {
            out->id = NULL;
            return bn_fail(err, BN_E_INVALID, "request: id is neither a number nor a text");
        }
    }
    if (out->op == NULL) {
        return bn_fail(err, BN_E_INVALID, "request: member \"op\" is missing");
    }
    if (strlen(out->actor) > BN_ACTOR_BYTES_MAX) {
        return bn_fail(err, BN_E_LIMIT, "request: actor of %zu bytes, limit %d",
                       strlen(out->actor), BN_ACTOR_BYTES_MAX);
    }
    return BN_OK;
}

bn_rc control_request_parse(bn_slice line, control_request *out, bn_err *err)
{
    json_error_t flaw;
    *out = (control_request){.actor = ""};
    out->whole =
        json_loadb((const char *)line.data, line.len, JSON_REJECT_DUPLICATES, &flaw);
    if (out->whole == NULL) {
        return bn_fail(err, BN_E_INVALID, "request: not JSON at byte %d: %s", flaw.position,
                       flaw.text);
    }
    if (!json_is_object(out->whole)) {
        return bn_fail(err, BN_E_INVALID, "request: not a JSON object");
    }
    BN_TRY(parse_members(out, err));
    if (out->args == NULL) {
        json_t *none = json_object();
        if (none == NULL || json_object_set_new(out->whole, "args", none) != 0) {
            return bn_fail(err, BN_E_NO_MEMORY, "request: no memory");
        }
        out->args = none;
    }
    return BN_OK;
}

void control_request_fini(control_request *asked)
{
    json_decref(asked->whole);
    *asked = (control_request){.actor = ""};
}

/* A message cut in fixed memory may end within a character; whatever else is no UTF-8 goes too. */
static json_t *text_json(const char *text)
{
    char copy[BN_ERR_TEXT_MAX + CONTROL_HINT_BYTES];
    size_t len = strnlen(text, sizeof copy);
    memcpy(copy, text, len);
    for (size_t cut = 0; cut < 4 && cut <= len; cut++) {
        if (bn_utf8_valid(bn_slice_make(copy, len - cut))) {
            return json_stringn(copy, len - cut);
        }
    }
    for (size_t i = 0; i < len; i++) {
        copy[i] = (unsigned char)copy[i] < 0x80 ? copy[i] : '?';
    }
    return json_stringn(copy, len);
}

static int append_dump(const char *bytes, size_t len, void *context)
{
    bn_buf_append(context, bytes, len);
    return 0;
}

/* Takes `line_take` over. On failure `out` is as it was. */
static bn_rc append_line(bn_buf *out, json_t *line_take)
{
    size_t before = out->len;
    int failed = -1;
    if (line_take != NULL) {
        failed = json_dump_callback(line_take, append_dump, out, JSON_COMPACT);
        json_decref(line_take);
    }
    bn_buf_append_byte(out, '\n');
    bn_rc rc = bn_buf_status(out);
    if (rc == BN_OK && failed == 0) {
        return BN_OK;
    }
    out->status = BN_OK;
    bn_buf_truncate(out, before);
    return rc != BN_OK ? rc : BN_E_NO_MEMORY;
}

static json_t *id_copy(const json_t *id)
{
    return id != NULL ? json_deep_copy(id) : json_null();
}

static json_t *refusal(const json_t *id, bn_rc code, const bn_err *err, const char *hint)
{
    const char *text = err != NULL && err->text[0] != 0 ? err->text : bn_rc_text(code);
    const char *next = hint[0] != 0 ? hint : advice[code];
    json_t *error = json_pack("{s:s,s:o}", "code", bn_rc_text(code), "text", text_json(text));
    if (error != NULL && next != NULL) {
        json_object_set_new(error, "next", text_json(next));
    }
    return json_pack("{s:o,s:b,s:o}", "id", id_copy(id), "ok", 0, "error", error);
}

bool control_answer_append(bn_buf *out, const json_t *id, bn_rc code, json_t *result,
                           const bn_err *err, const char *hint)
{
    if (code != BN_OK) {
        return append_line(out, refusal(id, code, err, hint)) == BN_OK;
    }
    json_t *given = result != NULL ? json_incref(result) : json_null();
    bn_rc rc = append_line(
        out, json_pack("{s:o,s:b,s:o}", "id", id_copy(id), "ok", 1, "result", given));
    if (rc == BN_OK) {
        return true;
    }
    bn_err large;
    bn_rc refused = bn_fail(&large, rc, "answer: more than fits into %zu bytes", out->size_max);
    return append_line(out, refusal(id, refused, &large, "ask for less at a time")) == BN_OK;
}

bool control_progress_append(bn_buf *out, const json_t *id, uint64_t done, uint64_t total)
{
    return append_line(out, json_pack("{s:o,s:{s:I,s:I}}", "id", id_copy(id), "progress", "done",
                                      (json_int_t)done, "total", (json_int_t)total)) == BN_OK;
}
