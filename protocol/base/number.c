/* number.c - integers from and to bytes.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <banyan/base/number.h>

void bn_store_u16(uint8_t out[2], uint16_t value)
{
    out[0] = (uint8_t)(value >> 8);
    out[1] = (uint8_t)value;
}

void bn_store_u32(uint8_t out[4], uint32_t value)
{
    bn_store_u16(out, (uint16_t)(value >> 16));
    bn_store_u16(out + 2, (uint16_t)value);
}

void bn_store_u64(uint8_t out[8], uint64_t value)
{
    bn_store_u32(out, (uint32_t)(value >> 32));
    bn_store_u32(out + 4, (uint32_t)value);
}

uint16_t bn_load_u16(const uint8_t in[2])
{
    return (uint16_t)((unsigned)in[0] << 8 | in[1]);
}

uint32_t bn_load_u32(const uint8_t in[4])
{
    return (uint32_t)bn_load_u16(in) << 16 | bn_load_u16(in + 2);
}

uint64_t bn_load_u64(const uint8_t in[8])
{
    return (uint64_t)bn_load_u32(in) << 32 | bn_load_u32(in + 4);
}

bool bn_add_size(size_t a, size_t b, size_t *out)
{
    size_t sum = 0;
    if (__builtin_add_overflow(a, b, &sum)) {
        return false;
    }
    *out = sum;
    return true;
}

bool bn_mul_size(size_t a, size_t b, size_t *out)
{
    size_t product = 0;
    if (__builtin_mul_overflow(a, b, &product)) {
        return false;
    }
    *out = product;
    return true;
}

bool bn_add_i64(int64_t a, int64_t b, int64_t *out)
{
    int64_t sum = 0;
    if (__builtin_add_overflow(a, b, &sum)) {
        return false;
    }
    *out = sum;
    return true;
}

bn_rc bn_parse_u64(bn_slice text, uint64_t *out)
{
    uint64_t value = 0;
    if (text.len == 0) {
        return BN_E_INVALID;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9' ||
            __builtin_mul_overflow(value, 10u, &value) ||
            __builtin_add_overflow(value, (uint64_t)(text.data[i] - '0'), &value)) {
            return BN_E_INVALID;
        }
    }
    *out = value;
    return BN_OK;
}

bn_rc bn_parse_i64(bn_slice text, int64_t *out)
{
    bool negative = text.len > 0 && text.data[0] == '-';
    uint64_t magnitude = 0;
    bn_slice digits = negative ? bn_slice_make(text.data + 1, text.len - 1) : text;
    BN_TRY(bn_parse_u64(digits, &magnitude));
    if (magnitude > (uint64_t)INT64_MAX + (negative ? 1 : 0)) {
        return BN_E_INVALID;
    }
    /* Negated as unsigned, so that INT64_MIN does not overflow on the way. */
    *out = (int64_t)(negative ? 0 - magnitude : magnitude);
    return BN_OK;
}
