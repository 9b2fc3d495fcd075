/* repeat.c - was this op committed before?
 * SPDX-License-Identifier: Apache-2.0
 */
#include "commit.h"

bool bn_push_is_repeat(const bn_origin *origin, uint64_t oseq)
{
    return oseq <= origin->oseq;
}
