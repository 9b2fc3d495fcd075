/* op.c - bytes of an op.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   op      [type | flags << 4, schema version, hlc, cursor K, actor, kind, id, changes]
 *           and only when one of them is not empty: observed, pick, note, body
 *   changes one flat array, a change after the other:  [base] [verb] field value
 *     base  only when it differs from that of the change before (at first: none):
 *           nil, or -1 - origin followed by oseq
 *     verb  nothing: SET; true: ADD; false: REMOVE
 *   observed  flat array: origin, oseq, origin, oseq, ...
 *
 * A new record's changes cost exactly what a msgpack map {field: value} costs; further fields on
 * the same base cost nothing for the base. There is one encoding per op: a base that repeats, a
 * longer integer, changes out of order or an empty tail are refused.
 */
#include <banyan/base/check.h>
#include <banyan/base/limits.h>
#include <banyan/protocol/op.h>

#include "order.h"
#include "pack.h"
#include "reader.h"

#define ITEMS_SHORT 8
#define ITEMS_LONG 12
#define TOKENS_PER_CHANGE_MAX 5 /* -1 - origin, oseq, verb, field, value */
#define FLAGS_MAX (BN_OP_FLAG_BLIND | BN_OP_FLAG_MORE)

/* --- encoding ----------------------------------------------------------------------------- */

/* Fills `order` with the changes as they sort; false when two are equal. */
static bool sort_changes(const bn_op *op, const bn_change *order[BN_FIELDS_MAX])
{
    for (size_t i = 0; i < op->changes_count; i++) {
        const bn_change *change = &op->changes[i];
        size_t at = i;
        while (at > 0 && bn_order_changes(order[at - 1], change) > 0) {
            order[at] = order[at - 1];
            at--;
        }
        if (at > 0 && bn_order_changes(order[at - 1], change) == 0) {
            return false;
        }
        order[at] = change;
    }
    return true;
}

static size_t count_tokens(const bn_change *const *order, size_t count)
{
    bn_dot base = {0, 0};
    size_t tokens = 0;
    for (size_t i = 0; i < count; i++) {
        bool moves = !bn_dot_equal(order[i]->base, base);
        tokens += 2 + (order[i]->verb != BN_VERB_SET ? 1u : 0u);
        tokens += !moves ? 0 : bn_dot_is_none(order[i]->base) ? 1 : 2;
        base = order[i]->base;
    }
    return tokens;
}

static void pack_base(bn_buf *out, bn_dot base)
{
    if (bn_dot_is_none(base)) {
        bn_pack_nil(out);
    } else {
        bn_pack_int(out, -1 - (int64_t)base.origin);
        bn_pack_uint(out, base.oseq);
    }
}

static void pack_changes(const bn_op *op, bn_buf *out)
{
    const bn_change *order[BN_FIELDS_MAX];
    if (op->changes_count > BN_FIELDS_MAX) {
        bn_pack_refuse(out, BN_E_LIMIT);
        return;
    }
    if (!sort_changes(op, order)) {
        bn_pack_refuse(out, BN_E_INVALID);
        return;
    }
    bn_dot base = {0, 0};
    bn_pack_array(out, count_tokens(order, op->changes_count));
    for (size_t i = 0; i < op->changes_count; i++) {
        if (!bn_dot_equal(order[i]->base, base)) {
            base = order[i]->base;
            pack_base(out, base);
        }
        if (order[i]->verb != BN_VERB_SET) {
            bn_pack_bool(out, order[i]->verb == BN_VERB_ADD);
        }
        bn_pack_uint(out, order[i]->field);
        bn_pack_value(out, order[i]->value);
    }
}

static bool has_tail(const bn_op *op)
{
    return op->observed_count > 0 || !bn_dot_is_none(op->pick) || op->note.len > 0 ||
           op->body.len > 0;
}

