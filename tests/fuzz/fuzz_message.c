/* fuzz_message.c - a frame that is accepted is canonical, and what it carries can be walked.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <banyan/base/check.h>
#include <banyan/base/limits.h>
#include <banyan/protocol/message.h>

#define ARENA_BYTES_MAX (1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void walk_push(bn_msg_push push)
{
    bn_slice op;
    for (uint32_t i = 0; i < push.ops_count; i++) {
        BN_ASSERT(bn_push_next_op(&push.ops, &op, NULL) == BN_OK);
    }
    BN_ASSERT(push.ops.len == 0);
}

static void walk_feed(bn_msg_feed feed, bn_arena *arena)
{
    bn_effect effect;
    bn_rc rc = BN_OK;
    for (uint32_t i = 0; i < feed.effects_count && rc == BN_OK; i++) {
        rc = bn_effect_decode(&feed.effects, arena, &effect, NULL);
    }
    BN_ASSERT(rc != BN_OK || feed.effects.len == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    bn_slice frame = bn_slice_make(bytes, len);
    bn_arena arena;
    bn_message message;
    bn_arena_init(&arena, ARENA_BYTES_MAX);
    if (bn_message_decode(frame, &arena, &message, NULL) == BN_OK) {
        bn_buf again;
        bn_buf_init(&again, BN_FRAME_BYTES_MAX);
        bn_message_encode(&message, &again);
        BN_ASSERT(bn_buf_status(&again) == BN_OK);
        BN_ASSERT(bn_slice_equal(bn_buf_slice(&again), frame));
        bn_buf_fini(&again);
        if (message.type == BN_MSG_PUSH) {
            walk_push(message.push);
        } else if (message.type == BN_MSG_FEED) {
            walk_feed(message.feed, &arena);
        }
    }
    bn_arena_fini(&arena);
    return 0;
}
