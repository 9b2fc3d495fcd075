/* test_consolidate.c - decisions, removals, crashes and models over a real server.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "town.h"

typedef struct pair {
    town t;
    lab_branch *one;
    lab_branch *two;
} pair;

static void pair_open(pair *p)
{
    town_open(&p->t);
    p->one = lab_add(&p->t.lab, 1);
    p->two = lab_add(&p->t.lab, 2);
}

/* 王小明 is a customer of both branches with everything known. */
static void add_twice(pair *p, bn_id *a, bn_id *b)
{
    *a = town_write_customer(p->one, 1, &town_people[0], 7);
    *b = town_write_customer(p->two, 1, &town_people[0], 7);
    town_push(p->one);
    town_push(p->two);
    town_settle(&p->t);
}

static bn_server_saved decide(town *t, bn_ruling_type type, const bn_id *ids, size_t count,
                              bn_dot replaces)
{
    bn_err err = {0};
    bn_server_saved saved;
    bn_ruling_member members[8] = {0};
    for (size_t i = 0; i < count; i++) {
        members[i] = (bn_ruling_member){.id = ids[i],
                                        .group = type == BN_RULING_SPLIT ? (uint16_t)(i + 1) : 0};
    }
    bn_consolidate_decision decision = {
        .ruling = {.type = type, .members = members, .members_count = count,
                   .replaces = &replaces, .replaces_count = bn_dot_is_none(replaces) ? 0 : 1},
        .actor = "zhou.min", .note = "seen both passports"};
    assert_ok(bn_consolidate_decide(t->c, &decision, &saved, &err), err);
    lab_flush(&t->lab);
    town_settle(t);
    town_assert_verified(t);
    return saved;
}

static bool is_one(town *t, bn_id a, bn_id b)
{
    return bn_id_equal(town_golden(t, a), town_golden(t, b));
}

static void consolidate__makes_one_golden_record_of_two_branches(void **state)
{
    (void)state;
    pair p;
    bn_id a;
    bn_id b;
    bn_err err = {0};
    bn_golden golden;
    pair_open(&p);
    add_twice(&p, &a, &b);
    assert_true(is_one(&p.t, a, b));
    assert_ok(bn_consolidate_golden(p.t.c, b, &p.t.lab.arena, &golden, &err), err);
    assert_int_equal(golden.members_count, 2);
    assert_true(bn_id_equal(golden.anchor, a));
    assert_int_equal(bn_golden_unit(&golden, BN_UNIT_BRANCHES)->options_count, 2);
    assert_int_equal(bn_golden_unit(&golden, BN_UNIT_NAME)->options[0].agreed, 2);
    /* The id the second one would have alone is a redirect. */
    bn_golden other;
    assert_ok(bn_consolidate_golden(p.t.c, bn_golden_id(b), &p.t.lab.arena, &other, &err), err);
    assert_true(bn_id_equal(other.id, golden.id));
    assert_int_equal(bn_consolidate_golden(p.t.c, lab_id(p.one, 77), &p.t.lab.arena, &other, &err),
                     BN_E_NOT_FOUND);
    bn_why_pair why;
    assert_ok(bn_consolidate_explain(p.t.c, a, b, &p.t.lab.arena, &why, &err), err);
    assert_true(why.why == BN_WHY_SAME_IDENTITY || why.why == BN_WHY_SAME_WEIGHT);
    town_assert_verified(&p.t);
    town_close(&p.t);
}

static void consolidate__a_split_holds_against_the_weights_and_its_end_undoes_it(void **state)
{
    (void)state;
    pair p;
    bn_id ids[2];
    bn_err err = {0};
    pair_open(&p);
    add_twice(&p, &ids[0], &ids[1]);
    bn_hash before = town_hash(&p.t);
    bn_server_saved split = decide(&p.t, BN_RULING_SPLIT, ids, 2, (bn_dot){0});
    assert_false(is_one(&p.t, ids[0], ids[1]));
    assert_true(bn_id_equal(town_golden(&p.t, ids[0]), bn_golden_id(ids[0])));
    assert_true(bn_id_equal(town_golden(&p.t, ids[1]), bn_golden_id(ids[1])));
    bn_why_pair why;
    assert_ok(bn_consolidate_explain(p.t.c, ids[0], ids[1], &p.t.lab.arena, &why, &err), err);
    assert_int_equal(why.why, BN_WHY_APART_RULED);
    assert_true(bn_dot_equal(why.ruling, split.saved.dot));
    /* The branch tells everything again under new values: still two. */
    bn_dot seen = {0};
    (void)town_write_set(p.two, BN_KIND_CUSTOMER, ids[1], BN_CUSTOMER_nationality, seen,
                         lab_text("CN"));
    town_push(p.two);
    town_settle(&p.t);
    assert_false(is_one(&p.t, ids[0], ids[1]));
    (void)decide(&p.t, BN_RULING_RETRACT, NULL, 0, split.saved.dot);
    assert_true(is_one(&p.t, ids[0], ids[1]));
    assert_false(bn_hash_equal(before, town_hash(&p.t))); /* the nationality is new */
    town_close(&p.t);
}

