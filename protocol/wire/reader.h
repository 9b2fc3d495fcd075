/* reader.h - a cursor over msgpack bytes with typed, bounded gets and one sticky error.
 * SPDX-License-Identifier: Apache-2.0
 *
 * After the first failure every get returns zero or empty and the cursor stands still, so a
 * decoder reads all its fields and asks once at the end. Texts and bytes borrow from the input.
 * Nothing is read twice and nothing is allocated but by bn_read_room().
 */
#ifndef BANYAN_PROTOCOL_WIRE_READER_H
#define BANYAN_PROTOCOL_WIRE_READER_H

#include "token.h"

#include <banyan/base/arena.h>
#include <banyan/base/err.h>
#include <banyan/base/id.h>
#include <banyan/protocol/value.h>

typedef struct bn_reader {
    const uint8_t *start;
    const uint8_t *at;
    const uint8_t *end;
    bn_rc rc;
    size_t offset;      /* where it failed */
    const char *reason; /* static */
} bn_reader;

void bn_reader_init(bn_reader *r, bn_slice bytes);
static inline bool bn_reader_ok(const bn_reader *r)
{
    return r->rc == BN_OK;
}

/* The first failure stays. */
void bn_reader_fail(bn_reader *r, bn_rc rc, const char *reason);

/* Demands that everything was read; reports what failed as "op: byte 17: ...". */
BN_CHECKED bn_rc bn_reader_end(bn_reader *r, const char *what, bn_err *err);

/* The same without the demand: for an item that others follow. */
BN_CHECKED bn_rc bn_reader_status(const bn_reader *r, const char *what, bn_err *err);

bn_token bn_read_token(bn_reader *r); /* any type; nil after a failure */
size_t bn_read_array(bn_reader *r, size_t count_min, size_t count_max);
uint64_t bn_read_uint(bn_reader *r, uint64_t max); /* BN_E_FORMAT above max */
int64_t bn_read_int(bn_reader *r);
bool bn_read_bool(bn_reader *r);
bn_slice bn_read_text(bn_reader *r, size_t len_max); /* clean UTF-8 */
bn_slice bn_read_bytes(bn_reader *r, size_t len_min, size_t len_max);
void bn_read_exact(bn_reader *r, void *out, size_t len); /* bin of just that length */
bool bn_read_nil(bn_reader *r);                          /* takes a nil if one is next */
bn_id bn_read_id(bn_reader *r);
bn_dot bn_read_dot(bn_reader *r); /* nil: none */
bn_value bn_read_value(bn_reader *r);

/* Zeroed room for `count` things, NULL when count is 0 or after a failure. */
void *bn_read_room(bn_reader *r, bn_arena *arena, size_t count, size_t size);

#endif
