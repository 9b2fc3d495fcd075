/* test_sync.c - enrolment, greeting, pushes, feeds, crashes.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "unit/unit.h"

#include "lab.h"

#include <banyan/base/check.h>
#include <banyan/base/limits.h>
#include <banyan/core/records.h>

static const bn_dot none = {0};
static lab l;
static lab_branch *a, *b;
static bn_err err;

static void start(void)
{
    lab_open(&l);
    a = lab_add(&l, 1);
    b = lab_add(&l, 2);
}

static void finish(void)
{
    lab_flush(&l);
    lab_assert_verified(&l);
    lab_close(&l);
}

static uint64_t head(void)
{
    bn_server_counts counts;
    bn_server_get_counts(l.server, &counts);
    return counts.head;
}

static bn_dot note(lab_branch *by, unsigned n)
{
    bn_op op = lab_op(by, BN_KIND_CUSTOMER, lab_id(by, n));
    lab_set(&l, &op, BN_FIELD_EXISTENCE, none, bn_value_int(1));
    lab_set(&l, &op, BN_CUSTOMER_name, none, lab_text("Li"));
    lab_set(&l, &op, BN_CUSTOMER_branch, none, bn_value_int(by->number));
    return lab_write(by, &op);
}

static void push__a_lost_acknowledgement_is_repeated_without_effect(void **state)
{
    (void)state;
    start();
    note(a, 1);
    note(a, 2);
    l.drops_frames = true;
    (void)lab_push_range(a, 1, 2);
    l.drops_frames = false;
    b->is_deaf = true; /* frames of the feed were lost too */
    assert_true(lab_hello(a));
    uint64_t before = head();
    assert_true(lab_push_range(a, 1, 2));
    assert_true(head() == before);
    note(a, 3);
    assert_true(lab_push_range(a, 2, 3));
    assert_true(head() == before + 1);
    finish();
}

static void push__a_gap_and_a_fork_and_a_forged_signature_are_refused(void **state)
{
    (void)state;
    start();
    note(a, 1);
    note(a, 2);
    assert_false(lab_push_range(a, 2, 2));
    assert_int_equal(a->last_reject, BN_REJECT_GAP);
    assert_true(lab_push_range(a, 1, 1));
    bn_hash kept = a->heads[0];
    a->heads[0].bytes[0] ^= 1;
    assert_false(lab_push_range(a, 2, 2));
    assert_int_equal(a->last_reject, BN_REJECT_FORK);
    a->heads[0] = kept;
    a->sign_secret[0] ^= 1;
    assert_false(lab_push_range(a, 2, 2));
    assert_int_equal(a->last_reject, BN_REJECT_BAD_SIGNATURE);
    a->sign_secret[0] ^= 1;
    assert_true(lab_push_range(a, 2, 2));
    finish();
}

static void push__without_a_session_is_refused(void **state)
{
    (void)state;
    start();
    note(a, 1);
    a->session ^= 1;
    assert_false(lab_push_range(a, 1, 1));
    assert_int_equal(a->last_reject, BN_REJECT_NO_SESSION);
    a->session ^= 1;
    a->slot = b->slot; /* another route with the right key and number */
    assert_false(lab_push_range(a, 1, 1));
    finish();
}

static void hello__a_wrong_claim_an_older_store_and_a_newer_k_are_refused(void **state)
{
    (void)state;
    start();
    note(a, 1);
    note(a, 2);
    assert_true(lab_push(a));
    a->origin = b->origin;
    assert_false(lab_hello(a));
    assert_int_equal(a->last_reject, BN_REJECT_UNKNOWN_KEY);
    a->origin = 1;
    a->oseq = 1;
    assert_false(lab_hello(a));
    assert_int_equal(a->last_reject, BN_REJECT_FORK);
    a->oseq = 2;
    a->heads[1].bytes[0] ^= 1;
    assert_false(lab_hello(a));
    assert_int_equal(a->last_reject, BN_REJECT_FORK);
    a->heads[1].bytes[0] ^= 1;
    a->cursor += 100;
    assert_false(lab_hello(a));
    assert_int_equal(a->last_reject, BN_REJECT_ROLLBACK);
    a->cursor -= 100;
    a->feed_hash.bytes[0] ^= 1;
    assert_false(lab_hello(a));
    assert_int_equal(a->last_reject, BN_REJECT_ROLLBACK);
    a->feed_hash.bytes[0] ^= 1;
    assert_true(lab_hello(a));
    finish();
}

