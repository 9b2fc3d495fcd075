/* lab.c - a server and hand-made branches on one clock.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "lab.h"

#include "unit/unit.h"

#include <banyan/base/alloc.h>
#include <banyan/base/check.h>
#include <banyan/base/limits.h>
#include <banyan/base/number.h>
#include <banyan/base/version.h>
#include <banyan/core/records.h>

#define ARENA_BYTES (512u * 1024 * 1024)
#define INBOX_MAX 65536

static uint64_t wall(void *context)
{
    return ((lab *)context)->wall_ms;
}

static uint64_t mono(void *context)
{
    return ((lab *)context)->mono_ms;
}

static void fill(void *context, void *out, size_t len)
{
    lab *l = context;
    uint8_t *bytes = out;
    for (size_t i = 0; i < len; i++) {
        l->random_state = l->random_state * 6364136223846793005u + 1442695040888963407u;
        bytes[i] = (uint8_t)(l->random_state >> 56);
    }
}

static bn_rc send(void *context, const bn_route *route, bn_slice frame)
{
    lab *l = context;
    if (l->is_full) {
        return BN_E_AGAIN;
    }
    if (l->drops_frames) {
        return BN_OK;
    }
    assert_true(l->inbox_count < INBOX_MAX);
    struct lab_frame *f = &l->inbox[l->inbox_count++];
    f->slot = route->bytes[0];
    f->bytes = bn_alloc(frame.len + 1);
    f->len = frame.len;
    memcpy(f->bytes, frame.data, frame.len);
    return BN_OK;
}

static void open_server(lab *l)
{
    bn_err err = {0};
    if (l->folder != NULL) {
        bn_kv_options options = {.folder = l->folder, .map_bytes = 8ull << 30,
                                 .allow_any_fs = true};
        assert_ok(bn_kv_open_lmdb(&options, &l->kv, &err), err);
    } else {
        assert_ok(bn_kv_open_memory(&l->memory, &l->kv, &err), err);
    }
    assert_ok(bn_server_open(l->kv, &l->clock, &l->random, &l->sender, NULL, &l->server, &err),
              err);
}

void lab_open(lab *l)
{
    lab_open_lmdb(l, NULL);
}

void lab_open_lmdb(lab *l, const char *folder)
{
    *l = (lab){.folder = folder, .wall_ms = 1767225600000, .mono_ms = 5000, .random_state = 42};
    l->clock = (bn_clock){.wall_ms = wall, .mono_ms = mono, .context = l};
    l->random = (bn_random){.fill = fill, .context = l};
    l->sender = (bn_sender){.send = send, .context = l};
    l->inbox = bn_alloc_array(INBOX_MAX, sizeof *l->inbox);
    bn_arena_init(&l->arena, ARENA_BYTES);
    open_server(l);
}

static void drop_inbox(lab *l)
{
    for (size_t i = 0; i < l->inbox_count; i++) {
        bn_free(l->inbox[i].bytes);
    }
    l->inbox_count = 0;
}

void lab_reopen(lab *l)
{
    drop_inbox(l);
    bn_server_close(&l->server);
    bn_kv_close(&l->kv);
    open_server(l);
}

void lab_close(lab *l)
{
    drop_inbox(l);
    bn_server_close(&l->server);
    bn_kv_close(&l->kv);
    bn_kv_memory_destroy(&l->memory);
    for (size_t i = 0; i < LAB_BRANCHES; i++) {
        bn_kv_close(&l->branches[i].kv);
        bn_kv_memory_destroy(&l->branches[i].memory);
        bn_free(l->branches[i].ops);
        bn_free(l->branches[i].heads);
    }
    bn_free(l->inbox);
    bn_arena_fini(&l->arena);
}

/* --- the branch's end of the link -------- */
void lab_send(lab_branch *b, bn_message *message, bn_door door)
{
    bn_err err = {0};
    bn_buf buf;
    bn_buf_init(&buf, BN_FRAME_BYTES_MAX);
    message->number = ++b->sent;
    bn_message_encode(message, &buf);
    assert_int_equal(bn_buf_status(&buf), BN_OK);
    bn_arrival arrival = {.route = {.bytes = {b->slot}, .len = 1, .door = (uint8_t)door},
                          .frame = bn_buf_slice(&buf)};
    memcpy(arrival.key, b->public_key, BN_KEY_BYTES);
    bn_rc rc = bn_server_on_frame(b->lab->server, &arrival, &err);
    bn_buf_fini(&buf);
    assert_ok(rc, err);
}

