/* test_removal.c - removals, resolutions, undo: rules 4.6 and 6 of docs/sync.md.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "unit/unit.h"

#include "lab.h"

static const bn_dot none = {0};
static lab l;
static lab_branch *a, *b;

static void start(void)
{
    lab_open(&l);
    a = lab_add(&l, 1);
    b = lab_add(&l, 2);
}

static void finish(void)
{
    lab_flush(&l);
    lab_assert_same(a);
    lab_assert_same(b);
    lab_assert_verified(&l);
    lab_close(&l);
}

/* A record of `kind` both branches hold, then A removes and B edits, neither having seen it. */
static bool meet(uint16_t kind, uint16_t field, bool removal_first, bn_outcome *removal,
                 bn_outcome *edit, bn_id *out)
{
    start();
    bn_id customer = lab_customer(a, 1, "Wang");
    bn_id id = customer;
    if (kind != BN_KIND_CUSTOMER) {
        id = lab_id(a, 2);
        const bn_kind_def *def = bn_schema_kind(kind);
        bn_op op = lab_op(a, kind, id);
        lab_set(&l, &op, BN_FIELD_EXISTENCE, none, bn_value_int(1));
        lab_set(&l, &op, def->customer_field, none, bn_value_id(customer));
        lab_write(a, &op);
        assert_true(lab_push(a));
    }
    lab_share(&l, customer, 2);
    bn_op remove = lab_op(a, kind, id);
    lab_set(&l, &remove, BN_FIELD_EXISTENCE, lab_dot(&l, kind, id, BN_FIELD_EXISTENCE),
            bn_value_int(0));
    bn_op change = lab_op(b, kind, id);
    lab_set(&l, &change, field, none, lab_text("hello"));
    bn_dot removed = lab_write(a, &remove);
    bn_dot edited = lab_write(b, &change);
    assert_true(lab_push(removal_first ? a : b));
    assert_true(lab_push(removal_first ? b : a));
    *removal = lab_outcome(a, removed);
    *edit = lab_outcome(b, edited);
    *out = id;
    assert_string_equal(lab_value(&l, kind, id, field), "hello");
    bn_record record = lab_record(&l, kind, id);
    return bn_record_exists(&record);
}

static void human__asks_in_both_orders_with_the_same_candidates(void **state)
{
    (void)state;
    bn_conflict conflict[2];
    bn_outcome removal, edit;
    bn_id id;
    for (int removal_first = 0; removal_first < 2; removal_first++) {
        bool exists = meet(BN_KIND_CUSTOMER, BN_CUSTOMER_occupation, removal_first == 1, &removal,
                           &edit, &id);
        assert_int_equal(exists, removal_first == 0);
        assert_int_equal(removal_first == 1 ? edit : removal, BN_OUTCOME_CONFLICT);
        assert_int_equal(lab_conflicts(&l, BN_CONFLICT_OPEN, &conflict[removal_first]), 1);
        assert_int_equal(conflict[removal_first].field, BN_FIELD_EXISTENCE);
        assert_int_equal(conflict[removal_first].candidates_count, 2);
        finish();
    }
    assert_int_equal(conflict[0].base.oseq, conflict[1].base.oseq);
}

static void edit_wins__the_record_exists_in_both_orders(void **state)
{
    (void)state;
    bn_outcome removal, edit;
    bn_id id;
    for (int removal_first = 0; removal_first < 2; removal_first++) {
        assert_true(meet(BN_KIND_NOTE, BN_NOTE_title, removal_first == 1, &removal, &edit, &id));
        assert_int_equal(removal_first == 1 ? edit : removal,
                         removal_first == 1 ? BN_OUTCOME_MERGED : BN_OUTCOME_LOST);
        assert_int_equal(lab_conflicts(&l, BN_CONFLICT_AUTO, NULL), 1);
        finish();
    }
}

static void removal_wins__the_record_is_removed_in_both_orders(void **state)
{
    (void)state;
    bn_outcome removal, edit;
    bn_id id;
    for (int removal_first = 0; removal_first < 2; removal_first++) {
        assert_false(meet(BN_KIND_TASK, BN_TASK_title, removal_first == 1, &removal, &edit, &id));
        assert_int_equal(lab_conflicts(&l, BN_CONFLICT_AUTO, NULL), 1);
        finish();
    }
}

