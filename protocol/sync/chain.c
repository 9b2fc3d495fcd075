/* chain.c - what the hash chains of an origin and of a feed start from and take in.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <banyan/protocol/ticket.h>

#include <banyan/base/number.h>

bn_hash bn_enrol_digest(bn_slice token, const uint8_t transport_key[BN_KEY_BYTES])
{
    return bn_hash_of_two(token, bn_slice_make(transport_key, BN_KEY_BYTES));
}

bn_hash bn_origin_chain_start(uint32_t origin, const uint8_t transport_key[BN_KEY_BYTES])
{
    uint8_t number[4];
    bn_store_u32(number, origin);
    return bn_hash_of_two(bn_slice_make(number, sizeof number),
                          bn_slice_make(transport_key, BN_KEY_BYTES));
}

bn_hash bn_feed_start(uint32_t branch, uint32_t origin)
{
    uint8_t numbers[8];
    bn_store_u32(numbers, branch);
    bn_store_u32(numbers + 4, origin);
    return bn_hash_of_two(BN_SLICE("banyan-feed-v1"), bn_slice_make(numbers, sizeof numbers));
}

bn_hash bn_feed_own(bn_hash feed, uint64_t oseq, uint64_t cseq)
{
    uint8_t row[17];
    row[0] = 'O';
    bn_store_u64(row + 1, oseq);
    bn_store_u64(row + 9, cseq);
    return bn_chain_next(feed, bn_slice_make(row, sizeof row));
}

bn_hash bn_feed_effect(bn_hash feed, bn_slice effect_bytes)
{
    return bn_chain_next(feed, effect_bytes);
}
