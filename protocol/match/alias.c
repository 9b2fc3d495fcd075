/* alias.c - nicknames, and surnames spelt otherwise than in pinyin.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <banyan/protocol/match/name.h>

#include <banyan/base/check.h>

#include <pthread.h>
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

/* Where each word of the table stands, so that a pair of names costs two look-ups. Filled once
 * from constants. */
typedef struct nick_slot {
    uint16_t row;  /* of nicknames[], plus one; 0: empty */
    uint16_t from; /* of the word within `called`; NICK_FULL: it is the full name */
    uint16_t len;
} nick_slot;

#define NICK_SLOTS 4096 /* four times the words */
#define NICK_FULL UINT16_MAX
#define NICK_ROWS_MAX 16 /* full names one word may belong to */

static nick_slot nick_slots[NICK_SLOTS];
static pthread_once_t nick_once = PTHREAD_ONCE_INIT;

static size_t nick_hash(bn_slice word)
{
    uint32_t h = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < word.len; i++) {
        h = (h ^ word.data[i]) * 16777619u;
    }
    return (h ^ h >> 15) % NICK_SLOTS;
}

static bn_slice nick_word(const nick_slot *slot)
{
    const char *called = nicknames[slot->row - 1].called;
    const char *start = slot->from == NICK_FULL ? nicknames[slot->row - 1].full
                                                : called + slot->from;
    return bn_slice_make(start, slot->len);
}

static void nick_add(nick_slot slot)
{
    size_t at = nick_hash(nick_word(&slot));
    while (nick_slots[at].row != 0) {
        at = (at + 1) % NICK_SLOTS;
    }
    nick_slots[at] = slot;
}

static void nick_fill(void)
{
    for (size_t i = 0; i < BN_COUNT(nicknames); i++) {
        uint16_t row = (uint16_t)(i + 1);
        nick_add((nick_slot){row, NICK_FULL, (uint16_t)strlen(nicknames[i].full)});
        size_t from = 0;
        while (nicknames[i].called[from] != 0) {
            size_t len = strcspn(nicknames[i].called + from, " ");
            nick_add((nick_slot){row, (uint16_t)from, (uint16_t)len});
            from += len + (nicknames[i].called[from + len] == ' ');
        }
    }
}

static size_t nick_rows(bn_slice word, uint16_t rows[NICK_ROWS_MAX])
{
    size_t count = 0;
    for (size_t at = nick_hash(word); nick_slots[at].row != 0; at = (at + 1) % NICK_SLOTS) {
        if (count < NICK_ROWS_MAX && bn_slice_equal(nick_word(&nick_slots[at]), word)) {
            rows[count++] = nick_slots[at].row;
        }
    }
    return count;
}

bool bn_nickname_related(bn_slice a, bn_slice b)
{
    if (bn_slice_equal(a, b)) {
        return true;
    }
    uint16_t rows_a[NICK_ROWS_MAX];
    uint16_t rows_b[NICK_ROWS_MAX];
    pthread_once(&nick_once, nick_fill);
    size_t count_a = nick_rows(a, rows_a);
    size_t count_b = count_a > 0 ? nick_rows(b, rows_b) : 0;
    for (size_t i = 0; i < count_a; i++) {
        for (size_t j = 0; j < count_b; j++) {
            if (rows_a[i] == rows_b[j]) {
                return true;
            }
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
