/* outbox.c - mutant: an op the server decided stays in the overlay.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "branch-client/store.h"

bn_rc __wrap_bn_overlay_drop(bn_write *write, const bn_op *op, uint64_t oseq, bn_err *err);

bn_rc __wrap_bn_overlay_drop(bn_write *write, const bn_op *op, uint64_t oseq, bn_err *err)
{
    (void)write, (void)op, (void)oseq, (void)err;
    return BN_OK;
}
