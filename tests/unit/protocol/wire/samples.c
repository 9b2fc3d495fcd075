/* samples.c - realistic ops, records, effects, conflicts and messages, and one codec for all.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "samples.h"

#include <banyan/base/check.h>
#include <banyan/base/limits.h>

#define START_MS 1772000000000u /* early 2026 */

static bn_value text(const char *s)
{
    return (bn_value){.type = BN_VALUE_TEXT, .text = bn_slice_of(s)};
}

static bn_value number(int64_t n)
{
    return (bn_value){.type = BN_VALUE_INT, .integer = n};
}

static void *array(bn_arena *arena, size_t count, size_t size)
{
    void *room = bn_arena_array(arena, count, size);
    BN_ASSERT(room != NULL);
    return room;
}

bn_id sample_id(uint32_t origin, uint64_t count)
{
    uint8_t random[6] = {0x5a, 0x11, 0xc0, 0x7e, (uint8_t)(count >> 8), (uint8_t)count};
    return bn_id_make(origin, START_MS + count * 1009, random);
}

bn_hash sample_hash(unsigned fill)
{
    bn_hash hash;
    for (size_t i = 0; i < sizeof hash.bytes; i++) {
        hash.bytes[i] = (uint8_t)(fill + i * 7);
    }
    return hash;
}

bn_hlc sample_hlc(uint64_t ms_later)
{
    return bn_hlc_make(START_MS + ms_later, 3);
}

/* --- ops ---------------------------------------------------------------------------------- */

static bn_op op_of(bn_op_type type, uint64_t count)
{
    return (bn_op){.type = type,
                   .schema_version = 1,
                   .hlc = sample_hlc(count * 60000),
                   .cursor = 1204417,
                   .actor = BN_SLICE("liwei2"),
                   .kind = BN_KIND_CUSTOMER,
                   .id = sample_id(17, count)};
}

bn_op sample_update(bn_arena *arena, size_t fields, bool same_base)
{
    static const bn_dot bases[] = {{940, 99871}, {17, 70204}, {999, 81234}, {512, 65536}};
    static const char *const texts[] = {"13800138000x", "Zhongguancun", "wei@bank.net",
                                        "Haidian 1234"};
    static const uint16_t numbers[] = {BN_CUSTOMER_mobile, BN_CUSTOMER_email, BN_CUSTOMER_street,
                                       BN_CUSTOMER_employer};
    bn_op op = op_of(BN_OP_WRITE, 42);
    op.changes = array(arena, fields, sizeof *op.changes);
    op.changes_count = fields;
    for (size_t i = 0; i < fields; i++) {
        op.changes[i] = (bn_change){.field = numbers[i],
                                    .verb = BN_VERB_SET,
                                    .base = bases[same_base ? 0 : i],
                                    .value = text(texts[i])};
    }
    return op;
}

bn_op sample_create(bn_arena *arena)
{
    const bn_change changes[] = {
        {.field = BN_FIELD_EXISTENCE, .value = number(1)},
        {.field = BN_CUSTOMER_number, .value = text("0017-000042-6")},
        {.field = BN_CUSTOMER_type, .value = text("person")},
        {.field = BN_CUSTOMER_name, .value = text("欧阳建国")},
        {.field = BN_CUSTOMER_name_latin, .value = text("Ouyang Jianguo")},
        {.field = BN_CUSTOMER_sex, .value = text("male")},
        {.field = BN_CUSTOMER_birth_date, .value = number(19781122)},
        {.field = BN_CUSTOMER_nationality, .value = text("中国")},
        {.field = BN_CUSTOMER_document_type, .value = text("resident_id")},
        {.field = BN_CUSTOMER_document_number, .value = text("11010519781122003X")},
        {.field = BN_CUSTOMER_document_issuer, .value = text("北京市公安局朝阳分局")},
        {.field = BN_CUSTOMER_document_expires, .value = number(20351122)},
        {.field = BN_CUSTOMER_mobile, .value = text("13800138000")},
        {.field = BN_CUSTOMER_email, .value = text("ouyang.jianguo@example.com")},
        {.field = BN_CUSTOMER_province, .value = text("北京市")},
        {.field = BN_CUSTOMER_city, .value = text("北京市")},
        {.field = BN_CUSTOMER_district, .value = text("朝阳区")},
        {.field = BN_CUSTOMER_street, .value = text("建国路88号现代城5号楼1203室")},
        {.field = BN_CUSTOMER_postcode, .value = text("100022")},
        {.field = BN_CUSTOMER_branch, .value = number(17)},
        {.field = BN_CUSTOMER_manager, .value = text("zhangmin")},
        {.field = BN_CUSTOMER_occupation, .value = text("建筑工程师")},
        {.field = BN_CUSTOMER_employer, .value = text("北京城建集团有限责任公司")},
        {.field = BN_CUSTOMER_income, .value = number(24000000)},
    };
    bn_op op = op_of(BN_OP_WRITE, 7);
    op.changes = array(arena, BN_COUNT(changes), sizeof *op.changes);
    op.changes_count = BN_COUNT(changes);
    memcpy(op.changes, changes, sizeof changes);
    return op;
}

