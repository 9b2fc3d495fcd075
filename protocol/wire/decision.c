/* decision.c - bytes of a steward's decision.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   ruling  [version = 1, type, flags, [[id, evidence, group] ...], [dot ...], unit, [value ...]]
 *
 * Members ascend by id, dots by origin and oseq, both without repetition.
 */
#include <banyan/protocol/match/decision.h>

#include "pack.h"
#include "reader.h"

#define RULING_ITEMS 7
#define MEMBER_ITEMS 3

static bool is_in_order(const bn_ruling *ruling)
{
    for (size_t i = 1; i < ruling->members_count; i++) {
        if (bn_id_compare(ruling->members[i - 1].id, ruling->members[i].id) >= 0) {
            return false;
        }
    }
    for (size_t i = 1; i < ruling->replaces_count; i++) {
        if (bn_dot_compare(ruling->replaces[i - 1], ruling->replaces[i]) >= 0) {
            return false;
        }
    }
    return true;
}

void bn_ruling_encode(const bn_ruling *ruling, bn_buf *out)
{
    size_t start = out->len;
    if (!is_in_order(ruling) || ruling->members_count > BN_RULING_MEMBERS_MAX ||
        ruling->replaces_count > BN_RULING_REPLACES_MAX ||
        ruling->values_count > BN_RULING_VALUES_MAX) {
        bn_pack_refuse(out, BN_E_LIMIT);
        return;
    }
    bn_pack_array(out, RULING_ITEMS);
    bn_pack_uint(out, BN_RULING_VERSION);
    bn_pack_uint(out, ruling->type);
    bn_pack_uint(out, ruling->flags);
    bn_pack_array(out, ruling->members_count);
    for (size_t i = 0; i < ruling->members_count; i++) {
        bn_pack_array(out, MEMBER_ITEMS);
        bn_pack_id(out, ruling->members[i].id);
        bn_pack_uint(out, ruling->members[i].evidence);
        bn_pack_uint(out, ruling->members[i].group);
    }
    bn_pack_array(out, ruling->replaces_count);
    for (size_t i = 0; i < ruling->replaces_count; i++) {
        bn_pack_dot(out, ruling->replaces[i]);
    }
    bn_pack_uint(out, ruling->unit);
    bn_pack_array(out, ruling->values_count);
    for (size_t i = 0; i < ruling->values_count; i++) {
        bn_pack_value(out, ruling->values[i]);
    }
    if (out->len - start > BN_RULING_BYTES_MAX) {
        bn_pack_refuse(out, BN_E_LIMIT);
    }
}

static void read_members(bn_reader *r, bn_arena *arena, bn_ruling *ruling)
{
    size_t count = bn_read_array(r, 0, BN_RULING_MEMBERS_MAX);
    ruling->members = bn_read_room(r, arena, count, sizeof *ruling->members);
    for (size_t i = 0; i < count && bn_reader_ok(r); i++) {
        bn_read_array(r, MEMBER_ITEMS, MEMBER_ITEMS);
        ruling->members[i].id = bn_read_id(r);
        ruling->members[i].evidence = bn_read_uint(r, UINT64_MAX);
        ruling->members[i].group = (uint16_t)bn_read_uint(r, BN_RULING_MEMBERS_MAX);
    }
    ruling->members_count = bn_reader_ok(r) ? count : 0;
}

static void read_replaces(bn_reader *r, bn_arena *arena, bn_ruling *ruling)
{
    size_t count = bn_read_array(r, 0, BN_RULING_REPLACES_MAX);
    ruling->replaces = bn_read_room(r, arena, count, sizeof *ruling->replaces);
    for (size_t i = 0; i < count && bn_reader_ok(r); i++) {
        ruling->replaces[i] = bn_read_dot(r);
    }
    ruling->replaces_count = bn_reader_ok(r) ? count : 0;
}

bn_rc bn_ruling_decode(bn_slice bytes, bn_arena *arena, bn_ruling *out, bn_err *err)
{
    if (bytes.len > BN_RULING_BYTES_MAX) {
        return bn_fail(err, BN_E_LIMIT, "decision: %zu bytes, limit %d", bytes.len,
                       BN_RULING_BYTES_MAX);
    }
    bn_reader r;
    bn_ruling ruling = {0};
    bn_reader_init(&r, bytes);
    bn_read_array(&r, RULING_ITEMS, RULING_ITEMS);
    if (bn_read_uint(&r, UINT16_MAX) != BN_RULING_VERSION && bn_reader_ok(&r)) {
        bn_reader_fail(&r, BN_E_FORMAT, "unknown version");
    }
    ruling.type = (bn_ruling_type)bn_read_uint(&r, BN_RULING_LATER);
    ruling.flags = (uint8_t)bn_read_uint(&r, UINT8_MAX);
    read_members(&r, arena, &ruling);
    read_replaces(&r, arena, &ruling);
    ruling.unit = (uint16_t)bn_read_uint(&r, UINT16_MAX);
    ruling.values_count = bn_read_array(&r, 0, BN_RULING_VALUES_MAX);
    ruling.values = bn_read_room(&r, arena, ruling.values_count, sizeof *ruling.values);
    for (size_t i = 0; i < ruling.values_count && bn_reader_ok(&r); i++) {
        ruling.values[i] = bn_read_value(&r);
    }
    BN_TRY(bn_reader_end(&r, "decision", err));
    if (!is_in_order(&ruling)) {
        return bn_fail(err, BN_E_FORMAT, "decision: records or decisions out of order");
    }
    *out = ruling;
    return BN_OK;
}
