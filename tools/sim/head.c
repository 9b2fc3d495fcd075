/* head.c - people at head office: edits, decisions, sharing, reference data, quarantine.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "user.h"

static sim_rng *rng_of(sim_world *world)
{
    return sim_stream_of(world, SIM_STREAM_WORK);
}

/* True when the call succeeded and the server lives. */
static bool done(sim_world *world, const char *what, bn_rc rc, const bn_err *err)
{
    sim_node *node = &world->nodes[0];
    if (!sim_survives(node, rc, err)) {
        return false;
    }
    bool was_hit = node->hit;
    node->hit = false;
    if (rc == BN_E_NO_SPACE && !was_hit) {
        sim_fail(world, 0, "server: no space without a reason");
    }
    sim_trace(world, 0, what, "%s%s%s", bn_rc_text(rc), rc == BN_OK ? "" : ": ",
              rc == BN_OK ? "" : err->text);
    sim_schedule(node);
    return rc == BN_OK;
}

static bool find(sim_world *world, const sim_known *known, bn_record *out)
{
    bn_server_reader reader;
    bn_err err = {0};
    bn_rc rc = bn_server_read_begin(world->server, &reader, &err);
    if (rc != BN_OK) {
        sim_fail(world, 0, "server: read: %s", err.text);
        return false;
    }
    bn_record_source source = bn_server_source(&reader);
    rc = source.get(source.context, known->kind, known->id, &world->arena, out, &err);
    bn_server_read_end(&reader);
    return rc == BN_OK;
}

static void save(sim_world *world, const char *what, const bn_draft *draft)
{
    bn_server_saved saved = {0};
    bn_err err = {0};
    sim_node_doing(&world->nodes[0], "head");
    bn_rc rc = bn_server_save(world->server, draft, 1, &saved, &err);
    if (done(world, what, rc, &err) && draft->type == BN_OP_WRITE) {
        sim_know(world, draft->kind, saved.saved.id);
    }
}

static void edit(sim_world *world)
{
    const sim_known *known = sim_pick_known(world, 0);
    sim_wish wish = (sim_wish)sim_below(rng_of(world), 6);
    bool removes = sim_chance(rng_of(world), 100);
    bn_record record;
    bn_change changes[4];
    if (known == NULL || !find(world, known, &record)) {
        return;
    }
    size_t count = sim_make_changes(world, &record, wish, changes);
    if (removes) {
        changes[0] = (bn_change){.field = BN_FIELD_EXISTENCE, .value = bn_value_int(0)};
        count = 1;
    }
    if (count == 0) {
        return;
    }
    bn_draft draft = {.type = BN_OP_WRITE, .kind = record.kind, .id = record.id,
                      .actor = BN_SLICE("head"), .as_shown = true, .changes = changes,
                      .changes_count = count};
    save(world, removes ? "remove" : "edit", &draft);
}

static void reference(sim_world *world)
{
    bn_change title = {.field = BN_ARTICLE_title,
                       .value = sim_make_value(world, bn_schema_kind(BN_KIND_ARTICLE),
                                               bn_schema_field(bn_schema_kind(BN_KIND_ARTICLE),
                                                               BN_ARTICLE_title))};
    bn_draft draft = {.type = BN_OP_WRITE, .kind = BN_KIND_ARTICLE, .actor = BN_SLICE("head"),
                      .as_shown = true, .changes = &title, .changes_count = 1};
    save(world, "article", &draft);
}

static void share(sim_world *world)
{
    const sim_known *known = sim_pick_known(world, BN_KIND_CUSTOMER);
    uint32_t branch = world->nodes[sim_between(rng_of(world), 1, world->options.branches)].number;
    bool on = sim_chance(rng_of(world), 750);
    bn_server_saved saved = {0};
    bn_err err = {0};
    if (known == NULL) {
        return;
    }
    sim_node_doing(&world->nodes[0], "share");
    bn_rc rc = bn_server_share(world->server, known->id, branch, on, "head", &saved, &err);
    (void)done(world, on ? "share" : "unshare", rc, &err);
}

