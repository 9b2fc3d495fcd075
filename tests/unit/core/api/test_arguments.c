/* test_arguments.c - requests against the rows of the shared operations, and how answers spell.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Nothing here gets as far as a desk: that is what is tested.
 */
#include "unit/core/api/api_check.h"

#include <banyan/base/check.h>
#include <banyan/core/log.h>

static bn_rc handle(void *context, const char *op, json_t *args, const char *actor,
                    json_t **result, bn_err *err)
{
    return bn_api_handle(context, op, args, actor, result, err);
}

static bn_api api = {.program = "banyan-branch"};

static asker start(void)
{
    api.shared = bn_api_shared();
    return (asker){.handle = handle, .context = &api, .actor = "li.na"};
}

static void finish(asker *a)
{
    json_decref(a->result);
}

static void operations__every_row_checks_its_arguments(void **state)
{
    (void)state;
    asker a = start();
    check_operations(&a, bn_api_shared());
    finish(&a);
}

static void operations__have_names_of_their_own(void **state)
{
    (void)state;
    bn_operations table = bn_api_shared();
    for (size_t i = 0; i < table.count; i++) {
        for (size_t j = 0; j < i; j++) {
            assert_string_not_equal(table.rows[i].name, table.rows[j].name);
        }
    }
}

static void dispatch__names_the_nearest_operation(void **state)
{
    (void)state;
    asker a = start();
    asked_in_vain(&a, "record.gte", "{}", BN_E_NOT_FOUND, "did you mean record.get?");
    asked_in_vain(&a, "quite.else", "{}", BN_E_NOT_FOUND, "no such operation");
    finish(&a);
}

static void arguments__refuse_with_the_place_and_the_rule(void **state)
{
    (void)state;
    static const struct {
        const char *op;
        const char *args;
        bn_rc code;
        const char *text;
    } cases[] = {
        {"record.list", "{'kind':'custmer'}", BN_E_INVALID, "did you mean customer?"},
        {"record.list", "{'kind':'zebra crossing'}", BN_E_INVALID, "no such kind"},
        {"record.list", "{'kind':'customer','limit':0}", BN_E_LIMIT, "limit"},
        {"record.list", "{'kind':'customer','limit':1001}", BN_E_LIMIT, "limit"},
        {"record.list", "{'kind':'customer','limit':-1}", BN_E_INVALID, "whole number"},
        {"record.list", "{'kind':'customer','after':'xyz'}", BN_E_INVALID, "hex"},
        {"record.list", "{'kind':'customer','where':[1]}", BN_E_INVALID, "where"},
        {"record.list", "{'kind':'customer','where':['cty=B']}", BN_E_INVALID, "city"},
        {"record.get", "{'kind':'customer','id':'\\u0000'}", BN_E_INVALID, "a text"},
        {"record.get", "{'kind':'note','id':'7'}", BN_E_INVALID, "32 hex digits"},
        {"record.get", "{'kind':null,'id':'7'}", BN_E_INVALID, "kind is missing"},
        {"record.save", "{'kind':'customer'}", BN_E_INVALID, "at least one field"},
        {"record.save", "{'kind':'customer','set':{'moble':'1'}}", BN_E_INVALID,
         "did you mean mobile?"},
        {"record.save", "{'kind':'customer','set':{'name':7}}", BN_E_INVALID,
         "name: wants a text or null"},
        {"record.save", "{'kind':'customer','set':{'tags':'vip'}}", BN_E_INVALID,
         "use add and remove"},
        {"record.save", "{'kind':'customer','add':{'name':'Wang'}}", BN_E_INVALID,
         "use set"},
        {"record.save", "{'kind':'customer','add':{'tags':['']}}", BN_E_INVALID,
         "cannot be empty"},
        {"record.save", "{'kind':'customer','set':{'name':'W'},'remove':{'tags':'x'}}",
         BN_E_INVALID, "nothing to take out"},
        {"record.save", "{'kind':'customer','set':{'name':'W'},'request':'1'}",
         BN_E_INVALID, "request"},
        {"record.save_many", "{'kind':'customer','rows':[]}", BN_E_LIMIT, "rows"},
        {"customer.search", "{'text':'  '}", BN_E_INVALID, "text"},
        {"conflict.list", "{'state':'opne'}", BN_E_INVALID, "did you mean open?"},
        {"conflict.list", "{'branch':'1000000'}", BN_E_INVALID, "branch"},
        {"conflict.show", "{'id':'1'}", BN_E_INVALID, "hex"},
        {"import.rows", "{'kind':'customer','columns':[],'rows':[[]]}", BN_E_LIMIT,
         "columns"},
        {"import.rows", "{'kind':'customer','columns':['nam'],'rows':[[]]}", BN_E_INVALID,
         "did you mean name?"},
        {"import.rows", "{'kind':'note','columns':['customer:name'],'rows':[[]]}",
         BN_E_INVALID, "cannot be found by name"},
        {"import.rows", "{'kind':'note','columns':['title:name'],'rows':[[]]}",
         BN_E_INVALID, "no reference"},
        {"import.rows", "{'kind':'note','columns':['title','title'],'rows':[[]]}",
         BN_E_INVALID, "twice"},
        {"import.rows", "{'kind':'note','columns':['title'],'rows':[[]],'mode':'x'}",
         BN_E_INVALID, "create, update or upsert"},
        {"import.rows",
         "{'kind':'note','columns':['title'],'rows':[[]],'mode':'update'}",
         BN_E_INVALID, "none of the columns"},
        {"node.log", "{'level':'loud'}", BN_E_INVALID, "level"},
        {"node.log", "{'level':'info','minutes':999999}", BN_E_LIMIT, "minutes"},
    };
    asker a = start();
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        asked_in_vain(&a, cases[i].op, cases[i].args, cases[i].code, cases[i].text);
    }
    finish(&a);
}

