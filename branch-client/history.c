/* history.c - who changed a record, where and when, as far as this branch has heard.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "branch-client/store.h"

#include <banyan/base/check.h>
#include <banyan/base/number.h>

#define OWN_BYTES (1 + 8 + 1)
#define DROP_AT_ONCE 64

bn_rc bn_history_put_own(bn_write *write, const bn_op *op, uint64_t oseq, uint64_t cseq,
                         bn_outcome outcome, bn_err *err)
{
    if (op->type != BN_OP_WRITE) {
        return BN_OK;
    }
    uint8_t key[BN_KEY_ENTITY_U64_BYTES];
    uint8_t row[OWN_BYTES] = {'O'};
    bn_store_u64(row + 1, oseq);
    row[9] = (uint8_t)outcome;
    return bn_kv_put(write->txn, BN_TABLE_HISTORY, bn_key_entity_u64(key, op->kind, op->id, cseq),
                     bn_slice_make(row, sizeof row), err);
}

/* The PUT that follows an OUTCOME is the own op's and has its row already. */
bn_rc bn_history_put_effect(bn_write *write, const bn_effect *effect, bn_slice bytes, bn_err *err)
{
    uint8_t key_bytes[BN_KEY_ENTITY_U64_BYTES];
    bn_slice key = bn_key_entity_u64(key_bytes, effect->kind, effect->id, effect->cseq);
    if (bn_kv_has(write->txn, BN_TABLE_HISTORY, key)) {
        return BN_OK;
    }
    bn_arena *arena = &write->branch->lookup;
    bn_arena_reset(arena);
    uint8_t *row = bn_arena_alloc(arena, 1 + bytes.len);
    if (row == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "no memory for a row of history");
    }
    row[0] = 'E';
    memcpy(row + 1, bytes.data, bytes.len);
    return bn_kv_put(write->txn, BN_TABLE_HISTORY, key, bn_slice_make(row, 1 + bytes.len), err);
}

/* The commits of a record above `after`, at most `max`. */
static bn_rc list_commits(bn_kv_txn *txn, uint16_t kind, bn_id id, uint64_t after, uint64_t *cseqs,
                          size_t max, size_t *count, bn_err *err)
{
    *count = 0;
    uint8_t from[BN_KEY_ENTITY_U64_BYTES];
    bn_slice seek = bn_key_entity_u64(from, kind, id, after + 1);
    BN_AUTO(bn_kv_cursor_close) bn_kv_cursor *cursor = NULL;
    BN_TRY(bn_kv_cursor_open(txn, BN_TABLE_HISTORY, &cursor, err));
    bn_slice key;
    bn_slice value;
    bn_rc rc = bn_kv_seek(cursor, seek, &key, &value, NULL);
    while (rc == BN_OK && *count < max && key.len == BN_KEY_ENTITY_U64_BYTES &&
           memcmp(key.data, from, BN_KEY_ENTITY_BYTES) == 0) {
        cseqs[(*count)++] = bn_load_u64(key.data + BN_KEY_ENTITY_BYTES);
        rc = bn_kv_next(cursor, &key, &value, NULL);
    }
    return rc == BN_OK || rc == BN_E_NOT_FOUND ? BN_OK
                                               : bn_fail(err, rc, "cannot read the history");
}

bn_rc bn_history_del(bn_write *write, uint16_t kind, bn_id id, bn_err *err)
{
    uint64_t cseqs[DROP_AT_ONCE];
    size_t count;
    do {
        BN_TRY(list_commits(write->txn, kind, id, 0, cseqs, DROP_AT_ONCE, &count, err));
        for (size_t i = 0; i < count; i++) {
            uint8_t key[BN_KEY_ENTITY_U64_BYTES];
            BN_TRY(bn_kv_del(write->txn, BN_TABLE_HISTORY,
                             bn_key_entity_u64(key, kind, id, cseqs[i]), err));
        }
    } while (count == DROP_AT_ONCE);
    return BN_OK;
}

/* --- reading ---------------------------------------------------------------------------------- */

typedef struct reading {
    bn_branch *branch;
    bn_kv_txn *txn;
    bn_arena *arena;
    bn_event_row row;
    void *context;
} reading;

static bn_rc show_own(const reading *r, uint64_t oseq, uint64_t cseq, bn_outcome outcome,
                      bn_err *err)
{
    bn_event event = {.dot = {r->branch->identity.origin, oseq},
                      .cseq = cseq,
                      .branch = r->branch->identity.branch,
                      .outcome = outcome};
    bn_op op;
    bool erased;
    BN_TRY(bn_oplog_get(r->txn, oseq, r->arena, &op, &erased, err));
    if (!erased) {
        event.hlc = op.hlc;
        event.actor = op.actor;
        event.changes = op.changes;
        event.changes_count = op.changes_count;
    }
    bn_fate_row fate;
    if (outcome != 0 && bn_fate_get(r->txn, oseq, r->arena, &fate, NULL) == BN_OK) {
        event.reason = fate.reason;
    }
    return r->row(r->context, &event, err);
}

