/* test_phone.c - telephone numbers as people write them.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <banyan/protocol/match/phone.h>

#include "match_unit.h"

#include <string.h>

typedef struct phone_case {
    const char *text;
    const char *region;
    const char *number; /* NULL: refused */
    const char *extension;
    bn_phone_class kind;
} phone_case;

static void check_phones(const phone_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const phone_case *c = &cases[i];
        bn_phone phone = {0};
        bn_err err = {0};
        bn_rc rc = bn_phone_parse(bn_slice_of(c->text), c->region, &phone, &err);
        if (c->number == NULL) {
            assert_int_equal(rc, BN_E_INVALID);
            continue;
        }
        if (rc != BN_OK || strcmp(phone.number, c->number) != 0 || phone.kind != c->kind ||
            strcmp(phone.extension, c->extension) != 0) {
            fail_msg("%s in %s: '%s' ext '%s' kind %d (%s)", c->text, c->region, phone.number,
                     phone.extension, phone.kind, err.text);
        }
    }
}

static void china__numbers_have_one_form(void **state)
{
    (void)state;
    static const phone_case cases[] = {
        {"138 0013 8000", "CN", "+8613800138000", "", BN_PHONE_MOBILE},
        {"138-0013-8000", "CN", "+8613800138000", "", BN_PHONE_MOBILE},
        {"0086 13800138000", "CN", "+8613800138000", "", BN_PHONE_MOBILE},
        {"+86 138 0013 8000", "CN", "+8613800138000", "", BN_PHONE_MOBILE},
        {"（+86）13800138000", "CN", "+8613800138000", "", BN_PHONE_MOBILE},
        {"8613800138000", "CN", "+8613800138000", "", BN_PHONE_MOBILE},
        {"+86 138 0013 8000", "US", "+8613800138000", "", BN_PHONE_MOBILE},
        {"013800138000", "CN", "+8613800138000", "", BN_PHONE_MOBILE},
        {"1795113800138000", "CN", "+8613800138000", "", BN_PHONE_MOBILE},
        {"１３８００１３８０００", "CN", "+8613800138000", "", BN_PHONE_MOBILE},
        {"手机:13800138000(王先生)", "CN", "+8613800138000", "", BN_PHONE_MOBILE},
        {"13800138000/13900139000", "CN", "+8613800138000", "", BN_PHONE_MOBILE},
        {"17012345678", "CN", "+8617012345678", "", BN_PHONE_VIRTUAL},
        {"(021)5888 1234 转 801", "CN", "+862158881234", "801", BN_PHONE_LAND},
        {"(021)5888 1234 轉 801", "CN", "+862158881234", "801", BN_PHONE_LAND},
        {"021-58881234-801", "CN", "+862158881234", "801", BN_PHONE_LAND},
        {"021-5888-1234", "CN", "+862158881234", "", BN_PHONE_LAND},
        {"+86 21 5888 1234", "CN", "+862158881234", "", BN_PHONE_LAND},
        {"+86 (0)21 5888 1234", "CN", "+862158881234", "", BN_PHONE_LAND},
        {"010-62345678", "CN", "+861062345678", "", BN_PHONE_LAND},
        {"0755 8888 1234 ext 5", "CN", "+8675588881234", "5", BN_PHONE_LAND},
        {"58881234", "CN", "58881234", "", BN_PHONE_LAND},
        {"95588", "CN", "95588", "", BN_PHONE_SHORT},
        {"110", "CN", "110", "", BN_PHONE_SHORT},
        {"10086", "CN", "10086", "", BN_PHONE_SHORT},
        {"400-820-8820", "CN", "+864008208820", "", BN_PHONE_SERVICE},
        {"800 820 8820", "CN", "+868008208820", "", BN_PHONE_SERVICE},
        {"abc", "CN", NULL, "", 0}, {"", "CN", NULL, "", 0}, {"12", "CN", NULL, "", 0},
        {"123456789012345678901234", "CN", NULL, "", 0},
    };
    check_phones(cases, BN_COUNT(cases));
}

