/* superseded.c - mutant: an open conflict does not hear of a later write.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "server/commit/commit.h"

bn_rc __wrap_bn_conflicts_causal(bn_decision *d, const bn_unit *unit, bn_err *err);

bn_rc __wrap_bn_conflicts_causal(bn_decision *d, const bn_unit *unit, bn_err *err)
{
    (void)d, (void)unit, (void)err;
    return BN_OK;
}
