/* test_self_test.c - no public door without the proof that strangers stay out.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "rig.h"

#include "core/transport/self_test.h"

static bool admit_everybody(void *context, const uint8_t key[BN_KEY_BYTES])
{
    (void)context;
    (void)key;
    return true;
}

static bool admit_nobody(void *context, const uint8_t key[BN_KEY_BYTES])
{
    size_t *questions_count = context;
    (void)key;
    (*questions_count)++;
    return false;
}

static void count_refusals(void *context, bn_door door, const uint8_t *key_or_null,
                           const char *address, const char *reason)
{
    (void)context;
    (void)door;
    (void)key_or_null;
    (void)address;
    (void)reason;
    fail_msg("the self-test's stranger is not news");
}

static bn_link_server_options options_with(bn_admit admit, void *context)
{
    identity server = identity_make();
    bn_link_server_options options = {.sync_endpoint = "tcp://127.0.0.1:0",
                                      .admit = admit,
                                      .refused = count_refusals,
                                      .context = context};
    memcpy(options.secret_key, server.secret_key, BN_KEY_BYTES);
    return options;
}

static void self_test__refuses_to_open_when_everybody_is_admitted(void **state)
{
    bn_err err = {0};
    bn_link_server *server = NULL;
    bn_link_server_options options = options_with(admit_everybody, NULL);
    (void)state;
    assert_int_equal(bn_link_server_open(&options, &server, &err), BN_E_DENIED);
    assert_null(server);
    assert_non_null(strstr(err.text, "unknown key was let in"));
}

static void self_test__asks_the_servers_own_rule_about_the_stranger_only(void **state)
{
    bn_err err = {0};
    size_t questions_count = 0;
    bn_link_server *server = NULL;
    bn_link_server_options options = options_with(admit_nobody, &questions_count);
    (void)state;
    int64_t before_ms = rig_now_ms();
    assert_ok(bn_link_server_open(&options, &server, &err), err);
    printf("# a server with its self-test opens in %lld ms\n",
           (long long)(rig_now_ms() - before_ms));
    assert_int_equal(questions_count, 1);
    bn_link_server_close(&server);
}

static void self_test__denies_when_the_authentication_thread_is_gone(void **state)
{
    bn_err err = {0};
    bn_zap *zap = NULL;
    size_t questions_count = 0;
    bn_link_server_options options = options_with(admit_nobody, &questions_count);
    void *zmq = bn_zmq_create(1);
    (void)state;
    assert_ok(bn_zap_open(zmq, &zap, &err), err);
    bn_zap_stop(zap);
    assert_int_equal(bn_self_test(zmq, zap, &options, &err), BN_E_DENIED);
    assert_int_equal(questions_count, 0);
    bn_zap_close(&zap);
    bn_zmq_destroy(&zmq);
}

static int setup(void **state)
{
    bn_err err = {0};
    (void)state;
    assert_ok(bn_crypto_start(&err), err);
    bn_link_start();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(self_test__refuses_to_open_when_everybody_is_admitted),
        cmocka_unit_test(self_test__asks_the_servers_own_rule_about_the_stranger_only),
        cmocka_unit_test(self_test__denies_when_the_authentication_thread_is_gone),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
