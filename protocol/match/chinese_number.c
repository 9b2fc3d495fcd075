/* chinese_number.c - numbers in Chinese or ASCII digits.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <banyan/protocol/match/address.h>

#include "points.h"

#include <banyan/base/check.h>

#define VALUE_MAX 99999999u
#define CHARACTERS_MAX 16

/* 0..9 of a Chinese digit, -1 for anything else. */
static int digit_of(uint32_t c)
{
    static const struct {
        uint16_t character;
        uint8_t digit;
    } digits[] = {
        {0x3007, 0}, {0x96f6, 0}, {0x4e00, 1}, {0x4e8c, 2}, {0x4e09, 3}, {0x56db, 4},
        {0x4e94, 5}, {0x516d, 6}, {0x4e03, 7}, {0x516b, 8}, {0x4e5d, 9}, {0x4e24, 2},
        {0x58f9, 1}, {0x8d30, 2}, {0x53c1, 3}, {0x8086, 4}, {0x4f0d, 5}, {0x9646, 6},
        {0x67d2, 7}, {0x634c, 8}, {0x7396, 9}, {0x25cb, 0},
    };
    for (size_t i = 0; i < BN_COUNT(digits); i++) {
        if (digits[i].character == c) {
            return digits[i].digit;
        }
    }
    return -1;
}

/* 十 百 千 万 and what they multiply by; 0 for anything else. */
static uint32_t unit_of(uint32_t c)
{
    switch (c) {
    case 0x5341: case 0x62fe:
        return 10;
    case 0x767e: case 0x4f70:
        return 100;
    case 0x5343: case 0x4edf:
        return 1000;
    case 0x4e07:
        return 10000;
    default:
        return 0;
    }
}

static size_t ascii_number(bn_slice text, uint32_t *value)
{
    uint32_t sum = 0;
    size_t at = 0;
    for (; at < text.len && is_ascii_digit(text.data[at]); at++) {
        sum = sum * 10 + (uint32_t)(text.data[at] - '0');
        if (sum > VALUE_MAX) {
            return 0;
        }
    }
    *value = at > 0 ? sum : *value;
    return at;
}

size_t bn_chinese_number(bn_slice text, uint32_t *value)
{
    uint32_t written = 0;   /* digits side by side: 二〇一 */
    uint32_t sum = 0;       /* with units: 一百二十 */
    uint32_t section = 0;   /* below 万 */
    uint32_t digit = 0;     /* waiting for its unit */
    bool has_unit = false;
    size_t len = 0;
    if (text.len > 0 && is_ascii_digit(text.data[0])) {
        return ascii_number(text, value);
    }
    for (size_t at = 0, count = 0; at < text.len && count < CHARACTERS_MAX; count++) {
        uint32_t c = bn_utf8_next(text, &at);
        int next_digit = digit_of(c);
        uint32_t unit = unit_of(c);
        if (next_digit >= 0) {
            digit = (uint32_t)next_digit;
            written = written * 10 + digit;
        } else if (unit == 10000 && len > 0) {
            sum = (section + digit) * unit;
            section = 0;
            digit = 0;
            has_unit = true;
        } else if (unit > 0 && unit < 10000) {
            section += (digit == 0 && section == 0 ? 1 : digit) * unit;
            digit = 0;
            has_unit = true;
        } else {
            break;
        }
        if (written > VALUE_MAX || sum > VALUE_MAX || section > VALUE_MAX) {
            return 0;
        }
        len = at;
    }
    uint32_t result = has_unit ? sum + section + digit : written;
    if (len == 0 || result > VALUE_MAX) {
        return 0;
    }
    *value = result;
    return len;
}