static bn_op op_with_verbs(bn_arena *arena)
{
    const bn_change changes[] = {
        {.field = 3, .base = {17, 5}, .value = {.type = BN_VALUE_NIL}},
        {.field = 7, .base = {0, 901}, .value = number(19781122)},
        {.field = BN_CUSTOMER_served_by, .verb = BN_VERB_ADD, .value = number(4)},
        {.field = BN_CUSTOMER_served_by,
         .verb = BN_VERB_REMOVE,
         .base = {17, 5},
         .value = number(9)},
        {.field = BN_CUSTOMER_served_by,
         .verb = BN_VERB_REMOVE,
         .base = {18, 5},
         .value = number(9)},
        {.field = BN_CUSTOMER_tags, .verb = BN_VERB_ADD, .base = {18, 5}, .value = text("vip")},
        {.field = BN_CUSTOMER_contacts, .verb = BN_VERB_ADD, .value = number(-2)},
        {.field = 500, .value = {.type = BN_VALUE_ID, .id = sample_id(3, 3)}},
    };
    bn_op op = op_of(BN_OP_WRITE, 8);
    op.flags = BN_OP_FLAG_BLIND | BN_OP_FLAG_MORE;
    op.changes = array(arena, BN_COUNT(changes), sizeof *op.changes);
    op.changes_count = BN_COUNT(changes);
    memcpy(op.changes, changes, sizeof changes);
    return op;
}

static bn_op op_resolve(bn_arena *arena)
{
    bn_op op = op_of(BN_OP_RESOLVE, 9);
    op.observed = array(arena, 2, sizeof *op.observed);
    op.observed_count = 2;
    op.observed[0] = (bn_dot){17, 60123};
    op.observed[1] = (bn_dot){4, 12};
    op.pick = (bn_dot){4, 12};
    op.note = BN_SLICE("客户来电确认");
    return op;
}

static bn_op op_decision(void)
{
    bn_op op = op_of(BN_OP_DECISION, 10);
    op.body = BN_SLICE("\x92\x01\xc4\x00");
    return op;
}

/* --- records, effects, conflicts ----------------------------------------------------------- */

static bn_stamp stamp_of(size_t number, uint64_t cseq)
{
    return (bn_stamp){.dot = {number % 2 == 0 ? 17 : 412, 60000 - 977 * number},
                      .hlc = sample_hlc(40u * 86400000u - number * 3 * 86400000u),
                      .cseq = cseq - number * 51};
}

bn_record sample_record(bn_arena *arena, size_t stamps, size_t items)
{
    bn_op op = sample_create(arena);
    bn_record record = {
        .kind = BN_KIND_CUSTOMER, .id = op.id, .schema_version = 1, .last_cseq = 1204420};
    record.cells = array(arena, op.changes_count, sizeof *record.cells);
    record.cells_count = op.changes_count;
    for (size_t i = 0; i < record.cells_count; i++) {
        /* The oldest stamp wrote most fields; later ones a few each, spread over the form. */
        size_t stamp = i % 4 == 1 && i / 4 + 1 < stamps ? i / 4 + 1 : 0;
        record.cells[i] =
            (bn_cell){op.changes[i].field, stamp_of(stamps - 1 - stamp, record.last_cseq),
                      op.changes[i].value};
    }
    record.items = items == 0 ? NULL : array(arena, items, sizeof *record.items);
    record.items_count = items;
    for (size_t i = 0; i < items; i++) {
        record.items[i] = (bn_cell){.field = BN_CUSTOMER_contacts,
                                    .stamp = stamp_of(i, record.last_cseq),
                                    .value = number((int64_t)i * 3)};
    }
    return record;
}

