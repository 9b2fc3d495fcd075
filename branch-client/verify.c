/* verify.c - proves that the store is what its own history says.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   OPLOG     1 .. oseq_last without a gap, each head the hash of the one before and the op
 *   OVERLAY   exactly the ops above oseq_confirmed, under the record they change
 *   counts    what waits, what was refused, open conflicts, as counted anew
 *   INDEX     the same sum of row hashes as the rows made from every record as shown
 */
#include "branch-client/store.h"

#include <banyan/base/check.h>
#include <banyan/base/number.h>

#include <stdarg.h>

#define FINDING_BYTES 200

typedef struct proof {
    bn_branch *branch;
    bn_kv_txn *txn;
    bn_arena arena;
    bn_branch_finding finding;
    void *context;
    uint64_t findings_count, rows_count;
} proof;

__attribute__((format(printf, 2, 3))) static void found(proof *p, const char *format, ...)
{
    char text[FINDING_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    p->findings_count++;
    if (p->finding != NULL) {
        p->finding(p->context, text);
    }
}

/* --- op log and overlay ----------------------------------------------------------------------- */

static void check_waiting(proof *p, const bn_op *op, uint64_t oseq)
{
    uint8_t key[BN_KEY_ENTITY_U64_BYTES];
    if (!bn_kv_has(p->txn, BN_TABLE_OVERLAY,
                   bn_key_entity_u64(key, bn_overlay_kind(op), op->id, oseq))) {
        found(p, "op %llu waits but is not in the overlay", (unsigned long long)oseq);
    }
}

static bn_rc check_op(proof *p, uint64_t oseq, bn_hash *head, uint64_t *bytes_waiting)
{
    const bn_heads *heads = &p->branch->heads;
    bn_arena_reset(&p->arena);
    bn_kv_forget(p->txn);
    bn_hash stored;
    bn_slice row;
    bn_rc rc = bn_oplog_row(p->txn, oseq, &stored, &row, NULL);
    if (rc != BN_OK) {
        found(p, "op %llu: %s", (unsigned long long)oseq, bn_rc_text(rc));
        return rc == BN_E_NOT_FOUND || rc == BN_E_CORRUPT ? BN_OK : rc;
    }
    p->rows_count++;
    if (row.len > 0 && !bn_hash_equal(bn_chain_next(*head, row), stored)) {
        found(p, "op %llu: the chain breaks here", (unsigned long long)oseq);
    }
    *head = stored;
    if (oseq <= heads->oseq_confirmed) {
        return BN_OK;
    }
    *bytes_waiting += row.len;
    bn_op op;
    bool erased;
    rc = bn_oplog_get(p->txn, oseq, &p->arena, &op, &erased, NULL);
    if (rc != BN_OK || erased) {
        found(p, "op %llu waits and cannot be read", (unsigned long long)oseq);
        return rc == BN_E_IO ? rc : BN_OK;
    }
    check_waiting(p, &op, oseq);
    return BN_OK;
}

static bn_rc check_oplog(proof *p)
{
    const bn_heads *heads = &p->branch->heads;
    bn_hash head = bn_branch_chain_start(p->branch);
    uint64_t bytes_waiting = 0;
    for (uint64_t oseq = 1; oseq <= heads->oseq_last; oseq++) {
        BN_TRY(check_op(p, oseq, &head, &bytes_waiting));
    }
    if (p->branch->enrolled && !bn_hash_equal(head, heads->chain)) {
        found(p, "the chain does not end at the head remembered");
    }
    if (bytes_waiting != heads->bytes_waiting) {
        found(p, "%llu bytes wait, %llu are counted", (unsigned long long)bytes_waiting,
              (unsigned long long)heads->bytes_waiting);
    }
    return BN_OK;
}

typedef struct tally {
    uint64_t rows, groups, marked; /* groups: distinct key prefixes; marked: as the row says */
} tally;

/* Walks a table; `prefix_len` > 0 counts distinct prefixes, `marks` the rows it accepts. */
static bn_rc count_rows(proof *p, bn_table table, size_t prefix_len,
                        bool (*marks)(proof *p, bn_slice key, bn_slice value), tally *out)
{
    BN_AUTO(bn_kv_cursor_close) bn_kv_cursor *cursor = NULL;
    BN_TRY(bn_kv_cursor_open(p->txn, table, &cursor, NULL));
    uint8_t last[BN_KEY_BYTES_MAX];
    size_t last_len = 0;
    bn_slice key;
    bn_slice value;
    bn_rc rc = bn_kv_seek(cursor, BN_SLICE(""), &key, &value, NULL);
    while (rc == BN_OK) {
        size_t len = key.len < prefix_len ? key.len : prefix_len;
        if (out->rows == 0 || len != last_len || memcmp(last, key.data, len) != 0) {
            out->groups++;
        }
        memcpy(last, key.data, len);
        last_len = len;
        out->rows++;
        out->marked += marks != NULL && marks(p, key, value) ? 1 : 0;
        rc = bn_kv_next(cursor, &key, &value, NULL);
    }
    p->rows_count += out->rows;
    return rc == BN_E_NOT_FOUND ? BN_OK : rc;
}

static bool is_refusal(proof *p, bn_slice key, bn_slice value)
{
    (void)p;
    (void)key;
    return value.len > 0 && bn_outcome_is_refusal((bn_outcome)value.data[0]);
}

static bool is_open(proof *p, bn_slice key, bn_slice value)
{
    bn_arena_reset(&p->arena);
    bn_conflict conflict;
    if (bn_conflict_decode(value, &p->arena, &conflict, NULL) != BN_OK || key.len != BN_ID_BYTES ||
        memcmp(conflict.id.bytes, key.data, BN_ID_BYTES) != 0) {
        found(p, "a conflict record cannot be read");
        return false;
    }
    return conflict.state == BN_CONFLICT_OPEN;
}

static void compare(proof *p, const char *what, uint64_t counted, uint64_t remembered)
{
    if (counted != remembered) {
        found(p, "%s: %llu, remembered %llu", what, (unsigned long long)counted,
              (unsigned long long)remembered);
    }
}

static bn_rc check_counts(proof *p)
{
    const bn_heads *heads = &p->branch->heads;
    tally overlay = {0};
    tally fates = {0};
    tally conflicts = {0};
    BN_TRY(count_rows(p, BN_TABLE_OVERLAY, BN_KEY_ENTITY_BYTES, NULL, &overlay));
    BN_TRY(count_rows(p, BN_TABLE_FATE, 0, is_refusal, &fates));
    BN_TRY(count_rows(p, BN_TABLE_CONFLICT, 0, is_open, &conflicts));
    compare(p, "ops that wait", overlay.rows, heads->ops_waiting);
    compare(p, "ops above the confirmed one", overlay.rows,
            heads->oseq_last - heads->oseq_confirmed);
    compare(p, "records that wait", overlay.groups, heads->records_waiting);
    compare(p, "ops refused", fates.marked, heads->refused);
    compare(p, "open conflicts", conflicts.marked, heads->conflicts_open);
    return BN_OK;
}

/* --- index ------------------------------------------------------------------------------------ */

static bn_rc sum_index(bn_kv_txn *txn, bn_digest *sum)
{
    BN_AUTO(bn_kv_cursor_close) bn_kv_cursor *cursor = NULL;
    BN_TRY(bn_kv_cursor_open(txn, BN_TABLE_INDEX, &cursor, NULL));
    bn_slice key;
    bn_slice value;
    bn_rc rc = bn_kv_seek(cursor, BN_SLICE(""), &key, &value, NULL);
    while (rc == BN_OK) {
        bn_digest_add(sum, BN_SLICE("banyan-index-sum"), 0, (bn_id){0}, key);
        rc = bn_kv_next(cursor, &key, &value, NULL);
    }
    return rc == BN_E_NOT_FOUND ? BN_OK : rc;
}

/* The rows one record should have, made in a store of its own. */
static bn_rc sum_record(proof *p, bn_kv *bench, const bn_record *record, bn_digest *sum)
{
    BN_AUTO(bn_kv_abort) bn_kv_txn *txn = NULL;
    BN_TRY(bn_kv_begin(bench, BN_KV_WRITE, &txn, NULL));
    BN_TRY(bn_indexes_update(txn, &p->branch->keys.index, NULL, record, NULL));
    return sum_index(txn, sum);
}

static bn_rc sum_kind(proof *p, bn_kv *bench, uint16_t kind, bn_digest *sum)
{
    bn_id id = {0};
    for (;;) {
        bn_rc rc = bn_shown_next_id(p->txn, kind, id, &id, NULL);
        if (rc == BN_E_NOT_FOUND) {
            return BN_OK;
        }
        BN_TRY(rc);
        bn_arena_reset(&p->arena);
        bn_record record;
        rc = bn_shown_get(p->branch, p->txn, kind, id, &p->arena, &record, NULL);
        if (rc != BN_OK) {
            found(p, "a record of kind %u cannot be read: %s", kind, bn_rc_text(rc));
            if (rc == BN_E_IO) {
                return rc;
            }
            continue;
        }
        p->rows_count++;
        BN_TRY(sum_record(p, bench, &record, sum));
    }
}

static bn_rc check_index(proof *p)
{
    bn_kv_memory *memory = NULL;
    bn_kv *bench = NULL;
    bn_rc rc = bn_kv_open_memory(&memory, &bench, NULL);
    bn_digest wanted = {0};
    bn_digest stored = {0};
    size_t kinds_count;
    const bn_kind_def *kinds = bn_schema_kinds(&kinds_count);
    for (size_t i = 0; i < kinds_count && rc == BN_OK; i++) {
        rc = sum_kind(p, bench, (uint16_t)kinds[i].kind, &wanted);
    }
    if (rc == BN_OK) {
        rc = sum_index(p->txn, &stored);
    }
    if (rc == BN_OK && (wanted.records_count != stored.records_count ||
                        memcmp(wanted.sum, stored.sum, sizeof wanted.sum) != 0)) {
        found(p, "index: %llu rows, the records make %llu",
              (unsigned long long)stored.records_count, (unsigned long long)wanted.records_count);
    }
    bn_kv_close(&bench);
    bn_kv_memory_destroy(&memory);
    return rc;
}

bn_rc bn_branch_verify(bn_branch *branch, bn_branch_finding finding, void *context,
                       uint64_t *rows_count, bn_err *err)
{
    proof p = {.branch = branch, .finding = finding, .context = context};
    BN_TRY(bn_kv_begin(branch->kv, BN_KV_READ, &p.txn, err));
    bn_arena_init(&p.arena, BN_SCRATCH_BYTES_MAX);
    bn_rc rc = check_oplog(&p);
    rc = rc == BN_OK ? check_counts(&p) : rc;
    rc = rc == BN_OK ? check_index(&p) : rc;
    bn_arena_fini(&p.arena);
    bn_kv_abort(&p.txn);
    *rows_count = p.rows_count;
    if (rc != BN_OK) {
        return bn_fail(err, rc, "the store cannot be read to the end");
    }
    if (p.findings_count > 0) {
        return bn_fail(err, BN_E_CORRUPT, "%llu findings", (unsigned long long)p.findings_count);
    }
    return BN_OK;
}
