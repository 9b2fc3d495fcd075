/* test_record.c - records and conflicts: what they cost, what comes back, what is refused.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "samples.h"

#include "property.h"
#include "protocol/wire/pack.h"
#include "unit/unit.h"

#include <banyan/base/check.h>
#include <banyan/base/limits.h>

#define ARENA_BYTES_MAX (8u * 1024 * 1024)

typedef struct fixture {
    bn_arena arena;
    bn_buf buf;
} fixture;

static int set_up(void **state)
{
    static fixture f;
    bn_arena_init(&f.arena, ARENA_BYTES_MAX);
    bn_buf_init(&f.buf, BN_VALUE_BYTES_MAX);
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

static bn_slice encode(fixture *f, const bn_record *record)
{
    bn_buf_clear(&f->buf);
    bn_record_encode(record, &f->buf);
    assert_int_equal(bn_buf_status(&f->buf), BN_OK);
    return bn_buf_slice(&f->buf);
}

static bn_rc decode(fixture *f, bn_slice bytes, bn_record *out, bn_err *err)
{
    return bn_record_decode(BN_KIND_CUSTOMER, sample_id(17, 7), bytes, &f->arena, out, err);
}

static void assert_cells_equal(const bn_cell *a, const bn_cell *b, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(a[i].field, b[i].field);
        assert_true(bn_dot_equal(a[i].stamp.dot, b[i].stamp.dot));
        assert_true(a[i].stamp.hlc.value == b[i].stamp.hlc.value);
        assert_true(a[i].stamp.cseq == b[i].stamp.cseq);
        assert_int_equal(a[i].value.type, b[i].value.type);
        if (a[i].value.type == BN_VALUE_TEXT) {
            assert_true(bn_slice_equal(a[i].value.text, b[i].value.text));
        } else if (a[i].value.type == BN_VALUE_INT) {
            assert_true(a[i].value.integer == b[i].value.integer);
        }
    }
}

static void assert_records_equal(const bn_record *a, const bn_record *b)
{
    assert_int_equal(a->kind, b->kind);
    assert_true(bn_id_equal(a->id, b->id));
    assert_int_equal(a->schema_version, b->schema_version);
    assert_true(a->last_cseq == b->last_cseq);
    assert_int_equal(a->cells_count, b->cells_count);
    assert_int_equal(a->items_count, b->items_count);
    assert_cells_equal(a->cells, b->cells, a->cells_count);
    assert_cells_equal(a->items, b->items, a->items_count);
}

static void record__comes_back_whole(void **state)
{
    fixture *f = *state;
    for (size_t stamps = 1; stamps <= 6; stamps++) {
        bn_err err = {0};
        bn_record back;
        bn_arena_reset(&f->arena);
        bn_record record = sample_record(&f->arena, stamps, 3 * (stamps - 1));
        assert_ok(decode(f, encode(f, &record), &back, &err), err);
        assert_records_equal(&record, &back);
    }
}

static void record__shares_stamps(void **state)
{
    fixture *f = *state;
    static const struct {
        size_t stamps;
        size_t overhead_max; /* beyond a plain map of field and value */
    } cases[] = {{1, 41}, {3, 71}, {6, 116}};
    bn_arena_reset(&f->arena);
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        bn_record record = sample_record(&f->arena, cases[i].stamps, 0);
        bn_buf_clear(&f->buf);
        for (size_t j = 0; j < record.cells_count; j++) {
            bn_pack_uint(&f->buf, record.cells[j].field);
            bn_pack_value(&f->buf, record.cells[j].value);
        }
        size_t map = f->buf.len + 3;
        size_t overhead = encode(f, &record).len - map;
        printf("# record of %zu fields, %zu stamps: %zu bytes, %zu more than the bare map\n",
               record.cells_count, cases[i].stamps, map + overhead, overhead);
        assert_true(overhead <= cases[i].overhead_max);
    }
}

static void record__has_one_encoding_whatever_the_order(void **state)
{
    fixture *f = *state;
    bn_arena_reset(&f->arena);
    bn_record record = sample_record(&f->arena, 4, 9);
    bn_slice sorted = bn_arena_copy(&f->arena, encode(f, &record));
    for (size_t i = 0; i < record.cells_count / 2; i++) {
        bn_cell swapped = record.cells[i];
        record.cells[i] = record.cells[record.cells_count - 1 - i];
        record.cells[record.cells_count - 1 - i] = swapped;
    }
    bn_cell swapped = record.items[0];
    record.items[0] = record.items[5];
    record.items[5] = swapped;
    assert_true(bn_slice_equal(encode(f, &record), sorted));
}

