/* conflict.c - bytes of a conflict record.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   conflict   [id, opened cseq, state, kind, entity, field, group, policy, base,
 *               stamps, cells, items,                                 the values before
 *               candidates, decided, before, decided by, decided branch, note,
 *               opened ms, decided ms, due ms]
 *   candidate  [dot, original hlc, effective hlc, branch, clock suspect, actor,
 *               stamps, cells, items]
 *   dot        [origin, oseq], or nil for none
 *
 * stamps, cells and items are drawn in stamped.c; commit numbers count back from the opening
 * commit and the list of items is empty. Candidates keep their order of arrival.
 */
#include <banyan/base/check.h>
#include <banyan/base/limits.h>
#include <banyan/protocol/conflict.h>

#include "pack.h"
#include "reader.h"
#include "stamped.h"

#define CONFLICT_ITEMS 21
#define CANDIDATE_ITEMS 9

/* --- encoding ----------------------------------------------------------------------------- */

static void pack_cells(bn_buf *out, bn_cell *cells, size_t count, uint64_t cseq)
{
    bn_stamped stamped = {.cells = cells, .cells_count = count};
    bn_pack_stamped(out, &stamped, cseq);
}

static void pack_candidate(const bn_candidate *candidate, uint64_t cseq, bn_buf *out)
{
    bn_pack_array(out, CANDIDATE_ITEMS);
    bn_pack_dot(out, candidate->dot);
    bn_pack_uint(out, candidate->hlc_original.value);
    bn_pack_uint(out, candidate->hlc_effective.value);
    bn_pack_uint(out, candidate->branch);
    bn_pack_bool(out, candidate->clock_suspect);
    bn_pack_text(out, candidate->actor, BN_ACTOR_BYTES_MAX);
    pack_cells(out, candidate->cells, candidate->cells_count, cseq);
}

static void pack_candidates(const bn_conflict *conflict, bn_buf *out)
{
    if (conflict->candidates_count > BN_CANDIDATES_MAX) {
        bn_pack_refuse(out, BN_E_LIMIT);
        return;
    }
    bn_pack_array(out, conflict->candidates_count);
    for (size_t i = 0; i < conflict->candidates_count; i++) {
        pack_candidate(&conflict->candidates[i], conflict->opened_cseq, out);
    }
}

void bn_conflict_encode(const bn_conflict *conflict, bn_buf *out)
{
    size_t start = out->len;
    BN_ASSERT(conflict->state >= BN_CONFLICT_OPEN && conflict->state <= BN_CONFLICT_UNDONE &&
              conflict->kind <= BN_KIND_MAX && conflict->policy <= BN_POLICY_HUMAN);
    bn_pack_array(out, CONFLICT_ITEMS);
    bn_pack_id(out, conflict->id);
    bn_pack_uint(out, conflict->opened_cseq);
    bn_pack_uint(out, conflict->state);
    bn_pack_uint(out, conflict->kind);
    bn_pack_id(out, conflict->entity);
    bn_pack_uint(out, conflict->field);
    bn_pack_uint(out, conflict->group);
    bn_pack_uint(out, conflict->policy);
    bn_pack_dot(out, conflict->base);
    pack_cells(out, conflict->base_cells, conflict->base_cells_count, conflict->opened_cseq);
    pack_candidates(conflict, out);
    bn_pack_dot(out, conflict->decided);
    bn_pack_dot(out, conflict->before);
    bn_pack_text(out, conflict->decided_by, BN_ACTOR_BYTES_MAX);
    bn_pack_uint(out, conflict->decided_branch);
    bn_pack_text(out, conflict->note, BN_NOTE_BYTES_MAX);
    bn_pack_uint(out, conflict->opened_ms);
    bn_pack_uint(out, conflict->decided_ms);
    bn_pack_uint(out, conflict->due_ms);
    if (out->len - start > BN_RECORD_BYTES_MAX) {
        bn_pack_refuse(out, BN_E_LIMIT);
    }
}

