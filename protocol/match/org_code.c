/* org_code.c - unified social credit codes (GB 32100) and organisation codes (GB 11714).
 * SPDX-License-Identifier: Apache-2.0
 *
 *   9 1 350100 M000100Y 4 3    authority, kind, area, organisation code with its own check
 *                              character, check character of the whole
 *
 * Whole: (31 - sum of value * 3^(place - 1) mod 31) mod 31 over 31 characters without I O S V Z.
 * Organisation code: 11 - sum of value * weight mod 11, where 10 is X and 11 is 0.
 */
#include "idnumber.h"

#include "points.h"

#include <banyan/base/check.h>

#include <string.h>

static const char org_characters[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";

static int value_of(char c)
{
    const char *found = c == 0 ? NULL : strchr(org_characters, c);
    return found == NULL ? -1 : (int)(found - org_characters);
}

char bn_org_code_checksum(const char characters[17])
{
    unsigned sum = 0;
    unsigned weight = 1;
    for (size_t i = 0; i < 17; i++) {
        int value = value_of(characters[i]);
        if (value < 0) {
            return 0;
        }
        sum += (unsigned)value * weight;
        weight = weight * 3 % 31;
    }
    return org_characters[(31 - sum % 31) % 31];
}

char bn_legacy_code_checksum(const char characters[8])
{
    static const uint8_t weights[8] = {3, 7, 9, 10, 5, 8, 4, 2};
    unsigned sum = 0;
    for (size_t i = 0; i < 8; i++) {
        char c = characters[i];
        bool is_letter = c >= 'A' && c <= 'Z';
        if (!is_letter && !is_ascii_digit((uint8_t)c)) {
            return 0;
        }
        sum += (unsigned)(is_letter ? c - 'A' + 10 : c - '0') * weights[i];
    }
    return "0123456789X0"[11 - sum % 11];
}

static bn_id_check check_whole(const char *text)
{
    for (size_t i = 0; i < BN_ORG_CODE_LEN; i++) {
        bool is_area = i >= 2 && i <= 7;
        if (value_of(text[i]) < 0 || (is_area && !is_ascii_digit((uint8_t)text[i]))) {
            return (bn_id_check){BN_ID_CHARACTER, (uint8_t)(i + 1), 0, text[i]};
        }
    }
    char expected = bn_org_code_checksum(text);
    if (expected != text[17]) {
        return (bn_id_check){BN_ID_CHECKSUM, 18, expected, text[17]};
    }
    return (bn_id_check){.problem = BN_ID_GOOD};
}

static bn_id_check check_legacy(const char *text)
{
    for (size_t i = 0; i < 9; i++) {
        bool is_letter = text[i] >= 'A' && text[i] <= 'Z';
        if (!is_letter && !is_ascii_digit((uint8_t)text[i])) {
            return (bn_id_check){BN_ID_CHARACTER, (uint8_t)(i + 1), 0, text[i]};
        }
    }
    char expected = bn_legacy_code_checksum(text);
    if (expected != text[8]) {
        return (bn_id_check){BN_ID_CHECKSUM, 9, expected, text[8]};
    }
    return (bn_id_check){.problem = BN_ID_GOOD};
}

bn_rc bn_org_code_parse(bn_slice text, bn_org_code *out, bn_id_check *check, bn_err *err)
{
    char cleaned[BN_ID_CHARACTERS_MAX + 1];
    bn_org_code code = {0};
    size_t count = bn_id_clean(text, cleaned);
    bn_id_check found = count == BN_ORG_CODE_LEN ? check_whole(cleaned)
                        : count == 9             ? check_legacy(cleaned)
                                                 : (bn_id_check){.problem = BN_ID_LENGTH};
    if (found.problem != BN_ID_GOOD) {
        return bn_id_refuse(found, "organisation code", check, err);
    }
    if (count == BN_ORG_CODE_LEN) {
        memcpy(code.code, cleaned, BN_ORG_CODE_LEN);
        memcpy(code.legacy, cleaned + 8, 9);
        for (size_t i = 2; i < 8; i++) {
            code.area = code.area * 10 + (uint32_t)(cleaned[i] - '0');
        }
    } else {
        memcpy(code.legacy, cleaned, 9);
    }
    code.is_legacy_good = bn_legacy_code_checksum(code.legacy) == code.legacy[8];
    if (check != NULL) {
        *check = found;
    }
    *out = code;
    return BN_OK;
}
