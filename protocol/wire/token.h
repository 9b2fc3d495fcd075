/* token.h - one msgpack item: which of the allowed types it is, and its number or length.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The only place that knows msgpack's first bytes. Allowed are nil, booleans, integers, str, bin
 * and array, each in its shortest form; maps, floats, extensions and 0xc1 are refused.
 */
#ifndef BANYAN_PROTOCOL_WIRE_TOKEN_H
#define BANYAN_PROTOCOL_WIRE_TOKEN_H

#include <banyan/base/slice.h>

typedef enum bn_token_type {
    BN_TOKEN_NIL,
    BN_TOKEN_BOOL,
    BN_TOKEN_UINT,
    BN_TOKEN_NEGATIVE,
    BN_TOKEN_TEXT,
    BN_TOKEN_BYTES,
    BN_TOKEN_ARRAY
} bn_token_type;

typedef struct bn_token {
    bn_token_type type;
    uint64_t number; /* 0 or 1; the integer, negative ones as two's complement; length; count */
} bn_token;

/* Takes the token at *at and moves *at behind its head; the bytes of a text or the items of an
 * array follow there, and at least as many bytes are left as it announces. Returns NULL, or why
 * not; *at and *out are untouched then. */
const char *bn_token_take(const uint8_t **at, const uint8_t *end, bn_token *out);

/* Are the bytes clean UTF-8, as bn_utf8_clean() says? Quick for ASCII and Chinese. */
bool bn_text_is_clean(bn_slice text);

#endif