static void load(lab_branch *b, bn_kv_txn *txn, uint16_t kind, bn_id id, bn_record *record)
{
    bn_rc rc = bn_records_get(txn, kind, id, &b->lab->arena, record, NULL);
    if (rc == BN_E_NOT_FOUND) {
        bn_record_init(record, kind, id);
    } else {
        assert_int_equal(rc, BN_OK);
    }
}

static void apply_own(lab_branch *b, bn_kv_txn *txn, const bn_effect *effect)
{
    bn_err err = {0};
    for (uint32_t i = 0; i < effect->count; i++) {
        bn_op op;
        bn_record record;
        uint64_t oseq = effect->oseq + i;
        b->owns++;
        b->feed_hash = bn_feed_own(b->feed_hash, oseq, effect->cseq + i);
        assert_ok(bn_op_decode(b->ops[oseq - 1], &b->lab->arena, &op, &err), err);
        bn_stamp stamp = {.dot = {b->origin, oseq}, .hlc = op.hlc, .cseq = effect->cseq + i};
        load(b, txn, op.kind, op.id, &record);
        assert_int_equal(bn_record_apply_op(&record, &b->lab->arena, &op, &stamp), BN_OK);
        assert_ok(bn_records_put(txn, &record, &err), err);
    }
}

static void drop_conflicts(bn_kv_txn *txn, bn_arena *arena, const bn_effect *effect)
{
    bn_err err = {0};
    bn_id ids[64];
    size_t count = 0;
    assert_ok(bn_conflicts_of(txn, effect->kind, effect->id, ids, 64, &count, &err), err);
    for (size_t i = 0; i < count; i++) {
        bn_conflict conflict;
        assert_ok(bn_conflicts_get(txn, ids[i], arena, &conflict, &err), err);
        assert_ok(bn_conflicts_del(txn, &conflict, &err), err);
    }
}

static void apply_effect(lab_branch *b, bn_kv_txn *txn, const bn_effect *effect)
{
    bn_err err = {0};
    bn_record record;
    bn_conflict conflict;
    uint8_t key[BN_KEY_ENTITY_BYTES];
    switch (effect->type) {
    case BN_EFFECT_PUT:
        b->puts++;
        load(b, txn, effect->kind, effect->id, &record);
        assert_int_equal(bn_effect_apply(effect, &b->lab->arena, &record), BN_OK);
        assert_ok(bn_records_put(txn, &record, &err), err);
        break;
    case BN_EFFECT_ENTER:
        b->enters++;
        (void)bn_key_entity(key, effect->kind, effect->id);
        assert_ok(bn_kv_put(txn, BN_TABLE_ENTITY, bn_slice_make(key, sizeof key), effect->image,
                            &err), err);
        break;
    case BN_EFFECT_LEAVE:
        b->leaves++;
        assert_ok(bn_records_del(txn, effect->kind, effect->id, &err), err);
        drop_conflicts(txn, &b->lab->arena, effect);
        break;
    case BN_EFFECT_CONFLICT:
        b->conflicts++;
        assert_ok(bn_conflict_decode(effect->image, &b->lab->arena, &conflict, &err), err);
        assert_ok(bn_conflicts_put(txn, &conflict, &err), err);
        break;
    case BN_EFFECT_OUTCOME:
        b->outcome_effects++;
        b->outcomes[effect->oseq - 1] = effect->outcome;
        break;
    case BN_EFFECT_ERASE:
        load(b, txn, effect->kind, effect->id, &record);
        record.cells_count = 1; /* the PUT before it brought the removal */
        record.items_count = 0;
        drop_conflicts(txn, &b->lab->arena, effect);
        assert_ok(bn_records_put(txn, &record, &err), err);
        break;
    case BN_EFFECT_OWN:
        apply_own(b, txn, effect);
        break;
    case BN_EFFECT_GOLDEN:
        break;
    }
}

