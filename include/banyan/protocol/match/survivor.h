/* survivor.h - which values a golden record shows, field by field.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   candidates of a unit  one per member, and per document, phone, e-mail, address that hangs on it
 *   options               candidates that say the same once normalised, best one in front
 *   ranked                options in the order of the unit's criteria; the first one survives
 *
 * A unit is a field, or fields that survive together. Its criteria end in the id of the source,
 * so the order is total. No clock is asked: a value ages against the newest value of its customer.
 */
#ifndef BANYAN_PROTOCOL_MATCH_SURVIVOR_H
#define BANYAN_PROTOCOL_MATCH_SURVIVOR_H

#include <banyan/base/arena.h>
#include <banyan/protocol/record.h>

#define BN_SURVIVOR_VERSION 1    /* rises with every change of survivor.def or its rules */
#define BN_SURVIVOR_PARTS_MAX 8
#define BN_SURVIVOR_OPTIONS_MAX 64 /* kept per unit; the surplus is counted, worst ones first */
#define BN_SURVIVOR_CANDIDATES_MAX 20000
#define BN_TRUST_MAX 1000

typedef enum bn_criterion {
    BN_CRITERION_ONLY = 0,        /* nothing else was offered */
    BN_CRITERION_PIN = 1,         /* a steward said so */
    BN_CRITERION_RESTRICTIVE = 2, /* the more careful value wins: consent, blacklist, risk */
    BN_CRITERION_VERIFIED = 3,    /* seen by a person, or proven by a check digit */
    BN_CRITERION_TRUST = 4,       /* of its source, less its age, less what looks wrong */
    BN_CRITERION_AGREED = 5,      /* more members say it */
    BN_CRITERION_RECENT = 6,      /* written later */
    BN_CRITERION_COMPLETE = 7,    /* more parts filled, then the longer text */
    BN_CRITERION_SOURCE = 8       /* the lower id: decides what nothing else did */
} bn_criterion;

typedef enum bn_survivor_mode {
    BN_SURVIVOR_BEST,  /* the first option */
    BN_SURVIVOR_UNION, /* all options, ranked */
    BN_SURVIVOR_MOST,  /* the greatest value */
    BN_SURVIVOR_LEAST  /* the least value */
} bn_survivor_mode;

typedef enum bn_survivor_unit {
#define BN_SURVIVOR(number, NAME, ...) BN_UNIT_##NAME = (number),
#define BN_SURVIVOR_SOURCE(...)
#include <banyan/protocol/match/survivor.def>
#undef BN_SURVIVOR
#undef BN_SURVIVOR_SOURCE
    BN_UNIT_NONE = 0
} bn_survivor_unit;

typedef struct bn_survivor_rule {
    bn_survivor_unit unit;
    const char *name; /* "phones" */
    bn_survivor_mode mode;
    const bn_criterion *order; /* ends in SOURCE */
    size_t order_count;
    uint16_t decay;      /* permille of trust lost per 30 days, at most 800 in all */
    size_t parts_count;
    const char *const *parts; /* names: "number" */
    /* Per part: k tells options apart, v survives with them, m counts with the greatest of equal
     * options, x does too and lowers trust. */
    const char *roles;
} bn_survivor_rule;

/* All rules, ascending by unit; static. */
const bn_survivor_rule *bn_survivor_rules(size_t *count);
const bn_survivor_rule *bn_survivor_rule_of(unsigned unit); /* NULL when there is none */
const bn_survivor_rule *bn_survivor_rule_named(bn_slice name);
bool bn_survivor_can_pin(const bn_survivor_rule *rule); /* BEST and UNION */
const char *bn_criterion_name(bn_criterion criterion);   /* "verified" */

/* A member of the cluster with what hangs on it; records that do not exist are left out. */
typedef struct bn_golden_source {
    const bn_record *customer;
    const bn_record *kin; /* kinds document, phone, email, address */
    size_t kin_count;
} bn_golden_source;

/* A steward's pinned value; of several on one unit the latest (clock, then dot) counts. */
typedef struct bn_golden_pin {
    bn_survivor_unit unit;
    bn_id member;
    const bn_value *values; /* NULL: what the member holds */
    size_t values_count;
    bn_dot dot;             /* of the decision */
    bn_hlc hlc;
} bn_golden_pin;

typedef struct bn_option {
    bn_value values[BN_SURVIVOR_PARTS_MAX];
    bn_id member;        /* who says so first */
    uint16_t source_kind; /* kind of the record that holds it; 0: a pinned value of its own */
    bn_id source;
    bn_dot dot;          /* newest write among its parts */
    bn_hlc hlc;
    uint8_t verified;    /* 0 no, 1 proven by itself, 2 seen by a person */
    uint16_t trust;
    uint32_t agreed;     /* members that say so */
} bn_option;

typedef struct bn_survivors {
    bn_survivor_unit unit;
    bn_criterion decided;  /* why the first one is in front of the second */
    uint32_t options_total;
    bn_option *options;    /* ranked; [0] survives */
    size_t options_count;
} bn_survivors;

typedef struct bn_cluster_view { /* what a golden record is made of */
    const bn_golden_source *sources; /* in any order, customers distinct */
    size_t sources_count;
    const bn_golden_pin *pins;
    size_t pins_count;
} bn_cluster_view;

typedef struct bn_survived {
    bn_survivors *units; /* those that have a value, ascending */
    size_t units_count;
    bn_hlc newest;       /* of the values offered: what age is counted from */
} bn_survived;

/* Values stay borrowed from the sources and pins. BN_E_NO_MEMORY, BN_E_LIMIT. */
BN_CHECKED bn_rc bn_survive(const bn_cluster_view *cluster, bn_arena *arena, bn_survived *out,
                            bn_err *err);

#endif
