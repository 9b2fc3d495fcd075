/* test_resolve.c - components under decisions, as properties over random populations.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The reference is the definition: everything is computed anew from the sets of records and
 * decisions. What a history of changes leaves must equal it.
 */
#include "golden_unit.h"
#include "property.h"

#include <banyan/base/check.h>
#include <banyan/protocol/match/resolve.h>

#define PEOPLE_MAX 12
#define RULINGS_MAX 12

typedef struct town {
    bn_arena arena;
    bn_epoch *epoch;
    bn_record people[PEOPLE_MAX];
    bn_cluster_record records[PEOPLE_MAX];
    bn_id ids[PEOPLE_MAX];
    size_t count;
    bn_ruling_in_force rulings[RULINGS_MAX];
    size_t rulings_count;
} town;

typedef struct outcome { /* by place in ids */
    bn_id golden[PEOPLE_MAX];
    bn_id questions[64];
    size_t questions_count;
    bool contradicted;
} outcome;

static bn_epoch *epoch_of_tests(void)
{
    bn_epoch *epoch = NULL;
    assert_int_equal(bn_epoch_create_default(100000, &epoch), BN_OK);
    return epoch;
}

static void town_init(town *t)
{
    *t = (town){0};
    bn_arena_init(&t->arena, 512 << 20);
    t->epoch = epoch_of_tests();
}

static void town_fini(town *t)
{
    bn_epoch_destroy(&t->epoch);
    bn_arena_fini(&t->arena);
}

static void make_row(town *t, size_t i)
{
    bn_err err = {0};
    bn_buf row;
    bn_golden_source source = {.customer = &t->people[i]};
    bn_buf_init(&row, BN_FEATURE_BYTES_MAX);
    assert_ok(bn_golden_row(&source, &t->arena, &row, &err), err);
    t->records[i] = (bn_cluster_record){.rid = {.id = t->ids[i]},
                                        .row = bn_arena_copy(&t->arena, bn_buf_slice(&row))};
    bn_buf_fini(&row);
}

/* A few people, known to several branches with typing errors and missing fields. */
static void add_person(property *p, town *t)
{
    static const char *const names[] = {"王小明", "李娜", "John Smith", "Mary Jones"};
    static const char *const slips[] = {"王晓明", "李那", "Jon Smith", "Mary Jonse"};
    static const char *const phones[] = {"13800138001", "13800138002", "13800138003",
                                         "13800138004"};
    static const char *const documents[] = {"11010519491231002X", "440524188001010014",
                                            "51172519810401001X", "32082919800101001X"};
    size_t who = property_below(p, BN_COUNT(names));
    size_t i = t->count++;
    t->ids[i] = gold_id((uint32_t)property_below(p, 4), property_below(p, 3), (unsigned)i + 1);
    t->people[i] = gold_record(BN_KIND_CUSTOMER, t->ids[i], &t->arena);
    bn_record *c = &t->people[i];
    gold_text(c, &t->arena, BN_CUSTOMER_type, "person", 1);
    gold_text(c, &t->arena, BN_CUSTOMER_name,
              property_below(p, 4) == 0 ? slips[who] : names[who], 1);
    if (property_below(p, 3) != 0) {
        gold_put(c, &t->arena, BN_CUSTOMER_birth_date, bn_value_int(19800607 + (int64_t)who), 1);
    }
    if (property_below(p, 2) == 0) {
        gold_text(c, &t->arena, BN_CUSTOMER_mobile, phones[who], 1);
    }
    if (property_below(p, 3) == 0) {
        gold_text(c, &t->arena, BN_CUSTOMER_document_type, "resident_id", 1);
        gold_text(c, &t->arena, BN_CUSTOMER_document_number,
                  documents[property_below(p, 3) == 0 ? property_below(p, 4) : who], 1);
    }
    make_row(t, i);
}

