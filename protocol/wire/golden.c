/* golden.c - bytes of a golden record.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   golden  [version = 1, epoch hash, anchor, [member id ...], newest hlc, [unit ...]]
 *   unit    [number, criterion, options in all, [option ...]]
 *   option  [[value ...], member, kind, source, dot, hlc, verified, trust, agreed]
 *
 * Members ascend by id, units by number. Values stop at the last one that is not nil. The golden id
 * is in the key of the store and follows from the anchor.
 */
#include <banyan/base/limits.h>
#include <banyan/protocol/match/golden.h>

#include "pack.h"
#include "reader.h"

#define GOLDEN_ITEMS 6
#define UNIT_ITEMS 4
#define OPTION_ITEMS 9
#define UNITS_MAX 64

static void pack_option(const bn_option *option, bn_buf *out)
{
    size_t values = BN_SURVIVOR_PARTS_MAX;
    while (values > 0 && bn_value_is_nil(option->values[values - 1])) {
        values--;
    }
    bn_pack_array(out, OPTION_ITEMS);
    bn_pack_array(out, values);
    for (size_t i = 0; i < values; i++) {
        bn_pack_value(out, option->values[i]);
    }
    bn_pack_id(out, option->member);
    bn_pack_uint(out, option->source_kind);
    bn_pack_id(out, option->source);
    bn_pack_dot(out, option->dot);
    bn_pack_uint(out, option->hlc.value);
    bn_pack_uint(out, option->verified);
    bn_pack_uint(out, option->trust);
    bn_pack_uint(out, option->agreed);
}

void bn_golden_encode(const bn_golden *golden, bn_buf *out)
{
    size_t start = out->len;
    bn_pack_array(out, GOLDEN_ITEMS);
    bn_pack_uint(out, BN_GOLDEN_VERSION);
    bn_pack_bytes(out, golden->epoch, BN_HASH_BYTES);
    bn_pack_id(out, golden->anchor);
    bn_pack_array(out, golden->members_count);
    for (size_t i = 0; i < golden->members_count; i++) {
        bn_pack_id(out, golden->members[i]);
    }
    bn_pack_uint(out, golden->newest.value);
    bn_pack_array(out, golden->units_count);
    for (size_t i = 0; i < golden->units_count; i++) {
        const bn_survivors *unit = &golden->units[i];
        bn_pack_array(out, UNIT_ITEMS);
        bn_pack_uint(out, unit->unit);
        bn_pack_uint(out, unit->decided);
        bn_pack_uint(out, unit->options_total);
        bn_pack_array(out, unit->options_count);
        for (size_t j = 0; j < unit->options_count; j++) {
            pack_option(&unit->options[j], out);
        }
    }
    if (out->len - start > BN_GOLDEN_BYTES_MAX) {
        bn_pack_refuse(out, BN_E_LIMIT);
    }
}

static void read_option(bn_reader *r, bn_option *option)
{
    bn_read_array(r, OPTION_ITEMS, OPTION_ITEMS);
    size_t values = bn_read_array(r, 0, BN_SURVIVOR_PARTS_MAX);
    for (size_t i = 0; i < values; i++) {
        option->values[i] = bn_read_value(r);
    }
    if (values > 0 && bn_reader_ok(r) && bn_value_is_nil(option->values[values - 1])) {
        bn_reader_fail(r, BN_E_FORMAT, "values end in nil");
    }
    option->member = bn_read_id(r);
    option->source_kind = (uint16_t)bn_read_uint(r, UINT16_MAX);
    option->source = bn_read_id(r);
    option->dot = bn_read_dot(r);
    option->hlc.value = bn_read_uint(r, UINT64_MAX);
    option->verified = (uint8_t)bn_read_uint(r, 2);
    option->trust = (uint16_t)bn_read_uint(r, BN_TRUST_MAX);
    option->agreed = (uint32_t)bn_read_uint(r, BN_GOLDEN_MEMBERS_MAX);
}

static void read_unit(bn_reader *r, bn_arena *arena, bn_survivors *unit)
{
    bn_read_array(r, UNIT_ITEMS, UNIT_ITEMS);
    unit->unit = (bn_survivor_unit)bn_read_uint(r, UINT16_MAX);
    unit->decided = (bn_criterion)bn_read_uint(r, BN_CRITERION_SOURCE);
    unit->options_total = (uint32_t)bn_read_uint(r, UINT32_MAX);
    unit->options_count = bn_read_array(r, 1, BN_SURVIVOR_OPTIONS_MAX);
    unit->options = bn_read_room(r, arena, unit->options_count, sizeof *unit->options);
    for (size_t i = 0; i < unit->options_count && bn_reader_ok(r); i++) {
        read_option(r, &unit->options[i]);
    }
}

static void read_members(bn_reader *r, bn_arena *arena, bn_golden *golden)
{
    golden->members_count = bn_read_array(r, 1, BN_GOLDEN_MEMBERS_MAX);
    bn_id *members = bn_read_room(r, arena, golden->members_count, sizeof *members);
    for (size_t i = 0; i < golden->members_count && bn_reader_ok(r); i++) {
        members[i] = bn_read_id(r);
        if (i > 0 && bn_reader_ok(r) && bn_id_compare(members[i - 1], members[i]) >= 0) {
            bn_reader_fail(r, BN_E_FORMAT, "members out of order");
        }
    }
    golden->members = members;
}

bn_rc bn_golden_decode(bn_id id, bn_slice bytes, bn_arena *arena, bn_golden *out, bn_err *err)
{
    bn_reader r;
    bn_golden golden = {.id = id};
    if (bytes.len > BN_GOLDEN_BYTES_MAX) {
        return bn_fail(err, BN_E_LIMIT, "golden record: %zu bytes, limit %d", bytes.len,
                       BN_GOLDEN_BYTES_MAX);
    }
    bn_reader_init(&r, bytes);
    bn_read_array(&r, GOLDEN_ITEMS, GOLDEN_ITEMS);
    if (bn_read_uint(&r, UINT16_MAX) != BN_GOLDEN_VERSION && bn_reader_ok(&r)) {
        bn_reader_fail(&r, BN_E_FORMAT, "unknown version");
    }
    bn_read_exact(&r, golden.epoch, BN_HASH_BYTES);
    golden.anchor = bn_read_id(&r);
    read_members(&r, arena, &golden);
    golden.newest.value = bn_read_uint(&r, UINT64_MAX);
    golden.units_count = bn_read_array(&r, 0, UNITS_MAX);
    bn_survivors *units = bn_read_room(&r, arena, golden.units_count, sizeof *units);
    for (size_t i = 0; i < golden.units_count && bn_reader_ok(&r); i++) {
        read_unit(&r, arena, &units[i]);
        if (i > 0 && bn_reader_ok(&r) && units[i - 1].unit >= units[i].unit) {
            bn_reader_fail(&r, BN_E_FORMAT, "units out of order");
        }
    }
    golden.units = units;
    BN_TRY(bn_reader_end(&r, "golden record", err));
    *out = golden;
    return BN_OK;
}
