/* test_csv.c - rows out of bytes: encodings, quotes, limits, damage.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "unit/unit.h"

#include "property.h"

#include <banyan/base/check.h>
#include <banyan/core/import.h>

#include <string.h>

#define TEXT_MAX (1024 * 1024)

/* Rows as "line:cell|cell!flaw\n". */
typedef struct reading {
    bn_buf text;
    bn_err err;
    bn_rc rc;
} reading;

static bn_rc keep_row(void *context, const bn_csv_row *row, bn_err *err)
{
    (void)err;
    reading *r = context;
    bn_buf_printf(&r->text, "%llu:", (unsigned long long)row->line);
    for (size_t i = 0; i < row->cells_count; i++) {
        bn_buf_append_text(&r->text, i > 0 ? "|" : "");
        bn_buf_append_slice(&r->text, row->cells[i]);
    }
    bn_buf_printf(&r->text, "%s%s%s\n", row->flaw != NULL ? "!" : "",
                  row->flaw != NULL ? row->flaw : "", row->is_half ? "~" : "");
    return BN_OK;
}

static void read_all(reading *r, bn_slice bytes, const char *encoding, char delimiter,
                     size_t portion)
{
    bn_csv *csv = NULL;
    bn_buf_init(&r->text, 8 * TEXT_MAX);
    assert_ok(bn_csv_create(encoding, delimiter, keep_row, r, &csv, &r->err), r->err);
    r->rc = BN_OK;
    for (size_t at = 0; at < bytes.len && r->rc == BN_OK; at += portion) {
        size_t len = bytes.len - at < portion ? bytes.len - at : portion;
        r->rc = bn_csv_feed(csv, bn_slice_make(bytes.data + at, len), &r->err);
    }
    if (r->rc == BN_OK) {
        r->rc = bn_csv_end(csv, &r->err);
    }
    bn_csv_destroy(&csv);
    assert_null(csv);
}

static void csv__reads_rows_in_any_portions(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        const char *rows;
    } cases[] = {
        {"a,b\n1,2\n", "1:a|b\n2:1|2\n"},
        {"a,b\r\n1,2", "1:a|b\n2:1|2~\n"},
        {"\xef\xbb\xbf" "a,b\n", "1:a|b\n"},
        {"\"x,\"\"y\"\"\",\"l1\nl2\"\nz,\n", "1:x,\"y\"|l1\nl2\n3:z|\n"},
        {"a\n\n\nb\n", "1:a\n4:b\n"},
        {"a,b\n1,\"open\nx,y\n", "1:a|b\n2:1|open\nx,y\n!the file ends inside quotes~\n"},
        {"a\n\xff\xfe\n", "1:a\n2:\xff\xfe!holds bytes of another encoding\n"},
        {"", ""},
        {"\n\n", ""},
    };
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        for (size_t portion = 1; portion < 9; portion++) {
            reading r;
            read_all(&r, bn_slice_of(cases[i].bytes), "UTF-8", ',', portion);
            assert_ok(r.rc, r.err);
            assert_string_equal(bn_buf_cstr(&r.text), cases[i].rows);
            bn_buf_fini(&r.text);
        }
    }
}

static void csv__decodes_gbk_even_when_portions_cut_characters(void **state)
{
    (void)state;
    static const char bytes[] = "\xd0\xd5\xc3\xfb;\xca\xd6\xbb\xfa\n\xcd\xf5\xd0\xa1\xc3\xf7;138\n";
    for (size_t portion = 1; portion < 9; portion++) {
        reading r;
        read_all(&r, bn_slice_of(bytes), "GB18030", ';', portion);
        assert_ok(r.rc, r.err);
        assert_string_equal(bn_buf_cstr(&r.text), "1:姓名|手机\n2:王小明|138\n");
        bn_buf_fini(&r.text);
    }
    reading broken;
    read_all(&broken, bn_slice_of("a\n\xd0\n"), "GB18030", ';', 1);
    assert_ok(broken.rc, broken.err);
    assert_non_null(strstr(bn_buf_cstr(&broken.text), "holds bytes of another encoding"));
    bn_buf_fini(&broken.text);
}

static void csv__refuses_a_long_cell_and_stops_at_a_row_without_end(void **state)
{
    (void)state;
    static uint8_t bytes[TEXT_MAX];
    reading r;
    memset(bytes, 'x', 10000);
    memcpy(bytes + 10000, "\nok\n", 4);
    read_all(&r, bn_slice_make(bytes, 10004), "UTF-8", ',', 777);
    assert_ok(r.rc, r.err);
    assert_non_null(strstr(bn_buf_cstr(&r.text), "!longer than 8192 bytes\n2:ok\n"));
    bn_buf_fini(&r.text);
    memset(bytes, 'x', sizeof bytes);
    bytes[0] = '"';
    read_all(&r, bn_slice_make(bytes, sizeof bytes), "UTF-8", ',', 4096);
    assert_int_equal(r.rc, BN_E_LIMIT);
    assert_non_null(strstr(r.err.text, "is a quote not closed?"));
    bn_buf_fini(&r.text);
    read_all(&r, bn_slice_make("a\nb\0c\n", 6), "UTF-8", ',', 6);
    assert_non_null(memmem(r.text.data, r.text.len, "!holds a NUL byte", 17));
    bn_buf_fini(&r.text);
}

