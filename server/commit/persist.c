/* persist.c - what a decision leaves on disk.
 * SPDX-License-Identifier: Apache-2.0
 *
 * An op applied as sent costs: ENTITY put, COMMIT put, one FEED put per branch that holds the
 * record (usually one), KIN put for what newly hangs on a customer. DOT and CONFLICT only when
 * something was not.
 */
#include "commit.h"

#include "server/registry.h"
#include "server/row.h"

#include <banyan/core/records.h>

/* --- FEED ------------------------------------------------------------------------------------ */
bn_branch *bn_feed_listener(bn_server *server, uint32_t branch)
{
    bn_branch *found = bn_registry_branch(server, branch);
    bool hears = found != NULL && found->origin != 0 && found->state != BN_BRANCH_REVOKED;
    return hears ? found : NULL;
}

bn_rc bn_feed_add(bn_server *server, bn_branch *branch, uint64_t cseq, bn_feed_type type,
                  uint64_t oseq, bool more, bn_err *err)
{
    uint8_t key[12];
    uint8_t value[10];
    value[0] = (uint8_t)type;
    value[1] = more ? 1 : 0;
    bn_store_u64(value + 2, oseq);
    branch->feed_last = cseq;
    return bn_kv_put(server->txn, BN_TABLE_FEED, bn_key_u32_u64(key, branch->branch, cseq),
                     bn_slice_make(value, sizeof value), err);
}

static bn_rc feed_author(bn_decision *d, bool more, bn_err *err)
{
    bn_branch *branch = bn_feed_listener(d->server, d->branch);
    if (branch == NULL || branch->origin != d->dot.origin) {
        return BN_OK;
    }
    bn_feed_type type = d->is_plain      ? BN_FEED_OWN
                        : d->is_in_view ? BN_FEED_DECIDED
                                        : BN_FEED_OUTCOME;
    return bn_feed_add(d->server, branch, d->stamp.cseq, type, d->dot.oseq, more, err);
}

static bn_rc feed_one(bn_decision *d, uint32_t number, bool more, bn_err *err)
{
    bn_branch *branch = bn_feed_listener(d->server, number);
    bool is_author = branch != NULL && number == d->branch && branch->origin == d->dot.origin;
    if (branch == NULL || is_author) {
        return BN_OK;
    }
    return bn_feed_add(d->server, branch, d->stamp.cseq, BN_FEED_EFFECTS, 0, more, err);
}

/* Branches that hold the record hear of it when there is anything to hear. */
static bn_rc feed_others(bn_decision *d, bool has_effects, bool more, bn_err *err)
{
    bn_registry *registry = &d->server->registry;
    if (!has_effects || d->was_empty) {
        return BN_OK;
    }
    for (size_t i = 0; d->before.everywhere && i < registry->branches_count; i++) {
        BN_TRY(feed_one(d, registry->branches[i]->branch, more, err));
    }
    for (size_t i = 0; i < d->before.count; i++) {
        BN_TRY(feed_one(d, d->before.branches[i].branch, more, err));
    }
    return BN_OK;
}

/* --- COMMIT ---------------------------------------------------------------------------------- */
bn_rc bn_persist_entry(bn_server *server, const bn_entry *entry, bn_err *err)
{
    uint8_t key[8];
    bn_buf_clear(&server->value);
    bn_entry_encode(entry, &server->value);
    return bn_engine_put(server, BN_TABLE_COMMIT, bn_key_u64(key, entry->cseq), &server->value,
                         err);
}

/* Counters travel as sums, which the op alone does not tell. */
static bool needs_put(const bn_decision *d)
{
    size_t count = d->cells_count + d->items_count + d->gone_count;
    return d->op.type != BN_OP_ERASE && count > 0 && (!d->is_plain || d->has_counter);
}

static bool is_refused(const bn_decision *d)
{
    return d->outcome == BN_OUTCOME_QUARANTINED || d->outcome == BN_OUTCOME_HELD;
}

