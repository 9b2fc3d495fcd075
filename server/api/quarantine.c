/* quarantine.c - ops that were not accepted, decoded as far as they can be.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "server/api/operations.h"

static const char *state_text(bn_quarantine_state state)
{
    switch (state) {
    case BN_QUARANTINE_OPEN:
        return "open";
    case BN_QUARANTINE_HELD:
        return "held";
    case BN_QUARANTINE_RETRIED:
        return "retried";
    case BN_QUARANTINE_DISCARDED:
        return "discarded";
    }
    return "unknown";
}

static void put_op(bn_call *call, json_t *object, const bn_quarantined *held)
{
    bn_op op;
    if (bn_op_decode(held->op_bytes, &call->arena, &op, NULL) != BN_OK) {
        bn_put(call, object, "op", json_null());
        return;
    }
    const bn_kind_def *kind = bn_schema_kind(op.kind);
    json_t *entry = bn_put_object(call, object, "op");
    bn_put(call, entry, "what", json_string(bn_op_what(&op)));
    bn_put(call, entry, "kind", kind != NULL ? json_string(kind->name) : json_null());
    bn_put(call, entry, "id", bn_json_id(op.id));
    bn_put(call, entry, "actor", bn_json_slice(op.actor));
    bn_put(call, entry, "at", bn_json_time(bn_hlc_ms(op.hlc)));
    bn_put(call, entry, "changes",
           bn_changes_json(call, op.kind, op.changes, op.changes_count, &call->arena));
}

static void put_quarantined(bn_call *call, json_t *object, const bn_quarantined *held)
{
    bn_put(call, object, "id", bn_json_dot(held->dot));
    bn_put(call, object, "branch", bn_json_branch(held->branch));
    bn_put(call, object, "state", json_string(state_text(held->state)));
    bn_put(call, object, "reason", bn_json_slice(held->reason));
    bn_put(call, object, "at", bn_json_time(held->wall_ms));
    bn_put(call, object, "cseq", bn_json_number(held->cseq));
    bn_put(call, object, "note", bn_json_slice(held->note));
    bn_put(call, object, "by", bn_json_slice(held->actor));
    put_op(call, object, held);
}

static bool is_open(const bn_quarantined *held)
{
    return held->state == BN_QUARANTINE_OPEN || held->state == BN_QUARANTINE_HELD;
}

static bn_rc list(bn_call *call, bn_server_reader *reader, json_t *rows, size_t limit, bn_dot *at,
                  bn_err *err)
{
    bool all = bn_arg_bool(call, "all", false);
    while (json_array_size(rows) < limit && !call->lacks_memory) {
        bn_quarantined held;
        bn_arena_reset(&call->arena);
        BN_TRY(bn_server_quarantine_next(reader, *at, &call->arena, &held, err));
        *at = held.dot;
        if (all || is_open(&held)) {
            put_quarantined(call, bn_push_object(call, rows), &held);
        }
    }
    return BN_OK;
}

bn_rc bn_server_list_quarantine(bn_call *call, bn_err *err)
{
    size_t limit = 0;
    bn_server_reader reader;
    bn_dot at = bn_arg_dot(call, "after");
    BN_TRY(bn_arg_limit(call, &limit, err));
    json_t *rows = bn_put_list(call, call->result, "rows");
    BN_TRY(bn_server_read_begin(bn_server_of(call), &reader, err));
    bn_rc rc = list(call, &reader, rows, limit, &at, err);
    bn_server_read_end(&reader);
    bn_put(call, call->result, "next", rc == BN_E_NOT_FOUND ? json_null() : bn_json_dot(at));
    return rc == BN_E_NOT_FOUND ? BN_OK : rc;
}

static bn_rc get(bn_call *call, bn_quarantined *out, bn_err *err)
{
    bn_server_reader reader;
    BN_TRY(bn_server_read_begin(bn_server_of(call), &reader, err));
    bn_rc rc = bn_server_quarantine_get(&reader, bn_arg_dot(call, "id"), &call->arena, out, err);
    bn_server_read_end(&reader);
    if (rc == BN_E_NOT_FOUND) {
        bn_call_hint(call, "banyan quarantine list");
        return bn_fail(err, rc, "no op %s in quarantine", bn_arg_text(call, "id"));
    }
    return rc;
}

bn_rc bn_server_show_quarantine(bn_call *call, bn_err *err)
{
    bn_quarantined held;
    BN_TRY(get(call, &held, err));
    put_quarantined(call, call->result, &held);
    return BN_OK;
}

bn_rc bn_server_retry_quarantine(bn_call *call, bn_err *err)
{
    bn_quarantined held;
    bn_outcome outcome = BN_OUTCOME_QUARANTINED;
    BN_TRY(get(call, &held, err));
    BN_TRY(bn_server_quarantine_retry(bn_server_of(call), held.dot, call->actor, &outcome, err));
    BN_TRY(get(call, &held, err));
    put_quarantined(call, call->result, &held);
    bn_put(call, call->result, "outcome", json_string(bn_outcome_name(outcome)));
    return BN_OK;
}

bn_rc bn_server_discard_quarantine(bn_call *call, bn_err *err)
{
    bn_quarantined held;
    const char *note = bn_arg_text(call, "note");
    BN_TRY(get(call, &held, err));
    if (note[0] == 0 || strlen(note) > BN_NOTE_BYTES_MAX) {
        return bn_fail(err, BN_E_INVALID, "note: 1 to %d bytes", BN_NOTE_BYTES_MAX);
    }
    BN_TRY(bn_server_quarantine_discard(bn_server_of(call), held.dot, call->actor, note, err));
    BN_TRY(get(call, &held, err));
    put_quarantined(call, call->result, &held);
    return BN_OK;
}
