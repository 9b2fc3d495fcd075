/* wait.c - answers that come later: sync.wait and branch.join.
 * SPDX-License-Identifier: Apache-2.0
 *
 * In step means: nothing of ours waits, and the feed is applied up to a head the server told
 * after the question was asked. A ping makes sure of the latter: what the server sent before its
 * answer arrives before it.
 */
#include "branch-client/api/operations.h"

#include <banyan/base/check.h>

#include <inttypes.h>

#define WAIT_DEFAULT_MS 30000
#define WAIT_MAX_MS (24ull * 3600 * 1000)

static uint64_t now_ms(const bn_branch_api *api)
{
    return api->options.clock->mono_ms(api->options.clock->context);
}

static bool is_in_step(const bn_waiter *waiter, const bn_branch_counts *counts,
                       const bn_sync_status *status)
{
    return status->state == BN_SYNC_LIVE && counts->ops_waiting == 0 && status->feed_behind == 0 &&
           status->pings_answered > waiter->pings_before;
}

static void answer(bn_branch_api *api, bn_waiter *waiter, bn_rc code, json_t *result,
                   const bn_err *err, const char *hint)
{
    uint64_t ticket = waiter->ticket;
    *waiter = (bn_waiter){.ticket = 0};
    api->api.replies.answer(api->api.replies.context, ticket, code, &result, err, hint);
}

static void answer_in_step(bn_branch_api *api, bn_waiter *waiter, const bn_branch_counts *counts)
{
    bn_call call = {.api = &api->api, .result = json_object()};
    bn_err err = {.code = BN_OK};
    bn_put(&call, call.result, "in_step", json_true());
    bn_put(&call, call.result, "cursor", bn_json_number(counts->cursor));
    if (call.lacks_memory || call.result == NULL) {
        json_decref(call.result);
        bn_rc rc = bn_fail(&err, BN_E_NO_MEMORY, "no memory for the answer");
        answer(api, waiter, rc, NULL, &err, "");
        return;
    }
    answer(api, waiter, BN_OK, call.result, &err, "");
}

static void answer_late(bn_branch_api *api, bn_waiter *waiter, const bn_branch_counts *counts,
                        const bn_sync_status *status)
{
    bn_err err = {.code = BN_OK};
    bn_rc rc = bn_fail(&err, BN_E_AGAIN,
                       "not in step yet: %s, %" PRIu64 " changes waiting, %" PRIu64
                       " commits behind%s%s",
                       bn_sync_state_name(status->state), counts->ops_waiting, status->feed_behind,
                       status->reason[0] != 0 ? ", " : "", status->reason);
    answer(api, waiter, rc, NULL, &err, "banyan doctor");
}

static void on_timer(void *context)
{
    bn_waiters_look(context);
}

void bn_waiters_look(bn_branch_api *api)
{
    bn_branch_sync *sync = bn_node_sync(api->options.node);
    bn_branch_counts counts;
    bn_sync_status status = {.state = BN_SYNC_OFFLINE};
    uint64_t first = UINT64_MAX;
    uint64_t now = now_ms(api);
    bool asks = false;
    bn_branch_get_counts(bn_node_branch(api->options.node), &counts);
    if (sync != NULL) {
        bn_branch_sync_get_status(sync, &status);
    }
    for (size_t i = 0; i < BN_WAITERS_MAX; i++) {
        bn_waiter *waiter = &api->waiters[i];
        if (waiter->ticket == 0) {
            continue;
        }
        if (!api->api.replies.waits(api->api.replies.context, waiter->ticket)) {
            *waiter = (bn_waiter){.ticket = 0};
        } else if (is_in_step(waiter, &counts, &status)) {
            answer_in_step(api, waiter, &counts);
        } else if (now >= waiter->until_ms) {
            answer_late(api, waiter, &counts, &status);
        } else {
            first = waiter->until_ms < first ? waiter->until_ms : first;
            asks = asks || status.pings_sent <= waiter->pings_before;
        }
    }
    if (first == UINT64_MAX) {
        bn_loop_cancel(api->options.loop, &api->timer);
        return;
    }
    if (asks && status.state == BN_SYNC_LIVE) {
        bn_node_ask(api->options.node);
    }
    bn_rc rc = bn_loop_after(api->options.loop, &api->timer, first - now, on_timer, api);
    (void)rc; /* without a timer the next move of the session looks again */
}

