/* text.h - UTF-8, hex, base 32 and "did you mean".
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_BASE_TEXT_H
#define BANYAN_BASE_TEXT_H

#include <banyan/base/buf.h>
#include <banyan/base/err.h>
#include <banyan/base/slice.h>

/* Well-formed UTF-8 (no surrogates, no overlongs, at most U+10FFFF). */
bool bn_utf8_valid(bn_slice s);

/* bn_utf8_valid and no control characters but \n and \t, no bidi overrides or isolates. */
bool bn_utf8_clean(bn_slice s);

/* Decodes one code point of well-formed UTF-8 at s.data[*at] and moves *at on;
 * U+FFFD and one byte on for a malformed byte. *at < s.len. */
uint32_t bn_utf8_next(bn_slice s, size_t *at);
size_t bn_utf8_count(bn_slice s); /* code points */
void bn_utf8_append(bn_buf *buf, uint32_t code_point);

/* Terminal columns: 2 for wide East Asian characters, 0 for combining marks. */
size_t bn_utf8_columns(bn_slice s);

/* Lower-case hex; out holds 2 * len + 1 bytes. */
void bn_hex_encode(bn_slice s, char *out);
BN_CHECKED bn_rc bn_hex_decode(bn_slice text, uint8_t *out, size_t out_len); /* exact length */

/* Crockford base 32, upper case, no padding. Decoding folds case, o->0, i l->1, skips '-' and
 * blanks; appends to `out`; BN_E_INVALID for a foreign character or non-zero spare bits. */
void bn_base32_encode(bn_slice s, bn_buf *out);
BN_CHECKED bn_rc bn_base32_decode(bn_slice text, bn_buf *out);

/* Edit distance (insert, delete, replace, swap of neighbours) up to `distance_max`, which is
 * returned + 1 when exceeded. Both texts at most 64 bytes, else distance_max + 1. */
unsigned bn_edit_distance(bn_slice a, bn_slice b, unsigned distance_max);

/* The nearest of names[0..count) within two edits, or NULL. */
const char *bn_nearest_name(bn_slice text, const char *const *names, size_t count);

#endif
