/* test_relate.c - later edits are told from concurrent ones.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "property.h"
#include "unit/unit.h"

#include <banyan/base/check.h>
#include <banyan/base/limits.h>
#include <banyan/protocol/version.h>

#define OWN 7
#define OPS_MAX 100

/* Own ops by oseq: what each was made from, and whether its write came into force. */
typedef struct fates {
    bn_dot base[OPS_MAX + 1];
    bool is_lost[OPS_MAX + 1];
    unsigned asked;
} fates;

static bn_fate fate_of(void *context, bn_dot dot, uint16_t field, bn_dot *base)
{
    fates *known = context;
    assert_int_equal(dot.origin, OWN);
    assert_int_equal(field, 3);
    known->asked++;
    if (dot.oseq == 0 || dot.oseq > OPS_MAX) {
        return BN_FATE_UNKNOWN;
    }
    if (!known->is_lost[dot.oseq]) {
        return BN_FATE_IN_FORCE;
    }
    *base = known->base[dot.oseq];
    return BN_FATE_NOT_IN_FORCE;
}

static bn_relation_input input_of(fates *known, bn_dot current, bn_dot base)
{
    return (bn_relation_input){.current = {.dot = current, .cseq = 50},
                               .base = base,
                               .origin = OWN,
                               .field = 3,
                               .enter_cseq = UINT64_MAX,
                               .fate_of = fate_of,
                               .context = known};
}

static void relate__a_write_on_what_is_there_is_causal(void **state)
{
    (void)state;
    static const struct {
        bn_dot current;
        bn_dot base;
        bn_relation relation;
    } cases[] = {
        {{0, 0}, {0, 0}, BN_CAUSAL},         /* empty, seen empty */
        {{2, 9}, {2, 9}, BN_CAUSAL},         /* seen as it is */
        {{OWN, 9}, {OWN, 9}, BN_CAUSAL},     /* own, in force */
        {{2, 9}, {0, 0}, BN_CONCURRENT},     /* written, seen empty */
        {{2, 9}, {2, 8}, BN_CONCURRENT},     /* seen before its last change */
        {{2, 9}, {3, 9}, BN_CONCURRENT},     /* another branch's */
        {{2, 9}, {OWN, 1}, BN_CONCURRENT},   /* own in force, replaced since */
        {{2, 9}, {OWN, 101}, BN_CONCURRENT}, /* own nobody knows */
        {{0, 0}, {2, 8}, BN_CONCURRENT},     /* emptied since */
    };
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        fates known = {0};
        bn_dot base = {99, 99};
        bn_relation_input input = input_of(&known, cases[i].current, cases[i].base);
        assert_int_equal(bn_relate(&input, &base), cases[i].relation);
        assert_true(bn_dot_equal(base, cases[i].base));
    }
}

static void relate__an_own_lost_base_is_followed_back(void **state)
{
    (void)state;
    fates known = {0};
    known.is_lost[5] = known.is_lost[4] = true;
    known.base[5] = (bn_dot){OWN, 4};
    known.base[4] = (bn_dot){2, 9};
    bn_dot base;
    bn_relation_input input = input_of(&known, (bn_dot){2, 9}, (bn_dot){OWN, 5});
    assert_int_equal(bn_relate(&input, &base), BN_CAUSAL);
    assert_true(bn_dot_equal(base, (bn_dot){2, 9}));
    input.current.dot = (bn_dot){3, 1};
    assert_int_equal(bn_relate(&input, &base), BN_CONCURRENT);
    assert_true(bn_dot_equal(base, (bn_dot){2, 9}));
    input.origin = 8; /* another origin's fate is not asked for */
    known.asked = 0;
    assert_int_equal(bn_relate(&input, &base), BN_CONCURRENT);
    assert_true(bn_dot_equal(base, (bn_dot){OWN, 5}));
    assert_int_equal(known.asked, 0);
}

