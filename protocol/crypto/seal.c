/* seal.c - authenticated encryption of values, bound to the place they are kept at.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   sealed = | nonce 24 | cipher, as long as the plain bytes | tag 16 |    XChaCha20-Poly1305
 *
 * A nonce of 24 random bytes never repeats in practice; so does one of 16 random bytes and a
 * counter of 8, which is what a batch uses: at a million batches a second for a century two of
 * them meet with a probability below 2^-25.
 */
#include <banyan/base/check.h>
#include <banyan/protocol/crypto.h>

#include <sodium.h>

#define NONCE_BYTES crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define NONCE_RANDOM_BYTES 16

_Static_assert(BN_KEY_BYTES == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "key of the cipher");
_Static_assert(BN_SEAL_OVERHEAD_BYTES == NONCE_BYTES + crypto_aead_xchacha20poly1305_ietf_ABYTES,
               "nonce and tag");
_Static_assert(sizeof(bn_nonce) == NONCE_BYTES, "nonce of the cipher");

/* `out` already starts with the nonce. */
static void encrypt(const uint8_t *key, bn_slice place, bn_slice plain, uint8_t *out)
{
    unsigned long long written = 0;
    int bad = crypto_aead_xchacha20poly1305_ietf_encrypt(out + NONCE_BYTES, &written, plain.data,
                                                         plain.len, place.data, place.len, NULL,
                                                         out, key);
    BN_ASSERT(bad == 0 && written + NONCE_BYTES == plain.len + BN_SEAL_OVERHEAD_BYTES);
}

void bn_seal(const uint8_t key[BN_KEY_BYTES], bn_slice place, bn_slice plain, bn_buf *out)
{
    uint8_t *room = bn_buf_grow(out, plain.len + BN_SEAL_OVERHEAD_BYTES);
    if (room != NULL) {
        randombytes_buf(room, NONCE_BYTES);
        encrypt(key, place, plain, room);
    }
}

bn_rc bn_unseal(const uint8_t key[BN_KEY_BYTES], bn_slice place, bn_slice sealed, bn_buf *out)
{
    if (sealed.len < BN_SEAL_OVERHEAD_BYTES) {
        return BN_E_CORRUPT;
    }
    size_t len_before = out->len;
    uint8_t *room = bn_buf_grow(out, sealed.len - BN_SEAL_OVERHEAD_BYTES);
    if (room == NULL) {
        return bn_buf_status(out);
    }
    bn_rc rc = bn_unseal_to(key, place, sealed, room);
    if (rc != BN_OK) {
        bn_buf_truncate(out, len_before);
    }
    return rc;
}

void bn_nonce_start(bn_nonce *nonce)
{
    *nonce = (bn_nonce){{0}};
    randombytes_buf(nonce->bytes, NONCE_RANDOM_BYTES);
}

void bn_seal_next(const uint8_t key[BN_KEY_BYTES], bn_nonce *nonce, bn_slice place,
                  bn_slice plain, uint8_t *out)
{
    sodium_increment(nonce->bytes + NONCE_RANDOM_BYTES, NONCE_BYTES - NONCE_RANDOM_BYTES);
    memcpy(out, nonce->bytes, NONCE_BYTES);
    encrypt(key, place, plain, out);
}

bn_rc bn_unseal_to(const uint8_t key[BN_KEY_BYTES], bn_slice place, bn_slice sealed, uint8_t *out)
{
    if (sealed.len < BN_SEAL_OVERHEAD_BYTES) {
        return BN_E_CORRUPT;
    }
    unsigned long long written = 0;
    int bad = crypto_aead_xchacha20poly1305_ietf_decrypt(
        out, &written, NULL, sealed.data + NONCE_BYTES, sealed.len - NONCE_BYTES, place.data,
        place.len, sealed.data, key);
    return bad == 0 ? BN_OK : BN_E_CORRUPT;
}