static void on_feed(lab_branch *b, const bn_msg_feed *feed)
{
    bn_err err = {0};
    bn_kv_txn *txn = NULL;
    bn_slice rest = feed->effects;
    if (b->is_deaf) {
        return;
    }
    assert_true(feed->from == b->cursor);
    assert_true(feed->to > feed->from);
    assert_ok(bn_kv_begin(b->kv, BN_KV_WRITE, &txn, &err), err);
    uint32_t count = 0;
    while (rest.len > 0) {
        bn_effect effect;
        bn_slice before = rest;
        assert_ok(bn_effect_decode(&rest, &b->lab->arena, &effect, &err), err);
        if (effect.type != BN_EFFECT_OWN) {
            b->feed_hash = bn_feed_effect(b->feed_hash,
                                          bn_slice_make(before.data, before.len - rest.len));
        }
        assert_true(effect.cseq > feed->from && effect.cseq <= feed->to);
        apply_effect(b, txn, &effect);
        count++;
    }
    assert_int_equal(count, feed->effects_count);
    assert_true(bn_hash_equal(b->feed_hash, feed->feed_hash));
    assert_ok(bn_kv_commit(&txn, &err), err);
    b->cursor = feed->to;
    b->frames++;
    if (!b->sends_no_acks) {
        bn_message ack = {.type = BN_MSG_FEED_ACK, .session = b->session};
        ack.feed_ack = (bn_msg_feed_ack){.cursor = b->cursor, .feed_hash = b->feed_hash,
                                         .credit_bytes = feed->effects.len};
        lab_send(b, &ack, BN_DOOR_SYNC);
    }
}

static void on_message(lab_branch *b, const bn_message *m)
{
    b->last_type = m->type;
    switch ((int)m->type) {
    case BN_MSG_ENROL_OK:
        b->origin = m->enrol_ok.origin;
        b->start = bn_origin_chain_start(b->origin, b->public_key);
        b->feed_hash = bn_feed_start(b->number, b->origin);
        break;
    case BN_MSG_HELLO_OK:
        b->session = m->session;
        b->committed = m->hello_ok.oseq_committed;
        break;
    case BN_MSG_ENROL_REJ:
    case BN_MSG_HELLO_REJ:
    case BN_MSG_PUSH_NACK:
        b->last_reject = m->rejected.reason;
        break;
    case BN_MSG_PUSH_ACK:
        b->committed = m->push_ack.oseq_committed;
        for (size_t i = 0; i < m->push_ack.exceptions_count; i++) {
            b->outcomes[m->push_ack.exceptions[i].oseq - 1] = m->push_ack.exceptions[i].outcome;
        }
        break;
    case BN_MSG_FEED:
        on_feed(b, &m->feed);
        break;
    default:
        break;
    }
}

void lab_deliver(lab *l)
{
    for (size_t i = 0; i < l->inbox_count; i++) {
        struct lab_frame *f = &l->inbox[i];
        bn_message message;
        bn_err err = {0};
        assert_ok(bn_message_decode(bn_slice_make(f->bytes, f->len), &l->arena, &message, &err),
                  err);
        on_message(&l->branches[f->slot], &message);
    }
    drop_inbox(l);
}

void lab_flush(lab *l)
{
    bn_err err = {0};
    for (int i = 0; i < 1000; i++) {
        l->mono_ms += 300;
        l->wall_ms += 300;
        assert_ok(bn_server_flush(l->server, &err), err);
        assert_ok(bn_server_tick(l->server, &err), err);
        if (l->inbox_count == 0 && i > 5) {
            return;
        }
        lab_deliver(l);
    }
    fail_msg("the server never becomes quiet");
}

