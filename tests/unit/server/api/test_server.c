/* test_server.c - the server's operations over a server in memory and lab branches.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "unit/core/api/api_check.h"

#include "unit/server/lab.h"

#include "server/api/api.h"

#include <stdarg.h>

#define ARGS(...) args_of((char[1024]){0}, 1024, __VA_ARGS__)

static lab l;
static bn_server_api *api;
static asker a;

static const char *args_of(char *room, size_t len, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static const char *args_of(char *room, size_t len, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    int written = vsnprintf(room, len, format, list);
    va_end(list);
    assert_true(written > 0 && (size_t)written < len);
    return room;
}

static void start(void)
{
    bn_err err = {0};
    bool done = false;
    lab_open(&l);
    const bn_server_api_options options = {.server = l.server,
                                           .kv = l.kv,
                                           .clock = &l.clock,
                                           .random = &l.random,
                                           .sync_endpoint = "tcp://[::ffff:127.0.0.1]:7701",
                                           .enrol_endpoint = "tcp://[::ffff:127.0.0.1]:7702",
                                           .public_host = "",
                                           .data_folder = "/nowhere"};
    assert_ok(bn_server_api_create(&options, &api, &err), err);
    assert_ok(bn_server_api_warm(api, 1000, &done, &err), err);
    assert_true(done);
    a = (asker){.handle = bn_server_api_handle, .context = api, .actor = "head"};
}

static void finish(void)
{
    json_decref(a.result);
    bn_server_api_destroy(&api);
    lab_assert_verified(&l);
    lab_close(&l);
}

static void operations__every_row_checks_its_arguments(void **state)
{
    (void)state;
    start();
    check_operations(&a, bn_server_api_operations());
    check_operations(&a, bn_api_shared());
    finish();
}

static void branch_add__makes_a_code_a_branch_can_read(void **state)
{
    (void)state;
    bn_err err = {0};
    bn_ticket ticket;
    char endpoint[200];
    start();
    asked_fine(&a, "branch.add", "{'name':'Brno','branch':'0017'}");
    assert_string_equal(text_at(&a, "branch"), "0017");
    assert_ok(bn_ticket_parse(bn_slice_of(text_at(&a, "code")), &ticket, &err), err);
    assert_memory_equal(ticket.server_key, bn_server_transport_public(l.server), BN_KEY_BYTES);
    assert_ok(bn_ticket_endpoint(&ticket, true, endpoint, sizeof endpoint, &err), err);
    assert_string_equal(endpoint, "tcp://127.0.0.1:7702");
    asked_in_vain(&a, "branch.add", "{'name':''}", BN_E_INVALID, "name");
    asked_in_vain(&a, "branch.add", "{'hours':9999}", BN_E_LIMIT, "hours");
    asked_fine(&a, "branch.list", "{}");
    assert_string_equal(text_at(&a, "rows/0/state"), "new");
    assert_string_equal(text_at(&a, "rows/0/name"), "Brno");
    finish();
}

static void branch__is_paused_resumed_renamed_and_revoked(void **state)
{
    (void)state;
    start();
    lab_add(&l, 1);
    asked_fine(&a, "branch.pause", "{'branch':1}");
    assert_string_equal(text_at(&a, "state"), "paused");
    asked_fine(&a, "branch.resume", "{'branch':'0001'}");
    assert_string_equal(text_at(&a, "state"), "active");
    asked_fine(&a, "branch.rename", "{'branch':1,'name':'Quay'}");
    assert_string_equal(text_at(&a, "name"), "Quay");
    asked_fine(&a, "branch.revoke", "{'branch':1}");
    assert_string_equal(text_at(&a, "state"), "revoked");
    asked_fine(&a, "branch.show", "{'branch':1}");
    assert_string_equal(text_at(&a, "enrolments/0/state"), "revoked");
    asked_in_vain(&a, "branch.pause", "{'branch':9}", BN_E_NOT_FOUND, "no branch 0009");
    asked_fine(&a, "audit.list", "{}");
    bool is_audited = false;
    for (size_t i = 0; i < json_array_size(at(&a, "rows")); i++) {
        const json_t *row = json_array_get(at(&a, "rows"), i);
        is_audited = is_audited ||
                     (strcmp(json_string_value(json_object_get(row, "action")), "branch.revoke") ==
                          0 &&
                      strcmp(json_string_value(json_object_get(row, "actor")), "head") == 0);
    }
    assert_true(is_audited);
    assert_true(json_is_null(at(&a, "broken_at")));
    finish();
}

static void record_save__at_head_office_is_decided_at_once(void **state)
{
    (void)state;
    char id[BN_ID_TEXT_BYTES];
    start();
    asked_fine(&a, "record.save", "{'kind':'product','set':{'code':'P1','name':'Loan'}}");
    assert_string_equal(text_at(&a, "outcome"), "applied");
    snprintf(id, sizeof id, "%s", text_at(&a, "id"));
    asked_fine(&a, "record.get", ARGS("{'kind':'product','id':'%s'}", id));
    assert_true(json_is_false(at(&a, "waiting")));
    assert_true(json_is_true(at(&a, "stamps/name/confirmed")));
    assert_string_equal(text_at(&a, "stamps/name/branch"), "0000");
    assert_string_equal(text_at(&a, "stamps/name/actor"), "head");
    asked_fine(&a, "record.save",
               ARGS("{'kind':'product','id':'%s','set':{'name':'Loan 2'}}", id));
    asked_fine(&a, "record.save",
               ARGS("{'kind':'product','id':'%s','set':{'name':'Loan 2'}}", id));
    assert_true(json_is_null(at(&a, "dot")));
    asked_in_vain(&a, "record.save",
                  ARGS("{'kind':'product','id':'%s','set':{'name':'Loan 3'},"
                       "'seen':{'name':null}}", id),
                  BN_E_STALE, "name: changed by head at branch 0000");
    asked_fine(&a, "record.history", ARGS("{'kind':'product','id':'%s'}", id));
    assert_string_equal(text_at(&a, "lines/1/changes/name/from"), "Loan");
    finish();
}

static void record_save__at_head_office_takes_a_group_along(void **state)
{
    (void)state;
    char id[BN_ID_TEXT_BYTES];
    start();
    lab_add(&l, 1);
    asked_fine(&a, "record.save",
               "{'kind':'customer','set':{'name':'Wang','branch':'0001'}}");
    snprintf(id, sizeof id, "%s", text_at(&a, "id"));
    asked_fine(&a, "record.save",
               ARGS("{'kind':'customer','id':'%s','set':{'city':'Brno'}}", id));
    asked_fine(&a, "record.save",
               ARGS("{'kind':'customer','id':'%s','set':{'street':'Quay 1'}}", id));
    asked_fine(&a, "record.get", ARGS("{'kind':'customer','id':'%s'}", id));
    assert_string_equal(text_at(&a, "fields/city"), "Brno");
    assert_string_equal(text_at(&a, "stamps/city/dot"), text_at(&a, "stamps/street/dot"));
    lab_flush(&l);
    lab_assert_same(&l.branches[0]);
    finish();
}

static void import__at_head_office_keeps_good_rows_beside_bad_ones(void **state)
{
    (void)state;
    start();
    asked_fine(&a, "import.rows",
               "{'kind':'product','columns':['code','name','state','parent:code'],"
               "'mode':'upsert','rows':[['P1','Loans','on_sale',''],"
               "['P2','Car loan','on_sale','P1'],['P3','x','on_sail',''],"
               "['P2','Car loans','on_sale','P1']]}");
    assert_int_equal(count_at(&a, "saved"), 3);
    assert_int_equal(count_at(&a, "failed"), 1);
    assert_string_equal(text_at(&a, "rows/2/column"), "state");
    asked_fine(&a, "record.list", "{'kind':'product','where':['code=P2']}");
    assert_int_equal(json_array_size(at(&a, "rows")), 1);
    assert_string_equal(text_at(&a, "rows/0/fields/name"), "Car loans");
    finish();
}

static void request__repeated_at_head_office_gets_the_first_answer(void **state)
{
    (void)state;
    static const char args[] = "{'kind':'product','set':{'code':'P1'},"
                               "'request':'000102030405060708090a0b0c0d0e0f'}";
    char id[BN_ID_TEXT_BYTES];
    start();
    asked_fine(&a, "record.save", args);
    snprintf(id, sizeof id, "%s", text_at(&a, "id"));
    asked_fine(&a, "record.save", args);
    assert_string_equal(text_at(&a, "id"), id);
    asked_fine(&a, "network.counts", "{}");
    assert_int_equal(count_at(&a, "records/product"), 1);
    finish();
}

static void request__repeated_after_a_restart_gets_the_first_answer(void **state)
{
    (void)state;
    static const char save[] = "{'kind':'customer','set':{'name':'Wang','branch':'0001'},"
                               "'request':'000102030405060708090a0b0c0d0e0f'}";
    static const char import[] = "{'kind':'product','columns':['code'],'rows':[['P1'],['P2']],"
                                 "'request':'101112131415161718191a1b1c1d1e1f'}";
    char id[BN_ID_TEXT_BYTES];
    char number[BN_CUSTOMER_NUMBER_BYTES];
    char dot[64];
    bn_err err = {0};
    bool done = false;
    start();
    lab_add(&l, 1);
    asked_fine(&a, "record.save", save);
    snprintf(id, sizeof id, "%s", text_at(&a, "id"));
    snprintf(number, sizeof number, "%s", text_at(&a, "number"));
    snprintf(dot, sizeof dot, "%s", text_at(&a, "dot"));
    asked_fine(&a, "import.rows", import);
    assert_int_equal(count_at(&a, "saved"), 2);
    bn_server_api_destroy(&api);
    lab_reopen(&l);
    const bn_server_api_options options = {.server = l.server, .kv = l.kv, .clock = &l.clock,
                                           .random = &l.random, .data_folder = "/nowhere"};
    assert_ok(bn_server_api_create(&options, &api, &err), err);
    assert_ok(bn_server_api_warm(api, 1000, &done, &err), err);
    a.context = api;
    asked_fine(&a, "record.save", save);
    assert_string_equal(text_at(&a, "id"), id);
    assert_string_equal(text_at(&a, "number"), number);
    assert_string_equal(text_at(&a, "dot"), dot);
    assert_string_equal(text_at(&a, "outcome"), "applied");
    asked_fine(&a, "import.rows", import);
    assert_int_equal(count_at(&a, "same"), 2);
    asked_fine(&a, "network.counts", "{}");
    assert_int_equal(count_at(&a, "records/product"), 2);
    assert_int_equal(count_at(&a, "customers"), 1);
    finish();
}

/* A conflict as two branches make it. */
static void make_conflict(bn_id *customer, char text[BN_ID_TEXT_BYTES])
{
    lab_branch *one = lab_add(&l, 1);
    lab_branch *two = lab_add(&l, 2);
    *customer = lab_customer(one, 1, "Wang");
    lab_share(&l, *customer, 2);
    bn_dot seen = lab_dot(&l, BN_KIND_CUSTOMER, *customer, BN_CUSTOMER_name);
    (void)lab_edit(one, BN_KIND_CUSTOMER, *customer, BN_CUSTOMER_name, seen, "Wang Yi");
    (void)lab_edit(two, BN_KIND_CUSTOMER, *customer, BN_CUSTOMER_name, seen, "Wang Er");
    asked_fine(&a, "conflict.list", "{'state':'open','branch':2,'kind':'customer'}");
    assert_int_equal(json_array_size(at(&a, "rows")), 1);
    snprintf(text, BN_ID_TEXT_BYTES, "%s", text_at(&a, "rows/0/id"));
}

