/* rig.h - a real server link, real branches and rude raw peers on the loopback of this machine.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every wait polls a descriptor against a deadline; none sleeps for a fixed time. That something
 * did NOT arrive is shown by a known branch that is served afterwards.
 */
#ifndef BANYAN_TESTS_TRANSPORT_RIG_H
#define BANYAN_TESTS_TRANSPORT_RIG_H

#include "unit/unit.h"

#include "core/transport/options.h"

#include <banyan/base/check.h>
#include <banyan/base/limits.h>

#include <zmq.h>

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#define RIG_MS_MAX 20000
#define RIG_KNOWN_MAX 256

typedef struct identity {
    uint8_t public_key[BN_KEY_BYTES];
    uint8_t secret_key[BN_KEY_BYTES];
} identity;

typedef struct rig {
    identity server_identity;
    bn_link_server *server;
    pthread_mutex_t lock; /* the rest is shared with the ZAP thread */
    identity known[RIG_KNOWN_MAX];
    size_t known_count;
    size_t admits_count; /* questions about known keys */
    size_t refusals_count;
    bn_door refused_door;
    uint8_t refused_key[BN_KEY_BYTES];
    char refused_address[64];
} rig;

static inline int64_t rig_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* --- the server --------------------------------------------------------------------------- */
static inline bool rig_admit(void *context, const uint8_t key[BN_KEY_BYTES])
{
    rig *r = context;
    bool found = false;
    pthread_mutex_lock(&r->lock);
    for (size_t i = 0; i < r->known_count; i++) {
        found = found || memcmp(r->known[i].public_key, key, BN_KEY_BYTES) == 0;
    }
    r->admits_count += found;
    pthread_mutex_unlock(&r->lock);
    return found;
}

static inline void rig_refused(void *context, bn_door door, const uint8_t *key_or_null,
                               const char *address, const char *reason)
{
    rig *r = context;
    (void)reason;
    pthread_mutex_lock(&r->lock);
    r->refusals_count++;
    r->refused_door = door;
    if (key_or_null != NULL) {
        memcpy(r->refused_key, key_or_null, BN_KEY_BYTES);
    }
    snprintf(r->refused_address, sizeof r->refused_address, "%s", address);
    pthread_mutex_unlock(&r->lock);
}

static inline size_t rig_refusals(rig *r)
{
    pthread_mutex_lock(&r->lock);
    size_t count = r->refusals_count;
    pthread_mutex_unlock(&r->lock);
    return count;
}

static inline size_t rig_admits(rig *r)
{
    pthread_mutex_lock(&r->lock);
    size_t count = r->admits_count;
    pthread_mutex_unlock(&r->lock);
    return count;
}

static inline identity identity_make(void)
{
    identity made;
    bn_keypair_transport(made.public_key, made.secret_key);
    return made;
}

static inline identity rig_enrol(rig *r)
{
    identity made = identity_make();
    pthread_mutex_lock(&r->lock);
    assert_true(r->known_count < RIG_KNOWN_MAX);
    r->known[r->known_count++] = made;
    pthread_mutex_unlock(&r->lock);
    return made;
}

static inline bn_link_server_options rig_options(rig *r)
{
    bn_link_server_options options = {.sync_endpoint = "tcp://127.0.0.1:0",
                                      .enrol_endpoint = "tcp://127.0.0.1:0",
                                      .admit = rig_admit,
                                      .refused = rig_refused,
                                      .context = r};
    memcpy(options.secret_key, r->server_identity.secret_key, BN_KEY_BYTES);
    return options;
}

static inline int rig_setup(void **state)
{
    bn_err err = {0};
    rig *r = calloc(1, sizeof *r);
    assert_non_null(r);
    assert_ok(bn_crypto_start(&err), err);
    pthread_mutex_init(&r->lock, NULL);
    r->server_identity = identity_make();
    bn_link_server_options options = rig_options(r);
    assert_ok(bn_link_server_open(&options, &r->server, &err), err);
    *state = r;
    return 0;
}

