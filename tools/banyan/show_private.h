/* show_private.h - what the forms of results share.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_TOOLS_BANYAN_SHOW_PRIVATE_H
#define BANYAN_TOOLS_BANYAN_SHOW_PRIVATE_H

#include "cli.h"
#include "print.h"

typedef enum form_type {
    FORM_TEXT,
    FORM_BOLD,
    FORM_DIM,
    FORM_TIME,
    FORM_AGE,
    FORM_TAIL,  /* the last digits of a number */
    FORM_PLACE, /* branch number alone, under a heading that says so; 0 is head office */
    FORM_STATE, /* a word of words.def, coloured by what it means */
    FORM_WORD,  /* likewise, plain */
    FORM_KIND,  /* kind of record, by its label */
    FORM_FIELDS, /* fields of the row's kind, by their labels */
    FORM_WARN   /* a count that is bad unless 0 */
} form_type;

typedef struct form_column {
    const char *member;
    message_id header;
    form_type type;
} form_column;

/* Text of a string member; NULL for null, missing and other types. */
const char *member(const json_t *object, const char *name);

/* Any scalar as text; lists are parted by ", "; objects are compact JSON. */
const char *scalar_text(cli *c, const json_t *value);

/* Label of the kind of record; the name itself when it is not known here. */
const char *kind_text(cli *c, const char *name);

/* Labels of these fields, parted by ", ", each once. */
const char *fields_text(cli *c, const bn_kind_def *kind, const json_t *names);

/* "branch 17" or "head office". */
const char *place_text(cli *c, const json_t *branch);

/* rows, lines, checks or findings: the first array of the result, or the result itself. */
const json_t *rows_of(const json_t *result);

/* The rows of the result with these columns. */
void show_form(cli *c, const json_t *result, const form_column *columns, size_t count);

/* One object: "header  value" per line, members that are not there left out. */
void show_facts(cli *c, const json_t *object, const form_column *columns, size_t count);

void put_outcome(table *t, const char *outcome);
void tell_next_page(cli *c, const json_t *result);

/* The customer's number, else the id. */
const char *record_name(cli *c, const json_t *result);
const char *record_name_of(cli *c, const json_t *result, const char *id_member);

#endif
