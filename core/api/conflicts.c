/* conflicts.c - conflicts as lists, as one page with its candidates, and their decisions.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/api/operations.h"

#include <banyan/base/limits.h>
#include <banyan/base/text.h>
#include <banyan/protocol/version.h>

/* --- JSON ---------------------------------------------------------------------------------- */

static void put_fields(bn_call *call, json_t *object, const bn_kind_def *kind,
                       const bn_conflict *conflict)
{
    json_t *fields = bn_put_list(call, object, "fields");
    if (conflict->field == BN_FIELD_EXISTENCE) {
        bn_push(call, fields, json_string("exists"));
        return;
    }
    for (size_t i = 0; i < kind->fields_count; i++) {
        const bn_field_def *field = &kind->fields[i];
        bool is_part = conflict->group > 0 ? field->group == conflict->group
                                           : field->number == conflict->field;
        if (is_part) {
            bn_push(call, fields, json_string(field->name));
        }
    }
}

/* Who it is about, as far as this node holds the record. */
static void put_subject(bn_call *call, json_t *object, const bn_conflict *conflict)
{
    const bn_desk *desk = call->api->desk;
    bn_record_source source;
    bn_record record;
    if (desk->read_begin(call->api->role, &source, NULL) != BN_OK) {
        return;
    }
    bn_rc rc = source.get(source.context, conflict->kind, conflict->entity, &call->arena, &record,
                          NULL);
    desk->read_end(call->api->role);
    if (rc == BN_OK) {
        bn_put_label(call, object, &record, &call->arena);
    }
}

static void put_head(bn_call *call, json_t *object, const bn_kind_def *kind,
                     const bn_conflict *conflict)
{
    bn_put(call, object, "id", bn_json_id(conflict->id));
    bn_put(call, object, "state", json_string(bn_conflict_state_name(conflict->state)));
    bn_put(call, object, "kind", json_string(kind->name));
    bn_put(call, object, "entity", bn_json_id(conflict->entity));
    put_subject(call, object, conflict);
    put_fields(call, object, kind, conflict);
    bn_put(call, object, "policy", json_string(bn_policy_name(conflict->policy)));
    bn_put(call, object, "opened", bn_json_time(conflict->opened_ms));
    bn_put(call, object, "due", bn_json_time(conflict->due_ms));
    bn_put(call, object, "decided", bn_json_time(conflict->decided_ms));
}

static void put_candidate(bn_call *call, json_t *list, const bn_kind_def *kind,
                          const bn_conflict *conflict, const bn_candidate *candidate)
{
    json_t *entry = bn_push_object(call, list);
    bn_put(call, entry, "dot", bn_json_dot(candidate->dot));
    bn_put(call, entry, "values",
           bn_cells_json(call, kind, candidate->cells, candidate->cells_count, &call->arena));
    bn_put(call, entry, "actor", bn_json_slice(candidate->actor));
    bn_put(call, entry, "branch", bn_json_branch(candidate->branch));
    bn_put(call, entry, "at", bn_json_time(bn_hlc_ms(candidate->hlc_original)));
    bn_put(call, entry, "clock_suspect", json_boolean(candidate->clock_suspect));
    bool is_first = candidate == conflict->candidates; /* what the field holds while it is open */
    bn_put(call, entry, "in_force",
           json_boolean(conflict->state == BN_CONFLICT_OPEN
                            ? is_first
                            : bn_dot_equal(candidate->dot, conflict->decided)));
}

static void put_decision(bn_call *call, const bn_conflict *conflict)
{
    if (conflict->state == BN_CONFLICT_OPEN) {
        bn_put(call, call->result, "decision", json_null());
        return;
    }
    json_t *decision = bn_put_object(call, call->result, "decision");
    bn_put(call, decision, "dot", bn_json_dot(conflict->decided));
    bn_put(call, decision, "before", bn_json_dot(conflict->before));
    bn_put(call, decision, "by", bn_json_slice(conflict->decided_by));
    bn_put(call, decision, "branch", bn_json_branch(conflict->decided_branch));
    bn_put(call, decision, "note", bn_json_slice(conflict->note));
    bn_put(call, decision, "at", bn_json_time(conflict->decided_ms));
}

