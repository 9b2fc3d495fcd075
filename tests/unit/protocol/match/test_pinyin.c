/* test_pinyin.c - readings of names and texts, and what people type for them.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <banyan/protocol/match/pinyin.h>

#include "match_unit.h"

#include <string.h>
#include <time.h>

typedef struct reading_case {
    const char *text;
    const char *full;
    const char *initials;
} reading_case;

static void check_readings(bn_rc (*read)(bn_slice, bn_buf *, bn_buf *), const reading_case *cases,
                           size_t count)
{
    BN_AUTO(bn_buf_fini) bn_buf full = {.size_max = BN_TEXT_BYTES_MAX};
    BN_AUTO(bn_buf_fini) bn_buf initials = {.size_max = BN_TEXT_BYTES_MAX};
    for (size_t i = 0; i < count; i++) {
        bn_buf_clear(&full);
        bn_buf_clear(&initials);
        assert_int_equal(read(bn_slice_of(cases[i].text), &full, &initials), BN_OK);
        assert_text(bn_buf_slice(&full), cases[i].full, cases[i].text);
        assert_text(bn_buf_slice(&initials), cases[i].initials, cases[i].text);
    }
}

static void name__reads_the_surname_as_a_surname(void **state)
{
    (void)state;
    static const reading_case cases[] = {
        {"王小明", "wangxiaoming", "wxm"}, {"单雄信", "shanxiongxin", "sxx"},
        {"曾国藩", "zengguofan", "zgf"}, {"翟天临", "zhaitianlin", "ztl"},
        {"尉迟恭", "yuchigong", "ycg"}, {"万俟卨", "moqixie", "mqx"}, {"仇英", "qiuying", "qy"},
        {"朴树", "piaoshu", "ps"}, {"解缙", "xiejin", "xj"}, {"区小明", "ouxiaoming", "oxm"},
        {"查良镛", "zhaliangyong", "zly"}, {"盖叫天", "gejiaotian", "gjt"},
        {"长孙无忌", "zhangsunwuji", "zswj"}, {"令狐冲", "linghuchong", "lhc"},
        {"歐陽修", "ouyangxiu", "oyx"}, {"吕布", "lvbu", "lb"}, {"陈曾", "chenzeng", "cz"},
        {"John Smith", "johnsmith", "js"}, {"𠮷野", "jiye", "jy"}, {"", "", ""},
        {"阿凡提·买买提", "afantimaimaiti", "aftmmt"}, {"吴三桂", "wusangui", "wsg"},
    };
    check_readings(bn_pinyin_name, cases, BN_COUNT(cases));
}

static void text__reads_words_in_their_company(void **state)
{
    (void)state;
    static const reading_case cases[] = {
        {"长安", "changan", "ca"}, {"長安", "changan", "ca"}, {"乾隆", "qianlong", "ql"},
        {"重庆", "chongqing", "cq"}, {"中国银行", "zhongguoyinhang", "zgyh"},
        {"行人", "xingren", "xr"}, {"音乐厅", "yinyueting", "yyt"}, {"成都", "chengdu", "cd"},
        {"上海ABC公司", "shanghaiabcgongsi", "shabcgs"}, {"会计", "kuaiji", "kj"},
        {"行长", "hangzhang", "hz"}, {"女儿", "nver", "ne"}, {"360 科技", "360keji", "360kj"},
        {"曾单", "zengdan", "zd"},
    };
    check_readings(bn_pinyin_text, cases, BN_COUNT(cases));
}

static bool has_form(const bn_pinyin_forms *forms, const char *full)
{
    for (size_t i = 0; i < forms->count; i++) {
        if (bn_slice_is(forms->form[i].full, full)) {
            return true;
        }
    }
    return false;
}

static void forms__hold_every_reading_worth_an_index_entry(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *wanted[4];
    } cases[] = {
        {"王乐", {"wangle", "wangyue"}}, {"吕布", {"lvbu", "lubu"}},
        {"李重", {"lichong", "lizhong"}}, {"单行", {"shanxing", "danxing", "shanhang"}},
        {"王小明", {"wangxiaoming"}}, {"张朝", {"zhangchao", "zhangzhao"}},
    };
    bn_arena arena;
    bn_arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        bn_pinyin_forms forms;
        assert_int_equal(bn_pinyin_name_forms(bn_slice_of(cases[i].name), &arena, &forms), BN_OK);
        assert_text(forms.form[0].full, cases[i].wanted[0], cases[i].name);
        for (size_t j = 0; j < 4 && cases[i].wanted[j] != NULL; j++) {
            if (!has_form(&forms, cases[i].wanted[j])) {
                fail_msg("%s has no form %s", cases[i].name, cases[i].wanted[j]);
            }
        }
    }
    bn_arena_fini(&arena);
}

static void forms__are_bounded_and_distinct(void **state)
{
    (void)state;
    bn_arena arena;
    bn_pinyin_forms forms;
    bn_arena_init(&arena, 1 << 20);
    assert_int_equal(bn_pinyin_text_forms(BN_SLICE("乐行重朝长单解仇区查"), &arena, &forms), BN_OK);
    assert_int_equal(forms.count, BN_PINYIN_FORMS_MAX);
    for (size_t i = 0; i < forms.count; i++) {
        for (size_t j = 0; j < i; j++) {
            assert_false(bn_slice_equal(forms.form[i].full, forms.form[j].full));
        }
    }
    bn_arena_fini(&arena);
}

static void query__meets_the_form_in_the_index(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"Wang Xiaoming", "wangxiaoming"}, {"wáng xiǎo míng", "wangxiaoming"}, {"lü", "lv"},
        {"LYU", "lv"}, {"nǚ", "nv"}, {"nyu", "nv"}, {"Xi'an", "xian"}, {"lin yu", "linyu"},
        {"an-yuan", "anyuan"}, {"ＷＸＭ", "wxm"}, {"lǜshī", "lvshi"}, {"王", "王"},
    };
    BN_AUTO(bn_buf_fini) bn_buf out = {.size_max = BN_TEXT_BYTES_MAX};
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        bn_buf_clear(&out);
        assert_int_equal(bn_pinyin_query(bn_slice_of(cases[i][0]), &out), BN_OK);
        assert_text(bn_buf_slice(&out), cases[i][1], cases[i][0]);
    }
}

static void surname__is_the_longest_compound_else_one_character(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t len;
    } cases[] = {
        {"王小明", 3}, {"欧阳修", 6}, {"歐陽修", 6}, {"欧阳", 3}, {"诸葛亮", 6}, {"王", 3},
        {"john", 0}, {"", 0}, {"阿凡提·买买提", 0}, {"爱新觉罗玄烨", 12}, {"梁丘实", 3},
    };
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        assert_int_equal(bn_surname_bytes(bn_slice_of(cases[i].name)), cases[i].len);
    }
}

static void char__has_readings_that_are_syllables(void **state)
{
    (void)state;
    unsigned with_reading = 0;
    for (uint32_t c = 0x3000; c <= 0x323af; c++) {
        const char *readings[BN_PINYIN_READINGS_MAX];
        size_t count = bn_pinyin_char(c, readings);
        with_reading += count > 0;
        assert_true(count <= BN_PINYIN_READINGS_MAX);
        for (size_t i = 0; i < count; i++) {
            size_t len = strlen(readings[i]);
            assert_true(len >= 1 && len < BN_PINYIN_SYLLABLE_MAX);
            assert_int_equal(strspn(readings[i], "abcdefghijklmnopqrstuvwxyz"), len);
        }
    }
    assert_true(with_reading > 40000);
}

static void name__takes_any_text(void **state)
{
    (void)state;
    property p = property_begin("pinyin of anything", 5000);
    bn_arena arena;
    bn_arena_init(&arena, 1 << 20);
    BN_AUTO(bn_buf_fini) bn_buf text = {.size_max = BN_TEXT_BYTES_MAX};
    for (unsigned i = 0; i < p.cases; i++) {
        bn_pinyin_forms forms;
        random_text(&p, 12, &text);
        bn_arena_reset(&arena);
        assert_int_equal(bn_pinyin_name_forms(bn_buf_slice(&text), &arena, &forms), BN_OK);
        assert_in_range(forms.count, 1, BN_PINYIN_FORMS_MAX);
        assert_true(bn_utf8_valid(forms.form[0].full));
    }
    bn_arena_fini(&arena);
}

static void name__speed_is_printed(void **state)
{
    (void)state;
    static const char *const names[] = {"王小明", "歐陽修", "单乐行", "John Smith"};
    enum { rounds = 20000 };
    BN_AUTO(bn_buf_fini) bn_buf full = {.size_max = BN_TEXT_BYTES_MAX};
    BN_AUTO(bn_buf_fini) bn_buf initials = {.size_max = BN_TEXT_BYTES_MAX};
    struct timespec from;
    struct timespec to;
    clock_gettime(CLOCK_MONOTONIC, &from);
    for (int i = 0; i < rounds; i++) {
        bn_buf_clear(&full);
        bn_buf_clear(&initials);
        assert_int_equal(bn_pinyin_name(bn_slice_of(names[i % 4]), &full, &initials), BN_OK);
    }
    clock_gettime(CLOCK_MONOTONIC, &to);
    double seconds = (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
    printf("# pinyin and initials: %.0f names/s\n", rounds / seconds);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(name__reads_the_surname_as_a_surname),
        cmocka_unit_test(text__reads_words_in_their_company),
        cmocka_unit_test(forms__hold_every_reading_worth_an_index_entry),
        cmocka_unit_test(forms__are_bounded_and_distinct),
        cmocka_unit_test(query__meets_the_form_in_the_index),
        cmocka_unit_test(surname__is_the_longest_compound_else_one_character),
        cmocka_unit_test(char__has_readings_that_are_syllables),
        cmocka_unit_test(name__takes_any_text),
        cmocka_unit_test(name__speed_is_printed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
