/* test_decide.c - section 4 of docs/sync.md, rule by rule.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "unit/unit.h"

#include "lab.h"

#include <banyan/base/check.h>
#include <banyan/base/limits.h>

static const bn_dot none = {0};

static void start(lab *l, lab_branch **a, lab_branch **b, bn_id *id)
{
    lab_open(l);
    *a = lab_add(l, 1);
    *b = lab_add(l, 2);
    *id = lab_customer(*a, 1, "Wang");
    lab_share(l, *id, 2);
}

static void finish(lab *l)
{
    lab_flush(l);
    for (size_t i = 0; i < LAB_BRANCHES; i++) {
        if (l->branches[i].session != 0) {
            lab_assert_same(&l->branches[i]);
        }
    }
    lab_assert_verified(l);
    lab_close(l);
}

static lab l;
static lab_branch *a, *b;
static bn_id id;

static void causal__a_later_edit_is_applied_as_sent(void **state)
{
    (void)state;
    start(&l, &a, &b, &id);
    bn_dot seen = lab_dot(&l, BN_KIND_CUSTOMER, id, BN_CUSTOMER_name);
    bn_dot dot = lab_edit(b, BN_KIND_CUSTOMER, id, BN_CUSTOMER_name, seen, "Wang Li");
    assert_int_equal(lab_outcome(b, dot), BN_OUTCOME_APPLIED);
    assert_string_equal(lab_value(&l, BN_KIND_CUSTOMER, id, BN_CUSTOMER_name), "Wang Li");
    assert_int_equal(lab_conflicts(&l, (bn_conflict_state)0, NULL), 0);
    finish(&l);
}

static void human__concurrent_edits_ask_with_both_authors(void **state)
{
    (void)state;
    bn_conflict conflict;
    start(&l, &a, &b, &id);
    bn_dot seen = lab_dot(&l, BN_KIND_CUSTOMER, id, BN_CUSTOMER_name);
    bn_dot first = lab_edit(a, BN_KIND_CUSTOMER, id, BN_CUSTOMER_name, seen, "Wang Yi");
    bn_dot second = lab_edit(b, BN_KIND_CUSTOMER, id, BN_CUSTOMER_name, seen, "Wang Er");
    assert_int_equal(lab_outcome(b, second), BN_OUTCOME_CONFLICT);
    assert_string_equal(lab_value(&l, BN_KIND_CUSTOMER, id, BN_CUSTOMER_name), "Wang Yi");
    assert_int_equal(lab_conflicts(&l, BN_CONFLICT_OPEN, &conflict), 1);
    assert_int_equal(conflict.candidates_count, 2);
    assert_true(bn_dot_equal(conflict.candidates[0].dot, first));
    assert_true(bn_slice_is(conflict.candidates[0].actor, "user1"));
    assert_true(bn_dot_equal(conflict.candidates[1].dot, second));
    assert_true(bn_slice_is(conflict.candidates[1].actor, "user2"));
    assert_true(bn_dot_equal(conflict.base, seen));
    assert_true(conflict.due_ms > conflict.opened_ms);
    finish(&l);
}

static void equal__concurrent_equal_values_are_no_conflict(void **state)
{
    (void)state;
    start(&l, &a, &b, &id);
    bn_dot seen = lab_dot(&l, BN_KIND_CUSTOMER, id, BN_CUSTOMER_name);
    lab_edit(a, BN_KIND_CUSTOMER, id, BN_CUSTOMER_name, seen, "Wang Yi");
    bn_dot second = lab_edit(b, BN_KIND_CUSTOMER, id, BN_CUSTOMER_name, seen, "Wang Yi");
    assert_int_equal(lab_outcome(b, second), BN_OUTCOME_SAME);
    assert_int_equal(lab_conflicts(&l, (bn_conflict_state)0, NULL), 0);
    finish(&l);
}

static void fields__concurrent_edits_of_different_fields_both_stay(void **state)
{
    (void)state;
    start(&l, &a, &b, &id);
    lab_edit(a, BN_KIND_CUSTOMER, id, BN_CUSTOMER_mobile, none, "13800138000");
    bn_dot second = lab_edit(b, BN_KIND_CUSTOMER, id, BN_CUSTOMER_email, none, "w@example.com");
    assert_int_equal(lab_outcome(b, second), BN_OUTCOME_APPLIED);
    assert_string_equal(lab_value(&l, BN_KIND_CUSTOMER, id, BN_CUSTOMER_mobile), "13800138000");
    assert_string_equal(lab_value(&l, BN_KIND_CUSTOMER, id, BN_CUSTOMER_email), "w@example.com");
    assert_int_equal(lab_conflicts(&l, (bn_conflict_state)0, NULL), 0);
    finish(&l);
}

/* Both branches write `field` on the same base; the first to arrive is A when a_first. */
static const char *both_orders(uint16_t field, bool a_first, const char *of_a, const char *of_b,
                               int later_ms)
{
    start(&l, &a, &b, &id);
    bn_op op_a = lab_op(a, BN_KIND_CUSTOMER, id);
    lab_set(&l, &op_a, field, none, lab_text(of_a));
    bn_op op_b = lab_op(b, BN_KIND_CUSTOMER, id);
    op_b.hlc = bn_hlc_make(bn_hlc_ms(op_a.hlc) + (uint64_t)later_ms, 0);
    lab_set(&l, &op_b, field, none, lab_text(of_b));
    lab_write(a, &op_a);
    lab_write(b, &op_b);
    assert_true(lab_push(a_first ? a : b));
    assert_true(lab_push(a_first ? b : a));
    return lab_value(&l, BN_KIND_CUSTOMER, id, field);
}

