/* test_effect.c - effects: one after the other, what comes back, what is refused.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "samples.h"

#include "unit/unit.h"

#include <banyan/base/check.h>
#include <banyan/base/limits.h>

#define ARENA_BYTES_MAX (4u * 1024 * 1024)

typedef struct fixture {
    bn_arena arena;
    bn_buf buf;
    sample samples[SAMPLES_MAX];
    size_t count;
} fixture;

static int set_up(void **state)
{
    static fixture f;
    bn_arena_init(&f.arena, ARENA_BYTES_MAX);
    bn_buf_init(&f.buf, BN_BATCH_BYTES_MAX);
    f.count = samples_make(f.samples, &f.arena);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    bn_arena_fini(&f->arena);
    bn_buf_fini(&f->buf);
    return 0;
}

static void assert_effects_equal(const bn_effect *a, const bn_effect *b)
{
    assert_true(a->type == b->type && a->cseq == b->cseq && a->kind == b->kind);
    assert_true(bn_id_equal(a->id, b->id) && bn_slice_equal(a->image, b->image));
    assert_true(a->oseq == b->oseq && a->count == b->count && a->outcome == b->outcome);
    assert_true(bn_slice_equal(a->reason, b->reason));
    assert_true(a->branch == b->branch && bn_slice_equal(a->actor, b->actor));
    assert_int_equal(a->cells_count, b->cells_count);
    assert_int_equal(a->items_count, b->items_count);
    assert_int_equal(a->gone_count, b->gone_count);
    for (size_t i = 0; i < a->cells_count; i++) {
        assert_int_equal(a->cells[i].field, b->cells[i].field);
        assert_true(a->cells[i].stamp.cseq == b->cells[i].stamp.cseq);
    }
    for (size_t i = 0; i < a->items_count; i++) {
        assert_true(bn_dot_equal(a->items[i].stamp.dot, b->items[i].stamp.dot));
        assert_true(a->items[i].value.integer == b->items[i].value.integer);
    }
    for (size_t i = 0; i < a->gone_count; i++) {
        assert_int_equal(a->gone[i].field, b->gone[i].field);
        assert_true(bn_dot_equal(a->gone[i].dot, b->gone[i].dot));
        assert_int_equal(a->gone[i].value.type, b->gone[i].value.type);
        assert_true(a->gone[i].value.type != BN_VALUE_TEXT ||
                    bn_slice_equal(a->gone[i].value.text, b->gone[i].value.text));
    }
}

static void effect__comes_back_whole_one_after_the_other(void **state)
{
    fixture *f = *state;
    size_t effects = 0;
    bn_buf_clear(&f->buf);
    for (size_t i = 0; i < f->count; i++) {
        if (f->samples[i].type == SAMPLE_EFFECT) {
            bn_effect_encode(&f->samples[i].effect, &f->buf);
        }
    }
    bn_slice rest = bn_buf_slice(&f->buf);
    for (size_t i = 0; i < f->count; i++) {
        if (f->samples[i].type == SAMPLE_EFFECT) {
            bn_err err = {0};
            bn_effect back;
            assert_ok(bn_effect_decode(&rest, &f->arena, &back, &err), err);
            assert_effects_equal(&f->samples[i].effect, &back);
            effects++;
        }
    }
    assert_int_equal(rest.len, 0);
    assert_int_equal(effects, BN_EFFECT_GOLDEN);
}

static void effect__stays_where_it_is_when_refused(void **state)
{
    fixture *f = *state;
    bn_slice rest = BN_SLICE("\x94\x04\x05\xc0\x01\x94\x04");
    bn_slice before = rest;
    bn_effect back;
    assert_int_equal(bn_effect_decode(&rest, &f->arena, &back, NULL), BN_E_FORMAT);
    assert_true(rest.data == before.data && rest.len == before.len);
}

#define WHO        \
    "\x01\xc4\x10" \
    "0123456789abcdef"

static void effect__refuses_what_is_not_canonical(void **state)
{
    fixture *f = *state;
    const struct {
        const char *why;
        bn_slice bytes;
        bn_rc rc;
    } cases[] = {
        {"own", BN_SLICE("\x94\x04\x05\x06\x01"), BN_OK},
        {"leave", BN_SLICE("\x94\x03\x05" WHO), BN_OK},
        {"put", BN_SLICE("\x9a\x01\x05" WHO "\x00\xa0\xc4\x00\x90\x90\x90"), BN_OK},
        {"put that takes away",
         BN_SLICE("\x9a\x01\x05" WHO "\x00\xa0\xc4\x00\x90\x90\x94\x01\x02\x03\xc0"), BN_OK},
        {"type 0", BN_SLICE("\x94\x00\x05\x06\x01"), BN_E_FORMAT},
        {"type 9", BN_SLICE("\x94\x09\x05\x06\x01"), BN_E_FORMAT},
        {"one item too many", BN_SLICE("\x95\x04\x05\x06\x01\x01"), BN_E_FORMAT},
        {"one item too few", BN_SLICE("\x93\x04\x05\x06"), BN_E_FORMAT},
        {"count of 33 bits", BN_SLICE("\x94\x04\x05\x06\xcf\x00\x00\x00\x01\x00\x00\x00\x00"),
         BN_E_FORMAT},
        {"kind 64",
         BN_SLICE("\x94\x03\x05\x40\xc4\x10"
                  "0123456789abcdef"),
         BN_E_FORMAT},
        {"outcome 0", BN_SLICE("\x95\x05\x05\x06\x00\xa0"), BN_E_FORMAT},
        {"outcome 10", BN_SLICE("\x95\x05\x05\x06\x0a\xa0"), BN_E_FORMAT},
        {"gone unsorted",
         BN_SLICE("\x9a\x01\x05" WHO "\x00\xa0\xc4\x00\x90\x90"
                  "\x98\x01\x02\x03\xc0\x01\x02\x02\xc0"),
         BN_E_FORMAT},
        {"gone twice",
         BN_SLICE("\x9a\x01\x05" WHO "\x00\xa0\xc4\x00\x90\x90"
                  "\x98\x01\x02\x03\xc0\x01\x02\x03\xc0"),
         BN_E_FORMAT},
        {"gone cut", BN_SLICE("\x9a\x01\x05" WHO "\x00\xa0\xc4\x00\x90\x90\x93\x01\x02\x03"),
         BN_E_FORMAT},
        {"image as text", BN_SLICE("\x95\x02\x05" WHO "\xa0"), BN_E_FORMAT},
    };
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        bn_slice rest = cases[i].bytes;
        bn_effect effect;
        bn_rc rc = bn_effect_decode(&rest, &f->arena, &effect, NULL);
        if (rc != cases[i].rc || (rc == BN_OK && rest.len > 0)) {
            fail_msg("%s: %s", cases[i].why, bn_rc_text(rc));
        }
    }
}

static void effect__refuses_an_image_over_the_limit(void **state)
{
    fixture *f = *state;
    static uint8_t image[BN_RECORD_BYTES_MAX + 1];
    for (size_t len = BN_RECORD_BYTES_MAX; len <= BN_RECORD_BYTES_MAX + 1; len++) {
        bn_effect effect = {
            .type = BN_EFFECT_ENTER, .cseq = 1, .kind = 1, .image = bn_slice_make(image, len)};
        bn_buf_clear(&f->buf);
        bn_effect_encode(&effect, &f->buf);
        assert_int_equal(bn_buf_status(&f->buf), len > BN_RECORD_BYTES_MAX ? BN_E_LIMIT : BN_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(effect__comes_back_whole_one_after_the_other),
        cmocka_unit_test(effect__stays_where_it_is_when_refused),
        cmocka_unit_test(effect__refuses_what_is_not_canonical),
        cmocka_unit_test(effect__refuses_an_image_over_the_limit),
    };
    return cmocka_run_group_tests_name("wire/effect", tests, set_up, tear_down);
}
