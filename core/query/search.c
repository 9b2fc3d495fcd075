/* search.c - what a person typed against the column: scan, rank, keep the best.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   "Wang Xiao" -> needles "wangxiao"             one scan each; for several words also entries
 *                  words   "wang" & "xiao"        that hold all of them
 *
 * The rank of a hit follows from the token it lies in and where: all of a name, its start, all or
 * the start of its initials, somewhere, the end of a number. The best `hits_max` are kept in a
 * heap with the worst on top, so a scan with many hits costs one comparison for most of them.
 */
#include <banyan/base/alloc.h>
#include <banyan/base/check.h>
#include <banyan/base/limits.h>
#include <banyan/base/text.h>
#include <banyan/protocol/match/normalise.h>
#include <banyan/protocol/match/pinyin.h>

#include "column.h"
#include "entry.h"
#include "scan.h"

#include <string.h>

#define QUERY_BYTES_MAX 200
#define NEEDLES_MAX 2
#define WORDS_MAX 4
#define TAIL_NEEDLE_MIN 3

enum {
    RANK_EXACT,
    RANK_PREFIX,
    RANK_INITIALS,
    RANK_INITIALS_PREFIX,
    RANK_WITHIN,
    RANK_TAIL,
    RANK_NONE
};

/* The best hits so far: a heap with the worst on top. */
typedef struct best {
    bn_search_hit *hits;
    size_t count;
    size_t max;
} best;

static int compare_hits(const bn_search_hit *a, const bn_search_hit *b)
{
    if (a->rank != b->rank) {
        return a->rank < b->rank ? -1 : 1;
    }
    return bn_id_compare(a->id, b->id);
}

static void sink(best *heap, size_t at, size_t count)
{
    for (size_t child = 2 * at + 1; child < count; child = 2 * at + 1) {
        if (child + 1 < count && compare_hits(&heap->hits[child], &heap->hits[child + 1]) < 0) {
            child++;
        }
        if (compare_hits(&heap->hits[at], &heap->hits[child]) >= 0) {
            return;
        }
        bn_search_hit moved = heap->hits[at];
        heap->hits[at] = heap->hits[child];
        heap->hits[child] = moved;
        at = child;
    }
}

static void keep(best *heap, bn_id id, uint32_t rank)
{
    bn_search_hit hit = {.id = id, .rank = rank};
    if (heap->count < heap->max) {
        size_t at = heap->count++;
        heap->hits[at] = hit;
        while (at > 0 && compare_hits(&heap->hits[(at - 1) / 2], &hit) < 0) {
            heap->hits[at] = heap->hits[(at - 1) / 2];
            at = (at - 1) / 2;
            heap->hits[at] = hit;
        }
    } else if (heap->count > 0 && compare_hits(&hit, &heap->hits[0]) < 0) {
        heap->hits[0] = hit;
        sink(heap, 0, heap->count);
    }
}

/* Ascending, the best first. */
static void sort(best *heap)
{
    for (size_t end = heap->count; end > 1; end--) {
        bn_search_hit worst = heap->hits[0];
        heap->hits[0] = heap->hits[end - 1];
        heap->hits[end - 1] = worst;
        sink(heap, 0, end - 1);
    }
}

/* --- ranking ------------------------------------------------------------------------------- */
static uint32_t rank_hit(const bn_search_column *column, const uint8_t *at, size_t len)
{
    const uint8_t *tag = at - 1;
    while (*tag >= BN_TAG_END) {
        tag--;
    }
    const uint8_t *end = column->bytes + column->bytes_len;
    bool is_start = tag == at - 1;
    bool is_end = at + len == end || at[len] < BN_TAG_END;
    switch ((bn_tag)*tag) {
    case BN_TAG_NAME:
    case BN_TAG_PINYIN:
    case BN_TAG_NUMBER:
        return is_start && is_end ? RANK_EXACT : is_start ? RANK_PREFIX : RANK_WITHIN;
    case BN_TAG_WORD:
        return is_start ? RANK_PREFIX : RANK_WITHIN;
    case BN_TAG_INITIALS:
        return is_start && is_end ? RANK_INITIALS : is_start ? RANK_INITIALS_PREFIX : RANK_WITHIN;
    case BN_TAG_TAIL:
        return is_end && len >= TAIL_NEEDLE_MIN ? RANK_TAIL : RANK_NONE;
    case BN_TAG_END:
        break;
    }
    return RANK_NONE;
}

