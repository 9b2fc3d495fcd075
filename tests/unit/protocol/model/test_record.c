/* test_record.c - cells, items and what ops and effects do to them.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "property.h"
#include "unit/unit.h"

#include <banyan/base/check.h>
#include <banyan/base/limits.h>
#include <banyan/protocol/conflict.h>
#include <banyan/protocol/effect.h>

#include <string.h>

#define ARENA_BYTES (16 * 1024 * 1024)

static const bn_id some_id = {.bytes = {0, 0, 0, 7, 1}};

static bn_stamp stamp_of(uint32_t origin, uint64_t oseq, uint64_t cseq)
{
    return (bn_stamp){.dot = {origin, oseq}, .hlc = bn_hlc_make(1000 + oseq, 0), .cseq = cseq};
}

static void record__keeps_one_cell_per_field_in_order(void **state)
{
    (void)state;
    property p = property_begin("cells against an array", 200);
    bn_arena arena;
    bn_arena_init(&arena, ARENA_BYTES);
    for (unsigned i = 0; i < p.cases; i++) {
        int64_t model[BN_FIELDS_MAX];
        bool is_there[BN_FIELDS_MAX] = {false};
        bn_record record;
        bn_record_init(&record, BN_KIND_CUSTOMER, some_id);
        assert_true(bn_record_is_empty(&record));
        for (unsigned step = 0; step < 200; step++) {
            uint16_t field = (uint16_t)property_below(&p, BN_FIELDS_MAX);
            bn_cell cell = {.field = field,
                            .stamp = stamp_of(1, step + 1, 0),
                            .value = bn_value_int((int64_t)property_below(&p, 1000))};
            assert_int_equal(bn_record_put_cell(&record, &arena, &cell), BN_OK);
            model[field] = cell.value.integer;
            is_there[field] = true;
            assert_int_equal(bn_record_dot(&record, field).oseq, step + 1);
        }
        for (uint16_t field = 0; field < BN_FIELDS_MAX; field++) {
            assert_int_equal(bn_record_cell(&record, field) != NULL, is_there[field]);
            assert_int_equal(bn_value_is_nil(bn_record_value(&record, field)), !is_there[field]);
            assert_true(!is_there[field] ||
                        bn_record_value(&record, field).integer == model[field]);
        }
        for (size_t c = 1; c < record.cells_count; c++) {
            assert_true(record.cells[c - 1].field < record.cells[c].field);
        }
        bn_arena_reset(&arena);
    }
    bn_arena_fini(&arena);
}

static void record__refuses_one_cell_too_many(void **state)
{
    (void)state;
    bn_arena arena;
    bn_arena_init(&arena, ARENA_BYTES);
    bn_record record;
    bn_record_init(&record, BN_KIND_CUSTOMER, some_id);
    for (uint16_t field = 0; field < BN_FIELDS_MAX; field++) {
        bn_cell cell = {.field = field, .value = bn_value_int(1)};
        assert_int_equal(bn_record_put_cell(&record, &arena, &cell), BN_OK);
    }
    bn_cell cell = {.field = BN_FIELDS_MAX, .value = bn_value_int(1)};
    assert_int_equal(bn_record_put_cell(&record, &arena, &cell), BN_E_LIMIT);
    assert_int_equal(record.cells_count, BN_FIELDS_MAX);
    bn_arena_fini(&arena);
}

static void record__a_copy_does_not_follow_the_original(void **state)
{
    (void)state;
    bn_arena arena;
    bn_arena_init(&arena, ARENA_BYTES);
    bn_record record;
    bn_record copy;
    bn_record_init(&record, BN_KIND_CUSTOMER, some_id);
    bn_cell cell = {.field = 3, .value = bn_value_int(1)};
    assert_int_equal(bn_record_put_cell(&record, &arena, &cell), BN_OK);
    assert_int_equal(bn_record_copy(&record, &arena, &copy), BN_OK);
    cell.value = bn_value_int(2);
    assert_int_equal(bn_record_put_cell(&record, &arena, &cell), BN_OK);
    cell.field = 2;
    assert_int_equal(bn_record_put_cell(&copy, &arena, &cell), BN_OK);
    assert_int_equal(bn_record_value(&record, 3).integer, 2);
    assert_int_equal(bn_record_value(&copy, 3).integer, 1);
    assert_int_equal(record.cells_count, 1);
    assert_int_equal(copy.cells_count, 2);
    bn_arena_fini(&arena);
}

/* --- multi fields against plain arrays ------------------------------------------------------ */
typedef struct element {
    int64_t value;
    bn_dot dot;
    bool is_gone;
} element;

