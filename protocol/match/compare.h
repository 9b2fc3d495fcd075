/* compare.h - how alike two short texts are; integers only.
 * SPDX-License-Identifier: Apache-2.0
 *
 * All work on code points, look at no more than COMPARE_POINTS_MAX of them and are symmetric.
 */
#ifndef BANYAN_MATCH_COMPARE_H
#define BANYAN_MATCH_COMPARE_H

#include <banyan/base/slice.h>

#define COMPARE_POINTS_MAX 64
#define COMPARE_WHOLE 10000 /* likeness of equal texts */

typedef struct points {
    uint32_t at[COMPARE_POINTS_MAX];
    unsigned count;
} points;

void points_of(bn_slice text, points *out);

/* Jaro-Winkler in 1/10000, rounded down at both steps; 0 when one text is empty. The prefix bonus
 * of 1/10 per character (at most four) applies whatever the Jaro value is. */
unsigned compare_jaro_winkler(bn_slice a, bn_slice b);

/* Inserts, deletes, replacements and swaps of neighbours (optimal string alignment) that turn one
 * into the other, or distance_max + 1 when there are more. distance_max <= 3. */
unsigned compare_edits(bn_slice a, bn_slice b, unsigned distance_max);

/* 2 * common / all over the multisets of neighbouring pairs of characters, in 1/10000; texts of
 * one character count as that character. */
unsigned compare_dice(bn_slice a, bn_slice b);

/* Equal when blanks and hyphens are left out. */
bool compare_equal_blankless(bn_slice a, bn_slice b);

/* Every word of the shorter is a word of the other; false when one is empty. */
bool compare_words_contained(bn_slice a, bn_slice b);

/* The next word of `text` from *at on; empty at the end. */
bn_slice next_word(bn_slice text, size_t *at);

/* 32-bit tag of a value in a space of values: FNV-1a over both, folded; never 0. */
uint32_t tag_of(unsigned space, bn_slice value);

#endif
