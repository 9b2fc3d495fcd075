/* utf8.c - well-formed, clean, counted UTF-8.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <banyan/base/text.h>

#include <utf8proc.h>

/* Length of the well-formed sequence at s[at], 0 when there is none. Table 3-7 of the Unicode
 * standard: the second byte's range depends on the first. */
static size_t sequence_len(bn_slice s, size_t at)
{
    uint8_t lead = s.data[at];
    uint8_t low = 0x80;
    uint8_t high = 0xbf;
    size_t len = lead < 0x80 ? 1 : lead >= 0xc2 && lead <= 0xdf ? 2 : (lead & 0xf0) == 0xe0 ? 3
               : lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
    if (len == 0 || s.len - at < len) {
        return 0;
    }
    low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : low;
    high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : high;
    for (size_t i = 1; i < len; i++) {
        uint8_t byte = s.data[at + i];
        if (byte < low || byte > high) {
            return 0;
        }
        low = 0x80;
        high = 0xbf;
    }
    return len;
}

bool bn_utf8_valid(bn_slice s)
{
    for (size_t at = 0; at < s.len;) {
        size_t len = sequence_len(s, at);
        if (len == 0) {
            return false;
        }
        at += len;
    }
    return true;
}

static bool is_unclean(uint32_t c)
{
    bool control = (c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7f && c <= 0x9f);
    bool bidi = (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
    bool nonchar = (c & 0xfffe) == 0xfffe || (c >= 0xfdd0 && c <= 0xfdef);
    return control || bidi || nonchar;
}

bool bn_utf8_clean(bn_slice s)
{
    if (!bn_utf8_valid(s)) {
        return false;
    }
    for (size_t at = 0; at < s.len;) {
        if (is_unclean(bn_utf8_next(s, &at))) {
            return false;
        }
    }
    return true;
}

uint32_t bn_utf8_next(bn_slice s, size_t *at)
{
    static const uint8_t lead_bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    size_t len = sequence_len(s, *at);
    if (len == 0) {
        *at += 1;
        return 0xfffd;
    }
    uint32_t c = s.data[*at] & lead_bits[len];
    for (size_t i = 1; i < len; i++) {
        c = c << 6 | (s.data[*at + i] & 0x3f);
    }
    *at += len;
    return c;
}

size_t bn_utf8_count(bn_slice s)
{
    size_t count = 0;
    for (size_t at = 0; at < s.len; count++) {
        bn_utf8_next(s, &at);
    }
    return count;
}

void bn_utf8_append(bn_buf *buf, uint32_t code_point)
{
    uint8_t bytes[4];
    utf8proc_ssize_t len = utf8proc_encode_char((utf8proc_int32_t)code_point, bytes);
    bn_buf_append(buf, bytes, len > 0 ? (size_t)len : 0);
}

size_t bn_utf8_columns(bn_slice s)
{
    size_t columns = 0;
    for (size_t at = 0; at < s.len;) {
        int width = utf8proc_charwidth((utf8proc_int32_t)bn_utf8_next(s, &at));
        columns += width > 0 ? (size_t)width : 0;
    }
    return columns;
}
