/* save.c - creating, changing, removing and restoring records.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/api/operations.h"

#include <banyan/core/log.h>

/* --- stale ------------------------------------------------------------------------------------ */

typedef struct newest {
    bn_dot dot;
    bool is_found;
    uint32_t branch;
    uint64_t wall_ms;
    char actor[64 + 1];
} newest;

static bn_rc on_event(void *context, const bn_desk_event *event, bn_err *err)
{
    (void)err;
    newest *n = context;
    if (bn_dot_equal(event->dot, n->dot)) {
        n->is_found = true;
        n->branch = event->branch;
        n->wall_ms = event->wall_ms;
        size_t len = event->actor.len < sizeof n->actor ? event->actor.len : sizeof n->actor - 1;
        snprintf(n->actor, sizeof n->actor, "%.*s", (int)len, (const char *)event->actor.data);
    }
    return BN_OK;
}

/* The text names the field, who changed it and when; the value itself goes beside it. */
static bn_rc explain_stale(bn_call *call, const bn_kind_def *kind, bn_id id, const bn_stale *stale,
                           bn_err *err)
{
    const bn_field_def *field = bn_schema_field(kind, stale->field);
    newest n = {.dot = stale->dot};
    bn_record now;
    char when[BN_TIME_TEXT_BYTES];
    if (stale->field == BN_FIELD_EXISTENCE || field == NULL || bn_dot_is_none(stale->dot) ||
        bn_call_record(call, kind, id, &now, NULL) != BN_OK ||
        call->api->desk->history(call->api->role, (uint16_t)kind->kind, id, BN_PAGE_ROWS_MAX,
                                 on_event, &n, NULL) != BN_OK) {
        bn_call_hint(call, "read the record again and save what still holds");
        return BN_E_STALE;
    }
    const char *value = bn_format_value(field, bn_record_value(&now, stale->field), &call->arena);
    bn_call_hint(call, "%s is now: %s; read the record again and save what still holds",
                 field->name, value != NULL && value[0] != 0 ? value : "(empty)");
    if (!n.is_found) {
        return bn_fail(err, BN_E_STALE, "%s: changed since it was read", field->name);
    }
    bn_time_format(n.wall_ms, when);
    return bn_fail(err, BN_E_STALE, "%s: changed by %s at branch %04u on %s", field->name, n.actor,
                   n.branch, when);
}

/* --- one record --------------------------------------------------------------------------- */

/* `before` NULL: the record is new. */
static void put_changed(bn_call *call, const bn_kind_def *kind, const bn_change_set *set,
                        const bn_record *before)
{
    json_t *changed = bn_put_list(call, call->result, "changed");
    for (size_t i = 0; i < set->count; i++) {
        const bn_field_def *field = bn_schema_field(kind, set->changes[i].field);
        bool is_same = before != NULL && set->changes[i].verb == BN_VERB_SET &&
                       bn_value_equal(bn_record_value(before, set->changes[i].field),
                                      set->changes[i].value);
        if (field != NULL && !is_same) {
            bn_push(call, changed, json_string(field->name));
        }
    }
}

static void put_saved(bn_call *call, json_t *object, const bn_desk_saved *done)
{
    bn_put(call, object, "id", bn_json_id(done->saved.id));
    if (done->saved.number[0] != 0) {
        bn_put(call, object, "number", json_string(done->saved.number));
    }
    bn_put(call, object, "dot", bn_json_dot(done->saved.dot));
    if (done->outcome != 0 && !bn_dot_is_none(done->saved.dot)) {
        bn_put(call, object, "outcome", json_string(bn_outcome_name(done->outcome)));
    }
    if (done->reason[0] != 0) {
        bn_put(call, object, "reason", bn_json_text(done->reason));
    }
}

