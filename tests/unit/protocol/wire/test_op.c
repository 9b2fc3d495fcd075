/* test_op.c - ops: what they cost, what comes back, what is refused.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "samples.h"

#include "property.h"
#include "protocol/wire/pack.h"
#include "unit/unit.h"

#include <banyan/base/check.h>
#include <banyan/base/limits.h>
#include <banyan/base/number.h>

#define ARENA_BYTES_MAX (8u * 1024 * 1024)
#define UPDATE_BYTES_MAX 110
#define HEADER_BYTES_MAX 44 /* who, when, what was seen, which record */

typedef struct fixture {
    bn_arena arena;
    bn_buf buf;
    bn_buf again;
} fixture;

static int set_up(void **state)
{
    static fixture f;
    bn_arena_init(&f.arena, ARENA_BYTES_MAX);
    bn_buf_init(&f.buf, BN_VALUE_BYTES_MAX);
    bn_buf_init(&f.again, BN_VALUE_BYTES_MAX);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    bn_arena_fini(&f->arena);
    bn_buf_fini(&f->buf);
    bn_buf_fini(&f->again);
    return 0;
}

static bn_slice encode(fixture *f, const bn_op *op)
{
    bn_buf_clear(&f->buf);
    bn_op_encode(op, &f->buf);
    assert_int_equal(bn_buf_status(&f->buf), BN_OK);
    return bn_buf_slice(&f->buf);
}

static void assert_values_equal(bn_value a, bn_value b)
{
    assert_int_equal(a.type, b.type);
    if (a.type == BN_VALUE_TEXT) {
        assert_true(bn_slice_equal(a.text, b.text));
    } else if (a.type == BN_VALUE_ID) {
        assert_true(bn_id_equal(a.id, b.id));
    } else if (a.type == BN_VALUE_INT) {
        assert_true(a.integer == b.integer);
    }
}

static void assert_ops_equal(const bn_op *a, const bn_op *b)
{
    assert_int_equal(a->type, b->type);
    assert_int_equal(a->flags, b->flags);
    assert_int_equal(a->schema_version, b->schema_version);
    assert_true(a->hlc.value == b->hlc.value && a->cursor == b->cursor);
    assert_true(bn_slice_equal(a->actor, b->actor));
    assert_int_equal(a->kind, b->kind);
    assert_true(bn_id_equal(a->id, b->id));
    assert_int_equal(a->changes_count, b->changes_count);
    for (size_t i = 0; i < a->changes_count; i++) {
        assert_int_equal(a->changes[i].field, b->changes[i].field);
        assert_int_equal(a->changes[i].verb, b->changes[i].verb);
        assert_true(bn_dot_equal(a->changes[i].base, b->changes[i].base));
        assert_values_equal(a->changes[i].value, b->changes[i].value);
    }
    assert_int_equal(a->observed_count, b->observed_count);
    for (size_t i = 0; i < a->observed_count; i++) {
        assert_true(bn_dot_equal(a->observed[i], b->observed[i]));
    }
    assert_true(bn_dot_equal(a->pick, b->pick));
    assert_true(bn_slice_equal(a->note, b->note) && bn_slice_equal(a->body, b->body));
}

static void op__comes_back_whole(void **state)
{
    fixture *f = *state;
    sample samples[SAMPLES_MAX];
    bn_arena_reset(&f->arena);
    size_t count = samples_make(samples, &f->arena);
    for (size_t i = 0; i < count; i++) {
        if (samples[i].type == SAMPLE_OP) {
            bn_err err = {0};
            bn_op back;
            assert_ok(bn_op_decode(encode(f, &samples[i].op), &f->arena, &back, &err), err);
            assert_ops_equal(&samples[i].op, &back);
        }
    }
}

static void op__of_a_small_update_stays_small(void **state)
{
    fixture *f = *state;
    bn_arena_reset(&f->arena);
    for (size_t fields = 1; fields <= 3; fields++) {
        bn_op distinct = sample_update(&f->arena, fields, false);
        bn_op shared = sample_update(&f->arena, fields, true);
        size_t distinct_len = encode(f, &distinct).len;
        size_t shared_len = encode(f, &shared).len;
        printf("# update of %zu fields: %zu bytes, one base %zu bytes\n", fields, distinct_len,
               shared_len);
        assert_true(distinct_len <= UPDATE_BYTES_MAX);
        /* A base that is the same as before costs nothing. */
        assert_int_equal(shared_len, 66 + (fields - 1) * 14);
    }
}