/* --- enrolment and greeting -------- */
void lab_keys(lab *l, lab_branch *b, uint8_t slot)
{
    bn_err err = {0};
    b->lab = l;
    b->slot = slot;
    bn_keypair_transport(b->public_key, b->secret_key);
    bn_keypair_sign(b->sign_public, b->sign_secret);
    b->ops = bn_alloc_array(LAB_OPS, sizeof *b->ops);
    b->heads = bn_alloc_array(LAB_OPS, sizeof *b->heads);
    assert_ok(bn_kv_open_memory(&b->memory, &b->kv, &err), err);
}

lab_branch *lab_enrol(lab *l, uint32_t number, const uint8_t token[BN_TOKEN_BYTES],
                      lab_branch *machine)
{
    bn_message request = {.type = BN_MSG_ENROL_REQ};
    bn_slice code = bn_slice_make(token, BN_TOKEN_BYTES);
    machine->number = number;
    machine->last_reject = BN_REJECT_NONE;
    request.enrol_req = (bn_msg_enrol_req){.token = code, .machine = BN_SLICE("till-1"),
                                           .schema_version = BN_SCHEMA_VERSION};
    memcpy(request.enrol_req.sign_key, machine->sign_public, BN_SIGN_PUBLIC_BYTES);
    bn_sign(machine->sign_secret, BN_SLICE(BN_ENROL_DOMAIN),
            bn_enrol_digest(code, machine->public_key), request.enrol_req.signature);
    lab_send(machine, &request, BN_DOOR_ENROL);
    lab_flush(l);
    return machine;
}

bool lab_hello(lab_branch *b)
{
    bn_message hello = {.type = BN_MSG_HELLO};
    b->last_type = BN_MSG_ERROR;
    b->last_reject = BN_REJECT_NONE;
    hello.hello = (bn_msg_hello){.origin = b->origin, .wire_min = BN_WIRE_VERSION_MIN,
                                 .wire_max = BN_WIRE_VERSION,
                                 .schema_version = BN_SCHEMA_VERSION,
                                 .incarnation = bn_server_incarnation(b->lab->server),
                                 .oseq_last = b->oseq,
                                 .chain_head = b->oseq == 0 ? b->start : b->heads[b->oseq - 1],
                                 .oseq_acked = b->committed, .cursor = b->cursor,
                                 .feed_hash = b->feed_hash, .local_ms = b->lab->wall_ms,
                                 .credit_bytes = BN_CREDIT_LOG_BYTES};
    b->session = 0;
    lab_send(b, &hello, BN_DOOR_SYNC);
    lab_flush(b->lab);
    return b->session != 0;
}

lab_branch *lab_add(lab *l, uint32_t number)
{
    bn_err err = {0};
    bn_enrolment_code code;
    char name[32];
    uint8_t slot = 0;
    while (l->branches[slot].lab != NULL) {
        slot++;
    }
    lab_branch *b = &l->branches[slot];
    (void)snprintf(name, sizeof name, "Branch %u", number);
    lab_keys(l, b, slot);
    assert_ok(bn_server_branch_add(l->server, number, name, 0, "admin", &code, &err), err);
    lab_enrol(l, number, code.token, b);
    assert_int_not_equal(b->origin, 0);
    assert_true(lab_hello(b));
    return b;
}

/* --- ops -------- */
bn_id lab_id(lab_branch *b, unsigned n)
{
    uint8_t random[6] = {1, 2, 3, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n};
    return bn_id_make(b->origin, 1767225600000, random);
}

bn_value lab_text(const char *text)
{
    return bn_value_text(bn_slice_of(text));
}

bn_op lab_op(lab_branch *b, uint16_t kind, bn_id id)
{
    bn_op op = {.type = BN_OP_WRITE, .schema_version = BN_SCHEMA_VERSION, .cursor = b->cursor,
                .kind = kind, .id = id};
    op.hlc = bn_hlc_make(b->lab->wall_ms, (uint32_t)(b->oseq % 1000));
    op.actor = bn_slice_of(bn_arena_printf(&b->lab->arena, "user%u", b->number));
    op.changes = bn_arena_array(&b->lab->arena, BN_FIELDS_MAX, sizeof *op.changes);
    return op;
}

