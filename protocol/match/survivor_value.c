/* survivor_value.c - what a value is compared by, what proves it and what speaks against it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "survivor.h"

#include <banyan/base/limits.h>
#include <banyan/base/number.h>
#include <banyan/protocol/match/email.h>
#include <banyan/protocol/match/idnumber.h>
#include <banyan/protocol/match/phone.h>

#include <string.h>

#define REGION "CN"
#define KEY_BYTES_MAX (BN_SURVIVOR_PARTS_MAX * (BN_TEXT_BYTES_MAX + 4))
#define NAME_BYTES_MIN 2 /* a name of one letter is a mistake; one Hanzi has three bytes */

static bn_value part_of(const survivor_candidate *candidate, size_t part)
{
    return candidate->option.values[part];
}

static bool is_text(bn_value value)
{
    return value.type == BN_VALUE_TEXT;
}

/* --- identity numbers ------------------------------------------------------------------------- */
typedef enum fit { FIT_UNKNOWN, FIT_GOOD, FIT_FAILED } fit;

static fit fit_of(bn_slice type, bn_slice number)
{
    bn_id_check check;
    if (bn_slice_is(type, "resident_id") || bn_slice_is(type, "foreign_permanent_id")) {
        bn_resident_id id;
        return bn_resident_id_parse(number, &id, &check, NULL) == BN_OK ? FIT_GOOD : FIT_FAILED;
    }
    if (bn_slice_is(type, "uscc")) {
        bn_org_code code;
        return bn_org_code_parse(number, &code, &check, NULL) == BN_OK ? FIT_GOOD : FIT_FAILED;
    }
    return FIT_UNKNOWN;
}

void survivor_note_proof(survivor_list *list, bn_slice type, bn_slice number)
{
    bn_resident_id id;
    bn_id_check check;
    survivor_proof *proof = &list->proof;
    if (!bn_slice_is(type, "resident_id") ||
        bn_resident_id_parse(number, &id, &check, NULL) != BN_OK) {
        return;
    }
    int64_t born = bn_date_pack(&id.born);
    for (size_t i = 0; i < proof->count; i++) {
        if (proof->born[i] == born && proof->is_male[i] == id.is_male) {
            return;
        }
    }
    if (proof->count < SURVIVOR_BORN_MAX) {
        proof->born[proof->count] = born;
        proof->is_male[proof->count++] = id.is_male;
    }
}

static bool is_proven(const survivor_list *list, const survivor_candidate *candidate)
{
    bn_value value = part_of(candidate, 0);
    for (size_t i = 0; i < list->proof.count; i++) {
        if (candidate->rule->unit == BN_UNIT_BORN && value.type == BN_VALUE_INT &&
            value.integer == list->proof.born[i]) {
            return true;
        }
        if (candidate->rule->unit == BN_UNIT_SEX && is_text(value) &&
            bn_slice_is(value.text, list->proof.is_male[i] ? "male" : "female")) {
            return true;
        }
    }
    return candidate->rule->unit == BN_UNIT_DOCUMENTS && is_text(value) &&
           is_text(part_of(candidate, 1)) &&
           fit_of(part_of(candidate, 1).text, value.text) == FIT_GOOD;
}

static bool is_default_date(bn_value value)
{
    bn_date date;
    return value.type == BN_VALUE_INT && value.integer > 0 && value.integer <= 99991231 &&
           bn_date_unpack((uint32_t)value.integer, &date) == BN_OK && date.is_default;
}

static bool looks_wrong(const survivor_candidate *candidate)
{
    const bn_survivor_rule *rule = candidate->rule;
    bn_value value = part_of(candidate, 0);
    switch ((int)rule->unit) {
    case BN_UNIT_NAME:
        return is_text(value) && value.text.len < NAME_BYTES_MIN;
    case BN_UNIT_BORN:
        return is_default_date(value);
    case BN_UNIT_SEX:
    case BN_UNIT_MARITAL:
        return is_text(value) && bn_slice_is(value.text, "unknown");
    case BN_UNIT_DOCUMENTS:
        return is_text(value) && is_text(part_of(candidate, 1)) &&
               fit_of(part_of(candidate, 1).text, value.text) == FIT_FAILED;
    default:
        return false;
    }
}

/* --- normal forms ----------------------------------------------------------------------------- */
static bn_rc normal_text(bn_slice text, bn_buf *out)
{
    size_t start = out->len;
    bn_rc rc = bn_normalise_key(text, out);
    if (rc == BN_OK && out->len == start) {
        rc = bn_normalise_text(text, out);
    }
    return rc;
}

