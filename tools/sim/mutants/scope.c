/* scope.c - mutant: every branch may change every record.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "server/commit/commit.h"

bn_rc __wrap_bn_scope_check(bn_decision *d, bn_err *err);

bn_rc __wrap_bn_scope_check(bn_decision *d, bn_err *err)
{
    (void)err;
    d->is_in_view = d->is_in_view || d->was_empty;
    return BN_OK;
}
