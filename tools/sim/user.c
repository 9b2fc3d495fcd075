/* user.c - people at the branches.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "user.h"

#define FORM_MS_MAX 20000
#define HEAD_PER_MILLE 150
#define DRAFTS_MAX 4
#define TRIES 4

typedef enum action {
    CREATE,
    CREATE_KIN,
    EDIT_HUMAN,
    EDIT_AUTO,
    EDIT_GROUP,
    EDIT_SET,
    EDIT_APPEND,
    EDIT_COUNTER,
    SHARE,
    REMOVE,
    RESTORE,
    MOVE,
    RESOLVE,
    UNDO,
    TOGETHER,
    OPEN_FORM,
    ACTIONS_COUNT
} action;

_Static_assert(ACTIONS_COUNT == BN_COUNT(((sim_options *)NULL)->weights), "one weight per action");

static sim_rng *rng_of(const sim_node *node)
{
    return sim_stream_of(node->world, SIM_STREAM_WORK);
}

/* --- saving -------- */
static bn_rc save(sim_node *node, const char *what, const bn_draft *drafts, size_t count,
                  const bn_id *request)
{
    sim_world *world = node->world;
    bn_saved saved[DRAFTS_MAX] = {0};
    bn_stale stale = {0};
    bn_err err = {0};
    sim_node_doing(node, "save");
    bn_rc rc = bn_branch_save(node->branch, drafts, count, request, saved, &stale, &err);
    if (!sim_survives(node, rc, &err)) {
        return BN_E_IO;
    }
    bool was_hit = node->hit;
    node->hit = false;
    if (rc == BN_E_NO_SPACE && !was_hit) {
        sim_fail(world, 0, "node %u: no space without a reason", node->index);
    }
    if (rc != BN_OK) {
        sim_trace(world, node->index, what, "%s: %s", bn_rc_text(rc), err.text);
        world->stats.saves_refused++;
        return rc;
    }
    for (size_t i = 0; i < count; i++) {
        if (!bn_dot_is_none(saved[i].dot)) {
            world->stats.saves++;
            node->saved_dots = saved[i].dot.oseq > node->saved_dots ? saved[i].dot.oseq
                                                                   : node->saved_dots;
            if (drafts[i].type == BN_OP_WRITE) {
                sim_know(world, drafts[i].kind, saved[i].id);
            }
        }
        char id[BN_ID_TEXT_BYTES];
        bn_id_format(saved[i].id, id);
        sim_trace(world, node->index, what, "kind %u %s field %u oseq %llu", drafts[i].kind, id,
                  drafts[i].changes_count > 0 ? drafts[i].changes[0].field : 0,
                  (unsigned long long)saved[i].dot.oseq);
    }
    if (node->sync != NULL) {
        bn_branch_sync_nudge(node->sync);
        sim_schedule(node);
    }
    return BN_OK;
}

static bn_draft write_draft(uint16_t kind, bn_id id, const bn_change *changes, size_t count)
{
    return (bn_draft){.type = BN_OP_WRITE, .kind = kind, .id = id, .actor = BN_SLICE("anna"),
                      .as_shown = true, .changes = changes, .changes_count = count};
}

static bn_value new_text(sim_world *world)
{
    const char *text = bn_arena_printf(&world->arena, "w%llu",
                                       (unsigned long long)(++world->values_made + 10));
    BN_ASSERT(text != NULL);
    return bn_value_text(bn_slice_of(text));
}

static bn_dot group_dot(const bn_record *shown, const bn_kind_def *kind, uint8_t group)
{
    bn_dot dot = {0};
    for (size_t i = 0; i < kind->fields_count && group != 0; i++) {
        bn_dot of = bn_record_dot(shown, kind->fields[i].number);
        if (kind->fields[i].group == group && !bn_dot_is_none(of)) {
            dot = of;
        }
    }
    return dot;
}