static void lww__the_later_clock_wins_in_both_orders(void **state)
{
    (void)state;
    for (int a_first = 0; a_first < 2; a_first++) {
        bn_conflict conflict;
        assert_string_equal(both_orders(BN_CUSTOMER_occupation, a_first == 1, "baker", "smith", 9),
                            "smith");
        assert_int_equal(lab_conflicts(&l, BN_CONFLICT_AUTO, &conflict), 1);
        assert_int_equal(conflict.candidates_count, 2);
        finish(&l);
    }
}

static void owner__the_home_branch_wins_in_both_orders(void **state)
{
    (void)state;
    for (int a_first = 0; a_first < 2; a_first++) {
        assert_string_equal(both_orders(BN_CUSTOMER_manager, a_first == 1, "ma", "mb", 9), "ma");
        finish(&l);
    }
}

static void first__what_came_first_stays(void **state)
{
    (void)state;
    assert_string_equal(both_orders(BN_CUSTOMER_source, true, "walk-in", "phone", 9), "walk-in");
    assert_int_equal(lab_conflicts(&l, BN_CONFLICT_AUTO, NULL), 1);
    finish(&l);
    assert_string_equal(both_orders(BN_CUSTOMER_source, false, "walk-in", "phone", 9), "phone");
    finish(&l);
}

static void max_min__values_commute(void **state)
{
    (void)state;
    for (int a_first = 0; a_first < 2; a_first++) {
        start(&l, &a, &b, &id);
        bn_op op_a = lab_op(a, BN_KIND_CUSTOMER, id);
        lab_set(&l, &op_a, BN_CUSTOMER_risk, none, bn_value_int(3));
        lab_set(&l, &op_a, BN_CUSTOMER_consent, none, bn_value_int(0));
        bn_op op_b = lab_op(b, BN_KIND_CUSTOMER, id);
        lab_set(&l, &op_b, BN_CUSTOMER_risk, none, bn_value_int(5));
        lab_set(&l, &op_b, BN_CUSTOMER_consent, none, bn_value_int(1));
        lab_write(a, &op_a);
        lab_write(b, &op_b);
        assert_true(lab_push(a_first == 1 ? a : b));
        assert_true(lab_push(a_first == 1 ? b : a));
        bn_record record = lab_record(&l, BN_KIND_CUSTOMER, id);
        assert_int_equal(bn_record_value(&record, BN_CUSTOMER_risk).integer, 5);
        assert_int_equal(bn_record_value(&record, BN_CUSTOMER_consent).integer, 0);
        assert_int_equal(lab_conflicts(&l, (bn_conflict_state)0, NULL), 0);
        finish(&l);
    }
}

