/* hash.c - BLAKE2b digests and chains, SipHash for short keys.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <banyan/base/check.h>
#include <banyan/protocol/crypto.h>

#include <sodium.h>

#define KEYED_BYTES_MIN 16
#define KEYED_BYTES_MAX 64

_Static_assert(BN_HASH_BYTES == crypto_generichash_BYTES, "BLAKE2b-256");
_Static_assert(KEYED_BYTES_MIN == crypto_generichash_BYTES_MIN &&
                   KEYED_BYTES_MIN == crypto_generichash_KEYBYTES_MIN &&
                   KEYED_BYTES_MAX == crypto_generichash_BYTES_MAX &&
                   KEYED_BYTES_MAX == crypto_generichash_KEYBYTES_MAX,
               "bounds of keyed BLAKE2b");
_Static_assert(crypto_shorthash_KEYBYTES == 16 && crypto_shorthash_BYTES == 8, "SipHash-2-4");

bn_hash bn_hash_of(bn_slice part)
{
    bn_hash hash;
    int bad = crypto_generichash(hash.bytes, sizeof hash.bytes, part.data, part.len, NULL, 0);
    BN_ASSERT(bad == 0);
    return hash;
}

bn_hash bn_hash_of_two(bn_slice first, bn_slice second)
{
    bn_hash hash;
    crypto_generichash_state state;
    int bad = crypto_generichash_init(&state, NULL, 0, sizeof hash.bytes);
    bad |= crypto_generichash_update(&state, first.data, first.len);
    bad |= crypto_generichash_update(&state, second.data, second.len);
    bad |= crypto_generichash_final(&state, hash.bytes, sizeof hash.bytes);
    BN_ASSERT(bad == 0);
    return hash;
}

bool bn_hash_equal(bn_hash a, bn_hash b)
{
    return bn_bytes_equal(a.bytes, b.bytes, sizeof a.bytes);
}

void bn_hash_keyed(bn_slice key, bn_slice part, uint8_t *out, size_t out_len)
{
    BN_ASSERT(key.len >= KEYED_BYTES_MIN && key.len <= KEYED_BYTES_MAX);
    BN_ASSERT(out_len >= KEYED_BYTES_MIN && out_len <= KEYED_BYTES_MAX);
    int bad = crypto_generichash(out, out_len, part.data, part.len, key.data, key.len);
    BN_ASSERT(bad == 0);
}

uint64_t bn_hash_short(const uint8_t key[16], bn_slice part)
{
    uint8_t out[crypto_shorthash_BYTES];
    crypto_shorthash(out, part.data, part.len, key);
    uint64_t value = 0;
    for (size_t i = sizeof out; i > 0; i--) { /* SipHash defines its result as little endian */
        value = value << 8 | out[i - 1];
    }
    return value;
}

bn_hash bn_chain_start(bn_slice label)
{
    return bn_hash_of(label);
}

bn_hash bn_chain_next(bn_hash head, bn_slice bytes)
{
    return bn_hash_of_two(bn_slice_make(head.bytes, sizeof head.bytes), bytes);
}
