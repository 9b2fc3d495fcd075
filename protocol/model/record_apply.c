/* record_apply.c - what an op as sent does to a record.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <banyan/base/check.h>
#include <banyan/base/number.h>

#include "record_parts.h"

/* A counter holds one sum per origin. An origin's deltas come in the order of its oseq, so one
 * that is not above the last has been counted before. */
static bn_rc add_delta(bn_record *record, bn_arena *arena, const bn_change *change,
                       const bn_stamp *stamp)
{
    const bn_cell *old = bn_record_sum(record, change->field, stamp->dot.origin);
    bn_cell sum = {.field = change->field, .stamp = *stamp, .value = change->value};
    if (old != NULL) {
        if (old->stamp.dot.oseq >= stamp->dot.oseq) {
            return BN_OK;
        }
        if (!bn_add_i64(old->value.integer, change->value.integer, &sum.value.integer)) {
            return BN_E_LIMIT;
        }
    }
    return bn_record_put_sum(record, arena, &sum);
}

bn_rc bn_record_change_item(bn_record *record, bn_arena *arena, bn_policy policy,
                            const bn_change *change, const bn_stamp *stamp)
{
    BN_ASSERT(bn_policy_is_multi(policy));
    if (change->verb == BN_VERB_REMOVE) {
        if (policy != BN_POLICY_SET) {
            return BN_E_INVALID;
        }
        bn_record_drop_items(record, change->field, change->base, change->value);
        return BN_OK;
    }
    if (change->verb != BN_VERB_ADD || bn_value_is_nil(change->value)) {
        return BN_E_INVALID;
    }
    if (policy == BN_POLICY_COUNTER) {
        return change->value.type == BN_VALUE_INT ? add_delta(record, arena, change, stamp)
                                                  : BN_E_INVALID;
    }
    bn_cell item = {.field = change->field, .stamp = *stamp, .value = change->value};
    return bn_record_put_item(record, arena, &item);
}

static bn_rc apply_change(bn_record *record, bn_arena *arena, const bn_kind_def *kind,
                          const bn_change *change, const bn_stamp *stamp)
{
    if (change->verb == BN_VERB_SET) {
        bn_cell cell = {.field = change->field, .stamp = *stamp, .value = change->value};
        return bn_record_put_cell(record, arena, &cell);
    }
    const bn_field_def *field = kind != NULL ? bn_schema_field(kind, change->field) : NULL;
    bn_policy policy = field != NULL ? field->policy : BN_POLICY_SET;
    if (!bn_policy_is_multi(policy)) {
        return BN_E_INVALID;
    }
    return bn_record_change_item(record, arena, policy, change, stamp);
}

bn_rc bn_record_apply_op(bn_record *record, bn_arena *arena, const bn_op *op, const bn_stamp *stamp)
{
    const bn_kind_def *kind = bn_schema_kind(op->kind);
    if (op->type == BN_OP_ERASE) {
        bn_cell gone = {.field = BN_FIELD_EXISTENCE, .stamp = *stamp, .value = bn_value_int(0)};
        record->cells_count = 0;
        record->items_count = 0;
        BN_TRY(bn_record_put_cell(record, arena, &gone));
    } else if (op->type == BN_OP_WRITE) {
        for (size_t i = 0; i < op->changes_count; i++) {
            BN_TRY(apply_change(record, arena, kind, &op->changes[i], stamp));
        }
    } else {
        return BN_OK;
    }
    if (record->last_cseq < stamp->cseq) {
        record->last_cseq = stamp->cseq;
    }
    if (record->schema_version < op->schema_version) {
        record->schema_version = op->schema_version;
    }
    return BN_OK;
}
