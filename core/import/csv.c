/* csv.c - CSV as it arrives: decoded, parted into rows by libcsv, bounded.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   bytes ─iconv─► UTF-8 ─► one physical line at a time ─libcsv─► cells ─► row
 *
 * libcsv gets single lines so that every row knows the line it began on. The file is read in one
 * pass and in constant memory: the bytes of one row, its cells, one block of converted text. What
 * cannot be decoded becomes the byte FF, which no UTF-8 holds: the cell is refused, not the file.
 */
#include <banyan/core/import.h>

#include <banyan/base/alloc.h>
#include <banyan/base/check.h>
#include <banyan/base/text.h>

#include <csv.h>
#include <errno.h>
#include <iconv.h>
#include <stdio.h>
#include <string.h>

#define CONVERTED_BYTES 65536
#define CARRY_BYTES 16 /* of a character that a block cut in two */
#define UNREADABLE 0xff
#define BEFORE_ROW 0 /* libcsv's states that matter here */
#define IN_FIELD 2

struct bn_csv {
    struct csv_parser parser;
    bn_csv_on_row on_row;
    void *context;
    bool converts;
    iconv_t iconv;
    uint8_t carry[CARRY_BYTES];
    size_t carry_len;
    size_t mark_len; /* bytes of the byte order mark seen so far; beyond the mark: none */
    uint64_t line;
    uint64_t row_line;
    uint64_t rows_count;
    bn_buf bytes; /* of the cells of the row */
    size_t ends[BN_CSV_COLUMNS_MAX];
    size_t cells_count;
    bool too_many;
    bool ends_line;  /* the last byte ended a line */
    bool open_quote; /* the file ended within quotes */
    bn_rc rc;       /* what on_row said */
    bn_err *err;
};

/* Growing stops where a row would be too large; libcsv takes that for lack of memory. */
static void *grow(void *block, size_t size)
{
    return size <= BN_CSV_ROW_BYTES_MAX ? bn_realloc_array(block, size, 1) : NULL;
}

static void take_cell(void *cell, size_t len, void *context)
{
    bn_csv *csv = context;
    if (csv->cells_count == BN_CSV_COLUMNS_MAX) {
        csv->too_many = true;
        return;
    }
    bn_buf_append(&csv->bytes, cell, len);
    csv->ends[csv->cells_count++] = csv->bytes.len;
}

static const char *cell_flaw(bn_slice cell)
{
    if (cell.len > BN_CSV_FIELD_BYTES_MAX) {
        return "longer than 8192 bytes";
    }
    if (cell.len > 0 && memchr(cell.data, 0, cell.len) != NULL) {
        return "holds a NUL byte";
    }
    return bn_utf8_valid(cell) ? NULL : "holds bytes of another encoding";
}

static void give_row(bn_csv *csv, bool half)
{
    bn_slice cells[BN_CSV_COLUMNS_MAX];
    bn_csv_row row = {.number = ++csv->rows_count, .line = csv->row_line, .cells = cells,
                      .cells_count = csv->cells_count, .flaw_cell = csv->cells_count,
                      .is_half = half};
    size_t start = 0;
    for (size_t i = 0; i < csv->cells_count; i++) {
        cells[i] = bn_slice_make(csv->bytes.data + start, csv->ends[i] - start);
        start = csv->ends[i];
        const char *flaw = row.flaw == NULL ? cell_flaw(cells[i]) : NULL;
        if (flaw != NULL) {
            row.flaw = flaw;
            row.flaw_cell = i;
        }
    }
    if (csv->too_many || csv->open_quote) {
        row.flaw = csv->too_many ? "more than 256 columns" : "the file ends inside quotes";
        row.flaw_cell = row.cells_count;
    }
    csv->rc = bn_buf_status(&csv->bytes) == BN_OK
                  ? csv->on_row(csv->context, &row, csv->err)
                  : bn_fail(csv->err, bn_buf_status(&csv->bytes), "line %llu: the row is too large",
                            (unsigned long long)csv->row_line);
    bn_buf_clear(&csv->bytes);
    csv->cells_count = 0;
    csv->too_many = false;
}

static void take_row(int end, void *context)
{
    bn_csv *csv = context;
    if (csv->rc == BN_OK) {
        give_row(csv, end == -1 && !csv->ends_line);
    }
}

bn_rc bn_csv_create(const char *encoding, char delimiter, bn_csv_on_row on_row, void *context,
                    bn_csv **out, bn_err *err)
{
    bn_csv *csv = bn_alloc(sizeof *csv);
    if (csv == NULL || csv_init(&csv->parser, 0) != 0) {
        bn_free(csv);
        return bn_fail(err, BN_E_NO_MEMORY, "no memory for a CSV reader");
    }
    csv->converts = strcasecmp(encoding, "UTF-8") != 0 && strcasecmp(encoding, "UTF8") != 0;
    csv->iconv = csv->converts ? iconv_open("UTF-8", encoding) : (iconv_t)0;
    if (csv->converts && csv->iconv == (iconv_t)-1) {
        csv_free(&csv->parser);
        bn_free(csv);
        return bn_fail(err, BN_E_UNSUPPORTED, "encoding %.32s is not known here", encoding);
    }
    csv_set_delim(&csv->parser, (unsigned char)delimiter);
    csv_set_realloc_func(&csv->parser, grow);
    csv_set_free_func(&csv->parser, bn_free);
    bn_buf_init(&csv->bytes, BN_CSV_ROW_BYTES_MAX);
    csv->on_row = on_row;
    csv->context = context;
    csv->line = 1;
    csv->row_line = 1;
    csv->ends_line = true;
    *out = csv;
    return BN_OK;
}

