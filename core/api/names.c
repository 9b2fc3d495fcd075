/* names.c - from what people call things to fields, kinds and ids.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/api/operations.h"

#include <banyan/base/limits.h>
#include <banyan/base/text.h>

bn_rc bn_field_named(const bn_kind_def *kind, const char *name, const bn_field_def **out,
                     bn_err *err)
{
    const bn_field_def *field = bn_schema_field_named(kind, bn_slice_of(name));
    if (field != NULL) {
        *out = field;
        return BN_OK;
    }
    const char *names[BN_FIELDS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < kind->fields_count && count < BN_FIELDS_MAX; i++) {
        names[count++] = kind->fields[i].name;
    }
    const char *nearest = bn_nearest_name(bn_slice_of(name), names, count);
    const char *shown = strlen(name) <= 48 ? name : "of this name";
    if (nearest != NULL) {
        return bn_fail(err, BN_E_INVALID, "%s has no field %s (did you mean %s?)", kind->name,
                       shown, nearest);
    }
    return bn_fail(err, BN_E_INVALID, "%s has no field %s", kind->name, shown);
}

const bn_kind_def *bn_ref_kind(const bn_kind_def *kind, const bn_field_def *field)
{
    static const struct {
        const char *field;
        const char *kind;
    } targets[] = {
        {"head", "customer"}, {"members", "customer"}, {"other", "customer"},
        {"products", "product"}, {"cases", "case"},
    };
    if (field->type != BN_TYPE_REF) {
        return NULL;
    }
    if (strcmp(field->name, "parent") == 0) {
        return kind;
    }
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        if (strcmp(targets[i].field, field->name) == 0) {
            return bn_schema_kind_named(bn_slice_of(targets[i].kind));
        }
    }
    return bn_schema_kind_named(bn_slice_of(field->name));
}

/* The customer that has this number. */
static bn_rc find_customer(bn_call *call, bn_slice text, bn_id *out, bn_err *err)
{
    char number[BN_CUSTOMER_NUMBER_BYTES];
    BN_TRY(bn_customer_number_parse(text, number, err));
    bn_id found[2];
    size_t count = 0;
    BN_TRY(call->api->desk->find(call->api->role, BN_KIND_CUSTOMER, BN_CUSTOMER_number,
                                 bn_value_text(bn_slice_of(number)), (bn_id){{0}}, found, 2,
                                 &count, err));
    if (count == 0) {
        bn_call_hint(call, "banyan search");
        return bn_fail(err, BN_E_NOT_FOUND, "no customer %s", number);
    }
    *out = found[0];
    return BN_OK;
}

bn_rc bn_call_entity(bn_call *call, const bn_kind_def *kind, bn_slice text, bn_id *out,
                     bn_err *err)
{
    text = bn_slice_trim(text);
    if (bn_id_parse(text, out) == BN_OK) {
        return BN_OK;
    }
    if (kind->kind == BN_KIND_CUSTOMER) {
        return find_customer(call, text, out, err);
    }
    return bn_fail(err, BN_E_INVALID, "id: a %s is named by 32 hex digits", kind->name);
}

bn_rc bn_value_of_text(bn_call *call, const bn_kind_def *kind, const bn_field_def *field,
                       bn_slice text, bn_value *out, bn_err *err)
{
    const bn_kind_def *target = bn_ref_kind(kind, field);
    bn_id id;
    if (target == NULL || target->kind != BN_KIND_CUSTOMER || bn_slice_trim(text).len == 0) {
        return bn_parse_value(kind, field, text, &call->arena, out, err);
    }
    bn_rc rc = bn_call_entity(call, target, text, &id, err);
    if (rc != BN_OK) {
        return bn_err_context(err, rc, "%s", field->name);
    }
    *out = bn_value_id(id);
    return BN_OK;
}

bn_rc bn_call_record(bn_call *call, const bn_kind_def *kind, bn_id id, bn_record *out,
                     bn_err *err)
{
    const bn_desk *desk = call->api->desk;
    bn_record_source source;
    BN_TRY(desk->read_begin(call->api->role, &source, err));
    bn_record record;
    bn_rc rc = source.get(source.context, kind->kind, id, &call->arena, &record, err);
    desk->read_end(call->api->role);
    if (rc == BN_E_NOT_FOUND || (rc == BN_OK && bn_record_is_empty(&record))) {
        char text[BN_ID_TEXT_BYTES];
        bn_id_format(id, text);
        bn_call_hint(call, "banyan record list %s", kind->name);
        return bn_fail(err, BN_E_NOT_FOUND, "no %s %s", kind->name, text);
    }
    BN_TRY(rc);
    *out = record;
    return BN_OK;
}

bn_rc bn_call_subject(bn_call *call, const bn_kind_def **kind, bn_record *out, bn_err *err)
{
    bn_id id;
    *kind = bn_arg_kind(call, "kind");
    BN_TRY(bn_call_entity(call, *kind, bn_arg_slice(call, "id"), &id, err));
    return bn_call_record(call, *kind, id, out, err);
}

const bn_id *bn_call_request(bn_call *call, bn_id *room)
{
    *room = bn_arg_id(call, "request");
    return bn_arg_given(call, "request") ? room : NULL;
}
