/* decision.c - what a steward's decision means.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <banyan/protocol/match/decision.h>
#include <banyan/protocol/match/survivor.h>

#include <stdlib.h>

static bn_rc validate_order(const bn_ruling *ruling, bn_err *err)
{
    for (size_t i = 1; i < ruling->members_count; i++) {
        if (bn_id_compare(ruling->members[i - 1].id, ruling->members[i].id) >= 0) {
            return bn_fail(err, BN_E_INVALID, "decision: record %zu is named twice or out of order",
                           i + 1);
        }
    }
    for (size_t i = 1; i < ruling->replaces_count; i++) {
        if (bn_dot_compare(ruling->replaces[i - 1], ruling->replaces[i]) >= 0) {
            return bn_fail(err, BN_E_INVALID,
                           "decision: replaced decision %zu is named twice or out of order", i + 1);
        }
    }
    return BN_OK;
}

static bn_rc validate_groups(const bn_ruling *ruling, bn_err *err)
{
    bool seen[BN_RULING_MEMBERS_MAX + 1] = {false};
    unsigned greatest = 0;
    for (size_t i = 0; i < ruling->members_count; i++) {
        uint16_t group = ruling->members[i].group;
        if (ruling->type != BN_RULING_SPLIT ? group != 0
                                            : group == 0 || group > BN_RULING_MEMBERS_MAX) {
            return bn_fail(err, BN_E_INVALID, "decision: group %u does not fit a %s", group,
                           bn_ruling_name(ruling->type));
        }
        seen[group] = true;
        greatest = group > greatest ? group : greatest;
    }
    for (unsigned group = 1; group <= greatest; group++) {
        if (!seen[group]) {
            return bn_fail(err, BN_E_INVALID, "decision: group %u of %u has no record", group,
                           greatest);
        }
    }
    return ruling->type == BN_RULING_SPLIT && greatest < 2
               ? bn_fail(err, BN_E_INVALID, "decision: a split has two groups or more")
               : BN_OK;
}

static bn_rc validate_value(const bn_ruling *ruling, bn_err *err)
{
    const bn_survivor_rule *rule = bn_survivor_rule_of(ruling->unit);
    if (ruling->type != BN_RULING_VALUE) {
        return ruling->unit == 0 && ruling->values_count == 0
                   ? BN_OK
                   : bn_fail(err, BN_E_INVALID, "decision: a %s has no value",
                             bn_ruling_name(ruling->type));
    }
    if (rule == NULL || !bn_survivor_can_pin(rule)) {
        return bn_fail(err, BN_E_INVALID, "decision: %s cannot be pinned",
                       rule == NULL ? "an unknown field" : rule->name);
    }
    if (ruling->values_count > rule->parts_count) {
        return bn_fail(err, BN_E_INVALID, "decision: %s has %zu parts, not %zu", rule->name,
                       rule->parts_count, ruling->values_count);
    }
    return BN_OK;
}

bn_rc bn_ruling_validate(const bn_ruling *ruling, bn_err *err)
{
    static const struct {
        size_t min;
        size_t max;
    } members[] = {
        [BN_RULING_SAME] = {2, BN_RULING_MEMBERS_MAX},
        [BN_RULING_DIFFERENT] = {2, BN_RULING_MEMBERS_MAX},
        [BN_RULING_SPLIT] = {2, BN_RULING_MEMBERS_MAX},
        [BN_RULING_VALUE] = {1, 1},
        [BN_RULING_RELEASE] = {1, BN_RULING_MEMBERS_MAX},
        [BN_RULING_RETRACT] = {0, 0},
        [BN_RULING_LATER] = {1, BN_RULING_MEMBERS_MAX},
    };
    if (ruling->type < BN_RULING_SAME || ruling->type > BN_RULING_LATER) {
        return bn_fail(err, BN_E_INVALID, "decision: no such type");
    }
    if (ruling->members_count < members[ruling->type].min ||
        ruling->members_count > members[ruling->type].max) {
        return bn_fail(err, BN_E_INVALID, "decision: a %s names %zu to %zu records, not %zu",
                       bn_ruling_name(ruling->type), members[ruling->type].min,
                       members[ruling->type].max, ruling->members_count);
    }
    if (ruling->replaces_count > BN_RULING_REPLACES_MAX ||
        (ruling->type == BN_RULING_RETRACT && ruling->replaces_count == 0)) {
        return bn_fail(err, BN_E_INVALID, "decision: replaces %zu others, limit %d",
                       ruling->replaces_count, BN_RULING_REPLACES_MAX);
    }
    if ((ruling->flags & ~BN_RULING_OVERRULES) != 0 ||
        (ruling->flags != 0 && ruling->type != BN_RULING_SAME)) {
        return bn_fail(err, BN_E_INVALID, "decision: unknown flags %u", ruling->flags);
    }
    BN_TRY(validate_order(ruling, err));
    BN_TRY(validate_groups(ruling, err));
    return validate_value(ruling, err);
}

static int compare_members(const void *a, const void *b)
{
    return bn_id_compare(((const bn_ruling_member *)a)->id, ((const bn_ruling_member *)b)->id);
}

static int compare_dots(const void *a, const void *b)
{
    return bn_dot_compare(*(const bn_dot *)a, *(const bn_dot *)b);
}

void bn_ruling_sort(bn_ruling *ruling)
{
    if (ruling->members_count > 1) {
        qsort(ruling->members, ruling->members_count, sizeof *ruling->members, compare_members);
    }
    if (ruling->replaces_count > 1) {
        qsort(ruling->replaces, ruling->replaces_count, sizeof *ruling->replaces, compare_dots);
    }
}

const bn_ruling_member *bn_ruling_member_of(const bn_ruling *ruling, bn_id id)
{
    bn_ruling_member wanted = {.id = id};
    return ruling->members_count == 0
               ? NULL
               : bsearch(&wanted, ruling->members, ruling->members_count, sizeof wanted,
                         compare_members);
}

bool bn_ruling_parts(const bn_ruling *ruling, bn_id a, bn_id b)
{
    if (ruling->type != BN_RULING_DIFFERENT && ruling->type != BN_RULING_SPLIT) {
        return false;
    }
    const bn_ruling_member *x = bn_ruling_member_of(ruling, a);
    const bn_ruling_member *y = bn_ruling_member_of(ruling, b);
    return x != NULL && y != NULL && x != y &&
           (ruling->type == BN_RULING_DIFFERENT || x->group != y->group);
}

const char *bn_ruling_name(bn_ruling_type type)
{
    static const char *const names[] = {
        [BN_RULING_SAME] = "same",       [BN_RULING_DIFFERENT] = "different",
        [BN_RULING_SPLIT] = "split",     [BN_RULING_VALUE] = "value",
        [BN_RULING_RELEASE] = "release", [BN_RULING_RETRACT] = "retract",
        [BN_RULING_LATER] = "later",
    };
    return type >= BN_RULING_SAME && type <= BN_RULING_LATER ? names[type] : "unknown";
}
