/* text.c - hex, base 32 and "did you mean".
 * SPDX-License-Identifier: Apache-2.0
 */
#include <banyan/base/text.h>

#include <string.h>

#define EDIT_BYTES_MAX 64

void bn_hex_encode(bn_slice s, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < s.len; i++) {
        out[2 * i] = digits[s.data[i] >> 4];
        out[2 * i + 1] = digits[s.data[i] & 15];
    }
    out[2 * s.len] = 0;
}

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bn_rc bn_hex_decode(bn_slice text, uint8_t *out, size_t out_len)
{
    if (text.len != out_len * 2) {
        return BN_E_INVALID;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (hex_digit(text.data[i]) < 0) {
            return BN_E_INVALID;
        }
    }
    for (size_t i = 0; i < out_len; i++) {
        out[i] = (uint8_t)(hex_digit(text.data[2 * i]) << 4 | hex_digit(text.data[2 * i + 1]));
    }
    return BN_OK;
}

static const char base32_digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

void bn_base32_encode(bn_slice s, bn_buf *out)
{
    uint32_t bits = 0;
    unsigned bits_count = 0;
    for (size_t i = 0; i < s.len; i++) {
        bits = bits << 8 | s.data[i];
        for (bits_count += 8; bits_count >= 5; bits_count -= 5) {
            bn_buf_append_byte(out, (uint8_t)base32_digits[bits >> (bits_count - 5) & 31]);
        }
        bits &= 0xff;
    }
    if (bits_count > 0) {
        bn_buf_append_byte(out, (uint8_t)base32_digits[bits << (5 - bits_count) & 31]);
    }
}

static int base32_digit(uint8_t c)
{
    uint8_t upper = c >= 'a' && c <= 'z' ? (uint8_t)(c - 'a' + 'A') : c;
    upper = upper == 'O' ? '0' : upper == 'I' || upper == 'L' ? '1' : upper;
    const char *found = upper == 0 ? NULL : strchr(base32_digits, upper);
    return found == NULL ? -1 : (int)(found - base32_digits);
}

bn_rc bn_base32_decode(bn_slice text, bn_buf *out)
{
    uint32_t bits = 0;
    unsigned bits_count = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '-' || text.data[i] == ' ') {
            continue;
        }
        int digit = base32_digit(text.data[i]);
        if (digit < 0) {
            return BN_E_INVALID;
        }
        bits = (bits << 5 | (uint32_t)digit) & 0xfff;
        bits_count += 5;
        if (bits_count >= 8) {
            bits_count -= 8;
            bn_buf_append_byte(out, (uint8_t)(bits >> bits_count));
        }
    }
    bool spare_is_zero = (bits & ((1u << bits_count) - 1)) == 0;
    return !spare_is_zero || bits_count >= 5 ? BN_E_INVALID : bn_buf_status(out);
}

static unsigned smallest(unsigned a, unsigned b, unsigned c)
{
    unsigned least = a < b ? a : b;
    return least < c ? least : c;
}

unsigned bn_edit_distance(bn_slice a, bn_slice b, unsigned distance_max)
{
    unsigned rows[3][EDIT_BYTES_MAX + 1];
    if (a.len > EDIT_BYTES_MAX || b.len > EDIT_BYTES_MAX) {
        return distance_max + 1;
    }
    for (unsigned j = 0; j <= b.len; j++) {
        rows[0][j] = j;
    }
    for (unsigned i = 1; i <= a.len; i++) {
        unsigned *row = rows[i % 3];
        const unsigned *above = rows[(i + 2) % 3];
        const unsigned *two_above = rows[(i + 1) % 3];
        row[0] = i;
        for (unsigned j = 1; j <= b.len; j++) {
            unsigned cost = a.data[i - 1] == b.data[j - 1] ? 0 : 1;
            row[j] = smallest(above[j] + 1, row[j - 1] + 1, above[j - 1] + cost);
            bool swapped = i > 1 && j > 1 && a.data[i - 1] == b.data[j - 2] &&
                           a.data[i - 2] == b.data[j - 1];
            if (swapped && two_above[j - 2] + 1 < row[j]) {
                row[j] = two_above[j - 2] + 1;
            }
        }
    }
    unsigned distance = rows[a.len % 3][b.len];
    return distance > distance_max ? distance_max + 1 : distance;
}

const char *bn_nearest_name(bn_slice text, const char *const *names, size_t count)
{
    const char *nearest = NULL;
    unsigned best = 3;
    for (size_t i = 0; i < count; i++) {
        unsigned distance = bn_edit_distance(text, bn_slice_of(names[i]), 2);
        if (distance < best) {
            best = distance;
            nearest = names[i];
        }
    }
    return nearest;
}
