/* crypto_test.h - published vectors are in hex.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_TESTS_CRYPTO_TEST_H
#define BANYAN_TESTS_CRYPTO_TEST_H

#include "unit/unit.h"

#include <banyan/base/check.h>
#include <banyan/base/text.h>
#include <banyan/protocol/crypto.h>

static inline void from_hex(const char *hex, uint8_t *out, size_t out_len)
{
    assert_int_equal(bn_hex_decode(bn_slice_of(hex), out, out_len), BN_OK);
}

static inline void expect_hex(const uint8_t *bytes, size_t len, const char *hex)
{
    char text[2 * 128 + 1];
    assert_true(len <= 128);
    bn_hex_encode(bn_slice_make(bytes, len), text);
    assert_string_equal(text, hex);
}

static inline int start_crypto(void **state)
{
    (void)state;
    return bn_crypto_start(NULL) == BN_OK ? 0 : -1;
}

#endif
