/* index_form.c - the form in which two values of an indexed field are compared.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   text     compare form (case and width folded) without blanks and dashes
 *   phone    with its country: 138 0013 8000 is +8613800138000
 *   number of an identity document   15 digits of before 1999 in their form of 18
 *   integer  8 bytes, id 16 bytes
 *
 * One byte in front says which, so that forms of two types are never equal.
 */
#include <banyan/base/check.h>
#include <banyan/base/limits.h>
#include <banyan/base/number.h>
#include <banyan/base/text.h>
#include <banyan/core/records.h>
#include <banyan/protocol/match/idnumber.h>
#include <banyan/protocol/match/normalise.h>
#include <banyan/protocol/match/phone.h>

#include "index_form.h"

/* The country of numbers without a country code. */
#define HOME_REGION "CN"

#define OLD_RESIDENT_DIGITS 15

static const struct {
    uint16_t kind;
    uint16_t field;
} phones[] = {
    {BN_KIND_CUSTOMER, BN_CUSTOMER_mobile}, {BN_KIND_CUSTOMER, BN_CUSTOMER_phone},
    {BN_KIND_PHONE, BN_PHONE_number},       {BN_KIND_CONTACT, BN_CONTACT_mobile},
    {BN_KIND_CONTACT, BN_CONTACT_phone},    {BN_KIND_CALL, BN_CALL_number},
};

static bool is_phone(uint16_t kind, uint16_t field)
{
    for (size_t i = 0; i < BN_COUNT(phones); i++) {
        if (phones[i].kind == kind && phones[i].field == field) {
            return true;
        }
    }
    return false;
}

static bool is_document_number(uint16_t kind, uint16_t field)
{
    return (kind == BN_KIND_CUSTOMER && field == BN_CUSTOMER_document_number) ||
           (kind == BN_KIND_DOCUMENT && field == BN_DOCUMENT_number);
}

bool bn_index_has(const bn_field_def *field)
{
    return field->type == BN_TYPE_REF || field->search == BN_SEARCH_EQUAL ||
           field->search == BN_SEARCH_TAIL;
}

/* U+2010..2015 and U+2212 are what NFKC leaves of dashes. */
static bool is_skipped(uint32_t c)
{
    return c == ' ' || c == '-' || c == '\t' || c == '\n' || (c >= 0x2010 && c <= 0x2015) ||
           c == 0x2212;
}

static bn_rc append_folded(bn_slice text, bn_buf *out)
{
    BN_AUTO(bn_buf_fini) bn_buf compare;
    bn_buf_init(&compare, BN_TEXT_BYTES_MAX);
    BN_TRY(bn_normalise_text(text, &compare));
    bn_slice folded = bn_buf_slice(&compare);
    for (size_t at = 0; at < folded.len;) {
        uint32_t c = bn_utf8_next(folded, &at);
        if (!is_skipped(c)) {
            bn_utf8_append(out, c);
        }
    }
    return bn_buf_status(out);
}

static bn_rc append_text(uint16_t kind, uint16_t field, bn_slice text, bn_buf *out)
{
    bn_phone phone;
    if (is_phone(kind, field) && bn_phone_parse(text, HOME_REGION, &phone, NULL) == BN_OK) {
        bn_buf_append_text(out, phone.number);
        return bn_buf_status(out);
    }
    size_t start = out->len;
    BN_TRY(append_folded(text, out));
    bn_resident_id resident;
    if (is_document_number(kind, field) && out->len - start == OLD_RESIDENT_DIGITS &&
        bn_resident_id_parse(bn_slice_make(out->data + start, OLD_RESIDENT_DIGITS), &resident, NULL,
                             NULL) == BN_OK) {
        bn_buf_truncate(out, start);
        /* Folded as the 18 digits are: a final X in lower case. */
        return append_folded(bn_slice_of(resident.number), out);
    }
    return BN_OK;
}

bn_rc bn_index_form(uint16_t kind, uint16_t field, bn_value value, bn_buf *out)
{
    size_t start = out->len;
    uint8_t integer[8];
    if (bn_value_is_nil(value)) {
        return BN_OK;
    }
    bn_buf_append_byte(out, (uint8_t)value.type);
    switch (value.type) {
    case BN_VALUE_INT:
        bn_store_u64(integer, (uint64_t)value.integer);
        bn_buf_append(out, integer, sizeof integer);
        break;
    case BN_VALUE_ID:
        bn_buf_append(out, value.id.bytes, BN_ID_BYTES);
        break;
    case BN_VALUE_TEXT:
        BN_TRY(append_text(kind, field, value.text, out));
        if (out->len == start + 1) {
            bn_buf_truncate(out, start);
        }
        break;
    case BN_VALUE_NIL:
        break;
    }
    return bn_buf_status(out);
}
