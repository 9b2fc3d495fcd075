/* greet.c - from a fresh connection to a session.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "branch-client/sync/session.h"

#include <banyan/base/version.h>

bn_rc bn_sync_dial(bn_branch_sync *sync, bn_err *err)
{
    const bn_identity *identity = bn_branch_identity(sync->branch);
    bn_link_client_options options = {.endpoint = identity->sync_endpoint, .door = BN_DOOR_SYNC};
    memcpy(options.server_key, identity->server_key, BN_KEY_BYTES);
    memcpy(options.public_key, bn_branch_transport_public(sync->branch), BN_KEY_BYTES);
    memcpy(options.secret_key, bn_branch_transport_secret(sync->branch), BN_KEY_BYTES);
    sync->dial_due = false;
    bn_err why = {0};
    bn_rc rc = sync->dialer.open(sync->dialer.context, &options, &why);
    bn_wipe(options.secret_key, sizeof options.secret_key);
    if (rc == BN_E_NO_MEMORY) {
        return bn_fail(err, rc, "no memory for a connection");
    }
    if (rc != BN_OK) {
        bn_sync_move(sync, BN_SYNC_ON_LOST, BN_REJECT_NONE, why.text);
        return BN_OK;
    }
    bn_sync_greet(sync);
    return BN_OK;
}

void bn_sync_greet(bn_branch_sync *sync)
{
    const bn_identity *identity = bn_branch_identity(sync->branch);
    bn_position at;
    bn_branch_position(sync->branch, &at);
    bn_message hello = {.type = BN_MSG_HELLO,
                        .hello = {.origin = identity->origin,
                                  .wire_min = BN_WIRE_VERSION_MIN,
                                  .wire_max = BN_WIRE_VERSION,
                                  .schema_version = BN_SCHEMA_VERSION,
                                  .incarnation = identity->incarnation,
                                  .oseq_last = at.oseq_last,
                                  .chain_head = at.chain,
                                  .oseq_acked = at.oseq_acked,
                                  .cursor = at.cursor,
                                  .feed_hash = at.feed,
                                  .local_ms = bn_sync_wall(sync),
                                  .unacked_bytes = at.bytes_waiting,
                                  .credit_bytes = BN_CREDIT_LOG_BYTES}};
    uint64_t now = bn_sync_mono(sync);
    if (bn_sync_send(sync, &hello) != BN_OK) {
        sync->send_at = now + BN_SEND_RETRY_MS; /* most likely not connected yet */
        return;
    }
    sync->hello_sent_at = now;
    bn_sync_move(sync, BN_SYNC_ON_SENT, BN_REJECT_NONE, "");
}

/* What the server says it has must be a prefix of what is here. */
static bn_rc check_welcome(bn_branch_sync *sync, const bn_msg_hello_ok *ok, bn_reject *bar,
                           bn_err *err)
{
    bn_position at;
    bn_branch_position(sync->branch, &at);
    *bar = BN_REJECT_NONE;
    if (!bn_id_equal(ok->incarnation, bn_branch_identity(sync->branch)->incarnation) ||
        ok->feed_head < at.cursor) {
        *bar = BN_REJECT_ROLLBACK;
        return BN_OK;
    }
    if (ok->oseq_committed > at.oseq_last) {
        *bar = BN_REJECT_FORK;
        return BN_OK;
    }
    bn_hash head;
    bn_rc rc = bn_branch_head_at(sync->branch, ok->oseq_committed, &head, err);
    if (rc == BN_E_NOT_FOUND) {
        *bar = BN_REJECT_FORK;
        return BN_OK;
    }
    BN_TRY(rc);
    if (!bn_hash_equal(head, ok->chain_head)) {
        *bar = BN_REJECT_FORK;
    }
    return BN_OK;
}

bn_rc bn_sync_on_welcome(bn_branch_sync *sync, const bn_message *message, bn_err *err)
{
    const bn_msg_hello_ok *ok = &message->hello_ok;
    bn_reject bar;
    bn_rc rc = check_welcome(sync, ok, &bar, err);
    if (rc != BN_OK) {
        return bn_sync_storage_failed(sync, rc, err);
    }
    if (bar != BN_REJECT_NONE) {
        bn_sync_move(sync, BN_SYNC_ON_BARRED, bar, bn_reject_text(bar));
        return BN_OK;
    }
    sync->session = message->session;
    sync->committed = ok->oseq_committed;
    sync->in_flight = 0;
    sync->feed_head = ok->feed_head;
    sync->batch_bytes_max = BN_BATCH_BYTES_MAX;
    if (ok->credit_bytes > 0 && ok->credit_bytes < BN_BATCH_BYTES_MAX) {
        sync->batch_bytes_max = (size_t)ok->credit_bytes;
    }
    bn_sync_add_sample(sync, sync->hello_sent_at, ok->server_ms, ok->server_ms);
    bn_branch_note_contact(sync->branch, true);
    bn_branch_note_acked(sync->branch, ok->oseq_committed, ok->safe_oseq);
    sync->status.apply_fail_cseq = 0;
    if (ok->paused) {
        bn_sync_move(sync, BN_SYNC_ON_PAUSE, BN_REJECT_PAUSED, bn_reject_text(BN_REJECT_PAUSED));
    } else {
        bn_sync_move(sync, BN_SYNC_ON_WELCOMED, BN_REJECT_NONE, "");
    }
    return BN_OK;
}

static bool is_final(bn_reject reject)
{
    return reject == BN_REJECT_REVOKED || reject == BN_REJECT_FORK ||
           reject == BN_REJECT_ROLLBACK || reject == BN_REJECT_UPGRADE ||
           reject == BN_REJECT_UNKNOWN_KEY;
}

void bn_sync_on_rejected(bn_branch_sync *sync, const bn_msg_rejected *rejected)
{
    sync->retry_after_ms = rejected->retry_after_ms;
    bn_sync_move(sync, is_final(rejected->reason) ? BN_SYNC_ON_BARRED : BN_SYNC_ON_REFUSED,
                 rejected->reason, bn_reject_text(rejected->reason));
}