static void pack_tail(const bn_op *op, bn_buf *out)
{
    if (op->observed_count > BN_OBSERVED_MAX) {
        bn_pack_refuse(out, BN_E_LIMIT);
        return;
    }
    bn_pack_array(out, 2 * op->observed_count);
    for (size_t i = 0; i < op->observed_count; i++) {
        bn_pack_uint(out, op->observed[i].origin);
        bn_pack_uint(out, op->observed[i].oseq);
    }
    bn_pack_dot(out, op->pick);
    bn_pack_text(out, op->note, BN_NOTE_BYTES_MAX);
    bn_pack_bytes(out, op->body.data, op->body.len);
}

void bn_op_encode(const bn_op *op, bn_buf *out)
{
    BN_ASSERT(op->type >= BN_OP_WRITE && op->type <= BN_OP_DECISION && op->flags <= FLAGS_MAX &&
              op->kind <= BN_KIND_MAX);
    size_t start = out->len;
    bool is_long = has_tail(op);
    bn_pack_array(out, is_long ? ITEMS_LONG : ITEMS_SHORT);
    bn_pack_uint(out, (unsigned)op->type | (unsigned)op->flags << 4);
    bn_pack_uint(out, op->schema_version);
    bn_pack_uint(out, op->hlc.value);
    bn_pack_uint(out, op->cursor);
    bn_pack_text(out, op->actor, BN_ACTOR_BYTES_MAX);
    bn_pack_uint(out, op->kind);
    bn_pack_id(out, op->id);
    pack_changes(op, out);
    if (is_long) {
        pack_tail(op, out);
    }
    if (out->len - start > BN_OP_BYTES_MAX) {
        bn_pack_refuse(out, BN_E_LIMIT);
    }
}

/* --- decoding ----------------------------------------------------------------------------- */

/* The flat array of changes: `left` of its items are still to come. */
typedef struct changes_cursor {
    bn_reader *r;
    size_t left;
    bn_dot base;
} changes_cursor;

static bn_token take(changes_cursor *c)
{
    if (c->left == 0) {
        bn_reader_fail(c->r, BN_E_FORMAT, "changes end inside a change");
        return (bn_token){BN_TOKEN_NIL, 0};
    }
    c->left--;
    return bn_read_token(c->r);
}

/* A base that starts with `token`; *token gets the token behind it. */
static void take_base(changes_cursor *c, bn_token *token)
{
    bn_dot base = {0, 0};
    if (token->type == BN_TOKEN_NEGATIVE) {
        bn_token oseq = take(c);
        if (~token->number > UINT32_MAX || oseq.type != BN_TOKEN_UINT) {
            bn_reader_fail(c->r, BN_E_FORMAT, "base is not a dot");
        }
        base = (bn_dot){(uint32_t)~token->number, oseq.number};
        if (bn_dot_is_none(base)) {
            bn_reader_fail(c->r, BN_E_FORMAT, "no base is written as nil");
        }
    }
    if (bn_dot_equal(base, c->base)) {
        bn_reader_fail(c->r, BN_E_FORMAT, "base repeats");
    }
    c->base = base;
    *token = take(c);
}

static void take_change(changes_cursor *c, bn_change *out)
{
    bn_token token = take(c);
    if (token.type == BN_TOKEN_NIL || token.type == BN_TOKEN_NEGATIVE) {
        take_base(c, &token);
    }
    out->verb = BN_VERB_SET;
    if (token.type == BN_TOKEN_BOOL) {
        out->verb = token.number != 0 ? BN_VERB_ADD : BN_VERB_REMOVE;
        token = take(c);
    }
    if (token.type != BN_TOKEN_UINT || token.number > UINT16_MAX) {
        bn_reader_fail(c->r, BN_E_FORMAT, "expected a field number");
    }
    if (c->left == 0) {
        bn_reader_fail(c->r, BN_E_FORMAT, "changes end inside a change");
        return;
    }
    c->left--;
    out->field = (uint16_t)token.number;
    out->base = c->base;
    out->value = bn_read_value(c->r);
}

