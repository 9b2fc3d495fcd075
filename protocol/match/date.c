/* date.c - dates of birth as people write them.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The compare form is cut into at most three fields (a number with its count of digits, or a
 * month by name) and the characters between them; the shape of these decides the order. A time
 * of day behind the date is cut off first.
 */
#include <banyan/protocol/match/address.h>
#include <banyan/protocol/match/date.h>

#include "points.h"

#include <banyan/base/check.h>

#include <string.h>

#define DATE_BYTES_MAX 64
#define FIELDS_MAX 3

typedef struct date_field {
    uint32_t value;
    uint8_t digits;  /* 0 for a month by name */
    uint8_t mark;    /* the ASCII character behind it; 0 at the end or for a Chinese one */
    uint32_t unit;   /* 年 月 日 behind it, or 0 */
} date_field;

typedef struct date_fields {
    size_t count;
    date_field field[FIELDS_MAX];
} date_fields;

#define YEAR_CHARACTER 0x5e74u
#define MONTH_CHARACTER 0x6708u
#define DAY_CHARACTER 0x65e5u
#define NUMBER_CHARACTER 0x53f7u

bool bn_date_is_real(unsigned year, unsigned month, unsigned day)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return year >= BN_DATE_YEAR_MIN && year <= BN_DATE_YEAR_MAX && month >= 1 && month <= 12 &&
           day >= 1 && day <= days[month - 1] + (month == 2 && is_leap ? 1u : 0u);
}

/* Zeros of what is unknown allowed. */
static bool make_date(unsigned year, unsigned month, unsigned day, bn_date *out)
{
    bool is_good = month == 0 ? day == 0 : day == 0 ? month <= 12 : true;
    if (!is_good || !bn_date_is_real(year, month == 0 ? 1 : month, day == 0 ? 1 : day)) {
        return false;
    }
    bool is_epoch = (month == 1 && day == 1) || (year == 1899 && month == 12 && day >= 30);
    *out = (bn_date){.year = (uint16_t)year,
                     .month = (uint8_t)month,
                     .day = (uint8_t)day,
                     .precision = month == 0 ? BN_DATE_TO_YEAR
                                  : day == 0 ? BN_DATE_TO_MONTH
                                             : BN_DATE_TO_DAY,
                     .is_default = is_epoch};
    return true;
}

uint32_t bn_date_pack(const bn_date *date)
{
    return (uint32_t)date->year * 10000 + (uint32_t)date->month * 100 + date->day;
}

bn_rc bn_date_unpack(uint32_t yyyymmdd, bn_date *out)
{
    bool is_good = make_date(yyyymmdd / 10000, yyyymmdd / 100 % 100, yyyymmdd % 100, out);
    return is_good ? BN_OK : BN_E_INVALID;
}

static uint32_t month_of(bn_slice word)
{
    static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";
    for (uint32_t i = 0; word.len >= 3 && i < 12; i++) {
        if (memcmp(names + (size_t)i * 3, word.data, 3) == 0) {
            return i + 1;
        }
    }
    return 0;
}

/* Bytes of the letters at the head, 0 when they are no month: "january", "sept". */
static size_t read_month(bn_slice s, date_field *field)
{
    size_t len = 0;
    while (len < s.len && is_ascii_lower(s.data[len])) {
        len++;
    }
    field->value = month_of(bn_slice_make(s.data, len));
    return field->value == 0 ? 0 : len;
}

/* The number at the head; Chinese digits only where years are written with them. */
static size_t read_number(bn_slice s, date_field *field)
{
    size_t len = bn_chinese_number(s, &field->value);
    bool is_ascii = len > 0 && is_ascii_digit(s.data[0]);
    field->digits = (uint8_t)(is_ascii ? len : field->value >= 1000 ? 4 : 2);
    return len;
}

static size_t skip_ordinal(bn_slice s)
{
    static const char *const endings[] = {"st", "nd", "rd", "th"};
    for (size_t i = 0; i < BN_COUNT(endings); i++) {
        if (bn_slice_starts(s, bn_slice_of(endings[i])) &&
            (s.len == 2 || !is_ascii_lower(s.data[2]))) {
            return 2;
        }
    }
    return 0;
}

/* Without a time of day, and without 生, 出生 behind the date. */
static bn_slice cut_tail(bn_slice s)
{
    static const char *const endings[] = {"出生", "生", "."};
    for (size_t i = 4; i + 1 < s.len; i++) {
        size_t near_len = s.len - i < 4 ? s.len - i : 4; /* t09: */
        bool has_time = (s.data[i] == 't' || s.data[i] == ' ') && is_ascii_digit(s.data[i - 1]) &&
                        is_ascii_digit(s.data[i + 1]) &&
                        memchr(s.data + i, ':', near_len) != NULL;
        if (has_time) {
            s.len = i;
        }
    }
    for (size_t i = 0; i < BN_COUNT(endings); i++) {
        size_t len = strlen(endings[i]);
        if (s.len > len && memcmp(s.data + s.len - len, endings[i], len) == 0) {
            s.len -= len;
        }
    }
    return s;
}