static void world__numbers_follow_their_plans(void **state)
{
    (void)state;
    static const phone_case cases[] = {
        {"702-919-1300", "US", "+17029191300", "", BN_PHONE_UNKNOWN},
        {"(702) 919-1300", "US", "+17029191300", "", BN_PHONE_UNKNOWN},
        {"1-702-919-1300", "US", "+17029191300", "", BN_PHONE_UNKNOWN},
        {"702.919.1300 x12", "US", "+17029191300", "12", BN_PHONE_UNKNOWN},
        {"+1 702 919 1300", "CN", "+17029191300", "", BN_PHONE_UNKNOWN},
        {"011 86 138 0013 8000", "US", "+8613800138000", "", BN_PHONE_MOBILE},
        {"1-800-555-0199", "US", "+18005550199", "", BN_PHONE_SERVICE},
        {"919-1300", "US", "9191300", "", BN_PHONE_UNKNOWN},
        {"+44 (0)20 7946 0958", "CN", "+442079460958", "", BN_PHONE_LAND},
        {"020 7946 0958", "GB", "+442079460958", "", BN_PHONE_LAND},
        {"07700 900123", "GB", "+447700900123", "", BN_PHONE_MOBILE},
        {"02 9374 4000", "AU", "+61293744000", "", BN_PHONE_LAND},
        {"0412 345 678", "AU", "+61412345678", "", BN_PHONE_MOBILE},
        {"9123 4567", "HK", "+85291234567", "", BN_PHONE_MOBILE},
        {"+852 2123 4567", "CN", "+85221234567", "", BN_PHONE_LAND},
        {"0912-345-678", "TW", "+886912345678", "", BN_PHONE_MOBILE},
        {"777 123 456", "CZ", "+420777123456", "", BN_PHONE_MOBILE},
        {"+999 1234567", "CN", "+9991234567", "", BN_PHONE_UNKNOWN},
        {"7029191300", "CN", "7029191300", "", BN_PHONE_UNKNOWN},
    };
    check_phones(cases, BN_COUNT(cases));
}

static void region__without_a_plan_is_unsupported(void **state)
{
    (void)state;
    bn_phone phone = {0};
    assert_int_equal(bn_phone_parse(BN_SLICE("12345678"), "ZZ", &phone, NULL), BN_E_UNSUPPORTED);
}

static void tail__is_the_last_digits(void **state)
{
    (void)state;
    bn_phone phone = {0};
    assert_int_equal(bn_phone_parse(BN_SLICE("13800138000"), "CN", &phone, NULL), BN_OK);
    assert_text(bn_phone_tail(&phone, 8), "00138000", "eight");
    assert_text(bn_phone_tail(&phone, 99), "8613800138000", "all");
}

static void result__is_read_as_itself(void **state)
{
    (void)state;
    property p = property_begin("phones", 20000);
    for (unsigned i = 0; i < p.cases; i++) {
        char text[24];
        size_t len = 0;
        for (uint64_t n = property_below(&p, sizeof text - 1); n > 0; n--) {
            text[len++] = "00112233445566778899+-( )x/"[property_below(&p, 27)];
        }
        text[len] = 0;
        bn_phone once = {0};
        bn_phone twice = {0};
        if (bn_phone_parse(bn_slice_of(text), "CN", &once, NULL) == BN_OK &&
            once.number[0] == '+') {
            assert_int_equal(bn_phone_parse(bn_slice_of(once.number), "CN", &twice, NULL), BN_OK);
            if (strcmp(once.number, twice.number) != 0) {
                fail_msg("'%s' is %s is %s", text, once.number, twice.number);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(china__numbers_have_one_form),
        cmocka_unit_test(world__numbers_follow_their_plans),
        cmocka_unit_test(region__without_a_plan_is_unsupported),
        cmocka_unit_test(tail__is_the_last_digits),
        cmocka_unit_test(result__is_read_as_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
