/* verify.c - is what is stored what the commit log says?
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every commit is replayed into an empty store in memory; then records and conflicts are compared
 * row by row, both ways. Costs as much memory as the records take.
 */
#include "commit/commit.h"
#include "registry.h"

#include <banyan/base/alloc.h>
#include <banyan/base/check.h>
#include <banyan/base/number.h>

#include <stdarg.h>

#define REPLAY_PER_TXN 5000

typedef struct prover {
    bn_server *server;
    bn_kv_txn *txn;     /* the store proven */
    bn_kv *scratch;
    bn_kv_txn *replay;  /* the store rebuilt */
    bn_arena arena;
    uint64_t *oseqs;    /* per origin */
    bn_hash *heads;
    bn_server_finding finding;
    void *context;
    bn_server_proof proof;
} prover;

static void found(prover *p, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void found(prover *p, const char *format, ...)
{
    char text[192];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    p->proof.findings_count++;
    if (p->finding != NULL) {
        p->finding(p->context, text);
    }
}

/* --- replay -------- */
static bn_rc load(prover *p, uint16_t kind, bn_id id, bn_record *record, bn_err *err)
{
    bn_rc rc = bn_records_get(p->replay, kind, id, &p->arena, record, err);
    if (rc == BN_E_NOT_FOUND) {
        bn_record_init(record, kind, id);
        return BN_OK;
    }
    return rc;
}

static bn_rc replay_op(prover *p, const bn_entry *entry, bn_err *err)
{
    bn_op op;
    bn_record record;
    bn_stamp stamp = {.dot = entry->dot, .hlc = entry->hlc, .cseq = entry->cseq};
    BN_TRY(bn_op_decode(entry->op, &p->arena, &op, err));
    if (op.type != BN_OP_WRITE && op.type != BN_OP_ERASE) {
        return BN_OK;
    }
    BN_TRY(load(p, op.kind, op.id, &record, err));
    BN_TRY(bn_record_apply_op(&record, &p->arena, &op, &stamp));
    return bn_records_put(p->replay, &record, err);
}

static bn_rc erase_conflicts(prover *p, const bn_effect *effect, bn_err *err)
{
    bn_id ids[64];
    size_t count = 0;
    do {
        BN_TRY(bn_conflicts_of(p->replay, effect->kind, effect->id, ids, BN_COUNT(ids), &count,
                               err));
        for (size_t i = 0; i < count; i++) {
            bn_conflict conflict;
            BN_TRY(bn_conflicts_get(p->replay, ids[i], &p->arena, &conflict, err));
            BN_TRY(bn_conflicts_del(p->replay, &conflict, err));
        }
    } while (count > 0);
    return BN_OK;
}

static bn_rc replay_effect(prover *p, const bn_effect *effect, bool is_as_sent, bn_err *err)
{
    bn_record record;
    if (effect->type == BN_EFFECT_PUT && !is_as_sent) {
        BN_TRY(load(p, effect->kind, effect->id, &record, err));
        BN_TRY(bn_effect_apply(effect, &p->arena, &record));
        return bn_records_put(p->replay, &record, err);
    }
    if (effect->type == BN_EFFECT_ERASE) {
        return erase_conflicts(p, effect, err);
    }
    if (effect->type == BN_EFFECT_CONFLICT) {
        bn_conflict conflict;
        BN_TRY(bn_conflict_decode(effect->image, &p->arena, &conflict, err));
        return bn_conflicts_put(p->replay, &conflict, err);
    }
    return BN_OK;
}

static bn_rc replay_entry(prover *p, const bn_entry *entry, bn_err *err)
{
    bool is_as_sent = (entry->flags & BN_ENTRY_AS_SENT) != 0;
    if ((entry->flags & BN_ENTRY_VIEW) != 0) {
        return BN_OK;
    }
    if (is_as_sent) {
        BN_TRY(replay_op(p, entry, err));
    }
    bn_slice rest = entry->effects;
    while (rest.len > 0) {
        bn_effect effect;
        BN_TRY(bn_effect_decode(&rest, &p->arena, &effect, err));
        BN_TRY(replay_effect(p, &effect, is_as_sent, err));
    }
    return BN_OK;
}

static void check_origin(prover *p, const bn_entry *entry)
{
    uint32_t origin = entry->dot.origin;
    if ((entry->flags & (BN_ENTRY_VIEW | BN_ENTRY_RETRY)) != 0) {
        return;
    }
    if (origin >= p->server->registry.origins_count) {
        found(p, "commit %llu: unknown origin %u", (unsigned long long)entry->cseq, origin);
        return;
    }
    if (entry->dot.oseq != p->oseqs[origin] + 1) {
        found(p, "commit %llu: op %u:%llu follows %llu", (unsigned long long)entry->cseq, origin,
              (unsigned long long)entry->dot.oseq, (unsigned long long)p->oseqs[origin]);
    }
    p->oseqs[origin] = entry->dot.oseq;
    p->heads[origin] = bn_chain_next(p->heads[origin], entry->op);
}

static bn_rc replay_slice(prover *p, uint64_t *cseq, uint64_t head, bn_err *err)
{
    BN_TRY(bn_kv_begin(p->scratch, BN_KV_WRITE, &p->replay, err));
    for (size_t i = 0; i < REPLAY_PER_TXN && *cseq < head; i++) {
        bn_entry entry;
        bn_arena_reset(&p->arena);
        bn_kv_forget(p->txn);
        bn_kv_forget(p->replay);
        bn_rc rc = bn_entry_get(p->txn, ++(*cseq), &p->arena, &entry, err);
        if (rc == BN_OK) {
            check_origin(p, &entry);
            rc = replay_entry(p, &entry, err);
        }
        if (rc == BN_E_NOT_FOUND || rc == BN_E_CORRUPT || rc == BN_E_FORMAT) {
            found(p, "commit %llu: %s", (unsigned long long)*cseq, bn_rc_text(rc));
        } else if (rc != BN_OK) {
            bn_kv_abort(&p->replay);
            return rc;
        }
        p->proof.commits_count++;
    }
    return bn_kv_commit(&p->replay, err);
}

/* --- comparing -------- */
static void describe(bn_slice key, char text[2 * BN_KEY_BYTES_MAX + 1])
{
    size_t len = key.len < 24 ? key.len : 24;
    for (size_t i = 0; i < len; i++) {
        (void)snprintf(text + 2 * i, 3, "%02x", key.data[i]);
    }
    text[2 * len] = '\0';
}

/* Rows of `left` that are not the same in `right`. */
static bn_rc compare_one_way(prover *p, bn_table table, bool stored_left, uint64_t *rows,
                             bn_err *err)
{
    BN_AUTO(bn_kv_cursor_close) bn_kv_cursor *cursor = NULL;
    bn_kv_txn *left = stored_left ? p->txn : p->replay;
    bn_kv_txn *right = stored_left ? p->replay : p->txn;
    bn_slice key;
    bn_slice value;
    char text[2 * BN_KEY_BYTES_MAX + 1];
    BN_TRY(bn_kv_cursor_open(left, table, &cursor, err));
    bn_rc rc = bn_kv_seek(cursor, bn_slice_make(NULL, 0), &key, &value, err);
    while (rc == BN_OK || rc == BN_E_CORRUPT) {
        bn_slice other = {0};
        bn_rc got = rc == BN_OK ? bn_kv_get(right, table, key, &other, NULL) : BN_E_CORRUPT;
        if (got != BN_OK || (stored_left && !bn_slice_equal(value, other))) {
            if (rc == BN_OK) {
                describe(key, text);
            } else {
                (void)snprintf(text, sizeof text, "(unreadable)");
            }
            found(p, "%s %s: %s", bn_table_name(table), text,
                  got == BN_OK            ? "differs from the commit log"
                  : got == BN_E_CORRUPT ? "damaged"
                  : stored_left           ? "is not in the commit log"
                                          : "is missing");
        }
        (*rows)++;
        bn_kv_forget(right);
        rc = bn_kv_next(cursor, &key, &value, err);
    }
    return rc == BN_E_NOT_FOUND ? BN_OK : rc;
}

static bn_rc compare(prover *p, bn_err *err)
{
    uint64_t ignored = 0;
    BN_TRY(bn_kv_begin(p->scratch, BN_KV_READ, &p->replay, err));
    bn_rc rc = compare_one_way(p, BN_TABLE_ENTITY, true, &p->proof.records_count, err);
    rc = rc == BN_OK ? compare_one_way(p, BN_TABLE_ENTITY, false, &ignored, err) : rc;
    rc = rc == BN_OK ? compare_one_way(p, BN_TABLE_CONFLICT, true, &p->proof.conflicts_count, err)
                     : rc;
    rc = rc == BN_OK ? compare_one_way(p, BN_TABLE_CONFLICT, false, &ignored, err) : rc;
    bn_kv_abort(&p->replay);
    return rc;
}

static void check_heads(prover *p)
{
    const bn_registry *r = &p->server->registry;
    for (size_t i = 0; i < r->origins_count; i++) {
        const bn_origin *origin = r->origins[i];
        if (origin->oseq != p->oseqs[i]) {
            found(p, "origin %zu: %llu ops in the log, %llu acknowledged", i,
                  (unsigned long long)p->oseqs[i], (unsigned long long)origin->oseq);
        } else if (!bn_hash_equal(origin->head, p->heads[i])) {
            found(p, "origin %zu: its chain does not end in the head kept", i);
        }
    }
}

static bn_rc prove(prover *p, bn_err *err)
{
    const bn_registry *r = &p->server->registry;
    uint64_t cseq = 0;
    p->oseqs = bn_alloc_array(r->origins_count + 1, sizeof *p->oseqs);
    p->heads = bn_alloc_array(r->origins_count + 1, sizeof *p->heads);
    if (p->oseqs == NULL || p->heads == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "verify: %zu origins", r->origins_count);
    }
    for (size_t i = 0; i < r->origins_count; i++) {
        p->heads[i] = bn_origin_chain_start((uint32_t)i, r->origins[i]->key);
    }
    while (cseq < p->server->counts.head) {
        BN_TRY(replay_slice(p, &cseq, p->server->counts.head, err));
    }
    uint8_t key[8];
    if (bn_kv_has(p->txn, BN_TABLE_COMMIT, bn_key_u64(key, cseq + 1))) {
        found(p, "commit %llu is above the newest", (unsigned long long)(cseq + 1));
    }
    check_heads(p);
    return compare(p, err);
}

