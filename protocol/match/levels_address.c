/* levels_address.c - comparing addresses and the names of organisations.
 * SPDX-License-Identifier: Apache-2.0
 *
 * An address is two fields, street and place. Where the street agrees the place is implied by it:
 * an agreement there is almost no new evidence, a difference is.
 */
#include "levels.h"

#include "compare.h"
#include "model.h"
#include "org.h"

#include <banyan/base/text.h>

#define LIKE_NEAR 9000
#define LIKE_TOWN 8800
#define DICE_SOME 6000
#define DICE_NEAR 8200
#define EDIT_MIN 4
#define WORD_EDIT_MIN 5
#define WORD_RARITY (8 * BN_WEIGHT_BIT) /* of a word no epoch has counted */
#define FORM_RARITY (BN_WEIGHT_BIT / 2)
#define RARE_ENOUGH (9 * BN_WEIGHT_BIT)

/* --- street ----------------------------------------------------------------------------------- */
typedef enum match { ABSENT, DIFFERS, SOME, CLOSE, SAME } match;

static match match_road(bn_slice a, bn_slice b)
{
    if (a.len == 0 || b.len == 0) {
        return ABSENT;
    }
    if (compare_equal_blankless(a, b)) {
        return SAME;
    }
    bool is_long = a.len >= EDIT_MIN && b.len >= EDIT_MIN;
    if (is_long && (compare_edits(a, b, 2) <= 2 || compare_words_contained(a, b) ||
                    compare_jaro_winkler(a, b) >= LIKE_NEAR || compare_dice(a, b) >= DICE_NEAR)) {
        return CLOSE;
    }
    return compare_dice(a, b) >= DICE_SOME ? SOME : DIFFERS;
}

static match match_number(bn_slice a, bn_slice b)
{
    if (a.len == 0 || b.len == 0) {
        return ABSENT;
    }
    if (bn_slice_equal(a, b)) {
        return SAME;
    }
    bool is_long = a.len >= 2 && b.len >= 2;
    return is_long && compare_edits(a, b, 1) <= 1 ? CLOSE : DIFFERS;
}

static unsigned street_level(const bn_feature_address *a, const bn_feature_address *b)
{
    match road = match_road(a->road, b->road);
    match number = match_number(a->number, b->number);
    if (road == ABSENT) {
        return LEVEL_STREET_null;
    }
    if (road == SAME && number == SAME) {
        return bn_slice_equal(a->room, b->room) ? LEVEL_STREET_equal : LEVEL_STREET_building;
    }
    if (road >= CLOSE && (number == SAME || number == ABSENT)) {
        return LEVEL_STREET_near;
    }
    if (road == SAME || (road == CLOSE && number == CLOSE) || (road == SOME && number == SAME)) {
        return LEVEL_STREET_road;
    }
    return road >= SOME || number == SAME ? LEVEL_STREET_resembles : LEVEL_STREET_different;
}

/* --- place ------------------------------------------------------------------------------------ */
static match match_town(bn_slice a, bn_slice b)
{
    if (a.len == 0 || b.len == 0) {
        return ABSENT;
    }
    if (compare_equal_blankless(a, b)) {
        return SAME;
    }
    bool is_long = a.len >= EDIT_MIN && b.len >= EDIT_MIN;
    bool is_near = is_long && (compare_edits(a, b, 1) <= 1 || compare_words_contained(a, b) ||
                               compare_jaro_winkler(a, b) >= LIKE_TOWN);
    return is_near ? CLOSE : DIFFERS;
}

static match match_code(bn_slice a, bn_slice b)
{
    if (a.len == 0 || b.len == 0) {
        return ABSENT;
    }
    size_t shorter = a.len < b.len ? a.len : b.len;
    if (shorter >= EDIT_MIN && bn_slice_equal(bn_slice_make(a.data, shorter),
                                              bn_slice_make(b.data, shorter))) {
        return SAME;
    }
    return shorter >= EDIT_MIN && compare_edits(a, b, 1) <= 1 ? CLOSE : DIFFERS;
}

