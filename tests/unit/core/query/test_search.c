/* test_search.c - finding a customer by what people type.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "customers.h"
#include "property.h"
#include "unit/unit.h"

#include <banyan/base/alloc.h>
#include <banyan/base/check.h>
#include <banyan/core/search.h>

#include <string.h>

#define HITS 20

static const customer customers[] = {
    {.number = 0, .name = "王小明", .mobile = "13800138000", .document = "11010519491231002X"},
    {.number = 1, .name = "王小", .mobile = "13900139111"},
    {.number = 2, .name = "曾国藩", .latin = "Zeng Guofan"},
    {.number = 3, .name = "吕布"},
    {.number = 4, .name = "John Smith", .mobile = "+1 212 555 0187"},
    {.number = 5, .name = "Zoë Müller-O'Brien"},
    {.number = 6, .type = "organisation", .name = "北京长安贸易有限公司"},
    {.number = 7, .name = "張偉"},
    {.number = 8, .name = "Smithson Wang"},
};

static void put(bn_search_column *column, const customer *c)
{
    bn_cell cells[CUSTOMER_CELLS];
    char number[BN_CUSTOMER_NUMBER_BYTES];
    bn_err err = {0};
    bn_record record = customer_record(c, cells, number);
    assert_ok(bn_search_put(column, &record, &err), err);
}

static int set_up(void **state)
{
    bn_search_column *column = NULL;
    if (bn_search_create(&column) != BN_OK) {
        return -1;
    }
    for (size_t i = 0; i < BN_COUNT(customers); i++) {
        put(column, &customers[i]);
    }
    *state = column;
    return 0;
}

static int tear_down(void **state)
{
    bn_search_column *column = *state;
    bn_search_destroy(&column);
    return 0;
}

static size_t find(const bn_search_column *column, const char *text, bn_search_hit hits[HITS])
{
    bn_err err = {0};
    size_t count = 0;
    assert_ok(bn_search_find(column, bn_slice_of(text), hits, HITS, &count, &err), err);
    for (size_t i = 1; i < count; i++) {
        assert_true(
            hits[i - 1].rank < hits[i].rank ||
            (hits[i - 1].rank == hits[i].rank && bn_id_compare(hits[i - 1].id, hits[i].id) < 0));
    }
    return count;
}

static void search__finds_customers_by_what_people_type(void **state)
{
    static const struct {
        const char *text;
        int found[4]; /* in order, -1 ends */
    } cases[] = {
        {"王小明", {0, -1}},
        {"王小", {1, 0, -1}},
        {"小明", {0, -1}},
        {"wangxiaoming", {0, -1}},
        {"Wang Xiao Ming", {0, -1}},
        {"wang xiao", {1, 0, -1}},
        {"wáng xiǎo", {1, 0, -1}},
        {"wxm", {0, -1}},
        {"wx", {1, 0, -1}},
        {"zengguofan", {2, -1}},
        {"guofan", {2, -1}},
        {"lvbu", {3, -1}},
        {"lubu", {3, -1}},
        {"lübu", {3, -1}},
        {"smith", {4, 8, -1}},
        {"john smith", {4, -1}},
        {"Smith John", {4, -1}},
        {"JOHNSMITH", {4, -1}},
        {"mueller", {-1}},
        {"muller", {5, -1}},
        {"Müller", {5, -1}},
        {"o'brien", {5, -1}},
        {"zoe", {5, -1}},
        {"长安", {6, -1}},
        {"長安", {6, -1}},
        {"changan", {6, -1}},
        {"张伟", {7, -1}},
        {"張偉", {7, -1}},
        {"8000", {0, -1}},
        {"13800138000", {0, -1}},
        {"138", {-1}},
        {"0187", {4, -1}},
        {"002x", {0, -1}},
        {"nobody", {-1}},
        {"  ", {-1}},
        {"-", {-1}},
        {"", {-1}},
    };
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        bn_search_hit hits[HITS];
        size_t count = find(*state, cases[i].text, hits);
        size_t wanted = 0;
        while (cases[i].found[wanted] >= 0) {
            wanted++;
        }
        bool is_same = count == wanted;
        for (size_t h = 0; is_same && h < count; h++) {
            is_same = bn_id_equal(hits[h].id, customer_id((uint32_t)cases[i].found[h]));
        }
        if (!is_same) {
            for (size_t h = 0; h < count; h++) {
                print_message("  %u rank %u\n", bn_load_u32(hits[h].id.bytes + 12) - 1,
                              hits[h].rank);
            }
            fail_msg("\"%s\": %zu hits", cases[i].text, count);
        }
    }
}