static void relate__a_chain_of_lost_ops_ends_after_its_hops(void **state)
{
    (void)state;
    fates known = {0};
    for (uint64_t i = 1; i <= OPS_MAX; i++) {
        known.is_lost[i] = true;
        known.base[i] = i == 1 ? (bn_dot){2, 9} : (bn_dot){OWN, i - 1};
    }
    bn_dot base;
    bn_relation_input input = input_of(&known, (bn_dot){2, 9}, (bn_dot){OWN, BN_BASE_HOPS_MAX});
    assert_int_equal(bn_relate(&input, &base), BN_CAUSAL);
    input.base.oseq = BN_BASE_HOPS_MAX + 1;
    assert_int_equal(bn_relate(&input, &base), BN_CONCURRENT);
    known.base[1] = (bn_dot){OWN, 3}; /* a circle, as only a liar sends */
    known.asked = 0;
    assert_int_equal(bn_relate(&input, &base), BN_CONCURRENT);
    assert_int_equal(known.asked, BN_BASE_HOPS_MAX);
}

static void relate__a_blind_write_is_causal_by_what_the_branch_had_received(void **state)
{
    (void)state;
    static const struct {
        uint64_t current_cseq;
        uint64_t enter_cseq;
        uint64_t cursor;
        bool blind;
        bn_relation relation;
    } cases[] = {
        {50, 10, 50, true, BN_CAUSAL},
        {50, 10, 49, true, BN_CONCURRENT},
        {50, 50, 50, true, BN_CAUSAL},
        {50, 51, 50, true, BN_CONCURRENT},
        {50, UINT64_MAX, 90, true, BN_CONCURRENT},
        {50, 10, 90, false, BN_CONCURRENT},
        {50, 10, 90, true, BN_CAUSAL},
    };
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        fates known = {0};
        bn_dot base;
        bn_relation_input input = input_of(&known, (bn_dot){2, 9}, (bn_dot){0, 0});
        input.current.cseq = cases[i].current_cseq;
        input.enter_cseq = cases[i].enter_cseq;
        input.cursor = cases[i].cursor;
        input.blind = cases[i].blind;
        assert_int_equal(bn_relate(&input, &base), cases[i].relation);
    }
}

/* One branch edits one field again and again while others write too. Whoever keeps a vector of all
 * that each write was built on can tell causal from concurrent; the dots have to say the same. */
static void relate__agrees_with_complete_histories(void **state)
{
    (void)state;
    property p = property_begin("against histories", 500);
    for (unsigned i = 0; i < p.cases; i++) {
        fates known = {0};
        bool built_on[OPS_MAX + 1][OPS_MAX + 1] = {{false}}; /* [own op][commit it had seen] */
        bn_dot commit[OPS_MAX + 1] = {{0, 0}};
        size_t commits = 0;
        uint64_t oseq = 0;
        for (unsigned step = 0; step < 60; step++) {
            if (property_below(&p, 2) == 0) { /* another branch writes over what is there */
                commits++;
                commit[commits] = (bn_dot){2, commits};
                continue;
            }
            oseq++;
            bool on_own = oseq > 1 && property_below(&p, 2) == 0;
            size_t seen = (size_t)property_below(&p, commits + 1);
            for (size_t c = 0; c <= seen; c++) {
                built_on[oseq][c] = !on_own;
            }
            for (size_t c = 0; on_own && c <= commits; c++) {
                built_on[oseq][c] = built_on[oseq - 1][c];
            }
            known.base[oseq] = on_own ? (bn_dot){OWN, oseq - 1} : commit[seen];
            bn_dot base;
            bn_relation_input input = input_of(&known, commit[commits], known.base[oseq]);
            bn_relation relation = bn_relate(&input, &base);
            assert_int_equal(relation, built_on[oseq][commits] ? BN_CAUSAL : BN_CONCURRENT);
            known.is_lost[oseq] = relation == BN_CONCURRENT;
            if (relation == BN_CAUSAL) {
                commits++;
                commit[commits] = (bn_dot){OWN, oseq};
                built_on[oseq][commits] = true;
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(relate__a_write_on_what_is_there_is_causal),
        cmocka_unit_test(relate__an_own_lost_base_is_followed_back),
        cmocka_unit_test(relate__a_chain_of_lost_ops_ends_after_its_hops),
        cmocka_unit_test(relate__a_blind_write_is_causal_by_what_the_branch_had_received),
        cmocka_unit_test(relate__agrees_with_complete_histories),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
