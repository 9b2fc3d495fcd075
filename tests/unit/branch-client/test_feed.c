/* test_feed.c - a branch applies what the server decided, and nothing else.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "unit/branch-client/branch_test.h"

#define OTHER_ORIGIN 23

static bn_cell cell_of(uint16_t field, const char *text, uint64_t cseq)
{
    return (bn_cell){.field = field,
                     .stamp = {.dot = {OTHER_ORIGIN, cseq},
                               .hlc = bn_hlc_make(1780000000500u + cseq, 0),
                               .cseq = cseq},
                     .value = bn_value_text(bn_slice_of(text))};
}

static bn_cell there(uint64_t cseq)
{
    bn_cell cell = cell_of(BN_FIELD_EXISTENCE, "", cseq);
    cell.value = bn_value_int(1);
    return cell;
}

static bn_effect put_of(bn_id id, bn_cell *cells, size_t count, uint64_t cseq)
{
    return (bn_effect){.type = BN_EFFECT_PUT,
                       .cseq = cseq,
                       .kind = BN_KIND_CUSTOMER,
                       .id = id,
                       .branch = 9,
                       .actor = BN_SLICE("zhao"),
                       .cells = cells,
                       .cells_count = count};
}

/* An image of a customer another branch made. */
static void enter(office *o, bn_id id, const char *name, uint64_t cseq)
{
    bn_record record;
    bn_record_init(&record, BN_KIND_CUSTOMER, id);
    bn_cell cells[] = {there(cseq), cell_of(BN_CUSTOMER_name, name, cseq)};
    for (size_t i = 0; i < BN_COUNT(cells); i++) {
        assert_int_equal(bn_record_put_cell(&record, &o->arena, &cells[i]), BN_OK);
    }
    record.schema_version = 1;
    record.last_cseq = cseq;
    bn_buf image;
    bn_buf_init(&image, BN_RECORD_BYTES_MAX);
    bn_record_encode(&record, &image);
    bn_effect effect = {.type = BN_EFFECT_ENTER,
                        .cseq = cseq,
                        .kind = BN_KIND_CUSTOMER,
                        .id = id,
                        .image = bn_buf_slice(&image)};
    apply_effect(o, &effect);
    bn_buf_fini(&image);
}

/* --- own ops ---------------------------------------------------------------------------------- */

static void own__moves_ops_from_the_overlay_to_the_confirmed_record(void **state)
{
    (void)state;
    office *o = office_open(true);
    bn_id id = save_customer(o, "Wang Min").id;
    save_text(o, id, BN_CUSTOMER_name, "Wang Ming");
    save_text(o, id, BN_CUSTOMER_mobile, "13800138000");
    confirm_own(o, 1, 2);
    bn_branch_counts counts = counts_of(o);
    assert_int_equal(counts.ops_waiting, 1);
    assert_int_equal(counts.records_waiting, 1);
    assert_int_equal(counts.cursor, 2);
    assert_sound(o);
    office_restart(o);
    confirm_own(o, 3, 1);
    assert_int_equal(counts_of(o).records_waiting, 0);
    assert_int_equal(counts_of(o).bytes_waiting, 0);
    bn_record record = shown(o, id);
    const bn_cell *name = bn_record_cell(&record, BN_CUSTOMER_name);
    assert_int_equal(name->stamp.cseq, 2);
    assert_true(bn_dot_equal(name->stamp.dot, (bn_dot){OFFICE_ORIGIN, 2}));
    assert_int_equal(record.last_cseq, 3);
    assert_shows(o, id, BN_CUSTOMER_name, "Wang Ming");
    assert_sound(o);
    office_close(o);
}

static void own__refuses_ops_out_of_order_and_ops_never_made(void **state)
{
    (void)state;
    office *o = office_open(false);
    save_customer(o, "Wang Min");
    save_customer(o, "Li Na");
    const struct {
        uint64_t oseq;
        uint32_t count;
    } cases[] = {{2, 1}, {1, 3}, {0, 1}, {3, 1}, {1, UINT32_MAX}};
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        bn_effect own = {.type = BN_EFFECT_OWN,
                         .cseq = 1,
                         .oseq = cases[i].oseq,
                         .count = cases[i].count};
        feeder f;
        feeder_start(&f, o);
        bn_effect small = own;
        small.count = own.count > 8 ? 8 : own.count;
        feed_effect(&f, &small);
        f.to = UINT64_MAX / 2;
        assert_int_equal(feeder_end(&f, o), BN_E_FORMAT);
    }
    assert_int_equal(counts_of(o).cursor, 0);
    confirm_own(o, 1, 2);
    bn_effect again = {.type = BN_EFFECT_OWN, .cseq = 3, .oseq = 2, .count = 1};
    assert_int_equal(try_effect(o, &again), BN_E_FORMAT);
    assert_sound(o);
    office_close(o);
}

