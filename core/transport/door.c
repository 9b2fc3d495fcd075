/* door.c - one ROUTER socket: whole frames from peers whose key is proven.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   on the socket    | routing id | frame |
 *   message is kept  routing id is one the ROUTER made (0 and four bytes),
 *                    the frame is the only one, and carries a User-Id of 64 hex digits
 *
 * The User-Id was written by our own ZAP thread from the key of the handshake: it alone says who
 * speaks. A routing id only says where an answer goes. Branches never choose their own, so any
 * other shape comes from a stranger program and is not served; ids are never shown to anyone,
 * because a peer that could guess the next one could take it.
 */
#include "core/transport/door.h"

#include "core/transport/zap.h"

#include <banyan/base/check.h>
#include <banyan/base/limits.h>
#include <banyan/base/text.h>

#include <errno.h>
#include <string.h>

#define ROUTING_ID_BYTES 5
#define USER_ID_PROPERTY "User-Id" /* RFC 27 */

_Static_assert(ROUTING_ID_BYTES <= sizeof((bn_route *)0)->bytes, "a route holds a routing id");

static const struct {
    bn_socket_end end;
    const char *domain;
} doors[] = {
    [BN_DOOR_SYNC] = {.end = BN_END_SYNC, .domain = BN_ZAP_DOMAIN_SYNC},
    [BN_DOOR_ENROL] = {.end = BN_END_ENROL, .domain = BN_ZAP_DOMAIN_ENROL},
};

/* --- opening ------------------------------------------------------------------------------ */
static bn_rc prepare(void *socket, bn_door door, const uint8_t secret_key[BN_KEY_BYTES],
                     bn_err *err)
{
    const char *domain = doors[door].domain;
    BN_TRY(bn_options_apply(socket, doors[door].end, err));
    BN_TRY(bn_option_bytes(socket, ZMQ_ZAP_DOMAIN, domain, strlen(domain), err));
    return bn_option_bytes(socket, ZMQ_CURVE_SECRETKEY, secret_key, BN_KEY_BYTES, err);
}

static bn_rc bind_door(void *socket, const char *wanted, char endpoint[BN_ENDPOINT_TEXT_BYTES],
                       bn_err *err)
{
    if (zmq_bind(socket, wanted) != 0) {
        int cause = zmq_errno();
        return bn_fail(err, cause == EADDRINUSE ? BN_E_BUSY : BN_E_INVALID,
                       "cannot listen on %.100s: %s", wanted, zmq_strerror(cause));
    }
    size_t endpoint_bytes = BN_ENDPOINT_TEXT_BYTES;
    if (zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, endpoint, &endpoint_bytes) != 0) {
        return bn_fail(err, BN_E_FAILED, "cannot tell the port of %.100s", wanted);
    }
    return BN_OK;
}

bn_rc bn_door_open(void *zmq, bn_door door, const uint8_t secret_key[BN_KEY_BYTES],
                   const char *wanted, char endpoint[BN_ENDPOINT_TEXT_BYTES], void **out,
                   bn_err *err)
{
    void *socket = zmq_socket(zmq, ZMQ_ROUTER);
    if (socket == NULL) {
        return bn_fail(err, BN_E_FAILED, "no socket for %.100s: %s", wanted,
                       zmq_strerror(zmq_errno()));
    }
    bn_rc rc = prepare(socket, door, secret_key, err);
    if (rc == BN_OK) {
        rc = bind_door(socket, wanted, endpoint, err);
    }
    if (rc != BN_OK) {
        zmq_close(socket);
        return rc;
    }
    *out = socket;
    return BN_OK;
}

/* --- receiving ---------------------------------------------------------------------------- */
static bn_rc receive_part(void *socket, zmq_msg_t *part, bn_err *err)
{
    int rc;
    do {
        rc = zmq_msg_recv(part, socket, ZMQ_DONTWAIT);
    } while (rc < 0 && zmq_errno() == EINTR);
    if (rc >= 0) {
        return BN_OK;
    }
    if (zmq_errno() == EAGAIN) {
        return BN_E_AGAIN;
    }
    return bn_fail(err, BN_E_FAILED, "cannot receive: %s", zmq_strerror(zmq_errno()));
}