/* An open conflict over the name: A said one thing, B another. */
static bn_id disputed(bn_conflict *conflict)
{
    start();
    bn_id id = lab_customer(a, 1, "Wang");
    lab_share(&l, id, 2);
    bn_dot seen = lab_dot(&l, BN_KIND_CUSTOMER, id, BN_CUSTOMER_name);
    lab_edit(a, BN_KIND_CUSTOMER, id, BN_CUSTOMER_name, seen, "Wang Yi");
    lab_edit(b, BN_KIND_CUSTOMER, id, BN_CUSTOMER_name, seen, "Wang Er");
    assert_int_equal(lab_conflicts(&l, BN_CONFLICT_OPEN, conflict), 1);
    return id;
}

static void resolve__closes_only_when_every_candidate_was_seen(void **state)
{
    (void)state;
    bn_err err = {0};
    bn_conflict conflict;
    bn_server_saved saved;
    bn_id id = disputed(&conflict);
    bn_dot seen[] = {conflict.candidates[0].dot, conflict.candidates[1].dot};
    bn_resolution resolution = {.conflict = conflict.id, .observed = seen, .observed_count = 1,
                                .pick = seen[1], .actor = "chief", .note = "called"};
    assert_ok(bn_server_resolve(l.server, &resolution, &saved, &err), err);
    assert_int_equal(saved.outcome, BN_OUTCOME_RECORDED);
    assert_int_equal(lab_conflicts(&l, BN_CONFLICT_OPEN, NULL), 1);
    resolution.observed_count = 2;
    assert_ok(bn_server_resolve(l.server, &resolution, &saved, &err), err);
    assert_int_equal(saved.outcome, BN_OUTCOME_RESOLVED);
    assert_string_equal(lab_value(&l, BN_KIND_CUSTOMER, id, BN_CUSTOMER_name), "Wang Er");
    assert_true(bn_dot_equal(lab_dot(&l, BN_KIND_CUSTOMER, id, BN_CUSTOMER_name), saved.saved.dot));
    assert_int_equal(lab_conflicts(&l, BN_CONFLICT_RESOLVED, NULL), 1);
    assert_ok(bn_server_resolve(l.server, &resolution, &saved, &err), err);
    assert_int_equal(saved.outcome, BN_OUTCOME_LOST);
    assert_non_null(strstr(saved.reason, "already decided by chief"));
    finish();
}

static void resolve__a_branch_may_type_a_value(void **state)
{
    (void)state;
    bn_conflict conflict;
    bn_id id = disputed(&conflict);
    lab_flush(&l);
    bn_op op = lab_op(b, BN_KIND_CUSTOMER, conflict.id);
    bn_dot seen[] = {conflict.candidates[0].dot, conflict.candidates[1].dot};
    op.type = BN_OP_RESOLVE;
    op.observed = seen;
    op.observed_count = 2;
    lab_set(&l, &op, BN_CUSTOMER_name, none, lab_text("Wang San"));
    bn_dot dot = lab_write(b, &op);
    assert_true(lab_push(b));
    assert_int_equal(lab_outcome(b, dot), BN_OUTCOME_RESOLVED);
    assert_string_equal(lab_value(&l, BN_KIND_CUSTOMER, id, BN_CUSTOMER_name), "Wang San");
    finish();
}

static void undo__puts_back_what_was_in_force_by_a_new_write(void **state)
{
    (void)state;
    bn_err err = {0};
    bn_conflict conflict;
    bn_server_saved saved;
    bn_id id = disputed(&conflict);
    bn_dot seen[] = {conflict.candidates[0].dot, conflict.candidates[1].dot};
    bn_resolution resolution = {.conflict = conflict.id, .observed = seen, .observed_count = 2,
                                .pick = seen[1], .actor = "chief", .note = ""};
    assert_ok(bn_server_resolve(l.server, &resolution, &saved, &err), err);
    assert_ok(bn_server_undo(l.server, conflict.id, "chief", "wrong call", &saved, &err), err);
    assert_string_equal(lab_value(&l, BN_KIND_CUSTOMER, id, BN_CUSTOMER_name), "Wang Yi");
    assert_int_equal(lab_conflicts(&l, BN_CONFLICT_UNDONE, NULL), 1);
    assert_ok(bn_server_undo(l.server, conflict.id, "chief", "again", &saved, &err), err);
    assert_int_equal(saved.outcome, BN_OUTCOME_LOST);
    finish();
}

