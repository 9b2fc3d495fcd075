/* test_map.c - mapping files, headings, transforms.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "unit/unit.h"

#include <banyan/base/check.h>
#include <banyan/core/import.h>

#include "core/import/map.h"

#include <string.h>

static bn_import_map *read_map(const char *text, bn_buf *report, bn_err *err)
{
    bn_import_map *map = NULL;
    bn_buf_init(report, 65536);
    bn_rc rc = bn_import_map_read("m", bn_slice_of(text), NULL, report, &map, err);
    assert_int_equal(rc == BN_OK, map != NULL);
    return map;
}

static bn_csv_row row_of(const char *text, bn_slice cells[16])
{
    bn_csv_row row = {.number = 2, .line = 2, .cells = cells};
    for (;;) {
        size_t len = strcspn(text, ",");
        cells[row.cells_count++] = bn_slice_make(text, len);
        if (text[len] == '\0') {
            break;
        }
        text += len + 1;
    }
    row.flaw_cell = row.cells_count;
    return row;
}

static void map__reports_every_mistake_with_its_line(void **state)
{
    (void)state;
    bn_buf report;
    bn_err err;
    assert_null(read_map("kind = customer\nmod = x\nmode = y\n[columns]\nnmae = A\n"
                         "sex = B | map s\nsex = C\nmobile =\ncity = D | shout\n"
                         "noequals\n[other]\n",
                         &report, &err));
    assert_int_equal(err.code, BN_E_INVALID);
    assert_string_equal(bn_buf_cstr(&report),
                        "m:2: mod: unknown key, did you mean mode\n"
                        "m:3: mode: create, update or upsert\n"
                        "m:8: mobile: the column is missing\n"
                        "m:9: shout: upper, lower, date FORM or map NAME is wanted behind |\n"
                        "m:10: '=' is missing\n"
                        "m:11: [other]: unknown section, [columns] and [map.NAME] are known\n"
                        "m:5: customer has no field nmae, did you mean name\n"
                        "m:6: [map.s] is missing\n"
                        "m:7: sex is there twice\n");
    bn_buf_fini(&report);
}

static const char *const whole =
    "kind = customer\nmode = upsert\nkey = external_id\nencoding = GBK\ndelimiter = tab\n"
    "date = dmy\ndecimal = ,\n[columns]\nname = \"Client | name\"  # quoted\n"
    "sex = Gender | upper | map sex\nbirth_date = Born\ndocument_expires = Until | date yymmdd\n"
    "income = Income\ncountry = const:CN\nexternal_id = No\n[map.sex]\nM = male\n\"F\" = female\n"
    "* = unknown\n";

static void map__carries_texts_of_a_row_to_fields(void **state)
{
    (void)state;
    bn_buf report;
    bn_err err;
    bn_slice cells[16];
    bn_slice texts[BN_IMPORT_TARGETS_MAX];
    size_t column = 0;
    bn_arena arena;
    bn_arena_init(&arena, 65536);
    bn_import_map *map = read_map(whole, &report, &err);
    assert_non_null(map);
    assert_string_equal(bn_import_map_mode(map), "upsert");
    assert_string_equal(bn_import_map_key(map), "external_id");
    assert_string_equal(bn_import_map_encoding(map), "GBK");
    assert_int_equal(bn_import_map_delimiter(map), '\t');
    bn_csv_row heading = row_of("no,Client | name,Gender,Born,Until,Income,Extra", cells);
    assert_ok(bn_import_map_bind(map, &heading, &report, &err), err);
    assert_int_equal(bn_import_map_unused(map), 1);
    bn_csv_row row = row_of("'=7,王,m,31.12.1999,300102,1.234.50,x", cells);
    cells[5] = BN_SLICE("1.234,50");
    assert_ok(bn_import_map_row(map, &row, &arena, texts, &column, &err), err);
    static const char *const wanted[] = {"王", "male", "1999-12-31", "1930-01-02", "1234.50",
                                         "CN", "=7"};
    assert_int_equal(bn_import_map_targets_count(map), BN_COUNT(wanted));
    for (size_t i = 0; i < BN_COUNT(wanted); i++) {
        assert_true(bn_slice_is(texts[i], wanted[i]));
    }
    row = row_of("7,王,?,1999,,,", cells);
    assert_int_equal(bn_import_map_row(map, &row, &arena, texts, &column, &err), BN_E_INVALID);
    assert_string_equal(bn_import_map_target(map, column), "birth_date");
    assert_null(strstr(err.text, "1999"));
    row = row_of("7,王", cells);
    assert_int_equal(bn_import_map_row(map, &row, &arena, texts, &column, &err), BN_E_INVALID);
    assert_int_equal(column, bn_import_map_targets_count(map));
    bn_import_map_destroy(&map);
    bn_buf_fini(&report);
    bn_arena_fini(&arena);
}

static void map__names_all_columns_that_are_missing_or_double(void **state)
{
    (void)state;
    bn_buf report;
    bn_err err;
    bn_slice cells[16];
    bn_import_map *map =
        read_map("kind = customer\n[columns]\nname = A\ncity = B\nmobile = C\n", &report, &err);
    bn_csv_row heading = row_of("C,X,C", cells);
    assert_int_equal(bn_import_map_bind(map, &heading, &report, &err), BN_E_INVALID);
    assert_string_equal(bn_buf_cstr(&report), "name: column \"A\" is not in the file\n"
                                              "city: column \"B\" is not in the file\n"
                                              "mobile: column \"C\" is in the file twice\n");
    bn_import_map_destroy(&map);
    bn_buf_fini(&report);
}

static void map__guesses_fields_by_their_labels(void **state)
{
    (void)state;
    bn_import_map *map = NULL;
    bn_buf report;
    bn_err err;
    bn_slice cells[16];
    bn_buf_init(&report, 65536);
    assert_ok(bn_import_map_guess(bn_schema_kind(BN_KIND_CUSTOMER), &map, &err), err);
    bn_csv_row heading = row_of("姓名,Mobile phone,birth_date,nothing", cells);
    assert_ok(bn_import_map_bind(map, &heading, &report, &err), err);
    assert_int_equal(bn_import_map_targets_count(map), 3);
    assert_int_equal(bn_import_map_unused(map), 1);
    heading = row_of("x,y", cells);
    assert_int_equal(bn_import_map_bind(map, &heading, &report, &err), BN_E_INVALID);
    bn_import_map_destroy(&map);
    bn_buf_fini(&report);
}

static void date__reads_each_form_and_refuses_the_rest(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        map_date form;
        const char *iso; /* NULL: refused */
    } cases[] = {
        {"31.12.1999", DATE_DMY, "1999-12-31"}, {"12/31/1999", DATE_MDY, "1999-12-31"},
        {"1999年12月31日", DATE_YMD, "1999-12-31"}, {"19991231", DATE_YMD, "1999-12-31"},
        {"31121999", DATE_DMY, "1999-12-31"},   {"991231", DATE_YYMMDD, "1999-12-31"},
        {"250102", DATE_YYMMDD, "2025-01-02"},  {"2025-1-2 10:30", DATE_YMD, "2025-01-02"},
        {"1.2.05", DATE_DMY, "2005-02-01"},     {"31.13.1999", DATE_DMY, NULL},
        {"0.1.1999", DATE_DMY, NULL},           {"1999", DATE_DMY, NULL},
        {"99999999999999999999", DATE_YMD, NULL}, {"", DATE_DMY, NULL},
        {"1-2-3-4", DATE_DMY, NULL},            {"abc", DATE_YMD, NULL},
    };
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        char out[16] = "";
        bool read = map_date_read(bn_slice_of(cases[i].text), cases[i].form, out);
        assert_int_equal(read, cases[i].iso != NULL);
        assert_string_equal(out, cases[i].iso != NULL ? cases[i].iso : "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(map__reports_every_mistake_with_its_line),
        cmocka_unit_test(map__carries_texts_of_a_row_to_fields),
        cmocka_unit_test(map__names_all_columns_that_are_missing_or_double),
        cmocka_unit_test(map__guesses_fields_by_their_labels),
        cmocka_unit_test(date__reads_each_form_and_refuses_the_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