static bool split_fields(bn_slice s, date_fields *fields)
{
    size_t at = 0;
    while (at < s.len) {
        date_field *field = &fields->field[fields->count];
        if (fields->count == FIELDS_MAX) {
            return false;
        }
        size_t len = read_number(slice_from(s, at), field);
        if (len > 0) {
            at += len;
            at += skip_ordinal(slice_from(s, at));
        } else {
            len = read_month(slice_from(s, at), field);
            field->digits = 0;
            at += len;
        }
        if (len == 0) {
            return false;
        }
        fields->count++;
        while (at + 1 < s.len && s.data[at] == ' ' && s.data[at + 1] >= 0x80) {
            at++; /* 1990 年 */
        }
        size_t next = at;
        uint32_t c = at < s.len ? bn_utf8_next(s, &next) : 0;
        if (c == YEAR_CHARACTER || c == MONTH_CHARACTER || c == DAY_CHARACTER ||
            c == NUMBER_CHARACTER) {
            field->unit = c == NUMBER_CHARACTER ? DAY_CHARACTER : c;
            at = next;
        }
        while (at < s.len && s.data[at] < 0x80 && strchr(" -/.,", s.data[at]) != NULL) {
            field->mark = field->mark == 0 || field->mark == ' ' ? s.data[at] : field->mark;
            at++;
        }
    }
    /* A mark behind the last field is a stray one. */
    return fields->count > 0 && fields->field[fields->count - 1].mark == 0;
}

static bool from_digits(const date_field *field, bn_date *out)
{
    uint32_t v = field->value;
    if (field->digits == 8) {
        return make_date(v / 10000, v / 100 % 100, v % 100, out);
    }
    if (field->digits == 6) {
        return make_date(v / 100, v % 100, 0, out);
    }
    return field->digits == 4 && make_date(v, 0, 0, out);
}

static bool from_chinese(const date_fields *fields, bn_date *out)
{
    static const uint32_t units[] = {YEAR_CHARACTER, MONTH_CHARACTER, DAY_CHARACTER};
    const date_field *f = fields->field;
    for (size_t i = 0; i < fields->count; i++) {
        bool is_last_day = i == 2 && f[i].unit == 0; /* 1990年1月2 */
        if ((f[i].unit != units[i] && !is_last_day) || f[i].mark > ' ' || f[i].digits == 0) {
            return false;
        }
    }
    return f[0].digits == 4 && make_date(f[0].value, fields->count > 1 ? f[1].value : 0,
                                         fields->count > 2 ? f[2].value : 0, out);
}

/* Numbers a/b/year: the mark, the values, then the caller's policy decide. */
static bool from_year_last(const date_field *f, bn_date_order order, bn_date *out)
{
    uint32_t a = f[0].value;
    uint32_t b = f[1].value;
    uint32_t year = f[2].value;
    if (f[0].mark == '.' || a > 12) {
        return make_date(year, b, a, out);
    }
    if (b > 12 || a == b || order == BN_DATE_MONTH_FIRST) {
        return make_date(year, a, b, out);
    }
    return order == BN_DATE_DAY_FIRST && make_date(year, b, a, out);
}

static bool from_fields(const date_fields *fields, bn_date_order order, bn_date *out)
{
    const date_field *f = fields->field;
    size_t count = fields->count;
    if (f[0].unit != 0) {
        return from_chinese(fields, out);
    }
    if (count == 1) {
        return from_digits(f, out);
    }
    if (f[0].digits == 4) { /* year first; months may have a name */
        bool has_sizes = f[1].digits <= 2 && (count == 2 || (f[2].digits >= 1 && f[2].digits <= 2));
        return has_sizes && make_date(f[0].value, f[1].value, count == 3 ? f[2].value : 0, out);
    }
    const date_field *last = &f[count - 1];
    if (last->digits != 4 || f[0].digits > 2 || (count == 3 && f[1].digits > 2)) {
        return false;
    }
    if (count == 2) { /* 01/1990, jan 1990 */
        return make_date(last->value, f[0].value, 0, out);
    }
    if (f[0].digits == 0) { /* january 2, 1990 */
        return f[1].digits > 0 && make_date(last->value, f[0].value, f[1].value, out);
    }
    if (f[1].digits == 0) { /* 2 jan 1990 */
        return make_date(last->value, f[1].value, f[0].value, out);
    }
    return from_year_last(f, order, out);
}

bn_rc bn_date_parse(bn_slice text, bn_date_order order, bn_date *out, bn_err *err)
{
    date_fields fields = {0};
    bn_date date = {0};
    if (text.len > DATE_BYTES_MAX) {
        return bn_fail(err, BN_E_INVALID, "date: %zu bytes, limit %d", text.len, DATE_BYTES_MAX);
    }
    BN_AUTO(bn_buf_fini) bn_buf plain = {.size_max = BN_TEXT_BYTES_MAX};
    bn_rc rc = bn_fold_whole(text, &plain);
    if (rc != BN_OK) {
        return bn_fail(err, rc, "date: not usable text");
    }
    if (!split_fields(cut_tail(bn_buf_slice(&plain)), &fields)) {
        return bn_fail(err, BN_E_INVALID, "date: not in a known form");
    }
    if (!from_fields(&fields, order, &date)) {
        return bn_fail(err, BN_E_INVALID, "date: no such day, or its order is ambiguous");
    }
    *out = date;
    return BN_OK;
}
