/* bases.c - what a change was made from: the dots its author saw.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Exactness of the whole merge hangs on these dots: a base that is not what the author saw turns
 * a concurrent write into a silent overwrite.
 */
#include "branch-client/bases.h"

/* The newest stamp of a group's cells: all fields of a group carry the same one. */
static bn_dot group_dot(const bn_kind_def *kind, const bn_record *shown, uint8_t group)
{
    const bn_cell *newest = NULL;
    for (size_t i = 0; i < kind->fields_count; i++) {
        const bn_field_def *field = &kind->fields[i];
        const bn_cell *cell =
            field->group == group ? bn_record_cell(shown, field->number) : NULL;
        if (cell != NULL &&
            (newest == NULL || bn_hlc_compare(cell->stamp.hlc, newest->stamp.hlc) > 0)) {
            newest = cell;
        }
    }
    return newest != NULL ? newest->stamp.dot : (bn_dot){0, 0};
}

bn_rc bn_branch_bases(const bn_kind_def *kind, const bn_record *shown, bool as_shown,
                      bn_change *changes, size_t changes_count, uint16_t *stale_field,
                      bn_dot *stale_dot, bn_err *err)
{
    for (size_t i = 0; i < changes_count; i++) {
        bn_change *change = &changes[i];
        if (change->verb != BN_VERB_SET) {
            continue;
        }
        const bn_field_def *field = bn_schema_field(kind, change->field);
        bn_dot own = bn_record_dot(shown, change->field);
        bn_dot now = field != NULL && field->group > 0 ? group_dot(kind, shown, field->group) : own;
        if (!as_shown && !bn_dot_equal(change->base, own) && !bn_dot_equal(change->base, now)) {
            *stale_field = change->field;
            *stale_dot = now;
            return bn_fail(err, BN_E_STALE, "%s of this %s was changed since it was opened",
                           field != NULL ? field->name : "existence", kind->name);
        }
        change->base = now;
    }
    return BN_OK;
}
