/* id.h - the names of things: entity id, dot, hybrid clock value.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   bn_id   | origin u32 BE | milliseconds u48 BE | random 48 bit |   16 bytes
 *   bn_hlc  | milliseconds since 1970, 48 bit | counter, 16 bit |     one u64
 *   bn_dot  (origin, oseq): names one op for ever; {0,0} means "none"
 *
 * Origin first keeps what one branch uploads near-append in an ordered store.
 */
#ifndef BANYAN_BASE_ID_H
#define BANYAN_BASE_ID_H

#include <banyan/base/err.h>
#include <banyan/base/slice.h>

#define BN_ID_BYTES 16
#define BN_ID_TEXT_BYTES 33 /* 32 hex digits and NUL */

typedef struct bn_id {
    uint8_t bytes[BN_ID_BYTES];
} bn_id;

typedef struct bn_hlc {
    uint64_t value;
} bn_hlc;

typedef struct bn_dot {
    uint32_t origin;
    uint64_t oseq;
} bn_dot;

bn_id bn_id_make(uint32_t origin, uint64_t ms, const uint8_t random[6]);
uint32_t bn_id_origin(bn_id id);
uint64_t bn_id_ms(bn_id id);
bool bn_id_equal(bn_id a, bn_id b);
bool bn_id_is_zero(bn_id id);
int bn_id_compare(bn_id a, bn_id b);
bn_slice bn_id_slice(const bn_id *id); /* borrows *id */

/* 32 lower-case hex digits. */
void bn_id_format(bn_id id, char text[BN_ID_TEXT_BYTES]);
BN_CHECKED bn_rc bn_id_parse(bn_slice text, bn_id *out); /* BN_E_INVALID */

bool bn_dot_equal(bn_dot a, bn_dot b);
bool bn_dot_is_none(bn_dot dot);
int bn_dot_compare(bn_dot a, bn_dot b); /* origin, then oseq */

uint64_t bn_hlc_ms(bn_hlc hlc);
uint32_t bn_hlc_counter(bn_hlc hlc);
bn_hlc bn_hlc_make(uint64_t ms, uint32_t counter);
int bn_hlc_compare(bn_hlc a, bn_hlc b);

#endif
