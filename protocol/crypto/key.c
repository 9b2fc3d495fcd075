/* key.c - starting the library, where keys come from, and how secrets leave memory.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <banyan/base/check.h>
#include <banyan/protocol/crypto.h>

#include <sodium.h>

/* Written out instead of libsodium's named constants, which may change between versions. */
#define PASSWORD_PASSES 3
#define PASSWORD_MEMORY_BYTES ((size_t)256 * 1024 * 1024)

_Static_assert(BN_KEY_BYTES == crypto_kdf_KEYBYTES && crypto_kdf_CONTEXTBYTES == 8, "sub-keys");
_Static_assert(BN_KEY_BYTES == crypto_box_PUBLICKEYBYTES &&
                   BN_KEY_BYTES == crypto_box_SECRETKEYBYTES,
               "Curve25519");
_Static_assert(BN_PASSWORD_SALT_BYTES == crypto_pwhash_argon2id_SALTBYTES, "salt of Argon2id");

bn_rc bn_crypto_start(bn_err *err)
{
    if (sodium_init() < 0) {
        return bn_fail(err, BN_E_FAILED, "libsodium does not start: no source of random bytes");
    }
    return BN_OK;
}

void bn_key_derive(const uint8_t master[BN_KEY_BYTES], uint64_t number, const char purpose[8],
                   uint8_t out[BN_KEY_BYTES])
{
    int bad = crypto_kdf_derive_from_key(out, BN_KEY_BYTES, number, purpose, master);
    BN_ASSERT(bad == 0);
}

bn_rc bn_key_from_password(bn_slice password, const uint8_t salt[BN_PASSWORD_SALT_BYTES],
                           uint8_t out[BN_KEY_BYTES])
{
    const char *text = password.len > 0 ? (const char *)password.data : "";
    int bad = crypto_pwhash(out, BN_KEY_BYTES, text, password.len, salt, PASSWORD_PASSES,
                            PASSWORD_MEMORY_BYTES, crypto_pwhash_ALG_ARGON2ID13);
    return bad == 0 ? BN_OK : BN_E_NO_MEMORY;
}

void bn_keypair_transport(uint8_t public_key[BN_KEY_BYTES], uint8_t secret_key[BN_KEY_BYTES])
{
    int bad = crypto_box_keypair(public_key, secret_key);
    BN_ASSERT(bad == 0);
}

bn_rc bn_public_of_secret(const uint8_t secret_key[BN_KEY_BYTES], uint8_t public_key[BN_KEY_BYTES])
{
    uint8_t result[BN_KEY_BYTES];
    if (sodium_is_zero(secret_key, BN_KEY_BYTES) != 0 ||
        crypto_scalarmult_base(result, secret_key) != 0) {
        return BN_E_INVALID;
    }
    memcpy(public_key, result, sizeof result);
    return BN_OK;
}

bool bn_bytes_equal(const void *a, const void *b, size_t len)
{
    return len == 0 || sodium_memcmp(a, b, len) == 0;
}

void bn_wipe(void *bytes, size_t len)
{
    if (len > 0) {
        sodium_memzero(bytes, len);
    }
}