void bn_csv_destroy(bn_csv **csv)
{
    if (*csv == NULL) {
        return;
    }
    if ((*csv)->converts) {
        iconv_close((*csv)->iconv);
    }
    csv_free(&(*csv)->parser);
    bn_buf_fini(&(*csv)->bytes);
    bn_free(*csv);
    *csv = NULL;
}

/* UTF-8 without a byte order mark, one physical line after the other. */
static bn_rc parse(bn_csv *csv, bn_slice text, bn_err *err)
{
    while (text.len > 0) {
        const uint8_t *end = memchr(text.data, '\n', text.len);
        size_t len = end != NULL ? (size_t)(end - text.data) + 1 : text.len;
        if (csv->cells_count == 0 && csv->parser.pstate == BEFORE_ROW) {
            csv->row_line = csv->line;
        }
        size_t done = csv_parse(&csv->parser, text.data, len, take_cell, take_row, csv);
        if (csv->rc != BN_OK) {
            return csv->rc;
        }
        if (done != len) {
            return bn_fail(err, BN_E_LIMIT,
                           "line %llu: the row is longer than %d bytes: is a quote not closed?",
                           (unsigned long long)csv->row_line, BN_CSV_ROW_BYTES_MAX);
        }
        csv->ends_line = text.data[len - 1] == '\n' || text.data[len - 1] == '\r';
        csv->line += end != NULL;
        text = bn_slice_make(text.data + len, text.len - len);
    }
    return BN_OK;
}

/* Drops a byte order mark at the very beginning, even when blocks of one byte arrive. */
static bn_rc drop_mark(bn_csv *csv, bn_slice text, bn_err *err)
{
    static const uint8_t mark[3] = {0xef, 0xbb, 0xbf};
    while (csv->mark_len < sizeof mark && text.len > 0 && text.data[0] == mark[csv->mark_len]) {
        csv->mark_len++;
        text = bn_slice_make(text.data + 1, text.len - 1);
    }
    if (text.len > 0 && csv->mark_len < sizeof mark) {
        size_t seen = csv->mark_len;
        csv->mark_len = sizeof mark;
        BN_TRY(parse(csv, bn_slice_make(mark, seen), err));
    }
    return parse(csv, text, err);
}

/* One block through iconv; what is left of it is the carry. */
static bn_rc convert(bn_csv *csv, bn_slice bytes, bool last, bn_err *err)
{
    uint8_t out[CONVERTED_BYTES];
    char *in = (char *)(uintptr_t)bytes.data;
    size_t in_left = bytes.len;
    while (in_left > 0) {
        char *to = (char *)out;
        size_t to_left = sizeof out - 1;
        size_t done = iconv(csv->iconv, &in, &in_left, &to, &to_left);
        bool cut = done == (size_t)-1 && errno == EINVAL;
        if (done == (size_t)-1 && (errno == EILSEQ || (cut && last))) {
            *to++ = (char)UNREADABLE;
            in++;
            in_left--;
        }
        BN_TRY(drop_mark(csv, bn_slice_make(out, (size_t)(to - (char *)out)), err));
        if (cut && !last) {
            break;
        }
    }
    BN_ASSERT(in_left <= CARRY_BYTES);
    memmove(csv->carry, in, in_left);
    csv->carry_len = in_left;
    return BN_OK;
}

bn_rc bn_csv_feed(bn_csv *csv, bn_slice bytes, bn_err *err)
{
    csv->err = err;
    if (!csv->converts) {
        return drop_mark(csv, bytes, err);
    }
    while (csv->carry_len > 0 && bytes.len > 0) {
        uint8_t joined[CARRY_BYTES];
        size_t len = csv->carry_len;
        memcpy(joined, csv->carry, len);
        joined[len++] = bytes.data[0];
        bytes = bn_slice_make(bytes.data + 1, bytes.len - 1);
        BN_TRY(convert(csv, bn_slice_make(joined, len), len == CARRY_BYTES, err));
    }
    return bytes.len > 0 ? convert(csv, bytes, false, err) : BN_OK;
}

bn_rc bn_csv_end(bn_csv *csv, bn_err *err)
{
    csv->err = err;
    if (csv->carry_len > 0) {
        uint8_t rest[CARRY_BYTES];
        memcpy(rest, csv->carry, csv->carry_len);
        BN_TRY(convert(csv, bn_slice_make(rest, csv->carry_len), true, err));
    }
    csv->open_quote = csv->parser.pstate == IN_FIELD && csv->parser.quoted != 0;
    csv->ends_line = csv->ends_line && !csv->open_quote;
    csv_fini(&csv->parser, take_cell, take_row, csv);
    return csv->rc;
}
