/* test_batch.c - the whole pipeline: order, threads, decisions, removal, caps.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "people.h"

#define PEOPLE 600

static bn_epoch *epoch;

typedef struct crowd {
    bn_buf rows[PEOPLE];
} crowd;

static void crowd_init(crowd *c, uint64_t seed)
{
    property p = {.state = seed};
    for (uint32_t i = 0; i < PEOPLE; i++) {
        customer one = random_customer(&p);
        c->rows[i] = customer_row(&one);
    }
}

static void crowd_fini(crowd *c)
{
    for (uint32_t i = 0; i < PEOPLE; i++) {
        bn_buf_fini(&c->rows[i]);
    }
}

/* Clusters the records named by `order`; the batch is the caller's. */
static bn_batch *run(const crowd *c, const uint32_t *order, uint32_t count, unsigned threads,
                     const bn_batch_decisions *decisions)
{
    bn_err err = {.code = BN_OK};
    bn_batch *batch = NULL;
    assert_int_equal(bn_batch_create(&batch), BN_OK);
    for (uint32_t i = 0; i < count; i++) {
        bn_rid rid = test_rid(order[i]);
        assert_ok(bn_batch_add(batch, &rid, bn_buf_slice(&c->rows[order[i]]), &err), err);
    }
    assert_ok(bn_batch_seal(batch, &err), err);
    assert_ok(bn_batch_pair(batch, epoch, test_secret, threads, &err), err);
    assert_ok(bn_batch_score(batch, epoch, threads, &err), err);
    assert_ok(bn_batch_cluster(batch, epoch, 0, decisions, &err), err);
    return batch;
}

static void hash_of(const crowd *c, const uint32_t *order, uint32_t count, unsigned threads,
                    uint8_t hash[32])
{
    BN_AUTO(bn_batch_destroy) bn_batch *batch = run(c, order, count, threads, NULL);
    bn_batch_hash(batch, hash);
}

static void in_order(uint32_t order[PEOPLE])
{
    for (uint32_t i = 0; i < PEOPLE; i++) {
        order[i] = i;
    }
}

static void batch__gives_one_hash_for_twenty_orders(void **state)
{
    (void)state;
    property p = property_begin("batch order", 20);
    crowd c;
    uint32_t order[PEOPLE];
    uint8_t first[32];
    crowd_init(&c, 11);
    in_order(order);
    hash_of(&c, order, PEOPLE, 1, first);
    for (unsigned n = 0; n < p.cases; n++) {
        for (uint32_t i = PEOPLE; i > 1; i--) {
            uint32_t j = (uint32_t)property_below(&p, i);
            uint32_t swap = order[i - 1];
            order[i - 1] = order[j];
            order[j] = swap;
        }
        uint8_t again[32];
        hash_of(&c, order, PEOPLE, 1 + n % 4, again);
        assert_memory_equal(first, again, sizeof first);
    }
    crowd_fini(&c);
}

static void batch__restores_the_hash_when_a_record_returns(void **state)
{
    (void)state;
    crowd c;
    uint32_t order[PEOPLE];
    uint8_t all[32];
    uint8_t fewer[32];
    uint8_t again[32];
    crowd_init(&c, 12);
    in_order(order);
    hash_of(&c, order, PEOPLE, 1, all);
    hash_of(&c, order, PEOPLE - 1, 1, fewer);
    hash_of(&c, order, PEOPLE, 2, again);
    assert_memory_not_equal(all, fewer, sizeof all);
    assert_memory_equal(all, again, sizeof all);
    crowd_fini(&c);
}

static void batch__puts_every_record_into_one_cluster(void **state)
{
    (void)state;
    crowd c;
    uint32_t order[PEOPLE];
    crowd_init(&c, 13);
    in_order(order);
    BN_AUTO(bn_batch_destroy) bn_batch *batch = run(&c, order, PEOPLE, 2, NULL);
    const uint32_t *anchors = bn_batch_anchors(batch);
    const bn_batch_report *report = bn_batch_report_of(batch);
    uint32_t clusters = 0;
    for (uint32_t p = 0; p < PEOPLE; p++) {
        assert_true(anchors[p] <= p);
        assert_int_equal(anchors[anchors[p]], anchors[p]);
        clusters += anchors[p] == p ? 1 : 0;
        assert_true(bn_slice_equal(bn_batch_row(batch, bn_batch_place(batch, p)),
                                   bn_buf_slice(&c.rows[p])));
    }
    assert_int_equal(report->clusters_count, clusters);
    assert_true(clusters > 1 && clusters < PEOPLE);
    crowd_fini(&c);
}