static void search__finds_a_customer_number_however_it_is_written(void **state)
{
    bn_search_hit hits[HITS];
    char number[BN_CUSTOMER_NUMBER_BYTES];
    bn_customer_number_make(17, 5, number);
    assert_true(find(*state, number, hits) >= 1);
    assert_true(bn_id_equal(hits[0].id, customer_id(5)));
    assert_int_equal(hits[0].rank, 0);
    char plain[BN_CUSTOMER_NUMBER_BYTES];
    size_t len = 0;
    for (size_t i = 0; number[i] != 0; i++) {
        if (number[i] != '-') {
            plain[len++] = number[i];
        }
    }
    plain[len] = 0;
    assert_true(find(*state, plain, hits) >= 1);
    assert_true(bn_id_equal(hits[0].id, customer_id(5)));
    assert_int_equal(find(*state, "0017", hits), BN_COUNT(customers));
}

static void search__follows_changes_and_removals(void **state)
{
    bn_search_column *column = *state;
    bn_search_hit hits[HITS];
    customer changed = customers[0];
    changed.name = "王大明王大明王大明";
    put(column, &changed);
    assert_int_equal(find(column, "小明", hits), 0);
    assert_int_equal(find(column, "大明", hits), 1);
    assert_int_equal(bn_search_count(column), BN_COUNT(customers));
    changed.name = "王明";
    put(column, &changed);
    assert_int_equal(find(column, "大明", hits), 0);
    assert_int_equal(find(column, "王明", hits), 1);

    bn_cell cells[CUSTOMER_CELLS];
    char number[BN_CUSTOMER_NUMBER_BYTES];
    bn_err err = {0};
    bn_record record = customer_record(&changed, cells, number);
    cells[0].value = bn_value_int(0);
    assert_ok(bn_search_put(column, &record, &err), err);
    assert_int_equal(find(column, "王明", hits), 0);
    assert_int_equal(bn_search_count(column), BN_COUNT(customers) - 1);
    bn_search_remove(column, customer_id(1));
    bn_search_remove(column, customer_id(1));
    bn_search_remove(column, customer_id(99));
    assert_int_equal(bn_search_count(column), BN_COUNT(customers) - 2);
    put(column, &customers[0]);
    assert_int_equal(find(column, "wxm", hits), 1);
}

static void search__limits_what_is_typed_and_what_comes_back(void **state)
{
    bn_search_hit hits[HITS];
    char text[202];
    size_t count = 77;
    bn_err err = {0};
    memset(text, 'a', sizeof text);
    assert_int_equal(bn_search_find(*state, bn_slice_make(text, 201), hits, HITS, &count, &err),
                     BN_E_LIMIT);
    assert_int_equal(count, 77);
    assert_ok(bn_search_find(*state, bn_slice_make(text, 200), hits, HITS, &count, &err), err);
    assert_int_equal(count, 0);
    assert_int_equal(bn_search_find(*state, bn_slice_make("\xff", 1), hits, HITS, &count, &err),
                     BN_E_INVALID);
    for (size_t max = 0; max <= 2; max++) {
        assert_ok(bn_search_find(*state, BN_SLICE("0017"), hits, max, &count, &err), err);
        assert_int_equal(count, max);
        for (size_t i = 0; i < max; i++) {
            assert_true(bn_id_equal(hits[i].id, customer_id((uint32_t)i)));
        }
    }
    bn_record task = {.kind = BN_KIND_TASK, .id = customer_id(1)};
    assert_int_equal(bn_search_put(*state, &task, &err), BN_E_INVALID);
}

