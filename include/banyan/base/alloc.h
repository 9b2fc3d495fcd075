/* alloc.h - the one door to the heap, so that a test can refuse the n-th request.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_BASE_ALLOC_H
#define BANYAN_BASE_ALLOC_H

#include <stddef.h>

void *bn_alloc(size_t size);                        /* zeroed; NULL when refused */
void *bn_alloc_array(size_t count, size_t size);    /* zeroed; NULL also on overflow */
void *bn_realloc_array(void *block, size_t count, size_t size); /* as realloc; block kept on NULL */
void bn_free(void *block);                          /* NULL is fine */
char *bn_strdup(const char *text);

/* Test hook: the n-th request from now on is refused (1 = the next); 0 switches it off. */
void bn_alloc_fail_at(size_t n);

#endif
