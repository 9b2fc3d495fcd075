/* validate.c - is a value allowed in a field?
 * SPDX-License-Identifier: Apache-2.0
 */
#include <banyan/base/limits.h>
#include <banyan/base/text.h>

#include "model.h"

#include <string.h>

/* Payment card numbers have 13 to 19 digits and end in a Luhn check digit. */
#define CARD_DIGITS_MIN 13
#define CARD_DIGITS_MAX 19

static bool luhn_holds(const uint8_t *digits, size_t count)
{
    unsigned sum = 0;
    for (size_t i = 0; i < count; i++) {
        unsigned digit = digits[count - 1 - i];
        unsigned doubled = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
        sum += i % 2 == 0 ? digit : doubled;
    }
    return sum % 10 == 0;
}

/* Schemes that issue cards start with 3 to 6, or with 2 in 2221..2720 (ISO/IEC 7812). */
static bool is_card(const uint8_t *digits, size_t count)
{
    if (count < CARD_DIGITS_MIN || count > CARD_DIGITS_MAX) {
        return false;
    }
    unsigned head = digits[0] * 1000u + digits[1] * 100u + digits[2] * 10u + digits[3];
    bool is_scheme = (head >= 3000 && head < 7000) || (head >= 2221 && head <= 2720);
    return is_scheme && luhn_holds(digits, count);
}

/* A run of digits, with single blanks or dashes between them, that passes for a card number. A
 * resident number starts with its province and is no card: it has 18 digits and holds a date. */
static bool holds_card_number(bn_slice text)
{
    uint8_t digits[CARD_DIGITS_MAX + 1];
    size_t count = 0;
    bool is_gap = false;
    for (size_t i = 0; i <= text.len; i++) {
        uint8_t byte = i < text.len ? text.data[i] : 0;
        if (byte >= '0' && byte <= '9') {
            if (count <= CARD_DIGITS_MAX) {
                digits[count < CARD_DIGITS_MAX ? count : CARD_DIGITS_MAX] = byte - '0';
                count++;
            }
            is_gap = false;
        } else if ((byte == ' ' || byte == '-') && count > 0 && !is_gap) {
            is_gap = true;
        } else {
            int64_t date = 0;
            for (size_t d = 6; count == 18 && d < 14; d++) {
                date = date * 10 + digits[d];
            }
            if (!bn_civil_is_real(date) && is_card(digits, count)) {
                return true;
            }
            count = 0;
            is_gap = false;
        }
    }
    return false;
}

static bn_rc validate_text(const bn_field_def *field, bn_slice text, bn_err *err)
{
    if (text.len > field->size_max || text.len > BN_TEXT_BYTES_MAX) {
        return bn_fail(err, BN_E_LIMIT, "%s: %zu bytes, limit %u", field->name, text.len,
                       field->size_max);
    }
    if (text.len == 0) {
        return bn_fail(err, BN_E_INVALID, "%s: an empty text; leave the field empty instead",
                       field->name);
    }
    if (!bn_utf8_clean(text)) {
        return bn_fail(err, BN_E_INVALID, "%s: not clean UTF-8 (control or direction characters)",
                       field->name);
    }
    if (field->type == BN_TYPE_TEXT &&
        (memchr(text.data, '\n', text.len) != NULL || memchr(text.data, '\t', text.len) != NULL)) {
        return bn_fail(err, BN_E_INVALID, "%s: one line without tabs", field->name);
    }
    if (field->type == BN_TYPE_NOTE && holds_card_number(text)) {
        return bn_fail(err, BN_E_INVALID, "%s: holds what looks like a payment card number",
                       field->name);
    }
    return BN_OK;
}

static bn_rc validate_choice(const bn_kind_def *kind, const bn_field_def *field, bn_slice text,
                             bn_err *err)
{
    size_t count = 0;
    const bn_choice *choices = bn_schema_choices(kind->kind, field->number, &count);
    for (size_t i = 0; i < count; i++) {
        if (bn_slice_is(text, choices[i].name)) {
            return BN_OK;
        }
    }
    return bn_fail(err, BN_E_INVALID, "%s: not one of its choices", field->name);
}

static bn_rc validate_int(const bn_field_def *field, int64_t integer, bn_err *err)
{
    if (field->type == BN_TYPE_BOOL && (integer < 0 || integer > 1)) {
        return bn_fail(err, BN_E_INVALID, "%s: yes or no", field->name);
    }
    if (field->type == BN_TYPE_DATE && !bn_civil_is_real(integer)) {
        return bn_fail(err, BN_E_INVALID, "%s: no such day in the years %d to %d", field->name,
                       BN_YEAR_MIN, BN_YEAR_MAX);
    }
    if (field->type == BN_TYPE_TIME &&
        (integer < bn_civil_to_days(BN_YEAR_MIN * 10000 + 101) * BN_DAY_MS ||
         integer >= bn_civil_to_days((BN_YEAR_MAX + 1) * 10000 + 101) * BN_DAY_MS)) {
        return bn_fail(err, BN_E_INVALID, "%s: a time in the years %d to %d", field->name,
                       BN_YEAR_MIN, BN_YEAR_MAX);
    }
    if (field->type == BN_TYPE_BRANCH && (integer < 1 || integer > BN_BRANCH_NUMBER_MAX)) {
        return bn_fail(err, BN_E_INVALID, "%s: a branch number from 1 to %d", field->name,
                       BN_BRANCH_NUMBER_MAX);
    }
    return BN_OK;
}

static bn_value_type wanted_type(bn_type type)
{
    switch (type) {
    case BN_TYPE_TEXT:
    case BN_TYPE_NOTE:
    case BN_TYPE_CHOICE:
        return BN_VALUE_TEXT;
    case BN_TYPE_REF:
        return BN_VALUE_ID;
    case BN_TYPE_INT:
    case BN_TYPE_MONEY:
    case BN_TYPE_DATE:
    case BN_TYPE_TIME:
    case BN_TYPE_BOOL:
    case BN_TYPE_BRANCH:
        break;
    }
    return BN_VALUE_INT;
}

bn_rc bn_validate_value(const bn_kind_def *kind, const bn_field_def *field, bn_value value,
                        bn_err *err)
{
    static const char *const type_names[] = {
        [BN_VALUE_NIL] = "nothing",
        [BN_VALUE_INT] = "a number",
        [BN_VALUE_TEXT] = "a text",
        [BN_VALUE_ID] = "an entity id",
    };
    if (bn_value_is_nil(value)) {
        return BN_OK;
    }
    bn_value_type wanted = wanted_type(field->type);
    if (value.type != wanted) {
        return bn_fail(err, BN_E_INVALID, "%s: takes %s", field->name, type_names[wanted]);
    }
    if (wanted == BN_VALUE_INT) {
        return validate_int(field, value.integer, err);
    }
    if (wanted == BN_VALUE_ID) {
        return bn_id_is_zero(value.id)
                   ? bn_fail(err, BN_E_INVALID, "%s: the zero id names nothing", field->name)
                   : BN_OK;
    }
    return field->type == BN_TYPE_CHOICE ? validate_choice(kind, field, value.text, err)
                                         : validate_text(field, value.text, err);
}
