/* stamped.c - cells and items with a shared table of stamps.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   stamps  bin: newest hlc in 8 bytes, then per stamp 4 varints
 *           | origin | oseq | newest hlc - hlc | cseq of the surroundings - cseq |
 *           empty when there is neither cell nor item
 *   cells   flat array:  [-1 - stamp index] field value  ... ascending by field
 *   items   flat array:  [-1 - stamp index] field value  ... ascending by field, value, dot
 *
 * The stamp index is written only where it changes; it starts at 0 and runs on from the cells
 * into the items. Stamps are in order of first use, all different and all used, so there is one
 * table for one content. A varint (LEB128) has seven bits per byte, lowest first, and no zero
 * byte at its end. Most records come from few ops: a stamp costs about 15 bytes once, a further
 * field under the same stamp nothing.
 */
#include "stamped.h"
#include "order.h"
#include "pack.h"

#include <banyan/base/limits.h>
#include <banyan/base/number.h>

#include <string.h>

#define STAMPS_MAX (BN_FIELDS_MAX + BN_ITEMS_MAX)
#define VARINT_BYTES_MAX 10
#define STAMP_BYTES_MAX (4 * VARINT_BYTES_MAX)
#define STAMPS_BYTES_MAX (8 + STAMPS_MAX * STAMP_BYTES_MAX)
#define TOKENS_PER_CELL_MAX 3

typedef int (*cell_order)(const bn_cell *a, const bn_cell *b);

/* --- encoding ----------------------------------------------------------------------------- */

/* What is written: cells and items as they sort, each with the index of its stamp. */
typedef struct layout {
    const bn_cell *order[STAMPS_MAX]; /* cells, then items */
    uint16_t index[STAMPS_MAX];
    const bn_stamp *stamps[STAMPS_MAX];
    size_t stamps_count;
} layout;

static bool stamps_equal(const bn_stamp *a, const bn_stamp *b)
{
    return bn_dot_equal(a->dot, b->dot) && a->hlc.value == b->hlc.value && a->cseq == b->cseq;
}

/* False when two are equal. */
static bool sort_cells(const bn_cell *cells, size_t count, cell_order compare,
                       const bn_cell **order)
{
    for (size_t i = 0; i < count; i++) {
        size_t at = i;
        while (at > 0 && compare(order[at - 1], &cells[i]) > 0) {
            order[at] = order[at - 1];
            at--;
        }
        if (at > 0 && compare(order[at - 1], &cells[i]) == 0) {
            return false;
        }
        order[at] = &cells[i];
    }
    return true;
}

static void number_stamps(layout *l, size_t count)
{
    l->stamps_count = 0;
    size_t index = 0;
    for (size_t i = 0; i < count; i++) {
        const bn_stamp *stamp = &l->order[i]->stamp;
        if (l->stamps_count == 0 || !stamps_equal(stamp, l->stamps[index])) {
            index = 0;
            while (index < l->stamps_count && !stamps_equal(stamp, l->stamps[index])) {
                index++;
            }
        }
        if (index == l->stamps_count) {
            l->stamps[l->stamps_count++] = stamp;
        }
        l->index[i] = (uint16_t)index;
    }
}

static size_t put_varint(uint8_t *out, uint64_t number)
{
    size_t len = 0;
    while (number >= 0x80) {
        out[len++] = (uint8_t)(number | 0x80);
        number >>= 7;
    }
    out[len++] = (uint8_t)number;
    return len;
}

static void pack_stamps(bn_buf *out, const layout *l, uint64_t cseq)
{
    uint8_t bytes[STAMPS_BYTES_MAX];
    uint64_t newest = 0;
    for (size_t i = 0; i < l->stamps_count; i++) {
        newest = l->stamps[i]->hlc.value > newest ? l->stamps[i]->hlc.value : newest;
    }
    bn_store_u64(bytes, newest);
    size_t len = l->stamps_count > 0 ? 8 : 0;
    for (size_t i = 0; i < l->stamps_count; i++) {
        const bn_stamp *stamp = l->stamps[i];
        len += put_varint(bytes + len, stamp->dot.origin);
        len += put_varint(bytes + len, stamp->dot.oseq);
        len += put_varint(bytes + len, newest - stamp->hlc.value);
        len += put_varint(bytes + len, cseq - stamp->cseq);
    }
    bn_pack_bytes(out, bytes, len);
}

