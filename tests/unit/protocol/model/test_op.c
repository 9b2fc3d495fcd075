/* test_op.c - what an op must be before anybody acts on it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "unit/unit.h"

#include <banyan/base/check.h>
#include <banyan/base/limits.h>
#include <banyan/protocol/op.h>

#include <string.h>

static const bn_id some_id = {.bytes = {0, 0, 0, 7, 1}};

#define TEXT(literal)                                                                     \
    {                                                                                     \
        .type = BN_VALUE_TEXT, .text = {(const uint8_t *)(literal), sizeof(literal) - 1 } \
    }
#define INT(number)                               \
    {                                             \
        .type = BN_VALUE_INT, .integer = (number) \
    }

static bn_op write_of(bn_change *changes, size_t count)
{
    return (bn_op){.type = BN_OP_WRITE,
                   .schema_version = 1,
                   .actor = bn_slice_of("li.na"),
                   .kind = BN_KIND_CUSTOMER,
                   .id = some_id,
                   .changes = changes,
                   .changes_count = count};
}

static void op__a_good_write_passes(void **state)
{
    (void)state;
    bn_change changes[] = {
        {.field = BN_FIELD_EXISTENCE, .value = INT(1)},
        {.field = BN_CUSTOMER_name, .base = {1, 2}, .value = TEXT("王小明")},
        {.field = BN_CUSTOMER_sex, .value = TEXT("male")},
        {.field = BN_CUSTOMER_birth_date, .value = {.type = BN_VALUE_NIL}},
        {.field = BN_CUSTOMER_tags, .verb = BN_VERB_ADD, .value = TEXT("a")},
        {.field = BN_CUSTOMER_tags, .verb = BN_VERB_ADD, .value = TEXT("b")},
        {.field = BN_CUSTOMER_tags, .verb = BN_VERB_REMOVE, .base = {1, 1}, .value = TEXT("c")},
        {.field = BN_CUSTOMER_tags, .verb = BN_VERB_REMOVE, .base = {2, 1}, .value = TEXT("c")},
        {.field = BN_CUSTOMER_contacts, .verb = BN_VERB_ADD, .value = INT(-1)},
    };
    bn_op op = write_of(changes, BN_COUNT(changes));
    bn_err err = {0};
    assert_ok(bn_op_validate(&op, &err), err);
}

static void op__bad_changes_are_refused(void **state)
{
    (void)state;
    static const struct {
        bn_change changes[2];
        size_t count;
    } cases[] = {
        {{{.field = BN_FIELD_EXISTENCE, .value = INT(2)}}, 1},
        {{{.field = BN_FIELD_EXISTENCE, .verb = BN_VERB_ADD, .value = INT(1)}}, 1},
        {{{.field = BN_FIELD_EXISTENCE, .value = {.type = BN_VALUE_NIL}}}, 1},
        {{{.field = 60, .value = INT(1)}}, 1},
        {{{.field = BN_CUSTOMER_name, .value = INT(1)}}, 1},
        {{{.field = BN_CUSTOMER_name, .value = TEXT("")}}, 1},
        {{{.field = BN_CUSTOMER_sex, .value = TEXT("Male")}}, 1},
        {{{.field = BN_CUSTOMER_birth_date, .value = INT(20230229)}}, 1},
        {{{.field = BN_CUSTOMER_consent, .value = INT(2)}}, 1},
        {{{.field = BN_CUSTOMER_branch, .value = INT(0)}}, 1},
        {{{.field = BN_CUSTOMER_last_contact, .value = INT(INT64_MAX)}}, 1},
        {{{.field = BN_CUSTOMER_name, .verb = BN_VERB_ADD, .value = TEXT("a")}}, 1},
        {{{.field = BN_CUSTOMER_tags, .value = TEXT("a")}}, 1},
        {{{.field = BN_CUSTOMER_tags, .verb = BN_VERB_ADD, .base = {1, 1}, .value = TEXT("a")}}, 1},
        {{{.field = BN_CUSTOMER_tags, .verb = BN_VERB_REMOVE, .value = TEXT("a")}}, 1},
        {{{.field = BN_CUSTOMER_tags, .verb = BN_VERB_ADD, .value = {.type = BN_VALUE_NIL}}}, 1},
        {{{.field = BN_CUSTOMER_remarks,
           .verb = BN_VERB_REMOVE,
           .base = {1, 1},
           .value = TEXT("a")}},
         1},
        {{{.field = BN_CUSTOMER_contacts, .verb = BN_VERB_ADD, .value = TEXT("a")}}, 1},
        {{{.field = BN_CUSTOMER_name, .value = TEXT("a")},
          {.field = BN_CUSTOMER_name, .value = TEXT("b")}},
         2},
        {{{.field = BN_CUSTOMER_contacts, .verb = BN_VERB_ADD, .value = INT(1)},
          {.field = BN_CUSTOMER_contacts, .verb = BN_VERB_ADD, .value = INT(2)}},
         2},
        {{{.field = BN_CUSTOMER_tags, .verb = BN_VERB_ADD, .value = TEXT("b")},
          {.field = BN_CUSTOMER_tags, .verb = BN_VERB_ADD, .value = TEXT("a")}},
         2},
        {{{.field = BN_CUSTOMER_tags, .verb = BN_VERB_ADD, .value = TEXT("a")},
          {.field = BN_CUSTOMER_tags, .verb = BN_VERB_ADD, .value = TEXT("a")}},
         2},
        {{{0}}, 0},
    };
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        bn_change changes[2];
        memcpy(changes, cases[i].changes, sizeof changes);
        bn_op op = write_of(changes, cases[i].count);
        bn_err err = {0};
        if (bn_op_validate(&op, &err) != BN_E_INVALID) {
            fail_msg("case %zu passes", i);
        }
        assert_int_not_equal(err.text[0], 0);
    }
}

static void op__a_text_beyond_its_limit_is_refused(void **state)
{
    (void)state;
    char text[65];
    memset(text, 'a', sizeof text);
    bn_change change = {.field = BN_CUSTOMER_nationality,
                        .value = bn_value_text(bn_slice_make(text, 64))};
    bn_op op = write_of(&change, 1);
    bn_err err = {0};
    assert_ok(bn_op_validate(&op, &err), err);
    change.value.text.len = 65;
    assert_int_equal(bn_op_validate(&op, &err), BN_E_LIMIT);
    assert_string_equal(err.text, "nationality: 65 bytes, limit 64");
}

static void op__the_head_is_checked(void **state)
{
    (void)state;
    bn_change change = {.field = BN_CUSTOMER_name, .value = TEXT("a")};
    char actor[BN_ACTOR_BYTES_MAX + 1];
    memset(actor, 'a', sizeof actor);
    bn_op bad[6];
    for (size_t i = 0; i < BN_COUNT(bad); i++) {
        bad[i] = write_of(&change, 1);
    }
    bad[0].kind = 0;
    bad[1].kind = BN_KIND_MAX;
    bad[2].id = (bn_id){0};
    bad[3].flags = 0x80;
    bad[4].actor = bn_slice_make(actor, sizeof actor);
    bad[5].actor = bn_slice_make("\xff", 1);
    for (size_t i = 0; i < BN_COUNT(bad); i++) {
        bn_err err = {0};
        assert_int_equal(bn_op_validate(&bad[i], &err), BN_E_INVALID);
    }
}

static void op__each_type_has_its_own_parts(void **state)
{
    (void)state;
    bn_change change = {.field = BN_CUSTOMER_name, .value = TEXT("a")};
    bn_dot seen[1] = {{1, 2}};
    const bn_slice body = bn_slice_of("body");
    const struct {
        bn_op op;
        bool is_good;
    } cases[] = {
        {{.type = BN_OP_ERASE, .kind = BN_KIND_CUSTOMER}, true},
        {{.type = BN_OP_ERASE, .kind = BN_KIND_CUSTOMER, .changes = &change, .changes_count = 1},
         false},
        {{.type = BN_OP_RESOLVE, .observed = seen, .observed_count = 1, .pick = {1, 2}}, true},
        {{.type = BN_OP_RESOLVE,
          .kind = BN_KIND_CUSTOMER,
          .observed = seen,
          .observed_count = 1,
          .changes = &change,
          .changes_count = 1},
         true},
        {{.type = BN_OP_RESOLVE, .pick = {1, 2}}, false},
        {{.type = BN_OP_RESOLVE, .observed = seen, .observed_count = 1}, false},
        {{.type = BN_OP_RESOLVE,
          .observed = seen,
          .observed_count = 1,
          .changes = &change,
          .changes_count = 1},
         false},
        {{.type = BN_OP_RESOLVE,
          .kind = BN_KIND_MAX,
          .observed = seen,
          .observed_count = 1,
          .pick = {1, 2}},
         false},
        {{.type = BN_OP_UNDO}, true},
        {{.type = BN_OP_UNDO, .pick = {1, 2}}, false},
        {{.type = BN_OP_DECISION, .body = body}, true},
        {{.type = BN_OP_DECISION}, false},
        {{.type = BN_OP_WRITE,
          .kind = BN_KIND_CUSTOMER,
          .changes = &change,
          .changes_count = 1,
          .body = body},
         false},
        {{.type = (bn_op_type)9, .kind = BN_KIND_CUSTOMER}, false},
    };
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        bn_op op = cases[i].op;
        bn_err err = {0};
        op.id = some_id;
        if ((bn_op_validate(&op, &err) == BN_OK) != cases[i].is_good) {
            fail_msg("case %zu: %s", i, err.text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(op__a_good_write_passes),
        cmocka_unit_test(op__bad_changes_are_refused),
        cmocka_unit_test(op__a_text_beyond_its_limit_is_refused),
        cmocka_unit_test(op__the_head_is_checked),
        cmocka_unit_test(op__each_type_has_its_own_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