/* Invariant 9: the op names what its author was shown, or a later edit would look concurrent. */
static void check_bases(sim_node *node, const bn_record *shown, uint64_t oseq)
{
    sim_world *world = node->world;
    const bn_kind_def *kind = bn_schema_kind(shown->kind);
    bn_own_op own;
    bn_err err = {0};
    bn_rc rc = bn_branch_waiting_next(node->branch, oseq - 1, &world->arena, &own, &err);
    if (rc != BN_OK || own.dot.oseq != oseq) {
        sim_fail(world, 8, "branch %u: op %llu was saved and does not wait", node->number,
                 (unsigned long long)oseq);
        return;
    }
    for (size_t i = 0; i < own.op.changes_count; i++) {
        const bn_change *change = &own.op.changes[i];
        const bn_field_def *field = bn_schema_field(kind, change->field);
        bool is_grouped = field != NULL && field->group != 0;
        bn_dot was = is_grouped ? group_dot(shown, kind, field->group)
                                : bn_record_dot(shown, change->field);
        if (change->verb == BN_VERB_SET && !bn_dot_equal(change->base, was)) {
            sim_fail(world, 9, "branch %u: op %llu says field %u was %u.%llu, shown was %u.%llu",
                     node->number, (unsigned long long)oseq, change->field, change->base.origin,
                     (unsigned long long)change->base.oseq, was.origin,
                     (unsigned long long)was.oseq);
        }
    }
}

/* --- creating -------- */
static void create_again(sim_node *node)
{
    char name[32];
    (void)snprintf(name, sizeof name, "again %llu", (unsigned long long)node->redo.number);
    bn_change changes[2] = {
        {.field = BN_FIELD_EXISTENCE, .value = bn_value_int(1)},
        {.field = BN_CUSTOMER_name, .value = bn_value_text(bn_slice_of(name))}};
    bn_draft draft = write_draft(BN_KIND_CUSTOMER, node->redo.entity, changes, 2);
    if (save(node, "create", &draft, 1, &node->redo.request) == BN_OK) {
        node->redo.is_set = false;
    }
}

void sim_user_redo(sim_node *node)
{
    if (node->is_up && node->redo.is_set && bn_branch_enrolled(node->branch)) {
        create_again(node);
    }
}

static void create(sim_node *node)
{
    sim_world *world = node->world;
    bn_err err = {0};
    bool with_request = sim_chance(rng_of(node), 300);
    if (with_request && !node->redo.is_set) {
        bn_rc rc = bn_branch_make_id(node->branch, &node->redo.entity, &err);
        if (rc != BN_OK) {
            return;
        }
        node->redo.is_set = true;
        node->redo.number = ++world->values_made;
        for (size_t i = 0; i < BN_ID_BYTES; i++) {
            node->redo.request.bytes[i] = (uint8_t)sim_draw(rng_of(node));
        }
        create_again(node);
        return;
    }
    bool is_household = sim_chance(rng_of(node), 200);
    bn_change name = {.field = is_household ? BN_HOUSEHOLD_name : BN_CUSTOMER_name,
                      .value = new_text(world)};
    bn_draft draft = write_draft(is_household ? BN_KIND_HOUSEHOLD : BN_KIND_CUSTOMER, (bn_id){0},
                                 &name, 1);
    (void)save(node, "create", &draft, 1, NULL);
}

static const sim_known *pick_shown(sim_node *node, uint16_t kind, bool removed, bn_record *shown)
{
    for (int i = 0; i < TRIES; i++) {
        const sim_known *known = sim_pick_known(node->world, kind);
        bn_err err = {0};
        if (known == NULL) {
            return NULL;
        }
        bn_rc rc = bn_branch_get(node->branch, known->kind, known->id, &node->world->arena, shown,
                                 &err);
        if (rc == BN_OK && bn_record_exists(shown) != removed) {
            return known;
        }
        if (rc != BN_OK && rc != BN_E_NOT_FOUND) {
            sim_fail(node->world, 0, "node %u: get: %s", node->index, err.text);
            return NULL;
        }
    }
    return NULL;
}