void sim_head_share_all(sim_world *world)
{
    bn_arena_reset(&world->arena);
    for (size_t i = 0; i < world->known_count; i++) {
        for (unsigned b = 2; b < world->nodes_count && world->server != NULL; b++) {
            bn_server_saved saved = {0};
            bn_err err = {0};
            if (world->known[i].kind != BN_KIND_CUSTOMER) {
                continue;
            }
            sim_node_doing(&world->nodes[0], "share");
            bn_rc rc = bn_server_share(world->server, world->known[i].id, world->nodes[b].number,
                                       true, "head", &saved, &err);
            (void)done(world, "share", rc, &err);
        }
    }
}

static void about_conflict(sim_world *world, bool undo)
{
    bn_server_reader reader;
    bn_err err = {0};
    bn_conflict conflict;
    uint64_t drawn = sim_draw(rng_of(world));
    bn_conflict_filter filter = {.state = BN_CONFLICT_OPEN};
    if (undo) {
        filter.state = drawn % 2 == 0 ? BN_CONFLICT_AUTO : BN_CONFLICT_RESOLVED;
    }
    bn_id after = {0};
    after.bytes[0] = (uint8_t)(drawn >> 8);
    bn_rc rc = bn_server_read_begin(world->server, &reader, &err);
    if (rc != BN_OK) {
        sim_fail(world, 0, "server: read: %s", err.text);
        return;
    }
    rc = bn_server_conflict_next(&reader, &filter, after, &world->arena, &conflict, &err);
    bn_server_read_end(&reader);
    if (rc != BN_OK) {
        return;
    }
    bn_server_saved saved = {0};
    bn_dot observed[BN_CANDIDATES_MAX];
    for (size_t i = 0; i < conflict.candidates_count; i++) {
        observed[i] = conflict.candidates[i].dot;
    }
    bn_resolution resolution = {.conflict = conflict.id, .observed = observed,
                                .observed_count = conflict.candidates_count, .actor = "head",
                                .pick = observed[drawn % conflict.candidates_count],
                                .note = "seen"};
    sim_node_doing(&world->nodes[0], undo ? "undo" : "resolve");
    rc = undo ? bn_server_undo(world->server, conflict.id, "head", "back", &saved, &err)
              : bn_server_resolve(world->server, &resolution, &saved, &err);
    if (done(world, undo ? "undo" : "resolve", rc, &err)) {
        world->stats.resolutions++;
    }
}

static void quarantine(sim_world *world)
{
    bn_server_reader reader;
    bn_err err = {0};
    bn_quarantined row;
    bn_dot after = {.origin = (uint32_t)sim_below(rng_of(world), world->nodes_count + 2)};
    bool retries = sim_chance(rng_of(world), 600);
    bn_rc rc = bn_server_read_begin(world->server, &reader, &err);
    if (rc != BN_OK) {
        sim_fail(world, 0, "server: read: %s", err.text);
        return;
    }
    rc = bn_server_quarantine_next(&reader, after, &world->arena, &row, &err);
    bn_server_read_end(&reader);
    if (rc != BN_OK) {
        return;
    }
    bn_outcome outcome;
    sim_node_doing(&world->nodes[0], retries ? "retry" : "discard");
    rc = retries ? bn_server_quarantine_retry(world->server, row.dot, "head", &outcome, &err)
                 : bn_server_quarantine_discard(world->server, row.dot, "head", "no", &err);
    (void)done(world, retries ? "retry" : "discard", rc, &err);
}

void sim_head_act(sim_world *world)
{
    switch (sim_below(rng_of(world), 8)) {
    case 0:
        reference(world);
        break;
    case 1:
    case 2:
        share(world);
        break;
    case 3:
        about_conflict(world, false);
        break;
    case 4:
        about_conflict(world, true);
        break;
    case 5:
        quarantine(world);
        break;
    default:
        edit(world);
    }
}
