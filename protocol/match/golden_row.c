/* golden_row.c - a customer with what hangs on it, as the matcher reads it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <banyan/protocol/match/feature.h>
#include <banyan/protocol/match/golden.h>

#define NAMES_MAX 3

typedef struct gathered {
    bn_match_input input;
    bn_match_name names[NAMES_MAX];
    bn_match_document documents[BN_MATCH_INPUTS_MAX];
    bn_slice phones[BN_MATCH_INPUTS_MAX];
    bn_slice emails[BN_MATCH_INPUTS_MAX];
    bn_match_address addresses[BN_MATCH_INPUTS_MAX];
} gathered;

static bn_slice text_of(const bn_record *record, unsigned field)
{
    bn_value value = bn_record_value(record, field);
    return value.type == BN_VALUE_TEXT ? value.text : bn_slice_make(NULL, 0);
}

static bool is_set(const bn_record *record, unsigned field)
{
    bn_value value = bn_record_value(record, field);
    return value.type == BN_VALUE_INT && value.integer != 0;
}

static void add_text(bn_slice text, bn_slice *list, size_t *count)
{
    if (text.len > 0 && *count < BN_MATCH_INPUTS_MAX) {
        list[(*count)++] = text;
    }
}

static void add_name(gathered *g, bn_slice whole)
{
    if (whole.len > 0 && g->input.names_count < NAMES_MAX) {
        g->names[g->input.names_count++].whole = whole;
    }
}

static void add_document(gathered *g, bn_slice type, bn_slice number, bool is_verified)
{
    if (number.len > 0 && g->input.documents_count < BN_MATCH_INPUTS_MAX) {
        g->documents[g->input.documents_count++] =
            (bn_match_document){.type = type, .number = number, .is_verified = is_verified};
    }
}

static void add_address(gathered *g, const bn_match_address *address)
{
    if ((address->whole.len > 0 || address->postcode.len > 0 || address->city.len > 0) &&
        g->input.addresses_count < BN_MATCH_INPUTS_MAX) {
        g->addresses[g->input.addresses_count++] = *address;
    }
}

static void gather_customer(gathered *g, const bn_record *c)
{
    bn_slice sex = text_of(c, BN_CUSTOMER_sex);
    bn_value born = bn_record_value(c, BN_CUSTOMER_birth_date);
    g->input.party = bn_slice_is(text_of(c, BN_CUSTOMER_type), "organisation")
                         ? BN_PARTY_ORGANISATION
                         : BN_PARTY_PERSON;
    g->input.sex = bn_slice_is(sex, "male")     ? BN_SEX_MALE
                   : bn_slice_is(sex, "female") ? BN_SEX_FEMALE
                                                : BN_SEX_UNKNOWN;
    g->input.born = born.type == BN_VALUE_INT && born.integer > 0 && born.integer <= 99991231
                        ? (uint32_t)born.integer
                        : 0;
    add_name(g, text_of(c, BN_CUSTOMER_name));
    add_name(g, text_of(c, BN_CUSTOMER_name_latin));
    add_name(g, text_of(c, BN_CUSTOMER_name_former));
    add_document(g, text_of(c, BN_CUSTOMER_document_type), text_of(c, BN_CUSTOMER_document_number),
                 false);
    add_text(text_of(c, BN_CUSTOMER_mobile), g->phones, &g->input.phones_count);
    add_text(text_of(c, BN_CUSTOMER_phone), g->phones, &g->input.phones_count);
    add_text(text_of(c, BN_CUSTOMER_email), g->emails, &g->input.emails_count);
    add_address(g, &(bn_match_address){.whole = text_of(c, BN_CUSTOMER_street),
                                       .town = text_of(c, BN_CUSTOMER_district),
                                       .city = text_of(c, BN_CUSTOMER_city),
                                       .region = text_of(c, BN_CUSTOMER_province),
                                       .postcode = text_of(c, BN_CUSTOMER_postcode)});
}

/* A number or address that no longer works is nobody's evidence. */
static void gather_kin(gathered *g, const bn_record *kin)
{
    switch ((int)kin->kind) {
    case BN_KIND_DOCUMENT:
        add_document(g, text_of(kin, BN_DOCUMENT_type), text_of(kin, BN_DOCUMENT_number),
                     !bn_value_is_nil(bn_record_value(kin, BN_DOCUMENT_verified_on)));
        break;
    case BN_KIND_PHONE:
        if (!is_set(kin, BN_PHONE_invalid)) {
            add_text(text_of(kin, BN_PHONE_number), g->phones, &g->input.phones_count);
        }
        break;
    case BN_KIND_EMAIL:
        if (!is_set(kin, BN_EMAIL_invalid)) {
            add_text(text_of(kin, BN_EMAIL_address), g->emails, &g->input.emails_count);
        }
        break;
    case BN_KIND_ADDRESS:
        if (!is_set(kin, BN_ADDRESS_invalid)) {
            add_address(g, &(bn_match_address){.whole = text_of(kin, BN_ADDRESS_street),
                                               .town = text_of(kin, BN_ADDRESS_district),
                                               .city = text_of(kin, BN_ADDRESS_city),
                                               .region = text_of(kin, BN_ADDRESS_province),
                                               .postcode = text_of(kin, BN_ADDRESS_postcode)});
        }
        break;
    default:
        break;
    }
}

bn_rc bn_golden_row(const bn_golden_source *source, bn_arena *scratch, bn_buf *row, bn_err *err)
{
    gathered *g = bn_arena_alloc(scratch, sizeof *g);
    if (g == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "features of a customer");
    }
    gather_customer(g, source->customer);
    for (size_t i = 0; i < source->kin_count; i++) {
        if (bn_record_exists(&source->kin[i])) {
            gather_kin(g, &source->kin[i]);
        }
    }
    g->input.names = g->names;
    g->input.documents = g->documents;
    g->input.phones = g->phones;
    g->input.emails = g->emails;
    g->input.addresses = g->addresses;
    return bn_feature_make(&g->input, scratch, row, err);
}