static void outcome__shows_the_servers_value_and_keeps_the_reason(void **state)
{
    (void)state;
    office *o = office_open(true);
    bn_id id = save_customer(o, "Wang Min").id;
    confirm_own(o, 1, 1);
    save_text(o, id, BN_CUSTOMER_mobile, "13800138000");
    bn_cell cells[] = {cell_of(BN_CUSTOMER_mobile, "13900139000", 2)};
    bn_effect put = put_of(id, cells, 1, 2);
    apply_effect(o, &put);
    assert_shows(o, id, BN_CUSTOMER_mobile, "13800138000");
    bn_effect lost = {.type = BN_EFFECT_OUTCOME,
                      .cseq = 3,
                      .oseq = 2,
                      .outcome = BN_OUTCOME_QUARANTINED,
                      .reason = BN_SLICE("scope: customer of branch 0009")};
    apply_effect(o, &lost);
    assert_shows(o, id, BN_CUSTOMER_mobile, "13900139000");
    assert_int_equal(counts_of(o).refused, 1);
    assert_int_equal(counts_of(o).ops_waiting, 0);
    assert_sound(o);
    bn_own_op own;
    assert_ok(bn_branch_refused_next(o->branch, 0, &o->arena, &own, &o->err), o->err);
    assert_int_equal(own.outcome, BN_OUTCOME_QUARANTINED);
    assert_true(bn_slice_is(own.reason, "scope: customer of branch 0009"));
    bn_effect retried = {.type = BN_EFFECT_OWN, .cseq = 4, .oseq = 2, .count = 1};
    apply_effect(o, &retried);
    assert_shows(o, id, BN_CUSTOMER_mobile, "13800138000");
    assert_int_equal(counts_of(o).refused, 0);
    assert_int_equal(bn_branch_refused_next(o->branch, 0, &o->arena, &own, &o->err),
                     BN_E_NOT_FOUND);
    assert_sound(o);
    office_close(o);
}

/* --- others' changes -------------------------------------------------------------------------- */

static void put__stays_below_what_waits_here(void **state)
{
    (void)state;
    office *o = office_open(false);
    bn_id id = {{0, 0, 0, 9, 1}};
    enter(o, id, "Anna Berg", 1);
    save_text(o, id, BN_CUSTOMER_name, "Anna Bergh");
    bn_cell cells[] = {cell_of(BN_CUSTOMER_name, "A. Berg", 2),
                       cell_of(BN_CUSTOMER_mobile, "13900139000", 2)};
    bn_effect put = put_of(id, cells, 2, 2);
    apply_effect(o, &put);
    assert_shows(o, id, BN_CUSTOMER_name, "Anna Bergh");
    assert_shows(o, id, BN_CUSTOMER_mobile, "13900139000");
    bn_id ids[2];
    size_t count;
    assert_ok(bn_branch_find(o->branch, BN_KIND_CUSTOMER, BN_CUSTOMER_mobile,
                             bn_value_text(BN_SLICE("13900139000")), (bn_id){{0}}, ids, 2, &count,
                             &o->err),
              o->err);
    assert_int_equal(count, 1);
    assert_sound(o);
    office_close(o);
}

static void leave__takes_the_record_and_what_hangs_on_it_but_not_own_ops(void **state)
{
    (void)state;
    office *o = office_open(true);
    bn_id id = {{0, 0, 0, 9, 1}};
    enter(o, id, "Anna Berg", 1);
    save_text(o, id, BN_CUSTOMER_name, "Anna Bergh");
    bn_effect leave = {
        .type = BN_EFFECT_LEAVE, .cseq = 2, .kind = BN_KIND_CUSTOMER, .id = id};
    apply_effect(o, &leave);
    bn_record record;
    assert_int_equal(
        bn_branch_get(o->branch, BN_KIND_CUSTOMER, id, &o->arena, &record, &o->err),
        BN_E_NOT_FOUND);
    assert_int_equal(counts_of(o).ops_waiting, 1);
    bool done;
    assert_ok(bn_branch_warm(o->branch, 10, &done, &o->err), o->err);
    assert_int_equal(counts_of(o).customers_searchable, 0);
    assert_sound(o);
    enter(o, id, "Anna Berg", 3);
    assert_shows(o, id, BN_CUSTOMER_name, "Anna Bergh");
    assert_sound(o);
    office_close(o);
}

