/* scan.c - the next place of a short needle in a long column.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   column   . . w a n g x i a o m i n g . .      the needle's last four bytes are looked for at
 *   needle       w a n g x i a o m i n g          16 places at once; where they are, the rest is
 *   probe                        m i n g          compared
 *
 * Ends tell more than starts: all customer numbers of a branch start alike. A needle of less than
 * four bytes is probed by its first and last. Four such steps share one branch. memmem() of the C
 * library walks byte by byte with a hash and is several times slower on needles of this size.
 */
#include "scan.h"

#include <string.h>

#define LANES 16
#define STEPS 4
#define PROBE_BYTES 4

typedef uint8_t lanes __attribute__((vector_size(LANES)));
typedef uint32_t words __attribute__((vector_size(LANES)));
typedef uint64_t halves __attribute__((vector_size(LANES)));

typedef struct probe {
    bn_slice needle;
    size_t reach; /* bytes of the needle before its last one */
    lanes first;
    lanes last;
    words tail; /* the last PROBE_BYTES in every word */
} probe;

static lanes load(const uint8_t *at)
{
    lanes loaded;
    memcpy(&loaded, at, sizeof loaded);
    return loaded;
}

static probe make_probe(bn_slice needle)
{
    probe made = {.needle = needle, .reach = needle.len - 1};
    memset(&made.first, needle.data[0], sizeof made.first);
    memset(&made.last, needle.data[made.reach], sizeof made.last);
    for (size_t i = 0; i < LANES && needle.len >= PROBE_BYTES; i += PROBE_BYTES) {
        memcpy((uint8_t *)&made.tail + i, needle.data + needle.len - PROBE_BYTES, PROBE_BYTES);
    }
    return made;
}

/* Marks where the needle may be among the LANES places from `at` on. */
static inline lanes mark(const probe *p, const uint8_t *at)
{
    if (p->needle.len < PROBE_BYTES) {
        return (lanes)(load(at) == p->first) & (lanes)(load(at + p->reach) == p->last);
    }
    const uint8_t *tail = at + p->needle.len - PROBE_BYTES;
    words found = (words)((words)load(tail) == p->tail);
    for (size_t shift = 1; shift < PROBE_BYTES; shift++) {
        found |= (words)((words)load(tail + shift) == p->tail);
    }
    return (lanes)found;
}

static inline bool is_any(lanes marks)
{
    halves both = (halves)marks;
    return (both[0] | both[1]) != 0;
}

static const uint8_t *find_plain(const uint8_t *at, size_t places, bn_slice needle)
{
    for (size_t i = 0; i < places; i++) {
        if (at[i] == needle.data[0] && memcmp(at + i, needle.data, needle.len) == 0) {
            return at + i;
        }
    }
    return NULL;
}

/* The first place among `steps` times LANES from `at` on. */
static inline const uint8_t *find_in(const probe *p, const uint8_t *at, size_t steps)
{
    lanes marks = mark(p, at);
    for (size_t i = 1; i < steps; i++) {
        marks |= mark(p, at + i * LANES);
    }
    return is_any(marks) ? find_plain(at, steps * LANES, p->needle) : NULL;
}

const uint8_t *bn_scan_next(const uint8_t *at, const uint8_t *end, bn_slice needle)
{
    probe p = make_probe(needle);
    const uint8_t *found = NULL;
    while (found == NULL && (size_t)(end - at) >= STEPS * LANES + p.reach) {
        found = find_in(&p, at, STEPS);
        at += STEPS * LANES;
    }
    while (found == NULL && (size_t)(end - at) >= LANES + p.reach) {
        found = find_in(&p, at, 1);
        at += LANES;
    }
    size_t left = (size_t)(end - at);
    return found != NULL || left < needle.len ? found
                                              : find_plain(at, left - needle.len + 1, needle);
}