static bool has_item(const bn_record *record, uint16_t field, int64_t value, bn_dot dot)
{
    size_t count = 0;
    const bn_cell *items = bn_record_items(record, field, &count);
    for (size_t i = 0; i < count; i++) {
        if (items[i].value.integer == value && bn_dot_equal(items[i].stamp.dot, dot)) {
            return true;
        }
    }
    return false;
}

static void record__a_set_keeps_every_add_that_no_removal_saw(void **state)
{
    (void)state;
    property p = property_begin("set against an array", 300);
    bn_arena arena;
    bn_arena_init(&arena, ARENA_BYTES);
    for (unsigned i = 0; i < p.cases; i++) {
        element model[100];
        size_t count = 0;
        bn_record record;
        bn_record_init(&record, BN_KIND_CUSTOMER, some_id);
        for (unsigned step = 0; step < 100; step++) {
            bn_stamp stamp = stamp_of((uint32_t)property_below(&p, 3) + 1, step + 1, step + 1);
            bn_change change = {.field = BN_CUSTOMER_served_by,
                                .verb = BN_VERB_ADD,
                                .value = bn_value_int((int64_t)property_below(&p, 5) + 1)};
            if (count > 0 && property_below(&p, 3) == 0) {
                element *victim = &model[property_below(&p, count)];
                change.verb = BN_VERB_REMOVE;
                change.base = victim->dot;
                change.value = bn_value_int(victim->value);
                victim->is_gone = true;
            } else {
                model[count++] = (element){.value = change.value.integer, .dot = stamp.dot};
            }
            for (unsigned again = 0; again <= property_below(&p, 2); again++) {
                assert_int_equal(
                    bn_record_change_item(&record, &arena, BN_POLICY_SET, &change, &stamp), BN_OK);
            }
        }
        size_t left = 0;
        for (size_t e = 0; e < count; e++) {
            left += model[e].is_gone ? 0 : 1;
            assert_int_equal(has_item(&record, BN_CUSTOMER_served_by, model[e].value, model[e].dot),
                             !model[e].is_gone);
        }
        assert_int_equal(record.items_count, left);
        bn_arena_reset(&arena);
    }
    bn_arena_fini(&arena);
}

static void record__one_op_adds_two_elements_and_loses_one(void **state)
{
    (void)state;
    bn_arena arena;
    bn_arena_init(&arena, ARENA_BYTES);
    bn_record record;
    bn_record_init(&record, BN_KIND_CUSTOMER, some_id);
    bn_stamp stamp = stamp_of(1, 1, 1);
    bn_change add[2] = {
        {.field = BN_CUSTOMER_tags, .verb = BN_VERB_ADD, .value = bn_value_text(BN_SLICE("vip"))},
        {.field = BN_CUSTOMER_tags, .verb = BN_VERB_ADD, .value = bn_value_text(BN_SLICE("old"))},
    };
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(bn_record_change_item(&record, &arena, BN_POLICY_SET, &add[i], &stamp),
                         BN_OK);
    }
    bn_change remove = add[1];
    remove.verb = BN_VERB_REMOVE;
    remove.base = stamp.dot;
    bn_stamp later = stamp_of(2, 1, 2);
    assert_int_equal(bn_record_change_item(&record, &arena, BN_POLICY_SET, &remove, &later), BN_OK);
    size_t count = 0;
    const bn_cell *items = bn_record_items(&record, BN_CUSTOMER_tags, &count);
    assert_int_equal(count, 1);
    assert_true(bn_slice_is(items[0].value.text, "vip"));
    assert_int_equal(bn_record_change_item(&record, &arena, BN_POLICY_APPEND, &remove, &later),
                     BN_E_INVALID);
    bn_arena_fini(&arena);
}