static bn_conflict conflict_of(bn_id entity, bn_candidate *candidates, bn_conflict_state state)
{
    bn_dot base = {OFFICE_ORIGIN, 1};
    return (bn_conflict){
        .id = bn_conflict_id(BN_KIND_CUSTOMER, entity, BN_CUSTOMER_name, base),
        .state = state,
        .kind = BN_KIND_CUSTOMER,
        .entity = entity,
        .field = BN_CUSTOMER_name,
        .policy = BN_POLICY_HUMAN,
        .base = base,
        .candidates = candidates,
        .candidates_count = 2,
        .decided = state == BN_CONFLICT_OPEN ? (bn_dot){0, 0} : candidates[0].dot,
        .opened_cseq = 1,
        .opened_ms = 1780000000000u};
}

static void apply_conflict(office *o, const bn_conflict *conflict, uint64_t cseq)
{
    bn_buf image;
    bn_buf_init(&image, BN_RECORD_BYTES_MAX);
    bn_conflict_encode(conflict, &image);
    bn_effect effect = {.type = BN_EFFECT_CONFLICT,
                        .cseq = cseq,
                        .kind = conflict->kind,
                        .id = conflict->id,
                        .image = bn_buf_slice(&image)};
    apply_effect(o, &effect);
    bn_buf_fini(&image);
}

static void conflict__is_listed_decided_once_and_gone_with_its_record(void **state)
{
    (void)state;
    office *o = office_open(false);
    bn_id id = {{0, 0, 0, 9, 1}};
    enter(o, id, "Anna Berg", 1);
    bn_cell values[] = {cell_of(BN_CUSTOMER_name, "Anna", 1), cell_of(BN_CUSTOMER_name, "Anne", 2)};
    bn_candidate candidates[] = {
        {.dot = values[0].stamp.dot,
         .actor = BN_SLICE("zhao"),
         .cells = &values[0],
         .cells_count = 1},
        {.dot = values[1].stamp.dot,
         .actor = BN_SLICE("qian"),
         .cells = &values[1],
         .cells_count = 1},
    };
    bn_conflict open = conflict_of(id, candidates, BN_CONFLICT_OPEN);
    apply_conflict(o, &open, 2);
    assert_int_equal(counts_of(o).conflicts_open, 1);
    bn_conflict found;
    assert_ok(bn_branch_conflict_next(o->branch, BN_CONFLICT_OPEN, (bn_id){{0}}, &o->arena, &found,
                                      &o->err),
              o->err);
    bn_draft pick = {.type = BN_OP_RESOLVE,
                     .id = found.id,
                     .actor = BN_SLICE("lin"),
                     .pick = candidates[1].dot,
                     .note = BN_SLICE("seen the passport")};
    bn_saved saved;
    assert_ok(try_save(o, pick, &saved, NULL), o->err);
    assert_int_equal(try_save(o, pick, &saved, NULL), BN_E_STALE);
    bn_own_op own;
    assert_ok(bn_branch_waiting_next(o->branch, 0, &o->arena, &own, &o->err), o->err);
    assert_int_equal(own.op.observed_count, 2);
    assert_sound(o);
    bn_effect resolved = {
        .type = BN_EFFECT_OUTCOME, .cseq = 3, .oseq = 1, .outcome = BN_OUTCOME_RESOLVED};
    apply_effect(o, &resolved);
    bn_conflict closed = conflict_of(id, candidates, BN_CONFLICT_RESOLVED);
    apply_conflict(o, &closed, 4);
    assert_int_equal(counts_of(o).conflicts_open, 0);
    assert_int_equal(try_save(o, pick, &saved, NULL), BN_E_STALE);
    apply_conflict(o, &open, 5);
    bn_effect leave = {
        .type = BN_EFFECT_LEAVE, .cseq = 6, .kind = BN_KIND_CUSTOMER, .id = id};
    apply_effect(o, &leave);
    assert_int_equal(counts_of(o).conflicts_open, 0);
    assert_sound(o);
    office_close(o);
}

