/* slice.c - what a stretch of the commit log changed for consolidation.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Records are read as they are now, which may be newer than the commits of the slice. That only
 * brings a result forward: the later commit finds nothing left to do.
 */
#include "state.h"

#include <banyan/core/records.h>

static bn_rc add_id(id_set *set, bn_value value, bn_err *err)
{
    bn_rc rc = value.type == BN_VALUE_ID ? id_set_add(set, value.id, NULL) : BN_OK;
    return rc == BN_OK ? BN_OK : bn_fail(err, rc, "changed customers of a slice");
}

static uint16_t customer_field_of(uint16_t kind)
{
    bool is_evidence = kind == BN_KIND_DOCUMENT || kind == BN_KIND_PHONE ||
                       kind == BN_KIND_EMAIL || kind == BN_KIND_ADDRESS;
    return is_evidence ? bn_schema_kind(kind)->customer_field : 0;
}

/* The customer a record hangs on now, and the one it hung on before this commit. */
static bn_rc read_kin(work *w, const bn_commit_view *commit, changes *out, bn_err *err)
{
    uint16_t field = customer_field_of(commit->kind);
    bn_record record;
    if (field == 0) {
        return BN_OK;
    }
    bn_rc rc = bn_records_get(w->source, commit->kind, commit->id, w->made, &record, err);
    bn_kv_forget(w->source);
    if (rc == BN_OK) {
        BN_TRY(add_id(&out->dirty, bn_record_value(&record, field), err));
    } else if (rc != BN_E_NOT_FOUND) {
        return rc;
    }
    for (size_t i = 0; i < commit->was_count; i++) {
        if (commit->was[i].field == field) {
            BN_TRY(add_id(&out->dirty, commit->was[i].value, err));
        }
    }
    for (size_t i = 0; commit->has_op && i < commit->op.changes_count; i++) {
        if (commit->op.changes[i].field == field) {
            BN_TRY(add_id(&out->dirty, commit->op.changes[i].value, err));
        }
    }
    return BN_OK;
}

static bn_rc add_members(const bn_ruling *ruling, changes *out)
{
    for (size_t i = 0; i < ruling->members_count; i++) {
        BN_TRY(id_set_add(&out->ruled, ruling->members[i].id, NULL));
    }
    return BN_OK;
}

/* What does not make sense is in the log and says nothing. */
static bn_rc read_decision(work *w, const bn_commit_view *commit, changes *out, bn_err *err)
{
    bn_ruling ruling;
    bn_rc rc = bn_ruling_decode(commit->op.body, w->arena, &ruling, NULL);
    if (rc == BN_E_NO_MEMORY) {
        return bn_fail(err, rc, "decision");
    }
    if (rc != BN_OK || bn_ruling_validate(&ruling, NULL) != BN_OK) {
        return BN_OK;
    }
    BN_TRY(store_put_ruling(w, commit->dot, commit->hlc_effective, commit->op.body, &ruling, err));
    rc = add_members(&ruling, out);
    for (size_t i = 0; i < ruling.replaces_count && rc == BN_OK; i++) {
        bn_ruling_in_force replaced;
        rc = store_ruling(w, ruling.replaces[i], &replaced, err);
        if (rc == BN_OK) {
            rc = add_members(&replaced.ruling, out);
        } else if (rc == BN_E_NOT_FOUND) {
            rc = BN_OK; /* It comes later, and is not in force then. */
        }
    }
    return rc;
}

bn_rc slice_read(work *w, uint64_t from, uint64_t to, bool decisions_only, changes *out,
                 bn_err *err)
{
    bn_server_reader reader = {.server = w->c->server, .txn = w->source};
    for (uint64_t cseq = from + 1; cseq <= to; cseq++) {
        bn_commit_view commit;
        bn_arena_reset(w->made);
        BN_TRY(bn_server_commit_get(&reader, cseq, w->made, &commit, err));
        if (commit.outcome == BN_OUTCOME_QUARANTINED || commit.outcome == BN_OUTCOME_HELD) {
            continue;
        }
        if (commit.has_op && commit.op.type == BN_OP_DECISION) {
            BN_TRY(read_decision(w, &commit, out, err));
        } else if (!decisions_only && commit.kind == BN_KIND_CUSTOMER) {
            BN_TRY(add_id(&out->dirty, bn_value_id(commit.id), err));
        } else if (!decisions_only) {
            BN_TRY(read_kin(w, &commit, out, err));
        }
    }
    return BN_OK;
}
