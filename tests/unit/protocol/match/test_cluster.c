/* test_cluster.c - constrained average-link: constraints, order, locality.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "people.h"

#define RECORDS_MAX 40

typedef struct town { /* one component, made up */
    bn_cluster_record records[RECORDS_MAX];
    bn_buf rows[RECORDS_MAX];
    uint32_t count;
    bn_cluster_edge edges[RECORDS_MAX * RECORDS_MAX];
    size_t edges_count;
    bn_cluster_edge musts[4];
    size_t musts_count;
    bn_cluster_pin pins[8];
    size_t pins_count;
} town;

static bn_epoch *epoch;

static void town_init(town *t, property *p, uint32_t count)
{
    *t = (town){.count = count};
    for (uint32_t i = 0; i < count; i++) {
        customer c = random_customer(p);
        t->rows[i] = customer_row(&c);
        t->records[i] = (bn_cluster_record){test_rid(i), bn_buf_slice(&t->rows[i])};
    }
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t j = i + 1; j < count; j++) {
            bn_feature a;
            bn_feature b;
            bn_score s;
            bn_feature_open(t->records[i].row, &a);
            bn_feature_open(t->records[j].row, &b);
            bn_match_score(epoch, &a, &b, &s);
            if (s.verdict >= BN_VERDICT_REVIEW) {
                t->edges[t->edges_count++] = (bn_cluster_edge){i, j, s.weight};
            }
        }
    }
}

static void town_fini(town *t)
{
    for (uint32_t i = 0; i < t->count; i++) {
        bn_buf_fini(&t->rows[i]);
    }
}

/* Clusters, with anchors copied out as rids' numbers by record. */
static void solve(const town *t, uint32_t anchor[RECORDS_MAX])
{
    bn_err err = {.code = BN_OK};
    bn_arena arena;
    bn_clusters out;
    bn_component c = {.epoch = epoch,
                      .records = t->records,
                      .records_count = t->count,
                      .edges = t->edges,
                      .edges_count = t->edges_count,
                      .musts = t->musts,
                      .musts_count = t->musts_count,
                      .pins = t->pins,
                      .pins_count = t->pins_count};
    bn_arena_init(&arena, (size_t)64 << 20);
    assert_ok(bn_cluster_component(&c, &arena, &out, &err), err);
    uint32_t clusters = 0;
    for (uint32_t i = 0; i < t->count; i++) {
        anchor[i] = out.anchor[i];
        assert_int_equal(out.anchor[anchor[i]], anchor[i]);
        assert_true(bn_rid_compare(&t->records[anchor[i]].rid, &t->records[i].rid) <= 0);
        clusters += anchor[i] == i ? 1 : 0;
    }
    assert_int_equal(clusters, out.clusters_count);
    for (size_t i = 0; i < out.steps_count; i++) {
        const bn_cluster_step *s = &out.steps[i];
        if (s->refusal == BN_REFUSED_NOT && s->cause == BN_MERGE_WEIGHT) {
            assert_true(s->weights_sum > 0);
        }
    }
    bn_arena_fini(&arena);
}

static void shuffle_edges(property *p, bn_cluster_edge *edges, size_t count)
{
    for (size_t i = count; i > 1; i--) {
        size_t j = property_below(p, i);
        bn_cluster_edge e = edges[i - 1];
        edges[i - 1] = edges[j];
        edges[j] = e;
        if (property_below(p, 2) == 0) {
            edges[j] = (bn_cluster_edge){edges[j].b, edges[j].a, edges[j].weight};
        }
    }
}

