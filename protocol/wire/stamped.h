/* stamped.h - cells and items with a shared table of stamps.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_PROTOCOL_WIRE_STAMPED_H
#define BANYAN_PROTOCOL_WIRE_STAMPED_H

#include "reader.h"

#include <banyan/base/buf.h>
#include <banyan/protocol/record.h>

/* How many items of the surrounding array it takes: stamps, cells, items. */
#define BN_STAMPED_ITEMS 3

typedef struct bn_stamped {
    bn_cell *cells; /* at most BN_FIELDS_MAX, one per field */
    size_t cells_count;
    bn_cell *items; /* at most BN_ITEMS_MAX, unique by field, value and dot */
    size_t items_count;
} bn_stamped;

/* Commit numbers are written as their distance from `cseq`; any distance can be written. */
void bn_pack_stamped(bn_buf *out, const bn_stamped *stamped, uint64_t cseq);
bn_stamped bn_read_stamped(bn_reader *r, bn_arena *arena, uint64_t cseq);

#endif
