/* resolve.h - what the parts of resolving a component share.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_MATCH_RESOLVE_H
#define BANYAN_MATCH_RESOLVE_H

#include <banyan/protocol/match/golden.h>
#include <banyan/protocol/match/resolve.h>

typedef struct resolve_place { /* finds a record by its id */
    bn_id id;
    uint32_t index;
} resolve_place;

typedef struct resolving {
    const bn_resolve_input *input;
    bn_arena *arena;
    resolve_place *places; /* ascending by id */
    uint64_t *evidence;    /* per record */
    bn_resolved *out;
} resolving;

#define RESOLVE_NONE UINT32_MAX

/* Index of a record of the component, RESOLVE_NONE when it is not there. */
uint32_t resolve_index(const resolving *r, bn_id id);

/* Questions about pairs and about decisions that are not kept. */
BN_CHECKED bn_rc resolve_ask(resolving *r, bn_err *err);
BN_CHECKED bn_rc resolve_ask_size(resolving *r, bn_err *err);

/* Folds the evidence of several records, in the order of their ids. */
uint64_t resolve_evidence(const uint64_t *evidence, size_t count);

bool resolve_is_later(const bn_ruling_in_force *rulings, size_t count, const bn_id *rids,
                      const uint64_t *evidence, size_t rids_count);

#endif