static bn_slice bytes_of(bn_arena *arena, const sample *s)
{
    bn_buf buf;
    bn_buf_init(&buf, BN_FRAME_BYTES_MAX);
    sample_encode(s, &buf);
    BN_ASSERT(bn_buf_status(&buf) == BN_OK);
    bn_slice copy = bn_arena_copy(arena, bn_buf_slice(&buf));
    bn_buf_fini(&buf);
    return copy;
}

static bn_effect effect_put(bn_arena *arena)
{
    bn_record record = sample_record(arena, 1, 2);
    bn_effect effect = {
        .type = BN_EFFECT_PUT, .cseq = record.last_cseq, .kind = record.kind, .id = record.id};
    effect.cells = record.cells;
    effect.cells_count = 3;
    effect.items = record.items;
    effect.items_count = record.items_count;
    effect.gone = array(arena, 2, sizeof *effect.gone);
    effect.gone_count = 2;
    effect.gone[0].field = effect.gone[1].field = BN_CUSTOMER_tags;
    effect.gone[0].dot = (bn_dot){3, 77};
    effect.gone[1].dot = (bn_dot){17, 2};
    effect.gone[1].value = (bn_value){.type = BN_VALUE_TEXT, .text = BN_SLICE("vip")};
    effect.branch = 17;
    effect.actor = BN_SLICE("wang.fang");
    return effect;
}

static bn_conflict conflict_of(bn_arena *arena)
{
    bn_conflict conflict = {.id = sample_id(0x9f3b1c55, 77),
                            .state = BN_CONFLICT_RESOLVED,
                            .kind = BN_KIND_CUSTOMER,
                            .entity = sample_id(17, 42),
                            .field = BN_CUSTOMER_country,
                            .group = 2,
                            .policy = BN_POLICY_HUMAN,
                            .base = {17, 51},
                            .decided = {0, 4431},
                            .before = {17, 60000},
                            .decided_by = BN_SLICE("zhangmin"),
                            .decided_branch = 17,
                            .note = BN_SLICE("客户来电确认\n已核对证件"),
                            .opened_cseq = 1204420,
                            .opened_ms = START_MS,
                            .decided_ms = START_MS + 3600000,
                            .due_ms = START_MS + 2 * 86400000u};
    bn_record record = sample_record(arena, 2, 0);
    conflict.base_cells = record.cells;
    conflict.base_cells_count = 2;
    conflict.candidates = array(arena, 2, sizeof *conflict.candidates);
    conflict.candidates_count = 2;
    for (size_t i = 0; i < 2; i++) {
        conflict.candidates[i] = (bn_candidate){.dot = record.cells[i].stamp.dot,
                                                .hlc_original = sample_hlc(99),
                                                .hlc_effective = sample_hlc(98),
                                                .branch = i == 0 ? 17 : 412,
                                                .clock_suspect = i == 1,
                                                .actor = BN_SLICE("liwei2"),
                                                .cells = &record.cells[3 + i],
                                                .cells_count = 1};
    }
    return conflict;
}

/* --- messages ------------------------------------------------------------------------------ */

static bn_message message_of(bn_message_type type)
{
    return (bn_message){.type = type, .session = 90210, .number = 300, .reply_to = 299};
}

static void fill(uint8_t *bytes, size_t len, unsigned start)
{
    for (size_t i = 0; i < len; i++) {
        bytes[i] = (uint8_t)(start + i);
    }
}

static bn_message message_enrol_req(void)
{
    bn_message m = message_of(BN_MSG_ENROL_REQ);
    m.session = 0;
    m.enrol_req.token = BN_SLICE("0123456789abcdef");
    fill(m.enrol_req.sign_key, sizeof m.enrol_req.sign_key, 1);
    fill(m.enrol_req.signature, sizeof m.enrol_req.signature, 100);
    m.enrol_req.machine = BN_SLICE("counter-3");
    m.enrol_req.schema_version = 1;
    return m;
}

static bn_message message_enrol_ok(void)
{
    bn_message m = message_of(BN_MSG_ENROL_OK);
    m.enrol_ok = (bn_msg_enrol_ok){.origin = 17,
                                   .branch = 4,
                                   .branch_name = BN_SLICE("中关村支行"),
                                   .incarnation = sample_id(0, 1),
                                   .sync_endpoint = BN_SLICE("tcp://sync.bank.example:7411"),
                                   .server_ms = START_MS};
    return m;
}