/* What msgpack needs for {field: value, ...}. */
static size_t map_bytes(fixture *f, const bn_op *op)
{
    bn_buf_clear(&f->again);
    for (size_t i = 0; i < op->changes_count; i++) {
        bn_pack_uint(&f->again, op->changes[i].field);
        bn_pack_value(&f->again, op->changes[i].value);
    }
    return f->again.len + (op->changes_count < 16 ? 1 : 3);
}

static void op__of_a_new_customer_costs_a_map_and_a_short_header(void **state)
{
    fixture *f = *state;
    bn_arena_reset(&f->arena);
    bn_op op = sample_create(&f->arena);
    bn_op bare = op;
    bare.changes_count = 0;
    assert_int_equal(op.changes_count, 24);
    size_t header = encode(f, &bare).len - 1;
    size_t whole = encode(f, &op).len;
    size_t map = map_bytes(f, &op);
    printf("# create of 24 fields: %zu bytes, %zu of them header; as a map %zu bytes\n", whole,
           header, map);
    assert_int_equal(whole - header, map);
    assert_true(header <= HEADER_BYTES_MAX);
}

static void op__changes_sort_themselves(void **state)
{
    fixture *f = *state;
    bn_arena_reset(&f->arena);
    bn_op op = sample_create(&f->arena);
    bn_slice sorted = bn_arena_copy(&f->arena, encode(f, &op));
    for (size_t i = 0; i < op.changes_count / 2; i++) {
        bn_change swapped = op.changes[i];
        op.changes[i] = op.changes[op.changes_count - 1 - i];
        op.changes[op.changes_count - 1 - i] = swapped;
    }
    assert_true(bn_slice_equal(encode(f, &op), sorted));
}

static void op__is_not_written_beyond_its_limits(void **state)
{
    fixture *f = *state;
    static char longest[BN_TEXT_BYTES_MAX + 2];
    memset(longest, 'x', sizeof longest - 1);
    bn_arena_reset(&f->arena);
    bn_op ops[7];
    for (size_t i = 0; i < BN_COUNT(ops); i++) {
        ops[i] = sample_update(&f->arena, 2, true);
    }
    ops[0].changes[0].value.text = bn_slice_of(longest);
    ops[1].actor = bn_slice_make(longest, BN_ACTOR_BYTES_MAX + 1);
    ops[2].note = bn_slice_make(longest, BN_NOTE_BYTES_MAX + 1);
    ops[3].observed_count = BN_OBSERVED_MAX + 1;
    ops[4].changes_count = BN_FIELDS_MAX + 1;
    ops[5].body = bn_slice_make(bn_arena_alloc(&f->arena, BN_OP_BYTES_MAX), BN_OP_BYTES_MAX);
    ops[6].changes[1] = ops[6].changes[0];
    for (size_t i = 0; i < BN_COUNT(ops); i++) {
        bn_buf_clear(&f->buf);
        bn_op_encode(&ops[i], &f->buf);
        assert_int_equal(bn_buf_status(&f->buf), i == 6 ? BN_E_INVALID : BN_E_LIMIT);
    }
}

/* The bytes of an op that has `changes`, and `tail` behind them. */
static bn_slice assemble(fixture *f, uint8_t items, uint8_t head, bn_slice changes, bn_slice tail)
{
    bn_buf_clear(&f->buf);
    bn_buf_append_byte(&f->buf, 0x90 | items);
    bn_buf_append_byte(&f->buf, head);
    bn_buf_append_slice(&f->buf, BN_SLICE("\x01\x05\x06\xa1u\x01\xc4\x10"
                                          "0123456789abcdef"));
    bn_buf_append_slice(&f->buf, changes);
    bn_buf_append_slice(&f->buf, tail);
    return bn_buf_slice(&f->buf);
}