static void record__keeps_extreme_stamps(void **state)
{
    fixture *f = *state;
    bn_record back;
    bn_err err = {0};
    bn_cell cells[] = {
        {.field = 0, .stamp = {{UINT32_MAX, UINT64_MAX}, {UINT64_MAX}, UINT64_MAX}},
        {.field = 1, .stamp = {{0, 0}, {0}, 0}},
        {.field = UINT16_MAX, .stamp = {{1, 128}, {127}, 5}},
    };
    bn_record record = {.kind = BN_KIND_CUSTOMER,
                        .id = sample_id(17, 7),
                        .schema_version = UINT16_MAX,
                        .last_cseq = 4,
                        .cells = cells,
                        .cells_count = BN_COUNT(cells)};
    bn_arena_reset(&f->arena);
    assert_ok(decode(f, encode(f, &record), &back, &err), err);
    assert_records_equal(&record, &back);
}

static void record__holds_as_many_cells_and_items_as_it_may(void **state)
{
    fixture *f = *state;
    static bn_cell cells[BN_FIELDS_MAX + 1];
    static bn_cell items[BN_ITEMS_MAX + 1];
    for (size_t i = 0; i < BN_COUNT(cells); i++) {
        cells[i] = (bn_cell){.field = (uint16_t)i, .stamp = {{1, i}, sample_hlc(i), i}};
    }
    for (size_t i = 0; i < BN_COUNT(items); i++) {
        items[i] = (bn_cell){.field = 100, .stamp = {{2, i}, sample_hlc(i), i}};
    }
    bn_record record = {.kind = BN_KIND_CUSTOMER,
                        .id = sample_id(17, 7),
                        .cells = cells,
                        .items = items,
                        .cells_count = BN_FIELDS_MAX,
                        .items_count = BN_ITEMS_MAX};
    bn_record back;
    bn_err err = {0};
    bn_arena_reset(&f->arena);
    assert_ok(decode(f, encode(f, &record), &back, &err), err);
    assert_records_equal(&record, &back);
    for (size_t i = 0; i < 2; i++) {
        bn_record over = record;
        over.cells_count += i == 0;
        over.items_count += i == 1;
        bn_buf_clear(&f->buf);
        bn_record_encode(&over, &f->buf);
        assert_int_equal(bn_buf_status(&f->buf), BN_E_LIMIT);
    }
}

static void record__refuses_to_write_one_field_twice(void **state)
{
    fixture *f = *state;
    bn_arena_reset(&f->arena);
    bn_record record = sample_record(&f->arena, 1, 0);
    record.cells[1].field = record.cells[0].field;
    bn_buf_clear(&f->buf);
    bn_record_encode(&record, &f->buf);
    assert_int_equal(bn_buf_status(&f->buf), BN_E_INVALID);
}

#define NEWEST "\x00\x00\x00\x00\x00\x00\x00\x64"
#define STAMP_A "\x01\x02\x00\x00" /* origin 1, oseq 2, newest, cseq 9 */
#define STAMP_B "\x01\x03\x05\x01"

