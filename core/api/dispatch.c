/* dispatch.c - from the name of an operation to its row, its checked arguments and its answer.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/api/arguments.h"
#include "core/api/operations.h"

#include <banyan/base/check.h>
#include <banyan/base/limits.h>
#include <banyan/base/text.h>

#include <stdarg.h>

#define CALL_BYTES_MAX (128 * 1024 * 1024)
#define OPERATIONS_MAX 128

#define BN_OPERATION(function, name, reach, summary, ...) \
    static const bn_argument arguments_of_##function[] = { \
        __VA_ARGS__{NULL, BN_ARG_TEXT, false, NULL}};
#include "core/api/operations.def"
#undef BN_OPERATION

static const bn_operation operations[] = {
#define BN_OPERATION(function, name, reach, summary, ...) \
    {name, function, arguments_of_##function, reach, summary},
#include "core/api/operations.def"
#undef BN_OPERATION
};

bn_operations bn_api_shared(void)
{
    return (bn_operations){.rows = operations, .count = BN_COUNT(operations)};
}

static const bn_operation *find_in(bn_operations table, const char *name)
{
    for (size_t i = 0; i < table.count; i++) {
        if (strcmp(table.rows[i].name, name) == 0) {
            return &table.rows[i];
        }
    }
    return NULL;
}

static bn_rc refuse_name(const bn_api *api, const char *name, bn_err *err)
{
    const char *names[OPERATIONS_MAX];
    size_t count = 0;
    const bn_operations tables[] = {api->own, api->shared};
    for (size_t t = 0; t < BN_COUNT(tables); t++) {
        for (size_t i = 0; i < tables[t].count && count < OPERATIONS_MAX; i++) {
            names[count++] = tables[t].rows[i].name;
        }
    }
    const char *nearest = bn_nearest_name(bn_slice_of(name), names, count);
    if (nearest != NULL) {
        return bn_fail(err, BN_E_NOT_FOUND, "%s has no such operation (did you mean %s?)",
                       api->program, nearest);
    }
    return bn_fail(err, BN_E_NOT_FOUND, "%s has no such operation", api->program);
}

static bn_rc check_actor(bn_call *call, bn_err *err)
{
    size_t len = strlen(call->actor);
    if (len > BN_ACTOR_BYTES_MAX) {
        return bn_fail(err, BN_E_LIMIT, "actor: %zu bytes, limit %d", len, BN_ACTOR_BYTES_MAX);
    }
    if (!bn_utf8_clean(bn_slice_of(call->actor))) {
        return bn_fail(err, BN_E_INVALID, "actor: holds characters that cannot be shown");
    }
    if (len == 0 && call->operation->reach == BN_WRITES) {
        bn_call_hint(call, "say who you are: --actor NAME");
        return bn_fail(err, BN_E_INVALID, "%s: actor is missing", call->operation->name);
    }
    return BN_OK;
}

static bn_rc run(bn_call *call, bn_err *err)
{
    BN_TRY(check_actor(call, err));
    BN_TRY(bn_arguments_check(call, err));
    if (call->result == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "no memory for the answer");
    }
    BN_TRY(call->operation->run(call, err));
    return call->lacks_memory ? bn_fail(err, BN_E_NO_MEMORY, "no memory for the answer") : BN_OK;
}

bn_rc bn_api_handle(const bn_api *api, const char *op, json_t *args, const char *actor,
                    json_t **result, bn_err *err)
{
    const bn_operation *operation = find_in(api->own, op);
    operation = operation != NULL ? operation : find_in(api->shared, op);
    if (operation == NULL) {
        return refuse_name(api, op, err);
    }
    bn_call call = {.api = api, .operation = operation, .args = args, .actor = actor,
                    .result = json_object()};
    bn_arena_init(&call.arena, CALL_BYTES_MAX);
    bn_rc rc = run(&call, err);
    if (rc != BN_OK && call.hint[0] != 0 && api->replies.hint != NULL) {
        api->replies.hint(api->replies.context, call.hint);
    }
    if (rc == BN_OK) {
        *result = BN_TAKE(call.result);
    }
    json_decref(call.result);
    bn_arena_fini(&call.arena);
    return rc;
}

void bn_call_hint(bn_call *call, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vsnprintf(call->hint, sizeof call->hint, format, list);
    va_end(list);
}
