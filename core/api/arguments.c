/* arguments.c - arguments of a call against the row of its operation.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A member that is null counts as not given. After the check every getter finds what it expects.
 */
#include "core/api/arguments.h"

#include <banyan/base/check.h>
#include <banyan/base/limits.h>
#include <banyan/base/number.h>
#include <banyan/base/text.h>

#define ARGUMENTS_MAX 16
#define NAME_BYTES_MAX 48 /* of a foreign name that is repeated in an error */
#define BRANCH_MAX 999999

static bn_slice text_of(const json_t *text)
{
    return bn_slice_make(json_string_value(text), json_string_length(text));
}

static const bn_argument *find(const bn_operation *operation, const char *name)
{
    for (const bn_argument *at = operation->arguments; at->name != NULL; at++) {
        if (strcmp(at->name, name) == 0) {
            return at;
        }
    }
    return NULL;
}

static bn_rc refuse_unknown(const bn_operation *operation, const char *name, bn_err *err)
{
    const char *names[ARGUMENTS_MAX];
    size_t count = 0;
    for (const bn_argument *at = operation->arguments; at->name != NULL; at++) {
        BN_ASSERT(count < ARGUMENTS_MAX);
        names[count++] = at->name;
    }
    const char *shown = strlen(name) <= NAME_BYTES_MAX ? name : "this";
    const char *nearest = bn_nearest_name(bn_slice_of(name), names, count);
    if (nearest != NULL) {
        return bn_fail(err, BN_E_INVALID, "%s: no argument %s (did you mean %s?)", operation->name,
                       shown, nearest);
    }
    return bn_fail(err, BN_E_INVALID, "%s: no argument %s", operation->name, shown);
}

static bool read_number(const json_t *value, uint64_t *out)
{
    if (json_is_integer(value) && json_integer_value(value) >= 0) {
        *out = (uint64_t)json_integer_value(value);
        return true;
    }
    return json_is_string(value) && bn_parse_u64(text_of(value), out) == BN_OK;
}

static bool read_branch(const json_t *value, uint64_t *out)
{
    return read_number(value, out) && *out >= 1 && *out <= BRANCH_MAX;
}

static bool fits(const bn_argument *argument, const json_t *value, const char **wanted)
{
    uint64_t number = 0;
    bn_id id;
    bn_dot dot;
    switch (argument->type) {
    case BN_ARG_TEXT:
        *wanted = "a text";
        return json_is_string(value) && memchr(json_string_value(value), 0,
                                               json_string_length(value)) == NULL;
    case BN_ARG_NUMBER:
        *wanted = "a whole number";
        return read_number(value, &number);
    case BN_ARG_BOOL:
        *wanted = "true or false";
        return json_is_boolean(value);
    case BN_ARG_OBJECT:
        *wanted = "an object";
        return json_is_object(value);
    case BN_ARG_LIST:
        *wanted = "a list";
        return json_is_array(value);
    case BN_ARG_KIND:
        *wanted = "the name of a kind";
        return json_is_string(value);
    case BN_ARG_ID:
        *wanted = "32 hex digits";
        return json_is_string(value) && bn_id_parse(text_of(value), &id) == BN_OK;
    case BN_ARG_DOT:
        *wanted = "a dot such as 17.42";
        return json_is_string(value) && bn_dot_parse(text_of(value), &dot);
    case BN_ARG_BRANCH:
        *wanted = "a branch code such as 0017";
        return read_branch(value, &number);
    }
    return false;
}

static bn_rc check_kind(const bn_argument *argument, const json_t *value, bn_err *err)
{
    if (bn_schema_kind_named(text_of(value)) != NULL) {
        return BN_OK;
    }
    size_t count = 0;
    const bn_kind_def *kinds = bn_schema_kinds(&count);
    const char *names[BN_KIND_MAX + 1];
    for (size_t i = 0; i < count; i++) {
        names[i] = kinds[i].name;
    }
    const char *nearest = bn_nearest_name(text_of(value), names, count);
    if (nearest != NULL) {
        return bn_fail(err, BN_E_INVALID, "%s: no such kind (did you mean %s?)", argument->name,
                       nearest);
    }
    return bn_fail(err, BN_E_INVALID, "%s: no such kind", argument->name);
}

