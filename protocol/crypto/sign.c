/* sign.c - Ed25519 over a domain and a content hash, and key fingerprints people compare.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   signed bytes = | domain, 1..DOMAIN_BYTES_MAX | content hash 32 |
 *
 * The hash has a fixed length, so no two pairs give the same bytes and a signature made for one
 * purpose never holds for another.
 */
#include <banyan/base/check.h>
#include <banyan/base/text.h>
#include <banyan/protocol/crypto.h>

#include <sodium.h>

#define DOMAIN_BYTES_MAX 64
#define FINGERPRINT_BYTES 18
#define FINGERPRINT_GROUP_BYTES 2

_Static_assert(BN_SIGN_PUBLIC_BYTES == crypto_sign_PUBLICKEYBYTES &&
                   BN_SIGN_SECRET_BYTES == crypto_sign_SECRETKEYBYTES &&
                   BN_SIGNATURE_BYTES == crypto_sign_BYTES,
               "Ed25519");
_Static_assert(FINGERPRINT_BYTES / FINGERPRINT_GROUP_BYTES * (2 * FINGERPRINT_GROUP_BYTES + 1) <=
                   BN_FINGERPRINT_TEXT_BYTES,
               "groups, blanks between them and NUL");

void bn_keypair_sign(uint8_t public_key[BN_SIGN_PUBLIC_BYTES],
                     uint8_t secret_key[BN_SIGN_SECRET_BYTES])
{
    int bad = crypto_sign_keypair(public_key, secret_key);
    BN_ASSERT(bad == 0);
}

static size_t signed_bytes(bn_slice domain, bn_hash content,
                           uint8_t out[DOMAIN_BYTES_MAX + BN_HASH_BYTES])
{
    BN_ASSERT(domain.len > 0 && domain.len <= DOMAIN_BYTES_MAX);
    memcpy(out, domain.data, domain.len);
    memcpy(out + domain.len, content.bytes, sizeof content.bytes);
    return domain.len + sizeof content.bytes;
}

void bn_sign(const uint8_t secret_key[BN_SIGN_SECRET_BYTES], bn_slice domain, bn_hash content,
             uint8_t out[BN_SIGNATURE_BYTES])
{
    uint8_t message[DOMAIN_BYTES_MAX + BN_HASH_BYTES];
    size_t len = signed_bytes(domain, content, message);
    int bad = crypto_sign_detached(out, NULL, message, len, secret_key);
    BN_ASSERT(bad == 0);
}

bool bn_signature_holds(const uint8_t public_key[BN_SIGN_PUBLIC_BYTES], bn_slice domain,
                        bn_hash content, const uint8_t signature[BN_SIGNATURE_BYTES])
{
    uint8_t message[DOMAIN_BYTES_MAX + BN_HASH_BYTES];
    size_t len = signed_bytes(domain, content, message);
    return crypto_sign_verify_detached(signature, message, len, public_key) == 0;
}

void bn_fingerprint(const uint8_t public_key[BN_KEY_BYTES], char text[BN_FINGERPRINT_TEXT_BYTES])
{
    bn_hash hash = bn_hash_of(bn_slice_make(public_key, BN_KEY_BYTES));
    char *at = text;
    for (size_t i = 0; i < FINGERPRINT_BYTES; i += FINGERPRINT_GROUP_BYTES) {
        if (i > 0) {
            *at++ = ' ';
        }
        bn_hex_encode(bn_slice_make(hash.bytes + i, FINGERPRINT_GROUP_BYTES), at);
        at += (size_t)2 * FINGERPRINT_GROUP_BYTES;
    }
}
