/* org.h - an organisation's name as a set of words.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Words of Latin names are what blanks part. A run of Hanzi has no blanks: its legal form is split
 * off the end and the rest is taken as overlapping pairs of characters.
 */
#ifndef BANYAN_MATCH_ORG_H
#define BANYAN_MATCH_ORG_H

#include <banyan/base/slice.h>

#define ORG_WORDS_MAX 32
#define ORG_BANDS 8

typedef struct org_word {
    bn_slice text;
    uint32_t tag;
    bool is_form; /* ltd, gmbh, 有限公司: what kind of body it is, not which */
} org_word;

typedef struct org_words {
    org_word word[ORG_WORDS_MAX];
    unsigned count;
} org_words;

/* Slices of `name`, in text order, each word once. */
void org_words_of(bn_slice name, org_words *out);

/* Minimum hashes of the name's bigrams, four to a band; 0 when it is too short for them. The
 * seeds are part of the row version. */
unsigned org_bands_of(bn_slice name, uint32_t bands[ORG_BANDS]);

#endif
