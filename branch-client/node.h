/* node.h - a running branch: engine, session and line on one loop.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The node starts its session by itself once the branch is enrolled, unless a person has pulled
 * the cable: that is kept in the store and survives a restart.
 */
#ifndef BANYAN_BRANCH_CLIENT_NODE_H
#define BANYAN_BRANCH_CLIENT_NODE_H

#include "branch-client/join.h"
#include "branch-client/sync/driver.h"

#include <banyan/core/loop.h>

typedef struct bn_node bn_node;

typedef struct bn_node_options {
    bn_kv *kv;
    bn_loop *loop;
    const bn_clock *clock;
    const bn_random *random;
    const char *server;  /* "" or the endpoint to use instead of the enrolled one */
    /* The storage failed: the process must stop. */
    void (*failed)(void *context, const bn_err *err);
    /* A frame was handled or the session moved: somebody may be waiting for that. */
    void (*moved)(void *context);
    void *context;
} bn_node_options;

BN_CHECKED bn_rc bn_node_create(const bn_node_options *options, bn_node **out, bn_err *err);
void bn_node_destroy(bn_node **node);

bn_branch *bn_node_branch(bn_node *node);
bn_branch_sync *bn_node_sync(bn_node *node); /* NULL before enrolment */

/* A save happened: push soon. */
void bn_node_nudge(bn_node *node);

/* Asks the server for a sign of life now; nothing when there is no session. */
void bn_node_ask(bn_node *node);

/* Tries to connect at once. BN_E_DENIED before enrolment or with the cable pulled. */
BN_CHECKED bn_rc bn_node_sync_now(bn_node *node, bn_err *err);
BN_CHECKED bn_rc bn_node_set_cable(bn_node *node, bool connected, bn_err *err);
bool bn_node_cable(const bn_node *node);

/* Enrols with a one-time code and starts the session. BN_E_BUSY while another try is under way.
 * `done` as in join.h. */
BN_CHECKED bn_rc bn_node_join(bn_node *node, bn_slice code, bn_join_done done, void *context,
                              bn_err *err);

#endif
