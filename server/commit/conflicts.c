/* conflicts.c - conflict records an op opens, joins, supersedes or closes.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "commit.h"

#include "server/registry.h"

#include <banyan/base/check.h>
#include <banyan/base/number.h>
#include <banyan/core/records.h>

#define CONFLICTS_OF_MAX 256
#define DAY_MS (24ull * 3600 * 1000)

/* --- which entities may have an open conflict: a filter without false negatives -------- */
static size_t filter_bit(bn_id entity)
{
    return bn_load_u32(entity.bytes + BN_ID_BYTES - 4) % BN_FILTER_BITS;
}

static void filter_add(bn_server *server, bn_id entity)
{
    size_t bit = filter_bit(entity);
    server->may_conflict[bit / 8] |= (uint8_t)(1u << (bit % 8));
}

bool bn_conflicts_may_be_open(const bn_server *server, bn_id entity)
{
    size_t bit = filter_bit(entity);
    return (server->may_conflict[bit / 8] & (1u << (bit % 8))) != 0;
}

bn_rc bn_conflicts_load_filter(bn_server *server, bn_err *err)
{
    bn_id after = {0};
    for (;;) {
        bn_conflict conflict;
        bn_arena_reset(&server->arena);
        bn_rc rc = bn_conflicts_next(server->txn, after, &server->arena, &conflict, err);
        if (rc == BN_E_NOT_FOUND) {
            return BN_OK;
        }
        BN_TRY(rc);
        bn_kv_forget(server->txn);
        if (conflict.state == BN_CONFLICT_OPEN) {
            filter_add(server, conflict.entity);
        }
        after = conflict.id;
    }
}

/* --- the list of this op ---------------------------------------------------------------------- */
static bn_rc list_room(bn_decision *d)
{
    if (d->touched_count == BN_TOUCHED_MAX) {
        return bn_refuse(d, "limit: meets more than %d conflicts", BN_TOUCHED_MAX);
    }
    return BN_OK;
}

bn_rc bn_conflicts_touch(bn_decision *d, uint16_t field, uint8_t group, bn_policy policy,
                         bn_dot base, bn_touched **out, bn_err *err)
{
    bn_id id = bn_conflict_id(d->record.kind, d->record.id, field, base);
    for (size_t i = 0; i < d->touched_count; i++) {
        if (bn_id_equal(d->touched[i].conflict.id, id)) {
            *out = &d->touched[i];
            return BN_OK;
        }
    }
    BN_TRY(list_room(d));
    bn_touched *touched = &d->touched[d->touched_count];
    bn_rc rc = bn_conflicts_get(d->server->txn, id, &d->server->arena, &touched->conflict, err);
    if (rc == BN_OK) {
        touched->before = touched->conflict.state;
    } else if (rc == BN_E_NOT_FOUND) {
        touched->before = (bn_conflict_state)0;
        touched->conflict = (bn_conflict){.id = id, .kind = d->record.kind,
                                          .entity = d->record.id, .field = field, .group = group,
                                          .policy = policy, .base = base,
                                          .opened_cseq = d->stamp.cseq,
                                          .opened_ms = d->server->wall_ms};
    } else {
        return rc;
    }
    d->touched_count++;
    *out = touched;
    return BN_OK;
}

/* --- candidates ------------------------------------------------------------------------------- */
bn_rc bn_conflicts_add(bn_decision *d, bn_conflict *conflict, const bn_candidate *candidate,
                       bn_dot made_from)
{
    bn_candidate *place = NULL;
    for (size_t i = 0; i < conflict->candidates_count; i++) {
        bn_candidate *old = &conflict->candidates[i];
        bool is_older_own = !bn_dot_is_none(made_from) && bn_dot_equal(old->dot, made_from) &&
                            old->dot.origin == candidate->dot.origin;
        if (bn_dot_equal(old->dot, candidate->dot) || is_older_own) {
            place = old;
        }
    }
    if (place != NULL) {
        *place = *candidate;
        return BN_OK;
    }
    if (conflict->candidates_count >= BN_CANDIDATES_MAX) {
        return bn_refuse(d, "limit: the conflict has %d candidates already", BN_CANDIDATES_MAX);
    }
    bn_candidate *grown = bn_arena_array(&d->server->arena, conflict->candidates_count + 1,
                                         sizeof *grown);
    if (grown == NULL) {
        return BN_E_NO_MEMORY;
    }
    if (conflict->candidates_count > 0) {
        memcpy(grown, conflict->candidates, conflict->candidates_count * sizeof *grown);
    }
    grown[conflict->candidates_count] = *candidate;
    conflict->candidates = grown;
    conflict->candidates_count++;
    return BN_OK;
}

