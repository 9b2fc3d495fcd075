/* views.c - which branches hold a record, and what they get when that changes.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   EVERYWHERE  every branch
 *   CUSTOMER    home branch, and those in served_by
 *   KIN         those of its customer; without one its home branch
 *   BRANCH      its home branch
 *
 * Membership is not stored: it follows from the record, and since when from the stamps of the
 * cells that say so. Only leaving needs a row (LEFT), for ops made before it that come late.
 */
#include "commit.h"

#include "server/registry.h"

#include <banyan/base/check.h>
#include <banyan/base/number.h>
#include <banyan/core/records.h>

#define LEFT_KEY_BYTES (4 + BN_KEY_ENTITY_BYTES)
#define KIN_KEY_BYTES (BN_ID_BYTES + BN_KEY_ENTITY_BYTES)

/* --- a record's view -------- */
static void view_add(bn_view *view, bn_value value, uint64_t cseq)
{
    if (value.type != BN_VALUE_INT || value.integer <= 0 || value.integer > UINT32_MAX ||
        view->count == BN_VIEW_BRANCHES_MAX ||
        bn_view_find(view, (uint32_t)value.integer) != NULL) {
        return;
    }
    view->branches[view->count++] =
        (struct bn_view_branch){.branch = (uint32_t)value.integer, .enter_cseq = cseq};
}

const struct bn_view_branch *bn_view_find(const bn_view *view, uint32_t branch)
{
    for (size_t i = 0; i < view->count; i++) {
        if (view->branches[i].branch == branch) {
            return &view->branches[i];
        }
    }
    return NULL;
}

static void view_of_home(const bn_kind_def *kind, const bn_record *record, bn_view *out)
{
    const bn_cell *home = kind->branch_field != 0 ? bn_record_cell(record, kind->branch_field)
                                                  : NULL;
    if (home != NULL) {
        view_add(out, home->value, home->stamp.cseq);
    }
}

static void view_of_customer(const bn_kind_def *kind, const bn_record *record, bn_view *out)
{
    view_of_home(kind, record, out);
    size_t count = 0;
    const bn_cell *served = bn_record_items(record, BN_CUSTOMER_served_by, &count);
    for (size_t i = 0; i < count; i++) {
        view_add(out, served[i].value, served[i].stamp.cseq);
    }
}

/* The view of the customer, remembered within a transaction. */
static bn_rc view_of_customer_id(bn_server *server, bn_kv_txn *txn, bn_id id, bn_arena *arena,
                                 bn_view *out, bn_err *err)
{
    bool is_writing = txn == server->txn;
    if (is_writing && server->has_customer && bn_id_equal(server->customer, id)) {
        *out = server->customer_view;
        return BN_OK;
    }
    bn_record customer;
    bn_rc rc = bn_records_get(txn, BN_KIND_CUSTOMER, id, arena, &customer, err);
    if (rc == BN_E_NOT_FOUND) {
        return BN_OK;
    }
    BN_TRY(rc);
    view_of_customer(bn_schema_kind(BN_KIND_CUSTOMER), &customer, out);
    if (is_writing) {
        server->has_customer = true;
        server->customer = id;
        server->customer_view = *out;
    }
    return BN_OK;
}

bn_rc bn_view_of(bn_server *server, bn_kv_txn *txn, const bn_record *record, bn_arena *arena,
                 bn_view *out, bn_err *err)
{
    const bn_kind_def *kind = bn_schema_kind(record->kind);
    out->everywhere = false;
    out->count = 0;
    if (kind == NULL) {
        return BN_OK;
    }
    switch (kind->scope) {
    case BN_SCOPE_EVERYWHERE:
        out->everywhere = true;
        return BN_OK;
    case BN_SCOPE_CUSTOMER:
        view_of_customer(kind, record, out);
        return BN_OK;
    case BN_SCOPE_BRANCH:
        view_of_home(kind, record, out);
        return BN_OK;
    case BN_SCOPE_KIN:
        break;
    }
    const bn_cell *customer = kind->customer_field != 0
                                  ? bn_record_cell(record, kind->customer_field)
                                  : NULL;
    if (customer == NULL || customer->value.type != BN_VALUE_ID) {
        view_of_home(kind, record, out);
        return BN_OK;
    }
    BN_TRY(view_of_customer_id(server, txn, customer->value.id, arena, out, err));
    for (size_t i = 0; i < out->count; i++) {
        if (out->branches[i].enter_cseq < customer->stamp.cseq) {
            out->branches[i].enter_cseq = customer->stamp.cseq;
        }
    }
    return BN_OK;
}

/* --- LEFT -------- */
static bn_slice left_key(uint8_t out[LEFT_KEY_BYTES], uint32_t branch, uint16_t kind, bn_id id)
{
    bn_store_u32(out, branch);
    (void)bn_key_entity(out + 4, kind, id);
    return bn_slice_make(out, LEFT_KEY_BYTES);
}