static void live__pause_stops_everything_and_resume_goes_on(void **state)
{
    (void)state;
    start();
    assert_ok(bn_server_branch_pause(l.server, 1, "admin", &err), err);
    lab_deliver(&l);
    assert_int_equal(a->last_type, BN_MSG_ADVICE);
    uint64_t before = head();
    note(a, 1);
    assert_false(lab_push_range(a, 1, 1));
    assert_int_equal(a->last_reject, BN_REJECT_PAUSED);
    assert_true(head() == before);
    assert_ok(bn_server_branch_resume(l.server, 1, "admin", &err), err);
    lab_deliver(&l);
    assert_true(lab_push_range(a, 1, 1));
    finish();
}

static void live__a_revoked_branch_is_cut_off_and_its_key_no_longer_admitted(void **state)
{
    (void)state;
    start();
    assert_true(bn_server_admits(l.server, a->public_key));
    assert_ok(bn_server_branch_revoke(l.server, 1, "admin", &err), err);
    assert_false(bn_server_admits(l.server, a->public_key));
    lab_deliver(&l);
    assert_int_equal(a->last_type, BN_MSG_REVOKED);
    uint64_t before = head();
    note(a, 1);
    assert_false(lab_push_range(a, 1, 1));
    assert_true(head() == before);
    assert_false(lab_hello(a));
    assert_int_equal(a->last_type, BN_MSG_REVOKED);
    finish();
}

static void enrol__a_code_is_bound_to_the_key_it_was_used_with(void **state)
{
    (void)state;
    bn_enrolment_code code;
    lab_open(&l);
    lab_branch *first = &l.branches[0];
    lab_branch *second = &l.branches[1];
    lab_keys(&l, first, 0);
    lab_keys(&l, second, 1);
    assert_ok(bn_server_branch_add(l.server, 0, "North", 0, "admin", &code, &err), err);
    assert_int_equal(code.branch, 1);
    lab_enrol(&l, 1, code.token, first);
    uint32_t origin = first->origin;
    assert_int_equal(origin, 1);
    lab_enrol(&l, 1, code.token, first);
    assert_int_equal(first->origin, origin);
    lab_enrol(&l, 1, code.token, second);
    assert_int_equal(second->last_reject, BN_REJECT_CODE_USED);
    uint8_t unknown[BN_TOKEN_BYTES] = {9};
    lab_enrol(&l, 1, unknown, second);
    assert_int_equal(second->last_reject, BN_REJECT_CODE_UNKNOWN);
    assert_ok(bn_server_branch_add(l.server, 1, NULL, 1000, "admin", &code, &err), err);
    l.wall_ms += 5000;
    lab_enrol(&l, 1, code.token, second);
    assert_int_equal(second->last_reject, BN_REJECT_CODE_EXPIRED);
    finish();
}

static void enrol__a_new_machine_replaces_the_old_and_gets_all_it_may_see(void **state)
{
    (void)state;
    bn_enrolment_code code;
    start();
    bn_id id = lab_customer(a, 1, "Wang");
    bn_id other = lab_customer(b, 1, "Li");
    lab_share(&l, other, 1);
    assert_ok(bn_server_branch_add(l.server, 1, NULL, 0, "admin", &code, &err), err);
    lab_branch *fresh = &l.branches[5];
    lab_keys(&l, fresh, 5);
    lab_enrol(&l, 1, code.token, fresh);
    assert_true(lab_hello(fresh));
    assert_false(bn_server_admits(l.server, a->public_key));
    assert_int_equal(fresh->enters, 4); /* two branches, two customers */
    lab_assert_same(fresh);
    bn_dot seen = lab_dot(&l, BN_KIND_CUSTOMER, id, BN_CUSTOMER_name);
    bn_dot dot = lab_edit(fresh, BN_KIND_CUSTOMER, id, BN_CUSTOMER_name, seen, "Wang Li");
    assert_int_equal(lab_outcome(fresh, dot), BN_OUTCOME_APPLIED);
    lab_assert_same(fresh);
    finish();
}

