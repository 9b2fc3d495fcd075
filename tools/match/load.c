/* load.c - from CSV rows to rows of features.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The rid of a row is its file and line, so results do not depend on the order of adding.
 */
#include "load.h"

#include <banyan/base/alloc.h>
#include <banyan/base/check.h>
#include <banyan/base/number.h>
#include <banyan/protocol/match/date.h>
#include <banyan/protocol/match/normalise.h>

#include <string.h>

#define SCRATCH_BYTES_MAX ((size_t)4 << 20)
#define VALUES_MAX 16

const uint8_t load_secret[BN_BLOCK_SECRET_BYTES] = "banyan-match-16";

typedef struct reading { /* of one file */
    const mapping *map;
    const csv_table *table;
    int columns[MAPPING_LINES_MAX];
    size_t row;
} reading;

typedef struct values { /* storage behind one bn_match_input */
    bn_match_name names[MAPPING_GROUPS_MAX + 1];
    bn_match_address addresses[MAPPING_GROUPS_MAX];
    bn_match_document documents[VALUES_MAX];
    bn_slice phones[VALUES_MAX];
    bn_slice emails[VALUES_MAX];
    bn_match_name organisations[MAPPING_GROUPS_MAX];
    size_t organisations_count;
    unsigned attributes_count;
    unsigned year;
    unsigned month;
    unsigned day;
} values;

static bn_slice cell_of(const reading *r, size_t line)
{
    bn_slice cell = csv_cell(r->table, r->row, r->columns[line]);
    for (size_t i = 0; i < r->map->nulls_count; i++) {
        if (bn_slice_equal(cell, r->map->nulls[i])) {
            return BN_SLICE("");
        }
    }
    return cell;
}

static bn_match_sex sex_of(bn_slice s)
{
    if (s.len == 0) {
        return BN_SEX_UNKNOWN;
    }
    bool is_male = s.data[0] == 'm' || s.data[0] == 'M' || bn_slice_is(s, "男");
    bool is_female = s.data[0] == 'f' || s.data[0] == 'F' || bn_slice_is(s, "女");
    return is_male ? BN_SEX_MALE : is_female ? BN_SEX_FEMALE : BN_SEX_UNKNOWN;
}

/* 3/1/70 -> 3/1/1970 under the pivot of the map. */
static bn_slice with_century(const mapping *map, bn_slice s, char buffer[32])
{
    bool is_year_first = s.len == 10 && s.data[4] == '-';
    bool has_two = !is_year_first && s.len >= 6 && s.len < 24 &&
                   (s.data[s.len - 3] == '/' || s.data[s.len - 3] == '-');
    if (!has_two || map->pivot == 0) {
        return s;
    }
    unsigned year = (unsigned)(s.data[s.len - 2] - '0') * 10 + (unsigned)(s.data[s.len - 1] - '0');
    if (year > 99) {
        return s;
    }
    int len = snprintf(buffer, 32, "%.*s%u", (int)s.len - 2, (const char *)s.data,
                       year <= map->pivot ? 2000 + year : 1900 + year);
    return bn_slice_make(buffer, (size_t)len);
}

static uint32_t born_of(const mapping *map, bn_slice s)
{
    char buffer[32];
    bn_date date;
    bn_slice text = with_century(map, s, buffer);
    for (size_t i = 0; text.data == (uint8_t *)buffer && i < text.len; i++) {
        buffer[i] = buffer[i] == '-' ? ' ' : buffer[i];
    }
    bn_date_order first = map->is_day_first ? BN_DATE_DAY_FIRST : BN_DATE_MONTH_FIRST;
    bn_date_order second = map->is_day_first ? BN_DATE_MONTH_FIRST : BN_DATE_DAY_FIRST;
    if (text.len == 0 || (bn_date_parse(text, first, &date, NULL) != BN_OK &&
                          bn_date_parse(text, second, &date, NULL) != BN_OK)) {
        return 0;
    }
    return bn_date_pack(&date);
}

static unsigned small_number(bn_slice s)
{
    uint64_t number = 0;
    return bn_parse_u64(s, &number) == BN_OK && number < 10000 ? (unsigned)number : 0;
}

static void read_name(values *v, const mapping_line *line, bn_slice cell)
{
    bn_match_name *name = &v->names[line->group];
    bn_slice *parts[] = {[COLUMN_FULL] = &name->whole,     [COLUMN_FAMILY] = &name->family,
                         [COLUMN_GIVEN] = &name->given,    [COLUMN_MIDDLE] = &name->middle,
                         [COLUMN_SUFFIX] = &name->suffix};
    *parts[line->kind] = cell;
}

