/* reads.c - golden records, questions and events as others look at them.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "state.h"

#include "server/row.h"

#include <banyan/base/check.h>

#include <string.h>

#define EVENT_KEY (1 + BN_ID_BYTES + 12)

/* --- golden records --------------------------------------------------------------------------- */
static bn_rc get_golden(bn_kv_txn *txn, bn_id id, bn_arena *arena, bn_golden *out, bn_err *err)
{
    bn_slice bytes;
    BN_TRY(store_get(txn, BN_TABLE_GOLDEN, bn_id_slice(&id), arena, &bytes, err));
    return bn_golden_decode(id, bytes, arena, out, err);
}

static bn_rc get_id(bn_kv_txn *txn, bn_table table, bn_id at, bn_id *out, bn_err *err)
{
    bn_slice value;
    BN_TRY(bn_kv_get(txn, table, bn_id_slice(&at), &value, err));
    if (value.len != BN_ID_BYTES) {
        return bn_fail(err, BN_E_CORRUPT, "%s: row of %zu bytes", bn_table_name(table), value.len);
    }
    memcpy(out->bytes, value.data, BN_ID_BYTES);
    return BN_OK;
}

static bn_rc find_golden(bn_kv_txn *txn, bn_id id, bn_arena *arena, bn_golden *out, bn_err *err)
{
    bn_id golden = id;
    bn_rc rc = get_id(txn, BN_TABLE_GOLDEN_OF, id, &golden, err);
    if (rc == BN_E_NOT_FOUND) {
        rc = get_golden(txn, id, arena, out, err);
        if (rc != BN_E_NOT_FOUND) {
            return rc;
        }
        rc = get_id(txn, BN_TABLE_REDIRECT, id, &golden, err);
    }
    if (rc == BN_E_NOT_FOUND) {
        return bn_fail(err, rc, "no such customer or golden record");
    }
    BN_TRY(rc);
    if (bn_id_is_zero(golden)) {
        return bn_fail(err, BN_E_STALE, "its customer was removed");
    }
    return get_golden(txn, golden, arena, out, err);
}

bn_rc bn_consolidate_golden(bn_consolidate *c, bn_id id, bn_arena *arena, bn_golden *out,
                            bn_err *err)
{
    BN_AUTO(bn_kv_abort) bn_kv_txn *txn = NULL;
    BN_TRY(bn_kv_begin(c->kv, BN_KV_READ, &txn, err));
    return find_golden(txn, id, arena, out, err);
}

/* The first row whose key is behind `after` and starts with its first `prefix_len` bytes. */
static bn_rc next_row(bn_kv_txn *txn, bn_table table, bn_slice after, size_t prefix_len,
                      bn_arena *arena, bn_slice *key, bn_slice *value, bn_err *err)
{
    BN_AUTO(bn_kv_cursor_close) bn_kv_cursor *cursor = NULL;
    bn_slice at;
    bn_slice bytes;
    BN_TRY(bn_kv_cursor_open(txn, table, &cursor, err));
    bn_rc rc = bn_kv_seek(cursor, after, &at, &bytes, err);
    if (rc == BN_OK && bn_slice_equal(at, after)) {
        rc = bn_kv_next(cursor, &at, &bytes, err);
    }
    BN_TRY(rc);
    if (!bn_slice_starts(at, bn_slice_make(after.data, prefix_len))) {
        return BN_E_NOT_FOUND;
    }
    *key = bn_arena_copy(arena, at);
    *value = bn_arena_copy(arena, bytes);
    return key->data != NULL && value->data != NULL
               ? BN_OK
               : bn_fail(err, BN_E_NO_MEMORY, "row of %zu bytes", bytes.len);
}

bn_rc bn_consolidate_golden_next(bn_consolidate *c, bn_id after, bn_arena *arena, bn_golden *out,
                                 bn_err *err)
{
    BN_AUTO(bn_kv_abort) bn_kv_txn *txn = NULL;
    bn_slice key;
    bn_slice value;
    bn_id id;
    BN_TRY(bn_kv_begin(c->kv, BN_KV_READ, &txn, err));
    BN_TRY(next_row(txn, BN_TABLE_GOLDEN, bn_id_slice(&after), 0, arena, &key, &value, err));
    memcpy(id.bytes, key.data, BN_ID_BYTES);
    return bn_golden_decode(id, value, arena, out, err);
}

/* --- questions -------------------------------------------------------------------------------- */
static bn_slice task_key(uint8_t out[1 + BN_ID_BYTES], bn_id id)
{
    out[0] = 1;
    memcpy(out + 1, id.bytes, BN_ID_BYTES);
    return bn_slice_make(out, 1 + BN_ID_BYTES);
}