static void take_cells(bn_event *event, bn_change *changes, const bn_cell *cells, size_t count,
                       bn_verb verb)
{
    for (size_t i = 0; i < count; i++) {
        changes[event->changes_count++] =
            (bn_change){.field = cells[i].field, .verb = verb, .value = cells[i].value};
        event->dot = cells[i].stamp.dot;
        event->hlc = cells[i].stamp.hlc;
    }
}

static bn_rc show_effect(const reading *r, bn_slice bytes, bn_err *err)
{
    bn_effect effect;
    BN_TRY(bn_effect_decode(&bytes, r->arena, &effect, err));
    size_t count = effect.cells_count + effect.items_count + effect.gone_count;
    bn_change *changes = bn_arena_array(r->arena, count > 0 ? count : 1, sizeof *changes);
    if (changes == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "no memory for an event");
    }
    bn_event event = {.cseq = effect.cseq,
                      .branch = effect.branch,
                      .actor = effect.actor,
                      .outcome = BN_OUTCOME_APPLIED,
                      .changes = changes};
    take_cells(&event, changes, effect.cells, effect.cells_count, BN_VERB_SET);
    take_cells(&event, changes, effect.items, effect.items_count, BN_VERB_ADD);
    for (size_t i = 0; i < effect.gone_count; i++) {
        changes[event.changes_count++] = (bn_change){.field = effect.gone[i].field,
                                                     .verb = BN_VERB_REMOVE,
                                                     .base = effect.gone[i].dot,
                                                     .value = effect.gone[i].value};
    }
    return r->row(r->context, &event, err);
}

static bn_rc show_commit(const reading *r, uint16_t kind, bn_id id, uint64_t cseq, bn_err *err)
{
    uint8_t key[BN_KEY_ENTITY_U64_BYTES];
    bn_slice stored;
    BN_TRY(bn_kv_get(r->txn, BN_TABLE_HISTORY, bn_key_entity_u64(key, kind, id, cseq), &stored,
                     err));
    bn_arena_reset(r->arena);
    bn_slice row = bn_arena_copy(r->arena, stored);
    bn_kv_forget(r->txn);
    if (row.data == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "no memory for a row of history");
    }
    if (row.len == OWN_BYTES && row.data[0] == 'O') {
        return show_own(r, bn_load_u64(row.data + 1), cseq, (bn_outcome)row.data[9], err);
    }
    if (row.len > 1 && row.data[0] == 'E') {
        return show_effect(r, bn_slice_make(row.data + 1, row.len - 1), err);
    }
    return bn_fail(err, BN_E_CORRUPT, "history of commit %llu: row of %zu bytes",
                   (unsigned long long)cseq, row.len);
}

static bn_rc show_confirmed(const reading *r, uint16_t kind, bn_id id, size_t *left, bn_err *err)
{
    uint64_t cseqs[DROP_AT_ONCE];
    uint64_t after = 0;
    size_t count;
    do {
        size_t max = *left < DROP_AT_ONCE ? *left : DROP_AT_ONCE;
        BN_TRY(list_commits(r->txn, kind, id, after, cseqs, max, &count, err));
        for (size_t i = 0; i < count; i++) {
            BN_TRY(show_commit(r, kind, id, cseqs[i], err));
            after = cseqs[i];
        }
        *left -= count;
    } while (count == DROP_AT_ONCE && *left > 0);
    return BN_OK;
}

bn_rc bn_branch_history(bn_branch *branch, uint16_t kind, bn_id id, size_t events_max,
                        bn_event_row row, void *context, bn_err *err)
{
    BN_AUTO(bn_kv_abort) bn_kv_txn *txn = NULL;
    BN_TRY(bn_kv_begin(branch->kv, BN_KV_READ, &txn, err));
    BN_AUTO(bn_arena_fini) bn_arena arena;
    bn_arena_init(&arena, BN_SCRATCH_BYTES_MAX);
    reading r = {
        .branch = branch, .txn = txn, .arena = &arena, .row = row, .context = context};
    size_t left = events_max;
    BN_TRY(show_confirmed(&r, kind, id, &left, err));
    uint64_t oseq = 0;
    while (left > 0) {
        bn_rc rc = bn_overlay_next(txn, kind, id, oseq, &oseq, err);
        if (rc == BN_E_NOT_FOUND) {
            break;
        }
        BN_TRY(rc);
        bn_arena_reset(&arena);
        BN_TRY(show_own(&r, oseq, 0, 0, err));
        left--;
    }
    return BN_OK;
}
