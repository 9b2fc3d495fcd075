/* test_decision.c - decisions: bytes, bounds, meaning.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "golden_unit.h"
#include "property.h"

#include <banyan/base/check.h>
#include <banyan/protocol/match/decision.h>

static bn_ruling_member member(unsigned n, uint16_t group)
{
    return (bn_ruling_member){.id = gold_id(1, 0, n), .evidence = n * 7, .group = group};
}

static void decision__survives_its_bytes(void **state)
{
    (void)state;
    bn_arena arena;
    bn_err err = {0};
    bn_arena_init(&arena, 1 << 20);
    property p = property_begin("decision codec", 2000);
    for (unsigned i = 0; i < p.cases; i++) {
        bn_arena_reset(&arena);
        bn_ruling_member members[BN_RULING_MEMBERS_MAX];
        bn_dot replaces[4];
        bn_value values[2] = {bn_value_text(BN_SLICE("x")), bn_value_int(-5)};
        bn_ruling ruling = {.type = (bn_ruling_type)(1 + property_below(&p, 7)),
                            .members = members, .replaces = replaces, .values = values,
                            .members_count = property_below(&p, BN_RULING_MEMBERS_MAX + 1),
                            .replaces_count = property_below(&p, 5),
                            .values_count = property_below(&p, 3),
                            .unit = (uint16_t)property_below(&p, 65536)};
        for (size_t j = 0; j < ruling.members_count; j++) {
            members[j] = member((unsigned)j, (uint16_t)property_below(&p, 3));
            members[j].evidence = property_next(&p);
        }
        for (size_t j = 0; j < ruling.replaces_count; j++) {
            replaces[j] = (bn_dot){(uint32_t)j, 1 + property_below(&p, 99)};
        }
        bn_buf bytes;
        bn_buf again;
        bn_buf_init(&bytes, BN_RULING_BYTES_MAX);
        bn_buf_init(&again, BN_RULING_BYTES_MAX);
        bn_ruling_encode(&ruling, &bytes);
        assert_int_equal(bn_buf_status(&bytes), BN_OK);
        bn_ruling back;
        assert_ok(bn_ruling_decode(bn_buf_slice(&bytes), &arena, &back, &err), err);
        bn_ruling_encode(&back, &again);
        assert_true(bn_slice_equal(bn_buf_slice(&bytes), bn_buf_slice(&again)));
        /* Any byte cut off the end is missed. */
        bn_slice cut = bn_slice_make(bytes.data, property_below(&p, bytes.len));
        assert_int_not_equal(bn_ruling_decode(cut, &arena, &back, NULL), BN_OK);
        bn_buf_fini(&bytes);
        bn_buf_fini(&again);
    }
    bn_arena_fini(&arena);
}

static void decision__refuses_members_out_of_order(void **state)
{
    (void)state;
    bn_ruling_member members[] = {member(2, 0), member(1, 0)};
    bn_ruling ruling = {.type = BN_RULING_SAME, .members = members, .members_count = 2};
    bn_buf bytes;
    bn_buf_init(&bytes, BN_RULING_BYTES_MAX);
    bn_ruling_encode(&ruling, &bytes);
    assert_int_equal(bn_buf_status(&bytes), BN_E_LIMIT);
    bn_buf_fini(&bytes);
    bn_ruling_sort(&ruling);
    bn_err err = {0};
    assert_ok(bn_ruling_validate(&ruling, &err), err);
}

static void decision__makes_sense_or_is_refused(void **state)
{
    (void)state;
    bn_ruling_member two[] = {member(1, 0), member(2, 0)};
    bn_ruling_member twice[] = {member(1, 0), member(1, 0)};
    bn_ruling_member parted[] = {member(1, 1), member(2, 2)};
    bn_ruling_member gap[] = {member(1, 1), member(2, 3)};
    bn_ruling_member together[] = {member(1, 1), member(2, 1)};
    bn_dot dot = {3, 4};
    bn_value value = bn_value_text(BN_SLICE("Li"));
    const struct {
        const char *what;
        bn_ruling ruling;
        bool is_good;
    } cases[] = {
        {"same", {.type = BN_RULING_SAME, .members = two, .members_count = 2}, true},
        {"same of one", {.type = BN_RULING_SAME, .members = two, .members_count = 1}, false},
        {"one twice", {.type = BN_RULING_SAME, .members = twice, .members_count = 2}, false},
        {"groups in same", {.type = BN_RULING_SAME, .members = parted, .members_count = 2}, false},
        {"overrules", {.type = BN_RULING_SAME, .flags = 1, .members = two, .members_count = 2},
         true},
        {"different overrules",
         {.type = BN_RULING_DIFFERENT, .flags = 1, .members = two, .members_count = 2}, false},
        {"split", {.type = BN_RULING_SPLIT, .members = parted, .members_count = 2}, true},
        {"split with a gap", {.type = BN_RULING_SPLIT, .members = gap, .members_count = 2}, false},
        {"split of one group", {.type = BN_RULING_SPLIT, .members = together, .members_count = 2},
         false},
        {"split without groups", {.type = BN_RULING_SPLIT, .members = two, .members_count = 2},
         false},
        {"pin", {.type = BN_RULING_VALUE, .members = two, .members_count = 1,
                 .unit = BN_UNIT_NAME, .values = &value, .values_count = 1}, true},
        {"pin of consent", {.type = BN_RULING_VALUE, .members = two, .members_count = 1,
                            .unit = BN_UNIT_CONSENT}, false},
        {"pin of nothing", {.type = BN_RULING_VALUE, .members = two, .members_count = 1}, false},
        {"value of a same", {.type = BN_RULING_SAME, .members = two, .members_count = 2,
                             .values = &value, .values_count = 1}, false},
        {"retract", {.type = BN_RULING_RETRACT, .replaces = &dot, .replaces_count = 1}, true},
        {"retract nothing", {.type = BN_RULING_RETRACT}, false},
        {"no type", {.type = (bn_ruling_type)0, .members = two, .members_count = 2}, false},
    };
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        bn_rc rc = bn_ruling_validate(&cases[i].ruling, NULL);
        if ((rc == BN_OK) != cases[i].is_good) {
            fail_msg("%s: %s", cases[i].what, bn_rc_text(rc));
        }
    }
}

static void decision__parts_members_of_two_groups_only(void **state)
{
    (void)state;
    bn_ruling_member members[] = {member(1, 1), member(2, 1), member(3, 2)};
    bn_ruling split = {.type = BN_RULING_SPLIT, .members = members, .members_count = 3};
    bn_ruling different = {.type = BN_RULING_DIFFERENT, .members = members, .members_count = 3};
    bn_ruling same = {.type = BN_RULING_SAME, .members = members, .members_count = 3};
    bn_id one = members[0].id;
    bn_id two = members[1].id;
    bn_id three = members[2].id;
    assert_false(bn_ruling_parts(&split, one, two));
    assert_true(bn_ruling_parts(&split, one, three));
    assert_true(bn_ruling_parts(&split, three, two));
    assert_false(bn_ruling_parts(&split, one, gold_id(1, 0, 9)));
    assert_true(bn_ruling_parts(&different, one, two));
    assert_false(bn_ruling_parts(&different, one, one));
    assert_false(bn_ruling_parts(&same, one, three));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decision__survives_its_bytes),
        cmocka_unit_test(decision__refuses_members_out_of_order),
        cmocka_unit_test(decision__makes_sense_or_is_refused),
        cmocka_unit_test(decision__parts_members_of_two_groups_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
