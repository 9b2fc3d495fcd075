/* decide.c - one op: what becomes of it, under the next commit number.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "commit.h"

#include "server/registry.h"

#include <banyan/base/alloc.h>
#include <banyan/base/check.h>
#include <banyan/core/records.h>

#include <stdarg.h>

bn_decision *bn_decision_create(void)
{
    return bn_alloc(sizeof(bn_decision));
}

void bn_decision_destroy(bn_decision **decision)
{
    bn_free(*decision);
    *decision = NULL;
}

bn_rc bn_refuse(bn_decision *d, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(d->reason, sizeof d->reason, format, args);
    va_end(args);
    return BN_E_DENIED;
}

void bn_outcome_worse(bn_decision *d, bn_outcome outcome)
{
    if (outcome > d->outcome) {
        d->outcome = outcome;
    }
}

bool bn_decide_is_of(const bn_decision *d, uint16_t field, uint16_t of, uint8_t group)
{
    const bn_field_def *def = bn_schema_field(d->kind, field);
    return field == of || (group != 0 && def != NULL && def->group == group);
}

bn_rc bn_decide_put(bn_decision *d, const bn_cell *cell)
{
    if (d->cells_count == BN_CELLS_MAX) {
        return bn_refuse(d, "limit: writes more than %d fields", BN_CELLS_MAX);
    }
    d->cells[d->cells_count++] = *cell;
    return BN_OK;
}

bn_rc bn_decide_lost(bn_decision *d, uint16_t field, bn_dot base)
{
    if (d->lost_count == BN_CELLS_MAX) {
        return bn_refuse(d, "limit: writes more than %d fields", BN_CELLS_MAX);
    }
    d->lost[d->lost_count++] = (bn_lost){.field = field, .base = base};
    return BN_OK;
}

/* A fresh round on the same op: nothing collected yet. */
static void clear_results(bn_decision *d)
{
    d->cells_count = 0;
    d->items_count = 0;
    d->gone_count = 0;
    d->was_count = 0;
    d->lost_count = 0;
    d->touched_count = 0;
    d->has_counter = false;
    d->is_plain = !d->is_suspect && d->is_in_view;
    d->outcome = BN_OUTCOME_APPLIED;
    d->reason[0] = '\0';
}

/* --- applying to the working copy ------------------------------------------------------------ */
/* Keeps the values of indexed scalar fields that are about to be replaced; all of them, with the
 * existence, when the op decides whether the record is there at all. */
static void remember_was(bn_decision *d)
{
    bool all = d->op.type == BN_OP_ERASE;
    bool any = all;
    d->was_count = 0;
    for (size_t i = 0; i < d->cells_count; i++) {
        const bn_field_def *field = bn_schema_field(d->kind, d->cells[i].field);
        all = all || d->cells[i].field == BN_FIELD_EXISTENCE;
        any = any || all || (field != NULL && bn_index_has(field));
    }
    for (size_t i = 0; i < d->record.cells_count && any && !d->was_empty; i++) {
        const bn_cell *old = &d->record.cells[i];
        const bn_field_def *field = bn_schema_field(d->kind, old->field);
        bool wanted = old->field == BN_FIELD_EXISTENCE ||
                      (all && field != NULL && bn_index_has(field));
        for (size_t j = 0; j < d->cells_count && !wanted && field != NULL; j++) {
            wanted = d->cells[j].field == old->field && bn_index_has(field);
        }
        if (wanted) {
            d->was[d->was_count++] = *old;
        }
    }
}

bn_rc bn_decide_apply(bn_decision *d)
{
    remember_was(d);
    bn_rc rc;
    /* A PUT does not tell the schema version, so an op that raises it goes out as a PUT here too
     * and every replica keeps the same bytes. */
    if (!d->was_empty && d->record.schema_version < d->op.schema_version) {
        d->is_plain = false;
    }
    if (d->is_plain) {
        rc = bn_record_apply_op(&d->record, &d->server->arena, &d->op, &d->stamp);
    } else {
        bn_effect put = {.type = BN_EFFECT_PUT, .cseq = d->stamp.cseq, .kind = d->record.kind,
                         .id = d->record.id, .cells = d->cells, .cells_count = d->cells_count,
                         .items = d->items, .items_count = d->items_count, .gone = d->gone,
                         .gone_count = d->gone_count};
        if (d->cells_count + d->items_count + d->gone_count == 0) {
            return BN_OK;
        }
        rc = bn_effect_apply(&put, &d->server->arena, &d->record);
    }
    if (rc == BN_E_LIMIT || rc == BN_E_INVALID) {
        return bn_refuse(d, "limit: the record holds too much");
    }
    return rc;
}

