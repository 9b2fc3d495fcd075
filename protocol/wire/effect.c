/* effect.c - bytes of an effect.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   PUT                    [1, cseq, kind, id, branch, actor, stamps, cells, items, gone]
 *   ENTER CONFLICT GOLDEN  [2 6 8, cseq, kind, id, image]
 *   LEAVE ERASE            [3 7, cseq, kind, id]
 *   OWN                    [4, cseq, oseq, count]
 *   OUTCOME                [5, cseq, oseq, outcome, reason]
 *   gone                   flat array: field, origin, oseq, value ... ascending
 *
 * stamps, cells and items are drawn in stamped.c; commit numbers count back from cseq.
 */
#include <banyan/base/check.h>
#include <banyan/base/limits.h>
#include <banyan/protocol/effect.h>

#include "order.h"
#include "pack.h"
#include "reader.h"
#include "stamped.h"

#define IMAGE_BYTES_MAX BN_RECORD_BYTES_MAX
#define EFFECT_BYTES_MAX (BN_RECORD_BYTES_MAX + 4096) /* an image or a whole record's cells */
#define EFFECT_ITEMS_MAX 10
#define GONE_ITEMS 4 /* field, origin, oseq, value */

/* Which parts an effect has behind type and cseq. */
typedef enum shape {
    SHAPE_NONE,
    SHAPE_PUT,
    SHAPE_IMAGE,
    SHAPE_RECORD,
    SHAPE_OWN,
    SHAPE_OUTCOME
} shape;

static shape shape_of(uint64_t type)
{
    static const shape shapes[] = {
        [BN_EFFECT_PUT] = SHAPE_PUT,         [BN_EFFECT_ENTER] = SHAPE_IMAGE,
        [BN_EFFECT_LEAVE] = SHAPE_RECORD,    [BN_EFFECT_OWN] = SHAPE_OWN,
        [BN_EFFECT_OUTCOME] = SHAPE_OUTCOME, [BN_EFFECT_CONFLICT] = SHAPE_IMAGE,
        [BN_EFFECT_ERASE] = SHAPE_RECORD,    [BN_EFFECT_GOLDEN] = SHAPE_IMAGE,
    };
    return type < BN_COUNT(shapes) ? shapes[type] : SHAPE_NONE;
}

static size_t items_of(shape s)
{
    static const uint8_t items[] = {[SHAPE_PUT] = 10, [SHAPE_IMAGE] = 5,   [SHAPE_RECORD] = 4,
                                    [SHAPE_OWN] = 4,  [SHAPE_OUTCOME] = 5, [SHAPE_NONE] = 0};
    return items[s];
}

static int compare_gone(const struct bn_gone *a, const struct bn_gone *b)
{
    if (a->field != b->field) {
        return a->field < b->field ? -1 : 1;
    }
    int order = bn_dot_compare(a->dot, b->dot);
    return order != 0 ? order : bn_order_values(&a->value, &b->value);
}

/* --- encoding ----------------------------------------------------------------------------- */

static void pack_gone(const bn_effect *effect, bn_buf *out)
{
    const struct bn_gone *order[BN_ITEMS_MAX];
    if (effect->gone_count > BN_ITEMS_MAX) {
        bn_pack_refuse(out, BN_E_LIMIT);
        return;
    }
    for (size_t i = 0; i < effect->gone_count; i++) {
        size_t at = i;
        while (at > 0 && compare_gone(order[at - 1], &effect->gone[i]) > 0) {
            order[at] = order[at - 1];
            at--;
        }
        if (at > 0 && compare_gone(order[at - 1], &effect->gone[i]) == 0) {
            bn_pack_refuse(out, BN_E_INVALID);
            return;
        }
        order[at] = &effect->gone[i];
    }
    bn_pack_array(out, GONE_ITEMS * effect->gone_count);
    for (size_t i = 0; i < effect->gone_count; i++) {
        bn_pack_uint(out, order[i]->field);
        bn_pack_uint(out, order[i]->dot.origin);
        bn_pack_uint(out, order[i]->dot.oseq);
        bn_pack_value(out, order[i]->value);
    }
}

static void pack_put(const bn_effect *effect, bn_buf *out)
{
    bn_stamped stamped = {effect->cells, effect->cells_count, effect->items, effect->items_count};
    bn_pack_uint(out, effect->branch);
    bn_pack_text(out, effect->actor, BN_ACTOR_BYTES_MAX);
    bn_pack_stamped(out, &stamped, effect->cseq);
    pack_gone(effect, out);
}

