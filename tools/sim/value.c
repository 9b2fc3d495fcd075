/* value.c - what users type: fields to change and values to put there.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Most values occur once in a world, so that a lost one is noticed; some are drawn from very few,
 * so that equal concurrent values occur. Fields under rules over several fields are left out.
 */
#include "user.h"

#define EQUAL_PER_MILLE 200
#define FAMOUS_PER_MILLE 850 /* picks fall on what everybody holds */

static bool is_left_out(const bn_kind_def *kind, const bn_field_def *field)
{
    if (field->type == BN_TYPE_REF || field->number == kind->branch_field) {
        return true;
    }
    if (kind->kind == BN_KIND_CUSTOMER) {
        return field->number == BN_CUSTOMER_number || field->number == BN_CUSTOMER_served_by ||
               field->group == 1;
    }
    return field->type == BN_TYPE_DATE || field->type == BN_TYPE_TIME;
}

static bool fits(const bn_field_def *field, sim_wish wish)
{
    switch (wish) {
    case SIM_WISH_HUMAN:
        return field->policy == BN_POLICY_HUMAN && field->group == 0;
    case SIM_WISH_AUTO:
        return field->policy != BN_POLICY_HUMAN && !bn_policy_is_multi(field->policy) &&
               field->group == 0;
    case SIM_WISH_GROUP:
        return field->group != 0;
    case SIM_WISH_SET:
        return field->policy == BN_POLICY_SET;
    case SIM_WISH_APPEND:
        return field->policy == BN_POLICY_APPEND;
    case SIM_WISH_COUNTER:
        return field->policy == BN_POLICY_COUNTER;
    }
    return false;
}

const bn_field_def *sim_pick_field(sim_world *world, const bn_kind_def *kind, sim_wish wish)
{
    sim_rng *rng = sim_stream_of(world, SIM_STREAM_WORK);
    const bn_field_def *fitting[BN_FIELDS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < kind->fields_count; i++) {
        if (!is_left_out(kind, &kind->fields[i]) && fits(&kind->fields[i], wish)) {
            fitting[count++] = &kind->fields[i];
        }
    }
    uint64_t drawn = sim_draw(rng);
    /* Few fields per wish, so that edits meet. */
    size_t narrow = count > 2 ? 2 : count;
    return count == 0 ? NULL : fitting[drawn % 8 == 0 ? drawn / 8 % count : drawn % narrow];
}

static bn_value make_text(sim_world *world, const bn_field_def *field)
{
    sim_rng *rng = sim_stream_of(world, SIM_STREAM_WORK);
    bool equal = sim_chance(rng, EQUAL_PER_MILLE);
    uint64_t which = sim_below(rng, 2);
    uint64_t number = equal ? which : ++world->values_made + 10;
    const char *text = bn_arena_printf(&world->arena, "%c%llu", field->size_max < 8 ? 'v' : 'w',
                                       (unsigned long long)number);
    BN_ASSERT(text != NULL);
    return bn_value_text(bn_slice_of(text));
}

bn_value sim_make_value(sim_world *world, const bn_kind_def *kind, const bn_field_def *field)
{
    sim_rng *rng = sim_stream_of(world, SIM_STREAM_WORK);
    size_t count = 0;
    switch (field->type) {
    case BN_TYPE_TEXT:
    case BN_TYPE_NOTE:
        return make_text(world, field);
    case BN_TYPE_CHOICE: {
        const bn_choice *choices = bn_schema_choices(kind->kind, field->number, &count);
        return bn_value_text(bn_slice_of(choices[sim_below(rng, count)].name));
    }
    case BN_TYPE_INT:
    case BN_TYPE_MONEY:
        return bn_value_int((int64_t)sim_between(rng, 1, 9));
    case BN_TYPE_DATE:
        return bn_value_int(20200101 + (int64_t)sim_below(rng, 20));
    case BN_TYPE_TIME:
        return bn_value_int((int64_t)(SIM_EPOCH_MS + sim_below(rng, 1000)));
    case BN_TYPE_BOOL:
        return bn_value_int((int64_t)sim_below(rng, 2));
    case BN_TYPE_BRANCH:
        return bn_value_int((int64_t)sim_between(rng, 1, world->options.branches));
    case BN_TYPE_REF:
        break;
    }
    return bn_value_nil();
}

/* --- entities -------- */
void sim_know(sim_world *world, uint16_t kind, bn_id id)
{
    for (size_t i = 0; i < world->known_count; i++) {
        if (world->known[i].kind == kind && bn_id_equal(world->known[i].id, id)) {
            return;
        }
    }
    if (world->known_count == world->known_capacity) {
        size_t capacity = world->known_capacity == 0 ? 64 : world->known_capacity * 2;
        sim_known *grown = bn_realloc_array(world->known, capacity, sizeof *grown);
        BN_ASSERT(grown != NULL);
        world->known = grown;
        world->known_capacity = capacity;
    }
    world->known[world->known_count++] = (sim_known){.kind = kind, .id = id};
}

const sim_known *sim_pick_known(sim_world *world, uint16_t kind)
{
    sim_rng *rng = sim_stream_of(world, SIM_STREAM_WORK);
    uint64_t drawn = sim_draw(rng);
    size_t shared = world->options.shared * 2u;
    if (sim_chance(rng, FAMOUS_PER_MILLE) && shared > 0 && world->known_count >= shared) {
        drawn %= shared;
    }
    for (size_t i = 0; i < world->known_count; i++) {
        const sim_known *known = &world->known[(drawn + i) % world->known_count];
        if (kind == 0 || known->kind == kind) {
            return known;
        }
    }
    return NULL;
}

size_t sim_make_changes(sim_world *world, const bn_record *shown, sim_wish wish,
                        bn_change *changes)
{
    sim_rng *rng = sim_stream_of(world, SIM_STREAM_WORK);
    const bn_kind_def *kind = bn_schema_kind(shown->kind);
    const bn_field_def *field = sim_pick_field(world, kind, wish);
    uint64_t drawn = sim_draw(rng);
    bool clears = sim_chance(rng, 50);
    if (field == NULL) {
        return 0;
    }
    bn_change change = {.field = field->number, .verb = BN_VERB_SET,
                        .value = sim_make_value(world, kind, field)};
    if (bn_policy_is_multi(field->policy)) {
        size_t items = 0;
        const bn_cell *item = bn_record_items(shown, field->number, &items);
        change.verb = BN_VERB_ADD;
        if (field->policy == BN_POLICY_SET && items > 0 && drawn % 3 == 0) {
            change.verb = BN_VERB_REMOVE;
            change.value = item[drawn % items].value;
        }
    } else if (clears) {
        change.value = bn_value_nil();
    }
    changes[0] = change;
    return 1;
}
