/* api.h - the branch's operations as docs/control.md lists them.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_BRANCH_CLIENT_API_API_H
#define BANYAN_BRANCH_CLIENT_API_API_H

#include "branch-client/node.h"

#include <banyan/core/api.h>
#include <banyan/core/control.h>
#include <banyan/core/daemon.h>

typedef struct bn_branch_api bn_branch_api;

/* All borrowed for the life of the API. */
typedef struct bn_branch_api_options {
    bn_node *node;
    bn_kv *kv;
    bn_loop *loop;
    const bn_clock *clock;
    const bn_random *random;
    const char *data_folder;
} bn_branch_api_options;

BN_CHECKED bn_rc bn_branch_api_create(const bn_branch_api_options *options, bn_branch_api **out,
                                      bn_err *err);
void bn_branch_api_destroy(bn_branch_api **api);

/* The socket that asks: needed for progress and for answers that come later. */
void bn_branch_api_set_control(bn_branch_api *api, bn_control *control);

/* Another way to answer later; for programs that ask without a socket. */
void bn_branch_api_set_replies(bn_branch_api *api, const bn_replies *replies);

/* Rows only a branch has. */
bn_operations bn_branch_api_operations(void);

/* The session moved on: answers those who wait for it (sync.wait, branch.join). */
void bn_branch_api_moved(bn_branch_api *api);

/* A bn_control_handle; context is the bn_branch_api. */
bn_rc bn_branch_api_handle(void *context, const char *op, json_t *args, const char *actor,
                           json_t **result, bn_err *err);

/* Libraries and their versions, for `version`; static. */
const bn_library *bn_branch_api_libraries(size_t *count);

#endif