static void op__refuses_changes_that_are_not_canonical(void **state)
{
    fixture *f = *state;
    const struct {
        const char *why;
        bn_slice changes;
        bn_rc rc;
    } cases[] = {
        {"none", BN_SLICE("\x90"), BN_OK},
        {"two", BN_SLICE("\x94\x01\x05\x02\x05"), BN_OK},
        {"one with base and verb", BN_SLICE("\x95\xff\x07\xc3\x01\x05"), BN_OK},
        {"remove twice on two bases", BN_SLICE("\x9a\xfe\x07\xc2\x01\x05\xfe\x08\xc2\x01\x05"),
         BN_OK},
        {"base and none again", BN_SLICE("\x97\xfe\x07\x01\x05\xc0\x02\x05"), BN_OK},
        {"not an array", BN_SLICE("\x05"), BN_E_FORMAT},
        {"unsorted", BN_SLICE("\x94\x02\x05\x01\x05"), BN_E_FORMAT},
        {"twice the same", BN_SLICE("\x94\x01\x05\x01\x05"), BN_E_FORMAT},
        {"values unsorted", BN_SLICE("\x94\x01\x06\x01\x05"), BN_E_FORMAT},
        {"verbs unsorted", BN_SLICE("\x96\xc2\x01\x05\xc3\x01\x05"), BN_E_FORMAT},
        {"value missing", BN_SLICE("\x91\x01"), BN_E_FORMAT},
        {"value missing behind a base", BN_SLICE("\x93\xff\x07\x01"), BN_E_FORMAT},
        {"only a base", BN_SLICE("\x92\xff\x07"), BN_E_FORMAT},
        {"half a base", BN_SLICE("\x91\xff"), BN_E_FORMAT},
        {"only a verb", BN_SLICE("\x91\xc3"), BN_E_FORMAT},
        {"none at first", BN_SLICE("\x93\xc0\x01\x05"), BN_E_FORMAT},
        {"base repeats", BN_SLICE("\x98\xfe\x07\x01\x05\xfe\x07\x02\x05"), BN_E_FORMAT},
        {"none as a dot", BN_SLICE("\x94\xff\x00\x01\x05"), BN_E_FORMAT},
        {"two bases", BN_SLICE("\x96\xff\x07\xfe\x07\x01\x05"), BN_E_FORMAT},
        {"two verbs", BN_SLICE("\x94\xc3\xc3\x01\x05"), BN_E_FORMAT},
        {"verb before base", BN_SLICE("\x95\xc3\xff\x07\x01\x05"), BN_E_FORMAT},
        {"origin of 33 bits", BN_SLICE("\x94\xd3\xff\xff\xff\xfe\xff\xff\xff\xff\x07\x01\x05"),
         BN_E_FORMAT},
        {"field of 17 bits", BN_SLICE("\x92\xce\x00\x01\x00\x00\x05"), BN_E_FORMAT},
        {"boolean value", BN_SLICE("\x92\x01\xc3"), BN_E_FORMAT},
        {"array value", BN_SLICE("\x92\x01\x90"), BN_E_FORMAT},
    };
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        bn_op op;
        bn_arena_reset(&f->arena);
        bn_slice bytes = assemble(f, 8, BN_OP_WRITE, cases[i].changes, BN_SLICE(""));
        bn_rc rc = bn_op_decode(bytes, &f->arena, &op, NULL);
        if (rc != cases[i].rc) {
            fail_msg("%s: %s", cases[i].why, bn_rc_text(rc));
        }
    }
}

static void op__refuses_heads_and_tails_that_are_not_canonical(void **state)
{
    fixture *f = *state;
    const struct {
        const char *why;
        uint8_t items;
        uint8_t head;
        bn_slice tail;
        bn_rc rc;
    } cases[] = {
        {"write", 8, 0x01, BN_SLICE(""), BN_OK},
        {"blind part of a transaction", 8, 0x31, BN_SLICE(""), BN_OK},
        {"resolve", 12, 0x03, BN_SLICE("\x92\x01\x02\xc0\xa0\xc4\x00"), BN_OK},
        {"type 0", 8, 0x00, BN_SLICE(""), BN_E_FORMAT},
        {"type 6", 8, 0x06, BN_SLICE(""), BN_E_FORMAT},
        {"flag 4", 8, 0x41, BN_SLICE(""), BN_E_FORMAT},
        {"9 items", 9, 0x01, BN_SLICE("\x90"), BN_E_FORMAT},
        {"empty tail", 12, 0x03, BN_SLICE("\x90\xc0\xa0\xc4\x00"), BN_E_FORMAT},
        {"half a dot", 12, 0x03, BN_SLICE("\x91\x01\xc0\xa0\xc4\x00"), BN_E_FORMAT},
        {"pick of none", 12, 0x03, BN_SLICE("\x90\x92\x00\x00\xa1n\xc4\x00"), BN_E_FORMAT},
        {"body as text", 12, 0x03,
         BN_SLICE("\x90\xc0\xa1n\xa1"
                  "b"),
         BN_E_FORMAT},
    };
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        bn_op op;
        bn_arena_reset(&f->arena);
        bn_slice bytes =
            assemble(f, cases[i].items, cases[i].head, BN_SLICE("\x90"), cases[i].tail);
        bn_rc rc = bn_op_decode(bytes, &f->arena, &op, NULL);
        if (rc != cases[i].rc) {
            fail_msg("%s: %s", cases[i].why, bn_rc_text(rc));
        }
    }
}

