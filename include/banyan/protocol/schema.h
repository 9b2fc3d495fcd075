/* schema.h - kinds of records and their fields, as tables.
 * SPDX-License-Identifier: Apache-2.0
 *
 * schema.def is the whole catalogue; numbers in it are never reused or re-typed. From one row
 * come validation, merging, search, the command line's options, forms and documents.
 */
#ifndef BANYAN_PROTOCOL_SCHEMA_H
#define BANYAN_PROTOCOL_SCHEMA_H

#include <banyan/protocol/value.h>

typedef enum bn_type {
    BN_TYPE_TEXT,    /* one line of text */
    BN_TYPE_NOTE,    /* text with line breaks */
    BN_TYPE_INT,
    BN_TYPE_MONEY,   /* smallest unit */
    BN_TYPE_DATE,    /* yyyymmdd */
    BN_TYPE_TIME,    /* UTC ms */
    BN_TYPE_BOOL,    /* 0, 1 */
    BN_TYPE_CHOICE,  /* one of the names listed in choices.def */
    BN_TYPE_REF,     /* entity id */
    BN_TYPE_BRANCH   /* branch number 1..999999 */
} bn_type;

/* What the server does with concurrent writes of one field. */
typedef enum bn_policy {
    BN_POLICY_LWW,     /* later effective clock, then lower origin; conflict record, closed */
    BN_POLICY_OWNER,   /* a write from the record's home branch wins, else as lww */
    BN_POLICY_SERVER,  /* a write made at the server wins, else as lww */
    BN_POLICY_FIRST,   /* the first committed stays; the second is kept in a closed conflict */
    BN_POLICY_MAX,     /* the greater value; commutative, no conflict */
    BN_POLICY_MIN,     /* the smaller value; commutative, no conflict */
    BN_POLICY_SET,     /* add-wins set of values */
    BN_POLICY_APPEND,  /* every value kept, ordered by (clock, dot) */
    BN_POLICY_COUNTER, /* sum of deltas per origin */
    BN_POLICY_HUMAN    /* current stays, an open conflict asks a person */
} bn_policy;

typedef enum bn_class { /* who may see it; masking and log rules follow */
    BN_CLASS_PUBLIC,
    BN_CLASS_INTERNAL,
    BN_CLASS_PERSONAL,
    BN_CLASS_SENSITIVE
} bn_class;

typedef enum bn_search {
    BN_SEARCH_NONE,
    BN_SEARCH_EQUAL, /* keyed-hash index on disk */
    BN_SEARCH_NAME,  /* in the search column: text, pinyin, initials */
    BN_SEARCH_TAIL   /* index, and last digits in the search column */
} bn_search;

/* Which branches hold a record of the kind. */
typedef enum bn_scope {
    BN_SCOPE_EVERYWHERE, /* reference data: every branch; written at the server only */
    BN_SCOPE_CUSTOMER,   /* home branch and the branches in served_by */
    BN_SCOPE_KIN,        /* those of the customer it hangs on; without one, its home branch */
    BN_SCOPE_BRANCH      /* its home branch */
} bn_scope;

/* What a removal against a concurrent edit does. */
typedef enum bn_removal { BN_REMOVAL_HUMAN, BN_REMOVAL_EDIT_WINS, BN_REMOVAL_WINS } bn_removal;

typedef enum bn_kind {
#define BN_KIND(NAME, number, name, scope, removal, label_en, label_zh) BN_KIND_##NAME = (number),
#define BN_FIELD(...)
#include <banyan/protocol/schema.def>
#undef BN_KIND
#undef BN_FIELD
    BN_KIND_NONE = 0
} bn_kind;

/* Field numbers: BN_CUSTOMER_mobile and so on. Field 0 of every kind is its existence. */
enum {
#define BN_KIND(...)
#define BN_FIELD(KIND, number, name, ...) BN_##KIND##_##name = (number),
#include <banyan/protocol/schema.def>
#undef BN_KIND
#undef BN_FIELD
};

#define BN_FIELD_EXISTENCE 0 /* value 1: it is there; 0: removed */
#define BN_KIND_MAX 63       /* greatest kind number the store and the wire accept */

typedef struct bn_field_def {
    uint16_t number;
    const char *name;    /* snake case: the name in commands, files and JSON */
    bn_type type;
    uint32_t size_max;   /* bytes of a text; 0 for other types */
    bn_policy policy;
    uint8_t group;       /* fields with the same number > 0 merge as one */
    bn_class class_;
    bn_search search;
    const char *label_en;
    const char *label_zh;
} bn_field_def;

typedef struct bn_kind_def {
    bn_kind kind;
    const char *name;
    bn_scope scope;
    bn_removal removal;
    const char *label_en;
    const char *label_zh;
    const bn_field_def *fields; /* 1, 2, 3 ... fields_count */
    size_t fields_count;
    uint16_t customer_field;    /* the field `customer`, 0 when the kind has none */
    uint16_t branch_field;      /* the field `branch`: the home branch, 0 when none */
} bn_kind_def;

/* All kinds, ascending by number; static. */
const bn_kind_def *bn_schema_kinds(size_t *count);
const bn_kind_def *bn_schema_kind(unsigned kind); /* NULL when unknown */
const bn_kind_def *bn_schema_kind_named(bn_slice name);
const bn_field_def *bn_schema_field(const bn_kind_def *kind, unsigned field);
const bn_field_def *bn_schema_field_named(const bn_kind_def *kind, bn_slice name);

/* Choices of a choice field: stable names and labels; *count 0 when it is not one. */
typedef struct bn_choice {
    const char *name;
    const char *label_en;
    const char *label_zh;
} bn_choice;
const bn_choice *bn_schema_choices(bn_kind kind, unsigned field, size_t *count);

/* True for set, append and counter fields: changed by ADD and REMOVE, never by SET. */
bool bn_policy_is_multi(bn_policy policy);

/* --- validation ------------------------------------------------------------------------- */
/* Is `value` allowed in the field? BN_E_INVALID or BN_E_LIMIT with a text naming the field and
 * the rule ("document_number: digit 18 should be X"), never the value. nil is always allowed. */
BN_CHECKED bn_rc bn_validate_value(const bn_kind_def *kind, const bn_field_def *field,
                                   bn_value value, bn_err *err);

/* Reads what a person typed ("2026-05-02", "13,800.50", "yes", a branch code) into a value.
 * Empty text gives nil. Texts are trimmed and borrowed or put into the arena. */
BN_CHECKED bn_rc bn_parse_value(const bn_kind_def *kind, const bn_field_def *field, bn_slice text,
                                bn_arena *arena, bn_value *out, bn_err *err);

/* The same text back, for people and for CSV: NULL only when the arena is full. */
const char *bn_format_value(const bn_field_def *field, bn_value value, bn_arena *arena);

/* --- customer number -------------------------------------------------------------------- */
/* "0017-000042-6": origin, count, ISO 7064 MOD 11,10 check digit; made offline, unique because
 * the origin is. Text needs BN_CUSTOMER_NUMBER_BYTES. */
#define BN_CUSTOMER_NUMBER_BYTES 32
void bn_customer_number_make(uint32_t origin, uint64_t count, char text[BN_CUSTOMER_NUMBER_BYTES]);

/* Also accepts it without dashes; writes the canonical text. BN_E_INVALID says what is wrong. */
BN_CHECKED bn_rc bn_customer_number_parse(bn_slice text, char out[BN_CUSTOMER_NUMBER_BYTES],
                                          bn_err *err);

#endif
