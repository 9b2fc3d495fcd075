/* phonetic.c - two phonetic keys of a Western word.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The idea is Lawrence Philips' Double Metaphone (C/C++ Users Journal, June 2000): consonants fall
 * into a dozen classes by their neighbours, vowels count at the head only, and a spelling with two
 * likely pronunciations gives two keys. The rules here are fewer and written afresh.
 *
 *   A vowel at the head   0 th   J dge, soft g   K c k q hard g   X sh ch   others as they are
 */
#include <banyan/protocol/match/name.h>

#include "points.h"

#include <string.h>

#define WORD_LETTERS_MAX 32

typedef struct phonetic_keys {
    char letters[WORD_LETTERS_MAX + 4]; /* NULs behind, so that neighbours may be looked at */
    size_t count;
    char *key[2];
    size_t key_len[2];
} phonetic_keys;

static void add(phonetic_keys *k, const char *primary, const char *alternate)
{
    const char *texts[2] = {primary, alternate};
    for (size_t i = 0; i < 2; i++) {
        for (const char *c = texts[i]; *c != 0 && k->key_len[i] < BN_PHONETIC_BYTES_MAX - 1; c++) {
            k->key[i][k->key_len[i]++] = *c;
        }
    }
}

static bool is_vowel(char c)
{
    return c != 0 && strchr("aeiouy", c) != NULL;
}

static bool is_front(char c)
{
    return c == 'e' || c == 'i' || c == 'y';
}

static bool at(const phonetic_keys *k, size_t i, const char *text)
{
    return strncmp(k->letters + i, text, strlen(text)) == 0;
}

/* Letters the word begins with that are not heard. */
static size_t silent_head(const phonetic_keys *k)
{
    static const char *const heads[] = {"gn", "kn", "pn", "ps", "wr"};
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        if (at(k, 0, heads[i])) {
            return 1;
        }
    }
    return 0;
}

static size_t read_c(phonetic_keys *k, size_t i)
{
    if (at(k, i, "ch")) {
        bool is_hard = at(k, i, "chr") || at(k, i, "chl") || at(k, i, "chae");
        add(k, is_hard ? "K" : "X", "K");
        return 2;
    }
    if (at(k, i, "ck") || at(k, i, "cq")) {
        add(k, "K", "K");
        return 2;
    }
    if (at(k, i, "cz")) {
        add(k, "X", "S");
        return 2;
    }
    bool is_soft = is_front(k->letters[i + 1]);
    add(k, is_soft ? "S" : "K", is_soft ? (at(k, i, "cia") ? "X" : "S") : "K");
    return at(k, i, "cc") && !is_front(k->letters[i + 2]) ? 2 : 1;
}

static size_t read_g(phonetic_keys *k, size_t i)
{
    if (at(k, i, "gh")) {
        bool is_head = i == 0;
        bool is_final = i + 2 == k->count;
        if (is_head) {
            add(k, "K", "K");
        } else if (is_final && i > 1 && at(k, i - 2, "ough")) {
            add(k, "F", "");
        }
        return 2;
    }
    if (at(k, i, "gn")) { /* sign, bologna */
        add(k, "N", "KN");
        return 2;
    }
    bool is_soft = is_front(k->letters[i + 1]);
    add(k, is_soft ? "J" : "K", "K");
    return at(k, i, "gg") ? 2 : 1;
}

static size_t read_s(phonetic_keys *k, size_t i)
{
    if (at(k, i, "sch")) {
        bool is_english = at(k, i, "scho") || at(k, i, "sche");
        add(k, is_english ? "SK" : "X", "X");
        return 3;
    }
    if (at(k, i, "sh")) {
        add(k, "X", "X");
        return 2;
    }
    if (at(k, i, "sio") || at(k, i, "sia")) {
        add(k, "X", "S");
        return 2;
    }
    if (at(k, i, "sz") || at(k, i, "sc")) {
        bool is_soft = k->letters[i + 1] == 'z' || is_front(k->letters[i + 2]);
        add(k, is_soft ? "S" : "SK", is_soft ? "X" : "SK");
        return 2;
    }
    char next = k->letters[i + 1];
    bool is_german = i == 0 && (next == 'm' || next == 'n' || next == 'l' || next == 'w');
    add(k, "S", is_german ? "X" : "S");
    return at(k, i, "ss") ? 2 : 1;
}

