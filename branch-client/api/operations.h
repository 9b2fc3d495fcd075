/* operations.h - the branch's end of bn_api: desk, waiters, handlers.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_BRANCH_CLIENT_API_OPERATIONS_H
#define BANYAN_BRANCH_CLIENT_API_OPERATIONS_H

#include "branch-client/api/api.h"

#include <banyan/core/api.h>

#define BN_WAITERS_MAX 64

typedef struct bn_waiter { /* one sync.wait that is not answered yet */
    uint64_t ticket;       /* 0: free */
    uint64_t until_ms;     /* monotonic */
    uint64_t pings_before; /* a ping sent after these must be answered */
} bn_waiter;

struct bn_branch_api {
    bn_branch_api_options options;
    bn_api api;
    bn_branch_reader reader; /* open between read_begin and read_end */
    bn_waiter waiters[BN_WAITERS_MAX];
    bn_timer timer;          /* the first waiter to give up */
    bool moved;              /* a look at the waiters is due at the end of the turn */
    uint64_t join_ticket;    /* 0: nobody waits for an enrolment */
};

extern const bn_desk bn_branch_desk;

static inline bn_branch_api *bn_branch_api_of(const bn_call *call)
{
    return call->api->role;
}

static inline bn_branch *bn_branch_of(const bn_call *call)
{
    return bn_node_branch(bn_branch_api_of(call)->options.node);
}

/* wait.c */
void bn_waiters_look(bn_branch_api *api);

#define BN_OPERATION(function, ...) bn_rc function(bn_call *call, bn_err *err);
#include "branch-client/api/operations.def"
#undef BN_OPERATION

#endif
