/* test_memory.c - buffers and arenas: ceilings, refusals, reuse.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "unit/unit.h"

#include <banyan/base/alloc.h>
#include <banyan/base/arena.h>
#include <banyan/base/buf.h>

#include <string.h>

static void buf__stops_at_its_ceiling_and_remembers(void **state)
{
    (void)state;
    bn_buf buf;
    bn_buf_init(&buf, 8);
    bn_buf_append_text(&buf, "12345678");
    assert_int_equal(bn_buf_status(&buf), BN_OK);
    assert_string_equal(bn_buf_cstr(&buf), "12345678");
    bn_buf_append_byte(&buf, 'x');
    assert_int_equal(bn_buf_status(&buf), BN_E_LIMIT);
    assert_int_equal(buf.len, 8);
    bn_buf_clear(&buf);
    bn_buf_printf(&buf, "%d-%s", 42, "ok");
    assert_int_equal(bn_buf_status(&buf), BN_OK);
    assert_string_equal(bn_buf_cstr(&buf), "42-ok");
    bn_buf_fini(&buf);
}

static void buf__reports_a_refused_allocation(void **state)
{
    (void)state;
    bn_buf buf;
    bn_buf_init(&buf, 1000);
    bn_alloc_fail_at(1);
    bn_buf_append_text(&buf, "text");
    assert_int_equal(bn_buf_status(&buf), BN_E_NO_MEMORY);
    bn_alloc_fail_at(0);
    bn_buf_fini(&buf);
}

static void arena__gives_zeroed_aligned_memory_up_to_its_ceiling(void **state)
{
    (void)state;
    bn_arena arena;
    bn_arena_init(&arena, 100000);
    for (int round = 0; round < 3; round++) {
        size_t got = 0;
        for (;; got++) {
            uint8_t *block = bn_arena_alloc(&arena, 33);
            if (block == NULL) {
                break;
            }
            assert_int_equal((uintptr_t)block % sizeof(void *), 0);
            for (size_t i = 0; i < 33; i++) {
                assert_int_equal(block[i], 0);
            }
            memset(block, 0xff, 33);
        }
        assert_int_equal(got, 100000 / 48);
        bn_arena_reset(&arena);
    }
    bn_arena_fini(&arena);
}

static void arena__serves_blocks_larger_than_its_own(void **state)
{
    (void)state;
    bn_arena arena;
    bn_arena_init(&arena, 1 << 20);
    assert_non_null(bn_arena_alloc(&arena, 10));
    assert_non_null(bn_arena_alloc(&arena, 500000));
    assert_non_null(bn_arena_alloc(&arena, 10));
    assert_null(bn_arena_alloc(&arena, 600000));
    assert_null(bn_arena_array(&arena, SIZE_MAX, 2));
    assert_string_equal(bn_arena_printf(&arena, "%s %d", "n", 7), "n 7");
    bn_arena_fini(&arena);
}

static void arena__survives_a_refused_allocation(void **state)
{
    (void)state;
    bn_arena arena;
    bn_arena_init(&arena, 1 << 20);
    bn_alloc_fail_at(1);
    assert_null(bn_arena_alloc(&arena, 10));
    bn_alloc_fail_at(0);
    assert_non_null(bn_arena_alloc(&arena, 10));
    bn_arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buf__stops_at_its_ceiling_and_remembers),
        cmocka_unit_test(buf__reports_a_refused_allocation),
        cmocka_unit_test(arena__gives_zeroed_aligned_memory_up_to_its_ceiling),
        cmocka_unit_test(arena__serves_blocks_larger_than_its_own),
        cmocka_unit_test(arena__survives_a_refused_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