static bn_rc get_conflict(bn_call *call, bn_conflict *out, const bn_kind_def **kind, bn_err *err)
{
    bn_id id = bn_arg_id(call, "id");
    bn_rc rc = call->api->desk->conflict_get(call->api->role, id, &call->arena, out, err);
    if (rc == BN_E_NOT_FOUND) {
        bn_call_hint(call, "banyan conflict list");
        return bn_fail(err, BN_E_NOT_FOUND, "no conflict %s", bn_arg_text(call, "id"));
    }
    BN_TRY(rc);
    *kind = bn_schema_kind(out->kind);
    return *kind != NULL ? BN_OK
                         : bn_fail(err, BN_E_UNSUPPORTED, "conflict of kind %u, which this program "
                                   "does not know", out->kind);
}

bn_rc bn_conflict_show(bn_call *call, bn_err *err)
{
    bn_conflict conflict;
    const bn_kind_def *kind = NULL;
    BN_TRY(get_conflict(call, &conflict, &kind, err));
    put_head(call, call->result, kind, &conflict);
    json_t *base = bn_put_object(call, call->result, "base");
    bn_put(call, base, "dot", bn_json_dot(conflict.base));
    bn_put(call, base, "values",
           bn_cells_json(call, kind, conflict.base_cells, conflict.base_cells_count,
                         &call->arena));
    json_t *candidates = bn_put_list(call, call->result, "candidates");
    for (size_t i = 0; i < conflict.candidates_count; i++) {
        put_candidate(call, candidates, kind, &conflict, &conflict.candidates[i]);
    }
    put_decision(call, &conflict);
    return BN_OK;
}

/* --- list ---------------------------------------------------------------------------------- */

static bn_rc parse_state(bn_call *call, bn_conflict_state *out, bn_err *err)
{
    const char *names[BN_CONFLICT_UNDONE];
    const char *text = bn_arg_text(call, "state");
    *out = 0;
    if (text[0] == 0 || strcmp(text, "any") == 0) {
        return BN_OK;
    }
    for (bn_conflict_state state = BN_CONFLICT_OPEN; state <= BN_CONFLICT_UNDONE; state++) {
        names[state - 1] = bn_conflict_state_name(state);
        if (strcmp(text, names[state - 1]) == 0) {
            *out = state;
            return BN_OK;
        }
    }
    const char *nearest = bn_nearest_name(bn_slice_of(text), names, BN_CONFLICT_UNDONE);
    return bn_fail(err, BN_E_INVALID, "state: open, auto, resolved, superseded or undone%s%s%s",
                   nearest != NULL ? " (did you mean " : "", nearest != NULL ? nearest : "",
                   nearest != NULL ? "?)" : "");
}

static void put_row(bn_call *call, json_t *rows, const bn_conflict *conflict)
{
    const bn_kind_def *kind = bn_schema_kind(conflict->kind);
    if (kind == NULL) {
        return;
    }
    json_t *row = bn_push_object(call, rows);
    put_head(call, row, kind, conflict);
    bn_put(call, row, "candidates", bn_json_count(conflict->candidates_count));
    json_t *branches = bn_put_list(call, row, "branches");
    for (size_t i = 0; i < conflict->candidates_count; i++) {
        bn_push(call, branches, bn_json_branch(conflict->candidates[i].branch));
    }
}

bn_rc bn_conflict_list(bn_call *call, bn_err *err)
{
    const bn_kind_def *kind = bn_arg_kind(call, "kind");
    bn_desk_filter filter = {.branch = bn_arg_branch(call, "branch"),
                             .kind = kind != NULL ? (uint16_t)kind->kind : 0};
    size_t limit = 0;
    BN_TRY(parse_state(call, &filter.state, err));
    BN_TRY(bn_arg_limit(call, &limit, err));
    bn_id after = bn_arg_id(call, "after");
    json_t *rows = bn_put_list(call, call->result, "rows");
    for (size_t i = 0; i < limit; i++) {
        bn_conflict conflict;
        bn_rc rc = call->api->desk->conflict_next(call->api->role, &filter, after, &call->arena,
                                                  &conflict, err);
        if (rc == BN_E_NOT_FOUND) {
            bn_put(call, call->result, "next", json_null());
            return BN_OK;
        }
        BN_TRY(rc);
        after = conflict.id;
        put_row(call, rows, &conflict);
    }
    bn_put(call, call->result, "next", bn_json_id(after));
    return BN_OK;
}

/* --- decisions ------------------------------------------------------------------------------- */

