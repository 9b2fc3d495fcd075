/* test_codec.c - every sample: there and back, cut at every byte, each byte changed.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "samples.h"

#include "protocol/wire/scan.h"
#include "unit/unit.h"

#include <banyan/base/alloc.h>
#include <banyan/base/check.h>
#include <banyan/base/limits.h>

#define ARENA_BYTES_MAX (4u * 1024 * 1024)

typedef struct fixture {
    bn_arena samples_arena;
    bn_arena arena;
    sample samples[SAMPLES_MAX];
    size_t count;
    bn_buf first;
    bn_buf second;
} fixture;

static int set_up(void **state)
{
    static fixture f;
    bn_arena_init(&f.samples_arena, ARENA_BYTES_MAX);
    bn_arena_init(&f.arena, ARENA_BYTES_MAX);
    bn_buf_init(&f.first, BN_FRAME_BYTES_MAX);
    bn_buf_init(&f.second, BN_FRAME_BYTES_MAX);
    f.count = samples_make(f.samples, &f.samples_arena);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    bn_arena_fini(&f->samples_arena);
    bn_arena_fini(&f->arena);
    bn_buf_fini(&f->first);
    bn_buf_fini(&f->second);
    return 0;
}

static bn_slice encode(const sample *s, bn_buf *out)
{
    bn_buf_clear(out);
    sample_encode(s, out);
    assert_int_equal(bn_buf_status(out), BN_OK);
    return bn_buf_slice(out);
}

static void codec__gives_back_the_same_bytes(void **state)
{
    fixture *f = *state;
    for (size_t i = 0; i < f->count; i++) {
        bn_err err = {0};
        sample back = {0};
        bn_slice bytes = encode(&f->samples[i], &f->first);
        bn_arena_reset(&f->arena);
        assert_ok(sample_decode(f->samples[i].type, bytes, &f->arena, &back, &err), err);
        bn_slice again = encode(&back, &f->second);
        assert_int_equal(again.len, bytes.len);
        assert_memory_equal(again.data, bytes.data, bytes.len);
    }
}

static void codec__writes_what_the_scanner_accepts(void **state)
{
    fixture *f = *state;
    for (size_t i = 0; i < f->count; i++) {
        bn_scan_fault fault;
        assert_int_equal(bn_scan(encode(&f->samples[i], &f->first), &fault), BN_OK);
    }
}

static void codec__refuses_every_truncation(void **state)
{
    fixture *f = *state;
    for (size_t i = 0; i < f->count; i++) {
        bn_slice bytes = encode(&f->samples[i], &f->first);
        for (size_t len = 0; len < bytes.len; len++) {
            bn_err err = {0};
            sample back = {.name = "untouched"};
            uint8_t *exact = bn_alloc(len + 1);
            memcpy(exact, bytes.data, len);
            bn_arena_reset(&f->arena);
            bn_rc rc = sample_decode(f->samples[i].type, bn_slice_make(exact, len), &f->arena,
                                     &back, &err);
            bn_free(exact);
            assert_int_equal(rc, BN_E_FORMAT);
            assert_true(err.text[0] != 0);
        }
    }
}

static void codec__refuses_a_byte_behind_the_end(void **state)
{
    fixture *f = *state;
    for (size_t i = 0; i < f->count; i++) {
        bn_err err = {0};
        sample back = {0};
        encode(&f->samples[i], &f->first);
        bn_buf_append_byte(&f->first, 0);
        bn_arena_reset(&f->arena);
        assert_int_equal(
            sample_decode(f->samples[i].type, bn_buf_slice(&f->first), &f->arena, &back, &err),
            BN_E_FORMAT);
    }
}

/* What is accepted after a change is canonical too: it encodes to the changed bytes. */
static void check_changed(fixture *f, sample_type type, bn_slice bytes)
{
    bn_err err = {0};
    sample back = {0};
    bn_arena_reset(&f->arena);
    bn_rc rc = sample_decode(type, bytes, &f->arena, &back, &err);
    if (rc == BN_OK) {
        bn_slice again = encode(&back, &f->second);
        assert_int_equal(again.len, bytes.len);
        assert_memory_equal(again.data, bytes.data, bytes.len);
    } else {
        assert_true(rc == BN_E_FORMAT || rc == BN_E_LIMIT || rc == BN_E_UNSUPPORTED);
    }
}