/* libzmq hands over a message only when all its parts are there, so this ends without waiting. */
static bn_rc skip_rest(void *socket, zmq_msg_t *part, bn_err *err)
{
    while (zmq_msg_more(part) != 0) {
        BN_TRY(receive_part(socket, part, err));
    }
    return BN_OK;
}

static bool read_route(zmq_msg_t *routing_id, bn_door door, bn_route *out)
{
    const uint8_t *bytes = zmq_msg_data(routing_id);
    if (zmq_msg_size(routing_id) != ROUTING_ID_BYTES || bytes[0] != 0) {
        return false;
    }
    *out = (bn_route){.len = ROUTING_ID_BYTES, .door = (uint8_t)door};
    memcpy(out->bytes, bytes, ROUTING_ID_BYTES);
    return true;
}

static bool read_key(zmq_msg_t *frame, uint8_t key[BN_KEY_BYTES])
{
    const char *user_id = zmq_msg_gets(frame, USER_ID_PROPERTY);
    return user_id != NULL && bn_hex_decode(bn_slice_of(user_id), key, BN_KEY_BYTES) == BN_OK;
}

bn_rc bn_door_receive(void *socket, bn_door door, zmq_msg_t *frame, bn_arrival *out, bn_err *err)
{
    bn_arrival arrival;
    zmq_msg_t routing_id;
    zmq_msg_init(&routing_id);
    bn_rc rc = receive_part(socket, &routing_id, err);
    bool more = rc == BN_OK && zmq_msg_more(&routing_id) != 0;
    bool known = more && read_route(&routing_id, door, &arrival.route);
    zmq_msg_close(&routing_id);
    BN_TRY(rc);
    if (!more) {
        return BN_E_DENIED;
    }
    BN_TRY(receive_part(socket, frame, err));
    if (zmq_msg_more(frame) != 0) {
        BN_TRY(skip_rest(socket, frame, err));
        return BN_E_DENIED;
    }
    if (!known || !read_key(frame, arrival.key)) {
        return BN_E_DENIED;
    }
    arrival.frame = bn_slice_make(zmq_msg_data(frame), zmq_msg_size(frame));
    *out = arrival;
    return BN_OK;
}

/* --- sending ------------------------------------------------------------------------------ */
static bn_rc send_failed(void)
{
    switch (zmq_errno()) {
    case EAGAIN:
        return BN_E_AGAIN;
    case EHOSTUNREACH:
        return BN_E_UNREACHABLE;
    default:
        return BN_E_FAILED;
    }
}

bn_rc bn_door_send(void *socket, const bn_route *route, bn_slice frame)
{
    if (frame.len > BN_FRAME_BYTES_MAX) {
        return BN_E_LIMIT;
    }
    /* The frame's memory comes first: once the routing id is written there is no way back. */
    zmq_msg_t message;
    if (zmq_msg_init_size(&message, frame.len) != 0) {
        return BN_E_NO_MEMORY;
    }
    if (frame.len > 0) {
        memcpy(zmq_msg_data(&message), frame.data, frame.len);
    }
    int rc;
    do {
        rc = zmq_send(socket, route->bytes, route->len, ZMQ_SNDMORE | ZMQ_DONTWAIT);
    } while (rc < 0 && zmq_errno() == EINTR);
    if (rc >= 0) {
        do {
            rc = zmq_msg_send(&message, socket, ZMQ_DONTWAIT);
        } while (rc < 0 && zmq_errno() == EINTR);
    }
    if (rc < 0) {
        bn_rc failed = send_failed();
        zmq_msg_close(&message);
        return failed;
    }
    return BN_OK;
}