static void consolidate__merge_then_unmerge_gives_back_the_hash(void **state)
{
    (void)state;
    pair p;
    bn_id ids[2];
    pair_open(&p);
    ids[0] = town_write_customer(p.one, 1, &town_people[0], 7);
    ids[1] = town_write_customer(p.two, 1, &town_people[2], 3);
    town_push(p.one);
    town_push(p.two);
    town_settle(&p.t);
    bn_hash before = town_hash(&p.t);
    assert_false(is_one(&p.t, ids[0], ids[1]));
    bn_server_saved same = decide(&p.t, BN_RULING_SAME, ids, 2, (bn_dot){0});
    assert_true(is_one(&p.t, ids[0], ids[1]));
    assert_false(bn_hash_equal(before, town_hash(&p.t)));
    (void)decide(&p.t, BN_RULING_DIFFERENT, ids, 2, same.saved.dot);
    assert_false(is_one(&p.t, ids[0], ids[1]));
    assert_true(bn_hash_equal(before, town_hash(&p.t)));
    town_close(&p.t);
}

static void consolidate__a_removal_undone_gives_back_the_hash(void **state)
{
    (void)state;
    pair p;
    bn_id a;
    bn_id b;
    bn_err err = {0};
    bn_golden golden;
    pair_open(&p);
    add_twice(&p, &a, &b);
    bn_hash before = town_hash(&p.t);
    bn_dot seen = lab_dot(&p.t.lab, BN_KIND_CUSTOMER, a, BN_FIELD_EXISTENCE);
    seen = town_write_set(p.one, BN_KIND_CUSTOMER, a, BN_FIELD_EXISTENCE, seen, bn_value_int(0));
    town_push(p.one);
    town_settle(&p.t);
    town_assert_verified(&p.t);
    assert_true(bn_id_equal(town_golden(&p.t, b), bn_golden_id(b)));
    assert_int_equal(bn_consolidate_golden(p.t.c, bn_golden_id(a), &p.t.lab.arena, &golden, &err),
                     BN_E_STALE);
    (void)town_write_set(p.one, BN_KIND_CUSTOMER, a, BN_FIELD_EXISTENCE, seen, bn_value_int(1));
    town_push(p.one);
    town_settle(&p.t);
    town_assert_verified(&p.t);
    assert_true(bn_hash_equal(before, town_hash(&p.t)));
    town_close(&p.t);
}

static void consolidate__a_question_goes_when_it_is_answered_and_stays_gone(void **state)
{
    (void)state;
    pair p;
    bn_id ids[2];
    bn_question task = {0};
    pair_open(&p);
    /* One name, birth dates that differ in a digit, nothing else: asked, not merged. */
    town_person other = town_people[2];
    other.born++;
    ids[0] = town_write_customer(p.one, 1, &town_people[2], 1);
    ids[1] = town_write_customer(p.two, 1, &other, 1);
    town_push(p.one);
    town_push(p.two);
    town_settle(&p.t);
    assert_false(is_one(&p.t, ids[0], ids[1]));
    assert_int_equal(town_tasks(&p.t, 0, &task), 1);
    bn_id id = task.id;
    (void)decide(&p.t, BN_RULING_LATER, ids, 2, (bn_dot){0});
    assert_int_equal(town_tasks(&p.t, 0, &task), 1);
    assert_true(bn_id_equal(task.id, id));
    assert_true(task.is_later);
    bn_server_saved different = decide(&p.t, BN_RULING_DIFFERENT, ids, 2, (bn_dot){0});
    assert_int_equal(town_tasks(&p.t, 0, NULL), 0);
    (void)town_write_set(p.one, BN_KIND_CUSTOMER, ids[0], BN_CUSTOMER_occupation, (bn_dot){0},
                         lab_text("teacher"));
    town_push(p.one);
    town_settle(&p.t);
    assert_int_equal(town_tasks(&p.t, 0, NULL), 0);
    /* What was seen changes: the decision holds and asks to be confirmed. */
    bn_dot seen = lab_dot(&p.t.lab, BN_KIND_CUSTOMER, ids[1], BN_CUSTOMER_name);
    (void)town_write_set(p.two, BN_KIND_CUSTOMER, ids[1], BN_CUSTOMER_name, seen,
                         lab_text("Mary Jones"));
    town_push(p.two);
    town_settle(&p.t);
    town_assert_verified(&p.t);
    assert_false(is_one(&p.t, ids[0], ids[1]));
    assert_int_equal(town_tasks(&p.t, BN_QUESTION_STALE, &task), 1);
    assert_true(bn_dot_equal(task.ruling, different.saved.dot));
    (void)decide(&p.t, BN_RULING_RELEASE, ids, 2, (bn_dot){0});
    assert_int_equal(town_tasks(&p.t, BN_QUESTION_STALE, NULL), 0);
    town_close(&p.t);
}