bn_rc bn_view_left(bn_server *server, uint32_t branch, uint16_t kind, bn_id id, uint64_t *out,
                   bn_err *err)
{
    uint8_t key[LEFT_KEY_BYTES];
    bn_slice value;
    *out = 0;
    bn_rc rc = bn_kv_get(server->txn, BN_TABLE_LEFT, left_key(key, branch, kind, id), &value, err);
    if (rc == BN_OK && value.len == 8) {
        *out = bn_load_u64(value.data);
    }
    return rc == BN_E_NOT_FOUND ? BN_OK : rc;
}

/* --- ENTER and LEAVE -------- */
typedef struct moving { /* branches that enter, or leave */
    bn_effect_type type;
    uint32_t branches[BN_VIEW_BRANCHES_MAX];
    size_t count;
} moving;

static bn_rc append_conflicts(bn_server *server, uint16_t kind, bn_id id, uint64_t cseq,
                              bn_buf *out, bn_err *err)
{
    bn_id ids[BN_CANDIDATES_MAX];
    size_t count = 0;
    BN_TRY(bn_conflicts_of(server->txn, kind, id, ids, BN_COUNT(ids), &count, err));
    for (size_t i = 0; i < count; i++) {
        bn_conflict conflict;
        BN_TRY(bn_conflicts_get(server->txn, ids[i], &server->arena, &conflict, err));
        bn_buf_clear(&server->value);
        bn_conflict_encode(&conflict, &server->value);
        BN_TRY(bn_buf_status(&server->value));
        bn_effect effect = {.type = BN_EFFECT_CONFLICT, .cseq = cseq, .kind = kind,
                            .id = ids[i], .image = bn_buf_slice(&server->value)};
        bn_effect_encode(&effect, out);
    }
    return BN_OK;
}

/* One commit: the record enters or leaves the views of the branches listed. */
static bn_rc move_record(bn_server *server, const moving *m, const bn_record *record, bn_err *err)
{
    uint64_t cseq = ++server->counts.head;
    bn_effect effect = {.type = m->type, .cseq = cseq, .kind = record->kind, .id = record->id};
    bn_buf_clear(&server->effects);
    if (m->type == BN_EFFECT_ENTER) {
        bn_buf_clear(&server->value);
        bn_record_encode(record, &server->value);
        BN_TRY(bn_buf_status(&server->value));
        effect.image = bn_buf_slice(&server->value);
    }
    bn_effect_encode(&effect, &server->effects);
    if (m->type == BN_EFFECT_ENTER) {
        BN_TRY(append_conflicts(server, record->kind, record->id, cseq, &server->effects, err));
    }
    BN_TRY(bn_buf_status(&server->effects));
    bn_entry entry = {.cseq = cseq, .flags = BN_ENTRY_VIEW, .outcome = BN_OUTCOME_APPLIED,
                      .wall_ms = server->wall_ms, .kind = record->kind, .id = record->id,
                      .effects = bn_buf_slice(&server->effects)};
    BN_TRY(bn_persist_entry(server, &entry, err));
    for (size_t i = 0; i < m->count; i++) {
        bn_branch *branch = bn_feed_listener(server, m->branches[i]);
        if (branch != NULL) {
            BN_TRY(bn_feed_add(server, branch, cseq, BN_FEED_EFFECTS, 0, false, err));
        }
        if (m->type == BN_EFFECT_LEAVE) {
            uint8_t key[LEFT_KEY_BYTES];
            uint8_t value[8];
            BN_TRY(bn_kv_put(server->txn, BN_TABLE_LEFT,
                             left_key(key, m->branches[i], record->kind, record->id),
                             bn_key_u64(value, cseq), err));
        }
    }
    return BN_OK;
}

/* The next record that hangs on the customer, behind *kind and *id. */
static bn_rc next_kin(bn_server *server, bn_id customer, uint16_t *kind, bn_id *id, bn_err *err)
{
    BN_AUTO(bn_kv_cursor_close) bn_kv_cursor *cursor = NULL;
    uint8_t from[KIN_KEY_BYTES + 1] = {0};
    memcpy(from, customer.bytes, BN_ID_BYTES);
    (void)bn_key_entity(from + BN_ID_BYTES, *kind, *id);
    bn_slice key;
    bn_slice value;
    BN_TRY(bn_kv_cursor_open(server->txn, BN_TABLE_KIN, &cursor, err));
    BN_TRY(bn_kv_seek(cursor, bn_slice_make(from, sizeof from), &key, &value, err));
    if (key.len != KIN_KEY_BYTES || memcmp(key.data, customer.bytes, BN_ID_BYTES) != 0) {
        return BN_E_NOT_FOUND;
    }
    *kind = bn_load_u16(key.data + BN_ID_BYTES);
    memcpy(id->bytes, key.data + BN_ID_BYTES + 2, BN_ID_BYTES);
    return BN_OK;
}

