/* test_hostile.c - strangers and rude peers get nothing, and nobody else notices them.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "rig.h"

#include "core/transport/door.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

static void wait_refusals(rig *r, size_t count)
{
    int64_t deadline_ms = rig_now_ms() + RIG_MS_MAX;
    while (rig_refusals(r) < count) {
        struct pollfd nothing = {.fd = -1};
        poll(&nothing, 1, 1);
        assert_true(rig_now_ms() < deadline_ms);
    }
}

static void hostile__unknown_key_gets_nothing_and_is_reported(void **state)
{
    rig *r = *state;
    identity stranger = identity_make();
    raw peer = raw_make();
    raw_curve(&peer, &stranger, r->server_identity.public_key);
    raw_connect(&peer, rig_endpoint(r, BN_DOOR_SYNC));
    raw_send(&peer, BN_SLICE("let me in"), 0);
    wait_refusals(r, 1);
    int event = raw_wait(&peer, RAW_REFUSED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    assert_int_equal(event & ZMQ_EVENT_HANDSHAKE_SUCCEEDED, 0);
    assert_memory_equal(r->refused_key, stranger.public_key, BN_KEY_BYTES);
    assert_int_equal(r->refused_door, BN_DOOR_SYNC);
    assert_non_null(strstr(r->refused_address, "127.0.0.1"));
    assert_still_serves(r);
    assert_nothing_waits(r);
    raw_close(&peer);
}

static void hostile__wrong_server_key_gets_nothing(void **state)
{
    rig *r = *state;
    identity who = rig_enrol(r);
    identity impostor = identity_make();
    raw peer = raw_make();
    raw_curve(&peer, &who, impostor.public_key);
    raw_connect(&peer, rig_endpoint(r, BN_DOOR_SYNC));
    raw_send(&peer, BN_SLICE("hello"), 0);
    int event = raw_wait(&peer, RAW_REFUSED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    assert_int_equal(event & ZMQ_EVENT_HANDSHAKE_SUCCEEDED, 0);
    assert_still_serves(r);
    assert_nothing_waits(r);
    raw_close(&peer);
}

static void hostile__peer_without_encryption_gets_nothing(void **state)
{
    rig *r = *state;
    for (bn_door door = BN_DOOR_SYNC; door <= BN_DOOR_ENROL; door++) {
        raw peer = raw_make();
        raw_connect(&peer, rig_endpoint(r, door));
        raw_send(&peer, BN_SLICE("hello"), 0);
        int event = raw_wait(&peer, RAW_REFUSED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
        assert_int_equal(event & ZMQ_EVENT_HANDSHAKE_SUCCEEDED, 0);
        raw_close(&peer);
    }
    assert_still_serves(r);
    assert_nothing_waits(r);
}

static int dial(rig *r, bn_door door)
{
    const char *colon = strrchr(rig_endpoint(r, door), ':');
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10)),
                                  .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

/* The server must hang up; what it says before (a greeting) is of no interest. */
static void assert_hung_up(int fd)
{
    char ignored[512];
    ssize_t got = 1;
    int64_t deadline_ms = rig_now_ms() + RIG_MS_MAX;
    while (got > 0) {
        assert_true(rig_wait(fd, deadline_ms));
        got = recv(fd, ignored, sizeof ignored, 0);
    }
}

