/* test_seal.c - what was sealed opens with the same key at the same place and unchanged only.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "crypto_test.h"

#define SEALED_MAX 512

static const uint8_t key[BN_KEY_BYTES] = {1, 2, 3};

/* Appendix A.3.1 of draft-irtf-cfrg-xchacha: nonce, cipher, tag in our order. */
static void seal__opens_the_published_vector(void **state)
{
    (void)state;
    static const char sealed_hex[] =
        "404142434445464748494a4b4c4d4e4f5051525354555657"
        "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb"
        "731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452"
        "2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9"
        "21f9664c97637da9768812f615c68b13b52e"
        "c0875924c1c7987947deafd8780acf49";
    uint8_t sealed[sizeof sealed_hex / 2];
    uint8_t vector_key[BN_KEY_BYTES];
    uint8_t place[12];
    bn_buf plain;
    from_hex(sealed_hex, sealed, sizeof sealed);
    from_hex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f", vector_key,
             sizeof vector_key);
    from_hex("50515253c0c1c2c3c4c5c6c7", place, sizeof place);
    bn_buf_init(&plain, SEALED_MAX);
    assert_int_equal(bn_unseal(vector_key, bn_slice_make(place, sizeof place),
                               bn_slice_make(sealed, sizeof sealed), &plain),
                     BN_OK);
    assert_true(bn_slice_is(bn_buf_slice(&plain),
                            "Ladies and Gentlemen of the class of '99: If I could offer you only "
                            "one tip for the future, sunscreen would be it."));
    bn_buf_fini(&plain);
}

static void seal__appends_and_opens_again(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "x", "a customer's phone number"};
    for (size_t i = 0; i < BN_COUNT(texts); i++) {
        bn_slice text = bn_slice_of(texts[i]);
        bn_buf sealed;
        bn_buf plain;
        bn_buf_init(&sealed, SEALED_MAX);
        bn_buf_init(&plain, SEALED_MAX);
        bn_buf_append_text(&plain, "before|");
        bn_seal(key, BN_SLICE("place"), text, &sealed);
        assert_int_equal(bn_buf_status(&sealed), BN_OK);
        assert_int_equal(sealed.len, text.len + BN_SEAL_OVERHEAD_BYTES);
        assert_int_equal(bn_unseal(key, BN_SLICE("place"), bn_buf_slice(&sealed), &plain), BN_OK);
        assert_true(bn_slice_starts(bn_buf_slice(&plain), BN_SLICE("before|")));
        assert_true(bn_slice_equal(bn_slice_make(plain.data + 7, plain.len - 7), text));
        bn_buf_fini(&sealed);
        bn_buf_fini(&plain);
    }
}

static void seal__notices_a_change_of_every_byte_and_every_length(void **state)
{
    (void)state;
    bn_buf sealed;
    bn_buf plain;
    bn_buf_init(&sealed, SEALED_MAX);
    bn_buf_init(&plain, SEALED_MAX);
    bn_buf_append_text(&plain, "kept");
    bn_seal(key, BN_SLICE("place"), BN_SLICE("thirty bytes of somebody's life"), &sealed);
    for (size_t i = 0; i < sealed.len; i++) {
        sealed.data[i] ^= (uint8_t)(1u << (i % 8));
        assert_int_equal(bn_unseal(key, BN_SLICE("place"), bn_buf_slice(&sealed), &plain),
                         BN_E_CORRUPT);
        assert_true(bn_slice_is(bn_buf_slice(&plain), "kept"));
        sealed.data[i] ^= (uint8_t)(1u << (i % 8));
        bn_slice cut = bn_slice_make(sealed.data, i);
        assert_int_equal(bn_unseal(key, BN_SLICE("place"), cut, &plain), BN_E_CORRUPT);
    }
    assert_int_equal(bn_unseal(key, BN_SLICE("place"), bn_buf_slice(&sealed), &plain), BN_OK);
    bn_buf_fini(&sealed);
    bn_buf_fini(&plain);
}

static void seal__does_not_open_with_another_key_or_at_another_place(void **state)
{
    (void)state;
    static const uint8_t other_key[BN_KEY_BYTES] = {1, 2, 4};
    bn_buf sealed;
    bn_buf plain;
    bn_buf_init(&sealed, SEALED_MAX);
    bn_buf_init(&plain, SEALED_MAX);
    bn_seal(key, BN_SLICE("place"), BN_SLICE("text"), &sealed);
    bn_slice bytes = bn_buf_slice(&sealed);
    assert_int_equal(bn_unseal(other_key, BN_SLICE("place"), bytes, &plain), BN_E_CORRUPT);
    assert_int_equal(bn_unseal(key, BN_SLICE("placf"), bytes, &plain), BN_E_CORRUPT);
    assert_int_equal(bn_unseal(key, BN_SLICE(""), bytes, &plain), BN_E_CORRUPT);
    bn_buf_fini(&sealed);
    bn_buf_fini(&plain);
}

static void seal__reports_a_buffer_that_is_too_small(void **state)
{
    (void)state;
    bn_buf small;
    bn_buf_init(&small, BN_SEAL_OVERHEAD_BYTES + 3);
    bn_seal(key, BN_SLICE("place"), BN_SLICE("text"), &small);
    assert_int_equal(bn_buf_status(&small), BN_E_LIMIT);
    bn_buf_fini(&small);
}

static void seal__next_never_repeats_a_nonce_and_opens_like_any_other(void **state)
{
    (void)state;
    enum { rounds = 300, bytes = 4 + BN_SEAL_OVERHEAD_BYTES };
    static uint8_t sealed[rounds][bytes];
    bn_nonce nonce;
    bn_nonce another;
    bn_nonce_start(&nonce);
    bn_nonce_start(&another);
    assert_memory_not_equal(nonce.bytes, another.bytes, sizeof nonce.bytes);
    for (size_t i = 0; i < rounds; i++) {
        uint8_t plain[4];
        bn_seal_next(key, &nonce, BN_SLICE("place"), BN_SLICE("text"), sealed[i]);
        bn_slice made = bn_slice_make(sealed[i], bytes);
        assert_int_equal(bn_unseal_to(key, BN_SLICE("place"), made, plain), BN_OK);
        assert_memory_equal(plain, "text", sizeof plain);
        for (size_t j = 0; j < i; j++) {
            assert_memory_not_equal(sealed[i], sealed[j], sizeof nonce.bytes);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seal__opens_the_published_vector),
        cmocka_unit_test(seal__appends_and_opens_again),
        cmocka_unit_test(seal__notices_a_change_of_every_byte_and_every_length),
        cmocka_unit_test(seal__does_not_open_with_another_key_or_at_another_place),
        cmocka_unit_test(seal__reports_a_buffer_that_is_too_small),
        cmocka_unit_test(seal__next_never_repeats_a_nonce_and_opens_like_any_other),
    };
    return cmocka_run_group_tests(tests, start_crypto, NULL);
}