static void record__append_keeps_every_line_once(void **state)
{
    (void)state;
    bn_arena arena;
    bn_arena_init(&arena, ARENA_BYTES);
    bn_record record;
    bn_record_init(&record, BN_KIND_CUSTOMER, some_id);
    bn_change line = {.field = BN_CUSTOMER_remarks,
                      .verb = BN_VERB_ADD,
                      .value = bn_value_text(BN_SLICE("same words"))};
    for (uint64_t oseq = 1; oseq <= BN_ITEMS_MAX; oseq++) {
        bn_stamp stamp = stamp_of(1, oseq, 0);
        for (unsigned again = 0; again < 2; again++) {
            assert_int_equal(
                bn_record_change_item(&record, &arena, BN_POLICY_APPEND, &line, &stamp), BN_OK);
        }
        assert_int_equal(record.items_count, oseq);
    }
    bn_stamp stamp = stamp_of(1, BN_ITEMS_MAX + 1, 0);
    assert_int_equal(bn_record_change_item(&record, &arena, BN_POLICY_APPEND, &line, &stamp),
                     BN_E_LIMIT);
    bn_arena_fini(&arena);
}

static void record__a_counter_sums_each_delta_once(void **state)
{
    (void)state;
    property p = property_begin("counter against sums", 300);
    bn_arena arena;
    bn_arena_init(&arena, ARENA_BYTES);
    for (unsigned i = 0; i < p.cases; i++) {
        int64_t sum = 0;
        uint64_t oseq[4] = {0};
        bn_record record;
        bn_record_init(&record, BN_KIND_CUSTOMER, some_id);
        for (unsigned step = 0; step < 60; step++) {
            uint32_t origin = (uint32_t)property_below(&p, 4);
            bn_stamp stamp = stamp_of(origin, ++oseq[origin], step + 1);
            bn_change change = {.field = BN_CUSTOMER_contacts,
                                .verb = BN_VERB_ADD,
                                .value = bn_value_int((int64_t)property_below(&p, 20) - 5)};
            sum += change.value.integer;
            for (unsigned again = 0; again < 2; again++) {
                assert_int_equal(
                    bn_record_change_item(&record, &arena, BN_POLICY_COUNTER, &change, &stamp),
                    BN_OK);
            }
            assert_int_equal(bn_record_counter(&record, BN_CUSTOMER_contacts), sum);
        }
        assert_true(record.items_count <= 4);
        bn_arena_reset(&arena);
    }
    bn_arena_fini(&arena);
}

static void record__a_counter_that_would_overflow_stays(void **state)
{
    (void)state;
    bn_arena arena;
    bn_arena_init(&arena, ARENA_BYTES);
    bn_record record;
    bn_record_init(&record, BN_KIND_CUSTOMER, some_id);
    bn_change change = {
        .field = BN_CUSTOMER_contacts, .verb = BN_VERB_ADD, .value = bn_value_int(INT64_MAX)};
    bn_stamp first = stamp_of(1, 1, 0);
    bn_stamp second = stamp_of(1, 2, 0);
    assert_int_equal(bn_record_change_item(&record, &arena, BN_POLICY_COUNTER, &change, &first),
                     BN_OK);
    assert_int_equal(bn_record_change_item(&record, &arena, BN_POLICY_COUNTER, &change, &second),
                     BN_E_LIMIT);
    assert_true(bn_record_counter(&record, BN_CUSTOMER_contacts) == INT64_MAX);
    bn_arena_fini(&arena);
}

/* --- ops and effects ------------------------------------------------------------------------ */
static void record__applies_an_op_as_sent(void **state)
{
    (void)state;
    bn_arena arena;
    bn_arena_init(&arena, ARENA_BYTES);
    bn_change changes[] = {
        {.field = BN_FIELD_EXISTENCE, .value = bn_value_int(1)},
        {.field = BN_CUSTOMER_name, .value = bn_value_text(BN_SLICE("王小明"))},
        {.field = BN_CUSTOMER_served_by, .verb = BN_VERB_ADD, .value = bn_value_int(4)},
        {.field = BN_CUSTOMER_contacts, .verb = BN_VERB_ADD, .value = bn_value_int(2)},
    };
    bn_op op = {.type = BN_OP_WRITE,
                .schema_version = 1,
                .kind = BN_KIND_CUSTOMER,
                .id = some_id,
                .changes = changes,
                .changes_count = BN_COUNT(changes)};
    bn_stamp stamp = stamp_of(1, 1, 9);
    bn_record record;
    bn_record_init(&record, BN_KIND_CUSTOMER, some_id);
    for (unsigned again = 0; again < 2; again++) {
        assert_int_equal(bn_record_apply_op(&record, &arena, &op, &stamp), BN_OK);
        assert_true(bn_record_exists(&record));
        assert_int_equal(record.cells_count, 2);
        assert_int_equal(record.items_count, 2);
        assert_int_equal(bn_record_counter(&record, BN_CUSTOMER_contacts), 2);
        assert_int_equal(record.last_cseq, 9);
        assert_int_equal(record.schema_version, 1);
    }
    op.type = BN_OP_ERASE;
    op.changes_count = 0;
    stamp = stamp_of(0, 1, 10);
    assert_int_equal(bn_record_apply_op(&record, &arena, &op, &stamp), BN_OK);
    assert_false(bn_record_exists(&record));
    assert_int_equal(record.cells_count, 1);
    assert_int_equal(record.items_count, 0);
    assert_int_equal(record.last_cseq, 10);
    bn_arena_fini(&arena);
}

