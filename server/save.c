/* save.c - ops made at head office: of origin 0, decided at once under the same rules.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "save.h"

#include "registry.h"
#include "sync/sync.h"

#include <banyan/base/check.h>
#include <banyan/base/version.h>
#include <banyan/core/records.h>

static int compare_changes(const void *a, const void *b)
{
    const bn_change *x = a;
    const bn_change *y = b;
    if (x->field != y->field) {
        return x->field < y->field ? -1 : 1;
    }
    if (x->verb != y->verb) {
        return x->verb < y->verb ? -1 : 1;
    }
    int order = bn_value_compare(x->value, y->value);
    return order != 0 ? order : bn_dot_compare(x->base, y->base);
}

static const bn_cell *newest_of(const bn_kind_def *kind, const bn_record *record, unsigned field)
{
    const bn_field_def *def = bn_schema_field(kind, field);
    const bn_cell *newest = bn_record_cell(record, field);
    for (size_t i = 0; i < record->cells_count && def != NULL && def->group != 0; i++) {
        const bn_field_def *other = bn_schema_field(kind, record->cells[i].field);
        if (other != NULL && other->group == def->group &&
            (newest == NULL || record->cells[i].stamp.cseq > newest->stamp.cseq)) {
            newest = &record->cells[i];
        }
    }
    return newest;
}

/* Bases are set to what is shown, or must be it: nobody overwrites what they have not seen. */
static bn_rc check_bases(const bn_draft *draft, const bn_record *record, bn_op *op, bn_hlc *seen,
                         bn_err *err)
{
    const bn_kind_def *kind = bn_schema_kind(op->kind);
    for (size_t i = 0; i < op->changes_count && kind != NULL; i++) {
        bn_change *change = &op->changes[i];
        const bn_field_def *field = bn_schema_field(kind, change->field);
        if (change->verb != BN_VERB_SET) {
            continue;
        }
        const bn_cell *now = newest_of(kind, record, change->field);
        bn_dot shown = now != NULL ? now->stamp.dot : (bn_dot){0};
        if (now != NULL && bn_hlc_compare(now->stamp.hlc, *seen) > 0) {
            *seen = now->stamp.hlc;
        }
        if (draft->as_shown || draft->blind) {
            change->base = shown;
        } else if (!bn_dot_equal(change->base, shown)) {
            return bn_fail(err, BN_E_STALE, "%s: changed since the form was opened",
                           field != NULL ? field->name : "existence");
        }
    }
    return BN_OK;
}

static bool creates(const bn_draft *draft)
{
    return draft->type == BN_OP_WRITE && bn_id_is_zero(draft->id);
}

static bn_id new_id(bn_server *server)
{
    uint8_t random[6];
    server->random->fill(server->random->context, random, sizeof random);
    return bn_id_make(0, server->wall_ms, random);
}

static bool has_field(const bn_op *op, unsigned field)
{
    for (size_t i = 0; i < op->changes_count; i++) {
        if (op->changes[i].field == field) {
            return true;
        }
    }
    return false;
}

/* A new record exists from its first op on, and a new customer has a number. */
static void complete_new(bn_server *server, bn_op *op, bn_server_saved *saved)
{
    if (!has_field(op, BN_FIELD_EXISTENCE)) {
        op->changes[op->changes_count++] = (bn_change){.value = bn_value_int(1)};
    }
    if (op->kind == BN_KIND_CUSTOMER && !has_field(op, BN_CUSTOMER_number)) {
        bn_customer_number_make(0, ++server->customers_made, saved->saved.number);
        op->changes[op->changes_count++] =
            (bn_change){.field = BN_CUSTOMER_number,
                        .value = bn_value_text(bn_slice_of(saved->saved.number))};
    }
}