/* --- WRITE ----------------------------------------------------------------------------------- */
static bn_rc copy_record(bn_decision *d, const bn_record *from)
{
    d->record = *from;
    bn_arena *arena = &d->server->arena;
    d->record.cells = bn_arena_array(arena, from->cells_count + 1, sizeof *from->cells);
    d->record.items = bn_arena_array(arena, from->items_count + 1, sizeof *from->items);
    if (d->record.cells == NULL || d->record.items == NULL) {
        return BN_E_NO_MEMORY;
    }
    if (from->cells_count > 0) {
        memcpy(d->record.cells, from->cells, from->cells_count * sizeof *from->cells);
    }
    if (from->items_count > 0) {
        memcpy(d->record.items, from->items, from->items_count * sizeof *from->items);
    }
    return BN_OK;
}

/* Decides and applies; a result that breaks a rule of the whole record is asked about instead. */
static bn_rc write_op(bn_decision *d, bn_err *err)
{
    bn_record original = d->record;
    clear_results(d);
    d->is_asking = false;
    BN_TRY(bn_decide_write(d, err));
    BN_TRY(copy_record(d, &original));
    BN_TRY(bn_decide_apply(d));
    bn_err broken = {0};
    if (bn_validate_record(d->kind, &d->record, &broken) == BN_OK) {
        return BN_OK;
    }
    if (d->was_empty) {
        return bn_refuse(d, "invalid: %.150s", broken.text);
    }
    d->record = original;
    clear_results(d);
    d->is_asking = true;
    d->is_plain = false;
    BN_TRY(bn_decide_write(d, err));
    (void)snprintf(d->reason, sizeof d->reason, "rule: %.150s", broken.text);
    BN_TRY(copy_record(d, &original));
    return bn_decide_apply(d);
}

static bn_rc load_record(bn_decision *d, uint16_t kind, bn_id id, bn_err *err)
{
    bn_server *server = d->server;
    d->kind = bn_schema_kind(kind);
    if (d->kind == NULL) {
        return bn_refuse(d, "invalid: unknown kind %u", kind);
    }
    bn_rc rc = bn_records_get(server->txn, kind, id, &server->arena, &d->record, err);
    if (rc == BN_E_NOT_FOUND) {
        bn_record_init(&d->record, kind, id);
    } else if (rc != BN_OK) {
        return rc;
    }
    bn_kv_forget(server->txn);
    d->was_empty = bn_record_is_empty(&d->record);
    d->existed = bn_record_exists(&d->record);
    d->before.everywhere = false;
    d->before.count = 0;
    d->is_in_view = d->branch == 0;
    d->enter_cseq = 0;
    if (d->was_empty) {
        return BN_OK;
    }
    BN_TRY(bn_view_of(server, server->txn, &d->record, &server->arena, &d->before, err));
    if (d->branch != 0) {
        const struct bn_view_branch *member = bn_view_find(&d->before, d->branch);
        const bn_branch *branch = bn_registry_branch(server, d->branch);
        d->is_in_view = member != NULL || d->before.everywhere;
        d->enter_cseq = member != NULL ? member->enter_cseq : UINT64_MAX;
        if (d->is_in_view && branch != NULL && d->enter_cseq < branch->feed_start) {
            d->enter_cseq = branch->feed_start;
        }
    }
    return BN_OK;
}