static bn_rc save_draft(bn_call *call, const bn_kind_def *kind, bn_draft *draft, bn_err *err)
{
    bn_id request;
    bn_desk_saved done = {.outcome = 0};
    bn_stale stale = {.field = 0};
    draft->type = BN_OP_WRITE;
    draft->kind = (uint16_t)kind->kind;
    draft->actor = bn_slice_of(call->actor);
    bn_rc rc = call->api->desk->save(call->api->role, draft, bn_call_request(call, &request),
                                     &done, &stale, err);
    if (rc == BN_E_STALE) {
        return explain_stale(call, kind, draft->id, &stale, err);
    }
    BN_TRY(rc);
    put_saved(call, call->result, &done);
    return BN_OK;
}

/* Changes of a record that is there: what is taken out and what was seen hang on what it holds. */
static bn_rc prepare_change(bn_call *call, const bn_kind_def *kind, bn_change_set *set,
                            bn_draft *draft, bn_record *before, bn_err *err)
{
    json_t *seen = bn_arg_json(call, "seen");
    BN_TRY(bn_call_entity(call, kind, bn_arg_slice(call, "id"), &draft->id, err));
    BN_TRY(bn_call_record(call, kind, draft->id, before, err));
    BN_TRY(bn_change_set_removals(call, kind, bn_arg_json(call, "remove"), before, set, err));
    draft->as_shown = json_object_size(seen) == 0;
    return draft->as_shown ? BN_OK : bn_change_set_seen(call, kind, seen, before, set, err);
}

bn_rc bn_record_save(bn_call *call, bn_err *err)
{
    const bn_kind_def *kind = bn_arg_kind(call, "kind");
    bn_change_set set;
    bn_record before;
    bn_draft draft = {.as_shown = true};
    bn_change_set_start(call, &set);
    BN_TRY(bn_change_set_fields(call, kind, bn_arg_json(call, "set"), NULL, &set, err));
    BN_TRY(bn_change_set_adds(call, kind, bn_arg_json(call, "add"), &set, err));
    if (bn_arg_given(call, "id")) {
        BN_TRY(prepare_change(call, kind, &set, &draft, &before, err));
    } else if (json_object_size(bn_arg_json(call, "remove")) > 0) {
        return bn_fail(err, BN_E_INVALID, "remove: a new %s has nothing to take out", kind->name);
    } else if (set.count == 0) {
        return bn_fail(err, BN_E_INVALID, "set: a new %s needs at least one field", kind->name);
    }
    draft.changes = set.changes;
    draft.changes_count = set.count;
    BN_TRY(save_draft(call, kind, &draft, err));
    put_changed(call, kind, &set, bn_arg_given(call, "id") ? &before : NULL);
    return BN_OK;
}

static bn_rc save_existence(bn_call *call, bool is_there, bn_err *err)
{
    const bn_kind_def *kind = NULL;
    bn_record record;
    BN_TRY(bn_call_subject(call, &kind, &record, err));
    bn_change change = {.field = BN_FIELD_EXISTENCE, .verb = BN_VERB_SET,
                        .value = bn_value_int(is_there ? 1 : 0)};
    bn_draft draft = {.id = record.id, .as_shown = true, .changes = &change, .changes_count = 1};
    return save_draft(call, kind, &draft, err);
}

bn_rc bn_record_remove(bn_call *call, bn_err *err)
{
    return save_existence(call, false, err);
}

bn_rc bn_record_restore(bn_call *call, bn_err *err)
{
    return save_existence(call, true, err);
}

/* --- many records ------------------------------------------------------------------------- */

typedef struct many {
    const bn_kind_def *kind;
    bn_draft *drafts;
    bn_id *requests;
    bn_desk_row *rows; /* of the drafts */
    size_t *draft_of;  /* per row of the call; SIZE_MAX: refused before it became a draft */
    bn_err *refusals;
    size_t drafts_count;
} many;

