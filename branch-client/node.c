/* node.c - a running branch: engine, session and line on one loop.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "branch-client/node.h"
#include "branch-client/line.h"

#include <banyan/base/alloc.h>
#include <banyan/base/check.h>
#include <banyan/core/log.h>

#include <inttypes.h>
#include <string.h>

#define WARM_ROWS 2000 /* customers loaded into the search column per turn */
#define GUARD_EVERY_MS 5000

struct bn_node {
    bn_node_options options;
    bn_branch *branch;
    bn_line *line;
    bn_branch_sync *sync; /* NULL before enrolment */
    bn_timer tick;
    bn_timer warm;
    bn_timer guard;
    bool cable;
    bn_join *join; /* NULL: nobody is enrolling */
    bn_join_done join_done;
    void *join_context;
};

static void schedule(bn_node *node);

static void fail(bn_node *node, const bn_err *err)
{
    node->options.failed(node->options.context, err);
}

static void on_tick(void *context)
{
    bn_node *node = context;
    bn_err err = {0};
    if (bn_branch_sync_tick(node->sync, &err) != BN_OK) {
        fail(node, &err);
        return;
    }
    schedule(node);
    node->options.moved(node->options.context);
}

/* The next tick of the session may have moved with anything that happened. */
static void schedule(bn_node *node)
{
    uint64_t delay_ms = bn_branch_sync_next_tick_ms(node->sync);
    if (bn_loop_after(node->options.loop, &node->tick, delay_ms, on_tick, node) != BN_OK) {
        bn_err err = {0};
        bn_err_set(&err, __FILE__, __LINE__, BN_E_NO_MEMORY, "no timer for the session");
        fail(node, &err);
    }
}

static void on_frame(void *context, bn_slice frame)
{
    bn_node *node = context;
    bn_err err = {0};
    if (node->sync == NULL) {
        return;
    }
    if (bn_branch_sync_on_frame(node->sync, frame, &err) != BN_OK) {
        fail(node, &err);
        return;
    }
    schedule(node);
    node->options.moved(node->options.context);
}

static void on_stir(void *context)
{
    bn_node *node = context;
    if (node->sync != NULL) {
        on_tick(node);
    }
}

static void on_move(void *context, bn_sync_state from, bn_sync_event event, bn_sync_state to,
                    const char *reason)
{
    (void)context;
    if (from != to) {
        bn_log(BN_LOG_INFO, "sync_moved", "from=%s event=%s to=%s reason=%s",
               bn_sync_state_name(from), bn_sync_event_name(event), bn_sync_state_name(to),
               reason);
    }
}

static void on_guard(void *context);

static void start_guard(bn_node *node)
{
    if (bn_loop_after(node->options.loop, &node->guard, GUARD_EVERY_MS, on_guard, node) != BN_OK) {
        bn_err err = {0};
        bn_err_set(&err, __FILE__, __LINE__, BN_E_NO_MEMORY, "no timer for the guard");
        fail(node, &err);
    }
}

/* A store that failed under a save or a read stays failed: the process ends, so that the next
 * start opens and checks it again, instead of refusing people's work for ever. */
static void on_guard(void *context)
{
    bn_node *node = context;
    bn_err err = {0};
    BN_AUTO(bn_kv_abort) bn_kv_txn *txn = NULL;
    if (bn_kv_begin(node->options.kv, BN_KV_READ, &txn, &err) == BN_E_IO) {
        fail(node, &err);
        return;
    }
    start_guard(node);
}

static void on_warm(void *context)
{
    bn_node *node = context;
    bn_err err = {0};
    bool done = false;
    if (bn_branch_warm(node->branch, WARM_ROWS, &done, &err) != BN_OK) {
        bn_log_err(BN_LOG_ERROR, "search_not_loaded", &err);
    } else if (!done && bn_loop_after(node->options.loop, &node->warm, 0, on_warm, node) != BN_OK) {
        bn_log_event(BN_LOG_ERROR, "search_not_loaded");
    }
}

static bn_rc start_session(bn_node *node, bn_err *err)
{
    const bn_node_options *o = &node->options;
    if (o->server[0] != 0) {
        bn_identity identity = *bn_branch_identity(node->branch);
        if (strlen(o->server) >= sizeof identity.sync_endpoint) {
            return bn_fail(err, BN_E_LIMIT, "server endpoint: %zu bytes, limit %d",
                           strlen(o->server), BN_IDENTITY_ENDPOINT_BYTES - 1);
        }
        memcpy(identity.sync_endpoint, o->server, strlen(o->server) + 1);
        BN_TRY(bn_branch_set_identity(node->branch, &identity, err));
    }
    BN_TRY(bn_branch_sync_create(node->branch, bn_line_dialer(node->line), o->clock, o->random,
                                 &node->sync, err));
    bn_branch_sync_on_move(node->sync, on_move, node);
    if (node->cable) {
        BN_TRY(bn_branch_sync_start(node->sync, err));
    }
    schedule(node);
    return BN_OK;
}

