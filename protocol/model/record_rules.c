/* record_rules.c - rules over several fields of one record.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Field by field merging can put together what nobody wrote: these rules are asked after a merge.
 */
#include <banyan/base/check.h>
#include <banyan/protocol/match/idnumber.h>
#include <banyan/protocol/record.h>

/* Fields that hold the type and the number of one identity document. */
static const struct {
    uint16_t kind;
    uint16_t type;
    uint16_t number;
} documents[] = {
    {BN_KIND_CUSTOMER, BN_CUSTOMER_document_type, BN_CUSTOMER_document_number},
    {BN_KIND_DOCUMENT, BN_DOCUMENT_type, BN_DOCUMENT_number},
};

/* Dates of which the second does not lie before the first. */
static const struct {
    uint16_t kind;
    uint16_t first;
    uint16_t last;
} periods[] = {
    {BN_KIND_DOCUMENT, BN_DOCUMENT_valid_from, BN_DOCUMENT_valid_to},
    {BN_KIND_CONNECTION, BN_CONNECTION_since, BN_CONNECTION_until},
    {BN_KIND_PROJECT, BN_PROJECT_starts, BN_PROJECT_ends},
    {BN_KIND_PRODUCT, BN_PRODUCT_available_from, BN_PRODUCT_available_to},
    {BN_KIND_HOLDING, BN_HOLDING_opened, BN_HOLDING_closed},
    {BN_KIND_CAMPAIGN, BN_CAMPAIGN_starts, BN_CAMPAIGN_ends},
    {BN_KIND_CONTRACT, BN_CONTRACT_starts, BN_CONTRACT_ends},
    {BN_KIND_EMPLOYEE, BN_EMPLOYEE_joined, BN_EMPLOYEE_left_on},
    {BN_KIND_BRANCH, BN_BRANCH_opened, BN_BRANCH_closed},
    {BN_KIND_TARGET, BN_TARGET_starts, BN_TARGET_ends},
};

static bn_rc describe(const char *field, const bn_id_check *check, size_t length, bn_err *err)
{
    switch (check->problem) {
    case BN_ID_CHECKSUM:
        return bn_fail(err, BN_E_INVALID, "%s: digit %u should be %c", field, check->position,
                       check->expected);
    case BN_ID_CHARACTER:
        return bn_fail(err, BN_E_INVALID, "%s: character %u does not belong there", field,
                       check->position);
    case BN_ID_AREA:
        return bn_fail(err, BN_E_INVALID, "%s: digits 1 to 6 name no place", field);
    case BN_ID_DATE:
        return bn_fail(err, BN_E_INVALID, "%s: the date of birth in it is no real day", field);
    case BN_ID_LENGTH:
    case BN_ID_GOOD:
        break;
    }
    return bn_fail(err, BN_E_INVALID, "%s: wants %zu characters", field, length);
}

static bn_rc check_document(const char *field, bn_value type, bn_value number, bn_err *err)
{
    bn_id_check check = {.problem = BN_ID_GOOD};
    if (type.type != BN_VALUE_TEXT || number.type != BN_VALUE_TEXT) {
        return BN_OK;
    }
    if (bn_slice_is(type.text, "resident_id")) {
        bn_resident_id parsed;
        return bn_resident_id_parse(number.text, &parsed, &check, NULL) == BN_OK
                   ? BN_OK
                   : describe(field, &check, BN_RESIDENT_ID_LEN, err);
    }
    if (bn_slice_is(type.text, "uscc")) {
        bn_org_code parsed;
        return bn_org_code_parse(number.text, &parsed, &check, NULL) == BN_OK
                   ? BN_OK
                   : describe(field, &check, BN_ORG_CODE_LEN, err);
    }
    return BN_OK;
}

bn_rc bn_validate_record(const bn_kind_def *kind, const bn_record *record, bn_err *err)
{
    for (size_t i = 0; i < BN_COUNT(documents); i++) {
        if (documents[i].kind == kind->kind) {
            const bn_field_def *field = bn_schema_field(kind, documents[i].number);
            BN_TRY(check_document(field->name, bn_record_value(record, documents[i].type),
                                  bn_record_value(record, documents[i].number), err));
        }
    }
    for (size_t i = 0; i < BN_COUNT(periods); i++) {
        if (periods[i].kind != kind->kind) {
            continue;
        }
        bn_value first = bn_record_value(record, periods[i].first);
        bn_value last = bn_record_value(record, periods[i].last);
        if (first.type == BN_VALUE_INT && last.type == BN_VALUE_INT &&
            last.integer < first.integer) {
            return bn_fail(err, BN_E_INVALID, "%s: lies before %s",
                           bn_schema_field(kind, periods[i].last)->name,
                           bn_schema_field(kind, periods[i].first)->name);
        }
    }
    return BN_OK;
}
