/* test_sign.c - signatures hold for one key, one purpose and one content.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "crypto_test.h"

/* The key pair is test 1 of RFC 8032; the signature over the domain and 32 bytes of 0x11 was made
 * with OpenSSL. */
static const char secret_hex[] = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
                                 "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
static const char signature_hex[] =
    "018deded7cb6ce8f08e02e0815b418044ad9f9e30d61a18e84fe6bfa8f45f754"
    "98b99450ba12f568b473d7c839ee40e5c7b886f6aeea66230126f16e32bafc0c";

static void sign__makes_what_another_library_makes(void **state)
{
    (void)state;
    uint8_t secret[BN_SIGN_SECRET_BYTES];
    uint8_t signature[BN_SIGNATURE_BYTES];
    bn_hash content;
    memset(content.bytes, 0x11, sizeof content.bytes);
    from_hex(secret_hex, secret, sizeof secret);
    bn_sign(secret, BN_SLICE("banyan-batch-v1"), content, signature);
    expect_hex(signature, sizeof signature, signature_hex);
    assert_true(bn_signature_holds(secret + 32, BN_SLICE("banyan-batch-v1"), content, signature));
}

static void sign__does_not_hold_for_another_purpose_content_or_key(void **state)
{
    (void)state;
    uint8_t public_key[BN_SIGN_PUBLIC_BYTES];
    uint8_t secret_key[BN_SIGN_SECRET_BYTES];
    uint8_t other_public[BN_SIGN_PUBLIC_BYTES];
    uint8_t other_secret[BN_SIGN_SECRET_BYTES];
    uint8_t signature[BN_SIGNATURE_BYTES];
    bn_hash content = bn_hash_of(BN_SLICE("content"));
    bn_slice domain = BN_SLICE("banyan-batch-v1");
    bn_keypair_sign(public_key, secret_key);
    bn_keypair_sign(other_public, other_secret);
    bn_sign(secret_key, domain, content, signature);
    assert_true(bn_signature_holds(public_key, domain, content, signature));
    assert_false(bn_signature_holds(public_key, BN_SLICE("banyan-batch-v2"), content, signature));
    assert_false(bn_signature_holds(public_key, BN_SLICE("banyan-batch-v"), content, signature));
    assert_false(
        bn_signature_holds(public_key, domain, bn_hash_of(BN_SLICE("Content")), signature));
    assert_false(bn_signature_holds(other_public, domain, content, signature));
    for (size_t i = 0; i < sizeof signature; i++) {
        signature[i] ^= 1;
        assert_false(bn_signature_holds(public_key, domain, content, signature));
        signature[i] ^= 1;
    }
}

static void fingerprint__is_nine_groups_of_the_hash(void **state)
{
    (void)state;
    uint8_t public_key[BN_KEY_BYTES] = {0};
    char text[BN_FINGERPRINT_TEXT_BYTES];
    char hex[2 * BN_HASH_BYTES + 1];
    bn_hash hash = bn_hash_of(bn_slice_make(public_key, sizeof public_key));
    bn_hex_encode(bn_slice_make(hash.bytes, sizeof hash.bytes), hex);
    bn_fingerprint(public_key, text);
    assert_int_equal(strlen(text), 44);
    for (size_t i = 0; i < 9; i++) {
        assert_memory_equal(text + 5 * i, hex + 4 * i, 4);
        assert_true(text[5 * i + 4] == (i < 8 ? ' ' : '\0'));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sign__makes_what_another_library_makes),
        cmocka_unit_test(sign__does_not_hold_for_another_purpose_content_or_key),
        cmocka_unit_test(fingerprint__is_nine_groups_of_the_hash),
    };
    return cmocka_run_group_tests(tests, start_crypto, NULL);
}
