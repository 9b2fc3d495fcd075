/* arena.h - memory of one request or one batch, released as a whole.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Blocks are kept over bn_arena_reset(), so a loop that resets per request settles without
 * calling the allocator. Every result is aligned for any type.
 */
#ifndef BANYAN_BASE_ARENA_H
#define BANYAN_BASE_ARENA_H

#include <banyan/base/slice.h>

typedef struct bn_arena_block bn_arena_block;

typedef struct bn_arena {
    bn_arena_block *first;
    bn_arena_block *current;
    size_t used_bytes; /* over all blocks since the last reset */
    size_t size_max;
} bn_arena;

void bn_arena_init(bn_arena *arena, size_t size_max);
void bn_arena_fini(bn_arena *arena);
void bn_arena_reset(bn_arena *arena);

/* Zeroed memory, or NULL when the ceiling or the allocator says no. */
void *bn_arena_alloc(bn_arena *arena, size_t size);

/* Zeroed array; NULL also when count * size overflows. */
void *bn_arena_array(bn_arena *arena, size_t count, size_t size);

/* Copies; data is NULL in the result after a failure (len 0 with data non-NULL for empty input). */
bn_slice bn_arena_copy(bn_arena *arena, bn_slice s);
char *bn_arena_cstr(bn_arena *arena, bn_slice s);

/* printf into the arena; NULL after a failure. */
char *bn_arena_printf(bn_arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
