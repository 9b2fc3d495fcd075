/* body.c - the bodies of messages: one packer and one reader per type.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   ENROL_REQ   token(16), sign key(32), signature(64), machine, schema version
 *   ENROL_OK    origin, branch, branch name, incarnation, sync endpoint, server ms
 *   ENROL_REJ HELLO_REJ PUSH_NACK
 *               reason, oseq, chain head, retry after ms, text
 *   HELLO       origin, wire min, wire max, schema version, incarnation, last oseq, chain head,
 *               acked oseq, cursor, feed hash, local ms, unacked bytes, credit bytes
 *   HELLO_OK    incarnation, server ms, committed oseq, chain head, safe oseq, feed head,
 *               credit bytes, schema version, paused
 *   PUSH        first oseq, [op(bin), ...], previous head, head, signature
 *   PUSH_ACK    committed oseq, chain head, safe oseq, credit bytes,
 *               [oseq, outcome, reason, ...] flat
 *   FEED        from, to, feed hash, head, effects count, effects(bin)
 *   FEED_ACK    cursor, feed hash, credit bytes
 *   APPLY_FAIL  cseq, text
 *   PING PONG   t0 ms, t1 ms, t2 ms, waiting ops
 *   ADVICE REVOKED BYE ERROR
 *               reason, retry after ms, text
 *
 * The effects of a feed are in a bin, so that the limit on items holds per effect and not for
 * all of them together; each is scanned here.
 */
#include "message.h"
#include "pack.h"
#include "scan.h"

#include <banyan/base/check.h>
#include <banyan/base/limits.h>

#define TOKEN_BYTES 16
#define MACHINE_BYTES_MAX 64
#define BRANCH_NAME_BYTES_MAX 200
#define ENDPOINT_BYTES_MAX 256
#define REJECT_MAX 255 /* a reason we do not know is still a refusal */
#define EXCEPTION_ITEMS 3

static void pack_hash(bn_buf *out, bn_hash hash)
{
    bn_pack_bytes(out, hash.bytes, sizeof hash.bytes);
}

static bn_hash read_hash(bn_reader *r)
{
    bn_hash hash;
    bn_read_exact(r, hash.bytes, sizeof hash.bytes);
    return hash;
}

static uint16_t read_u16(bn_reader *r)
{
    return (uint16_t)bn_read_uint(r, UINT16_MAX);
}

static uint32_t read_u32(bn_reader *r)
{
    return (uint32_t)bn_read_uint(r, UINT32_MAX);
}

static uint64_t read_u64(bn_reader *r)
{
    return bn_read_uint(r, UINT64_MAX);
}

/* --- enrolment ---------------------------------------------------------------------------- */

static void pack_enrol_req(const bn_message *message, bn_buf *out)
{
    const bn_msg_enrol_req *m = &message->enrol_req;
    if (m->token.len != TOKEN_BYTES) {
        bn_pack_refuse(out, BN_E_INVALID);
    }
    bn_pack_bytes(out, m->token.data, m->token.len);
    bn_pack_bytes(out, m->sign_key, sizeof m->sign_key);
    bn_pack_bytes(out, m->signature, sizeof m->signature);
    bn_pack_text(out, m->machine, MACHINE_BYTES_MAX);
    bn_pack_uint(out, m->schema_version);
}

static void read_enrol_req(bn_reader *r, bn_arena *arena, bn_message *out)
{
    (void)arena;
    bn_msg_enrol_req *m = &out->enrol_req;
    m->token = bn_read_bytes(r, TOKEN_BYTES, TOKEN_BYTES);
    bn_read_exact(r, m->sign_key, sizeof m->sign_key);
    bn_read_exact(r, m->signature, sizeof m->signature);
    m->machine = bn_read_text(r, MACHINE_BYTES_MAX);
    m->schema_version = read_u16(r);
}

static void pack_enrol_ok(const bn_message *message, bn_buf *out)
{
    const bn_msg_enrol_ok *m = &message->enrol_ok;
    bn_pack_uint(out, m->origin);
    bn_pack_uint(out, m->branch);
    bn_pack_text(out, m->branch_name, BRANCH_NAME_BYTES_MAX);
    bn_pack_id(out, m->incarnation);
    bn_pack_text(out, m->sync_endpoint, ENDPOINT_BYTES_MAX);
    bn_pack_uint(out, m->server_ms);
}

static void read_enrol_ok(bn_reader *r, bn_arena *arena, bn_message *out)
{
    (void)arena;
    bn_msg_enrol_ok *m = &out->enrol_ok;
    m->origin = read_u32(r);
    m->branch = read_u32(r);
    m->branch_name = bn_read_text(r, BRANCH_NAME_BYTES_MAX);
    m->incarnation = bn_read_id(r);
    m->sync_endpoint = bn_read_text(r, ENDPOINT_BYTES_MAX);
    m->server_ms = read_u64(r);
}