static void multi__sets_lines_and_counters_keep_everything(void **state)
{
    (void)state;
    start(&l, &a, &b, &id);
    lab_branch *both[] = {a, b};
    for (int i = 0; i < 2; i++) {
        bn_op op = lab_op(both[i], BN_KIND_CUSTOMER, id);
        lab_change(&l, &op, BN_VERB_ADD, BN_CUSTOMER_tags, none, lab_text(i == 0 ? "vip" : "vap"));
        lab_change(&l, &op, BN_VERB_ADD, BN_CUSTOMER_remarks, none, lab_text("called"));
        lab_change(&l, &op, BN_VERB_ADD, BN_CUSTOMER_contacts, none, bn_value_int(2));
        bn_dot dot = lab_write(both[i], &op);
        assert_true(lab_push(both[i]));
        assert_int_equal(lab_outcome(both[i], dot), BN_OUTCOME_APPLIED);
    }
    bn_record record = lab_record(&l, BN_KIND_CUSTOMER, id);
    size_t count = 0;
    (void)bn_record_items(&record, BN_CUSTOMER_tags, &count);
    assert_int_equal(count, 2);
    (void)bn_record_items(&record, BN_CUSTOMER_remarks, &count);
    assert_int_equal(count, 2);
    assert_int_equal(bn_record_counter(&record, BN_CUSTOMER_contacts), 4);
    finish(&l);
}

static void address(lab *in, bn_op *op, bn_dot base, const char *city, const char *street)
{
    static const uint16_t fields[] = {BN_CUSTOMER_country, BN_CUSTOMER_province, BN_CUSTOMER_city,
                                      BN_CUSTOMER_district, BN_CUSTOMER_street,
                                      BN_CUSTOMER_postcode};
    const char *values[] = {"CN", "Hebei", city, "D", street, "050000"};
    for (size_t i = 0; i < BN_COUNT(fields); i++) {
        lab_set(in, op, fields[i], base, lab_text(values[i]));
    }
}

static void group__is_decided_as_one_and_carries_one_dot(void **state)
{
    (void)state;
    bn_conflict conflict;
    start(&l, &a, &b, &id);
    bn_op op_a = lab_op(a, BN_KIND_CUSTOMER, id);
    address(&l, &op_a, none, "Baoding", "1 North");
    bn_op op_b = lab_op(b, BN_KIND_CUSTOMER, id);
    address(&l, &op_b, none, "Handan", "2 South");
    bn_dot dot_a = lab_write(a, &op_a);
    bn_dot dot_b = lab_write(b, &op_b);
    assert_true(lab_push(a));
    assert_true(lab_push(b));
    assert_int_equal(lab_outcome(b, dot_b), BN_OUTCOME_CONFLICT);
    assert_int_equal(lab_conflicts(&l, BN_CONFLICT_OPEN, &conflict), 1);
    assert_int_equal(conflict.candidates[1].cells_count, 6);
    assert_int_equal(conflict.field, BN_CUSTOMER_country);
    for (uint16_t f = BN_CUSTOMER_country; f <= BN_CUSTOMER_postcode; f++) {
        assert_true(bn_dot_equal(lab_dot(&l, BN_KIND_CUSTOMER, id, f), dot_a));
    }
    finish(&l);
}

static void group__part_of_a_filled_one_is_quarantined(void **state)
{
    (void)state;
    start(&l, &a, &b, &id);
    bn_op op = lab_op(a, BN_KIND_CUSTOMER, id);
    address(&l, &op, none, "Baoding", "1 North");
    bn_dot dot = lab_write(a, &op);
    assert_true(lab_push(a));
    bn_dot part = lab_edit(a, BN_KIND_CUSTOMER, id, BN_CUSTOMER_city, dot, "Handan");
    assert_int_equal(lab_outcome(a, part), BN_OUTCOME_QUARANTINED);
    finish(&l);
}

