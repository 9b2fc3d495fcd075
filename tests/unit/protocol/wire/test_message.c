/* test_message.c - frames: header, versions, limits, names, the ops of a push.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "samples.h"

#include "unit/unit.h"

#include <banyan/base/check.h>
#include <banyan/base/limits.h>

#include <ctype.h>

#define ARENA_BYTES_MAX (4u * 1024 * 1024)

typedef struct fixture {
    bn_arena arena;
    bn_buf buf;
    bn_buf ops;
    sample samples[SAMPLES_MAX];
    size_t count;
} fixture;

static int set_up(void **state)
{
    static fixture f;
    bn_arena_init(&f.arena, ARENA_BYTES_MAX);
    bn_buf_init(&f.buf, BN_VALUE_BYTES_MAX);
    bn_buf_init(&f.ops, BN_VALUE_BYTES_MAX);
    f.count = samples_make(f.samples, &f.arena);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    bn_arena_fini(&f->arena);
    bn_buf_fini(&f->buf);
    bn_buf_fini(&f->ops);
    return 0;
}

/* Sends the sample of this type through the codec. */
static const bn_message *through(fixture *f, bn_message_type type, bn_message *back)
{
    for (size_t i = 0; i < f->count; i++) {
        if (f->samples[i].type == SAMPLE_MESSAGE && f->samples[i].message.type == type) {
            bn_err err = {0};
            bn_buf_clear(&f->buf);
            bn_message_encode(&f->samples[i].message, &f->buf);
            assert_int_equal(bn_buf_status(&f->buf), BN_OK);
            assert_ok(bn_message_decode(bn_buf_slice(&f->buf), &f->arena, back, &err), err);
            return &f->samples[i].message;
        }
    }
    fail_msg("no sample of message %d", (int)type);
    return NULL;
}

static void message__has_a_sample_of_every_type(void **state)
{
    fixture *f = *state;
    static const bn_message_type types[] = {
#define BN_MESSAGE(NAME, number, from, summary) BN_MSG_##NAME,
#include <banyan/protocol/message.def>
#undef BN_MESSAGE
    };
    for (size_t i = 0; i < BN_COUNT(types); i++) {
        bn_message back;
        const bn_message *sent = through(f, types[i], &back);
        assert_int_equal(back.type, sent->type);
        assert_true(back.session == sent->session && back.number == sent->number &&
                    back.reply_to == sent->reply_to);
    }
}

static void message__of_a_greeting_comes_back_whole(void **state)
{
    fixture *f = *state;
    bn_message m;
    const bn_msg_hello a = through(f, BN_MSG_HELLO, &m)->hello;
    const bn_msg_hello b = m.hello;
    assert_true(a.origin == b.origin && a.wire_min == b.wire_min && a.wire_max == b.wire_max);
    assert_true(a.schema_version == b.schema_version && a.oseq_last == b.oseq_last);
    assert_true(bn_id_equal(a.incarnation, b.incarnation) && a.oseq_acked == b.oseq_acked);
    assert_memory_equal(&a.chain_head, &b.chain_head, sizeof a.chain_head);
    assert_memory_equal(&a.feed_hash, &b.feed_hash, sizeof a.feed_hash);
    assert_true(a.cursor == b.cursor && a.local_ms == b.local_ms);
    assert_true(a.unacked_bytes == b.unacked_bytes && a.credit_bytes == b.credit_bytes);
    const bn_msg_hello_ok c = through(f, BN_MSG_HELLO_OK, &m)->hello_ok;
    const bn_msg_hello_ok d = m.hello_ok;
    assert_true(bn_id_equal(c.incarnation, d.incarnation) && c.server_ms == d.server_ms);
    assert_true(c.oseq_committed == d.oseq_committed && c.safe_oseq == d.safe_oseq);
    assert_memory_equal(&c.chain_head, &d.chain_head, sizeof c.chain_head);
    assert_true(c.feed_head == d.feed_head && c.credit_bytes == d.credit_bytes);
    assert_true(c.schema_version == d.schema_version && c.paused == d.paused);
    const bn_msg_rejected e = through(f, BN_MSG_HELLO_REJ, &m)->rejected;
    const bn_msg_rejected g = m.rejected;
    assert_true(e.reason == g.reason && e.oseq == g.oseq && e.retry_after_ms == g.retry_after_ms);
    assert_memory_equal(&e.chain_head, &g.chain_head, sizeof e.chain_head);
    assert_true(bn_slice_equal(e.text, g.text));
}

