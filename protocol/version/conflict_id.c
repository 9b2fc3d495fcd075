/* conflict_id.c - the name of a conflict follows from what it is about.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   kind u16b | entity 16 | field u16b | base origin u32b | base oseq u64b  ->  BLAKE2b-128
 */
#include <banyan/base/number.h>
#include <banyan/protocol/conflict.h>
#include <banyan/protocol/crypto.h>

#include <string.h>

bn_id bn_conflict_id(uint16_t kind, bn_id entity, uint16_t field, bn_dot base)
{
    uint8_t bytes[2 + BN_ID_BYTES + 2 + 4 + 8];
    bn_id id;
    bn_store_u16(bytes, kind);
    memcpy(bytes + 2, entity.bytes, BN_ID_BYTES);
    bn_store_u16(bytes + 18, field);
    bn_store_u32(bytes + 20, base.origin);
    bn_store_u64(bytes + 24, base.oseq);
    /* The key is a public label: it keeps these hashes apart from all others. */
    bn_hash_keyed(BN_SLICE("banyan conflict."), bn_slice_make(bytes, sizeof bytes), id.bytes,
                  sizeof id.bytes);
    return id;
}
