/* keys.c - keys of the tables: big endian, so that byte order is number order.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   entity       kind u16 | id 16
 *   entity_u64   kind u16 | id 16 | number u64
 *   u32_u64      first u32 | second u64
 */
#include <banyan/base/number.h>
#include <banyan/core/records.h>

#include <string.h>

bn_slice bn_key_entity(uint8_t out[BN_KEY_ENTITY_BYTES], uint16_t kind, bn_id id)
{
    bn_store_u16(out, kind);
    memcpy(out + 2, id.bytes, BN_ID_BYTES);
    return bn_slice_make(out, BN_KEY_ENTITY_BYTES);
}

bn_slice bn_key_u64(uint8_t out[8], uint64_t number)
{
    bn_store_u64(out, number);
    return bn_slice_make(out, 8);
}

bn_slice bn_key_u32(uint8_t out[4], uint32_t number)
{
    bn_store_u32(out, number);
    return bn_slice_make(out, 4);
}

bn_slice bn_key_u32_u64(uint8_t out[12], uint32_t first, uint64_t second)
{
    bn_store_u32(out, first);
    bn_store_u64(out + 4, second);
    return bn_slice_make(out, 12);
}

bn_slice bn_key_entity_u64(uint8_t out[BN_KEY_ENTITY_U64_BYTES], uint16_t kind, bn_id id,
                           uint64_t number)
{
    bn_key_entity(out, kind, id);
    bn_store_u64(out + BN_KEY_ENTITY_BYTES, number);
    return bn_slice_make(out, BN_KEY_ENTITY_U64_BYTES);
}
