/* apply.h - one effect of the feed onto the confirmed state, inside the write of its FEED.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A branch decides nothing: each function does what the effect says, or fails and says why.
 */
#ifndef BANYAN_BRANCH_CLIENT_APPLY_H
#define BANYAN_BRANCH_CLIENT_APPLY_H

#include "branch-client/store.h"

/* `arena` holds the decoded effect; `bytes` are its bytes in the frame. */
typedef struct bn_apply {
    bn_write *write;
    bn_arena *arena;
} bn_apply;

/* apply_own.c: ops oseq .. oseq+count-1 of this branch were applied as sent, as commits
 * cseq .. cseq+count-1: they move from the overlay to the confirmed records. */
BN_CHECKED bn_rc bn_branch_apply_own(const bn_apply *apply, const bn_effect *effect, bn_err *err);

/* apply_outcome.c */
BN_CHECKED bn_rc bn_branch_apply_outcome(const bn_apply *apply, const bn_effect *effect,
                                         bn_err *err);

/* apply_record.c */
BN_CHECKED bn_rc bn_branch_apply_put(const bn_apply *apply, const bn_effect *effect,
                                     bn_slice bytes, bn_err *err);
BN_CHECKED bn_rc bn_branch_apply_enter(const bn_apply *apply, const bn_effect *effect,
                                       bn_err *err);
BN_CHECKED bn_rc bn_branch_apply_leave(const bn_apply *apply, const bn_effect *effect,
                                       bn_err *err);
BN_CHECKED bn_rc bn_branch_apply_erase(const bn_apply *apply, const bn_effect *effect,
                                       bn_err *err);

/* apply_conflict.c */
BN_CHECKED bn_rc bn_branch_apply_conflict(const bn_apply *apply, const bn_effect *effect,
                                          bn_err *err);
BN_CHECKED bn_rc bn_branch_drop_conflicts(const bn_apply *apply, uint16_t kind, bn_id entity,
                                          bn_err *err);

/* One confirmed record about to change: what was shown before, so that INDEX and the search
 * column follow what is shown afterwards. */
typedef struct bn_confirmed_change {
    bn_record confirmed;    /* to be changed in place */
    bn_record shown_before;
    bool was_shown;
} bn_confirmed_change;

BN_CHECKED bn_rc bn_confirmed_begin(const bn_apply *apply, uint16_t kind, bn_id id,
                                    bn_confirmed_change *out, bn_err *err);
/* Stores the record, or deletes its row when nothing is left in it. */
BN_CHECKED bn_rc bn_confirmed_end(const bn_apply *apply, const bn_confirmed_change *change,
                                  bn_err *err);

#endif
