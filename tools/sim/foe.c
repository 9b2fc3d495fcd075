/* foe.c - a machine with an enrolled key and bad manners.
 * SPDX-License-Identifier: Apache-2.0
 *
 * It writes its frames by hand: ops out of scope, ops no schema knows, bytes that are no op, other
 * origins' names, broken chains and signatures, clocks from the year 2262. What it may not do must
 * end in quarantine or be refused, and nobody else may notice.
 */
#include "sim.h"

#include <banyan/base/version.h>
#include <banyan/protocol/ticket.h>

#define FOE_OPS_MAX 256
#define FOE_EVERY_MS 900
#define FOE_BYTES_MAX (256u * 1024)

typedef enum foe_state { FOE_KNOCKING, FOE_GREETING, FOE_LIVE } foe_state;

struct sim_foe {
    foe_state state;
    uint32_t index;   /* as a node of the world: one behind the branches */
    uint32_t origin;
    uint32_t branch;
    bn_enrolment_code code;
    uint8_t public_key[BN_KEY_BYTES];
    uint8_t secret_key[BN_KEY_BYTES];
    uint8_t sign_public[BN_SIGN_PUBLIC_BYTES];
    uint8_t sign_secret[BN_SIGN_SECRET_BYTES];
    bn_id incarnation;
    uint64_t session;
    uint64_t number;
    uint64_t oseq;
    bn_hash head;
    bn_hash heads[FOE_OPS_MAX + 1];
    bn_buf ops[FOE_OPS_MAX + 1];
    bool must_be_refused[FOE_OPS_MAX + 1];
    uint64_t acked;
    uint64_t customers[4];
    bn_id customer;
    uint64_t refused_oseq; /* a forged op others may build on; 0: none yet */
    bn_id refused_id;
    unsigned forges_left;
    uint64_t broken;       /* number of the last push that nobody may accept */
    uint64_t lie;          /* number of the last greeting that used another's origin */
    bn_buf frame;
};

static sim_rng *rng_of(sim_world *world)
{
    return sim_stream_of(world, SIM_STREAM_FOE);
}

static uint32_t conn_number(const sim_world *world)
{
    return world->nodes[world->foe->index].conn;
}

static void send(sim_world *world, bn_message *message)
{
    sim_foe *foe = world->foe;
    message->session = foe->session;
    message->number = ++foe->number;
    bn_buf_clear(&foe->frame);
    bn_message_encode(message, &foe->frame);
    BN_ASSERT(bn_buf_status(&foe->frame) == BN_OK);
    sim_net_to_server(world, conn_number(world), bn_buf_slice(&foe->frame));
}

static void open_conn(sim_world *world, bn_door door)
{
    sim_foe *foe = world->foe;
    sim_node *node = &world->nodes[foe->index];
    if (node->conn != 0) {
        world->conns[node->conn - 1].is_open = false;
    }
    node->conn = sim_net_open(world, foe->index, foe->public_key, door);
    foe->session = 0;
    foe->number = 0;
    foe->lie = 0;
    foe->broken = 0;
}

void sim_foe_start(sim_world *world)
{
    bn_err err = {0};
    sim_foe *foe = bn_alloc(sizeof *foe);
    BN_ASSERT(foe != NULL);
    world->foe = foe;
    foe->index = world->nodes_count;
    foe->forges_left = world->options.foe_forges;
    bn_buf_init(&foe->frame, FOE_BYTES_MAX * 2);
    for (size_t i = 0; i <= FOE_OPS_MAX; i++) {
        bn_buf_init(&foe->ops[i], BN_OP_BYTES_MAX);
    }
    bn_keypair_transport(foe->public_key, foe->secret_key);
    bn_keypair_sign(foe->sign_public, foe->sign_secret);
    sim_node_doing(&world->nodes[0], "branch_add");
    bn_rc rc = bn_server_branch_add(world->server, 0, "foe", 365 * (uint64_t)SIM_DAY_MS, "head",
                                    &foe->code, &err);
    if (!sim_settle(&world->nodes[0], rc, &err)) {
        return;
    }
    foe->branch = foe->code.branch;
    open_conn(world, BN_DOOR_ENROL);
    sim_after(world, FOE_EVERY_MS, (sim_event){.type = SIM_EV_FOE, .node = foe->index});
}

