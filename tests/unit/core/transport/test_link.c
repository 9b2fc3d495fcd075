/* test_link.c - known branches and the server, over CURVE on the loopback.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "rig.h"

#include "core/transport/link_server.h"

#include <banyan/base/alloc.h>

static void fill(uint8_t *bytes, size_t len, size_t salt)
{
    for (size_t i = 0; i < len; i++) {
        bytes[i] = (uint8_t)(i * 31 + (i >> 8) + salt);
    }
}

static void link__carries_frames_of_every_size_both_ways(void **state)
{
    static const size_t sizes[] = {0, 1, 33, 34, 255, 256, 4096, 65536, BN_FRAME_BYTES_MAX};
    static uint8_t bytes[BN_FRAME_BYTES_MAX];
    rig *r = *state;
    identity who = rig_enrol(r);
    bn_link_client *link = branch_open(r, &who, BN_DOOR_SYNC);
    for (size_t i = 0; i < BN_COUNT(sizes); i++) {
        bn_slice sent = bn_slice_make(bytes, sizes[i]);
        fill(bytes, sizes[i], i);
        branch_send(link, sent);
        bn_arrival arrival = rig_arrival(r);
        assert_key(&arrival, &who);
        assert_int_equal(arrival.route.door, BN_DOOR_SYNC);
        assert_true(bn_slice_equal(arrival.frame, sent));
        rig_answer(r, &arrival.route, arrival.frame);
        assert_true(bn_slice_equal(branch_receive(link), sent));
    }
    assert_int_equal(bn_link_server_dropped(r->server), 0);
    bn_link_client_close(&link);
}

static void link__refuses_to_send_a_frame_over_the_limit(void **state)
{
    static uint8_t bytes[BN_FRAME_BYTES_MAX + 1];
    rig *r = *state;
    identity who = rig_enrol(r);
    bn_link_client *sync = branch_open(r, &who, BN_DOOR_SYNC);
    bn_link_client *enrol = branch_open(r, &who, BN_DOOR_ENROL);
    bn_sender sender = bn_link_server_sender(r->server);
    bn_slice over = bn_slice_make(bytes, sizeof bytes);
    assert_int_equal(bn_link_client_send(sync, over), BN_E_LIMIT);
    over.len = BN_ENROL_FRAME_BYTES_MAX + 1;
    assert_int_equal(bn_link_client_send(enrol, over), BN_E_LIMIT);
    branch_send(sync, BN_SLICE("hello"));
    bn_route route = rig_arrival(r).route;
    over.len = sizeof bytes;
    assert_int_equal(sender.send(sender.context, &route, over), BN_E_LIMIT);
    bn_link_client_close(&sync);
    bn_link_client_close(&enrol);
}

static void link__keeps_the_order_of_a_burst(void **state)
{
    enum { FRAMES = 500 };
    rig *r = *state;
    identity who = rig_enrol(r);
    bn_link_client *link = branch_open(r, &who, BN_DOOR_SYNC);
    int64_t deadline_ms = rig_now_ms() + RIG_MS_MAX;
    uint32_t sent = 0;
    uint32_t got = 0;
    while (got < FRAMES) {
        bn_arrival arrival;
        bn_slice unexpected;
        while (sent < FRAMES &&
               bn_link_client_send(link, bn_slice_make(&sent, sizeof sent)) == BN_OK) {
            sent++;
        }
        assert_int_equal(bn_link_client_receive(link, &unexpected, NULL), BN_E_AGAIN);
        while (bn_link_server_receive(r->server, &arrival, NULL) == BN_OK) {
            assert_memory_equal(arrival.frame.data, &got, sizeof got);
            got++;
        }
        struct pollfd both[] = {{.fd = bn_link_server_fd(r->server), .events = POLLIN},
                                {.fd = bn_link_client_fd(link), .events = POLLIN}};
        assert_true(got == FRAMES || poll(both, 2, 5000) > 0);
        assert_true(rig_now_ms() < deadline_ms);
    }
    bn_link_client_close(&link);
}

/* The descriptor alone must be enough, whatever a send swallowed in between. */
static void link__wakes_for_frames_that_arrive_while_sending(void **state)
{
    enum { ROUNDS = 300 };
    rig *r = *state;
    identity who = rig_enrol(r);
    bn_link_client *link = branch_open(r, &who, BN_DOOR_SYNC);
    branch_send(link, BN_SLICE("0"));
    bn_route route = rig_arrival(r).route;
    bn_sender sender = bn_link_server_sender(r->server);
    for (unsigned round = 0; round < ROUNDS; round++) {
        bn_arrival arrival;
        while (bn_link_server_receive(r->server, &arrival, NULL) == BN_OK) {
            fail_msg("nobody has sent in round %u", round);
        }
        branch_send(link, BN_SLICE("up"));
        for (unsigned burst = 0; burst < round % 4; burst++) {
            assert_int_equal(sender.send(sender.context, &route, BN_SLICE("down")), BN_OK);
        }
        struct pollfd item = {.fd = bn_link_server_fd(r->server), .events = POLLIN};
        bn_rc rc = BN_E_AGAIN;
        while (rc == BN_E_AGAIN) {
            assert_int_equal(poll(&item, 1, RIG_MS_MAX), 1);
            rc = bn_link_server_receive(r->server, &arrival, NULL);
        }
        assert_int_equal(rc, BN_OK);
        for (unsigned burst = 0; burst < round % 4; burst++) {
            assert_frame(branch_receive(link), "down");
        }
    }
    bn_link_client_close(&link);
}

