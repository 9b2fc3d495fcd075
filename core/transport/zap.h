/* zap.h - who may come in: the thread that answers libzmq's question at every handshake.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Must be open before any other socket of its context exists (RFC 27).
 */
#ifndef BANYAN_CORE_TRANSPORT_ZAP_H
#define BANYAN_CORE_TRANSPORT_ZAP_H

#include <banyan/core/link.h>

#define BN_ZAP_ENDPOINT "inproc://zeromq.zap.01"
#define BN_ZAP_DOMAIN_SYNC "banyan-sync"
#define BN_ZAP_DOMAIN_ENROL "banyan-enrol"

typedef struct bn_zap bn_zap;

/* Both are called on the ZAP thread, under its lock: they must not call back into the link. */
typedef struct bn_zap_policy {
    bn_admit admit;
    bn_refused refused; /* may be NULL */
    void *context;
} bn_zap_policy;

/* Starts without a policy, which answers 500 to everyone. */
BN_CHECKED bn_rc bn_zap_open(void *zmq, bn_zap **out, bn_err *err);
void bn_zap_close(bn_zap **zap);

/* The policy of every later handshake, copied; NULL takes it away. When this returns, the
 * previous policy is not being called and never will be. */
void bn_zap_use(bn_zap *zap, const bn_zap_policy *policy_or_null);

/* False once the thread has ended for whatever reason: then no handshake can succeed any more. */
bool bn_zap_running(const bn_zap *zap);

/* Readable once the thread has ended. */
int bn_zap_ended_fd(const bn_zap *zap);

/* Ends the thread and waits for it; bn_zap_close() does it too. */
void bn_zap_stop(bn_zap *zap);

#endif
