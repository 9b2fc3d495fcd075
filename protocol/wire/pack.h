/* pack.h - appends single msgpack items to a buffer, always in the shortest form.
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a reader would refuse is not written: the buffer gets a sticky BN_E_LIMIT or BN_E_INVALID
 * instead, so bytes that encode always decode.
 */
#ifndef BANYAN_PROTOCOL_WIRE_PACK_H
#define BANYAN_PROTOCOL_WIRE_PACK_H

#include <banyan/base/buf.h>
#include <banyan/base/id.h>
#include <banyan/protocol/value.h>

/* Longest diagnostic text: what an error can say. */
#define BN_REASON_BYTES_MAX BN_ERR_TEXT_MAX

void bn_pack_nil(bn_buf *out);
void bn_pack_bool(bn_buf *out, bool value);
void bn_pack_uint(bn_buf *out, uint64_t value);
void bn_pack_int(bn_buf *out, int64_t value);
void bn_pack_array(bn_buf *out, size_t count);
void bn_pack_bytes(bn_buf *out, const void *bytes, size_t len);
void bn_pack_text(bn_buf *out, bn_slice text, size_t len_max);

/* A diagnostic text that may hold anything: cut to BN_REASON_BYTES_MAX and cleaned, so that an
 * answer never fails because of the sentence in it. */
void bn_pack_reason(bn_buf *out, bn_slice text);
void bn_pack_id(bn_buf *out, bn_id id);
void bn_pack_dot(bn_buf *out, bn_dot dot);
void bn_pack_value(bn_buf *out, bn_value value);

/* Makes the buffer fail. */
void bn_pack_refuse(bn_buf *out, bn_rc rc);

#endif
