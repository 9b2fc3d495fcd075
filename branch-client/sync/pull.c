/* pull.c - effects on their way down: applied, then acknowledged.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "branch-client/sync/session.h"

void bn_sync_ack_feed(bn_branch_sync *sync)
{
    bn_position at;
    bn_branch_position(sync->branch, &at);
    bn_message ack = {.type = BN_MSG_FEED_ACK,
                      .feed_ack = {.cursor = at.cursor,
                                   .feed_hash = at.feed,
                                   .credit_bytes = sync->credit_owed}};
    if (bn_sync_send(sync, &ack) == BN_OK) {
        sync->ack_owed = false;
        sync->credit_owed = 0;
    } else {
        sync->ack_owed = true;
        sync->ack_at = bn_sync_mono(sync) + BN_SEND_RETRY_MS;
    }
}

/* The feed stops here: no effect is ever skipped. The server hears which one, people see why, and
 * the next session starts at the same commit. */
static void report_failure(bn_branch_sync *sync, uint64_t cseq, const bn_err *why)
{
    bn_message fail = {.type = BN_MSG_APPLY_FAIL,
                       .apply_fail = {.cseq = cseq, .text = bn_slice_of(why->text)}};
    bn_rc rc = bn_sync_send(sync, &fail);
    (void)rc;
    char reason[BN_SYNC_REASON_BYTES];
    snprintf(reason, sizeof reason, "commit %llu cannot be applied: %.100s",
             (unsigned long long)cseq, why->text);
    bn_sync_move(sync, BN_SYNC_ON_LOST, BN_REJECT_NONE, reason);
    sync->status.apply_fail_cseq = cseq;
}

bn_rc bn_sync_on_feed(bn_branch_sync *sync, const bn_msg_feed *feed, size_t frame_bytes,
                      bn_err *err)
{
    uint64_t failed_cseq = feed->from;
    bn_err why = {0};
    bn_rc rc = bn_branch_apply_feed(sync->branch, feed, &failed_cseq, &why);
    sync->feed_head = feed->head;
    if (rc == BN_OK) {
        sync->credit_owed += frame_bytes;
        bn_sync_ack_feed(sync);
        return BN_OK;
    }
    if (rc == BN_E_IO) {
        return bn_fail(err, rc, "%s", why.text);
    }
    if (rc == BN_E_STALE || rc == BN_E_BUSY) {
        bn_sync_move(sync, BN_SYNC_ON_LOST, BN_REJECT_NONE, why.text);
        return BN_OK;
    }
    report_failure(sync, failed_cseq, &why);
    return BN_OK;
}
