/* golden_unit.h - customers made by hand, for the tests of golden records.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_TESTS_GOLDEN_UNIT_H
#define BANYAN_TESTS_GOLDEN_UNIT_H

#include "unit/unit.h"

#include <banyan/base/limits.h>
#include <banyan/protocol/match/golden.h>

#include <string.h>

#define GOLD_DAY 86400000ull
#define GOLD_T0 1735689600000ull /* 2025-01-01 */

/* The n-th customer made at a branch, `ms` after T0. */
static inline bn_id gold_id(uint32_t origin, uint64_t ms, unsigned n)
{
    uint8_t random[6] = {0, 0, 0, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n};
    return bn_id_make(origin, GOLD_T0 + ms, random);
}

static inline bn_record gold_record(uint16_t kind, bn_id id, bn_arena *arena)
{
    bn_record record;
    bn_record_init(&record, kind, id);
    bn_cell exists = {.field = BN_FIELD_EXISTENCE, .value = bn_value_int(1),
                      .stamp = {.dot = {bn_id_origin(id), 1}, .hlc = bn_hlc_make(GOLD_T0, 0)}};
    assert_int_equal(bn_record_put_cell(&record, arena, &exists), BN_OK);
    return record;
}

/* Written by the record's own branch, `days` after T0. */
static inline void gold_put(bn_record *record, bn_arena *arena, uint16_t field, bn_value value,
                            unsigned days)
{
    bn_cell cell = {.field = field, .value = value,
                    .stamp = {.dot = {bn_id_origin(record->id), 2 + days},
                              .hlc = bn_hlc_make(GOLD_T0 + days * GOLD_DAY, 0)}};
    assert_int_equal(bn_record_put_cell(record, arena, &cell), BN_OK);
}

static inline void gold_text(bn_record *record, bn_arena *arena, uint16_t field, const char *text,
                             unsigned days)
{
    gold_put(record, arena, field, bn_value_text(bn_slice_of(text)), days);
}

static inline const char *gold_shown(const bn_survivors *unit, size_t option, bn_arena *arena)
{
    if (unit == NULL || option >= unit->options_count ||
        unit->options[option].values[0].type != BN_VALUE_TEXT) {
        return "";
    }
    return bn_arena_cstr(arena, unit->options[option].values[0].text);
}

#endif
