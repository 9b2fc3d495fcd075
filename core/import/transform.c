/* transform.c - from the cell of another system to the text a field takes.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   cell ─► formula guard off ─► letters ─► value map ─► date, number ─► text
 *
 * Reasons never hold the value: they end in files and logs that more people read than the row.
 */
#include "map.h"

#include <banyan/base/check.h>

#include <stdio.h>
#include <string.h>

#define CENTURY_PIVOT 30 /* two-digit years from here on are of the last century */

bool map_date_named(bn_slice name, map_date *out)
{
    static const char *const names[] = {[DATE_ISO] = "iso", [DATE_YMD] = "ymd",
                                        [DATE_DMY] = "dmy", [DATE_MDY] = "mdy",
                                        [DATE_YYMMDD] = "yymmdd"};
    for (size_t i = 0; i < BN_COUNT(names); i++) {
        if (bn_slice_is(name, names[i])) {
            *out = (map_date)i;
            return true;
        }
    }
    return false;
}

/* Up to three runs of digits; what stands between them does not matter ("2025年1月2日"). */
static size_t digit_runs(bn_slice text, unsigned numbers[3], size_t lens[3])
{
    size_t count = 0;
    for (size_t i = 0; i < text.len;) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            if (text.data[i] == ' ' && count == 3) {
                break; /* a time of day follows */
            }
            i++;
            continue;
        }
        if (count == 3) {
            return 4;
        }
        numbers[count] = 0;
        lens[count] = 0;
        for (; i < text.len && text.data[i] >= '0' && text.data[i] <= '9'; i++) {
            if (++lens[count] > 8) {
                return 4;
            }
            numbers[count] = numbers[count] * 10 + (unsigned)(text.data[i] - '0');
        }
        count++;
    }
    return count;
}

static unsigned full_year(unsigned year, size_t digits)
{
    return digits > 2 ? year : year + (year >= CENTURY_PIVOT ? 1900u : 2000u);
}

/* "19991231", "991231", "31121999": one run of digits, parted by the form. */
static bool part_run(unsigned number, size_t len, map_date form, unsigned parts[3])
{
    unsigned front = number / 10000;
    unsigned middle = number / 100 % 100;
    unsigned back = number % 100;
    if (form == DATE_YYMMDD && len == 6) {
        parts[0] = full_year(front, 2);
    } else if ((form == DATE_YMD || form == DATE_ISO || form == DATE_YYMMDD) && len == 8) {
        parts[0] = front;
    } else if ((form == DATE_DMY || form == DATE_MDY) && len == 8) {
        parts[0] = number % 10000;
        parts[1] = form == DATE_DMY ? number / 10000 % 100 : number / 1000000;
        parts[2] = form == DATE_DMY ? number / 1000000 : number / 10000 % 100;
        return true;
    } else {
        return false;
    }
    parts[1] = middle;
    parts[2] = back;
    return true;
}

bool map_date_read(bn_slice text, map_date form, char out[16])
{
    unsigned numbers[3] = {0};
    size_t lens[3] = {0};
    unsigned parts[3] = {0}; /* year, month, day */
    size_t count = digit_runs(text, numbers, lens);
    if (count == 1 && part_run(numbers[0], lens[0], form, parts)) {
        /* parted */
    } else if (count == 3 && (form == DATE_DMY || form == DATE_MDY)) {
        parts[0] = full_year(numbers[2], lens[2]);
        parts[1] = form == DATE_DMY ? numbers[1] : numbers[0];
        parts[2] = form == DATE_DMY ? numbers[0] : numbers[1];
    } else if (count == 3) {
        parts[0] = full_year(numbers[0], lens[0]);
        parts[1] = numbers[1];
        parts[2] = numbers[2];
    } else {
        return false;
    }
    if (parts[0] < 1000 || parts[0] > 9999 || parts[1] < 1 || parts[1] > 12 || parts[2] < 1 ||
        parts[2] > 31) {
        return false;
    }
    snprintf(out, 16, "%04u-%02u-%02u", parts[0], parts[1], parts[2]);
    return true;
}

