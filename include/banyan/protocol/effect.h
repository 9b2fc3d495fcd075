/* effect.h - what the server decided, self-contained: branches apply it and decide nothing.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_PROTOCOL_EFFECT_H
#define BANYAN_PROTOCOL_EFFECT_H

#include <banyan/protocol/record.h>

typedef enum bn_effect_type {
    BN_EFFECT_PUT = 1,      /* cells and items of one record get new values and stamps */
    BN_EFFECT_ENTER = 2,    /* the record enters the branch's view: whole image */
    BN_EFFECT_LEAVE = 3,    /* it leaves: the branch forgets its confirmed state */
    BN_EFFECT_OWN = 4,      /* the branch's own ops were applied as sent */
    BN_EFFECT_OUTCOME = 5,  /* an own op was decided otherwise: drop it from the overlay */
    BN_EFFECT_CONFLICT = 6, /* image of a conflict record */
    BN_EFFECT_ERASE = 7,    /* every value goes, also from history */
    BN_EFFECT_GOLDEN = 8    /* summary of the customer's golden record */
} bn_effect_type;

/* What became of one op; also in acknowledgements. */
typedef enum bn_outcome {
    BN_OUTCOME_APPLIED = 1,     /* as sent */
    BN_OUTCOME_MERGED = 2,      /* applied, though it met a concurrent change and won */
    BN_OUTCOME_SAME = 3,        /* concurrent but equal */
    BN_OUTCOME_LOST = 4,        /* a policy decided for the other; kept in a conflict record */
    BN_OUTCOME_CONFLICT = 5,    /* an open conflict asks a person */
    BN_OUTCOME_QUARANTINED = 6, /* not acceptable; kept, with the reason */
    BN_OUTCOME_HELD = 7,        /* waits for a quarantined op it builds on */
    BN_OUTCOME_RESOLVED = 8,    /* a resolution that closed its conflict */
    BN_OUTCOME_RECORDED = 9     /* a resolution that did not see every candidate */
} bn_outcome;

typedef struct bn_effect {
    bn_effect_type type;
    uint64_t cseq;
    uint16_t kind;  /* PUT ENTER LEAVE ERASE GOLDEN: of the record; CONFLICT: of its record */
    bn_id id;       /* ... and its id; CONFLICT: the conflict's id */
    uint32_t branch; /* PUT: where the change was made (0: the server) ... */
    bn_slice actor;  /* ... and by whom: for history at the branches */
    /* PUT: cells to put (stamps included); items to add; dots of items to take away */
    bn_cell *cells;
    size_t cells_count;
    bn_cell *items;
    size_t items_count;
    struct bn_gone {
        uint16_t field;
        bn_dot dot;
        bn_value value; /* one op may have added several; nil: all that `dot` added */
    } *gone;
    size_t gone_count;
    /* ENTER: bn_record_encode bytes; CONFLICT: bn_conflict_encode bytes; GOLDEN: summary */
    bn_slice image;
    /* OWN: ops oseq .. oseq+count-1 became commits cseq .. cseq+count-1, clocks unchanged.
     * OUTCOME: op oseq, decided as `outcome` for `reason`; its surviving effects are PUTs of the
     * same cseq that follow. */
    uint64_t oseq;
    uint32_t count;
    bn_outcome outcome;
    bn_slice reason; /* short English text for OUTCOME, e.g. "scope: customer of branch 0004" */
} bn_effect;

void bn_effect_encode(const bn_effect *effect, bn_buf *out);

/* Decodes one effect at the start of *bytes and moves *bytes on. Errors as bn_op_decode. */
BN_CHECKED bn_rc bn_effect_decode(bn_slice *bytes, bn_arena *arena, bn_effect *out, bn_err *err);

/* Applies a PUT to a record: what branches do. A cell or item whose cseq is not above what is
 * there is skipped, so applying twice changes nothing. */
BN_CHECKED bn_rc bn_effect_apply(const bn_effect *effect, bn_arena *arena, bn_record *record);

const char *bn_outcome_name(bn_outcome outcome); /* "applied" */

#endif