static bn_message message_hello(void)
{
    bn_message m = message_of(BN_MSG_HELLO);
    m.session = 0;
    m.reply_to = 0;
    m.hello = (bn_msg_hello){.origin = 17,
                             .wire_min = 1,
                             .wire_max = 1,
                             .schema_version = 1,
                             .incarnation = sample_id(0, 1),
                             .oseq_last = 60123,
                             .chain_head = sample_hash(1),
                             .oseq_acked = 60100,
                             .cursor = 1204417,
                             .feed_hash = sample_hash(2),
                             .local_ms = START_MS,
                             .unacked_bytes = 5120,
                             .credit_bytes = 1048576};
    return m;
}

static bn_message message_hello_ok(void)
{
    bn_message m = message_of(BN_MSG_HELLO_OK);
    m.hello_ok = (bn_msg_hello_ok){.incarnation = sample_id(0, 1),
                                   .server_ms = START_MS,
                                   .oseq_committed = 60100,
                                   .chain_head = sample_hash(3),
                                   .safe_oseq = 59000,
                                   .feed_head = 1300000,
                                   .credit_bytes = 4194304,
                                   .schema_version = 1,
                                   .paused = true};
    return m;
}

static bn_message message_rejected(bn_message_type type, bn_reject reason)
{
    bn_message m = message_of(type);
    m.rejected = (bn_msg_rejected){.reason = reason,
                                   .oseq = 60100,
                                   .chain_head = sample_hash(4),
                                   .retry_after_ms = 5000,
                                   .text = BN_SLICE("push: first oseq 60200, expected 60101")};
    return m;
}

static bn_message message_push(bn_arena *arena)
{
    bn_message m = message_of(BN_MSG_PUSH);
    bn_buf ops;
    bn_buf_init(&ops, BN_BATCH_BYTES_MAX);
    const sample inside[] = {{.type = SAMPLE_OP, .op = sample_update(arena, 2, true)},
                             {.type = SAMPLE_OP, .op = sample_create(arena)},
                             {.type = SAMPLE_OP, .op = op_resolve(arena)}};
    for (size_t i = 0; i < BN_COUNT(inside); i++) {
        bn_push_append_op(&ops, bytes_of(arena, &inside[i]));
    }
    m.push.first_oseq = 60121;
    m.push.ops_count = BN_COUNT(inside);
    m.push.prev_head = sample_hash(5);
    m.push.head = sample_hash(6);
    m.push.ops = bn_arena_copy(arena, bn_buf_slice(&ops));
    fill(m.push.signature, sizeof m.push.signature, 9);
    bn_buf_fini(&ops);
    return m;
}

static bn_message message_push_ack(bn_arena *arena)
{
    bn_message m = message_of(BN_MSG_PUSH_ACK);
    m.push_ack = (bn_msg_push_ack){.oseq_committed = 60123,
                                   .chain_head = sample_hash(6),
                                   .safe_oseq = 59000,
                                   .credit_bytes = 700};
    m.push_ack.exceptions_count = 2;
    m.push_ack.exceptions = array(arena, 2, sizeof *m.push_ack.exceptions);
    m.push_ack.exceptions[0] = (bn_push_exception){60121, BN_OUTCOME_QUARANTINED,
                                                   BN_SLICE("scope: customer of branch 0004")};
    m.push_ack.exceptions[1] = (bn_push_exception){60122, BN_OUTCOME_CONFLICT, BN_SLICE("")};
    return m;
}

static bn_message message_feed(bn_arena *arena)
{
    bn_message m = message_of(BN_MSG_FEED);
    const sample inside[] = {
        {.type = SAMPLE_EFFECT, .effect = effect_put(arena)},
        {.type = SAMPLE_EFFECT,
         .effect = {.type = BN_EFFECT_OWN, .cseq = 1204421, .oseq = 60121, .count = 2}}};
    bn_slice first = bytes_of(arena, &inside[0]);
    bn_slice second = bytes_of(arena, &inside[1]);
    uint8_t *joined = array(arena, first.len + second.len, 1);
    memcpy(joined, first.data, first.len);
    memcpy(joined + first.len, second.data, second.len);
    m.feed = (bn_msg_feed){.from = 1204417,
                           .to = 1204422,
                           .feed_hash = sample_hash(7),
                           .head = 1300000,
                           .effects_count = 2,
                           .effects = bn_slice_make(joined, first.len + second.len)};
    return m;
}

static bn_message message_advice(bn_message_type type, bn_reject reason)
{
    bn_message m = message_of(type);
    m.advice = (bn_msg_advice){
        .reason = reason, .retry_after_ms = 60000, .text = BN_SLICE("maintenance until 22:00")};
    return m;
}

/* --- all of them --------------------------------------------------------------------------- */

