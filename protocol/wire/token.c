/* token.c - one msgpack item: which of the allowed types it is, and its number or length.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   00..7f         the integer itself          c4 c5 c6       bin, length in 1 2 4 bytes
 *   80..8f  de df  map: refused                c7..c9 d4..d8  extension: refused
 *   90..9f         array of 0..15              ca cb          float: refused
 *   a0..bf         str of 0..31 bytes          cc cd ce cf    unsigned in 1 2 4 8 bytes
 *   c0             nil                         d0 d1 d2 d3    negative in 1 2 4 8 bytes
 *   c1             never used: refused         d9 da db       str, length in 1 2 4 bytes
 *   c2 c3          false, true                 dc dd          array, count in 2 4 bytes
 *   e0..ff         -32..-1
 */
#include "token.h"

#include <banyan/base/text.h>

/* How the first bytes c0..df read: type, bytes of the number behind it, and the smallest number
 * that needs so many bytes. A reason instead of a type: not allowed. */
typedef struct form {
    const char *refused;
    bn_token_type type;
    uint8_t number_bytes;
    uint64_t number_min;
} form;

static const char extension[] = "extension types are not allowed";
static const char floating[] = "floating point is not allowed";
static const char map[] = "maps are not allowed";

static const form forms[32] = {
    [0x00] = {NULL, BN_TOKEN_NIL, 0, 0},
    [0x01] = {.refused = "0xc1 is not msgpack"},
    [0x02] = {NULL, BN_TOKEN_BOOL, 0, 0},
    [0x03] = {NULL, BN_TOKEN_BOOL, 0, 0},
    [0x04] = {NULL, BN_TOKEN_BYTES, 1, 0},
    [0x05] = {NULL, BN_TOKEN_BYTES, 2, 0x100},
    [0x06] = {NULL, BN_TOKEN_BYTES, 4, 0x10000},
    [0x07] = {.refused = extension},
    [0x08] = {.refused = extension},
    [0x09] = {.refused = extension},
    [0x0a] = {.refused = floating},
    [0x0b] = {.refused = floating},
    [0x0c] = {NULL, BN_TOKEN_UINT, 1, 0x80},
    [0x0d] = {NULL, BN_TOKEN_UINT, 2, 0x100},
    [0x0e] = {NULL, BN_TOKEN_UINT, 4, 0x10000},
    [0x0f] = {NULL, BN_TOKEN_UINT, 8, 0x100000000},
    [0x10] = {NULL, BN_TOKEN_NEGATIVE, 1, 33}, /* for negatives: the smallest distance from 0 */
    [0x11] = {NULL, BN_TOKEN_NEGATIVE, 2, 0x81},
    [0x12] = {NULL, BN_TOKEN_NEGATIVE, 4, 0x8001},
    [0x13] = {NULL, BN_TOKEN_NEGATIVE, 8, 0x80000001},
    [0x14] = {.refused = extension},
    [0x15] = {.refused = extension},
    [0x16] = {.refused = extension},
    [0x17] = {.refused = extension},
    [0x18] = {.refused = extension},
    [0x19] = {NULL, BN_TOKEN_TEXT, 1, 0x20},
    [0x1a] = {NULL, BN_TOKEN_TEXT, 2, 0x100},
    [0x1b] = {NULL, BN_TOKEN_TEXT, 4, 0x10000},
    [0x1c] = {NULL, BN_TOKEN_ARRAY, 2, 0x10},
    [0x1d] = {NULL, BN_TOKEN_ARRAY, 4, 0x10000},
    [0x1e] = {.refused = map},
    [0x1f] = {.refused = map},
};

static uint64_t load_number(const uint8_t *bytes, size_t len)
{
    uint64_t number = 0;
    for (size_t i = 0; i < len; i++) {
        number = number << 8 | bytes[i];
    }
    return number;
}

/* A negative integer of `len` bytes, widened to 64; 0 when it is not negative. */
static uint64_t load_negative(const uint8_t *bytes, size_t len)
{
    uint64_t sign = (uint64_t)1 << (8 * len - 1);
    uint64_t number = load_number(bytes, len);
    return (number & sign) == 0 ? 0 : number | ~(sign + (sign - 1));
}

/* Tokens c0..df. */
static const char *take_long(const uint8_t **at, const uint8_t *end, bn_token *out)
{
    const form *f = &forms[**at & 0x1f];
    if (f->refused != NULL) {
        return f->refused;
    }
    if ((size_t)(end - *at) < 1 + (size_t)f->number_bytes) {
        return "ends inside a number";
    }
    uint64_t number = **at & 1; /* of a boolean */
    uint64_t distance = 0;
    if (f->type == BN_TOKEN_NEGATIVE) {
        number = load_negative(*at + 1, f->number_bytes);
        distance = 0 - number;
    } else if (f->number_bytes > 0) {
        number = load_number(*at + 1, f->number_bytes);
        distance = number;
    }
    if (distance < f->number_min) {
        return "number not in its shortest form";
    }
    const uint8_t *body = *at + 1 + f->number_bytes;
    if (f->type >= BN_TOKEN_TEXT && number > (size_t)(end - body)) {
        return "announces more than the bytes that are left";
    }
    *at = body;
    *out = (bn_token){f->type, number};
    return NULL;
}

const char *bn_token_take(const uint8_t **at, const uint8_t *end, bn_token *out)
{
    if (*at == end) {
        return "ends too early";
    }
    uint8_t lead = **at;
    if (lead < 0x80) {
        *out = (bn_token){BN_TOKEN_UINT, lead};
    } else if (lead >= 0xe0) {
        *out = (bn_token){BN_TOKEN_NEGATIVE, (uint64_t)(int64_t)(int8_t)lead};
    } else if (lead >= 0xc0) {
        return take_long(at, end, out);
    } else if (lead < 0x90) {
        return map;
    } else {
        bool is_text = lead >= 0xa0;
        bn_token token = {is_text ? BN_TOKEN_TEXT : BN_TOKEN_ARRAY, lead & (is_text ? 0x1f : 0x0f)};
        if (token.number > (size_t)(end - *at) - 1) {
            return "announces more than the bytes that are left";
        }
        *out = token;
    }
    *at += 1;
    return NULL;
}

/* U+3000..U+CFFF: three bytes, nothing among them is unclean. */
static bool is_plain_east_asian(const uint8_t *bytes)
{
    return bytes[0] >= 0xe3 && bytes[0] <= 0xec && (bytes[1] & 0xc0) == 0x80 &&
           (bytes[2] & 0xc0) == 0x80;
}

bool bn_text_is_clean(bn_slice text)
{
    const uint8_t *at = text.data;
    const uint8_t *end = at + text.len;
    while (at < end) {
        if ((*at >= 0x20 && *at < 0x7f) || *at == '\n' || *at == '\t') {
            at++;
        } else if (end - at >= 3 && is_plain_east_asian(at)) {
            at += 3;
        } else {
            return bn_utf8_clean(bn_slice_make(at, (size_t)(end - at)));
        }
    }
    return true;
}
