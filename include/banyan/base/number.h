/* number.h - integers from and to bytes, and arithmetic that says when it overflows.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_BASE_NUMBER_H
#define BANYAN_BASE_NUMBER_H

#include <banyan/base/err.h>
#include <banyan/base/slice.h>

void bn_store_u16(uint8_t out[2], uint16_t value); /* all big endian: byte order is number order */
void bn_store_u32(uint8_t out[4], uint32_t value);
void bn_store_u64(uint8_t out[8], uint64_t value);
uint16_t bn_load_u16(const uint8_t in[2]);
uint32_t bn_load_u32(const uint8_t in[4]);
uint64_t bn_load_u64(const uint8_t in[8]);

/* False on overflow; *out is untouched then. */
bool bn_add_size(size_t a, size_t b, size_t *out);
bool bn_mul_size(size_t a, size_t b, size_t *out);
bool bn_add_i64(int64_t a, int64_t b, int64_t *out);

/* Decimal integer, whole slice, optional '-'. BN_E_INVALID. */
BN_CHECKED bn_rc bn_parse_i64(bn_slice text, int64_t *out);
BN_CHECKED bn_rc bn_parse_u64(bn_slice text, uint64_t *out);

#endif
