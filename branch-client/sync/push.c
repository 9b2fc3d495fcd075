/* push.c - own ops on their way up: one batch in flight.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "branch-client/sync/session.h"

bn_rc bn_sync_push(bn_branch_sync *sync, bn_err *err)
{
    sync->push_at = BN_NEVER;
    if (sync->status.state != BN_SYNC_LIVE || sync->in_flight != 0) {
        return BN_OK; /* the answer to the batch in flight pushes the next */
    }
    bn_buf_clear(&sync->ops);
    bn_message push = {.type = BN_MSG_PUSH};
    bn_rc rc = bn_branch_next_batch(sync->branch, sync->committed, sync->batch_bytes_max,
                                    &sync->ops, &push.push, err);
    if (rc != BN_OK) {
        return bn_sync_storage_failed(sync, rc, err);
    }
    if (push.push.ops_count == 0) {
        return BN_OK;
    }
    rc = bn_sync_send(sync, &push);
    if (rc == BN_OK) {
        sync->in_flight = push.push.first_oseq + push.push.ops_count - 1;
        sync->answer_by = bn_sync_mono(sync) + BN_SILENCE_MS;
        sync->status.ops_sent += push.push.ops_count;
    } else {
        sync->push_at = bn_sync_mono(sync) + BN_SEND_RETRY_MS;
    }
    return BN_OK;
}

static bool is_ours(bn_branch_sync *sync, const bn_msg_push_ack *ack, bn_rc *rc, bn_err *err)
{
    bn_hash head;
    *rc = bn_branch_head_at(sync->branch, ack->oseq_committed, &head, err);
    if (*rc == BN_E_NOT_FOUND) {
        *rc = BN_OK;
        return false;
    }
    return *rc == BN_OK && bn_hash_equal(head, ack->chain_head);
}

bn_rc bn_sync_on_push_ack(bn_branch_sync *sync, const bn_msg_push_ack *ack, bn_err *err)
{
    if (ack->oseq_committed < sync->committed) {
        return BN_OK; /* an answer to a repeat */
    }
    bn_rc rc;
    if (!is_ours(sync, ack, &rc, err)) {
        if (rc != BN_OK) {
            return bn_sync_storage_failed(sync, rc, err);
        }
        bn_sync_move(sync, BN_SYNC_ON_BARRED, BN_REJECT_FORK, bn_reject_text(BN_REJECT_FORK));
        return BN_OK;
    }
    sync->committed = ack->oseq_committed;
    bn_branch_note_acked(sync->branch, ack->oseq_committed, ack->safe_oseq);
    if (sync->in_flight != 0 && ack->oseq_committed >= sync->in_flight) {
        sync->in_flight = 0;
        sync->push_at = bn_sync_mono(sync);
    }
    return BN_OK;
}

void bn_sync_on_push_nack(bn_branch_sync *sync, const bn_msg_rejected *nack)
{
    sync->in_flight = 0;
    sync->retry_after_ms = nack->retry_after_ms;
    bn_position at;
    bn_branch_position(sync->branch, &at);
    if (nack->reason == BN_REJECT_GAP && nack->oseq <= at.oseq_last &&
        nack->oseq != sync->committed) {
        sync->committed = nack->oseq;
        sync->push_at = bn_sync_mono(sync);
        return;
    }
    if (nack->reason == BN_REJECT_PAUSED) {
        bn_sync_move(sync, BN_SYNC_ON_PAUSE, nack->reason, bn_reject_text(nack->reason));
        return;
    }
    if (nack->reason == BN_REJECT_NO_SESSION) {
        bn_sync_move(sync, BN_SYNC_ON_LOST, nack->reason, bn_reject_text(nack->reason));
        return;
    }
    bn_sync_on_rejected(sync, nack);
}
