/* logarithm.c - log2 and 2^x on integers: the same bits on every machine.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <banyan/protocol/match/score.h>

#include <banyan/base/check.h>

#define FRACTION_BITS 20 /* of the inner logarithm */
#define WEIGHT_BITS 10   /* of a weight: 1/1024 */
#define PPM 1000000u
#define BITS_SURE 30     /* beyond it the chance rounds to 0 or 1 */

__extension__ typedef unsigned __int128 u128;

/* log2(x) in 1/2^FRACTION_BITS, rounded down: the whole part is the place of the top bit, each
 * squaring of the rest yields one more bit. */
static int64_t log2_fixed(uint64_t x)
{
    BN_ASSERT(x > 0);
    int top = 63 - __builtin_clzll(x);
    uint64_t rest = x << (63 - top); /* in [1, 2) with 63 bits behind the point */
    int64_t result = top;
    for (int i = 0; i < FRACTION_BITS; i++) {
        u128 square = (u128)rest * rest;
        bool is_two = (square >> 127) != 0;
        rest = (uint64_t)(square >> (is_two ? 64 : 63));
        result = result << 1 | (is_two ? 1 : 0);
    }
    return result;
}

int32_t bn_log2_ratio(uint64_t numerator, uint64_t denominator)
{
    int64_t exact = log2_fixed(numerator) - log2_fixed(denominator);
    int64_t half = (int64_t)1 << (FRACTION_BITS - WEIGHT_BITS - 1);
    int64_t shifted = exact >= 0 ? exact + half : exact - half;
    return (int32_t)(shifted / ((int64_t)1 << (FRACTION_BITS - WEIGHT_BITS)));
}

/* 2^(part / 1024) with 62 bits behind the point; 0 <= part < 1024. */
static uint64_t exp2_part(unsigned part)
{
    static const uint64_t roots[WEIGHT_BITS] = { /* 2^(1/2), 2^(1/4), ... 2^(1/1024) */
        6521908912666391106u, 5484249825272419511u, 5029079263719320435u, 4815862801830788490u,
        4712668792719003883u, 4661903986662671289u, 4636727017470743990u, 4624189567668517720u,
        4617933561212708776u, 4614808732577250068u};
    uint64_t value = (uint64_t)1 << 62;
    for (int i = 0; i < WEIGHT_BITS; i++) {
        if ((part >> (WEIGHT_BITS - 1 - i) & 1u) != 0) {
            value = (uint64_t)((u128)value * roots[i] >> 62);
        }
    }
    return value;
}

uint32_t bn_weight_to_ppm(int32_t weight)
{
    bool is_negative = weight < 0;
    uint32_t size = is_negative ? (uint32_t)-(int64_t)weight : (uint32_t)weight;
    if (size >= BITS_SURE << WEIGHT_BITS) {
        return is_negative ? 0 : PPM;
    }
    /* odds = 2^(size / 1024); the chance of the likelier side is odds / (1 + odds) */
    u128 odds = (u128)exp2_part(size & ((1u << WEIGHT_BITS) - 1)) << (size >> WEIGHT_BITS);
    u128 one = (u128)1 << 62;
    uint32_t likely = (uint32_t)((odds * PPM + (odds + one) / 2) / (odds + one));
    return is_negative ? PPM - likely : likely;
}

int32_t bn_weight_of_ppm(uint32_t ppm)
{
    int32_t low = -(BITS_SURE << WEIGHT_BITS);
    int32_t high = BITS_SURE << WEIGHT_BITS;
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        if (bn_weight_to_ppm(middle) >= ppm) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}