static void read_changes(bn_reader *r, bn_arena *arena, bn_op *out)
{
    changes_cursor c = {.r = r};
    c.left = bn_read_array(r, 0, (size_t)BN_FIELDS_MAX * TOKENS_PER_CHANGE_MAX);
    size_t room = c.left / 2 < BN_FIELDS_MAX ? (c.left + 1) / 2 : BN_FIELDS_MAX;
    out->changes = bn_read_room(r, arena, room, sizeof *out->changes);
    while (c.left > 0 && bn_reader_ok(r)) {
        if (out->changes_count == room) {
            bn_reader_fail(r, BN_E_LIMIT, "too many changes");
            return;
        }
        bn_change *change = &out->changes[out->changes_count++];
        take_change(&c, change);
        if (bn_reader_ok(r) && out->changes_count > 1 &&
            bn_order_changes(change - 1, change) >= 0) {
            bn_reader_fail(r, BN_E_FORMAT, "changes not in ascending order");
        }
    }
}

static void read_tail(bn_reader *r, bn_arena *arena, bn_op *out)
{
    size_t numbers = bn_read_array(r, 0, 2 * BN_OBSERVED_MAX);
    if (numbers % 2 != 0) {
        bn_reader_fail(r, BN_E_FORMAT, "observed dots end inside a dot");
        return;
    }
    out->observed_count = numbers / 2;
    out->observed = bn_read_room(r, arena, out->observed_count, sizeof *out->observed);
    for (size_t i = 0; i < out->observed_count && bn_reader_ok(r); i++) {
        out->observed[i].origin = (uint32_t)bn_read_uint(r, UINT32_MAX);
        out->observed[i].oseq = bn_read_uint(r, UINT64_MAX);
    }
    out->pick = bn_read_dot(r);
    out->note = bn_read_text(r, BN_NOTE_BYTES_MAX);
    out->body = bn_read_bytes(r, 0, BN_OP_BYTES_MAX);
    if (!has_tail(out)) {
        bn_reader_fail(r, BN_E_FORMAT, "an empty tail is left out");
    }
}

bn_rc bn_op_decode(bn_slice bytes, bn_arena *arena, bn_op *out, bn_err *err)
{
    if (bytes.len > BN_OP_BYTES_MAX) {
        return bn_fail(err, BN_E_LIMIT, "op: %zu bytes, limit %d", bytes.len, BN_OP_BYTES_MAX);
    }
    bn_op op = {0};
    bn_reader r;
    bn_reader_init(&r, bytes);
    size_t items = bn_read_array(&r, ITEMS_SHORT, ITEMS_LONG);
    if (items != ITEMS_SHORT && items != ITEMS_LONG) {
        bn_reader_fail(&r, BN_E_FORMAT, "an op has 8 or 12 items");
    }
    unsigned head = (unsigned)bn_read_uint(&r, FLAGS_MAX << 4 | 0xf);
    op.type = (bn_op_type)(head & 0xf);
    op.flags = (uint8_t)(head >> 4);
    if (op.type < BN_OP_WRITE || op.type > BN_OP_DECISION) {
        bn_reader_fail(&r, BN_E_FORMAT, "unknown type of op");
    }
    op.schema_version = (uint16_t)bn_read_uint(&r, UINT16_MAX);
    op.hlc.value = bn_read_uint(&r, UINT64_MAX);
    op.cursor = bn_read_uint(&r, UINT64_MAX);
    op.actor = bn_read_text(&r, BN_ACTOR_BYTES_MAX);
    op.kind = (uint16_t)bn_read_uint(&r, BN_KIND_MAX);
    op.id = bn_read_id(&r);
    read_changes(&r, arena, &op);
    if (items == ITEMS_LONG) {
        read_tail(&r, arena, &op);
    }
    BN_TRY(bn_reader_end(&r, "op", err));
    *out = op;
    return BN_OK;
}
