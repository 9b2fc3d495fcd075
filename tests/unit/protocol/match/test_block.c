/* test_block.c - who meets whom.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "people.h"

static size_t keys_of(const customer *c, bn_block_key keys[BN_BLOCK_KEYS_MAX])
{
    bn_buf row = customer_row(c);
    bn_feature f;
    bn_feature_open(bn_buf_slice(&row), &f);
    size_t count = bn_block_keys(test_secret, &f, keys);
    bn_buf_fini(&row);
    return count;
}

static bool share_a_key(const customer *a, const customer *b)
{
    bn_block_key ka[BN_BLOCK_KEYS_MAX];
    bn_block_key kb[BN_BLOCK_KEYS_MAX];
    size_t na = keys_of(a, ka);
    size_t nb = keys_of(b, kb);
    for (size_t i = 0; i < na; i++) {
        for (size_t j = 0; j < nb; j++) {
            if (ka[i].wide == kb[j].wide) {
                return true;
            }
        }
    }
    return false;
}

static void block__lets_nobody_meet_on_blanks(void **state)
{
    (void)state;
    customer nothing = {.born = 0};
    bn_block_key keys[BN_BLOCK_KEYS_MAX];
    assert_int_equal(keys_of(&nothing, keys), 0);
    customer a = {.family = "王", .given = "芳"};
    customer b = {.family = "李", .given = "伟"};
    assert_false(share_a_key(&a, &b));
}

static void block__joins_a_chinese_name_with_its_pinyin_in_any_order(void **state)
{
    (void)state;
    customer hanzi = {.family = "王", .given = "小明"};
    customer pinyin = {.family = "Xiaoming", .given = "Wang"};
    customer apart = {.family = "Wang", .given = "Xiao Ming"};
    assert_true(share_a_key(&hanzi, &pinyin));
    assert_true(share_a_key(&hanzi, &apart));
}

static void block__survives_a_slip_in_either_half_of_a_number(void **state)
{
    (void)state;
    customer good = {.id = "11010519491231002X"};
    customer slip = {.id = "11010519491231003X"};
    customer early = {.id = "11010619491231002X"};
    assert_true(share_a_key(&good, &slip));
    assert_true(share_a_key(&good, &early));
}

static void reads__choose_the_narrow_key_of_a_crowded_one(void **state)
{
    (void)state;
    customer c = {.family = "王", .given = "伟", .born = 19800304, .phone = "13800138000"};
    bn_block_key keys[BN_BLOCK_KEYS_MAX];
    size_t count = keys_of(&c, keys);
    uint64_t hashes[2 * BN_BLOCK_KEYS_MAX];
    size_t with = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t crowded = keys[i].wide;
        size_t reads = bn_block_reads(keys, count, &crowded, 1, hashes);
        bool has_wide = false;
        bool has_narrow = false;
        for (size_t k = 0; k < reads; k++) {
            has_wide = has_wide || hashes[k] == keys[i].wide;
            has_narrow = has_narrow || hashes[k] == keys[i].narrow;
            assert_true(k == 0 || hashes[k - 1] < hashes[k]);
        }
        assert_false(has_wide);
        assert_true(has_narrow == (keys[i].narrow != 0));
        with += keys[i].narrow != 0 ? 1 : 0;
    }
    assert_true(with > 0);
}

static void writes__hold_every_key_that_may_ever_be_read(void **state)
{
    (void)state;
    property p = property_begin("block writes", 300);
    for (unsigned n = 0; n < p.cases; n++) {
        customer c = random_customer(&p);
        bn_block_key keys[BN_BLOCK_KEYS_MAX];
        uint64_t written[2 * BN_BLOCK_KEYS_MAX];
        uint64_t read[2 * BN_BLOCK_KEYS_MAX];
        size_t count = keys_of(&c, keys);
        size_t writes = bn_block_writes(keys, count, written);
        uint64_t crowded = count > 0 ? keys[property_below(&p, count)].wide : 0;
        size_t reads = bn_block_reads(keys, count, &crowded, 1, read);
        for (size_t i = 0, at = 0; i < reads; i++) {
            while (at < writes && written[at] < read[i]) {
                at++;
            }
            assert_true(at < writes && written[at] == read[i]);
        }
    }
}

static void keys__of_all_passes_are_those_of_each_pass(void **state)
{
    (void)state;
    property p = property_begin("block passes", 200);
    for (unsigned n = 0; n < p.cases; n++) {
        customer c = random_customer(&p);
        bn_buf row = customer_row(&c);
        bn_feature f;
        bn_feature_open(bn_buf_slice(&row), &f);
        bn_block_key all[BN_BLOCK_KEYS_MAX];
        bn_block_key one[BN_BLOCK_KEYS_MAX];
        size_t count = bn_block_keys(test_secret, &f, all);
        size_t sum = 0;
        for (unsigned pass = 0; pass < BN_PASS_COUNT; pass++) {
            sum += bn_block_pass_keys(test_secret, &f, (bn_pass)pass, one);
        }
        assert_int_equal(sum, count);
        bn_buf_fini(&row);
    }
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
        cmocka_unit_test(block__lets_nobody_meet_on_blanks),
        cmocka_unit_test(block__joins_a_chinese_name_with_its_pinyin_in_any_order),
        cmocka_unit_test(block__survives_a_slip_in_either_half_of_a_number),
        cmocka_unit_test(reads__choose_the_narrow_key_of_a_crowded_one),
        cmocka_unit_test(writes__hold_every_key_that_may_ever_be_read),
        cmocka_unit_test(keys__of_all_passes_are_those_of_each_pass),
    };
    return cmocka_run_group_tests_name("match block", tests, start, NULL);
}