static bn_rc check_one(const bn_operation *operation, const char *name, const json_t *value,
                       bn_err *err)
{
    const bn_argument *argument = find(operation, name);
    if (argument == NULL) {
        return refuse_unknown(operation, name, err);
    }
    const char *wanted = "";
    if (json_is_null(value)) {
        return BN_OK;
    }
    if (!fits(argument, value, &wanted)) {
        return bn_fail(err, BN_E_INVALID, "%s: %s wants %s", operation->name, name, wanted);
    }
    return argument->type == BN_ARG_KIND ? check_kind(argument, value, err) : BN_OK;
}

bn_rc bn_arguments_check(bn_call *call, bn_err *err)
{
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach(call->args, name, value) {
        BN_TRY(check_one(call->operation, name, value, err));
    }
    for (const bn_argument *at = call->operation->arguments; at->name != NULL; at++) {
        if (at->is_needed && !bn_arg_given(call, at->name)) {
            return bn_fail(err, BN_E_INVALID, "%s: %s is missing (%s)", call->operation->name,
                           at->name, at->summary);
        }
    }
    return BN_OK;
}

json_t *bn_arg_json(const bn_call *call, const char *name)
{
    BN_ASSERT(find(call->operation, name) != NULL);
    json_t *value = json_object_get(call->args, name);
    return json_is_null(value) ? NULL : value;
}

bool bn_arg_given(const bn_call *call, const char *name)
{
    return bn_arg_json(call, name) != NULL;
}

const char *bn_arg_text(const bn_call *call, const char *name)
{
    const json_t *value = bn_arg_json(call, name);
    return value != NULL ? json_string_value(value) : "";
}

bn_slice bn_arg_slice(const bn_call *call, const char *name)
{
    return bn_slice_of(bn_arg_text(call, name));
}

uint64_t bn_arg_number(const bn_call *call, const char *name, uint64_t fallback)
{
    uint64_t number = fallback;
    const json_t *value = bn_arg_json(call, name);
    return value != NULL && read_number(value, &number) ? number : fallback;
}

bool bn_arg_bool(const bn_call *call, const char *name, bool fallback)
{
    const json_t *value = bn_arg_json(call, name);
    return value != NULL ? json_is_true(value) : fallback;
}

const bn_kind_def *bn_arg_kind(const bn_call *call, const char *name)
{
    const json_t *value = bn_arg_json(call, name);
    return value != NULL ? bn_schema_kind_named(text_of(value)) : NULL;
}

bn_id bn_arg_id(const bn_call *call, const char *name)
{
    bn_id id = {{0}};
    const json_t *value = bn_arg_json(call, name);
    return value != NULL && bn_id_parse(text_of(value), &id) == BN_OK ? id : (bn_id){{0}};
}

bn_dot bn_arg_dot(const bn_call *call, const char *name)
{
    bn_dot dot = {0, 0};
    const json_t *value = bn_arg_json(call, name);
    return value != NULL && bn_dot_parse(text_of(value), &dot) ? dot : (bn_dot){0, 0};
}

uint32_t bn_arg_branch(const bn_call *call, const char *name)
{
    uint64_t number = 0;
    const json_t *value = bn_arg_json(call, name);
    return value != NULL && read_branch(value, &number) ? (uint32_t)number : 0;
}

bn_rc bn_arg_limit(const bn_call *call, size_t *out, bn_err *err)
{
    uint64_t limit = bn_arg_number(call, "limit", BN_ROWS_DEFAULT);
    if (limit < 1 || limit > BN_PAGE_ROWS_MAX) {
        return bn_fail(err, BN_E_LIMIT, "limit: 1 to %d rows", BN_PAGE_ROWS_MAX);
    }
    *out = (size_t)limit;
    return BN_OK;
}