static bool log_holds(office *o, const char *text)
{
    bn_kv_txn *txn = NULL;
    assert_ok(bn_kv_begin(o->kv, BN_KV_READ, &txn, &o->err), o->err);
    bool held = false;
    const bn_table tables[] = {BN_TABLE_OPLOG, BN_TABLE_ENTITY, BN_TABLE_HISTORY};
    for (size_t i = 0; i < BN_COUNT(tables); i++) {
        bn_kv_cursor *cursor = NULL;
        assert_ok(bn_kv_cursor_open(txn, tables[i], &cursor, &o->err), o->err);
        bn_slice key;
        bn_slice value;
        bn_rc rc = bn_kv_seek(cursor, BN_SLICE(""), &key, &value, NULL);
        for (; rc == BN_OK; rc = bn_kv_next(cursor, &key, &value, NULL)) {
            held = held || memmem(value.data, value.len, text, strlen(text)) != NULL;
        }
        bn_kv_cursor_close(&cursor);
    }
    bn_kv_abort(&txn);
    return held;
}

static void erase__leaves_no_value_anywhere_and_the_chain_whole(void **state)
{
    (void)state;
    office *o = office_open(false);
    bn_id id = save_customer(o, "Wang Min").id;
    bn_id other = save_customer(o, "Li Na").id;
    confirm_own(o, 1, 2);
    assert_true(log_holds(o, "Wang Min"));
    bn_effect erase = {
        .type = BN_EFFECT_ERASE, .cseq = 3, .kind = BN_KIND_CUSTOMER, .id = id};
    bn_cell removal[] = {there(3)};
    removal[0].value = bn_value_int(0);
    bn_effect put = put_of(id, removal, 1, 3);
    feeder f;
    feeder_start(&f, o);
    feed_effect(&f, &put);
    feed_effect(&f, &erase);
    assert_ok(feeder_end(&f, o), o->err);
    assert_false(log_holds(o, "Wang Min"));
    bn_record record = shown(o, id);
    assert_int_equal(record.cells_count, 1);
    assert_false(bn_record_exists(&record));
    assert_true(log_holds(o, "Li Na"));
    assert_shows(o, other, BN_CUSTOMER_name, "Li Na");
    assert_sound(o);
    office_close(o);
}

/* --- the feed as a whole ---------------------------------------------------------------------- */

static void feed__is_refused_with_another_start__hash_or_order(void **state)
{
    (void)state;
    office *o = office_open(false);
    bn_id id = {{0, 0, 0, 9, 1}};
    bn_cell cells[] = {there(1), cell_of(BN_CUSTOMER_name, "Anna Berg", 1)};
    bn_effect put = put_of(id, cells, 2, 1);
    for (int i = 0; i < 4; i++) {
        feeder f;
        feeder_start(&f, o);
        feed_effect(&f, &put);
        if (i == 0) {
            f.from = 7;
        } else if (i == 1) {
            f.hash.bytes[3] ^= 1;
        } else if (i == 2) {
            f.to = 0;
        } else {
            f.count = 2;
        }
        assert_int_equal(feeder_end(&f, o), i == 0 ? BN_E_STALE : BN_E_FORMAT);
        assert_int_equal(counts_of(o).cursor, 0);
    }
    bn_record record;
    assert_int_equal(
        bn_branch_get(o->branch, BN_KIND_CUSTOMER, id, &o->arena, &record, &o->err),
        BN_E_NOT_FOUND);
    apply_effect(o, &put);
    assert_shows(o, id, BN_CUSTOMER_name, "Anna Berg");
    office_close(o);
}

static bn_rc crash_at(void *context, bn_kv_moment moment)
{
    return moment == *(bn_kv_moment *)context ? BN_E_IO : BN_OK;
}

static void feed__cut_by_a_crash_is_applied_once(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        office *o = office_open(i >= 2);
        bn_kv_moment moment = i % 2 == 0 ? BN_KV_BEFORE_COMMIT : BN_KV_AFTER_COMMIT;
        bn_id id = save_customer(o, "Wang Min").id;
        bn_effect own = {.type = BN_EFFECT_OWN, .cseq = 1, .oseq = 1, .count = 1};
        bn_cell cells[] = {cell_of(BN_CUSTOMER_mobile, "13900139000", 2)};
        bn_effect put = put_of(id, cells, 1, 2);
        feeder f;
        feeder_start(&f, o);
        feed_effect(&f, &own);
        feed_effect(&f, &put);
        bn_kv_set_hook(o->kv, crash_at, &moment);
        assert_int_equal(feeder_end(&f, o), BN_E_IO);
        office_restart(o);
        assert_sound(o);
        bool kept = moment == BN_KV_AFTER_COMMIT;
        assert_int_equal(counts_of(o).cursor, kept ? 2 : 0);
        if (!kept) {
            feeder_start(&f, o);
            feed_effect(&f, &own);
            feed_effect(&f, &put);
            assert_ok(feeder_end(&f, o), o->err);
        }
        assert_shows(o, id, BN_CUSTOMER_mobile, "13900139000");
        assert_int_equal(counts_of(o).ops_waiting, 0);
        assert_sound(o);
        office_close(o);
    }
}

