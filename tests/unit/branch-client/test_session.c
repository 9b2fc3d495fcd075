/* test_session.c - the branch's end of the session, against a server played by the test.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "unit/branch-client/branch_test.h"

#include "branch-client/sync/driver.h"
#include "branch-client/sync/session.h"

#include <banyan/base/version.h>

#define FRAMES_MAX 64

/* The other end of the line: keeps what the branch sent last. */
typedef struct far_end {
    office *o;
    bn_branch_sync *sync;
    bool connected, refuses;
    unsigned opens, frames;
    bn_buf last[FRAMES_MAX];
    bn_arena arena;
    uint64_t number;
} far_end;

static bn_rc end_open(void *context, const bn_link_client_options *options, bn_err *err)
{
    far_end *end = context;
    end->opens++;
    assert_string_equal(options->endpoint, "tcp://127.0.0.1:7001");
    return end->refuses ? bn_fail(err, BN_E_UNREACHABLE, "no route") : BN_OK;
}

static void end_close(void *context)
{
    (void)context;
}

static bn_rc end_send(void *context, bn_slice frame)
{
    far_end *end = context;
    if (!end->connected) {
        return BN_E_AGAIN;
    }
    assert_true(end->frames < FRAMES_MAX);
    bn_buf *kept = &end->last[end->frames++];
    bn_buf_init(kept, BN_FRAME_BYTES_MAX);
    bn_buf_append_slice(kept, frame);
    return BN_OK;
}

static far_end *end_create(void)
{
    far_end *end = calloc(1, sizeof *end);
    assert_non_null(end);
    end->o = office_open(false);
    end->connected = true;
    bn_arena_init(&end->arena, (size_t)16 * 1024 * 1024);
    bn_dialer dialer = {end_open, end_close, end_send, NULL, end};
    assert_ok(bn_branch_sync_create(end->o->branch, &dialer, &end->o->clock, &end->o->random,
                                    &end->sync, &end->o->err),
              end->o->err);
    return end;
}

static void end_destroy(far_end *end)
{
    end->connected = false;
    bn_branch_sync_destroy(&end->sync);
    for (unsigned i = 0; i < end->frames; i++) {
        bn_buf_fini(&end->last[i]);
    }
    bn_arena_fini(&end->arena);
    office_close(end->o);
    free(end);
}

static void tick(far_end *end)
{
    assert_ok(bn_branch_sync_tick(end->sync, &end->o->err), end->o->err);
}

static void wait_ms(far_end *end, uint64_t ms)
{
    end->o->mono_ms += ms;
    end->o->wall_ms += ms;
    tick(end);
}

static bn_sync_status status_of(far_end *end)
{
    bn_sync_status status;
    bn_branch_sync_get_status(end->sync, &status);
    return status;
}

/* What the branch sent as its n-th frame. */
static bn_message sent(far_end *end, unsigned n)
{
    assert_true(n < end->frames);
    bn_message message;
    assert_ok(bn_message_decode(bn_buf_slice(&end->last[n]), &end->arena, &message, &end->o->err),
              end->o->err);
    return message;
}

static bn_message last_sent(far_end *end)
{
    return sent(end, end->frames - 1);
}

static void say(far_end *end, bn_message message)
{
    message.number = ++end->number;
    bn_buf frame;
    bn_buf_init(&frame, BN_FRAME_BYTES_MAX);
    bn_message_encode(&message, &frame);
    assert_int_equal(bn_buf_status(&frame), BN_OK);
    assert_ok(bn_branch_sync_on_frame(end->sync, bn_buf_slice(&frame), &end->o->err), end->o->err);
    bn_buf_fini(&frame);
}

static bn_message welcome(far_end *end, uint64_t committed)
{
    bn_message ok = {.type = BN_MSG_HELLO_OK,
                     .session = 77,
                     .hello_ok = {.incarnation = bn_branch_identity(end->o->branch)->incarnation,
                                  .server_ms = end->o->wall_ms + 90000,
                                  .oseq_committed = committed,
                                  .feed_head = counts_of(end->o).cursor,
                                  .credit_bytes = BN_CREDIT_LOG_BYTES,
                                  .schema_version = BN_SCHEMA_VERSION}};
    assert_ok(bn_branch_head_at(end->o->branch, committed, &ok.hello_ok.chain_head, &end->o->err),
              end->o->err);
    return ok;
}

