/* start.c - the seed of what libzmq draws from the C library's generator.
 * SPDX-License-Identifier: Apache-2.0
 *
 * libzmq never seeds it: every process would make the same routing ids, and a peer that knows the
 * next one can take it, which aborts the process. One getrandom() makes them unguessable.
 */
#include <banyan/base/check.h>
#include <banyan/core/link.h>

#include <stdlib.h>
#include <sys/random.h>

void bn_link_start(void)
{
    unsigned seed = 0;
    ssize_t got = getrandom(&seed, sizeof seed, 0);
    BN_ASSERT(got == (ssize_t)sizeof seed);
    srand(seed);
}