static void codec__accepts_only_canonical_bytes_when_one_byte_changes(void **state)
{
    fixture *f = *state;
    for (size_t i = 0; i < f->count; i++) {
        bn_slice bytes = encode(&f->samples[i], &f->first);
        for (size_t at = 0; at < bytes.len; at++) {
            uint8_t right = f->first.data[at];
            for (unsigned wrong = 0; wrong < 256; wrong++) {
                f->first.data[at] = (uint8_t)wrong;
                check_changed(f, f->samples[i].type, bytes);
            }
            f->first.data[at] = right;
        }
    }
}

static void codec__leaves_the_result_alone_when_it_fails(void **state)
{
    fixture *f = *state;
    for (size_t i = 0; i < f->count; i++) {
        bn_err err = {0};
        sample back;
        sample before;
        memset(&back, 0x5a, sizeof back);
        back.type = f->samples[i].type;
        before = back;
        bn_slice bytes = encode(&f->samples[i], &f->first);
        bn_arena_reset(&f->arena);
        assert_int_equal(sample_decode(f->samples[i].type, bn_slice_make(bytes.data, bytes.len - 1),
                                       &f->arena, &back, &err),
                         BN_E_FORMAT);
        assert_memory_equal(&back, &before, sizeof back);
    }
}

static void codec__reports_an_arena_that_is_full(void **state)
{
    fixture *f = *state;
    size_t refused = 0;
    for (size_t i = 0; i < f->count; i++) {
        bn_err err = {0};
        sample back = {0};
        bn_arena none;
        bn_arena_init(&none, 0);
        bn_rc rc = sample_decode(f->samples[i].type, encode(&f->samples[i], &f->first), &none,
                                 &back, &err);
        assert_true(rc == BN_OK || rc == BN_E_NO_MEMORY);
        refused += rc == BN_E_NO_MEMORY;
        bn_arena_fini(&none);
    }
    assert_true(refused > 8);
}

static void codec__refuses_five_hostile_bytes(void **state)
{
    fixture *f = *state;
    static const uint8_t hostile[][5] = {{0xdd, 0x80, 0, 0, 0}, /* array of 2^31 */
                                         {0xdf, 0x40, 0, 0, 0}, /* map of 2^30 */
                                         {0xdb, 0xff, 0xff, 0xff, 0xff},
                                         {0xc6, 0xff, 0xff, 0xff, 0xff},
                                         {0xc9, 0xff, 0xff, 0xff, 0xff}};
    for (int type = 0; type < SAMPLE_TYPES; type++) {
        for (size_t i = 0; i < BN_COUNT(hostile); i++) {
            bn_err err = {0};
            sample back = {0};
            bn_arena none;
            bn_arena_init(&none, 0);
            assert_int_equal(
                sample_decode((sample_type)type, bn_slice_make(hostile[i], 5), &none, &back, &err),
                BN_E_FORMAT);
            assert_int_equal(none.used_bytes, 0);
        }
        assert_int_equal(f->arena.size_max, ARENA_BYTES_MAX);
    }
}

static void codec__refuses_bytes_over_the_limit_of_their_kind(void **state)
{
    fixture *f = *state;
    static const size_t limits[SAMPLE_TYPES] = {[SAMPLE_OP] = BN_OP_BYTES_MAX,
                                                [SAMPLE_RECORD] = BN_RECORD_BYTES_MAX,
                                                [SAMPLE_CONFLICT] = BN_RECORD_BYTES_MAX,
                                                [SAMPLE_MESSAGE] = BN_FRAME_BYTES_MAX};
    for (int type = 0; type < SAMPLE_TYPES; type++) {
        if (limits[type] > 0) {
            bn_err err = {0};
            sample back = {0};
            uint8_t *bytes = bn_alloc(limits[type] + 1);
            bn_slice all = bn_slice_make(bytes, limits[type] + 1);
            assert_int_equal(sample_decode((sample_type)type, all, &f->arena, &back, &err),
                             BN_E_LIMIT);
            bn_free(bytes);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codec__gives_back_the_same_bytes),
        cmocka_unit_test(codec__writes_what_the_scanner_accepts),
        cmocka_unit_test(codec__refuses_every_truncation),
        cmocka_unit_test(codec__refuses_a_byte_behind_the_end),
        cmocka_unit_test(codec__accepts_only_canonical_bytes_when_one_byte_changes),
        cmocka_unit_test(codec__leaves_the_result_alone_when_it_fails),
        cmocka_unit_test(codec__reports_an_arena_that_is_full),
        cmocka_unit_test(codec__refuses_five_hostile_bytes),
        cmocka_unit_test(codec__refuses_bytes_over_the_limit_of_their_kind),
    };
    return cmocka_run_group_tests_name("wire/codec", tests, set_up, tear_down);
}
