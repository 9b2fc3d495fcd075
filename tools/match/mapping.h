/* mapping.h - which column of a file is of which kind.
 * SPDX-License-Identifier: Apache-2.0
 *
 * One line per column: "kind column name". Blank lines and lines that begin with # are skipped.
 * Kinds of a group take a number: "given#2", "street#2". Drawn in docs/matching.md.
 */
#ifndef BANYAN_TOOLS_MATCH_MAPPING_H
#define BANYAN_TOOLS_MATCH_MAPPING_H

#include "csv.h"

#include <banyan/protocol/match/feature.h>

#define MAPPING_LINES_MAX 64
#define MAPPING_NULLS_MAX 8
#define MAPPING_GROUPS_MAX 4
#define MAPPING_BYTES_MAX (64 * 1024)

typedef enum column_kind {
#define MAPPING_KIND(NAME, name, text) COLUMN_##NAME,
#include "mapping.def"
#undef MAPPING_KIND
    COLUMN_KINDS
} column_kind;

typedef struct mapping_line {
    column_kind kind;
    unsigned group;  /* 0 .. MAPPING_GROUPS_MAX - 1 */
    bn_slice detail; /* identity:passport -> passport */
    bn_slice column;
} mapping_line;

typedef struct mapping {
    char *text;
    mapping_line lines[MAPPING_LINES_MAX];
    size_t lines_count;
    bn_slice nulls[MAPPING_NULLS_MAX]; /* cells that mean nothing: NA */
    size_t nulls_count;
    bn_party party;                    /* of a record whose column does not say otherwise */
    bn_slice organisation_word;        /* in the column of kind party */
    char region[3];
    bool is_day_first;
    unsigned pivot;                    /* two-digit years up to it are 20xx; 0: refused */
    char truth_separator;              /* 0: the whole cell */
    unsigned truth_part;               /* 1: before the first separator */
} mapping;

BN_CHECKED bn_rc mapping_read(const char *path, mapping *out, bn_err *err);
void mapping_fini(mapping *map);

/* The value of the truth column that names the entity. */
bn_slice mapping_truth(const mapping *map, bn_slice cell);

#endif