static bn_rc decide(bn_call *call, bn_draft *draft, bn_err *err)
{
    bn_id request;
    bn_desk_saved done = {.outcome = 0};
    bn_stale stale = {.field = 0};
    draft->id = bn_arg_id(call, "id");
    draft->actor = bn_slice_of(call->actor);
    draft->note = bn_arg_slice(call, "note");
    if (draft->note.len > BN_NOTE_BYTES_MAX) {
        return bn_fail(err, BN_E_LIMIT, "note: %zu bytes, limit %d", draft->note.len,
                       BN_NOTE_BYTES_MAX);
    }
    bn_rc rc = call->api->desk->save(call->api->role, draft, bn_call_request(call, &request),
                                     &done, &stale, err);
    if (rc == BN_E_STALE) {
        bn_call_hint(call, "banyan conflict show %s", bn_arg_text(call, "id"));
    }
    BN_TRY(rc);
    bn_put(call, call->result, "dot", bn_json_dot(done.saved.dot));
    bn_put(call, call->result, "outcome",
           json_string(done.outcome == 0 ? "waiting" : bn_outcome_name(done.outcome)));
    bn_put(call, call->result, "reason", bn_json_text(done.reason));
    return BN_OK;
}

static bn_rc read_seen(bn_call *call, const bn_conflict *conflict, bn_dot **out, size_t *count,
                       bn_err *err)
{
    json_t *seen = bn_arg_json(call, "seen");
    size_t size = seen != NULL ? json_array_size(seen) : conflict->candidates_count;
    if (size < 1 || size > BN_OBSERVED_MAX) {
        return bn_fail(err, BN_E_LIMIT, "seen: %zu dots, 1 to %d are possible", size,
                       BN_OBSERVED_MAX);
    }
    bn_dot *dots = bn_arena_array(&call->arena, size, sizeof *dots);
    if (dots == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "no memory for %zu dots", size);
    }
    for (size_t i = 0; i < size; i++) {
        const json_t *text = json_array_get(seen, i);
        if (seen == NULL) {
            dots[i] = conflict->candidates[i].dot;
        } else if (!json_is_string(text) ||
                   !bn_dot_parse(bn_slice_of(json_string_value(text)), &dots[i])) {
            return bn_fail(err, BN_E_INVALID, "seen: wants dots such as 17.42");
        }
    }
    *out = dots;
    *count = size;
    return BN_OK;
}

static bn_rc read_choice(bn_call *call, const bn_kind_def *kind, const bn_conflict *conflict,
                         bn_draft *draft, bn_err *err)
{
    json_t *set = bn_arg_json(call, "set");
    bn_change_set changes;
    draft->pick = bn_arg_dot(call, "pick");
    if (bn_dot_is_none(draft->pick) == (json_object_size(set) == 0)) {
        return bn_fail(err, BN_E_INVALID, "pick, or set another value: one of them");
    }
    if (!bn_dot_is_none(draft->pick)) {
        return bn_conflict_candidate(conflict, draft->pick) != NULL
                   ? BN_OK
                   : bn_fail(err, BN_E_INVALID, "pick: %s is no candidate of this conflict",
                             bn_arg_text(call, "pick"));
    }
    bn_change_set_start(call, &changes);
    BN_TRY(bn_change_set_fields(call, kind, set, NULL, &changes, err));
    for (size_t i = 0; i < changes.count; i++) {
        const bn_field_def *field = bn_schema_field(kind, changes.changes[i].field);
        bool is_part = conflict->group > 0 ? field->group == conflict->group
                                           : field->number == conflict->field;
        if (!is_part) {
            return bn_fail(err, BN_E_INVALID, "set: this conflict is not about %s", field->name);
        }
    }
    draft->changes = changes.changes;
    draft->changes_count = changes.count;
    return BN_OK;
}

bn_rc bn_conflict_resolve(bn_call *call, bn_err *err)
{
    bn_conflict conflict;
    const bn_kind_def *kind = NULL;
    bn_dot *observed = NULL;
    bn_draft draft = {.type = BN_OP_RESOLVE};
    BN_TRY(get_conflict(call, &conflict, &kind, err));
    BN_TRY(read_seen(call, &conflict, &observed, &draft.observed_count, err));
    draft.observed = observed;
    BN_TRY(read_choice(call, kind, &conflict, &draft, err));
    return decide(call, &draft, err);
}

bn_rc bn_conflict_undo(bn_call *call, bn_err *err)
{
    bn_conflict conflict;
    const bn_kind_def *kind = NULL;
    bn_draft draft = {.type = BN_OP_UNDO};
    BN_TRY(get_conflict(call, &conflict, &kind, err));
    return decide(call, &draft, err);
}