static void feed__own_outcome_put_enter_and_leave_reach_whom_they_concern(void **state)
{
    (void)state;
    bn_server_saved saved;
    start();
    bn_id id = lab_customer(a, 1, "Wang");
    bn_op kin = lab_op(a, BN_KIND_NOTE, lab_id(a, 2));
    lab_set(&l, &kin, BN_FIELD_EXISTENCE, none, bn_value_int(1));
    lab_set(&l, &kin, BN_NOTE_customer, none, bn_value_id(id));
    lab_write(a, &kin);
    assert_true(lab_push(a));
    assert_int_equal(a->owns, 2);
    unsigned enters = b->enters;
    lab_share(&l, id, 2);
    assert_int_equal(b->enters, enters + 2); /* the customer and its note */
    unsigned puts = b->puts;
    lab_edit(a, BN_KIND_CUSTOMER, id, BN_CUSTOMER_mobile, none, "13800138000");
    lab_flush(&l);
    assert_int_equal(b->puts, puts + 1);
    lab_assert_same(b);
    bn_op late = lab_op(b, BN_KIND_CUSTOMER, id);
    lab_set(&l, &late, BN_CUSTOMER_occupation, none, lab_text("cook"));
    assert_ok(bn_server_share(l.server, id, 2, false, "admin", &saved, &err), err);
    lab_flush(&l);
    assert_int_equal(b->leaves, 2);
    bn_dot dot = lab_write(b, &late); /* made while it was in view */
    assert_true(lab_push(b));
    assert_int_equal(lab_outcome(b, dot), BN_OUTCOME_APPLIED);
    assert_string_equal(lab_value(&l, BN_KIND_CUSTOMER, id, BN_CUSTOMER_occupation), "cook");
    lab_assert_same(a);
    lab_assert_same(b);
    finish();
}

static void feed__goes_on_from_any_cut(void **state)
{
    (void)state;
    start();
    for (unsigned n = 1; n <= 6; n++) {
        bn_id id = lab_customer(a, n, "Wang");
        a->sends_no_acks = true;
        b->sends_no_acks = true;
        lab_share(&l, id, 2);
        bn_dot seen = lab_dot(&l, BN_KIND_CUSTOMER, id, BN_CUSTOMER_name);
        lab_edit(a, BN_KIND_CUSTOMER, id, BN_CUSTOMER_name, seen, "Wang Yi");
        lab_edit(b, BN_KIND_CUSTOMER, id, BN_CUSTOMER_name, seen, "Wang Er");
        a->sends_no_acks = n % 2 == 0;
        b->sends_no_acks = n % 3 == 0;
        lab_reopen(&l);
        assert_true(lab_hello(a));
        assert_true(lab_hello(b));
    }
    lab_flush(&l);
    lab_assert_same(a);
    lab_assert_same(b);
    finish();
}

static void feed__reference_data_goes_to_every_branch(void **state)
{
    (void)state;
    bn_server_saved saved;
    start();
    unsigned enters = a->enters;
    bn_change changes[] = {{.field = BN_PRODUCT_name, .value = lab_text("Loan")}};
    bn_draft draft = {.type = BN_OP_WRITE, .kind = BN_KIND_PRODUCT, .actor = BN_SLICE("admin"),
                      .as_shown = true, .changes = changes, .changes_count = 1};
    assert_ok(bn_server_save(l.server, &draft, 1, &saved, &err), err);
    lab_flush(&l);
    assert_int_equal(a->enters, enters + 1);
    changes[0].value = lab_text("Credit");
    draft.id = saved.saved.id;
    assert_ok(bn_server_save(l.server, &draft, 1, &saved, &err), err);
    draft.as_shown = false;
    assert_int_equal(bn_server_save(l.server, &draft, 1, &saved, &err), BN_E_STALE);
    lab_flush(&l);
    lab_assert_same(a);
    lab_assert_same(b);
    finish();
}

static bn_kv_moment fail_moment;
static bn_rc fail_code;

static bn_rc fail_once(void *context, bn_kv_moment moment)
{
    bool *armed = context;
    if (*armed && moment == fail_moment) {
        *armed = false;
        return fail_code;
    }
    return BN_OK;
}

