/* reader.c - a cursor over msgpack bytes with typed, bounded gets and one sticky error.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "reader.h"

#include <banyan/base/limits.h>

#include <string.h>

void bn_reader_init(bn_reader *r, bn_slice bytes)
{
    static const uint8_t nothing = 0;
    const uint8_t *start = bytes.data != NULL ? bytes.data : &nothing;
    *r = (bn_reader){.start = start, .at = start, .end = start + bytes.len};
}

static void fail_at(bn_reader *r, const uint8_t *where, bn_rc rc, const char *reason)
{
    if (r->rc == BN_OK) {
        r->rc = rc;
        r->offset = (size_t)(where - r->start);
        r->reason = reason;
    }
}

void bn_reader_fail(bn_reader *r, bn_rc rc, const char *reason)
{
    fail_at(r, r->at, rc, reason);
}

bn_rc bn_reader_status(const bn_reader *r, const char *what, bn_err *err)
{
    if (r->rc == BN_OK) {
        return BN_OK;
    }
    return bn_fail(err, r->rc, "%s: byte %zu: %s", what, r->offset, r->reason);
}

bn_rc bn_reader_end(bn_reader *r, const char *what, bn_err *err)
{
    if (r->at != r->end) {
        bn_reader_fail(r, BN_E_FORMAT, "bytes behind the end");
    }
    return bn_reader_status(r, what, err);
}

bn_token bn_read_token(bn_reader *r)
{
    bn_token token = {BN_TOKEN_NIL, 0};
    if (r->rc == BN_OK) {
        const char *reason = bn_token_take(&r->at, r->end, &token);
        if (reason != NULL) {
            bn_reader_fail(r, BN_E_FORMAT, reason);
        }
    }
    return token;
}

/* The next token when it has the type wanted; otherwise fails, and number is 0. */
static bn_token take_typed(bn_reader *r, bn_token_type type, const char *reason)
{
    const uint8_t *where = r->at;
    bn_token token = bn_read_token(r);
    if (token.type != type) {
        fail_at(r, where, BN_E_FORMAT, reason);
        token = (bn_token){type, 0};
    }
    return token;
}

size_t bn_read_array(bn_reader *r, size_t count_min, size_t count_max)
{
    const uint8_t *where = r->at;
    bn_token token = take_typed(r, BN_TOKEN_ARRAY, "expected an array");
    if (token.number > count_max) {
        fail_at(r, where, BN_E_LIMIT, "array has too many items");
        return 0;
    }
    if (token.number < count_min) {
        fail_at(r, where, BN_E_FORMAT, "array has too few items");
        return 0;
    }
    return token.number;
}

uint64_t bn_read_uint(bn_reader *r, uint64_t max)
{
    const uint8_t *where = r->at;
    bn_token token = take_typed(r, BN_TOKEN_UINT, "expected an unsigned integer");
    if (token.number > max) {
        fail_at(r, where, BN_E_FORMAT, "integer out of range");
        return 0;
    }
    return token.number;
}

int64_t bn_read_int(bn_reader *r)
{
    const uint8_t *where = r->at;
    bn_token token = bn_read_token(r);
    bool is_integer = token.type == BN_TOKEN_NEGATIVE || token.type == BN_TOKEN_UINT;
    if (!is_integer || (token.type == BN_TOKEN_UINT && token.number > INT64_MAX)) {
        fail_at(r, where, BN_E_FORMAT, is_integer ? "integer out of range" : "expected an integer");
        return 0;
    }
    return (int64_t)token.number;
}

bool bn_read_bool(bn_reader *r)
{
    return take_typed(r, BN_TOKEN_BOOL, "expected true or false").number != 0;
}

/* Takes `len` bytes that bn_token_take() has already found to be there. */
static bn_slice take_body(bn_reader *r, size_t len)
{
    bn_slice body = bn_slice_make(r->at, len);
    r->at += len;
    return body;
}