static void hostile__bytes_that_are_not_zmtp_are_hung_up_on(void **state)
{
    static const bn_slice cases[] = {
#define S(text) {(const uint8_t *)("" text), sizeof(text) - 1}
        S("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
        S("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
        S("\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
        S("\x01\x00"),
        S("\xff\x00\x00\x00\x00\x00\x00\x00\x00\x7f\x01\x05"),
        S("\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f\x03\x00NULL\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
          "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
        /* CURVE at last, then a command that claims 2^63 - 1 bytes. */
        S("\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f\x03\x00" "CURVE\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
          "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
          "\x06\x7f\xff\xff\xff\xff\xff\xff\xff"),
#undef S
    };
    rig *r = *state;
    for (bn_door door = BN_DOOR_SYNC; door <= BN_DOOR_ENROL; door++) {
        for (size_t i = 0; i < BN_COUNT(cases); i++) {
            int fd = dial(r, door);
            assert_int_equal(send(fd, cases[i].data, cases[i].len, MSG_NOSIGNAL), cases[i].len);
            assert_hung_up(fd);
            close(fd);
        }
    }
    assert_int_equal(rig_refusals(r), 0);
    assert_still_serves(r);
    assert_nothing_waits(r);
}

static void hostile__silent_connections_are_cut_after_the_handshake_time(void **state)
{
    rig *r = *state;
    int64_t before_ms = rig_now_ms();
    int fds[20];
    for (size_t i = 0; i < BN_COUNT(fds); i++) {
        fds[i] = dial(r, i % 2 == 0 ? BN_DOOR_SYNC : BN_DOOR_ENROL);
    }
    assert_still_serves(r);
    for (size_t i = 0; i < BN_COUNT(fds); i++) {
        assert_hung_up(fds[i]);
        close(fds[i]);
    }
    assert_in_range(rig_now_ms() - before_ms, 4000, 15000);
}

/* At the enrolment door strangers are served, one small frame at a time. */
static void hostile__enrolment_door_takes_small_frames_of_strangers_only(void **state)
{
    static uint8_t bytes[BN_ENROL_FRAME_BYTES_MAX + 1];
    rig *r = *state;
    identity stranger = identity_make();
    bn_link_client *link = branch_open(r, &stranger, BN_DOOR_ENROL);
    branch_send(link, bn_slice_make(bytes, BN_ENROL_FRAME_BYTES_MAX));
    bn_arrival arrival = rig_arrival(r);
    assert_key(&arrival, &stranger);
    assert_int_equal(arrival.route.door, BN_DOOR_ENROL);
    assert_int_equal(arrival.frame.len, BN_ENROL_FRAME_BYTES_MAX);
    rig_answer(r, &arrival.route, BN_SLICE("welcome"));
    assert_frame(branch_receive(link), "welcome");
    bn_link_client_close(&link);

    raw peer = raw_make();
    raw_curve(&peer, &stranger, r->server_identity.public_key);
    raw_connect(&peer, rig_endpoint(r, BN_DOOR_ENROL));
    raw_send(&peer, bn_slice_make(bytes, sizeof bytes), 0);
    raw_wait(&peer, ZMQ_EVENT_DISCONNECTED);
    assert_still_serves(r);
    assert_nothing_waits(r);
    assert_int_equal(rig_refusals(r), 0);
    raw_close(&peer);
}

static void hostile__oversize_frame_cuts_only_its_sender(void **state)
{
    static uint8_t bytes[BN_FRAME_BYTES_MAX + 1];
    rig *r = *state;
    identity rude = rig_enrol(r);
    identity other = rig_enrol(r);
    bn_link_client *bystander = branch_open(r, &other, BN_DOOR_SYNC);
    branch_send(bystander, BN_SLICE("before"));
    assert_frame(rig_arrival(r).frame, "before");

    raw peer = raw_make();
    raw_curve(&peer, &rude, r->server_identity.public_key);
    raw_connect(&peer, rig_endpoint(r, BN_DOOR_SYNC));
    raw_send(&peer, bn_slice_make(bytes, BN_FRAME_BYTES_MAX), 0);
    bn_arrival arrival = rig_arrival(r);
    assert_key(&arrival, &rude);
    assert_int_equal(arrival.frame.len, BN_FRAME_BYTES_MAX);
    raw_send(&peer, bn_slice_make(bytes, sizeof bytes), 0);
    raw_wait(&peer, ZMQ_EVENT_DISCONNECTED);

    branch_send(bystander, BN_SLICE("after"));
    arrival = rig_arrival(r);
    assert_key(&arrival, &other);
    assert_frame(arrival.frame, "after");
    assert_nothing_waits(r);
    raw_close(&peer);
    bn_link_client_close(&bystander);
}

static void hostile__messages_of_several_parts_are_dropped_and_counted(void **state)
{
    rig *r = *state;
    identity rude = rig_enrol(r);
    raw peer = raw_make();
    raw_curve(&peer, &rude, r->server_identity.public_key);
    raw_connect(&peer, rig_endpoint(r, BN_DOOR_SYNC));
    for (unsigned i = 0; i < 200; i++) {
        raw_send(&peer, BN_SLICE(""), ZMQ_SNDMORE);
        raw_send(&peer, BN_SLICE("body"), i % 2 == 0 ? 0 : ZMQ_SNDMORE);
        if (i % 2 == 1) {
            raw_send(&peer, BN_SLICE("tail"), 0);
        }
    }
    raw_send(&peer, BN_SLICE("whole"), 0);
    bn_arrival arrival = rig_arrival(r);
    assert_key(&arrival, &rude);
    assert_frame(arrival.frame, "whole");
    assert_int_equal(bn_link_server_dropped(r->server), 200);
    assert_still_serves(r);
    raw_close(&peer);
}

static raw squatter(rig *r, const identity *who, const void *id, size_t id_len)
{
    raw peer = raw_make();
    raw_curve(&peer, who, r->server_identity.public_key);
    assert_int_equal(zmq_setsockopt(peer.socket, ZMQ_ROUTING_ID, id, id_len), 0);
    raw_connect(&peer, rig_endpoint(r, BN_DOOR_SYNC));
    raw_send(&peer, BN_SLICE("i am somebody else"), 0);
    raw_wait(&peer, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    return peer;
}

static void hostile__taken_routing_id_gives_neither_name_nor_mail(void **state)
{
    rig *r = *state;
    identity honest = rig_enrol(r);
    identity rude = rig_enrol(r);
    bn_link_client *link = branch_open(r, &honest, BN_DOOR_SYNC);
    branch_send(link, BN_SLICE("hello"));
    bn_route route = rig_arrival(r).route;

    raw peer = squatter(r, &rude, route.bytes, route.len);
    assert_still_serves(r);
    branch_send(link, BN_SLICE("still me"));
    bn_arrival arrival = rig_arrival(r);
    assert_key(&arrival, &honest);
    assert_frame(arrival.frame, "still me");
    rig_answer(r, &arrival.route, BN_SLICE("for the honest one"));
    assert_frame(branch_receive(link), "for the honest one");
    char stolen[64];
    assert_int_equal(zmq_recv(peer.socket, stolen, sizeof stolen, ZMQ_DONTWAIT), -1);
    raw_close(&peer);
    bn_link_client_close(&link);
}

static void hostile__chosen_routing_id_never_changes_the_key(void **state)
{
    rig *r = *state;
    identity rude = rig_enrol(r);
    raw plausible = squatter(r, &rude, "\0\1\2\3\4", 5);
    bn_arrival arrival = rig_arrival(r);
    assert_key(&arrival, &rude);
    raw_close(&plausible);

    char longest[255];
    memset(longest, 'x', sizeof longest);
    raw named = squatter(r, &rude, "admin", 5);
    raw long_named = squatter(r, &rude, longest, sizeof longest);
    int64_t deadline_ms = rig_now_ms() + RIG_MS_MAX;
    assert_nothing_waits(r);
    while (bn_link_server_dropped(r->server) < 2) {
        assert_true(rig_wait(bn_link_server_fd(r->server), deadline_ms));
        assert_nothing_waits(r);
    }
    assert_still_serves(r);
    raw_close(&named);
    raw_close(&long_named);
}

/* No authentication at all stands behind this socket. */
static void hostile__frame_without_a_proven_key_is_thrown_away(void **state)
{
    bn_arrival arrival;
    char endpoint[BN_ENDPOINT_TEXT_BYTES];
    size_t endpoint_bytes = sizeof endpoint;
    void *zmq = bn_zmq_create(1);
    void *router = zmq_socket(zmq, ZMQ_ROUTER);
    void *dealer = zmq_socket(zmq, ZMQ_DEALER);
    zmq_msg_t frame;
    (void)state;
    zmq_msg_init(&frame);
    assert_int_equal(zmq_bind(router, "tcp://127.0.0.1:*"), 0);
    assert_int_equal(zmq_getsockopt(router, ZMQ_LAST_ENDPOINT, endpoint, &endpoint_bytes), 0);
    assert_int_equal(zmq_connect(dealer, endpoint), 0);
    assert_int_equal(zmq_send(dealer, "hello", 5, 0), 5);
    zmq_pollitem_t item = {.socket = router, .events = ZMQ_POLLIN};
    assert_int_equal(zmq_poll(&item, 1, RIG_MS_MAX), 1);
    assert_int_equal(bn_door_receive(router, BN_DOOR_SYNC, &frame, &arrival, NULL), BN_E_DENIED);
    zmq_msg_close(&frame);
    zmq_close(dealer);
    zmq_close(router);
    bn_zmq_destroy(&zmq);
}

int main(void)
{
#define HOSTILE_TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)
    const struct CMUnitTest tests[] = {
        HOSTILE_TEST(hostile__unknown_key_gets_nothing_and_is_reported),
        HOSTILE_TEST(hostile__wrong_server_key_gets_nothing),
        HOSTILE_TEST(hostile__peer_without_encryption_gets_nothing),
        HOSTILE_TEST(hostile__bytes_that_are_not_zmtp_are_hung_up_on),
        HOSTILE_TEST(hostile__silent_connections_are_cut_after_the_handshake_time),
        HOSTILE_TEST(hostile__enrolment_door_takes_small_frames_of_strangers_only),
        HOSTILE_TEST(hostile__oversize_frame_cuts_only_its_sender),
        HOSTILE_TEST(hostile__messages_of_several_parts_are_dropped_and_counted),
        HOSTILE_TEST(hostile__taken_routing_id_gives_neither_name_nor_mail),
        HOSTILE_TEST(hostile__chosen_routing_id_never_changes_the_key),
        HOSTILE_TEST(hostile__frame_without_a_proven_key_is_thrown_away),
    };
    bn_link_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
