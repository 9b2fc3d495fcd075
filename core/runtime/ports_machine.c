/* ports_machine.c - the machine's clock and random bytes: the only place that asks for them.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <banyan/core/ports.h>

#include <banyan/base/check.h>

#include <errno.h>
#include <sys/random.h>
#include <time.h>

#define GETRANDOM_BYTES_MAX 256 /* so much comes whole, whatever signals arrive */

static uint64_t read_clock(clockid_t which)
{
    struct timespec now;
    int failed = clock_gettime(which, &now);
    BN_ASSERT(failed == 0);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static uint64_t wall_ms(void *context)
{
    (void)context;
    return read_clock(CLOCK_REALTIME);
}

/* CLOCK_BOOTTIME also counts while the machine sleeps: a peer's silence goes on meanwhile. */
static uint64_t mono_ms(void *context)
{
    (void)context;
    return read_clock(CLOCK_BOOTTIME);
}

/* Blocks only before the kernel's pool is first filled; a kernel without getrandom asserts, as
 * nothing here may go on with bytes that are not random. */
static void fill(void *context, void *out, size_t len)
{
    (void)context;
    uint8_t *at = out;
    while (len > 0) {
        size_t wanted = len < GETRANDOM_BYTES_MAX ? len : GETRANDOM_BYTES_MAX;
        ssize_t got = getrandom(at, wanted, 0);
        BN_ASSERT(got >= 0 || errno == EINTR);
        if (got > 0) {
            at += got;
            len -= (size_t)got;
        }
    }
}

const bn_clock *bn_clock_machine(void)
{
    static const bn_clock clock = {.wall_ms = wall_ms, .mono_ms = mono_ms};
    return &clock;
}

const bn_random *bn_random_machine(void)
{
    static const bn_random random = {.fill = fill};
    return &random;
}