/* --- decoding ----------------------------------------------------------------------------- */

static bn_cell *read_cells(bn_reader *r, bn_arena *arena, uint64_t cseq, size_t *count)
{
    bn_stamped stamped = bn_read_stamped(r, arena, cseq);
    if (stamped.items_count > 0) {
        bn_reader_fail(r, BN_E_FORMAT, "a conflict has no items");
    }
    *count = stamped.cells_count;
    return stamped.cells;
}

static void read_candidate(bn_reader *r, bn_arena *arena, uint64_t cseq, bn_candidate *out)
{
    bn_read_array(r, CANDIDATE_ITEMS, CANDIDATE_ITEMS);
    out->dot = bn_read_dot(r);
    out->hlc_original.value = bn_read_uint(r, UINT64_MAX);
    out->hlc_effective.value = bn_read_uint(r, UINT64_MAX);
    out->branch = (uint32_t)bn_read_uint(r, UINT32_MAX);
    out->clock_suspect = bn_read_bool(r);
    out->actor = bn_read_text(r, BN_ACTOR_BYTES_MAX);
    out->cells = read_cells(r, arena, cseq, &out->cells_count);
}

static void read_candidates(bn_reader *r, bn_arena *arena, bn_conflict *out)
{
    out->candidates_count = bn_read_array(r, 0, BN_CANDIDATES_MAX);
    out->candidates = bn_read_room(r, arena, out->candidates_count, sizeof *out->candidates);
    for (size_t i = 0; i < out->candidates_count && bn_reader_ok(r); i++) {
        read_candidate(r, arena, out->opened_cseq, &out->candidates[i]);
    }
}

static void read_head(bn_reader *r, bn_conflict *out)
{
    bn_read_array(r, CONFLICT_ITEMS, CONFLICT_ITEMS);
    out->id = bn_read_id(r);
    out->opened_cseq = bn_read_uint(r, UINT64_MAX);
    out->state = (bn_conflict_state)bn_read_uint(r, BN_CONFLICT_UNDONE);
    if (out->state < BN_CONFLICT_OPEN) {
        bn_reader_fail(r, BN_E_FORMAT, "unknown state of a conflict");
    }
    out->kind = (uint16_t)bn_read_uint(r, BN_KIND_MAX);
    out->entity = bn_read_id(r);
    out->field = (uint16_t)bn_read_uint(r, UINT16_MAX);
    out->group = (uint8_t)bn_read_uint(r, UINT8_MAX);
    out->policy = (bn_policy)bn_read_uint(r, BN_POLICY_HUMAN);
    out->base = bn_read_dot(r);
}

bn_rc bn_conflict_decode(bn_slice bytes, bn_arena *arena, bn_conflict *out, bn_err *err)
{
    if (bytes.len > BN_RECORD_BYTES_MAX) {
        return bn_fail(err, BN_E_LIMIT, "conflict: %zu bytes, limit %d", bytes.len,
                       BN_RECORD_BYTES_MAX);
    }
    bn_conflict conflict = {0};
    bn_reader r;
    bn_reader_init(&r, bytes);
    read_head(&r, &conflict);
    conflict.base_cells = read_cells(&r, arena, conflict.opened_cseq, &conflict.base_cells_count);
    read_candidates(&r, arena, &conflict);
    conflict.decided = bn_read_dot(&r);
    conflict.before = bn_read_dot(&r);
    conflict.decided_by = bn_read_text(&r, BN_ACTOR_BYTES_MAX);
    conflict.decided_branch = (uint32_t)bn_read_uint(&r, UINT32_MAX);
    conflict.note = bn_read_text(&r, BN_NOTE_BYTES_MAX);
    conflict.opened_ms = bn_read_uint(&r, UINT64_MAX);
    conflict.decided_ms = bn_read_uint(&r, UINT64_MAX);
    conflict.due_ms = bn_read_uint(&r, UINT64_MAX);
    BN_TRY(bn_reader_end(&r, "conflict", err));
    *out = conflict;
    return BN_OK;
}
