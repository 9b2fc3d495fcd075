/* hlc.c - the hybrid logical clock of one node.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Kulkarni et al. 2014, with both parts in one integer: a counter that overflows carries into the
 * milliseconds, so "greater by one" is always the next stamp.
 */
#include <banyan/base/check.h>
#include <banyan/protocol/version.h>

#define MS_MAX ((UINT64_C(1) << 48) - 1)

bn_hlc bn_hlc_tick(bn_hlc last, bn_hlc seen, uint64_t wall_ms)
{
    uint64_t now = bn_hlc_make(wall_ms < MS_MAX ? wall_ms : MS_MAX, 0).value;
    uint64_t above = bn_hlc_clamp(seen, wall_ms).value;
    if (above < last.value) {
        above = last.value;
    }
    BN_ASSERT(above <
              UINT64_MAX); /* `last` is a stamp of our own, never beyond wall plus minutes */
    return (bn_hlc){.value = above + 1 > now ? above + 1 : now};
}