static void csv__does_not_know_every_encoding(void **state)
{
    (void)state;
    bn_csv *csv = NULL;
    bn_err err;
    assert_int_equal(bn_csv_create("KLINGON", ',', keep_row, NULL, &csv, &err),
                     BN_E_UNSUPPORTED);
    assert_null(csv);
}

static void probe__tells_encoding_and_delimiter(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
        bn_rc rc;
        const char *encoding;
        char delimiter;
    } cases[] = {
        {"a,b;c,d\n1\n", 10, BN_OK, "UTF-8", ','},
        {"\xef\xbb\xbf" "a;b\n", 7, BN_OK, "UTF-8", ';'},
        {"\"a,b,c\"\tx\n", 10, BN_OK, "UTF-8", '\t'},
        {"姓名|手机\n", 14, BN_OK, "UTF-8", '|'},
        {"\xd0\xd5\xc3\xfb,x\n", 7, BN_OK, "GB18030", ','},
        {"a\n\xe7\x8e", 4, BN_OK, "GB18030", ','},
        {"\xff\xfe" "a\0b\0", 6, BN_E_UNSUPPORTED, "", 0},
        {"a\0b\0c\0d\0", 8, BN_E_UNSUPPORTED, "", 0},
        {"PK\x03\x04zip", 7, BN_E_UNSUPPORTED, "", 0},
    };
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        for (size_t portion = 1; portion < 7; portion++) {
            bn_csv_probe probe;
            bn_err err;
            bn_csv_probe_begin(&probe);
            for (size_t at = 0; at < cases[i].len; at += portion) {
                size_t left = cases[i].len - at;
                bn_csv_probe_feed(&probe, bn_slice_make(cases[i].bytes + at,
                                                        left < portion ? left : portion));
            }
            assert_int_equal(bn_csv_probe_end(&probe, &err), cases[i].rc);
            if (cases[i].rc == BN_OK) {
                assert_string_equal(probe.encoding, cases[i].encoding);
                assert_int_equal(probe.delimiter, cases[i].delimiter);
            }
        }
    }
}

static bn_rc keep_cells(void *context, const bn_csv_row *row, bn_err *err)
{
    (void)err;
    bn_csv_write(context, row->cells, row->cells_count, ';');
    return BN_OK;
}

static void csv__reads_back_what_it_writes(void **state)
{
    (void)state;
    static const char *const atoms[] = {"a", "\"", ";",  "\n", " ", "王",
                                        ",", "=1",  "'", "\t", "\r\n"};
    property p = property_begin("csv round trip", 2000);
    for (unsigned n = 0; n < p.cases; n++) {
        bn_buf written;
        bn_buf again;
        char cells[4][64];
        bn_slice slices[4];
        bn_buf_init(&written, TEXT_MAX);
        bn_buf_init(&again, TEXT_MAX);
        for (size_t i = 0; i < 4; i++) {
            cells[i][0] = '\0';
            for (uint64_t k = property_below(&p, 8); k > 0; k--) {
                size_t used = strlen(cells[i]);
                snprintf(cells[i] + used, sizeof cells[i] - used, "%s",
                         atoms[property_below(&p, BN_COUNT(atoms))]);
            }
            slices[i] = bn_slice_of(cells[i]);
        }
        bn_csv_write(&written, slices, 4, ';');
        bn_csv *csv = NULL;
        bn_err err;
        assert_ok(bn_csv_create("UTF-8", ';', keep_cells, &again, &csv, &err), err);
        assert_ok(bn_csv_feed(csv, bn_buf_slice(&written), &err), err);
        assert_ok(bn_csv_end(csv, &err), err);
        bn_csv_destroy(&csv);
        assert_string_equal(bn_buf_cstr(&again), bn_buf_cstr(&written));
        bn_buf_fini(&written);
        bn_buf_fini(&again);
    }
}

static void csv__takes_random_bytes(void **state)
{
    (void)state;
    static const char *const encodings[] = {"UTF-8", "GB18030"};
    property p = property_begin("csv random bytes", 2000);
    for (unsigned n = 0; n < p.cases; n++) {
        uint8_t bytes[512];
        size_t len = property_below(&p, sizeof bytes);
        for (size_t i = 0; i < len; i++) {
            bytes[i] = (uint8_t)property_below(&p, 256);
            if (property_below(&p, 3) == 0) {
                bytes[i] = (uint8_t)"\",\n\r;"[property_below(&p, 5)];
            }
        }
        reading r;
        read_all(&r, bn_slice_make(bytes, len), encodings[n % 2], ',', 1 + n % 64);
        assert_ok(r.rc, r.err);
        bn_buf_fini(&r.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(csv__reads_rows_in_any_portions),
        cmocka_unit_test(csv__decodes_gbk_even_when_portions_cut_characters),
        cmocka_unit_test(csv__refuses_a_long_cell_and_stops_at_a_row_without_end),
        cmocka_unit_test(csv__does_not_know_every_encoding),
        cmocka_unit_test(probe__tells_encoding_and_delimiter),
        cmocka_unit_test(csv__reads_back_what_it_writes),
        cmocka_unit_test(csv__takes_random_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
