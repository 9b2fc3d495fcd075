/* test_options.c - the rows of options.def are really on the sockets; bad keys stay outside.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "rig.h"

typedef struct expected {
    int option;
    int64_t value;
    size_t value_bytes;
} expected;

static void assert_options(int type, bn_socket_end end, const expected *rows, size_t rows_count)
{
    bn_err err = {0};
    void *zmq = bn_zmq_create(1);
    void *socket = zmq_socket(zmq, type);
    assert_ok(bn_options_apply(socket, end, &err), err);
    for (size_t i = 0; i < rows_count; i++) {
        union {
            int narrow;
            int64_t wide;
        } got = {0};
        size_t got_bytes = rows[i].value_bytes;
        assert_int_equal(zmq_getsockopt(socket, rows[i].option, &got, &got_bytes), 0);
        int64_t value = got_bytes == sizeof(int) ? got.narrow : got.wide;
        if (value != rows[i].value) {
            fail_msg("option %d is %lld, not %lld", rows[i].option, (long long)value,
                     (long long)rows[i].value);
        }
    }
    zmq_close(socket);
    bn_zmq_destroy(&zmq);
}

static const int64_t full_frame = BN_FRAME_BYTES_MAX + 33;
static const int64_t enrol_frame = BN_ENROL_FRAME_BYTES_MAX + 33;

static void options__of_the_doors_are_set(void **state)
{
    const expected rows[] = {
        {ZMQ_CURVE_SERVER, 1, 4},        {ZMQ_ZAP_ENFORCE_DOMAIN, 1, 4},
        {ZMQ_HANDSHAKE_IVL, 5000, 4},    {ZMQ_RCVHWM, 2, 4},
        {ZMQ_SNDHWM, 8, 4},              {ZMQ_HEARTBEAT_IVL, 0, 4},
        {ZMQ_TCP_KEEPALIVE, 1, 4},       {ZMQ_TCP_KEEPALIVE_IDLE, 60, 4},
        {ZMQ_TCP_KEEPALIVE_INTVL, 20, 4}, {ZMQ_TCP_KEEPALIVE_CNT, 3, 4},
        {ZMQ_TCP_MAXRT, 60000, 4},       {ZMQ_LINGER, 0, 4},
        {ZMQ_BACKLOG, 4096, 4},          {ZMQ_IPV6, 1, 4},
    };
    const expected sync_only[] = {{ZMQ_MAXMSGSIZE, full_frame, 8}};
    const expected enrol_only[] = {{ZMQ_MAXMSGSIZE, enrol_frame, 8}};
    (void)state;
    assert_options(ZMQ_ROUTER, BN_END_SYNC, rows, BN_COUNT(rows));
    assert_options(ZMQ_ROUTER, BN_END_ENROL, rows, BN_COUNT(rows));
    assert_options(ZMQ_ROUTER, BN_END_SYNC, sync_only, 1);
    assert_options(ZMQ_ROUTER, BN_END_ENROL, enrol_only, 1);
}

static void options__of_the_branch_are_set(void **state)
{
    const expected rows[] = {
        {ZMQ_MAXMSGSIZE, full_frame, 8},   {ZMQ_RCVHWM, 8, 4},
        {ZMQ_SNDHWM, 4, 4},                {ZMQ_HEARTBEAT_IVL, 0, 4},
        {ZMQ_TCP_KEEPALIVE, 1, 4},         {ZMQ_TCP_MAXRT, 60000, 4},
        {ZMQ_CONNECT_TIMEOUT, 10000, 4},   {ZMQ_RECONNECT_IVL, -1, 4},
        {ZMQ_IMMEDIATE, 1, 4},             {ZMQ_LINGER, 0, 4},
        {ZMQ_IPV6, 1, 4},
    };
    (void)state;
    assert_options(ZMQ_DEALER, BN_END_BRANCH, rows, BN_COUNT(rows));
}

static void options__name_the_row_a_socket_refuses(void **state)
{
    bn_err err = {0};
    void *zmq = bn_zmq_create(1);
    void *socket = zmq_socket(zmq, ZMQ_PULL);
    (void)state;
    assert_int_equal(bn_options_apply(socket, BN_END_SYNC, &err), BN_E_UNSUPPORTED);
    assert_non_null(strstr(err.text, "ZMQ_ROUTER_MANDATORY"));
    zmq_close(socket);
    bn_zmq_destroy(&zmq);
}

static void keys__that_are_published_or_zero_are_refused(void **state)
{
    static const char *const published[] = {
        "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7", "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6",
        "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID", "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs"};
    uint8_t key[BN_KEY_BYTES] = {0};
    bn_err err = {0};
    (void)state;
    assert_int_equal(bn_key_usable(key, "the key", &err), BN_E_INVALID);
    for (size_t i = 0; i < BN_COUNT(published); i++) {
        assert_non_null(zmq_z85_decode(key, published[i]));
        assert_int_equal(bn_key_usable(key, "the key", &err), BN_E_INVALID);
        key[31] ^= 1;
        assert_ok(bn_key_usable(key, "the key", &err), err);
    }
}

static void keys__of_the_manual_open_no_link(void **state)
{
    bn_err err = {0};
    bn_link_server *server = NULL;
    bn_link_client *client = NULL;
    bn_link_server_options at_server = {.sync_endpoint = "tcp://127.0.0.1:0", .admit = rig_admit};
    bn_link_client_options at_branch = {.endpoint = "tcp://127.0.0.1:1"};
    identity good = identity_make();
    (void)state;
    zmq_z85_decode(at_server.secret_key, "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6");
    assert_int_equal(bn_link_server_open(&at_server, &server, &err), BN_E_INVALID);
    memcpy(at_branch.server_key, good.public_key, BN_KEY_BYTES);
    memcpy(at_branch.public_key, good.public_key, BN_KEY_BYTES);
    zmq_z85_decode(at_branch.secret_key, "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs");
    assert_int_equal(bn_link_client_open(&at_branch, &client, &err), BN_E_INVALID);
    assert_null(server);
    assert_null(client);
}

static int setup(void **state)
{
    bn_err err = {0};
    (void)state;
    assert_ok(bn_crypto_start(&err), err);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options__of_the_doors_are_set),
        cmocka_unit_test(options__of_the_branch_are_set),
        cmocka_unit_test(options__name_the_row_a_socket_refuses),
        cmocka_unit_test(keys__that_are_published_or_zero_are_refused),
        cmocka_unit_test(keys__of_the_manual_open_no_link),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
