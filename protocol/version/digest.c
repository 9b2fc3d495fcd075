/* digest.c - one number over many records, whatever the order they are added in.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Each record gives a keyed 256-bit hash; the digest is their sum modulo 2^256, little endian.
 * Without the key nobody can make two sets with one sum.
 */
#include <banyan/base/number.h>
#include <banyan/base/text.h>
#include <banyan/protocol/crypto.h>
#include <banyan/protocol/record.h>

#include <string.h>

#define SUM_BYTES sizeof(((bn_digest *)NULL)->sum)

_Static_assert(SUM_BYTES == BN_HASH_BYTES, "a sum of hashes");

static void hash_record(bn_slice key, uint16_t kind, bn_id id, bn_slice bytes,
                        uint8_t out[SUM_BYTES])
{
    uint8_t head[2 + BN_ID_BYTES];
    bn_store_u16(head, kind);
    memcpy(head + 2, id.bytes, BN_ID_BYTES);
    bn_hash content = bn_hash_of_two(bn_slice_make(head, sizeof head), bytes);
    bn_hash_keyed(key, bn_slice_make(content.bytes, sizeof content.bytes), out, SUM_BYTES);
}

void bn_digest_add(bn_digest *digest, bn_slice key, uint16_t kind, bn_id id, bn_slice record_bytes)
{
    uint8_t hash[SUM_BYTES];
    unsigned carry = 0;
    hash_record(key, kind, id, record_bytes, hash);
    for (size_t i = 0; i < SUM_BYTES; i++) {
        carry += (unsigned)digest->sum[i] + hash[i];
        digest->sum[i] = (uint8_t)(carry & 0xff);
        carry >>= 8;
    }
    digest->records_count++;
}

void bn_digest_remove(bn_digest *digest, bn_slice key, uint16_t kind, bn_id id,
                      bn_slice record_bytes)
{
    uint8_t hash[SUM_BYTES];
    int borrow = 0;
    hash_record(key, kind, id, record_bytes, hash);
    for (size_t i = 0; i < SUM_BYTES; i++) {
        int difference = digest->sum[i] - hash[i] - borrow;
        borrow = difference < 0 ? 1 : 0;
        digest->sum[i] = (uint8_t)(difference & 0xff);
    }
    digest->records_count--;
}

void bn_digest_format(const bn_digest *digest, char text[33])
{
    uint8_t count[8];
    bn_store_u64(count, digest->records_count);
    bn_hash hash =
        bn_hash_of_two(bn_slice_make(digest->sum, SUM_BYTES), bn_slice_make(count, sizeof count));
    bn_hex_encode(bn_slice_make(hash.bytes, 16), text);
}