static const uint16_t kin_kinds[][3] = {
    {BN_KIND_PHONE, BN_PHONE_customer, BN_PHONE_number},
    {BN_KIND_TASK, BN_TASK_customer, BN_TASK_title},
    {BN_KIND_CASE, BN_CASE_customer, BN_CASE_subject},
};

static void create_kin(sim_node *node)
{
    bn_record customer;
    uint64_t which = sim_below(rng_of(node), BN_COUNT(kin_kinds));
    if (pick_shown(node, BN_KIND_CUSTOMER, false, &customer) == NULL) {
        create(node);
        return;
    }
    bn_change changes[2] = {
        {.field = kin_kinds[which][1], .value = bn_value_id(customer.id)},
        {.field = kin_kinds[which][2], .value = new_text(node->world)}};
    bn_draft draft = write_draft(kin_kinds[which][0], (bn_id){0}, changes, 2);
    (void)save(node, "kin", &draft, 1, NULL);
}

void sim_user_prelude(sim_world *world)
{
    sim_node *node = &world->nodes[1];
    bn_arena_reset(&world->arena);
    for (unsigned i = 0; i < world->options.shared && node->is_up &&
                         bn_branch_enrolled(node->branch); i++) {
        bn_change name = {.field = BN_CUSTOMER_name, .value = new_text(world)};
        bn_draft draft = write_draft(BN_KIND_CUSTOMER, (bn_id){0}, &name, 1);
        if (save(node, "create", &draft, 1, NULL) != BN_OK) {
            return;
        }
        bn_change kin[2] = {
            {.field = kin_kinds[i][1], .value = bn_value_id(world->known[0].id)},
            {.field = kin_kinds[i][2], .value = new_text(world)}};
        draft = write_draft(kin_kinds[i][0], (bn_id){0}, kin, 2);
        (void)save(node, "kin", &draft, 1, NULL);
    }
}

/* --- editing -------- */
static void edit(sim_node *node, sim_wish wish)
{
    bn_record shown;
    bn_change changes[4];
    bool blind = sim_chance(rng_of(node), 60);
    const sim_known *known = pick_shown(node, 0, false, &shown);
    if (known == NULL) {
        create(node);
        return;
    }
    size_t count = sim_make_changes(node->world, &shown, wish, changes);
    if (count == 0) {
        return;
    }
    bn_draft draft = write_draft(shown.kind, shown.id, changes, count);
    draft.blind = blind;
    uint64_t before = node->saved_dots;
    bn_rc rc = save(node, blind ? "import" : "edit", &draft, 1, NULL);
    if (rc == BN_OK && node->saved_dots > before) {
        check_bases(node, &shown, node->saved_dots);
    }
}

static void existence(sim_node *node, int64_t wanted)
{
    bn_record shown;
    if (pick_shown(node, 0, wanted == 1, &shown) == NULL) {
        return;
    }
    bn_change change = {.field = BN_FIELD_EXISTENCE, .value = bn_value_int(wanted)};
    bn_draft draft = write_draft(shown.kind, shown.id, &change, 1);
    (void)save(node, wanted == 1 ? "restore" : "remove", &draft, 1, NULL);
}

static uint32_t random_branch(sim_node *node)
{
    sim_world *world = node->world;
    return world->nodes[sim_between(rng_of(node), 1, world->options.branches)].number;
}

static void share_or_move(sim_node *node, bool moves)
{
    bn_record shown;
    uint32_t branch = random_branch(node);
    bool removes = sim_chance(rng_of(node), 250);
    if (pick_shown(node, BN_KIND_CUSTOMER, false, &shown) == NULL) {
        return;
    }
    bn_value home = bn_record_value(&shown, BN_CUSTOMER_branch);
    bool may = home.type == BN_VALUE_INT && home.integer == (int64_t)node->number;
    if (!may && sim_chance(rng_of(node), 900)) {
        return;
    }
    bn_change change = {.field = BN_CUSTOMER_served_by, .verb = BN_VERB_ADD,
                        .value = bn_value_int(branch)};
    if (moves) {
        change.field = BN_CUSTOMER_branch;
        change.verb = BN_VERB_SET;
    } else if (removes) {
        change.verb = BN_VERB_REMOVE;
    }
    bn_draft draft = write_draft(BN_KIND_CUSTOMER, shown.id, &change, 1);
    (void)save(node, moves ? "move" : "share", &draft, 1, NULL);
}

