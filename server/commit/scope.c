/* scope.c - may this branch change this record, and does the op wait for a blocked one?
 * SPDX-License-Identifier: Apache-2.0
 */
#include "commit.h"

#include "server/registry.h"

#include <banyan/core/records.h>
#include <banyan/protocol/match/decision.h>

/* --- waiting for a quarantined op ------------------------------------------------------------- */
static bn_rc hold(bn_decision *d, bn_dot waits_for)
{
    d->outcome = BN_OUTCOME_HELD;
    return bn_refuse(d, "waits for op %u:%llu in quarantine", waits_for.origin,
                     (unsigned long long)waits_for.oseq);
}

static bn_rc held_by_base(bn_decision *d, bn_dot base, bn_err *err)
{
    bool blocks = false;
    if (base.origin != d->dot.origin || base.oseq >= d->dot.oseq || bn_dot_is_none(base)) {
        return BN_OK;
    }
    BN_TRY(bn_quarantine_blocks(d->server, base, &blocks, err));
    return blocks ? hold(d, base) : BN_OK;
}

bn_rc bn_scope_held(bn_decision *d, bn_err *err)
{
    if (d->origin->blocked == 0) {
        return BN_OK;
    }
    for (size_t i = 0; i < d->op.changes_count; i++) {
        BN_TRY(held_by_base(d, d->op.changes[i].base, err));
    }
    if (d->op.type == BN_OP_WRITE && d->was_empty &&
        !(d->op.changes[0].field == BN_FIELD_EXISTENCE && d->op.changes[0].value.integer == 1)) {
        bool blocks = false;
        BN_TRY(bn_quarantine_blocks_record(d->server, d->dot.origin, d->op.kind, d->op.id,
                                           d->dot.oseq, &blocks, err));
        if (blocks) {
            d->outcome = BN_OUTCOME_HELD;
            return bn_refuse(d, "waits for the record's creation in quarantine");
        }
    }
    return BN_OK;
}

/* --- who may change what -------- */
static const bn_change *set_of(const bn_op *op, unsigned field)
{
    for (size_t i = 0; i < op->changes_count; i++) {
        if (op->changes[i].field == field && op->changes[i].verb == BN_VERB_SET) {
            return &op->changes[i];
        }
    }
    return NULL;
}

bn_rc bn_scope_sees(bn_decision *d, uint16_t kind, bn_id id, bool *sees, bn_err *err)
{
    bn_server *server = d->server;
    bn_record record;
    bn_view view;
    *sees = false;
    if (kind == BN_KIND_CUSTOMER && server->has_customer && bn_id_equal(server->customer, id)) {
        *sees = bn_view_find(&server->customer_view, d->branch) != NULL;
    } else {
        bn_rc rc = bn_records_get(server->txn, kind, id, &server->arena, &record, err);
        if (rc == BN_E_NOT_FOUND) {
            return BN_OK;
        }
        BN_TRY(rc);
        BN_TRY(bn_view_of(server, server->txn, &record, &server->arena, &view, err));
        *sees = view.everywhere || bn_view_find(&view, d->branch) != NULL;
    }
    if (!*sees) {
        uint64_t left = 0;
        BN_TRY(bn_view_left(server, d->branch, kind, id, &left, err));
        *sees = left > d->op.cursor;
    }
    return BN_OK;
}

static bn_rc check_customer(bn_decision *d, const bn_change *reference, bn_err *err)
{
    bool sees = false;
    BN_TRY(bn_scope_sees(d, BN_KIND_CUSTOMER, reference->value.id, &sees, err));
    return sees ? BN_OK : bn_refuse(d, "scope: hangs on a customer out of the branch's view");
}

static bn_rc check_home(bn_decision *d)
{
    const bn_change *home = set_of(&d->op, d->kind->branch_field);
    if (d->kind->branch_field == 0 || home == NULL || home->value.type != BN_VALUE_INT) {
        return bn_refuse(d, "scope: a new %s needs its home branch", d->kind->name);
    }
    if (home->value.integer != (int64_t)d->branch) {
        return bn_refuse(d, "scope: home branch %lld is another", (long long)home->value.integer);
    }
    return BN_OK;
}

static bn_rc check_create(bn_decision *d, bn_err *err)
{
    const bn_change *customer =
        d->kind->customer_field != 0 ? set_of(&d->op, d->kind->customer_field) : NULL;
    if (d->kind->scope == BN_SCOPE_KIN && customer != NULL &&
        customer->value.type == BN_VALUE_ID) {
        BN_TRY(check_customer(d, customer, err));
    } else {
        BN_TRY(check_home(d));
    }
    /* A record this branch makes is in its view from the start. */
    d->is_in_view = true;
    return BN_OK;
}

