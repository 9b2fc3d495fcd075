/* id.c - the names of things.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <banyan/base/id.h>
#include <banyan/base/number.h>
#include <banyan/base/text.h>

#include <string.h>

bn_id bn_id_make(uint32_t origin, uint64_t ms, const uint8_t random[6])
{
    bn_id id;
    uint8_t time_bytes[8];
    bn_store_u32(id.bytes, origin);
    bn_store_u64(time_bytes, ms);
    memcpy(id.bytes + 4, time_bytes + 2, 6);
    memcpy(id.bytes + 10, random, 6);
    return id;
}

uint32_t bn_id_origin(bn_id id)
{
    return bn_load_u32(id.bytes);
}

uint64_t bn_id_ms(bn_id id)
{
    uint8_t time_bytes[8] = {0};
    memcpy(time_bytes + 2, id.bytes + 4, 6);
    return bn_load_u64(time_bytes);
}

bool bn_id_equal(bn_id a, bn_id b)
{
    return memcmp(a.bytes, b.bytes, BN_ID_BYTES) == 0;
}

bool bn_id_is_zero(bn_id id)
{
    return bn_id_equal(id, (bn_id){0});
}

int bn_id_compare(bn_id a, bn_id b)
{
    return memcmp(a.bytes, b.bytes, BN_ID_BYTES);
}

bn_slice bn_id_slice(const bn_id *id)
{
    return bn_slice_make(id->bytes, BN_ID_BYTES);
}

void bn_id_format(bn_id id, char text[BN_ID_TEXT_BYTES])
{
    bn_hex_encode(bn_id_slice(&id), text);
}

bn_rc bn_id_parse(bn_slice text, bn_id *out)
{
    bn_id id;
    BN_TRY(bn_hex_decode(text, id.bytes, BN_ID_BYTES));
    *out = id;
    return BN_OK;
}

bool bn_dot_equal(bn_dot a, bn_dot b)
{
    return a.origin == b.origin && a.oseq == b.oseq;
}

bool bn_dot_is_none(bn_dot dot)
{
    return dot.origin == 0 && dot.oseq == 0;
}

int bn_dot_compare(bn_dot a, bn_dot b)
{
    if (a.origin != b.origin) {
        return a.origin < b.origin ? -1 : 1;
    }
    return (a.oseq > b.oseq) - (a.oseq < b.oseq);
}

uint64_t bn_hlc_ms(bn_hlc hlc)
{
    return hlc.value >> 16;
}

uint32_t bn_hlc_counter(bn_hlc hlc)
{
    return (uint32_t)(hlc.value & 0xffff);
}

bn_hlc bn_hlc_make(uint64_t ms, uint32_t counter)
{
    return (bn_hlc){.value = ms << 16 | (counter & 0xffff)};
}

int bn_hlc_compare(bn_hlc a, bn_hlc b)
{
    return (a.value > b.value) - (a.value < b.value);
}
