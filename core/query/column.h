/* column.h - entries of customers packed one after the other, with their ids beside them.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_CORE_QUERY_COLUMN_H
#define BANYAN_CORE_QUERY_COLUMN_H

#include <banyan/core/search.h>

typedef struct bn_column_place {
    bn_id id;       /* zero: removed, its bytes are zero too */
    uint32_t start; /* its entry reaches to the start of the next place */
} bn_column_place;

struct bn_search_column {
    uint8_t *bytes;
    size_t bytes_len;
    size_t bytes_capacity;
    size_t waste_bytes; /* zero bytes that a compaction would free */

    bn_column_place *places; /* ascending by start */
    size_t places_count;
    size_t places_capacity;
    size_t live_count;

    uint32_t *slots;    /* id -> place + 1; 0 empty, SLOT_GONE passed over */
    size_t slots_count; /* a power of two */
    size_t slots_used;  /* not empty */
};

/* Where the entry of place `index` ends. */
size_t bn_column_end(const bn_search_column *column, size_t index);

/* The place whose entry holds `offset`, looked for from place `from` on. */
size_t bn_column_place_of(const bn_search_column *column, size_t offset, size_t from);

#endif