/* The conflict a RESOLVE or UNDO is about gives the record. */
static bn_rc load_of_conflict(bn_decision *d, bn_err *err)
{
    bn_conflict conflict;
    bn_rc rc = bn_conflicts_get(d->server->txn, d->op.id, &d->server->arena, &conflict, err);
    if (rc == BN_E_NOT_FOUND) {
        return bn_refuse(d, "invalid: no such conflict");
    }
    BN_TRY(rc);
    return load_record(d, conflict.kind, conflict.entity, err);
}

static bn_rc decide_decoded(bn_decision *d, bn_err *err)
{
    bn_err invalid = {0};
    bn_rc rc = bn_op_validate(&d->op, &invalid);
    if (rc == BN_E_INVALID || rc == BN_E_LIMIT) {
        return bn_refuse(d, "%s: %.150s", bn_rc_text(rc), invalid.text);
    }
    BN_TRY(rc);
    bool is_about_conflict = d->op.type == BN_OP_RESOLVE || d->op.type == BN_OP_UNDO;
    BN_TRY(is_about_conflict ? load_of_conflict(d, err)
                             : load_record(d, d->op.kind, d->op.id, err));
    BN_TRY(bn_scope_held(d, err));
    BN_TRY(bn_scope_check(d, err));
    clear_results(d);
    switch (d->op.type) {
    case BN_OP_WRITE:
        return write_op(d, err);
    case BN_OP_RESOLVE:
        d->is_plain = false;
        return bn_decide_resolution(d, err);
    case BN_OP_UNDO:
        d->is_plain = false;
        return bn_decide_undo(d, err);
    case BN_OP_ERASE:
        return bn_decide_erase(d, err);
    case BN_OP_DECISION:
        return BN_OK;
    }
    return bn_refuse(d, "invalid: unknown type of op");
}

static void start(bn_decision *d, bn_server *server, bn_origin *origin, uint64_t oseq,
                  bn_slice bytes, bool is_retry)
{
    d->server = server;
    d->origin = origin;
    d->branch = origin->branch;
    d->dot = (bn_dot){.origin = origin->origin, .oseq = oseq};
    d->is_retry = is_retry;
    d->bytes = bytes;
    d->has_op = false;
    d->op = (bn_op){0};
    d->kind = NULL;
    d->is_suspect = false;
    d->is_in_view = false;
    d->was_empty = true;
    d->existed = false;
    d->before.everywhere = false;
    d->before.count = 0;
    d->record = (bn_record){0};
    clear_results(d);
    d->stamp = (bn_stamp){.dot = d->dot, .cseq = ++server->counts.head};
}

bn_rc bn_commit_op(bn_server *server, bn_origin *origin, uint64_t oseq, bn_slice op_bytes,
                   bool is_retry, bn_committed *out, bn_err *err)
{
    bn_decision *d = server->decision;
    start(d, server, origin, oseq, op_bytes, is_retry);
    bn_err unreadable = {0};
    bn_rc rc = bn_op_decode(op_bytes, &server->arena, &d->op, &unreadable);
    if (rc == BN_E_NO_MEMORY) {
        return bn_fail(err, rc, "op of %zu bytes", op_bytes.len);
    }
    if (rc != BN_OK) {
        d->op = (bn_op){0};
        rc = bn_refuse(d, "unreadable: %.140s", unreadable.text);
    } else {
        d->has_op = true;
        d->stamp.hlc = bn_hlc_clamp(d->op.hlc, server->wall_ms);
        d->is_suspect = bn_hlc_compare(d->stamp.hlc, d->op.hlc) != 0;
        rc = decide_decoded(d, err);
    }
    if (rc == BN_E_DENIED) {
        bn_outcome refused = d->outcome == BN_OUTCOME_HELD ? BN_OUTCOME_HELD
                                                           : BN_OUTCOME_QUARANTINED;
        char reason[BN_REASON_BYTES];
        memcpy(reason, d->reason, sizeof reason);
        clear_results(d);
        memcpy(d->reason, reason, sizeof reason);
        d->outcome = refused;
        d->is_plain = false;
        rc = BN_OK;
    }
    BN_TRY(rc);
    BN_TRY(bn_persist(d, err));
    *out = (bn_committed){.cseq = d->stamp.cseq, .outcome = d->outcome, .as_sent = d->is_plain,
                          .reason = d->reason};
    return BN_OK;
}
