/* test_score.c - weights add up, do not depend on sides, and obey the rules.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "people.h"

#include "protocol/match/model.h"

static bn_epoch *epoch;

static bn_score score_of(const customer *a, const customer *b)
{
    bn_buf ra = customer_row(a);
    bn_buf rb = customer_row(b);
    bn_feature fa;
    bn_feature fb;
    bn_score s;
    bn_feature_open(bn_buf_slice(&ra), &fa);
    bn_feature_open(bn_buf_slice(&rb), &fb);
    bn_match_score(epoch, &fa, &fb, &s);
    bn_buf_fini(&ra);
    bn_buf_fini(&rb);
    return s;
}

static unsigned level(const bn_score *s, bn_match_field field)
{
    return s->levels >> 4 * field & 15u;
}

static void score__is_the_same_from_both_sides_and_adds_up(void **state)
{
    (void)state;
    property p = property_begin("score symmetry", 4000);
    for (unsigned i = 0; i < p.cases; i++) {
        customer a = random_customer(&p);
        customer b = random_customer(&p);
        bn_buf ra = customer_row(&a);
        bn_buf rb = customer_row(&b);
        bn_feature fa;
        bn_feature fb;
        bn_explanation x;
        bn_explanation y;
        bn_feature_open(bn_buf_slice(&ra), &fa);
        bn_feature_open(bn_buf_slice(&rb), &fb);
        bn_match_explain(epoch, &fa, &fb, &x);
        bn_match_explain(epoch, &fb, &fa, &y);
        assert_memory_equal(&x.fields, &y.fields, sizeof x.fields);
        assert_int_equal(x.score.weight, y.score.weight);
        assert_int_equal(x.score.rules, y.score.rules);
        assert_int_equal(x.score.verdict, y.score.verdict);
        int64_t sum = x.prior + x.rules_weight;
        for (unsigned f = 0; f < BN_MATCH_FIELD_COUNT; f++) {
            const bn_explained_field *e = &x.fields[f];
            assert_int_equal(e->m - e->u + e->adjust, e->weight);
            sum += e->weight;
        }
        assert_int_equal(sum, x.score.weight);
        bn_score s;
        bn_match_score(epoch, &fa, &fb, &s);
        assert_int_equal(s.weight, x.score.weight);
        assert_int_equal(bn_match_levels(epoch, &fa, &fb), s.levels);
        bn_buf_fini(&ra);
        bn_buf_fini(&rb);
    }
}

static void tables__give_more_for_more_agreement_and_nothing_for_null(void **state)
{
    (void)state;
    for (unsigned f = 0; f < BN_MATCH_FIELD_COUNT; f++) {
        assert_int_equal(epoch->m[f][0], 0);
        assert_int_equal(epoch->u[f][0], 0);
        for (unsigned l = 2; l <= model_exact(f); l++) {
            int32_t lower = epoch->m[f][l - 1] - epoch->u[f][l - 1];
            if (epoch->m[f][l] - epoch->u[f][l] < lower) {
                fail_msg("%s: level %u weighs less than level %u",
                         bn_match_field_name((bn_match_field)f), l, l - 1);
            }
        }
        assert_true(epoch->m[f][1] < epoch->u[f][1]);
    }
}

static void score__of_two_empty_rows_is_apart(void **state)
{
    (void)state;
    customer a = {.born = 0};
    bn_score s = score_of(&a, &a);
    assert_int_equal(s.levels, 0);
    assert_int_equal(s.verdict, BN_VERDICT_APART);
}

static void score__of_a_missing_field_is_neutral(void **state)
{
    (void)state;
    customer a = {.family = "王", .given = "小明", .born = 19800304};
    customer b = a;
    bn_score without = score_of(&a, &b);
    snprintf(a.phone, sizeof a.phone, "13800138000");
    bn_score one_sided = score_of(&a, &b);
    assert_int_equal(without.weight, one_sided.weight);
    snprintf(b.phone, sizeof b.phone, "13800138000");
    assert_true(score_of(&a, &b).weight > without.weight);
    snprintf(b.phone, sizeof b.phone, "13911112222");
    assert_true(score_of(&a, &b).weight < without.weight);
}

static void names__are_compared_across_scripts_and_orders(void **state)
{
    (void)state;
    static const struct {
        customer a;
        customer b;
        unsigned family;
        unsigned given;
    } cases[] = {
        {{.family = "王", .given = "小明"}, {.family = "王", .given = "小明"}, 7, 9},
        {{.family = "王", .given = "小明"}, {.family = "Wang", .given = "Xiaoming"}, 6, 8},
        {{.family = "王", .given = "小明"}, {.family = "Wang", .given = "Xiao Ming"}, 6, 8},
        {{.family = "陈", .given = "小明"}, {.family = "Chan", .given = "Xiaoming"}, 3, 8},
        {{.family = "王", .given = "小明"}, {.family = "王", .given = "晓明"}, 7, 4},
        {{.family = "王", .given = "小明"}, {.family = "王", .given = "小红"}, 7, 2},
        {{.family = "smith", .given = "robert"}, {.family = "robert", .given = "smith"}, 4, 6},
        {{.family = "smith", .given = "robert"}, {.family = "smith", .given = "bob"}, 7, 5},
        {{.family = "smith", .given = "robert"}, {.family = "smyth", .given = "r"}, 5, 3},
        {{.family = "smith", .given = "robert"}, {.family = "jones", .given = "mary"}, 1, 1},
        {{.family = "smith", .given = "robert"}, {.family = "smith", .given = ""}, 7, 0},
    };
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        bn_score s = score_of(&cases[i].a, &cases[i].b);
        if (level(&s, BN_MATCH_FAMILY) != cases[i].family ||
            level(&s, BN_MATCH_GIVEN) != cases[i].given) {
            fail_msg("%s %s | %s %s: family %u, given %u", cases[i].a.family, cases[i].a.given,
                     cases[i].b.family, cases[i].b.given, level(&s, BN_MATCH_FAMILY),
                     level(&s, BN_MATCH_GIVEN));
        }
    }
}

static void births__have_levels_for_the_slips_people_make(void **state)
{
    (void)state;
    static const struct {
        uint32_t a;
        uint32_t b;
        unsigned level;
    } cases[] = {{19800304, 19800304, 7}, {19800304, 19800403, 6}, {19800304, 19800305, 5},
                 {19800304, 19810304, 5}, {19800314, 19800341, 0}, {19800312, 19800321, 5},
                 {19800304, 19800309, 5}, {19801104, 19800204, 4}, {19800304, 19801125, 2},
                 {19800304, 19911125, 1}, {19800000, 19800304, 3}, {19800300, 19800304, 3},
                 {19800400, 19800304, 2}, {0, 19800304, 0}};
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        customer a = {.born = cases[i].a};
        customer b = {.born = cases[i].b};
        bn_score s = score_of(&a, &b);
        bn_score t = score_of(&b, &a);
        if (level(&s, BN_MATCH_BORN) != cases[i].level) {
            fail_msg("%u and %u: level %u", cases[i].a, cases[i].b, level(&s, BN_MATCH_BORN));
        }
        assert_int_equal(s.levels, t.levels);
    }
}

static bool holds(const bn_score *s, bn_match_rule rule)
{
    return (s->rules >> rule & 1u) != 0;
}

static void rules__link_one_number_and_part_two(void **state)
{
    (void)state;
    customer a = {.family = "王", .given = "小明", .id = "11010519491231002X"};
    customer b = a;
    bn_score s = score_of(&a, &b);
    assert_true(holds(&s, BN_RULE_SAME_IDENTITY));
    assert_int_equal(s.verdict, BN_VERDICT_LINK);

    snprintf(b.id, sizeof b.id, "440524188001010014");
    s = score_of(&a, &b);
    assert_true(holds(&s, BN_RULE_OTHER_IDENTITY));
    assert_int_equal(s.verdict, BN_VERDICT_FORBIDDEN);
}

static void rules__ask_when_one_number_has_two_names(void **state)
{
    (void)state;
    customer a = {.family = "王", .given = "小明", .id = "11010519491231002X"};
    customer b = {.family = "李", .given = "建国", .id = "11010519491231002X"};
    bn_score s = score_of(&a, &b);
    assert_true(holds(&s, BN_RULE_IDENTITY_COLLISION));
    assert_true(s.verdict != BN_VERDICT_LINK);
    assert_false(holds(&s, BN_RULE_SAME_IDENTITY));
}

static void rules__take_a_slip_in_a_number_for_a_slip(void **state)
{
    (void)state;
    customer a = {.family = "王", .given = "小明", .id = "11010519491231002X"};
    customer b = {.family = "王", .given = "小明", .id = "11010519491231003X"};
    bn_score s = score_of(&a, &b);
    assert_true(holds(&s, BN_RULE_IDENTITY_TYPO));
    assert_int_equal(level(&s, BN_MATCH_IDENTITY), 3);
    assert_true(s.verdict != BN_VERDICT_FORBIDDEN);
}

static void rules__keep_twins_and_relatives_for_a_person(void **state)
{
    (void)state;
    customer a = {.family = "王", .given = "小明", .born = 19800304, .phone = "13800138000",
                  .email = "wang@example.com", .street = "中山路12号", .town = "广州市",
                  .sex = BN_SEX_MALE};
    customer b = a;
    snprintf(b.given, sizeof b.given, "建国");
    bn_score s = score_of(&a, &b);
    assert_true(holds(&s, BN_RULE_RELATIVES));
    assert_true(s.verdict != BN_VERDICT_LINK);
    b = a;
    b.sex = BN_SEX_FEMALE;
    s = score_of(&a, &b);
    assert_true(holds(&s, BN_RULE_TWINS));
    assert_true(s.verdict != BN_VERDICT_LINK);
}

static void rules__part_people_from_organisations_and_senior_from_junior(void **state)
{
    (void)state;
    bn_match_name name = {.whole = BN_SLICE("John Smith Jr")};
    bn_match_name senior = {.whole = BN_SLICE("John Smith Sr")};
    bn_match_input inputs[] = {{.party = BN_PARTY_PERSON, .names = &name, .names_count = 1},
                               {.party = BN_PARTY_ORGANISATION, .names = &name, .names_count = 1},
                               {.party = BN_PARTY_PERSON, .names = &senior, .names_count = 1}};
    bn_buf rows[3];
    bn_feature f[3];
    for (int i = 0; i < 3; i++) {
        rows[i] = make_row(&inputs[i]);
        bn_feature_open(bn_buf_slice(&rows[i]), &f[i]);
    }
    bn_score s;
    bn_match_score(epoch, &f[0], &f[1], &s);
    assert_int_equal(s.verdict, BN_VERDICT_FORBIDDEN);
    assert_true(bn_match_forbidden(&f[1], &f[0]));
    bn_match_score(epoch, &f[0], &f[2], &s);
    assert_true(holds(&s, BN_RULE_GENERATION));
    for (int i = 0; i < 3; i++) {
        bn_buf_fini(&rows[i]);
    }
}

static int start(void **state)
{
    (void)state;
    bn_err err;
    return bn_crypto_start(&err) == BN_OK && bn_epoch_create_default(1000, &epoch) == BN_OK ? 0
                                                                                          : -1;
}

static int stop(void **state)
{
    (void)state;
    bn_epoch_destroy(&epoch);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(score__is_the_same_from_both_sides_and_adds_up),
        cmocka_unit_test(tables__give_more_for_more_agreement_and_nothing_for_null),
        cmocka_unit_test(score__of_two_empty_rows_is_apart),
        cmocka_unit_test(score__of_a_missing_field_is_neutral),
        cmocka_unit_test(names__are_compared_across_scripts_and_orders),
        cmocka_unit_test(births__have_levels_for_the_slips_people_make),
        cmocka_unit_test(rules__link_one_number_and_part_two),
        cmocka_unit_test(rules__ask_when_one_number_has_two_names),
        cmocka_unit_test(rules__take_a_slip_in_a_number_for_a_slip),
        cmocka_unit_test(rules__keep_twins_and_relatives_for_a_person),
        cmocka_unit_test(rules__part_people_from_organisations_and_senior_from_junior),
    };
    return cmocka_run_group_tests_name("match score", tests, start, stop);
}