static bn_rc draft_row(bn_call *call, many *m, json_t *row, bn_err *err)
{
    bn_draft draft = {.type = BN_OP_WRITE, .kind = (uint16_t)m->kind->kind,
                      .actor = bn_slice_of(call->actor), .as_shown = true,
                      .blind = bn_arg_bool(call, "blind", false)};
    if (!json_is_object(row)) {
        return bn_fail(err, BN_E_INVALID, "row: wants an object of field: text");
    }
    const json_t *id = json_object_get(row, "id");
    if (json_is_string(id)) {
        BN_TRY(bn_call_entity(call, m->kind, bn_slice_of(json_string_value(id)), &draft.id, err));
    }
    bn_change_set set;
    bn_change_set_start(call, &set);
    BN_TRY(bn_change_set_fields(call, m->kind, row, "id", &set, err));
    if (set.count == 0) {
        return bn_fail(err, BN_E_INVALID, "row: has no field");
    }
    draft.changes = set.changes;
    draft.changes_count = set.count;
    m->drafts[m->drafts_count++] = draft;
    return BN_OK;
}

static bn_rc start_many(bn_call *call, many *m, size_t count, bn_err *err)
{
    if (count < 1 || count > BN_DESK_ROWS_MAX) {
        return bn_fail(err, BN_E_LIMIT, "rows: 1 to %d", BN_DESK_ROWS_MAX);
    }
    m->kind = bn_arg_kind(call, "kind");
    m->drafts = bn_arena_array(&call->arena, count, sizeof *m->drafts);
    m->requests = bn_arena_array(&call->arena, count, sizeof *m->requests);
    m->rows = bn_arena_array(&call->arena, count, sizeof *m->rows);
    m->draft_of = bn_arena_array(&call->arena, count, sizeof *m->draft_of);
    m->refusals = bn_arena_array(&call->arena, count, sizeof *m->refusals);
    return m->drafts != NULL && m->requests != NULL && m->rows != NULL && m->draft_of != NULL &&
                   m->refusals != NULL
               ? BN_OK
               : bn_fail(err, BN_E_NO_MEMORY, "no memory for %zu rows", count);
}

static void put_refusal(bn_call *call, json_t *line, bn_rc code, const bn_err *err)
{
    json_t *error = bn_put_object(call, line, "error");
    bn_put(call, error, "code", json_string(bn_rc_text(code)));
    bn_put(call, error, "text", bn_json_text(err->text));
}

static void put_many(bn_call *call, const many *m, size_t count)
{
    size_t saved = 0;
    size_t same = 0;
    json_t *lines = bn_put_list(call, call->result, "rows");
    for (size_t i = 0; i < count; i++) {
        json_t *line = bn_push_object(call, lines);
        const bn_desk_row *row = m->draft_of[i] < count ? &m->rows[m->draft_of[i]] : NULL;
        if (row == NULL) {
            put_refusal(call, line, m->refusals[i].code, &m->refusals[i]);
        } else if (row->code != BN_OK) {
            put_refusal(call, line, row->code, &row->err);
        } else {
            put_saved(call, line, &row->done);
            *(bn_dot_is_none(row->done.saved.dot) ? &same : &saved) += 1;
        }
    }
    bn_put(call, call->result, "saved", bn_json_count(saved));
    bn_put(call, call->result, "same", bn_json_count(same));
    bn_put(call, call->result, "failed", bn_json_count(count - saved - same));
}

bn_rc bn_record_save_many(bn_call *call, bn_err *err)
{
    json_t *rows = bn_arg_json(call, "rows");
    size_t count = json_array_size(rows);
    many m = {.drafts_count = 0};
    BN_TRY(start_many(call, &m, count, err));
    bool has_request = bn_arg_given(call, "request");
    bn_id request = bn_arg_id(call, "request");
    for (size_t i = 0; i < count; i++) {
        m.draft_of[i] = m.drafts_count;
        m.requests[m.drafts_count] = bn_request_of_row(request, i);
        bn_rc rc = draft_row(call, &m, json_array_get(rows, i), &m.refusals[i]);
        if (rc == BN_E_NO_MEMORY || rc == BN_E_IO) {
            *err = m.refusals[i];
            return rc;
        }
        m.refusals[i].code = rc;
        m.draft_of[i] = rc == BN_OK ? m.draft_of[i] : SIZE_MAX;
    }
    if (m.drafts_count > 0) {
        BN_TRY(call->api->desk->save_rows(call->api->role, m.drafts, m.drafts_count,
                                          has_request ? m.requests : NULL, m.rows, err));
    }
    put_many(call, &m, count);
    return BN_OK;
}