/* Best rank of the needle within [at, end); `at` is a place of it, or NULL. */
static uint32_t rank_from(const bn_search_column *column, const uint8_t *at, const uint8_t *end,
                          bn_slice needle)
{
    uint32_t rank = RANK_NONE;
    while (at != NULL) {
        uint32_t here = rank_hit(column, at, needle.len);
        rank = here < rank ? here : rank;
        at = rank > RANK_EXACT ? bn_scan_next(at + 1, end, needle) : NULL;
    }
    return rank;
}

/* --- scans --------------------------------------------------------------------------------- */
/* Entries that hold needles[0]; of further needles every one must be there too, and the worst
 * rank counts. */
static void scan(const bn_search_column *column, const bn_slice *needles, size_t count, best *out)
{
    const uint8_t *end = column->bytes + column->bytes_len;
    const uint8_t *at = column->bytes_len > 0 ? bn_scan_next(column->bytes, end, needles[0]) : NULL;
    size_t place = 0;
    while (at != NULL) {
        place = bn_column_place_of(column, (size_t)(at - column->bytes), place);
        const uint8_t *first = column->bytes + column->places[place].start;
        const uint8_t *last = column->bytes + bn_column_end(column, place);
        uint32_t rank = rank_from(column, at, last, needles[0]);
        for (size_t i = 1; i < count && rank != RANK_NONE; i++) {
            const uint8_t *there = bn_scan_next(first, last, needles[i]);
            uint32_t other = rank_from(column, there, last, needles[i]);
            rank = other > rank ? other : rank;
        }
        if (rank != RANK_NONE) {
            keep(out, column->places[place].id, rank);
        }
        at = bn_scan_next(last, end, needles[0]);
    }
}

/* Puts what only `more` has, or has better, into `into`: both hold their best, so the union does.
 */
static void merge(best *into, best *more)
{
    size_t known = into->count;
    for (size_t i = 0; i < more->count; i++) {
        bool is_new = true;
        for (size_t k = 0; k < known; k++) {
            if (bn_id_equal(into->hits[k].id, more->hits[i].id)) {
                is_new = false;
                if (more->hits[i].rank < into->hits[k].rank) {
                    into->hits[k].rank = more->hits[i].rank;
                }
            }
        }
        more->hits[i].rank = is_new ? more->hits[i].rank : RANK_NONE;
    }
    for (size_t at = into->count / 2; at > 0; at--) {
        sink(into, at - 1, into->count);
    }
    for (size_t i = 0; i < more->count; i++) {
        if (more->hits[i].rank != RANK_NONE) {
            keep(into, more->hits[i].id, more->hits[i].rank);
        }
    }
}

/* --- what was typed ------------------------------------------------------------------------ */
typedef struct typed_text {
    bn_buf text[NEEDLES_MAX + WORDS_MAX];
    bn_slice needles[NEEDLES_MAX]; /* other forms of the whole */
    size_t needles_count;
    bn_slice words[WORDS_MAX]; /* the longest first; fewer than two: none */
    size_t words_count;
} typed_text;

