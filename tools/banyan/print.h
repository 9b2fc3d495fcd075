/* print.h - tables, times and colours for a terminal.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Columns line up by display width, so that 王小明 takes six. Colours: NO_COLOR wins over all,
 * then --no-color, CLICOLOR_FORCE, CLICOLOR=0, TERM=dumb, and last whether stdout is a terminal.
 */
#ifndef BANYAN_TOOLS_BANYAN_PRINT_H
#define BANYAN_TOOLS_BANYAN_PRINT_H

#include "cli.h"

typedef enum print_style {
    STYLE_PLAIN,
    STYLE_BOLD,
    STYLE_DIM,
    STYLE_GOOD,
    STYLE_WARN,
    STYLE_BAD
} print_style;

/* A sentence of the catalogue: to stdout, or to stderr unless --quiet. */
#define PRINT(c, id, ...) print_sentence_to((c), (c)->out, MSG_##id, MESSAGE_TEXTS(__VA_ARGS__))
#define TELL(c, id, ...) \
    ((c)->quiet ? (void)0 : print_sentence_to((c), (c)->err, MSG_##id, MESSAGE_TEXTS(__VA_ARGS__)))
void print_sentence_to(cli *c, FILE *to, message_id id, const char *const *texts,
                       size_t texts_count);

/* The sentence in the arena of the run. */
#define SENTENCE(c, id, ...) print_sentence((c), MSG_##id, MESSAGE_TEXTS(__VA_ARGS__))
const char *print_sentence(cli *c, message_id id, const char *const *texts, size_t texts_count);

bool print_in_colour(const cli *c);
void print_styled(cli *c, print_style style, const char *text);

/* The text without what could move a cursor: control characters are blanks. */
const char *print_safe(cli *c, const char *text);

/* "2026-05-02T01:14:03Z" as local time with offset, or in UTC; other texts as they are. */
const char *print_time(cli *c, const char *rfc3339);

/* "3 min ago"; "" when it is not a time. */
const char *print_age(cli *c, const char *rfc3339);

/* Label of a field, a kind, a choice in the caller's language. */
/* A fixed name of a result in the reader's language; itself when words.def has none. */
const char *print_word(const cli *c, const char *name);

const char *print_field_label(const cli *c, const bn_field_def *field);
const char *print_kind_label(const cli *c, const bn_kind_def *kind);

/* What people read for a value of the field: choices by label, times local, rest as it is. */
const char *print_value(cli *c, const bn_kind_def *kind, const bn_field_def *field,
                        const char *text);

/* printf into the arena of the run. */
const char *print_format(cli *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* --- tables: cells row by row, printed at the end */
#define TABLE_COLUMNS_MAX 40
#define TABLE_CELLS_MAX (64 * 1024)

typedef struct table_cell {
    const char *text;
    print_style style;
} table_cell;

typedef struct table {
    cli *c;
    size_t columns;
    const char *headers[TABLE_COLUMNS_MAX];
    table_cell *cells;
    size_t cells_count;
    size_t cells_capacity;
} table;

void table_init(table *t, cli *c);
void table_header(table *t, const char *header); /* one per column, first */
void table_put(table *t, const char *text);      /* NULL is an empty cell */
void table_put_styled(table *t, print_style style, const char *text);
void table_print(table *t);                      /* also releases */

#endif
