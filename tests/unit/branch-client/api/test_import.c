/* test_import.c - rows of files through import.rows: references, keys, modes, bad rows.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "desk_test.h"

#define ROWS(kind, columns, rows, more) \
    "{'kind':'" kind "','columns':" columns ",'rows':" rows more "}"

static desk *with_customers(void)
{
    desk *d = desk_open();
    asked_fine(&d->ask, "import.rows",
               ROWS("customer", "['external_id','name','tags']",
                    "[['C1','Ann','vip; staff'],['C2','Bob',''],['C3','Cy',null]]", ""));
    assert_int_equal(count_at(&d->ask, "saved"), 3);
    return d;
}

static void import__creates_records_with_numbers_and_elements(void **state)
{
    (void)state;
    desk *d = with_customers();
    assert_int_equal(count_at(&d->ask, "rows/2/row"), 3);
    assert_non_null(at(&d->ask, "rows/0/number"));
    asked_fine(&d->ask, "record.list", "{'kind':'customer','where':['external_id=C1']}");
    assert_int_equal(json_array_size(at(&d->ask, "rows/0/lists/tags")), 2);
    desk_close(d);
}

static void import__finds_what_a_reference_names(void **state)
{
    (void)state;
    desk *d = with_customers();
    asked_fine(&d->ask, "import.rows",
               ROWS("holding", "['customer:external_id','external_id','type']",
                    "[['C2','A1','account'],['C9','A2','account'],['C2','A3','akount']]",
                    ",'first_row':10"));
    assert_int_equal(count_at(&d->ask, "saved"), 1);
    assert_string_equal(text_at(&d->ask, "rows/1/state"), "error");
    assert_int_equal(count_at(&d->ask, "rows/1/row"), 11);
    assert_string_equal(text_at(&d->ask, "rows/1/column"), "customer:external_id");
    assert_string_equal(text_at(&d->ask, "rows/1/code"), "not_found");
    assert_string_equal(text_at(&d->ask, "rows/2/column"), "type");
    assert_non_null(strstr(text_at(&d->ask, "rows/2/text"), "did you mean account?"));
    asked_fine(&d->ask, "import.rows",
               ROWS("transaction", "['holding:external_id','customer:external_id','amount']",
                    "[['A1','C2','1,000.50']]", ""));
    assert_int_equal(count_at(&d->ask, "saved"), 1);
    asked_fine(&d->ask, "record.list", "{'kind':'transaction'}");
    assert_string_equal(text_at(&d->ask, "rows/0/fields/amount"), "1,000.50");
    desk_close(d);
}

static void import__refuses_a_reference_that_fits_two(void **state)
{
    (void)state;
    desk *d = with_customers();
    asked_fine(&d->ask, "import.rows", ROWS("customer", "['external_id']", "[['C2']]", ""));
    asked_fine(&d->ask, "import.rows",
               ROWS("note", "['customer:external_id','title']", "[['C2','x']]", ""));
    assert_non_null(strstr(text_at(&d->ask, "rows/0/text"), "more than one customer"));
    desk_close(d);
}

static void import__updates_by_key_and_leaves_blanks_alone(void **state)
{
    (void)state;
    desk *d = with_customers();
    asked_fine(&d->ask, "import.rows",
               ROWS("customer", "['external_id','name','occupation']",
                    "[['C1','','judge'],['C2','Bob',null],['C9','x',''],['','x','']]",
                    ",'mode':'update'"));
    assert_string_equal(text_at(&d->ask, "rows/0/state"), "saved");
    assert_string_equal(text_at(&d->ask, "rows/1/state"), "same");
    assert_string_equal(text_at(&d->ask, "rows/2/code"), "not_found");
    assert_string_equal(text_at(&d->ask, "rows/3/column"), "external_id");
    asked_fine(&d->ask, "record.list", "{'kind':'customer','where':['external_id=C1']}");
    assert_string_equal(text_at(&d->ask, "rows/0/fields/name"), "Ann");
    assert_string_equal(text_at(&d->ask, "rows/0/fields/occupation"), "judge");
    desk_close(d);
}

static void import__upserts_a_key_that_comes_twice_into_one_record(void **state)
{
    (void)state;
    desk *d = with_customers();
    asked_fine(&d->ask, "import.rows",
               ROWS("customer", "['external_id','name']",
                    "[['C7','Dee'],['C7','Dee Dee'],['C1','Ann']]",
                    ",'mode':'upsert'"));
    assert_int_equal(count_at(&d->ask, "saved"), 2);
    assert_int_equal(count_at(&d->ask, "same"), 1);
    asked_fine(&d->ask, "record.list", "{'kind':'customer','where':['external_id=C7']}");
    assert_int_equal(json_array_size(at(&d->ask, "rows")), 1);
    assert_string_equal(text_at(&d->ask, "rows/0/fields/name"), "Dee Dee");
    desk_close(d);
}

static void import__finds_a_customer_by_number_and_keeps_the_number(void **state)
{
    (void)state;
    desk *d = with_customers();
    char number[BN_CUSTOMER_NUMBER_BYTES];
    bn_customer_number_make(OFFICE_ORIGIN, 2, number);
    asked_fine(&d->ask, "import.rows",
               ARGS(ROWS("customer", "['number','occupation']", "[['%s','cook']]",
                         ",'mode':'update'"), number));
    assert_int_equal(count_at(&d->ask, "saved"), 1);
    asked_fine(&d->ask, "record.get", ARGS("{'kind':'customer','id':'%s'}", number));
    assert_string_equal(text_at(&d->ask, "fields/occupation"), "cook");
    assert_string_equal(text_at(&d->ask, "fields/name"), "Bob");
    desk_close(d);
}

static void import__repeated_with_its_request_saves_nothing_more(void **state)
{
    (void)state;
    static const char args[] = ROWS("note", "['title']", "[['a'],['b']]",
                                    ",'request':'0102030405060708090a0b0c0d0e0f10'");
    desk *d = with_customers();
    char first[BN_ID_TEXT_BYTES];
    asked_fine(&d->ask, "import.rows", args);
    snprintf(first, sizeof first, "%s", text_at(&d->ask, "rows/0/id"));
    asked_fine(&d->ask, "import.rows", args);
    assert_string_equal(text_at(&d->ask, "rows/0/id"), first);
    assert_string_equal(text_at(&d->ask, "rows/0/state"), "same");
    assert_int_equal(count_at(&d->ask, "saved"), 0);
    assert_int_equal(count_at(&d->ask, "same"), 2);
    asked_fine(&d->ask, "record.list", "{'kind':'note'}");
    assert_int_equal(json_array_size(at(&d->ask, "rows")), 2);
    desk_close(d);
}

static void import__refuses_rows_of_another_shape(void **state)
{
    (void)state;
    desk *d = with_customers();
    asked_fine(&d->ask, "import.rows",
               ROWS("note", "['title','']",
                    "[['a','skipped'],['a','b','c'],7,[7],['','x'],['short']]", ""));
    assert_int_equal(count_at(&d->ask, "saved"), 2);
    assert_int_equal(count_at(&d->ask, "failed"), 4);
    assert_non_null(strstr(text_at(&d->ask, "rows/1/text"), "3 texts for 2 columns"));
    assert_non_null(strstr(text_at(&d->ask, "rows/4/text"), "empty"));
    desk_close(d);
}

/* More rows than a page are refused before anything is saved. */
static void import__takes_at_most_a_page_of_rows(void **state)
{
    (void)state;
    desk *d = desk_open();
    json_t *rows = json_array();
    for (int i = 0; i <= BN_PAGE_ROWS_MAX; i++) {
        json_array_append_new(rows, json_pack("[s]", "x"));
    }
    json_t *args = json_pack("{s:s,s:[s],s:O}", "kind", "note", "columns", "title", "rows", rows);
    char *text = json_dumps(args, 0);
    asked_in_vain(&d->ask, "import.rows", text, BN_E_LIMIT, "rows");
    free(text);
    json_array_remove(rows, 0);
    text = json_dumps(args, 0);
    asked_fine(&d->ask, "import.rows", text);
    assert_int_equal(count_at(&d->ask, "saved"), BN_PAGE_ROWS_MAX);
    free(text);
    json_decref(args);
    json_decref(rows);
    desk_close(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(import__creates_records_with_numbers_and_elements),
        cmocka_unit_test(import__finds_what_a_reference_names),
        cmocka_unit_test(import__refuses_a_reference_that_fits_two),
        cmocka_unit_test(import__updates_by_key_and_leaves_blanks_alone),
        cmocka_unit_test(import__upserts_a_key_that_comes_twice_into_one_record),
        cmocka_unit_test(import__finds_a_customer_by_number_and_keeps_the_number),
        cmocka_unit_test(import__repeated_with_its_request_saves_nothing_more),
        cmocka_unit_test(import__refuses_rows_of_another_shape),
        cmocka_unit_test(import__takes_at_most_a_page_of_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