static void op__refuses_too_many_changes(void **state)
{
    fixture *f = *state;
    uint8_t changes[3 + 2 * (BN_FIELDS_MAX + 1)] = {0xdc};
    for (size_t count = BN_FIELDS_MAX; count <= BN_FIELDS_MAX + 1; count++) {
        bn_op op;
        bn_store_u16(changes + 1, (uint16_t)(2 * count));
        for (size_t i = 0; i < count; i++) {
            changes[3 + 2 * i] = (uint8_t)i;
            changes[4 + 2 * i] = 0xc0;
        }
        bn_arena_reset(&f->arena);
        bn_slice bytes =
            assemble(f, 8, BN_OP_WRITE, bn_slice_make(changes, 3 + 2 * count), BN_SLICE(""));
        assert_int_equal(bn_op_decode(bytes, &f->arena, &op, NULL),
                         count > BN_FIELDS_MAX ? BN_E_LIMIT : BN_OK);
    }
}

/* --- random ops ---------------------------------------------------------------------------- */

static uint64_t any_number(property *p)
{
    return property_next(p) >> property_below(p, 64);
}

static bn_dot any_dot(property *p)
{
    static const bn_dot few[] = {{0, 0}, {17, 5}, {17, 6}, {0, 9}};
    if (property_below(p, 4) > 0) {
        return few[property_below(p, BN_COUNT(few))];
    }
    return (bn_dot){(uint32_t)any_number(p), any_number(p)};
}

static bn_value any_value(property *p)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789 -";
    bn_value value = {.type = (bn_value_type)property_below(p, 4)};
    if (value.type == BN_VALUE_INT) {
        value.integer = (int64_t)any_number(p) * (property_below(p, 2) == 0 ? 1 : -1);
    } else if (value.type == BN_VALUE_TEXT) {
        value.text = bn_slice_make(letters, property_below(p, sizeof letters));
    } else if (value.type == BN_VALUE_ID) {
        value.id = sample_id((uint32_t)any_number(p), property_below(p, 1000));
    }
    return value;
}

static bn_op any_op(property *p, bn_arena *arena)
{
    bn_op op = sample_update(arena, 1, true);
    op.type = (bn_op_type)(1 + property_below(p, 5));
    op.flags = (uint8_t)property_below(p, 4);
    op.schema_version = (uint16_t)any_number(p);
    op.hlc.value = any_number(p);
    op.cursor = any_number(p);
    op.kind = (uint16_t)property_below(p, BN_KIND_MAX + 1);
    op.changes_count = property_below(p, BN_FIELDS_MAX + 1);
    op.changes = bn_arena_array(arena, BN_FIELDS_MAX, sizeof *op.changes);
    for (size_t i = 0; i < op.changes_count; i++) { /* ascending fields: always in order */
        uint16_t before = i == 0 ? 0 : op.changes[i - 1].field;
        op.changes[i] = (bn_change){.field = (uint16_t)(before + 1 + property_below(p, 9)),
                                    .verb = (bn_verb)property_below(p, 3),
                                    .base = any_dot(p),
                                    .value = any_value(p)};
    }
    op.observed_count = property_below(p, 2) * property_below(p, BN_OBSERVED_MAX + 1);
    op.observed = bn_arena_array(arena, BN_OBSERVED_MAX, sizeof *op.observed);
    for (size_t i = 0; i < op.observed_count; i++) {
        op.observed[i] = any_dot(p);
    }
    op.pick = any_dot(p);
    op.note = property_below(p, 2) == 0 ? BN_SLICE("") : BN_SLICE("because");
    op.body = property_below(p, 2) == 0 ? BN_SLICE("") : BN_SLICE("\xff\x00");
    return op;
}

static void op__of_any_content_comes_back_whole(void **state)
{
    fixture *f = *state;
    property p = property_begin("op there and back", 20000);
    for (unsigned i = 0; i < p.cases; i++) {
        bn_err err = {0};
        bn_op back;
        bn_arena_reset(&f->arena);
        bn_op op = any_op(&p, &f->arena);
        bn_slice bytes = encode(f, &op);
        assert_ok(bn_op_decode(bytes, &f->arena, &back, &err), err);
        assert_ops_equal(&op, &back);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(op__comes_back_whole),
        cmocka_unit_test(op__of_a_small_update_stays_small),
        cmocka_unit_test(op__of_a_new_customer_costs_a_map_and_a_short_header),
        cmocka_unit_test(op__changes_sort_themselves),
        cmocka_unit_test(op__is_not_written_beyond_its_limits),
        cmocka_unit_test(op__refuses_changes_that_are_not_canonical),
        cmocka_unit_test(op__refuses_heads_and_tails_that_are_not_canonical),
        cmocka_unit_test(op__refuses_too_many_changes),
        cmocka_unit_test(op__of_any_content_comes_back_whole),
    };
    return cmocka_run_group_tests_name("wire/op", tests, set_up, tear_down);
}
