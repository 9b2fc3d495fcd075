/* model.h - the inside of an epoch, shared by scoring, coding and training.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_MATCH_MODEL_H
#define BANYAN_MATCH_MODEL_H

#include <banyan/protocol/match/epoch.h>

#define MODEL_WORDS 15 /* space of the words of organisation names beside the fields */
#define MODEL_SPACES 16
#define MODEL_LEVELS BN_MATCH_LEVELS_MAX
#define PPM 1000000

typedef struct level_def {
    const char *name;
    uint32_t m_ppm;
    uint32_t u_ppm;
    uint8_t quarters; /* of the frequency adjustment */
    bool is_learnt;
} level_def;

typedef struct field_def {
    const char *name;
    level_def level[MODEL_LEVELS];
} field_def;

const field_def *model_field(unsigned field);
unsigned model_top(unsigned field);   /* greatest level */
unsigned model_exact(unsigned field); /* greatest learnt level: frequencies refine its u */

typedef struct term { /* how common a value is; ascending by (space, tag) */
    uint32_t tag;
    uint16_t rarity; /* -log2 of its share, 1/1024 bit */
    uint8_t space;
} term;

typedef struct generic {
    uint32_t tag;
    uint8_t field;
} generic;

struct bn_epoch {
    uint64_t records_count;
    int32_t prior;
    bn_epoch_limits limits;
    int32_t m[BN_MATCH_FIELD_COUNT][MODEL_LEVELS]; /* log2, 1/1024 bit */
    int32_t u[BN_MATCH_FIELD_COUNT][MODEL_LEVELS];
    uint16_t floor[MODEL_SPACES]; /* rarity beyond which a value is simply rare; 0: no terms */
    uint64_t secret_check;        /* of the secret `crowded` was made under; 0 when empty */
    term *terms;
    size_t terms_count;
    generic *generics;
    size_t generics_count;
    uint64_t *crowded;
    size_t crowded_count;
    /* derived, not part of the bytes */
    uint32_t *slots; /* open addressing: index into terms + 1 */
    size_t slots_mask;
    uint8_t hash[32];
};

/* An epoch with the priors and nothing else; NULL without memory. */
bn_epoch *model_create(uint64_t records_count);

/* Sets what is derived from the rest: after every change, before use. Terms and crowded must be
 * in order. */
BN_CHECKED bn_rc model_settle(bn_epoch *epoch);

/* Rarity of a value: that of its term, else the floor of its space. */
uint32_t model_rarity(const bn_epoch *epoch, unsigned space, uint32_t tag);

/* Log odds of a match among `records` records that hold `matches` matching pairs. */
int32_t model_prior(uint64_t records, uint64_t matches);

uint32_t model_document_tag(const bn_feature_document *document);

/* Takes the generic values out of a view. */
void model_drop_generic(const bn_epoch *epoch, bn_feature *feature);

uint64_t model_secret_check(const uint8_t secret[BN_BLOCK_SECRET_BYTES]);

#endif