static void link__asks_again_for_every_new_connection(void **state)
{
    rig *r = *state;
    identity who = rig_enrol(r);
    for (size_t i = 1; i <= 3; i++) {
        bn_link_client *link = branch_open(r, &who, BN_DOOR_SYNC);
        branch_send(link, BN_SLICE("hello"));
        bn_arrival arrival = rig_arrival(r);
        assert_key(&arrival, &who);
        assert_int_equal(rig_admits(r), i);
        bn_link_client_close(&link);
    }
    pthread_mutex_lock(&r->lock);
    r->known_count = 0;
    pthread_mutex_unlock(&r->lock);
    bn_link_client *link = branch_open(r, &who, BN_DOOR_SYNC);
    int64_t deadline_ms = rig_now_ms() + RIG_MS_MAX;
    while (rig_refusals(r) == 0) {
        bn_slice frame;
        assert_int_equal(bn_link_client_send(link, BN_SLICE("hello")), BN_E_AGAIN);
        assert_int_equal(bn_link_client_receive(link, &frame, NULL), BN_E_AGAIN);
        struct pollfd item = {.fd = bn_link_client_fd(link), .events = POLLIN};
        poll(&item, 1, 10);
        assert_true(rig_now_ms() < deadline_ms);
    }
    assert_still_serves(r);
    assert_int_equal(bn_link_client_send(link, BN_SLICE("hello")), BN_E_AGAIN);
    bn_link_client_close(&link);
}

static void link__says_unreachable_after_a_peer_has_gone(void **state)
{
    rig *r = *state;
    identity who = rig_enrol(r);
    bn_sender sender = bn_link_server_sender(r->server);
    bn_link_client *link = branch_open(r, &who, BN_DOOR_SYNC);
    branch_send(link, BN_SLICE("hello"));
    bn_route route = rig_arrival(r).route;
    bn_link_client_close(&link);
    int64_t deadline_ms = rig_now_ms() + RIG_MS_MAX;
    bn_rc rc = BN_OK;
    while (rc != BN_E_UNREACHABLE) {
        bn_arrival arrival;
        rc = sender.send(sender.context, &route, BN_SLICE("anyone?"));
        assert_true(rc == BN_OK || rc == BN_E_AGAIN || rc == BN_E_UNREACHABLE);
        assert_int_equal(bn_link_server_receive(r->server, &arrival, NULL), BN_E_AGAIN);
        assert_true(rig_now_ms() < deadline_ms);
    }
}

/* Sends until the peer is full and the descriptor is quiet about it; counts what was taken. */
static unsigned fill_up(rig *r, const bn_route *route, bn_slice frame)
{
    bn_sender sender = bn_link_server_sender(r->server);
    struct pollfd item = {.fd = bn_link_server_fd(r->server), .events = POLLIN};
    unsigned sent = 0;
    do {
        bn_rc rc = sender.send(sender.context, route, frame);
        while (rc == BN_OK) {
            sent++;
            assert_true(sent < 1000);
            rc = sender.send(sender.context, route, frame);
        }
        assert_int_equal(rc, BN_E_AGAIN);
        assert_nothing_waits(r);
    } while (poll(&item, 1, 20) == 1);
    return sent;
}

/* A receive swallows libzmq's news that the queue has room; the descriptor must repeat it. */
static void link__says_again_while_a_peer_does_not_read_and_wakes_when_it_does(void **state)
{
    static uint8_t bytes[BN_FRAME_BYTES_MAX];
    rig *r = *state;
    bn_slice frame = bn_slice_make(bytes, sizeof bytes);
    identity who = rig_enrol(r);
    bn_sender sender = bn_link_server_sender(r->server);
    bn_link_client *link = branch_open(r, &who, BN_DOOR_SYNC);
    branch_send(link, BN_SLICE("hello"));
    bn_route route = rig_arrival(r).route;
    unsigned sent = fill_up(r, &route, frame);
    assert_still_serves(r);
    sent += fill_up(r, &route, frame);
    for (unsigned i = 0; i < sent; i++) {
        assert_int_equal(branch_receive(link).len, sizeof bytes);
    }
    struct pollfd item = {.fd = bn_link_server_fd(r->server), .events = POLLIN};
    bn_rc rc = BN_E_AGAIN;
    while (rc == BN_E_AGAIN) {
        assert_int_equal(poll(&item, 1, RIG_MS_MAX), 1);
        assert_nothing_waits(r);
        assert_int_equal(poll(&item, 1, 0), 1);
        rc = sender.send(sender.context, &route, BN_SLICE("room again"));
    }
    assert_int_equal(rc, BN_OK);
    assert_frame(branch_receive(link), "room again");
    bn_link_client_close(&link);
}

