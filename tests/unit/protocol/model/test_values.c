/* test_values.c - reading, checking and writing values of every type.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "property.h"
#include "unit/unit.h"

#include <banyan/base/check.h>
#include <banyan/protocol/schema.h>

#include <string.h>

#define ARENA_BYTES (1024 * 1024)

typedef struct reading {
    unsigned kind;
    unsigned field;
    const char *text;
    const char *back; /* as it is written out; NULL: refused */
    int64_t integer;  /* checked where not 0 */
} reading;

static const reading readings[] = {
    {BN_KIND_CUSTOMER, BN_CUSTOMER_birth_date, "2026-05-02", "2026-05-02", 20260502},
    {BN_KIND_CUSTOMER, BN_CUSTOMER_birth_date, " 20240229 ", "2024-02-29", 20240229},
    {BN_KIND_CUSTOMER, BN_CUSTOMER_birth_date, "20230229", NULL, 0},
    {BN_KIND_CUSTOMER, BN_CUSTOMER_birth_date, "19000229", NULL, 0},
    {BN_KIND_CUSTOMER, BN_CUSTOMER_birth_date, "2026-0502", NULL, 0},
    {BN_KIND_CUSTOMER, BN_CUSTOMER_birth_date, "02/05/2026", NULL, 0},
    {BN_KIND_CUSTOMER, BN_CUSTOMER_birth_date, "2026-13-01", NULL, 0},
    {BN_KIND_CUSTOMER, BN_CUSTOMER_birth_date, "2026-05-02x", NULL, 0},
    {BN_KIND_CUSTOMER, BN_CUSTOMER_birth_date, "1799-12-31", NULL, 0},
    {BN_KIND_CUSTOMER, BN_CUSTOMER_birth_date, "  ", "", 0},
    {BN_KIND_CUSTOMER, BN_CUSTOMER_income, "13,800.50", "13,800.50", 1380050},
    {BN_KIND_CUSTOMER, BN_CUSTOMER_income, "13800.5", "13,800.50", 1380050},
    {BN_KIND_CUSTOMER, BN_CUSTOMER_income, "-0.07", "-0.07", -7},
    {BN_KIND_CUSTOMER, BN_CUSTOMER_income, "-1,234,567", "-1,234,567.00", -123456700},
    {BN_KIND_CUSTOMER, BN_CUSTOMER_income, "0", "0.00", 0},
    {BN_KIND_CUSTOMER, BN_CUSTOMER_income, "1,38,00", NULL, 0},
    {BN_KIND_CUSTOMER, BN_CUSTOMER_income, "1.234", NULL, 0},
    {BN_KIND_CUSTOMER, BN_CUSTOMER_income, "1.", NULL, 0},
    {BN_KIND_CUSTOMER, BN_CUSTOMER_income, ".5", NULL, 0},
    {BN_KIND_CUSTOMER, BN_CUSTOMER_income, "1.-5", NULL, 0},
    {BN_KIND_CUSTOMER, BN_CUSTOMER_income, "92233720368547758070", NULL, 0},
    {BN_KIND_CUSTOMER, BN_CUSTOMER_income, "99999999999999999", NULL, 0},
    {BN_KIND_CUSTOMER, BN_CUSTOMER_income, "twelve", NULL, 0},
    {BN_KIND_CUSTOMER, BN_CUSTOMER_risk, "1,000", "1000", 1000},
    {BN_KIND_CUSTOMER, BN_CUSTOMER_risk, "-3", "-3", -3},
    {BN_KIND_CUSTOMER, BN_CUSTOMER_risk, "3.0", NULL, 0},
    {BN_KIND_CUSTOMER, BN_CUSTOMER_risk, ",3", NULL, 0},
    {BN_KIND_CUSTOMER, BN_CUSTOMER_risk, "3,", NULL, 0},
    {BN_KIND_CUSTOMER, BN_CUSTOMER_consent, "Yes", "yes", 1},
    {BN_KIND_CUSTOMER, BN_CUSTOMER_consent, "TRUE", "yes", 1},
    {BN_KIND_CUSTOMER, BN_CUSTOMER_consent, "1", "yes", 1},
    {BN_KIND_CUSTOMER, BN_CUSTOMER_consent, "是", "yes", 1},
    {BN_KIND_CUSTOMER, BN_CUSTOMER_consent, "false", "no", 0},
    {BN_KIND_CUSTOMER, BN_CUSTOMER_consent, "否", "no", 0},
    {BN_KIND_CUSTOMER, BN_CUSTOMER_consent, "perhaps", NULL, 0},
    {BN_KIND_CUSTOMER, BN_CUSTOMER_branch, "0017", "0017", 17},
    {BN_KIND_CUSTOMER, BN_CUSTOMER_branch, "17", "0017", 17},
    {BN_KIND_CUSTOMER, BN_CUSTOMER_branch, "999999", "999999", 999999},
    {BN_KIND_CUSTOMER, BN_CUSTOMER_branch, "0", NULL, 0},
    {BN_KIND_CUSTOMER, BN_CUSTOMER_branch, "-1", NULL, 0},
    {BN_KIND_CUSTOMER, BN_CUSTOMER_branch, "1000000", NULL, 0},
    {BN_KIND_CUSTOMER, BN_CUSTOMER_last_contact, "1970-01-02", "1970-01-02T00:00:00Z", 86400000},
    {BN_KIND_CUSTOMER, BN_CUSTOMER_last_contact, "2026-05-02T09:30:00Z", "2026-05-02T09:30:00Z",
     1777714200000},
    {BN_KIND_CUSTOMER, BN_CUSTOMER_last_contact, "2026-05-02 17:30+08:00", "2026-05-02T09:30:00Z",
     1777714200000},
    {BN_KIND_CUSTOMER, BN_CUSTOMER_last_contact, "1969-12-31T23:59:59.999Z",
     "1969-12-31T23:59:59.999Z", -1},
    {BN_KIND_CUSTOMER, BN_CUSTOMER_last_contact, "2026-05-02T24:00:00Z", NULL, 0},
    {BN_KIND_CUSTOMER, BN_CUSTOMER_last_contact, "2026-05-02T", NULL, 0},
    {BN_KIND_CUSTOMER, BN_CUSTOMER_last_contact, "2026-05-02T09:30Zulu", NULL, 0},
    {BN_KIND_CUSTOMER, BN_CUSTOMER_sex, "male", "male", 0},
    {BN_KIND_CUSTOMER, BN_CUSTOMER_sex, "Female", "female", 0},
    {BN_KIND_CUSTOMER, BN_CUSTOMER_sex, "女", "female", 0},
    {BN_KIND_CUSTOMER, BN_CUSTOMER_document_type, "居民身份证", "resident_id", 0},
    {BN_KIND_CUSTOMER, BN_CUSTOMER_sex, "f", NULL, 0},
    {BN_KIND_CUSTOMER, BN_CUSTOMER_name, "  王小明 ", "王小明", 0},
    {BN_KIND_CUSTOMER, BN_CUSTOMER_name, "a\nb", NULL, 0},
    {BN_KIND_CUSTOMER, BN_CUSTOMER_name, "a\x01", NULL, 0},
    {BN_KIND_CUSTOMER, BN_CUSTOMER_name, "\xff", NULL, 0},
    {BN_KIND_CUSTOMER, BN_CUSTOMER_postcode, "12345678901234567", NULL, 0},
    {BN_KIND_CUSTOMER, BN_CUSTOMER_remarks, "two\nlines", "two\nlines", 0},
    {BN_KIND_CUSTOMER, BN_CUSTOMER_remarks, "paid with 4111 1111 1111 1111 today", NULL, 0},
    {BN_KIND_CUSTOMER, BN_CUSTOMER_remarks, "5500-0000-0000-0004", NULL, 0},
    {BN_KIND_CUSTOMER, BN_CUSTOMER_remarks, "order 4111 1111 1111 1112",
     "order 4111 1111 1111 1112", 0},
    {BN_KIND_CUSTOMER, BN_CUSTOMER_remarks, "id 320311770706001 x", "id 320311770706001 x", 0},
    {BN_KIND_TASK, BN_TASK_customer, "0000001100112233445566778899aabb",
     "0000001100112233445566778899aabb", 0},
    {BN_KIND_TASK, BN_TASK_customer, "00000000000000000000000000000000", NULL, 0},
    {BN_KIND_TASK, BN_TASK_customer, "12", NULL, 0},
};

