/* test_records.c - records of a branch through its operations: saved, seen, stale, gone, back.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "desk_test.h"

#define STAMP(actor, dot)                                                                  \
    "{\"actor\":\"" actor "\",\"at\":\"2026-05-28T20:26:40.000Z\",\"branch\":\"0004\","     \
    "\"confirmed\":false,\"dot\":\"" dot "\"}"

static char ann[BN_ID_TEXT_BYTES];

static desk *with_ann(void)
{
    desk *d = desk_open();
    asked_fine(&d->ask, "record.save",
               "{'kind':'customer','set':{'name':'Ann Lee','birth_date':'1980-02-29'},"
               "'add':{'tags':['vip'],'contacts':'2'}}");
    snprintf(ann, sizeof ann, "%s", text_at(&d->ask, "id"));
    return d;
}

static void get_ann(desk *d)
{
    asked_fine(&d->ask, "record.get", ARGS("{'kind':'customer','id':'%s'}", ann));
}

static void save_ann(desk *d, const char *more)
{
    asked_fine(&d->ask, "record.save", ARGS("{'kind':'customer','id':'%s',%s}", ann, more));
}

static void record_save__creates_a_customer_with_a_number(void **state)
{
    (void)state;
    desk *d = with_ann();
    char number[BN_CUSTOMER_NUMBER_BYTES];
    bn_customer_number_make(OFFICE_ORIGIN, 1, number);
    assert_string_equal(text_at(&d->ask, "number"), number);
    assert_string_equal(text_at(&d->ask, "dot"), "17.1");
    assert_int_equal(json_array_size(at(&d->ask, "changed")), 4);
    asked_fine(&d->ask, "record.get", ARGS("{'kind':'customer','id':'%s'}", number));
    assert_string_equal(text_at(&d->ask, "id"), ann);
    desk_close(d);
}

static void record_get__is_spelled_as_agreed(void **state)
{
    (void)state;
    desk *d = with_ann();
    char number[BN_CUSTOMER_NUMBER_BYTES];
    bn_customer_number_make(OFFICE_ORIGIN, 1, number);
    d->ask.actor = "wu";
    save_ann(d, "'set':{'birth_date':null}");
    get_ann(d);
    char golden[2048];
    snprintf(golden, sizeof golden,
             "{\"conflicts\":[],\"counters\":{\"contacts\":2},\"disputed\":false,\"exists\":true,"
             "\"fields\":{\"birth_date\":null,\"branch\":\"0004\",\"name\":\"Ann Lee\","
             "\"number\":\"%s\"},\"id\":\"%s\",\"kind\":\"customer\","
             "\"lists\":{\"tags\":[{\"dot\":\"17.1\",\"value\":\"vip\"}]},\"number\":\"%s\","
             "\"stamps\":{\"birth_date\":" STAMP("wu", "17.2") ",\"branch\":" STAMP("li.na", "17.1")
             ",\"exists\":" STAMP("li.na", "17.1") ",\"name\":" STAMP("li.na", "17.1")
             ",\"number\":" STAMP("li.na", "17.1") "},\"waiting\":true}", number, ann, number);
    char *text = json_dumps(d->ask.result, JSON_COMPACT | JSON_SORT_KEYS);
    assert_string_equal(text, golden);
    free(text);
    desk_close(d);
}

static void record_save__with_what_was_seen_is_stale_when_it_changed(void **state)
{
    (void)state;
    desk *d = with_ann();
    d->ask.actor = "wu";
    save_ann(d, "'set':{'name':'Ann Wu'},'seen':{'name':'17.1'}");
    assert_string_equal(text_at(&d->ask, "dot"), "17.2");
    asked_in_vain(&d->ask, "record.save",
                  ARGS("{'kind':'customer','id':'%s','set':{'name':'Ann Li'},"
                       "'seen':{'name':'17.1'}}", ann),
                  BN_E_STALE, "name: changed by wu at branch 0004 on 2026-05-28");
    assert_null(strstr(d->ask.err.text, "Ann Wu"));
    assert_non_null(strstr(d->hint, "name is now: Ann Wu"));
    get_ann(d);
    assert_string_equal(text_at(&d->ask, "fields/name"), "Ann Wu");
    desk_close(d);
}

static void record_save__takes_fields_that_were_not_seen_as_shown(void **state)
{
    (void)state;
    desk *d = with_ann();
    save_ann(d, "'set':{'occupation':'teacher'}");
    save_ann(d, "'set':{'occupation':'judge','name':'Ann Li'},'seen':{'name':'17.1'}");
    get_ann(d);
    assert_string_equal(text_at(&d->ask, "fields/occupation"), "judge");
    assert_string_equal(text_at(&d->ask, "fields/name"), "Ann Li");
    asked_in_vain(&d->ask, "record.save",
                  ARGS("{'kind':'customer','id':'%s','set':{'name':'x'},"
                       "'seen':{'nam':'17.1'}}", ann),
                  BN_E_INVALID, "did you mean name?");
    asked_in_vain(&d->ask, "record.save",
                  ARGS("{'kind':'customer','id':'%s','set':{'name':'x'},"
                       "'seen':{'name':'17'}}", ann),
                  BN_E_INVALID, "wants a dot");
    desk_close(d);
}

static void record_save__of_what_is_there_already_changes_nothing(void **state)
{
    (void)state;
    desk *d = with_ann();
    save_ann(d, "'set':{'name':'Ann Lee'}");
    assert_true(json_is_null(at(&d->ask, "dot")));
    assert_int_equal(json_array_size(at(&d->ask, "changed")), 0);
    desk_close(d);
}

static void record_save__adds_and_takes_out_elements(void **state)
{
    (void)state;
    desk *d = with_ann();
    save_ann(d, "'add':{'tags':['staff','old'],'contacts':'3','remarks':'hello'}");
    save_ann(d, "'remove':{'tags':['vip','never there']}");
    get_ann(d);
    assert_int_equal(json_array_size(at(&d->ask, "lists/tags")), 2);
    assert_int_equal(count_at(&d->ask, "counters/contacts"), 5);
    asked_in_vain(&d->ask, "record.save",
                  ARGS("{'kind':'customer','id':'%s','remove':{'remarks':'hello'}}", ann),
                  BN_E_INVALID, "keeps everything");
    desk_close(d);
}

static void record_save__with_the_same_request_saves_once(void **state)
{
    (void)state;
    static const char args[] = "{'kind':'note','set':{'title':'call'},"
                               "'request':'000102030405060708090a0b0c0d0e0f'}";
    desk *d = with_ann();
    char id[BN_ID_TEXT_BYTES];
    asked_fine(&d->ask, "record.save", args);
    snprintf(id, sizeof id, "%s", text_at(&d->ask, "id"));
    asked_fine(&d->ask, "record.save", args);
    assert_string_equal(text_at(&d->ask, "id"), id);
    asked_fine(&d->ask, "record.list", "{'kind':'note'}");
    assert_int_equal(json_array_size(at(&d->ask, "rows")), 1);
    desk_close(d);
}

static void record_save__refuses_what_is_not_here(void **state)
{
    (void)state;
    desk *d = with_ann();
    asked_in_vain(&d->ask, "record.save",
                  "{'kind':'customer','id':'000000110000000000000000000000ff',"
                  "'set':{'name':'x'}}", BN_E_NOT_FOUND, "no customer");
    char number[BN_CUSTOMER_NUMBER_BYTES];
    bn_customer_number_make(OFFICE_ORIGIN, 99, number);
    asked_in_vain(&d->ask, "record.get", ARGS("{'kind':'customer','id':'%s'}", number),
                  BN_E_NOT_FOUND, number);
    assert_non_null(strstr(d->hint, "banyan search"));
    asked_in_vain(&d->ask, "record.get", "{'kind':'customer','id':'0017-000001-0'}",
                  BN_E_INVALID, "");
    asked_in_vain(&d->ask, "record.save", "{'kind':'product','set':{'code':'P'}}",
                  BN_E_DENIED, "head office");
    desk_close(d);
}

static void record_remove__hides_and_restore_brings_back(void **state)
{
    (void)state;
    desk *d = with_ann();
    const char *which = ARGS("{'kind':'customer','id':'%s'}", ann);
    asked_fine(&d->ask, "record.remove", which);
    asked_fine(&d->ask, "record.list", "{'kind':'customer'}");
    assert_int_equal(json_array_size(at(&d->ask, "rows")), 0);
    asked_fine(&d->ask, "record.list", "{'kind':'customer','removed':true}");
    assert_int_equal(json_array_size(at(&d->ask, "rows")), 1);
    asked_in_vain(&d->ask, "record.save",
                  ARGS("{'kind':'customer','id':'%s','set':{'name':'x'}}", ann),
                  BN_E_NOT_FOUND, "restore it first");
    asked_fine(&d->ask, "record.restore", which);
    get_ann(d);
    assert_true(json_is_true(at(&d->ask, "exists")));
    assert_string_equal(text_at(&d->ask, "fields/name"), "Ann Lee");
    desk_close(d);
}

static void record_restore__finds_a_removed_customer_by_its_number(void **state)
{
    (void)state;
    desk *d = with_ann();
    char number[BN_CUSTOMER_NUMBER_BYTES];
    char other[BN_CUSTOMER_NUMBER_BYTES];
    bn_customer_number_make(OFFICE_ORIGIN, 1, number);
    bn_customer_number_make(OFFICE_ORIGIN, 2, other);
    asked_fine(&d->ask, "record.save", "{'kind':'customer','set':{'name':'Bob'}}");
    const char *which = ARGS("{'kind':'customer','id':'%s'}", number);
    asked_fine(&d->ask, "record.remove", which);
    asked_fine(&d->ask, "record.get", which);
    assert_true(json_is_false(at(&d->ask, "exists")));
    asked_fine(&d->ask, "record.history", which);
    assert_int_equal(json_array_size(at(&d->ask, "lines")), 2);
    asked_in_vain(&d->ask, "record.save",
                  ARGS("{'kind':'note','set':{'customer':'%s','title':'x'}}", number),
                  BN_E_NOT_FOUND, number);
    asked_fine(&d->ask, "record.restore", which);
    assert_string_equal(text_at(&d->ask, "id"), ann);
    asked_fine(&d->ask, "record.get", ARGS("{'kind':'customer','id':'%s'}", other));
    assert_string_equal(text_at(&d->ask, "fields/name"), "Bob");
    desk_close(d);
}

static void record_history__tells_from_and_to(void **state)
{
    (void)state;
    desk *d = with_ann();
    d->ask.actor = "wu";
    save_ann(d, "'set':{'name':'Ann Wu'},'add':{'tags':'old'}");
    save_ann(d, "'set':{'birth_date':null},'remove':{'tags':'old'}");
    asked_fine(&d->ask, "record.history", ARGS("{'kind':'customer','id':'%s'}", ann));
    assert_int_equal(json_array_size(at(&d->ask, "lines")), 3);
    assert_string_equal(text_at(&d->ask, "lines/0/changes/exists/to"), "yes");
    assert_string_equal(text_at(&d->ask, "lines/1/changes/name/from"), "Ann Lee");
    assert_string_equal(text_at(&d->ask, "lines/1/changes/name/to"), "Ann Wu");
    assert_string_equal(text_at(&d->ask, "lines/1/changes/tags/added/0"), "old");
    assert_string_equal(text_at(&d->ask, "lines/1/actor"), "wu");
    assert_string_equal(text_at(&d->ask, "lines/1/outcome"), "waiting");
    assert_true(json_is_null(at(&d->ask, "lines/2/changes/birth_date/to")));
    assert_string_equal(text_at(&d->ask, "lines/2/changes/tags/removed/0"), "old");
    asked_fine(&d->ask, "record.history",
               ARGS("{'kind':'customer','id':'%s','field':'name','limit':1}", ann));
    assert_int_equal(json_array_size(at(&d->ask, "lines")), 1);
    assert_int_equal(json_object_size(at(&d->ask, "lines/0/changes")), 1);
    assert_string_equal(text_at(&d->ask, "lines/0/dot"), "17.2");
    desk_close(d);
}

static void record_list__goes_by_pages_and_by_index(void **state)
{
    (void)state;
    desk *d = with_ann();
    size_t seen = 0;
    for (int i = 0; i < 150; i++) {
        asked_fine(&d->ask, "record.save",
                   i % 3 == 0 ? ARGS("{'kind':'note','set':{'title':'t%d','customer':'%s'}}",
                                     i, ann)
                              : ARGS("{'kind':'note','set':{'title':'t%d'}}", i));
    }
    asked_fine(&d->ask, "record.list", "{'kind':'note','limit':40}");
    while (json_is_string(at(&d->ask, "next"))) {
        seen += json_array_size(at(&d->ask, "rows"));
        asked_fine(&d->ask, "record.list",
                   ARGS("{'kind':'note','limit':40,'after':'%s'}", text_at(&d->ask, "next")));
    }
    assert_int_equal(seen + json_array_size(at(&d->ask, "rows")), 150);
    char number[BN_CUSTOMER_NUMBER_BYTES];
    bn_customer_number_make(OFFICE_ORIGIN, 1, number);
    asked_fine(&d->ask, "record.list",
               ARGS("{'kind':'note','where':['customer=%s'],'limit':1000}", number));
    assert_int_equal(json_array_size(at(&d->ask, "rows")), 50);
    asked_fine(&d->ask, "record.list",
               ARGS("{'kind':'note','where':['customer=%s','title=t3']}", ann));
    assert_int_equal(json_array_size(at(&d->ask, "rows")), 1);
    desk_close(d);
}

static void record_save_many__refuses_rows_one_by_one(void **state)
{
    (void)state;
    desk *d = with_ann();
    asked_fine(&d->ask, "record.save_many",
               ARGS("{'kind':'customer','rows':[{'name':'A'},{'nam':'B'},"
                    "{'id':'%s','name':'Ann Wu'},{'birth_date':'1980-02-30'},7,"
                    "{'id':'%s','name':'Ann Wu'}]}", ann, ann));
    assert_int_equal(count_at(&d->ask, "saved"), 2);
    assert_int_equal(count_at(&d->ask, "same"), 1);
    assert_int_equal(count_at(&d->ask, "failed"), 3);
    assert_non_null(strstr(text_at(&d->ask, "rows/1/error/text"), "did you mean name?"));
    assert_string_equal(text_at(&d->ask, "rows/2/id"), ann);
    assert_string_equal(text_at(&d->ask, "rows/3/error/code"), "invalid");
    assert_true(json_is_null(at(&d->ask, "rows/5/dot")));
    desk_close(d);
}

static void customer_search__shows_tails_only(void **state)
{
    (void)state;
    desk *d = with_ann();
    save_ann(d, "'set':{'mobile':'13800138000'}");
    asked_fine(&d->ask, "customer.search", "{'text':'ann'}");
    assert_int_equal(json_array_size(at(&d->ask, "rows")), 1);
    assert_string_equal(text_at(&d->ask, "rows/0/name"), "Ann Lee");
    assert_string_equal(text_at(&d->ask, "rows/0/mobile_tail"), "8000");
    assert_true(json_is_null(at(&d->ask, "rows/0/document_tail")));
    assert_true(json_is_true(at(&d->ask, "complete")));
    desk_close(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(record_save__creates_a_customer_with_a_number),
        cmocka_unit_test(record_get__is_spelled_as_agreed),
        cmocka_unit_test(record_save__with_what_was_seen_is_stale_when_it_changed),
        cmocka_unit_test(record_save__takes_fields_that_were_not_seen_as_shown),
        cmocka_unit_test(record_save__of_what_is_there_already_changes_nothing),
        cmocka_unit_test(record_save__adds_and_takes_out_elements),
        cmocka_unit_test(record_save__with_the_same_request_saves_once),
        cmocka_unit_test(record_save__refuses_what_is_not_here),
        cmocka_unit_test(record_remove__hides_and_restore_brings_back),
        cmocka_unit_test(record_restore__finds_a_removed_customer_by_its_number),
        cmocka_unit_test(record_history__tells_from_and_to),
        cmocka_unit_test(record_list__goes_by_pages_and_by_index),
        cmocka_unit_test(record_save_many__refuses_rows_one_by_one),
        cmocka_unit_test(customer_search__shows_tails_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
