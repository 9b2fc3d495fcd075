/* exchange.h - what the session with the server needs of the branch's engine.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_BRANCH_CLIENT_EXCHANGE_H
#define BANYAN_BRANCH_CLIENT_EXCHANGE_H

#include "branch-client/branch.h"

#include <banyan/protocol/message.h>

/* What HELLO says about this store. */
typedef struct bn_position {
    uint64_t oseq_last, oseq_acked;
    bn_hash chain;
    uint64_t cursor;
    bn_hash feed;
    uint64_t bytes_waiting;
} bn_position;
void bn_branch_position(const bn_branch *branch, bn_position *out);

/* Chain head behind op `oseq` (0: the start of the chain). BN_E_NOT_FOUND: no such op. */
BN_CHECKED bn_rc bn_branch_head_at(bn_branch *branch, uint64_t oseq, bn_hash *out, bn_err *err);

/* The next batch behind op `after`: whole transactions, at most BN_BATCH_OPS_MAX ops and
 * bytes_max bytes (but always one transaction). Appends the ops to `ops` and fills the rest of
 * *push, the signature included; ops_count 0 when there is nothing to send. */
BN_CHECKED bn_rc bn_branch_next_batch(bn_branch *branch, uint64_t after, size_t bytes_max,
                                      bn_buf *ops, bn_msg_push *push, bn_err *err);

/* Moves the acknowledged mark; durable with the next write. */
void bn_branch_note_acked(bn_branch *branch, uint64_t oseq, uint64_t safe_oseq);
/* The server was heard in a session (true), or the session ended (false). */
void bn_branch_note_contact(bn_branch *branch, bool talking);
/* Writes the marks now. */
BN_CHECKED bn_rc bn_branch_store_marks(bn_branch *branch, bn_err *err);

/* Applies a FEED in one transaction, cursor and hash included. BN_E_STALE: it does not start at
 * our cursor. BN_E_FORMAT: effects or hash are not what they claim; nothing was applied. Anything
 * else: effect *failed_cseq cannot be applied here; nothing was applied. */
BN_CHECKED bn_rc bn_branch_apply_feed(bn_branch *branch, const bn_msg_feed *feed,
                                      uint64_t *failed_cseq, bn_err *err);

#endif