void sim_foe_fini(sim_world *world)
{
    sim_foe *foe = world->foe;
    if (foe == NULL) {
        return;
    }
    for (size_t i = 0; i <= FOE_OPS_MAX; i++) {
        bn_buf_fini(&foe->ops[i]);
    }
    bn_buf_fini(&foe->frame);
    bn_free(foe);
    world->foe = NULL;
}

bool sim_foe_must_be_refused(const sim_world *world, bn_dot dot)
{
    const sim_foe *foe = world->foe;
    return foe != NULL && foe->origin != 0 && dot.origin == foe->origin &&
           dot.oseq <= foe->oseq && foe->must_be_refused[dot.oseq];
}

uint32_t sim_foe_origin(const sim_world *world)
{
    return world->foe != NULL ? world->foe->origin : 0;
}

/* --- hearing -------- */
void sim_foe_frame(sim_world *world, bn_slice frame)
{
    sim_foe *foe = world->foe;
    bn_message message;
    bn_arena_reset(&world->wire_arena);
    if (bn_message_decode(frame, &world->wire_arena, &message, NULL) != BN_OK) {
        sim_fail(world, 34, "the server sent a frame nobody can read");
        return;
    }
    switch ((int)message.type) {
    case BN_MSG_ENROL_OK:
        foe->origin = message.enrol_ok.origin;
        foe->incarnation = message.enrol_ok.incarnation;
        foe->head = bn_origin_chain_start(foe->origin, foe->public_key);
        foe->heads[0] = foe->head;
        foe->state = FOE_GREETING;
        open_conn(world, BN_DOOR_SYNC);
        break;
    case BN_MSG_HELLO_OK:
        if (foe->lie != 0 && message.reply_to == foe->lie) {
            sim_fail(world, 34, "origin %u was greeted under another's name", foe->origin);
        }
        foe->session = message.session;
        foe->acked = message.hello_ok.oseq_committed;
        foe->state = FOE_LIVE;
        break;
    case BN_MSG_HELLO_REJ:
        foe->state = FOE_GREETING;
        break;
    case BN_MSG_PUSH_ACK:
        if (foe->broken != 0 && message.reply_to == foe->broken) {
            sim_fail(world, 34, "a push with a broken signature or chain was accepted");
        }
        foe->acked = message.push_ack.oseq_committed;
        break;
    case BN_MSG_PUSH_NACK:
    case BN_MSG_BYE:
    case BN_MSG_ERROR:
        foe->state = FOE_GREETING;
        break;
    default:
        break;
    }
}

/* --- forging ops -------- */
static void add_bytes(sim_foe *foe, bn_slice bytes, bool must_be_refused)
{
    uint64_t oseq = ++foe->oseq;
    bn_buf_append_slice(&foe->ops[oseq], bytes);
    foe->head = bn_chain_next(foe->head, bytes);
    foe->heads[oseq] = foe->head;
    foe->must_be_refused[oseq] = must_be_refused;
}

static void add_op(sim_world *world, bn_op op, bool must_be_refused)
{
    sim_foe *foe = world->foe;
    bn_buf bytes;
    bn_buf_init(&bytes, BN_OP_BYTES_MAX);
    op.schema_version = BN_SCHEMA_VERSION;
    op.actor = BN_SLICE("mallory");
    if (op.hlc.value == 0) {
        op.hlc = bn_hlc_make(SIM_EPOCH_MS + world->now, (uint32_t)foe->oseq);
    }
    bn_op_encode(&op, &bytes);
    BN_ASSERT(bn_buf_status(&bytes) == BN_OK);
    add_bytes(foe, bn_buf_slice(&bytes), must_be_refused);
    bn_buf_fini(&bytes);
}

static bn_op write_op(uint16_t kind, bn_id id, bn_change *changes, size_t count)
{
    return (bn_op){.type = BN_OP_WRITE, .kind = kind, .id = id, .changes = changes,
                   .changes_count = count};
}

static bn_id new_id(sim_world *world)
{
    uint8_t bytes[6];
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)sim_draw(rng_of(world));
    }
    return bn_id_make(world->foe->origin, SIM_EPOCH_MS + world->now, bytes);
}

