/* test_save.c - saving at a branch that works by itself.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "unit/branch-client/branch_test.h"

#include <banyan/base/alloc.h>
#include <banyan/core/query.h>

/* --- life of a record ------------------------------------------------------------------------- */

static void live_a_life(bool is_lmdb)
{
    office *o = office_open(is_lmdb);
    bn_id id = save_customer(o, "Wang Min").id;
    save_text(o, id, BN_CUSTOMER_mobile, "13800138000");
    office_restart(o);
    assert_shows(o, id, BN_CUSTOMER_name, "Wang Min");
    assert_shows(o, id, BN_CUSTOMER_mobile, "13800138000");
    bn_change gone[] = {set_there(false)};
    save(o, id, gone, 1);
    office_restart(o);
    bn_record record = shown(o, id);
    assert_false(bn_record_exists(&record));
    bn_change back[] = {set_there(true)};
    save(o, id, back, 1);
    office_restart(o);
    record = shown(o, id);
    assert_true(bn_record_exists(&record));
    assert_shows(o, id, BN_CUSTOMER_name, "Wang Min");
    bn_branch_counts counts = counts_of(o);
    assert_int_equal(counts.ops_waiting, 4);
    assert_int_equal(counts.records_waiting, 1);
    assert_sound(o);
    office_close(o);
}

static void save__edit__remove_and_restore_survive_restarts_in_memory(void **state)
{
    (void)state;
    live_a_life(false);
}

static void save__edit__remove_and_restore_survive_restarts_on_disk(void **state)
{
    (void)state;
    live_a_life(true);
}

static void save__refuses_before_enrolment(void **state)
{
    (void)state;
    office *o = office_open(false);
    bn_kv_memory *memory = NULL;
    bn_kv *kv = NULL;
    bn_branch *fresh = NULL;
    assert_ok(bn_kv_open_memory(&memory, &kv, &o->err), o->err);
    assert_ok(bn_branch_open(kv, &o->clock, &o->random, &fresh, &o->err), o->err);
    bn_change changes[] = {set_text(BN_CUSTOMER_name, "Wang Min")};
    bn_draft draft = draft_of((bn_id){{0}}, changes, 1);
    bn_saved saved;
    assert_int_equal(bn_branch_save(fresh, &draft, 1, NULL, &saved, NULL, &o->err), BN_E_DENIED);
    bn_branch_close(&fresh);
    bn_kv_close(&kv);
    bn_kv_memory_destroy(&memory);
    office_close(o);
}

static void identity__is_for_good_and_keys_stay(void **state)
{
    (void)state;
    office *o = office_open(true);
    char before[BN_FINGERPRINT_TEXT_BYTES];
    char after[BN_FINGERPRINT_TEXT_BYTES];
    bn_branch_fingerprint(o->branch, before);
    office_restart(o);
    bn_branch_fingerprint(o->branch, after);
    assert_string_equal(before, after);
    assert_true(bn_branch_enrolled(o->branch));
    assert_string_equal(bn_branch_identity(o->branch)->name, "Harbour");
    bn_identity other = *bn_branch_identity(o->branch);
    other.origin++;
    assert_int_equal(bn_branch_set_identity(o->branch, &other, &o->err), BN_E_EXISTS);
    office_close(o);
}

/* --- defaults, bases, groups ------------------------------------------------------------------ */

static void save__gives_a_new_customer_a_number_and_its_home(void **state)
{
    (void)state;
    office *o = office_open(false);
    bn_saved first = save_customer(o, "Wang Min");
    office_restart(o);
    bn_saved second = save_customer(o, "Li Na");
    assert_string_not_equal(first.number, second.number);
    char canonical[BN_CUSTOMER_NUMBER_BYTES];
    assert_ok(bn_customer_number_parse(bn_slice_of(second.number), canonical, &o->err), o->err);
    assert_shows(o, second.id, BN_CUSTOMER_number, second.number);
    bn_record record = shown(o, first.id);
    assert_int_equal(bn_record_value(&record, BN_CUSTOMER_branch).integer, OFFICE_BRANCH);
    office_close(o);
}

