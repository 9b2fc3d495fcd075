/* test_node.c - what a branch says of itself and of its session, with the cable pulled.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "desk_test.h"

static void operations__every_row_checks_its_arguments(void **state)
{
    (void)state;
    desk *d = desk_open();
    check_operations(&d->ask, bn_branch_api_operations());
    check_operations(&d->ask, bn_api_shared());
    desk_close(d);
}

static void node_status__says_who_it_is(void **state)
{
    (void)state;
    desk *d = desk_open();
    asked_fine(&d->ask, "node.status", "{}");
    assert_string_equal(text_at(&d->ask, "role"), "branch");
    assert_string_equal(text_at(&d->ask, "branch"), "0004");
    assert_string_equal(text_at(&d->ask, "name"), "Harbour");
    assert_int_equal(count_at(&d->ask, "counts/ops_waiting"), 0);
    desk_close(d);
}

static void sync_status__counts_what_waits(void **state)
{
    (void)state;
    desk *d = desk_open();
    asked_fine(&d->ask, "record.save", "{'kind':'note','set':{'title':'a'}}");
    asked_fine(&d->ask, "sync.status", "{}");
    assert_string_equal(text_at(&d->ask, "state"), "offline");
    assert_true(json_is_false(at(&d->ask, "connected")));
    assert_int_equal(count_at(&d->ask, "records_waiting"), 1);
    assert_string_equal(text_at(&d->ask, "cursor"), "0");
    asked_fine(&d->ask, "sync.pending", "{}");
    assert_string_equal(text_at(&d->ask, "rows/0/what"), "create");
    assert_string_equal(text_at(&d->ask, "rows/0/dot"), "17.1");
    assert_true(json_is_false(at(&d->ask, "rows/0/pushed")));
    asked_fine(&d->ask, "sync.pending", "{'limit':1}");
    assert_string_equal(text_at(&d->ask, "next"), "1");
    asked_fine(&d->ask, "sync.pending", "{'after':'1'}");
    assert_int_equal(json_array_size(at(&d->ask, "rows")), 0);
    asked_fine(&d->ask, "sync.refused", "{}");
    assert_int_equal(json_array_size(at(&d->ask, "rows")), 0);
    desk_close(d);
}

static void sync__with_the_cable_pulled_says_so(void **state)
{
    (void)state;
    desk *d = desk_open();
    asked_in_vain(&d->ask, "sync.now", "{}", BN_E_DENIED, "cable");
    asked_in_vain(&d->ask, "sync.wait", "{}", BN_E_UNREACHABLE, "cable");
    assert_non_null(strstr(d->hint, "banyan sync cable on"));
    desk_close(d);
}

/* Nobody listens at the server's endpoint: the wait ends by its own clock. */
static void sync_wait__gives_up_when_its_time_is_over(void **state)
{
    (void)state;
    desk *d = desk_open();
    asked_fine(&d->ask, "sync.cable", "{'connected':true}");
    assert_true(json_is_true(at(&d->ask, "connected")));
    asked_fine(&d->ask, "sync.wait", "{'timeout_ms':2000}");
    d->o->mono_ms += 1999;
    bn_branch_api_moved(d->api);
    assert_false(d->later.is_answered);
    d->o->mono_ms += 1;
    bn_branch_api_moved(d->api);
    assert_true(d->later.is_answered);
    assert_int_equal(d->later.code, BN_E_AGAIN);
    assert_non_null(strstr(d->later.text, "not in step yet"));
    desk_close(d);
}

static void branch_join__refuses_bad_codes_and_a_second_enrolment(void **state)
{
    (void)state;
    desk *d = desk_open();
    asked_in_vain(&d->ask, "branch.join", "{'code':'BANYAN1-00000'}", BN_E_EXISTS, "already");
    desk_close(d);
}

static void branch_digest__changes_with_what_is_confirmed_only(void **state)
{
    (void)state;
    desk *d = desk_open();
    char before[64];
    asked_fine(&d->ask, "branch.digest", "{}");
    snprintf(before, sizeof before, "%s", text_at(&d->ask, "digest"));
    assert_int_equal(count_at(&d->ask, "records"), 0);
    asked_fine(&d->ask, "record.save", "{'kind':'note','set':{'title':'a'}}");
    asked_fine(&d->ask, "branch.digest", "{}");
    assert_string_equal(text_at(&d->ask, "digest"), before);
    desk_close(d);
}

static void node_doctor__warns_of_a_pulled_cable(void **state)
{
    (void)state;
    desk *d = desk_open();
    bool is_told = false;
    asked_fine(&d->ask, "node.doctor", "{}");
    size_t count = json_array_size(at(&d->ask, "checks"));
    for (size_t i = 0; i < count; i++) {
        const json_t *check = json_array_get(at(&d->ask, "checks"), i);
        const char *next = json_string_value(json_object_get(check, "next"));
        is_told = is_told || (next != NULL && strcmp(next, "banyan sync cable on") == 0);
    }
    assert_true(count >= 5);
    assert_true(is_told);
    desk_close(d);
}

static void node_verify__walks_every_row(void **state)
{
    (void)state;
    desk *d = desk_open();
    asked_fine(&d->ask, "record.save", "{'kind':'note','set':{'title':'a'}}");
    asked_fine(&d->ask, "node.verify", "{}");
    assert_true(count_at(&d->ask, "rows") > 3);
    assert_int_equal(json_array_size(at(&d->ask, "findings")), 0);
    desk_close(d);
}

static void conflict_operations__know_no_conflict_that_is_not_there(void **state)
{
    (void)state;
    desk *d = desk_open();
    static const char args[] = "{'id':'000102030405060708090a0b0c0d0e0f'}";
    asked_fine(&d->ask, "conflict.list", "{'state':'open'}");
    assert_int_equal(json_array_size(at(&d->ask, "rows")), 0);
    asked_in_vain(&d->ask, "conflict.show", args, BN_E_NOT_FOUND, "no conflict");
    asked_in_vain(&d->ask, "conflict.undo", args, BN_E_NOT_FOUND, "no conflict");
    desk_close(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operations__every_row_checks_its_arguments),
        cmocka_unit_test(node_status__says_who_it_is),
        cmocka_unit_test(sync_status__counts_what_waits),
        cmocka_unit_test(sync__with_the_cable_pulled_says_so),
        cmocka_unit_test(sync_wait__gives_up_when_its_time_is_over),
        cmocka_unit_test(branch_join__refuses_bad_codes_and_a_second_enrolment),
        cmocka_unit_test(branch_digest__changes_with_what_is_confirmed_only),
        cmocka_unit_test(node_doctor__warns_of_a_pulled_cable),
        cmocka_unit_test(node_verify__walks_every_row),
        cmocka_unit_test(conflict_operations__know_no_conflict_that_is_not_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