static bool normal_phone(bn_slice text, bool has_extension, bn_buf *out)
{
    bn_phone phone;
    if (bn_phone_parse(text, REGION, &phone, NULL) != BN_OK) {
        return false;
    }
    bn_buf_append_text(out, phone.number);
    if (!has_extension && phone.extension[0] != '\0') {
        bn_buf_append_text(out, "x");
        bn_buf_append_text(out, phone.extension);
    }
    return true;
}

static bool normal_document(bn_slice type, bn_slice number, bn_buf *out)
{
    bn_resident_id id;
    bn_id_check check;
    if (!bn_slice_is(type, "resident_id") ||
        bn_resident_id_parse(number, &id, &check, NULL) != BN_OK) {
        return false;
    }
    bn_buf_append_text(out, id.number);
    return true;
}

static bool normal_special(const survivor_candidate *candidate, size_t part, bn_arena *arena,
                           bn_buf *out)
{
    bn_value value = part_of(candidate, part);
    bn_email email;
    switch ((int)candidate->rule->unit) {
    case BN_UNIT_PHONES:
        return part == 0 &&
               normal_phone(value.text, !bn_value_is_nil(part_of(candidate, 1)), out);
    case BN_UNIT_EMAILS:
        if (part != 0 || bn_email_parse(value.text, arena, &email, NULL) != BN_OK) {
            return false;
        }
        bn_buf_append_slice(out, email.address);
        return true;
    case BN_UNIT_DOCUMENTS:
        return part == 0 && is_text(part_of(candidate, 1)) &&
               normal_document(part_of(candidate, 1).text, value.text, out);
    case BN_UNIT_REMARKS:
    case BN_UNIT_TAGS:
        bn_buf_append_slice(out, value.text);
        return true;
    default:
        return false;
    }
}

/* type u8 | length u16 | normal form, for each part that tells options apart */
static bn_rc append_part(const survivor_candidate *candidate, size_t part, bn_arena *arena,
                         bn_buf *out)
{
    bn_value value = part_of(candidate, part);
    uint8_t length[2] = {0};
    bn_buf_append_byte(out, (uint8_t)value.type);
    size_t at = out->len;
    bn_buf_append(out, length, sizeof length);
    size_t start = out->len;
    if (value.type == BN_VALUE_INT) {
        uint8_t bytes[8];
        bn_store_u64(bytes, (uint64_t)value.integer);
        bn_buf_append(out, bytes, sizeof bytes);
    } else if (value.type == BN_VALUE_ID) {
        bn_buf_append(out, value.id.bytes, BN_ID_BYTES);
    } else if (is_text(value) && !normal_special(candidate, part, arena, out)) {
        bn_rc rc = normal_text(value.text, out);
        if (rc == BN_E_NO_MEMORY) {
            return rc;
        }
        if (rc != BN_OK || out->len == start) {
            bn_buf_append_slice(out, value.text);
        }
    }
    BN_TRY(bn_buf_status(out));
    bn_store_u16(out->data + at, (uint16_t)(out->len - start));
    return BN_OK;
}

static bn_rc make_key(survivor_list *list, survivor_candidate *candidate, bn_buf *out)
{
    for (size_t i = 0; i < candidate->rule->parts_count; i++) {
        if (candidate->rule->roles[i] == 'k') {
            BN_TRY(append_part(candidate, i, list->arena, out));
        }
    }
    candidate->key = bn_arena_copy(list->arena, bn_buf_slice(out));
    return candidate->key.data != NULL ? BN_OK : BN_E_NO_MEMORY;
}

bn_rc survivor_judge(survivor_list *list, survivor_candidate *candidate, bn_err *err)
{
    bn_buf key;
    bn_buf_init(&key, KEY_BYTES_MAX);
    bn_rc rc = make_key(list, candidate, &key);
    bn_buf_fini(&key);
    if (rc != BN_OK) {
        return bn_fail(err, rc, "golden record: normal form of %s", candidate->rule->name);
    }
    for (size_t i = 0; i < candidate->rule->parts_count; i++) {
        candidate->filled += bn_value_is_nil(part_of(candidate, i)) ? 0 : 1;
    }
    candidate->is_wrong = looks_wrong(candidate);
    if (candidate->option.verified == 0 && !candidate->is_wrong && is_proven(list, candidate)) {
        candidate->option.verified = 1;
    }
    return BN_OK;
}
