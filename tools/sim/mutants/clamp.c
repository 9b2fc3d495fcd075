/* clamp.c - mutant: a clock from the year 2262 counts for what it says.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <banyan/protocol/version.h>

bn_hlc __wrap_bn_hlc_clamp(bn_hlc stamp, uint64_t wall_ms);

bn_hlc __wrap_bn_hlc_clamp(bn_hlc stamp, uint64_t wall_ms)
{
    (void)wall_ms;
    return stamp;
}
