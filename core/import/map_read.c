/* map_read.c - the mapping file, every mistake of it with its line.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The reader goes on after a mistake, so that one run shows all of them.
 */
#include "map.h"

#include <banyan/base/alloc.h>
#include <banyan/base/check.h>
#include <banyan/base/text.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

typedef enum map_part { PART_HEAD, PART_COLUMNS, PART_TABLE, PART_UNKNOWN } map_part;

typedef struct reader {
    bn_import_map *map;
    bn_buf *report;
    const char *file;
    unsigned line;
    unsigned errors_count;
    map_part part;
    map_table *table;
} reader;

static void complain(reader *in, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void complain(reader *in, const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    bn_buf_printf(in->report, "%s:%u: %s\n", in->file, in->line, text);
    in->errors_count++;
}

static bn_slice keep(reader *in, bn_slice text)
{
    return bn_arena_copy(&in->map->arena, text);
}

/* The value without its quotes, or without a comment that a blank and '#' begin. */
static bn_slice read_value(reader *in, bn_slice text)
{
    text = bn_slice_trim(text);
    if (text.len == 0 || text.data[0] != '"') {
        for (size_t i = 0; i < text.len; i++) {
            if (text.data[i] == '#' && (i == 0 || text.data[i - 1] == ' ')) {
                return bn_slice_trim(bn_slice_make(text.data, i));
            }
        }
        return text;
    }
    uint8_t *out = bn_arena_alloc(&in->map->arena, text.len);
    size_t len = 0;
    for (size_t i = 1; i < text.len && out != NULL; i++) {
        if (text.data[i] == '"') {
            return bn_slice_make(out, len);
        }
        if (text.data[i] == '\\' && i + 1 < text.len) {
            i++;
        }
        out[len++] = text.data[i];
    }
    complain(in, "the closing quote is missing");
    return bn_slice_make("", 0);
}

static void copy_text(reader *in, const char *what, bn_slice value, char *out, size_t size)
{
    if (value.len >= size) {
        complain(in, "%s: longer than %zu bytes", what, size - 1);
        return;
    }
    snprintf(out, size, "%.*s", BN_SLICE_ARG(value));
}

static void read_kind(reader *in, bn_slice value)
{
    const bn_kind_def *kind = bn_schema_kind_named(value);
    if (kind == NULL) {
        const char *names[BN_KIND_MAX + 1];
        size_t count = 0;
        const bn_kind_def *kinds = bn_schema_kinds(&count);
        for (size_t i = 0; i < count; i++) {
            names[i] = kinds[i].name;
        }
        const char *near = bn_nearest_name(value, names, count);
        complain(in, "kind: no kind %.*s%s%s", BN_SLICE_ARG(value),
                 near != NULL ? ", did you mean " : "", near != NULL ? near : "");
    } else if (in->map->kind == NULL) {
        in->map->kind = kind;
    }
}

static void read_delimiter(reader *in, bn_slice value)
{
    if (bn_slice_is(value, "tab") || bn_slice_is(value, "\\t")) {
        in->map->delimiter = '\t';
    } else if (value.len == 1 && value.data[0] < 0x80 && value.data[0] != '"') {
        in->map->delimiter = (char)value.data[0];
    } else {
        complain(in, "delimiter: one character, or tab");
    }
}

static void read_head(reader *in, bn_slice name, bn_slice value)
{
    static const char *const names[] = {"kind",      "mode", "key",    "encoding",
                                        "delimiter", "date", "decimal"};
    bn_import_map *map = in->map;
    if (bn_slice_is(name, "kind")) {
        read_kind(in, value);
    } else if (bn_slice_is(name, "mode")) {
        bool known = bn_slice_is(value, "create") || bn_slice_is(value, "update") ||
                     bn_slice_is(value, "upsert");
        if (known) {
            copy_text(in, "mode", value, map->mode, sizeof map->mode);
        } else {
            complain(in, "mode: create, update or upsert");
        }
    } else if (bn_slice_is(name, "key")) {
        copy_text(in, "key", value, map->key, sizeof map->key);
    } else if (bn_slice_is(name, "encoding")) {
        copy_text(in, "encoding", value, map->encoding, sizeof map->encoding);
    } else if (bn_slice_is(name, "delimiter")) {
        read_delimiter(in, value);
    } else if (bn_slice_is(name, "date")) {
        if (!map_date_named(value, &map->date)) {
            complain(in, "date: iso, ymd, dmy, mdy or yymmdd");
        }
    } else if (bn_slice_is(name, "decimal")) {
        if (value.len == 1 && (value.data[0] == ',' || value.data[0] == '.')) {
            map->decimal = (char)value.data[0];
        } else {
            complain(in, "decimal: , or .");
        }
    } else {
        const char *near = bn_nearest_name(name, names, BN_COUNT(names));
        complain(in, "%.*s: unknown key%s%s", BN_SLICE_ARG(name),
                 near != NULL ? ", did you mean " : "", near != NULL ? near : "");
    }
}

/* One word behind a '|': upper, lower, date FORM, map NAME. */
static void read_transform(reader *in, map_target *target, bn_slice text)
{
    text = bn_slice_trim(text);
    const uint8_t *blank = text.len > 0 ? memchr(text.data, ' ', text.len) : NULL;
    size_t len = blank != NULL ? (size_t)(blank - text.data) : text.len;
    bn_slice word = bn_slice_make(text.data, len);
    bn_slice rest = bn_slice_trim(bn_slice_make(text.data + len, text.len - len));
    if (bn_slice_is(word, "upper") && rest.len == 0) {
        target->letters = CASE_UPPER;
    } else if (bn_slice_is(word, "lower") && rest.len == 0) {
        target->letters = CASE_LOWER;
    } else if (bn_slice_is(word, "date") && map_date_named(rest, &target->date)) {
        target->is_date = true;
    } else if (bn_slice_is(word, "map") && rest.len > 0) {
        target->table_name = keep(in, rest);
    } else {
        complain(in, "%.*s: upper, lower, date FORM or map NAME is wanted behind |",
                 BN_SLICE_ARG(text));
    }
}

/* The place of the next '|' outside of quotes. */
static size_t find_bar(bn_slice text)
{
    bool quoted = false;
    for (size_t i = 0; i < text.len; i++) {
        quoted = text.data[i] == '"' ? !quoted : quoted;
        if (text.data[i] == '|' && !quoted) {
            return i;
        }
    }
    return text.len;
}

static void read_target(reader *in, bn_slice name, bn_slice text)
{
    bn_import_map *map = in->map;
    if (map->targets_count == BN_IMPORT_TARGETS_MAX) {
        complain(in, "more than %d columns", BN_IMPORT_TARGETS_MAX);
        return;
    }
    map_target *target = &map->targets[map->targets_count];
    *target = (map_target){.column = MAP_NO_COLUMN, .line = in->line};
    size_t bar = find_bar(text);
    bn_slice source = read_value(in, bn_slice_make(text.data, bar));
    while (bar < text.len) {
        text = bn_slice_make(text.data + bar + 1, text.len - bar - 1);
        bar = find_bar(text);
        read_transform(in, target, read_value(in, bn_slice_make(text.data, bar)));
    }
    target->name = bn_arena_cstr(&map->arena, name);
    if (bn_slice_starts(source, BN_SLICE("const:"))) {
        target->constant = keep(in, bn_slice_make(source.data + 6, source.len - 6));
    } else if (source.len > 0) {
        target->heading = keep(in, source);
    } else {
        complain(in, "%s: the column is missing", target->name);
    }
    map->targets_count++;
}

static void read_section(reader *in, bn_slice name)
{
    bn_import_map *map = in->map;
    in->part = PART_UNKNOWN;
    if (bn_slice_is(name, "columns")) {
        in->part = PART_COLUMNS;
    } else if (bn_slice_starts(name, BN_SLICE("map.")) && name.len > 4) {
        if (map->tables_count == MAP_TABLES_MAX) {
            complain(in, "more than %d maps", MAP_TABLES_MAX);
            return;
        }
        in->part = PART_TABLE;
        in->table = &map->tables[map->tables_count++];
        in->table->name = keep(in, bn_slice_make(name.data + 4, name.len - 4));
    } else {
        complain(in, "[%.*s]: unknown section, [columns] and [map.NAME] are known",
                 BN_SLICE_ARG(name));
    }
}

static void read_entry(reader *in, bn_slice name, bn_slice value)
{
    map_entry *entry = bn_arena_alloc(&in->map->arena, sizeof *entry);
    if (entry == NULL) {
        complain(in, "the mapping is too large");
        return;
    }
    *entry = (map_entry){.from = keep(in, name), .to = keep(in, value),
                         .next = in->table->entries};
    in->table->entries = entry;
    if (bn_slice_is(name, "*")) {
        in->table->otherwise = &entry->to;
    }
}

static void read_line(reader *in, bn_slice line)
{
    line = bn_slice_trim(line);
    if (line.len == 0 || line.data[0] == '#') {
        return;
    }
    if (line.data[0] == '[' && line.data[line.len - 1] == ']') {
        read_section(in, bn_slice_trim(bn_slice_make(line.data + 1, line.len - 2)));
        return;
    }
    size_t quoted = line.data[0] == '"' ? 1 : 0;
    const uint8_t *from = line.data;
    while (quoted == 1 && ++from < line.data + line.len && *from != '"') {
    }
    const uint8_t *equals = memchr(from, '=', (size_t)(line.data + line.len - from));
    if (equals == NULL) {
        complain(in, "'=' is missing");
        return;
    }
    bn_slice name = read_value(in, bn_slice_make(line.data, (size_t)(equals - line.data)));
    bn_slice rest = bn_slice_make(equals + 1, (size_t)(line.data + line.len - equals - 1));
    if (in->part == PART_HEAD) {
        read_head(in, name, read_value(in, rest));
    } else if (in->part == PART_COLUMNS) {
        read_target(in, name, rest);
    } else if (in->part == PART_TABLE) {
        read_entry(in, name, read_value(in, rest));
    }
}

/* Field, its lookup and its table: known once the whole file is read. */
static void check_target(reader *in, size_t index)
{
    bn_import_map *map = in->map;
    map_target *target = &map->targets[index];
    in->line = target->line;
    bn_slice name = bn_slice_of(target->name);
    const uint8_t *colon = memchr(name.data, ':', name.len);
    size_t field_len = colon != NULL ? (size_t)(colon - name.data) : name.len;
    bn_slice field = bn_slice_make(name.data, field_len);
    target->field = bn_schema_field_named(map->kind, field);
    if (target->field == NULL) {
        const char *names[BN_FIELDS_MAX];
        size_t count = 0;
        for (; count < map->kind->fields_count && count < BN_FIELDS_MAX; count++) {
            names[count] = map->kind->fields[count].name;
        }
        const char *near = bn_nearest_name(field, names, count);
        complain(in, "%s has no field %.*s%s%s", map->kind->name, BN_SLICE_ARG(field),
                 near != NULL ? ", did you mean " : "", near != NULL ? near : "");
        return;
    }
    for (size_t i = 0; i < index; i++) {
        if (map->targets[i].field == target->field) {
            complain(in, "%.*s is there twice", BN_SLICE_ARG(field));
        }
    }
    for (size_t i = 0; i < map->tables_count && target->table_name.len > 0; i++) {
        if (bn_slice_equal(map->tables[i].name, target->table_name)) {
            target->table = &map->tables[i];
            map->tables[i].used = true;
        }
    }
    if (target->table_name.len > 0 && target->table == NULL) {
        complain(in, "[map.%.*s] is missing", BN_SLICE_ARG(target->table_name));
    }
    if (target->field->type == BN_TYPE_DATE && !target->is_date) {
        target->date = map->date;
        target->is_date = map->date != DATE_ISO;
    }
}

static void check_all(reader *in)
{
    bn_import_map *map = in->map;
    if (map->kind == NULL) {
        in->line = 1;
        complain(in, "kind is missing, such as: kind = customer");
        return;
    }
    if (map->targets_count == 0) {
        in->line = 1;
        complain(in, "[columns] is missing or empty");
    }
    for (size_t i = 0; i < map->targets_count; i++) {
        check_target(in, i);
    }
}

bn_rc bn_import_map_read(const char *name, bn_slice text, const bn_kind_def *kind,
                         bn_buf *report, bn_import_map **out, bn_err *err)
{
    BN_AUTO(bn_import_map_destroy) bn_import_map *map = bn_alloc(sizeof *map);
    if (map == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "no memory for a mapping");
    }
    bn_arena_init(&map->arena, MAP_ARENA_BYTES_MAX);
    map->kind = kind;
    map->decimal = '.';
    reader in = {.map = map, .report = report, .file = name};
    if (bn_slice_starts(text, BN_SLICE("\xef\xbb\xbf"))) {
        text = bn_slice_make(text.data + 3, text.len - 3);
    }
    if (!bn_utf8_valid(text)) {
        return bn_fail(err, BN_E_INVALID, "%s: not UTF-8", name);
    }
    while (text.len > 0) {
        const uint8_t *end = memchr(text.data, '\n', text.len);
        size_t len = end != NULL ? (size_t)(end - text.data) : text.len;
        in.line++;
        read_line(&in, bn_slice_make(text.data, len));
        size_t used = end != NULL ? len + 1 : len;
        text = bn_slice_make(text.data + used, text.len - used);
    }
    check_all(&in);
    if (in.errors_count > 0) {
        return bn_fail(err, BN_E_INVALID, "%s: %u mistakes", name, in.errors_count);
    }
    *out = BN_TAKE(map);
    return BN_OK;
}