static bn_waiter *free_waiter(bn_branch_api *api)
{
    for (size_t i = 0; i < BN_WAITERS_MAX; i++) {
        if (api->waiters[i].ticket == 0) {
            return &api->waiters[i];
        }
    }
    return NULL;
}

bn_rc bn_branch_sync_wait(bn_call *call, bn_err *err)
{
    bn_branch_api *api = bn_branch_api_of(call);
    bn_branch_sync *sync = bn_node_sync(api->options.node);
    uint64_t timeout_ms = bn_arg_number(call, "timeout_ms", 0);
    bn_sync_status status;
    if (sync == NULL) {
        bn_call_hint(call, "banyan join CODE");
        return bn_fail(err, BN_E_DENIED, "this branch is not enrolled");
    }
    if (!bn_node_cable(api->options.node)) {
        bn_call_hint(call, "banyan sync cable on");
        return bn_fail(err, BN_E_UNREACHABLE, "the cable is pulled");
    }
    if (timeout_ms > WAIT_MAX_MS) {
        return bn_fail(err, BN_E_LIMIT, "timeout_ms: limit %llu", WAIT_MAX_MS);
    }
    bn_waiter *waiter = free_waiter(api);
    if (waiter == NULL || api->api.replies.defer == NULL) {
        return bn_fail(err, BN_E_BUSY, "%d callers wait already", BN_WAITERS_MAX);
    }
    uint64_t ticket = 0;
    BN_TRY(api->api.replies.defer(api->api.replies.context, &ticket, err));
    bn_branch_sync_get_status(sync, &status);
    *waiter = (bn_waiter){.ticket = ticket,
                          .until_ms = now_ms(api) + (timeout_ms > 0 ? timeout_ms : WAIT_DEFAULT_MS),
                          .pings_before = status.pings_sent};
    bn_node_nudge(api->options.node);
    bn_waiters_look(api);
    return BN_OK;
}

/* --- branch.join -------------------------------------------------------------------------- */

static json_t *joined_json(const bn_branch_api *api)
{
    bn_branch *branch = bn_node_branch(api->options.node);
    const bn_identity *identity = bn_branch_identity(branch);
    char own[BN_FINGERPRINT_TEXT_BYTES];
    char server[BN_FINGERPRINT_TEXT_BYTES];
    bn_call call = {.api = &api->api, .result = json_object()};
    bn_branch_fingerprint(branch, own);
    bn_fingerprint(identity->server_key, server);
    bn_put(&call, call.result, "branch", bn_json_branch(identity->branch));
    bn_put(&call, call.result, "name", bn_json_text(identity->name));
    bn_put(&call, call.result, "origin", bn_json_count(identity->origin));
    bn_put(&call, call.result, "fingerprint", json_string(own));
    bn_put(&call, call.result, "server_fingerprint", json_string(server));
    return call.result;
}

static void on_joined(void *context, bn_rc code, const bn_err *err)
{
    bn_branch_api *api = context;
    uint64_t ticket = api->join_ticket;
    json_t *result = code == BN_OK ? joined_json(api) : NULL;
    api->join_ticket = 0;
    api->api.replies.answer(api->api.replies.context, ticket, code, &result, err,
                            "ask head office for a new code: banyan branch add");
}

bn_rc bn_branch_join(bn_call *call, bn_err *err)
{
    bn_branch_api *api = bn_branch_api_of(call);
    if (api->join_ticket != 0 || api->api.replies.defer == NULL) {
        return bn_fail(err, BN_E_BUSY, "another enrolment is under way");
    }
    BN_TRY(bn_node_join(api->options.node, bn_slice_trim(bn_arg_slice(call, "code")), on_joined,
                        api, err));
    return api->api.replies.defer(api->api.replies.context, &api->join_ticket, err);
}
