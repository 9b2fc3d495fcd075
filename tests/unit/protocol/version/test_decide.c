/* test_decide.c - which concurrent value stays does not depend on the order of arrival.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "property.h"
#include "unit/unit.h"

#include <banyan/base/check.h>
#include <banyan/protocol/version.h>

static const bn_policy symmetric[] = {BN_POLICY_LWW, BN_POLICY_OWNER, BN_POLICY_SERVER,
                                      BN_POLICY_MAX, BN_POLICY_MIN};

/* Few clocks, origins and values, so that ties of every depth come up. */
static bn_contender contender_of(property *p, uint64_t oseq)
{
    bn_contender c = {.stamp = {.dot = {(uint32_t)property_below(p, 3), oseq},
                                .hlc = {property_below(p, 3)},
                                .cseq = 0},
                      .by_owner = property_below(p, 2) == 0,
                      .by_server = property_below(p, 2) == 0};
    uint64_t value = property_below(p, 4);
    c.value = value == 0 ? bn_value_nil() : bn_value_int((int64_t)value);
    return c;
}

static void decide__is_symmetric_where_a_policy_decides_by_itself(void **state)
{
    (void)state;
    property p = property_begin("symmetry", 20000);
    for (unsigned i = 0; i < p.cases; i++) {
        bn_contender a = contender_of(&p, 1);
        bn_contender b = contender_of(&p, 2);
        for (size_t s = 0; s < BN_COUNT(symmetric); s++) {
            bn_verdict one = bn_decide(symmetric[s], &a, &b, false);
            bn_verdict other = bn_decide(symmetric[s], &b, &a, false);
            assert_true(one == BN_VERDICT_TAKE || one == BN_VERDICT_KEEP);
            assert_int_equal(one == BN_VERDICT_TAKE, other == BN_VERDICT_KEEP);
            assert_int_equal(bn_decide(symmetric[s], &a, &b, true), BN_VERDICT_SAME);
        }
    }
}

static size_t winner_of(bn_policy policy, const bn_contender *contenders, const size_t *order,
                        size_t count)
{
    size_t current = order[0];
    for (size_t i = 1; i < count; i++) {
        const bn_contender *incoming = &contenders[order[i]];
        if (bn_decide(policy, &contenders[current], incoming, false) == BN_VERDICT_TAKE) {
            current = order[i];
        }
    }
    return current;
}

/* All orders of `order[at..count)`, by swapping. */
static void check_orders(bn_policy policy, const bn_contender *contenders, size_t *order, size_t at,
                         size_t count, size_t winner)
{
    if (at == count) {
        assert_int_equal(winner_of(policy, contenders, order, count), winner);
        return;
    }
    for (size_t i = at; i < count; i++) {
        size_t kept = order[at];
        order[at] = order[i];
        order[i] = kept;
        check_orders(policy, contenders, order, at + 1, count, winner);
        order[i] = order[at];
        order[at] = kept;
    }
}

static void decide__has_one_winner_in_every_order_of_arrival(void **state)
{
    (void)state;
    property p = property_begin("orders of arrival", 300);
    for (unsigned i = 0; i < p.cases; i++) {
        bn_contender contenders[5];
        size_t count = 3 + (size_t)property_below(&p, 3);
        for (size_t c = 0; c < count; c++) {
            contenders[c] = contender_of(&p, c + 1);
        }
        for (size_t s = 0; s < BN_COUNT(symmetric); s++) {
            size_t order[5] = {0, 1, 2, 3, 4};
            size_t winner = winner_of(symmetric[s], contenders, order, count);
            check_orders(symmetric[s], contenders, order, 0, count, winner);
        }
    }
}

static bn_contender with(uint64_t hlc, uint32_t origin, int64_t value)
{
    return (bn_contender){.stamp = {.dot = {origin, 1}, .hlc = {hlc}},
                          .value = bn_value_int(value)};
}

static void decide__each_policy_does_what_its_name_says(void **state)
{
    (void)state;
    bn_contender old_low = with(10, 1, 5);
    bn_contender new_low = with(20, 2, 5);
    bn_contender new_high = with(20, 3, 9);
    bn_contender empty = with(99, 4, 0);
    empty.value = bn_value_nil();
    bn_contender owners = old_low;
    owners.by_owner = true;
    bn_contender servers = old_low;
    servers.by_server = true;
    const struct {
        bn_policy policy;
        const bn_contender *current;
        const bn_contender *incoming;
        bn_verdict verdict;
    } cases[] = {
        {BN_POLICY_LWW, &old_low, &new_high, BN_VERDICT_TAKE},
        {BN_POLICY_LWW, &new_high, &old_low, BN_VERDICT_KEEP},
        {BN_POLICY_LWW, &new_low, &new_high, BN_VERDICT_KEEP}, /* equal clock: lower origin */
        {BN_POLICY_LWW, &old_low, &empty, BN_VERDICT_TAKE},    /* clearing is a write too */
        {BN_POLICY_OWNER, &new_high, &owners, BN_VERDICT_TAKE},
        {BN_POLICY_OWNER, &old_low, &new_high, BN_VERDICT_TAKE},
        {BN_POLICY_SERVER, &servers, &new_high, BN_VERDICT_KEEP},
        {BN_POLICY_FIRST, &old_low, &new_high, BN_VERDICT_KEEP},
        {BN_POLICY_FIRST, &new_high, &old_low, BN_VERDICT_KEEP},
        {BN_POLICY_MAX, &old_low, &new_high, BN_VERDICT_TAKE},
        {BN_POLICY_MAX, &new_high, &old_low, BN_VERDICT_KEEP},
        {BN_POLICY_MAX, &old_low, &empty, BN_VERDICT_KEEP},
        {BN_POLICY_MIN, &new_high, &old_low, BN_VERDICT_TAKE},
        {BN_POLICY_MIN, &old_low, &empty, BN_VERDICT_KEEP},
        {BN_POLICY_HUMAN, &old_low, &new_high, BN_VERDICT_ASK},
    };
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        assert_int_equal(bn_decide(cases[i].policy, cases[i].current, cases[i].incoming, false),
                         cases[i].verdict);
    }
}

static void decide__policies_have_names_and_leave_records_where_a_value_is_lost(void **state)
{
    (void)state;
    for (int i = BN_POLICY_LWW; i <= BN_POLICY_HUMAN; i++) {
        assert_string_not_equal(bn_policy_name((bn_policy)i), "unknown");
    }
    assert_string_equal(bn_policy_name(BN_POLICY_LWW), "lww");
    assert_true(bn_policy_keeps_record(BN_POLICY_FIRST));
    assert_true(bn_policy_keeps_record(BN_POLICY_SERVER));
    assert_false(bn_policy_keeps_record(BN_POLICY_MAX));
    assert_false(bn_policy_keeps_record(BN_POLICY_SET));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decide__is_symmetric_where_a_policy_decides_by_itself),
        cmocka_unit_test(decide__has_one_winner_in_every_order_of_arrival),
        cmocka_unit_test(decide__each_policy_does_what_its_name_says),
        cmocka_unit_test(decide__policies_have_names_and_leave_records_where_a_value_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