static bn_rc encode_effects(bn_decision *d, bn_buf *out, bn_err *err)
{
    bn_server *server = d->server;
    if (needs_put(d)) {
        bn_effect put = {.type = BN_EFFECT_PUT, .cseq = d->stamp.cseq, .kind = d->record.kind,
                         .id = d->record.id, .branch = d->branch, .actor = d->op.actor,
                         .cells = d->cells, .cells_count = d->cells_count, .items = d->items,
                         .items_count = d->items_count, .gone = d->gone,
                         .gone_count = d->gone_count};
        bn_effect_encode(&put, out);
    }
    if (d->op.type == BN_OP_ERASE && !is_refused(d)) {
        /* The removal's stamp first, which an erased record keeps. */
        bn_cell gone = {.stamp = d->stamp, .value = bn_value_int(0)};
        bn_effect put = {.type = BN_EFFECT_PUT, .cseq = d->stamp.cseq, .kind = d->record.kind,
                         .id = d->record.id, .branch = d->branch, .actor = d->op.actor,
                         .cells = &gone, .cells_count = 1};
        bn_effect erase = {.type = BN_EFFECT_ERASE, .cseq = d->stamp.cseq,
                           .kind = d->record.kind, .id = d->record.id};
        bn_effect_encode(&put, out);
        bn_effect_encode(&erase, out);
    }
    for (size_t i = 0; i < d->touched_count; i++) {
        const bn_conflict *conflict = &d->touched[i].conflict;
        bn_buf_clear(&server->value);
        bn_conflict_encode(conflict, &server->value);
        BN_TRY(bn_buf_status(&server->value));
        bn_effect effect = {.type = BN_EFFECT_CONFLICT, .cseq = d->stamp.cseq,
                            .kind = d->record.kind, .id = conflict->id,
                            .image = bn_buf_slice(&server->value)};
        bn_effect_encode(&effect, out);
    }
    bn_rc rc = bn_buf_status(out);
    return rc == BN_OK ? BN_OK : bn_fail(err, rc, "effects of one op: too large");
}

static bn_rc encode_was(bn_decision *d, bn_slice *out)
{
    *out = bn_slice_make(NULL, 0);
    if (d->was_count == 0) {
        return BN_OK;
    }
    bn_record partial = {.kind = d->record.kind, .id = d->record.id, .cells = d->was,
                         .cells_count = d->was_count};
    bn_buf_clear(&d->server->value);
    bn_record_encode(&partial, &d->server->value);
    BN_TRY(bn_buf_status(&d->server->value));
    *out = bn_arena_copy(&d->server->arena, bn_buf_slice(&d->server->value));
    return out->data != NULL ? BN_OK : BN_E_NO_MEMORY;
}

static uint8_t flags_of(const bn_decision *d)
{
    bool more = (d->op.flags & BN_OP_FLAG_MORE) != 0;
    return (uint8_t)((d->is_plain ? BN_ENTRY_AS_SENT : 0) | (d->is_suspect ? BN_ENTRY_SUSPECT : 0) |
                     (d->is_retry ? BN_ENTRY_RETRY : 0) | (d->has_op ? BN_ENTRY_HAS_OP : 0) |
                     (more ? BN_ENTRY_MORE : 0));
}

static bn_rc write_entry(bn_decision *d, bn_slice *effects, bn_err *err)
{
    bn_server *server = d->server;
    bn_buf_clear(&server->effects);
    BN_TRY(encode_effects(d, &server->effects, err));
    *effects = bn_buf_slice(&server->effects);
    bn_slice was;
    BN_TRY(encode_was(d, &was));
    bn_entry entry = {.cseq = d->stamp.cseq, .flags = flags_of(d), .outcome = d->outcome,
                      .dot = d->dot, .branch = d->branch, .wall_ms = server->wall_ms,
                      .hlc = d->stamp.hlc,
                      .kind = d->kind != NULL ? d->record.kind : d->op.kind,
                      .id = d->kind != NULL ? d->record.id : d->op.id,
                      .reason = bn_slice_of(d->reason), .op = d->bytes, .effects = *effects,
                      .was = was};
    return bn_persist_entry(server, &entry, err);
}

/* --- ENTITY, KIN, DOT -------- */
static bn_rc write_record(bn_decision *d, bn_err *err)
{
    uint8_t key[BN_KEY_ENTITY_BYTES];
    bn_server *server = d->server;
    bn_buf_clear(&server->value);
    bn_record_encode(&d->record, &server->value);
    BN_TRY(bn_engine_put(server, BN_TABLE_ENTITY, bn_key_entity(key, d->record.kind, d->record.id),
                         &server->value, err));
    bool exists = bn_record_exists(&d->record);
    if (exists != d->existed) {
        server->counts.records[d->record.kind] += exists ? 1 : UINT64_MAX;
    }
    if (d->record.kind == BN_KIND_CUSTOMER && server->has_customer &&
        bn_id_equal(server->customer, d->record.id)) {
        server->has_customer = false;
    }
    return BN_OK;
}

static bn_slice kin_key(uint8_t out[BN_ID_BYTES + BN_KEY_ENTITY_BYTES], bn_id customer,
                        const bn_record *record)
{
    memcpy(out, customer.bytes, BN_ID_BYTES);
    (void)bn_key_entity(out + BN_ID_BYTES, record->kind, record->id);
    return bn_slice_make(out, BN_ID_BYTES + BN_KEY_ENTITY_BYTES);
}

