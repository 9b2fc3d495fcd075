/* test_normalise.c - compare form, key, ASCII form and folding of characters.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <banyan/protocol/match/normalise.h>

#include "match_unit.h"

#include <string.h>
#include <time.h>

typedef bn_rc (*transform)(bn_slice, bn_buf *);

typedef struct text_case {
    const char *given;
    const char *wanted;
} text_case;

static void check_cases(transform f, const text_case *cases, size_t count)
{
    BN_AUTO(bn_buf_fini) bn_buf out = {.size_max = BN_TEXT_BYTES_MAX};
    for (size_t i = 0; i < count; i++) {
        bn_buf_clear(&out);
        assert_int_equal(f(bn_slice_of(cases[i].given), &out), BN_OK);
        assert_text(bn_buf_slice(&out), cases[i].wanted, cases[i].given);
    }
}

static void text__has_one_form_for_many_spellings(void **state)
{
    (void)state;
    static const text_case cases[] = {
        {"", ""}, {"   ", ""}, {"  John   SMITH \t", "john smith"},
        {"Ｊｏｈｎ　１２３", "john 123"}, {"ﬁnance", "finance"}, {"STRASSE", "strasse"},
        {"Straße", "strasse"}, {"Ⅷ", "viii"}, {"e\xcc\x81", "é"}, {"É", "é"},
        {"O´Brien", "o'brien"}, {"O’Brien", "o'brien"}, {"Smith–Jones", "smith-jones"},
        {"a\xc2\xad" "b", "ab"}, {"a\xe2\x80\x8b" "b", "ab"}, {"a\x01" "b", "ab"},
        {"阿凡提•买买提", "阿凡提·买买提"}, {"阿凡提・买买提", "阿凡提·买买提"},
        {"阿凡提･买买提", "阿凡提·买买提"}, {"阿凡提‧买买提", "阿凡提·买买提"},
        {"阿凡提﹒买买提", "阿凡提·买买提"}, {"阿凡提.买买提", "阿凡提·买买提"},
        {"阿凡提．买买提", "阿凡提·买买提"}, {"阿凡提 · 买买提", "阿凡提·买买提"},
        {"j.r. smith", "j.r. smith"}, {"\xee\xa0\x9e", "\xe9\xbe\xb4"}, /* FE59 */
        {"ｶﾞ", "ガ"}, {"㈱", "(株)"}, {"王　小明", "王 小明"},
    };
    check_cases(bn_normalise_text, cases, BN_COUNT(cases));
}

static void key__keeps_letters_and_digits(void **state)
{
    (void)state;
    static const text_case cases[] = {
        {"O'Brien, Ltd.", "obrienltd"}, {"中國銀行（香港）有限公司", "中国银行香港有限公司"},
        {"A-1", "a1"}, {"峯", "峰"}, {"e-\xcc\x81", "e"}, {"!!!", ""},
    };
    check_cases(bn_normalise_key, cases, BN_COUNT(cases));
}

static void ascii__spells_foreign_letters(void **state)
{
    (void)state;
    static const text_case cases[] = {
        {"Łukasz Ørsted", "lukasz orsted"}, {"Þórr", "thorr"}, {"Ñandú", "nandu"},
        {"Nguyễn Văn Đức", "nguyen van duc"}, {"Müller Æsir Œuvre", "muller aesir oeuvre"},
        {"Ðorđe", "dorde"}, {"ıİ", "ii"}, {"王é", "王e"}, {"Жуков", "жуков"}, {"Dvořák", "dvorak"},
    };
    check_cases(bn_normalise_ascii, cases, BN_COUNT(cases));
}

static void hanzi__folds_traditional_variant_and_compatibility_forms(void **state)
{
    (void)state;
    static const text_case cases[] = {
        {"長安", "长安"}, {"張偉", "张伟"}, {"陳峯", "陈峰"}, {"群羣", "群群"}, {"乾隆", "乾隆"},
        {"皇后", "皇后"}, {"李昇", "李升"}, {"\xef\xa4\x80", "岂"}, /* U+F900 */
        {"渡辺", "渡边"}, {"abc é", "abc é"}, {"吳", "吴"}, {"歐陽", "欧阳"}, {"鍾", "钟"},
        {"朴树", "朴树"}, {"樸樹", "朴树"},
    };
    check_cases(bn_hanzi_fold, cases, BN_COUNT(cases));
}

static void script__is_that_of_every_letter(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bn_script script;
    } cases[] = {
        {"", BN_SCRIPT_NONE}, {"123 -", BN_SCRIPT_NONE}, {"王小明", BN_SCRIPT_HANZI},
        {"王 小明 1", BN_SCRIPT_HANZI}, {"José", BN_SCRIPT_LATIN}, {"李 Li", BN_SCRIPT_MIXED},
        {"Жуков", BN_SCRIPT_OTHER}, {"𠮷野", BN_SCRIPT_HANZI}, {"タナカ", BN_SCRIPT_OTHER},
    };
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        assert_int_equal(bn_script_of(bn_slice_of(cases[i].text)), cases[i].script);
    }
}

