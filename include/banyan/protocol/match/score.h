/* score.h - how strongly two rows speak for one person, in integers.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   levels  one per comparison field, four bits each: 0 nothing to compare, 1 different, ...
 *   weight  prior + sum of level weights + sum of frequency adjustments + rules
 *
 * Weights are 1/1024 bit: 1024 doubles the odds. Sums are exact, so nothing depends on an order.
 * score(a, b) = score(b, a), and neither depends on any third record.
 */
#ifndef BANYAN_PROTOCOL_MATCH_SCORE_H
#define BANYAN_PROTOCOL_MATCH_SCORE_H

#include <banyan/protocol/match/feature.h>

typedef struct bn_epoch bn_epoch;

#define BN_WEIGHT_BIT 1024
#define BN_MATCH_LEVELS_MAX 16 /* level codes 0..15 */

typedef enum bn_match_field {
#define BN_MATCH_FIELD(NAME, name) BN_MATCH_##NAME,
#define BN_MATCH_LEVEL(...)
#include <banyan/protocol/match/weights.def>
#undef BN_MATCH_FIELD
#undef BN_MATCH_LEVEL
    BN_MATCH_FIELD_COUNT
} bn_match_field;

/* Rules over the weights, in rules.def; several may hold at once. */
typedef enum bn_match_rule {
#define BN_MATCH_RULE(NAME, name, effect, bits, text) BN_RULE_##NAME,
#include <banyan/protocol/match/rules.def>
#undef BN_MATCH_RULE
    BN_RULE_COUNT
} bn_match_rule;

typedef enum bn_verdict {
    BN_VERDICT_FORBIDDEN, /* a hard rule: never in one cluster but by a steward's must-link */
    BN_VERDICT_APART,     /* below the review threshold */
    BN_VERDICT_REVIEW,    /* in the band, or a rule asks for a person */
    BN_VERDICT_LINK
} bn_verdict;

typedef struct bn_score {
    int32_t weight;  /* total */
    uint32_t rules;  /* bit 1u << bn_match_rule for each that holds */
    uint64_t levels; /* level of field f: (levels >> 4 * f) & 15 */
    bn_verdict verdict;
} bn_score;

void bn_match_score(const bn_epoch *epoch, const bn_feature *a, const bn_feature *b,
                    bn_score *out);

/* Levels only; what training counts. */
uint64_t bn_match_levels(const bn_epoch *epoch, const bn_feature *a, const bn_feature *b);

/* Same hard rules as the score, when only they are asked for. */
bool bn_match_forbidden(const bn_feature *a, const bn_feature *b);

/* Both hold one and the same verified number and nothing contradicts it: an identity group. */
bool bn_match_same_identity(const bn_epoch *epoch, const bn_feature *a, const bn_feature *b);

/* --- explanation ------------------------------------------------------------------------- */
typedef struct bn_explained_field {
    bn_match_field field;
    uint8_t level;
    int32_t m;      /* log2 of the level's share among matches */
    int32_t u;      /* and among non-matches */
    int32_t adjust; /* frequency of the agreeing value against the average */
    int32_t weight; /* m - u + adjust */
    uint32_t tag;   /* agreeing value's tag, 0 when none */
} bn_explained_field;

typedef struct bn_explanation {
    uint8_t epoch_hash[32];
    int32_t prior;
    bn_explained_field fields[BN_MATCH_FIELD_COUNT]; /* in field order, null ones too: all 0 */
    int32_t rules_weight;
    bn_score score;           /* .weight == prior + sum of .weight + rules_weight, exactly */
    uint32_t posterior_ppm;   /* parts per million, 0..1000000 */
} bn_explanation;

void bn_match_explain(const bn_epoch *epoch, const bn_feature *a, const bn_feature *b,
                      bn_explanation *out);

const char *bn_match_field_name(bn_match_field field);
const char *bn_match_level_name(bn_match_field field, unsigned level); /* "null" for 0 */
const char *bn_match_rule_name(bn_match_rule rule);
const char *bn_match_rule_text(bn_match_rule rule); /* one sentence for a person */

/* Chance of a match in millionths for a total weight, and the least weight with that chance. */
uint32_t bn_weight_to_ppm(int32_t weight);
int32_t bn_weight_of_ppm(uint32_t ppm);

/* log2(numerator / denominator) in 1/1024 bit, rounded to nearest; both > 0. */
int32_t bn_log2_ratio(uint64_t numerator, uint64_t denominator);

#endif