bn_rc bn_server_verify(bn_server *server, bn_server_finding finding, void *context,
                       bn_server_proof *proof, bn_err *err)
{
    bn_kv_memory *memory = NULL;
    prover p = {.server = server, .finding = finding, .context = context};
    BN_TRY(bn_engine_usable(server, err));
    bn_arena_init(&p.arena, BN_BATCH_ARENA_BYTES);
    bn_rc rc = bn_kv_open_memory(&memory, &p.scratch, err);
    rc = rc == BN_OK ? bn_kv_begin(server->kv, BN_KV_READ, &p.txn, err) : rc;
    rc = rc == BN_OK ? prove(&p, err) : rc;
    bn_kv_abort(&p.replay);
    bn_kv_abort(&p.txn);
    bn_kv_close(&p.scratch);
    bn_kv_memory_destroy(&memory);
    bn_free(p.oseqs);
    bn_free(p.heads);
    bn_arena_fini(&p.arena);
    BN_TRY(rc);
    *proof = p.proof;
    if (p.proof.findings_count > 0) {
        return bn_fail(err, BN_E_CORRUPT, "verify: %llu findings",
                       (unsigned long long)p.proof.findings_count);
    }
    return BN_OK;
}

bn_rc bn_server_backup_verified(bn_server *server, bn_kv *copy, bn_err *err)
{
    BN_AUTO(bn_kv_abort) bn_kv_txn *txn = NULL;
    BN_TRY(bn_kv_begin(copy, BN_KV_READ, &txn, err));
    bn_id incarnation;
    BN_TRY(bn_meta_get(txn, "incarnation", incarnation.bytes, BN_ID_BYTES, err));
    if (!bn_id_equal(incarnation, server->incarnation)) {
        return bn_fail(err, BN_E_INVALID, "backup: of another server");
    }
    BN_TRY(bn_engine_begin(server, err));
    return bn_engine_end(server, bn_registry_mark_safe(server, txn, err), err);
}
