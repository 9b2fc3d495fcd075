/* version.h - clocks, concurrency and the policies: how one write is decided.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Pure functions. The server calls them once per written field or group; nobody else decides.
 */
#ifndef BANYAN_PROTOCOL_VERSION_H
#define BANYAN_PROTOCOL_VERSION_H

#include <banyan/protocol/conflict.h>
#include <banyan/protocol/effect.h>

/* --- hybrid logical clock (Kulkarni et al. 2014) ------------------------------------------ */
/* A stamp for a local event: above `last`, above `seen` (largest clock of the values it builds
 * on) and near the wall clock; never more than BN_CLOCK_AHEAD_MAX_MS ahead of `wall_ms` because
 * of `seen` alone. */
bn_hlc bn_hlc_tick(bn_hlc last, bn_hlc seen, uint64_t wall_ms);

/* What a stamp counts for in ordering: at most wall_ms + BN_CLOCK_AHEAD_MAX_MS. */
bn_hlc bn_hlc_clamp(bn_hlc stamp, uint64_t wall_ms);

/* --- concurrency ------------------------------------------------------------------------- */
typedef enum bn_relation {
    BN_CAUSAL,    /* the author had seen the current value */
    BN_CONCURRENT /* the author had not */
} bn_relation;

/* What became of an earlier op of the same origin, as far as its write of `field` goes. */
typedef enum bn_fate { BN_FATE_IN_FORCE, BN_FATE_NOT_IN_FORCE, BN_FATE_UNKNOWN } bn_fate;

/* Looks up an own earlier op: when its write of `field` did not take effect (lost, conflicting,
 * quarantined), puts the base it was made from into *base. */
typedef bn_fate (*bn_fate_of)(void *context, bn_dot dot, uint16_t field, bn_dot *base);

typedef struct bn_relation_input {
    bn_stamp current;     /* of the field or group now; dot none: empty */
    bn_dot base;          /* dot the author saw */
    uint32_t origin;      /* of the op */
    uint16_t field;
    bool blind;
    uint64_t cursor;      /* K of the op */
    uint64_t enter_cseq;  /* since when the entity is in the branch's view; UINT64_MAX: it is not */
    bn_fate_of fate_of;
    void *context;
} bn_relation_input;

/* The rule of four steps: equal dot; own lost base followed; blind by cursor; else concurrent.
 * *effective_base gets the base all steps led to: what the conflict id is made of. */
bn_relation bn_relate(const bn_relation_input *input, bn_dot *effective_base);

/* --- policies ---------------------------------------------------------------------------- */
typedef struct bn_contender {
    bn_stamp stamp;
    bn_value value;     /* of the first field of a group */
    bool by_owner;      /* written by the record's home branch */
    bool by_server;
} bn_contender;

typedef enum bn_verdict {
    BN_VERDICT_TAKE,      /* the new value becomes current */
    BN_VERDICT_KEEP,      /* the current value stays */
    BN_VERDICT_SAME,      /* equal values: the larger stamp stays */
    BN_VERDICT_ASK        /* current stays, open conflict */
} bn_verdict;

/* Decides between two concurrent values. `equal`: all values of the field or group are equal.
 * Symmetric but for ASK and FIRST: arrival order does not matter. */
bn_verdict bn_decide(bn_policy policy, const bn_contender *current, const bn_contender *incoming,
                     bool equal);

/* Does the policy leave a conflict record behind when it decided by itself? */
bool bn_policy_keeps_record(bn_policy policy);

const char *bn_policy_name(bn_policy policy);

#endif
