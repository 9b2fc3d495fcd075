/* slice.h - borrowed bytes: pointer and length, never NUL-terminated by promise.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_BASE_SLICE_H
#define BANYAN_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct bn_slice {
    const uint8_t *data;
    size_t len;
} bn_slice;

/* Slice of a string literal. */
#define BN_SLICE(literal) ((bn_slice){(const uint8_t *)("" literal), sizeof(literal) - 1})

/* For printf("%.*s", BN_SLICE_ARG(s)). */
#define BN_SLICE_ARG(s) (int)(s).len, (const char *)(s).data

bn_slice bn_slice_of(const char *text); /* text may be NULL: empty slice */
bn_slice bn_slice_make(const void *data, size_t len);
bool bn_slice_equal(bn_slice a, bn_slice b);

/* Byte order, shorter first on a common prefix: <0, 0, >0. */
int bn_slice_compare(bn_slice a, bn_slice b);
bool bn_slice_starts(bn_slice s, bn_slice prefix);

/* True when `s` equals the NUL-terminated `text`. */
bool bn_slice_is(bn_slice s, const char *text);

/* Without ASCII blanks at both ends. */
bn_slice bn_slice_trim(bn_slice s);

#endif