static unsigned area_level(uint32_t a, uint32_t b)
{
    if (a == b) {
        return LEVEL_PLACE_equal;
    }
    bool is_part = a % 100 == 0 || b % 100 == 0;
    if (a / 100 == b / 100) {
        return is_part ? LEVEL_PLACE_equal : LEVEL_PLACE_near;
    }
    return a / 10000 == b / 10000 ? LEVEL_PLACE_region : LEVEL_PLACE_different;
}

static unsigned place_level(const bn_feature_address *a, const bn_feature_address *b)
{
    if (a->area != 0 && b->area != 0) {
        return area_level(a->area, b->area);
    }
    match town = match_town(a->town, b->town);
    match code = match_code(a->postcode, b->postcode);
    bool is_region = a->region.len > 0 && bn_slice_equal(a->region, b->region);
    unsigned apart = is_region ? LEVEL_PLACE_region : LEVEL_PLACE_different;
    if (town == ABSENT && code == ABSENT) {
        return a->region.len > 0 && b->region.len > 0 ? apart : LEVEL_PLACE_null;
    }
    match better = town > code ? town : code;
    match worse = town > code ? code : town;
    if (better == SAME) {
        return worse == DIFFERS ? LEVEL_PLACE_near : LEVEL_PLACE_equal;
    }
    return better == CLOSE ? LEVEL_PLACE_near : apart;
}

typedef struct address_pair {
    outcome street;
    outcome place;
} address_pair;

static address_pair pair_addresses(const bn_epoch *epoch, const bn_feature_address *a,
                                   const bn_feature_address *b)
{
    unsigned street = street_level(a, b);
    unsigned place = place_level(a, b);
    if (street >= LEVEL_STREET_near && place >= LEVEL_PLACE_near) {
        place = LEVEL_PLACE_implied;
    }
    return (address_pair){
        .street = weigh(epoch, BN_MATCH_STREET, street, a->street_tag, b->street_tag),
        .place = weigh(epoch, BN_MATCH_PLACE, place, a->place_tag, b->place_tag)};
}

void compare_addresses(const bn_epoch *epoch, const bn_feature *a, const bn_feature *b,
                       comparison *out)
{
    bool is_first = true;
    int64_t best = 0;
    for (unsigned i = 0; i < a->addresses_count; i++) {
        for (unsigned j = 0; j < b->addresses_count; j++) {
            address_pair p = pair_addresses(epoch, &a->addresses[i], &b->addresses[j]);
            int64_t sum = (int64_t)p.street.weight + p.place.weight;
            outcome *street = &out->field[BN_MATCH_STREET];
            outcome *place = &out->field[BN_MATCH_PLACE];
            uint64_t order = (uint64_t)p.street.level << 36 | (uint64_t)p.place.level << 32;
            uint64_t kept = (uint64_t)street->level << 36 | (uint64_t)place->level << 32;
            order |= p.street.tag ^ p.place.tag;
            kept |= street->tag ^ place->tag;
            if (is_first || sum > best || (sum == best && order > kept)) {
                *street = p.street;
                *place = p.place;
                best = sum;
            }
            is_first = false;
        }
    }
}

/* --- organisations ---------------------------------------------------------------------------- */
static uint32_t rarity_of(const bn_epoch *epoch, const org_word *word)
{
    if (word->is_form) {
        return FORM_RARITY;
    }
    uint32_t rarity = model_rarity(epoch, MODEL_WORDS, word->tag);
    return rarity != 0 ? rarity : WORD_RARITY;
}

static bool is_same_word(const org_word *a, const org_word *b)
{
    if (a->tag == b->tag) {
        return true;
    }
    size_t na = a->text.len;
    size_t nb = b->text.len;
    return na >= WORD_EDIT_MIN && nb >= WORD_EDIT_MIN && a->text.data[0] < 0x80 &&
           compare_edits(a->text, b->text, 1) <= 1;
}