/* --- greeting and refusal ------------------------------------------------------------------ */

static void pack_rejected(const bn_message *message, bn_buf *out)
{
    const bn_msg_rejected *m = &message->rejected;
    bn_pack_uint(out, m->reason);
    bn_pack_uint(out, m->oseq);
    pack_hash(out, m->chain_head);
    bn_pack_uint(out, m->retry_after_ms);
    bn_pack_reason(out, m->text);
}

static void read_rejected(bn_reader *r, bn_arena *arena, bn_message *out)
{
    (void)arena;
    bn_msg_rejected *m = &out->rejected;
    m->reason = (bn_reject)bn_read_uint(r, REJECT_MAX);
    m->oseq = read_u64(r);
    m->chain_head = read_hash(r);
    m->retry_after_ms = read_u32(r);
    m->text = bn_read_text(r, BN_REASON_BYTES_MAX);
}

static void pack_hello(const bn_message *message, bn_buf *out)
{
    const bn_msg_hello *m = &message->hello;
    bn_pack_uint(out, m->origin);
    bn_pack_uint(out, m->wire_min);
    bn_pack_uint(out, m->wire_max);
    bn_pack_uint(out, m->schema_version);
    bn_pack_id(out, m->incarnation);
    bn_pack_uint(out, m->oseq_last);
    pack_hash(out, m->chain_head);
    bn_pack_uint(out, m->oseq_acked);
    bn_pack_uint(out, m->cursor);
    pack_hash(out, m->feed_hash);
    bn_pack_uint(out, m->local_ms);
    bn_pack_uint(out, m->unacked_bytes);
    bn_pack_uint(out, m->credit_bytes);
}

static void read_hello(bn_reader *r, bn_arena *arena, bn_message *out)
{
    (void)arena;
    bn_msg_hello *m = &out->hello;
    m->origin = read_u32(r);
    m->wire_min = read_u16(r);
    m->wire_max = read_u16(r);
    m->schema_version = read_u16(r);
    m->incarnation = bn_read_id(r);
    m->oseq_last = read_u64(r);
    m->chain_head = read_hash(r);
    m->oseq_acked = read_u64(r);
    m->cursor = read_u64(r);
    m->feed_hash = read_hash(r);
    m->local_ms = read_u64(r);
    m->unacked_bytes = read_u64(r);
    m->credit_bytes = read_u64(r);
}

static void pack_hello_ok(const bn_message *message, bn_buf *out)
{
    const bn_msg_hello_ok *m = &message->hello_ok;
    bn_pack_id(out, m->incarnation);
    bn_pack_uint(out, m->server_ms);
    bn_pack_uint(out, m->oseq_committed);
    pack_hash(out, m->chain_head);
    bn_pack_uint(out, m->safe_oseq);
    bn_pack_uint(out, m->feed_head);
    bn_pack_uint(out, m->credit_bytes);
    bn_pack_uint(out, m->schema_version);
    bn_pack_bool(out, m->paused);
}

static void read_hello_ok(bn_reader *r, bn_arena *arena, bn_message *out)
{
    (void)arena;
    bn_msg_hello_ok *m = &out->hello_ok;
    m->incarnation = bn_read_id(r);
    m->server_ms = read_u64(r);
    m->oseq_committed = read_u64(r);
    m->chain_head = read_hash(r);
    m->safe_oseq = read_u64(r);
    m->feed_head = read_u64(r);
    m->credit_bytes = read_u64(r);
    m->schema_version = read_u16(r);
    m->paused = bn_read_bool(r);
}

/* --- ops up -------------------------------------------------------------------------------- */

/* Is `ops` what bn_push_append_op() makes of `count` ops? */
static bool holds_ops(bn_slice ops, uint32_t count)
{
    bn_slice op;
    for (uint32_t i = 0; i < count; i++) {
        if (bn_push_next_op(&ops, &op, NULL) != BN_OK) {
            return false;
        }
    }
    return ops.len == 0;
}

static void pack_push(const bn_message *message, bn_buf *out)
{
    const bn_msg_push *m = &message->push;
    BN_ASSERT(holds_ops(m->ops, m->ops_count));
    if (m->ops_count == 0 || m->ops_count > BN_BATCH_OPS_MAX || m->ops.len > BN_BATCH_BYTES_MAX) {
        bn_pack_refuse(out, m->ops_count == 0 ? BN_E_INVALID : BN_E_LIMIT);
    }
    bn_pack_uint(out, m->first_oseq);
    bn_pack_array(out, m->ops_count);
    bn_buf_append_slice(out, m->ops);
    pack_hash(out, m->prev_head);
    pack_hash(out, m->head);
    bn_pack_bytes(out, m->signature, sizeof m->signature);
}

