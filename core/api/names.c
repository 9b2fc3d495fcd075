/* names.c - from what people call things to fields, kinds and ids.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/api/operations.h"

#include <banyan/base/check.h>
#include <banyan/base/limits.h>
#include <banyan/base/number.h>
#include <banyan/base/text.h>

#define REMOVED_SEEN_MAX 100000 /* customers of one origin looked through for a removed one */
#define REMOVED_BYTES_MAX (4 * 1024 * 1024)

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

/* Equality indexes know what exists; a removed customer is found by looking at those its origin
 * made: ids and numbers begin with the same origin. */
static bn_rc find_removed_in(const bn_record_source *source, bn_slice number, bn_id *out,
                             bn_err *err)
{
    uint64_t origin = 0;
    const uint8_t *dash = memchr(number.data, '-', number.len);
    if (dash == NULL ||
        bn_parse_u64(bn_slice_make(number.data, (size_t)(dash - number.data)), &origin) != BN_OK) {
        return BN_E_NOT_FOUND;
    }
    BN_AUTO(bn_arena_fini) bn_arena arena;
    bn_arena_init(&arena, REMOVED_BYTES_MAX);
    bn_id id = bn_id_make((uint32_t)origin, 0, (const uint8_t[6]){0});
    for (size_t i = 0; i < REMOVED_SEEN_MAX; i++) {
        bn_record record;
        bn_arena_reset(&arena);
        BN_TRY(source->next_id(source->context, BN_KIND_CUSTOMER, id, &id, err));
        if (bn_id_origin(id) != origin) {
            return BN_E_NOT_FOUND;
        }
        bn_rc rc = source->get(source->context, BN_KIND_CUSTOMER, id, &arena, &record, err);
        if (rc != BN_OK && rc != BN_E_NOT_FOUND) {
            return rc;
        }
        if (rc == BN_OK && !bn_record_exists(&record) &&
            bn_value_equal(bn_record_value(&record, BN_CUSTOMER_number), bn_value_text(number))) {
            *out = id;
            return BN_OK;
        }
    }
    return BN_E_NOT_FOUND;
}

static bn_rc find_removed(bn_call *call, const char *number, bn_id *out, bn_err *err)
{
    const bn_desk *desk = call->api->desk;
    bn_record_source source;
    BN_TRY(desk->read_begin(call->api->role, &source, err));
    bn_rc rc = find_removed_in(&source, bn_slice_of(number), out, err);
    desk->read_end(call->api->role);
    return rc;
}

/* The customer that has this number. */
static bn_rc find_customer(bn_call *call, bn_slice text, bool removed_too, bn_id *out, bn_err *err)
{
    char number[BN_CUSTOMER_NUMBER_BYTES];
    BN_TRY(bn_customer_number_parse(text, number, err));
    bn_id found[2];
    size_t count = 0;
    BN_TRY(call->api->desk->find(call->api->role, BN_KIND_CUSTOMER, BN_CUSTOMER_number,
                                 bn_value_text(bn_slice_of(number)), (bn_id){{0}}, found, 2,
                                 &count, err));
    if (count > 0) {
        *out = found[0];
        return BN_OK;
    }
    bn_rc rc = removed_too ? find_removed(call, number, out, err) : BN_E_NOT_FOUND;
    if (rc == BN_E_NOT_FOUND) {
        bn_call_hint(call, "banyan search");
        return bn_fail(err, rc, "no customer %s", number);
    }
    return rc;
}

static bn_rc find_entity(bn_call *call, const bn_kind_def *kind, bn_slice text, bool removed_too,
                         bn_id *out, bn_err *err)
{
    text = bn_slice_trim(text);
    if (bn_id_parse(text, out) == BN_OK) {
        return BN_OK;
    }
    if (kind->kind == BN_KIND_CUSTOMER) {
        return find_customer(call, text, removed_too, out, err);
    }
    return bn_fail(err, BN_E_INVALID, "id: a %s is named by 32 hex digits", kind->name);
}

bn_rc bn_call_entity(bn_call *call, const bn_kind_def *kind, bn_slice text, bn_id *out,
                     bn_err *err)
{
    return find_entity(call, kind, text, false, out, err);
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
    BN_TRY(find_entity(call, *kind, bn_arg_slice(call, "id"), true, &id, err));
    return bn_call_record(call, *kind, id, out, err);
}

const bn_id *bn_call_request(bn_call *call, bn_id *room)
{
    *room = bn_arg_id(call, "request");
    return bn_arg_given(call, "request") ? room : NULL;
}
