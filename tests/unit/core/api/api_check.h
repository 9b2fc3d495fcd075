/* api_check.h - asking operations in one line, and what must hold for every row of a table.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_TESTS_API_CHECK_H
#define BANYAN_TESTS_API_CHECK_H

#include "unit/unit.h"

#include <banyan/core/api.h>

#include <stdio.h>
#include <string.h>

/* One request as a control socket would make it. */
typedef struct asker {
    bn_control_handle handle;
    void *context;
    const char *actor;
    bn_rc code;
    bn_err err;
    json_t *result; /* of the last request that was answered */
} asker;

/* JSON, in which ' may stand for ": C quotes the latter. */
static inline json_t *read_args(const char *args_text)
{
    json_error_t error;
    char *text = strdup(args_text);
    assert_non_null(text);
    for (char *at = strchr(text, '\''); at != NULL; at = strchr(at, '\'')) {
        *at = '"';
    }
    json_t *args = json_loads(text, JSON_ALLOW_NUL, &error);
    free(text);
    if (args == NULL) {
        fail_msg("%s: %s", args_text, error.text);
    }
    return args;
}

/* Asks and says how it went; the result stays until the next request. */
static inline bn_rc ask(asker *a, const char *op, const char *args_text)
{
    json_t *args = read_args(args_text);
    json_decref(a->result);
    a->result = NULL;
    memset(&a->err, 0, sizeof a->err);
    a->code = a->handle(a->context, op, args, a->actor, &a->result, &a->err);
    json_decref(args);
    return a->code;
}

static inline void asked_fine(asker *a, const char *op, const char *args_text)
{
    if (ask(a, op, args_text) != BN_OK) {
        fail_msg("%s %s: %s: %s", op, args_text, bn_rc_text(a->code), a->err.text);
    }
}

static inline void asked_in_vain(asker *a, const char *op, const char *args_text, bn_rc code,
                                 const char *text)
{
    if (ask(a, op, args_text) != code || strstr(a->err.text, text) == NULL) {
        fail_msg("%s %s: wanted %s with \"%s\", got %s: %s", op, args_text, bn_rc_text(code), text,
                 bn_rc_text(a->code), a->err.text);
    }
}

/* "rows/0/id" of the last result; NULL when it is not there. */
static inline json_t *at(const asker *a, const char *path)
{
    char part[64];
    json_t *here = a->result;
    while (here != NULL && *path != 0) {
        size_t len = strcspn(path, "/");
        assert_true(len < sizeof part);
        snprintf(part, sizeof part, "%.*s", (int)len, path);
        here = json_is_array(here) ? json_array_get(here, strtoul(part, NULL, 10))
                                   : json_object_get(here, part);
        path += len + (path[len] == '/' ? 1 : 0);
    }
    return here;
}

static inline const char *text_at(const asker *a, const char *path)
{
    const char *text = json_string_value(at(a, path));
    if (text == NULL) {
        fail_msg("%s: no text in %s", path, json_dumps(a->result, JSON_COMPACT));
    }
    return text;
}

static inline json_int_t count_at(const asker *a, const char *path)
{
    assert_true(json_is_integer(at(a, path)));
    return json_integer_value(at(a, path));
}

static inline json_t *wrong_value(bn_argument_type type)
{
    return type == BN_ARG_TEXT || type == BN_ARG_KIND ? json_integer(7) : json_real(1.5);
}

static inline void check_unknown(asker *a, const bn_operation *operation)
{
    char args[128];
    snprintf(args, sizeof args, "{\"%s_x\":1}",
             operation->arguments[0].name != NULL ? operation->arguments[0].name : "thing");
    asked_in_vain(a, operation->name, args, BN_E_INVALID, "no argument");
    if (operation->arguments[0].name != NULL) {
        assert_non_null(strstr(a->err.text, "did you mean"));
    }
}

static inline void check_argument(asker *a, const bn_operation *operation,
                                  const bn_argument *argument)
{
    json_t *args = json_object();
    json_object_set_new(args, argument->name, wrong_value(argument->type));
    char *text = json_dumps(args, 0);
    asked_in_vain(a, operation->name, text, BN_E_INVALID, argument->name);
    assert_non_null(strstr(a->err.text, "wants"));
    free(text);
    json_decref(args);
    if (argument->is_needed) {
        asked_in_vain(a, operation->name, "{}", BN_E_INVALID, "is missing");
    }
}

/* Unknown, missing and wrongly typed arguments of every row, and an author where one is needed. */
static inline void check_operations(asker *a, bn_operations table)
{
    assert_true(table.count > 0);
    for (size_t i = 0; i < table.count; i++) {
        const bn_operation *operation = &table.rows[i];
        const char *actor = a->actor;
        assert_true(operation->summary[0] != 0);
        check_unknown(a, operation);
        for (const bn_argument *at_row = operation->arguments; at_row->name != NULL; at_row++) {
            assert_true(at_row->summary[0] != 0);
            check_argument(a, operation, at_row);
        }
        if (operation->reach == BN_WRITES) {
            a->actor = "";
            asked_in_vain(a, operation->name, "{}", BN_E_INVALID, "actor");
            a->actor = actor;
        }
    }
}

#endif