/* The same town with its records in another order. */
static void reorder(property *p, const town *from, town *to, uint32_t at[RECORDS_MAX])
{
    *to = *from;
    for (uint32_t i = 0; i < from->count; i++) {
        at[i] = i;
    }
    for (uint32_t i = from->count; i > 1; i--) {
        uint32_t j = (uint32_t)property_below(p, i);
        uint32_t swap = at[i - 1];
        at[i - 1] = at[j];
        at[j] = swap;
    }
    for (uint32_t i = 0; i < from->count; i++) {
        to->records[at[i]] = from->records[i];
    }
    for (size_t e = 0; e < from->edges_count; e++) {
        to->edges[e].a = at[from->edges[e].a];
        to->edges[e].b = at[from->edges[e].b];
    }
    for (size_t m = 0; m < from->musts_count; m++) {
        to->musts[m].a = at[from->musts[m].b];
        to->musts[m].b = at[from->musts[m].a];
    }
    for (size_t n = 0; n < from->pins_count; n++) {
        to->pins[from->pins_count - 1 - n] = from->pins[n];
        to->pins[from->pins_count - 1 - n].record = at[from->pins[n].record];
    }
    shuffle_edges(p, to->edges, to->edges_count);
}

static void decide(property *p, town *t)
{
    t->musts_count = property_below(p, 3);
    for (size_t i = 0; i < t->musts_count; i++) {
        uint32_t a = (uint32_t)property_below(p, t->count);
        t->musts[i] = (bn_cluster_edge){a, (a + 1) % t->count, 0};
    }
    t->pins_count = 2 * property_below(p, 4);
    for (uint32_t i = 0; i < t->pins_count; i++) {
        t->pins[i] = (bn_cluster_pin){i / 4, i % 2, (uint32_t)property_below(p, t->count)};
    }
}

static void cluster__does_not_depend_on_any_order(void **state)
{
    (void)state;
    property p = property_begin("cluster order", 60);
    for (unsigned i = 0; i < p.cases; i++) {
        town t;
        town_init(&t, &p, 2 + (uint32_t)property_below(&p, RECORDS_MAX - 2));
        decide(&p, &t);
        uint32_t first[RECORDS_MAX];
        solve(&t, first);
        for (int round = 0; round < 20; round++) {
            town other;
            uint32_t at[RECORDS_MAX];
            uint32_t again[RECORDS_MAX];
            reorder(&p, &t, &other, at);
            solve(&other, again);
            for (uint32_t r = 0; r < t.count; r++) {
                assert_int_equal(again[at[r]], at[first[r]]);
            }
        }
        town_fini(&t);
    }
}

static bool is_must_linked(const town *t, uint32_t a, uint32_t b)
{
    uint32_t parent[RECORDS_MAX];
    bn_union_init(parent, t->count);
    for (size_t i = 0; i < t->musts_count; i++) {
        bn_union_join(parent, t->musts[i].a, t->musts[i].b);
    }
    return bn_union_find(parent, a) == bn_union_find(parent, b);
}

static void cluster__never_breaks_a_hard_rule_or_a_pin(void **state)
{
    (void)state;
    property p = property_begin("cluster constraints", 300);
    unsigned met = 0;
    for (unsigned n = 0; n < p.cases; n++) {
        town t;
        uint32_t anchor[RECORDS_MAX];
        town_init(&t, &p, 2 + (uint32_t)property_below(&p, RECORDS_MAX - 2));
        decide(&p, &t);
        solve(&t, anchor);
        for (uint32_t i = 0; i < t.count; i++) {
            for (uint32_t j = i + 1; j < t.count; j++) {
                bn_feature a;
                bn_feature b;
                bn_feature_open(t.records[i].row, &a);
                bn_feature_open(t.records[j].row, &b);
                bool is_forbidden = bn_match_forbidden(&a, &b) && !is_must_linked(&t, i, j);
                assert_false(is_forbidden && anchor[i] == anchor[j]);
                met += is_forbidden ? 1 : 0;
            }
        }
        for (size_t x = 0; x < t.pins_count; x++) {
            for (size_t y = 0; y < t.pins_count; y++) {
                bool is_apart = t.pins[x].pin == t.pins[y].pin &&
                                t.pins[x].group != t.pins[y].group &&
                                t.pins[x].record != t.pins[y].record;
                assert_false(is_apart && anchor[t.pins[x].record] == anchor[t.pins[y].record]);
            }
        }
        town_fini(&t);
    }
    assert_true(met > 0);
}

