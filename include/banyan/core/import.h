/* import.h - files of other systems: CSV in any usual encoding, mapped to fields of a kind.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   bytes ─► probe: encoding, delimiter          (whole file, before anything is written)
 *   bytes ─► bn_csv: decode ─► rows of cells ─► bn_import_map: columns, transforms ─► texts
 *
 * The mapping file, in the notation of the settings:
 *
 *   kind = customer            # what each row is
 *   mode = upsert              # create, update, upsert
 *   key = external_id          # finds the record in update and upsert
 *   encoding = GB18030         # instead of a guess
 *   delimiter = ;              # , ; | or tab
 *   date = dmy                 # of date fields: iso ymd dmy mdy yymmdd
 *   decimal = ,                # of numbers: 1.234,50
 *   [columns]
 *   name = Client name         # field = heading of the column
 *   sex = Gender | upper | map sex
 *   birth_date = Born | date yymmdd
 *   country = const:CN         # the same for every row
 *   customer:external_id = Client  # a reference, found by a field of what it points to
 *   [map.sex]
 *   M = male
 *   F = female
 *   * = unknown                # anything else; without it, anything else is refused
 *
 * Nothing here writes to a store: rows end as texts for the operation import.rows.
 */
#ifndef BANYAN_CORE_IMPORT_H
#define BANYAN_CORE_IMPORT_H

#include <banyan/base/arena.h>
#include <banyan/base/buf.h>
#include <banyan/base/limits.h>
#include <banyan/protocol/schema.h>

#define BN_IMPORT_ENCODING_BYTES 32
#define BN_IMPORT_TARGETS_MAX BN_FIELDS_MAX

/* --- probe ---------------------------------------------------------------------------------- */
typedef struct bn_csv_probe {
    char encoding[BN_IMPORT_ENCODING_BYTES]; /* "UTF-8" or "GB18030" */
    char delimiter;                          /* , ; tab or | */
    uint64_t lines_count;
    /* private */
    uint8_t head[4096];
    size_t head_len;
    uint8_t tail[4]; /* a character that was cut by the end of a block */
    size_t tail_len;
    bool is_utf8;
} bn_csv_probe;

void bn_csv_probe_begin(bn_csv_probe *probe);
void bn_csv_probe_feed(bn_csv_probe *probe, bn_slice bytes);

/* Decides. BN_E_UNSUPPORTED for UTF-16 and for an Excel workbook, with what to do about it. */
BN_CHECKED bn_rc bn_csv_probe_end(bn_csv_probe *probe, bn_err *err);

/* --- rows ----------------------------------------------------------------------------------- */
typedef struct bn_csv_row {
    uint64_t number;   /* 1 is the heading */
    uint64_t line;     /* physical line it begins on, 1 is the first */
    const bn_slice *cells; /* UTF-8; borrowed for the call */
    size_t cells_count;
    const char *flaw;  /* why no cell of it can be used; NULL: none */
    size_t flaw_cell;  /* index of the cell at fault; cells_count: the row as a whole */
    bool is_half;      /* the file ends within it: inside quotes, or without an end of line */
} bn_csv_row;

/* Anything but BN_OK ends the reading. */
typedef bn_rc (*bn_csv_on_row)(void *context, const bn_csv_row *row, bn_err *err);

typedef struct bn_csv bn_csv;

/* `encoding` as iconv names it. BN_E_UNSUPPORTED when it is unknown. */
BN_CHECKED bn_rc bn_csv_create(const char *encoding, char delimiter, bn_csv_on_row on_row,
                               void *context, bn_csv **out, bn_err *err);
void bn_csv_destroy(bn_csv **csv);

/* Bytes in any portions. BN_E_LIMIT for a row over BN_CSV_ROW_BYTES_MAX, which mostly is a quote
 * that is never closed; else what on_row returns. */
BN_CHECKED bn_rc bn_csv_feed(bn_csv *csv, bn_slice bytes, bn_err *err);
BN_CHECKED bn_rc bn_csv_end(bn_csv *csv, bn_err *err);

/* Appends one row, quoted where needed, with CRLF. */
void bn_csv_write(bn_buf *out, const bn_slice *cells, size_t count, char delimiter);

/* --- mapping -------------------------------------------------------------------------------- */
typedef struct bn_import_map bn_import_map;

/* Reads a mapping file; `report` gets every "name:line: reason\n". BN_E_INVALID when there were
 * any. `kind` (NULL: the file must say) wins over the file's. */
BN_CHECKED bn_rc bn_import_map_read(const char *name, bn_slice text, const bn_kind_def *kind,
                                    bn_buf *report, bn_import_map **out, bn_err *err);

/* A mapping by headings that are field names or labels of the kind. */
BN_CHECKED bn_rc bn_import_map_guess(const bn_kind_def *kind, bn_import_map **out, bn_err *err);
void bn_import_map_destroy(bn_import_map **map);

const bn_kind_def *bn_import_map_kind(const bn_import_map *map);
const char *bn_import_map_mode(const bn_import_map *map);     /* "" when not said */
const char *bn_import_map_key(const bn_import_map *map);      /* likewise */
const char *bn_import_map_encoding(const bn_import_map *map); /* likewise */
char bn_import_map_delimiter(const bn_import_map *map);       /* 0 likewise */

/* Finds the columns in the heading. Everything wrong at once into `report`: missing columns,
 * headings that stand twice and are asked for; a guess with no known heading. BN_E_INVALID. */
BN_CHECKED bn_rc bn_import_map_bind(bn_import_map *map, const bn_csv_row *heading, bn_buf *report,
                                    bn_err *err);

/* After binding: names for import.rows ("name", "customer:external_id"), and their fields. */
size_t bn_import_map_targets_count(const bn_import_map *map);
const char *bn_import_map_target(const bn_import_map *map, size_t index);
const bn_field_def *bn_import_map_field(const bn_import_map *map, size_t index);
size_t bn_import_map_unused(const bn_import_map *map); /* columns nobody asked for */

/* After binding: true when some target takes this column of the file, 0 being the first. */
bool bn_import_map_takes(const bn_import_map *map, size_t column);

/* Texts of one row in the order of the targets, in the arena or borrowed from the row; an empty
 * one leaves the field alone. BN_E_INVALID with the column in *column (targets_count: the whole
 * row) and a reason that holds no value. */
BN_CHECKED bn_rc bn_import_map_row(const bn_import_map *map, const bn_csv_row *row,
                                   bn_arena *arena, bn_slice *texts, size_t *column, bn_err *err);

#endif
