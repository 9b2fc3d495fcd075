/* map_bind.c - from headings to columns, and guesses from headings to fields.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "map.h"

#include <banyan/base/alloc.h>
#include <banyan/base/check.h>

#include <inttypes.h>
#include <string.h>
#include <strings.h>

bn_rc bn_import_map_guess(const bn_kind_def *kind, bn_import_map **out, bn_err *err)
{
    bn_import_map *map = bn_alloc(sizeof *map);
    if (map == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "no memory for a mapping");
    }
    bn_arena_init(&map->arena, MAP_ARENA_BYTES_MAX);
    map->kind = kind;
    map->decimal = '.';
    map->is_guess = true;
    *out = map;
    return BN_OK;
}

static bool same_heading(bn_slice heading, bn_slice wanted)
{
    return heading.len == wanted.len &&
           strncasecmp((const char *)heading.data, (const char *)wanted.data, wanted.len) == 0;
}

static bool names_field(bn_slice heading, const bn_field_def *field)
{
    return same_heading(heading, bn_slice_of(field->name)) ||
           same_heading(heading, bn_slice_of(field->label_en)) ||
           same_heading(heading, bn_slice_of(field->label_zh));
}

static void guess_targets(bn_import_map *map, const bn_csv_row *heading)
{
    map->targets_count = 0;
    for (size_t i = 0; i < map->kind->fields_count; i++) {
        const bn_field_def *field = &map->kind->fields[i];
        for (size_t n = 0; n < heading->cells_count; n++) {
            bn_slice cell = bn_slice_trim(heading->cells[n]);
            if (map->targets_count < BN_IMPORT_TARGETS_MAX && names_field(cell, field)) {
                map->targets[map->targets_count++] =
                    (map_target){.name = field->name, .field = field, .column = n,
                                 .heading = bn_arena_copy(&map->arena, cell)};
                break;
            }
        }
    }
}

/* How often the heading stands there; *column is the first of them. */
static size_t find_heading(const bn_csv_row *heading, bn_slice wanted, size_t *column)
{
    size_t count = 0;
    for (size_t i = 0; i < heading->cells_count; i++) {
        if (same_heading(bn_slice_trim(heading->cells[i]), wanted)) {
            *column = count == 0 ? i : *column;
            count++;
        }
    }
    return count;
}

bool bn_import_map_takes(const bn_import_map *map, size_t column)
{
    for (size_t i = 0; i < map->targets_count; i++) {
        if (map->targets[i].column == column) {
            return true;
        }
    }
    return false;
}

static size_t count_unused(const bn_import_map *map)
{
    size_t unused = 0;
    for (size_t i = 0; i < map->columns_count; i++) {
        unused += !bn_import_map_takes(map, i);
    }
    return unused;
}

bn_rc bn_import_map_bind(bn_import_map *map, const bn_csv_row *heading, bn_buf *report,
                         bn_err *err)
{
    unsigned errors_count = 0;
    if (heading->flaw != NULL) {
        return bn_fail(err, BN_E_INVALID, "line %" PRIu64 ": the heading: %s", heading->line,
                       heading->flaw);
    }
    if (map->is_guess) {
        guess_targets(map, heading);
        if (map->targets_count == 0) {
            return bn_fail(err, BN_E_INVALID,
                           "no heading is a field of %s: a mapping is needed", map->kind->name);
        }
    }
    map->columns_count = heading->cells_count;
    for (size_t i = 0; i < map->targets_count; i++) {
        map_target *target = &map->targets[i];
        if (target->heading.len == 0) {
            continue;
        }
        size_t count = find_heading(heading, target->heading, &target->column);
        if (count != 1) {
            bn_buf_printf(report, "%s: column \"%.*s\" %s\n", target->name,
                          BN_SLICE_ARG(target->heading),
                          count == 0 ? "is not in the file" : "is in the file twice");
            errors_count++;
        }
    }
    map->unused_count = count_unused(map);
    return errors_count == 0
               ? BN_OK
               : bn_fail(err, BN_E_INVALID, "%u columns do not fit the file", errors_count);
}