static void values__read_what_people_type_and_write_it_back(void **state)
{
    (void)state;
    bn_arena arena;
    bn_arena_init(&arena, ARENA_BYTES);
    for (size_t i = 0; i < BN_COUNT(readings); i++) {
        const reading *r = &readings[i];
        const bn_kind_def *kind = bn_schema_kind(r->kind);
        const bn_field_def *field = bn_schema_field(kind, r->field);
        bn_value value = bn_value_nil();
        bn_err err = {0};
        bn_rc rc = bn_parse_value(kind, field, bn_slice_of(r->text), &arena, &value, &err);
        if (r->back == NULL) {
            if (rc != BN_E_INVALID && rc != BN_E_LIMIT) {
                fail_msg("%s: \"%s\" is taken", field->name, r->text);
            }
            assert_memory_equal(err.text, field->name, strlen(field->name));
            continue;
        }
        assert_ok(rc, err);
        assert_string_equal(bn_format_value(field, value, &arena), r->back);
        assert_true(r->integer == 0 || value.integer == r->integer);
        bn_value again = bn_value_nil();
        assert_ok(bn_parse_value(kind, field, bn_slice_of(r->back), &arena, &again, &err), err);
        assert_true(bn_value_equal(value, again));
    }
    bn_arena_fini(&arena);
}