static bn_ruling_in_force *add_ruling(property *p, town *t, bn_ruling_type type)
{
    bn_ruling_in_force *r = &t->rulings[t->rulings_count];
    size_t count = 2 + property_below(p, 3);
    *r = (bn_ruling_in_force){.dot = {0, ++t->rulings_count}, .ruling = {.type = type}};
    r->ruling.members = bn_arena_array(&t->arena, count, sizeof *r->ruling.members);
    size_t first = property_below(p, t->count);
    for (size_t i = 0; i < count && i < t->count; i++) {
        size_t who = (first + i) % t->count;
        r->ruling.members[i] =
            (bn_ruling_member){.id = t->ids[who],
                               .evidence = bn_feature_evidence(t->records[who].row)};
        r->ruling.members_count++;
    }
    bn_ruling_sort(&r->ruling);
    for (size_t i = 0; i < r->ruling.members_count && type == BN_RULING_SPLIT; i++) {
        r->ruling.members[i].group = i == 0 ? 1 : 2;
    }
    if (type == BN_RULING_SAME && property_below(p, 4) == 0) {
        r->ruling.flags = BN_RULING_OVERRULES;
    }
    bn_err err = {0};
    assert_ok(bn_ruling_validate(&r->ruling, &err), err);
    return r;
}

/* Everyone against everyone: the edges of the definition. */
static size_t edges_of(town *t, const bn_cluster_record *records, size_t count,
                       bn_resolve_edge *edges)
{
    size_t edges_count = 0;
    for (uint32_t a = 0; a < count; a++) {
        for (uint32_t b = a + 1; b < count; b++) {
            bn_feature x;
            bn_feature y;
            bn_score score;
            bn_feature_open(records[a].row, &x);
            bn_feature_open(records[b].row, &y);
            bn_match_score(t->epoch, &x, &y, &score);
            if (score.verdict >= BN_VERDICT_REVIEW) {
                edges[edges_count++] = (bn_resolve_edge){.a = a, .b = b, .score = score};
            }
        }
    }
    return edges_count;
}

static size_t place_of(const town *t, bn_id id)
{
    size_t i = 0;
    while (!bn_id_equal(t->ids[i], id)) {
        i++;
    }
    return i;
}

static void resolve_subset(town *t, const bn_cluster_record *records, size_t count,
                           const bn_ruling_in_force *rulings, size_t rulings_count, outcome *out)
{
    bn_err err = {0};
    bn_resolve_edge edges[PEOPLE_MAX * PEOPLE_MAX];
    bn_resolved resolved;
    bn_resolve_input input = {.epoch = t->epoch, .records = records,
                              .records_count = (uint32_t)count, .edges = edges,
                              .edges_count = edges_of(t, records, count, edges),
                              .rulings = rulings, .rulings_count = rulings_count};
    assert_ok(bn_resolve(&input, &t->arena, &resolved, &err), err);
    for (size_t i = 0; i < count; i++) {
        out->golden[place_of(t, records[i].rid.id)] =
            bn_golden_id(records[resolved.cluster[i]].rid.id);
    }
    for (size_t i = 0; i < resolved.questions_count; i++) {
        assert_true(i == 0 || bn_id_compare(resolved.questions[i - 1].id,
                                            resolved.questions[i].id) < 0);
        out->questions[out->questions_count++] = resolved.questions[i].id;
        out->contradicted = out->contradicted ||
                            resolved.questions[i].kind == BN_QUESTION_CONTRADICTION;
    }
}

static outcome resolve_all(town *t)
{
    outcome out = {0};
    resolve_subset(t, t->records, t->count, t->rulings, t->rulings_count, &out);
    return out;
}

static void assert_same_outcome(const town *t, const outcome *a, const outcome *b)
{
    for (size_t i = 0; i < t->count; i++) {
        assert_true(bn_id_equal(a->golden[i], b->golden[i]));
    }
    assert_int_equal(a->questions_count, b->questions_count);
    for (size_t i = 0; i < a->questions_count; i++) {
        assert_true(bn_id_equal(a->questions[i], b->questions[i]));
    }
}

