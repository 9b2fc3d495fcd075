/* scan.h - the next place of a short needle in a long column.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_CORE_QUERY_SCAN_H
#define BANYAN_CORE_QUERY_SCAN_H

#include <banyan/base/slice.h>

/* First occurrence of `needle` (not empty) in [at, end), or NULL. */
const uint8_t *bn_scan_next(const uint8_t *at, const uint8_t *end, bn_slice needle);

#endif
