/* dealer.h - one DEALER socket: the branch's end of a connection.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_CORE_TRANSPORT_DEALER_H
#define BANYAN_CORE_TRANSPORT_DEALER_H

#include "core/transport/options.h"

/* Starts to connect. Not usable until the handshake is over: sending says BN_E_AGAIN before. */
BN_CHECKED bn_rc bn_dealer_open(void *zmq, const bn_link_client_options *options, void **out,
                                bn_err *err);

/* out borrows from `frame`, which the caller has initialised and keeps. */
BN_CHECKED bn_rc bn_dealer_receive(void *socket, zmq_msg_t *frame, bn_slice *out, bn_err *err);
BN_CHECKED bn_rc bn_dealer_send(void *socket, bn_slice frame);

#endif