bn_rc bn_conflicts_author(bn_decision *d, const bn_stamp *stamp, bn_candidate *out, bn_err *err)
{
    bn_entry entry;
    *out = (bn_candidate){.dot = stamp->dot, .hlc_original = stamp->hlc,
                          .hlc_effective = stamp->hlc,
                          .branch = bn_registry_branch_of(d->server, stamp->dot.origin)};
    bn_rc rc = bn_entry_get(d->server->txn, stamp->cseq, &d->server->arena, &entry, err);
    if (rc != BN_OK) {
        return rc == BN_E_NOT_FOUND
                   ? bn_fail(err, BN_E_CORRUPT, "commit %llu is missing",
                             (unsigned long long)stamp->cseq)
                   : rc;
    }
    bn_op op;
    out->clock_suspect = (entry.flags & BN_ENTRY_SUSPECT) != 0;
    if ((entry.flags & BN_ENTRY_HAS_OP) != 0 &&
        bn_op_decode(entry.op, &d->server->arena, &op, NULL) == BN_OK) {
        out->actor = op.actor;
        out->hlc_original = op.hlc;
    }
    return BN_OK;
}

bn_rc bn_conflicts_incoming(bn_decision *d, const bn_unit *unit, bn_candidate *out)
{
    *out = (bn_candidate){.dot = d->dot, .hlc_original = d->op.hlc, .hlc_effective = d->stamp.hlc,
                          .branch = d->branch, .clock_suspect = d->is_suspect,
                          .actor = d->op.actor, .cells_count = unit->changes_count};
    out->cells = bn_arena_array(&d->server->arena, unit->changes_count + 1, sizeof *out->cells);
    if (out->cells == NULL) {
        return BN_E_NO_MEMORY;
    }
    for (size_t i = 0; i < unit->changes_count; i++) {
        out->cells[i] = (bn_cell){.field = unit->changes[i]->field, .stamp = d->stamp,
                                  .value = unit->changes[i]->value};
    }
    return BN_OK;
}

bn_rc bn_conflicts_in_force(bn_decision *d, uint16_t field, uint8_t group, bn_candidate *out,
                            bool *has, bn_err *err)
{
    const bn_record *record = &d->record;
    bn_cell *cells = bn_arena_array(&d->server->arena, record->cells_count + 1, sizeof *cells);
    if (cells == NULL) {
        return BN_E_NO_MEMORY;
    }
    size_t count = 0;
    bn_stamp newest = {0};
    for (size_t i = 0; i < record->cells_count; i++) {
        if (bn_decide_is_of(d, record->cells[i].field, field, group)) {
            cells[count++] = record->cells[i];
            if (record->cells[i].stamp.cseq >= newest.cseq) {
                newest = record->cells[i].stamp;
            }
        }
    }
    *has = count > 0;
    if (count == 0) {
        return BN_OK;
    }
    BN_TRY(bn_conflicts_author(d, &newest, out, err));
    out->cells = cells;
    out->cells_count = count;
    return BN_OK;
}

/* --- states ----------------------------------------------------------------------------------- */
/* Two business days after `ms`; days are those of UTC. */
static uint64_t two_business_days(uint64_t ms)
{
    uint64_t due = ms;
    for (int days = 0; days < 2;) {
        due += DAY_MS;
        unsigned weekday = (unsigned)((due / DAY_MS + 4) % 7); /* 0: Sunday */
        days += weekday != 0 && weekday != 6 ? 1 : 0;
    }
    return due;
}

void bn_conflicts_reopen(bn_decision *d, bn_conflict *conflict)
{
    if (conflict->state == BN_CONFLICT_OPEN) {
        return;
    }
    conflict->state = BN_CONFLICT_OPEN;
    conflict->decided = (bn_dot){0};
    conflict->decided_by = bn_slice_make(NULL, 0);
    conflict->decided_branch = 0;
    conflict->decided_ms = 0;
    conflict->due_ms = two_business_days(d->server->wall_ms);
}

