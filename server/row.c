/* row.c - reads and writes small rows of the server's own tables.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "row.h"

void bn_row_put_u8(bn_buf *out, uint8_t value)
{
    bn_buf_append_byte(out, value);
}

void bn_row_put_u16(bn_buf *out, uint16_t value)
{
    uint8_t bytes[2];
    bn_store_u16(bytes, value);
    bn_buf_append(out, bytes, sizeof bytes);
}

void bn_row_put_u32(bn_buf *out, uint32_t value)
{
    uint8_t bytes[4];
    bn_store_u32(bytes, value);
    bn_buf_append(out, bytes, sizeof bytes);
}

void bn_row_put_u64(bn_buf *out, uint64_t value)
{
    uint8_t bytes[8];
    bn_store_u64(bytes, value);
    bn_buf_append(out, bytes, sizeof bytes);
}

void bn_row_put_dot(bn_buf *out, bn_dot dot)
{
    bn_row_put_u32(out, dot.origin);
    bn_row_put_u64(out, dot.oseq);
}

void bn_row_put_bytes(bn_buf *out, bn_slice bytes)
{
    bn_row_put_u32(out, (uint32_t)bytes.len);
    bn_buf_append_slice(out, bytes);
}

static const uint8_t *take(bn_row *row, size_t len)
{
    if (row->failed || row->rest.len < len) {
        row->failed = true;
        return NULL;
    }
    const uint8_t *at = row->rest.data;
    row->rest = bn_slice_make(at + len, row->rest.len - len);
    return at;
}

uint8_t bn_row_u8(bn_row *row)
{
    const uint8_t *at = take(row, 1);
    return at != NULL ? at[0] : 0;
}

uint16_t bn_row_u16(bn_row *row)
{
    const uint8_t *at = take(row, 2);
    return at != NULL ? bn_load_u16(at) : 0;
}

uint32_t bn_row_u32(bn_row *row)
{
    const uint8_t *at = take(row, 4);
    return at != NULL ? bn_load_u32(at) : 0;
}

uint64_t bn_row_u64(bn_row *row)
{
    const uint8_t *at = take(row, 8);
    return at != NULL ? bn_load_u64(at) : 0;
}

bn_dot bn_row_dot(bn_row *row)
{
    bn_dot dot = {.origin = bn_row_u32(row)};
    dot.oseq = bn_row_u64(row);
    return dot;
}

bn_slice bn_row_bytes(bn_row *row)
{
    uint32_t len = bn_row_u32(row);
    const uint8_t *at = take(row, len);
    return at != NULL ? bn_slice_make(at, len) : bn_slice_make(NULL, 0);
}

void bn_row_fixed(bn_row *row, void *out, size_t len)
{
    const uint8_t *at = take(row, len);
    if (at != NULL) {
        memcpy(out, at, len);
    } else {
        memset(out, 0, len);
    }
}

bn_rc bn_row_end(const bn_row *row, const char *what, bn_err *err)
{
    if (row->failed || row->rest.len != 0) {
        return bn_fail(err, BN_E_CORRUPT, "%s row: not what was written", what);
    }
    return BN_OK;
}
