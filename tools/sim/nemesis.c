/* nemesis.c - what goes wrong: cuts, crashes, clocks, full disks, head office's own orders.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "sim.h"

#define COMMIT_MOMENTS_MAX 8
#define YEAR_2262_MS UINT64_C(9214646400000)

static void cut(sim_world *world, sim_rng *rng)
{
    sim_node *node = &world->nodes[sim_between(rng, 1, world->options.branches)];
    uint64_t how = sim_below(rng, 6);
    if (node->blocks_up || node->blocks_down || how == 0) {
        node->blocks_up = false;
        node->blocks_down = false;
        sim_trace(world, node->index, "heal", "link");
        return;
    }
    node->blocks_up = how != 1;
    node->blocks_down = how != 2;
    world->stats.cuts++;
    sim_trace(world, node->index, "cut", "%s%s", node->blocks_up ? "up " : "",
              node->blocks_down ? "down" : "");
}

static void crash(sim_world *world, sim_rng *rng)
{
    uint32_t index = (uint32_t)sim_below(rng, world->nodes_count + 1);
    sim_node *node = &world->nodes[index >= world->nodes_count ? 0 : index];
    unsigned moments = (unsigned)sim_between(rng, 1, COMMIT_MOMENTS_MAX);
    bool at_once = sim_chance(rng, 100);
    if (!node->is_up || node->crash_in > 0) {
        return;
    }
    if (at_once) {
        sim_node_crash(node, "pulled out");
        return;
    }
    node->crash_in = moments;
    node->crash_no_space = false;
}

static void fill_disk(sim_world *world, sim_rng *rng)
{
    sim_node *node = &world->nodes[sim_below(rng, world->nodes_count)];
    if (node->is_up && node->crash_in == 0) {
        node->crash_in = (unsigned)sim_between(rng, 1, 4);
        node->crash_no_space = true;
    }
}

static void move_clock(sim_world *world, sim_rng *rng)
{
    sim_node *node = &world->nodes[sim_between(rng, 1, world->options.branches)];
    uint64_t how = sim_below(rng, 6);
    int64_t small = (int64_t)sim_below(rng, 600000) - 300000;
    node->has_fixed_wall = how >= 4;
    node->fixed_wall_ms = how == 4 ? YEAR_2262_MS : 0;
    node->skew_ms = how == 0 ? SIM_DAY_MS : how == 1 ? -SIM_DAY_MS : how == 2 ? small : 0;
    world->stats.clock_jumps++;
    sim_trace(world, node->index, "clock", "wall %llu", (unsigned long long)sim_wall(node));
}

static void control(sim_world *world, sim_rng *rng)
{
    sim_node *node = &world->nodes[sim_between(rng, 1, world->options.branches)];
    uint64_t how = sim_below(rng, 8);
    bn_err err = {0};
    bn_rc rc;
    bool revokes = how == 0 && world->options.branches > 1 && world->stats.revocations == 0;
    bn_branch_status status;
    if (world->server == NULL || node->is_revoked ||
        bn_server_branch_show(world->server, node->number, &status, &err) != BN_OK ||
        status.state == BN_BRANCH_NEW) {
        return;
    }
    sim_node_doing(&world->nodes[0], revokes ? "revoke" : "pause");
    if (revokes) {
        rc = bn_server_branch_revoke(world->server, node->number, "head", &err);
    } else if (node->is_paused) {
        rc = bn_server_branch_resume(world->server, node->number, "head", &err);
    } else {
        rc = bn_server_branch_pause(world->server, node->number, "head", &err);
    }
    if (!sim_settle(&world->nodes[0], rc, &err) || rc != BN_OK) {
        return;
    }
    if (revokes) {
        bn_server_counts counts;
        bn_server_get_counts(world->server, &counts);
        node->is_revoked = true;
        node->revoked_at = counts.head;
        world->stats.revocations++;
    } else {
        node->is_paused = !node->is_paused;
        world->stats.pauses++;
    }
    sim_trace(world, node->index, "order",
              "%s", revokes ? "revoked" : node->is_paused ? "paused" : "resumed");
    sim_schedule(&world->nodes[0]);
}

void sim_nemesis_act(sim_world *world)
{
    sim_rng *rng = sim_stream_of(world, SIM_STREAM_CRASH);
    const sim_options *o = &world->options;
    if (sim_chance(rng, o->cuts)) {
        cut(world, rng);
    }
    if (sim_chance(rng, o->crashes)) {
        crash(world, rng);
    }
    if (sim_chance(rng, o->no_space)) {
        fill_disk(world, rng);
    }
    if (sim_chance(sim_stream_of(world, SIM_STREAM_CLOCK), o->clocks)) {
        move_clock(world, sim_stream_of(world, SIM_STREAM_CLOCK));
    }
    if (sim_chance(rng, o->controls)) {
        control(world, rng);
    }
}

/* Links are whole, nobody falls over any more, pauses end. Clocks stay as wrong as they are. */
void sim_nemesis_heal(sim_world *world)
{
    for (unsigned i = 0; i < world->nodes_count; i++) {
        world->nodes[i].crash_in = 0;
        world->nodes[i].blocks_up = false;
        world->nodes[i].blocks_down = false;
    }
    if (world->server == NULL) {
        sim_after(world, 1000, (sim_event){.type = SIM_EV_HEAL});
        return;
    }
    for (unsigned i = 1; i < world->nodes_count; i++) {
        sim_node *node = &world->nodes[i];
        bn_err err = {0};
        if (node->is_paused && !node->is_revoked) {
            bn_rc rc = bn_server_branch_resume(world->server, node->number, "head", &err);
            if (!sim_settle(&world->nodes[0], rc, &err)) {
                return;
            }
            node->is_paused = false;
        }
    }
    world->is_healed = true;
    world->healed_at = world->now;
    sim_trace(world, 0, "healed", "all links");
    sim_schedule(&world->nodes[0]);
}
