/* test_idnumber.c - resident numbers and organisation codes, and what is wrong with them.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <banyan/protocol/match/idnumber.h>

#include "match_unit.h"

#include <string.h>

/* A good number of a random person. */
static void random_resident(property *p, char out[19])
{
    snprintf(out, 19, "440106%04u%02u%02u%03u", 1940 + (unsigned)property_below(p, 70),
             1 + (unsigned)property_below(p, 12), 1 + (unsigned)property_below(p, 28),
             (unsigned)property_below(p, 1000));
    out[17] = bn_resident_id_checksum(out);
    out[18] = 0;
}

static void resident__is_read_in_full(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *number;
        bn_resident_class kind;
        uint32_t area;
        uint32_t born;
        bool is_male;
    } cases[] = {
        {"11010519491231002X", "11010519491231002X", BN_RESIDENT_CITIZEN, 110105, 19491231, false},
        {"11010519491231002x", "11010519491231002X", BN_RESIDENT_CITIZEN, 110105, 19491231, false},
        {"１１０１０５１９４９１２３１００２Ｘ", "11010519491231002X", BN_RESIDENT_CITIZEN, 110105,
         19491231, false},
        {"110105 19491231 002X", "11010519491231002X", BN_RESIDENT_CITIZEN, 110105, 19491231,
         false},
        {"440524188001010014", "440524188001010014", BN_RESIDENT_CITIZEN, 440524, 18800101, true},
        {"110105491231002", "11010519491231002X", BN_RESIDENT_CITIZEN, 110105, 19491231, false},
        {"500103199001010010", "500103199001010010", BN_RESIDENT_CITIZEN, 500103, 19900101, true},
        {"810000199408230021", "810000199408230021", BN_RESIDENT_HONG_KONG, 810000, 19940823,
         false},
        {"830000199201300022", "830000199201300022", BN_RESIDENT_TAIWAN, 830000, 19920130, false},
    };
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        bn_resident_id id = {0};
        bn_id_check check = {.problem = BN_ID_LENGTH};
        bn_err err = {0};
        assert_ok(bn_resident_id_parse(bn_slice_of(cases[i].text), &id, &check, &err), err);
        assert_string_equal(id.number, cases[i].number);
        assert_int_equal(id.kind, cases[i].kind);
        assert_int_equal(id.area, cases[i].area);
        assert_int_equal(bn_date_pack(&id.born), cases[i].born);
        assert_int_equal(id.is_male, cases[i].is_male);
        assert_int_equal(check.problem, BN_ID_GOOD);
        assert_int_equal(id.was_15, strlen(cases[i].text) == 15);
    }
}

static void resident__says_what_is_wrong_and_where(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bn_id_problem problem;
        uint8_t position;
        char expected;
    } cases[] = {
        {"", BN_ID_LENGTH, 0, 0},
        {"1101051949123100", BN_ID_LENGTH, 0, 0},
        {"11010519491231002XX", BN_ID_LENGTH, 0, 0},
        {"11010519491231O02X", BN_ID_CHARACTER, 15, 0},
        {"1101051949123100X2", BN_ID_CHARACTER, 17, 0},
        {"99X105194912310021", BN_ID_CHARACTER, 3, 0},
        {"160105194912310021", BN_ID_AREA, 1, 0},
        {"110105174912310021", BN_ID_DATE, 7, 0},
        {"110105194913310021", BN_ID_DATE, 11, 0},
        {"110105194902300021", BN_ID_DATE, 13, 0},
        {"110105491331002", BN_ID_DATE, 9, 0},
        {"110105194912310021", BN_ID_CHECKSUM, 18, 'X'},
    };
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        bn_resident_id id = {.area = 7};
        bn_id_check check = {0};
        bn_err err = {0};
        bn_rc rc = bn_resident_id_parse(bn_slice_of(cases[i].text), &id, &check, &err);
        assert_int_equal(rc, BN_E_INVALID);
        if (check.problem != cases[i].problem || check.position != cases[i].position) {
            fail_msg("%s: problem %d at %u", cases[i].text, check.problem, check.position);
        }
        assert_int_equal(check.expected, cases[i].expected);
        assert_int_equal(id.area, 7);
        assert_true(cases[i].text[0] == 0 || strstr(err.text, cases[i].text) == NULL);
    }
}

static void resident__area_is_a_province_or_it_is_refused(void **state)
{
    (void)state;
    static const uint8_t provinces[] = {11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34,
                                        35, 36, 37, 41, 42, 43, 44, 45, 46, 50, 51, 52,
                                        53, 54, 61, 62, 63, 64, 65, 71, 81, 82, 83};
    size_t found = 0;
    for (unsigned code = 0; code < 90; code++) {
        char number[19];
        bn_resident_id id = {0};
        bn_id_check check = {0};
        snprintf(number, sizeof number, "%02u010119900101001", code);
        number[17] = bn_resident_id_checksum(number);
        number[18] = 0;
        bool is_province = found < BN_COUNT(provinces) && provinces[found] == code;
        bn_rc rc = bn_resident_id_parse(bn_slice_of(number), &id, &check, NULL);
        assert_int_equal(rc, is_province ? BN_OK : BN_E_INVALID);
        assert_int_equal(check.problem, is_province ? BN_ID_GOOD : BN_ID_AREA);
        found += is_province;
    }
    assert_int_equal(found, BN_COUNT(provinces));
}

