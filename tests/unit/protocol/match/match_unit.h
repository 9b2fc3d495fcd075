/* match_unit.h - a buffer and an arena for tests of normalisation, and random texts.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_TESTS_MATCH_UNIT_H
#define BANYAN_TESTS_MATCH_UNIT_H

#include "property.h"
#include "unit/unit.h"

#include <banyan/base/arena.h>
#include <banyan/base/buf.h>
#include <banyan/base/check.h>
#include <banyan/base/limits.h>
#include <banyan/base/text.h>

/* Fails naming the case when `actual` is not `expected`. */
static inline void assert_text(bn_slice actual, const char *expected, const char *where)
{
    if (!bn_slice_is(actual, expected)) {
        fail_msg("%s: '%.*s' instead of '%s'", where, BN_SLICE_ARG(actual), expected);
    }
}

/* Well-formed text of up to `count_max` code points from the scripts that matter here. */
static inline void random_text(property *p, size_t count_max, bn_buf *out)
{
    static const uint32_t ranges[][2] = {
        {0x20, 0x7e}, {0x20, 0x7e}, {0x00, 0x2ff}, {0x300, 0x36f}, {0x370, 0x5ff}, {0x900, 0x97f},
        {0x1100, 0x11ff}, {0x1e00, 0x1fff}, {0x2000, 0x22ff}, {0x2e80, 0x33ff}, {0x4e00, 0x9fff},
        {0x4e00, 0x9fff}, {0xac00, 0xd7a3}, {0xe000, 0xf8ff}, {0xf900, 0xfaff}, {0xfb00, 0xfdff},
        {0xfe00, 0xffef}, {0x1d400, 0x1d7ff}, {0x20000, 0x2a6df}, {0x2f800, 0x2fa1f},
        {0x10000, 0x10ffff}, {0xb7, 0xb7}, {0x30fb, 0x30fb}};
    bn_buf_clear(out);
    for (uint64_t count = property_below(p, count_max + 1); count > 0; count--) {
        const uint32_t *range = ranges[property_below(p, BN_COUNT(ranges))];
        bn_utf8_append(out, range[0] + (uint32_t)property_below(p, range[1] - range[0] + 1));
    }
    assert_int_equal(bn_buf_status(out), BN_OK);
}

#endif