static void go_live(far_end *end, uint64_t committed)
{
    assert_ok(bn_branch_sync_start(end->sync, &end->o->err), end->o->err);
    tick(end);
    assert_int_equal(last_sent(end).type, BN_MSG_HELLO);
    assert_int_equal(status_of(end).state, BN_SYNC_GREETING);
    say(end, welcome(end, committed));
    assert_int_equal(status_of(end).state, BN_SYNC_LIVE);
}

/* --- the table -------------------------------------------------------------------------------- */

static void table__has_a_row_or_refuses_for_every_state_and_event(void **state)
{
    (void)state;
    unsigned rows = 0;
    for (int s = 0; s < BN_SYNC_STATES_COUNT; s++) {
        bn_sync_state next;
        assert_true(bn_sync_next_state((bn_sync_state)s, BN_SYNC_ON_HALT, &next));
        assert_int_equal(next, BN_SYNC_OFFLINE);
        assert_true(bn_sync_next_state((bn_sync_state)s, BN_SYNC_ON_START, &next));
        for (int e = 0; e < BN_SYNC_EVENTS_COUNT; e++) {
            far_end *end = end_create();
            end->sync->status.state = (bn_sync_state)s;
            bool has_row = bn_sync_next_state((bn_sync_state)s, (bn_sync_event)e, &next);
            assert_int_equal(bn_sync_move(end->sync, (bn_sync_event)e, BN_REJECT_NONE, ""),
                             has_row);
            assert_int_equal(status_of(end).state, has_row ? next : (bn_sync_state)s);
            assert_int_equal(status_of(end).events_refused, has_row ? 0 : 1);
            rows += has_row ? 1 : 0;
            end->sync->status.state = BN_SYNC_OFFLINE;
            end_destroy(end);
        }
    }
    assert_int_equal(rows, 32);
}

static void backoff__stays_within_its_bounds_and_spreads(void **state)
{
    (void)state;
    office *o = office_open(false);
    for (uint32_t tries = 0; tries < 40; tries++) {
        uint64_t ceiling = tries >= 10 ? BN_BACKOFF_MAX_MS : (uint64_t)BN_BACKOFF_MIN_MS << tries;
        ceiling = ceiling < BN_BACKOFF_MAX_MS ? ceiling : BN_BACKOFF_MAX_MS;
        uint64_t least = UINT64_MAX;
        uint64_t most = 0;
        for (int i = 0; i < 200; i++) {
            uint64_t wait = bn_sync_backoff_ms(tries, 0, &o->random);
            assert_true(wait >= BN_BACKOFF_MIN_MS && wait <= ceiling);
            least = wait < least ? wait : least;
            most = wait > most ? wait : most;
        }
        assert_true(tries == 0 || most - least > (ceiling - BN_BACKOFF_MIN_MS) / 2);
    }
    for (int i = 0; i < 100; i++) {
        uint64_t wait = bn_sync_backoff_ms(0, 60000, &o->random);
        assert_true(wait >= 60000 && wait <= 75000);
    }
    office_close(o);
}

/* --- greeting --------------------------------------------------------------------------------- */

static void greeting__waits_for_the_connection_and_gives_up_in_time(void **state)
{
    (void)state;
    far_end *end = end_create();
    end->connected = false;
    assert_ok(bn_branch_sync_start(end->sync, &end->o->err), end->o->err);
    assert_int_equal(bn_branch_sync_next_tick_ms(end->sync), 0);
    tick(end);
    assert_int_equal(end->opens, 1);
    assert_int_equal(bn_branch_sync_next_tick_ms(end->sync), BN_SEND_RETRY_MS);
    wait_ms(end, BN_HELLO_TIMEOUT_MS);
    assert_int_equal(status_of(end).state, BN_SYNC_BACKOFF);
    assert_true(strlen(status_of(end).reason) > 0);
    assert_true(status_of(end).next_try_ms > end->o->wall_ms);
    wait_ms(end, bn_branch_sync_next_tick_ms(end->sync));
    wait_ms(end, BN_BACKOFF_MAX_MS);
    assert_int_equal(end->opens, 2);
    end->connected = true;
    wait_ms(end, BN_SEND_RETRY_MS);
    assert_int_equal(last_sent(end).type, BN_MSG_HELLO);
    assert_true(last_sent(end).hello.origin == OFFICE_ORIGIN);
    end_destroy(end);
}

