/* self_test.c - proof, before any public door opens, that strangers stay out.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   stranger (random key)  --> loopback door --> ZAP thread --> the server's own `admit`
 *   friend   (random key)  --> loopback door --> ZAP thread --> known here
 *
 *   1. the stranger knocks: the ZAP thread must report a refusal of exactly its key
 *   2. the friend knocks:   its frame must arrive with exactly its key
 *   3. the stranger must still be unable to send, and nothing else may have arrived
 *
 * Step 2 lies behind step 1 in time by a whole handshake, so that a library that ignores the
 * refusal is seen in step 3. Normally a few milliseconds, never more than two deadlines.
 */
#include "core/transport/self_test.h"

#include "core/transport/dealer.h"
#include "core/transport/door.h"

#include <banyan/base/check.h>
#include <banyan/base/limits.h>

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define STEP_MS_MAX 2000
#define LOOPBACK "tcp://127.0.0.1:*"

typedef struct pair {
    uint8_t public_key[BN_KEY_BYTES];
    uint8_t secret_key[BN_KEY_BYTES];
} pair;

typedef struct self_test {
    const bn_link_server_options *options;
    pair friend;
    pair stranger;
    int refused_fd; /* written by the ZAP thread when it has refused the stranger */
    char endpoint[BN_ENDPOINT_TEXT_BYTES];
    void *door;
    void *friend_socket;
    void *stranger_socket;
} self_test;

/* --- on the ZAP thread -------------------------------------------------------------------- */
static bool admit(void *context, const uint8_t key[BN_KEY_BYTES])
{
    const self_test *test = context;
    return bn_bytes_equal(key, test->friend.public_key, BN_KEY_BYTES) ||
           test->options->admit(test->options->context, key);
}

static void refused(void *context, bn_door door, const uint8_t *key_or_null, const char *address,
                    const char *reason)
{
    const self_test *test = context;
    uint64_t one = 1;
    (void)address;
    (void)reason;
    if (door == BN_DOOR_SYNC && key_or_null != NULL &&
        bn_bytes_equal(key_or_null, test->stranger.public_key, BN_KEY_BYTES)) {
        ssize_t written = write(test->refused_fd, &one, sizeof one);
        BN_ASSERT(written == (ssize_t)sizeof one);
    }
}

/* --- the steps ---------------------------------------------------------------------------- */
static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Waits for any event of `items`; false when `deadline_ms` passes first. */
static bool wait_any(zmq_pollitem_t *items, int items_count, int64_t deadline_ms)
{
    int64_t left_ms = deadline_ms - now_ms();
    while (left_ms > 0) {
        int ready = zmq_poll(items, items_count, (long)left_ms);
        if (ready > 0) {
            return true;
        }
        if (ready < 0 && zmq_errno() != EINTR) {
            return false;
        }
        left_ms = deadline_ms - now_ms();
    }
    return false;
}

static bn_rc connect_as(const self_test *test, void *zmq, const pair *who, void **out, bn_err *err)
{
    bn_link_client_options options = {.endpoint = test->endpoint, .door = BN_DOOR_SYNC};
    memcpy(options.public_key, who->public_key, BN_KEY_BYTES);
    memcpy(options.secret_key, who->secret_key, BN_KEY_BYTES);
    bn_rc rc = bn_public_of_secret(test->options->secret_key, options.server_key);
    if (rc == BN_OK) {
        rc = bn_dealer_open(zmq, &options, out, err);
    }
    bn_wipe(options.secret_key, BN_KEY_BYTES);
    return rc;
}