static void feed__without_effects_moves_the_cursor(void **state)
{
    (void)state;
    office *o = office_open(false);
    feeder f;
    feeder_start(&f, o);
    f.to = 40;
    assert_ok(feeder_end(&f, o), o->err);
    assert_int_equal(counts_of(o).cursor, 40);
    save_customer(o, "Wang Min");
    bn_own_op own;
    assert_ok(bn_branch_waiting_next(o->branch, 0, &o->arena, &own, &o->err), o->err);
    assert_int_equal(own.op.cursor, 40);
    office_close(o);
}

static void digest__ignores_what_waits_and_survives_a_restart(void **state)
{
    (void)state;
    office *o = office_open(true);
    enter(o, (bn_id){{0, 0, 0, 9, 1}}, "Anna Berg", 1);
    bn_digest before;
    bn_digest after;
    assert_ok(bn_branch_digest(o->branch, &before, &o->err), o->err);
    assert_int_equal(before.records_count, 1);
    save_text(o, (bn_id){{0, 0, 0, 9, 1}}, BN_CUSTOMER_name, "A. Berg");
    office_restart(o);
    assert_ok(bn_branch_digest(o->branch, &after, &o->err), o->err);
    assert_memory_equal(&before, &after, sizeof before);
    bn_effect own = {.type = BN_EFFECT_OWN, .cseq = 2, .oseq = 1, .count = 1};
    apply_effect(o, &own);
    assert_ok(bn_branch_digest(o->branch, &after, &o->err), o->err);
    assert_memory_not_equal(before.sum, after.sum, sizeof before.sum);
    office_close(o);
}

typedef struct seen_events {
    size_t count;
    uint64_t cseq[8];
    bool is_ours[8];
} seen_events;

static bn_rc see_event(void *context, const bn_event *event, bn_err *err)
{
    (void)err;
    seen_events *seen = context;
    assert_true(seen->count < 8);
    assert_true(event->changes_count > 0);
    seen->cseq[seen->count] = event->cseq;
    seen->is_ours[seen->count] = bn_slice_is(event->actor, "lin");
    seen->count++;
    return BN_OK;
}

static void history__tells_who_and_where_confirmed_then_waiting(void **state)
{
    (void)state;
    office *o = office_open(false);
    bn_id id = save_customer(o, "Wang Min").id;
    confirm_own(o, 1, 1);
    bn_cell cells[] = {cell_of(BN_CUSTOMER_mobile, "13900139000", 2)};
    bn_effect put = put_of(id, cells, 1, 2);
    apply_effect(o, &put);
    save_text(o, id, BN_CUSTOMER_name, "Wang Ming");
    seen_events seen = {0};
    assert_ok(bn_branch_history(o->branch, BN_KIND_CUSTOMER, id, 8, see_event, &seen, &o->err),
              o->err);
    assert_int_equal(seen.count, 3);
    assert_int_equal(seen.cseq[0], 1);
    assert_true(seen.is_ours[0]);
    assert_false(seen.is_ours[1]);
    assert_true(seen.is_ours[2]);
    assert_int_equal(seen.cseq[2], 0);
    office_close(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(own__moves_ops_from_the_overlay_to_the_confirmed_record),
        cmocka_unit_test(own__refuses_ops_out_of_order_and_ops_never_made),
        cmocka_unit_test(outcome__shows_the_servers_value_and_keeps_the_reason),
        cmocka_unit_test(put__stays_below_what_waits_here),
        cmocka_unit_test(leave__takes_the_record_and_what_hangs_on_it_but_not_own_ops),
        cmocka_unit_test(conflict__is_listed_decided_once_and_gone_with_its_record),
        cmocka_unit_test(erase__leaves_no_value_anywhere_and_the_chain_whole),
        cmocka_unit_test(feed__is_refused_with_another_start__hash_or_order),
        cmocka_unit_test(feed__cut_by_a_crash_is_applied_once),
        cmocka_unit_test(feed__without_effects_moves_the_cursor),
        cmocka_unit_test(digest__ignores_what_waits_and_survives_a_restart),
        cmocka_unit_test(history__tells_who_and_where_confirmed_then_waiting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
