/* permute.c - invariant 7: the order in which branches come back does not change the result.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A small world without faults: every branch gets one shared customer, all are cut off, each makes
 * the same edits whatever the order, then they come back one after the other. Over all orders the
 * values are equal where a policy decides by itself, and the candidates are where it asks.
 */
#include "user.h"

#define PERMUTED_MAX 4
#define APART_MS 4000
#define STEP_MS 30000
#define PASSES_MAX 400000u

static void let_pass(sim_world *world, uint64_t until)
{
    sim_event event;
    for (unsigned i = 0; i < PASSES_MAX && !world->has_failed; i++) {
        if (world->queue.count == 0 || world->queue.heap[0].at > until) {
            break;
        }
        (void)sim_queue_pop(&world->queue, &event);
        sim_step(world, &event);
    }
    world->now = until;
}

static bool save(sim_node *node, uint16_t kind, bn_id id, const bn_change *changes, size_t count,
                 bn_id *out)
{
    bn_draft draft = {.type = BN_OP_WRITE, .kind = kind, .id = id, .actor = BN_SLICE("anna"),
                      .as_shown = true, .changes = changes, .changes_count = count};
    bn_saved saved = {0};
    bn_err err = {0};
    bn_rc rc = bn_branch_save(node->branch, &draft, 1, NULL, &saved, NULL, &err);
    if (rc != BN_OK) {
        sim_fail(node->world, 7, "branch %u: save: %s", node->number, err.text);
        return false;
    }
    *out = saved.id;
    bn_branch_sync_nudge(node->sync);
    sim_schedule(node);
    return true;
}

static const uint16_t permuted_fields[] = {
    BN_CUSTOMER_name,      BN_CUSTOMER_occupation, BN_CUSTOMER_manager, BN_CUSTOMER_tier,
    BN_CUSTOMER_risk,      BN_CUSTOMER_consent,    BN_CUSTOMER_tags,    BN_CUSTOMER_remarks,
    BN_CUSTOMER_contacts,  BN_CUSTOMER_province,   BN_CUSTOMER_mobile,  BN_CUSTOMER_employer,
};

/* Every branch edits every field at a clock of its own, so that the winner is told by the clock. */
static void edit_apart(sim_world *world, bn_id customer)
{
    const bn_kind_def *kind = bn_schema_kind(BN_KIND_CUSTOMER);
    for (unsigned i = 1; i < world->nodes_count; i++) {
        for (size_t f = 0; f < BN_COUNT(permuted_fields) && !world->has_failed; f++) {
            const bn_field_def *field = bn_schema_field(kind, permuted_fields[f]);
            bn_change change = {.field = field->number,
                                .verb = bn_policy_is_multi(field->policy) ? BN_VERB_ADD
                                                                          : BN_VERB_SET,
                                .value = sim_make_value(world, kind, field)};
            bool skips = sim_chance(sim_stream_of(world, SIM_STREAM_WORK), 300);
            bn_id id;
            let_pass(world, world->now + 7);
            if (!skips) {
                (void)save(&world->nodes[i], BN_KIND_CUSTOMER, customer, &change, 1, &id);
            }
        }
    }
}

static void block(sim_world *world, unsigned index, bool blocked)
{
    world->nodes[index].blocks_up = blocked;
    world->nodes[index].blocks_down = blocked;
}

static uint64_t hash_of_values(const bn_conflict *conflict, const bn_candidate *candidate)
{
    uint64_t sum = conflict->field * 911u;
    for (size_t i = 0; i < candidate->cells_count; i++) {
        const bn_value *value = &candidate->cells[i].value;
        uint64_t hash = candidate->cells[i].field * 31u + (uint64_t)value->type;
        for (size_t b = 0; value->type == BN_VALUE_TEXT && b < value->text.len; b++) {
            hash = (hash ^ value->text.data[b]) * 0x100000001b3u;
        }
        sum += value->type == BN_VALUE_NIL ? 0 : hash * 0x9e3779b97f4a7c15u;
    }
    return sum;
}

/* Equal values are one candidate, whoever wrote them first. */
static uint64_t sum_of_candidates(const bn_conflict *conflict)
{
    uint64_t sum = 0;
    uint64_t seen[BN_CANDIDATES_MAX];
    for (size_t i = 0; i < conflict->candidates_count; i++) {
        bool is_new = true;
        seen[i] = hash_of_values(conflict, &conflict->candidates[i]);
        for (size_t j = 0; j < i; j++) {
            is_new = is_new && seen[j] != seen[i];
        }
        sum += is_new ? seen[i] * 0xbf58476d1ce4e5b9u : 0;
    }
    return sum;
}

/* Adds up what must not depend on the order: values of fields no person is asked about and the
 * candidates of those where one is. */