static inline int rig_teardown(void **state)
{
    rig *r = *state;
    bn_link_server_close(&r->server);
    assert_null(r->server);
    pthread_mutex_destroy(&r->lock);
    free(r);
    return 0;
}

static inline const char *rig_endpoint(rig *r, bn_door door)
{
    return door == BN_DOOR_SYNC ? bn_link_server_sync_endpoint(r->server)
                                : bn_link_server_enrol_endpoint(r->server);
}

/* Waits for `fd`; false once the deadline is over. */
static inline bool rig_wait(int fd, int64_t deadline_ms)
{
    int64_t left_ms = deadline_ms - rig_now_ms();
    struct pollfd item = {.fd = fd, .events = POLLIN};
    return left_ms > 0 && poll(&item, 1, (int)left_ms) == 1;
}

/* The next frame at the server; fails the test when none comes. */
static inline bn_arrival rig_arrival(rig *r)
{
    bn_err err = {0};
    bn_arrival arrival;
    int64_t deadline_ms = rig_now_ms() + RIG_MS_MAX;
    bn_rc rc = bn_link_server_receive(r->server, &arrival, &err);
    while (rc == BN_E_AGAIN) {
        assert_true(rig_wait(bn_link_server_fd(r->server), deadline_ms));
        rc = bn_link_server_receive(r->server, &arrival, &err);
    }
    assert_ok(rc, err);
    return arrival;
}

static inline void assert_nothing_waits(rig *r)
{
    bn_arrival arrival;
    assert_int_equal(bn_link_server_receive(r->server, &arrival, NULL), BN_E_AGAIN);
}

static inline void assert_key(const bn_arrival *arrival, const identity *who)
{
    assert_memory_equal(arrival->key, who->public_key, BN_KEY_BYTES);
}

static inline void assert_frame(bn_slice frame, const char *text)
{
    assert_true(bn_slice_is(frame, text));
}

static inline void rig_answer(rig *r, const bn_route *route, bn_slice frame)
{
    bn_sender sender = bn_link_server_sender(r->server);
    assert_int_equal(sender.send(sender.context, route, frame), BN_OK);
}

/* --- branches ----------------------------------------------------------------------------- */
static inline bn_link_client *branch_open(rig *r, const identity *who, bn_door door)
{
    bn_err err = {0};
    bn_link_client *link = NULL;
    bn_link_client_options options = {.endpoint = rig_endpoint(r, door), .door = door};
    memcpy(options.server_key, r->server_identity.public_key, BN_KEY_BYTES);
    memcpy(options.public_key, who->public_key, BN_KEY_BYTES);
    memcpy(options.secret_key, who->secret_key, BN_KEY_BYTES);
    assert_ok(bn_link_client_open(&options, &link, &err), err);
    return link;
}

/* Sends as soon as the connection takes it. */
static inline void branch_send(bn_link_client *link, bn_slice frame)
{
    bn_slice unexpected;
    int64_t deadline_ms = rig_now_ms() + RIG_MS_MAX;
    bn_rc rc = bn_link_client_send(link, frame);
    while (rc == BN_E_AGAIN) {
        assert_int_equal(bn_link_client_receive(link, &unexpected, NULL), BN_E_AGAIN);
        assert_true(rig_wait(bn_link_client_fd(link), deadline_ms));
        rc = bn_link_client_send(link, frame);
    }
    assert_int_equal(rc, BN_OK);
}

static inline bn_slice branch_receive(bn_link_client *link)
{
    bn_err err = {0};
    bn_slice frame;
    int64_t deadline_ms = rig_now_ms() + RIG_MS_MAX;
    bn_rc rc = bn_link_client_receive(link, &frame, &err);
    while (rc == BN_E_AGAIN) {
        assert_true(rig_wait(bn_link_client_fd(link), deadline_ms));
        rc = bn_link_client_receive(link, &frame, &err);
    }
    assert_ok(rc, err);
    return frame;
}

