/* format.c - a value as the text bn_parse_value() reads back.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <banyan/base/check.h>

#include "model.h"

#include <inttypes.h>
#include <string.h>

/* Digits with a separator before every group of three. */
static const char *format_money(int64_t amount, bn_arena *arena)
{
    uint64_t size = amount < 0 ? (uint64_t)0 - (uint64_t)amount : (uint64_t)amount;
    uint64_t units = size / BN_MONEY_UNIT;
    char text[40];
    size_t at = sizeof text;
    unsigned digits = 0;
    do {
        if (digits > 0 && digits % 3 == 0) {
            text[--at] = ',';
        }
        text[--at] = (char)('0' + units % 10);
        units /= 10;
        digits++;
    } while (units > 0);
    return bn_arena_printf(arena, "%s%.*s.%02" PRIu64, amount < 0 ? "-" : "",
                           (int)(sizeof text - at), text + at, size % BN_MONEY_UNIT);
}

static const char *format_time(int64_t ms, bn_arena *arena)
{
    int64_t days = ms / BN_DAY_MS - (ms % BN_DAY_MS < 0 ? 1 : 0);
    int64_t of_day = ms - days * BN_DAY_MS;
    int64_t date = bn_civil_of_days(days);
    int64_t seconds = of_day / 1000;
    char fraction[16] = "";
    if (of_day % 1000 != 0) {
        snprintf(fraction, sizeof fraction, ".%03u", (unsigned)(of_day % 1000));
    }
    return bn_arena_printf(arena, "%04u-%02u-%02uT%02u:%02u:%02u%sZ", (unsigned)(date / 10000),
                           (unsigned)(date / 100 % 100), (unsigned)(date % 100),
                           (unsigned)(seconds / 3600), (unsigned)(seconds / 60 % 60),
                           (unsigned)(seconds % 60), fraction);
}

static const char *format_int(const bn_field_def *field, int64_t integer, bn_arena *arena)
{
    switch (field->type) {
    case BN_TYPE_MONEY:
        return format_money(integer, arena);
    case BN_TYPE_DATE:
        return bn_arena_printf(arena, "%04" PRId64 "-%02" PRId64 "-%02" PRId64, integer / 10000,
                               integer / 100 % 100, integer % 100);
    case BN_TYPE_TIME:
        return format_time(integer, arena);
    case BN_TYPE_BOOL:
        return integer != 0 ? "yes" : "no";
    case BN_TYPE_BRANCH:
        return bn_arena_printf(arena, "%04" PRId64, integer);
    case BN_TYPE_TEXT:
    case BN_TYPE_NOTE:
    case BN_TYPE_INT:
    case BN_TYPE_CHOICE:
    case BN_TYPE_REF:
        break;
    }
    return bn_arena_printf(arena, "%" PRId64, integer);
}

const char *bn_format_value(const bn_field_def *field, bn_value value, bn_arena *arena)
{
    switch (value.type) {
    case BN_VALUE_NIL:
        return "";
    case BN_VALUE_INT:
        return format_int(field, value.integer, arena);
    case BN_VALUE_TEXT:
        return bn_arena_cstr(arena, value.text);
    case BN_VALUE_ID: {
        char *text = bn_arena_alloc(arena, BN_ID_TEXT_BYTES);
        if (text != NULL) {
            bn_id_format(value.id, text);
        }
        return text;
    }
    }
    BN_ASSERT(false && "type of value");
    return NULL;
}
