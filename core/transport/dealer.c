/* dealer.c - one DEALER socket: the branch's end of a connection.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/transport/dealer.h"

#include <banyan/base/limits.h>

#include <errno.h>

static bn_rc prepare(void *socket, const bn_link_client_options *options, bn_err *err)
{
    BN_TRY(bn_options_apply(socket, BN_END_BRANCH, err));
    BN_TRY(bn_option_bytes(socket, ZMQ_CURVE_SERVERKEY, options->server_key, BN_KEY_BYTES, err));
    BN_TRY(bn_option_bytes(socket, ZMQ_CURVE_PUBLICKEY, options->public_key, BN_KEY_BYTES, err));
    BN_TRY(bn_option_bytes(socket, ZMQ_CURVE_SECRETKEY, options->secret_key, BN_KEY_BYTES, err));
    if (zmq_connect(socket, options->endpoint) != 0) {
        return bn_fail(err, BN_E_INVALID, "cannot connect to %.100s: %s", options->endpoint,
                       zmq_strerror(zmq_errno()));
    }
    return BN_OK;
}

bn_rc bn_dealer_open(void *zmq, const bn_link_client_options *options, void **out, bn_err *err)
{
    void *socket = zmq_socket(zmq, ZMQ_DEALER);
    if (socket == NULL) {
        return bn_fail(err, BN_E_FAILED, "no socket for %.100s: %s", options->endpoint,
                       zmq_strerror(zmq_errno()));
    }
    bn_rc rc = prepare(socket, options, err);
    if (rc != BN_OK) {
        zmq_close(socket);
        return rc;
    }
    *out = socket;
    return BN_OK;
}

bn_rc bn_dealer_receive(void *socket, zmq_msg_t *frame, bn_slice *out, bn_err *err)
{
    bool whole = true;
    bool more = true;
    while (more) {
        int rc = zmq_msg_recv(frame, socket, ZMQ_DONTWAIT);
        if (rc < 0 && zmq_errno() == EINTR) {
            continue;
        }
        if (rc < 0 && zmq_errno() == EAGAIN) {
            return BN_E_AGAIN;
        }
        if (rc < 0) {
            return bn_fail(err, BN_E_FAILED, "cannot receive: %s", zmq_strerror(zmq_errno()));
        }
        more = zmq_msg_more(frame) != 0;
        whole = whole && !more;
    }
    if (!whole) {
        return bn_fail(err, BN_E_FORMAT, "the server sent a message of several parts");
    }
    *out = bn_slice_make(zmq_msg_data(frame), zmq_msg_size(frame));
    return BN_OK;
}

bn_rc bn_dealer_send(void *socket, bn_slice frame)
{
    int rc;
    do {
        rc = zmq_send(socket, frame.data, frame.len, ZMQ_DONTWAIT);
    } while (rc < 0 && zmq_errno() == EINTR);
    if (rc >= 0) {
        return BN_OK;
    }
    return zmq_errno() == EAGAIN ? BN_E_AGAIN : BN_E_FAILED;
}
