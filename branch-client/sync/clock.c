/* clock.c - what time it is at the server, and whether it is there.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   branch   sent ───────────────────────► now       offset = server_out + way back - our wall
 *   server          server_in ─ server_out           way back = half of what the server did not use
 *
 * The quicker the round trip, the smaller the error: of the last samples the quickest counts. The
 * machine's clock is never touched.
 */
#include "branch-client/sync/session.h"

void bn_sync_add_sample(bn_branch_sync *sync, uint64_t sent_at, uint64_t server_in_ms,
                        uint64_t server_out_ms)
{
    uint64_t took = bn_sync_mono(sync) - sent_at;
    uint64_t inside = server_out_ms >= server_in_ms ? server_out_ms - server_in_ms : 0;
    uint64_t rtt = took >= inside ? took - inside : 0;
    sync->samples[sync->samples_next] = (bn_clock_sample){
        .rtt_ms = rtt,
        .offset_ms = (int64_t)(server_out_ms + rtt / 2) - (int64_t)bn_sync_wall(sync)};
    sync->samples_next = (sync->samples_next + 1) % BN_CLOCK_SAMPLES;
    if (sync->samples_count < BN_CLOCK_SAMPLES) {
        sync->samples_count++;
    }
    const bn_clock_sample *best = &sync->samples[0];
    for (size_t i = 1; i < sync->samples_count; i++) {
        if (sync->samples[i].rtt_ms < best->rtt_ms) {
            best = &sync->samples[i];
        }
    }
    sync->status.rtt_ms = best->rtt_ms;
    sync->status.clock_offset_ms = best->offset_ms;
    bn_branch_set_clock_offset(sync->branch, best->offset_ms);
}

void bn_sync_ping(bn_branch_sync *sync)
{
    bn_branch_counts counts;
    bn_branch_get_counts(sync->branch, &counts);
    bn_message ping = {.type = BN_MSG_PING,
                       .ping = {.t0_ms = bn_sync_wall(sync), .waiting_ops = counts.ops_unacked}};
    uint64_t now = bn_sync_mono(sync);
    if (bn_sync_send(sync, &ping) == BN_OK) {
        sync->ping_sent_at = now;
        sync->ping_at = now + BN_PING_EVERY_MS;
        sync->status.pings_sent++;
    } else {
        sync->ping_at = now + BN_SEND_RETRY_MS;
    }
}

/* A PONG that cannot be sent is not sent: the next PING asks again. */
void bn_sync_on_ping(bn_branch_sync *sync, const bn_message *message)
{
    uint64_t now = bn_sync_wall(sync);
    bn_message pong = {.type = BN_MSG_PONG,
                       .reply_to = message->number,
                       .ping = {.t0_ms = message->ping.t0_ms, .t1_ms = now, .t2_ms = now}};
    bn_rc rc = bn_sync_send(sync, &pong);
    (void)rc;
}

void bn_sync_on_pong(bn_branch_sync *sync, const bn_msg_ping *pong)
{
    if (sync->status.pings_answered < sync->status.pings_sent) {
        sync->status.pings_answered++;
    }
    if (sync->ping_sent_at == 0) {
        return;
    }
    bn_sync_add_sample(sync, sync->ping_sent_at, pong->t1_ms, pong->t2_ms);
    sync->ping_sent_at = 0;
}
