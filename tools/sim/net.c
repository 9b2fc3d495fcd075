/* net.c - links between branches and server, with everything a network does to frames.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Within one connection frames keep their order and may be lost; frames of an old connection may
 * arrive after a new session began, and copies of them too. The key of an arrival is that of the
 * connection: no frame can choose it.
 */
#include "sim.h"

#define LATE_MS_MIN 1000
#define LATE_MS_MAX 45000
#define COPY_MS_MAX 60000
#define RECONNECT_MS 250

static sim_conn *conn_of(sim_world *world, uint32_t conn)
{
    return conn == 0 || conn > world->conns_count ? NULL : &world->conns[conn - 1];
}

static bn_route route_of(uint32_t conn, bn_door door)
{
    bn_route route = {.len = 4, .door = (uint8_t)door};
    memcpy(route.bytes, &conn, sizeof conn);
    return route;
}

/* --- looking at frames -------- */
static bool decode(sim_world *world, bn_slice frame, bn_message *out)
{
    bn_arena_reset(&world->wire_arena);
    return bn_message_decode(frame, &world->wire_arena, out, NULL) == BN_OK;
}

static void trace_frame(sim_world *world, uint32_t node, const char *what, bn_slice frame)
{
    bn_message message;
    if (!decode(world, frame, &message)) {
        sim_trace(world, node, what, "unreadable, %zu bytes", frame.len);
        return;
    }
    switch ((int)message.type) {
    case BN_MSG_HELLO:
        sim_trace(world, node, what, "HELLO oseq %llu K %llu",
                  (unsigned long long)message.hello.oseq_last,
                  (unsigned long long)message.hello.cursor);
        break;
    case BN_MSG_PUSH:
        sim_trace(world, node, what, "PUSH ops %llu+%u",
                  (unsigned long long)message.push.first_oseq, message.push.ops_count);
        break;
    case BN_MSG_PUSH_ACK:
        sim_trace(world, node, what, "PUSH_ACK oseq %llu, %zu exceptions",
                  (unsigned long long)message.push_ack.oseq_committed,
                  message.push_ack.exceptions_count);
        break;
    case BN_MSG_FEED:
        sim_trace(world, node, what, "FEED (%llu,%llu] %u effects",
                  (unsigned long long)message.feed.from, (unsigned long long)message.feed.to,
                  message.feed.effects_count);
        break;
    case BN_MSG_HELLO_REJ:
    case BN_MSG_PUSH_NACK:
        sim_trace(world, node, what, "%s %s", bn_message_name(message.type),
                  bn_reject_name(message.rejected.reason));
        break;
    case BN_MSG_APPLY_FAIL:
        sim_trace(world, node, what, "APPLY_FAIL cseq %llu: %.*s",
                  (unsigned long long)message.apply_fail.cseq,
                  BN_SLICE_ARG(message.apply_fail.text));
        sim_fail(world, 21, "branch %u cannot apply commit %llu: %.*s", node,
                 (unsigned long long)message.apply_fail.cseq,
                 BN_SLICE_ARG(message.apply_fail.text));
        break;
    default:
        sim_trace(world, node, what, "%s", bn_message_name(message.type));
    }
}

/* Invariant 19: what the branch was told is committed it does not send again, and a batch keeps
 * within its limits: a cut costs one batch. */
static void check_resume(sim_world *world, const sim_conn *conn, bn_slice frame)
{
    bn_message message;
    if (conn->node >= world->nodes_count || !decode(world, frame, &message) ||
        message.type != BN_MSG_PUSH) {
        return;
    }
    const bn_msg_push *push = &message.push;
    if (push->first_oseq <= conn->committed || push->ops_count > BN_BATCH_OPS_MAX ||
        push->ops.len > BN_BATCH_BYTES_MAX) {
        sim_fail(world, 19, "branch %u pushes %u ops from %llu on, and knows of %llu committed",
                 conn->node, push->ops_count, (unsigned long long)push->first_oseq,
                 (unsigned long long)conn->committed);
    }
}

static void note_committed(sim_world *world, sim_conn *conn, bn_slice frame)
{
    bn_message message;
    if (!decode(world, frame, &message)) {
        return;
    }
    uint64_t told = message.type == BN_MSG_HELLO_OK    ? message.hello_ok.oseq_committed
                    : message.type == BN_MSG_PUSH_ACK ? message.push_ack.oseq_committed
                                                      : 0;
    conn->committed = told > conn->committed ? told : conn->committed;
}

/* --- on the way -------- */
static void deliver_at(sim_world *world, uint64_t at, sim_event_type type, uint32_t conn,
                       bn_slice frame, uint64_t tag)
{
    uint8_t *bytes = bn_alloc(frame.len + 1);
    BN_ASSERT(bytes != NULL);
    memcpy(bytes, frame.data, frame.len);
    sim_event event = {.at = at, .type = type, .node = world->conns[conn - 1].node, .conn = conn,
                       .bytes = bytes, .len = frame.len, .tag = tag};
    sim_queue_push(&world->queue, event);
}

