/* alias.c - nicknames, and surnames spelt otherwise than in pinyin.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <banyan/protocol/match/name.h>

#include <banyan/base/check.h>

#include <string.h>

static const struct {
    char full[16];
    const char *called;
} nicknames[] = {
#include "nicknames.inc"
};

static const struct {
    char spelling[9];
    char pinyin[3][8];
} romanised[] = {
#include "romanised.inc"
};

static bool has_word(const char *words, bn_slice word)
{
    while (*words != 0) {
        size_t len = strcspn(words, " ");
        if (len == word.len && memcmp(words, word.data, len) == 0) {
            return true;
        }
        words += len + (words[len] == ' ');
    }
    return false;
}

size_t bn_nickname_roots(bn_slice given, const char *roots[BN_NAME_ROOTS_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < BN_COUNT(nicknames) && count < BN_NAME_ROOTS_MAX; i++) {
        if (given.len > 0 && has_word(nicknames[i].called, given)) {
            roots[count++] = nicknames[i].full;
        }
    }
    return count;
}

bool bn_nickname_related(bn_slice a, bn_slice b)
{
    if (bn_slice_equal(a, b)) {
        return true;
    }
    for (size_t i = 0; a.len > 0 && b.len > 0 && i < BN_COUNT(nicknames); i++) {
        bool has_a = bn_slice_is(a, nicknames[i].full) || has_word(nicknames[i].called, a);
        if (has_a && (bn_slice_is(b, nicknames[i].full) || has_word(nicknames[i].called, b))) {
            return true;
        }
    }
    return false;
}

size_t bn_surname_romanised(bn_slice surname, const char *pinyin[BN_NAME_ROMANISED_MAX])
{
    size_t low = 0;
    size_t high = BN_COUNT(romanised);
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = bn_slice_compare(bn_slice_of(romanised[middle].spelling), surname);
        if (order == 0) {
            size_t count = 0;
            while (count < BN_COUNT(romanised[0].pinyin) &&
                   romanised[middle].pinyin[count][0] != 0) {
                pinyin[count] = romanised[middle].pinyin[count];
                count++;
            }
            return count;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return 0;
}