static bool touches_view(const bn_op *op, const bn_kind_def *kind)
{
    for (size_t i = 0; i < op->changes_count; i++) {
        uint16_t field = op->changes[i].field;
        bool is_served_by = kind->kind == BN_KIND_CUSTOMER && field == BN_CUSTOMER_served_by;
        if ((kind->branch_field != 0 && field == kind->branch_field) || is_served_by) {
            return true;
        }
    }
    return false;
}

static bn_rc check_change(bn_decision *d, bn_err *err)
{
    if (!d->is_in_view) {
        uint64_t left = 0;
        BN_TRY(bn_view_left(d->server, d->branch, d->record.kind, d->record.id, &left, err));
        if (left <= d->op.cursor) {
            return bn_refuse(d, "scope: %s out of the branch's view", d->kind->name);
        }
    }
    if (d->op.type != BN_OP_WRITE) {
        return BN_OK;
    }
    bn_value home = d->kind->branch_field != 0
                        ? bn_record_value(&d->record, d->kind->branch_field)
                        : bn_value_nil();
    bool is_home = home.type != BN_VALUE_INT || home.integer == (int64_t)d->branch;
    if (!is_home && touches_view(&d->op, d->kind)) {
        return bn_refuse(d, "scope: only branch %lld or head office says who holds it",
                         (long long)home.integer);
    }
    const bn_change *customer =
        d->kind->customer_field != 0 ? set_of(&d->op, d->kind->customer_field) : NULL;
    if (d->kind->scope == BN_SCOPE_KIN && customer != NULL &&
        customer->value.type == BN_VALUE_ID) {
        return check_customer(d, customer, err);
    }
    return BN_OK;
}

/* Decisions a branch made may be replaced there; any of them at head office. */
static bool may_replace(const bn_decision *d, bn_dot dot)
{
    const bn_origin *origin = bn_registry_origin(d->server, dot.origin);
    return d->branch == 0 || (origin != NULL && origin->branch == d->branch);
}

/* A steward's decision makes sense and names customers there are; a branch holds all of them. */
static bn_rc check_decision(bn_decision *d, bn_err *err)
{
    bn_ruling ruling;
    bn_err invalid = {0};
    bn_rc rc = bn_ruling_decode(d->op.body, &d->server->arena, &ruling, &invalid);
    if (rc == BN_E_NO_MEMORY) {
        return bn_fail(err, rc, "decision of %zu bytes", d->op.body.len);
    }
    rc = rc == BN_OK ? bn_ruling_validate(&ruling, &invalid) : rc;
    if (rc != BN_OK) {
        return bn_refuse(d, "invalid: %.140s", invalid.text);
    }
    for (size_t i = 0; i < ruling.members_count; i++) {
        bn_record record;
        bool sees = true;
        rc = bn_records_get(d->server->txn, BN_KIND_CUSTOMER, ruling.members[i].id,
                            &d->server->arena, &record, err);
        bn_kv_forget(d->server->txn);
        if (rc == BN_E_NOT_FOUND) {
            return bn_refuse(d, "scope: no such customer");
        }
        BN_TRY(rc);
        if (d->branch != 0) {
            BN_TRY(bn_scope_sees(d, BN_KIND_CUSTOMER, ruling.members[i].id, &sees, err));
        }
        if (!sees) {
            return bn_refuse(d, "scope: decides about a customer out of the branch's view");
        }
    }
    for (size_t i = 0; i < ruling.replaces_count; i++) {
        if (!may_replace(d, ruling.replaces[i])) {
            return bn_refuse(d, "scope: replaces a decision of another branch");
        }
    }
    /* It writes no record, so its author hears of it as sent, whatever its op names. */
    d->is_in_view = true;
    return BN_OK;
}

bn_rc bn_scope_check(bn_decision *d, bn_err *err)
{
    const bn_op *op = &d->op;
    bool creates = op->type == BN_OP_WRITE && op->changes[0].field == BN_FIELD_EXISTENCE &&
                   op->changes[0].value.integer == 1;
    if (d->was_empty && !creates && op->type != BN_OP_DECISION) {
        return bn_refuse(d, "scope: no such %s", d->kind->name);
    }
    if (op->type == BN_OP_DECISION) {
        return check_decision(d, err);
    }
    if (d->branch == 0) {
        return BN_OK;
    }
    if (op->type == BN_OP_ERASE) {
        return bn_refuse(d, "scope: only head office may do this");
    }
    if (d->kind->scope == BN_SCOPE_EVERYWHERE && op->type == BN_OP_WRITE) {
        return bn_refuse(d, "scope: reference data is written at head office");
    }
    return d->was_empty ? check_create(d, err) : check_change(d, err);
}
