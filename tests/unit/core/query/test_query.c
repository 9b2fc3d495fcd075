/* test_query.c - filters in words and pages of a list.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "property.h"
#include "unit/unit.h"

#include <banyan/base/check.h>
#include <banyan/base/limits.h>
#include <banyan/core/query.h>

#include <string.h>

#define ARENA_BYTES (1024 * 1024)
#define ROWS 60

typedef struct row {
    bool is_there;
    const char *name; /* NULL: empty */
    int64_t income;   /* 0: empty */
    int64_t served_by[2];
} row;

/* Rows kept in an array; record i has the id i + 1. */
typedef struct table {
    row rows[ROWS];
    size_t found[ROWS];
    size_t found_count;
    unsigned fail_after;
} table;

static bn_id id_of(size_t i)
{
    bn_id id = {{0}};
    id.bytes[BN_ID_BYTES - 1] = (uint8_t)(i + 1);
    return id;
}

static bn_rc table_next_id(void *context, uint16_t kind, bn_id after, bn_id *out, bn_err *err)
{
    (void)context;
    (void)err;
    size_t next = after.bytes[BN_ID_BYTES - 1];
    if (kind != BN_KIND_CUSTOMER || next >= ROWS) {
        return BN_E_NOT_FOUND;
    }
    *out = id_of(next);
    return BN_OK;
}

static bn_rc table_get(void *context, uint16_t kind, bn_id id, bn_arena *arena, bn_record *out,
                       bn_err *err)
{
    const table *t = context;
    const row *r = &t->rows[id.bytes[BN_ID_BYTES - 1] - 1];
    bn_cell cells[3] = {{.field = BN_FIELD_EXISTENCE, .value = bn_value_int(r->is_there ? 1 : 0)}};
    size_t count = 1;
    (void)err;
    if (r->name != NULL) {
        cells[count++] =
            (bn_cell){.field = BN_CUSTOMER_name, .value = bn_value_text(bn_slice_of(r->name))};
    }
    if (r->income != 0) {
        cells[count++] = (bn_cell){.field = BN_CUSTOMER_income, .value = bn_value_int(r->income)};
    }
    bn_record_init(out, kind, id);
    for (size_t i = 0; i < count; i++) {
        BN_TRY(bn_record_put_cell(out, arena, &cells[i]));
    }
    for (size_t i = 0; i < 2 && r->served_by[i] != 0; i++) {
        bn_stamp stamp = {.dot = {1, i + 1}};
        bn_change change = {.field = BN_CUSTOMER_served_by,
                            .verb = BN_VERB_ADD,
                            .value = bn_value_int(r->served_by[i])};
        BN_TRY(bn_record_change_item(out, arena, BN_POLICY_SET, &change, &stamp));
    }
    return BN_OK;
}

static bn_rc on_row(void *context, const bn_record *record, bn_err *err)
{
    table *t = context;
    if (t->fail_after > 0 && t->found_count + 1 == t->fail_after) {
        return bn_fail(err, BN_E_FAILED, "enough");
    }
    t->found[t->found_count++] = record->id.bytes[BN_ID_BYTES - 1] - 1u;
    return BN_OK;
}

static void fill(property *p, table *t)
{
    static const char *const names[] = {NULL, "王小明", "ＷＡＮＧ", "wang li", "李娜", "Zoë"};
    for (size_t i = 0; i < ROWS; i++) {
        t->rows[i] = (row){.is_there = property_below(p, 6) != 0,
                           .name = names[property_below(p, BN_COUNT(names))],
                           .income = (int64_t)property_below(p, 5) * 100,
                           .served_by = {(int64_t)property_below(p, 3), 0}};
        if (t->rows[i].served_by[0] != 0 && property_below(p, 2) == 0) {
            t->rows[i].served_by[1] = t->rows[i].served_by[0] + 1;
        }
    }
}

static bool has_branch(const row *r, int64_t branch)
{
    return r->served_by[0] == branch || r->served_by[1] == branch;
}

/* The filters of the test, in words and as plain C. */
static bool passes(const row *r, size_t filter)
{
    switch (filter) {
    case 0:
        return r->name != NULL && strcmp(r->name, "李娜") == 0;
    case 1:
        return r->name == NULL || strcmp(r->name, "李娜") != 0;
    case 2:
        return r->income > 200;
    case 3:
        return r->income != 0 && r->income < 300;
    case 4:
        return r->name != NULL &&
               (strcmp(r->name, "ＷＡＮＧ") == 0 || strcmp(r->name, "wang li") == 0);
    case 5:
        return r->income == 0;
    case 6:
        return r->name != NULL;
    case 7:
        return has_branch(r, 2);
    case 8:
        return !has_branch(r, 2);
    case 9:
        return r->served_by[0] == 0;
    default:
        return r->served_by[0] != 0;
    }
}

static const char *const words[] = {
    "name=李娜", "name != 李娜",   "income>2.00",  "income<3",   "name~Wang",   "income=",
    "name!=",    "served_by=0002", "served_by!=2", "served_by=", "served_by!=",
};