static void text__refuses_broken_and_oversized_input_and_leaves_the_buffer(void **state)
{
    (void)state;
    static uint8_t big[BN_TEXT_BYTES_MAX + 1];
    BN_AUTO(bn_buf_fini) bn_buf out = {.size_max = 4 * BN_TEXT_BYTES_MAX};
    static const transform all[] = {bn_normalise_text, bn_normalise_key, bn_normalise_ascii,
                                    bn_hanzi_fold};
    memset(big, 'a', sizeof big);
    bn_buf_append_text(&out, "kept");
    for (size_t i = 0; i < BN_COUNT(all); i++) {
        assert_int_equal(all[i](bn_slice_make(big, sizeof big), &out), BN_E_LIMIT);
        assert_int_equal(all[i](bn_slice_of("a\xff"), &out), BN_E_INVALID);
        assert_text(bn_buf_slice(&out), "kept", "after refusal");
        assert_int_equal(all[i](bn_slice_make(big, sizeof big - 1), &out), BN_OK);
        bn_buf_truncate(&out, 4);
    }
    /* U+FDFA becomes eighteen letters: the result is what exceeds the limit. */
    for (size_t i = 0; i + 3 <= BN_TEXT_BYTES_MAX; i += 3) {
        memcpy(big + i, "\xef\xb7\xba", 3);
    }
    assert_int_equal(bn_normalise_text(bn_slice_make(big, BN_TEXT_BYTES_MAX / 3 * 3), &out),
                     BN_E_LIMIT);
    assert_text(bn_buf_slice(&out), "kept", "after an oversized result");
}

static void transforms__change_nothing_the_second_time(void **state)
{
    (void)state;
    static const transform all[] = {bn_normalise_text, bn_normalise_key, bn_normalise_ascii,
                                    bn_hanzi_fold};
    property p = property_begin("idempotence", 20000);
    BN_AUTO(bn_buf_fini) bn_buf text = {.size_max = BN_TEXT_BYTES_MAX};
    BN_AUTO(bn_buf_fini) bn_buf once = {.size_max = BN_TEXT_BYTES_MAX};
    BN_AUTO(bn_buf_fini) bn_buf twice = {.size_max = BN_TEXT_BYTES_MAX};
    for (unsigned i = 0; i < p.cases; i++) {
        random_text(&p, 24, &text);
        for (size_t f = 0; f < BN_COUNT(all); f++) {
            bn_buf_clear(&once);
            bn_buf_clear(&twice);
            assert_int_equal(all[f](bn_buf_slice(&text), &once), BN_OK);
            assert_int_equal(all[f](bn_buf_slice(&once), &twice), BN_OK);
            assert_true(bn_utf8_valid(bn_buf_slice(&once)));
            if (!bn_slice_equal(bn_buf_slice(&once), bn_buf_slice(&twice))) {
                fail_msg("case %u, transform %zu: '%s' becomes '%s' becomes '%s'", i, f,
                         bn_buf_cstr(&text), bn_buf_cstr(&once), bn_buf_cstr(&twice));
            }
        }
    }
}

static void hanzi__folding_is_closed_over_every_character(void **state)
{
    (void)state;
    unsigned folded = 0;
    for (uint32_t c = 0; c <= 0x10ffff; c++) {
        uint32_t plain = bn_hanzi_fold_char(c);
        folded += plain != c;
        assert_int_equal(bn_hanzi_fold_char(plain), plain);
    }
    assert_true(folded > 5000);
}

static void text__speed_is_printed(void **state)
{
    (void)state;
    static const char *const names[] = {"John Q. Smith", "Łukasz Ørsted", "歐陽小明", "Ｗａｎｇ"};
    enum { rounds = 50000 };
    BN_AUTO(bn_buf_fini) bn_buf out = {.size_max = BN_TEXT_BYTES_MAX};
    struct timespec from;
    struct timespec to;
    clock_gettime(CLOCK_MONOTONIC, &from);
    for (int i = 0; i < rounds; i++) {
        bn_buf_clear(&out);
        assert_int_equal(bn_normalise_text(bn_slice_of(names[i % 4]), &out), BN_OK);
    }
    clock_gettime(CLOCK_MONOTONIC, &to);
    double seconds = (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
    printf("# compare form: %.0f names/s\n", rounds / seconds);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text__has_one_form_for_many_spellings),
        cmocka_unit_test(key__keeps_letters_and_digits),
        cmocka_unit_test(ascii__spells_foreign_letters),
        cmocka_unit_test(hanzi__folds_traditional_variant_and_compatibility_forms),
        cmocka_unit_test(script__is_that_of_every_letter),
        cmocka_unit_test(text__refuses_broken_and_oversized_input_and_leaves_the_buffer),
        cmocka_unit_test(transforms__change_nothing_the_second_time),
        cmocka_unit_test(hanzi__folding_is_closed_over_every_character),
        cmocka_unit_test(text__speed_is_printed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