typedef struct collector {
    sample *samples;
    size_t count;
} collector;

static sample *add(collector *c, const char *name, sample_type type)
{
    BN_ASSERT(c->count < SAMPLES_MAX);
    sample *s = &c->samples[c->count++];
    *s = (sample){.name = name, .type = type};
    return s;
}

static void add_ops(collector *c, bn_arena *arena)
{
    add(c, "op-update", SAMPLE_OP)->op = sample_update(arena, 3, false);
    add(c, "op-update-one-base", SAMPLE_OP)->op = sample_update(arena, 3, true);
    add(c, "op-create", SAMPLE_OP)->op = sample_create(arena);
    add(c, "op-verbs", SAMPLE_OP)->op = op_with_verbs(arena);
    add(c, "op-erase", SAMPLE_OP)->op = op_of(BN_OP_ERASE, 11);
    add(c, "op-resolve", SAMPLE_OP)->op = op_resolve(arena);
    add(c, "op-undo", SAMPLE_OP)->op = op_of(BN_OP_UNDO, 12);
    add(c, "op-decision", SAMPLE_OP)->op = op_decision();
}

static void add_records(collector *c, bn_arena *arena)
{
    bn_record empty = {.kind = BN_KIND_CUSTOMER, .id = sample_id(17, 7), .schema_version = 1};
    add(c, "record-empty", SAMPLE_RECORD)->record = empty;
    add(c, "record-one-stamp", SAMPLE_RECORD)->record = sample_record(arena, 1, 0);
    add(c, "record-six-stamps", SAMPLE_RECORD)->record = sample_record(arena, 6, 0);
    add(c, "record-items", SAMPLE_RECORD)->record = sample_record(arena, 3, 5);
    add(c, "conflict-resolved", SAMPLE_CONFLICT)->conflict = conflict_of(arena);
    sample *open = add(c, "conflict-open", SAMPLE_CONFLICT);
    open->conflict = conflict_of(arena);
    open->conflict.state = BN_CONFLICT_OPEN;
    open->conflict.base = open->conflict.decided = open->conflict.before = (bn_dot){0, 0};
    open->conflict.base_cells_count = 0;
    open->conflict.decided_by = open->conflict.note = BN_SLICE("");
}

static void add_effects(collector *c, bn_arena *arena)
{
    const sample inside[] = {{.type = SAMPLE_RECORD, .record = sample_record(arena, 1, 0)},
                             {.type = SAMPLE_CONFLICT, .conflict = conflict_of(arena)}};
    bn_effect common = {.cseq = 1204420, .kind = BN_KIND_CUSTOMER, .id = sample_id(17, 7)};
    add(c, "effect-put", SAMPLE_EFFECT)->effect = effect_put(arena);
    static const struct {
        const char *name;
        bn_effect_type type;
    } rest[] = {{"effect-enter", BN_EFFECT_ENTER},
                {"effect-leave", BN_EFFECT_LEAVE},
                {"effect-conflict", BN_EFFECT_CONFLICT},
                {"effect-erase", BN_EFFECT_ERASE},
                {"effect-golden", BN_EFFECT_GOLDEN}};
    for (size_t i = 0; i < BN_COUNT(rest); i++) {
        bn_effect *effect = &add(c, rest[i].name, SAMPLE_EFFECT)->effect;
        *effect = common;
        effect->type = rest[i].type;
        if (effect->type == BN_EFFECT_ENTER || effect->type == BN_EFFECT_CONFLICT) {
            effect->image = bytes_of(arena, &inside[effect->type == BN_EFFECT_CONFLICT]);
        }
    }
    add(c, "effect-own", SAMPLE_EFFECT)->effect =
        (bn_effect){.type = BN_EFFECT_OWN, .cseq = 1204420, .oseq = 60121, .count = 500};
    add(c, "effect-outcome", SAMPLE_EFFECT)->effect =
        (bn_effect){.type = BN_EFFECT_OUTCOME,
                    .cseq = 1204420,
                    .oseq = 60121,
                    .outcome = BN_OUTCOME_LOST,
                    .reason = BN_SLICE("lww: later write of branch 0004")};
}