static void save__refuses_a_base_that_is_not_shown_any_more(void **state)
{
    (void)state;
    office *o = office_open(false);
    bn_id id = save_customer(o, "Wang Min").id;
    bn_record form = shown(o, id);
    bn_dot seen = bn_record_dot(&form, BN_CUSTOMER_name);
    bn_dot newer = save_text(o, id, BN_CUSTOMER_name, "Wang Ming").dot;
    bn_change changes[] = {set_text(BN_CUSTOMER_name, "Wang Mei")};
    changes[0].base = seen;
    bn_draft draft = draft_of(id, changes, 1);
    draft.as_shown = false;
    bn_saved saved;
    bn_stale stale = {0};
    assert_int_equal(try_save(o, draft, &saved, &stale), BN_E_STALE);
    assert_int_equal(stale.field, BN_CUSTOMER_name);
    assert_true(bn_dot_equal(stale.dot, newer));
    assert_non_null(strstr(o->err.text, "name"));
    assert_shows(o, id, BN_CUSTOMER_name, "Wang Ming");
    changes[0].base = newer;
    assert_ok(try_save(o, draft, &saved, &stale), o->err);
    assert_shows(o, id, BN_CUSTOMER_name, "Wang Mei");
    office_close(o);
}

static void save__says_stale_when_the_record_was_removed_meanwhile(void **state)
{
    (void)state;
    office *o = office_open(false);
    bn_id id = save_customer(o, "Wang Min").id;
    bn_change gone[] = {set_there(false)};
    save(o, id, gone, 1);
    bn_change changes[] = {set_text(BN_CUSTOMER_mobile, "13800138000")};
    bn_draft draft = draft_of(id, changes, 1);
    draft.as_shown = false;
    bn_saved saved;
    bn_stale stale = {.field = 99};
    assert_int_equal(try_save(o, draft, &saved, &stale), BN_E_STALE);
    assert_int_equal(stale.field, BN_FIELD_EXISTENCE);
    draft.as_shown = true;
    assert_int_equal(try_save(o, draft, &saved, &stale), BN_E_NOT_FOUND);
    office_close(o);
}

static bn_own_op waiting_op(office *o, uint64_t oseq)
{
    bn_own_op own;
    assert_ok(bn_branch_waiting_next(o->branch, oseq - 1, &o->arena, &own, &o->err), o->err);
    assert_int_equal(own.dot.oseq, oseq);
    return own;
}

static void save__completes_a_group_with_one_base(void **state)
{
    (void)state;
    office *o = office_open(false);
    bn_change address[] = {set_text(BN_CUSTOMER_name, "Wang Min"),
                           set_text(BN_CUSTOMER_city, "Wuhan"),
                           set_text(BN_CUSTOMER_street, "Jianshe 1")};
    bn_saved made = save(o, (bn_id){{0}}, address, 3);
    bn_saved moved = save_text(o, made.id, BN_CUSTOMER_street, "Jianshe 2");
    bn_own_op own = waiting_op(o, moved.dot.oseq);
    assert_int_equal(own.op.changes_count, 6);
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(own.op.changes[i].field, BN_CUSTOMER_country + i);
        assert_true(bn_dot_equal(own.op.changes[i].base, made.dot));
    }
    assert_shows(o, made.id, BN_CUSTOMER_city, "Wuhan");
    assert_shows(o, made.id, BN_CUSTOMER_street, "Jianshe 2");
    office_close(o);
}

static void save__stamps_above_what_it_builds_on_even_when_the_clock_goes_back(void **state)
{
    (void)state;
    office *o = office_open(false);
    bn_id id = save_customer(o, "Wang Min").id;
    o->wall_ms -= 3600000;
    office_restart(o);
    save_text(o, id, BN_CUSTOMER_name, "Wang Ming");
    bn_hlc first = waiting_op(o, 1).op.hlc;
    bn_hlc second = waiting_op(o, 2).op.hlc;
    assert_true(bn_hlc_compare(second, first) > 0);
    office_close(o);
}