/* Pairs equal words, then words one edit apart, so that the pairing does not depend on which of
 * the two names comes first in more than its sum. */
static uint64_t common_rarity(const bn_epoch *epoch, const org_words *a, const org_words *b)
{
    uint64_t sum = 0;
    uint32_t used = 0;
    uint32_t done = 0;
    for (int round = 0; round < 2; round++) {
        for (unsigned i = 0; i < a->count; i++) {
            for (unsigned j = 0; j < b->count && (done >> i & 1u) == 0; j++) {
                bool is_equal = a->word[i].tag == b->word[j].tag;
                if ((used >> j & 1u) != 0 ||
                    !(round == 0 ? is_equal : is_same_word(&a->word[i], &b->word[j]))) {
                    continue;
                }
                uint32_t x = rarity_of(epoch, &a->word[i]);
                uint32_t y = rarity_of(epoch, &b->word[j]);
                sum += x < y ? x : y;
                used |= 1u << j;
                done |= 1u << i;
            }
        }
    }
    return sum;
}

static uint64_t all_rarity(const bn_epoch *epoch, const org_words *words)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < words->count; i++) {
        sum += rarity_of(epoch, &words->word[i]);
    }
    return sum;
}

static bool is_same_core(const org_words *a, const org_words *b)
{
    unsigned i = 0;
    unsigned j = 0;
    for (;;) {
        while (i < a->count && a->word[i].is_form) {
            i++;
        }
        while (j < b->count && b->word[j].is_form) {
            j++;
        }
        if (i == a->count || j == b->count) {
            return i == a->count && j == b->count && i + j > 0;
        }
        if (a->word[i++].tag != b->word[j++].tag) {
            return false;
        }
    }
}

_Static_assert(ORG_WORDS_MAX <= 32, "a set of words is a mask of 32 bits");

static unsigned organisation_level(const bn_epoch *epoch, bn_slice a, bn_slice b)
{
    if (bn_slice_equal(a, b)) {
        return LEVEL_ORG_NAME_equal;
    }
    org_words wa;
    org_words wb;
    org_words_of(a, &wa);
    org_words_of(b, &wb);
    if (compare_equal_blankless(a, b) || is_same_core(&wa, &wb)) {
        return LEVEL_ORG_NAME_core;
    }
    uint64_t ra = all_rarity(epoch, &wa);
    uint64_t rb = all_rarity(epoch, &wb);
    uint64_t common = bn_slice_compare(a, b) < 0 ? common_rarity(epoch, &wa, &wb)
                                                 : common_rarity(epoch, &wb, &wa);
    uint64_t lesser = ra < rb ? ra : rb;
    uint64_t tenths = ra + rb > 0 ? 20 * common / (ra + rb) : 0;
    unsigned like = compare_jaro_winkler(a, b);
    if (tenths >= 8 || like >= 9600) {
        return LEVEL_ORG_NAME_most_words;
    }
    if (common >= RARE_ENOUGH && 20 * common >= 19 * lesser) {
        return LEVEL_ORG_NAME_contained;
    }
    if (tenths >= 5) {
        return LEVEL_ORG_NAME_half;
    }
    return tenths >= 3 ? LEVEL_ORG_NAME_some_words : LEVEL_ORG_NAME_different;
}

void compare_organisations(const bn_epoch *epoch, const bn_feature *a, const bn_feature *b,
                           comparison *out)
{
    for (unsigned i = 0; i < a->names_count; i++) {
        for (unsigned j = 0; j < b->names_count; j++) {
            const bn_feature_name *x = &a->names[i];
            const bn_feature_name *y = &b->names[j];
            unsigned level = organisation_level(epoch, x->given, y->given);
            outcome other = weigh(epoch, BN_MATCH_ORG_NAME, level, x->given_tag, y->given_tag);
            keep_better(&out->field[BN_MATCH_ORG_NAME], &other);
        }
    }
}