static void forge_create(sim_world *world, uint16_t kind, uint32_t home, bool must_be_refused)
{
    sim_foe *foe = world->foe;
    bn_change changes[3] = {
        {.field = BN_FIELD_EXISTENCE, .value = bn_value_int(1)},
        {.field = BN_CUSTOMER_name, .value = bn_value_text(BN_SLICE("mallory"))},
        {.field = BN_CUSTOMER_branch, .value = bn_value_int(home)}};
    bn_id id = new_id(world);
    if (kind == BN_KIND_ARTICLE) {
        changes[1].field = BN_ARTICLE_title;
    }
    add_op(world, write_op(kind, id, changes, kind == BN_KIND_ARTICLE ? 2 : 3), must_be_refused);
    if (!must_be_refused && bn_id_is_zero(foe->customer)) {
        foe->customer = id;
    }
    if (must_be_refused && kind == BN_KIND_CUSTOMER) {
        foe->refused_oseq = foe->oseq;
        foe->refused_id = id;
    }
}

/* An edit of a record of another branch: its home branch is not the foe's, and nobody shares with
 * the foe. */
static void forge_edit_of_others(sim_world *world)
{
    size_t count = world->known_count;
    uint64_t drawn = sim_draw(rng_of(world));
    bn_change change = {.field = BN_CUSTOMER_name, .value = bn_value_text(BN_SLICE("owned"))};
    if (count == 0 || world->known[drawn % count].kind != BN_KIND_CUSTOMER) {
        return;
    }
    add_op(world, write_op(BN_KIND_CUSTOMER, world->known[drawn % count].id, &change, 1), true);
}

static void forge_odd(sim_world *world, uint64_t how)
{
    sim_foe *foe = world->foe;
    bn_change change = {.field = BN_CUSTOMER_name, .value = bn_value_text(BN_SLICE("late"))};
    switch (how) {
    case 0:
        add_bytes(foe, BN_SLICE("\xc1 is no op"), true);
        break;
    case 1: /* a kind nobody knows */
        add_op(world, write_op(60, new_id(world), &change, 1), true);
        break;
    case 2: /* a field nobody knows */
        change.field = 60;
        add_op(world, write_op(BN_KIND_CUSTOMER, foe->customer, &change, 1), true);
        break;
    case 3: /* a number where a text belongs */
        change.value = bn_value_int(5);
        add_op(world, write_op(BN_KIND_CUSTOMER, foe->customer, &change, 1), true);
        break;
    case 4: /* built on what is in quarantine */
        if (foe->refused_oseq != 0) {
            change.base = (bn_dot){foe->origin, foe->refused_oseq};
            add_op(world, write_op(BN_KIND_CUSTOMER, foe->refused_id, &change, 1), true);
        }
        break;
    case 5: { /* erasing is the server's */
        bn_op op = write_op(BN_KIND_CUSTOMER, foe->customer, NULL, 0);
        op.type = BN_OP_ERASE;
        add_op(world, op, true);
        break;
    }
    default: { /* allowed, but from the year 2262: counts as now */
        bn_op op = write_op(BN_KIND_CUSTOMER, foe->customer, &change, 1);
        op.hlc = bn_hlc_make(UINT64_C(9214646400000), 7);
        op.changes[0].field = BN_CUSTOMER_occupation;
        add_op(world, op, bn_id_is_zero(foe->customer));
    }
    }
}

static void forge_op(sim_world *world)
{
    sim_foe *foe = world->foe;
    if (foe->oseq + 2 >= FOE_OPS_MAX) {
        return;
    }
    if (bn_id_is_zero(foe->customer)) {
        forge_create(world, BN_KIND_CUSTOMER, foe->branch, false);
        return;
    }
    uint64_t how = sim_below(rng_of(world), 12);
    if (how == 0) {
        forge_create(world, BN_KIND_CUSTOMER, world->nodes[1].number, true);
    } else if (how == 1) {
        forge_create(world, BN_KIND_ARTICLE, 0, true);
    } else if (how < 5) {
        forge_edit_of_others(world);
    } else {
        forge_odd(world, how - 5);
    }
    world->stats.forged++;
}

