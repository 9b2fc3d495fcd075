/* decision.h - a steward's decision about customers: the body of a DECISION op.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A decision names source records, never golden records: golden ids move, records do not. Beside
 * each record stands the evidence it was decided on, so that a later change can ask again without
 * undoing anything. Who, when and why are in the op that carries it.
 *
 * A decision is in force unless another one names its dot in `replaces`. That is for good: to take
 * a replacement back, the decision is made anew. Hence the set in force does not depend on the
 * order in which decisions arrive.
 */
#ifndef BANYAN_PROTOCOL_MATCH_DECISION_H
#define BANYAN_PROTOCOL_MATCH_DECISION_H

#include <banyan/base/arena.h>
#include <banyan/base/buf.h>
#include <banyan/base/err.h>
#include <banyan/protocol/value.h>

#define BN_RULING_VERSION 1
#define BN_RULING_MEMBERS_MAX 128
#define BN_RULING_REPLACES_MAX 64
#define BN_RULING_VALUES_MAX 8
#define BN_RULING_BYTES_MAX (16 * 1024)

typedef enum bn_ruling_type {
    BN_RULING_SAME = 1,      /* all members are one customer */
    BN_RULING_DIFFERENT = 2, /* no two members are one customer */
    BN_RULING_SPLIT = 3,     /* members of two groups are never one customer */
    BN_RULING_VALUE = 4,     /* the customer of the one member shows this value */
    BN_RULING_RELEASE = 5,   /* earlier decisions on the members hold on this evidence too */
    BN_RULING_RETRACT = 6,   /* ends what it replaces and says nothing else */
    BN_RULING_LATER = 7      /* the question about the members waits until evidence changes */
} bn_ruling_type;

#define BN_RULING_OVERRULES 1u /* SAME: also against a hard rule; a number was issued anew */

typedef struct bn_ruling_member {
    bn_id id;          /* of a customer */
    uint64_t evidence; /* bn_feature_evidence() of its row when decided; 0: it had none */
    uint16_t group;    /* SPLIT: 1, 2, ...; else 0 */
} bn_ruling_member;

typedef struct bn_ruling {
    bn_ruling_type type;
    uint8_t flags;
    bn_ruling_member *members; /* ascending by id, distinct */
    size_t members_count;
    bn_dot *replaces;          /* ascending, distinct */
    size_t replaces_count;
    uint16_t unit;             /* VALUE: bn_survivor_unit number; else 0 */
    bn_value *values;          /* VALUE: per part of the unit; none: what the member itself holds */
    size_t values_count;
} bn_ruling;

/* Canonical bytes: one msgpack array, drawn in docs/golden.md. What is not in order or beyond a
 * maximum gives the buffer a sticky failure. */
void bn_ruling_encode(const bn_ruling *ruling, bn_buf *out);

/* Decodes exactly `bytes`; texts borrow from it, arrays come from the arena. BN_E_FORMAT for
 * anything not canonical, BN_E_LIMIT, BN_E_NO_MEMORY. Does not say whether it makes sense: see
 * bn_ruling_validate(). */
BN_CHECKED bn_rc bn_ruling_decode(bn_slice bytes, bn_arena *arena, bn_ruling *out, bn_err *err);

/* Members that fit the type (SAME, DIFFERENT: 2 or more; SPLIT: 2 groups or more, from 1 without a
 * gap; VALUE: 1), in order, distinct; a unit that may be pinned; no more than the maxima. */
BN_CHECKED bn_rc bn_ruling_validate(const bn_ruling *ruling, bn_err *err);

/* Puts members and replaced dots in order; for who builds one. */
void bn_ruling_sort(bn_ruling *ruling);

const bn_ruling_member *bn_ruling_member_of(const bn_ruling *ruling, bn_id id); /* or NULL */

/* Does it forbid that the two records share a customer? */
bool bn_ruling_parts(const bn_ruling *ruling, bn_id a, bn_id b);

const char *bn_ruling_name(bn_ruling_type type); /* "same" */

#endif
