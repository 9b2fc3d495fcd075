/* plan.h - drafts on their way to ops: everything that can be refused is refused here.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   draft ─► defaults ─► bases ─► what is equal goes ─► groups complete ─► sorted, validated op
 *
 * A plan reads inside the write transaction but writes nothing, so that a refusal leaves no trace
 * and a bulk can go on. A draft sees the earlier drafts of its own plan.
 */
#ifndef BANYAN_BRANCH_CLIENT_PLAN_H
#define BANYAN_BRANCH_CLIENT_PLAN_H

#include "branch-client/store.h"

#define BN_CHANGES_ROOM (BN_FIELDS_MAX * 2) /* before equal ones go; the op itself has fewer */

typedef struct bn_planned {
    bn_op op;
    uint64_t oseq;
    bn_record before, after; /* as shown; WRITE only */
    size_t bytes_at, bytes_len; /* in the branch's buffer, once encoded */
    size_t draft;
} bn_planned;

typedef struct bn_plan {
    bn_write *write;
    bn_arena *arena;
    bn_planned *ops;
    size_t ops_count, ops_max;
    uint64_t hlc;            /* last stamp given */
    uint64_t customers_made;
    bn_stale *stale;         /* never NULL */
} bn_plan;

/* Plans the draft; without an op when nothing is left to save. Fills *saved. */
BN_CHECKED bn_rc bn_plan_draft(bn_plan *plan, const bn_draft *draft, size_t index,
                               bn_saved *saved, bn_err *err);

/* plan_other.c: resolutions, undos, decisions */
BN_CHECKED bn_rc bn_plan_other(bn_plan *plan, const bn_draft *draft, bn_op *op, bn_hlc *seen,
                               bn_err *err);

/* plan_changes.c: the steps on the list of changes */
typedef struct bn_change_list {
    bn_change *changes; /* room for BN_CHANGES_ROOM */
    size_t count;
} bn_change_list;

BN_CHECKED bn_rc bn_changes_start(const bn_draft *draft, const bn_kind_def *kind,
                                  const bn_record *shown, bool as_shown, bn_arena *arena,
                                  bn_change_list *out, bn_err *err);
const bn_change *bn_changes_find(const bn_change_list *list, uint16_t field);
BN_CHECKED bn_rc bn_changes_add(bn_change_list *list, uint16_t field, bn_value value, bn_err *err);
void bn_changes_drop_equal(bn_change_list *list, const bn_kind_def *kind, const bn_record *shown);
BN_CHECKED bn_rc bn_changes_complete_groups(bn_change_list *list, const bn_kind_def *kind,
                                            const bn_record *shown, bn_err *err);
void bn_changes_sort(bn_change_list *list);

#endif
