/* column.c - entries packed one after the other, replaced in place, compacted now and then.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   bytes   | entry 0 | entry 1   00 | 00 00 00 00 | entry 3 |
 *             ^         ^              ^             ^
 *   places    0 id      1 id           2 removed     3 id         ascending by start
 *   slots     hash of id -> place + 1, open addressing
 *
 * A new entry that fits is written over the old one and filled up with zeros; one that does not
 * goes to the end and leaves zeros behind. When more than a quarter is zeros, live entries move
 * together. Zeros match no needle, so a scan needs no list of what is gone. An entry costs its
 * bytes, 20 for the place and 8 to 16 for its slots.
 */
#include <banyan/base/alloc.h>
#include <banyan/base/check.h>
#include <banyan/base/number.h>

#include "column.h"
#include "entry.h"

#include <string.h>

#define SLOT_GONE UINT32_MAX
#define SLOTS_MIN 64
#define WASTE_MIN ((size_t)64 * 1024)
#define GROWTH_MIN 1024
#define NOT_FOUND SIZE_MAX

/* --- id to place --------------------------------------------------------------------------- */
static size_t hash_id(bn_id id)
{
    /* Random and counted bytes of the id are mixed by multiplication; nobody gains by collisions
     * of ids he makes for his own customers. */
    uint64_t mixed = bn_load_u64(id.bytes) * UINT64_C(0x9e3779b97f4a7c15) ^
                     bn_load_u64(id.bytes + 8) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed ^= mixed >> 29;
    mixed *= UINT64_C(0x94d049bb133111eb);
    return (size_t)(mixed ^ mixed >> 32);
}

/* Slot of the id, or NOT_FOUND. */
static size_t find_slot(const bn_search_column *column, bn_id id)
{
    size_t mask = column->slots_count - 1;
    for (size_t at = hash_id(id) & mask; column->slots_count > 0 && column->slots[at] != 0;
         at = (at + 1) & mask) {
        uint32_t slot = column->slots[at];
        if (slot != SLOT_GONE && bn_id_equal(column->places[slot - 1].id, id)) {
            return at;
        }
    }
    return NOT_FOUND;
}

static void put_slot(bn_search_column *column, bn_id id, size_t place)
{
    size_t mask = column->slots_count - 1;
    size_t at = hash_id(id) & mask;
    while (column->slots[at] != 0) {
        at = (at + 1) & mask;
    }
    column->slots[at] = (uint32_t)place + 1;
    column->slots_used++;
}

static void fill_slots(bn_search_column *column)
{
    if (column->slots_count > 0) {
        memset(column->slots, 0, column->slots_count * sizeof *column->slots);
    }
    column->slots_used = 0;
    for (size_t i = 0; i < column->places_count; i++) {
        if (!bn_id_is_zero(column->places[i].id)) {
            put_slot(column, column->places[i].id, i);
        }
    }
}

/* Room for one more: at most half of the slots are used. */
static bn_rc reserve_slot(bn_search_column *column)
{
    if ((column->slots_used + 1) * 2 <= column->slots_count) {
        return BN_OK;
    }
    size_t wanted = SLOTS_MIN;
    while (wanted < (column->live_count + 1) * 3) {
        wanted *= 2;
    }
    if (wanted != column->slots_count) {
        uint32_t *slots = bn_alloc_array(wanted, sizeof *slots);
        if (slots == NULL) {
            return BN_E_NO_MEMORY;
        }
        bn_free(column->slots);
        column->slots = slots;
        column->slots_count = wanted;
    }
    fill_slots(column);
    return BN_OK;
}

/* --- places and bytes ---------------------------------------------------------------------- */
static bn_rc reserve(void **block, size_t *capacity, size_t wanted, size_t size)
{
    if (wanted <= *capacity) {
        return BN_OK;
    }
    size_t grown = *capacity + *capacity / 4 + GROWTH_MIN;
    grown = grown < wanted ? wanted : grown;
    void *moved = bn_realloc_array(*block, grown, size);
    if (moved == NULL) {
        return BN_E_NO_MEMORY;
    }
    *block = moved;
    *capacity = grown;
    return BN_OK;
}

size_t bn_column_end(const bn_search_column *column, size_t index)
{
    return index + 1 < column->places_count ? column->places[index + 1].start : column->bytes_len;
}

