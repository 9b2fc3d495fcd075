/* buf.h - a growing byte buffer with a ceiling.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The first failure (ceiling or memory) sticks: later appends do nothing and bn_buf_status()
 * reports it, so that a writer may check once at the end.
 */
#ifndef BANYAN_BASE_BUF_H
#define BANYAN_BASE_BUF_H

#include <banyan/base/err.h>
#include <banyan/base/slice.h>

typedef struct bn_buf {
    uint8_t *data;
    size_t len;
    size_t capacity;
    size_t size_max;
    bn_rc status;
} bn_buf;

/* An empty buffer that may grow to `size_max` bytes; allocates nothing yet. */
void bn_buf_init(bn_buf *buf, size_t size_max);
void bn_buf_fini(bn_buf *buf);

/* Forgets the content and a sticky failure, keeps the memory. */
void bn_buf_clear(bn_buf *buf);
void bn_buf_append(bn_buf *buf, const void *bytes, size_t len);
void bn_buf_append_slice(bn_buf *buf, bn_slice s);
void bn_buf_append_byte(bn_buf *buf, uint8_t byte);
void bn_buf_append_text(bn_buf *buf, const char *text);
void bn_buf_printf(bn_buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Room for `len` more bytes, to be written by the caller; NULL after a failure. */
uint8_t *bn_buf_grow(bn_buf *buf, size_t len);

/* Cuts back to `len` bytes; len <= buf->len. */
void bn_buf_truncate(bn_buf *buf, size_t len);

/* BN_OK, BN_E_LIMIT or BN_E_NO_MEMORY. */
BN_CHECKED bn_rc bn_buf_status(const bn_buf *buf);

/* Borrowed until the next append. */
bn_slice bn_buf_slice(const bn_buf *buf);

/* The content as a NUL-terminated string, borrowed until the next append; "" after a failure. */
const char *bn_buf_cstr(bn_buf *buf);

#endif
