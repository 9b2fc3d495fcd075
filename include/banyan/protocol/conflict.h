/* conflict.h - concurrent values of one field or group, kept as a record until closed.
 * SPDX-License-Identifier: Apache-2.0
 *
 * id = BLAKE2b-128(kind, id, field or group, base dot): concurrent writes on the same base meet
 * in one record. Candidates are in arrival order; [0] is what the field held when it opened.
 */
#ifndef BANYAN_PROTOCOL_CONFLICT_H
#define BANYAN_PROTOCOL_CONFLICT_H

#include <banyan/protocol/record.h>

typedef enum bn_conflict_state {
    BN_CONFLICT_OPEN = 1,       /* asks a person */
    BN_CONFLICT_AUTO = 2,       /* a policy decided; can be undone */
    BN_CONFLICT_RESOLVED = 3,   /* a person decided; can be undone */
    BN_CONFLICT_SUPERSEDED = 4, /* a later write had seen every candidate */
    BN_CONFLICT_UNDONE = 5      /* the decision was taken back by a new op */
} bn_conflict_state;

typedef struct bn_candidate {
    bn_dot dot;
    bn_hlc hlc_original; /* as the branch stamped it */
    bn_hlc hlc_effective;
    uint32_t branch; /* 0: the server */
    bool clock_suspect;
    bn_slice actor;
    bn_cell *cells; /* the values of the field, or of every field of the group */
    size_t cells_count;
} bn_candidate;

typedef struct bn_conflict {
    bn_id id;
    bn_conflict_state state;
    uint16_t kind; /* of the entity */
    bn_id entity;
    uint16_t field; /* lowest field of a group; BN_FIELD_EXISTENCE: removed against edited */
    uint8_t group;
    bn_policy policy;
    bn_dot base; /* what all candidates were made from */
    bn_cell *base_cells; /* values before, when still known */
    size_t base_cells_count;
    bn_candidate *candidates;
    size_t candidates_count;
    bn_dot decided;        /* candidate or resolution in force; none while open */
    bn_dot before;         /* what was in force before the resolution: what undo puts back */
    bn_slice decided_by;   /* policy name or user */
    uint32_t decided_branch;
    bn_slice note;
    uint64_t opened_cseq;
    uint64_t opened_ms;    /* server wall clock */
    uint64_t decided_ms;
    uint64_t due_ms;       /* two business days after opening; 0 when closed at once */
} bn_conflict;

bn_id bn_conflict_id(uint16_t kind, bn_id entity, uint16_t field, bn_dot base);
void bn_conflict_encode(const bn_conflict *conflict, bn_buf *out);
BN_CHECKED bn_rc bn_conflict_decode(bn_slice bytes, bn_arena *arena, bn_conflict *out,
                                    bn_err *err);
const char *bn_conflict_state_name(bn_conflict_state state);

/* The candidate with this dot, or NULL. */
const bn_candidate *bn_conflict_candidate(const bn_conflict *conflict, bn_dot dot);

#endif