size_t bn_column_place_of(const bn_search_column *column, size_t offset, size_t from)
{
    /* Gallop: hits come in ascending order, often close to one another. */
    size_t step = 1;
    size_t low = from;
    while (low + step < column->places_count && column->places[low + step].start <= offset) {
        low += step;
        step *= 2;
    }
    size_t high = low + step < column->places_count ? low + step : column->places_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (column->places[middle].start <= offset) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

static size_t used_length(const bn_search_column *column, size_t index)
{
    size_t start = column->places[index].start;
    size_t end = bn_column_end(column, index);
    while (end > start && column->bytes[end - 1] == 0) {
        end--;
    }
    return end - start;
}

/* Moves live entries together; places and slots follow. */
static void compact(bn_search_column *column)
{
    size_t to = 0;
    size_t kept = 0;
    for (size_t i = 0; i < column->places_count; i++) {
        bn_column_place place = column->places[i];
        size_t len = used_length(column, i);
        if (bn_id_is_zero(place.id)) {
            continue;
        }
        if (len > 0) {
            memmove(column->bytes + to, column->bytes + place.start, len);
        }
        /* Only places behind this one are still read, and they start further on. */
        column->places[kept++] = (bn_column_place){.id = place.id, .start = (uint32_t)to};
        to += len;
    }
    column->bytes_len = to;
    column->places_count = kept;
    column->waste_bytes = 0;
    fill_slots(column);
}

static void remove_place(bn_search_column *column, size_t slot)
{
    size_t index = column->slots[slot] - 1;
    size_t start = column->places[index].start;
    size_t end = bn_column_end(column, index);
    column->waste_bytes += used_length(column, index);
    if (end > start) {
        memset(column->bytes + start, 0, end - start);
    }
    column->places[index].id = (bn_id){0};
    column->slots[slot] = SLOT_GONE;
    column->live_count--;
}

static void compact_when_wasteful(bn_search_column *column)
{
    if (column->waste_bytes > WASTE_MIN && column->waste_bytes * 4 > column->bytes_len) {
        compact(column);
    }
}

/* Room for one more entry, so that append() cannot fail. */
static bn_rc reserve_entry(bn_search_column *column, size_t len)
{
    void *bytes = column->bytes;
    void *places = column->places;
    if (column->bytes_len + len >= UINT32_MAX || column->places_count >= SLOT_GONE - 1) {
        return BN_E_LIMIT;
    }
    bn_rc rc = reserve(&bytes, &column->bytes_capacity, column->bytes_len + len, 1);
    column->bytes = bytes;
    BN_TRY(rc);
    rc = reserve(&places, &column->places_capacity, column->places_count + 1,
                 sizeof *column->places);
    column->places = places;
    BN_TRY(rc);
    return reserve_slot(column);
}

static void append(bn_search_column *column, bn_id id, bn_slice entry)
{
    if (entry.len > 0) {
        memcpy(column->bytes + column->bytes_len, entry.data, entry.len);
    }
    column->places[column->places_count] =
        (bn_column_place){.id = id, .start = (uint32_t)column->bytes_len};
    put_slot(column, id, column->places_count);
    column->places_count++;
    column->bytes_len += entry.len;
    column->live_count++;
}

/* True when the new entry could be written over the old one. */
static bool overwrite(bn_search_column *column, size_t slot, bn_slice entry)
{
    size_t index = column->slots[slot] - 1;
    size_t start = column->places[index].start;
    size_t room = bn_column_end(column, index) - start;
    if (entry.len > room) {
        return false;
    }
    column->waste_bytes += used_length(column, index);
    column->waste_bytes -= entry.len < column->waste_bytes ? entry.len : column->waste_bytes;
    if (room > 0) {
        memset(column->bytes + start, 0, room);
    }
    if (entry.len > 0) {
        memcpy(column->bytes + start, entry.data, entry.len);
    }
    return true;
}

/* --- the public door ----------------------------------------------------------------------- */
bn_rc bn_search_create(bn_search_column **out)
{
    bn_search_column *column = bn_alloc(sizeof *column);
    if (column == NULL) {
        return BN_E_NO_MEMORY;
    }
    *out = column;
    return BN_OK;
}

void bn_search_destroy(bn_search_column **column)
{
    if (*column != NULL) {
        bn_free((*column)->bytes);
        bn_free((*column)->places);
        bn_free((*column)->slots);
        bn_free(*column);
        *column = NULL;
    }
}

bn_rc bn_search_put(bn_search_column *column, const bn_record *record, bn_err *err)
{
    if (record->kind != BN_KIND_CUSTOMER || bn_id_is_zero(record->id)) {
        return bn_fail(err, BN_E_INVALID, "search: customers only");
    }
    if (!bn_record_exists(record)) {
        bn_search_remove(column, record->id);
        return BN_OK;
    }
    BN_AUTO(bn_buf_fini) bn_buf entry;
    bn_buf_init(&entry, BN_ENTRY_BYTES_MAX);
    BN_TRY(bn_entry_write(record, &entry, err));
    size_t slot = find_slot(column, record->id);
    if (slot != NOT_FOUND && overwrite(column, slot, bn_buf_slice(&entry))) {
        return BN_OK;
    }
    bn_rc rc = reserve_entry(column, entry.len);
    if (rc != BN_OK) {
        return bn_fail(err, rc, "search: no room for customer %zu", column->live_count);
    }
    bn_search_remove(column, record->id);
    append(column, record->id, bn_buf_slice(&entry));
    return BN_OK;
}

void bn_search_remove(bn_search_column *column, bn_id id)
{
    size_t slot = find_slot(column, id);
    if (slot != NOT_FOUND) {
        remove_place(column, slot);
        compact_when_wasteful(column);
    }
}

size_t bn_search_count(const bn_search_column *column)
{
    return column->live_count;
}

size_t bn_search_bytes(const bn_search_column *column)
{
    return sizeof *column + column->bytes_capacity +
           column->places_capacity * sizeof *column->places +
           column->slots_count * sizeof *column->slots;
}
