/* api.c - the branch's operations: the table, and who is asked.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "branch-client/api/operations.h"

#include <banyan/base/alloc.h>
#include <banyan/base/check.h>

#define BN_OPERATION(function, name, reach, summary, ...) \
    static const bn_argument arguments_of_##function[] = { \
        __VA_ARGS__{NULL, BN_ARG_TEXT, false, NULL}};
#include "branch-client/api/operations.def"
#undef BN_OPERATION

static const bn_operation operations[] = {
#define BN_OPERATION(function, name, reach, summary, ...) \
    {name, function, arguments_of_##function, reach, summary},
#include "branch-client/api/operations.def"
#undef BN_OPERATION
};

bn_operations bn_branch_api_operations(void)
{
    return (bn_operations){.rows = operations, .count = BN_COUNT(operations)};
}

bn_rc bn_branch_api_create(const bn_branch_api_options *options, bn_branch_api **out, bn_err *err)
{
    bn_branch_api *api = bn_alloc(sizeof *api);
    if (api == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "no memory for the operations");
    }
    api->options = *options;
    api->api = (bn_api){
        .shared = bn_api_shared(),
        .own = bn_branch_api_operations(),
        .desk = &bn_branch_desk,
        .kv = options->kv,
        .clock = options->clock,
        .data_folder = options->data_folder,
        .program = "banyan-branch",
        .started_ms = options->clock->mono_ms(options->clock->context),
        .role = api,
    };
    *out = api;
    return BN_OK;
}

void bn_branch_api_destroy(bn_branch_api **api)
{
    if (*api != NULL) {
        bn_loop_cancel((*api)->options.loop, &(*api)->timer);
        bn_free(*api);
        *api = NULL;
    }
}

void bn_branch_api_set_control(bn_branch_api *api, bn_control *control)
{
    api->api.replies = bn_replies_of_control(control);
}

void bn_branch_api_set_replies(bn_branch_api *api, const bn_replies *replies)
{
    api->api.replies = *replies;
}

bn_rc bn_branch_api_handle(void *context, const char *op, json_t *args, const char *actor,
                           json_t **result, bn_err *err)
{
    const bn_branch_api *api = context;
    return bn_api_handle(&api->api, op, args, actor, result, err);
}

void bn_branch_api_moved(bn_branch_api *api)
{
    bn_waiters_look(api);
}