static void consolidate__a_pinned_value_follows_its_record_through_merges(void **state)
{
    (void)state;
    pair p;
    bn_id ids[2];
    bn_err err = {0};
    bn_golden golden;
    bn_server_saved saved;
    pair_open(&p);
    add_twice(&p, &ids[0], &ids[1]);
    bn_value typed = lab_text("王小明先生");
    bn_ruling_member member = {.id = ids[1]};
    bn_consolidate_decision pin = {.ruling = {.type = BN_RULING_VALUE, .members = &member,
                                              .members_count = 1, .unit = BN_UNIT_NAME,
                                              .values = &typed, .values_count = 1},
                                   .actor = "zhou.min", .note = ""};
    assert_ok(bn_consolidate_decide(p.t.c, &pin, &saved, &err), err);
    town_settle(&p.t);
    town_assert_verified(&p.t);
    assert_ok(bn_consolidate_golden(p.t.c, ids[0], &p.t.lab.arena, &golden, &err), err);
    const bn_survivors *name = bn_golden_unit(&golden, BN_UNIT_NAME);
    assert_int_equal(name->decided, BN_CRITERION_PIN);
    assert_true(bn_slice_is(name->options[0].values[0].text, "王小明先生"));
    (void)decide(&p.t, BN_RULING_SPLIT, ids, 2, (bn_dot){0});
    assert_ok(bn_consolidate_golden(p.t.c, ids[0], &p.t.lab.arena, &golden, &err), err);
    assert_int_equal(bn_golden_unit(&golden, BN_UNIT_NAME)->decided, BN_CRITERION_ONLY);
    assert_ok(bn_consolidate_golden(p.t.c, ids[1], &p.t.lab.arena, &golden, &err), err);
    assert_int_equal(bn_golden_unit(&golden, BN_UNIT_NAME)->decided, BN_CRITERION_PIN);
    town_close(&p.t);
}

static size_t count_events(town *t, bn_id golden, bn_golden_change *last)
{
    bn_golden_event event = {0};
    size_t count = 0;
    size_t members = 0;
    while (bn_consolidate_event_next(t->c, golden, event.cseq, event.n, &t->lab.arena, &event,
                                     NULL) == BN_OK) {
        *last = event.change;
        count++;
        assert_int_equal(event.before_count, members);
        members = event.after_count;
    }
    return count;
}

static void consolidate__history_tells_merges_and_splits_and_nothing_else(void **state)
{
    (void)state;
    pair p;
    bn_id ids[2];
    bn_golden_change last = BN_GOLDEN_MIXED;
    pair_open(&p);
    ids[0] = town_write_customer(p.one, 1, &town_people[0], 7);
    town_push(p.one);
    town_settle(&p.t);
    ids[1] = town_write_customer(p.two, 1, &town_people[0], 7);
    town_push(p.two);
    town_settle(&p.t);
    bn_id golden = town_golden(&p.t, ids[0]);
    size_t events = count_events(&p.t, golden, &last);
    assert_int_equal(last, BN_GOLDEN_JOINED);
    /* The same ops once more, and slices over nothing. */
    p.one->committed = 0;
    assert_true(lab_push_range(p.one, 1, p.one->oseq));
    town_settle(&p.t);
    assert_int_equal(count_events(&p.t, golden, &last), events);
    (void)decide(&p.t, BN_RULING_SPLIT, ids, 2, (bn_dot){0});
    assert_int_equal(count_events(&p.t, golden, &last), events + 1);
    assert_int_equal(last, BN_GOLDEN_PARTED);
    assert_int_equal(count_events(&p.t, bn_golden_id(ids[1]), &last), 1);
    assert_int_equal(last, BN_GOLDEN_MADE);
    town_close(&p.t);
}