void lab_change(lab *l, bn_op *op, bn_verb verb, uint16_t field, bn_dot base, bn_value value)
{
    size_t at = op->changes_count++;
    (void)l;
    while (at > 0 && op->changes[at - 1].field > field) {
        op->changes[at] = op->changes[at - 1];
        at--;
    }
    op->changes[at] = (bn_change){.field = field, .verb = verb, .base = base, .value = value};
}

void lab_set(lab *l, bn_op *op, uint16_t field, bn_dot base, bn_value value)
{
    lab_change(l, op, BN_VERB_SET, field, base, value);
}

bn_dot lab_write_bytes(lab_branch *b, bn_slice op)
{
    bn_slice copy = bn_arena_copy(&b->lab->arena, op);
    assert_non_null(copy.data);
    bn_hash head = b->oseq == 0 ? b->start : b->heads[b->oseq - 1];
    b->ops[b->oseq] = copy;
    b->heads[b->oseq] = bn_chain_next(head, copy);
    b->oseq++;
    return (bn_dot){b->origin, b->oseq};
}

bn_dot lab_write(lab_branch *b, bn_op *op)
{
    bn_buf buf;
    bn_buf_init(&buf, BN_OP_BYTES_MAX);
    bn_op_encode(op, &buf);
    assert_int_equal(bn_buf_status(&buf), BN_OK);
    bn_dot dot = lab_write_bytes(b, bn_buf_slice(&buf));
    bn_buf_fini(&buf);
    return dot;
}

bool lab_push_range(lab_branch *b, uint64_t first, uint64_t last)
{
    bn_buf ops;
    bn_buf_init(&ops, BN_BATCH_BYTES_MAX);
    for (uint64_t i = first; i <= last; i++) {
        bn_push_append_op(&ops, b->ops[i - 1]);
    }
    bn_message push = {.type = BN_MSG_PUSH, .session = b->session};
    push.push = (bn_msg_push){.first_oseq = first, .ops_count = (uint32_t)(last - first + 1),
                              .prev_head = first == 1 ? b->start : b->heads[first - 2],
                              .head = b->heads[last - 1], .ops = bn_buf_slice(&ops)};
    bn_sign(b->sign_secret, BN_SLICE(BN_BATCH_DOMAIN), push.push.head, push.push.signature);
    b->last_type = BN_MSG_ERROR;
    b->last_reject = BN_REJECT_NONE;
    lab_send(b, &push, BN_DOOR_SYNC);
    bn_buf_fini(&ops);
    lab_flush(b->lab);
    return b->committed >= last;
}

bool lab_push(lab_branch *b)
{
    return b->oseq == b->committed || lab_push_range(b, b->committed + 1, b->oseq);
}

bn_id lab_customer(lab_branch *b, unsigned n, const char *name)
{
    bn_id id = lab_id(b, n);
    bn_op op = lab_op(b, BN_KIND_CUSTOMER, id);
    lab_set(b->lab, &op, BN_FIELD_EXISTENCE, (bn_dot){0}, bn_value_int(1));
    lab_set(b->lab, &op, BN_CUSTOMER_name, (bn_dot){0}, lab_text(name));
    lab_set(b->lab, &op, BN_CUSTOMER_branch, (bn_dot){0}, bn_value_int(b->number));
    bn_dot dot = lab_write(b, &op);
    assert_true(lab_push(b));
    assert_int_equal(lab_outcome(b, dot), BN_OUTCOME_APPLIED);
    return id;
}

bn_dot lab_edit(lab_branch *b, uint16_t kind, bn_id id, uint16_t field, bn_dot base,
                const char *text)
{
    bn_op op = lab_op(b, kind, id);
    lab_set(b->lab, &op, field, base, lab_text(text));
    bn_dot dot = lab_write(b, &op);
    assert_true(lab_push(b));
    return dot;
}

bn_outcome lab_outcome(const lab_branch *b, bn_dot dot)
{
    bn_outcome outcome = b->outcomes[dot.oseq - 1];
    return outcome == 0 ? BN_OUTCOME_APPLIED : outcome;
}
