/* record.c - cells and items of one record, as sorted arrays.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   cells  | existence | 3 name | 13 mobile |        one per field, found by halving
 *   items  | 23 served_by 4 | 23 served_by 7 | 35 tags "vip" | 37 contacts 12 |
 *
 * A record has at most BN_FIELDS_MAX cells and BN_ITEMS_MAX items. Arrays grow by doubling in the
 * arena; what they leave behind there goes with the arena.
 */
#include "record_parts.h"
#include <banyan/base/limits.h>
#include <banyan/base/number.h>

#include <string.h>

#define CAPACITY_MIN 8

void bn_record_init(bn_record *record, uint16_t kind, bn_id id)
{
    *record = (bn_record){.kind = kind, .id = id};
}

bool bn_record_exists(const bn_record *record)
{
    bn_value existence = bn_record_value(record, BN_FIELD_EXISTENCE);
    return existence.type == BN_VALUE_INT && existence.integer == 1;
}

bool bn_record_is_empty(const bn_record *record)
{
    return record->cells_count == 0 && record->items_count == 0;
}

static bn_rc copy_cells(bn_arena *arena, const bn_cell *cells, size_t count, bn_cell **out)
{
    *out = NULL;
    if (count == 0) {
        return BN_OK;
    }
    bn_cell *copy = bn_arena_array(arena, count, sizeof *copy);
    if (copy == NULL) {
        return BN_E_NO_MEMORY;
    }
    memcpy(copy, cells, count * sizeof *copy);
    *out = copy;
    return BN_OK;
}

bn_rc bn_record_copy(const bn_record *record, bn_arena *arena, bn_record *out)
{
    bn_record copy = *record;
    BN_TRY(copy_cells(arena, record->cells, record->cells_count, &copy.cells));
    BN_TRY(copy_cells(arena, record->items, record->items_count, &copy.items));
    copy.cells_capacity = 0;
    copy.items_capacity = 0;
    *out = copy;
    return BN_OK;
}

/* Index of the first cell whose field is not below `field`. */
static size_t lower_bound(const bn_cell *cells, size_t count, unsigned field)
{
    size_t low = 0;
    size_t high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (cells[middle].field < field) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

const bn_cell *bn_record_cell(const bn_record *record, unsigned field)
{
    size_t at = lower_bound(record->cells, record->cells_count, field);
    return at < record->cells_count && record->cells[at].field == field ? &record->cells[at] : NULL;
}

bn_value bn_record_value(const bn_record *record, unsigned field)
{
    const bn_cell *cell = bn_record_cell(record, field);
    return cell != NULL ? cell->value : bn_value_nil();
}

bn_dot bn_record_dot(const bn_record *record, unsigned field)
{
    const bn_cell *cell = bn_record_cell(record, field);
    return cell != NULL ? cell->stamp.dot : (bn_dot){0, 0};
}

const bn_cell *bn_record_items(const bn_record *record, unsigned field, size_t *count)
{
    size_t first = lower_bound(record->items, record->items_count, field);
    size_t end = lower_bound(record->items, record->items_count, field + 1);
    *count = end - first;
    return end > first ? &record->items[first] : NULL;
}

int64_t bn_record_counter(const bn_record *record, unsigned field)
{
    size_t count = 0;
    const bn_cell *items = bn_record_items(record, field, &count);
    int64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        if (!bn_add_i64(sum, items[i].value.integer, &sum)) {
            return items[i].value.integer < 0 ? INT64_MIN : INT64_MAX;
        }
    }
    return sum;
}

/* Opens a gap at `at`, with at most `count_max` cells afterwards. */
static bn_rc insert_cell(bn_arena *arena, bn_cell **cells, size_t *count, size_t *capacity,
                         size_t count_max, size_t at)
{
    if (*count >= count_max) {
        return BN_E_LIMIT;
    }
    if (*count >= *capacity) {
        size_t wanted = *count < CAPACITY_MIN / 2 ? CAPACITY_MIN : *count * 2;
        bn_cell *grown = bn_arena_array(arena, wanted, sizeof *grown);
        if (grown == NULL) {
            return BN_E_NO_MEMORY;
        }
        if (*count > 0) {
            memcpy(grown, *cells, *count * sizeof *grown);
        }
        *cells = grown;
        *capacity = wanted;
    }
    memmove(*cells + at + 1, *cells + at, (*count - at) * sizeof **cells);
    (*count)++;
    return BN_OK;
}

bn_rc bn_record_put_cell(bn_record *record, bn_arena *arena, const bn_cell *cell)
{
    size_t at = lower_bound(record->cells, record->cells_count, cell->field);
    if (at == record->cells_count || record->cells[at].field != cell->field) {
        BN_TRY(insert_cell(arena, &record->cells, &record->cells_count, &record->cells_capacity,
                           BN_FIELDS_MAX, at));
    }
    record->cells[at] = *cell;
    return BN_OK;
}

/* The order of items: field, value, dot. */
static int compare_items(const bn_cell *a, const bn_cell *b)
{
    if (a->field != b->field) {
        return a->field < b->field ? -1 : 1;
    }
    int order = bn_value_compare(a->value, b->value);
    return order != 0 ? order : bn_dot_compare(a->stamp.dot, b->stamp.dot);
}

static void take_item(bn_record *record, size_t at)
{
    memmove(record->items + at, record->items + at + 1,
            (record->items_count - at - 1) * sizeof *record->items);
    record->items_count--;
}

bn_rc bn_record_put_item(bn_record *record, bn_arena *arena, const bn_cell *item)
{
    size_t at = lower_bound(record->items, record->items_count, item->field);
    int order = 1;
    while (at < record->items_count) {
        order = compare_items(&record->items[at], item);
        if (order >= 0) {
            break;
        }
        at++;
    }
    if (order == 0) {
        if (record->items[at].stamp.cseq < item->stamp.cseq) {
            record->items[at].stamp = item->stamp;
        }
        return BN_OK;
    }
    BN_TRY(insert_cell(arena, &record->items, &record->items_count, &record->items_capacity,
                       BN_ITEMS_MAX, at));
    record->items[at] = *item;
    return BN_OK;
}

void bn_record_drop_items(bn_record *record, unsigned field, bn_dot dot, bn_value value)
{
    size_t at = lower_bound(record->items, record->items_count, field);
    while (at < record->items_count && record->items[at].field == field) {
        const bn_cell *item = &record->items[at];
        if (bn_dot_equal(item->stamp.dot, dot) &&
            (bn_value_is_nil(value) || bn_value_equal(item->value, value))) {
            take_item(record, at);
        } else {
            at++;
        }
    }
}

const bn_cell *bn_record_sum(const bn_record *record, unsigned field, uint32_t origin)
{
    size_t count = 0;
    const bn_cell *items = bn_record_items(record, field, &count);
    for (size_t i = 0; i < count; i++) {
        if (items[i].stamp.dot.origin == origin) {
            return &items[i];
        }
    }
    return NULL;
}

bn_rc bn_record_put_sum(bn_record *record, bn_arena *arena, const bn_cell *sum)
{
    const bn_cell *old = bn_record_sum(record, sum->field, sum->stamp.dot.origin);
    if (old != NULL) {
        take_item(record, (size_t)(old - record->items));
    }
    return bn_record_put_item(record, arena, sum);
}