static void greeting__stops_at_a_fork_a_rollback_and_a_final_no(void **state)
{
    (void)state;
    for (int i = 0; i < 6; i++) {
        far_end *end = end_create();
        save_customer(end->o, "Wang Min");
        assert_ok(bn_branch_sync_start(end->sync, &end->o->err), end->o->err);
        tick(end);
        bn_message answer = welcome(end, 1);
        bn_reject wanted = BN_REJECT_FORK;
        if (i == 0) {
            answer.hello_ok.chain_head.bytes[0] ^= 1;
        } else if (i == 1) {
            answer.hello_ok.oseq_committed = 2;
        } else if (i == 2) {
            answer.hello_ok.incarnation.bytes[0] ^= 1;
            wanted = BN_REJECT_ROLLBACK;
        } else {
            wanted = i == 3 ? BN_REJECT_REVOKED : i == 4 ? BN_REJECT_UPGRADE : BN_REJECT_BUSY;
            answer = (bn_message){.type = BN_MSG_HELLO_REJ,
                                  .rejected = {.reason = wanted, .retry_after_ms = 9000}};
        }
        say(end, answer);
        assert_int_equal(status_of(end).state, i == 5 ? BN_SYNC_BACKOFF : BN_SYNC_STOPPED);
        assert_int_equal(status_of(end).reject, wanted);
        if (i == 5) {
            assert_true(bn_branch_sync_next_tick_ms(end->sync) == 0 ||
                        status_of(end).next_try_ms >= end->o->wall_ms + 9000);
        }
        end_destroy(end);
    }
}

static void clock__stamps_with_the_servers_time(void **state)
{
    (void)state;
    far_end *end = end_create();
    go_live(end, 0);
    assert_int_equal(status_of(end).clock_offset_ms, 90000);
    save_customer(end->o, "Wang Min");
    bn_own_op own;
    assert_ok(bn_branch_waiting_next(end->o->branch, 0, &end->o->arena, &own, &end->o->err),
              end->o->err);
    assert_int_equal(bn_hlc_ms(own.op.hlc), end->o->wall_ms + 90000);
    wait_ms(end, BN_PING_EVERY_MS);
    assert_int_equal(sent(end, end->frames - 2).type, BN_MSG_PING);
    end->o->mono_ms += 400;
    end->o->wall_ms += 400;
    uint64_t server = end->o->wall_ms + 50000;
    say(end, (bn_message){.type = BN_MSG_PONG,
                          .session = 77,
                          .ping = {.t1_ms = server, .t2_ms = server}});
    assert_int_equal(status_of(end).clock_offset_ms, 90000);
    end_destroy(end);
}

/* --- pushing ---------------------------------------------------------------------------------- */

static void acknowledge(far_end *end, uint64_t oseq)
{
    bn_message ack = {
        .type = BN_MSG_PUSH_ACK, .session = 77, .push_ack = {.oseq_committed = oseq}};
    assert_ok(bn_branch_head_at(end->o->branch, oseq, &ack.push_ack.chain_head, &end->o->err),
              end->o->err);
    say(end, ack);
}

