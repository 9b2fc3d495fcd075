/* views.c - mutant: nobody is told that a record entered or left his view.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "server/commit/commit.h"

bn_rc __wrap_bn_views_follow(bn_decision *d, bn_err *err);

bn_rc __wrap_bn_views_follow(bn_decision *d, bn_err *err)
{
    (void)d, (void)err;
    return BN_OK;
}
