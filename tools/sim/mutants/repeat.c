/* repeat.c - mutant: an op sent again is decided again.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "server/commit/commit.h"

bool __wrap_bn_push_is_repeat(const bn_origin *origin, uint64_t oseq);

bool __wrap_bn_push_is_repeat(const bn_origin *origin, uint64_t oseq)
{
    (void)origin, (void)oseq;
    return false;
}
