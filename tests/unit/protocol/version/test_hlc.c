/* test_hlc.c - the clock goes forward, and not far ahead of the wall.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "property.h"
#include "unit/unit.h"

#include <banyan/base/limits.h>
#include <banyan/protocol/version.h>

static const bn_hlc zero = {0};

static void hlc__follows_the_wall_when_nothing_is_ahead(void **state)
{
    (void)state;
    bn_hlc stamp = bn_hlc_tick(bn_hlc_make(1000, 7), bn_hlc_make(900, 3), 2000);
    assert_int_equal(bn_hlc_ms(stamp), 2000);
    assert_int_equal(bn_hlc_counter(stamp), 0);
}

static void hlc__counts_on_when_the_wall_stands_still_or_goes_back(void **state)
{
    (void)state;
    bn_hlc last = bn_hlc_tick(zero, zero, 5000);
    for (uint64_t i = 1; i <= 10; i++) {
        bn_hlc next = bn_hlc_tick(last, zero, 5000 - i * 100);
        assert_int_equal(bn_hlc_ms(next), 5000);
        assert_int_equal(bn_hlc_counter(next), i);
        last = next;
    }
}

static void hlc__a_full_counter_carries_into_the_milliseconds(void **state)
{
    (void)state;
    bn_hlc next = bn_hlc_tick(bn_hlc_make(5000, 0xffff), zero, 5000);
    assert_int_equal(bn_hlc_ms(next), 5001);
    assert_int_equal(bn_hlc_counter(next), 0);
}

static void hlc__what_was_seen_leads_by_a_minute_at_most(void **state)
{
    (void)state;
    const uint64_t hostile[] = {UINT64_MAX, UINT64_MAX - 1, bn_hlc_make(9223372036, 1).value};
    for (size_t i = 0; i < 3; i++) {
        bn_hlc stamp = bn_hlc_tick(zero, (bn_hlc){hostile[i]}, 5000);
        assert_int_equal(bn_hlc_ms(stamp), 5000 + BN_CLOCK_AHEAD_MAX_MS);
    }
    assert_true(
        bn_hlc_compare(bn_hlc_tick(zero, bn_hlc_make(6000, 4), 5000), bn_hlc_make(6000, 5)) == 0);
}

static void hlc__clamp_keeps_order_and_bounds(void **state)
{
    (void)state;
    property p = property_begin("clamp", 20000);
    for (unsigned i = 0; i < p.cases; i++) {
        uint64_t wall = property_next(&p) >> property_below(&p, 64);
        uint64_t base_ms = wall & ((UINT64_C(1) << 48) - 1);
        bn_hlc a = {(base_ms << 16) + (property_next(&p) >> (20 + property_below(&p, 40)))};
        bn_hlc b = {property_next(&p) >> property_below(&p, 64)};
        bn_hlc ca = bn_hlc_clamp(a, wall);
        bn_hlc cb = bn_hlc_clamp(b, wall);
        assert_true(bn_hlc_compare(ca, a) <= 0 && bn_hlc_compare(cb, b) <= 0);
        assert_true(wall > UINT64_MAX / 2 || bn_hlc_ms(ca) <= wall + BN_CLOCK_AHEAD_MAX_MS);
        assert_true(bn_hlc_compare(a, b) > 0 || bn_hlc_compare(ca, cb) <= 0);
        assert_true(bn_hlc_compare(bn_hlc_clamp(ca, wall), ca) == 0);
        if (bn_hlc_ms(a) < base_ms + BN_CLOCK_AHEAD_MAX_MS && wall == base_ms) {
            assert_true(bn_hlc_compare(ca, a) == 0);
        }
    }
}

static void hlc__stamps_of_a_node_rise_strictly_and_above_what_it_saw(void **state)
{
    (void)state;
    property p = property_begin("tick", 20000);
    bn_hlc last = zero;
    uint64_t wall = 1000000;
    for (unsigned i = 0; i < p.cases; i++) {
        wall = wall + property_below(&p, 2000) - 990; /* jumps back as often as on */
        bn_hlc seen = bn_hlc_make(wall + property_below(&p, 2 * BN_CLOCK_AHEAD_MAX_MS) -
                                      property_below(&p, 1000),
                                  (uint32_t)property_below(&p, 0x10000));
        bn_hlc stamp = bn_hlc_tick(last, seen, wall);
        assert_true(bn_hlc_compare(stamp, last) > 0);
        assert_true(bn_hlc_compare(stamp, bn_hlc_make(wall, 0)) >= 0);
        if (bn_hlc_ms(seen) < wall + BN_CLOCK_AHEAD_MAX_MS) {
            assert_true(bn_hlc_compare(stamp, seen) > 0);
        }
        if (bn_hlc_ms(last) <= wall + BN_CLOCK_AHEAD_MAX_MS - 1) {
            assert_true(bn_hlc_ms(stamp) <= wall + BN_CLOCK_AHEAD_MAX_MS);
        }
        last = stamp;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hlc__follows_the_wall_when_nothing_is_ahead),
        cmocka_unit_test(hlc__counts_on_when_the_wall_stands_still_or_goes_back),
        cmocka_unit_test(hlc__a_full_counter_carries_into_the_milliseconds),
        cmocka_unit_test(hlc__what_was_seen_leads_by_a_minute_at_most),
        cmocka_unit_test(hlc__clamp_keeps_order_and_bounds),
        cmocka_unit_test(hlc__stamps_of_a_node_rise_strictly_and_above_what_it_saw),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
