/* test_email.c - mail addresses in compare form.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <banyan/protocol/match/email.h>

#include "match_unit.h"

static void parse__gives_one_form(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *address; /* NULL: refused */
        const char *plain;
        bool is_role;
        bool is_free;
    } cases[] = {
        {"Li.Na@Example.COM", "li.na@example.com", "li.na@example.com", false, false},
        {" li.na+crm@example.com ", "li.na+crm@example.com", "li.na@example.com", false, false},
        {"Li Na <li.na@qq.com>", "li.na@qq.com", "li.na@qq.com", false, true},
        {"mailto:info@example.com?subject=x", "info@example.com", "info@example.com", true, false},
        {"info+cz@example.com", "info+cz@example.com", "info@example.com", true, false},
        {"ｌｉ＠ｅｘａｍｐｌｅ．ｃｏｍ", "li@example.com", "li@example.com", false, false},
        {"张三@例子.公司", "张三@例子.公司", "张三@例子.公司", false, false},
        {"+@example.com", "+@example.com", "+@example.com", false, false},
        {"", NULL, "", false, false}, {"li.na", NULL, "", false, false},
        {"@example.com", NULL, "", false, false}, {"li@", NULL, "", false, false},
        {"li@example", NULL, "", false, false}, {"li@@example.com", NULL, "", false, false},
        {"li na@example.com", NULL, "", false, false},
        {"li..na@example.com", NULL, "", false, false},
        {"li@.example.com", NULL, "", false, false}, {"<", NULL, "", false, false},
        {"<>", NULL, "", false, false}, {"mailto:", NULL, "", false, false},
    };
    bn_arena arena;
    bn_arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        bn_email email = {0};
        bn_err err = {0};
        bn_rc rc = bn_email_parse(bn_slice_of(cases[i].text), &arena, &email, &err);
        if (cases[i].address == NULL) {
            assert_int_equal(rc, BN_E_INVALID);
            continue;
        }
        assert_ok(rc, err);
        assert_text(email.address, cases[i].address, cases[i].text);
        assert_text(email.plain, cases[i].plain, cases[i].text);
        assert_int_equal(email.is_role, cases[i].is_role);
        assert_int_equal(email.is_free, cases[i].is_free);
    }
    bn_arena_fini(&arena);
}

static void parse__of_its_result_changes_nothing(void **state)
{
    (void)state;
    property p = property_begin("mail addresses", 5000);
    bn_arena arena;
    bn_arena_init(&arena, 1 << 20);
    for (unsigned i = 0; i < p.cases; i++) {
        char text[20];
        bn_email once = {0};
        bn_email twice = {0};
        for (size_t j = 0; j < sizeof text; j++) {
            text[j] = "abAB.+-_ @@<>"[property_below(&p, 13)];
        }
        text[7] = '@';
        text[15] = '.';
        bn_arena_reset(&arena);
        if (bn_email_parse(bn_slice_make(text, sizeof text), &arena, &once, NULL) == BN_OK) {
            assert_int_equal(bn_email_parse(once.address, &arena, &twice, NULL), BN_OK);
            assert_true(bn_slice_equal(once.address, twice.address));
            assert_true(bn_slice_equal(once.plain, twice.plain));
        }
    }
    bn_arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parse__gives_one_form),
        cmocka_unit_test(parse__of_its_result_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
