/* draft.h - a change on its way to becoming an op: what the write paths of both programs take.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_CORE_DRAFT_H
#define BANYAN_CORE_DRAFT_H

#include <banyan/protocol/op.h>

typedef struct bn_draft {
    bn_op_type type;
    uint16_t kind;
    bn_id id;         /* zero: create one and say which */
    bn_slice actor;
    bool as_shown;    /* bases are what is shown now; otherwise those in `changes` are checked */
    bool blind;       /* an import without a form */
    const bn_change *changes;
    size_t changes_count;
    /* resolve and undo (id = conflict), decision */
    const bn_dot *observed;
    size_t observed_count;
    bn_dot pick;
    bn_slice note;
    bn_slice body;
} bn_draft;

typedef struct bn_saved {
    bn_id id;
    bn_dot dot;     /* none: nothing had to be changed */
    char number[BN_CUSTOMER_NUMBER_BYTES]; /* of a new customer, else "" */
    bool is_repeat; /* an earlier call with the same request saved it, this one nothing */
} bn_saved;

/* What a save with a stale base met: filled with BN_E_STALE. */
typedef struct bn_stale {
    size_t draft;     /* index of the draft */
    uint16_t field;
    bn_dot dot;       /* of the value shown now */
} bn_stale;

#endif
