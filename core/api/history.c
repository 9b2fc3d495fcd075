/* history.c - the life of a record, line by line.
 * SPDX-License-Identifier: Apache-2.0
 *
 * `from` is not kept with a change: it is what the changes before it led to.
 */
#include "core/api/operations.h"

#include <banyan/base/limits.h>

typedef struct story {
    bn_call *call;
    const bn_kind_def *kind;
    const bn_field_def *only; /* NULL: every field */
    json_t *lines;
    bn_value now[BN_FIELDS_MAX + 1]; /* by field; texts in the call's arena */
    bool known[BN_FIELDS_MAX + 1];
} story;

/* Did the change become what is shown? */
static bool took_effect(bn_outcome outcome)
{
    return outcome == 0 || outcome == BN_OUTCOME_APPLIED || outcome == BN_OUTCOME_MERGED ||
           outcome == BN_OUTCOME_SAME || outcome == BN_OUTCOME_RESOLVED;
}

static bool touches(const story *s, const bn_desk_event *event)
{
    if (s->only == NULL) {
        return true;
    }
    for (size_t i = 0; i < event->changes_count; i++) {
        if (event->changes[i].field == s->only->number) {
            return true;
        }
    }
    return false;
}

/* Adds "from" to the changes that are shown, then moves on. */
static bn_rc follow(story *s, const bn_desk_event *event, json_t *changes, bn_err *err)
{
    for (size_t i = 0; i < event->changes_count; i++) {
        const bn_change *change = &event->changes[i];
        const bn_field_def *field = bn_schema_field(s->kind, change->field);
        if (field == NULL || change->verb != BN_VERB_SET || change->field > BN_FIELDS_MAX) {
            continue;
        }
        json_t *entry = json_object_get(changes, field->name);
        if (bn_value_equal(s->now[field->number], change->value)) {
            json_object_del(changes, field->name); /* a field its group took along */
        } else if (entry != NULL && s->known[field->number]) {
            bn_put(s->call, entry, "from",
                   bn_json_value(field, s->now[field->number], &s->call->arena));
        }
        if (!took_effect(event->outcome)) {
            continue;
        }
        bn_rc rc = bn_value_copy(&s->call->arena, change->value, &s->now[field->number]);
        if (rc != BN_OK) {
            return bn_fail(err, rc, "no memory for the history");
        }
        s->known[field->number] = true;
    }
    return BN_OK;
}

static void leave_others_out(const story *s, json_t *changes)
{
    const char *name = NULL;
    void *next = NULL;
    json_t *value = NULL;
    json_object_foreach_safe(changes, next, name, value) {
        if (strcmp(name, s->only->name) != 0) {
            json_object_del(changes, name);
        }
    }
}

static bn_rc on_event(void *context, const bn_desk_event *event, bn_err *err)
{
    story *s = context;
    bn_call *call = s->call;
    if (!touches(s, event)) {
        return follow(s, event, NULL, err);
    }
    json_t *line = bn_push_object(call, s->lines);
    bn_put(call, line, "dot", bn_json_dot(event->dot));
    bn_put(call, line, "cseq", event->cseq != 0 ? bn_json_number(event->cseq) : json_null());
    bn_put(call, line, "at", bn_json_time(event->wall_ms));
    bn_put(call, line, "branch", bn_json_branch(event->branch));
    bn_put(call, line, "actor", bn_json_slice(event->actor));
    bn_put(call, line, "outcome",
           json_string(event->outcome == 0 ? "waiting" : bn_outcome_name(event->outcome)));
    if (event->reason.len > 0) {
        bn_put(call, line, "reason", bn_json_slice(event->reason));
    }
    if (event->note.len > 0) {
        bn_put(call, line, "note", bn_json_slice(event->note));
    }
    json_t *changes = bn_changes_json(call, (uint16_t)s->kind->kind, event->changes,
                                      event->changes_count, &call->arena);
    bn_put(call, line, "changes", changes);
    if (call->lacks_memory) {
        return bn_fail(err, BN_E_NO_MEMORY, "no memory for the history");
    }
    if (s->only != NULL) {
        leave_others_out(s, changes);
    }
    return follow(s, event, changes, err);
}

bn_rc bn_put_history(bn_call *call, const bn_kind_def *kind, bn_id id, const bn_field_def *only,
                     size_t limit, json_t *lines, bn_err *err)
{
    story s = {.call = call, .kind = kind, .only = only, .lines = lines};
    BN_TRY(call->api->desk->history(call->api->role, (uint16_t)kind->kind, id, BN_PAGE_ROWS_MAX,
                                    on_event, &s, err));
    while (json_array_size(lines) > limit) {
        json_array_remove(lines, 0);
    }
    return BN_OK;
}

bn_rc bn_record_history(bn_call *call, bn_err *err)
{
    const bn_kind_def *kind = NULL;
    const bn_field_def *only = NULL;
    bn_record record;
    size_t limit = 0;
    BN_TRY(bn_arg_limit(call, &limit, err));
    BN_TRY(bn_call_subject(call, &kind, &record, err));
    if (bn_arg_given(call, "field")) {
        BN_TRY(bn_field_named(kind, bn_arg_text(call, "field"), &only, err));
    }
    json_t *lines = bn_put_list(call, call->result, "lines");
    return bn_put_history(call, kind, record.id, only, limit, lines, err);
}