static void save__drops_what_is_shown_already(void **state)
{
    (void)state;
    office *o = office_open(false);
    bn_id id = save_customer(o, "Wang Min").id;
    bn_saved again = save_text(o, id, BN_CUSTOMER_name, "Wang Min");
    assert_true(bn_dot_is_none(again.dot));
    assert_true(bn_id_equal(again.id, id));
    bn_change tag[] = {add_text(BN_CUSTOMER_tags, "vip")};
    assert_false(bn_dot_is_none(save(o, id, tag, 1).dot));
    assert_true(bn_dot_is_none(save(o, id, tag, 1).dot));
    tag[0].verb = BN_VERB_REMOVE;
    assert_false(bn_dot_is_none(save(o, id, tag, 1).dot));
    assert_true(bn_dot_is_none(save(o, id, tag, 1).dot));
    assert_int_equal(counts_of(o).ops_waiting, 3);
    office_close(o);
}

/* --- refusals --------------------------------------------------------------------------------- */

static void save__refuses_what_it_must(void **state)
{
    (void)state;
    office *o = office_open(false);
    bn_id id = save_customer(o, "Wang Min").id;
    bn_change name[] = {set_text(BN_CUSTOMER_name, "x")};
    bn_change bad_id[] = {set_text(BN_CUSTOMER_document_type, "resident_id"),
                          set_text(BN_CUSTOMER_document_number, "11010519491231002Y")};
    bn_change own_number[] = {set_text(BN_CUSTOMER_number, "0001-000001-1")};
    bn_change other_home[] = {set_text(BN_CUSTOMER_name, "x"),
                              {.field = BN_CUSTOMER_branch, .value = bn_value_int(9)}};
    bn_change lost[] = {{.field = BN_PHONE_customer, .value = bn_value_id((bn_id){{7}})}};
    bn_change product[] = {set_text(BN_PRODUCT_name, "x")};
    bn_draft phone = draft_of((bn_id){{0}}, lost, 1);
    phone.kind = BN_KIND_PHONE;
    bn_draft reference = draft_of((bn_id){{0}}, product, 1);
    reference.kind = BN_KIND_PRODUCT;
    bn_draft nobody = draft_of(id, name, 1);
    nobody.actor = BN_SLICE("");
    bn_draft erase = draft_of(id, NULL, 0);
    erase.type = BN_OP_ERASE;
    const struct {
        bn_draft draft;
        bn_rc rc;
    } cases[] = {
        {draft_of((bn_id){{5}}, name, 1), BN_E_NOT_FOUND},
        {draft_of(id, bad_id, 2), BN_E_INVALID},
        {draft_of((bn_id){{0}}, own_number, 1), BN_E_INVALID},
        {draft_of(id, own_number, 1), BN_E_INVALID},
        {draft_of((bn_id){{0}}, other_home, 2), BN_E_DENIED},
        {phone, BN_E_NOT_FOUND},
        {reference, BN_E_DENIED},
        {nobody, BN_E_INVALID},
        {erase, BN_E_DENIED},
    };
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        bn_saved saved;
        bn_rc rc = try_save(o, cases[i].draft, &saved, NULL);
        if (rc != cases[i].rc) {
            fail_msg("case %zu: %s (%s)", i, bn_rc_text(rc), o->err.text);
        }
    }
    assert_int_equal(counts_of(o).oseq_last, 1);
    assert_sound(o);
    office_close(o);
}

/* --- several drafts --------------------------------------------------------------------------- */

static void save__keeps_drafts_together_and_lets_them_refer_to_each_other(void **state)
{
    (void)state;
    office *o = office_open(false);
    bn_id id;
    assert_ok(bn_branch_make_id(o->branch, &id, &o->err), o->err);
    bn_change customer[] = {set_there(true), set_text(BN_CUSTOMER_name, "Wang Min")};
    bn_change phone[] = {{.field = BN_PHONE_customer, .value = bn_value_id(id)},
                         set_text(BN_PHONE_number, "13800138000")};
    bn_draft drafts[] = {draft_of(id, customer, 2), draft_of((bn_id){{0}}, phone, 2)};
    drafts[1].kind = BN_KIND_PHONE;
    bn_saved saved[2];
    assert_ok(bn_branch_save(o->branch, drafts, 2, NULL, saved, NULL, &o->err), o->err);
    assert_int_equal(waiting_op(o, 1).op.flags & BN_OP_FLAG_MORE, BN_OP_FLAG_MORE);
    assert_int_equal(waiting_op(o, 2).op.flags & BN_OP_FLAG_MORE, 0);
    bn_id hits[4];
    size_t count;
    assert_ok(bn_branch_find(o->branch, BN_KIND_PHONE, BN_PHONE_customer, bn_value_id(id),
                             (bn_id){{0}}, hits, 4, &count, &o->err),
              o->err);
    assert_int_equal(count, 1);
    assert_true(bn_id_equal(hits[0], saved[1].id));
    office_close(o);
}