static bool is_same_state(const bn_record *a, const bn_record *b)
{
    bool is_same = a->cells_count == b->cells_count && a->items_count == b->items_count &&
                   a->last_cseq == b->last_cseq;
    for (size_t i = 0; is_same && i < a->cells_count; i++) {
        is_same = a->cells[i].field == b->cells[i].field &&
                  bn_value_equal(a->cells[i].value, b->cells[i].value) &&
                  a->cells[i].stamp.cseq == b->cells[i].stamp.cseq;
    }
    for (size_t i = 0; is_same && i < a->items_count; i++) {
        is_same = a->items[i].field == b->items[i].field &&
                  bn_value_equal(a->items[i].value, b->items[i].value) &&
                  bn_dot_equal(a->items[i].stamp.dot, b->items[i].stamp.dot);
    }
    return is_same;
}

/* A feed of effects, of which a branch may get any stretch twice. */
static void effect__applied_again_in_any_stretch_changes_nothing(void **state)
{
    (void)state;
    property p = property_begin("effects are repeatable", 200);
    bn_arena arena;
    bn_arena_init(&arena, ARENA_BYTES);
    for (unsigned i = 0; i < p.cases; i++) {
        bn_effect feed[40] = {0};
        bn_cell cells[40];
        bn_cell items[40][2];
        struct bn_gone gone[40];
        for (uint64_t c = 0; c < 40; c++) {
            bn_stamp stamp = stamp_of((uint32_t)property_below(&p, 3), c + 1, c + 1);
            cells[c] = (bn_cell){(uint16_t)property_below(&p, 5), stamp, bn_value_int((int64_t)c)};
            items[c][0] = (bn_cell){BN_CUSTOMER_served_by, stamp,
                                    bn_value_int((int64_t)property_below(&p, 4))};
            items[c][1] = (bn_cell){BN_CUSTOMER_contacts, stamp, bn_value_int((int64_t)c * 3)};
            size_t victim = (size_t)property_below(&p, c + 1);
            gone[c] = (struct bn_gone){BN_CUSTOMER_served_by, items[victim][0].stamp.dot,
                                       items[victim][0].value};
            feed[c] = (bn_effect){.type = BN_EFFECT_PUT,
                                  .cseq = c + 1,
                                  .kind = BN_KIND_CUSTOMER,
                                  .id = some_id,
                                  .cells = &cells[c],
                                  .cells_count = 1,
                                  .items = items[c],
                                  .items_count = 2,
                                  .gone = &gone[c],
                                  .gone_count = victim < c ? 1 : 0};
        }
        bn_record once;
        bn_record twice;
        bn_record_init(&once, BN_KIND_CUSTOMER, some_id);
        bn_record_init(&twice, BN_KIND_CUSTOMER, some_id);
        for (size_t c = 0; c < 40; c++) {
            assert_int_equal(bn_effect_apply(&feed[c], &arena, &once), BN_OK);
            for (size_t from = c - (size_t)property_below(&p, c + 1); from <= c; from++) {
                assert_int_equal(bn_effect_apply(&feed[from], &arena, &twice), BN_OK);
            }
            assert_true(is_same_state(&once, &twice));
        }
        bn_arena_reset(&arena);
    }
    bn_arena_fini(&arena);
}

static void effect__outcomes_and_states_have_names(void **state)
{
    (void)state;
    for (int i = BN_OUTCOME_APPLIED; i <= BN_OUTCOME_RECORDED; i++) {
        assert_string_not_equal(bn_outcome_name((bn_outcome)i), "unknown");
    }
    for (int i = BN_CONFLICT_OPEN; i <= BN_CONFLICT_UNDONE; i++) {
        assert_string_not_equal(bn_conflict_state_name((bn_conflict_state)i), "unknown");
    }
    assert_string_equal(bn_outcome_name((bn_outcome)99), "unknown");
}