/* --- branches --------------------------------------------------------------------------------- */
static bn_dot branch_decides(lab_branch *b, bn_ruling_type type, const bn_id *ids, size_t count)
{
    bn_buf body;
    bn_ruling_member members[4] = {0};
    bn_ruling ruling = {.type = type, .members = members, .members_count = count};
    for (size_t i = 0; i < count; i++) {
        members[i].id = ids[i];
    }
    bn_ruling_sort(&ruling);
    bn_buf_init(&body, BN_RULING_BYTES_MAX);
    bn_ruling_encode(&ruling, &body);
    bn_op op = lab_op(b, BN_KIND_CUSTOMER, ids[0]);
    op.type = BN_OP_DECISION;
    op.body = bn_buf_slice(&body);
    bn_dot dot = lab_write(b, &op);
    bn_buf_fini(&body);
    town_push(b);
    town_settle((town *)b->lab);
    return dot;
}

static void consolidate__branches_decide_about_customers_they_hold(void **state)
{
    (void)state;
    pair p;
    bn_id ids[2];
    pair_open(&p);
    add_twice(&p, &ids[0], &ids[1]);
    bn_dot refused = branch_decides(p.one, BN_RULING_DIFFERENT, ids, 2);
    assert_int_equal(lab_outcome(p.one, refused), BN_OUTCOME_QUARANTINED);
    assert_true(is_one(&p.t, ids[0], ids[1]));
    lab_share(&p.t.lab, ids[1], 1);
    bn_dot accepted = branch_decides(p.one, BN_RULING_DIFFERENT, ids, 2);
    assert_int_equal(lab_outcome(p.one, accepted), BN_OUTCOME_APPLIED);
    assert_false(is_one(&p.t, ids[0], ids[1]));
    town_assert_verified(&p.t);
    lab_assert_verified(&p.t.lab);
    lab_assert_same(p.one);
    town_close(&p.t);
}

/* Two decisions that contradict each other, from two branches, in either order. */
static void consolidate__decisions_in_either_order_give_one_result(void **state)
{
    (void)state;
    bn_hash hashes[2];
    for (int order = 0; order < 2; order++) {
        pair p;
        bn_id ids[2];
        pair_open(&p);
        add_twice(&p, &ids[0], &ids[1]);
        lab_share(&p.t.lab, ids[1], 1);
        lab_share(&p.t.lab, ids[0], 2);
        (void)branch_decides(order == 0 ? p.one : p.two,
                             order == 0 ? BN_RULING_SAME : BN_RULING_DIFFERENT, ids, 2);
        (void)branch_decides(order == 0 ? p.two : p.one,
                             order == 0 ? BN_RULING_DIFFERENT : BN_RULING_SAME, ids, 2);
        assert_false(is_one(&p.t, ids[0], ids[1]));
        assert_int_equal(town_tasks(&p.t, BN_QUESTION_CONTRADICTION, NULL), 1);
        town_assert_verified(&p.t);
        bn_golden golden;
        bn_err err = {0};
        bn_buf bytes;
        bn_buf_init(&bytes, BN_GOLDEN_BYTES_MAX);
        assert_ok(bn_consolidate_golden(p.t.c, ids[0], &p.t.lab.arena, &golden, &err), err);
        for (size_t i = 0; i < golden.members_count; i++) {
            bn_buf_append(&bytes, golden.members[i].bytes, BN_ID_BYTES);
        }
        hashes[order] = bn_hash_of(bn_buf_slice(&bytes));
        bn_buf_fini(&bytes);
        town_close(&p.t);
    }
    assert_true(bn_hash_equal(hashes[0], hashes[1]));
}

/* --- crashes and models ----------------------------------------------------------------------- */
typedef struct trap {
    unsigned countdown;
    bn_kv_moment moment;
} trap;

static bn_rc spring(void *context, bn_kv_moment moment)
{
    trap *t = context;
    return moment == t->moment && t->countdown > 0 && --t->countdown == 0 ? BN_E_IO : BN_OK;
}

