/* train_terms.c - how common values are: frequency terms, generic values, crowded keys.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Everything is counted by sorting tags, one space after the other: memory of one space at a time
 * and no dependence on the order of the records.
 */
#include "train.h"

#include "compare.h"
#include "org.h"

#include <banyan/base/alloc.h>
#include <banyan/base/check.h>

#include <string.h>

#define FLOOR_SHARE_DIVISOR 10000 /* values rarer than 1 in 10,000 are all alike */
#define FLOOR_COUNT 2             /* or that occur no more often than a pair */
#define GENERIC_MIN 60            /* more records than one customer may have */
#define VALUES_MAX 64             /* of one record in one space */

static unsigned tags_of_names(const bn_feature *f, unsigned space, uint32_t *tags)
{
    unsigned count = 0;
    for (unsigned i = 0; i < f->names_count; i++) {
        const bn_feature_name *n = &f->names[i];
        if (space == BN_MATCH_FAMILY && n->family.len > 0) {
            tags[count++] = n->family_tag;
        } else if ((space == BN_MATCH_GIVEN || space == BN_MATCH_ORG_NAME) && n->given.len > 0) {
            tags[count++] = n->given_tag;
        } else if (space == BN_MATCH_MIDDLE && n->middle.len > 1) {
            tags[count++] = tag_of(0, n->middle);
        } else if (space == MODEL_WORDS) {
            org_words words;
            org_words_of(n->given, &words);
            for (unsigned w = 0; w < words.count && count < VALUES_MAX; w++) {
                tags[count++] = words.word[w].tag;
            }
        }
    }
    return count;
}

static unsigned tags_of_contacts(const bn_feature *f, unsigned space, uint32_t *tags)
{
    unsigned count = 0;
    for (unsigned i = 0; space == BN_MATCH_PHONE && i < f->phones_count; i++) {
        tags[count++] = f->phones[i].tag;
    }
    for (unsigned i = 0; space == BN_MATCH_EMAIL && i < f->emails_count; i++) {
        tags[count++] = f->emails[i].tag;
    }
    for (unsigned i = 0; space == BN_MATCH_IDENTITY && i < f->documents_count; i++) {
        tags[count++] = model_document_tag(&f->documents[i]);
    }
    for (unsigned i = 0; i < f->addresses_count; i++) {
        if (space == BN_MATCH_STREET && f->addresses[i].street_tag != 0) {
            tags[count++] = f->addresses[i].street_tag;
        } else if (space == BN_MATCH_PLACE && f->addresses[i].place_tag != 0) {
            tags[count++] = f->addresses[i].place_tag;
        }
    }
    return count;
}

static unsigned tags_of_record(const bn_feature *f, unsigned space, uint32_t *tags)
{
    bool is_person = f->party == BN_PARTY_PERSON;
    bool is_of_person = space == BN_MATCH_FAMILY || space == BN_MATCH_GIVEN ||
                        space == BN_MATCH_MIDDLE;
    bool is_of_organisation = space == BN_MATCH_ORG_NAME || space == MODEL_WORDS;
    if (is_of_person || is_of_organisation) {
        return is_person == is_of_person ? tags_of_names(f, space, tags) : 0;
    }
    if (space == BN_MATCH_BORN) {
        tags[0] = f->born;
        return f->born != 0 ? 1 : 0;
    }
    if (space >= BN_MATCH_ATTRIBUTE_1 && space < BN_MATCH_FIELD_COUNT) {
        tags[0] = f->attributes[space - BN_MATCH_ATTRIBUTE_1].tag;
        return tags[0] != 0 ? 1 : 0;
    }
    return tags_of_contacts(f, space, tags);
}

/* All tags of one space, sorted. */
static bn_rc collect(const bn_batch *batch, unsigned space, pair_list *out)
{
    for (uint32_t p = 0; p < batch->count; p++) {
        bn_feature f;
        uint32_t tags[VALUES_MAX];
        batch_open(batch, p, &f);
        unsigned count = tags_of_record(&f, space, tags);
        for (unsigned i = 0; i < count; i++) {
            if (!pair_list_add(out, tags[i])) {
                return BN_E_NO_MEMORY;
            }
        }
    }
    uint64_t *spare = bn_alloc_array(out->count + 1, sizeof *spare);
    if (spare == NULL) {
        return BN_E_NO_MEMORY;
    }
    sort_u64(out->pairs, spare, out->count);
    bn_free(spare);
    return BN_OK;
}

static bn_rc add_term(bn_epoch *epoch, size_t *capacity, const term *added)
{
    if (epoch->terms_count == *capacity) {
        size_t more = *capacity == 0 ? 1024 : 2 * *capacity;
        term *terms = bn_realloc_array(epoch->terms, more, sizeof *terms);
        if (terms == NULL) {
            return BN_E_NO_MEMORY;
        }
        epoch->terms = terms;
        *capacity = more;
    }
    if (epoch->terms_count == BN_EPOCH_TERMS_MAX) {
        return BN_E_LIMIT;
    }
    epoch->terms[epoch->terms_count++] = *added;
    return BN_OK;
}

static bool may_be_generic(unsigned space)
{
    return space == BN_MATCH_PHONE || space == BN_MATCH_EMAIL || space == BN_MATCH_IDENTITY;
}