bn_rc bn_consolidate_task_next(bn_consolidate *c, bn_id after, bn_arena *arena, bn_question *out,
                               bn_err *err)
{
    BN_AUTO(bn_kv_abort) bn_kv_txn *txn = NULL;
    uint8_t bytes[1 + BN_ID_BYTES];
    bn_slice key;
    bn_slice value;
    bn_id id;
    BN_TRY(bn_kv_begin(c->kv, BN_KV_READ, &txn, err));
    BN_TRY(next_row(txn, BN_TABLE_TASK, task_key(bytes, after), 1, arena, &key, &value, err));
    memcpy(id.bytes, key.data + 1, BN_ID_BYTES);
    return task_decode(id, value, arena, out, err);
}

bn_rc bn_consolidate_task(bn_consolidate *c, bn_id id, bn_arena *arena, bn_question *out,
                          bn_err *err)
{
    BN_AUTO(bn_kv_abort) bn_kv_txn *txn = NULL;
    uint8_t bytes[1 + BN_ID_BYTES];
    bn_slice value;
    BN_TRY(bn_kv_begin(c->kv, BN_KV_READ, &txn, err));
    bn_rc rc = store_get(txn, BN_TABLE_TASK, task_key(bytes, id), arena, &value, err);
    if (rc == BN_E_NOT_FOUND) {
        return bn_fail(err, rc, "no such question; it may be answered");
    }
    BN_TRY(rc);
    return task_decode(id, value, arena, out, err);
}

/* --- events ----------------------------------------------------------------------------------- */
static bn_rc read_ids(bn_row *row, bn_arena *arena, const bn_id **out, size_t *count)
{
    bn_slice bytes = bn_row_bytes(row);
    *count = bytes.len / BN_ID_BYTES;
    bn_id *ids = bn_arena_array(arena, *count + 1, sizeof *ids);
    if (ids == NULL) {
        return BN_E_NO_MEMORY;
    }
    if (*count > 0) {
        memcpy(ids, bytes.data, *count * BN_ID_BYTES);
    }
    *out = ids;
    return BN_OK;
}

static bn_rc decode_event(bn_slice place, bn_slice bytes, bn_arena *arena, bn_golden_event *out,
                          bn_err *err)
{
    bn_row row = {.rest = bytes};
    bn_golden_event event = {.cseq = bn_load_u64(place.data), .n = bn_load_u32(place.data + 8)};
    event.change = (bn_golden_change)bn_row_u8(&row);
    bn_row_fixed(&row, event.golden.bytes, BN_ID_BYTES);
    BN_TRY(read_ids(&row, arena, &event.before, &event.before_count));
    BN_TRY(read_ids(&row, arena, &event.after, &event.after_count));
    BN_TRY(bn_row_end(&row, "golden event", err));
    *out = event;
    return BN_OK;
}

bn_rc bn_consolidate_event_next(bn_consolidate *c, bn_id golden, uint64_t after_cseq,
                                uint32_t after_n, bn_arena *arena, bn_golden_event *out,
                                bn_err *err)
{
    BN_AUTO(bn_kv_abort) bn_kv_txn *txn = NULL;
    uint8_t bytes[EVENT_KEY];
    uint8_t event[13];
    bn_slice key;
    bn_slice value;
    bytes[0] = 2;
    memcpy(bytes + 1, golden.bytes, BN_ID_BYTES);
    bn_store_u64(bytes + 1 + BN_ID_BYTES, after_cseq);
    bn_store_u32(bytes + 1 + BN_ID_BYTES + 8, after_n);
    BN_TRY(bn_kv_begin(c->kv, BN_KV_READ, &txn, err));
    BN_TRY(next_row(txn, BN_TABLE_GOLDEN_EVENT, bn_slice_make(bytes, sizeof bytes),
                    1 + BN_ID_BYTES, arena, &key, &value, err));
    event[0] = 1;
    memcpy(event + 1, key.data + 1 + BN_ID_BYTES, 12);
    BN_TRY(store_get(txn, BN_TABLE_GOLDEN_EVENT, bn_slice_make(event, sizeof event), arena, &value,
                     err));
    return decode_event(bn_slice_make(event + 1, 12), value, arena, out, err);
}

/* --- decisions and reasons -------------------------------------------------------------------- */
static bn_rc begin(bn_consolidate *c, bn_arena *arena, bn_kv_txn **txn, work *w, bn_err *err)
{
    BN_TRY(bn_kv_begin(c->kv, BN_KV_READ, txn, err));
    *w = (work){.c = c, .epoch = c->epoch, .source = *txn, .txn = *txn, .arena = arena,
                .made = &c->made};
    return BN_OK;
}

bn_rc bn_consolidate_rulings(bn_consolidate *c, bn_id customer, bn_arena *arena,
                             bn_ruling_in_force **out, size_t *count, bn_err *err)
{
    BN_AUTO(bn_kv_abort) bn_kv_txn *txn = NULL;
    work w;
    BN_TRY(begin(c, arena, &txn, &w, err));
    return store_rulings(&w, customer, out, count, err);
}

