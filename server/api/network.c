/* network.c - the whole network in numbers, and who did what to it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "server/api/operations.h"

#define DAY_MS (24ull * 3600 * 1000)

static void put_records(bn_call *call, const bn_server_counts *counts)
{
    size_t kinds_count = 0;
    const bn_kind_def *kinds = bn_schema_kinds(&kinds_count);
    json_t *records = bn_put_object(call, call->result, "records");
    for (size_t i = 0; i < kinds_count; i++) {
        uint64_t count = counts->records[kinds[i].kind];
        if (count > 0) {
            bn_put(call, records, kinds[i].name, bn_json_count(count));
        }
    }
}

static bn_rc put_branches(bn_call *call, bn_err *err)
{
    uint64_t now = call->api->clock->wall_ms(call->api->clock->context);
    bn_branch_status status = {.branch = 0};
    uint64_t all = 0;
    uint64_t online = 0;
    uint64_t heard = 0;
    bn_rc rc = bn_server_branch_next(bn_server_of(call), 0, &status, err);
    while (rc == BN_OK) {
        all++;
        online += status.online ? 1 : 0;
        heard += status.last_heard_ms != 0 && now <= status.last_heard_ms + DAY_MS ? 1 : 0;
        rc = bn_server_branch_next(bn_server_of(call), status.branch, &status, err);
    }
    if (rc != BN_E_NOT_FOUND) {
        return rc;
    }
    json_t *branches = bn_put_object(call, call->result, "branches");
    bn_put(call, branches, "all", bn_json_count(all));
    bn_put(call, branches, "online", bn_json_count(online));
    bn_put(call, branches, "heard_within_24h", bn_json_count(heard));
    return BN_OK;
}

bn_rc bn_server_count_network(bn_call *call, bn_err *err)
{
    bn_server_counts counts;
    bn_server_get_counts(bn_server_of(call), &counts);
    bn_put(call, call->result, "customers", bn_json_count(counts.records[BN_KIND_CUSTOMER]));
    put_records(call, &counts);
    bn_put(call, call->result, "ops", bn_json_count(counts.ops));
    json_t *conflicts = bn_put_object(call, call->result, "conflicts");
    for (bn_conflict_state s = BN_CONFLICT_OPEN; s <= BN_CONFLICT_UNDONE; s++) {
        bn_put(call, conflicts, bn_conflict_state_name(s), bn_json_count(counts.conflicts[s]));
    }
    bn_put(call, call->result, "quarantined", bn_json_count(counts.quarantined));
    bn_put(call, call->result, "held", bn_json_count(counts.held));
    bn_put(call, call->result, "head", bn_json_number(counts.head));
    BN_TRY(put_branches(call, err));
    bn_put(call, call->result, "as_of",
           bn_json_time(call->api->clock->wall_ms(call->api->clock->context)));
    return BN_OK;
}

/* --- audit -------------------------------------------------------------------------------- */

static void put_line(bn_call *call, json_t *rows, const bn_audit_line *line)
{
    json_t *row = bn_push_object(call, rows);
    bn_put(call, row, "sequence", bn_json_number(line->sequence));
    bn_put(call, row, "at", bn_json_time(line->wall_ms));
    bn_put(call, row, "actor", bn_json_slice(line->actor));
    bn_put(call, row, "action", bn_json_slice(line->action));
    bn_put(call, row, "object", bn_json_slice(line->object));
    bn_put(call, row, "detail", bn_json_slice(line->detail));
}

static bn_rc list(bn_call *call, bn_server_reader *reader, json_t *rows, size_t limit,
                  uint64_t *at, bn_err *err)
{
    for (size_t i = 0; i < limit; i++) {
        bn_audit_line line;
        bn_arena_reset(&call->arena);
        BN_TRY(bn_server_audit_next(reader, *at, &call->arena, &line, err));
        *at = line.sequence;
        put_line(call, rows, &line);
    }
    return BN_OK;
}

bn_rc bn_server_list_audit(bn_call *call, bn_err *err)
{
    size_t limit = 0;
    bn_server_reader reader;
    uint64_t at = bn_arg_number(call, "after", 0);
    BN_TRY(bn_arg_limit(call, &limit, err));
    json_t *rows = bn_put_list(call, call->result, "rows");
    BN_TRY(bn_server_read_begin(bn_server_of(call), &reader, err));
    bn_rc rc = list(call, &reader, rows, limit, &at, err);
    bn_server_read_end(&reader);
    if (rc != BN_OK && rc != BN_E_NOT_FOUND && rc != BN_E_CORRUPT) {
        return rc;
    }
    bn_put(call, call->result, "next", rc == BN_OK ? bn_json_number(at) : json_null());
    bn_put(call, call->result, "broken_at",
           rc == BN_E_CORRUPT ? bn_json_number(at + 1) : json_null());
    return BN_OK;
}