static void save__keeps_nothing_when_one_draft_is_refused(void **state)
{
    (void)state;
    office *o = office_open(false);
    bn_change good[] = {set_text(BN_CUSTOMER_name, "Wang Min")};
    bn_draft drafts[] = {draft_of((bn_id){{0}}, good, 1), draft_of((bn_id){{5}}, good, 1)};
    bn_saved saved[2];
    assert_int_equal(bn_branch_save(o->branch, drafts, 2, NULL, saved, NULL, &o->err),
                     BN_E_NOT_FOUND);
    assert_int_equal(counts_of(o).oseq_last, 0);
    char first[BN_CUSTOMER_NUMBER_BYTES];
    bn_customer_number_make(OFFICE_ORIGIN, 1, first);
    assert_string_equal(save_customer(o, "Li Na").number, first);
    assert_sound(o);
    office_close(o);
}

static void save__returns_the_first_result_for_a_repeated_request(void **state)
{
    (void)state;
    office *o = office_open(true);
    bn_id request = {{9, 9}};
    bn_change changes[] = {set_text(BN_CUSTOMER_name, "Wang Min")};
    bn_draft draft = draft_of((bn_id){{0}}, changes, 1);
    bn_saved first;
    bn_saved second;
    assert_ok(bn_branch_save(o->branch, &draft, 1, &request, &first, NULL, &o->err), o->err);
    office_restart(o);
    assert_ok(bn_branch_save(o->branch, &draft, 1, &request, &second, NULL, &o->err), o->err);
    assert_true(bn_id_equal(first.id, second.id));
    assert_true(bn_dot_equal(first.dot, second.dot));
    assert_string_equal(first.number, second.number);
    assert_int_equal(counts_of(o).oseq_last, 1);
    bn_draft two[] = {draft, draft};
    bn_saved saved[2];
    assert_int_equal(bn_branch_save(o->branch, two, 2, &request, saved, NULL, &o->err),
                     BN_E_INVALID);
    office_close(o);
}

static void bulk__refuses_one_row_and_keeps_the_others(void **state)
{
    (void)state;
    office *o = office_open(true);
    bn_branch_bulk *bulk = NULL;
    assert_ok(bn_branch_bulk_begin(o->branch, &bulk, &o->err), o->err);
    bn_change good[] = {set_text(BN_CUSTOMER_name, "Wang Min")};
    bn_change bad[] = {set_text(BN_CUSTOMER_sex, "whatever")};
    bn_saved saved;
    for (int i = 0; i < 10; i++) {
        bn_draft draft = draft_of((bn_id){{0}}, i == 5 ? bad : good, 1);
        draft.blind = true;
        assert_int_equal(
            bn_branch_bulk_save(bulk, &draft, 1, NULL, &saved, NULL, &o->err),
            i == 5 ? BN_E_INVALID : BN_OK);
    }
    bn_draft other = draft_of((bn_id){{0}}, good, 1);
    assert_int_equal(bn_branch_save(o->branch, &other, 1, NULL, &saved, NULL, &o->err), BN_E_BUSY);
    assert_int_equal(counts_of(o).oseq_last, 0);
    assert_ok(bn_branch_bulk_commit(&bulk, &o->err), o->err);
    assert_int_equal(counts_of(o).oseq_last, 9);
    assert_int_equal(waiting_op(o, 1).op.flags, BN_OP_FLAG_BLIND);
    assert_ok(bn_branch_bulk_begin(o->branch, &bulk, &o->err), o->err);
    bn_branch_bulk_abort(&bulk);
    assert_sound(o);
    office_close(o);
}

/* --- crashes ---------------------------------------------------------------------------------- */

static bn_rc crash_at(void *context, bn_kv_moment moment)
{
    return moment == *(bn_kv_moment *)context ? BN_E_IO : BN_OK;
}

