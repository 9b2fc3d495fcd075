/* form.c - mutant: the base is what is shown at the save, not what the form had shown.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "branch-client/bases.h"

bn_rc __real_bn_branch_bases(const bn_kind_def *kind, const bn_record *shown, bool as_shown,
                             bn_change *changes, size_t changes_count, uint16_t *stale_field,
                             bn_dot *stale_dot, bn_err *err);
bn_rc __wrap_bn_branch_bases(const bn_kind_def *kind, const bn_record *shown, bool as_shown,
                             bn_change *changes, size_t changes_count, uint16_t *stale_field,
                             bn_dot *stale_dot, bn_err *err);

bn_rc __wrap_bn_branch_bases(const bn_kind_def *kind, const bn_record *shown, bool as_shown,
                             bn_change *changes, size_t changes_count, uint16_t *stale_field,
                             bn_dot *stale_dot, bn_err *err)
{
    (void)as_shown;
    return __real_bn_branch_bases(kind, shown, true, changes, changes_count, stale_field,
                                  stale_dot, err);
}
