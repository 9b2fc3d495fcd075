/* world.c - one run: events in order of virtual time, then healing, then the checks.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "sim.h"

#include <ftw.h>
#include <inttypes.h>
#include <stdarg.h>
#include <sys/stat.h>

#define QUIET_EVERY_MS 500
#define START_MS 3000   /* by then everybody is enrolled */
#define PRELUDE_MS 1500 /* shared customers are made, and shared so much later */
#define HEAL_AFTER_MS 2000
#define ARENA_BYTES (64u << 20)

sim_rng *sim_stream_of(sim_world *world, sim_stream stream)
{
    return &world->streams[stream];
}

void sim_after(sim_world *world, uint64_t delay_ms, sim_event event)
{
    event.at = world->now + delay_ms;
    sim_queue_push(&world->queue, event);
}

void sim_fail(sim_world *world, int invariant, const char *format, ...)
{
    va_list args;
    if (world->has_failed) {
        return;
    }
    va_start(args, format);
    (void)vsnprintf(world->failure, sizeof world->failure, format, args);
    va_end(args);
    world->has_failed = true;
    world->failed_invariant = invariant;
    sim_trace(world, 0, "FAIL", "invariant %d: %.200s", invariant, world->failure);
}

void sim_trace(sim_world *world, uint32_t node, const char *what, const char *format, ...)
{
    char detail[256];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(detail, sizeof detail, format, args);
    va_end(args);
    uint64_t hash = world->trace_hash ^ (world->now * 0x9e3779b97f4a7c15u + node);
    for (const char *c = what; *c != '\0'; c++) {
        hash = (hash ^ (uint8_t)*c) * 0x100000001b3u;
    }
    for (const char *c = detail; *c != '\0'; c++) {
        hash = (hash ^ (uint8_t)*c) * 0x100000001b3u;
    }
    world->trace_hash = hash;
    if (world->options.trace) {
        char name[16];
        (void)snprintf(name, sizeof name, node == 0 ? "server" : "b%u", node);
        printf("%10" PRIu64 ".%03" PRIu64 " %-6s %-9s %s\n", world->now / 1000, world->now % 1000,
               name, what, detail);
    }
}

/* --- starting -------- */
static bool add_branches(sim_world *world)
{
    bn_err err = {0};
    for (unsigned i = 1; i < world->nodes_count; i++) {
        char name[32];
        sim_node *node = &world->nodes[i];
        (void)snprintf(name, sizeof name, "branch %u", i);
        bn_rc rc = bn_server_branch_add(world->server, 0, name, 365 * (uint64_t)SIM_DAY_MS, "head",
                                        &node->code, &err);
        if (!sim_settle(&world->nodes[0], rc, &err)) {
            return false;
        }
        node->number = node->code.branch;
    }
    return true;
}

static bool make_folder(sim_world *world)
{
    const char *parent = world->options.lmdb_folder;
    if (parent == NULL) {
        return true;
    }
    (void)snprintf(world->folder, sizeof world->folder, "%s/sim-XXXXXX", parent);
    if (mkdtemp(world->folder) == NULL) {
        sim_fail(world, 0, "no folder for LMDB below %s", parent);
        return false;
    }
    return true;
}

bool sim_start(sim_world *world, const sim_options *options)
{
    *world = (sim_world){.options = *options, .trace_hash = 0xcbf29ce484222325u};
    sim_rng seeds = {.state = options->seed * 0x2545f4914f6cdd1du + 1};
    for (size_t i = 0; i < SIM_STREAMS_COUNT; i++) {
        world->streams[i].state = sim_draw(&seeds);
    }
    bn_arena_init(&world->arena, ARENA_BYTES);
    bn_arena_init(&world->wire_arena, ARENA_BYTES);
    sim_options_draw(&world->options, sim_stream_of(world, SIM_STREAM_PLAN));
    world->nodes_count = world->options.branches + 1;
    world->actions_left = world->options.ops;
    for (unsigned i = 0; i < BN_COUNT(world->nodes); i++) {
        world->nodes[i].world = world;
        world->nodes[i].index = i;
        sim_net_bind(&world->nodes[i]);
    }
    sim_net_start(world);
    if (!make_folder(world) || !sim_server_open(world) || !add_branches(world)) {
        return false;
    }
    for (unsigned i = 1; i < world->nodes_count; i++) {
        if (!sim_branch_open(&world->nodes[i])) {
            return false;
        }
    }
    return !world->has_failed;
}

/* --- running -------- */
static void user_turn(sim_world *world)
{
    sim_rng *rng = sim_stream_of(world, SIM_STREAM_WORK);
    if (world->actions_left == 0) {
        sim_after(world, HEAL_AFTER_MS, (sim_event){.type = SIM_EV_HEAL});
        return;
    }
    world->actions_left--;
    sim_user_act(world);
    uint64_t gap = sim_below(rng, 2 * (uint64_t)world->options.action_gap_ms);
    sim_after(world, gap, (sim_event){.type = SIM_EV_USER});
}

