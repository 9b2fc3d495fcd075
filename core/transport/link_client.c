/* link_client.c - the branch's connection: one socket for one session.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A connection that fails or ends goes silent: sending says BN_E_AGAIN and nothing arrives. The
 * descriptor fires, bn_link_client_writable() turns false, and the session, which knows how much
 * it has sent, closes this link and opens another; its deadlines notice in any case.
 */
#include "core/transport/dealer.h"
#include "core/transport/wakeup.h"

#include <banyan/base/alloc.h>
#include <banyan/base/check.h>
#include <banyan/base/limits.h>

struct bn_link_client {
    void *zmq;
    void *socket;
    bn_wakeup wakeup;
    zmq_msg_t frame;   /* what the last receive handed out */
    bool send_refused; /* the caller waits for room */
    size_t frame_bytes_max;
};

static bn_rc check_options(const bn_link_client_options *options, bn_err *err)
{
    BN_ASSERT(options->endpoint != NULL);
    BN_TRY(bn_key_usable(options->server_key, "the server's public key", err));
    BN_TRY(bn_key_usable(options->public_key, "this branch's public key", err));
    return bn_key_usable(options->secret_key, "this branch's key", err);
}

static bn_rc open_parts(bn_link_client *link, const bn_link_client_options *options, bn_err *err)
{
    link->zmq = bn_zmq_create(BN_IO_THREADS_BRANCH);
    if (link->zmq == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "no room for libzmq's threads");
    }
    BN_TRY(bn_wakeup_open(&link->wakeup, err));
    BN_TRY(bn_dealer_open(link->zmq, options, &link->socket, err));
    return bn_wakeup_add_socket(&link->wakeup, link->socket, err);
}

bn_rc bn_link_client_open(const bn_link_client_options *options, bn_link_client **out, bn_err *err)
{
    BN_TRY(check_options(options, err));
    BN_AUTO(bn_link_client_close) bn_link_client *link = bn_alloc(sizeof *link);
    if (link == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "no memory for a link");
    }
    link->wakeup = (bn_wakeup){.epoll_fd = -1, .event_fd = -1};
    link->frame_bytes_max =
        options->door == BN_DOOR_ENROL ? BN_ENROL_FRAME_BYTES_MAX : BN_FRAME_BYTES_MAX;
    zmq_msg_init(&link->frame);
    BN_TRY(open_parts(link, options, err));
    *out = BN_TAKE(link);
    return BN_OK;
}

void bn_link_client_close(bn_link_client **link)
{
    bn_link_client *closing = *link;
    if (closing == NULL) {
        return;
    }
    *link = NULL;
    zmq_msg_close(&closing->frame);
    bn_wakeup_close(&closing->wakeup);
    if (closing->socket != NULL) {
        zmq_close(closing->socket);
    }
    bn_zmq_destroy(&closing->zmq);
    bn_free(closing);
}

int bn_link_client_fd(bn_link_client *link)
{
    return link->wakeup.epoll_fd;
}

bn_rc bn_link_client_receive(bn_link_client *link, bn_slice *out, bn_err *err)
{
    bn_rc rc = bn_dealer_receive(link->socket, &link->frame, out, err);
    if (rc == BN_E_AGAIN) {
        int wanted = link->send_refused ? ZMQ_POLLIN | ZMQ_POLLOUT : ZMQ_POLLIN;
        if ((bn_socket_events(link->socket) & wanted) != 0) {
            bn_wakeup_raise(&link->wakeup);
        } else {
            bn_wakeup_lower(&link->wakeup);
        }
    }
    return rc;
}

bool bn_link_client_writable(const bn_link_client *link)
{
    return (bn_socket_events(link->socket) & ZMQ_POLLOUT) != 0;
}

bn_rc bn_link_client_send(bn_link_client *link, bn_slice frame)
{
    if (frame.len > link->frame_bytes_max) {
        return BN_E_LIMIT;
    }
    bn_wakeup_raise(&link->wakeup);
    bn_rc rc = bn_dealer_send(link->socket, frame);
    link->send_refused = rc == BN_E_AGAIN;
    return rc;
}
