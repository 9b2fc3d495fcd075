/* self_test.h - proof, before any public door opens, that strangers stay out.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_CORE_TRANSPORT_SELF_TEST_H
#define BANYAN_CORE_TRANSPORT_SELF_TEST_H

#include "core/transport/zap.h"

/* Plays both cases on a loopback door of the same context, the same ZAP thread and the same
 * socket options as the public ones. Takes the policy away from `zap` when done. BN_E_DENIED. */
BN_CHECKED bn_rc bn_self_test(void *zmq, bn_zap *zap, const bn_link_server_options *options,
                              bn_err *err);

#endif
