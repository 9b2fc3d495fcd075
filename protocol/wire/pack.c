/* pack.c - appends single msgpack items to a buffer, always in the shortest form.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "pack.h"
#include "token.h"

#include <banyan/base/limits.h>
#include <banyan/base/text.h>

#include <msgpack.h>

static int append(void *context, const char *bytes, size_t len)
{
    bn_buf_append(context, bytes, len);
    return 0; /* the buffer remembers a failure by itself */
}

static msgpack_packer packer_of(bn_buf *out)
{
    return (msgpack_packer){.data = out, .callback = append};
}

void bn_pack_nil(bn_buf *out)
{
    bn_buf_append_byte(out, 0xc0);
}

void bn_pack_bool(bn_buf *out, bool value)
{
    bn_buf_append_byte(out, value ? 0xc3 : 0xc2);
}

void bn_pack_uint(bn_buf *out, uint64_t value)
{
    msgpack_packer packer = packer_of(out);
    msgpack_pack_uint64(&packer, value);
}

void bn_pack_int(bn_buf *out, int64_t value)
{
    msgpack_packer packer = packer_of(out);
    msgpack_pack_int64(&packer, value);
}

void bn_pack_array(bn_buf *out, size_t count)
{
    msgpack_packer packer = packer_of(out);
    msgpack_pack_array(&packer, count);
}

void bn_pack_bytes(bn_buf *out, const void *bytes, size_t len)
{
    msgpack_packer packer = packer_of(out);
    msgpack_pack_bin(&packer, len);
    bn_buf_append(out, bytes, len);
}

void bn_pack_text(bn_buf *out, bn_slice text, size_t len_max)
{
    if (text.len > len_max) {
        bn_pack_refuse(out, BN_E_LIMIT);
    } else if (!bn_text_is_clean(text)) {
        bn_pack_refuse(out, BN_E_INVALID);
    } else {
        msgpack_packer packer = packer_of(out);
        msgpack_pack_str(&packer, text.len);
        bn_buf_append_slice(out, text);
    }
}

void bn_pack_reason(bn_buf *out, bn_slice text)
{
    uint8_t clean[BN_REASON_BYTES_MAX];
    size_t used = 0;
    for (size_t at = 0; at < text.len;) {
        size_t start = at;
        bn_utf8_next(text, &at);
        bn_slice character = bn_slice_make(text.data + start, at - start);
        character = bn_text_is_clean(character) ? character : BN_SLICE("?");
        if (character.len > sizeof clean - used) {
            break;
        }
        memcpy(clean + used, character.data, character.len);
        used += character.len;
    }
    bn_pack_text(out, bn_slice_make(clean, used), sizeof clean);
}

void bn_pack_id(bn_buf *out, bn_id id)
{
    bn_pack_bytes(out, id.bytes, sizeof id.bytes);
}

void bn_pack_dot(bn_buf *out, bn_dot dot)
{
    if (bn_dot_is_none(dot)) {
        bn_pack_nil(out);
    } else {
        bn_pack_array(out, 2);
        bn_pack_uint(out, dot.origin);
        bn_pack_uint(out, dot.oseq);
    }
}

void bn_pack_value(bn_buf *out, bn_value value)
{
    switch (value.type) {
    case BN_VALUE_NIL:
        bn_pack_nil(out);
        break;
    case BN_VALUE_INT:
        bn_pack_int(out, value.integer);
        break;
    case BN_VALUE_TEXT:
        bn_pack_text(out, value.text, BN_TEXT_BYTES_MAX);
        break;
    case BN_VALUE_ID:
        bn_pack_id(out, value.id);
        break;
    }
}

void bn_pack_refuse(bn_buf *out, bn_rc rc)
{
    if (out->status == BN_OK) {
        out->status = rc;
    }
}