static bool is_copied(bn_slice frame, sim_world *world)
{
    bn_message message;
    return decode(world, frame, &message) &&
           (message.type == BN_MSG_PUSH || message.type == BN_MSG_FEED ||
            message.type == BN_MSG_PUSH_ACK || message.type == BN_MSG_FEED_ACK);
}

static void put_on_wire(sim_world *world, uint32_t conn, bool up, bn_slice frame)
{
    sim_rng *rng = sim_stream_of(world, SIM_STREAM_NET);
    const sim_options *o = &world->options;
    sim_conn *link = conn_of(world, conn);
    const sim_node *node = &world->nodes[link->node];
    sim_event_type type = up ? SIM_EV_TO_SERVER : SIM_EV_TO_BRANCH;
    bool lost = sim_chance(rng, o->loss);
    bool late = sim_chance(rng, o->late);
    bool copied = sim_chance(rng, o->copies);
    uint64_t delay = 1 + sim_below(rng, 2 * (uint64_t)o->latency_ms);
    uint64_t more = sim_between(rng, LATE_MS_MIN, LATE_MS_MAX);
    uint64_t again = sim_between(rng, LATE_MS_MIN, COPY_MS_MAX);
    bool calm = world->is_healed;
    trace_frame(world, link->node, up ? "send" : "sent", frame);
    world->stats.frames++;
    if (copied && !calm && is_copied(frame, world)) {
        deliver_at(world, world->now + again, type, conn, frame, 1);
        world->stats.frames_copied++;
    }
    if (up ? node->blocks_up : node->blocks_down) {
        world->stats.frames_blocked++;
        return;
    }
    if (lost && !calm) {
        world->stats.frames_lost++;
        sim_trace(world, link->node, "lost", "%s", up ? "to server" : "to branch");
        return;
    }
    if (late && !calm) {
        world->stats.frames_late++;
        delay += more;
    }
    uint64_t at = world->now + delay;
    if (at < link->last_at[up]) {
        at = link->last_at[up];
    }
    link->last_at[up] = at;
    deliver_at(world, at, type, conn, frame, 0);
}

/* --- the branch's end -------- */
uint32_t sim_net_open(sim_world *world, uint32_t node, const uint8_t key[BN_KEY_BYTES],
                      bn_door door)
{
    if (world->conns_count == world->conns_capacity) {
        size_t capacity = world->conns_capacity == 0 ? 64 : world->conns_capacity * 2;
        sim_conn *grown = bn_realloc_array(world->conns, capacity, sizeof *grown);
        BN_ASSERT(grown != NULL);
        world->conns = grown;
        world->conns_capacity = capacity;
    }
    sim_conn *conn = &world->conns[world->conns_count++];
    *conn = (sim_conn){.node = node, .door = door, .is_open = true};
    memcpy(conn->key, key, BN_KEY_BYTES);
    uint32_t number = (uint32_t)world->conns_count;
    uint64_t delay = 1 + sim_below(sim_stream_of(world, SIM_STREAM_NET),
                                   2 * (uint64_t)world->options.latency_ms);
    sim_after(world, delay, (sim_event){.type = SIM_EV_CONNECTED, .node = node, .conn = number});
    return number;
}

static bn_rc dial(void *context, const bn_link_client_options *options, bn_err *err)
{
    (void)err;
    sim_node *node = context;
    sim_world *world = node->world;
    if (node->is_dying) {
        return BN_OK;
    }
    if (world->server != NULL &&
        memcmp(options->server_key, bn_server_transport_public(world->server), BN_KEY_BYTES) != 0) {
        sim_fail(world, 34, "branch %u dials a key that is not the server's", node->index);
    }
    node->conn = sim_net_open(world, node->index, options->public_key, options->door);
    return BN_OK;
}

static void hang_up(void *context)
{
    sim_node *node = context;
    sim_conn *conn = conn_of(node->world, node->conn);
    if (conn != NULL) {
        conn->is_open = false;
    }
    node->conn = 0;
}

static bn_rc speak(void *context, bn_slice frame)
{
    sim_node *node = context;
    sim_conn *conn = conn_of(node->world, node->conn);
    if (node->is_dying) {
        return BN_OK;
    }
    if (conn == NULL || !conn->is_up) {
        return BN_E_AGAIN;
    }
    check_resume(node->world, conn, frame);
    put_on_wire(node->world, node->conn, true, frame);
    return BN_OK;
}

void sim_net_bind(sim_node *node)
{
    node->dialer = (bn_dialer){.open = dial, .close = hang_up, .send = speak, .context = node};
}

void sim_net_to_server(sim_world *world, uint32_t conn, bn_slice frame)
{
    if (conn_of(world, conn) != NULL && conn_of(world, conn)->is_up) {
        put_on_wire(world, conn, true, frame);
    }
}

/* --- the server's end -------- */
/* What the server promises or tells is taken down the moment it leaves: the promise counts, whether
 * it arrives or not. */