static void resident__old_centenarian_codes_are_flagged(void **state)
{
    (void)state;
    bn_resident_id id = {0};
    assert_int_equal(bn_resident_id_parse(BN_SLICE("110105850101997"), &id, NULL, NULL), BN_OK);
    assert_true(id.is_centenarian_code);
    assert_true(id.is_area_known);
}

static void resident__checksum_finds_every_wrong_digit_and_swap(void **state)
{
    (void)state;
    property p = property_begin("resident checksum", 300);
    for (unsigned n = 0; n < p.cases; n++) {
        char number[19];
        char wrong[19];
        random_resident(&p, number);
        bn_resident_id id;
        assert_int_equal(bn_resident_id_parse(bn_slice_of(number), &id, NULL, NULL), BN_OK);
        for (size_t i = 0; i < 17; i++) {
            for (char c = '0'; c <= '9'; c++) {
                memcpy(wrong, number, sizeof wrong);
                wrong[i] = c;
                assert_int_equal(bn_resident_id_checksum(wrong) == number[17], c == number[i]);
            }
            memcpy(wrong, number, sizeof wrong);
            wrong[i] = number[i + 1];
            wrong[i + 1] = number[i];
            bn_rc rc = bn_resident_id_parse(bn_slice_of(wrong), &(bn_resident_id){0}, NULL, NULL);
            assert_int_equal(rc == BN_OK, number[i] == number[i + 1]);
        }
    }
}

static void organisation__code_is_read_with_the_legacy_code_inside(void **state)
{
    (void)state;
    bn_org_code code = {0};
    bn_id_check check = {0};
    bn_err err = {0};
    assert_int_equal(bn_org_code_checksum("91350100M000100Y4"), '3');
    assert_ok(bn_org_code_parse(BN_SLICE("91350100m000100y43"), &code, &check, &err), err);
    assert_string_equal(code.code, "91350100M000100Y43");
    assert_string_equal(code.legacy, "M000100Y4");
    assert_int_equal(code.area, 350100);
    assert_true(code.is_legacy_good);
    assert_ok(bn_org_code_parse(BN_SLICE("M000100Y-4"), &code, &check, &err), err);
    assert_string_equal(code.code, "");
    assert_string_equal(code.legacy, "M000100Y4");
    assert_int_equal(bn_legacy_code_checksum("D2143569"), 'X');
}

static void organisation__code_says_what_is_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bn_id_problem problem;
        uint8_t position;
        char expected;
    } cases[] = {
        {"91350100M000100Y4", BN_ID_LENGTH, 0, 0},
        {"91350100M000100Y44", BN_ID_CHECKSUM, 18, '3'},
        {"91350100I000100Y43", BN_ID_CHARACTER, 9, 0},
        {"9135A100M000100Y43", BN_ID_CHARACTER, 5, 0},
        {"M000100Y5", BN_ID_CHECKSUM, 9, '4'},
        {"M000+00Y4", BN_ID_CHARACTER, 5, 0},
    };
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        bn_org_code code = {0};
        bn_id_check check = {0};
        bn_rc rc = bn_org_code_parse(bn_slice_of(cases[i].text), &code, &check, NULL);
        assert_int_equal(rc, BN_E_INVALID);
        assert_int_equal(check.problem, cases[i].problem);
        assert_int_equal(check.position, cases[i].position);
        assert_int_equal(check.expected, cases[i].expected);
    }
}

static void organisation__checksum_finds_every_wrong_character(void **state)
{
    (void)state;
    static const char alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    property p = property_begin("organisation checksum", 100);
    for (unsigned n = 0; n < p.cases; n++) {
        char code[18] = {0};
        for (size_t i = 0; i < 17; i++) {
            code[i] = alphabet[property_below(&p, i >= 2 && i <= 7 ? 10 : 31)];
        }
        char sum = bn_org_code_checksum(code);
        for (size_t i = 0; i < 17; i++) {
            char right = code[i];
            for (size_t a = 0; a < 31; a++) {
                code[i] = alphabet[a];
                assert_int_equal(bn_org_code_checksum(code) == sum, alphabet[a] == right);
            }
            code[i] = right;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resident__is_read_in_full),
        cmocka_unit_test(resident__says_what_is_wrong_and_where),
        cmocka_unit_test(resident__area_is_a_province_or_it_is_refused),
        cmocka_unit_test(resident__old_centenarian_codes_are_flagged),
        cmocka_unit_test(resident__checksum_finds_every_wrong_digit_and_swap),
        cmocka_unit_test(organisation__code_is_read_with_the_legacy_code_inside),
        cmocka_unit_test(organisation__code_says_what_is_wrong),
        cmocka_unit_test(organisation__checksum_finds_every_wrong_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
