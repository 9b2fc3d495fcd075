/* test_name.c - names in parts, nicknames, romanised surnames, phonetic keys.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <banyan/protocol/match/name.h>

#include "match_unit.h"

#include <string.h>

typedef struct name_case {
    const char *text;
    const char *family;
    const char *given;
    const char *middle;
    const char *title;
    const char *suffix;
    const char *nick;
} name_case;

static void check_names(const name_case *cases, size_t count)
{
    bn_arena arena;
    bn_arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < count; i++) {
        bn_name name;
        assert_int_equal(bn_name_split(bn_slice_of(cases[i].text), &arena, &name), BN_OK);
        assert_text(name.family, cases[i].family, cases[i].text);
        assert_text(name.given, cases[i].given, cases[i].text);
        assert_text(name.middle, cases[i].middle, cases[i].text);
        assert_text(name.title, cases[i].title, cases[i].text);
        assert_text(name.suffix, cases[i].suffix, cases[i].text);
        assert_text(name.nick, cases[i].nick, cases[i].text);
    }
    bn_arena_fini(&arena);
}

static void split__takes_western_names_apart(void **state)
{
    (void)state;
    static const name_case cases[] = {
        {"John Smith", "smith", "john", "", "", "", ""},
        {"Smith, John", "smith", "john", "", "", "", ""},
        {"SMITH, John Q.", "smith", "john", "q", "", "", ""},
        {"Dr. John Q. Smith Jr.", "smith", "john", "q", "dr", "jr", ""},
        {"John Smith, Jr.", "smith", "john", "", "", "jr", ""},
        {"Smith, John, Sr", "smith", "john", "", "", "sr", ""},
        {"Smith, Dr. John", "smith", "john", "", "dr", "", ""},
        {"John Smith PhD III", "smith", "john", "", "", "iii", ""},
        {"William \"Bill\" Gates", "gates", "william", "", "", "", "bill"},
        {"William (Bill) Gates", "gates", "william", "", "", "", "bill"},
        {"William 'Bill' Gates", "gates", "william", "", "", "", "bill"},
        {"Ludwig van Beethoven", "van beethoven", "ludwig", "", "", "", ""},
        {"Sean O'Brien", "obrien", "sean", "", "", "", ""},
        {"Jean-Pierre Dupont", "dupont", "jean pierre", "", "", "", ""},
        {"Ann Smith-Jones", "smith jones", "ann", "", "", "", ""},
        {"Łukasz Ørsted", "orsted", "lukasz", "", "", "", ""},
        {"Madonna", "", "madonna", "", "", "", ""},
        {"Mr", "", "mr", "", "", "", ""},
        {"", "", "", "", "", "", ""},
        {" , ", "", "", "", "", "", ""},
        {"Li Na", "na", "li", "", "", "", ""},
        {"Mrs. Mary Ann Evans", "evans", "mary", "ann", "mrs", "", ""},
    };
    check_names(cases, BN_COUNT(cases));
}

static void split__takes_chinese_names_apart(void **state)
{
    (void)state;
    static const name_case cases[] = {
        {"王小明", "王", "小明", "", "", "", ""}, {"歐陽修", "欧阳", "修", "", "", "", ""},
        {"王 小明", "王", "小明", "", "", "", ""}, {"王先生", "王", "", "", "先生", "", ""},
        {"阿凡提•买买提", "买买提", "阿凡提", "", "", "", ""},
        {"卡尔·海因里希·马克思", "马克思", "卡尔", "海因里希", "", "", ""},
        {"李娜 Li Na", "李", "娜", "", "", "", "li na"}, {"𠮷野", "吉", "野", "", "", "", ""},
        {"王", "王", "", "", "", "", ""},
    };
    check_names(cases, BN_COUNT(cases));
}

static void split__says_when_the_order_is_known(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool is_order_known;
        size_t tokens_count;
    } cases[] = {{"Li Na", false, 2}, {"Li, Na", true, 2}, {"李娜", true, 2},
                 {"Ann Smith-Jones", false, 3}};
    bn_arena arena;
    bn_arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        bn_name name;
        assert_int_equal(bn_name_split(bn_slice_of(cases[i].text), &arena, &name), BN_OK);
        assert_int_equal(name.is_order_known, cases[i].is_order_known);
        assert_int_equal(name.tokens_count, cases[i].tokens_count);
    }
    bn_arena_fini(&arena);
}

static void fields__know_their_order(void **state)
{
    (void)state;
    static const struct {
        const char *fields[2];
        const char *family;
        const char *given;
        const char *suffix;
    } cases[] = {
        {{"Smith", "John Q"}, "smith", "john", ""}, {{"Smith Jr", "John"}, "smith", "john", "jr"},
        {{"王", "小明"}, "王", "小明", ""}, {{"尉迟", "恭"}, "尉迟", "恭", ""},
        {{"Smith", ""}, "smith", "", ""}, {{"", "John Smith"}, "smith", "john", ""},
        {{"王小明", ""}, "王", "小明", ""}, {{"", ""}, "", "", ""},
    };
    bn_arena arena;
    bn_arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        bn_name name;
        assert_int_equal(bn_name_split_fields(bn_slice_of(cases[i].fields[0]),
                                              bn_slice_of(cases[i].fields[1]), &arena, &name),
                         BN_OK);
        assert_text(name.family, cases[i].family, cases[i].fields[0]);
        assert_text(name.given, cases[i].given, cases[i].fields[1]);
        assert_text(name.suffix, cases[i].suffix, cases[i].fields[0]);
    }
    bn_arena_fini(&arena);
}

static void split__refuses_more_words_than_a_name_has(void **state)
{
    (void)state;
    bn_arena arena;
    bn_name name = {.tokens_count = 9};
    bn_arena_init(&arena, 1 << 20);
    bn_rc rc = bn_name_split(BN_SLICE("a b c d e f g h i j k l m"), &arena, &name);
    assert_int_equal(rc, BN_E_LIMIT);
    assert_int_equal(name.tokens_count, 9);
    bn_arena_fini(&arena);
}

static void split__takes_any_text_and_its_own_result(void **state)
{
    (void)state;
    property p = property_begin("names", 10000);
    bn_arena arena;
    bn_arena_init(&arena, 1 << 20);
    BN_AUTO(bn_buf_fini) bn_buf text = {.size_max = BN_TEXT_BYTES_MAX};
    for (unsigned i = 0; i < p.cases; i++) {
        bn_name once;
        bn_name twice;
        random_text(&p, 16, &text);
        bn_arena_reset(&arena);
        if (bn_name_split(bn_buf_slice(&text), &arena, &once) == BN_OK) {
            assert_true(bn_utf8_valid(once.whole) && bn_utf8_valid(once.family));
            assert_int_equal(bn_name_split(once.family, &arena, &twice), BN_OK);
        }
    }
    bn_arena_fini(&arena);
}

static void nicknames__meet_in_their_full_name(void **state)
{
    (void)state;
    static const char *const related[][2] = {
        {"bob", "robert"}, {"bill", "william"}, {"bob", "bobby"}, {"liz", "elizabeth"},
        {"peggy", "margaret"}, {"jack", "john"}, {"ann", "ann"}, {"xiao", "xiao"}};
    static const char *const others[][2] = {{"bob", "william"}, {"", "bob"}, {"liz", "li"}};
    for (size_t i = 0; i < BN_COUNT(related); i++) {
        assert_true(bn_nickname_related(bn_slice_of(related[i][0]), bn_slice_of(related[i][1])));
        assert_true(bn_nickname_related(bn_slice_of(related[i][1]), bn_slice_of(related[i][0])));
    }
    for (size_t i = 0; i < BN_COUNT(others); i++) {
        assert_false(bn_nickname_related(bn_slice_of(others[i][0]), bn_slice_of(others[i][1])));
    }
    const char *roots[BN_NAME_ROOTS_MAX];
    assert_int_equal(bn_nickname_roots(BN_SLICE("bill"), roots), 1);
    assert_string_equal(roots[0], "william");
    assert_int_equal(bn_nickname_roots(BN_SLICE("william"), roots), 0);
}

static void surnames__spelt_otherwise_lead_to_pinyin(void **state)
{
    (void)state;
    static const char *const cases[][2] = {{"chan", "chen"}, {"wong", "huang"}, {"wong", "wang"},
                                           {"lee", "li"}, {"cheung", "zhang"}, {"tsai", "cai"},
                                           {"ang", "hong"}, {"yung", "rong"}, {"hsu", "xu"}};
    const char *pinyin[BN_NAME_ROMANISED_MAX];
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        size_t count = bn_surname_romanised(bn_slice_of(cases[i][0]), pinyin);
        bool is_found = false;
        for (size_t j = 0; j < count; j++) {
            is_found = is_found || strcmp(pinyin[j], cases[i][1]) == 0;
        }
        if (!is_found) {
            fail_msg("%s does not lead to %s", cases[i][0], cases[i][1]);
        }
    }
    assert_int_equal(bn_surname_romanised(BN_SLICE("smith"), pinyin), 0);
    assert_int_equal(bn_surname_romanised(BN_SLICE(""), pinyin), 0);
}

static void phonetic__keys_of_like_sounding_names_meet(void **state)
{
    (void)state;
    static const char *const alike[][2] = {
        {"smith", "smyth"}, {"smith", "schmidt"}, {"catherine", "kathryn"}, {"stephen", "steven"},
        {"philip", "filip"}, {"jon", "john"}, {"clark", "clarke"}, {"nicholas", "nikolas"},
        {"wright", "right"}, {"knight", "night"}, {"meyer", "maier"},
        {"thomson", "tomson"}};
    static const char *const unlike[][2] = {{"smith", "jones"}, {"robert", "richard"}};
    char keys[4][BN_PHONETIC_BYTES_MAX];
    for (size_t i = 0; i < BN_COUNT(alike); i++) {
        bn_phonetic(bn_slice_of(alike[i][0]), keys[0], keys[1]);
        bn_phonetic(bn_slice_of(alike[i][1]), keys[2], keys[3]);
        bool meets = strcmp(keys[0], keys[2]) == 0 || strcmp(keys[0], keys[3]) == 0 ||
                     strcmp(keys[1], keys[2]) == 0 || strcmp(keys[1], keys[3]) == 0;
        if (!meets) {
            fail_msg("%s %s/%s, %s %s/%s", alike[i][0], keys[0], keys[1], alike[i][1], keys[2],
                     keys[3]);
        }
    }
    for (size_t i = 0; i < BN_COUNT(unlike); i++) {
        bn_phonetic(bn_slice_of(unlike[i][0]), keys[0], keys[1]);
        bn_phonetic(bn_slice_of(unlike[i][1]), keys[2], keys[3]);
        assert_string_not_equal(keys[0], keys[2]);
    }
    bn_phonetic(BN_SLICE("123"), keys[0], keys[1]);
    assert_string_equal(keys[0], "");
    assert_string_equal(keys[1], "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(split__takes_western_names_apart),
        cmocka_unit_test(split__takes_chinese_names_apart),
        cmocka_unit_test(split__says_when_the_order_is_known),
        cmocka_unit_test(fields__know_their_order),
        cmocka_unit_test(split__refuses_more_words_than_a_name_has),
        cmocka_unit_test(split__takes_any_text_and_its_own_result),
        cmocka_unit_test(nicknames__meet_in_their_full_name),
        cmocka_unit_test(surnames__spelt_otherwise_lead_to_pinyin),
        cmocka_unit_test(phonetic__keys_of_like_sounding_names_meet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