static void random_rulings(property *p, town *t, size_t count)
{
    static const bn_ruling_type types[] = {BN_RULING_SAME, BN_RULING_DIFFERENT, BN_RULING_SPLIT,
                                           BN_RULING_LATER};
    while (count-- > 0) {
        (void)add_ruling(p, t, types[property_below(p, BN_COUNT(types))]);
    }
}

static void random_town(property *p, town *t)
{
    size_t count = 2 + property_below(p, PEOPLE_MAX - 1);
    town_init(t);
    while (t->count < count) {
        add_person(p, t);
    }
}

/* --- properties ------------------------------------------------------------------------------- */
static void resolve__any_order_of_records_and_decisions_gives_one_result(void **state)
{
    (void)state;
    property p = property_begin("order of records and decisions", 400);
    for (unsigned i = 0; i < p.cases; i++) {
        town t;
        random_town(&p, &t);
        random_rulings(&p, &t, property_below(&p, 5));
        outcome first = resolve_all(&t);
        for (size_t j = t.count; j > 1; j--) {
            size_t k = property_below(&p, j);
            bn_cluster_record swap = t.records[j - 1];
            t.records[j - 1] = t.records[k];
            t.records[k] = swap;
        }
        for (size_t j = t.rulings_count; j > 1; j--) {
            size_t k = property_below(&p, j);
            bn_ruling_in_force swap = t.rulings[j - 1];
            t.rulings[j - 1] = t.rulings[k];
            t.rulings[k] = swap;
        }
        outcome second = resolve_all(&t);
        assert_same_outcome(&t, &first, &second);
        town_fini(&t);
    }
}

static void check_constraints(const town *t, const outcome *out)
{
    bool must_broken = false;
    for (size_t a = 0; a < t->count; a++) {
        for (size_t b = a + 1; b < t->count; b++) {
            bool is_one = bn_id_equal(out->golden[a], out->golden[b]);
            bn_feature x;
            bn_feature y;
            bn_feature_open(t->records[a].row, &x);
            bn_feature_open(t->records[b].row, &y);
            if (is_one && bn_match_forbidden(&x, &y)) {
                bool overruled = false;
                for (size_t i = 0; i < t->rulings_count; i++) {
                    overruled = overruled ||
                                (t->rulings[i].ruling.flags & BN_RULING_OVERRULES) != 0;
                }
                assert_true(overruled);
            }
            for (size_t i = 0; i < t->rulings_count; i++) {
                const bn_ruling *r = &t->rulings[i].ruling;
                assert_false(is_one && bn_ruling_parts(r, t->ids[a], t->ids[b]));
                must_broken = must_broken || (!is_one && r->type == BN_RULING_SAME &&
                                              bn_ruling_member_of(r, t->ids[a]) != NULL &&
                                              bn_ruling_member_of(r, t->ids[b]) != NULL);
            }
        }
    }
    assert_true(must_broken == out->contradicted);
}

static void resolve__keeps_hard_rules_pins_and_musts_or_asks(void **state)
{
    (void)state;
    property p = property_begin("constraints", 1500);
    unsigned merged = 0;
    unsigned asked = 0;
    unsigned contradicted = 0;
    for (unsigned i = 0; i < p.cases; i++) {
        town t;
        random_town(&p, &t);
        random_rulings(&p, &t, property_below(&p, 6));
        outcome out = resolve_all(&t);
        check_constraints(&t, &out);
        merged += bn_id_equal(out.golden[0], out.golden[1]) ? 1 : 0;
        asked += out.questions_count > 0 ? 1 : 0;
        contradicted += out.contradicted ? 1 : 0;
        town_fini(&t);
    }
    print_message("# %u merged, %u asked, %u contradicted\n", merged, asked, contradicted);
    assert_true(p.cases < 100 || (merged > 0 && asked > 0 && contradicted > 0));
}