static void undo__is_lost_when_the_field_was_changed_since(void **state)
{
    (void)state;
    bn_err err = {0};
    bn_conflict conflict;
    bn_server_saved saved;
    bn_id id = disputed(&conflict);
    bn_dot seen[] = {conflict.candidates[0].dot, conflict.candidates[1].dot};
    bn_resolution resolution = {.conflict = conflict.id, .observed = seen, .observed_count = 2,
                                .pick = seen[1], .actor = "chief", .note = ""};
    assert_ok(bn_server_resolve(l.server, &resolution, &saved, &err), err);
    lab_flush(&l);
    lab_edit(a, BN_KIND_CUSTOMER, id, BN_CUSTOMER_name, saved.saved.dot, "Wang Wu");
    assert_ok(bn_server_undo(l.server, conflict.id, "chief", "late", &saved, &err), err);
    assert_int_equal(saved.outcome, BN_OUTCOME_LOST);
    assert_string_equal(lab_value(&l, BN_KIND_CUSTOMER, id, BN_CUSTOMER_name), "Wang Wu");
    finish();
}

static void rules__a_merge_that_breaks_a_rule_is_asked_about(void **state)
{
    (void)state;
    start();
    bn_id customer = lab_customer(a, 1, "Wang");
    bn_id id = lab_id(a, 5);
    bn_op op = lab_op(a, BN_KIND_DOCUMENT, id);
    lab_set(&l, &op, BN_FIELD_EXISTENCE, none, bn_value_int(1));
    lab_set(&l, &op, BN_DOCUMENT_customer, none, bn_value_id(customer));
    lab_write(a, &op);
    assert_true(lab_push(a));
    lab_share(&l, customer, 2);
    bn_op from = lab_op(a, BN_KIND_PROJECT, lab_id(a, 6));
    lab_set(&l, &from, BN_FIELD_EXISTENCE, none, bn_value_int(1));
    lab_set(&l, &from, BN_PROJECT_customer, none, bn_value_id(customer));
    lab_set(&l, &from, BN_PROJECT_starts, none, bn_value_int(20260601));
    lab_write(a, &from);
    assert_true(lab_push(a));
    lab_flush(&l);
    bn_op until = lab_op(b, BN_KIND_PROJECT, lab_id(a, 6));
    lab_set(&l, &until, BN_PROJECT_ends, none, bn_value_int(20260101));
    bn_dot dot = lab_write(b, &until);
    assert_true(lab_push(b));
    assert_int_equal(lab_outcome(b, dot), BN_OUTCOME_CONFLICT);
    bn_record record = lab_record(&l, BN_KIND_PROJECT, lab_id(a, 6));
    assert_true(bn_value_is_nil(bn_record_value(&record, BN_PROJECT_ends)));
    finish();
}

static void erase__takes_every_value_everywhere_and_its_conflicts(void **state)
{
    (void)state;
    bn_err err = {0};
    bn_conflict conflict;
    bn_server_saved saved;
    bn_id id = disputed(&conflict);
    bn_draft draft = {.type = BN_OP_ERASE, .kind = BN_KIND_CUSTOMER, .id = id,
                      .actor = BN_SLICE("chief"), .as_shown = true};
    assert_ok(bn_server_save(l.server, &draft, 1, &saved, &err), err);
    bn_record record = lab_record(&l, BN_KIND_CUSTOMER, id);
    assert_int_equal(record.cells_count, 1);
    assert_int_equal(lab_conflicts(&l, (bn_conflict_state)0, NULL), 0);
    lab_flush(&l);
    bn_kv_txn *txn = NULL;
    assert_ok(bn_kv_begin(b->kv, BN_KV_READ, &txn, &err), err);
    assert_ok(bn_records_get(txn, BN_KIND_CUSTOMER, id, &l.arena, &record, &err), err);
    bn_kv_abort(&txn);
    assert_int_equal(record.cells_count, 1);
    assert_false(bn_record_exists(&record));
    lab_assert_verified(&l);
    lab_close(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(human__asks_in_both_orders_with_the_same_candidates),
        cmocka_unit_test(edit_wins__the_record_exists_in_both_orders),
        cmocka_unit_test(removal_wins__the_record_is_removed_in_both_orders),
        cmocka_unit_test(resolve__closes_only_when_every_candidate_was_seen),
        cmocka_unit_test(resolve__a_branch_may_type_a_value),
        cmocka_unit_test(undo__puts_back_what_was_in_force_by_a_new_write),
        cmocka_unit_test(undo__is_lost_when_the_field_was_changed_since),
        cmocka_unit_test(erase__takes_every_value_everywhere_and_its_conflicts),
        cmocka_unit_test(rules__a_merge_that_breaks_a_rule_is_asked_about),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
