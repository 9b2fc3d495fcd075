/* schema_show.c - the catalogue as forms, imports and people need it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/api/operations.h"

#include <banyan/base/version.h>
#include <banyan/protocol/version.h>

static const char *type_name(bn_type type)
{
    static const char *const names[] = {
        [BN_TYPE_TEXT] = "text", [BN_TYPE_NOTE] = "note", [BN_TYPE_INT] = "int",
        [BN_TYPE_MONEY] = "money", [BN_TYPE_DATE] = "date", [BN_TYPE_TIME] = "time",
        [BN_TYPE_BOOL] = "bool", [BN_TYPE_CHOICE] = "choice", [BN_TYPE_REF] = "ref",
        [BN_TYPE_BRANCH] = "branch",
    };
    return names[type];
}

static const char *class_name(bn_class class_)
{
    static const char *const names[] = {
        [BN_CLASS_PUBLIC] = "public", [BN_CLASS_INTERNAL] = "internal",
        [BN_CLASS_PERSONAL] = "personal", [BN_CLASS_SENSITIVE] = "sensitive"};
    return names[class_];
}

static const char *search_name(bn_search search)
{
    static const char *const names[] = {[BN_SEARCH_NONE] = "none", [BN_SEARCH_EQUAL] = "equal",
                                        [BN_SEARCH_NAME] = "name", [BN_SEARCH_TAIL] = "tail"};
    return names[search];
}

static const char *scope_name(bn_scope scope)
{
    static const char *const names[] = {
        [BN_SCOPE_EVERYWHERE] = "everywhere", [BN_SCOPE_CUSTOMER] = "customer",
        [BN_SCOPE_KIN] = "kin", [BN_SCOPE_BRANCH] = "branch"};
    return names[scope];
}

static const char *removal_name(bn_removal removal)
{
    static const char *const names[] = {[BN_REMOVAL_HUMAN] = "human",
                                        [BN_REMOVAL_EDIT_WINS] = "edit_wins",
                                        [BN_REMOVAL_WINS] = "wins"};
    return names[removal];
}

static void put_choices(bn_call *call, json_t *entry, const bn_kind_def *kind,
                        const bn_field_def *field)
{
    size_t count = 0;
    const bn_choice *choices = bn_schema_choices(kind->kind, field->number, &count);
    if (field->type != BN_TYPE_CHOICE) {
        return;
    }
    json_t *list = bn_put_list(call, entry, "choices");
    for (size_t i = 0; i < count; i++) {
        json_t *choice = bn_push_object(call, list);
        bn_put(call, choice, "name", json_string(choices[i].name));
        bn_put(call, choice, "label_en", json_string(choices[i].label_en));
        bn_put(call, choice, "label_zh", json_string(choices[i].label_zh));
    }
}

static void put_field(bn_call *call, json_t *list, const bn_kind_def *kind,
                      const bn_field_def *field)
{
    json_t *entry = bn_push_object(call, list);
    const bn_kind_def *target = bn_ref_kind(kind, field);
    bn_put(call, entry, "name", json_string(field->name));
    bn_put(call, entry, "number", bn_json_count(field->number));
    bn_put(call, entry, "type", json_string(type_name(field->type)));
    bn_put(call, entry, "bytes_max",
           field->size_max > 0 ? bn_json_count(field->size_max) : json_null());
    bn_put(call, entry, "policy", json_string(bn_policy_name(field->policy)));
    bn_put(call, entry, "multi", json_boolean(bn_policy_is_multi(field->policy)));
    bn_put(call, entry, "group", field->group > 0 ? bn_json_count(field->group) : json_null());
    bn_put(call, entry, "class", json_string(class_name(field->class_)));
    bn_put(call, entry, "search", json_string(search_name(field->search)));
    bn_put(call, entry, "label_en", json_string(field->label_en));
    bn_put(call, entry, "label_zh", json_string(field->label_zh));
    if (field->type == BN_TYPE_REF) {
        bn_put(call, entry, "refers_to", target != NULL ? json_string(target->name) : json_null());
    }
    put_choices(call, entry, kind, field);
}

static void put_kind(bn_call *call, json_t *list, const bn_kind_def *kind)
{
    json_t *entry = bn_push_object(call, list);
    bn_put(call, entry, "name", json_string(kind->name));
    bn_put(call, entry, "number", bn_json_count(kind->kind));
    bn_put(call, entry, "scope", json_string(scope_name(kind->scope)));
    bn_put(call, entry, "removal", json_string(removal_name(kind->removal)));
    bn_put(call, entry, "label_en", json_string(kind->label_en));
    bn_put(call, entry, "label_zh", json_string(kind->label_zh));
    json_t *fields = bn_put_list(call, entry, "fields");
    for (size_t i = 0; i < kind->fields_count; i++) {
        put_field(call, fields, kind, &kind->fields[i]);
    }
}

bn_rc bn_schema_show(bn_call *call, bn_err *err)
{
    (void)err;
    const bn_kind_def *only = bn_arg_kind(call, "kind");
    size_t count = 0;
    const bn_kind_def *kinds = bn_schema_kinds(&count);
    bn_put(call, call->result, "version", bn_json_count(BN_SCHEMA_VERSION));
    json_t *list = bn_put_list(call, call->result, "kinds");
    for (size_t i = 0; i < count; i++) {
        if (only == NULL || only == &kinds[i] || only->kind == kinds[i].kind) {
            put_kind(call, list, &kinds[i]);
        }
    }
    return BN_OK;
}
