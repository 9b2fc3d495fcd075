/* push.c - a batch of ops: checked as a whole, decided one by one, acknowledged after the commit.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "sync.h"

#include <banyan/base/check.h>

static bn_rc nack(bn_server *server, const bn_route *route, bn_branch *branch,
                  const bn_message *to, bn_reject reason, const char *text)
{
    bn_message message = {.type = BN_MSG_PUSH_NACK, .session = to->session,
                          .reply_to = to->number};
    message.rejected = (bn_msg_rejected){.reason = reason, .text = bn_slice_of(text)};
    const bn_origin *origin =
        branch != NULL ? bn_registry_origin(server, branch->origin) : NULL;
    if (origin != NULL) {
        message.rejected.oseq = origin->oseq;
        message.rejected.chain_head = origin->head;
        bn_session_address(&branch->session, &message);
    }
    return bn_server_hold_ack(server, route, &message);
}

/* The chain through the batch: must pass our head where the batch reaches past it, and end where
 * the batch says. */
static bn_reject check_chain(const bn_origin *origin, const bn_msg_push *push, const char **text)
{
    bn_hash head = push->prev_head;
    bn_slice rest = push->ops;
    if (push->first_oseq == origin->oseq + 1 && !bn_hash_equal(head, origin->head)) {
        *text = "the batch does not continue what was committed";
        return BN_REJECT_FORK;
    }
    for (uint32_t i = 0; i < push->ops_count; i++) {
        bn_slice op;
        if (bn_push_next_op(&rest, &op, NULL) != BN_OK || op.len > BN_OP_BYTES_MAX) {
            *text = "an op cannot be taken out of the batch";
            return BN_REJECT_BAD_CODEC;
        }
        head = bn_chain_next(head, op);
        if (push->first_oseq + i == origin->oseq && !bn_hash_equal(head, origin->head)) {
            *text = "ops sent again are not those committed";
            return BN_REJECT_FORK;
        }
    }
    if (rest.len != 0 || !bn_hash_equal(head, push->head)) {
        *text = rest.len != 0 ? "bytes behind the last op" : "the heads do not add up";
        return BN_REJECT_BAD_CODEC;
    }
    return BN_REJECT_NONE;
}

static bn_reject check_batch(const bn_origin *origin, const bn_msg_push *push, const char **text)
{
    *text = "";
    if (push->ops_count > BN_BATCH_OPS_MAX || push->ops.len > BN_BATCH_BYTES_MAX) {
        return BN_REJECT_TOO_BIG;
    }
    if (push->first_oseq == 0 || push->ops_count == 0) {
        *text = "an empty batch";
        return BN_REJECT_BAD_CODEC;
    }
    if (push->first_oseq > origin->oseq + 1) {
        return BN_REJECT_GAP;
    }
    bn_reject reason = check_chain(origin, push, text);
    if (reason != BN_REJECT_NONE) {
        return reason;
    }
    return bn_signature_holds(origin->sign_key, BN_SLICE(BN_BATCH_DOMAIN), push->head,
                              push->signature)
               ? BN_REJECT_NONE
               : BN_REJECT_BAD_SIGNATURE;
}

static bn_rc note_exception(bn_server *server, bn_msg_push_ack *ack, uint64_t oseq,
                            const bn_committed *committed)
{
    bn_push_exception *exception = &ack->exceptions[ack->exceptions_count];
    *exception = (bn_push_exception){.oseq = oseq, .outcome = committed->outcome};
    exception->reason = bn_arena_copy(&server->frame_arena, bn_slice_of(committed->reason));
    if (exception->reason.data == NULL) {
        return BN_E_NO_MEMORY;
    }
    ack->exceptions_count++;
    return BN_OK;
}

static bn_rc commit_ops(bn_server *server, bn_origin *origin, const bn_msg_push *push,
                        bn_msg_push_ack *ack, bn_err *err)
{
    bn_slice rest = push->ops;
    for (uint32_t i = 0; i < push->ops_count; i++) {
        bn_slice op;
        uint64_t oseq = push->first_oseq + i;
        BN_TRY(bn_push_next_op(&rest, &op, err));
        if (bn_push_is_repeat(origin, oseq)) {
            continue;
        }
        bn_committed committed;
        BN_TRY(bn_commit_op(server, origin, oseq, op, false, &committed, err));
        if (!committed.as_sent) {
            BN_TRY(note_exception(server, ack, oseq, &committed));
        }
        if (oseq > origin->oseq) {
            origin->oseq = oseq;
            origin->dirty = true;
        }
    }
    return BN_OK;
}

bn_rc bn_on_push(bn_server *server, const bn_route *route, const uint8_t key[BN_KEY_BYTES],
                 const bn_message *message, bn_err *err)
{
    bn_branch *branch = bn_session_of(server, route, key, message->session);
    if (branch == NULL) {
        return nack(server, route, NULL, message, BN_REJECT_NO_SESSION, "");
    }
    bn_session_heard(server, branch);
    if (!bn_session_step(&branch->session, BN_EVENT_PUSH)) {
        return nack(server, route, branch, message, BN_REJECT_PAUSED, "");
    }
    bn_origin *origin = bn_registry_origin(server, branch->origin);
    BN_ASSERT(origin != NULL);
    const char *text = NULL;
    bn_reject reason = check_batch(origin, &message->push, &text);
    if (reason != BN_REJECT_NONE) {
        return nack(server, route, branch, message, reason, text);
    }
    bn_message reply = {.type = BN_MSG_PUSH_ACK, .reply_to = message->number};
    bn_msg_push_ack *ack = &reply.push_ack;
    ack->exceptions = bn_arena_array(&server->frame_arena, message->push.ops_count,
                                     sizeof *ack->exceptions);
    if (ack->exceptions == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "exceptions of %u ops", message->push.ops_count);
    }
    bn_arena_reset(&server->arena);
    uint64_t last = message->push.first_oseq + message->push.ops_count - 1;
    bool moves = last > origin->oseq;
    BN_TRY(commit_ops(server, origin, &message->push, ack, err));
    if (moves) {
        origin->head = message->push.head;
        origin->dirty = true;
    }
    ack->oseq_committed = origin->oseq;
    ack->chain_head = origin->head;
    ack->safe_oseq = origin->safe_oseq;
    ack->credit_bytes = message->push.ops.len;
    bn_session_address(&branch->session, &reply);
    return bn_server_hold_ack(server, route, &reply);
}
