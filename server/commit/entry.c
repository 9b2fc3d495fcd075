/* entry.c - one commit as the log keeps it.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   COMMIT  cseq u64b -> format u8 = 1 | flags u8 | outcome u8 | dot 12 | branch u32 | wall u64 |
 *           hlc u64 | kind u16 | id 16 | reason | op | effects | was      (bytes: u32 length first)
 */
#include "commit.h"

#include "server/row.h"

#include <banyan/core/records.h>

#define ENTRY_FORMAT 1

void bn_entry_encode(const bn_entry *entry, bn_buf *out)
{
    bn_row_put_u8(out, ENTRY_FORMAT);
    bn_row_put_u8(out, entry->flags);
    bn_row_put_u8(out, (uint8_t)entry->outcome);
    bn_row_put_dot(out, entry->dot);
    bn_row_put_u32(out, entry->branch);
    bn_row_put_u64(out, entry->wall_ms);
    bn_row_put_u64(out, entry->hlc.value);
    bn_row_put_u16(out, entry->kind);
    bn_buf_append(out, entry->id.bytes, BN_ID_BYTES);
    bn_row_put_bytes(out, entry->reason);
    bn_row_put_bytes(out, entry->op);
    bn_row_put_bytes(out, entry->effects);
    bn_row_put_bytes(out, entry->was);
}

bn_rc bn_entry_decode(uint64_t cseq, bn_slice bytes, bn_entry *out, bn_err *err)
{
    bn_row row = {.rest = bytes};
    bn_entry entry = {.cseq = cseq};
    if (bn_row_u8(&row) != ENTRY_FORMAT) {
        return bn_fail(err, BN_E_CORRUPT, "commit %llu: unknown format", (unsigned long long)cseq);
    }
    entry.flags = bn_row_u8(&row);
    entry.outcome = (bn_outcome)bn_row_u8(&row);
    entry.dot = bn_row_dot(&row);
    entry.branch = bn_row_u32(&row);
    entry.wall_ms = bn_row_u64(&row);
    entry.hlc.value = bn_row_u64(&row);
    entry.kind = bn_row_u16(&row);
    bn_row_fixed(&row, entry.id.bytes, BN_ID_BYTES);
    entry.reason = bn_row_bytes(&row);
    entry.op = bn_row_bytes(&row);
    entry.effects = bn_row_bytes(&row);
    entry.was = bn_row_bytes(&row);
    BN_TRY(bn_row_end(&row, "commit", err));
    *out = entry;
    return BN_OK;
}

bn_rc bn_entry_get(bn_kv_txn *txn, uint64_t cseq, bn_arena *arena, bn_entry *out, bn_err *err)
{
    uint8_t key[8];
    bn_slice value;
    BN_TRY(bn_kv_get(txn, BN_TABLE_COMMIT, bn_key_u64(key, cseq), &value, err));
    bn_slice bytes = bn_arena_copy(arena, value);
    if (bytes.data == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "commit entry of %zu bytes", value.len);
    }
    return bn_entry_decode(cseq, bytes, out, err);
}

/* The PUT of an op that was applied as sent. */
static bn_rc put_of_op(const bn_entry *entry, bn_arena *arena, bn_effect *out, bn_err *err)
{
    bn_op op;
    BN_TRY(bn_op_decode(entry->op, arena, &op, err));
    bn_effect put = {.type = BN_EFFECT_PUT, .cseq = entry->cseq, .kind = op.kind, .id = op.id,
                     .branch = entry->branch, .actor = op.actor};
    put.cells = bn_arena_array(arena, op.changes_count + 1, sizeof *put.cells);
    put.items = bn_arena_array(arena, op.changes_count + 1, sizeof *put.items);
    put.gone = bn_arena_array(arena, op.changes_count + 1, sizeof *put.gone);
    if (put.cells == NULL || put.items == NULL || put.gone == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "effect of %zu changes", op.changes_count);
    }
    bn_stamp stamp = {.dot = entry->dot, .hlc = entry->hlc, .cseq = entry->cseq};
    for (size_t i = 0; i < op.changes_count; i++) {
        const bn_change *change = &op.changes[i];
        bn_cell cell = {.field = change->field, .stamp = stamp, .value = change->value};
        if (change->verb == BN_VERB_SET) {
            put.cells[put.cells_count++] = cell;
        } else if (change->verb == BN_VERB_ADD) {
            put.items[put.items_count++] = cell;
        } else {
            put.gone[put.gone_count++] = (struct bn_gone){
                .field = change->field, .dot = change->base, .value = change->value};
        }
    }
    *out = put;
    return BN_OK;
}

bn_rc bn_entry_effects(const bn_entry *entry, bn_arena *arena, bn_buf *out, bn_err *err)
{
    if (entry->effects.len > 0 || (entry->flags & BN_ENTRY_AS_SENT) == 0) {
        bn_buf_append_slice(out, entry->effects);
    } else {
        bn_effect put;
        BN_TRY(put_of_op(entry, arena, &put, err));
        bn_effect_encode(&put, out);
    }
    bn_rc rc = bn_buf_status(out);
    return rc == BN_OK ? BN_OK : bn_fail(err, rc, "effects of commit %llu: too large",
                                         (unsigned long long)entry->cseq);
}
