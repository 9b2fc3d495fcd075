/* hanzi.c - traditional, variant and compatibility characters to one plain form.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Two frozen tables of pairs in order of the first: fold_basic holds UTF-16 pairs in rows of
 * FOLD_ROW_PAIRS, fold_wide the compatibility ideographs and what lies beyond the basic plane.
 * A lookup is one binary search: some 12 comparisons for a Hanzi, none for anything else. The
 * tables are closed: no plain form is itself folded, so folding twice changes nothing.
 */
#include <banyan/protocol/match/normalise.h>

#include "points.h"

#include <banyan/base/check.h>

#include <uchar.h>

#define FOLD_ROW_PAIRS 40

#include "tables_hanzi.inc"

static uint32_t find_basic(uint32_t c)
{
    size_t low = 0;
    size_t high = FOLD_BASIC_COUNT;
    while (low < high) {
        size_t middle = (low + high) / 2;
        const char16_t *pair = &fold_basic[middle / FOLD_ROW_PAIRS][middle % FOLD_ROW_PAIRS * 2];
        if (pair[0] == c) {
            return pair[1];
        }
        if (pair[0] < c) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return c;
}

static uint32_t find_wide(uint32_t c)
{
    size_t low = 0;
    size_t high = BN_COUNT(fold_wide);
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (fold_wide[middle][0] == c) {
            return fold_wide[middle][1];
        }
        if (fold_wide[middle][0] < c) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return c;
}

uint32_t bn_hanzi_fold_char(uint32_t code_point)
{
    if (code_point < 0x2e80) {
        return code_point;
    }
    uint32_t plain = code_point < 0xf900 ? find_basic(code_point) : code_point;
    return plain != code_point ? plain : find_wide(code_point);
}

uint32_t bn_private_use_fold(uint32_t code_point)
{
    if (code_point < 0xe000 || code_point > 0xf8ff) {
        return code_point;
    }
    for (size_t i = 0; i < BN_COUNT(private_use); i++) {
        if (private_use[i][0] == code_point) {
            return private_use[i][1];
        }
    }
    for (size_t i = 0; i < BN_COUNT(private_use_wide); i++) {
        if (private_use_wide[i][0] == code_point) {
            return private_use_wide[i][1];
        }
    }
    return code_point;
}

bn_rc bn_hanzi_fold(bn_slice text, bn_buf *out)
{
    size_t start = out->len;
    if (text.len > BN_TEXT_BYTES_MAX) {
        return BN_E_LIMIT;
    }
    if (!bn_utf8_valid(text)) {
        return BN_E_INVALID;
    }
    for (size_t at = 0; at < text.len;) {
        size_t before = at;
        uint32_t c = bn_utf8_next(text, &at);
        uint32_t plain = bn_hanzi_fold_char(c);
        if (plain == c) {
            bn_buf_append(out, text.data + before, at - before);
        } else {
            bn_utf8_append(out, plain);
        }
    }
    return bn_append_end(out, start, bn_buf_status(out));
}
