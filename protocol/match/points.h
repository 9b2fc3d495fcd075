/* points.h - what the files of normalisation share about code points and buffers.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_MATCH_POINTS_H
#define BANYAN_MATCH_POINTS_H

#include <banyan/base/arena.h>
#include <banyan/base/buf.h>
#include <banyan/base/limits.h>
#include <banyan/base/text.h>

/* The code point of today for one that GB 18030 once kept in the private use area. */
uint32_t bn_private_use_fold(uint32_t code_point);

bool bn_is_latin(uint32_t code_point);

static inline bool is_ascii_digit(uint32_t c)
{
    return c >= '0' && c <= '9';
}

static inline bool is_ascii_lower(uint32_t c)
{
    return c >= 'a' && c <= 'z';
}

static inline bn_slice slice_from(bn_slice s, size_t at)
{
    return bn_slice_make(s.data + at, s.len - at);
}

/* Ends an append that began at `start`: cuts `out` back when it failed or grew too much. */
bn_rc bn_append_end(bn_buf *out, size_t start, bn_rc rc);

/* `transform` of `text`, copied to `arena`. */
bn_rc bn_to_arena(bn_rc (*transform)(bn_slice, bn_buf *), bn_slice text, bn_arena *arena,
                  bn_slice *out);

/* Compare form with Hanzi folded and Latin letters in ASCII: where parsers start. */
bn_rc bn_fold_whole(bn_slice text, bn_buf *out);

#endif