static void read_address(values *v, const mapping_line *line, bn_slice cell)
{
    bn_match_address *address = &v->addresses[line->group];
    bn_slice *parts[] = {[COLUMN_STREET] = &address->whole,
                         [COLUMN_NUMBER] = &address->number,
                         [COLUMN_TOWN] = &address->town,
                         [COLUMN_CITY] = &address->city,
                         [COLUMN_STATE] = &address->region,
                         [COLUMN_POSTCODE] = &address->postcode};
    *parts[line->kind] = cell;
}

static void read_document(values *v, bn_match_input *input, const mapping_line *line,
                          bn_slice cell)
{
    if (input->documents_count < VALUES_MAX) {
        v->documents[input->documents_count++] = (bn_match_document){
            .type = line->detail.len > 0 ? line->detail : BN_SLICE("number"),
            .number = cell,
            .is_verified = line->kind == COLUMN_VERIFIED};
    }
}

static void read_date_part(values *v, column_kind kind, bn_slice cell)
{
    unsigned number = small_number(cell);
    v->year = kind == COLUMN_YEAR ? number : v->year;
    v->month = kind == COLUMN_MONTH ? number : v->month;
    v->day = kind == COLUMN_DAY ? number : v->day;
}

static void read_cell(const reading *r, size_t index, values *v, bn_match_input *input)
{
    const mapping_line *line = &r->map->lines[index];
    bn_slice cell = cell_of(r, index);
    if (cell.len == 0) {
        return;
    }
    switch (line->kind) {
    case COLUMN_FULL: case COLUMN_FAMILY: case COLUMN_GIVEN: case COLUMN_MIDDLE:
    case COLUMN_SUFFIX:
        read_name(v, line, cell);
        break;
    case COLUMN_ORGANISATION:
        if (v->organisations_count < MAPPING_GROUPS_MAX) {
            v->organisations[v->organisations_count++].whole = cell;
        }
        break;
    case COLUMN_BORN:
        input->born = born_of(r->map, cell);
        break;
    case COLUMN_YEAR: case COLUMN_MONTH: case COLUMN_DAY:
        read_date_part(v, line->kind, cell);
        break;
    case COLUMN_SEX:
        input->sex = sex_of(cell);
        break;
    case COLUMN_PHONE:
        v->phones[input->phones_count < VALUES_MAX ? input->phones_count++ : 0] = cell;
        break;
    case COLUMN_EMAIL:
        v->emails[input->emails_count < VALUES_MAX ? input->emails_count++ : 0] = cell;
        break;
    case COLUMN_STREET: case COLUMN_NUMBER: case COLUMN_TOWN: case COLUMN_CITY:
    case COLUMN_STATE: case COLUMN_POSTCODE:
        read_address(v, line, cell);
        break;
    case COLUMN_IDENTITY: case COLUMN_VERIFIED:
        read_document(v, input, line, cell);
        break;
    case COLUMN_ATTRIBUTE:
        v->attributes_count = line->group;
        input->attributes[line->group] = cell;
        break;
    case COLUMN_PARTY:
        input->party = bn_slice_equal(cell, r->map->organisation_word) ? BN_PARTY_ORGANISATION
                                                                       : BN_PARTY_PERSON;
        break;
    case COLUMN_KINDS:
        break;
    }
}

static void finish_values(values *v, bn_match_input *input)
{
    if (v->organisations_count > 0) {
        input->party = BN_PARTY_ORGANISATION;
        input->names = v->organisations;
        input->names_count = v->organisations_count;
    } else {
        input->names = v->names;
        input->names_count = MAPPING_GROUPS_MAX;
    }
    input->addresses = v->addresses;
    input->addresses_count = MAPPING_GROUPS_MAX;
    input->documents = v->documents;
    input->phones = v->phones;
    input->emails = v->emails;
    if (input->born == 0 && v->year != 0) {
        bn_date date;
        uint32_t packed = v->year * 10000 + v->month * 100 + v->day;
        bool is_good = bn_date_unpack(packed, &date) == BN_OK;
        input->born = is_good ? packed : bn_date_unpack(v->year * 10000, &date) == BN_OK
                                             ? v->year * 10000 : 0;
    }
}

static bn_rid rid_of(size_t file, size_t row)
{
    uint8_t random[6] = {0};
    bn_store_u32(random + 2, (uint32_t)row);
    return (bn_rid){.id = bn_id_make((uint32_t)file + 1, 0, random),
                    .dot = {.origin = (uint32_t)file + 1, .oseq = row + 1}};
}

