/* test_epoch.c - epochs as bytes.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "people.h"

#define PEOPLE 400

static bn_batch *sealed_people(uint64_t seed)
{
    property p = {.state = seed};
    bn_err err = {.code = BN_OK};
    bn_batch *batch = NULL;
    assert_int_equal(bn_batch_create(&batch), BN_OK);
    for (uint32_t i = 0; i < PEOPLE; i++) {
        customer c = random_customer(&p);
        bn_buf row = customer_row(&c);
        bn_rid rid = test_rid(i);
        assert_ok(bn_batch_add(batch, &rid, bn_buf_slice(&row), &err), err);
        bn_buf_fini(&row);
    }
    assert_ok(bn_batch_seal(batch, &err), err);
    return batch;
}

static bn_epoch *trained(void)
{
    bn_err err = {.code = BN_OK};
    bn_epoch *epoch = NULL;
    BN_AUTO(bn_batch_destroy) bn_batch *batch = sealed_people(7);
    assert_ok(bn_batch_train(batch, test_secret, 1, &epoch, &err), err);
    return epoch;
}

static void epoch__comes_back_from_its_bytes_with_its_hash(void **state)
{
    (void)state;
    bn_err err = {.code = BN_OK};
    BN_AUTO(bn_epoch_destroy) bn_epoch *epoch = trained();
    BN_AUTO(bn_epoch_destroy) bn_epoch *again = NULL;
    bn_buf bytes;
    bn_buf more;
    bn_buf_init(&bytes, BN_EPOCH_BYTES_MAX);
    bn_buf_init(&more, BN_EPOCH_BYTES_MAX);
    assert_int_equal(bn_epoch_encode(epoch, &bytes), BN_OK);
    assert_ok(bn_epoch_decode(bn_buf_slice(&bytes), &again, &err), err);
    assert_memory_equal(bn_epoch_hash(epoch), bn_epoch_hash(again), 32);
    assert_int_equal(bn_epoch_encode(again, &more), BN_OK);
    assert_true(bn_slice_equal(bn_buf_slice(&bytes), bn_buf_slice(&more)));
    assert_int_equal(bn_epoch_records_count(again), PEOPLE);
    bn_buf_fini(&bytes);
    bn_buf_fini(&more);
}

static void epoch__is_refused_when_cut_and_never_trusted_when_changed(void **state)
{
    (void)state;
    bn_err err = {.code = BN_OK};
    BN_AUTO(bn_epoch_destroy) bn_epoch *epoch = trained();
    bn_buf bytes;
    bn_buf_init(&bytes, BN_EPOCH_BYTES_MAX);
    assert_int_equal(bn_epoch_encode(epoch, &bytes), BN_OK);
    property p = property_begin("epoch flips", 400);
    for (unsigned i = 0; i < p.cases; i++) {
        bn_epoch *out = NULL;
        size_t len = property_below(&p, bytes.len);
        assert_int_equal(bn_epoch_decode(bn_slice_make(bytes.data, len), &out, &err),
                         BN_E_CORRUPT);
        size_t at = property_below(&p, bytes.len);
        uint8_t before = bytes.data[at];
        bytes.data[at] ^= (uint8_t)(1u << property_below(&p, 8));
        if (bn_epoch_decode(bn_buf_slice(&bytes), &out, &err) == BN_OK) {
            assert_memory_not_equal(bn_epoch_hash(out), bn_epoch_hash(epoch), 32);
            bn_epoch_destroy(&out);
        }
        bytes.data[at] = before;
    }
    bn_buf_fini(&bytes);
}

static void epoch__with_crowded_keys_fits_one_secret_only(void **state)
{
    (void)state;
    BN_AUTO(bn_epoch_destroy) bn_epoch *epoch = trained();
    BN_AUTO(bn_epoch_destroy) bn_epoch *fresh = NULL;
    uint8_t other[BN_BLOCK_SECRET_BYTES] = {1};
    size_t count;
    bn_epoch_crowded(epoch, &count);
    assert_true(count > 0);
    assert_true(bn_epoch_fits_secret(epoch, test_secret));
    assert_false(bn_epoch_fits_secret(epoch, other));
    assert_int_equal(bn_epoch_create_default(1000, &fresh), BN_OK);
    assert_true(bn_epoch_fits_secret(fresh, other));
    BN_AUTO(bn_batch_destroy) bn_batch *batch = sealed_people(7);
    bn_err err;
    assert_int_equal(bn_batch_pair(batch, epoch, other, 1, &err), BN_E_INVALID);
}

static void training__depends_on_the_set_and_nothing_else(void **state)
{
    (void)state;
    bn_err err = {.code = BN_OK};
    BN_AUTO(bn_epoch_destroy) bn_epoch *one = trained();
    for (unsigned threads = 1; threads <= 3; threads++) {
        BN_AUTO(bn_batch_destroy) bn_batch *batch = sealed_people(7);
        BN_AUTO(bn_epoch_destroy) bn_epoch *other = NULL;
        assert_ok(bn_batch_train(batch, test_secret, threads, &other, &err), err);
        assert_memory_equal(bn_epoch_hash(one), bn_epoch_hash(other), 32);
    }
}

static void thresholds__are_chances(void **state)
{
    (void)state;
    BN_AUTO(bn_epoch_destroy) bn_epoch *epoch = NULL;
    assert_int_equal(bn_epoch_create_default(1000000, &epoch), BN_OK);
    const bn_epoch_limits *limits = bn_epoch_limits_of(epoch);
    assert_int_equal(limits->review_min, 0);
    assert_true(bn_weight_to_ppm(limits->link_min) >= 995000);
    assert_true(bn_weight_to_ppm(limits->link_min - 1) < 995000);
}

static int start(void **state)
{
    (void)state;
    bn_err err;
    return bn_crypto_start(&err) == BN_OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(epoch__comes_back_from_its_bytes_with_its_hash),
        cmocka_unit_test(epoch__is_refused_when_cut_and_never_trusted_when_changed),
        cmocka_unit_test(epoch__with_crowded_keys_fits_one_secret_only),
        cmocka_unit_test(training__depends_on_the_set_and_nothing_else),
        cmocka_unit_test(thresholds__are_chances),
    };
    return cmocka_run_group_tests_name("match epoch", tests, start, NULL);
}
