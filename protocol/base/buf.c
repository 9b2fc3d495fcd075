/* buf.c - a growing byte buffer with a ceiling.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <banyan/base/alloc.h>
#include <banyan/base/buf.h>
#include <banyan/base/check.h>
#include <banyan/base/number.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define CAPACITY_MIN 64

void bn_buf_init(bn_buf *buf, size_t size_max)
{
    *buf = (bn_buf){.size_max = size_max};
}

void bn_buf_fini(bn_buf *buf)
{
    bn_free(buf->data);
    *buf = (bn_buf){.size_max = buf->size_max};
}

void bn_buf_clear(bn_buf *buf)
{
    buf->len = 0;
    buf->status = BN_OK;
}

/* Capacity for `wanted` bytes and one more, so that bn_buf_cstr() always has room. */
static bool reserve(bn_buf *buf, size_t wanted)
{
    if (wanted + 1 <= buf->capacity) {
        return true;
    }
    size_t capacity = buf->capacity < CAPACITY_MIN ? CAPACITY_MIN : buf->capacity;
    while (capacity < wanted + 1) {
        capacity *= 2;
    }
    uint8_t *data = bn_realloc_array(buf->data, capacity, 1);
    if (data == NULL) {
        buf->status = BN_E_NO_MEMORY;
        return false;
    }
    buf->data = data;
    buf->capacity = capacity;
    return true;
}

uint8_t *bn_buf_grow(bn_buf *buf, size_t len)
{
    size_t wanted = 0;
    if (buf->status != BN_OK) {
        return NULL;
    }
    if (!bn_add_size(buf->len, len, &wanted) || wanted > buf->size_max) {
        buf->status = BN_E_LIMIT;
        return NULL;
    }
    if (!reserve(buf, wanted)) {
        return NULL;
    }
    uint8_t *room = buf->data + buf->len;
    buf->len = wanted;
    return room;
}

void bn_buf_append(bn_buf *buf, const void *bytes, size_t len)
{
    uint8_t *room = bn_buf_grow(buf, len);
    if (room != NULL && len > 0) {
        memcpy(room, bytes, len);
    }
}

void bn_buf_append_slice(bn_buf *buf, bn_slice s)
{
    bn_buf_append(buf, s.data, s.len);
}

void bn_buf_append_byte(bn_buf *buf, uint8_t byte)
{
    bn_buf_append(buf, &byte, 1);
}

void bn_buf_append_text(bn_buf *buf, const char *text)
{
    bn_buf_append(buf, text, strlen(text));
}

void bn_buf_printf(bn_buf *buf, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    va_list again;
    va_copy(again, arguments);
    int needed = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    BN_ASSERT(needed >= 0);
    size_t at = buf->len;
    if (bn_buf_grow(buf, (size_t)needed) != NULL) {
        /* reserve() left room for the NUL. */
        vsnprintf((char *)buf->data + at, (size_t)needed + 1, format, again);
    }
    va_end(again);
}

void bn_buf_truncate(bn_buf *buf, size_t len)
{
    BN_ASSERT(len <= buf->len);
    buf->len = len;
}

bn_rc bn_buf_status(const bn_buf *buf)
{
    return buf->status;
}

bn_slice bn_buf_slice(const bn_buf *buf)
{
    return bn_slice_make(buf->data, buf->len);
}

const char *bn_buf_cstr(bn_buf *buf)
{
    if (buf->status != BN_OK || !reserve(buf, buf->len)) {
        return "";
    }
    buf->data[buf->len] = 0;
    return (const char *)buf->data;
}