/* A person saves, the machine dies around the commit, the person saves again. */
static void crash_and_repeat(bool is_lmdb, bn_kv_moment moment, uint64_t kept)
{
    office *o = office_open(is_lmdb);
    bn_id request = {{3}};
    bn_change changes[] = {set_text(BN_CUSTOMER_name, "Wang Min")};
    bn_draft draft = draft_of((bn_id){{0}}, changes, 1);
    bn_saved saved;
    bn_kv_set_hook(o->kv, crash_at, &moment);
    assert_int_equal(bn_branch_save(o->branch, &draft, 1, &request, &saved, NULL, &o->err),
                     BN_E_IO);
    assert_int_equal(bn_branch_save(o->branch, &draft, 1, &request, &saved, NULL, &o->err),
                     BN_E_IO);
    office_restart(o);
    assert_int_equal(counts_of(o).oseq_last, kept);
    assert_sound(o);
    assert_ok(bn_branch_save(o->branch, &draft, 1, &request, &saved, NULL, &o->err), o->err);
    assert_int_equal(counts_of(o).oseq_last, 1);
    assert_int_equal(counts_of(o).ops_waiting, 1);
    assert_shows(o, saved.id, BN_CUSTOMER_name, "Wang Min");
    assert_sound(o);
    office_close(o);
}

static void save__repeated_after_a_crash_is_done_once(void **state)
{
    (void)state;
    for (int lmdb = 0; lmdb < 2; lmdb++) {
        crash_and_repeat(lmdb == 1, BN_KV_BEFORE_COMMIT, 0);
        crash_and_repeat(lmdb == 1, BN_KV_AFTER_COMMIT, 1);
    }
}

static void save__without_memory_keeps_nothing_and_can_be_repeated(void **state)
{
    (void)state;
    office *o = office_open(false);
    bn_change changes[] = {set_text(BN_CUSTOMER_name, "Wang Min"),
                           set_text(BN_CUSTOMER_email, "min@example.com")};
    unsigned refused = 0;
    for (size_t n = 1; n <= 120; n++) {
        uint64_t before = counts_of(o).oseq_last;
        bn_saved saved;
        bn_alloc_fail_at(n);
        bn_rc rc = try_save(o, draft_of((bn_id){{0}}, changes, 2), &saved, NULL);
        bn_alloc_fail_at(0);
        assert_true(rc == BN_OK || rc == BN_E_NO_MEMORY);
        assert_int_equal(counts_of(o).oseq_last, before + (rc == BN_OK ? 1 : 0));
        refused += rc == BN_OK ? 0 : 1;
    }
    assert_true(refused > 10);
    assert_sound(o);
    office_close(o);
}

/* --- proofs ----------------------------------------------------------------------------------- */

typedef struct tamper {
    bn_table table;
    const char *finding;
} tamper;

typedef struct findings {
    size_t len;
    char text[800];
} findings;

static void keep_finding(void *context, const char *text)
{
    findings *all = context;
    int len = snprintf(all->text + all->len, sizeof all->text - all->len, "%s; ", text);
    all->len += (size_t)len;
    assert_true(all->len < sizeof all->text);
}

static void verify__finds_what_was_tampered_with(void **state)
{
    (void)state;
    const tamper cases[] = {
        {BN_TABLE_OPLOG, "chain"}, {BN_TABLE_OVERLAY, "that wait"}, {BN_TABLE_INDEX, "index"}};
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        office *o = office_open(false);
        save_customer(o, "Wang Min");
        bn_kv_txn *txn = NULL;
        assert_ok(bn_kv_begin(o->kv, BN_KV_WRITE, &txn, &o->err), o->err);
        bn_kv_cursor *cursor = NULL;
        assert_ok(bn_kv_cursor_open(txn, cases[i].table, &cursor, &o->err), o->err);
        bn_slice key;
        bn_slice value;
        assert_ok(bn_kv_seek(cursor, BN_SLICE(""), &key, &value, &o->err), o->err);
        uint8_t key_copy[64];
        uint8_t value_copy[512];
        memcpy(key_copy, key.data, key.len);
        memcpy(value_copy, value.data, value.len);
        bn_slice at = bn_slice_make(key_copy, key.len);
        size_t value_len = value.len;
        bn_kv_cursor_close(&cursor);
        if (value_len > 0) {
            value_copy[0] ^= 1;
            assert_ok(bn_kv_put(txn, cases[i].table, at, bn_slice_make(value_copy, value_len),
                                &o->err),
                      o->err);
        } else {
            assert_ok(bn_kv_del(txn, cases[i].table, at, &o->err), o->err);
        }
        assert_ok(bn_kv_commit(&txn, &o->err), o->err);
        uint64_t rows;
        findings all = {0};
        assert_int_equal(bn_branch_verify(o->branch, keep_finding, &all, &rows, &o->err),
                         BN_E_CORRUPT);
        assert_non_null(strstr(all.text, cases[i].finding));
        office_close(o);
    }
}

