/* row.c - writing the items of a feature row.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "row.h"

#include <banyan/base/check.h>
#include <banyan/base/number.h>

#include <string.h>

void row_put_byte(row_item *item, unsigned byte)
{
    BN_ASSERT(item->len < ROW_ITEM_BYTES_MAX);
    item->bytes[item->len++] = (uint8_t)byte;
}

void row_put_u32(row_item *item, uint32_t value)
{
    BN_ASSERT(item->len + 4 <= ROW_ITEM_BYTES_MAX);
    bn_store_u32(item->bytes + item->len, value);
    item->len += 4;
}

bn_slice cut_text(bn_slice text, size_t bytes_max)
{
    if (text.len <= bytes_max) {
        return text;
    }
    size_t len = bytes_max;
    while (len > 0 && (text.data[len] & 0xc0u) == 0x80) {
        len--;
    }
    while (len > 0 && text.data[len - 1] == ' ') {
        len--;
    }
    return bn_slice_make(text.data, len);
}

bn_slice row_put_text(row_item *item, bn_slice text, size_t bytes_max)
{
    bn_slice cut = cut_text(text, bytes_max);
    BN_ASSERT(cut.len <= UINT8_MAX && item->len + 1 + cut.len <= ROW_ITEM_BYTES_MAX);
    row_put_byte(item, (unsigned)cut.len);
    if (cut.len > 0) {
        memcpy(item->bytes + item->len, cut.data, cut.len);
    }
    item->len += cut.len;
    return cut;
}

void row_items_add(row_items *items, const row_item *item)
{
    bn_slice added = bn_slice_make(item->bytes, item->len);
    unsigned place = 0;
    for (; place < items->count; place++) {
        const row_item *other = &items->item[place];
        int order = bn_slice_compare(added, bn_slice_make(other->bytes, other->len));
        if (order == 0) {
            return;
        }
        if (order < 0) {
            break;
        }
    }
    if (place == items->capacity) {
        return;
    }
    unsigned kept = items->count < items->capacity ? items->count : items->capacity - 1;
    for (unsigned i = kept; i > place; i--) {
        items->item[i] = items->item[i - 1];
    }
    items->item[place] = *item;
    items->count = kept + 1;
}
