/* test_compare.c - likeness of texts against the plainest way to compute it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "unit/unit.h"

#include "property.h"
#include "protocol/match/compare.h"
#include "protocol/match/org.h"

#include <banyan/base/check.h>
#include <banyan/protocol/match/score.h>

#include <string.h>

#define LETTERS_MAX 12

static bn_slice s(const char *text)
{
    return bn_slice_of(text);
}

/* Two steps of rounding down stay within 1/10000 of the exact value. */
static void jaro_winkler__gives_the_published_values(void **state)
{
    (void)state;
    static const struct {
        const char *a;
        const char *b;
        unsigned like;
    } cases[] = {{"martha", "marhta", 9611}, {"dwayne", "duane", 8400}, {"dixon", "dicksonx", 8133},
                 {"abc", "abc", 10000},      {"abc", "xyz", 0},         {"", "abc", 0},
                 {"jones", "johnson", 8323}, {"张伟", "张伟", 10000}};
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        unsigned like = compare_jaro_winkler(s(cases[i].a), s(cases[i].b));
        assert_true(like == cases[i].like || like + 1 == cases[i].like);
        assert_int_equal(compare_jaro_winkler(s(cases[i].b), s(cases[i].a)), like);
    }
}

static size_t random_word(property *p, char out[LETTERS_MAX + 1])
{
    size_t len = property_below(p, LETTERS_MAX + 1);
    for (size_t i = 0; i < len; i++) {
        out[i] = (char)('a' + property_below(p, 3));
    }
    out[len] = '\0';
    return len;
}

/* The whole table, no band, no trimming. */
static unsigned naive_edits(const char *a, const char *b)
{
    unsigned d[LETTERS_MAX + 1][LETTERS_MAX + 1];
    size_t na = strlen(a);
    size_t nb = strlen(b);
    for (size_t i = 0; i <= na; i++) {
        for (size_t j = 0; j <= nb; j++) {
            if (i == 0 || j == 0) {
                d[i][j] = (unsigned)(i + j);
                continue;
            }
            unsigned best = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            best = d[i - 1][j] + 1 < best ? d[i - 1][j] + 1 : best;
            best = d[i][j - 1] + 1 < best ? d[i][j - 1] + 1 : best;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                d[i - 2][j - 2] + 1 < best) {
                best = d[i - 2][j - 2] + 1;
            }
            d[i][j] = best;
        }
    }
    return d[na][nb];
}

static void edits__equal_those_of_the_full_table(void **state)
{
    (void)state;
    property p = property_begin("edits", 60000);
    for (unsigned i = 0; i < p.cases; i++) {
        char a[LETTERS_MAX + 1];
        char b[LETTERS_MAX + 1];
        random_word(&p, a);
        random_word(&p, b);
        unsigned whole = naive_edits(a, b);
        for (unsigned most = 0; most <= 3; most++) {
            unsigned want = whole <= most ? whole : most + 1;
            assert_int_equal(compare_edits(s(a), s(b), most), want);
        }
    }
}

static void edits__count_characters_and_not_bytes(void **state)
{
    (void)state;
    assert_int_equal(compare_edits(s("王小明"), s("王晓明"), 2), 1);
    assert_int_equal(compare_edits(s("王小明"), s("王明小"), 2), 1);
    assert_int_equal(compare_edits(s("é"), s("è"), 2), 1);
    assert_int_equal(compare_edits(s("欧阳"), s("欧"), 2), 1);
}

static unsigned naive_dice(const char *a, const char *b)
{
    size_t na = strlen(a);
    size_t nb = strlen(b);
    if (na < 2 || nb < 2) {
        return na == 0 || nb == 0 ? 0 : na == 1 && nb == 1 && a[0] == b[0] ? 10000 : 0;
    }
    bool used[LETTERS_MAX] = {false};
    unsigned common = 0;
    for (size_t i = 0; i + 1 < na; i++) {
        for (size_t j = 0; j + 1 < nb; j++) {
            if (!used[j] && a[i] == b[j] && a[i + 1] == b[j + 1]) {
                used[j] = true;
                common++;
                break;
            }
        }
    }
    return (unsigned)(2 * common * 10000 / (na - 1 + nb - 1));
}

