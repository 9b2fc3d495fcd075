/* test_schema.c - the catalogue keeps its own rules.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "unit/unit.h"

#include <banyan/base/limits.h>
#include <banyan/base/text.h>
#include <banyan/protocol/schema.h>

static void schema__finds_kinds_and_fields_by_number_and_name(void **state)
{
    (void)state;
    size_t count = 0;
    const bn_kind_def *kinds = bn_schema_kinds(&count);
    assert_true(count > 20 && count <= BN_KIND_MAX);
    for (size_t k = 0; k < count; k++) {
        const bn_kind_def *kind = &kinds[k];
        assert_int_equal(kind->kind, k + 1);
        assert_ptr_equal(bn_schema_kind((unsigned)kind->kind), kind);
        assert_ptr_equal(bn_schema_kind_named(bn_slice_of(kind->name)), kind);
        assert_true(kind->fields_count >= 9 && kind->fields_count < BN_FIELDS_MAX);
        for (size_t f = 0; f < kind->fields_count; f++) {
            const bn_field_def *field = &kind->fields[f];
            assert_int_equal(field->number, f + 1);
            assert_ptr_equal(bn_schema_field(kind, field->number), field);
            assert_ptr_equal(bn_schema_field_named(kind, bn_slice_of(field->name)), field);
        }
        assert_null(bn_schema_field(kind, 0));
        assert_null(bn_schema_field(kind, (unsigned)kind->fields_count + 1));
    }
    assert_null(bn_schema_kind(0));
    assert_null(bn_schema_kind((unsigned)count + 1));
    assert_null(bn_schema_kind_named(BN_SLICE("nothing")));
    assert_null(bn_schema_field_named(&kinds[0], BN_SLICE("nothing")));
}

static void schema__numbers_are_those_the_enumerators_say(void **state)
{
    (void)state;
    const bn_kind_def *customer = bn_schema_kind(BN_KIND_CUSTOMER);
    assert_string_equal(customer->name, "customer");
    assert_string_equal(bn_schema_field(customer, BN_CUSTOMER_external_id)->name, "external_id");
    assert_int_equal(customer->branch_field, BN_CUSTOMER_branch);
    assert_int_equal(customer->customer_field, 0);
    const bn_kind_def *target = bn_schema_kind(BN_KIND_TARGET);
    assert_string_equal(target->name, "target");
    assert_string_equal(bn_schema_field(target, BN_TARGET_remarks)->name, "remarks");
    const bn_kind_def *task = bn_schema_kind(BN_KIND_TASK);
    assert_int_equal(task->customer_field, BN_TASK_customer);
    assert_int_equal(task->branch_field, BN_TASK_branch);
}

static void check_field(const bn_kind_def *kind, const bn_field_def *field)
{
    bool is_text = field->type == BN_TYPE_TEXT || field->type == BN_TYPE_NOTE;
    size_t choices_count = 0;
    const bn_choice *choices = bn_schema_choices(kind->kind, field->number, &choices_count);
    assert_int_equal(is_text, field->size_max > 0);
    assert_true(field->size_max <= BN_TEXT_BYTES_MAX);
    assert_int_equal(field->type == BN_TYPE_CHOICE, choices_count > 1);
    for (size_t i = 0; i < choices_count; i++) {
        assert_true(choices[i].name[0] != 0 && choices[i].label_zh[0] != 0);
        for (size_t j = 0; j < i; j++) {
            assert_string_not_equal(choices[i].name, choices[j].name);
        }
    }
    assert_true(field->label_en[0] != 0 && bn_utf8_valid(bn_slice_of(field->label_zh)));
    if (field->policy == BN_POLICY_COUNTER || field->policy == BN_POLICY_MAX ||
        field->policy == BN_POLICY_MIN) {
        assert_true(!is_text && field->type != BN_TYPE_CHOICE && field->type != BN_TYPE_REF);
    }
    assert_true(field->group == 0 || !bn_policy_is_multi(field->policy));
    for (size_t i = 0; i < kind->fields_count && field->group > 0; i++) {
        const bn_field_def *other = &kind->fields[i];
        assert_true(other->group != field->group || other->policy == field->policy);
    }
}

static void schema__fields_keep_the_rules_of_their_types_and_policies(void **state)
{
    (void)state;
    size_t count = 0;
    const bn_kind_def *kinds = bn_schema_kinds(&count);
    for (size_t k = 0; k < count; k++) {
        for (size_t f = 0; f < kinds[k].fields_count; f++) {
            check_field(&kinds[k], &kinds[k].fields[f]);
            for (size_t g = 0; g < f; g++) {
                assert_string_not_equal(kinds[k].fields[f].name, kinds[k].fields[g].name);
            }
        }
    }
}

static void schema__every_record_knows_which_branches_hold_it(void **state)
{
    (void)state;
    size_t count = 0;
    const bn_kind_def *kinds = bn_schema_kinds(&count);
    for (size_t k = 0; k < count; k++) {
        const bn_kind_def *kind = &kinds[k];
        if (kind->scope != BN_SCOPE_EVERYWHERE) {
            assert_int_not_equal(kind->branch_field, 0);
            assert_int_equal(bn_schema_field(kind, kind->branch_field)->type, BN_TYPE_BRANCH);
        }
        assert_int_equal(kind->scope == BN_SCOPE_KIN, kind->customer_field != 0);
        if (kind->customer_field != 0) {
            assert_int_equal(bn_schema_field(kind, kind->customer_field)->type, BN_TYPE_REF);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schema__finds_kinds_and_fields_by_number_and_name),
        cmocka_unit_test(schema__numbers_are_those_the_enumerators_say),
        cmocka_unit_test(schema__fields_keep_the_rules_of_their_types_and_policies),
        cmocka_unit_test(schema__every_record_knows_which_branches_hold_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