static void conflict__is_shown_resolved_and_undone(void **state)
{
    (void)state;
    char id[BN_ID_TEXT_BYTES];
    char pick[64];
    bn_id customer;
    start();
    make_conflict(&customer, id);
    asked_fine(&a, "conflict.show", ARGS("{'id':'%s'}", id));
    assert_string_equal(text_at(&a, "fields/0"), "name");
    assert_string_equal(text_at(&a, "candidates/0/values/name"), "Wang Yi");
    assert_true(json_is_true(at(&a, "candidates/0/in_force")));
    assert_string_equal(text_at(&a, "candidates/1/branch"), "0002");
    assert_true(json_is_null(at(&a, "decision")));
    snprintf(pick, sizeof pick, "%s", text_at(&a, "candidates/1/dot"));
    asked_in_vain(&a, "conflict.resolve", ARGS("{'id':'%s'}", id), BN_E_INVALID, "pick");
    asked_in_vain(&a, "conflict.resolve", ARGS("{'id':'%s','pick':'9.9'}", id),
                  BN_E_INVALID, "no candidate");
    asked_in_vain(&a, "conflict.resolve",
                  ARGS("{'id':'%s','set':{'mobile':'13800138000'}}", id), BN_E_INVALID,
                  "not about mobile");
    asked_fine(&a, "conflict.resolve",
               ARGS("{'id':'%s','pick':'%s','note':'passport seen'}", id, pick));
    assert_string_equal(text_at(&a, "outcome"), "resolved");
    assert_string_equal(lab_value(&l, BN_KIND_CUSTOMER, customer, BN_CUSTOMER_name), "Wang Er");
    asked_fine(&a, "conflict.undo", ARGS("{'id':'%s','note':'wrong one'}", id));
    assert_string_equal(lab_value(&l, BN_KIND_CUSTOMER, customer, BN_CUSTOMER_name), "Wang Yi");
    asked_fine(&a, "conflict.show", ARGS("{'id':'%s'}", id));
    assert_string_equal(text_at(&a, "state"), "undone");
    bn_id_format(customer, id);
    asked_fine(&a, "record.history", ARGS("{'kind':'customer','id':'%s','field':'name'}", id));
    assert_int_equal(json_array_size(at(&a, "lines")), 5);
    assert_string_equal(text_at(&a, "lines/2/outcome"), "conflict");
    assert_string_equal(text_at(&a, "lines/3/changes/name/to"), "Wang Er");
    assert_string_equal(text_at(&a, "lines/3/actor"), "head");
    assert_string_equal(text_at(&a, "lines/3/note"), "passport seen");
    assert_string_equal(text_at(&a, "lines/3/changes/name/from"), "Wang Yi");
    assert_string_equal(text_at(&a, "lines/4/changes/name/to"), "Wang Yi");
    assert_string_equal(text_at(&a, "lines/4/note"), "wrong one");
    finish();
}