static void dice__equals_the_plain_count(void **state)
{
    (void)state;
    property p = property_begin("dice", 40000);
    for (unsigned i = 0; i < p.cases; i++) {
        char a[LETTERS_MAX + 1];
        char b[LETTERS_MAX + 1];
        random_word(&p, a);
        random_word(&p, b);
        assert_int_equal(compare_dice(s(a), s(b)), naive_dice(a, b));
    }
}

static void jaro_winkler__is_symmetric_and_bounded(void **state)
{
    (void)state;
    property p = property_begin("jaro-winkler", 40000);
    for (unsigned i = 0; i < p.cases; i++) {
        char a[LETTERS_MAX + 1];
        char b[LETTERS_MAX + 1];
        random_word(&p, a);
        random_word(&p, b);
        unsigned like = compare_jaro_winkler(s(a), s(b));
        assert_true(like <= COMPARE_WHOLE);
        if (strcmp(a, b) == 0 && a[0] != '\0') {
            assert_int_equal(like, COMPARE_WHOLE);
        }
    }
}

static void words__are_compared_whatever_their_gaps(void **state)
{
    (void)state;
    assert_true(compare_equal_blankless(s("xiao ming"), s("xiaoming")));
    assert_true(compare_equal_blankless(s("anne-marie"), s("anne marie")));
    assert_false(compare_equal_blankless(s("anne"), s("ann")));
    assert_true(compare_words_contained(s("sentosa"), s("medina sentosa")));
    assert_false(compare_words_contained(s("tosa"), s("medina sentosa")));
    assert_false(compare_words_contained(s(""), s("medina")));
}

static void organisations__leave_their_legal_form_beside(void **state)
{
    (void)state;
    org_words words;
    org_words_of(s("广州天河科技有限公司"), &words);
    assert_true(words.count > 1);
    assert_true(words.word[0].is_form);
    org_words_of(s("acme tools ltd"), &words);
    assert_int_equal(words.count, 3);
    assert_false(words.word[1].is_form);
    assert_true(words.word[2].is_form);
}

static void log2__is_exact_at_powers_and_odd_around_one(void **state)
{
    (void)state;
    for (int k = 0; k < 40; k++) {
        assert_int_equal(bn_log2_ratio((uint64_t)1 << k, 1), k * BN_WEIGHT_BIT);
        assert_int_equal(bn_log2_ratio(1, (uint64_t)1 << k), -k * BN_WEIGHT_BIT);
    }
    assert_int_equal(bn_log2_ratio(3, 1), 1623); /* 1.58496 * 1024 = 1623.0 */
    assert_int_equal(bn_log2_ratio(10, 1), 3402);
}

static void chance__rises_with_weight_and_has_an_inverse(void **state)
{
    (void)state;
    assert_int_equal(bn_weight_to_ppm(0), 500000);
    assert_int_equal(bn_weight_to_ppm(BN_WEIGHT_BIT), 666667);
    assert_int_equal(bn_weight_to_ppm(-BN_WEIGHT_BIT), 333333);
    uint32_t before = 0;
    for (int32_t w = -40 * BN_WEIGHT_BIT; w < 40 * BN_WEIGHT_BIT; w += 37) {
        uint32_t ppm = bn_weight_to_ppm(w);
        assert_true(ppm >= before);
        before = ppm;
    }
    for (uint32_t ppm = 1; ppm < 1000000; ppm += 4999) {
        int32_t w = bn_weight_of_ppm(ppm);
        assert_true(bn_weight_to_ppm(w) >= ppm);
        assert_true(bn_weight_to_ppm(w - 1) < ppm);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jaro_winkler__gives_the_published_values),
        cmocka_unit_test(jaro_winkler__is_symmetric_and_bounded),
        cmocka_unit_test(edits__equal_those_of_the_full_table),
        cmocka_unit_test(edits__count_characters_and_not_bytes),
        cmocka_unit_test(dice__equals_the_plain_count),
        cmocka_unit_test(words__are_compared_whatever_their_gaps),
        cmocka_unit_test(organisations__leave_their_legal_form_beside),
        cmocka_unit_test(log2__is_exact_at_powers_and_odd_around_one),
        cmocka_unit_test(chance__rises_with_weight_and_has_an_inverse),
    };
    return cmocka_run_group_tests_name("match compare", tests, NULL, NULL);
}
