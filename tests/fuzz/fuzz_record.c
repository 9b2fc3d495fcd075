/* fuzz_record.c - records, conflicts and effects that are accepted are canonical.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The same bytes are offered to all three decoders.
 */
#include "protocol/wire/scan.h"

#include <banyan/base/check.h>
#include <banyan/base/limits.h>
#include <banyan/protocol/conflict.h>
#include <banyan/protocol/effect.h>

#define ARENA_BYTES_MAX (1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void check(const bn_buf *again, bn_slice bytes)
{
    bn_scan_fault fault;
    BN_ASSERT(bn_buf_status(again) == BN_OK);
    BN_ASSERT(bn_slice_equal(bn_buf_slice(again), bytes));
    BN_ASSERT(bn_scan(bytes, &fault) == BN_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    bn_slice all = bn_slice_make(bytes, len);
    bn_slice rest = all;
    bn_arena arena;
    bn_buf again;
    bn_record record;
    bn_conflict conflict;
    bn_effect effect;
    bn_arena_init(&arena, ARENA_BYTES_MAX);
    bn_buf_init(&again, BN_VALUE_BYTES_MAX);
    if (bn_record_decode(1, (bn_id){{0}}, all, &arena, &record, NULL) == BN_OK) {
        bn_record_encode(&record, &again);
        check(&again, all);
    }
    bn_buf_clear(&again);
    if (bn_conflict_decode(all, &arena, &conflict, NULL) == BN_OK) {
        bn_conflict_encode(&conflict, &again);
        check(&again, all);
    }
    bn_buf_clear(&again);
    if (bn_effect_decode(&rest, &arena, &effect, NULL) == BN_OK) {
        BN_ASSERT(rest.len < len && rest.data == bytes + (len - rest.len));
        bn_effect_encode(&effect, &again);
        check(&again, bn_slice_make(bytes, len - rest.len));
    }
    bn_buf_fini(&again);
    bn_arena_fini(&arena);
    return 0;
}
