/* area.h - what the address parser needs to know about a place it found.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_MATCH_AREA_H
#define BANYAN_MATCH_AREA_H

#include <banyan/base/slice.h>

typedef struct bn_area_match {
    uint32_t code;
    size_t len;
    size_t count; /* places of that name and rank; the code is sure only when it is 1 */
    bool is_full; /* with its 省 市 区 县, not the short name */
} bn_area_match;

/* The longest name of a place within `parent` at the head of `text`. */
void bn_area_find(bn_slice text, uint32_t parent, bn_area_match *out);
bool bn_area_is_within(uint32_t code, uint32_t parent);

#endif