static bn_rc stranger_is_refused(self_test *test, void *zmq, bn_err *err)
{
    BN_TRY(connect_as(test, zmq, &test->stranger, &test->stranger_socket, err));
    zmq_pollitem_t items[] = {
        {.fd = test->refused_fd, .events = ZMQ_POLLIN},
        {.socket = test->stranger_socket, .events = ZMQ_POLLOUT},
        {.socket = test->door, .events = ZMQ_POLLIN},
    };
    if (!wait_any(items, BN_COUNT(items), now_ms() + STEP_MS_MAX)) {
        return bn_fail(err, BN_E_DENIED, "self-test: nobody judged an unknown key in %d ms",
                       STEP_MS_MAX);
    }
    if (items[1].revents != 0 || items[2].revents != 0) {
        return bn_fail(err, BN_E_DENIED, "self-test: an unknown key was let in");
    }
    return BN_OK;
}

/* Sends as soon as the handshake allows, then waits for the frame at the door. */
static bn_rc friend_gets_through(self_test *test, void *zmq, bn_err *err)
{
    int64_t deadline_ms = now_ms() + STEP_MS_MAX;
    bn_slice word = BN_SLICE("self-test");
    BN_TRY(connect_as(test, zmq, &test->friend, &test->friend_socket, err));
    zmq_pollitem_t way_out = {.socket = test->friend_socket, .events = ZMQ_POLLOUT};
    zmq_pollitem_t way_in = {.socket = test->door, .events = ZMQ_POLLIN};
    if (!wait_any(&way_out, 1, deadline_ms) || bn_dealer_send(test->friend_socket, word) != BN_OK ||
        !wait_any(&way_in, 1, deadline_ms)) {
        return bn_fail(err, BN_E_DENIED, "self-test: a known key did not get through in %d ms",
                       STEP_MS_MAX);
    }
    bn_arrival arrival = {0};
    zmq_msg_t frame;
    zmq_msg_init(&frame);
    bn_rc rc = bn_door_receive(test->door, BN_DOOR_SYNC, &frame, &arrival, NULL);
    bool right = rc == BN_OK && bn_slice_equal(arrival.frame, word) &&
                 bn_bytes_equal(arrival.key, test->friend.public_key, BN_KEY_BYTES);
    zmq_msg_close(&frame);
    if (!right) {
        return bn_fail(err, BN_E_DENIED, "self-test: a known key arrived under another name");
    }
    return BN_OK;
}

static bn_rc nothing_else_came(self_test *test, bn_err *err)
{
    zmq_pollitem_t items[] = {
        {.socket = test->stranger_socket, .events = ZMQ_POLLOUT},
        {.socket = test->door, .events = ZMQ_POLLIN},
    };
    if (zmq_poll(items, BN_COUNT(items), 0) != 0) {
        return bn_fail(err, BN_E_DENIED, "self-test: an unknown key was let in after its refusal");
    }
    return BN_OK;
}

static bn_rc run(self_test *test, void *zmq, bn_err *err)
{
    BN_TRY(bn_door_open(zmq, BN_DOOR_SYNC, test->options->secret_key, LOOPBACK, test->endpoint,
                        &test->door, err));
    BN_TRY(stranger_is_refused(test, zmq, err));
    BN_TRY(friend_gets_through(test, zmq, err));
    return nothing_else_came(test, err);
}

bn_rc bn_self_test(void *zmq, bn_zap *zap, const bn_link_server_options *options, bn_err *err)
{
    self_test test = {.options = options};
    bn_keypair_transport(test.friend.public_key, test.friend.secret_key);
    bn_keypair_transport(test.stranger.public_key, test.stranger.secret_key);
    test.refused_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (test.refused_fd < 0) {
        return bn_fail(err, BN_E_FAILED, "self-test: no file descriptor");
    }
    bn_zap_use(zap, &(bn_zap_policy){.admit = admit, .refused = refused, .context = &test});
    bn_rc rc = run(&test, zmq, err);
    bn_zap_use(zap, NULL);

    void *sockets[] = {test.stranger_socket, test.friend_socket, test.door};
    for (size_t i = 0; i < BN_COUNT(sockets); i++) {
        if (sockets[i] != NULL) {
            zmq_close(sockets[i]);
        }
    }
    close(test.refused_fd);
    bn_wipe(&test, sizeof test);
    return rc;
}