static void lost_base__an_own_op_not_in_force_is_followed(void **state)
{
    (void)state;
    bn_conflict conflict;
    start(&l, &a, &b, &id);
    bn_dot seen = lab_dot(&l, BN_KIND_CUSTOMER, id, BN_CUSTOMER_name);
    lab_edit(a, BN_KIND_CUSTOMER, id, BN_CUSTOMER_name, seen, "Wang Yi");
    bn_dot b1 = lab_edit(b, BN_KIND_CUSTOMER, id, BN_CUSTOMER_name, seen, "Wang Er");
    bn_dot b2 = lab_edit(b, BN_KIND_CUSTOMER, id, BN_CUSTOMER_name, b1, "Wang San");
    assert_int_equal(lab_outcome(b, b2), BN_OUTCOME_CONFLICT);
    assert_int_equal(lab_conflicts(&l, BN_CONFLICT_OPEN, &conflict), 1);
    assert_int_equal(conflict.candidates_count, 2);
    assert_true(bn_dot_equal(conflict.candidates[1].dot, b2));
    finish(&l);
}

static void blind__is_causal_exactly_up_to_k(void **state)
{
    (void)state;
    start(&l, &a, &b, &id);
    bn_op late = lab_op(b, BN_KIND_CUSTOMER, id);
    late.flags = BN_OP_FLAG_BLIND;
    lab_set(&l, &late, BN_CUSTOMER_name, none, lab_text("Import"));
    bn_dot seen = lab_dot(&l, BN_KIND_CUSTOMER, id, BN_CUSTOMER_name);
    lab_edit(a, BN_KIND_CUSTOMER, id, BN_CUSTOMER_name, seen, "Wang Yi");
    bn_dot before = lab_write(b, &late);
    assert_true(lab_push(b));
    assert_int_equal(lab_outcome(b, before), BN_OUTCOME_CONFLICT);
    bn_op fresh = lab_op(b, BN_KIND_CUSTOMER, id);
    fresh.flags = BN_OP_FLAG_BLIND;
    lab_set(&l, &fresh, BN_CUSTOMER_occupation, none, lab_text("cook"));
    bn_dot after = lab_write(b, &fresh);
    assert_true(lab_push(b));
    assert_int_equal(lab_outcome(b, after), BN_OUTCOME_APPLIED);
    finish(&l);
}

static void form_open__the_base_is_what_was_seen_not_what_is_there(void **state)
{
    (void)state;
    start(&l, &a, &b, &id);
    bn_dot seen = lab_dot(&l, BN_KIND_CUSTOMER, id, BN_CUSTOMER_name);
    lab_edit(a, BN_KIND_CUSTOMER, id, BN_CUSTOMER_name, seen, "Wang Yi");
    lab_flush(&l); /* b has received it, but its form was opened before */
    bn_dot dot = lab_edit(b, BN_KIND_CUSTOMER, id, BN_CUSTOMER_name, seen, "Wang Er");
    assert_int_equal(lab_outcome(b, dot), BN_OUTCOME_CONFLICT);
    finish(&l);
}