static void record__refuses_stamps_that_are_not_canonical(void **state)
{
    fixture *f = *state;
    const struct {
        const char *why;
        bn_slice bytes;
        bn_rc rc;
    } cases[] = {
        {"empty", BN_SLICE("\x95\x01\x09\xc4\x00\x90\x90"), BN_OK},
        {"one", BN_SLICE("\x95\x01\x09\xc4\x0c" NEWEST STAMP_A "\x92\x00\x01\x90"), BN_OK},
        {"two",
         BN_SLICE("\x95\x01\x09\xc4\x10" NEWEST STAMP_A STAMP_B
                  "\x95\x00\x01\xfe\x01\x01\x92\x00\x01"),
         BN_OK},
        {"no stamp for a cell", BN_SLICE("\x95\x01\x09\xc4\x00\x92\x00\x01\x90"), BN_E_FORMAT},
        {"only a clock", BN_SLICE("\x95\x01\x09\xc4\x08" NEWEST "\x90\x90"), BN_E_FORMAT},
        {"half a clock", BN_SLICE("\x95\x01\x09\xc4\x04\x00\x00\x00\x01\x90\x90"), BN_E_FORMAT},
        {"not used", BN_SLICE("\x95\x01\x09\xc4\x10" NEWEST STAMP_A STAMP_B "\x92\x00\x01\x90"),
         BN_E_FORMAT},
        {"used out of order",
         BN_SLICE("\x95\x01\x09\xc4\x10" NEWEST STAMP_A STAMP_B "\x96\xfe\x00\x01\xff\x01\x01\x90"),
         BN_E_FORMAT},
        {"index repeats", BN_SLICE("\x95\x01\x09\xc4\x0c" NEWEST STAMP_A "\x93\xff\x00\x01\x90"),
         BN_E_FORMAT},
        {"index not there",
         BN_SLICE("\x95\x01\x09\xc4\x0c" NEWEST STAMP_A "\x95\x00\x01\xfe\x01\x01\x90"),
         BN_E_FORMAT},
        {"equal",
         BN_SLICE("\x95\x01\x09\xc4\x10" NEWEST STAMP_A STAMP_A "\x95\x00\x01\xfe\x01\x01\x90"),
         BN_E_FORMAT},
        {"newest missing", BN_SLICE("\x95\x01\x09\xc4\x0c" NEWEST STAMP_B "\x92\x00\x01\x90"),
         BN_E_FORMAT},
        {"older than 0",
         BN_SLICE("\x95\x01\x09\xc4\x10" NEWEST STAMP_A "\x01\x03\x65\x01"
                  "\x95\x00\x01\xfe\x01\x01\x90"),
         BN_E_FORMAT},
        {"varint with a zero behind",
         BN_SLICE("\x95\x01\x09\xc4\x0d" NEWEST "\x81\x00\x02\x00\x00\x92\x00\x01\x90"),
         BN_E_FORMAT},
        {"varint of 65 bits",
         BN_SLICE("\x95\x01\x09\xc4\x15" NEWEST
                  "\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02\x00\x00"
                  "\x92\x00\x01\x90"),
         BN_E_FORMAT},
        {"origin of 33 bits",
         BN_SLICE("\x95\x01\x09\xc4\x10" NEWEST "\x80\x80\x80\x80\x10\x02\x00\x00"
                  "\x92\x00\x01\x90"),
         BN_E_FORMAT},
        {"stamp cut",
         BN_SLICE("\x95\x01\x09\xc4\x0b" NEWEST "\x01\x02\x00\x92\x00\x01\x90"),
         BN_E_FORMAT},
        {"cells unsorted",
         BN_SLICE("\x95\x01\x09\xc4\x0c" NEWEST STAMP_A "\x94\x01\x01\x00\x01\x90"), BN_E_FORMAT},
        {"field twice", BN_SLICE("\x95\x01\x09\xc4\x0c" NEWEST STAMP_A "\x94\x01\x01\x01\x02\x90"),
         BN_E_FORMAT},
        {"items equal", BN_SLICE("\x95\x01\x09\xc4\x0c" NEWEST STAMP_A "\x90\x94\x01\x01\x01\x01"),
         BN_E_FORMAT},
        {"cell cut", BN_SLICE("\x95\x01\x09\xc4\x0c" NEWEST STAMP_A "\x91\x00\x90"), BN_E_FORMAT},
        {"cell reaches into the items",
         BN_SLICE("\x95\x01\x09\xc4\x0c" NEWEST STAMP_A "\x93\x00\x01\x02\x90"), BN_E_FORMAT},
    };
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        bn_record record;
        bn_arena_reset(&f->arena);
        bn_rc rc = decode(f, cases[i].bytes, &record, NULL);
        if (rc != cases[i].rc) {
            fail_msg("%s: %s", cases[i].why, bn_rc_text(rc));
        }
    }
}

/* --- random records ------------------------------------------------------------------------ */

static bn_stamp any_stamp(property *p)
{
    static const uint64_t few[] = {0, 1, 127, 128, 16384, 1204420, UINT64_MAX};
    return (bn_stamp){.dot = {(uint32_t)few[property_below(p, 4)], few[property_below(p, 3)]},
                      .hlc = {few[property_below(p, BN_COUNT(few))]},
                      .cseq = few[property_below(p, BN_COUNT(few))]};
}

