/* arena.c - memory of one request or one batch.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <banyan/base/alloc.h>
#include <banyan/base/arena.h>
#include <banyan/base/check.h>
#include <banyan/base/number.h>

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define BLOCK_BYTES 16384

struct bn_arena_block {
    bn_arena_block *next;
    size_t used;
    size_t capacity;
    alignas(max_align_t) uint8_t bytes[];
};

void bn_arena_init(bn_arena *arena, size_t size_max)
{
    *arena = (bn_arena){.size_max = size_max};
}

void bn_arena_fini(bn_arena *arena)
{
    bn_arena_block *block = arena->first;
    while (block != NULL) {
        bn_arena_block *next = block->next;
        bn_free(block);
        block = next;
    }
    bn_arena_init(arena, arena->size_max);
}

void bn_arena_reset(bn_arena *arena)
{
    for (bn_arena_block *block = arena->first; block != NULL; block = block->next) {
        block->used = 0;
    }
    arena->current = arena->first;
    arena->used_bytes = 0;
}

static bn_arena_block *add_block(bn_arena *arena, size_t size)
{
    size_t capacity = size > BLOCK_BYTES ? size : BLOCK_BYTES;
    bn_arena_block *block = bn_alloc(sizeof *block + capacity);
    if (block == NULL) {
        return NULL;
    }
    block->capacity = capacity;
    if (arena->current == NULL) {
        arena->first = block;
    } else {
        block->next = arena->current->next;
        arena->current->next = block;
    }
    arena->current = block;
    return block;
}

/* The block that has room for `size`, walking over kept blocks before asking for a new one. */
static bn_arena_block *block_for(bn_arena *arena, size_t size)
{
    bn_arena_block *block = arena->current;
    while (block != NULL && block->capacity - block->used < size) {
        if (block->next == NULL || block->next->used > 0) {
            return add_block(arena, size);
        }
        block = block->next;
        arena->current = block;
    }
    return block != NULL ? block : add_block(arena, size);
}

void *bn_arena_alloc(bn_arena *arena, size_t size)
{
    size_t rounded = 0;
    size_t total = 0;
    if (!bn_add_size(size, alignof(max_align_t) - 1, &rounded)) {
        return NULL;
    }
    rounded -= rounded % alignof(max_align_t);
    if (!bn_add_size(arena->used_bytes, rounded, &total) || total > arena->size_max) {
        return NULL;
    }
    bn_arena_block *block = block_for(arena, rounded);
    if (block == NULL) {
        return NULL;
    }
    void *result = block->bytes + block->used;
    block->used += rounded;
    arena->used_bytes = total;
    return memset(result, 0, rounded);
}

void *bn_arena_array(bn_arena *arena, size_t count, size_t size)
{
    size_t total = 0;
    return bn_mul_size(count, size, &total) ? bn_arena_alloc(arena, total) : NULL;
}

bn_slice bn_arena_copy(bn_arena *arena, bn_slice s)
{
    uint8_t *copy = bn_arena_alloc(arena, s.len > 0 ? s.len : 1);
    if (copy == NULL) {
        return (bn_slice){NULL, 0};
    }
    if (s.len > 0) {
        memcpy(copy, s.data, s.len);
    }
    return bn_slice_make(copy, s.len);
}

char *bn_arena_cstr(bn_arena *arena, bn_slice s)
{
    char *copy = bn_arena_alloc(arena, s.len + 1);
    if (copy != NULL && s.len > 0) {
        memcpy(copy, s.data, s.len);
    }
    return copy;
}

char *bn_arena_printf(bn_arena *arena, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    va_list again;
    va_copy(again, arguments);
    int needed = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    BN_ASSERT(needed >= 0);
    char *text = bn_arena_alloc(arena, (size_t)needed + 1);
    if (text != NULL) {
        vsnprintf(text, (size_t)needed + 1, format, again);
    }
    va_end(again);
    return text;
}