static uint32_t place_of(const reached *component, bn_id id)
{
    for (uint32_t i = 0; i < component->records_count; i++) {
        if (bn_id_equal(component->records[i].rid.id, id)) {
            return i;
        }
    }
    return SIZE_NONE;
}

/* Two of different components: put side by side with no edge between them. */
static bn_rc join_other(work *w, bn_id b, reached *component, bn_err *err)
{
    bn_cluster_record *records = bn_arena_array(w->arena, (size_t)component->records_count + 1,
                                                sizeof *records);
    bn_slice row;
    BN_TRY(store_row(w, b, &row, err));
    if (records == NULL || row.len == 0) {
        return records == NULL ? bn_fail(err, BN_E_NO_MEMORY, "two components")
                               : bn_fail(err, BN_E_NOT_FOUND, "no such customer");
    }
    memcpy(records, component->records, component->records_count * sizeof *records);
    records[component->records_count++] = (bn_cluster_record){.rid = {.id = b}, .row = row};
    component->records = records;
    return BN_OK;
}

static bn_rc explain(work *w, bn_id a, bn_id b, bn_why_pair *out, bn_err *err)
{
    reached component;
    bn_resolved resolved;
    id_set seen = {.arena = w->arena};
    id_set candidates = {.arena = w->arena};
    BN_TRY(reach_component(w, a, &seen, &component, err));
    if (component.records_count == 0) {
        return bn_fail(err, BN_E_NOT_FOUND, "no such customer");
    }
    if (id_set_find(&seen, b) == SIZE_NONE) {
        BN_TRY(join_other(w, b, &component, err));
    }
    BN_TRY(reach_candidates(w, a, component.records[place_of(&component, a)].row, &candidates,
                            err));
    bn_resolve_input input = {.epoch = w->epoch, .records = component.records,
                              .records_count = component.records_count, .edges = component.edges,
                              .edges_count = component.edges_count, .rulings = component.rulings,
                              .rulings_count = component.rulings_count};
    BN_TRY(bn_resolve(&input, w->arena, &resolved, err));
    bn_why_query query = {.a = place_of(&component, a), .b = place_of(&component, b),
                          .is_candidate = id_set_find(&candidates, b) != SIZE_NONE};
    return bn_resolve_why(&input, &resolved, &query, w->arena, out);
}

bn_rc bn_consolidate_explain(bn_consolidate *c, bn_id a, bn_id b, bn_arena *arena,
                             bn_why_pair *out, bn_err *err)
{
    BN_AUTO(bn_kv_abort) bn_kv_txn *txn = NULL;
    work w;
    if (bn_id_equal(a, b)) {
        return bn_fail(err, BN_E_INVALID, "one customer named twice");
    }
    BN_TRY(begin(c, arena, &txn, &w, err));
    return explain(&w, a, b, out, err);
}

/* The evidence a decision is made on is what is stored now. */
static bn_rc fill_evidence(bn_consolidate *c, bn_ruling *ruling, bn_arena *arena, bn_err *err)
{
    BN_AUTO(bn_kv_abort) bn_kv_txn *txn = NULL;
    work w;
    BN_TRY(begin(c, arena, &txn, &w, err));
    for (size_t i = 0; i < ruling->members_count; i++) {
        bn_slice row;
        BN_TRY(store_row(&w, ruling->members[i].id, &row, err));
        if (row.len == 0) {
            return bn_fail(err, BN_E_NOT_FOUND, "customer %zu of the decision: no such customer",
                           i + 1);
        }
        ruling->members[i].evidence = bn_feature_evidence(row);
    }
    return BN_OK;
}

bn_rc bn_consolidate_decide(bn_consolidate *c, bn_consolidate_decision *decision,
                            bn_server_saved *saved, bn_err *err)
{
    bn_buf body;
    bn_ruling *ruling = &decision->ruling;
    bn_ruling_sort(ruling);
    BN_TRY(bn_ruling_validate(ruling, err));
    bn_arena_reset(&c->arena);
    BN_TRY(fill_evidence(c, ruling, &c->arena, err));
    bn_buf_init(&body, BN_RULING_BYTES_MAX);
    bn_ruling_encode(ruling, &body);
    bn_rc rc = bn_buf_status(&body);
    bn_id incarnation = bn_server_incarnation(c->server);
    bn_draft draft = {.type = BN_OP_DECISION, .kind = BN_KIND_CUSTOMER,
                      .id = ruling->members_count > 0 ? ruling->members[0].id : incarnation,
                      .actor = bn_slice_of(decision->actor), .note = bn_slice_of(decision->note),
                      .body = bn_buf_slice(&body)};
    rc = rc == BN_OK ? bn_server_save(c->server, &draft, 1, saved, err)
                     : bn_fail(err, rc, "decision too large");
    bn_buf_fini(&body);
    return rc;
}