static void push__follows_a_save_one_batch_at_a_time_signed(void **state)
{
    (void)state;
    far_end *end = end_create();
    go_live(end, 0);
    tick(end);
    unsigned before = end->frames;
    save_customer(end->o, "Wang Min");
    bn_branch_sync_nudge(end->sync);
    assert_int_equal(bn_branch_sync_next_tick_ms(end->sync), BN_PUSH_DELAY_MS);
    save_customer(end->o, "Li Na");
    wait_ms(end, BN_PUSH_DELAY_MS);
    assert_int_equal(end->frames, before + 1);
    bn_message push = last_sent(end);
    assert_int_equal(push.type, BN_MSG_PUSH);
    assert_int_equal(push.push.first_oseq, 1);
    assert_int_equal(push.push.ops_count, 2);
    assert_true(bn_signature_holds(bn_branch_sign_public(end->o->branch),
                                   BN_SLICE(BN_BATCH_DOMAIN), push.push.head,
                                   push.push.signature));
    save_customer(end->o, "Anna Berg");
    bn_branch_sync_nudge(end->sync);
    wait_ms(end, BN_PUSH_DELAY_MS);
    assert_int_equal(end->frames, before + 1);
    acknowledge(end, 2);
    tick(end);
    assert_int_equal(last_sent(end).push.first_oseq, 3);
    assert_int_equal(counts_of(end->o).oseq_acked, 2);
    assert_int_equal(counts_of(end->o).ops_waiting, 3);
    end_destroy(end);
}

static void push__starts_again_from_what_the_server_has(void **state)
{
    (void)state;
    far_end *end = end_create();
    for (int i = 0; i < 3; i++) {
        save_customer(end->o, "Wang Min");
    }
    go_live(end, 0);
    tick(end);
    assert_int_equal(last_sent(end).push.ops_count, 3);
    wait_ms(end, BN_SILENCE_MS);
    assert_int_equal(status_of(end).state, BN_SYNC_BACKOFF);
    assert_true(counts_of(end->o).cut_off_since_ms > 0);
    go_live(end, 2);
    tick(end);
    assert_int_equal(last_sent(end).push.first_oseq, 3);
    say(end, (bn_message){.type = BN_MSG_PUSH_NACK,
                          .session = 77,
                          .rejected = {.reason = BN_REJECT_GAP, .oseq = 1}});
    tick(end);
    assert_int_equal(last_sent(end).push.first_oseq, 2);
    end_destroy(end);
}

static void batch__never_splits_a_transaction(void **state)
{
    (void)state;
    office *o = office_open(false);
    bn_change changes[] = {set_text(BN_CUSTOMER_name, "Wang Min")};
    bn_draft drafts[100];
    bn_saved saved[100];
    for (size_t i = 0; i < 100; i++) {
        drafts[i] = draft_of((bn_id){{0}}, changes, 1);
    }
    for (size_t i = 0; i < 25; i++) {
        assert_ok(bn_branch_save(o->branch, drafts, 90, NULL, saved, NULL, &o->err), o->err);
    }
    const size_t limits[] = {1, 5000, 20000, BN_BATCH_BYTES_MAX};
    for (size_t i = 0; i < BN_COUNT(limits); i++) {
        uint64_t after = 0;
        while (after < 25 * 90) {
            bn_buf ops;
            bn_buf_init(&ops, BN_BATCH_BYTES_MAX + BN_OP_BYTES_MAX);
            bn_msg_push push;
            assert_ok(bn_branch_next_batch(o->branch, after, limits[i], &ops, &push, &o->err),
                      o->err);
            assert_true(push.ops_count > 0 && push.ops_count <= BN_BATCH_OPS_MAX);
            assert_int_equal(push.ops_count % 90, 0);
            assert_true(push.ops.len <= limits[i] || push.ops_count == 90);
            bn_slice rest = push.ops;
            bn_hash head = push.prev_head;
            for (uint32_t n = 0; n < push.ops_count; n++) {
                bn_slice op;
                assert_ok(bn_push_next_op(&rest, &op, &o->err), o->err);
                head = bn_chain_next(head, op);
            }
            assert_true(bn_hash_equal(head, push.head));
            after += push.ops_count;
            bn_buf_fini(&ops);
        }
    }
    office_close(o);
}

/* --- pulling, pausing ------------------------------------------------------------------------- */

