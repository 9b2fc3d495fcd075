/* alloc.c - the one door to the heap.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <banyan/base/alloc.h>
#include <banyan/base/number.h>

#include <stdlib.h>
#include <string.h>

static _Thread_local size_t requests_until_failure;

static bool refused(void)
{
    return requests_until_failure > 0 && --requests_until_failure == 0;
}

void *bn_alloc(size_t size)
{
    return refused() ? NULL : calloc(1, size > 0 ? size : 1);
}

void *bn_alloc_array(size_t count, size_t size)
{
    size_t total = 0;
    return bn_mul_size(count, size, &total) ? bn_alloc(total) : NULL;
}

void *bn_realloc_array(void *block, size_t count, size_t size)
{
    size_t total = 0;
    if (!bn_mul_size(count, size, &total) || refused()) {
        return NULL;
    }
    return realloc(block, total > 0 ? total : 1);
}

void bn_free(void *block)
{
    free(block);
}

char *bn_strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = bn_alloc(size);
    if (copy != NULL) {
        memcpy(copy, text, size);
    }
    return copy;
}

void bn_alloc_fail_at(size_t n)
{
    requests_until_failure = n;
}
