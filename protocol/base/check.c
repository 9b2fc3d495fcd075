/* check.c - what happens when we find our own mistake: say where, and stop.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <banyan/base/check.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void bn_assert_failed(const char *expression, const char *file, int line)
{
    fprintf(stderr, "assertion failed: %s at %s:%d\n", expression, file, line);
    fflush(stderr);
    _exit(BN_EXIT_ASSERT);
}
