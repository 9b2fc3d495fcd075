/* ports.h - clock and randomness as small tables of functions, passed in.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The daemons pass the machine's; the simulator and the tests pass their own. Nothing outside
 * core/runtime asks the machine for the time or for random bytes on any other way.
 */
#ifndef BANYAN_CORE_PORTS_H
#define BANYAN_CORE_PORTS_H

#include <stddef.h>
#include <stdint.h>

typedef struct bn_clock {
    uint64_t (*wall_ms)(void *context); /* UTC, milliseconds since 1970; may jump */
    uint64_t (*mono_ms)(void *context); /* never goes back; for timers only */
    void *context;
} bn_clock;

typedef struct bn_random {
    void (*fill)(void *context, void *out, size_t len);
    void *context;
} bn_random;

/* The machine's clock and getrandom(2); static, never released. */
const bn_clock *bn_clock_machine(void);
const bn_random *bn_random_machine(void);

#endif
