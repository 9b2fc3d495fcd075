/* test_digest.c - names of conflicts and sums over records.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "property.h"
#include "unit/unit.h"

#include <banyan/base/check.h>
#include <banyan/protocol/conflict.h>
#include <banyan/protocol/crypto.h>

#include <string.h>

#define RECORDS 50

static const uint8_t key_bytes[32] = {1, 2, 3};

static bn_slice key(void)
{
    return bn_slice_make(key_bytes, sizeof key_bytes);
}

static bn_id id_of(size_t i)
{
    return (bn_id){.bytes = {(uint8_t)i, (uint8_t)(i >> 8), 1}};
}

static void change(bn_digest *digest, size_t i, bool is_added)
{
    uint8_t bytes[2] = {(uint8_t)i, 0x55};
    (is_added ? bn_digest_add : bn_digest_remove)(digest, key(), 1, id_of(i),
                                                  bn_slice_make(bytes, sizeof bytes));
}

static void digest__does_not_depend_on_the_order(void **state)
{
    (void)state;
    property p = property_begin("order of a digest", 50);
    bn_digest straight = {0};
    for (size_t i = 0; i < RECORDS; i++) {
        change(&straight, i, true);
    }
    for (unsigned c = 0; c < p.cases; c++) {
        size_t order[RECORDS];
        bn_digest shuffled = {0};
        for (size_t i = 0; i < RECORDS; i++) {
            size_t j = (size_t)property_below(&p, i + 1);
            order[i] = order[j];
            order[j] = i;
        }
        for (size_t i = 0; i < RECORDS; i++) {
            change(&shuffled, 1000 + i, true); /* comes and goes */
            change(&shuffled, order[i], true);
        }
        for (size_t i = 0; i < RECORDS; i++) {
            change(&shuffled, 1000 + order[i], false);
        }
        assert_memory_equal(shuffled.sum, straight.sum, sizeof straight.sum);
        assert_int_equal(shuffled.records_count, RECORDS);
    }
}

static void digest__tells_key_kind_id_and_bytes_apart(void **state)
{
    (void)state;
    const struct {
        bn_slice key;
        uint16_t kind;
        bn_id id;
        bn_slice bytes;
    } cases[] = {
        {key(), 1, id_of(1), BN_SLICE("a")},
        {BN_SLICE("another key of 16 or more"), 1, id_of(1), BN_SLICE("a")},
        {key(), 2, id_of(1), BN_SLICE("a")},
        {key(), 1, id_of(2), BN_SLICE("a")},
        {key(), 1, id_of(1), BN_SLICE("b")},
        {key(), 1, id_of(1), BN_SLICE("")},
    };
    char text[BN_COUNT(cases) + 1][33];
    bn_digest none = {0};
    bn_digest_format(&none, text[0]);
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        bn_digest digest = {0};
        bn_digest_add(&digest, cases[i].key, cases[i].kind, cases[i].id, cases[i].bytes);
        bn_digest_format(&digest, text[i + 1]);
        assert_int_equal(strlen(text[i + 1]), 32);
        for (size_t j = 0; j <= i; j++) {
            assert_string_not_equal(text[j], text[i + 1]);
        }
    }
}

static void conflict_id__follows_from_what_the_conflict_is_about(void **state)
{
    (void)state;
    bn_id id = bn_conflict_id(1, id_of(1), 3, (bn_dot){2, 9});
    assert_true(bn_id_equal(id, bn_conflict_id(1, id_of(1), 3, (bn_dot){2, 9})));
    assert_false(bn_id_equal(id, bn_conflict_id(2, id_of(1), 3, (bn_dot){2, 9})));
    assert_false(bn_id_equal(id, bn_conflict_id(1, id_of(2), 3, (bn_dot){2, 9})));
    assert_false(bn_id_equal(id, bn_conflict_id(1, id_of(1), 4, (bn_dot){2, 9})));
    assert_false(bn_id_equal(id, bn_conflict_id(1, id_of(1), 3, (bn_dot){3, 9})));
    assert_false(bn_id_equal(id, bn_conflict_id(1, id_of(1), 3, (bn_dot){2, 8})));
}

static int start(void **state)
{
    (void)state;
    return bn_crypto_start(NULL) == BN_OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digest__does_not_depend_on_the_order),
        cmocka_unit_test(digest__tells_key_kind_id_and_bytes_apart),
        cmocka_unit_test(conflict_id__follows_from_what_the_conflict_is_about),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