bn_slice bn_read_text(bn_reader *r, size_t len_max)
{
    const uint8_t *where = r->at;
    bn_token token = take_typed(r, BN_TOKEN_TEXT, "expected a text");
    if (token.number > len_max) {
        fail_at(r, where, BN_E_LIMIT, "text too long");
        return bn_slice_make(r->start, 0);
    }
    bn_slice text = take_body(r, token.number);
    if (!bn_text_is_clean(text)) {
        fail_at(r, where, BN_E_FORMAT, "text is not clean UTF-8");
        return bn_slice_make(r->start, 0);
    }
    return text;
}

bn_slice bn_read_bytes(bn_reader *r, size_t len_min, size_t len_max)
{
    const uint8_t *where = r->at;
    bn_token token = take_typed(r, BN_TOKEN_BYTES, "expected bytes");
    if (token.number > len_max || token.number < len_min) {
        bool is_long = token.number > len_max;
        fail_at(r, where, is_long ? BN_E_LIMIT : BN_E_FORMAT,
                is_long ? "too many bytes" : "too few bytes");
        return bn_slice_make(r->start, 0);
    }
    return take_body(r, token.number);
}

void bn_read_exact(bn_reader *r, void *out, size_t len)
{
    const uint8_t *where = r->at;
    bn_token token = take_typed(r, BN_TOKEN_BYTES, "expected bytes");
    if (token.number != len) {
        fail_at(r, where, BN_E_FORMAT, "wrong number of bytes");
        memset(out, 0, len);
        return;
    }
    memcpy(out, take_body(r, len).data, len);
}

bool bn_read_nil(bn_reader *r)
{
    if (r->rc != BN_OK || r->at == r->end || *r->at != 0xc0) {
        return false;
    }
    r->at++;
    return true;
}

bn_id bn_read_id(bn_reader *r)
{
    bn_id id;
    bn_read_exact(r, id.bytes, BN_ID_BYTES);
    return id;
}

bn_dot bn_read_dot(bn_reader *r)
{
    const uint8_t *where = r->at;
    bn_dot dot = {0, 0};
    if (bn_read_nil(r)) {
        return dot;
    }
    bn_read_array(r, 2, 2);
    dot.origin = (uint32_t)bn_read_uint(r, UINT32_MAX);
    dot.oseq = bn_read_uint(r, UINT64_MAX);
    if (bn_dot_is_none(dot)) {
        fail_at(r, where, BN_E_FORMAT, "no dot is written as nil");
    }
    return dot;
}

bn_value bn_read_value(bn_reader *r)
{
    const uint8_t *where = r->at;
    bn_value value = {.type = BN_VALUE_NIL};
    if (r->rc != BN_OK) {
        return value;
    }
    if (r->at == r->end) {
        bn_reader_fail(r, BN_E_FORMAT, "ends too early");
        return value;
    }
    uint8_t lead = *where;
    if (bn_read_nil(r)) {
        return value;
    }
    if (lead == 0xc4) {
        value = (bn_value){.type = BN_VALUE_ID, .id = bn_read_id(r)};
    } else if ((lead >= 0xa0 && lead < 0xc0) || (lead >= 0xd9 && lead <= 0xdb)) {
        value = (bn_value){.type = BN_VALUE_TEXT, .text = bn_read_text(r, BN_TEXT_BYTES_MAX)};
    } else {
        value = (bn_value){.type = BN_VALUE_INT, .integer = bn_read_int(r)};
    }
    return value;
}

void *bn_read_room(bn_reader *r, bn_arena *arena, size_t count, size_t size)
{
    if (count == 0 || r->rc != BN_OK) {
        return NULL;
    }
    void *room = bn_arena_array(arena, count, size);
    if (room == NULL) {
        bn_reader_fail(r, BN_E_NO_MEMORY, "no memory left for it");
    }
    return room;
}