static void conflict__finds_a_candidate_by_its_dot(void **state)
{
    (void)state;
    bn_candidate candidates[] = {{.dot = {1, 2}}, {.dot = {2, 1}}};
    bn_conflict conflict = {.candidates = candidates, .candidates_count = 2};
    assert_ptr_equal(bn_conflict_candidate(&conflict, (bn_dot){2, 1}), &candidates[1]);
    assert_null(bn_conflict_candidate(&conflict, (bn_dot){2, 2}));
}

/* --- rules over several fields -------------------------------------------------------------- */
static bn_rc validate_document(const char *type, const char *number, bn_err *err)
{
    bn_cell cells[] = {
        {.field = BN_CUSTOMER_document_type, .value = bn_value_text(bn_slice_of(type))},
        {.field = BN_CUSTOMER_document_number, .value = bn_value_text(bn_slice_of(number))},
    };
    bn_record record = {.kind = BN_KIND_CUSTOMER, .cells = cells, .cells_count = 2};
    return bn_validate_record(bn_schema_kind(BN_KIND_CUSTOMER), &record, err);
}

static void record__an_identity_number_fits_its_type(void **state)
{
    (void)state;
    static const struct {
        const char *type;
        const char *number;
        const char *problem; /* NULL: good */
    } cases[] = {
        {"resident_id", "11010519491231002X", NULL},
        {"resident_id", "110105194912310021", "document_number: digit 18 should be X"},
        {"resident_id", "110105194913310021", "document_number: the date of birth"},
        {"resident_id", "1101051949123", "document_number: wants 18 characters"},
        {"passport", "110105194912310021", NULL},
        {"uscc", "91350100M000100Y43", NULL},
        {"uscc", "91350100M000100Y44", "document_number: digit 18 should be 3"},
    };
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        bn_err err = {0};
        bn_rc rc = validate_document(cases[i].type, cases[i].number, &err);
        assert_int_equal(rc, cases[i].problem == NULL ? BN_OK : BN_E_INVALID);
        if (cases[i].problem != NULL) {
            assert_memory_equal(err.text, cases[i].problem, strlen(cases[i].problem));
            assert_null(strstr(err.text, cases[i].number));
        }
    }
}

static void record__a_period_does_not_end_before_it_starts(void **state)
{
    (void)state;
    bn_cell cells[] = {
        {.field = BN_CONTRACT_starts, .value = bn_value_int(20260101)},
        {.field = BN_CONTRACT_ends, .value = bn_value_int(20260101)},
    };
    bn_record record = {.kind = BN_KIND_CONTRACT, .cells = cells, .cells_count = 2};
    bn_err err = {0};
    const bn_kind_def *kind = bn_schema_kind(BN_KIND_CONTRACT);
    assert_ok(bn_validate_record(kind, &record, &err), err);
    cells[1].value = bn_value_int(20251231);
    assert_int_equal(bn_validate_record(kind, &record, &err), BN_E_INVALID);
    assert_string_equal(err.text, "ends: lies before starts");
    cells[1].value = bn_value_nil();
    assert_ok(bn_validate_record(kind, &record, &err), err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(record__keeps_one_cell_per_field_in_order),
        cmocka_unit_test(record__refuses_one_cell_too_many),
        cmocka_unit_test(record__a_copy_does_not_follow_the_original),
        cmocka_unit_test(record__a_set_keeps_every_add_that_no_removal_saw),
        cmocka_unit_test(record__one_op_adds_two_elements_and_loses_one),
        cmocka_unit_test(record__append_keeps_every_line_once),
        cmocka_unit_test(record__a_counter_sums_each_delta_once),
        cmocka_unit_test(record__a_counter_that_would_overflow_stays),
        cmocka_unit_test(record__applies_an_op_as_sent),
        cmocka_unit_test(effect__applied_again_in_any_stretch_changes_nothing),
        cmocka_unit_test(effect__outcomes_and_states_have_names),
        cmocka_unit_test(conflict__finds_a_candidate_by_its_dot),
        cmocka_unit_test(record__an_identity_number_fits_its_type),
        cmocka_unit_test(record__a_period_does_not_end_before_it_starts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