static bn_rc read_words(bn_slice text, typed_text *out)
{
    BN_AUTO(bn_buf_fini) bn_buf compare;
    bn_buf_init(&compare, BN_TEXT_BYTES_MAX);
    BN_TRY(bn_normalise_text(text, &compare));
    for (size_t at = 0; at < compare.len && out->words_count < WORDS_MAX;) {
        size_t end = at;
        while (end < compare.len && compare.data[end] != ' ') {
            end++;
        }
        bn_buf *word = &out->text[NEEDLES_MAX + out->words_count];
        BN_TRY(bn_entry_fold(bn_slice_make(compare.data + at, end - at), word));
        if (word->len > 0) {
            out->words[out->words_count++] = bn_buf_slice(word);
        }
        at = end + 1;
    }
    for (size_t i = 1; i < out->words_count; i++) {
        if (out->words[i].len > out->words[0].len) {
            bn_slice longer = out->words[i];
            out->words[i] = out->words[0];
            out->words[0] = longer;
        }
    }
    out->words_count = out->words_count > 1 ? out->words_count : 0;
    return BN_OK;
}

/* A whole phone number finds the customer by the end of it that the column keeps. */
static bn_slice cut_to_tail(bn_slice needle)
{
    for (size_t i = 0; i < needle.len; i++) {
        bool is_digit = needle.data[i] >= '0' && needle.data[i] <= '9';
        if (!is_digit && !(needle.data[i] == 'x' && i + 1 == needle.len)) {
            return bn_slice_make("", 0);
        }
    }
    return needle.len <= BN_TAIL_BYTES
               ? bn_slice_make("", 0)
               : bn_slice_make(needle.data + needle.len - BN_TAIL_BYTES, BN_TAIL_BYTES);
}

static bn_rc read_typed(bn_slice text, typed_text *out)
{
    BN_TRY(bn_entry_fold(text, &out->text[0]));
    BN_TRY(bn_pinyin_query(text, &out->text[1]));
    bn_slice folded = bn_buf_slice(&out->text[0]);
    bn_slice pinyin = bn_buf_slice(&out->text[1]);
    bn_slice tail = cut_to_tail(folded);
    if (folded.len > 0) {
        out->needles[out->needles_count++] = folded;
    }
    if (tail.len > 0) {
        out->needles[out->needles_count++] = tail;
    } else if (pinyin.len > 0 && !bn_slice_equal(pinyin, folded)) {
        out->needles[out->needles_count++] = pinyin;
    }
    return read_words(text, out);
}

static bn_rc run(const bn_search_column *column, const typed_text *typed, best *out)
{
    if (typed->needles_count > 0) {
        scan(column, typed->needles, 1, out);
    }
    best more = {.max = out->max};
    if (typed->needles_count > 1 || typed->words_count > 1) {
        more.hits = bn_alloc_array(out->max, sizeof *more.hits);
        if (more.hits == NULL) {
            return BN_E_NO_MEMORY;
        }
    }
    if (typed->needles_count > 1) {
        scan(column, typed->needles + 1, 1, &more);
        merge(out, &more);
    }
    if (typed->words_count > 1) {
        more.count = 0;
        scan(column, typed->words, typed->words_count, &more);
        merge(out, &more);
    }
    bn_free(more.hits);
    return BN_OK;
}

bn_rc bn_search_find(const bn_search_column *column, bn_slice text, bn_search_hit *hits,
                     size_t hits_max, size_t *hits_count, bn_err *err)
{
    if (text.len > QUERY_BYTES_MAX) {
        return bn_fail(err, BN_E_LIMIT, "search: %zu bytes, limit %d", text.len, QUERY_BYTES_MAX);
    }
    typed_text typed = {0};
    best found = {.hits = hits, .max = hits_max < BN_PAGE_ROWS_MAX ? hits_max : BN_PAGE_ROWS_MAX};
    for (size_t i = 0; i < BN_COUNT(typed.text); i++) {
        bn_buf_init(&typed.text[i], BN_TEXT_BYTES_MAX);
    }
    bn_rc rc = read_typed(text, &typed);
    if (rc == BN_OK && found.max > 0) {
        rc = run(column, &typed, &found);
    }
    for (size_t i = 0; i < BN_COUNT(typed.text); i++) {
        bn_buf_fini(&typed.text[i]);
    }
    if (rc != BN_OK) {
        return bn_fail(err, rc, "search: what was typed cannot be read");
    }
    sort(&found);
    *hits_count = found.count;
    return BN_OK;
}