/* Spreadsheets guard text that looks like a formula: '=1+1, or ="0123". */
static bn_slice unguard(bn_slice cell)
{
    if (cell.len >= 2 && cell.data[0] == '\'' && memchr("=+-@\t\r", cell.data[1], 6) != NULL) {
        return bn_slice_make(cell.data + 1, cell.len - 1);
    }
    if (cell.len >= 3 && cell.data[0] == '=' && cell.data[1] == '"' &&
        cell.data[cell.len - 1] == '"') {
        return bn_slice_make(cell.data + 2, cell.len - 3);
    }
    return cell;
}

static bn_slice change_letters(bn_slice text, map_case letters, bn_arena *arena)
{
    bn_slice copy = bn_arena_copy(arena, text);
    uint8_t *at = (uint8_t *)(uintptr_t)copy.data;
    for (size_t i = 0; at != NULL && i < copy.len; i++) {
        bool upper = letters == CASE_UPPER && at[i] >= 'a' && at[i] <= 'z';
        bool lower = letters == CASE_LOWER && at[i] >= 'A' && at[i] <= 'Z';
        at[i] = upper ? (uint8_t)(at[i] - 32) : lower ? (uint8_t)(at[i] + 32) : at[i];
    }
    return copy;
}

static bool look_up(const map_table *table, bn_slice *text)
{
    for (const map_entry *at = table->entries; at != NULL; at = at->next) {
        if (bn_slice_equal(at->from, *text)) {
            *text = at->to;
            return true;
        }
    }
    if (table->otherwise != NULL) {
        *text = *table->otherwise;
        return true;
    }
    return false;
}

/* "1.234,50" with a decimal comma becomes "1234.50". */
static bn_slice change_decimal(bn_slice text, bn_arena *arena)
{
    uint8_t *out = bn_arena_alloc(arena, text.len + 1);
    size_t len = 0;
    for (size_t i = 0; out != NULL && i < text.len; i++) {
        if (text.data[i] != '.' && text.data[i] != ' ') {
            out[len++] = text.data[i] == ',' ? '.' : text.data[i];
        }
    }
    return bn_slice_make(out, out != NULL ? len : 0);
}

static bn_rc transform(const bn_import_map *map, const map_target *target, bn_arena *arena,
                       bn_slice *text, bn_err *err)
{
    *text = unguard(bn_slice_trim(*text));
    if (target->letters != CASE_KEEP && text->len > 0) {
        *text = change_letters(*text, target->letters, arena);
    }
    if (target->table != NULL && text->len > 0 && !look_up(target->table, text)) {
        return bn_fail(err, BN_E_INVALID, "not in [map.%.*s]",
                       BN_SLICE_ARG(target->table->name));
    }
    if (target->is_date && text->len > 0) {
        char iso[16];
        if (!map_date_read(*text, target->date, iso)) {
            return bn_fail(err, BN_E_INVALID, "no date of the form asked for");
        }
        *text = bn_arena_copy(arena, bn_slice_of(iso));
    }
    bool number = target->field->type == BN_TYPE_MONEY || target->field->type == BN_TYPE_INT;
    if (number && map->decimal == ',' && text->len > 0) {
        *text = change_decimal(*text, arena);
    }
    return text->data != NULL || text->len == 0
               ? BN_OK
               : bn_fail(err, BN_E_NO_MEMORY, "no memory for a row");
}

bn_rc bn_import_map_row(const bn_import_map *map, const bn_csv_row *row, bn_arena *arena,
                        bn_slice *texts, size_t *column, bn_err *err)
{
    *column = map->targets_count;
    bool miscounted = row->cells_count != map->columns_count;
    if (miscounted && row->flaw == NULL) {
        return bn_fail(err, BN_E_INVALID, "%zu columns, the heading has %zu%s", row->cells_count,
                       map->columns_count, row->is_half ? ": the file ends within this row" : "");
    }
    if (row->flaw != NULL && (row->flaw_cell >= row->cells_count || miscounted)) {
        return bn_fail(err, BN_E_INVALID, "%s", row->flaw);
    }
    for (size_t i = 0; i < map->targets_count; i++) {
        const map_target *target = &map->targets[i];
        bool constant = target->column == MAP_NO_COLUMN;
        if (row->flaw != NULL && row->flaw_cell == target->column) {
            *column = i;
            return bn_fail(err, BN_E_INVALID, "%s", row->flaw);
        }
        texts[i] = constant ? target->constant : row->cells[target->column];
        bn_rc rc = transform(map, target, arena, &texts[i], err);
        if (rc != BN_OK) {
            *column = i;
            return rc;
        }
    }
    return BN_OK;
}
