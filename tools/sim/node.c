/* node.c - opening, ticking, crashing and reopening the engines.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A crash is the store refusing at one moment of one commit: from then on nothing leaves the node,
 * its objects are dropped, and it is opened again from what was committed.
 */
#include "sim.h"

#include <banyan/protocol/ticket.h>

#define RESTART_MS_MAX 8000
#define ENROL_RETRY_MS 1000
#define MONO_START_MS 1000

/* --- ports -------- */
uint64_t sim_wall(const sim_node *node)
{
    if (node->has_fixed_wall) {
        return node->fixed_wall_ms + node->world->now;
    }
    return (uint64_t)((int64_t)(SIM_EPOCH_MS + node->world->now) + node->skew_ms);
}

static uint64_t wall_ms(void *context)
{
    return sim_wall(context);
}

static uint64_t mono_ms(void *context)
{
    const sim_node *node = context;
    return node->world->now + MONO_START_MS;
}

static void fill(void *context, void *out, size_t len)
{
    sim_node *node = context;
    uint8_t *bytes = out;
    for (size_t i = 0; i < len; i++) {
        bytes[i] = (uint8_t)(sim_draw(sim_stream_of(node->world, SIM_STREAM_PORT)) >> 24);
    }
}

/* --- commit points -------- */
static void count_point(sim_world *world, const sim_node *node, bn_kv_moment moment)
{
    sim_stats *stats = &world->stats;
    char name[40];
    (void)snprintf(name, sizeof name, "%s.%s.%s", node->index == 0 ? "server" : "branch",
                   node->doing != NULL ? node->doing : "other",
                   moment == BN_KV_BEFORE_COMMIT ? "before" : "after");
    size_t at = 0;
    while (at < stats->crash_points && strcmp(stats->crash_names[at], name) != 0) {
        at++;
    }
    if (at == SIM_CRASH_POINTS_MAX) {
        return;
    }
    if (at == stats->crash_points) {
        memcpy(stats->crash_names[at], name, sizeof name);
        stats->crash_points++;
    }
    stats->crash_counts[at]++;
}

static bn_rc on_commit(void *context, bn_kv_moment moment)
{
    sim_node *node = context;
    if (node->is_dying) {
        return BN_E_IO;
    }
    if (node->crash_in == 0 || --node->crash_in > 0) {
        return BN_OK;
    }
    if (node->crash_no_space && moment == BN_KV_AFTER_COMMIT) {
        node->crash_in = 1;
        return BN_OK;
    }
    sim_trace(node->world, node->index, node->crash_no_space ? "full" : "die", "%s %s commit",
              node->doing != NULL ? node->doing : "other",
              moment == BN_KV_BEFORE_COMMIT ? "before" : "after");
    node->hit = true;
    if (node->crash_no_space) {
        node->crash_no_space = false;
        node->world->stats.no_space++;
        return BN_E_NO_SPACE;
    }
    count_point(node->world, node, moment);
    node->is_dying = true;
    return BN_E_IO;
}

void sim_node_doing(sim_node *node, const char *doing)
{
    node->doing = doing;
}

/* --- stores -------- */
static bool open_store(sim_node *node)
{
    bn_err err = {0};
    bn_rc rc;
    if (node->world->options.lmdb_folder == NULL) {
        rc = bn_kv_open_memory(&node->memory, &node->kv, &err);
    } else {
        char folder[600];
        (void)snprintf(folder, sizeof folder, "%s/node-%u", node->world->folder, node->index);
        bn_kv_options options = {.folder = folder, .map_bytes = 16u << 20, .allow_any_fs = true};
        rc = bn_kv_open_lmdb(&options, &node->kv, &err);
    }
    if (rc != BN_OK) {
        sim_fail(node->world, 0, "node %u: store: %s", node->index, err.text);
        return false;
    }
    bn_kv_set_hook(node->kv, on_commit, node);
    node->clock = (bn_clock){.wall_ms = wall_ms, .mono_ms = mono_ms, .context = node};
    node->random = (bn_random){.fill = fill, .context = node};
    node->is_dying = false;
    node->hit = false;
    node->is_up = true;
    return true;
}