/* Keeps KIN in step when the op wrote the reference to the customer. */
static bn_rc write_kin(bn_decision *d, bn_value before, bn_err *err)
{
    uint16_t field = d->kind->scope == BN_SCOPE_KIN ? d->kind->customer_field : 0;
    bn_value after = field != 0 ? bn_record_value(&d->record, field) : bn_value_nil();
    if (bn_value_equal(before, after)) {
        return BN_OK;
    }
    uint8_t key[BN_ID_BYTES + BN_KEY_ENTITY_BYTES];
    if (before.type == BN_VALUE_ID) {
        BN_TRY(bn_kv_del(d->server->txn, BN_TABLE_KIN, kin_key(key, before.id, &d->record), err));
    }
    if (after.type == BN_VALUE_ID) {
        BN_TRY(bn_kv_put(d->server->txn, BN_TABLE_KIN, kin_key(key, after.id, &d->record),
                         BN_SLICE(""), err));
    }
    return BN_OK;
}

static bn_rc write_dot(bn_decision *d, bn_err *err)
{
    bn_buf *value = &d->server->value;
    uint8_t key[12];
    bn_buf_clear(value);
    bn_row_put_u8(value, (uint8_t)d->outcome);
    bn_row_put_u64(value, d->stamp.cseq);
    bn_row_put_u16(value, (uint16_t)d->lost_count);
    for (size_t i = 0; i < d->lost_count; i++) {
        bn_row_put_u16(value, d->lost[i].field);
        bn_row_put_dot(value, d->lost[i].base);
    }
    return bn_engine_put(d->server, BN_TABLE_DOT,
                         bn_key_u32_u64(key, d->dot.origin, d->dot.oseq), value, err);
}

/* Nothing of a refused op is in force: every base is kept, so that later ops follow it. */
static bn_rc lose_everything(bn_decision *d, bn_err *err)
{
    const bn_op *op = &d->op;
    for (size_t i = 0; d->has_op && i < op->changes_count; i++) {
        const bn_change *change = &op->changes[i];
        uint16_t field = change->field;
        const bn_field_def *def = d->kind != NULL ? bn_schema_field(d->kind, field) : NULL;
        for (size_t j = 0; def != NULL && def->group != 0 && j < d->kind->fields_count; j++) {
            if (d->kind->fields[j].group == def->group) {
                field = d->kind->fields[j].number;
                break;
            }
        }
        if (change->verb == BN_VERB_SET && d->lost_count < BN_CELLS_MAX) {
            d->lost[d->lost_count++] = (bn_lost){.field = field, .base = change->base};
        }
    }
    return write_dot(d, err);
}

/* What the record's customer was before the op. */
static bn_value customer_before(const bn_decision *d)
{
    uint16_t field = d->kind->customer_field;
    for (size_t i = 0; i < d->was_count; i++) {
        if (field != 0 && d->was[i].field == field) {
            return d->was[i].value;
        }
    }
    bool wrote = d->was_empty;
    for (size_t i = 0; i < d->cells_count; i++) {
        wrote = wrote || (field != 0 && d->cells[i].field == field);
    }
    bool is_kin = d->kind->scope == BN_SCOPE_KIN && field != 0;
    return wrote || !is_kin ? bn_value_nil() : bn_record_value(&d->record, field);
}

static bn_rc persist_refused(bn_decision *d, bn_err *err)
{
    bn_slice effects;
    BN_TRY(write_entry(d, &effects, err));
    BN_TRY(lose_everything(d, err));
    BN_TRY(bn_quarantine_write(d, err));
    bn_branch *branch = bn_feed_listener(d->server, d->branch);
    if (branch == NULL || branch->origin != d->dot.origin) {
        return BN_OK;
    }
    return bn_feed_add(d->server, branch, d->stamp.cseq, BN_FEED_OUTCOME, d->dot.oseq,
                       (d->op.flags & BN_OP_FLAG_MORE) != 0, err);
}

bn_rc bn_persist(bn_decision *d, bn_err *err)
{
    bn_server *server = d->server;
    server->counts.ops += d->is_retry ? 0 : 1;
    if (is_refused(d)) {
        return persist_refused(d, err);
    }
    size_t writes = d->cells_count + d->items_count + d->gone_count;
    bool is_erase = d->op.type == BN_OP_ERASE;
    if (writes > 0 || is_erase) {
        BN_TRY(write_record(d, err));
        BN_TRY(write_kin(d, customer_before(d), err));
    }
    if (d->lost_count > 0) {
        BN_TRY(write_dot(d, err));
    } else if (d->is_retry) {
        uint8_t key[12];
        BN_TRY(bn_kv_del(server->txn, BN_TABLE_DOT,
                         bn_key_u32_u64(key, d->dot.origin, d->dot.oseq), err));
    }
    BN_TRY(is_erase ? bn_conflicts_erase(d, err) : bn_conflicts_write(d, err));
    bn_slice effects;
    BN_TRY(write_entry(d, &effects, err));
    bool has_effects = effects.len > 0 || d->is_plain;
    bool more = (d->op.flags & BN_OP_FLAG_MORE) != 0;
    if (d->op.type != BN_OP_DECISION) {
        BN_TRY(feed_others(d, has_effects, more, err));
    }
    BN_TRY(feed_author(d, more, err));
    return bn_views_follow(d, err);
}