static void message__of_an_enrolment_comes_back_whole(void **state)
{
    fixture *f = *state;
    bn_message m;
    const bn_msg_enrol_req a = through(f, BN_MSG_ENROL_REQ, &m)->enrol_req;
    const bn_msg_enrol_req b = m.enrol_req;
    assert_true(bn_slice_equal(a.token, b.token) && bn_slice_equal(a.machine, b.machine));
    assert_memory_equal(a.sign_key, b.sign_key, sizeof a.sign_key);
    assert_memory_equal(a.signature, b.signature, sizeof a.signature);
    assert_int_equal(a.schema_version, b.schema_version);
    const bn_msg_enrol_ok c = through(f, BN_MSG_ENROL_OK, &m)->enrol_ok;
    const bn_msg_enrol_ok d = m.enrol_ok;
    assert_true(c.origin == d.origin && c.branch == d.branch && c.server_ms == d.server_ms);
    assert_true(bn_slice_equal(c.branch_name, d.branch_name));
    assert_true(bn_slice_equal(c.sync_endpoint, d.sync_endpoint));
    assert_true(bn_id_equal(c.incarnation, d.incarnation));
}

static void message__of_a_batch_comes_back_whole(void **state)
{
    fixture *f = *state;
    bn_message m;
    const bn_msg_push a = through(f, BN_MSG_PUSH, &m)->push;
    bn_msg_push b = m.push;
    assert_true(a.first_oseq == b.first_oseq && a.ops_count == b.ops_count);
    assert_memory_equal(&a.prev_head, &b.prev_head, sizeof a.prev_head);
    assert_memory_equal(&a.head, &b.head, sizeof a.head);
    assert_memory_equal(a.signature, b.signature, sizeof a.signature);
    assert_true(bn_slice_equal(a.ops, b.ops));
    for (uint32_t i = 0; i < b.ops_count; i++) {
        bn_err err = {0};
        bn_slice bytes;
        bn_op op;
        assert_ok(bn_push_next_op(&b.ops, &bytes, &err), err);
        assert_ok(bn_op_decode(bytes, &f->arena, &op, &err), err);
    }
    assert_int_equal(b.ops.len, 0);
    const bn_msg_push_ack c = through(f, BN_MSG_PUSH_ACK, &m)->push_ack;
    const bn_msg_push_ack d = m.push_ack;
    assert_true(c.oseq_committed == d.oseq_committed && c.safe_oseq == d.safe_oseq);
    assert_true(c.credit_bytes == d.credit_bytes);
    assert_memory_equal(&c.chain_head, &d.chain_head, sizeof c.chain_head);
    assert_int_equal(c.exceptions_count, d.exceptions_count);
    for (size_t i = 0; i < c.exceptions_count; i++) {
        assert_true(c.exceptions[i].oseq == d.exceptions[i].oseq);
        assert_int_equal(c.exceptions[i].outcome, d.exceptions[i].outcome);
        assert_true(bn_slice_equal(c.exceptions[i].reason, d.exceptions[i].reason));
    }
}

