/* test_envelope.c - a value opens at its own place, unchanged, and as its table wants it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store_test.h"

#include "core/store/envelope.h"

#define RAW_MAX 256

static const uint8_t seal_key[32] = {3};

static bn_slice make_raw(const uint8_t *key, bn_slice value, uint8_t raw[RAW_MAX])
{
    bn_nonce nonce;
    bn_nonce_start(&nonce);
    size_t size = bn_envelope_size(key != NULL, value.len);
    assert_true(size <= RAW_MAX && size - value.len <= BN_ENVELOPE_BYTES_MAX);
    bn_envelope_write(key, &nonce, BN_TABLE_ENTITY, BN_SLICE("key"), value, raw);
    return bn_slice_make(raw, size);
}

static bn_rc open_at(const uint8_t *seal, bn_table table, const char *key, bn_slice raw,
                     bn_slice *out)
{
    static uint8_t room[RAW_MAX];
    const char *reason = NULL;
    bn_rc rc = bn_envelope_open(seal, table, bn_slice_of(key), raw, room, out, &reason);
    assert_true(rc == BN_OK || (rc == BN_E_CORRUPT && reason != NULL));
    return rc;
}

static void envelope__gives_back_what_it_was_given(void **state)
{
    (void)state;
    static const char *const values[] = {"", "x", "a value of some length, but not much"};
    for (size_t i = 0; i < 2 * BN_COUNT(values); i++) {
        const uint8_t *key = i % 2 == 0 ? NULL : seal_key;
        uint8_t bytes[RAW_MAX];
        bn_slice found;
        bn_slice raw = make_raw(key, bn_slice_of(values[i / 2]), bytes);
        assert_int_equal(bn_envelope_room(raw), key != NULL ? strlen(values[i / 2]) : 0);
        assert_int_equal(open_at(key, BN_TABLE_ENTITY, "key", raw, &found), BN_OK);
        assert_true(bn_slice_is(found, values[i / 2]));
    }
}

static void envelope__refuses_a_value_at_another_place(void **state)
{
    (void)state;
    for (int sealed = 0; sealed < 2; sealed++) {
        const uint8_t *key = sealed ? seal_key : NULL;
        uint8_t bytes[RAW_MAX];
        bn_slice found;
        bn_slice raw = make_raw(key, BN_SLICE("balance 1000"), bytes);
        assert_int_equal(open_at(key, BN_TABLE_ENTITY, "kez", raw, &found), BN_E_CORRUPT);
        assert_int_equal(open_at(key, BN_TABLE_ENTITY, "key1", raw, &found), BN_E_CORRUPT);
        assert_int_equal(open_at(key, BN_TABLE_OPLOG, "key", raw, &found), BN_E_CORRUPT);
    }
}

static void envelope__notices_every_flipped_bit_and_every_length(void **state)
{
    (void)state;
    for (int sealed = 0; sealed < 2; sealed++) {
        const uint8_t *key = sealed ? seal_key : NULL;
        uint8_t bytes[RAW_MAX];
        bn_slice found;
        bn_slice raw = make_raw(key, BN_SLICE("balance 1000"), bytes);
        for (size_t bit = 0; bit < raw.len * 8; bit++) {
            bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
            assert_int_equal(open_at(key, BN_TABLE_ENTITY, "key", raw, &found), BN_E_CORRUPT);
            bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        for (size_t len = 0; len < raw.len; len++) {
            bn_slice cut = bn_slice_make(bytes, len);
            assert_int_equal(open_at(key, BN_TABLE_ENTITY, "key", cut, &found), BN_E_CORRUPT);
        }
    }
}

static void envelope__refuses_plain_for_sealed_and_sealed_for_plain(void **state)
{
    (void)state;
    uint8_t bytes[RAW_MAX];
    bn_slice found;
    bn_slice raw = make_raw(NULL, BN_SLICE("slipped in"), bytes);
    assert_int_equal(open_at(seal_key, BN_TABLE_ENTITY, "key", raw, &found), BN_E_CORRUPT);
    raw = make_raw(seal_key, BN_SLICE("secret"), bytes);
    assert_int_equal(open_at(NULL, BN_TABLE_ENTITY, "key", raw, &found), BN_E_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(envelope__gives_back_what_it_was_given),
        cmocka_unit_test(envelope__refuses_a_value_at_another_place),
        cmocka_unit_test(envelope__notices_every_flipped_bit_and_every_length),
        cmocka_unit_test(envelope__refuses_plain_for_sealed_and_sealed_for_plain),
    };
    return cmocka_run_group_tests(tests, start_crypto, NULL);
}