/* --- all files -------------------------------------------------------------------------------- */
typedef struct loader {
    const load_options *options;
    mapping map;
    csv_table tables[LOAD_FILES_MAX];
    csv_table truth_table;
    bn_slice *truth; /* per row of all files */
    uint32_t *order;
    size_t rows_count;
} loader;

static void loader_fini(loader *l)
{
    for (size_t f = 0; f < l->options->files_count; f++) {
        csv_fini(&l->tables[f]);
    }
    csv_fini(&l->truth_table);
    mapping_fini(&l->map);
    bn_free(l->truth);
    bn_free(l->order);
}

static uint64_t next_random(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static bn_rc add_row(loader *l, uint32_t n, bn_arena *arena, bn_batch *batch, bn_err *err)
{
    size_t file = 0;
    size_t row = n;
    while (row >= l->tables[file].rows_count) {
        row -= l->tables[file++].rows_count;
    }
    reading r = {.map = &l->map, .table = &l->tables[file], .row = row};
    values v = {.organisations_count = 0};
    bn_match_input input = {.party = l->map.party, .region = l->map.region};
    for (size_t i = 0; i < l->map.lines_count; i++) {
        r.columns[i] = csv_column(r.table, l->map.lines[i].column);
        read_cell(&r, i, &v, &input);
    }
    finish_values(&v, &input);
    bn_buf buf;
    bn_buf_init(&buf, BN_FEATURE_BYTES_MAX);
    bn_arena_reset(arena);
    bn_rc rc = bn_feature_make(&input, arena, &buf, err);
    if (rc == BN_OK) {
        bn_rid rid = rid_of(file, row);
        rc = bn_batch_add(batch, &rid, bn_buf_slice(&buf), err);
    }
    bn_buf_fini(&buf);
    return rc;
}

static bn_rc add_rows(loader *l, bn_batch *batch, bn_err *err)
{
    l->order = bn_alloc_array(l->rows_count + 1, sizeof *l->order);
    if (l->order == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "%zu rows", l->rows_count);
    }
    uint64_t state = l->options->shuffle;
    for (uint32_t i = 0; i < l->rows_count; i++) {
        uint32_t j = l->options->shuffle != 0 ? (uint32_t)(next_random(&state) % (i + 1)) : i;
        l->order[i] = l->order[j];
        l->order[j] = i;
    }
    bn_arena arena;
    bn_arena_init(&arena, SCRATCH_BYTES_MAX);
    bn_rc rc = BN_OK;
    for (size_t i = 0; i < l->rows_count && rc == BN_OK; i++) {
        rc = add_row(l, l->order[i], &arena, batch, err);
    }
    bn_arena_fini(&arena);
    return rc == BN_OK ? bn_batch_seal(batch, err) : rc;
}

/* --- truth ------------------------------------------------------------------------------------ */
static size_t key_columns(const loader *l, const csv_table *table, int columns[LOAD_KEYS_MAX])
{
    size_t count = 0;
    const char *at = l->options->truth_key;
    while (at != NULL && *at != '\0' && count < LOAD_KEYS_MAX) {
        size_t len = strcspn(at, ",");
        columns[count++] = csv_column(table, bn_slice_make(at, len));
        at += at[len] == ',' ? len + 1 : len;
    }
    return count;
}

static bool is_same_key(const csv_table *a, size_t row_a, const int *columns_a,
                        const csv_table *b, size_t row_b, const int *columns_b, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!bn_slice_equal(csv_cell(a, row_a, columns_a[i]), csv_cell(b, row_b, columns_b[i]))) {
            return false;
        }
    }
    return count > 0;
}

static bn_slice truth_of_row(const loader *l, const csv_table *table, size_t row)
{
    bn_slice column = bn_slice_of(l->options->truth);
    if (l->options->truth_file == NULL) {
        return mapping_truth(&l->map, csv_cell(table, row, csv_column(table, column)));
    }
    int here[LOAD_KEYS_MAX];
    int there[LOAD_KEYS_MAX];
    size_t count = key_columns(l, table, here);
    key_columns(l, &l->truth_table, there);
    for (size_t t = 0; t < l->truth_table.rows_count; t++) {
        if (is_same_key(table, row, here, &l->truth_table, t, there, count)) {
            return csv_cell(&l->truth_table, t, csv_column(&l->truth_table, column));
        }
    }
    return BN_SLICE("");
}