static void conflict__is_resolved_with_a_value_typed_by_hand(void **state)
{
    (void)state;
    char id[BN_ID_TEXT_BYTES];
    bn_id customer;
    start();
    make_conflict(&customer, id);
    asked_fine(&a, "conflict.resolve",
               ARGS("{'id':'%s','set':{'name':'Wang San'},'note':'asked'}", id));
    assert_string_equal(text_at(&a, "outcome"), "resolved");
    assert_string_equal(lab_value(&l, BN_KIND_CUSTOMER, customer, BN_CUSTOMER_name), "Wang San");
    finish();
}

static void customer__is_searched_and_shared(void **state)
{
    (void)state;
    char id[BN_ID_TEXT_BYTES];
    start();
    lab_add(&l, 1);
    lab_branch *two = lab_add(&l, 2);
    asked_fine(&a, "record.save",
               "{'kind':'customer','set':{'name':'Ann Lee','branch':'0001'}}");
    snprintf(id, sizeof id, "%s", text_at(&a, "id"));
    lab_flush(&l);
    unsigned before = two->enters;
    asked_fine(&a, "customer.share", ARGS("{'id':'%s','branch':2}", text_at(&a, "number")));
    asked_in_vain(&a, "customer.share", ARGS("{'id':'%s','branch':2}", id), BN_E_EXISTS,
                  "already");
    lab_flush(&l);
    assert_int_equal(two->enters, before + 1);
    asked_fine(&a, "branch.view_digest", "{'branch':2}");
    assert_true(count_at(&a, "records") >= 1);
    finish();
}

