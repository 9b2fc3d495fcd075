/* operations.h - the server's end of bn_api: desk, search column, handlers.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_SERVER_API_OPERATIONS_H
#define BANYAN_SERVER_API_OPERATIONS_H

#include "server/api/api.h"

#include <banyan/core/api.h>

struct bn_server_api {
    bn_server_api_options options;
    bn_api api;
    bn_server_reader reader; /* open between read_begin and read_end */
    bn_arena arena;          /* of the save at work */
    bn_search_column *column;
    bn_id loaded;            /* customers up to this one are in the column */
    bool is_loaded;          /* all of them are */
};

extern const bn_desk bn_server_desk;

static inline bn_server_api *bn_server_api_of(const bn_call *call)
{
    return call->api->role;
}

static inline bn_server *bn_server_of(const bn_call *call)
{
    return bn_server_api_of(call)->options.server;
}

const char *bn_branch_state_text(bn_branch_state state);

/* prepare.c: completes groups, drops what is shown already, checks bases; BN_E_STALE fills
 * *stale. out->changes_count may be 0: nothing has to be saved. */
BN_CHECKED bn_rc bn_prepare_draft(bn_server_api *api, const bn_draft *draft, bn_arena *arena,
                                  bn_draft *out, bn_stale *stale, bn_err *err);

#define BN_OPERATION(function, ...) bn_rc function(bn_call *call, bn_err *err);
#include "server/api/operations.def"
#undef BN_OPERATION

#endif
