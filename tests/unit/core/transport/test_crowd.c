/* test_crowd.c - many branches at once, and how fast one branch is (printed, not judged).
 * SPDX-License-Identifier: Apache-2.0
 */
#include "rig.h"

#define CROWD_COUNT 200

static void crowd__two_hundred_branches_are_served_at_once(void **state)
{
    static bn_link_client *links[CROWD_COUNT];
    static identity who[CROWD_COUNT];
    static bool served[CROWD_COUNT];
    rig *r = *state;
    int64_t before_ms = rig_now_ms();
    for (size_t i = 0; i < CROWD_COUNT; i++) {
        who[i] = rig_enrol(r);
        links[i] = branch_open(r, &who[i], BN_DOOR_SYNC);
    }
    for (uint32_t i = 0; i < CROWD_COUNT; i++) {
        branch_send(links[i], bn_slice_make(&i, sizeof i));
    }
    for (size_t count = 0; count < CROWD_COUNT; count++) {
        bn_arrival arrival = rig_arrival(r);
        uint32_t number = CROWD_COUNT;
        assert_int_equal(arrival.frame.len, sizeof number);
        memcpy(&number, arrival.frame.data, sizeof number);
        assert_true(number < CROWD_COUNT && !served[number]);
        assert_key(&arrival, &who[number]);
        served[number] = true;
        rig_answer(r, &arrival.route, arrival.frame);
    }
    for (uint32_t i = 0; i < CROWD_COUNT; i++) {
        bn_slice answer = branch_receive(links[i]);
        assert_int_equal(answer.len, sizeof i);
        assert_memory_equal(answer.data, &i, sizeof i);
        bn_link_client_close(&links[i]);
    }
    assert_int_equal(rig_admits(r), CROWD_COUNT);
    printf("# %d branches connected and served in %lld ms\n", CROWD_COUNT,
           (long long)(rig_now_ms() - before_ms));
}

static void measure(rig *r, bn_link_client *link, size_t frame_bytes, unsigned frames_count)
{
    static uint8_t bytes[65536];
    bn_slice frame = bn_slice_make(bytes, frame_bytes);
    unsigned sent = 0;
    unsigned got = 0;
    int64_t before_ms = rig_now_ms();
    while (got < frames_count) {
        bn_arrival arrival;
        bn_slice unexpected;
        while (sent < frames_count && bn_link_client_send(link, frame) == BN_OK) {
            sent++;
        }
        assert_int_equal(bn_link_client_receive(link, &unexpected, NULL), BN_E_AGAIN);
        while (bn_link_server_receive(r->server, &arrival, NULL) == BN_OK) {
            assert_int_equal(arrival.frame.len, frame_bytes);
            got++;
        }
        struct pollfd both[] = {{.fd = bn_link_server_fd(r->server), .events = POLLIN},
                                {.fd = bn_link_client_fd(link), .events = POLLIN}};
        assert_true(got == frames_count || poll(both, 2, RIG_MS_MAX) > 0);
    }
    double seconds = (double)(rig_now_ms() - before_ms + 1) / 1000.0;
    printf("# frames of %zu bytes: %.0f/s, %.1f MB/s\n", frame_bytes, frames_count / seconds,
           (double)frame_bytes * frames_count / seconds / 1e6);
}

static void crowd__one_branch_moves_frames(void **state)
{
    rig *r = *state;
    identity who = rig_enrol(r);
    bn_link_client *link = branch_open(r, &who, BN_DOOR_SYNC);
    branch_send(link, BN_SLICE("hello"));
    assert_frame(rig_arrival(r).frame, "hello");
    measure(r, link, 65536, 1000);
    measure(r, link, 100, 10000);
    bn_link_client_close(&link);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(crowd__two_hundred_branches_are_served_at_once, rig_setup,
                                        rig_teardown),
        cmocka_unit_test_setup_teardown(crowd__one_branch_moves_frames, rig_setup, rig_teardown),
    };
    bn_link_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
