/* name.h - a person's name in parts, and the keys under which it is found again.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_PROTOCOL_MATCH_NAME_H
#define BANYAN_PROTOCOL_MATCH_NAME_H

#include <banyan/protocol/match/normalise.h>

#define BN_NAME_TOKENS_MAX 12
#define BN_NAME_ROOTS_MAX 6      /* full names one nickname may stand for */
#define BN_NAME_ROMANISED_MAX 6  /* pinyin one foreign spelling of a surname may stand for */
#define BN_PHONETIC_BYTES_MAX 7  /* six letters and the NUL */

typedef struct bn_name {
    bn_script script;
    bn_slice whole;  /* compare form in ASCII or folded Hanzi, without title, suffix and nick */
    bn_slice family; /* 欧阳 | "van dyke" | empty when there is a single Western token */
    bn_slice given;  /* 小明 | "john" */
    bn_slice middle; /* "q" of "John Q Smith", may hold blanks; empty for Chinese names */
    bn_slice title;  /* "dr", the first one */
    bn_slice suffix; /* "jr", the generation, else the first one; Jr against Sr is evidence */
    bn_slice nick;   /* in brackets or quotes: William "Bill" Smith */
    bool is_order_known; /* false: "Li Na", given and family may be swapped */
    uint8_t tokens_count;
    bn_slice tokens[BN_NAME_TOKENS_MAX]; /* of family, given and middle, in text order */
} bn_name;

/* All slices live in `arena`. A name of more than BN_NAME_TOKENS_MAX tokens is BN_E_LIMIT, an
 * empty one a bn_name with script NONE. */
BN_CHECKED bn_rc bn_name_split(bn_slice text, bn_arena *arena, bn_name *out);

/* From family and given name of two fields: the order is known. Either may be empty; a title or
 * suffix in either field is split off. */
BN_CHECKED bn_rc bn_name_split_fields(bn_slice family, bn_slice given, bn_arena *arena,
                                      bn_name *out);

/* Full names `given` (ASCII, lower case) may stand for, itself excluded: bob -> robert. Static
 * strings. 0 for what is not a nickname. */
size_t bn_nickname_roots(bn_slice given, const char *roots[BN_NAME_ROOTS_MAX]);

/* Both stand for one full name (bob bobby, bob robert, liz elizabeth); true when equal. */
bool bn_nickname_related(bn_slice a, bn_slice b);

/* Pinyin surnames that a Wade-Giles, Cantonese, Hokkien or Singapore spelling (ASCII, lower case)
 * may stand for: chan -> chen, wong -> huang wang. Static strings; 0 when unknown. A key and a
 * level of likeness, never equality. */
size_t bn_surname_romanised(bn_slice surname, const char *pinyin[BN_NAME_ROMANISED_MAX]);

/* Phonetic keys of one ASCII word of a Western name; `alternate` equals `primary` when there is
 * one only. Both empty when the word has no letters. */
void bn_phonetic(bn_slice word, char primary[BN_PHONETIC_BYTES_MAX],
                 char alternate[BN_PHONETIC_BYTES_MAX]);

#endif
