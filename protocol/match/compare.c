/* compare.c - likeness of short texts.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Equal ends are cut off before any table is filled, which leaves two or three characters of most
 * pairs that differ by a slip of the pen.
 */
#include "compare.h"

#include <banyan/base/check.h>
#include <banyan/base/text.h>

#include <string.h>

#define PREFIX_MAX 4
#define TAG_OFFSET 0xcbf29ce484222325u /* FNV-1a, 64 bit */
#define TAG_PRIME 0x100000001b3u

void points_of(bn_slice text, points *out)
{
    out->count = 0;
    size_t at = 0;
    while (at < text.len && out->count < COMPARE_POINTS_MAX) {
        if (text.data[at] < 0x80) {
            out->at[out->count++] = text.data[at++];
        } else {
            out->at[out->count++] = bn_utf8_next(text, &at);
        }
    }
}

/* Marks which characters of `a` and `b` are common within the window; returns how many. */
static unsigned mark_common(const points *a, const points *b, uint64_t *in_a, uint64_t *in_b)
{
    unsigned longer = a->count > b->count ? a->count : b->count;
    unsigned window = longer / 2 > 0 ? longer / 2 - 1 : 0;
    unsigned common = 0;
    *in_a = 0;
    *in_b = 0;
    for (unsigned i = 0; i < a->count; i++) {
        unsigned from = i > window ? i - window : 0;
        unsigned to = i + window + 1 < b->count ? i + window + 1 : b->count;
        for (unsigned j = from; j < to; j++) {
            if ((*in_b >> j & 1u) == 0 && a->at[i] == b->at[j]) {
                *in_a |= (uint64_t)1 << i;
                *in_b |= (uint64_t)1 << j;
                common++;
                break;
            }
        }
    }
    return common;
}

unsigned compare_jaro_winkler(bn_slice a, bn_slice b)
{
    points pa;
    points pb;
    points_of(a, &pa);
    points_of(b, &pb);
    if (pa.count == 0 || pb.count == 0) {
        return 0;
    }
    uint64_t in_a;
    uint64_t in_b;
    uint64_t common = mark_common(&pa, &pb, &in_a, &in_b);
    if (common == 0) {
        return 0;
    }
    uint64_t out_of_place = 0;
    for (unsigned i = 0, j = 0; i < pa.count; i++) {
        if ((in_a >> i & 1u) == 0) {
            continue;
        }
        while ((in_b >> j & 1u) == 0) {
            j++;
        }
        out_of_place += pa.at[i] != pb.at[j] ? 1 : 0;
        j++;
    }
    uint64_t swaps = out_of_place / 2;
    uint64_t la = pa.count;
    uint64_t lb = pb.count;
    uint64_t above = common * common * lb + common * common * la + (common - swaps) * la * lb;
    uint64_t jaro = COMPARE_WHOLE * above / (3 * la * lb * common);
    unsigned prefix = 0;
    while (prefix < PREFIX_MAX && prefix < pa.count && prefix < pb.count &&
           pa.at[prefix] == pb.at[prefix]) {
        prefix++;
    }
    return (unsigned)(jaro + prefix * (COMPARE_WHOLE - jaro) / 10);
}