static bn_rc read_truth(loader *l, loaded *out, bn_err *err)
{
    if (l->options->truth == NULL) {
        return BN_OK;
    }
    if (l->options->truth_file != NULL) {
        BN_TRY(csv_read(l->options->truth_file, &l->truth_table, err));
    }
    const csv_table *holder = l->options->truth_file != NULL ? &l->truth_table : &l->tables[0];
    if (csv_column(holder, bn_slice_of(l->options->truth)) < 0) {
        return bn_fail(err, BN_E_NOT_FOUND, "no column %s", l->options->truth);
    }
    l->truth = bn_alloc_array(l->rows_count + 1, sizeof *l->truth);
    uint32_t *numbers = bn_alloc_array(l->rows_count + 1, sizeof *numbers);
    out->truth = bn_alloc_array(l->rows_count + 1, sizeof *out->truth);
    bn_rc rc = l->truth != NULL && numbers != NULL && out->truth != NULL ? BN_OK : BN_E_NO_MEMORY;
    size_t n = 0;
    for (size_t f = 0; f < l->options->files_count && rc == BN_OK; f++) {
        for (size_t row = 0; row < l->tables[f].rows_count; row++) {
            l->truth[n++] = truth_of_row(l, &l->tables[f], row);
        }
    }
    if (rc == BN_OK) {
        rc = number_texts(l->truth, l->rows_count, numbers, &out->truths_count);
    }
    for (size_t i = 0; i < l->rows_count && rc == BN_OK; i++) {
        out->truth[bn_batch_place(out->batch, (uint32_t)i)] = numbers[l->order[i]];
    }
    bn_free(numbers);
    return rc == BN_OK ? BN_OK : bn_fail(err, rc, "truth of %zu rows", l->rows_count);
}

static int by_text(const void *x, const void *y, void *context)
{
    const bn_slice *texts = context;
    return bn_slice_compare(texts[*(const uint32_t *)x], texts[*(const uint32_t *)y]);
}

/* Rows whose truth is empty are entities of their own. */
bn_rc number_texts(const bn_slice *texts, size_t count, uint32_t *numbers, uint32_t *distinct)
{
    uint32_t *order = bn_alloc_array(count + 1, sizeof *order);
    if (order == NULL) {
        return BN_E_NO_MEMORY;
    }
    for (uint32_t i = 0; i < count; i++) {
        order[i] = i;
    }
    qsort_r(order, count, sizeof *order, by_text, (void *)(uintptr_t)texts);
    uint32_t next = 0;
    for (size_t i = 0; i < count; i++) {
        bool is_same = i > 0 && texts[order[i]].len > 0 &&
                       bn_slice_equal(texts[order[i - 1]], texts[order[i]]);
        next += is_same || i == 0 ? 0 : 1;
        numbers[order[i]] = next;
    }
    *distinct = count > 0 ? next + 1 : 0;
    bn_free(order);
    return BN_OK;
}

static bn_rc check_columns(const loader *l, bn_err *err)
{
    for (size_t i = 0; i < l->map.lines_count; i++) {
        bool is_found = false;
        for (size_t f = 0; f < l->options->files_count; f++) {
            is_found = is_found || csv_column(&l->tables[f], l->map.lines[i].column) >= 0;
        }
        if (!is_found) {
            return bn_fail(err, BN_E_NOT_FOUND, "%s: no file has a column \"%.*s\"",
                           l->options->map, BN_SLICE_ARG(l->map.lines[i].column));
        }
    }
    return BN_OK;
}

static bn_rc load_all(loader *l, loaded *out, bn_err *err)
{
    BN_TRY(mapping_read(l->options->map, &l->map, err));
    for (size_t f = 0; f < l->options->files_count; f++) {
        BN_TRY(csv_read(l->options->files[f], &l->tables[f], err));
        l->rows_count += l->tables[f].rows_count;
    }
    BN_TRY(check_columns(l, err));
    BN_TRY(bn_batch_create(&out->batch));
    BN_TRY(add_rows(l, out->batch, err));
    return read_truth(l, out, err);
}

bn_rc load_files(const load_options *options, loaded *out, bn_err *err)
{
    loader l = {.options = options};
    loaded made = {.batch = NULL};
    bn_rc rc = load_all(&l, &made, err);
    loader_fini(&l);
    if (rc != BN_OK) {
        loaded_fini(&made);
        return rc;
    }
    *out = made;
    return BN_OK;
}

void loaded_fini(loaded *l)
{
    bn_batch_destroy(&l->batch);
    bn_free(l->truth);
    *l = (loaded){.batch = NULL};
}
