/* levels.h - comparing two rows field by field.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Of several values the pair with the greatest weight counts; of equal weights the higher level,
 * then the greater tags. All three are symmetric in the two rows.
 */
#ifndef BANYAN_MATCH_LEVELS_H
#define BANYAN_MATCH_LEVELS_H

#include <banyan/protocol/match/epoch.h>

#define FIELDS BN_MATCH_FIELD_COUNT

/* LEVEL_FAMILY_equal and so on. */
enum {
#define BN_MATCH_FIELD(NAME, name) LEVEL_##NAME##_null = 0,
#define BN_MATCH_LEVEL(FIELD, level, name, ...) LEVEL_##FIELD##_##name = (level),
#include <banyan/protocol/match/weights.def>
#undef BN_MATCH_FIELD
#undef BN_MATCH_LEVEL
};

typedef struct outcome { /* of one field */
    uint8_t level;
    uint32_t tag; /* of the value that agrees, the commoner of the two; 0 when there is none */
    int32_t weight;
    int32_t adjust; /* part of weight */
} outcome;

typedef struct comparison {
    outcome field[FIELDS];
} comparison;

void compare_rows(const bn_epoch *epoch, const bn_feature *a, const bn_feature *b,
                  comparison *out);

/* One field each; `out` is the whole comparison because a name is three fields. */
void compare_names(const bn_epoch *epoch, const bn_feature *a, const bn_feature *b,
                   comparison *out);
void compare_organisations(const bn_epoch *epoch, const bn_feature *a, const bn_feature *b,
                           comparison *out);
void compare_addresses(const bn_epoch *epoch, const bn_feature *a, const bn_feature *b,
                       comparison *out);
void compare_contacts(const bn_epoch *epoch, const bn_feature *a, const bn_feature *b,
                      comparison *out);

/* Weight of a level whose two values have these tags. */
outcome weigh(const bn_epoch *epoch, bn_match_field field, unsigned level, uint32_t tag_a,
              uint32_t tag_b);

/* Puts the better of `best` and `other` into `best`. */
void keep_better(outcome *best, const outcome *other);

/* Level of two dates of birth under their flags. */
unsigned born_level(uint32_t a, unsigned a_flags, uint32_t b, unsigned b_flags);

#endif