/* Random histories of decisions made and taken back: what is in force alone counts. */
static void resolve__a_decision_taken_back_leaves_no_trace(void **state)
{
    (void)state;
    property p = property_begin("merge and unmerge", 10000);
    for (unsigned done = 0; done < p.cases;) {
        town t;
        random_town(&p, &t);
        random_rulings(&p, &t, property_below(&p, 3));
        outcome before = resolve_all(&t);
        size_t kept = t.rulings_count;
        for (unsigned history = 0; history < 50 && done < p.cases; history++, done++) {
            random_rulings(&p, &t, 1 + property_below(&p, 3));
            (void)resolve_all(&t);
            t.rulings_count = kept;
            outcome after = resolve_all(&t);
            assert_same_outcome(&t, &before, &after);
        }
        town_fini(&t);
    }
}

/* A merge by decision and a split that replaces it: ids and members as before. */
static void resolve__a_split_gives_back_the_ids_from_before_the_merge(void **state)
{
    (void)state;
    property p = property_begin("split after merge", 1000);
    for (unsigned i = 0; i < p.cases; i++) {
        town t;
        random_town(&p, &t);
        outcome before = resolve_all(&t);
        bn_ruling_in_force *same = add_ruling(&p, &t, BN_RULING_SAME);
        same->ruling.flags = BN_RULING_OVERRULES;
        (void)resolve_all(&t);
        bn_ruling_in_force *split = &t.rulings[0];
        bn_ruling_member members[PEOPLE_MAX];
        uint16_t groups = 0;
        for (size_t j = 0; j < t.count; j++) {
            members[j] = (bn_ruling_member){.id = t.ids[j]};
            for (size_t k = 0; k < j && members[j].group == 0; k++) {
                members[j].group = bn_id_equal(before.golden[j], before.golden[k])
                                       ? members[k].group
                                       : 0;
            }
            members[j].group = members[j].group != 0 ? members[j].group : ++groups;
        }
        if (groups >= 2) {
            split->ruling = (bn_ruling){.type = BN_RULING_SPLIT, .members = members,
                                        .members_count = t.count};
            bn_ruling_sort(&split->ruling);
            outcome after = resolve_all(&t);
            for (size_t j = 0; j < t.count; j++) {
                assert_true(bn_id_equal(before.golden[j], after.golden[j]));
            }
        }
        town_fini(&t);
    }
}

/* Removing the records of all other components changes nothing here. */
static void resolve__a_component_alone_gives_what_it_gives_among_others(void **state)
{
    (void)state;
    property p = property_begin("locality", 500);
    for (unsigned i = 0; i < p.cases; i++) {
        town t;
        random_town(&p, &t);
        outcome all = resolve_all(&t);
        uint32_t parent[PEOPLE_MAX];
        bn_resolve_edge edges[PEOPLE_MAX * PEOPLE_MAX];
        size_t edges_count = edges_of(&t, t.records, t.count, edges);
        bn_union_init(parent, (uint32_t)t.count);
        for (size_t j = 0; j < edges_count; j++) {
            bn_union_join(parent, edges[j].a, edges[j].b);
        }
        outcome parts = {0};
        for (uint32_t root = 0; root < t.count; root++) {
            bn_cluster_record alone[PEOPLE_MAX];
            size_t count = 0;
            for (uint32_t j = 0; j < t.count; j++) {
                if (bn_union_find(parent, j) == root) {
                    alone[count++] = t.records[j];
                }
            }
            if (count > 0) {
                resolve_subset(&t, alone, count, NULL, 0, &parts);
            }
        }
        for (size_t j = 0; j < t.count; j++) {
            assert_true(bn_id_equal(all.golden[j], parts.golden[j]));
        }
        assert_int_equal(all.questions_count, parts.questions_count);
        town_fini(&t);
    }
}

/* --- examples --------------------------------------------------------------------------------- */
typedef struct row_list {
    town *t;
} row_list;

static bn_slice row_of(void *context, bn_id id)
{
    town *t = ((row_list *)context)->t;
    for (size_t i = 0; i < t->count; i++) {
        if (bn_id_equal(t->ids[i], id)) {
            return t->records[i].row;
        }
    }
    return bn_slice_make(NULL, 0);
}