static bn_rc add_generic(bn_epoch *epoch, size_t *capacity, const generic *added)
{
    if (epoch->generics_count == *capacity) {
        size_t more = *capacity == 0 ? 64 : 2 * *capacity;
        generic *generics = bn_realloc_array(epoch->generics, more, sizeof *generics);
        if (generics == NULL) {
            return BN_E_NO_MEMORY;
        }
        epoch->generics = generics;
        *capacity = more;
    }
    if (epoch->generics_count == BN_EPOCH_GENERICS_MAX) {
        return BN_E_LIMIT;
    }
    epoch->generics[epoch->generics_count++] = *added;
    return BN_OK;
}

typedef struct room { /* capacities of the two growing lists */
    size_t terms;
    size_t generics;
} room;

static bn_rc count_space(bn_epoch *epoch, unsigned space, const pair_list *tags, room *space_room,
                         double *equal_pairs)
{
    uint64_t total = tags->count;
    uint64_t floor = total / FLOOR_SHARE_DIVISOR;
    floor = floor < FLOOR_COUNT ? FLOOR_COUNT : floor;
    if (total <= floor) {
        return BN_OK;
    }
    epoch->floor[space] = (uint16_t)bn_log2_ratio(total, floor);
    for (size_t from = 0; from < tags->count;) {
        size_t to = from + 1;
        while (to < tags->count && tags->pairs[to] == tags->pairs[from]) {
            to++;
        }
        uint64_t count = to - from;
        uint32_t tag = (uint32_t)tags->pairs[from];
        *equal_pairs += (double)count * (double)(count - 1) / 2;
        if (count > floor) {
            term t = {tag, (uint16_t)bn_log2_ratio(total, count), (uint8_t)space};
            BN_TRY(add_term(epoch, &space_room->terms, &t));
        }
        if (count > GENERIC_MIN && may_be_generic(space)) {
            BN_TRY(add_generic(epoch, &space_room->generics, &(generic){tag, (uint8_t)space}));
        }
        from = to;
    }
    return BN_OK;
}

bn_rc train_terms(const bn_batch *batch, bn_epoch *epoch, double chance[BN_MATCH_FIELD_COUNT])
{
    room lists = {.terms = 0};
    for (unsigned space = 0; space < MODEL_SPACES; space++) {
        if (space == BN_MATCH_SEX) {
            chance[space] = -1;
            continue;
        }
        pair_list tags = {.count = 0};
        double equal_pairs = 0;
        bn_rc rc = collect(batch, space, &tags);
        if (rc == BN_OK) {
            rc = count_space(epoch, space, &tags, &lists, &equal_pairs);
        }
        double total = (double)tags.count;
        bn_free(tags.pairs);
        BN_TRY(rc);
        if (space < BN_MATCH_FIELD_COUNT) {
            chance[space] = total > 1 ? equal_pairs / (total * (total - 1) / 2) : -1;
        }
    }
    return BN_OK;
}

/* --- crowded keys ----------------------------------------------------------------------------- */
static bn_rc crowd_pass(pair_list *crowded, uint64_t *keys, size_t count, uint32_t crowd)
{
    uint64_t *spare = bn_alloc_array(count + 1, sizeof *spare);
    if (spare == NULL) {
        return BN_E_NO_MEMORY;
    }
    sort_u64(keys, spare, count);
    bn_free(spare);
    for (size_t from = 0; from < count;) {
        size_t to = from + 1;
        while (to < count && keys[to] == keys[from]) {
            to++;
        }
        if (to - from > crowd && !pair_list_add(crowded, keys[from])) {
            return BN_E_NO_MEMORY;
        }
        from = to;
    }
    return BN_OK;
}

bn_rc train_crowded(const bn_batch *batch, bn_epoch *epoch,
                    const uint8_t secret[BN_BLOCK_SECRET_BYTES], unsigned threads)
{
    pair_list crowded = {.count = 0};
    bn_rc rc = BN_OK;
    for (unsigned pass = 0; pass < BN_PASS_COUNT && rc == BN_OK; pass++) {
        uint64_t *keys = NULL;
        size_t count = 0;
        rc = batch_wide_keys(batch, epoch, secret, (bn_pass)pass, threads, &keys, &count);
        if (rc == BN_OK) {
            rc = crowd_pass(&crowded, keys, count, bn_pass_crowd((bn_pass)pass));
        }
        bn_free(keys);
    }
    uint64_t *spare = rc == BN_OK ? bn_alloc_array(crowded.count + 1, sizeof *spare) : NULL;
    if (rc == BN_OK && crowded.count > BN_EPOCH_CROWDED_MAX) {
        rc = BN_E_LIMIT;
    }
    if (spare == NULL || rc != BN_OK) {
        bn_free(crowded.pairs);
        bn_free(spare);
        return rc == BN_OK ? BN_E_NO_MEMORY : rc;
    }
    sort_u64(crowded.pairs, spare, crowded.count);
    bn_free(spare);
    epoch->crowded = crowded.pairs;
    epoch->crowded_count = crowded.count;
    epoch->secret_check = crowded.count > 0 ? model_secret_check(secret) : 0;
    return BN_OK;
}
