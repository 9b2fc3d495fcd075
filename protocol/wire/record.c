/* record.c - bytes of a record.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   record  [schema version, last cseq, stamps, cells, items]      stamped.c draws the last three
 *
 * Kind and id are in the key of the store, so they are not repeated here.
 */
#include <banyan/base/limits.h>
#include <banyan/protocol/record.h>

#include "pack.h"
#include "reader.h"
#include "stamped.h"

#define RECORD_ITEMS (2 + BN_STAMPED_ITEMS)

void bn_record_encode(const bn_record *record, bn_buf *out)
{
    size_t start = out->len;
    bn_stamped stamped = {record->cells, record->cells_count, record->items, record->items_count};
    bn_pack_array(out, RECORD_ITEMS);
    bn_pack_uint(out, record->schema_version);
    bn_pack_uint(out, record->last_cseq);
    bn_pack_stamped(out, &stamped, record->last_cseq);
    if (out->len - start > BN_RECORD_BYTES_MAX) {
        bn_pack_refuse(out, BN_E_LIMIT);
    }
}

bn_rc bn_record_decode(uint16_t kind, bn_id id, bn_slice bytes, bn_arena *arena, bn_record *out,
                       bn_err *err)
{
    if (bytes.len > BN_RECORD_BYTES_MAX) {
        return bn_fail(err, BN_E_LIMIT, "record: %zu bytes, limit %d", bytes.len,
                       BN_RECORD_BYTES_MAX);
    }
    bn_record record = {.kind = kind, .id = id};
    bn_reader r;
    bn_reader_init(&r, bytes);
    bn_read_array(&r, RECORD_ITEMS, RECORD_ITEMS);
    record.schema_version = (uint16_t)bn_read_uint(&r, UINT16_MAX);
    record.last_cseq = bn_read_uint(&r, UINT64_MAX);
    bn_stamped stamped = bn_read_stamped(&r, arena, record.last_cseq);
    BN_TRY(bn_reader_end(&r, "record", err));
    record.cells = stamped.cells;
    record.cells_count = stamped.cells_count;
    record.items = stamped.items;
    record.items_count = stamped.items_count;
    *out = record;
    return BN_OK;
}