static void resolve__asks_when_the_evidence_of_a_decision_changed_until_released(void **state)
{
    (void)state;
    property p = property_begin("stale", 1);
    town t;
    bn_question question;
    random_town(&p, &t);
    row_list rows = {&t};
    bn_ruling_in_force *ruling = add_ruling(&p, &t, BN_RULING_DIFFERENT);
    assert_false(bn_resolve_stale(ruling, t.rulings, t.rulings_count, row_of, &rows, &t.arena,
                                  &question));
    size_t who = place_of(&t, ruling->ruling.members[0].id);
    gold_text(&t.people[who], &t.arena, BN_CUSTOMER_name, "欧阳建国", 9);
    make_row(&t, who);
    assert_true(bn_resolve_stale(ruling, t.rulings, t.rulings_count, row_of, &rows, &t.arena,
                                 &question));
    assert_int_equal(question.kind, BN_QUESTION_STALE);
    assert_true(bn_dot_equal(question.ruling, ruling->dot));
    bn_ruling_member seen = {.id = t.ids[who],
                             .evidence = bn_feature_evidence(t.records[who].row)};
    t.rulings[t.rulings_count] = (bn_ruling_in_force){
        .dot = {0, 99}, .ruling = {.type = BN_RULING_RELEASE, .members = &seen,
                                   .members_count = 1}};
    t.rulings_count++;
    assert_false(bn_resolve_stale(ruling, t.rulings, t.rulings_count, row_of, &rows, &t.arena,
                                  &question));
    town_fini(&t);
}

static void resolve__explains_every_pair_and_the_weights_add_up(void **state)
{
    (void)state;
    property p = property_begin("explanation", 150);
    for (unsigned i = 0; i < p.cases; i++) {
        town t;
        bn_err err = {0};
        bn_resolve_edge edges[PEOPLE_MAX * PEOPLE_MAX];
        bn_resolved resolved;
        random_town(&p, &t);
        random_rulings(&p, &t, property_below(&p, 4));
        bn_resolve_input input = {.epoch = t.epoch, .records = t.records,
                                  .records_count = (uint32_t)t.count, .edges = edges,
                                  .edges_count = edges_of(&t, t.records, t.count, edges),
                                  .rulings = t.rulings, .rulings_count = t.rulings_count};
        assert_ok(bn_resolve(&input, &t.arena, &resolved, &err), err);
        for (uint32_t a = 0; a < t.count; a++) {
            for (uint32_t b = a + 1; b < t.count; b++) {
                bn_why_query query = {.a = a, .b = b, .is_candidate = true};
                bn_why_pair why;
                assert_int_equal(bn_resolve_why(&input, &resolved, &query, &t.arena, &why),
                                 BN_OK);
                bool is_one = resolved.cluster[a] == resolved.cluster[b];
                assert_true(is_one == (why.why <= BN_WHY_SAME_WEIGHT));
                assert_true(!is_one || why.step != NULL);
                int32_t sum = why.pair.prior + why.pair.rules_weight;
                for (size_t f = 0; f < BN_MATCH_FIELD_COUNT; f++) {
                    sum += why.pair.fields[f].weight;
                }
                assert_int_equal(sum, why.pair.score.weight);
            }
        }
        town_fini(&t);
    }
}

int main(void)
{
    bn_err err = {0};
    if (bn_crypto_start(&err) != BN_OK) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resolve__any_order_of_records_and_decisions_gives_one_result),
        cmocka_unit_test(resolve__keeps_hard_rules_pins_and_musts_or_asks),
        cmocka_unit_test(resolve__a_decision_taken_back_leaves_no_trace),
        cmocka_unit_test(resolve__a_split_gives_back_the_ids_from_before_the_merge),
        cmocka_unit_test(resolve__a_component_alone_gives_what_it_gives_among_others),
        cmocka_unit_test(resolve__asks_when_the_evidence_of_a_decision_changed_until_released),
        cmocka_unit_test(resolve__explains_every_pair_and_the_weights_add_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
