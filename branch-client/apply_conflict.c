/* apply_conflict.c - images of conflict records come and go.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "branch-client/apply.h"

#define IDS_AT_ONCE 64

static bn_rc count_open(bn_write *write, const bn_conflict *conflict, bool comes, bn_err *err)
{
    if (conflict->state != BN_CONFLICT_OPEN) {
        return BN_OK;
    }
    if (!comes && write->heads.conflicts_open == 0) {
        return bn_fail(err, BN_E_CORRUPT, "the count of open conflicts does not add up");
    }
    write->heads.conflicts_open += comes ? 1 : (uint64_t)-1;
    return BN_OK;
}

bn_rc bn_branch_apply_conflict(const bn_apply *apply, const bn_effect *effect, bn_err *err)
{
    bn_write *write = apply->write;
    bn_conflict image;
    BN_TRY(bn_conflict_decode(effect->image, apply->arena, &image, err));
    if (!bn_id_equal(image.id, effect->id)) {
        return bn_fail(err, BN_E_FORMAT, "the image of a conflict has another id");
    }
    bn_conflict old;
    bn_rc rc = bn_conflicts_get(write->txn, image.id, apply->arena, &old, err);
    if (rc == BN_OK) {
        BN_TRY(count_open(write, &old, false, err));
    } else if (rc != BN_E_NOT_FOUND) {
        return rc;
    }
    BN_TRY(count_open(write, &image, true, err));
    return bn_conflicts_put(write->txn, &image, err);
}

bn_rc bn_branch_drop_conflicts(const bn_apply *apply, uint16_t kind, bn_id entity, bn_err *err)
{
    bn_write *write = apply->write;
    bn_id ids[IDS_AT_ONCE];
    size_t count;
    do {
        BN_TRY(bn_conflicts_of(write->txn, kind, entity, ids, IDS_AT_ONCE, &count, err));
        for (size_t i = 0; i < count; i++) {
            bn_conflict conflict;
            BN_TRY(bn_conflicts_get(write->txn, ids[i], apply->arena, &conflict, err));
            BN_TRY(count_open(write, &conflict, false, err));
            BN_TRY(bn_conflicts_del(write->txn, &conflict, err));
        }
    } while (count == IDS_AT_ONCE);
    return BN_OK;
}