static void supersede__a_write_that_saw_every_candidate_closes_the_conflict(void **state)
{
    (void)state;
    start(&l, &a, &b, &id);
    bn_dot seen = lab_dot(&l, BN_KIND_CUSTOMER, id, BN_CUSTOMER_name);
    bn_op unseen = lab_op(a, BN_KIND_CUSTOMER, id);
    bn_dot a1 = lab_edit(a, BN_KIND_CUSTOMER, id, BN_CUSTOMER_name, seen, "Wang Yi");
    bn_dot b1 = lab_edit(b, BN_KIND_CUSTOMER, id, BN_CUSTOMER_name, seen, "Wang Er");
    assert_int_equal(lab_outcome(b, b1), BN_OUTCOME_CONFLICT);
    lab_set(&l, &unseen, BN_CUSTOMER_name, a1, lab_text("Wang San")); /* K before b1 */
    bn_dot joined = lab_write(a, &unseen);
    assert_true(lab_push(a));
    assert_int_equal(lab_outcome(a, joined), BN_OUTCOME_CONFLICT);
    assert_string_equal(lab_value(&l, BN_KIND_CUSTOMER, id, BN_CUSTOMER_name), "Wang San");
    assert_int_equal(lab_conflicts(&l, BN_CONFLICT_OPEN, NULL), 1);
    bn_dot last = lab_edit(a, BN_KIND_CUSTOMER, id, BN_CUSTOMER_name, joined, "Wang Si");
    assert_int_equal(lab_outcome(a, last), BN_OUTCOME_APPLIED);
    assert_int_equal(lab_conflicts(&l, BN_CONFLICT_OPEN, NULL), 0);
    assert_int_equal(lab_conflicts(&l, BN_CONFLICT_SUPERSEDED, NULL), 1);
    finish(&l);
}

static void clamp__a_clock_in_2262_counts_as_one_minute_ahead(void **state)
{
    (void)state;
    start(&l, &a, &b, &id);
    bn_op op = lab_op(a, BN_KIND_CUSTOMER, id);
    op.hlc = bn_hlc_make(9223372036854ull, 0);
    lab_set(&l, &op, BN_CUSTOMER_occupation, none, lab_text("baker"));
    bn_dot dot = lab_write(a, &op);
    assert_true(lab_push(a));
    assert_int_equal(lab_outcome(a, dot), BN_OUTCOME_APPLIED);
    bn_record record = lab_record(&l, BN_KIND_CUSTOMER, id);
    const bn_cell *cell = bn_record_cell(&record, BN_CUSTOMER_occupation);
    assert_true(bn_hlc_ms(cell->stamp.hlc) <= l.wall_ms + BN_CLOCK_AHEAD_MAX_MS);
    assert_int_equal(a->outcome_effects, 1);
    finish(&l);
}

static void scope__out_of_view_is_quarantined_and_blocks_nothing(void **state)
{
    (void)state;
    start(&l, &a, &b, &id);
    bn_id own = lab_customer(a, 7, "Zhao");
    bn_op op = lab_op(b, BN_KIND_CUSTOMER, own);
    lab_set(&l, &op, BN_CUSTOMER_name, lab_dot(&l, BN_KIND_CUSTOMER, own, BN_CUSTOMER_name),
            lab_text("Not mine"));
    bn_dot bad = lab_write(b, &op);
    bn_dot good = lab_edit(b, BN_KIND_CUSTOMER, id, BN_CUSTOMER_mobile, none, "13800138000");
    assert_int_equal(lab_outcome(b, bad), BN_OUTCOME_QUARANTINED);
    assert_int_equal(lab_outcome(b, good), BN_OUTCOME_APPLIED);
    assert_string_equal(lab_value(&l, BN_KIND_CUSTOMER, own, BN_CUSTOMER_name), "Zhao");
    finish(&l);
}

static void scope__served_by_and_reference_data_are_not_for_other_branches(void **state)
{
    (void)state;
    start(&l, &a, &b, &id);
    bn_op op = lab_op(b, BN_KIND_CUSTOMER, id);
    lab_change(&l, &op, BN_VERB_ADD, BN_CUSTOMER_served_by, none, bn_value_int(1));
    bn_dot shares = lab_write(b, &op);
    bn_op product = lab_op(b, BN_KIND_PRODUCT, lab_id(b, 9));
    lab_set(&l, &product, BN_FIELD_EXISTENCE, none, bn_value_int(1));
    bn_dot reference = lab_write(b, &product);
    assert_true(lab_push(b));
    assert_int_equal(lab_outcome(b, shares), BN_OUTCOME_QUARANTINED);
    assert_int_equal(lab_outcome(b, reference), BN_OUTCOME_QUARANTINED);
    finish(&l);
}