static unsigned least_of(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Optimal string alignment of what is left between the equal ends. Only cells within distance_max
 * of the diagonal can end within it; all others count as too far. Two rows in a row beyond it end
 * the search: a swap looks back two rows. */
static unsigned align(const uint32_t *a, unsigned a_count, const uint32_t *b, unsigned b_count,
                      unsigned distance_max)
{
    unsigned far = distance_max + 1;
    unsigned rows[3][COMPARE_POINTS_MAX + 2];
    for (unsigned j = 0; j <= b_count; j++) {
        rows[0][j] = least_of(j, far);
    }
    unsigned least_above = 0;
    for (unsigned i = 1; i <= a_count; i++) {
        unsigned *row = rows[i % 3];
        const unsigned *above = rows[(i + 2) % 3];
        const unsigned *before = rows[(i + 1) % 3];
        unsigned from = i > distance_max ? i - distance_max : 1;
        unsigned to = least_of(i + distance_max, b_count);
        row[from - 1] = from == 1 ? least_of(i, far) : far;
        unsigned least = row[from - 1];
        for (unsigned j = from; j <= to; j++) {
            unsigned best = above[j - 1] + (a[i - 1] != b[j - 1] ? 1 : 0);
            best = least_of(best, j < i + distance_max ? above[j] + 1 : far);
            best = least_of(best, row[j - 1] + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                best = least_of(best, before[j - 2] + 1);
            }
            row[j] = least_of(best, far);
            least = least_of(least, row[j]);
        }
        if (least == far && least_above == far) {
            return far;
        }
        least_above = least;
    }
    return rows[a_count % 3][b_count];
}

/* Cuts equal bytes off both ends, never inside a character. */
static void cut_ends(bn_slice *a, bn_slice *b)
{
    size_t shorter = a->len < b->len ? a->len : b->len;
    size_t head = 0;
    while (head < shorter && a->data[head] == b->data[head]) {
        head++;
    }
    while (head > 0 && ((head < a->len && (a->data[head] & 0xc0u) == 0x80) ||
                        (head < b->len && (b->data[head] & 0xc0u) == 0x80))) {
        head--;
    }
    size_t tail = 0;
    while (tail < shorter - head && a->data[a->len - 1 - tail] == b->data[b->len - 1 - tail]) {
        tail++;
    }
    while (tail > 0 && (a->data[a->len - tail] & 0xc0u) == 0x80) {
        tail--;
    }
    *a = bn_slice_make(a->data + head, a->len - head - tail);
    *b = bn_slice_make(b->data + head, b->len - head - tail);
}

unsigned compare_edits(bn_slice a, bn_slice b, unsigned distance_max)
{
    cut_ends(&a, &b);
    if (a.len > b.len + 4 * (size_t)distance_max || b.len > a.len + 4 * (size_t)distance_max) {
        return distance_max + 1; /* an edit adds at most four bytes */
    }
    points pa;
    points pb;
    points_of(a, &pa);
    points_of(b, &pb);
    unsigned longer = pa.count > pb.count ? pa.count : pb.count;
    unsigned shorter = pa.count + pb.count - longer;
    if (longer - shorter > distance_max) {
        return distance_max + 1;
    }
    return longer <= distance_max && shorter == 0
               ? longer
               : align(pa.at, pa.count, pb.at, pb.count, distance_max);
}

static unsigned bigrams_of(bn_slice text, uint64_t out[COMPARE_POINTS_MAX])
{
    points p;
    points_of(text, &p);
    unsigned count = 0;
    for (unsigned i = 0; i + 1 < p.count || (i == 0 && p.count == 1); i++) {
        uint64_t gram = (uint64_t)p.at[i] << 32 | (p.count > 1 ? p.at[i + 1] : 0);
        unsigned place = count++;
        while (place > 0 && out[place - 1] > gram) {
            out[place] = out[place - 1];
            place--;
        }
        out[place] = gram;
    }
    return count;
}

unsigned compare_dice(bn_slice a, bn_slice b)
{
    uint64_t ga[COMPARE_POINTS_MAX];
    uint64_t gb[COMPARE_POINTS_MAX];
    unsigned na = bigrams_of(a, ga);
    unsigned nb = bigrams_of(b, gb);
    if (na == 0 || nb == 0) {
        return 0;
    }
    unsigned common = 0;
    for (unsigned i = 0, j = 0; i < na && j < nb;) {
        if (ga[i] == gb[j]) {
            common++;
            i++;
            j++;
        } else if (ga[i] < gb[j]) {
            i++;
        } else {
            j++;
        }
    }
    return 2 * common * COMPARE_WHOLE / (na + nb);
}

static bool is_gap(uint8_t byte)
{
    return byte == ' ' || byte == '-';
}

bool compare_equal_blankless(bn_slice a, bn_slice b)
{
    size_t i = 0;
    size_t j = 0;
    for (;;) {
        while (i < a.len && is_gap(a.data[i])) {
            i++;
        }
        while (j < b.len && is_gap(b.data[j])) {
            j++;
        }
        if (i == a.len || j == b.len) {
            return i == a.len && j == b.len;
        }
        if (a.data[i++] != b.data[j++]) {
            return false;
        }
    }
}

bn_slice next_word(bn_slice text, size_t *at)
{
    while (*at < text.len && is_gap(text.data[*at])) {
        (*at)++;
    }
    size_t from = *at;
    while (*at < text.len && !is_gap(text.data[*at])) {
        (*at)++;
    }
    return bn_slice_make(text.data + from, *at - from);
}

static bool has_word(bn_slice text, bn_slice word)
{
    size_t at = 0;
    for (bn_slice w = next_word(text, &at); w.len > 0; w = next_word(text, &at)) {
        if (bn_slice_equal(w, word)) {
            return true;
        }
    }
    return false;
}

bool compare_words_contained(bn_slice a, bn_slice b)
{
    bn_slice inner = a.len <= b.len ? a : b;
    bn_slice outer = a.len <= b.len ? b : a;
    size_t at = 0;
    bn_slice word = next_word(inner, &at);
    if (word.len == 0) {
        return false;
    }
    for (; word.len > 0; word = next_word(inner, &at)) {
        if (!has_word(outer, word)) {
            return false;
        }
    }
    return true;
}

uint32_t tag_of(unsigned space, bn_slice value)
{
    uint64_t h = (TAG_OFFSET ^ space) * TAG_PRIME;
    for (size_t i = 0; i < value.len; i++) {
        h = (h ^ value.data[i]) * TAG_PRIME;
    }
    h ^= h >> 32;
    h *= 0x9e3779b97f4a7c15u; /* spreads the last bytes over all bits */
    uint32_t tag = (uint32_t)(h >> 32);
    return tag != 0 ? tag : 1;
}
