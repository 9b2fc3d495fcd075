/* args.c - the args of an operation from what was typed.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "cli.h"
#include "print.h"

#include <banyan/base/check.h>
#include <banyan/base/number.h>
#include <banyan/base/text.h>

#include <string.h>

const char *cli_value(const invocation *call, const char *name)
{
    for (size_t i = 0; i < call->values_count; i++) {
        const command_arg *arg = call->values[i].arg;
        if (arg != NULL && strcmp(arg->name, name) == 0) {
            return call->values[i].text;
        }
    }
    return NULL;
}

bool cli_switch(const invocation *call, const char *name)
{
    return cli_value(call, name) != NULL;
}

static bool put_number(cli *c, json_t *args, const command_arg *arg, const char *text)
{
    int64_t number = 0;
    int64_t unit = arg->type == ARG_SECONDS ? 1000 : 1;
    if (bn_parse_i64(bn_slice_of(text), &number) != BN_OK || number < 0 ||
        number > INT64_C(1000000000)) {
        (void)cli_usage(c, SENTENCE(c, BAD_NUMBER, arg->name, text), NULL);
        return false;
    }
    json_object_set_new(args, arg->member, json_integer(number * unit));
    return true;
}

static bool put_on_off(cli *c, json_t *args, const command_arg *arg, const char *text)
{
    bool on = strcmp(text, "on") == 0;
    if (!on && strcmp(text, "off") != 0) {
        (void)cli_usage(c, SENTENCE(c, BAD_ON_OFF, text), NULL);
        return false;
    }
    json_object_set_new(args, arg->member, json_boolean(on));
    return true;
}

static bool put_text(cli *c, json_t *args, const command_arg *arg, const char *text)
{
    json_t *string = json_string(text);
    if (string == NULL) {
        (void)cli_usage(c, SENTENCE(c, NOT_UTF8, arg->name), NULL);
        return false;
    }
    json_object_set_new(args, arg->member, string);
    return true;
}

/* "--columns" and "--field" name fields of the kind. */
static bool field_is_known(cli *c, const invocation *call, const char *name)
{
    const char *names[BN_COUNT(((invocation *)0)->values)];
    size_t count = 0;
    if (call->kind == NULL || bn_schema_field_named(call->kind, bn_slice_of(name)) != NULL) {
        return true;
    }
    for (size_t i = 0; i < call->kind->fields_count && count < BN_COUNT(names); i++) {
        names[count++] = call->kind->fields[i].name;
    }
    const char *near = bn_nearest_name(bn_slice_of(name), names, count);
    const char *schema = print_format(c, "banyan schema %s", call->kind->name);
    (void)cli_usage(c, SENTENCE(c, UNKNOWN_FIELD, call->kind->name, name),
                    near != NULL ? near : schema);
    return false;
}

static bool fields_are_known(cli *c, const invocation *call, const char *names)
{
    while (*names != '\0') {
        size_t len = strcspn(names, ",");
        if (!field_is_known(c, call, print_format(c, "%.*s", (int)len, names))) {
            return false;
        }
        names += names[len] == ',' ? len + 1 : len;
    }
    return true;
}

static bool put_arg(cli *c, const invocation *call, json_t *args, const typed_value *value)
{
    const command_arg *arg = value->arg;
    switch (arg->type) {
    case ARG_NUMBER:
    case ARG_SECONDS:
        return put_number(c, args, arg, value->text);
    case ARG_SWITCH:
        json_object_set_new(args, arg->member, json_true());
        return true;
    case ARG_UNSWITCH:
        json_object_set_new(args, arg->member, json_false());
        return true;
    case ARG_ON_OFF:
        return put_on_off(c, args, arg, value->text);
    case ARG_LIST: {
        json_t *list = json_object_get(args, arg->member);
        if (list == NULL) {
            list = json_array();
            json_object_set_new(args, arg->member, list);
        }
        return json_array_append_new(list, json_string(value->text)) == 0;
    }
    case ARG_BRANCH: {
        int64_t number = 0;
        if (bn_parse_i64(bn_slice_of(value->text), &number) == BN_OK) {
            json_object_set_new(args, arg->member, json_integer(number));
            return true;
        }
        return put_text(c, args, arg, value->text);
    }
    case ARG_FIELD:
        return field_is_known(c, call, value->text) && put_text(c, args, arg, value->text);
    case ARG_TEXT:
    case ARG_FIELDS:
    case ARG_KIND:
    case ARG_PATH:
    case ARG_LANGUAGE:
        break;
    }
    return put_text(c, args, arg, value->text);
}

static json_t *child(json_t *args, const char *name)
{
    json_t *object = json_object_get(args, name);
    if (object == NULL) {
        object = json_object();
        json_object_set_new(args, name, object);
    }
    return object;
}

static bool append_to(json_t *args, const char *name, const char *field, const char *text)
{
    json_t *lists = child(args, name);
    json_t *list = json_object_get(lists, field);
    if (list == NULL) {
        list = json_array();
        json_object_set_new(lists, field, list);
    }
    return json_array_append_new(list, json_string(text)) == 0;
}

/* One field: --mobile 138..., --set mobile=138..., --clear mobile, --add tags=VIP. */
static bool put_field(cli *c, const invocation *call, json_t *args, const typed_value *value)
{
    const char *text = value->text;
    const char *name = value->field != NULL ? value->field->name : NULL;
    char action = value->field_action;
    if (name == NULL) {
        const char *equals = action != 'c' ? strchr(text, '=') : text + strlen(text);
        if (equals == NULL) {
            (void)cli_usage(c, SENTENCE(c, NEEDS_EQUALS, text), "--set name=王小明");
            return false;
        }
        name = print_format(c, "%.*s", (int)(equals - text), text);
        text = *equals == '=' ? equals + 1 : equals;
        if (!field_is_known(c, call, name)) {
            return false;
        }
        const bn_field_def *field = bn_schema_field_named(call->kind, bn_slice_of(name));
        if (action == 's' && field != NULL && bn_policy_is_multi(field->policy)) {
            action = 'a';
        }
    }
    bool ok = true;
    if (action == 's' && text[0] != '\0') {
        ok = json_object_set_new(child(args, "set"), name, json_string(text)) == 0;
    } else if (action == 's' || action == 'c') {
        ok = json_object_set_new(child(args, "set"), name, json_null()) == 0;
    } else {
        ok = append_to(args, action == 'a' ? "add" : "remove", name, text);
    }
    if (!ok) {
        (void)cli_usage(c, SENTENCE(c, NOT_UTF8, name), NULL);
    }
    return ok;
}

bool cli_args(cli *c, const invocation *call, json_t **args)
{
    json_t *made = json_object();
    size_t count = 0;
    const command_arg *rows = command_args(call->command->id, &count);
    for (size_t i = 0; i < count; i++) {
        if (rows[i].place == PLACE_FIXED) {
            json_object_set_new(made, rows[i].member, json_string(rows[i].name));
        } else if (rows[i].type == ARG_UNSWITCH) {
            json_object_set_new(made, rows[i].member, json_true());
        }
    }
    bool ok = true;
    for (size_t i = 0; i < call->values_count && ok; i++) {
        const typed_value *value = &call->values[i];
        if (value->arg != NULL && value->arg->type == ARG_FIELDS) {
            ok = fields_are_known(c, call, value->text);
        } else if (value->arg != NULL && value->arg->member[0] != '\0') {
            ok = put_arg(c, call, made, value);
        } else if (value->arg == NULL) {
            ok = put_field(c, call, made, value);
        }
    }
    if (!ok) {
        json_decref(made);
        return false;
    }
    *args = made;
    return true;
}