static void search__an_empty_column_finds_nothing(void **state)
{
    (void)state;
    bn_search_column *column = NULL;
    bn_search_hit hits[HITS];
    assert_int_equal(bn_search_create(&column), BN_OK);
    assert_int_equal(find(column, "wang", hits), 0);
    bn_search_remove(column, customer_id(1));
    customer nameless = {.number = 3};
    put(column, &nameless);
    assert_int_equal(find(column, "wang", hits), 0);
    assert_int_equal(bn_search_count(column), 1);
    bn_search_destroy(&column);
    assert_null(column);
}

static void search__a_refused_allocation_loses_no_customer(void **state)
{
    bn_search_column *column = *state;
    customer longer = customers[0];
    longer.name = "王小明王小明王小明王小明王小明";
    bn_cell cells[CUSTOMER_CELLS];
    char number[BN_CUSTOMER_NUMBER_BYTES];
    bn_record record = customer_record(&longer, cells, number);
    bn_rc rc = BN_E_NO_MEMORY;
    unsigned refused = 0;
    for (size_t n = 1; rc == BN_E_NO_MEMORY; n++) {
        bn_search_hit hits[HITS];
        bn_err err = {0};
        bn_alloc_fail_at(n);
        rc = bn_search_put(column, &record, &err);
        bn_alloc_fail_at(0);
        refused += rc == BN_E_NO_MEMORY ? 1 : 0;
        assert_int_equal(bn_search_count(column), BN_COUNT(customers));
        assert_true(find(column, "小明", hits) == 1);
    }
    assert_int_equal(rc, BN_OK);
    assert_true(refused > 3);
}

/* Names of a few letters come, change and go; the column always finds what an array holds. */
static void search__agrees_with_an_array_after_any_changes(void **state)
{
    (void)state;
    enum { SLOTS = 400, LEN = 24 };
    static char names[SLOTS][LEN];
    static bool is_there[SLOTS];
    property p = property_begin("column against an array", 20000);
    bn_search_column *column = NULL;
    assert_int_equal(bn_search_create(&column), BN_OK);
    size_t live = 0;
    for (unsigned c = 0; c < p.cases; c++) {
        uint32_t i = (uint32_t)property_below(&p, SLOTS);
        live -= is_there[i] ? 1 : 0;
        is_there[i] = property_below(&p, 3) != 0;
        live += is_there[i] ? 1 : 0;
        size_t len = 1 + (size_t)property_below(&p, LEN - 1);
        for (size_t b = 0; b < len; b++) {
            names[i][b] = (char)('a' + property_below(&p, 3));
        }
        names[i][len] = 0;
        if (is_there[i]) {
            customer one = {.number = i, .name = names[i]};
            put(column, &one);
        } else {
            bn_search_remove(column, customer_id(i));
        }
        assert_int_equal(bn_search_count(column), live);
        if (c % 20 != 0) {
            continue;
        }
        static bn_search_hit hits[SLOTS];
        size_t count = 0;
        size_t wanted = 0;
        bn_err err = {0};
        char needle[] = {(char)('a' + property_below(&p, 3)), (char)('a' + property_below(&p, 3)),
                         (char)('a' + property_below(&p, 3)), (char)('a' + property_below(&p, 3)),
                         0};
        assert_ok(bn_search_find(column, bn_slice_of(needle), hits, SLOTS, &count, &err), err);
        for (size_t s = 0; s < SLOTS; s++) {
            wanted += is_there[s] && strstr(names[s], needle) != NULL ? 1 : 0;
        }
        assert_int_equal(count, wanted);
    }
    bn_search_destroy(&column);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(search__finds_customers_by_what_people_type, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(search__finds_a_customer_number_however_it_is_written,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(search__follows_changes_and_removals, set_up, tear_down),
        cmocka_unit_test_setup_teardown(search__limits_what_is_typed_and_what_comes_back, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(search__a_refused_allocation_loses_no_customer, set_up,
                                        tear_down),
        cmocka_unit_test(search__an_empty_column_finds_nothing),
        cmocka_unit_test(search__agrees_with_an_array_after_any_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