static void quarantine__shows_what_the_op_wanted(void **state)
{
    (void)state;
    char dot[64];
    start();
    lab_branch *one = lab_add(&l, 1);
    lab_branch *two = lab_add(&l, 2);
    bn_id customer = lab_customer(one, 1, "Wang");
    bn_op op = lab_op(two, BN_KIND_CUSTOMER, customer);
    lab_set(&l, &op, BN_CUSTOMER_name, (bn_dot){0}, lab_text("Mallory"));
    lab_write(two, &op);
    assert_true(lab_push(two));
    asked_fine(&a, "quarantine.list", "{}");
    assert_int_equal(json_array_size(at(&a, "rows")), 1);
    assert_string_equal(text_at(&a, "rows/0/state"), "open");
    assert_string_equal(text_at(&a, "rows/0/op/changes/name/to"), "Mallory");
    snprintf(dot, sizeof dot, "%s", text_at(&a, "rows/0/id"));
    asked_in_vain(&a, "quarantine.discard", ARGS("{'id':'%s','note':''}", dot),
                  BN_E_INVALID, "note");
    asked_fine(&a, "quarantine.discard", ARGS("{'id':'%s','note':'not theirs'}", dot));
    assert_string_equal(text_at(&a, "state"), "discarded");
    assert_string_equal(text_at(&a, "by"), "head");
    asked_fine(&a, "quarantine.list", "{}");
    assert_int_equal(json_array_size(at(&a, "rows")), 0);
    asked_fine(&a, "quarantine.list", "{'all':true}");
    assert_int_equal(json_array_size(at(&a, "rows")), 1);
    asked_in_vain(&a, "quarantine.show", "{'id':'9.9'}", BN_E_NOT_FOUND, "no op 9.9");
    finish();
}