static void message__of_a_feed_comes_back_whole(void **state)
{
    fixture *f = *state;
    bn_message m;
    const bn_msg_feed a = through(f, BN_MSG_FEED, &m)->feed;
    const bn_msg_feed b = m.feed;
    assert_true(a.from == b.from && a.to == b.to && a.head == b.head);
    assert_memory_equal(&a.feed_hash, &b.feed_hash, sizeof a.feed_hash);
    assert_true(a.effects_count == b.effects_count && bn_slice_equal(a.effects, b.effects));
    const bn_msg_feed_ack c = through(f, BN_MSG_FEED_ACK, &m)->feed_ack;
    assert_true(c.cursor == m.feed_ack.cursor && c.credit_bytes == m.feed_ack.credit_bytes);
    assert_memory_equal(&c.feed_hash, &m.feed_ack.feed_hash, sizeof c.feed_hash);
    const bn_msg_apply_fail d = through(f, BN_MSG_APPLY_FAIL, &m)->apply_fail;
    assert_true(d.cseq == m.apply_fail.cseq && bn_slice_equal(d.text, m.apply_fail.text));
    const bn_msg_ping e = through(f, BN_MSG_PONG, &m)->ping;
    assert_true(e.t0_ms == m.ping.t0_ms && e.t1_ms == m.ping.t1_ms && e.t2_ms == m.ping.t2_ms);
    assert_true(through(f, BN_MSG_PING, &m)->ping.waiting_ops == m.ping.waiting_ops);
    const bn_msg_advice g = through(f, BN_MSG_ADVICE, &m)->advice;
    assert_true(g.reason == m.advice.reason && g.retry_after_ms == m.advice.retry_after_ms);
    assert_true(bn_slice_equal(g.text, m.advice.text));
}

static void message__of_another_wire_version_shows_its_header(void **state)
{
    fixture *f = *state;
    bn_message m = {0};
    bn_err err = {0};
    bn_slice frame = BN_SLICE("\x98\x02\x04\x07\x08\x09\x01\xc0\x05");
    assert_int_equal(bn_message_decode(frame, &f->arena, &m, &err), BN_E_UNSUPPORTED);
    assert_int_equal(m.type, BN_MSG_HELLO);
    assert_true(m.session == 7 && m.number == 8 && m.reply_to == 9);
    assert_string_equal(err.text, "frame: wire version 2, ours is 1");
}

#define HASH   \
    "\xc4\x20" \
    "0123456789abcdef0123456789abcdef"
#define SIGNATURE \
    "\xc4\x40"    \
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void message__refuses_what_is_not_canonical(void **state)
{
    fixture *f = *state;
    const struct {
        const char *why;
        bn_slice frame;
        bn_rc rc;
    } cases[] = {
        {"ping", BN_SLICE("\x9a\x01\x0d\x01\x02\x00\x00\x01\x02\x03\x04"), BN_OK},
        {"only a header", BN_SLICE("\x96\x01\x0d\x01\x02\x00\x00"), BN_E_FORMAT},
        {"half a header", BN_SLICE("\x93\x01\x0d\x01"), BN_E_FORMAT},
        {"type 0", BN_SLICE("\x96\x01\x00\x01\x02\x00\x00"), BN_E_FORMAT},
        {"type 19", BN_SLICE("\x96\x01\x13\x01\x02\x00\x00"), BN_E_FORMAT},
        {"lane 1", BN_SLICE("\x9a\x01\x0d\x01\x02\x00\x01\x01\x02\x03\x04"), BN_E_FORMAT},
        {"one item too many", BN_SLICE("\x9b\x01\x0d\x01\x02\x00\x00\x01\x02\x03\x04\x05"),
         BN_E_FORMAT},
        {"a map inside", BN_SLICE("\x9a\x01\x0d\x01\x02\x00\x00\x01\x02\x03\x80"), BN_E_FORMAT},
        {"push of nothing", BN_SLICE("\x9b\x01\x07\x01\x02\x00\x00\x05\x90" HASH HASH SIGNATURE),
         BN_E_FORMAT},
        {"push of an empty op",
         BN_SLICE("\x9b\x01\x07\x01\x02\x00\x00\x05\x91\xc4\x00" HASH HASH SIGNATURE), BN_E_FORMAT},
        {"push of one byte",
         BN_SLICE("\x9b\x01\x07\x01\x02\x00\x00\x05\x91\xc4\x01\x00" HASH HASH SIGNATURE), BN_OK},
        {"empty feed", BN_SLICE("\x9c\x01\x0a\x01\x02\x00\x00\x05\x06" HASH "\x07\x00\xc4\x00"),
         BN_OK},
        {"feed of one",
         BN_SLICE("\x9c\x01\x0a\x01\x02\x00\x00\x05\x06" HASH "\x07\x01\xc4\x01\x90"), BN_OK},
        {"feed counts one less",
         BN_SLICE("\x9c\x01\x0a\x01\x02\x00\x00\x05\x06" HASH "\x07\x01\xc4\x02\x90\x90"),
         BN_E_FORMAT},
        {"feed counts one more",
         BN_SLICE("\x9c\x01\x0a\x01\x02\x00\x00\x05\x06" HASH "\x07\x02\xc4\x01\x90"), BN_E_FORMAT},
        {"feed hides a map",
         BN_SLICE("\x9c\x01\x0a\x01\x02\x00\x00\x05\x06" HASH "\x07\x01\xc4\x01\x80"), BN_E_FORMAT},
        {"feed runs backwards",
         BN_SLICE("\x9c\x01\x0a\x01\x02\x00\x00\x06\x05" HASH "\x07\x00\xc4\x00"), BN_E_FORMAT},
        {"deep nesting", BN_SLICE("\x91\x91\x91\x91\x91\x91\x91\x91\x91\xc0"), BN_E_LIMIT},
    };
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        bn_message m;
        bn_err err = {0};
        bn_rc rc = bn_message_decode(cases[i].frame, &f->arena, &m, &err);
        if (rc != cases[i].rc) {
            fail_msg("%s: %s (%s)", cases[i].why, bn_rc_text(rc), err.text);
        }
    }
}

