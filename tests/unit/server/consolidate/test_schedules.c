/* test_schedules.c - whatever order and batching, the golden records are the same.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Each script is what four branches write, offline, about a few people who are customers of
 * several of them. It is played again and again in random interleavings, pushed in random batches
 * and consolidated in random slices. Rules that hold at any moment are checked after every slice.
 */
#include "town.h"

#define BRANCHES 4
#define OPS_MAX 7
#define IDS_MAX 64

typedef struct script {
    bn_id ids[IDS_MAX];
    size_t ids_count;
} script;

/* The same seed writes the same ops. */
static void write_script(town *t, lab_branch **branches, uint64_t seed, script *out)
{
    property p = {.state = seed};
    *out = (script){0};
    for (size_t i = 0; i < BRANCHES; i++) {
        lab_branch *b = branches[i];
        bn_id own[OPS_MAX];
        bn_dot made[OPS_MAX];
        bool removed[OPS_MAX] = {false};
        size_t count = 0;
        for (unsigned op = 0; op < OPS_MAX; op++) {
            size_t who = count > 0 ? property_below(&p, count) : 0;
            switch (count == 0 ? 0 : property_below(&p, 6)) {
            case 1: /* removed, or restored */
                made[who] = town_write_set(b, BN_KIND_CUSTOMER, own[who], BN_FIELD_EXISTENCE,
                                           made[who], bn_value_int(removed[who] ? 1 : 0));
                removed[who] = !removed[who];
                break;
            case 2: { /* a phone of its own */
                bn_op phone = lab_op(b, BN_KIND_PHONE, lab_id(b, 500 + op));
                phone.hlc = bn_hlc_make(TOWN_CLOCK + b->oseq, b->number);
                lab_set(&t->lab, &phone, BN_FIELD_EXISTENCE, (bn_dot){0}, bn_value_int(1));
                lab_set(&t->lab, &phone, BN_PHONE_customer, (bn_dot){0}, bn_value_id(own[who]));
                lab_set(&t->lab, &phone, BN_PHONE_branch, (bn_dot){0}, bn_value_int(b->number));
                lab_set(&t->lab, &phone, BN_PHONE_number, (bn_dot){0},
                        lab_text(town_people[property_below(&p, 4)].mobile));
                (void)lab_write(b, &phone);
                break;
            }
            case 3: /* a value that the matcher does not look at */
                (void)town_write_set(b, BN_KIND_CUSTOMER, own[who], BN_CUSTOMER_nationality,
                                     (bn_dot){0}, lab_text(op % 2 == 0 ? "CN" : "GB"));
                break;
            default:
                own[count] = town_write_customer(b, op + 1,
                                                 &town_people[property_below(&p, 4)],
                                                 (unsigned)property_below(&p, 16));
                made[count] = (bn_dot){b->origin, b->oseq};
                out->ids[out->ids_count++] = own[count++];
                break;
            }
        }
    }
}

static bn_slice row_of(bn_kv_txn *txn, bn_id id)
{
    bn_slice row = {0};
    bn_err err = {0};
    assert_ok(bn_kv_get(txn, BN_TABLE_MATCH_FEATURE, bn_id_slice(&id), &row, &err), err);
    return row;
}

/* Partition, reverse map, constraints: at whatever moment. */
static void check_now(town *t)
{
    bn_err err = {0};
    bn_golden golden = {0};
    bn_kv_txn *txn = NULL;
    bn_consolidate_counts counts;
    size_t members = 0;
    assert_ok(bn_consolidate_get_counts(t->c, &counts, &err), err);
    assert_ok(bn_kv_begin(t->lab.kv, BN_KV_READ, &txn, &err), err);
    while (bn_consolidate_golden_next(t->c, golden.id, &t->lab.arena, &golden, &err) == BN_OK) {
        assert_true(bn_id_equal(golden.id, bn_golden_id(golden.anchor)));
        for (size_t i = 0; i < golden.members_count; i++) {
            assert_true(bn_id_equal(town_golden(t, golden.members[i]), golden.id));
            bn_feature a;
            bn_feature_open(row_of(txn, golden.members[i]), &a);
            for (size_t j = 0; j < i; j++) {
                bn_feature b;
                bn_feature_open(row_of(txn, golden.members[j]), &b);
                assert_false(bn_match_forbidden(&a, &b));
            }
        }
        members += golden.members_count;
    }
    bn_kv_abort(&txn);
    assert_int_equal(members, counts.customers);
}

static void check_end(town *t, const script *s)
{
    bn_err err = {0};
    for (size_t i = 0; i < s->ids_count; i++) {
        bn_golden golden;
        bn_record record = lab_record(&t->lab, BN_KIND_CUSTOMER, s->ids[i]);
        bn_rc rc = bn_consolidate_golden(t->c, bn_golden_id(s->ids[i]), &t->lab.arena, &golden,
                                         &err);
        assert_int_equal(rc, bn_record_exists(&record) ? BN_OK : BN_E_STALE);
        if (rc == BN_OK) {
            bool found = false;
            for (size_t j = 0; j < golden.members_count; j++) {
                found = found || bn_id_equal(golden.members[j], s->ids[i]);
            }
            assert_true(found);
        }
    }
}

static bn_hash play(uint64_t seed, property *p, size_t *merged)
{
    town t;
    script s;
    bn_err err = {0};
    lab_branch *branches[BRANCHES];
    town_open(&t);
    for (uint32_t i = 0; i < BRANCHES; i++) {
        branches[i] = lab_add(&t.lab, i + 1);
    }
    write_script(&t, branches, seed, &s);
    for (size_t left = BRANCHES * OPS_MAX; left > 0;) {
        lab_branch *b = branches[property_below(p, BRANCHES)];
        uint64_t waiting = b->oseq - b->committed;
        if (waiting == 0) {
            continue;
        }
        uint64_t count = 1 + property_below(p, waiting);
        assert_true(lab_push_range(b, b->committed + 1, b->committed + count));
        left -= count;
        for (uint64_t slices = property_below(p, 3); slices > 0; slices--) {
            assert_ok(bn_consolidate_slice(t.c, 1 + property_below(p, 5), &err), err);
            check_now(&t);
        }
    }
    town_settle(&t);
    check_now(&t);
    check_end(&t, &s);
    town_assert_verified(&t);
    bn_consolidate_counts counts;
    assert_ok(bn_consolidate_get_counts(t.c, &counts, &err), err);
    *merged += counts.goldens < counts.customers ? 1 : 0;
    bn_hash hash = town_hash(&t);
    town_close(&t);
    return hash;
}

static void schedules__all_lead_to_one_hash_and_to_what_a_rebuild_gives(void **state)
{
    (void)state;
    property p = property_begin("arrival schedules", 1000);
    size_t merged = 0;
    bn_hash expected = {{0}};
    for (unsigned i = 0; i < p.cases; i++) {
        uint64_t seed = p.seed + i / 20;
        bn_hash hash = play(seed, &p, &merged);
        if (i % 20 == 0) {
            expected = hash;
        } else if (!bn_hash_equal(hash, expected)) {
            fail_msg("script %llu: another order, other golden records",
                     (unsigned long long)seed);
        }
    }
    print_message("# %zu of %u schedules had somebody at several branches\n", merged, p.cases);
    assert_true(merged > 0);
}

int main(void)
{
    bn_err err = {0};
    if (bn_crypto_start(&err) != BN_OK) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schedules__all_lead_to_one_hash_and_to_what_a_rebuild_gives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
