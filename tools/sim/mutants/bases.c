/* bases.c - mutant: ops do not say what their author saw.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "branch-client/bases.h"

bn_rc __wrap_bn_branch_bases(const bn_kind_def *kind, const bn_record *shown, bool as_shown,
                             bn_change *changes, size_t changes_count, uint16_t *stale_field,
                             bn_dot *stale_dot, bn_err *err);

bn_rc __wrap_bn_branch_bases(const bn_kind_def *kind, const bn_record *shown, bool as_shown,
                             bn_change *changes, size_t changes_count, uint16_t *stale_field,
                             bn_dot *stale_dot, bn_err *err)
{
    (void)kind, (void)shown, (void)as_shown, (void)stale_field, (void)stale_dot, (void)err;
    for (size_t i = 0; i < changes_count; i++) {
        if (changes[i].verb == BN_VERB_SET) {
            changes[i].base = (bn_dot){0, 0};
        }
    }
    return BN_OK;
}