static void message__holds_the_largest_batch(void **state)
{
    fixture *f = *state;
    static uint8_t op[BN_OP_BYTES_MAX];
    bn_message m = {.type = BN_MSG_PUSH, .number = 1, .push = {.first_oseq = 1}};
    bn_buf_clear(&f->ops);
    for (m.push.ops_count = 0; f->ops.len + sizeof op + 3 <= BN_BATCH_BYTES_MAX;
         m.push.ops_count++) {
        bn_push_append_op(&f->ops, bn_slice_make(op, sizeof op));
    }
    while (f->ops.len + 102 <= BN_BATCH_BYTES_MAX && m.push.ops_count < BN_BATCH_OPS_MAX) {
        bn_push_append_op(&f->ops, bn_slice_make(op, 100));
        m.push.ops_count++;
    }
    m.push.ops = bn_buf_slice(&f->ops);
    bn_buf_clear(&f->buf);
    bn_message_encode(&m, &f->buf);
    bn_message back;
    bn_err err = {0};
    assert_int_equal(bn_buf_status(&f->buf), BN_OK);
    assert_ok(bn_message_decode(bn_buf_slice(&f->buf), &f->arena, &back, &err), err);
    assert_int_equal(back.push.ops_count, m.push.ops_count);
    bn_push_append_op(&f->ops, bn_slice_make(op, sizeof op));
    m.push.ops = bn_buf_slice(&f->ops);
    m.push.ops_count++;
    bn_buf_clear(&f->buf);
    bn_message_encode(&m, &f->buf);
    assert_int_equal(bn_buf_status(&f->buf), BN_E_LIMIT);
}

