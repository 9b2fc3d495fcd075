/* fuzz_op.c - an op that is accepted is canonical: it encodes to the bytes it came from.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "protocol/wire/scan.h"

#include <banyan/base/check.h>
#include <banyan/base/limits.h>
#include <banyan/protocol/op.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    bn_slice all = bn_slice_make(bytes, len);
    bn_arena arena;
    bn_op op;
    bn_arena_init(&arena, 64 * 1024);
    if (bn_op_decode(all, &arena, &op, NULL) == BN_OK) {
        bn_buf again;
        bn_scan_fault fault;
        bn_buf_init(&again, BN_OP_BYTES_MAX);
        bn_op_encode(&op, &again);
        BN_ASSERT(bn_buf_status(&again) == BN_OK);
        BN_ASSERT(bn_slice_equal(bn_buf_slice(&again), all));
        BN_ASSERT(bn_scan(all, &fault) == BN_OK);
        bn_buf_fini(&again);
    }
    bn_arena_fini(&arena);
    return 0;
}