static uint64_t result_of(sim_world *world, bn_id customer)
{
    bn_server_reader reader;
    bn_record record;
    bn_conflict conflict;
    bn_err err = {0};
    uint64_t sum = 0;
    bn_id after = {0};
    if (bn_server_read_begin(world->server, &reader, &err) != BN_OK) {
        return 0;
    }
    bn_record_source source = bn_server_source(&reader);
    bn_rc rc = source.get(source.context, BN_KIND_CUSTOMER, customer, &world->arena, &record, &err);
    for (size_t i = 0; rc == BN_OK && i < record.cells_count + record.items_count; i++) {
        const bn_cell *cell = i < record.cells_count ? &record.cells[i]
                                                     : &record.items[i - record.cells_count];
        const bn_field_def *field = bn_schema_field(bn_schema_kind(record.kind), cell->field);
        if (field == NULL || field->policy == BN_POLICY_HUMAN) {
            continue;
        }
        uint64_t part = cell->field * 1000003u + cell->stamp.dot.origin * 7919u;
        part = part * 31 + cell->stamp.dot.oseq;
        sum += part * 0x9e3779b97f4a7c15u;
    }
    while (bn_server_conflict_next(&reader, NULL, after, &world->arena, &conflict, &err) == BN_OK) {
        after = conflict.id;
        sum += conflict.state == BN_CONFLICT_OPEN ? sum_of_candidates(&conflict) : 0;
    }
    bn_server_read_end(&reader);
    return sum;
}

static uint64_t run_order(sim_world *world, const sim_options *options, const unsigned *order)
{
    bn_id customer = {0};
    bn_change name = {.field = BN_CUSTOMER_name, .value = bn_value_text(BN_SLICE("one"))};
    if (!sim_start(world, options)) {
        return 0;
    }
    let_pass(world, APART_MS);
    if (world->has_failed || !save(&world->nodes[1], BN_KIND_CUSTOMER, customer, &name, 1,
                                   &customer)) {
        return 0;
    }
    let_pass(world, world->now + STEP_MS);
    for (unsigned i = 2; i < world->nodes_count; i++) {
        bn_server_saved saved;
        bn_err err = {0};
        bn_rc rc = bn_server_share(world->server, customer, world->nodes[i].number, true, "head",
                                   &saved, &err);
        if (!sim_settle(&world->nodes[0], rc, &err)) {
            return 0;
        }
        sim_schedule(&world->nodes[0]);
    }
    let_pass(world, world->now + STEP_MS);
    for (unsigned i = 1; i < world->nodes_count; i++) {
        block(world, i, true);
    }
    edit_apart(world, customer);
    for (unsigned i = 0; i + 1 < world->nodes_count && !world->has_failed; i++) {
        block(world, order[i], false);
        bn_err err = {0};
        bn_rc rc = bn_branch_sync_start(world->nodes[order[i]].sync, &err);
        if (!sim_settle(&world->nodes[order[i]], rc, &err)) {
            return 0;
        }
        sim_schedule(&world->nodes[order[i]]);
        let_pass(world, world->now + STEP_MS * 20);
    }
    world->is_healed = true;
    char why[200] = "";
    if (!world->has_failed && !sim_is_quiet(world, why, sizeof why)) {
        sim_fail(world, 7, "not quiet after all came back: %s", why);
    }
    if (!world->has_failed) {
        sim_check_end(world);
    }
    return world->has_failed ? 0 : result_of(world, customer);
}

/* The next order of `count` things in lexical order; false after the last. */
static bool next_order(unsigned *order, unsigned count)
{
    unsigned i = count - 1;
    while (i > 0 && order[i - 1] > order[i]) {
        i--;
    }
    if (i == 0) {
        return false;
    }
    unsigned j = count - 1;
    while (order[j] < order[i - 1]) {
        j--;
    }
    unsigned kept = order[i - 1];
    order[i - 1] = order[j];
    order[j] = kept;
    for (unsigned a = i, b = count - 1; a < b; a++, b--) {
        kept = order[a];
        order[a] = order[b];
        order[b] = kept;
    }
    return true;
}

bool sim_permutations(sim_world *world, const sim_options *options)
{
    unsigned order[PERMUTED_MAX];
    unsigned count = 2 + (unsigned)(options->seed % 3);
    sim_options small = *options;
    uint64_t expected = 0;
    bool is_first = true;
    small.fixed_branches = count;
    for (unsigned i = 0; i < count; i++) {
        order[i] = i + 1;
    }
    do {
        if (!is_first) {
            sim_world_fini(world);
        }
        uint64_t result = run_order(world, &small, order);
        if (!world->has_failed && !is_first && result != expected) {
            sim_fail(world, 7, "coming back in the order %u %u ... gives another result",
                     order[0], order[1]);
        }
        expected = is_first ? result : expected;
        is_first = false;
    } while (!world->has_failed && next_order(order, count));
    return !world->has_failed;
}
