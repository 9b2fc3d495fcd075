/* parse.c - what a person typed, or a file holds, into a value.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Strict on purpose: a date is year first with four digits, a number has its separators in groups
 * of three. What may be read in two ways is refused, not guessed.
 */
#include <banyan/base/limits.h>
#include <banyan/base/number.h>
#include <banyan/base/text.h>

#include "model.h"

#include <string.h>

#define NUMBER_BYTES_MAX 32
#define HOUR_MS INT64_C(3600000)
#define MINUTE_MS INT64_C(60000)

/* A cursor over what is left of a text. */
typedef struct reader {
    bn_slice rest;
} reader;

static bool take(reader *in, char byte)
{
    if (in->rest.len == 0 || in->rest.data[0] != (uint8_t)byte) {
        return false;
    }
    in->rest = bn_slice_make(in->rest.data + 1, in->rest.len - 1);
    return true;
}

/* Exactly `count` digits. */
static bool take_digits(reader *in, size_t count, int64_t *out)
{
    if (in->rest.len < count) {
        return false;
    }
    int64_t number = 0;
    for (size_t i = 0; i < count; i++) {
        uint8_t byte = in->rest.data[i];
        if (byte < '0' || byte > '9') {
            return false;
        }
        number = number * 10 + (byte - '0');
    }
    in->rest = bn_slice_make(in->rest.data + count, in->rest.len - count);
    *out = number;
    return true;
}

/* yyyy-mm-dd or yyyymmdd at the head of the text. */
static bool take_date(reader *in, int64_t *out)
{
    int64_t year = 0;
    int64_t month = 0;
    int64_t day = 0;
    if (!take_digits(in, 4, &year)) {
        return false;
    }
    bool is_dashed = take(in, '-');
    if (!take_digits(in, 2, &month) || (is_dashed && !take(in, '-')) || !take_digits(in, 2, &day)) {
        return false;
    }
    int64_t date = year * 10000 + month * 100 + day;
    if (!bn_civil_is_real(date)) {
        return false;
    }
    *out = date;
    return true;
}

/* hh:mm, then :ss and .mmm when they are there. */
static bool take_clock(reader *in, int64_t *out)
{
    int64_t hour = 0;
    int64_t minute = 0;
    int64_t second = 0;
    int64_t ms = 0;
    if (!take_digits(in, 2, &hour) || !take(in, ':') || !take_digits(in, 2, &minute)) {
        return false;
    }
    if (take(in, ':')) {
        if (!take_digits(in, 2, &second) || (take(in, '.') && !take_digits(in, 3, &ms))) {
            return false;
        }
    }
    *out = hour * HOUR_MS + minute * MINUTE_MS + second * 1000 + ms;
    return hour <= 23 && minute <= 59 && second <= 59;
}

/* Z, or +hh:mm and -hh:mm: how far local time is ahead. Nothing means UTC. */
static bool take_zone(reader *in, int64_t *out)
{
    int64_t hour = 0;
    int64_t minute = 0;
    *out = 0;
    if (in->rest.len == 0 || take(in, 'Z')) {
        return true;
    }
    bool is_ahead = take(in, '+');
    if (!is_ahead && !take(in, '-')) {
        return false;
    }
    if (!take_digits(in, 2, &hour) || !take(in, ':') || !take_digits(in, 2, &minute)) {
        return false;
    }
    int64_t ahead = hour * HOUR_MS + minute * MINUTE_MS;
    *out = is_ahead ? ahead : -ahead;
    return hour <= 14 && minute <= 59;
}

static bool parse_time(bn_slice text, int64_t *out)
{
    reader in = {.rest = text};
    int64_t date = 0;
    int64_t clock_ms = 0;
    int64_t ahead_ms = 0;
    if (!take_date(&in, &date)) {
        return false;
    }
    if (in.rest.len > 0 && !((take(&in, 'T') || take(&in, ' ')) && take_clock(&in, &clock_ms) &&
                             take_zone(&in, &ahead_ms))) {
        return false;
    }
    *out = bn_civil_to_days(date) * BN_DAY_MS + clock_ms - ahead_ms;
    return in.rest.len == 0;
}

/* Copies the digits and sign of "-13,800" and drops the separators: groups of three, or none. */
static bool strip_separators(bn_slice text, char digits[NUMBER_BYTES_MAX], size_t *len)
{
    size_t used = 0;
    size_t group = 0;
    bool is_grouped = false;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t byte = text.data[i];
        if (byte == ',') {
            if (group == 0 || group > 3 || (is_grouped && group != 3)) {
                return false;
            }
            is_grouped = true;
            group = 0;
            continue;
        }
        if (used == NUMBER_BYTES_MAX) {
            return false;
        }
        digits[used++] = (char)byte;
        group += byte == '-' ? 0 : 1;
    }
    *len = used;
    return group > 0 && (!is_grouped || group == 3);
}

static bool parse_int(bn_slice text, int64_t *out)
{
    char digits[NUMBER_BYTES_MAX];
    size_t len = 0;
    return strip_separators(text, digits, &len) &&
           bn_parse_i64(bn_slice_make(digits, len), out) == BN_OK;
}