static void crash__at_either_moment_of_a_commit_loses_and_doubles_nothing(void **state)
{
    (void)state;
    const bn_kv_moment moments[] = {BN_KV_BEFORE_COMMIT, BN_KV_AFTER_COMMIT};
    for (size_t i = 0; i < BN_COUNT(moments); i++) {
        bool armed = true;
        start();
        uint64_t before = head();
        note(a, 1);
        fail_moment = moments[i];
        fail_code = BN_E_IO;
        bn_buf ops;
        bn_buf_init(&ops, BN_BATCH_BYTES_MAX);
        bn_push_append_op(&ops, a->ops[0]);
        bn_message push = {.type = BN_MSG_PUSH, .session = a->session};
        push.push = (bn_msg_push){.first_oseq = 1, .ops_count = 1, .prev_head = a->start,
                                  .head = a->heads[0], .ops = bn_buf_slice(&ops)};
        bn_sign(a->sign_secret, BN_SLICE(BN_BATCH_DOMAIN), a->heads[0], push.push.signature);
        lab_send(a, &push, BN_DOOR_SYNC);
        bn_buf_fini(&ops);
        bn_kv_set_hook(l.kv, fail_once, &armed);
        assert_int_equal(bn_server_flush(l.server, &err), BN_E_IO);
        assert_int_equal(l.inbox_count, 0);
        assert_int_equal(bn_server_flush(l.server, &err), BN_E_IO);
        lab_reopen(&l);
        assert_true(lab_hello(a));
        assert_true(lab_push_range(a, 1, 1));
        assert_true(head() == before + 1);
        lab_assert_same(a);
        finish();
    }
}

static void full_disk__nothing_is_acknowledged_and_branches_are_told_busy(void **state)
{
    (void)state;
    bool armed = true;
    start();
    note(a, 1);
    fail_moment = BN_KV_BEFORE_COMMIT;
    fail_code = BN_E_NO_SPACE;
    bn_buf ops;
    bn_buf_init(&ops, BN_BATCH_BYTES_MAX);
    bn_push_append_op(&ops, a->ops[0]);
    bn_message push = {.type = BN_MSG_PUSH, .session = a->session};
    push.push = (bn_msg_push){.first_oseq = 1, .ops_count = 1, .prev_head = a->start,
                              .head = a->heads[0], .ops = bn_buf_slice(&ops)};
    bn_sign(a->sign_secret, BN_SLICE(BN_BATCH_DOMAIN), a->heads[0], push.push.signature);
    lab_send(a, &push, BN_DOOR_SYNC);
    bn_buf_fini(&ops);
    bn_kv_set_hook(l.kv, fail_once, &armed);
    assert_int_equal(bn_server_flush(l.server, &err), BN_E_NO_SPACE);
    lab_deliver(&l);
    assert_int_equal(a->last_type, BN_MSG_PUSH_NACK);
    assert_int_equal(a->last_reject, BN_REJECT_BUSY);
    assert_int_equal(a->committed, 0);
    assert_true(lab_push_range(a, 1, 1));
    lab_assert_same(a);
    finish();
}

static void verify__finds_a_flipped_value(void **state)
{
    (void)state;
    bn_server_proof proof;
    bn_kv_txn *txn = NULL;
    bn_record record;
    start();
    bn_id id = lab_customer(a, 1, "Wang");
    assert_ok(bn_server_verify(l.server, NULL, NULL, &proof, &err), err);
    assert_ok(bn_kv_begin(l.kv, BN_KV_WRITE, &txn, &err), err);
    assert_ok(bn_records_get(txn, BN_KIND_CUSTOMER, id, &l.arena, &record, &err), err);
    bn_cell cell = *bn_record_cell(&record, BN_CUSTOMER_name);
    cell.value = lab_text("Wong");
    assert_int_equal(bn_record_put_cell(&record, &l.arena, &cell), BN_OK);
    assert_ok(bn_records_put(txn, &record, &err), err);
    assert_ok(bn_kv_commit(&txn, &err), err);
    assert_int_equal(bn_server_verify(l.server, NULL, NULL, &proof, &err), BN_E_CORRUPT);
    assert_int_equal(proof.findings_count, 1);
    lab_close(&l);
}