bool sim_server_open(sim_world *world)
{
    sim_node *node = &world->nodes[0];
    bn_err err = {0};
    bn_server_options options = {0};
    if (!open_store(node)) {
        return false;
    }
    world->epoch++;
    sim_node_doing(node, "open");
    bn_rc rc = bn_server_open(node->kv, &node->clock, &node->random, &world->sender, &options,
                              &world->server, &err);
    if (!sim_settle(node, rc, &err)) {
        return false;
    }
    sim_trace(world, 0, "open", "head %s", "read");
    sim_check_server_opened(world);
    sim_schedule(node);
    return true;
}

static void start_session(sim_node *node)
{
    bn_err err = {0};
    sim_node_doing(node, "session");
    node->origin = bn_branch_identity(node->branch)->origin;
    bn_rc rc = bn_branch_sync_create(node->branch, &node->dialer, &node->clock, &node->random,
                                     &node->sync, &err);
    if (rc == BN_OK) {
        rc = bn_branch_sync_start(node->sync, &err);
    }
    if (sim_settle(node, rc, &err)) {
        sim_schedule(node);
    }
}

bool sim_branch_open(sim_node *node)
{
    bn_err err = {0};
    if (!open_store(node)) {
        return false;
    }
    sim_node_doing(node, "open");
    bn_rc rc = bn_branch_open(node->kv, &node->clock, &node->random, &node->branch, &err);
    if (!sim_settle(node, rc, &err)) {
        return false;
    }
    bool done = false;
    rc = bn_branch_warm(node->branch, 100000, &done, &err);
    if (!sim_settle(node, rc, &err)) {
        return false;
    }
    sim_trace(node->world, node->index, "open", "%s",
              bn_branch_enrolled(node->branch) ? "enrolled" : "new");
    if (bn_branch_enrolled(node->branch)) {
        start_session(node);
    } else {
        sim_enrol_begin(node);
    }
    return node->is_up;
}

void sim_enrol_begin(sim_node *node)
{
    sim_world *world = node->world;
    if (world->server == NULL) {
        sim_after(world, ENROL_RETRY_MS, (sim_event){.type = SIM_EV_ENROL, .node = node->index});
        return;
    }
    bn_err err = {0};
    bn_ticket ticket = {.enrol_port = 1, .sync_port = 2, .host = "sim"};
    memcpy(ticket.token, node->code.token, BN_TOKEN_BYTES);
    memcpy(ticket.server_key, bn_server_transport_public(world->server), BN_KEY_BYTES);
    sim_node_doing(node, "enrol");
    bn_rc rc = bn_branch_enrol_begin(node->branch, &ticket, "sim", &node->dialer, &node->clock,
                                     &node->enrol, &err);
    if (sim_settle(node, rc, &err)) {
        sim_schedule(node);
    }
}

/* --- ends -------- */
void sim_node_close(sim_node *node)
{
    sim_world *world = node->world;
    node->is_dying = true;
    bn_branch_sync_destroy(&node->sync);
    bn_branch_enrol_end(&node->enrol);
    bn_branch_close(&node->branch);
    if (node->index == 0) {
        bn_server_close(&world->server);
        sim_net_server_gone(world);
        world->flush_planned = false;
    }
    bn_kv_close(&node->kv);
    if (node->conn != 0) {
        world->conns[node->conn - 1].is_open = false;
        node->conn = 0;
    }
    node->is_up = false;
    node->form.is_open = false;
    node->tick_at = 0;
    node->crash_in = 0;
}

void sim_node_crash(sim_node *node, const char *why)
{
    sim_trace(node->world, node->index, "crash", "%s", why);
    node->world->stats.crashes++;
    sim_node_close(node);
    sim_node_restart_later(node);
}

void sim_node_restart_later(sim_node *node)
{
    sim_world *world = node->world;
    uint64_t delay = sim_between(sim_stream_of(world, SIM_STREAM_CRASH), 1, RESTART_MS_MAX);
    sim_after(world, delay, (sim_event){.type = SIM_EV_RESTART, .node = node->index});
}