static void node__status_doctor_verify_and_counts_answer(void **state)
{
    (void)state;
    start();
    lab_branch *one = lab_add(&l, 1);
    (void)lab_customer(one, 1, "Wang");
    asked_fine(&a, "node.status", "{}");
    assert_string_equal(text_at(&a, "role"), "server");
    assert_int_equal(count_at(&a, "counts/customers"), 1);
    asked_fine(&a, "node.doctor", "{}");
    assert_true(json_array_size(at(&a, "checks")) >= 5);
    asked_fine(&a, "node.verify", "{}");
    assert_int_equal(json_array_size(at(&a, "findings")), 0);
    asked_fine(&a, "network.counts", "{}");
    assert_int_equal(count_at(&a, "customers"), 1);
    assert_int_equal(count_at(&a, "branches/all"), 1);
    assert_int_equal(count_at(&a, "branches/heard_within_24h"), 1);
    finish();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operations__every_row_checks_its_arguments),
        cmocka_unit_test(branch_add__makes_a_code_a_branch_can_read),
        cmocka_unit_test(branch__is_paused_resumed_renamed_and_revoked),
        cmocka_unit_test(record_save__at_head_office_is_decided_at_once),
        cmocka_unit_test(record_save__at_head_office_takes_a_group_along),
        cmocka_unit_test(import__at_head_office_keeps_good_rows_beside_bad_ones),
        cmocka_unit_test(request__repeated_at_head_office_gets_the_first_answer),
        cmocka_unit_test(request__repeated_after_a_restart_gets_the_first_answer),
        cmocka_unit_test(conflict__is_shown_resolved_and_undone),
        cmocka_unit_test(conflict__is_resolved_with_a_value_typed_by_hand),
        cmocka_unit_test(customer__is_searched_and_shared),
        cmocka_unit_test(quarantine__shows_what_the_op_wanted),
        cmocka_unit_test(node__status_doctor_verify_and_counts_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
