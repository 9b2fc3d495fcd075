/* test_hash.c - digests against published vectors, chains against their definition.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "crypto_test.h"

static void hash__is_blake2b_256(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *hex;
    } cases[] = {
        {"", "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8"},
        {"abc", "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319"},
    };
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        bn_hash hash = bn_hash_of(bn_slice_of(cases[i].text));
        expect_hex(hash.bytes, sizeof hash.bytes, cases[i].hex);
    }
}

static void hash__of_two_parts_is_the_hash_of_both_together(void **state)
{
    (void)state;
    bn_slice whole = BN_SLICE("abc");
    for (size_t cut = 0; cut <= whole.len; cut++) {
        bn_hash two = bn_hash_of_two(bn_slice_make(whole.data, cut),
                                     bn_slice_make(whole.data + cut, whole.len - cut));
        assert_true(bn_hash_equal(two, bn_hash_of(whole)));
    }
    assert_false(bn_hash_equal(bn_hash_of(whole), bn_hash_of(BN_SLICE("abd"))));
}

static void hash__keyed_follows_the_published_vectors(void **state)
{
    (void)state;
    uint8_t count[64];
    uint8_t out[64];
    for (size_t i = 0; i < sizeof count; i++) {
        count[i] = (uint8_t)i;
    }
    bn_slice key = bn_slice_make(count, sizeof count);
    bn_hash_keyed(key, BN_SLICE(""), out, sizeof out);
    expect_hex(out, sizeof out,
               "10ebb67700b1868efb4417987acf4690ae9d972fb7a590c2f02871799aaa4786"
               "b5e996e8f0f4eb981fc214b005f42d2ff4233499391653df7aefcbc13fc51568");
    bn_hash_keyed(key, key, out, sizeof out);
    expect_hex(out, sizeof out,
               "65676d800617972fbd87e4b9514e1c67402b7a331096d3bfac22f1abb95374ab"
               "c942f16e9ab0ead33b87c91968a6e509e119ff07787b3ef483e1dcdccf6e3022");
}

static void hash__short_is_siphash_2_4(void **state)
{
    (void)state;
    uint8_t count[16];
    for (size_t i = 0; i < sizeof count; i++) {
        count[i] = (uint8_t)i;
    }
    assert_true(bn_hash_short(count, BN_SLICE("")) == 0x726fdb47dd0e0e31u);
    assert_true(bn_hash_short(count, bn_slice_make(count, 15)) == 0xa129ca6149be45e5u);
}

static void chain__is_the_hash_of_head_and_bytes(void **state)
{
    (void)state;
    bn_hash start = bn_chain_start(BN_SLICE("origin 7"));
    assert_true(bn_hash_equal(start, bn_hash_of(BN_SLICE("origin 7"))));
    bn_hash one = bn_chain_next(start, BN_SLICE("op"));
    bn_hash by_hand =
        bn_hash_of_two(bn_slice_make(start.bytes, sizeof start.bytes), BN_SLICE("op"));
    assert_true(bn_hash_equal(one, by_hand));
    bn_hash ab = bn_chain_next(bn_chain_next(start, BN_SLICE("a")), BN_SLICE("b"));
    bn_hash ba = bn_chain_next(bn_chain_next(start, BN_SLICE("b")), BN_SLICE("a"));
    bn_hash joined = bn_chain_next(start, BN_SLICE("ab"));
    assert_false(bn_hash_equal(ab, ba));
    assert_false(bn_hash_equal(ab, joined));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hash__is_blake2b_256),
        cmocka_unit_test(hash__of_two_parts_is_the_hash_of_both_together),
        cmocka_unit_test(hash__keyed_follows_the_published_vectors),
        cmocka_unit_test(hash__short_is_siphash_2_4),
        cmocka_unit_test(chain__is_the_hash_of_head_and_bytes),
    };
    return cmocka_run_group_tests(tests, start_crypto, NULL);
}