static bn_record any_record(property *p, bn_arena *arena)
{
    bn_record record = {.kind = BN_KIND_CUSTOMER, .id = sample_id(17, 7)};
    record.schema_version = (uint16_t)property_next(p);
    record.last_cseq = property_next(p) >> property_below(p, 64);
    record.cells_count = property_below(p, BN_FIELDS_MAX + 1);
    record.items_count = property_below(p, 2) * property_below(p, BN_ITEMS_MAX + 1);
    record.cells = bn_arena_array(arena, BN_FIELDS_MAX, sizeof *record.cells);
    record.items = bn_arena_array(arena, BN_ITEMS_MAX, sizeof *record.items);
    for (size_t i = 0; i < record.cells_count; i++) {
        record.cells[i] = (bn_cell){.field = (uint16_t)(i * 3), .stamp = any_stamp(p)};
        if (property_below(p, 2) == 0) {
            record.cells[i].value = (bn_value){.type = BN_VALUE_TEXT, .text = BN_SLICE("文字")};
        }
    }
    for (size_t i = 0; i < record.items_count; i++) {
        record.items[i] = (bn_cell){.field = (uint16_t)(200 + i / 100), .stamp = any_stamp(p)};
        record.items[i].value = (bn_value){.type = BN_VALUE_INT, .integer = (int64_t)i - 100};
    }
    return record;
}

static void record__of_any_content_comes_back_whole(void **state)
{
    fixture *f = *state;
    property p = property_begin("record there and back", 5000);
    for (unsigned i = 0; i < p.cases; i++) {
        bn_err err = {0};
        bn_record back;
        bn_arena_reset(&f->arena);
        bn_record record = any_record(&p, &f->arena);
        assert_ok(decode(f, encode(f, &record), &back, &err), err);
        assert_records_equal(&record, &back);
    }
}

static void conflict__comes_back_whole(void **state)
{
    fixture *f = *state;
    sample samples[SAMPLES_MAX];
    bn_arena_reset(&f->arena);
    size_t count = samples_make(samples, &f->arena);
    for (size_t i = 0; i < count; i++) {
        const bn_conflict *a = &samples[i].conflict;
        bn_conflict b;
        bn_err err = {0};
        if (samples[i].type != SAMPLE_CONFLICT) {
            continue;
        }
        bn_buf_clear(&f->buf);
        bn_conflict_encode(a, &f->buf);
        assert_ok(bn_conflict_decode(bn_buf_slice(&f->buf), &f->arena, &b, &err), err);
        assert_true(bn_id_equal(a->id, b.id) && bn_id_equal(a->entity, b.entity));
        assert_true(a->state == b.state && a->kind == b.kind && a->field == b.field);
        assert_true(a->group == b.group && a->policy == b.policy);
        assert_true(bn_dot_equal(a->base, b.base) && bn_dot_equal(a->decided, b.decided));
        assert_true(bn_dot_equal(a->before, b.before));
        assert_true(bn_slice_equal(a->decided_by, b.decided_by));
        assert_true(bn_slice_equal(a->note, b.note) && a->decided_branch == b.decided_branch);
        assert_true(a->opened_cseq == b.opened_cseq && a->opened_ms == b.opened_ms);
        assert_true(a->decided_ms == b.decided_ms && a->due_ms == b.due_ms);
        assert_int_equal(a->base_cells_count, b.base_cells_count);
        assert_cells_equal(a->base_cells, b.base_cells, b.base_cells_count);
        assert_int_equal(a->candidates_count, b.candidates_count);
        for (size_t j = 0; j < b.candidates_count; j++) {
            const bn_candidate *c = &a->candidates[j];
            const bn_candidate *d = &b.candidates[j];
            assert_true(bn_dot_equal(c->dot, d->dot) && c->branch == d->branch);
            assert_true(c->hlc_original.value == d->hlc_original.value);
            assert_true(c->hlc_effective.value == d->hlc_effective.value);
            assert_true(c->clock_suspect == d->clock_suspect && bn_slice_equal(c->actor, d->actor));
            assert_int_equal(c->cells_count, d->cells_count);
            assert_cells_equal(c->cells, d->cells, d->cells_count);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(record__comes_back_whole),
        cmocka_unit_test(record__shares_stamps),
        cmocka_unit_test(record__has_one_encoding_whatever_the_order),
        cmocka_unit_test(record__keeps_extreme_stamps),
        cmocka_unit_test(record__holds_as_many_cells_and_items_as_it_may),
        cmocka_unit_test(record__refuses_to_write_one_field_twice),
        cmocka_unit_test(record__refuses_stamps_that_are_not_canonical),
        cmocka_unit_test(record__of_any_content_comes_back_whole),
        cmocka_unit_test(conflict__comes_back_whole),
    };
    return cmocka_run_group_tests_name("wire/record", tests, set_up, tear_down);
}