static void held__dependents_follow_once_the_op_is_retried(void **state)
{
    (void)state;
    bn_err err = {0};
    start(&l, &a, &b, &id);
    bn_id note = lab_id(b, 20);
    bn_id customer = lab_customer(a, 8, "Qian");
    bn_op op = lab_op(b, BN_KIND_NOTE, note);
    lab_set(&l, &op, BN_FIELD_EXISTENCE, none, bn_value_int(1));
    lab_set(&l, &op, BN_NOTE_customer, none, bn_value_id(customer));
    lab_set(&l, &op, BN_NOTE_title, none, lab_text("one"));
    bn_dot bad = lab_write(b, &op);
    bn_dot next = lab_edit(b, BN_KIND_NOTE, note, BN_NOTE_title, bad, "two");
    assert_int_equal(lab_outcome(b, bad), BN_OUTCOME_QUARANTINED);
    assert_int_equal(lab_outcome(b, next), BN_OUTCOME_HELD);
    lab_share(&l, customer, 2);
    bn_outcome outcome;
    assert_ok(bn_server_quarantine_retry(l.server, bad, "admin", &outcome, &err), err);
    assert_int_equal(outcome, BN_OUTCOME_APPLIED);
    assert_string_equal(lab_value(&l, BN_KIND_NOTE, note, BN_NOTE_title), "two");
    bn_server_counts counts;
    bn_server_get_counts(l.server, &counts);
    assert_int_equal(counts.quarantined + counts.held, 0);
    finish(&l);
}

static void quarantine__bytes_that_are_no_op_are_kept_and_discarded(void **state)
{
    (void)state;
    bn_err err = {0};
    start(&l, &a, &b, &id);
    bn_dot bad = lab_write_bytes(b, BN_SLICE("\x01garbage"));
    assert_true(lab_push(b));
    assert_int_equal(lab_outcome(b, bad), BN_OUTCOME_QUARANTINED);
    assert_ok(bn_server_quarantine_discard(l.server, bad, "admin", "unreadable", &err), err);
    bn_server_counts counts;
    bn_server_get_counts(l.server, &counts);
    assert_int_equal(counts.quarantined, 0);
    finish(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(causal__a_later_edit_is_applied_as_sent),
        cmocka_unit_test(human__concurrent_edits_ask_with_both_authors),
        cmocka_unit_test(equal__concurrent_equal_values_are_no_conflict),
        cmocka_unit_test(fields__concurrent_edits_of_different_fields_both_stay),
        cmocka_unit_test(lww__the_later_clock_wins_in_both_orders),
        cmocka_unit_test(owner__the_home_branch_wins_in_both_orders),
        cmocka_unit_test(first__what_came_first_stays),
        cmocka_unit_test(max_min__values_commute),
        cmocka_unit_test(multi__sets_lines_and_counters_keep_everything),
        cmocka_unit_test(group__is_decided_as_one_and_carries_one_dot),
        cmocka_unit_test(group__part_of_a_filled_one_is_quarantined),
        cmocka_unit_test(lost_base__an_own_op_not_in_force_is_followed),
        cmocka_unit_test(blind__is_causal_exactly_up_to_k),
        cmocka_unit_test(form_open__the_base_is_what_was_seen_not_what_is_there),
        cmocka_unit_test(supersede__a_write_that_saw_every_candidate_closes_the_conflict),
        cmocka_unit_test(clamp__a_clock_in_2262_counts_as_one_minute_ahead),
        cmocka_unit_test(scope__out_of_view_is_quarantined_and_blocks_nothing),
        cmocka_unit_test(scope__served_by_and_reference_data_are_not_for_other_branches),
        cmocka_unit_test(held__dependents_follow_once_the_op_is_retried),
        cmocka_unit_test(quarantine__bytes_that_are_no_op_are_kept_and_discarded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