/* --- finding ---------------------------------------------------------------------------------- */

static bn_rc count_row(void *context, const bn_record *record, bn_err *err)
{
    (void)record;
    (void)err;
    (*(size_t *)context)++;
    return BN_OK;
}

static void reads__find_search_and_list_what_was_saved(void **state)
{
    (void)state;
    office *o = office_open(true);
    bn_change changes[] = {set_text(BN_CUSTOMER_name, "王小明"),
                           set_text(BN_CUSTOMER_mobile, "13800138000")};
    bn_id id = save(o, (bn_id){{0}}, changes, 2).id;
    save_customer(o, "Anna Berg");
    for (int restarted = 0; restarted < 2; restarted++) {
        bool done = false;
        while (!done) {
            assert_ok(bn_branch_warm(o->branch, 1, &done, &o->err), o->err);
        }
        bn_search_hit hits[4];
        size_t count;
        assert_ok(bn_branch_search(o->branch, BN_SLICE("wxm"), hits, 4, &count, &o->err), o->err);
        assert_int_equal(count, 1);
        assert_true(bn_id_equal(hits[0].id, id));
        bn_id ids[4];
        assert_ok(bn_branch_find(o->branch, BN_KIND_CUSTOMER, BN_CUSTOMER_mobile,
                                 bn_value_text(BN_SLICE("13800138000")), (bn_id){{0}}, ids, 4,
                                 &count, &o->err),
                  o->err);
        assert_int_equal(count, 1);
        bn_branch_reader reader;
        assert_ok(bn_branch_read_begin(o->branch, &reader, &o->err), o->err);
        bn_record_source source = bn_branch_source(&reader);
        bn_query query = {.kind = BN_KIND_CUSTOMER, .rows_max = 10};
        bn_id next;
        count = 0;
        assert_ok(bn_query_run(&source, &query, count_row, &count, &next, &o->err), o->err);
        assert_int_equal(count, 2);
        bn_branch_read_end(&reader);
        office_restart(o);
    }
    office_close(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(save__edit__remove_and_restore_survive_restarts_in_memory),
        cmocka_unit_test(save__edit__remove_and_restore_survive_restarts_on_disk),
        cmocka_unit_test(save__refuses_before_enrolment),
        cmocka_unit_test(identity__is_for_good_and_keys_stay),
        cmocka_unit_test(save__gives_a_new_customer_a_number_and_its_home),
        cmocka_unit_test(save__refuses_a_base_that_is_not_shown_any_more),
        cmocka_unit_test(save__says_stale_when_the_record_was_removed_meanwhile),
        cmocka_unit_test(save__completes_a_group_with_one_base),
        cmocka_unit_test(save__stamps_above_what_it_builds_on_even_when_the_clock_goes_back),
        cmocka_unit_test(save__drops_what_is_shown_already),
        cmocka_unit_test(save__refuses_what_it_must),
        cmocka_unit_test(save__keeps_drafts_together_and_lets_them_refer_to_each_other),
        cmocka_unit_test(save__keeps_nothing_when_one_draft_is_refused),
        cmocka_unit_test(save__returns_the_first_result_for_a_repeated_request),
        cmocka_unit_test(bulk__refuses_one_row_and_keeps_the_others),
        cmocka_unit_test(save__repeated_after_a_crash_is_done_once),
        cmocka_unit_test(save__without_memory_keeps_nothing_and_can_be_repeated),
        cmocka_unit_test(verify__finds_what_was_tampered_with),
        cmocka_unit_test(reads__find_search_and_list_what_was_saved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