static bn_rc load_cable(bn_node *node, bn_err *err)
{
    BN_AUTO(bn_kv_abort) bn_kv_txn *txn = NULL;
    uint64_t connected = 1;
    BN_TRY(bn_kv_begin(node->options.kv, BN_KV_READ, &txn, err));
    BN_TRY(bn_meta_get_u64(txn, "cable", 1, &connected, err));
    node->cable = connected != 0;
    return BN_OK;
}

bn_rc bn_node_create(const bn_node_options *options, bn_node **out, bn_err *err)
{
    BN_AUTO(bn_node_destroy) bn_node *node = bn_alloc(sizeof *node);
    if (node == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "no memory for the branch");
    }
    *node = (bn_node){.options = *options};
    BN_TRY(bn_branch_open(options->kv, options->clock, options->random, &node->branch, err));
    BN_TRY(load_cable(node, err));
    BN_TRY(bn_line_create(options->loop, on_frame, on_stir, node, &node->line, err));
    if (bn_loop_after(options->loop, &node->warm, 0, on_warm, node) != BN_OK) {
        return bn_fail(err, BN_E_NO_MEMORY, "no room in the event loop");
    }
    start_guard(node);
    if (bn_branch_enrolled(node->branch)) {
        BN_TRY(start_session(node, err));
    }
    *out = BN_TAKE(node);
    return BN_OK;
}

void bn_node_destroy(bn_node **node)
{
    if (*node != NULL) {
        bn_loop_cancel((*node)->options.loop, &(*node)->tick);
        bn_loop_cancel((*node)->options.loop, &(*node)->warm);
        bn_loop_cancel((*node)->options.loop, &(*node)->guard);
        bn_join_end(&(*node)->join);
        bn_branch_sync_destroy(&(*node)->sync);
        bn_line_destroy(&(*node)->line);
        bn_branch_close(&(*node)->branch);
        bn_free(*node);
        *node = NULL;
    }
}

bn_branch *bn_node_branch(bn_node *node)
{
    return node->branch;
}

bn_branch_sync *bn_node_sync(bn_node *node)
{
    return node->sync;
}

void bn_node_nudge(bn_node *node)
{
    if (node->sync != NULL) {
        bn_branch_sync_nudge(node->sync);
        schedule(node);
    }
}

void bn_node_ask(bn_node *node)
{
    if (node->sync != NULL) {
        bn_branch_sync_ask(node->sync);
        schedule(node);
    }
}

bn_rc bn_node_sync_now(bn_node *node, bn_err *err)
{
    if (node->sync == NULL) {
        return bn_fail(err, BN_E_DENIED, "this branch is not enrolled: banyan-branch join CODE");
    }
    if (!node->cable) {
        return bn_fail(err, BN_E_DENIED, "the cable is pulled: banyan sync cable on");
    }
    BN_TRY(bn_branch_sync_start(node->sync, err));
    schedule(node);
    return BN_OK;
}

bn_rc bn_node_set_cable(bn_node *node, bool connected, bn_err *err)
{
    BN_AUTO(bn_kv_abort) bn_kv_txn *txn = NULL;
    BN_TRY(bn_kv_begin(node->options.kv, BN_KV_WRITE, &txn, err));
    BN_TRY(bn_meta_put_u64(txn, "cable", connected ? 1 : 0, err));
    BN_TRY(bn_kv_commit(&txn, err));
    node->cable = connected;
    if (node->sync == NULL) {
        return BN_OK;
    }
    if (!connected) {
        bn_branch_sync_halt(node->sync);
        schedule(node);
        return BN_OK;
    }
    return bn_node_sync_now(node, err);
}

bool bn_node_cable(const bn_node *node)
{
    return node->cable;
}

static void on_joined(void *context, bn_rc code, const bn_err *err)
{
    bn_node *node = context;
    bn_err start_err = {0};
    if (code == BN_OK) {
        code = start_session(node, &start_err);
        err = &start_err;
    }
    node->join_done(node->join_context, code, err);
}

bn_rc bn_node_join(bn_node *node, bn_slice code, bn_join_done done, void *context, bn_err *err)
{
    if (bn_branch_enrolled(node->branch)) {
        return bn_fail(err, BN_E_EXISTS, "this store is branch %04" PRIu32 " already: another "
                       "enrolment wants another data folder",
                       bn_branch_identity(node->branch)->branch);
    }
    /* A finished try is released here and not in its own callback. */
    bn_join_end(&node->join);
    node->join_done = done;
    node->join_context = context;
    return bn_join_begin(node->branch, node->options.loop, node->options.clock, code, on_joined,
                         node, &node->join, err);
}