static void batch__scores_every_pair_that_shares_a_key_once(void **state)
{
    (void)state;
    crowd c;
    uint32_t order[PEOPLE];
    crowd_init(&c, 14);
    in_order(order);
    BN_AUTO(bn_batch_destroy) bn_batch *batch = run(&c, order, 120, 2, NULL);
    size_t count;
    const uint64_t *pairs = bn_batch_pairs(batch, &count);
    size_t at = 0;
    for (uint32_t x = 0; x < 120; x++) {
        for (uint32_t y = x + 1; y < 120; y++) {
            bn_feature a;
            bn_feature b;
            bn_block_key ka[BN_BLOCK_KEYS_MAX];
            bn_block_key kb[BN_BLOCK_KEYS_MAX];
            bn_feature_open(bn_batch_row(batch, x), &a);
            bn_feature_open(bn_batch_row(batch, y), &b);
            size_t na = bn_epoch_keys(epoch, test_secret, &a, ka);
            size_t nb = bn_epoch_keys(epoch, test_secret, &b, kb);
            bool is_shared = false;
            for (size_t i = 0; i < na && !is_shared; i++) {
                for (size_t j = 0; j < nb && !is_shared; j++) {
                    is_shared = ka[i].wide == kb[j].wide;
                }
            }
            bool is_listed = at < count && pairs[at] == ((uint64_t)x << 32 | y);
            assert_true(is_shared == is_listed);
            at += is_listed ? 1 : 0;
        }
    }
    assert_int_equal(at, count);
    crowd_fini(&c);
}

static void batch__obeys_decisions(void **state)
{
    (void)state;
    crowd c;
    uint32_t order[PEOPLE];
    crowd_init(&c, 15);
    in_order(order);
    BN_AUTO(bn_batch_destroy) bn_batch *plain = run(&c, order, PEOPLE, 1, NULL);
    const uint32_t *anchors = bn_batch_anchors(plain);
    uint32_t member = 0;
    while (member < PEOPLE && anchors[member] == member) {
        member++;
    }
    assert_true(member < PEOPLE);
    bn_cluster_pin pins[] = {{0, 0, anchors[member]}, {0, 1, member}};
    bn_cluster_edge must = {0, PEOPLE - 1, 0};
    bn_batch_decisions decisions = {.musts = &must, .musts_count = 1, .pins = pins,
                                    .pins_count = 2};
    BN_AUTO(bn_batch_destroy) bn_batch *decided = run(&c, order, PEOPLE, 1, &decisions);
    const uint32_t *after = bn_batch_anchors(decided);
    assert_true(after[pins[0].record] != after[member]);
    assert_int_equal(after[0], after[PEOPLE - 1]);
    crowd_fini(&c);
}

static void batch__refuses_one_rid_twice(void **state)
{
    (void)state;
    bn_err err = {.code = BN_OK};
    customer one = {.family = "王", .given = "芳"};
    bn_buf row = customer_row(&one);
    BN_AUTO(bn_batch_destroy) bn_batch *batch = NULL;
    assert_int_equal(bn_batch_create(&batch), BN_OK);
    bn_rid rid = test_rid(1);
    assert_ok(bn_batch_add(batch, &rid, bn_buf_slice(&row), &err), err);
    assert_ok(bn_batch_add(batch, &rid, bn_buf_slice(&row), &err), err);
    assert_int_equal(bn_batch_seal(batch, &err), BN_E_EXISTS);
    bn_buf_fini(&row);
}

static void batch__raises_an_alarm_for_a_key_beyond_the_cap(void **state)
{
    (void)state;
    bn_err err = {.code = BN_OK};
    customer one = {.family = "王", .given = "芳"};
    bn_buf row = customer_row(&one);
    BN_AUTO(bn_batch_destroy) bn_batch *batch = NULL;
    assert_int_equal(bn_batch_create(&batch), BN_OK);
    for (uint32_t i = 0; i <= BN_BLOCK_CANDIDATES_MAX; i++) {
        bn_rid rid = test_rid(i);
        assert_ok(bn_batch_add(batch, &rid, bn_buf_slice(&row), &err), err);
    }
    assert_ok(bn_batch_seal(batch, &err), err);
    assert_ok(bn_batch_pair(batch, epoch, test_secret, 1, &err), err);
    const bn_batch_report *report = bn_batch_report_of(batch);
    assert_true(report->alarms_count > 0);
    assert_true(report->alarm_records > BN_BLOCK_CANDIDATES_MAX);
    assert_true(report->pairs_count < (uint64_t)BN_BLOCK_CANDIDATES_MAX * 20);
    bn_buf_fini(&row);
}

static int start(void **state)
{
    (void)state;
    bn_err err;
    return bn_crypto_start(&err) == BN_OK && bn_epoch_create_default(PEOPLE, &epoch) == BN_OK
               ? 0
               : -1;
}

static int stop(void **state)
{
    (void)state;
    bn_epoch_destroy(&epoch);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batch__gives_one_hash_for_twenty_orders),
        cmocka_unit_test(batch__restores_the_hash_when_a_record_returns),
        cmocka_unit_test(batch__puts_every_record_into_one_cluster),
        cmocka_unit_test(batch__scores_every_pair_that_shares_a_key_once),
        cmocka_unit_test(batch__obeys_decisions),
        cmocka_unit_test(batch__refuses_one_rid_twice),
        cmocka_unit_test(batch__raises_an_alarm_for_a_key_beyond_the_cap),
    };
    return cmocka_run_group_tests_name("match batch", tests, start, stop);
}
