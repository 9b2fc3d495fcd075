/* test_reader.c - typed gets of the cursor, and what packs for them.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "protocol/wire/pack.h"
#include "protocol/wire/reader.h"
#include "unit/unit.h"

#include <banyan/base/check.h>
#include <banyan/base/limits.h>

#include <string.h>

static bn_reader reader_of(bn_slice bytes)
{
    bn_reader r;
    bn_reader_init(&r, bytes);
    return r;
}

static void reader__reads_each_type(void **state)
{
    (void)state;
    bn_reader r = reader_of(BN_SLICE("\x97\x05\xd0\xdf\xc3\xa1x\xc4\x02yz\x92\x03\x04\xc0"));
    bn_err err = {0};
    uint8_t pair[2];
    assert_int_equal(bn_read_array(&r, 7, 7), 7);
    assert_int_equal(bn_read_uint(&r, 5), 5);
    assert_int_equal(bn_read_int(&r), -33);
    assert_true(bn_read_bool(&r));
    assert_true(bn_slice_is(bn_read_text(&r, 1), "x"));
    bn_read_exact(&r, pair, 2);
    assert_memory_equal(pair, "yz", 2);
    assert_true(bn_dot_equal(bn_read_dot(&r), (bn_dot){3, 4}));
    assert_true(bn_dot_is_none(bn_read_dot(&r)));
    assert_ok(bn_reader_end(&r, "thing", &err), err);
}

static void reader__keeps_its_first_failure(void **state)
{
    (void)state;
    bn_reader r = reader_of(BN_SLICE("\x92\xc0\x05"));
    bn_err err = {0};
    bn_read_array(&r, 2, 2);
    assert_int_equal(bn_read_uint(&r, 9), 0);
    assert_int_equal(bn_read_uint(&r, 9), 0);
    assert_int_equal(bn_read_text(&r, 9).len, 0);
    assert_int_equal(bn_reader_end(&r, "thing", &err), BN_E_FORMAT);
    assert_string_equal(err.text, "thing: byte 1: expected an unsigned integer");
}

static void reader__demands_the_end(void **state)
{
    (void)state;
    bn_reader r = reader_of(BN_SLICE("\x05\x06"));
    bn_err err = {0};
    assert_int_equal(bn_read_uint(&r, 9), 5);
    assert_int_equal(bn_reader_end(&r, "thing", &err), BN_E_FORMAT);
    assert_string_equal(err.text, "thing: byte 1: bytes behind the end");
}

typedef enum get { ARRAY, UINT, INT, TEXT, BYTES, EXACT, DOT, VALUE, BOOL } get;

static void read_one(bn_reader *r, get what)
{
    uint8_t room[4];
    if (what == ARRAY) {
        bn_read_array(r, 2, 3);
    } else if (what == UINT) {
        bn_read_uint(r, 200);
    } else if (what == INT) {
        bn_read_int(r);
    } else if (what == TEXT) {
        bn_read_text(r, 2);
    } else if (what == BYTES) {
        bn_read_bytes(r, 2, 3);
    } else if (what == EXACT) {
        bn_read_exact(r, room, sizeof room);
    } else if (what == DOT) {
        bn_read_dot(r);
    } else if (what == VALUE) {
        bn_read_value(r);
    } else {
        bn_read_bool(r);
    }
}

static void reader__refuses_what_is_out_of_bounds(void **state)
{
    (void)state;
    const struct {
        get what;
        bn_slice bytes;
        bn_rc rc;
    } cases[] = {
        {ARRAY, BN_SLICE("\x91\x01"), BN_E_FORMAT},
        {ARRAY, BN_SLICE("\x94\x01\x01\x01\x01"), BN_E_LIMIT},
        {ARRAY, BN_SLICE("\x93\x01"), BN_E_FORMAT},
        {ARRAY, BN_SLICE("\x05"), BN_E_FORMAT},
        {UINT, BN_SLICE("\xcc\xc9"), BN_E_FORMAT},
        {UINT, BN_SLICE("\xff"), BN_E_FORMAT},
        {INT, BN_SLICE("\xcf\x80\x00\x00\x00\x00\x00\x00\x00"), BN_E_FORMAT},
        {INT,
         BN_SLICE("\xa1"
                  "a"),
         BN_E_FORMAT},
        {TEXT,
         BN_SLICE("\xa3"
                  "abc"),
         BN_E_LIMIT},
        {TEXT, BN_SLICE("\xa1\xff"), BN_E_FORMAT},
        {TEXT,
         BN_SLICE("\xc4\x01"
                  "a"),
         BN_E_FORMAT},
        {BYTES,
         BN_SLICE("\xc4\x01"
                  "a"),
         BN_E_FORMAT},
        {BYTES,
         BN_SLICE("\xc4\x04"
                  "abcd"),
         BN_E_LIMIT},
        {BYTES,
         BN_SLICE("\xa2"
                  "ab"),
         BN_E_FORMAT},
        {EXACT,
         BN_SLICE("\xc4\x03"
                  "abc"),
         BN_E_FORMAT},
        {DOT, BN_SLICE("\x92\x00\x00"), BN_E_FORMAT},
        {DOT, BN_SLICE("\x92\xcf\x00\x00\x00\x01\x00\x00\x00\x00\x01"), BN_E_FORMAT},
        {DOT, BN_SLICE("\x91\x05"), BN_E_FORMAT},
        {VALUE, BN_SLICE("\x90"), BN_E_FORMAT},
        {VALUE, BN_SLICE("\xc3"), BN_E_FORMAT},
        {VALUE,
         BN_SLICE("\xc4\x03"
                  "abc"),
         BN_E_FORMAT},
        {VALUE, BN_SLICE(""), BN_E_FORMAT},
        {BOOL, BN_SLICE("\x01"), BN_E_FORMAT},
        {BOOL, BN_SLICE(""), BN_E_FORMAT},
    };
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        bn_reader r = reader_of(cases[i].bytes);
        read_one(&r, cases[i].what);
        if (r.rc != cases[i].rc) {
            fail_msg("case %zu: %s", i, bn_rc_text(r.rc));
        }
    }
}

static void reader__reads_every_integer_that_was_packed(void **state)
{
    (void)state;
    bn_buf buf;
    bn_buf_init(&buf, 64);
    for (unsigned shift = 0; shift < 64; shift++) {
        for (uint64_t near = 0; near < 3; near++) {
            uint64_t number = ((uint64_t)1 << shift) + near - 1;
            bn_buf_clear(&buf);
            bn_pack_uint(&buf, number);
            bn_pack_int(&buf, (int64_t)number);
            bn_pack_int(&buf, (int64_t)(0 - number));
            bn_reader r = reader_of(bn_buf_slice(&buf));
            assert_true(bn_read_uint(&r, UINT64_MAX) == number);
            assert_true(bn_read_int(&r) == (int64_t)number);
            assert_true(bn_read_int(&r) == (int64_t)(0 - number));
            assert_int_equal(bn_reader_end(&r, "numbers", NULL), BN_OK);
        }
    }
    bn_buf_fini(&buf);
}

static void pack__refuses_text_a_reader_would_refuse(void **state)
{
    (void)state;
    const struct {
        bn_slice text;
        bn_rc rc;
    } cases[] = {
        {BN_SLICE("abc"), BN_E_LIMIT}, {BN_SLICE("\xff"), BN_E_INVALID}, {BN_SLICE("ab"), BN_OK}};
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        bn_buf buf;
        bn_buf_init(&buf, 64);
        bn_pack_text(&buf, cases[i].text, 2);
        assert_int_equal(bn_buf_status(&buf), cases[i].rc);
        bn_buf_fini(&buf);
    }
}

static void pack__makes_any_reason_readable(void **state)
{
    (void)state;
    bn_buf buf;
    uint8_t longer[BN_REASON_BYTES_MAX + 1];
    bn_buf_init(&buf, 4096);
    bn_pack_reason(&buf, BN_SLICE("bad \xff\x1b\xe6\x98\x8e\xe6\x98"));
    bn_reader r = reader_of(bn_buf_slice(&buf));
    bn_slice text = bn_read_text(&r, BN_REASON_BYTES_MAX);
    assert_true(bn_slice_equal(text, BN_SLICE("bad ??\xe6\x98\x8e??")));
    bn_buf_clear(&buf);
    for (size_t i = 0; i < sizeof longer; i++) { /* 191 bytes, then a character of two bytes */
        longer[i] = i == sizeof longer - 2 ? 0xc3 : i == sizeof longer - 1 ? 0xa9 : 'x';
    }
    bn_pack_reason(&buf, bn_slice_make(longer, sizeof longer));
    r = reader_of(bn_buf_slice(&buf));
    assert_int_equal(bn_read_text(&r, BN_REASON_BYTES_MAX).len, BN_REASON_BYTES_MAX - 1);
    assert_int_equal(bn_reader_end(&r, "reason", NULL), BN_OK);
    bn_buf_fini(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reader__reads_each_type),
        cmocka_unit_test(reader__keeps_its_first_failure),
        cmocka_unit_test(reader__demands_the_end),
        cmocka_unit_test(reader__refuses_what_is_out_of_bounds),
        cmocka_unit_test(reader__reads_every_integer_that_was_packed),
        cmocka_unit_test(pack__refuses_text_a_reader_would_refuse),
        cmocka_unit_test(pack__makes_any_reason_readable),
    };
    return cmocka_run_group_tests_name("wire/reader", tests, NULL, NULL);
}