static void consolidate__a_crash_at_any_commit_loses_and_doubles_nothing(void **state)
{
    (void)state;
    for (unsigned moment = 0; moment < 2; moment++) {
        for (unsigned at = 1; at <= 4; at++) {
            pair p;
            bn_err err = {0};
            pair_open(&p);
            bn_id a = town_write_customer(p.one, 1, &town_people[0], 7);
            (void)town_write_customer(p.one, 2, &town_people[1], 3);
            bn_id b = town_write_customer(p.two, 1, &town_people[0], 7);
            (void)town_write_customer(p.two, 2, &town_people[1], 3);
            town_push(p.one);
            town_push(p.two);
            trap t = {.countdown = at, .moment = (bn_kv_moment)moment};
            bn_kv_set_hook(p.t.lab.kv, spring, &t);
            bn_rc rc = BN_OK;
            while (rc == BN_OK && bn_consolidate_behind(p.t.c) > 0) {
                rc = bn_consolidate_slice(p.t.c, 1, &err);
            }
            assert_int_equal(rc, BN_E_IO);
            bn_consolidate_close(&p.t.c);
            lab_reopen(&p.t.lab);
            assert_ok(bn_consolidate_open(p.t.lab.server, p.t.lab.kv, &p.t.c, &err), err);
            town_settle(&p.t);
            town_assert_verified(&p.t);
            assert_true(is_one(&p.t, a, b));
            bn_golden_change last;
            assert_in_range(count_events(&p.t, town_golden(&p.t, a), &last), 1, 2);
            town_close(&p.t);
        }
    }
}

static void consolidate__another_model_is_tried_first_and_can_be_taken_back(void **state)
{
    (void)state;
    pair p;
    bn_id a;
    bn_id b;
    bn_err err = {0};
    bn_epoch *strict = NULL;
    bn_epoch *usual = NULL;
    bn_epoch_difference difference;
    pair_open(&p);
    add_twice(&p, &a, &b);
    /* Without a number in common, in a bank of a billion: too weak. */
    bn_id c = town_write_customer(p.one, 5, &town_people[2], 1);
    bn_id d = town_write_customer(p.two, 5, &town_people[2], 1);
    town_push(p.one);
    town_push(p.two);
    town_settle(&p.t);
    bool was_one = is_one(&p.t, c, d);
    bn_hash before = town_hash(&p.t);
    assert_int_equal(bn_epoch_create_default(4000000000, &strict), BN_OK);
    assert_int_equal(bn_epoch_create_default(100000, &usual), BN_OK);
    assert_ok(bn_consolidate_dry_run(p.t.c, usual, &difference, &err), err);
    assert_int_equal(difference.moved, 0);
    assert_ok(bn_consolidate_dry_run(p.t.c, strict, &difference, &err), err);
    assert_int_equal(difference.goldens_before, was_one ? 2 : 3);
    assert_true(bn_hash_equal(before, town_hash(&p.t)));
    assert_ok(bn_consolidate_activate(p.t.c, strict, &err), err);
    town_assert_verified(&p.t);
    assert_false(bn_hash_equal(before, town_hash(&p.t)));
    assert_true(is_one(&p.t, a, b));
    assert_ok(bn_consolidate_activate(p.t.c, usual, &err), err);
    town_assert_verified(&p.t);
    assert_true(bn_hash_equal(before, town_hash(&p.t)));
    bn_epoch_destroy(&strict);
    bn_epoch_destroy(&usual);
    town_close(&p.t);
}

int main(void)
{
    bn_err err = {0};
    if (bn_crypto_start(&err) != BN_OK) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(consolidate__makes_one_golden_record_of_two_branches),
        cmocka_unit_test(consolidate__a_split_holds_against_the_weights_and_its_end_undoes_it),
        cmocka_unit_test(consolidate__merge_then_unmerge_gives_back_the_hash),
        cmocka_unit_test(consolidate__a_removal_undone_gives_back_the_hash),
        cmocka_unit_test(consolidate__a_question_goes_when_it_is_answered_and_stays_gone),
        cmocka_unit_test(consolidate__a_pinned_value_follows_its_record_through_merges),
        cmocka_unit_test(consolidate__history_tells_merges_and_splits_and_nothing_else),
        cmocka_unit_test(consolidate__branches_decide_about_customers_they_hold),
        cmocka_unit_test(consolidate__decisions_in_either_order_give_one_result),
        cmocka_unit_test(consolidate__a_crash_at_any_commit_loses_and_doubles_nothing),
        cmocka_unit_test(consolidate__another_model_is_tried_first_and_can_be_taken_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