static bn_rc op_of_draft(bn_server *server, const bn_draft *draft, bool more, bn_op *op,
                         bn_server_saved *saved, bn_err *err)
{
    if (draft->actor.len == 0 || draft->changes_count > BN_FIELDS_MAX) {
        return bn_fail(err, BN_E_INVALID, "draft: %zu changes, limit %d, and an actor is needed",
                       draft->changes_count, BN_FIELDS_MAX);
    }
    *op = (bn_op){.type = draft->type, .schema_version = BN_SCHEMA_VERSION,
                  .cursor = server->counts.head, .actor = draft->actor, .kind = draft->kind,
                  .id = creates(draft) ? new_id(server) : draft->id,
                  .observed = (bn_dot *)(uintptr_t)draft->observed,
                  .observed_count = draft->observed_count, .pick = draft->pick,
                  .note = draft->note, .body = draft->body};
    op->flags = (uint8_t)((more ? BN_OP_FLAG_MORE : 0) | (draft->blind ? BN_OP_FLAG_BLIND : 0));
    op->changes = bn_arena_array(&server->arena, draft->changes_count + 2, sizeof *op->changes);
    if (op->changes == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "draft of %zu changes", draft->changes_count);
    }
    if (draft->changes_count > 0) {
        memcpy(op->changes, draft->changes, draft->changes_count * sizeof *op->changes);
    }
    op->changes_count = draft->changes_count;
    if (creates(draft)) {
        complete_new(server, op, saved);
    }
    bn_hlc seen = {0};
    bn_record record;
    bn_record_init(&record, op->kind, op->id);
    if (op->type == BN_OP_WRITE && !creates(draft)) {
        bn_rc rc = bn_records_get(server->txn, op->kind, op->id, &server->arena, &record, err);
        if (rc != BN_OK && rc != BN_E_NOT_FOUND) {
            return rc;
        }
    }
    BN_TRY(check_bases(draft, &record, op, &seen, err));
    qsort(op->changes, op->changes_count, sizeof *op->changes, compare_changes);
    op->hlc = bn_hlc_tick(server->hlc_last, seen, server->wall_ms);
    server->hlc_last = op->hlc;
    return BN_OK;
}

static bn_rc save_one(bn_server *server, const bn_draft *draft, bool more, bn_server_saved *saved,
                      bn_err *err)
{
    bn_op op;
    bn_origin *own = bn_registry_origin(server, 0);
    *saved = (bn_server_saved){0};
    BN_TRY(op_of_draft(server, draft, more, &op, saved, err));
    bn_buf_clear(&server->frame);
    bn_op_encode(&op, &server->frame);
    bn_rc rc = bn_buf_status(&server->frame);
    if (rc != BN_OK || server->frame.len > BN_OP_BYTES_MAX) {
        return bn_fail(err, BN_E_LIMIT, "op of %zu bytes, limit %d", server->frame.len,
                       BN_OP_BYTES_MAX);
    }
    bn_slice bytes = bn_arena_copy(&server->arena, bn_buf_slice(&server->frame));
    if (bytes.data == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "op of %zu bytes", server->frame.len);
    }
    bn_committed committed;
    BN_TRY(bn_commit_op(server, own, own->oseq + 1, bytes, false, &committed, err));
    if (committed.outcome == BN_OUTCOME_QUARANTINED || committed.outcome == BN_OUTCOME_HELD) {
        bool is_missing = strstr(committed.reason, "no such") != NULL;
        return bn_fail(err, is_missing ? BN_E_NOT_FOUND : BN_E_INVALID, "%s", committed.reason);
    }
    own->oseq++;
    own->head = bn_chain_next(own->head, bytes);
    own->dirty = true;
    saved->saved.id = op.id;
    saved->saved.dot = (bn_dot){.origin = 0, .oseq = own->oseq};
    saved->cseq = committed.cseq;
    saved->outcome = committed.outcome;
    (void)snprintf(saved->reason, sizeof saved->reason, "%s", committed.reason);
    return BN_OK;
}

bn_rc bn_save_in(bn_server *server, const bn_draft *drafts, size_t count, bn_server_saved *saved,
                 bn_err *err)
{
    if (count == 0 || count > BN_TXN_OPS_MAX) {
        return bn_fail(err, BN_E_LIMIT, "save: %zu drafts, limit 1 to %d", count, BN_TXN_OPS_MAX);
    }
    bn_arena_reset(&server->arena);
    for (size_t i = 0; i < count; i++) {
        BN_TRY(save_one(server, &drafts[i], i + 1 < count, &saved[i], err));
    }
    return BN_OK;
}