/* A whole exchange of a known branch: the server is alive and has dealt with what came before. */
static inline void assert_still_serves(rig *r)
{
    identity who = rig_enrol(r);
    bn_link_client *link = branch_open(r, &who, BN_DOOR_SYNC);
    branch_send(link, BN_SLICE("ping"));
    bn_arrival arrival = rig_arrival(r);
    assert_key(&arrival, &who);
    assert_frame(arrival.frame, "ping");
    rig_answer(r, &arrival.route, BN_SLICE("pong"));
    assert_frame(branch_receive(link), "pong");
    bn_link_client_close(&link);
}

/* --- rude peers: raw libzmq, watched by a monitor ----------------------------------------- */
typedef struct raw {
    void *zmq;
    void *socket;
    void *monitor;
} raw;

static inline raw raw_make(void)
{
    raw peer = {.zmq = zmq_ctx_new()};
    int zero = 0;
    int once = -1;
    assert_non_null(peer.zmq);
    peer.socket = zmq_socket(peer.zmq, ZMQ_DEALER);
    peer.monitor = zmq_socket(peer.zmq, ZMQ_PAIR);
    assert_int_equal(zmq_socket_monitor(peer.socket, "inproc://watch", ZMQ_EVENT_ALL), 0);
    assert_int_equal(zmq_connect(peer.monitor, "inproc://watch"), 0);
    assert_int_equal(zmq_setsockopt(peer.socket, ZMQ_LINGER, &zero, sizeof zero), 0);
    assert_int_equal(zmq_setsockopt(peer.monitor, ZMQ_LINGER, &zero, sizeof zero), 0);
    assert_int_equal(zmq_setsockopt(peer.socket, ZMQ_RECONNECT_IVL, &once, sizeof once), 0);
    return peer;
}

static inline void raw_curve(raw *peer, const identity *who, const uint8_t server[BN_KEY_BYTES])
{
    zmq_setsockopt(peer->socket, ZMQ_CURVE_SERVERKEY, server, BN_KEY_BYTES);
    zmq_setsockopt(peer->socket, ZMQ_CURVE_PUBLICKEY, who->public_key, BN_KEY_BYTES);
    zmq_setsockopt(peer->socket, ZMQ_CURVE_SECRETKEY, who->secret_key, BN_KEY_BYTES);
}

static inline void raw_connect(raw *peer, const char *endpoint)
{
    assert_int_equal(zmq_connect(peer->socket, endpoint), 0);
}

/* Waits until one of the events of `mask` happens and tells which. */
static inline int raw_wait(raw *peer, int mask)
{
    int64_t deadline_ms = rig_now_ms() + RIG_MS_MAX;
    for (;;) {
        uint16_t event = 0;
        char address[256];
        zmq_msg_t first;
        zmq_pollitem_t item = {.socket = peer->monitor, .events = ZMQ_POLLIN};
        assert_true(rig_now_ms() < deadline_ms);
        if (zmq_poll(&item, 1, 100) <= 0) {
            continue;
        }
        zmq_msg_init(&first);
        assert_int_equal(zmq_msg_recv(&first, peer->monitor, 0), 6);
        memcpy(&event, zmq_msg_data(&first), sizeof event);
        zmq_msg_close(&first);
        assert_true(zmq_recv(peer->monitor, address, sizeof address, 0) >= 0);
        if ((event & mask) != 0) {
            return event & mask;
        }
    }
}

#define RAW_REFUSED                                                            \
    (ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH |                \
     ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL)

static inline void raw_send(raw *peer, bn_slice frame, int flags)
{
    assert_int_equal(zmq_send(peer->socket, frame.data, frame.len, flags), (int)frame.len);
}

static inline void raw_close(raw *peer)
{
    zmq_socket_monitor(peer->socket, NULL, 0);
    zmq_close(peer->socket);
    zmq_close(peer->monitor);
    zmq_ctx_term(peer->zmq);
}

#endif
