/* scan.c - the next place of a short needle in a long column.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   column   . . w a n g x i . .        16 places at once: the first byte of the needle here,
 *   first        w                      its last byte len - 1 further on; only where both
 *   last               g                fit are the bytes in between compared
 *
 * Four such steps share one branch. memmem() of the C library walks byte by byte with a hash and
 * is several times slower on needles of this size.
 */
#include "scan.h"

#include <string.h>

#define LANES 16
#define STEPS 4
#define BLOCK_BYTES (LANES * STEPS)

typedef uint8_t lanes __attribute__((vector_size(LANES)));
typedef uint64_t halves __attribute__((vector_size(LANES)));

static lanes load(const uint8_t *at)
{
    lanes loaded;
    memcpy(&loaded, at, sizeof loaded);
    return loaded;
}

static lanes fill(uint8_t byte)
{
    lanes filled;
    memset(&filled, byte, sizeof filled);
    return filled;
}

static bool is_any(lanes mask)
{
    halves both = (halves)mask;
    return (both[0] | both[1]) != 0;
}

/* Is a place among the BLOCK_BYTES from `at` on where both outer bytes fit? */
static bool is_candidate(const uint8_t *at, size_t reach, lanes first, lanes last)
{
    lanes found = {0};
    for (size_t i = 0; i < BLOCK_BYTES; i += LANES) {
        found |= (lanes)(load(at + i) == first) & (lanes)(load(at + i + reach) == last);
    }
    return is_any(found);
}

static const uint8_t *find_in_block(const uint8_t *at, bn_slice needle)
{
    size_t reach = needle.len - 1;
    for (size_t i = 0; i < BLOCK_BYTES; i++) {
        if (at[i] == needle.data[0] && at[i + reach] == needle.data[reach] &&
            memcmp(at + i, needle.data, needle.len) == 0) {
            return at + i;
        }
    }
    return NULL;
}

const uint8_t *bn_scan_next(const uint8_t *at, const uint8_t *end, bn_slice needle)
{
    size_t reach = needle.len - 1;
    lanes first = fill(needle.data[0]);
    lanes last = fill(needle.data[reach]);
    while ((size_t)(end - at) >= BLOCK_BYTES + reach) {
        if (is_candidate(at, reach, first, last)) {
            const uint8_t *found = find_in_block(at, needle);
            if (found != NULL) {
                return found;
            }
        }
        at += BLOCK_BYTES;
    }
    size_t left = (size_t)(end - at);
    return left < needle.len ? NULL : memmem(at, left, needle.data, needle.len);
}
