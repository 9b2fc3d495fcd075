/* join.h - turning this machine into a branch with a one-time code.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_BRANCH_CLIENT_JOIN_H
#define BANYAN_BRANCH_CLIENT_JOIN_H

#include "branch-client/branch.h"

#include <banyan/core/loop.h>

typedef struct bn_join bn_join;

/* Called once, from the loop: BN_OK, or why not. */
typedef void (*bn_join_done)(void *context, bn_rc code, const bn_err *err);

/* Starts to redeem the code; `done` may not be called before this returns. Errors of the code
 * itself come at once: BN_E_INVALID. */
BN_CHECKED bn_rc bn_join_begin(bn_branch *branch, bn_loop *loop, const bn_clock *clock,
                               bn_slice code, bn_join_done done, void *context, bn_join **out,
                               bn_err *err);
void bn_join_end(bn_join **join);

#endif
