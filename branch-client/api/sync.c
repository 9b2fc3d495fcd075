/* sync.c - the session with the server as people see it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "branch-client/api/operations.h"

#include <banyan/base/limits.h>

static void put_session(bn_call *call, bn_branch_sync *sync)
{
    bn_sync_status status = {.state = BN_SYNC_OFFLINE};
    if (sync != NULL) {
        bn_branch_sync_get_status(sync, &status);
    }
    bn_branch_counts counts;
    bn_branch_get_counts(bn_branch_of(call), &counts);
    bn_put(call, call->result, "state",
           json_string(sync != NULL ? bn_sync_state_name(status.state) : "not_enrolled"));
    bn_put(call, call->result, "since", bn_json_time(status.since_ms));
    bn_put(call, call->result, "reason", bn_json_text(status.reason));
    bn_put(call, call->result, "next_try", bn_json_time(status.next_try_ms));
    bn_put(call, call->result, "tries", bn_json_count(status.tries_count));
    bn_put(call, call->result, "last_contact", bn_json_time(counts.last_contact_ms));
    bn_put(call, call->result, "cut_off_since", bn_json_time(counts.cut_off_since_ms));
    bn_put(call, call->result, "cursor", bn_json_number(counts.cursor));
    bn_put(call, call->result, "head", bn_json_number(counts.cursor + status.feed_behind));
    bn_put(call, call->result, "clock_offset_ms", json_integer(status.clock_offset_ms));
    bn_put(call, call->result, "rtt_ms", bn_json_count(status.rtt_ms));
    bn_put(call, call->result, "bytes_sent", bn_json_number(status.bytes_sent));
    bn_put(call, call->result, "bytes_received", bn_json_number(status.bytes_received));
    bn_put(call, call->result, "ops_sent", bn_json_count(status.ops_sent));
    bn_put(call, call->result, "apply_fail_cseq",
           status.apply_fail_cseq != 0 ? bn_json_number(status.apply_fail_cseq) : json_null());
}

static void put_waiting(bn_call *call)
{
    bn_branch_counts counts;
    bn_branch_get_counts(bn_branch_of(call), &counts);
    bn_put(call, call->result, "records_waiting", bn_json_count(counts.records_waiting));
    bn_put(call, call->result, "ops_waiting", bn_json_count(counts.ops_waiting));
    bn_put(call, call->result, "ops_unacked", bn_json_count(counts.ops_unacked));
    bn_put(call, call->result, "bytes_waiting", bn_json_number(counts.bytes_waiting));
    bn_put(call, call->result, "refused", bn_json_count(counts.refused));
    bn_put(call, call->result, "conflicts", bn_json_count(counts.conflicts_open));
}

static void put_status(bn_call *call)
{
    bn_node *node = bn_branch_api_of(call)->options.node;
    put_session(call, bn_node_sync(node));
    put_waiting(call);
    bn_put(call, call->result, "connected", json_boolean(bn_node_cable(node)));
}

bn_rc bn_branch_sync_show(bn_call *call, bn_err *err)
{
    (void)err;
    put_status(call);
    return BN_OK;
}

static void put_op(bn_call *call, json_t *row, const bn_own_op *own)
{
    const bn_kind_def *kind = bn_schema_kind(own->op.kind);
    bn_put(call, row, "dot", bn_json_dot(own->dot));
    bn_put(call, row, "kind", kind != NULL ? json_string(kind->name) : json_null());
    bn_put(call, row, "id", bn_json_id(own->op.id));
    bn_put(call, row, "what", json_string(bn_op_what(&own->op)));
    bn_put(call, row, "actor", bn_json_slice(own->op.actor));
    bn_put(call, row, "since", bn_json_time(bn_hlc_ms(own->op.hlc)));
    json_t *fields = bn_put_list(call, row, "fields");
    for (size_t i = 0; i < own->op.changes_count && kind != NULL; i++) {
        const bn_field_def *field = bn_schema_field(kind, own->op.changes[i].field);
        if (field != NULL) {
            bn_push(call, fields, json_string(field->name));
        }
    }
}

typedef bn_rc (*next_op)(bn_branch *branch, uint64_t after_oseq, bn_arena *arena, bn_own_op *out,
                         bn_err *err);

/* A page of own ops; `decided`: with what became of them. */
static bn_rc list_ops(bn_call *call, next_op next, bool decided, bn_err *err)
{
    size_t limit = 0;
    uint64_t after = bn_arg_number(call, "after", 0);
    BN_TRY(bn_arg_limit(call, &limit, err));
    json_t *rows = bn_put_list(call, call->result, "rows");
    for (size_t i = 0; i < limit; i++) {
        bn_own_op own;
        bn_arena_reset(&call->arena);
        bn_rc rc = next(bn_branch_of(call), after, &call->arena, &own, err);
        if (rc == BN_E_NOT_FOUND) {
            bn_put(call, call->result, "next", json_null());
            return BN_OK;
        }
        BN_TRY(rc);
        after = own.dot.oseq;
        json_t *row = bn_push_object(call, rows);
        put_op(call, row, &own);
        if (decided) {
            bn_put(call, row, "outcome", json_string(bn_outcome_name(own.outcome)));
            bn_put(call, row, "reason", bn_json_slice(own.reason));
        } else {
            bn_put(call, row, "pushed", json_boolean(own.pushed));
        }
    }
    bn_put(call, call->result, "next", bn_json_number(after));
    return BN_OK;
}

bn_rc bn_branch_sync_pending(bn_call *call, bn_err *err)
{
    return list_ops(call, bn_branch_waiting_next, false, err);
}

bn_rc bn_branch_sync_refused(bn_call *call, bn_err *err)
{
    return list_ops(call, bn_branch_refused_next, true, err);
}

bn_rc bn_branch_sync_now(bn_call *call, bn_err *err)
{
    BN_TRY(bn_node_sync_now(bn_branch_api_of(call)->options.node, err));
    put_status(call);
    return BN_OK;
}

bn_rc bn_branch_sync_cable(bn_call *call, bn_err *err)
{
    bn_node *node = bn_branch_api_of(call)->options.node;
    BN_TRY(bn_node_set_cable(node, bn_arg_bool(call, "connected", true), err));
    put_status(call);
    return BN_OK;
}

bn_rc bn_branch_show_digest(bn_call *call, bn_err *err)
{
    bn_branch_counts counts;
    bn_digest digest;
    char text[33];
    BN_TRY(bn_branch_digest(bn_branch_of(call), &digest, err));
    bn_branch_get_counts(bn_branch_of(call), &counts);
    bn_digest_format(&digest, text);
    bn_put(call, call->result, "cursor", bn_json_number(counts.cursor));
    bn_put(call, call->result, "digest", json_string(text));
    bn_put(call, call->result, "records", bn_json_count(digest.records_count));
    return BN_OK;
}
