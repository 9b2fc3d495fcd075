/* test_zap.c - the authentication thread, asked directly and by libzmq.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "rig.h"

#include "core/transport/zap.h"

#include <banyan/base/text.h>

#define KEY "0123456789abcdef0123456789abcdef"
#define KEY_HEX "3031323334353637383961626364656630313233343536373839616263646566"

typedef struct zap_rig {
    void *zmq;
    bn_zap *zap;
    void *asker;
    bool admits;
    size_t refusals_count;
    bool refused_with_key;
    bn_door refused_door;
    char refused_address[64];
} zap_rig;

static bool admit(void *context, const uint8_t key[BN_KEY_BYTES])
{
    const zap_rig *r = context;
    return r->admits && memcmp(key, KEY, BN_KEY_BYTES) == 0;
}

static void refused(void *context, bn_door door, const uint8_t *key_or_null, const char *address,
                    const char *reason)
{
    zap_rig *r = context;
    assert_non_null(reason);
    r->refusals_count++;
    r->refused_door = door;
    r->refused_with_key = key_or_null != NULL;
    snprintf(r->refused_address, sizeof r->refused_address, "%s", address);
}

static int setup(void **state)
{
    bn_err err = {0};
    zap_rig *r = calloc(1, sizeof *r);
    assert_non_null(r);
    r->zmq = zmq_ctx_new();
    r->admits = true;
    assert_ok(bn_zap_open(r->zmq, &r->zap, &err), err);
    bn_zap_use(r->zap, &(bn_zap_policy){.admit = admit, .refused = refused, .context = r});
    int deadline_ms = RIG_MS_MAX;
    r->asker = zmq_socket(r->zmq, ZMQ_REQ);
    zmq_setsockopt(r->asker, ZMQ_RCVTIMEO, &deadline_ms, sizeof deadline_ms);
    assert_int_equal(zmq_connect(r->asker, BN_ZAP_ENDPOINT), 0);
    *state = r;
    return 0;
}

static int teardown(void **state)
{
    zap_rig *r = *state;
    zmq_close(r->asker);
    bn_zap_close(&r->zap);
    zmq_ctx_term(r->zmq);
    free(r);
    return 0;
}

typedef struct reply {
    char version[8];
    char request_id[32];
    char status[8];
    char text[64];
    char user_id[80];
    char metadata[8];
} reply;

static void take(void *asker, char *text, size_t text_bytes, bool more_wanted)
{
    int more = 0;
    size_t more_bytes = sizeof more;
    int got = zmq_recv(asker, text, text_bytes - 1, 0);
    assert_in_range(got, 0, text_bytes - 1);
    text[got] = '\0';
    zmq_getsockopt(asker, ZMQ_RCVMORE, &more, &more_bytes);
    assert_int_equal(more, more_wanted);
}

static reply ask(zap_rig *r, const bn_slice *frames, size_t frames_count)
{
    reply out = {0};
    for (size_t i = 0; i < frames_count; i++) {
        int flags = i + 1 < frames_count ? ZMQ_SNDMORE : 0;
        assert_true(zmq_send(r->asker, frames[i].data, frames[i].len, flags) >= 0);
    }
    take(r->asker, out.version, sizeof out.version, true);
    take(r->asker, out.request_id, sizeof out.request_id, true);
    take(r->asker, out.status, sizeof out.status, true);
    take(r->asker, out.text, sizeof out.text, true);
    take(r->asker, out.user_id, sizeof out.user_id, true);
    take(r->asker, out.metadata, sizeof out.metadata, false);
    assert_string_equal(out.version, "1.0");
    assert_string_equal(out.metadata, "");
    return out;
}

static void zap__admits_a_known_key_and_names_it_in_hex(void **state)
{
    zap_rig *r = *state;
    bn_slice frames[] = {BN_SLICE("1.0"),       BN_SLICE("7"),  BN_SLICE("banyan-sync"),
                         BN_SLICE("127.0.0.1"), BN_SLICE(""),   BN_SLICE("CURVE"),
                         BN_SLICE(KEY)};
    reply out = ask(r, frames, BN_COUNT(frames));
    assert_string_equal(out.request_id, "7");
    assert_string_equal(out.status, "200");
    assert_string_equal(out.user_id, KEY_HEX);
    assert_int_equal(r->refusals_count, 0);
}

static void zap__refuses_every_request_that_is_not_exactly_ours(void **state)
{
    static const struct {
        const char *what;
        bn_slice frames[9];
        size_t frames_count;
        bool key_told;
    } cases[] = {
#define CASE(what, count, told, ...) {what, {__VA_ARGS__}, count, told}
#define S(text) {(const uint8_t *)("" text), sizeof(text) - 1}
        CASE("unknown key", 7, true, S("1.0"), S("1"), S("banyan-sync"), S("a"), S(""), S("CURVE"),
             S("x123456789abcdef0123456789abcdef")),
        CASE("old version", 7, true, S("0.1"), S("1"), S("banyan-sync"), S("a"), S(""), S("CURVE"),
             S(KEY)),
        CASE("empty version", 7, true, S(""), S("1"), S("banyan-sync"), S("a"), S(""), S("CURVE"),
             S(KEY)),
        CASE("version with a tail", 7, true, S("1.0\0"), S("1"), S("banyan-sync"), S("a"), S(""),
             S("CURVE"), S(KEY)),
        CASE("no domain", 7, true, S("1.0"), S("1"), S(""), S("a"), S(""), S("CURVE"), S(KEY)),
        CASE("foreign domain", 7, true, S("1.0"), S("1"), S("global"), S("a"), S(""), S("CURVE"),
             S(KEY)),
        CASE("domain with a tail", 7, true, S("1.0"), S("1"), S("banyan-sync2"), S("a"), S(""),
             S("CURVE"), S(KEY)),
        CASE("null mechanism", 6, false, S("1.0"), S("1"), S("banyan-sync"), S("a"), S(""),
             S("NULL")),
        CASE("null with a key", 7, true, S("1.0"), S("1"), S("banyan-enrol"), S("a"), S(""),
             S("NULL"), S(KEY)),
        CASE("plain", 8, false, S("1.0"), S("1"), S("banyan-enrol"), S("a"), S(""), S("PLAIN"),
             S("admin"), S("secret")),
        CASE("short key", 7, false, S("1.0"), S("1"), S("banyan-enrol"), S("a"), S(""), S("CURVE"),
             S("0123456789abcdef0123456789abcde")),
        CASE("long key", 7, false, S("1.0"), S("1"), S("banyan-enrol"), S("a"), S(""), S("CURVE"),
             S(KEY "0")),
        CASE("no key", 6, false, S("1.0"), S("1"), S("banyan-sync"), S("a"), S(""), S("CURVE")),
        CASE("two keys", 8, true, S("1.0"), S("1"), S("banyan-sync"), S("a"), S(""), S("CURVE"),
             S(KEY), S(KEY)),
        CASE("nine frames", 9, true, S("1.0"), S("1"), S("banyan-sync"), S("a"), S(""),
             S("CURVE"), S(KEY), S(""), S("")),
        CASE("one frame", 1, false, S("1.0")),
        CASE("one empty frame", 1, false, S("")),
#undef S
#undef CASE
    };
    zap_rig *r = *state;
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        reply out = ask(r, cases[i].frames, cases[i].frames_count);
        if (strcmp(out.status, "400") != 0 || out.user_id[0] != '\0') {
            fail_msg("%s: status %s, user id '%s'", cases[i].what, out.status, out.user_id);
        }
        assert_int_equal(r->refusals_count, i + 1);
        if (r->refused_with_key != cases[i].key_told) {
            fail_msg("%s: key told: %d", cases[i].what, r->refused_with_key);
        }
    }
}

static void zap__lets_everyone_knock_at_the_enrolment_door(void **state)
{
    zap_rig *r = *state;
    bn_slice frames[] = {BN_SLICE("1.0"), BN_SLICE("1"), BN_SLICE("banyan-enrol"), BN_SLICE("a"),
                         BN_SLICE(""),    BN_SLICE("CURVE"), BN_SLICE(KEY)};
    r->admits = false;
    assert_string_equal(ask(r, frames, BN_COUNT(frames)).status, "200");
    frames[2] = BN_SLICE("banyan-sync");
    assert_string_equal(ask(r, frames, BN_COUNT(frames)).status, "400");
    assert_int_equal(r->refused_door, BN_DOOR_SYNC);
}

static void zap__tells_a_printable_bounded_address(void **state)
{
    zap_rig *r = *state;
    char address[300];
    memset(address, 'a', sizeof address);
    address[0] = '\n';
    address[1] = '\x1b';
    bn_slice frames[] = {BN_SLICE("1.0"), BN_SLICE("1"), BN_SLICE("banyan-sync"),
                         bn_slice_make(address, sizeof address), BN_SLICE(""), BN_SLICE("CURVE"),
                         BN_SLICE(KEY)};
    r->admits = false;
    assert_string_equal(ask(r, frames, BN_COUNT(frames)).status, "400");
    assert_int_equal(strlen(r->refused_address), 63);
    assert_memory_equal(r->refused_address, "??aaa", 5);
}

static void zap__answers_500_without_a_policy(void **state)
{
    zap_rig *r = *state;
    bn_slice frames[] = {BN_SLICE("1.0"), BN_SLICE("1"), BN_SLICE("banyan-enrol"), BN_SLICE("a"),
                         BN_SLICE(""),    BN_SLICE("CURVE"), BN_SLICE(KEY)};
    bn_zap_use(r->zap, NULL);
    reply out = ask(r, frames, BN_COUNT(frames));
    assert_string_equal(out.status, "500");
    assert_string_equal(out.user_id, "");
}

static void zap__tells_when_its_thread_has_ended(void **state)
{
    zap_rig *r = *state;
    struct pollfd ended = {.fd = bn_zap_ended_fd(r->zap), .events = POLLIN};
    assert_true(bn_zap_running(r->zap));
    assert_int_equal(poll(&ended, 1, 0), 0);
    bn_zap_stop(r->zap);
    assert_false(bn_zap_running(r->zap));
    assert_int_equal(poll(&ended, 1, 0), 1);
}

static void zap__refuses_a_second_handler_in_one_context(void **state)
{
    zap_rig *r = *state;
    bn_err err = {0};
    bn_zap *second = NULL;
    assert_int_equal(bn_zap_open(r->zmq, &second, &err), BN_E_FAILED);
    assert_null(second);
    assert_non_null(strstr(err.text, "cannot bind"));
}

int main(void)
{
#define ZAP_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        ZAP_TEST(zap__admits_a_known_key_and_names_it_in_hex),
        ZAP_TEST(zap__refuses_every_request_that_is_not_exactly_ours),
        ZAP_TEST(zap__lets_everyone_knock_at_the_enrolment_door),
        ZAP_TEST(zap__tells_a_printable_bounded_address),
        ZAP_TEST(zap__answers_500_without_a_policy),
        ZAP_TEST(zap__tells_when_its_thread_has_ended),
        ZAP_TEST(zap__refuses_a_second_handler_in_one_context),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