static void read_push(bn_reader *r, bn_arena *arena, bn_message *out)
{
    (void)arena;
    bn_msg_push *m = &out->push;
    m->first_oseq = read_u64(r);
    m->ops_count = (uint32_t)bn_read_array(r, 1, BN_BATCH_OPS_MAX);
    const uint8_t *start = r->at;
    for (uint32_t i = 0; i < m->ops_count && bn_reader_ok(r); i++) {
        bn_read_bytes(r, 1, BN_OP_BYTES_MAX);
    }
    m->ops = bn_slice_make(start, (size_t)(r->at - start));
    if (m->ops.len > BN_BATCH_BYTES_MAX) {
        bn_reader_fail(r, BN_E_LIMIT, "batch too long");
    }
    m->prev_head = read_hash(r);
    m->head = read_hash(r);
    bn_read_exact(r, m->signature, sizeof m->signature);
}

static void pack_push_ack(const bn_message *message, bn_buf *out)
{
    const bn_msg_push_ack *m = &message->push_ack;
    if (m->exceptions_count > BN_BATCH_OPS_MAX) {
        bn_pack_refuse(out, BN_E_LIMIT);
        return;
    }
    bn_pack_uint(out, m->oseq_committed);
    pack_hash(out, m->chain_head);
    bn_pack_uint(out, m->safe_oseq);
    bn_pack_uint(out, m->credit_bytes);
    bn_pack_array(out, EXCEPTION_ITEMS * m->exceptions_count);
    for (size_t i = 0; i < m->exceptions_count; i++) {
        BN_ASSERT(m->exceptions[i].outcome >= BN_OUTCOME_APPLIED &&
                  m->exceptions[i].outcome <= BN_OUTCOME_RECORDED);
        bn_pack_uint(out, m->exceptions[i].oseq);
        bn_pack_uint(out, m->exceptions[i].outcome);
        bn_pack_reason(out, m->exceptions[i].reason);
    }
}

static void read_push_ack(bn_reader *r, bn_arena *arena, bn_message *out)
{
    bn_msg_push_ack *m = &out->push_ack;
    m->oseq_committed = read_u64(r);
    m->chain_head = read_hash(r);
    m->safe_oseq = read_u64(r);
    m->credit_bytes = read_u64(r);
    size_t items = bn_read_array(r, 0, (size_t)EXCEPTION_ITEMS * BN_BATCH_OPS_MAX);
    if (items % EXCEPTION_ITEMS != 0) {
        bn_reader_fail(r, BN_E_FORMAT, "list ends inside an exception");
        return;
    }
    m->exceptions_count = items / EXCEPTION_ITEMS;
    m->exceptions = bn_read_room(r, arena, m->exceptions_count, sizeof *m->exceptions);
    for (size_t i = 0; i < m->exceptions_count && bn_reader_ok(r); i++) {
        m->exceptions[i].oseq = read_u64(r);
        m->exceptions[i].outcome = (bn_outcome)bn_read_uint(r, BN_OUTCOME_RECORDED);
        m->exceptions[i].reason = bn_read_text(r, BN_REASON_BYTES_MAX);
        if (m->exceptions[i].outcome < BN_OUTCOME_APPLIED) {
            bn_reader_fail(r, BN_E_FORMAT, "unknown outcome");
        }
    }
}

/* --- effects down -------------------------------------------------------------------------- */

static void pack_feed(const bn_message *message, bn_buf *out)
{
    const bn_msg_feed *m = &message->feed;
    BN_ASSERT(m->from <= m->to && m->effects_count <= m->effects.len);
    if (m->effects.len > BN_BATCH_BYTES_MAX) {
        bn_pack_refuse(out, BN_E_LIMIT);
        return;
    }
    bn_pack_uint(out, m->from);
    bn_pack_uint(out, m->to);
    pack_hash(out, m->feed_hash);
    bn_pack_uint(out, m->head);
    bn_pack_uint(out, m->effects_count);
    bn_pack_bytes(out, m->effects.data, m->effects.len);
}

/* Are there exactly `count` items, each within the scanner's limits? */
static void scan_effects(bn_reader *r, bn_slice effects, uint32_t count)
{
    bn_scan_fault fault;
    for (uint32_t i = 0; i < count; i++) {
        size_t len = 0;
        bn_rc rc = bn_scan_first(effects, &len, &fault);
        if (rc != BN_OK) {
            bn_reader_fail(r, rc, fault.reason);
            return;
        }
        effects = bn_slice_make(effects.data + len, effects.len - len);
    }
    if (effects.len > 0) {
        bn_reader_fail(r, BN_E_FORMAT, "more effects than counted");
    }
}