bn_rc bn_server_save(bn_server *server, const bn_draft *drafts, size_t count,
                     bn_server_saved *saved, bn_err *err)
{
    BN_TRY(bn_engine_begin(server, err));
    return bn_engine_end(server, bn_save_in(server, drafts, count, saved, err), err);
}

bn_rc bn_server_resolve(bn_server *server, const bn_resolution *resolution,
                        bn_server_saved *saved, bn_err *err)
{
    bn_conflict conflict;
    bn_server_reader reader;
    BN_TRY(bn_server_read_begin(server, &reader, err));
    bn_arena_reset(&server->frame_arena);
    bn_rc rc = bn_conflicts_get(reader.txn, resolution->conflict, &server->frame_arena, &conflict,
                                err);
    bn_server_read_end(&reader);
    if (rc != BN_OK) {
        return rc == BN_E_NOT_FOUND ? bn_fail(err, rc, "no such conflict") : rc;
    }
    bn_draft draft = {.type = BN_OP_RESOLVE, .kind = conflict.kind, .id = resolution->conflict,
                      .actor = bn_slice_of(resolution->actor), .as_shown = true,
                      .changes = resolution->changes, .changes_count = resolution->changes_count,
                      .observed = resolution->observed,
                      .observed_count = resolution->observed_count, .pick = resolution->pick,
                      .note = bn_slice_of(resolution->note)};
    return bn_server_save(server, &draft, 1, saved, err);
}

bn_rc bn_server_undo(bn_server *server, bn_id conflict, const char *actor, const char *note,
                     bn_server_saved *saved, bn_err *err)
{
    bn_draft draft = {.type = BN_OP_UNDO, .kind = BN_KIND_CUSTOMER, .id = conflict,
                      .actor = bn_slice_of(actor), .note = bn_slice_of(note)};
    return bn_server_save(server, &draft, 1, saved, err);
}

/* The change that puts the branch into served_by, or takes it out; BN_E_EXISTS: nothing to do. */
static bn_rc share_change(bn_server *server, bn_id customer, uint32_t branch, bool on,
                          bn_change *out, bn_err *err)
{
    bn_record record;
    bn_rc rc = bn_records_get(server->txn, BN_KIND_CUSTOMER, customer, &server->arena, &record,
                              err);
    if (rc == BN_E_NOT_FOUND) {
        return bn_fail(err, rc, "no such customer");
    }
    BN_TRY(rc);
    size_t count = 0;
    const bn_cell *served = bn_record_items(&record, BN_CUSTOMER_served_by, &count);
    *out = (bn_change){.field = BN_CUSTOMER_served_by, .verb = on ? BN_VERB_ADD : BN_VERB_REMOVE,
                       .value = bn_value_int(branch)};
    for (size_t i = 0; i < count; i++) {
        if (served[i].value.type == BN_VALUE_INT && served[i].value.integer == (int64_t)branch) {
            out->base = served[i].stamp.dot;
            return on ? bn_fail(err, BN_E_EXISTS, "branch %u serves it already", branch) : BN_OK;
        }
    }
    return on ? BN_OK : bn_fail(err, BN_E_NOT_FOUND, "branch %u does not serve it", branch);
}

bn_rc bn_server_share(bn_server *server, bn_id customer, uint32_t branch, bool on,
                      const char *actor, bn_server_saved *saved, bn_err *err)
{
    if (bn_registry_branch(server, branch) == NULL) {
        return bn_fail(err, BN_E_NOT_FOUND, "no branch %u", branch);
    }
    BN_TRY(bn_engine_begin(server, err));
    bn_change change;
    bn_arena_reset(&server->arena);
    bn_rc rc = share_change(server, customer, branch, on, &change, err);
    if (rc == BN_OK) {
        bn_draft draft = {.type = BN_OP_WRITE, .kind = BN_KIND_CUSTOMER, .id = customer,
                          .actor = bn_slice_of(actor), .as_shown = true, .changes = &change,
                          .changes_count = 1};
        rc = bn_save_in(server, &draft, 1, saved, err);
    }
    return bn_engine_end(server, rc, err);
}