static void audit__refused_keys_leave_a_line_and_the_chain_holds(void **state)
{
    (void)state;
    start();
    uint8_t key[BN_KEY_BYTES] = {7};
    bn_server_note_refusal(l.server, BN_DOOR_SYNC, key, "10.0.0.1", "unknown key");
    lab_flush(&l);
    bn_server_reader reader;
    bn_audit_line line = {0};
    bool found = false;
    assert_ok(bn_server_read_begin(l.server, &reader, &err), err);
    while (bn_server_audit_next(&reader, line.sequence, &l.arena, &line, &err) == BN_OK) {
        found = found || bn_slice_is(line.action, "key.refused");
    }
    bn_server_read_end(&reader);
    assert_true(found);
    finish();
}

static void derive__index_and_history_follow_the_log(void **state)
{
    (void)state;
    start();
    bn_id id = lab_customer(a, 1, "Wang");
    bn_dot dot = lab_edit(a, BN_KIND_CUSTOMER, id, BN_CUSTOMER_email, none, "w@example.com");
    lab_edit(a, BN_KIND_CUSTOMER, id, BN_CUSTOMER_email, dot, "x@example.com");
    lab_flush(&l);
    bn_server_counts counts;
    bn_server_get_counts(l.server, &counts);
    assert_true(counts.derived == counts.head);
    bn_server_reader reader;
    bn_id ids[4];
    size_t count = 0;
    assert_ok(bn_server_read_begin(l.server, &reader, &err), err);
    const bn_index_key *key = bn_server_index_key(l.server);
    assert_ok(bn_indexes_find(reader.txn, key, BN_KIND_CUSTOMER, BN_CUSTOMER_email,
                              lab_text("w@example.com"), (bn_id){0}, ids, 4, &count, &err), err);
    assert_int_equal(count, 0);
    assert_ok(bn_indexes_find(reader.txn, key, BN_KIND_CUSTOMER, BN_CUSTOMER_email,
                              lab_text("X@example.com"), (bn_id){0}, ids, 4, &count, &err), err);
    assert_int_equal(count, 1);
    bn_commit_view view = {0};
    size_t lines = 0;
    while (bn_server_history_next(&reader, BN_KIND_CUSTOMER, id, view.cseq, &l.arena, &view,
                                  &err) == BN_OK) {
        lines++;
        assert_true(bn_slice_is(view.op.actor, "user1"));
    }
    assert_int_equal(lines, 3);
    bn_server_read_end(&reader);
    finish();
}

static void silence__ends_a_session(void **state)
{
    (void)state;
    bn_branch_status status;
    start();
    l.mono_ms += BN_SILENCE_MS;
    lab_flush(&l);
    assert_ok(bn_server_branch_show(l.server, 1, &status, &err), err);
    assert_false(status.online);
    finish();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(push__a_lost_acknowledgement_is_repeated_without_effect),
        cmocka_unit_test(push__a_gap_and_a_fork_and_a_forged_signature_are_refused),
        cmocka_unit_test(push__without_a_session_is_refused),
        cmocka_unit_test(hello__a_wrong_claim_an_older_store_and_a_newer_k_are_refused),
        cmocka_unit_test(live__pause_stops_everything_and_resume_goes_on),
        cmocka_unit_test(live__a_revoked_branch_is_cut_off_and_its_key_no_longer_admitted),
        cmocka_unit_test(enrol__a_code_is_bound_to_the_key_it_was_used_with),
        cmocka_unit_test(enrol__a_new_machine_replaces_the_old_and_gets_all_it_may_see),
        cmocka_unit_test(feed__own_outcome_put_enter_and_leave_reach_whom_they_concern),
        cmocka_unit_test(feed__goes_on_from_any_cut),
        cmocka_unit_test(feed__reference_data_goes_to_every_branch),
        cmocka_unit_test(crash__at_either_moment_of_a_commit_loses_and_doubles_nothing),
        cmocka_unit_test(full_disk__nothing_is_acknowledged_and_branches_are_told_busy),
        cmocka_unit_test(verify__finds_a_flipped_value),
        cmocka_unit_test(audit__refused_keys_leave_a_line_and_the_chain_holds),
        cmocka_unit_test(derive__index_and_history_follow_the_log),
        cmocka_unit_test(silence__ends_a_session),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