static bn_rc move_kin(bn_server *server, const moving *m, bn_id customer, bn_err *err)
{
    uint16_t kind = 0;
    bn_id id = {0};
    for (;;) {
        bn_rc rc = next_kin(server, customer, &kind, &id, err);
        if (rc == BN_E_NOT_FOUND) {
            return BN_OK;
        }
        BN_TRY(rc);
        bn_record record;
        BN_TRY(bn_records_get(server->txn, kind, id, &server->arena, &record, err));
        bn_kv_forget(server->txn);
        BN_TRY(move_record(server, m, &record, err));
    }
}

static bn_rc move_all(bn_server *server, const moving *m, const bn_record *record, bn_err *err)
{
    if (m->count == 0) {
        return BN_OK;
    }
    BN_TRY(move_record(server, m, record, err));
    return record->kind == BN_KIND_CUSTOMER ? move_kin(server, m, record->id, err) : BN_OK;
}

static void subtract(const bn_view *from, const bn_view *what, moving *out)
{
    for (size_t i = 0; i < from->count; i++) {
        if (bn_view_find(what, from->branches[i].branch) == NULL) {
            out->branches[out->count++] = from->branches[i].branch;
        }
    }
}

static bool may_move(const bn_decision *d)
{
    if (d->was_empty) {
        return true;
    }
    for (size_t i = 0; i < d->cells_count; i++) {
        uint16_t field = d->cells[i].field;
        if (field != 0 && (field == d->kind->branch_field || field == d->kind->customer_field)) {
            return true;
        }
    }
    return d->kind->kind == BN_KIND_CUSTOMER && d->items_count + d->gone_count > 0;
}

/* A record made at head office for everybody: one ENTER that all branches share. */
static bn_rc enter_everywhere(bn_decision *d, bn_err *err)
{
    bn_server *server = d->server;
    uint64_t cseq = server->counts.head + 1;
    moving all = {.type = BN_EFFECT_ENTER};
    BN_TRY(move_record(server, &all, &d->record, err));
    for (size_t i = 0; i < server->registry.branches_count; i++) {
        bn_branch *branch = bn_feed_listener(server, server->registry.branches[i]->branch);
        if (branch != NULL) {
            BN_TRY(bn_feed_add(server, branch, cseq, BN_FEED_EFFECTS, 0, false, err));
        }
    }
    return BN_OK;
}

bn_rc bn_views_follow(bn_decision *d, bn_err *err)
{
    bn_server *server = d->server;
    if (d->cells_count + d->items_count + d->gone_count == 0 || !may_move(d)) {
        return BN_OK;
    }
    bn_view after;
    BN_TRY(bn_view_of(server, server->txn, &d->record, &server->arena, &after, err));
    if (after.everywhere) {
        return d->was_empty ? enter_everywhere(d, err) : BN_OK;
    }
    if (d->was_empty && d->branch != 0) {
        d->before.branches[0] = (struct bn_view_branch){.branch = d->branch};
        d->before.count = 1;
    }
    moving leaving = {.type = BN_EFFECT_LEAVE};
    moving entering = {.type = BN_EFFECT_ENTER};
    subtract(&d->before, &after, &leaving);
    subtract(&after, &d->before, &entering);
    BN_TRY(move_all(server, &leaving, &d->record, err));
    return move_all(server, &entering, &d->record, err);
}

/* --- the start of a feed ---------------------------------------------------------------------- */
static bn_rc enter_kind(bn_server *server, const moving *m, const bn_kind_def *kind, bn_err *err)
{
    bn_id after = {0};
    for (;;) {
        bn_record record;
        bn_view view;
        bn_arena_reset(&server->arena);
        bn_rc rc = bn_records_next_id(server->txn, kind->kind, after, &after, err);
        if (rc == BN_E_NOT_FOUND) {
            return BN_OK;
        }
        BN_TRY(rc);
        BN_TRY(bn_records_get(server->txn, kind->kind, after, &server->arena, &record, err));
        bn_kv_forget(server->txn);
        BN_TRY(bn_view_of(server, server->txn, &record, &server->arena, &view, err));
        if (view.everywhere || bn_view_find(&view, m->branches[0]) != NULL) {
            BN_TRY(move_record(server, m, &record, err));
        }
    }
}

bn_rc bn_views_enter_all(bn_server *server, bn_branch *branch, bn_err *err)
{
    moving m = {.type = BN_EFFECT_ENTER, .count = 1, .branches = {branch->branch}};
    size_t count = 0;
    const bn_kind_def *kinds = bn_schema_kinds(&count);
    for (int reference_first = 1; reference_first >= 0; reference_first--) {
        for (size_t i = 0; i < count; i++) {
            if ((kinds[i].scope == BN_SCOPE_EVERYWHERE) == (reference_first == 1)) {
                BN_TRY(enter_kind(server, &m, &kinds[i], err));
            }
        }
    }
    return BN_OK;
}