void bn_effect_encode(const bn_effect *effect, bn_buf *out)
{
    size_t start = out->len;
    shape s = shape_of(effect->type);
    BN_ASSERT(s != SHAPE_NONE && effect->kind <= BN_KIND_MAX);
    bn_pack_array(out, items_of(s));
    bn_pack_uint(out, effect->type);
    bn_pack_uint(out, effect->cseq);
    if (s == SHAPE_OWN || s == SHAPE_OUTCOME) {
        bn_pack_uint(out, effect->oseq);
    } else {
        bn_pack_uint(out, effect->kind);
        bn_pack_id(out, effect->id);
    }
    if (s == SHAPE_PUT) {
        pack_put(effect, out);
    } else if (s == SHAPE_IMAGE && effect->image.len > IMAGE_BYTES_MAX) {
        bn_pack_refuse(out, BN_E_LIMIT);
    } else if (s == SHAPE_IMAGE) {
        bn_pack_bytes(out, effect->image.data, effect->image.len);
    } else if (s == SHAPE_OWN) {
        bn_pack_uint(out, effect->count);
    } else if (s == SHAPE_OUTCOME) {
        BN_ASSERT(effect->outcome >= BN_OUTCOME_APPLIED && effect->outcome <= BN_OUTCOME_RECORDED);
        bn_pack_uint(out, effect->outcome);
        bn_pack_reason(out, effect->reason);
    }
    if (out->len - start > EFFECT_BYTES_MAX) {
        bn_pack_refuse(out, BN_E_LIMIT);
    }
}

/* --- decoding ----------------------------------------------------------------------------- */

static void read_gone(bn_reader *r, bn_arena *arena, bn_effect *out)
{
    size_t numbers = bn_read_array(r, 0, (size_t)GONE_ITEMS * BN_ITEMS_MAX);
    if (numbers % GONE_ITEMS != 0) {
        bn_reader_fail(r, BN_E_FORMAT, "list ends inside an element");
        return;
    }
    out->gone_count = numbers / GONE_ITEMS;
    out->gone = bn_read_room(r, arena, out->gone_count, sizeof *out->gone);
    for (size_t i = 0; i < out->gone_count && bn_reader_ok(r); i++) {
        struct bn_gone *gone = &out->gone[i];
        gone->field = (uint16_t)bn_read_uint(r, UINT16_MAX);
        gone->dot.origin = (uint32_t)bn_read_uint(r, UINT32_MAX);
        gone->dot.oseq = bn_read_uint(r, UINT64_MAX);
        gone->value = bn_read_value(r);
        if (bn_reader_ok(r) && i > 0 && compare_gone(gone - 1, gone) >= 0) {
            bn_reader_fail(r, BN_E_FORMAT, "dots not in ascending order");
        }
    }
}

static void read_put(bn_reader *r, bn_arena *arena, bn_effect *out)
{
    out->branch = (uint32_t)bn_read_uint(r, UINT32_MAX);
    out->actor = bn_read_text(r, BN_ACTOR_BYTES_MAX);
    bn_stamped stamped = bn_read_stamped(r, arena, out->cseq);
    out->cells = stamped.cells;
    out->cells_count = stamped.cells_count;
    out->items = stamped.items;
    out->items_count = stamped.items_count;
    read_gone(r, arena, out);
}

static void read_outcome(bn_reader *r, bn_effect *out)
{
    uint64_t outcome = bn_read_uint(r, BN_OUTCOME_RECORDED);
    if (outcome < BN_OUTCOME_APPLIED) {
        bn_reader_fail(r, BN_E_FORMAT, "unknown outcome");
    }
    out->outcome = (bn_outcome)outcome;
    out->reason = bn_read_text(r, BN_REASON_BYTES_MAX);
}

bn_rc bn_effect_decode(bn_slice *bytes, bn_arena *arena, bn_effect *out, bn_err *err)
{
    bn_effect effect = {0};
    bn_reader r;
    bn_reader_init(&r, *bytes);
    size_t items = bn_read_array(&r, 1, EFFECT_ITEMS_MAX);
    uint64_t type = bn_read_uint(&r, BN_EFFECT_GOLDEN);
    shape s = shape_of(type);
    if (s == SHAPE_NONE || items != items_of(s)) {
        bn_reader_fail(&r, BN_E_FORMAT, "unknown effect, or not its number of items");
    }
    effect.type = (bn_effect_type)type;
    effect.cseq = bn_read_uint(&r, UINT64_MAX);
    if (s == SHAPE_OWN || s == SHAPE_OUTCOME) {
        effect.oseq = bn_read_uint(&r, UINT64_MAX);
    } else {
        effect.kind = (uint16_t)bn_read_uint(&r, BN_KIND_MAX);
        effect.id = bn_read_id(&r);
    }
    if (s == SHAPE_PUT) {
        read_put(&r, arena, &effect);
    } else if (s == SHAPE_IMAGE) {
        effect.image = bn_read_bytes(&r, 0, IMAGE_BYTES_MAX);
    } else if (s == SHAPE_OWN) {
        effect.count = (uint32_t)bn_read_uint(&r, UINT32_MAX);
    } else if (s == SHAPE_OUTCOME) {
        read_outcome(&r, &effect);
    }
    if ((size_t)(r.at - r.start) > EFFECT_BYTES_MAX) {
        bn_reader_fail(&r, BN_E_LIMIT, "effect too long");
    }
    BN_TRY(bn_reader_status(&r, "effect", err));
    *bytes = bn_slice_make(r.at, (size_t)(r.end - r.at));
    *out = effect;
    return BN_OK;
}