static void cluster__obeys_a_must_link_without_an_edge(void **state)
{
    (void)state;
    property p = {.state = 3};
    town t;
    uint32_t anchor[RECORDS_MAX];
    town_init(&t, &p, 12);
    t.edges_count = 0;
    t.musts[t.musts_count++] = (bn_cluster_edge){3, 9, 0};
    solve(&t, anchor);
    assert_int_equal(anchor[3], anchor[9]);
    town_fini(&t);
}

static void cluster__of_a_component_ignores_all_others(void **state)
{
    (void)state;
    property p = property_begin("cluster locality", 80);
    for (unsigned n = 0; n < p.cases; n++) {
        town both;
        uint32_t anchor[RECORDS_MAX];
        uint32_t alone[RECORDS_MAX];
        town_init(&both, &p, RECORDS_MAX);
        uint32_t half = RECORDS_MAX / 2;
        size_t kept = 0;
        for (size_t e = 0; e < both.edges_count; e++) {
            bool is_across = (both.edges[e].a < half) != (both.edges[e].b < half);
            if (!is_across) {
                both.edges[kept++] = both.edges[e];
            }
        }
        both.edges_count = kept;
        town first = both;
        first.count = half;
        first.edges_count = 0;
        for (size_t e = 0; e < kept; e++) {
            if (both.edges[e].a < half) {
                first.edges[first.edges_count++] = both.edges[e];
            }
        }
        solve(&both, anchor);
        solve(&first, alone);
        assert_memory_equal(anchor, alone, half * sizeof *anchor);
        town_fini(&both);
    }
}

static void cluster__refuses_indexes_out_of_range(void **state)
{
    (void)state;
    property p = {.state = 5};
    town t;
    bn_err err = {.code = BN_OK};
    bn_arena arena;
    bn_clusters out;
    town_init(&t, &p, 3);
    bn_cluster_edge edge = {1, 3, 100};
    bn_component c = {.epoch = epoch, .records = t.records, .records_count = 3, .edges = &edge,
                      .edges_count = 1};
    bn_arena_init(&arena, (size_t)16 << 20);
    assert_int_equal(bn_cluster_component(&c, &arena, &out, &err), BN_E_INVALID);
    c.records_count = BN_COMPONENT_MAX + 1;
    assert_int_equal(bn_cluster_component(&c, &arena, &out, &err), BN_E_LIMIT);
    bn_arena_fini(&arena);
    town_fini(&t);
}

static void union__has_the_least_member_as_root(void **state)
{
    (void)state;
    uint32_t parent[6];
    bn_union_init(parent, 6);
    bn_union_join(parent, 5, 4);
    bn_union_join(parent, 4, 2);
    bn_union_join(parent, 1, 0);
    assert_int_equal(bn_union_find(parent, 5), 2);
    assert_int_equal(bn_union_find(parent, 1), 0);
    assert_int_equal(bn_union_find(parent, 3), 3);
}

static int start(void **state)
{
    (void)state;
    bn_err err;
    return bn_crypto_start(&err) == BN_OK && bn_epoch_create_default(60, &epoch) == BN_OK ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    bn_epoch_destroy(&epoch);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cluster__does_not_depend_on_any_order),
        cmocka_unit_test(cluster__never_breaks_a_hard_rule_or_a_pin),
        cmocka_unit_test(cluster__obeys_a_must_link_without_an_edge),
        cmocka_unit_test(cluster__of_a_component_ignores_all_others),
        cmocka_unit_test(cluster__refuses_indexes_out_of_range),
        cmocka_unit_test(union__has_the_least_member_as_root),
    };
    return cmocka_run_group_tests_name("match cluster", tests, start, stop);
}