static void note_sent(sim_world *world, const sim_conn *conn, bn_slice frame)
{
    bn_message message;
    sim_node *node = &world->nodes[conn->node];
    if (conn->node >= world->nodes_count || !decode(world, frame, &message)) {
        return;
    }
    if (message.type == BN_MSG_PUSH_ACK && message.push_ack.oseq_committed > node->acked) {
        node->acked = message.push_ack.oseq_committed;
    }
    if (message.type == BN_MSG_FEED && node->is_revoked) {
        sim_fail(world, 33, "a feed frame was sent to branch %u after it was revoked",
                 node->number);
    }
}

static bn_rc answer(void *context, const bn_route *route, bn_slice frame)
{
    sim_world *world = context;
    uint32_t number;
    memcpy(&number, route->bytes, sizeof number);
    sim_conn *conn = conn_of(world, number);
    if (world->nodes[0].is_dying) {
        return BN_OK;
    }
    if (conn == NULL || !conn->is_open || !conn->is_up || conn->epoch != world->epoch) {
        return BN_E_UNREACHABLE;
    }
    note_sent(world, conn, frame);
    put_on_wire(world, number, false, frame);
    return BN_OK;
}

void sim_net_start(sim_world *world)
{
    world->sender = (bn_sender){.send = answer, .context = world};
}

void sim_net_server_gone(sim_world *world)
{
    for (size_t i = 0; i < world->conns_count; i++) {
        world->conns[i].is_up = false;
    }
}

void sim_net_connected(sim_world *world, const sim_event *event)
{
    sim_conn *conn = conn_of(world, event->conn);
    sim_node *node = &world->nodes[event->node];
    if (!conn->is_open || conn->is_up) {
        return;
    }
    if (world->server == NULL || node->blocks_up || node->blocks_down) {
        sim_after(world, RECONNECT_MS, *event);
        return;
    }
    if (conn->door == BN_DOOR_SYNC && !bn_server_admits(world->server, conn->key)) {
        bn_server_note_refusal(world->server, conn->door, conn->key, "sim", "unknown key");
        sim_trace(world, event->node, "refused", "at the door");
        sim_after(world, RECONNECT_MS * 8, *event);
        return;
    }
    conn->is_up = true;
    conn->epoch = world->epoch;
    sim_trace(world, event->node, "connect", "conn %u", event->conn);
    if (event->node < world->nodes_count && node->is_up && node->conn == event->conn) {
        node->tick_at = world->now;
        sim_event tick = {.type = SIM_EV_TICK, .node = event->node, .tag = world->now};
        sim_tick(world, &tick);
    }
}

void sim_net_deliver_server(sim_world *world, const sim_event *event)
{
    const sim_conn *conn = conn_of(world, event->conn);
    const sim_node *node = &world->nodes[event->node];
    bool is_copy = event->tag != 0;
    if (world->server == NULL || conn->epoch != world->epoch || !world->nodes[0].is_up ||
        (is_copy && node->conn == event->conn) || (!is_copy && node->blocks_up)) {
        return;
    }
    bn_arrival arrival = {.route = route_of(event->conn, conn->door),
                          .frame = bn_slice_make(event->bytes, event->len)};
    memcpy(arrival.key, conn->key, BN_KEY_BYTES);
    trace_frame(world, event->node, is_copy ? "copy-up" : "arrive", arrival.frame);
    bn_err err = {0};
    sim_node_doing(&world->nodes[0], "frame");
    bn_rc rc = bn_server_on_frame(world->server, &arrival, &err);
    if (rc == BN_E_AGAIN) {
        sim_flush(world);
        return;
    }
    if (sim_settle(&world->nodes[0], rc, &err)) {
        sim_plan_flush(world);
        sim_schedule(&world->nodes[0]);
    }
}

void sim_net_deliver_branch(sim_world *world, const sim_event *event)
{
    sim_node *node = &world->nodes[event->node];
    bn_slice frame = bn_slice_make(event->bytes, event->len);
    sim_conn *conn = conn_of(world, event->conn);
    bool is_copy = event->tag != 0;
    if (event->node >= world->nodes_count) {
        if (!is_copy && node->conn == event->conn) {
            sim_foe_frame(world, frame);
        }
        return;
    }
    if (!node->is_up || (is_copy ? node->conn == event->conn : node->conn != event->conn) ||
        (!is_copy && (node->blocks_down || !conn->is_up))) {
        return;
    }
    trace_frame(world, event->node, is_copy ? "copy-dn" : "recv", frame);
    if (!is_copy) {
        note_committed(world, conn, frame);
    }
    bn_err err = {0};
    bn_rc rc = BN_OK;
    sim_node_doing(node, "feed");
    if (node->sync != NULL) {
        rc = bn_branch_sync_on_frame(node->sync, frame, &err);
    } else if (node->enrol != NULL) {
        sim_node_doing(node, "enrol");
        rc = bn_branch_enrol_on_frame(node->enrol, frame, &err);
    }
    if (!sim_settle(node, rc, &err)) {
        return;
    }
    if (node->enrol != NULL) {
        sim_enrol_moved(node);
    }
    sim_schedule(node);
}