bool sim_survives(sim_node *node, bn_rc rc, const bn_err *err)
{
    if (node->is_dying) {
        sim_node_crash(node, node->doing);
        return false;
    }
    if (rc == BN_E_IO || rc == BN_E_CORRUPT || rc == BN_E_NO_MEMORY || rc == BN_E_FAILED ||
        rc == BN_E_FORMAT) {
        sim_fail(node->world, 0, "node %u, %s: %s: %s", node->index, node->doing, bn_rc_text(rc),
                 err->text);
        return false;
    }
    return true;
}

bool sim_settle(sim_node *node, bn_rc rc, const bn_err *err)
{
    if (!sim_survives(node, rc, err)) {
        return false;
    }
    bool was_hit = node->hit;
    node->hit = false;
    if (rc == BN_OK || (was_hit && rc == BN_E_NO_SPACE)) {
        return true;
    }
    sim_fail(node->world, 0, "node %u, %s: %s: %s", node->index, node->doing, bn_rc_text(rc),
             err->text);
    return false;
}

/* --- time -------- */
void sim_schedule(sim_node *node)
{
    sim_world *world = node->world;
    uint64_t next = UINT64_MAX;
    if (!node->is_up) {
        return;
    }
    if (node->index == 0) {
        next = bn_server_next_tick_ms(world->server);
    } else if (node->sync != NULL) {
        next = bn_branch_sync_next_tick_ms(node->sync);
    } else if (node->enrol != NULL) {
        next = bn_branch_enrol_next_tick_ms(node->enrol);
    }
    if (next > 3600u * 1000u) {
        next = 3600u * 1000u;
    }
    uint64_t at = world->now + (next == 0 ? 1 : next);
    if (node->tick_at != at) {
        node->tick_at = at;
        sim_queue_push(&world->queue, (sim_event){.at = at, .type = SIM_EV_TICK,
                                                  .node = node->index, .tag = at});
    }
}

void sim_enrol_moved(sim_node *node)
{
    bn_enrol_state state = bn_branch_enrol_state(node->enrol);
    if (state == BN_ENROL_DONE) {
        bn_branch_enrol_end(&node->enrol);
        sim_trace(node->world, node->index, "enrolled", "branch %u origin %u",
                  bn_branch_identity(node->branch)->branch,
                  bn_branch_identity(node->branch)->origin);
        start_session(node);
    } else if (state == BN_ENROL_FAILED) {
        sim_trace(node->world, node->index, "enrol", "failed: %s",
                  bn_branch_enrol_reason(node->enrol));
        bn_branch_enrol_end(&node->enrol);
        sim_after(node->world, ENROL_RETRY_MS,
                  (sim_event){.type = SIM_EV_ENROL, .node = node->index});
    }
}

void sim_tick(sim_world *world, const sim_event *event)
{
    sim_node *node = &world->nodes[event->node];
    bn_err err = {0};
    bn_rc rc = BN_OK;
    if (!node->is_up || node->tick_at != event->tag) {
        return;
    }
    node->tick_at = 0;
    sim_node_doing(node, "tick");
    if (node->index == 0) {
        rc = bn_server_tick(world->server, &err);
    } else if (node->sync != NULL) {
        rc = bn_branch_sync_tick(node->sync, &err);
    } else if (node->enrol != NULL) {
        rc = bn_branch_enrol_tick(node->enrol, &err);
    }
    if (!sim_settle(node, rc, &err)) {
        return;
    }
    if (node->index == 0) {
        sim_plan_flush(world);
    }
    if (node->enrol != NULL) {
        sim_enrol_moved(node);
    }
    sim_schedule(node);
}

void sim_plan_flush(sim_world *world)
{
    if (world->server == NULL || world->flush_planned || !bn_server_has_queued(world->server)) {
        return;
    }
    world->flush_planned = true;
    sim_after(world, BN_GROUP_COMMIT_MS, (sim_event){.type = SIM_EV_FLUSH, .tag = world->epoch});
}

void sim_flush(sim_world *world)
{
    bn_err err = {0};
    world->flush_planned = false;
    if (world->server == NULL) {
        return;
    }
    sim_node_doing(&world->nodes[0], "flush");
    bn_rc rc = bn_server_flush(world->server, &err);
    if (sim_settle(&world->nodes[0], rc, &err)) {
        sim_plan_flush(world);
        sim_schedule(&world->nodes[0]);
    }
}