static void read_feed(bn_reader *r, bn_arena *arena, bn_message *out)
{
    (void)arena;
    bn_msg_feed *m = &out->feed;
    m->from = read_u64(r);
    m->to = read_u64(r);
    m->feed_hash = read_hash(r);
    m->head = read_u64(r);
    m->effects_count = (uint32_t)bn_read_uint(r, BN_BATCH_BYTES_MAX);
    m->effects = bn_read_bytes(r, 0, BN_BATCH_BYTES_MAX);
    if (m->from > m->to) {
        bn_reader_fail(r, BN_E_FORMAT, "feed runs backwards");
    }
    if (bn_reader_ok(r)) {
        scan_effects(r, m->effects, m->effects_count);
    }
}

static void pack_feed_ack(const bn_message *message, bn_buf *out)
{
    const bn_msg_feed_ack *m = &message->feed_ack;
    bn_pack_uint(out, m->cursor);
    pack_hash(out, m->feed_hash);
    bn_pack_uint(out, m->credit_bytes);
}

static void read_feed_ack(bn_reader *r, bn_arena *arena, bn_message *out)
{
    (void)arena;
    bn_msg_feed_ack *m = &out->feed_ack;
    m->cursor = read_u64(r);
    m->feed_hash = read_hash(r);
    m->credit_bytes = read_u64(r);
}

static void pack_apply_fail(const bn_message *message, bn_buf *out)
{
    bn_pack_uint(out, message->apply_fail.cseq);
    bn_pack_reason(out, message->apply_fail.text);
}

static void read_apply_fail(bn_reader *r, bn_arena *arena, bn_message *out)
{
    (void)arena;
    out->apply_fail.cseq = read_u64(r);
    out->apply_fail.text = bn_read_text(r, BN_REASON_BYTES_MAX);
}

/* --- at any time --------------------------------------------------------------------------- */

static void pack_ping(const bn_message *message, bn_buf *out)
{
    const bn_msg_ping *m = &message->ping;
    bn_pack_uint(out, m->t0_ms);
    bn_pack_uint(out, m->t1_ms);
    bn_pack_uint(out, m->t2_ms);
    bn_pack_uint(out, m->waiting_ops);
}

static void read_ping(bn_reader *r, bn_arena *arena, bn_message *out)
{
    (void)arena;
    bn_msg_ping *m = &out->ping;
    m->t0_ms = read_u64(r);
    m->t1_ms = read_u64(r);
    m->t2_ms = read_u64(r);
    m->waiting_ops = read_u64(r);
}

static void pack_advice(const bn_message *message, bn_buf *out)
{
    const bn_msg_advice *m = &message->advice;
    bn_pack_uint(out, m->reason);
    bn_pack_uint(out, m->retry_after_ms);
    bn_pack_reason(out, m->text);
}

static void read_advice(bn_reader *r, bn_arena *arena, bn_message *out)
{
    (void)arena;
    bn_msg_advice *m = &out->advice;
    m->reason = (bn_reject)bn_read_uint(r, REJECT_MAX);
    m->retry_after_ms = read_u32(r);
    m->text = bn_read_text(r, BN_REASON_BYTES_MAX);
}

const bn_body *bn_body_of(uint64_t type)
{
    static const bn_body bodies[] = {
        [BN_MSG_ENROL_REQ] = {5, pack_enrol_req, read_enrol_req},
        [BN_MSG_ENROL_OK] = {6, pack_enrol_ok, read_enrol_ok},
        [BN_MSG_ENROL_REJ] = {5, pack_rejected, read_rejected},
        [BN_MSG_HELLO] = {13, pack_hello, read_hello},
        [BN_MSG_HELLO_OK] = {9, pack_hello_ok, read_hello_ok},
        [BN_MSG_HELLO_REJ] = {5, pack_rejected, read_rejected},
        [BN_MSG_PUSH] = {5, pack_push, read_push},
        [BN_MSG_PUSH_ACK] = {5, pack_push_ack, read_push_ack},
        [BN_MSG_PUSH_NACK] = {5, pack_rejected, read_rejected},
        [BN_MSG_FEED] = {6, pack_feed, read_feed},
        [BN_MSG_FEED_ACK] = {3, pack_feed_ack, read_feed_ack},
        [BN_MSG_APPLY_FAIL] = {2, pack_apply_fail, read_apply_fail},
        [BN_MSG_PING] = {4, pack_ping, read_ping},
        [BN_MSG_PONG] = {4, pack_ping, read_ping},
        [BN_MSG_ADVICE] = {3, pack_advice, read_advice},
        [BN_MSG_REVOKED] = {3, pack_advice, read_advice},
        [BN_MSG_BYE] = {3, pack_advice, read_advice},
        [BN_MSG_ERROR] = {3, pack_advice, read_advice},
    };
    return type < BN_COUNT(bodies) && bodies[type].pack != NULL ? &bodies[type] : NULL;
}