static void together(sim_node *node)
{
    bn_draft drafts[DRAFTS_MAX];
    bn_change changes[DRAFTS_MAX][4];
    bn_err err = {0};
    bn_id id;
    if (bn_branch_make_id(node->branch, &id, &err) != BN_OK) {
        return;
    }
    changes[0][0] = (bn_change){.field = BN_FIELD_EXISTENCE, .value = bn_value_int(1)};
    changes[0][1] = (bn_change){.field = BN_CUSTOMER_name, .value = new_text(node->world)};
    drafts[0] = write_draft(BN_KIND_CUSTOMER, id, changes[0], 2);
    for (size_t i = 1; i < DRAFTS_MAX; i++) {
        const uint16_t *kin = kin_kinds[(i - 1) % BN_COUNT(kin_kinds)];
        changes[i][0] = (bn_change){.field = kin[1], .value = bn_value_id(id)};
        changes[i][1] = (bn_change){.field = kin[2], .value = new_text(node->world)};
        drafts[i] = write_draft(kin[0], (bn_id){0}, changes[i], 2);
    }
    (void)save(node, "together", drafts, DRAFTS_MAX, NULL);
}

/* --- conflicts -------- */
static void about_conflict(sim_node *node, bool undo)
{
    sim_world *world = node->world;
    bn_conflict conflict;
    bn_err err = {0};
    bn_id after = {0};
    after.bytes[0] = (uint8_t)sim_draw(rng_of(node));
    uint64_t drawn = sim_draw(rng_of(node));
    bn_conflict_state state = undo ? (drawn % 2 == 0 ? BN_CONFLICT_AUTO : BN_CONFLICT_RESOLVED)
                                   : BN_CONFLICT_OPEN;
    bn_rc rc = bn_branch_conflict_next(node->branch, state, after, &world->arena, &conflict, &err);
    if (rc == BN_E_NOT_FOUND) {
        rc = bn_branch_conflict_next(node->branch, state, (bn_id){0}, &world->arena, &conflict,
                                     &err);
    }
    if (rc != BN_OK) {
        return;
    }
    bn_draft draft = {.type = undo ? BN_OP_UNDO : BN_OP_RESOLVE, .kind = conflict.kind,
                      .id = conflict.id, .actor = BN_SLICE("boss"), .note = BN_SLICE("decided")};
    bn_change typed = {.field = conflict.field};
    const bn_kind_def *kind = bn_schema_kind(conflict.kind);
    const bn_field_def *field = bn_schema_field(kind, conflict.field);
    if (!undo && drawn % 4 == 1 && field != NULL && field->type != BN_TYPE_REF) {
        typed.value = sim_make_value(world, kind, field);
        draft.changes = &typed;
        draft.changes_count = 1;
    } else if (!undo) {
        draft.pick = conflict.candidates[drawn % conflict.candidates_count].dot;
    }
    if (save(node, undo ? "undo" : "resolve", &draft, 1, NULL) == BN_OK) {
        world->stats.resolutions++;
    }
}

/* --- forms -------- */
static void open_form(sim_node *node)
{
    bn_record shown;
    sim_form *form = &node->form;
    uint64_t delay = sim_between(rng_of(node), 10, FORM_MS_MAX);
    if (form->is_open || pick_shown(node, 0, false, &shown) == NULL) {
        return;
    }
    *form = (sim_form){.is_open = true, .kind = shown.kind, .id = shown.id};
    for (unsigned i = 0; i < BN_FIELDS_MAX; i++) {
        form->bases[i] = bn_record_dot(&shown, i);
    }
    sim_trace(node->world, node->index, "form", "opened, kind %u", shown.kind);
    sim_after(node->world, delay, (sim_event){.type = SIM_EV_FORM, .node = node->index});
}

