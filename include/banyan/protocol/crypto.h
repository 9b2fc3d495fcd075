/* crypto.h - hashing, sealing, signing, passwords: libsodium behind our own words.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Pure but for bn_keypair_* and bn_seal(), which draw random bytes. Call bn_crypto_start() once
 * per process before anything else. Secrets are wiped with bn_wipe() by whoever holds them.
 */
#ifndef BANYAN_PROTOCOL_CRYPTO_H
#define BANYAN_PROTOCOL_CRYPTO_H

#include <banyan/base/buf.h>
#include <banyan/base/err.h>
#include <banyan/base/slice.h>

#define BN_HASH_BYTES 32
#define BN_KEY_BYTES 32
#define BN_SIGN_PUBLIC_BYTES 32
#define BN_SIGN_SECRET_BYTES 64
#define BN_SIGNATURE_BYTES 64
#define BN_SEAL_OVERHEAD_BYTES (24 + 16) /* nonce and tag of XChaCha20-Poly1305 */
#define BN_FINGERPRINT_TEXT_BYTES 48     /* groups of hex digits a person can compare, and NUL */
#define BN_PASSWORD_SALT_BYTES 16

typedef struct bn_hash {
    uint8_t bytes[BN_HASH_BYTES];
} bn_hash;

BN_CHECKED bn_rc bn_crypto_start(bn_err *err);

/* BLAKE2b-256 of the parts in order. */
bn_hash bn_hash_of(bn_slice part);
bn_hash bn_hash_of_two(bn_slice first, bn_slice second);
bool bn_hash_equal(bn_hash a, bn_hash b);

/* BLAKE2b with `key` (16..64 bytes), out_len 16..64: equality indexes, digests. */
void bn_hash_keyed(bn_slice key, bn_slice part, uint8_t *out, size_t out_len);

/* SipHash-2-4: short keyed hashes for blocking keys. key is 16 bytes. */
uint64_t bn_hash_short(const uint8_t key[16], bn_slice part);

/* Hash chain of an origin (also of a feed): h0 = H(label), h_i = H(h_{i-1} || bytes). */
bn_hash bn_chain_start(bn_slice label);
bn_hash bn_chain_next(bn_hash head, bn_slice bytes);

/* Authenticated encryption; `place` is bound to the result, so that a sealed value cannot be
 * moved to another key. out of bn_seal: nonce | cipher | tag, appended. bn_unseal appends the
 * plain bytes; BN_E_CORRUPT when key, place or bytes are wrong. */
void bn_seal(const uint8_t key[BN_KEY_BYTES], bn_slice place, bn_slice plain, bn_buf *out);
BN_CHECKED bn_rc bn_unseal(const uint8_t key[BN_KEY_BYTES], bn_slice place, bn_slice sealed,
                           bn_buf *out);

/* Many seals of one batch under one key: the nonce is 16 random bytes drawn once and a counter,
 * which costs one system call per batch instead of one per value. Never copied, never stored. */
typedef struct bn_nonce {
    uint8_t bytes[24];
} bn_nonce;

void bn_nonce_start(bn_nonce *nonce);

/* As bn_seal(), to plain.len + BN_SEAL_OVERHEAD_BYTES bytes at `out`; moves `nonce` on. */
void bn_seal_next(const uint8_t key[BN_KEY_BYTES], bn_nonce *nonce, bn_slice place,
                  bn_slice plain, uint8_t *out);

/* As bn_unseal(), to sealed.len - BN_SEAL_OVERHEAD_BYTES bytes at `out`. */
BN_CHECKED bn_rc bn_unseal_to(const uint8_t key[BN_KEY_BYTES], bn_slice place, bn_slice sealed,
                              uint8_t *out);

/* Sub-key number `number` of `master` for an 8-character purpose. */
void bn_key_derive(const uint8_t master[BN_KEY_BYTES], uint64_t number, const char purpose[8],
                   uint8_t out[BN_KEY_BYTES]);

/* Argon2id, 256 MiB, 3 passes. BN_E_NO_MEMORY. */
BN_CHECKED bn_rc bn_key_from_password(bn_slice password,
                                      const uint8_t salt[BN_PASSWORD_SALT_BYTES],
                                      uint8_t out[BN_KEY_BYTES]);

/* Curve25519 pair for the transport, as CURVE wants it. */
void bn_keypair_transport(uint8_t public_key[BN_KEY_BYTES], uint8_t secret_key[BN_KEY_BYTES]);
BN_CHECKED bn_rc bn_public_of_secret(const uint8_t secret_key[BN_KEY_BYTES],
                                     uint8_t public_key[BN_KEY_BYTES]);

/* Ed25519. */
void bn_keypair_sign(uint8_t public_key[BN_SIGN_PUBLIC_BYTES],
                     uint8_t secret_key[BN_SIGN_SECRET_BYTES]);
void bn_sign(const uint8_t secret_key[BN_SIGN_SECRET_BYTES], bn_slice domain, bn_hash content,
             uint8_t out[BN_SIGNATURE_BYTES]);
bool bn_signature_holds(const uint8_t public_key[BN_SIGN_PUBLIC_BYTES], bn_slice domain,
                        bn_hash content, const uint8_t signature[BN_SIGNATURE_BYTES]);

/* "3f2a 90c1 ..." : first 18 bytes of the hash of a public key. */
void bn_fingerprint(const uint8_t public_key[BN_KEY_BYTES],
                    char text[BN_FINGERPRINT_TEXT_BYTES]);

bool bn_bytes_equal(const void *a, const void *b, size_t len); /* constant time */
void bn_wipe(void *bytes, size_t len);

#endif