static void message__acknowledges_the_largest_batch_with_long_reasons(void **state)
{
    fixture *f = *state;
    static char reason[2 * BN_ERR_TEXT_MAX];
    memset(reason, 'x', sizeof reason - 1);
    bn_message m = {.type = BN_MSG_PUSH_ACK, .number = 1};
    bn_arena_reset(&f->arena);
    m.push_ack.exceptions_count = BN_BATCH_OPS_MAX;
    m.push_ack.exceptions =
        bn_arena_array(&f->arena, BN_BATCH_OPS_MAX, sizeof *m.push_ack.exceptions);
    for (size_t i = 0; i < BN_BATCH_OPS_MAX; i++) {
        m.push_ack.exceptions[i] =
            (bn_push_exception){UINT64_MAX - i, BN_OUTCOME_QUARANTINED, bn_slice_of(reason)};
    }
    bn_buf_clear(&f->buf);
    bn_message_encode(&m, &f->buf);
    assert_int_equal(bn_buf_status(&f->buf), BN_OK);
    bn_message back;
    bn_err err = {0};
    assert_ok(bn_message_decode(bn_buf_slice(&f->buf), &f->arena, &back, &err), err);
    assert_int_equal(back.push_ack.exceptions_count, BN_BATCH_OPS_MAX);
}

static void push__refuses_ops_that_are_empty_or_too_long(void **state)
{
    fixture *f = *state;
    static uint8_t op[BN_OP_BYTES_MAX + 1];
    bn_slice rest = BN_SLICE("\xc4\x00");
    bn_slice got = {0};
    bn_err err = {0};
    assert_int_equal(bn_push_next_op(&rest, &got, &err), BN_E_FORMAT);
    assert_int_equal(rest.len, 2);
    bn_buf_clear(&f->ops);
    bn_push_append_op(&f->ops, bn_slice_make(op, sizeof op));
    assert_int_equal(bn_buf_status(&f->ops), BN_E_LIMIT);
    bn_buf_clear(&f->ops);
    bn_push_append_op(&f->ops, bn_slice_make(op, 0));
    assert_int_equal(bn_buf_status(&f->ops), BN_E_INVALID);
    rest = bn_slice_make(op, 0);
    assert_int_equal(bn_push_next_op(&rest, &got, &err), BN_E_FORMAT);
}

static void assert_lower_name(const char *upper, const char *name)
{
    assert_int_equal(strlen(upper), strlen(name));
    for (size_t i = 0; upper[i] != 0; i++) {
        assert_int_equal(tolower((unsigned char)upper[i]), name[i]);
    }
}

static void names__are_those_of_the_tables(void **state)
{
    (void)state;
#define BN_REJECT(NAME, number, text_en, text_zh)               \
    assert_lower_name(#NAME, bn_reject_name(BN_REJECT_##NAME)); \
    assert_string_equal(bn_reject_text(BN_REJECT_##NAME), text_en);
#include <banyan/protocol/reject.def>
#undef BN_REJECT
#define BN_MESSAGE(NAME, number, from, summary) \
    assert_lower_name(#NAME, bn_message_name(BN_MSG_##NAME));
#include <banyan/protocol/message.def>
#undef BN_MESSAGE
    assert_string_equal(bn_reject_name(BN_REJECT_PAUSED), "paused");
    assert_string_equal(bn_message_name(BN_MSG_PUSH_ACK), "push_ack");
    assert_string_equal(bn_reject_name((bn_reject)200), "unknown");
    assert_string_equal(bn_message_name((bn_message_type)0), "unknown");
    assert_true(strlen(bn_reject_text((bn_reject)200)) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(message__has_a_sample_of_every_type),
        cmocka_unit_test(message__of_a_greeting_comes_back_whole),
        cmocka_unit_test(message__of_an_enrolment_comes_back_whole),
        cmocka_unit_test(message__of_a_batch_comes_back_whole),
        cmocka_unit_test(message__of_a_feed_comes_back_whole),
        cmocka_unit_test(message__of_another_wire_version_shows_its_header),
        cmocka_unit_test(message__refuses_what_is_not_canonical),
        cmocka_unit_test(message__holds_the_largest_batch),
        cmocka_unit_test(push__refuses_ops_that_are_empty_or_too_long),
        cmocka_unit_test(names__are_those_of_the_tables),
        cmocka_unit_test(message__acknowledges_the_largest_batch_with_long_reasons),
    };
    return cmocka_run_group_tests_name("wire/message", tests, set_up, tear_down);
}