static void restart(sim_world *world, uint32_t index)
{
    sim_node *node = &world->nodes[index];
    if (node->is_up) {
        return;
    }
    if (index == 0) {
        (void)sim_server_open(world);
    } else if (sim_branch_open(node)) {
        sim_user_redo(node);
    }
}

static void nemesis_turn(sim_world *world)
{
    if (world->is_healed) {
        return;
    }
    sim_nemesis_act(world);
    sim_after(world, 1 + world->options.action_gap_ms, (sim_event){.type = SIM_EV_NEMESIS});
}

static void dispatch(sim_world *world, const sim_event *event)
{
    sim_node *node = &world->nodes[event->node];
    switch (event->type) {
    case SIM_EV_TO_SERVER:
        sim_net_deliver_server(world, event);
        break;
    case SIM_EV_TO_BRANCH:
        sim_net_deliver_branch(world, event);
        break;
    case SIM_EV_CONNECTED:
        sim_net_connected(world, event);
        break;
    case SIM_EV_TICK:
        sim_tick(world, event);
        break;
    case SIM_EV_FLUSH:
        if (event->tag == world->epoch) {
            sim_flush(world);
        }
        break;
    case SIM_EV_PRELUDE:
        if (event->tag == 0) {
            sim_user_prelude(world);
        } else {
            sim_head_share_all(world);
        }
        break;
    case SIM_EV_USER:
        user_turn(world);
        break;
    case SIM_EV_FORM:
        sim_user_form(world, node);
        break;
    case SIM_EV_NEMESIS:
        nemesis_turn(world);
        break;
    case SIM_EV_FOE:
        sim_foe_act(world);
        break;
    case SIM_EV_RESTART:
        restart(world, event->node);
        break;
    case SIM_EV_ENROL:
        if (node->is_up && node->enrol == NULL && node->sync == NULL) {
            sim_enrol_begin(node);
        }
        break;
    case SIM_EV_HEAL:
        sim_nemesis_heal(world);
        break;
    }
    if (event->node < world->nodes_count) {
        sim_check_step(world, node);
    }
}

void sim_step(sim_world *world, sim_event *event)
{
    world->now = event->at;
    world->stats.events++;
    dispatch(world, event);
    bn_free(event->bytes);
    event->bytes = NULL;
}

static bool is_over(sim_world *world, uint64_t *looked_at)
{
    if (!world->is_healed || world->now < *looked_at) {
        return false;
    }
    *looked_at = world->now + QUIET_EVERY_MS;
    char why[200];
    if (sim_is_quiet(world, why, sizeof why)) {
        return true;
    }
    if (world->now > world->healed_at + SIM_DRAIN_MS || world->stats.events > SIM_EVENTS_MAX) {
        sim_fail(world, 37, "not quiet %u s after healing: %s", SIM_DRAIN_MS / 1000, why);
    }
    return false;
}

bool sim_run(sim_world *world, const sim_options *options)
{
    uint64_t looked_at = 0;
    sim_event event;
    if (!sim_start(world, options)) {
        return false;
    }
    if (world->options.has_foe) {
        sim_foe_start(world);
    }
    sim_after(world, START_MS, (sim_event){.type = SIM_EV_PRELUDE});
    sim_after(world, START_MS + PRELUDE_MS, (sim_event){.type = SIM_EV_PRELUDE, .tag = 1});
    sim_after(world, START_MS + 2 * PRELUDE_MS, (sim_event){.type = SIM_EV_USER});
    sim_after(world, START_MS + 2 * PRELUDE_MS, (sim_event){.type = SIM_EV_NEMESIS});
    while (!world->has_failed && sim_queue_pop(&world->queue, &event)) {
        sim_step(world, &event);
        if (!world->has_failed && is_over(world, &looked_at)) {
            sim_trace(world, 0, "quiet", "%u branches", world->options.branches);
            sim_check_end(world);
            break;
        }
    }
    return !world->has_failed;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *at)
{
    (void)status;
    (void)type;
    (void)at;
    return remove(path);
}

static void remove_folder(sim_world *world)
{
    if (world->folder[0] != '\0') {
        (void)nftw(world->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    }
}

void sim_world_fini(sim_world *world)
{
    for (unsigned i = world->nodes_count; i > 0; i--) {
        sim_node *node = &world->nodes[i - 1];
        sim_node_close(node);
        bn_kv_memory_destroy(&node->memory);
    }
    sim_foe_fini(world);
    remove_folder(world);
    sim_queue_fini(&world->queue);
    bn_free(world->conns);
    bn_free(world->known);
    bn_arena_fini(&world->arena);
    bn_arena_fini(&world->wire_arena);
}
