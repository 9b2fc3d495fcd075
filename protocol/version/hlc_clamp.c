/* hlc_clamp.c - what a stamp counts for.
 * SPDX-License-Identifier: Apache-2.0
 *
 * By itself in a file, as every rule here is, so that a test can put a wrong one in its place.
 */
#include <banyan/base/limits.h>
#include <banyan/protocol/version.h>

#define MS_MAX ((UINT64_C(1) << 48) - 1)

bn_hlc bn_hlc_clamp(bn_hlc stamp, uint64_t wall_ms)
{
    uint64_t limit_ms =
        wall_ms < MS_MAX - BN_CLOCK_AHEAD_MAX_MS ? wall_ms + BN_CLOCK_AHEAD_MAX_MS : MS_MAX;
    bn_hlc limit = bn_hlc_make(limit_ms, 0);
    return bn_hlc_compare(stamp, limit) > 0 ? limit : stamp;
}
