/* area.c - administrative places of GB/T 2260 by name and by code.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The table is in byte order of the names, and a short name is the head of its full one, so all
 * candidates for a text share its first two characters and lie side by side: one binary search,
 * then a walk over a few rows. A code's parents are itself with its last two or four digits zero.
 */
#include "area.h"
#include "idnumber.h"

#include "points.h"

#include <banyan/base/check.h>
#include <banyan/protocol/match/address.h>

#include <string.h>

#define HEAD_BYTES 6 /* two characters of three bytes */

#include "tables_area.inc"

static const char *name_of(uint32_t code)
{
    size_t low = 0;
    size_t high = BN_COUNT(areas_by_code);
    while (low < high) {
        size_t middle = (low + high) / 2;
        uint32_t found = areas[areas_by_code[middle]].code;
        if (found == code) {
            return areas[areas_by_code[middle]].name;
        }
        if (found < code) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

const char *bn_area_name(uint32_t code)
{
    return name_of(code);
}

uint32_t bn_area_nearest(uint32_t code)
{
    const uint32_t steps[] = {code, code / 100 * 100, code / 10000 * 10000};
    for (size_t i = 0; i < BN_COUNT(steps); i++) {
        if (name_of(steps[i]) != NULL) {
            return steps[i];
        }
    }
    return 0;
}

bool bn_area_is_within(uint32_t code, uint32_t parent)
{
    uint32_t size = parent == 0           ? 1000000
                    : parent % 10000 == 0 ? 10000
                    : parent % 100 == 0   ? 100
                                          : 1;
    return code / size == parent / size;
}

/* First row whose name is not below the head of `text`. */
static size_t first_row(bn_slice head)
{
    size_t low = 0;
    size_t high = BN_COUNT(areas);
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (memcmp(areas[middle].name, head.data, head.len) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

void bn_area_find(bn_slice text, uint32_t parent, bn_area_match *out)
{
    *out = (bn_area_match){0};
    bool is_inner_mongolia = bn_slice_starts(text, BN_SLICE("内蒙")) &&
                             !bn_slice_starts(text, BN_SLICE("内蒙古"));
    if (is_inner_mongolia && parent == 0) {
        *out = (bn_area_match){.code = 150000, .len = HEAD_BYTES, .count = 1};
        return;
    }
    if (text.len < HEAD_BYTES) {
        return;
    }
    bn_slice head = bn_slice_make(text.data, HEAD_BYTES);
    for (size_t i = first_row(head);
         i < BN_COUNT(areas) && memcmp(areas[i].name, head.data, HEAD_BYTES) == 0; i++) {
        bn_slice name = bn_slice_of(areas[i].name);
        bn_slice short_name = bn_slice_make(name.data, areas[i].short_bytes);
        bool is_full = bn_slice_starts(text, name);
        size_t len = is_full ? name.len : bn_slice_starts(text, short_name) ? short_name.len : 0;
        if (len == 0 || len < out->len || !bn_area_is_within(areas[i].code, parent) ||
            areas[i].code == parent) {
            continue;
        }
        if (len > out->len) {
            *out = (bn_area_match){.code = areas[i].code, .len = len, .count = 1,
                                   .is_full = is_full};
        } else {
            /* The widest of several: 吉林 is the province, not its city. */
            bool is_wider = areas[i].code % 10000 == 0 && out->code % 10000 != 0;
            bool is_wide = areas[i].code % 100 == 0 && out->code % 100 != 0;
            out->count = is_wider || is_wide ? 1 : out->count + (out->code % 100 != 0);
            out->code = is_wider || is_wide ? areas[i].code : out->code;
            out->is_full = is_full;
        }
    }
}

uint32_t bn_area_at(bn_slice text, uint32_t parent, size_t *len)
{
    bn_area_match found;
    bn_area_find(text, parent, &found);
    if (found.count != 1) {
        return 0;
    }
    *len = found.len;
    return found.code;
}