/* --- sending -------- */
static void hello(sim_world *world, bool claims_other)
{
    sim_foe *foe = world->foe;
    uint32_t other = world->nodes[1].origin;
    bool lies = claims_other && other != 0 && other != foe->origin;
    bn_message message = {.type = BN_MSG_HELLO};
    foe->session = 0;
    message.hello = (bn_msg_hello){.origin = lies ? other : foe->origin,
                                   .wire_min = BN_WIRE_VERSION_MIN,
                                   .wire_max = BN_WIRE_VERSION,
                                   .schema_version = BN_SCHEMA_VERSION,
                                   .incarnation = foe->incarnation,
                                   .oseq_last = foe->oseq,
                                   .chain_head = foe->head,
                                   .oseq_acked = foe->acked,
                                   .feed_hash = bn_feed_start(foe->branch, foe->origin),
                                   .local_ms = SIM_EPOCH_MS,
                                   .credit_bytes = 65536};
    send(world, &message);
    foe->lie = lies ? foe->number : 0;
}

static void push(sim_world *world, uint64_t how)
{
    sim_foe *foe = world->foe;
    if (foe->oseq == foe->acked) {
        return;
    }
    bn_buf ops;
    bn_buf_init(&ops, FOE_BYTES_MAX);
    for (uint64_t i = foe->acked + 1; i <= foe->oseq; i++) {
        bn_push_append_op(&ops, bn_buf_slice(&foe->ops[i]));
    }
    bn_message message = {.type = BN_MSG_PUSH};
    message.push = (bn_msg_push){.first_oseq = foe->acked + 1,
                                 .ops_count = (uint32_t)(foe->oseq - foe->acked),
                                 .prev_head = foe->heads[foe->acked],
                                 .head = foe->head,
                                 .ops = bn_buf_slice(&ops)};
    bn_sign(foe->sign_secret, BN_SLICE(BN_BATCH_DOMAIN), foe->head, message.push.signature);
    if (how == 0) {
        message.push.signature[3] ^= 1;
    } else if (how == 1) {
        message.push.prev_head.bytes[0] ^= 1;
    } else if (how == 2) {
        message.push.first_oseq += 3;
    } else if (how == 3) {
        foe->session += 1;
    }
    send(world, &message);
    /* A batch shifted into what is committed already is a repeat, and may be acknowledged. */
    foe->broken = how <= 3 && how != 2 ? foe->number : 0;
    bn_buf_fini(&ops);
}

static void knock(sim_world *world)
{
    sim_foe *foe = world->foe;
    bn_slice token = bn_slice_make(foe->code.token, BN_TOKEN_BYTES);
    bn_message message = {.type = BN_MSG_ENROL_REQ};
    message.enrol_req = (bn_msg_enrol_req){.token = token, .machine = BN_SLICE("foe"),
                                           .schema_version = BN_SCHEMA_VERSION};
    memcpy(message.enrol_req.sign_key, foe->sign_public, BN_SIGN_PUBLIC_BYTES);
    bn_sign(foe->sign_secret, BN_SLICE(BN_ENROL_DOMAIN), bn_enrol_digest(token, foe->public_key),
            message.enrol_req.signature);
    send(world, &message);
}

void sim_foe_act(sim_world *world)
{
    sim_foe *foe = world->foe;
    const sim_conn *conn = &world->conns[conn_number(world) - 1];
    bool rude = sim_chance(rng_of(world), 200);
    uint64_t how = sim_below(rng_of(world), 12);
    if (world->is_healed || foe->forges_left == 0) {
        return;
    }
    if (!conn->is_up) {
        if (conn->epoch != 0 && conn->epoch != world->epoch) {
            foe->state = foe->state == FOE_KNOCKING ? FOE_KNOCKING : FOE_GREETING;
            open_conn(world, foe->state == FOE_KNOCKING ? BN_DOOR_ENROL : BN_DOOR_SYNC);
        }
    } else if (foe->state == FOE_KNOCKING) {
        knock(world);
    } else if (foe->state == FOE_GREETING) {
        hello(world, rude);
    } else {
        foe->forges_left--;
        if (rude) {
            hello(world, true);
        } else {
            forge_op(world);
            push(world, how);
        }
    }
    sim_after(world, FOE_EVERY_MS, (sim_event){.type = SIM_EV_FOE, .node = foe->index});
}