/* Writes order[from] .. order[from + count - 1]; *current is the stamp index that holds. */
static void pack_cells(bn_buf *out, const layout *l, size_t from, size_t count, size_t *current)
{
    size_t tokens = 2 * count;
    size_t before = *current;
    for (size_t i = from; i < from + count; i++) {
        tokens += l->index[i] != before ? 1 : 0;
        before = l->index[i];
    }
    bn_pack_array(out, tokens);
    for (size_t i = from; i < from + count; i++) {
        if (l->index[i] != *current) {
            *current = l->index[i];
            bn_pack_int(out, -1 - (int64_t)*current);
        }
        bn_pack_uint(out, l->order[i]->field);
        bn_pack_value(out, l->order[i]->value);
    }
}

void bn_pack_stamped(bn_buf *out, const bn_stamped *stamped, uint64_t cseq)
{
    layout l;
    size_t cells_count = stamped->cells_count;
    size_t items_count = stamped->items_count;
    if (cells_count > BN_FIELDS_MAX || items_count > BN_ITEMS_MAX) {
        bn_pack_refuse(out, BN_E_LIMIT);
        return;
    }
    if (!sort_cells(stamped->cells, cells_count, bn_order_cells, l.order) ||
        !sort_cells(stamped->items, items_count, bn_order_items, l.order + cells_count)) {
        bn_pack_refuse(out, BN_E_INVALID);
        return;
    }
    size_t current = 0;
    number_stamps(&l, cells_count + items_count);
    pack_stamps(out, &l, cseq);
    pack_cells(out, &l, 0, cells_count, &current);
    pack_cells(out, &l, cells_count, items_count, &current);
}

/* --- decoding ----------------------------------------------------------------------------- */

typedef struct table {
    bn_stamp stamps[STAMPS_MAX];
    size_t count;
    size_t used;    /* stamps used so far: they come in order */
    size_t current; /* index that holds */
} table;

/* The varint at the start of *rest; fails the reader when there is none or a longer form. */
static uint64_t take_varint(bn_reader *r, bn_slice *rest)
{
    uint64_t number = 0;
    for (unsigned i = 0; i < VARINT_BYTES_MAX && i < rest->len; i++) {
        uint8_t byte = rest->data[i];
        number |= (uint64_t)(byte & 0x7f) << 7 * i;
        if (byte < 0x80) {
            bool overflows = i == VARINT_BYTES_MAX - 1 && byte > 1;
            if (overflows || (byte == 0 && i > 0)) {
                break;
            }
            *rest = bn_slice_make(rest->data + i + 1, rest->len - i - 1);
            return number;
        }
    }
    bn_reader_fail(r, BN_E_FORMAT, "stamp is not made of shortest varints");
    return 0;
}

static void take_stamp(bn_reader *r, table *t, bn_slice *rest, uint64_t newest, uint64_t cseq)
{
    uint64_t origin = take_varint(r, rest);
    uint64_t oseq = take_varint(r, rest);
    uint64_t hlc_distance = take_varint(r, rest);
    uint64_t cseq_distance = take_varint(r, rest);
    if (origin > UINT32_MAX || hlc_distance > newest) {
        bn_reader_fail(r, BN_E_FORMAT, "stamp out of range");
    }
    bn_stamp stamp = {.dot = {(uint32_t)origin, oseq},
                      .hlc = {newest - hlc_distance},
                      .cseq = cseq - cseq_distance};
    for (size_t i = 0; i < t->count; i++) {
        if (stamps_equal(&t->stamps[i], &stamp)) {
            bn_reader_fail(r, BN_E_FORMAT, "two stamps are equal");
        }
    }
    t->stamps[t->count++] = stamp;
}