static void feed__is_acknowledged_and_a_bad_one_ends_the_session(void **state)
{
    (void)state;
    far_end *end = end_create();
    go_live(end, 0);
    bn_position at;
    bn_branch_position(end->o->branch, &at);
    bn_message feed = {
        .type = BN_MSG_FEED,
        .session = 77,
        .feed = {.from = 0, .to = 5, .feed_hash = at.feed, .head = 9}};
    say(end, feed);
    bn_message ack = last_sent(end);
    assert_int_equal(ack.type, BN_MSG_FEED_ACK);
    assert_int_equal(ack.feed_ack.cursor, 5);
    assert_true(ack.feed_ack.credit_bytes > 0);
    assert_int_equal(status_of(end).feed_behind, 4);
    say(end, feed);
    assert_int_equal(status_of(end).state, BN_SYNC_BACKOFF);
    bn_branch_sync_halt(end->sync);
    go_live(end, 0);
    feed.feed.from = 5;
    feed.feed.to = 6;
    feed.feed.feed_hash.bytes[0] ^= 1;
    say(end, feed);
    assert_int_equal(last_sent(end).type, BN_MSG_APPLY_FAIL);
    assert_int_equal(status_of(end).state, BN_SYNC_BACKOFF);
    assert_int_equal(counts_of(end->o).cursor, 5);
    end_destroy(end);
}

static void pause__stops_the_pushing_until_it_ends(void **state)
{
    (void)state;
    far_end *end = end_create();
    go_live(end, 0);
    tick(end);
    say(end, (bn_message){
                 .type = BN_MSG_ADVICE, .session = 77, .advice = {.reason = BN_REJECT_PAUSED}});
    assert_int_equal(status_of(end).state, BN_SYNC_PAUSED);
    save_customer(end->o, "Wang Min");
    bn_branch_sync_nudge(end->sync);
    unsigned before = end->frames;
    wait_ms(end, 1000);
    assert_int_equal(end->frames, before);
    say(end, (bn_message){
                 .type = BN_MSG_ADVICE, .session = 77, .advice = {.reason = BN_REJECT_NONE}});
    tick(end);
    assert_int_equal(last_sent(end).type, BN_MSG_PUSH);
    say(end, (bn_message){
                 .type = BN_MSG_REVOKED, .session = 77, .advice = {.reason = BN_REJECT_REVOKED}});
    assert_int_equal(status_of(end).state, BN_SYNC_STOPPED);
    end_destroy(end);
}

static void frames__that_make_no_sense_end_the_session_and_old_ones_are_ignored(void **state)
{
    (void)state;
    far_end *end = end_create();
    go_live(end, 0);
    say(end, (bn_message){
                 .type = BN_MSG_ADVICE, .session = 76, .advice = {.reason = BN_REJECT_PAUSED}});
    assert_int_equal(status_of(end).state, BN_SYNC_LIVE);
    assert_ok(bn_branch_sync_on_frame(end->sync, BN_SLICE("\xc1\xff"), &end->o->err), end->o->err);
    assert_int_equal(last_sent(end).type, BN_MSG_ERROR);
    assert_int_equal(status_of(end).state, BN_SYNC_BACKOFF);
    end_destroy(end);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table__has_a_row_or_refuses_for_every_state_and_event),
        cmocka_unit_test(backoff__stays_within_its_bounds_and_spreads),
        cmocka_unit_test(greeting__waits_for_the_connection_and_gives_up_in_time),
        cmocka_unit_test(greeting__stops_at_a_fork_a_rollback_and_a_final_no),
        cmocka_unit_test(clock__stamps_with_the_servers_time),
        cmocka_unit_test(push__follows_a_save_one_batch_at_a_time_signed),
        cmocka_unit_test(push__starts_again_from_what_the_server_has),
        cmocka_unit_test(batch__never_splits_a_transaction),
        cmocka_unit_test(feed__is_acknowledged_and_a_bad_one_ends_the_session),
        cmocka_unit_test(pause__stops_the_pushing_until_it_ends),
        cmocka_unit_test(frames__that_make_no_sense_end_the_session_and_old_ones_are_ignored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
