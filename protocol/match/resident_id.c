/* resident_id.c - Chinese resident numbers of GB 11643.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   440106 19900102 001 X      area, day of birth, order (odd: male), check character
 *   440106   900102 001        the same before 1999
 *
 * The check character is "10X98765432"[sum of digit * 2^(18 - place) mod 11], which is MOD 11-2 of
 * ISO 7064: it finds every single wrong digit and every swap of neighbours.
 */
#include "idnumber.h"

#include "points.h"

#include <banyan/base/check.h>
#include <banyan/protocol/match/address.h>

#include <string.h>

size_t bn_id_clean(bn_slice text, char out[BN_ID_CHARACTERS_MAX + 1])
{
    size_t count = 0;
    for (size_t at = 0; at < text.len && count < BN_ID_CHARACTERS_MAX;) {
        uint32_t c = bn_utf8_next(text, &at);
        if (c == ' ' || c == '-' || c == '\t' || c == 0x3000 || c == 0xff0d || c == 0xa0 ||
            c == 0x2013 || c == 0x200b || c == 0xfeff) {
            continue;
        }
        c = c > 0xff00 && c < 0xff5f ? c - 0xfee0 : c;
        c = is_ascii_lower(c) ? c - 0x20 : c;
        out[count++] = c > ' ' && c < 0x7f ? (char)c : '?';
    }
    out[count] = 0;
    return count;
}

bn_rc bn_id_refuse(bn_id_check found, const char *what, bn_id_check *check, bn_err *err)
{
    if (check != NULL) {
        *check = found;
    }
    switch (found.problem) {
    case BN_ID_LENGTH:
        return bn_fail(err, BN_E_INVALID, "%s: wrong number of characters", what);
    case BN_ID_CHARACTER:
        return bn_fail(err, BN_E_INVALID, "%s: wrong character at place %u", what, found.position);
    case BN_ID_AREA:
        return bn_fail(err, BN_E_INVALID, "%s: places 1-2 name no province", what);
    case BN_ID_DATE:
        return bn_fail(err, BN_E_INVALID, "%s: no such day of birth, see place %u", what,
                       found.position);
    case BN_ID_CHECKSUM:
        return bn_fail(err, BN_E_INVALID, "%s: check character does not fit the others", what);
    case BN_ID_GOOD:
    default:
        BN_ASSERT(found.problem != BN_ID_GOOD);
        return BN_E_FAILED;
    }
}

char bn_resident_id_checksum(const char digits[17])
{
    static const uint8_t weights[17] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
    unsigned sum = 0;
    for (size_t i = 0; i < 17; i++) {
        if (!is_ascii_digit((uint8_t)digits[i])) {
            return 0;
        }
        sum += (unsigned)(digits[i] - '0') * weights[i];
    }
    return "10X98765432"[sum % 11];
}

static unsigned number_at(const char *digits, size_t at, size_t len)
{
    unsigned value = 0;
    for (size_t i = at; i < at + len; i++) {
        value = value * 10 + (unsigned)(digits[i] - '0');
    }
    return value;
}

/* GB/T 2260: groups of ten count from 1, but group 5 from 50, Chongqing's, which came last. */
static bool is_province(unsigned code)
{
    static const struct {
        uint8_t first;
        uint8_t last;
    } groups[] = {{11, 15}, {21, 23}, {31, 37}, {41, 46}, {50, 54}, {61, 65}, {71, 71}, {81, 83}};
    for (size_t i = 0; i < BN_COUNT(groups); i++) {
        if (code >= groups[i].first && code <= groups[i].last) {
            return true;
        }
    }
    return false;
}

static bn_resident_class class_of(const char *digits)
{
    unsigned province = number_at(digits, 0, 2);
    return digits[0] == '9'  ? BN_RESIDENT_FOREIGNER
           : province == 81 ? BN_RESIDENT_HONG_KONG
           : province == 82 ? BN_RESIDENT_MACAO
           : province == 83 ? BN_RESIDENT_TAIWAN
                            : BN_RESIDENT_CITIZEN;
}

/* Place of the wrong part of the day of birth in an 18-digit number, 0 when it is a real one. */
static uint8_t wrong_date_place(const char *digits)
{
    unsigned year = number_at(digits, 6, 4);
    unsigned month = number_at(digits, 10, 2);
    unsigned day = number_at(digits, 12, 2);
    return !bn_date_is_real(year, 1, 1)       ? 7
           : !bn_date_is_real(year, month, 1) ? 11
           : !bn_date_is_real(year, month, day) ? 13
                                                : 0;
}

/* What is wrong with 15 or 18 cleaned characters; `number` becomes the 18-digit form. */
static bn_id_check check_number(const char *text, size_t count, char number[19])
{
    size_t digits_count = count == 15 ? 15 : 17;
    if (count != 15 && count != 18) {
        return (bn_id_check){.problem = BN_ID_LENGTH};
    }
    for (size_t i = 0; i < count; i++) {
        bool is_check_x = i == 17 && text[i] == 'X';
        if (!is_ascii_digit((uint8_t)text[i]) && !is_check_x) {
            return (bn_id_check){BN_ID_CHARACTER, (uint8_t)(i + 1), 0, text[i]};
        }
    }
    if (count == 15) {
        memcpy(number, text, 6);
        memcpy(number + 6, "19", 2);
        memcpy(number + 8, text + 6, digits_count - 6);
    } else {
        memcpy(number, text, digits_count);
    }
    number[18] = 0;
    if (number[0] != '9' && !is_province(number_at(number, 0, 2))) {
        return (bn_id_check){BN_ID_AREA, 1, 0, text[0]};
    }
    uint8_t place = wrong_date_place(number);
    if (place != 0) {
        place = (uint8_t)(count == 15 ? place == 7 ? 7 : place - 2 : place);
        return (bn_id_check){BN_ID_DATE, place, 0, text[place - 1]};
    }
    number[17] = bn_resident_id_checksum(number);
    if (count == 18 && number[17] != text[17]) {
        return (bn_id_check){BN_ID_CHECKSUM, 18, number[17], text[17]};
    }
    return (bn_id_check){.problem = BN_ID_GOOD};
}

bn_rc bn_resident_id_parse(bn_slice text, bn_resident_id *out, bn_id_check *check, bn_err *err)
{
    char cleaned[BN_ID_CHARACTERS_MAX + 1];
    bn_resident_id id = {0};
    size_t count = bn_id_clean(text, cleaned);
    bn_id_check found = check_number(cleaned, count, id.number);
    if (found.problem != BN_ID_GOOD) {
        return bn_id_refuse(found, "resident number", check, err);
    }
    unsigned order = number_at(id.number, 14, 3);
    id.kind = class_of(id.number);
    id.area = number_at(id.number, 0, 6);
    BN_TRY(bn_date_unpack(number_at(id.number, 6, 8), &id.born));
    id.is_male = order % 2 == 1;
    id.was_15 = count == 15;
    id.is_centenarian_code = id.was_15 && order >= 996;
    id.is_area_known = id.kind != BN_RESIDENT_FOREIGNER && bn_area_nearest(id.area) != 0;
    if (check != NULL) {
        *check = found;
    }
    *out = id;
    return BN_OK;
}