static bool parse_money(bn_slice text, int64_t *out)
{
    const uint8_t *point = text.len > 0 ? memchr(text.data, '.', text.len) : NULL;
    bn_slice whole = text;
    int64_t cents = 0;
    if (point != NULL) {
        whole.len = (size_t)(point - text.data);
        reader in = {.rest = bn_slice_make(point + 1, text.len - whole.len - 1)};
        size_t decimals = in.rest.len;
        if (decimals < 1 || decimals > 2 || !take_digits(&in, decimals, &cents)) {
            return false;
        }
        cents *= decimals == 1 ? 10 : 1;
    }
    int64_t units = 0;
    bool is_negative = whole.len > 0 && whole.data[0] == '-';
    if (!parse_int(whole, &units) || units > INT64_MAX / BN_MONEY_UNIT - 1 ||
        units < -(INT64_MAX / BN_MONEY_UNIT - 1)) {
        return false;
    }
    *out = units * BN_MONEY_UNIT + (is_negative ? -cents : cents);
    return true;
}

static bool is_word(bn_slice text, const char *const *words)
{
    for (size_t i = 0; words[i] != NULL; i++) {
        if (strlen(words[i]) == text.len &&
            strncasecmp(words[i], (const char *)text.data, text.len) == 0) {
            return true;
        }
    }
    return false;
}

static bool parse_bool(bn_slice text, int64_t *out)
{
    static const char *const yes[] = {"yes", "y", "true", "1", "是", NULL};
    static const char *const no[] = {"no", "n", "false", "0", "否", NULL};
    *out = is_word(text, yes) ? 1 : 0;
    return *out == 1 || is_word(text, no);
}

static bn_rc parse_choice(const bn_kind_def *kind, const bn_field_def *field, bn_slice text,
                          bn_value *out, bn_err *err)
{
    size_t count = 0;
    const bn_choice *choices = bn_schema_choices(kind->kind, field->number, &count);
    const char *names[BN_FIELDS_MAX];
    for (size_t i = 0; i < count && i < BN_FIELDS_MAX; i++) {
        const char *const words[] = {choices[i].name, choices[i].label_en, choices[i].label_zh,
                                     NULL};
        names[i] = choices[i].name;
        if (is_word(text, words)) {
            *out = bn_value_text(bn_slice_of(choices[i].name));
            return BN_OK;
        }
    }
    const char *nearest =
        bn_nearest_name(text, names, count < BN_FIELDS_MAX ? count : BN_FIELDS_MAX);
    return nearest != NULL
               ? bn_fail(err, BN_E_INVALID, "%s: not one of its choices (did you mean %s?)",
                         field->name, nearest)
               : bn_fail(err, BN_E_INVALID, "%s: not one of its choices", field->name);
}

static bool parse_date(bn_slice text, int64_t *out)
{
    reader in = {.rest = text};
    return take_date(&in, out) && in.rest.len == 0;
}

static bool parse_branch(bn_slice text, int64_t *out)
{
    return text.len <= 6 && text.data[0] != '-' && bn_parse_i64(text, out) == BN_OK && *out > 0;
}

/* The types that are integers: how each is read, and how to say what is wanted. */
static const struct {
    bool (*parse)(bn_slice text, int64_t *out);
    const char *wanted;
} numbers[] = {
    [BN_TYPE_INT] = {parse_int, "a whole number such as 13800 or 13,800"},
    [BN_TYPE_MONEY] = {parse_money, "an amount such as 13,800.50"},
    [BN_TYPE_DATE] = {parse_date, "a real date such as 2026-05-02"},
    [BN_TYPE_TIME] = {parse_time, "a time such as 2026-05-02T09:30:00Z"},
    [BN_TYPE_BOOL] = {parse_bool, "yes or no"},
    [BN_TYPE_BRANCH] = {parse_branch, "a branch code of up to six digits such as 0017"},
};

bn_rc bn_parse_value(const bn_kind_def *kind, const bn_field_def *field, bn_slice text,
                     bn_arena *arena, bn_value *out, bn_err *err)
{
    bn_value value = bn_value_nil();
    text = bn_slice_trim(text);
    if (text.len == 0) {
        *out = value;
        return BN_OK;
    }
    switch (field->type) {
    case BN_TYPE_TEXT:
    case BN_TYPE_NOTE:
        if (bn_value_copy(arena, bn_value_text(text), &value) != BN_OK) {
            return bn_fail(err, BN_E_NO_MEMORY, "%s: no memory for its text", field->name);
        }
        break;
    case BN_TYPE_CHOICE:
        BN_TRY(parse_choice(kind, field, text, &value, err));
        break;
    case BN_TYPE_REF:
        if (bn_id_parse(text, &value.id) != BN_OK) {
            return bn_fail(err, BN_E_INVALID, "%s: wants an id of 32 hex digits", field->name);
        }
        value.type = BN_VALUE_ID;
        break;
    case BN_TYPE_INT:
    case BN_TYPE_MONEY:
    case BN_TYPE_DATE:
    case BN_TYPE_TIME:
    case BN_TYPE_BOOL:
    case BN_TYPE_BRANCH:
        if (!numbers[field->type].parse(text, &value.integer)) {
            return bn_fail(err, BN_E_INVALID, "%s: wants %s", field->name,
                           numbers[field->type].wanted);
        }
        value.type = BN_VALUE_INT;
        break;
    }
    BN_TRY(bn_validate_value(kind, field, value, err));
    *out = value;
    return BN_OK;
}