void bn_conflicts_close(bn_decision *d, bn_conflict *conflict, bn_conflict_state state,
                        bn_dot decided, bn_slice by, uint32_t branch)
{
    conflict->state = state;
    conflict->decided = decided;
    conflict->decided_by = by;
    conflict->decided_branch = branch;
    conflict->decided_ms = d->server->wall_ms;
}

/* The commit that brought a candidate: its newest cell. */
static uint64_t cseq_of(const bn_candidate *candidate)
{
    uint64_t newest = 0;
    for (size_t i = 0; i < candidate->cells_count; i++) {
        uint64_t cseq = candidate->cells[i].stamp.cseq;
        newest = cseq > newest ? cseq : newest;
    }
    return newest;
}

/* Had the author received every candidate? */
static bool covers_all(const bn_decision *d, const bn_conflict *conflict, const bn_unit *unit)
{
    for (size_t i = 0; i < conflict->candidates_count; i++) {
        const bn_candidate *candidate = &conflict->candidates[i];
        bool is_known = candidate->dot.origin == d->dot.origin ||
                        bn_dot_equal(candidate->dot, unit->current.dot);
        if (!is_known && cseq_of(candidate) > d->op.cursor) {
            return false;
        }
    }
    return true;
}

static bn_rc causal_one(bn_decision *d, const bn_unit *unit, bn_id id, bn_err *err)
{
    BN_TRY(list_room(d));
    bn_touched *touched = &d->touched[d->touched_count];
    BN_TRY(bn_conflicts_get(d->server->txn, id, &d->server->arena, &touched->conflict, err));
    bn_conflict *conflict = &touched->conflict;
    if (conflict->state != BN_CONFLICT_OPEN || conflict->field != unit->field) {
        return BN_OK;
    }
    touched->before = conflict->state;
    d->touched_count++;
    d->is_plain = false;
    if (covers_all(d, conflict, unit)) {
        conflict->before = unit->current.dot;
        bn_conflicts_close(d, conflict, BN_CONFLICT_SUPERSEDED, d->dot, d->op.actor, d->branch);
        return BN_OK;
    }
    bn_candidate incoming;
    bn_outcome_worse(d, BN_OUTCOME_CONFLICT);
    BN_TRY(bn_conflicts_incoming(d, unit, &incoming));
    return bn_conflicts_add(d, conflict, &incoming, unit->base);
}

bn_rc bn_conflicts_causal(bn_decision *d, const bn_unit *unit, bn_err *err)
{
    bn_id ids[CONFLICTS_OF_MAX];
    size_t count = 0;
    BN_TRY(bn_conflicts_of(d->server->txn, d->record.kind, d->record.id, ids, CONFLICTS_OF_MAX,
                           &count, err));
    for (size_t i = 0; i < count; i++) {
        BN_TRY(causal_one(d, unit, ids[i], err));
    }
    return BN_OK;
}

bn_rc bn_conflicts_write(bn_decision *d, bn_err *err)
{
    bn_counts *counts = &d->server->counts;
    for (size_t i = 0; i < d->touched_count; i++) {
        const bn_touched *touched = &d->touched[i];
        BN_TRY(bn_conflicts_put(d->server->txn, &touched->conflict, err));
        if (touched->before != 0) {
            counts->conflicts[touched->before]--;
        }
        counts->conflicts[touched->conflict.state]++;
        if (touched->conflict.state == BN_CONFLICT_OPEN) {
            filter_add(d->server, touched->conflict.entity);
        }
    }
    return BN_OK;
}

bn_rc bn_conflicts_erase(bn_decision *d, bn_err *err)
{
    bn_server *server = d->server;
    bn_id ids[CONFLICTS_OF_MAX];
    size_t count = 0;
    do {
        BN_TRY(bn_conflicts_of(server->txn, d->record.kind, d->record.id, ids, CONFLICTS_OF_MAX,
                               &count, err));
        for (size_t i = 0; i < count; i++) {
            bn_conflict conflict;
            BN_TRY(bn_conflicts_get(server->txn, ids[i], &server->arena, &conflict, err));
            BN_TRY(bn_conflicts_del(server->txn, &conflict, err));
            server->counts.conflicts[conflict.state]--;
        }
    } while (count > 0);
    return BN_OK;
}