static void values__a_mistyped_choice_is_answered_with_the_nearest(void **state)
{
    (void)state;
    bn_arena arena;
    bn_arena_init(&arena, ARENA_BYTES);
    const bn_kind_def *kind = bn_schema_kind(BN_KIND_CUSTOMER);
    bn_value value;
    bn_err err = {0};
    assert_int_equal(bn_parse_value(kind, bn_schema_field(kind, BN_CUSTOMER_tier),
                                    BN_SLICE("platnum"), &arena, &value, &err),
                     BN_E_INVALID);
    assert_non_null(strstr(err.text, "did you mean platinum?"));
    bn_arena_fini(&arena);
}

/* Every day of the calendar's years, one after the other. */
static void values__every_day_reads_back_through_a_time(void **state)
{
    (void)state;
    bn_arena arena;
    bn_arena_init(&arena, ARENA_BYTES);
    const bn_kind_def *kind = bn_schema_kind(BN_KIND_CUSTOMER);
    const bn_field_def *time = bn_schema_field(kind, BN_CUSTOMER_last_contact);
    const bn_field_def *date = bn_schema_field(kind, BN_CUSTOMER_birth_date);
    unsigned days = 0;
    int64_t last = 0;
    for (int64_t yyyymmdd = 18000101; yyyymmdd <= 21991231; yyyymmdd++) {
        bn_err err = {0};
        bn_value moment;
        if (bn_validate_value(kind, date, bn_value_int(yyyymmdd), &err) != BN_OK) {
            yyyymmdd += yyyymmdd % 100 > 31 ? 100 - yyyymmdd % 100 - 1 : 0;
            continue;
        }
        const char *text = bn_format_value(date, bn_value_int(yyyymmdd), &arena);
        assert_ok(bn_parse_value(kind, time, bn_slice_of(text), &arena, &moment, &err), err);
        assert_true(days == 0 || moment.integer == last + 86400000);
        last = moment.integer;
        const char *back = bn_format_value(time, moment, &arena);
        assert_memory_equal(back, text, 10);
        days++;
        bn_arena_reset(&arena);
    }
    assert_int_equal(days, 146097);
    bn_arena_fini(&arena);
}

static void values__have_a_total_order(void **state)
{
    (void)state;
    const bn_value ascending[] = {
        bn_value_nil(),
        bn_value_int(INT64_MIN),
        bn_value_int(0),
        bn_value_int(INT64_MAX),
        bn_value_text(BN_SLICE("")),
        bn_value_text(BN_SLICE("a")),
        bn_value_text(BN_SLICE("ab")),
        bn_value_text(BN_SLICE("b")),
        bn_value_id((bn_id){.bytes = {1}}),
        bn_value_id((bn_id){.bytes = {2}}),
    };
    for (size_t i = 0; i < BN_COUNT(ascending); i++) {
        for (size_t j = 0; j < BN_COUNT(ascending); j++) {
            int order = bn_value_compare(ascending[i], ascending[j]);
            assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
            assert_int_equal(bn_value_equal(ascending[i], ascending[j]), i == j);
        }
    }
}

static void values__money_reads_back_for_any_amount(void **state)
{
    (void)state;
    property p = property_begin("money reads back", 5000);
    bn_arena arena;
    bn_arena_init(&arena, ARENA_BYTES);
    const bn_kind_def *kind = bn_schema_kind(BN_KIND_CUSTOMER);
    const bn_field_def *field = bn_schema_field(kind, BN_CUSTOMER_income);
    for (unsigned i = 0; i < p.cases; i++) {
        int64_t amount = (int64_t)(property_next(&p) >> (2 + property_below(&p, 60)));
        bn_value value = bn_value_int(property_below(&p, 2) == 0 ? amount : -amount);
        bn_value back;
        bn_err err = {0};
        const char *text = bn_format_value(field, value, &arena);
        assert_ok(bn_parse_value(kind, field, bn_slice_of(text), &arena, &back, &err), err);
        assert_true(bn_value_equal(value, back));
        bn_arena_reset(&arena);
    }
    bn_arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values__read_what_people_type_and_write_it_back),
        cmocka_unit_test(values__a_mistyped_choice_is_answered_with_the_nearest),
        cmocka_unit_test(values__every_day_reads_back_through_a_time),
        cmocka_unit_test(values__have_a_total_order),
        cmocka_unit_test(values__money_reads_back_for_any_amount),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
