/* op.c - what the schema says about an op.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <banyan/base/limits.h>
#include <banyan/base/text.h>
#include <banyan/protocol/op.h>

#define FLAGS_KNOWN (BN_OP_FLAG_BLIND | BN_OP_FLAG_MORE)

int bn_change_compare(const bn_change *a, const bn_change *b)
{
    if (a->field != b->field) {
        return a->field < b->field ? -1 : 1;
    }
    if (a->verb != b->verb) {
        return a->verb < b->verb ? -1 : 1;
    }
    int order = bn_value_compare(a->value, b->value);
    return order != 0 ? order : bn_dot_compare(a->base, b->base);
}

static bn_rc validate_existence(const bn_change *change, bn_err *err)
{
    if (change->verb != BN_VERB_SET || change->value.type != BN_VALUE_INT ||
        change->value.integer < 0 || change->value.integer > 1) {
        return bn_fail(err, BN_E_INVALID, "existence: set to 1 (there) or 0 (removed)");
    }
    return BN_OK;
}

/* ADD and REMOVE are for multi fields, REMOVE for sets alone; SET is for all others. */
static bn_rc validate_verb(const bn_field_def *field, const bn_change *change, bn_err *err)
{
    bool is_multi = bn_policy_is_multi(field->policy);
    bool fits = false;
    switch (change->verb) {
    case BN_VERB_SET:
        fits = !is_multi;
        break;
    case BN_VERB_ADD:
        fits = is_multi && bn_dot_is_none(change->base);
        break;
    case BN_VERB_REMOVE:
        fits = field->policy == BN_POLICY_SET && !bn_dot_is_none(change->base);
        break;
    }
    if (!fits) {
        return bn_fail(err, BN_E_INVALID, "%s: verb %d does not fit its policy", field->name,
                       (int)change->verb);
    }
    if (is_multi && bn_value_is_nil(change->value)) {
        return bn_fail(err, BN_E_INVALID, "%s: adds or removes nothing", field->name);
    }
    return BN_OK;
}

static bn_rc validate_change(const bn_kind_def *kind, const bn_change *change, bn_err *err)
{
    if (change->field == BN_FIELD_EXISTENCE) {
        return validate_existence(change, err);
    }
    const bn_field_def *field = bn_schema_field(kind, change->field);
    if (field == NULL) {
        return bn_fail(err, BN_E_INVALID, "%s: no field %u", kind->name, change->field);
    }
    BN_TRY(validate_verb(field, change, err));
    return bn_validate_value(kind, field, change->value, err);
}

/* May both stand in one op? One value per scalar field, one delta per counter: the dot of the op
 * would name two. */
static bool is_twice(const bn_kind_def *kind, const bn_change *a, const bn_change *b)
{
    if (a->field != b->field) {
        return false;
    }
    const bn_field_def *field = bn_schema_field(kind, a->field);
    return field == NULL || !bn_policy_is_multi(field->policy) ||
           field->policy == BN_POLICY_COUNTER;
}

static bn_rc validate_changes(const bn_op *op, const bn_kind_def *kind, bn_err *err)
{
    if (op->changes_count > BN_FIELDS_MAX) {
        return bn_fail(err, BN_E_LIMIT, "op: %zu changes, limit %d", op->changes_count,
                       BN_FIELDS_MAX);
    }
    for (size_t i = 0; i < op->changes_count; i++) {
        const bn_change *change = &op->changes[i];
        BN_TRY(validate_change(kind, change, err));
        if (i > 0 && bn_change_compare(change - 1, change) >= 0) {
            return bn_fail(err, BN_E_INVALID, "op: changes %zu and %zu are not in order", i, i + 1);
        }
        if (i > 0 && is_twice(kind, change - 1, change)) {
            return bn_fail(err, BN_E_INVALID, "op: field %u changed twice", change->field);
        }
    }
    return BN_OK;
}

/* Which parts an op of each type has. */
static bn_rc validate_parts(const bn_op *op, bn_err *err)
{
    bool has_changes = op->changes_count > 0;
    bool has_pick = !bn_dot_is_none(op->pick);
    bool has_observed = op->observed_count > 0;
    bool has_body = op->body.len > 0;
    const char *problem = NULL;
    switch (op->type) {
    case BN_OP_WRITE:
        problem = !has_changes                           ? "a write changes nothing"
                  : has_pick || has_observed || has_body ? "a write has changes only"
                                                         : NULL;
        break;
    case BN_OP_ERASE:
        problem = has_changes || has_pick || has_observed || has_body ? "an erasure names a record"
                                                                      : NULL;
        break;
    case BN_OP_RESOLVE:
        problem = !has_observed             ? "a resolution names the candidates it has seen"
                  : has_changes == has_pick ? "a resolution picks a candidate or has changes"
                  : has_body                ? "a resolution has no body"
                                            : NULL;
        break;
    case BN_OP_UNDO:
        problem = has_changes || has_pick || has_body ? "an undo names a conflict" : NULL;
        break;
    case BN_OP_DECISION:
        problem = !has_body                 ? "a decision has a body"
                  : has_changes || has_pick ? "a decision has a body only"
                                            : NULL;
        break;
    default:
        problem = "no such type";
        break;
    }
    return problem == NULL ? BN_OK : bn_fail(err, BN_E_INVALID, "op: %s", problem);
}

static bn_rc validate_head(const bn_op *op, bn_err *err)
{
    if ((op->flags & ~FLAGS_KNOWN) != 0) {
        return bn_fail(err, BN_E_INVALID, "op: unknown flags %u", op->flags);
    }
    if (bn_id_is_zero(op->id)) {
        return bn_fail(err, BN_E_INVALID, "op: the zero id names nothing");
    }
    if (op->actor.len > BN_ACTOR_BYTES_MAX || !bn_utf8_clean(op->actor)) {
        return bn_fail(err, BN_E_INVALID, "op: actor of %zu bytes, limit %d, or not clean UTF-8",
                       op->actor.len, BN_ACTOR_BYTES_MAX);
    }
    if (op->note.len > BN_NOTE_BYTES_MAX || !bn_utf8_clean(op->note)) {
        return bn_fail(err, BN_E_INVALID, "op: note of %zu bytes, limit %d, or not clean UTF-8",
                       op->note.len, BN_NOTE_BYTES_MAX);
    }
    if (op->observed_count > BN_OBSERVED_MAX) {
        return bn_fail(err, BN_E_LIMIT, "op: %zu observed candidates, limit %d", op->observed_count,
                       BN_OBSERVED_MAX);
    }
    return BN_OK;
}

bn_rc bn_op_validate(const bn_op *op, bn_err *err)
{
    BN_TRY(validate_head(op, err));
    BN_TRY(validate_parts(op, err));
    const bn_kind_def *kind = bn_schema_kind(op->kind);
    if (kind == NULL) {
        /* What is not about values may leave the kind out: the id is a conflict's or its own. */
        bool needs_kind = op->type == BN_OP_WRITE || op->type == BN_OP_ERASE ||
                          op->changes_count > 0 || op->kind != 0;
        return needs_kind ? bn_fail(err, BN_E_INVALID, "op: no kind %u", op->kind) : BN_OK;
    }
    return validate_changes(op, kind, err);
}