static void query__pages_hold_what_a_plain_loop_finds(void **state)
{
    (void)state;
    property p = property_begin("queries against a loop", 300);
    const bn_kind_def *kind = bn_schema_kind(BN_KIND_CUSTOMER);
    bn_arena arena;
    bn_arena_init(&arena, ARENA_BYTES);
    for (unsigned c = 0; c < p.cases; c++) {
        table t = {.fail_after = 0};
        bn_filter filters[3];
        size_t chosen[3];
        size_t count = (size_t)property_below(&p, 4);
        bn_err err = {0};
        fill(&p, &t);
        for (size_t i = 0; i < count; i++) {
            chosen[i] = (size_t)property_below(&p, BN_COUNT(words));
            assert_ok(
                bn_filter_parse(kind, bn_slice_of(words[chosen[i]]), &arena, &filters[i], &err),
                err);
        }
        bn_query query = {.kind = BN_KIND_CUSTOMER,
                          .filters = filters,
                          .filters_count = count,
                          .rows_max = 1 + (size_t)property_below(&p, 10),
                          .removed_too = property_below(&p, 2) == 0};
        const bn_record_source source = {table_get, table_next_id, &t};
        do {
            size_t before = t.found_count;
            assert_ok(bn_query_run(&source, &query, on_row, &t, &query.after, &err), err);
            assert_true(t.found_count - before <= query.rows_max);
        } while (!bn_id_is_zero(query.after));
        size_t at = 0;
        for (size_t i = 0; i < ROWS; i++) {
            bool is_wanted = t.rows[i].is_there || query.removed_too;
            for (size_t f = 0; f < count; f++) {
                is_wanted = is_wanted && passes(&t.rows[i], chosen[f]);
            }
            if (is_wanted) {
                assert_true(at < t.found_count && t.found[at] == i);
                at++;
            }
        }
        assert_int_equal(at, t.found_count);
        bn_arena_reset(&arena);
    }
    bn_arena_fini(&arena);
}

static void query__a_row_that_fails_ends_the_page(void **state)
{
    (void)state;
    table t = {.fail_after = 3};
    const bn_record_source source = {table_get, table_next_id, &t};
    bn_query query = {.kind = BN_KIND_CUSTOMER, .rows_max = 10, .removed_too = true};
    bn_id next = id_of(77);
    bn_err err = {0};
    assert_int_equal(bn_query_run(&source, &query, on_row, &t, &next, &err), BN_E_FAILED);
    assert_int_equal(t.found_count, 2);
    assert_true(bn_id_equal(next, id_of(77)));
}

static void query__refuses_what_it_cannot_answer(void **state)
{
    (void)state;
    table t = {.fail_after = 0};
    const bn_record_source source = {table_get, table_next_id, &t};
    const bn_filter less_name = {BN_CUSTOMER_name, BN_TEST_LESS, bn_value_text(BN_SLICE("a"))};
    const bn_filter no_field = {60, BN_TEST_EMPTY, bn_value_nil()};
    bn_filter many[BN_FILTERS_MAX + 1];
    for (size_t i = 0; i < BN_COUNT(many); i++) {
        many[i] = (bn_filter){BN_CUSTOMER_name, BN_TEST_EMPTY, bn_value_nil()};
    }
    const bn_query bad[] = {
        {.kind = 0, .rows_max = 1},
        {.kind = BN_KIND_CUSTOMER, .rows_max = 0},
        {.kind = BN_KIND_CUSTOMER, .rows_max = BN_PAGE_ROWS_MAX + 1},
        {.kind = BN_KIND_CUSTOMER, .rows_max = 1, .filters = &less_name, .filters_count = 1},
        {.kind = BN_KIND_CUSTOMER, .rows_max = 1, .filters = &no_field, .filters_count = 1},
        {.kind = BN_KIND_CUSTOMER, .rows_max = 1, .filters = many, .filters_count = BN_COUNT(many)},
    };
    for (size_t i = 0; i < BN_COUNT(bad); i++) {
        bn_id next = {{0}};
        bn_err err = {0};
        bn_rc rc = bn_query_run(&source, &bad[i], on_row, &t, &next, &err);
        assert_true(rc == BN_E_INVALID || rc == BN_E_LIMIT);
        assert_int_not_equal(err.text[0], 0);
    }
}

static void filter__says_what_is_wrong_with_it(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *problem;
    } cases[] = {
        {"nmae=x", "customer has no field nmae (did you mean name?)"},
        {"zzzzzzzz=x", "customer has no field zzzzzzzz"},
        {"name", "a filter is field=value"},
        {"=x", "a filter is field=value"},
        {"", "a filter is field=value"},
        {"name!x", "a filter is field=value"},
        {"name<x", "name: < and > are for numbers"},
        {"income~5", "income: ~ is for texts"},
        {"income=abc", "income: wants an amount"},
        {"income<", "income: nothing to compare with"},
        {"sex=femal", "sex: not one of its choices (did you mean female?)"},
    };
    bn_arena arena;
    bn_arena_init(&arena, ARENA_BYTES);
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        bn_filter filter;
        bn_err err = {0};
        assert_int_equal(bn_filter_parse(bn_schema_kind(BN_KIND_CUSTOMER),
                                         bn_slice_of(cases[i].text), &arena, &filter, &err),
                         BN_E_INVALID);
        if (strncmp(err.text, cases[i].problem, strlen(cases[i].problem)) != 0) {
            fail_msg("\"%s\": %s", cases[i].text, err.text);
        }
    }
    bn_arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(query__pages_hold_what_a_plain_loop_finds),
        cmocka_unit_test(query__a_row_that_fails_ends_the_page),
        cmocka_unit_test(query__refuses_what_it_cannot_answer),
        cmocka_unit_test(filter__says_what_is_wrong_with_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
