/* test_key.c - where keys come from.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "crypto_test.h"

/* One step of the iterated test of RFC 7748, whose point is the base point. */
static void key__public_of_secret_follows_the_published_vector(void **state)
{
    (void)state;
    uint8_t secret[BN_KEY_BYTES] = {9};
    uint8_t public_key[BN_KEY_BYTES];
    assert_int_equal(bn_public_of_secret(secret, public_key), BN_OK);
    expect_hex(public_key, sizeof public_key,
               "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079");
}

static void key__public_of_secret_refuses_zeros(void **state)
{
    (void)state;
    uint8_t secret[BN_KEY_BYTES] = {0};
    uint8_t public_key[BN_KEY_BYTES] = {7};
    assert_int_equal(bn_public_of_secret(secret, public_key), BN_E_INVALID);
    assert_int_equal(public_key[0], 7);
}

static void key__transport_pairs_belong_together_and_differ(void **state)
{
    (void)state;
    uint8_t public_one[BN_KEY_BYTES];
    uint8_t secret_one[BN_KEY_BYTES];
    uint8_t public_two[BN_KEY_BYTES];
    uint8_t secret_two[BN_KEY_BYTES];
    uint8_t derived[BN_KEY_BYTES];
    bn_keypair_transport(public_one, secret_one);
    bn_keypair_transport(public_two, secret_two);
    assert_memory_not_equal(secret_one, secret_two, sizeof secret_one);
    assert_int_equal(bn_public_of_secret(secret_one, derived), BN_OK);
    assert_memory_equal(derived, public_one, sizeof derived);
}

static void key__derive_separates_numbers_purposes_and_masters(void **state)
{
    (void)state;
    static const uint8_t master[BN_KEY_BYTES] = {1};
    static const uint8_t other_master[BN_KEY_BYTES] = {2};
    uint8_t out[5][BN_KEY_BYTES];
    bn_key_derive(master, 1, "rec-data", out[0]);
    bn_key_derive(master, 2, "rec-data", out[1]);
    bn_key_derive(master, 1, "idx-eq__", out[2]);
    bn_key_derive(other_master, 1, "rec-data", out[3]);
    for (size_t i = 1; i < 4; i++) {
        for (size_t j = 0; j < i; j++) {
            assert_memory_not_equal(out[i], out[j], BN_KEY_BYTES);
        }
    }
    bn_key_derive(master, 1, "rec-data", out[4]);
    assert_memory_equal(out[0], out[4], BN_KEY_BYTES);
}

static void key__from_password_depends_on_password_and_salt(void **state)
{
    (void)state;
    static const uint8_t salt[BN_PASSWORD_SALT_BYTES] = {1};
    static const uint8_t other_salt[BN_PASSWORD_SALT_BYTES] = {2};
    uint8_t out[4][BN_KEY_BYTES];
    bn_slice password = BN_SLICE("correct horse");
    assert_int_equal(bn_key_from_password(password, salt, out[0]), BN_OK);
    assert_int_equal(bn_key_from_password(password, other_salt, out[1]), BN_OK);
    assert_int_equal(bn_key_from_password((bn_slice){NULL, 0}, salt, out[2]), BN_OK);
    assert_int_equal(bn_key_from_password(password, salt, out[3]), BN_OK);
    assert_memory_not_equal(out[0], out[1], BN_KEY_BYTES);
    assert_memory_not_equal(out[0], out[2], BN_KEY_BYTES);
    assert_memory_equal(out[0], out[3], BN_KEY_BYTES);
}

static void key__wipe_and_compare(void **state)
{
    (void)state;
    uint8_t secret[4] = {1, 2, 3, 4};
    static const uint8_t zeros[4] = {0};
    assert_false(bn_bytes_equal(secret, zeros, sizeof secret));
    bn_wipe(secret, sizeof secret);
    assert_true(bn_bytes_equal(secret, zeros, sizeof secret));
    assert_true(bn_bytes_equal(NULL, NULL, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(key__public_of_secret_follows_the_published_vector),
        cmocka_unit_test(key__public_of_secret_refuses_zeros),
        cmocka_unit_test(key__transport_pairs_belong_together_and_differ),
        cmocka_unit_test(key__derive_separates_numbers_purposes_and_masters),
        cmocka_unit_test(key__from_password_depends_on_password_and_salt),
        cmocka_unit_test(key__wipe_and_compare),
    };
    return cmocka_run_group_tests(tests, start_crypto, NULL);
}