static void arguments__refuse_an_author_that_cannot_be_shown(void **state)
{
    (void)state;
    char longest[BN_ACTOR_BYTES_MAX + 2];
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = 0;
    asker a = start();
    a.actor = longest;
    asked_in_vain(&a, "schema.show", "{}", BN_E_LIMIT, "actor");
    a.actor = "li\x1b[2Jna";
    asked_in_vain(&a, "schema.show", "{}", BN_E_INVALID, "actor");
    finish(&a);
}

static void node_log__sets_the_level(void **state)
{
    (void)state;
    asker a = start();
    bn_log_level before = bn_log_get_level();
    asked_fine(&a, "node.log", "{'level':'debug'}");
    assert_string_equal(text_at(&a, "level"), "debug");
    assert_int_equal(bn_log_get_level(), BN_LOG_DEBUG);
    bn_log_set_level(before);
    finish(&a);
}

static void schema_show__tells_fields_choices_and_targets(void **state)
{
    (void)state;
    asker a = start();
    asked_fine(&a, "schema.show", "{}");
    size_t kinds_count = 0;
    bn_schema_kinds(&kinds_count);
    assert_int_equal(json_array_size(at(&a, "kinds")), kinds_count);
    asked_fine(&a, "schema.show", "{'kind':'holding'}");
    assert_int_equal(json_array_size(at(&a, "kinds")), 1);
    assert_string_equal(text_at(&a, "kinds/0/name"), "holding");
    assert_string_equal(text_at(&a, "kinds/0/fields/0/refers_to"), "customer");
    assert_string_equal(text_at(&a, "kinds/0/fields/4/choices/0/name"), "account");
    finish(&a);
}

static void spelling__of_dots_numbers_times_and_broken_texts(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool is_dot;
    } dots[] = {{"17.42", true}, {"0.1", true},  {"17", false},           {".1", false},
                {"1.", false},   {"1.0", false}, {"4294967296.1", false}, {"1.2.3", false},
                {"-1.2", false}, {"", false}};
    for (size_t i = 0; i < BN_COUNT(dots); i++) {
        bn_dot dot;
        assert_int_equal(bn_dot_parse(bn_slice_of(dots[i].text), &dot), dots[i].is_dot);
    }
    json_t *values[] = {bn_json_dot((bn_dot){17, 42}), bn_json_number(UINT64_MAX),
                        bn_json_branch(17), bn_json_time(1780000000000u),
                        bn_json_slice(BN_SLICE("a\xff\x62"))};
    static const char *const texts[] = {"17.42", "18446744073709551615", "0017",
                                        "2026-05-28T20:26:40.000Z", "a?b"};
    for (size_t i = 0; i < BN_COUNT(values); i++) {
        assert_string_equal(json_string_value(values[i]), texts[i]);
        json_decref(values[i]);
    }
    json_t *nothing[] = {bn_json_dot((bn_dot){0, 0}), bn_json_time(0)};
    for (size_t i = 0; i < BN_COUNT(nothing); i++) {
        assert_true(json_is_null(nothing[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operations__every_row_checks_its_arguments),
        cmocka_unit_test(operations__have_names_of_their_own),
        cmocka_unit_test(dispatch__names_the_nearest_operation),
        cmocka_unit_test(arguments__refuse_with_the_place_and_the_rule),
        cmocka_unit_test(arguments__refuse_an_author_that_cannot_be_shown),
        cmocka_unit_test(node_log__sets_the_level),
        cmocka_unit_test(schema_show__tells_fields_choices_and_targets),
        cmocka_unit_test(spelling__of_dots_numbers_times_and_broken_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
