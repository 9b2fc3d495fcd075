/* map.h - a mapping as its reader, its binding and its transforms see it.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_CORE_IMPORT_MAP_H
#define BANYAN_CORE_IMPORT_MAP_H

#include <banyan/core/import.h>

#define MAP_TABLES_MAX 32
#define MAP_ARENA_BYTES_MAX (4 * 1024 * 1024)
#define MAP_NO_COLUMN SIZE_MAX

typedef enum map_date { DATE_ISO, DATE_YMD, DATE_DMY, DATE_MDY, DATE_YYMMDD } map_date;
typedef enum map_case { CASE_KEEP, CASE_UPPER, CASE_LOWER } map_case;

/* "[map.sex]": texts of the file and what they become. */
typedef struct map_entry {
    bn_slice from;
    bn_slice to;
    struct map_entry *next;
} map_entry;

typedef struct map_table {
    bn_slice name;
    map_entry *entries;
    const bn_slice *otherwise; /* of "*"; NULL: anything else is refused */
    bool used;
} map_table;

typedef struct map_target {
    const char *name;          /* "name", "customer:external_id" */
    const bn_field_def *field;
    bn_slice heading;          /* of the column; empty for a constant */
    bn_slice constant;
    size_t column;             /* in the file, after binding */
    map_case letters;
    map_date date;
    bool is_date;
    bn_slice table_name;       /* empty: none */
    const map_table *table;
    unsigned line;             /* of the mapping file */
} map_target;

struct bn_import_map {
    bn_arena arena;
    const bn_kind_def *kind;
    char mode[16];
    char key[64];
    char encoding[BN_IMPORT_ENCODING_BYTES];
    char delimiter;
    map_date date;
    char decimal;
    bool is_guess;
    map_target targets[BN_IMPORT_TARGETS_MAX];
    size_t targets_count;
    map_table tables[MAP_TABLES_MAX];
    size_t tables_count;
    size_t columns_count; /* of the heading */
    size_t unused_count;
};

bool map_date_named(bn_slice name, map_date *out);

/* "31.12.1999" and the like into "1999-12-31"; false when it is no date of the form. */
bool map_date_read(bn_slice text, map_date form, char out[16]);

#endif