static size_t read_t(phonetic_keys *k, size_t i)
{
    if (at(k, i, "th")) {
        bool is_hard = at(k, i, "thom") || at(k, i, "tham");
        add(k, is_hard ? "T" : "0", "T");
        return 2;
    }
    if (at(k, i, "tch")) {
        add(k, "X", "X");
        return 3;
    }
    if (at(k, i, "tio") || at(k, i, "tia")) {
        add(k, "X", "X");
        return 2;
    }
    if (at(k, i, "ts") || at(k, i, "tz")) {
        add(k, "S", "TS");
        return 2;
    }
    add(k, "T", "T");
    return at(k, i, "tt") ? 2 : 1;
}

static size_t read_w(phonetic_keys *k, size_t i)
{
    if (at(k, i, "wh")) {
        add(k, "W", "W");
        return 2;
    }
    if (at(k, i, "wicz") || at(k, i, "witz")) {
        add(k, "TS", "FX");
        return 4;
    }
    if (i == 0 && is_vowel(k->letters[1])) {
        add(k, "A", "F");
    }
    return 1;
}

static size_t read_h(phonetic_keys *k, size_t i)
{
    bool is_heard = is_vowel(k->letters[i + 1]) && (i == 0 || is_vowel(k->letters[i - 1]));
    if (is_heard) {
        add(k, "H", "H");
    }
    return 1;
}

static size_t read_d(phonetic_keys *k, size_t i)
{
    if (at(k, i, "dg") && is_front(k->letters[i + 2])) {
        add(k, "J", "J");
        return 2;
    }
    add(k, "T", "T");
    return at(k, i, "dd") || at(k, i, "dt") ? 2 : 1;
}

/* Letters of one class whatever stands beside them; a doubled one counts once. */
static size_t read_plain(phonetic_keys *k, size_t i)
{
    static const char from[] = "bfklmnpqrvz";
    static const char into[] = "PFKLMNPKRFS";
    char c = k->letters[i];
    if (at(k, i, "ph") || at(k, i, "pf")) {
        add(k, "F", "F");
        return 2;
    }
    if (c == 'j') {
        add(k, "J", i == 0 ? "A" : "H");
    } else if (c == 'x') {
        add(k, i == 0 ? "S" : "KS", i == 0 ? "X" : "KS");
    } else {
        const char *found = strchr(from, c);
        const char text[2] = {found != NULL ? into[found - from] : 0, 0};
        add(k, text, text);
    }
    return k->letters[i + 1] == c ? 2 : 1;
}

static size_t read_letter(phonetic_keys *k, size_t i)
{
    switch (k->letters[i]) {
    case 'c':
        return read_c(k, i);
    case 'd':
        return read_d(k, i);
    case 'g':
        return read_g(k, i);
    case 'h':
        return read_h(k, i);
    case 's':
        return read_s(k, i);
    case 't':
        return read_t(k, i);
    case 'w':
        return read_w(k, i);
    default:
        return read_plain(k, i);
    }
}

void bn_phonetic(bn_slice word, char primary[BN_PHONETIC_BYTES_MAX],
                 char alternate[BN_PHONETIC_BYTES_MAX])
{
    phonetic_keys k = {.key = {primary, alternate}};
    for (size_t i = 0; i < word.len && k.count < WORD_LETTERS_MAX; i++) {
        uint8_t c = word.data[i] | 0x20;
        if (is_ascii_lower(c) && word.data[i] < 0x80) {
            k.letters[k.count++] = (char)c;
        }
    }
    for (size_t i = silent_head(&k); i < k.count;) {
        if (is_vowel(k.letters[i])) {
            add(&k, i == 0 ? "A" : "", i == 0 ? "A" : "");
            i++;
        } else {
            i += read_letter(&k, i);
        }
    }
    primary[k.key_len[0]] = 0;
    alternate[k.key_len[1]] = 0;
    if (k.key_len[1] == 0) {
        memcpy(alternate, primary, BN_PHONETIC_BYTES_MAX);
    }
}