static void link__says_unreachable_for_a_closed_door(void **state)
{
    bn_err err = {0};
    rig *r = *state;
    bn_link_server *server = NULL;
    bn_link_server_options options = rig_options(r);
    options.enrol_endpoint = NULL;
    assert_ok(bn_link_server_open(&options, &server, &err), err);
    assert_string_equal(bn_link_server_enrol_endpoint(server), "");
    bn_sender sender = bn_link_server_sender(server);
    bn_route route = {.len = 5, .door = BN_DOOR_ENROL};
    assert_int_equal(sender.send(sender.context, &route, BN_SLICE("x")), BN_E_UNREACHABLE);
    bn_link_server_close(&server);
}

static void link__refuses_an_endpoint_in_use_or_without_sense(void **state)
{
    bn_err err = {0};
    rig *r = *state;
    bn_link_server *server = NULL;
    bn_link_client *client = NULL;
    bn_link_server_options options = rig_options(r);
    options.sync_endpoint = bn_link_server_sync_endpoint(r->server);
    assert_int_equal(bn_link_server_open(&options, &server, &err), BN_E_BUSY);
    options.sync_endpoint = "carrier-pigeon://roof";
    assert_int_equal(bn_link_server_open(&options, &server, &err), BN_E_INVALID);
    assert_null(server);
    bn_link_client_options at_branch = {.endpoint = "nowhere"};
    memcpy(at_branch.server_key, r->server_identity.public_key, BN_KEY_BYTES);
    memcpy(at_branch.public_key, r->server_identity.public_key, BN_KEY_BYTES);
    memcpy(at_branch.secret_key, r->server_identity.secret_key, BN_KEY_BYTES);
    assert_int_equal(bn_link_client_open(&at_branch, &client, &err), BN_E_INVALID);
    assert_null(client);
}

static void link__survives_a_refused_allocation(void **state)
{
    rig *r = *state;
    bn_link_server *server = NULL;
    bn_link_client *client = NULL;
    bn_link_server_options options = rig_options(r);
    for (size_t n = 1; n <= 2; n++) {
        bn_alloc_fail_at(n);
        bn_rc rc = bn_link_server_open(&options, &server, NULL);
        bn_alloc_fail_at(0);
        assert_int_equal(rc, BN_E_NO_MEMORY);
        assert_null(server);
    }
    bn_link_client_options at_branch = {.endpoint = rig_endpoint(r, BN_DOOR_SYNC)};
    memcpy(at_branch.server_key, r->server_identity.public_key, BN_KEY_BYTES);
    memcpy(at_branch.public_key, r->server_identity.public_key, BN_KEY_BYTES);
    memcpy(at_branch.secret_key, r->server_identity.secret_key, BN_KEY_BYTES);
    bn_alloc_fail_at(1);
    bn_rc rc = bn_link_client_open(&at_branch, &client, NULL);
    bn_alloc_fail_at(0);
    assert_int_equal(rc, BN_E_NO_MEMORY);
    assert_null(client);
}

static void link__fails_closed_when_the_authentication_thread_ends(void **state)
{
    rig *r = *state;
    bn_err err = {0};
    bn_arrival arrival;
    identity who = rig_enrol(r);
    assert_int_equal(bn_link_server_receive(r->server, &arrival, &err), BN_E_AGAIN);
    bn_zap_stop(r->server->zap);
    struct pollfd item = {.fd = bn_link_server_fd(r->server), .events = POLLIN};
    assert_int_equal(poll(&item, 1, RIG_MS_MAX), 1);
    assert_int_equal(bn_link_server_receive(r->server, &arrival, &err), BN_E_FAILED);
    raw peer = raw_make();
    raw_curve(&peer, &who, r->server_identity.public_key);
    raw_connect(&peer, rig_endpoint(r, BN_DOOR_SYNC));
    int event = raw_wait(&peer, RAW_REFUSED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    assert_int_equal(event & ZMQ_EVENT_HANDSHAKE_SUCCEEDED, 0);
    raw_close(&peer);
    assert_int_equal(bn_link_server_receive(r->server, &arrival, &err), BN_E_FAILED);
}

int main(void)
{
#define LINK_TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)
    const struct CMUnitTest tests[] = {
        LINK_TEST(link__carries_frames_of_every_size_both_ways),
        LINK_TEST(link__refuses_to_send_a_frame_over_the_limit),
        LINK_TEST(link__keeps_the_order_of_a_burst),
        LINK_TEST(link__wakes_for_frames_that_arrive_while_sending),
        LINK_TEST(link__asks_again_for_every_new_connection),
        LINK_TEST(link__says_unreachable_after_a_peer_has_gone),
        LINK_TEST(link__says_again_while_a_peer_does_not_read_and_wakes_when_it_does),
        LINK_TEST(link__says_unreachable_for_a_closed_door),
        LINK_TEST(link__refuses_an_endpoint_in_use_or_without_sense),
        LINK_TEST(link__survives_a_refused_allocation),
        LINK_TEST(link__fails_closed_when_the_authentication_thread_ends),
    };
    bn_link_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
