/* scan.h - walks msgpack bytes once, without allocating, before anybody believes them.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_PROTOCOL_WIRE_SCAN_H
#define BANYAN_PROTOCOL_WIRE_SCAN_H

#include <banyan/base/err.h>
#include <banyan/base/slice.h>

typedef struct bn_scan_fault {
    size_t offset;      /* of the byte that is wrong */
    const char *reason; /* static */
} bn_scan_fault;

/* Exactly one item fills `bytes`. BN_E_FORMAT, BN_E_LIMIT (depth, number of items). */
BN_CHECKED bn_rc bn_scan(bn_slice bytes, bn_scan_fault *fault);

/* The item at the start of `bytes`; *len gets its length. */
BN_CHECKED bn_rc bn_scan_first(bn_slice bytes, size_t *len, bn_scan_fault *fault);

#endif