static void add_messages(collector *c, bn_arena *arena)
{
    add(c, "message-enrol-req", SAMPLE_MESSAGE)->message = message_enrol_req();
    add(c, "message-enrol-ok", SAMPLE_MESSAGE)->message = message_enrol_ok();
    add(c, "message-enrol-rej", SAMPLE_MESSAGE)->message =
        message_rejected(BN_MSG_ENROL_REJ, BN_REJECT_CODE_USED);
    add(c, "message-hello", SAMPLE_MESSAGE)->message = message_hello();
    add(c, "message-hello-ok", SAMPLE_MESSAGE)->message = message_hello_ok();
    add(c, "message-hello-rej", SAMPLE_MESSAGE)->message =
        message_rejected(BN_MSG_HELLO_REJ, BN_REJECT_ROLLBACK);
    add(c, "message-push", SAMPLE_MESSAGE)->message = message_push(arena);
    add(c, "message-push-ack", SAMPLE_MESSAGE)->message = message_push_ack(arena);
    add(c, "message-push-nack", SAMPLE_MESSAGE)->message =
        message_rejected(BN_MSG_PUSH_NACK, BN_REJECT_GAP);
    add(c, "message-feed", SAMPLE_MESSAGE)->message = message_feed(arena);
    sample *ack = add(c, "message-feed-ack", SAMPLE_MESSAGE);
    ack->message = message_of(BN_MSG_FEED_ACK);
    ack->message.feed_ack = (bn_msg_feed_ack){1204422, sample_hash(7), 4096};
    sample *fail = add(c, "message-apply-fail", SAMPLE_MESSAGE);
    fail->message = message_of(BN_MSG_APPLY_FAIL);
    fail->message.apply_fail = (bn_msg_apply_fail){1204421, BN_SLICE("put: no such record")};
    sample *ping = add(c, "message-ping", SAMPLE_MESSAGE);
    ping->message = message_of(BN_MSG_PING);
    ping->message.ping = (bn_msg_ping){.t0_ms = START_MS, .waiting_ops = 23};
    sample *pong = add(c, "message-pong", SAMPLE_MESSAGE);
    pong->message = message_of(BN_MSG_PONG);
    pong->message.ping = (bn_msg_ping){START_MS, START_MS + 40, START_MS + 41, 0};
    add(c, "message-advice", SAMPLE_MESSAGE)->message =
        message_advice(BN_MSG_ADVICE, BN_REJECT_PAUSED);
    add(c, "message-revoked", SAMPLE_MESSAGE)->message =
        message_advice(BN_MSG_REVOKED, BN_REJECT_REVOKED);
    add(c, "message-bye", SAMPLE_MESSAGE)->message = message_advice(BN_MSG_BYE, BN_REJECT_SHUTDOWN);
    add(c, "message-error", SAMPLE_MESSAGE)->message =
        message_advice(BN_MSG_ERROR, BN_REJECT_MALFORMED);
}

size_t samples_make(sample samples[SAMPLES_MAX], bn_arena *arena)
{
    collector c = {samples, 0};
    add_ops(&c, arena);
    add_records(&c, arena);
    add_effects(&c, arena);
    add_messages(&c, arena);
    return c.count;
}

void sample_encode(const sample *s, bn_buf *out)
{
    switch (s->type) {
    case SAMPLE_OP:
        bn_op_encode(&s->op, out);
        break;
    case SAMPLE_RECORD:
        bn_record_encode(&s->record, out);
        break;
    case SAMPLE_EFFECT:
        bn_effect_encode(&s->effect, out);
        break;
    case SAMPLE_CONFLICT:
        bn_conflict_encode(&s->conflict, out);
        break;
    case SAMPLE_MESSAGE:
        bn_message_encode(&s->message, out);
        break;
    case SAMPLE_TYPES:
        break;
    }
}

bn_rc sample_decode(sample_type type, bn_slice bytes, bn_arena *arena, sample *out, bn_err *err)
{
    bn_rc rc = BN_E_FAILED;
    out->type = type;
    if (type == SAMPLE_OP) {
        rc = bn_op_decode(bytes, arena, &out->op, err);
    } else if (type == SAMPLE_RECORD) {
        rc = bn_record_decode(BN_KIND_CUSTOMER, sample_id(17, 7), bytes, arena, &out->record, err);
    } else if (type == SAMPLE_EFFECT) {
        rc = bn_effect_decode(&bytes, arena, &out->effect, err);
        if (rc == BN_OK && bytes.len > 0) {
            rc = bn_fail(err, BN_E_FORMAT, "effect: bytes behind the end");
        }
    } else if (type == SAMPLE_CONFLICT) {
        rc = bn_conflict_decode(bytes, arena, &out->conflict, err);
    } else if (type == SAMPLE_MESSAGE) {
        rc = bn_message_decode(bytes, arena, &out->message, err);
    }
    return rc;
}
