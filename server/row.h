/* row.h - small rows of the server's own tables: numbers big endian, bytes behind their length.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Readers stick at the first failure and give zeros from then on; bn_row_end() tells.
 */
#ifndef BANYAN_SERVER_ROW_H
#define BANYAN_SERVER_ROW_H

#include <banyan/base/buf.h>
#include <banyan/base/id.h>
#include <banyan/base/number.h>
#include <banyan/protocol/crypto.h>

typedef struct bn_row {
    bn_slice rest;
    bool failed;
} bn_row;

void bn_row_put_u8(bn_buf *out, uint8_t value);
void bn_row_put_u16(bn_buf *out, uint16_t value);
void bn_row_put_u32(bn_buf *out, uint32_t value);
void bn_row_put_u64(bn_buf *out, uint64_t value);
void bn_row_put_dot(bn_buf *out, bn_dot dot);
void bn_row_put_bytes(bn_buf *out, bn_slice bytes); /* u32 length first */

uint8_t bn_row_u8(bn_row *row);
uint16_t bn_row_u16(bn_row *row);
uint32_t bn_row_u32(bn_row *row);
uint64_t bn_row_u64(bn_row *row);
bn_dot bn_row_dot(bn_row *row);
bn_slice bn_row_bytes(bn_row *row); /* borrowed */
void bn_row_fixed(bn_row *row, void *out, size_t len);

/* BN_E_CORRUPT when something was missing or is left over. */
BN_CHECKED bn_rc bn_row_end(const bn_row *row, const char *what, bn_err *err);

#endif