static void read_stamps(bn_reader *r, uint64_t cseq, table *t)
{
    bn_slice rest = bn_read_bytes(r, 0, STAMPS_BYTES_MAX);
    t->count = t->used = t->current = 0;
    if (rest.len == 0) {
        return;
    }
    if (rest.len < 8) {
        bn_reader_fail(r, BN_E_FORMAT, "stamps too short");
        return;
    }
    uint64_t newest = bn_load_u64(rest.data);
    bool newest_met = false;
    rest = bn_slice_make(rest.data + 8, rest.len - 8);
    while (rest.len > 0 && bn_reader_ok(r)) {
        if (t->count == STAMPS_MAX) {
            bn_reader_fail(r, BN_E_LIMIT, "too many stamps");
            return;
        }
        take_stamp(r, t, &rest, newest, cseq);
        newest_met = newest_met || t->stamps[t->count - 1].hlc.value == newest;
    }
    if (!newest_met) {
        bn_reader_fail(r, BN_E_FORMAT, "no stamp has the newest clock");
    }
}

static void switch_stamp(bn_reader *r, table *t, uint64_t index)
{
    if (index > t->used || index == t->current) {
        bn_reader_fail(r, BN_E_FORMAT, "stamp index repeats or skips");
        return;
    }
    t->current = (size_t)index;
}

/* One cell of a flat array with *left items to come. */
static void read_cell(bn_reader *r, table *t, size_t *left, bn_cell *out)
{
    bn_token token = bn_read_token(r);
    size_t tokens = 2;
    if (token.type == BN_TOKEN_NEGATIVE) {
        switch_stamp(r, t, ~token.number);
        token = bn_read_token(r);
        tokens = 3;
    }
    if (token.type != BN_TOKEN_UINT || token.number > UINT16_MAX) {
        bn_reader_fail(r, BN_E_FORMAT, "expected a field number");
    }
    if (*left < tokens || t->current >= t->count) {
        bn_reader_fail(r, BN_E_FORMAT,
                       *left < tokens ? "list ends inside a cell" : "cell without a stamp");
        return;
    }
    *left -= tokens;
    t->used = t->current == t->used ? t->used + 1 : t->used;
    out->field = (uint16_t)token.number;
    out->stamp = t->stamps[t->current];
    out->value = bn_read_value(r);
}

static bn_cell *read_cells(bn_reader *r, bn_arena *arena, table *t, bool are_items, size_t *count)
{
    size_t count_max = are_items ? BN_ITEMS_MAX : BN_FIELDS_MAX;
    cell_order compare = are_items ? bn_order_items : bn_order_cells;
    size_t left = bn_read_array(r, 0, count_max * TOKENS_PER_CELL_MAX);
    size_t room = (left + 1) / 2 < count_max ? (left + 1) / 2 : count_max;
    bn_cell *cells = bn_read_room(r, arena, room, sizeof *cells);
    size_t used = 0;
    while (left > 0 && bn_reader_ok(r)) {
        if (used == room) {
            bn_reader_fail(r, BN_E_LIMIT, "too many cells");
            break;
        }
        read_cell(r, t, &left, &cells[used]);
        if (bn_reader_ok(r) && used > 0 && compare(&cells[used - 1], &cells[used]) >= 0) {
            bn_reader_fail(r, BN_E_FORMAT, "cells not in ascending order");
        }
        used++;
    }
    *count = used;
    return cells;
}

bn_stamped bn_read_stamped(bn_reader *r, bn_arena *arena, uint64_t cseq)
{
    table t;
    bn_stamped out = {0};
    read_stamps(r, cseq, &t);
    out.cells = read_cells(r, arena, &t, false, &out.cells_count);
    out.items = read_cells(r, arena, &t, true, &out.items_count);
    if (t.used != t.count) {
        bn_reader_fail(r, BN_E_FORMAT, "a stamp is not used");
    }
    return out;
}