/* Invariant 13: what changed between opening and saving is reported, and nothing else is. */
void sim_user_form(sim_world *world, sim_node *node)
{
    sim_form form = node->form;
    bn_record shown;
    bn_change changes[4];
    bn_err err = {0};
    node->form.is_open = false;
    bn_arena_reset(&world->arena);
    if (!form.is_open || !node->is_up) {
        return;
    }
    bn_rc rc = bn_branch_get(node->branch, form.kind, form.id, &world->arena, &shown, &err);
    if (rc != BN_OK) {
        return;
    }
    sim_wish wish = sim_chance(rng_of(node), 500) ? SIM_WISH_HUMAN : SIM_WISH_AUTO;
    size_t count = sim_make_changes(world, &shown, wish, changes);
    if (count == 0) {
        return;
    }
    const bn_kind_def *kind = bn_schema_kind(form.kind);
    const bn_field_def *field = bn_schema_field(kind, changes[0].field);
    bn_dot now = bn_record_dot(&shown, field->number);
    bn_dot group = group_dot(&shown, kind, field->group);
    changes[0].base = form.bases[field->number];
    bool is_changed = !bn_dot_equal(now, changes[0].base) &&
                      (field->group == 0 || !bn_dot_equal(group, changes[0].base));
    bool is_stale = is_changed || !bn_record_exists(&shown);
    bn_draft draft = write_draft(form.kind, form.id, changes, count);
    draft.as_shown = false;
    rc = save(node, "form", &draft, 1, NULL);
    if (!node->is_up) {
        return;
    }
    if (is_stale && rc == BN_OK) {
        sim_fail(world, 13, "branch %u saved field %u over a value its form had not shown",
                 node->number, field->number);
    }
    if (!is_stale && rc == BN_E_STALE) {
        sim_fail(world, 13, "branch %u was told field %u is stale, and it is not", node->number,
                 field->number);
    }
    world->stats.saves_stale += rc == BN_E_STALE ? 1 : 0;
}

/* --- choosing -------- */
static action draw_action(sim_world *world)
{
    unsigned sum = 0;
    for (unsigned i = 0; i < ACTIONS_COUNT; i++) {
        sum += world->options.weights[i];
    }
    uint64_t drawn = sim_below(sim_stream_of(world, SIM_STREAM_WORK), sum);
    for (unsigned i = 0; i < ACTIONS_COUNT; i++) {
        if (drawn < world->options.weights[i]) {
            return (action)i;
        }
        drawn -= world->options.weights[i];
    }
    return CREATE;
}

static void act(sim_node *node, action chosen)
{
    switch (chosen) {
    case CREATE:
        create(node);
        break;
    case CREATE_KIN:
        create_kin(node);
        break;
    case EDIT_HUMAN:
    case EDIT_AUTO:
    case EDIT_GROUP:
    case EDIT_SET:
    case EDIT_APPEND:
    case EDIT_COUNTER:
        edit(node, (sim_wish)(chosen - EDIT_HUMAN));
        break;
    case SHARE:
    case MOVE:
        share_or_move(node, chosen == MOVE);
        break;
    case REMOVE:
        existence(node, 0);
        break;
    case RESTORE:
        existence(node, 1);
        break;
    case RESOLVE:
    case UNDO:
        about_conflict(node, chosen == UNDO);
        break;
    case TOGETHER:
        together(node);
        break;
    case OPEN_FORM:
        open_form(node);
        break;
    case ACTIONS_COUNT:
        break;
    }
}

void sim_user_act(sim_world *world)
{
    sim_rng *rng = sim_stream_of(world, SIM_STREAM_WORK);
    bool at_head = sim_chance(rng, HEAD_PER_MILLE);
    sim_node *node = &world->nodes[sim_between(rng, 1, world->options.branches)];
    action chosen = draw_action(world);
    bn_arena_reset(&world->arena);
    if (at_head) {
        if (world->server != NULL) {
            sim_head_act(world);
        }
        return;
    }
    if (node->is_up && bn_branch_enrolled(node->branch)) {
        act(node, chosen);
    }
}
