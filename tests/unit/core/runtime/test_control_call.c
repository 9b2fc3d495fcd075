/* test_control_call.c - calls over the control socket: answers, refusals, progress, late answers.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "control_fixture.h"

#include <pthread.h>
#include <sys/stat.h>

/* A call made in a thread and served by the loop in this one. */
typedef struct call {
    fixture *f;
    bn_control_call_options options;
    json_t *result;
    bn_rc rc;
    bn_err err;
    uint64_t progress_sum;
    unsigned progress_count;
} call;

static void count_progress(void *context, uint64_t done, uint64_t total)
{
    call *c = context;
    assert_true(done <= total);
    c->progress_sum += done;
    c->progress_count++;
}

static void stop_loop(void *context)
{
    bn_loop_stop(context);
}

static void *run_call(void *context)
{
    call *c = context;
    c->rc = bn_control_call(&c->options, &c->result, &c->err);
    bn_rc posted = bn_loop_post(c->f->loop, stop_loop, c->f->loop);
    assert_int_equal(posted, BN_OK);
    return NULL;
}

/* One call per loop: stopping is for good. */
static void serve_call(fixture *f, call *c)
{
    pthread_t thread;
    c->f = f;
    c->options.path = f->path;
    c->options.timeout_ms = 20000;
    c->options.progress = count_progress;
    c->options.context = c;
    assert_int_equal(pthread_create(&thread, NULL, run_call, c), 0);
    assert_ok(bn_loop_run(f->loop, &f->err), f->err);
    pthread_join(thread, NULL);
}

static void control__answers_a_call(void **state)
{
    (void)state;
    fixture f;
    begin(&f);
    call c = {.options = {.op = "echo", .args = json_pack("{s:s}", "name", "王小明"),
                          .actor = "li.na"}};
    serve_call(&f, &c);
    assert_ok(c.rc, c.err);
    assert_string_equal(json_string_value(json_object_get(c.result, "actor")), "li.na");
    assert_true(json_equal(json_object_get(c.result, "args"), c.options.args));
    assert_int_equal(f.uid, geteuid());
    json_decref(c.result);
    json_decref(c.options.args);
    end(&f);
}

static void control__gives_null_when_there_is_no_result(void **state)
{
    (void)state;
    fixture f;
    begin(&f);
    call c = {.options = {.op = "nothing"}};
    serve_call(&f, &c);
    assert_ok(c.rc, c.err);
    assert_true(json_is_null(c.result));
    end(&f);
}

static void control__brings_refusals_with_code_text_and_advice(void **state)
{
    (void)state;
    fixture f;
    begin(&f);
    bn_buf next;
    bn_buf_init(&next, 1024);
    call c = {.options = {.op = "fly", .next = &next}};
    serve_call(&f, &c);
    assert_int_equal(c.rc, BN_E_NOT_FOUND);
    assert_string_equal(c.err.text, "no operation fly");
    assert_string_equal(bn_buf_cstr(&next), "list them with 'banyan help'");
    assert_null(c.result);
    bn_buf_fini(&next);
    end(&f);
}

static void control__sends_progress_before_the_answer(void **state)
{
    (void)state;
    fixture f;
    begin(&f);
    call c = {.options = {.op = "work"}};
    serve_call(&f, &c);
    assert_ok(c.rc, c.err);
    assert_int_equal(c.progress_count, 3);
    assert_int_equal(c.progress_sum, 6);
    json_decref(c.result);
    end(&f);
}

static void control__answers_a_deferred_call_later(void **state)
{
    (void)state;
    fixture f;
    begin(&f);
    call c = {.options = {.op = "wait"}};
    serve_call(&f, &c);
    assert_ok(c.rc, c.err);
    assert_int_equal(c.progress_count, 1);
    assert_string_equal(json_string_value(json_object_get(c.result, "state")), "in step");
    assert_false(bn_control_waits(f.control, f.waiting));
    json_decref(c.result);
    end(&f);
}

static void control__carries_large_answers_and_refuses_larger_ones(void **state)
{
    (void)state;
    static const struct {
        size_t bytes;
        bn_rc rc;
    } cases[] = {{8 * 1024 * 1024, BN_OK}, {BN_CONTROL_OUTPUT_BYTES_MAX, BN_E_LIMIT}};
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        fixture f;
        begin(&f);
        call c = {.options = {.op = "big",
                              .args = json_pack("{s:I}", "bytes", (json_int_t)cases[i].bytes)}};
        serve_call(&f, &c);
        assert_int_equal(c.rc, cases[i].rc);
        assert_int_equal(json_string_length(c.result), c.rc == BN_OK ? cases[i].bytes : 0);
        json_decref(c.result);
        json_decref(c.options.args);
        end(&f);
    }
}

static void control__a_call_without_a_daemon_names_the_socket(void **state)
{
    (void)state;
    bn_err err;
    json_t *result = NULL;
    bn_control_call_options options = {.path = "/tmp/bn-no-such/control.sock", .op = "x"};
    assert_int_equal(bn_control_call(&options, &result, &err), BN_E_UNREACHABLE);
    assert_non_null(strstr(err.text, "/tmp/bn-no-such/control.sock"));
    assert_null(result);
}

static void control__a_call_that_is_not_answered_ends(void **state)
{
    (void)state;
    fixture f;
    begin(&f);
    json_t *result = NULL;
    bn_control_call_options options = {.path = f.path, .op = "x", .timeout_ms = 20};
    assert_int_equal(bn_control_call(&options, &result, &f.err), BN_E_UNREACHABLE);
    assert_non_null(strstr(f.err.text, "outcome unknown"));
    end(&f);
}

static void control__works_below_a_folder_with_a_long_name(void **state)
{
    (void)state;
    fixture f = {.folder = "/tmp/bn-control-XXXXXX"};
    char deep[256];
    assert_non_null(mkdtemp(f.folder));
    snprintf(deep, sizeof deep, "%s/%0150d", f.folder, 0);
    assert_int_equal(mkdir(deep, 0700), 0);
    snprintf(f.path, sizeof f.path, "%s/control.sock", deep);
    assert_ok(bn_loop_create(bn_clock_machine(), &f.loop, &f.err), f.err);
    assert_ok(bn_control_open(f.loop, f.path, handle, &f, &f.control, &f.err), f.err);
    call c = {.options = {.op = "nothing"}};
    serve_call(&f, &c);
    assert_ok(c.rc, c.err);
    bn_control_close(&f.control);
    bn_loop_destroy(&f.loop);
    assert_int_equal(rmdir(deep), 0);
    assert_int_equal(rmdir(f.folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(control__answers_a_call),
        cmocka_unit_test(control__gives_null_when_there_is_no_result),
        cmocka_unit_test(control__brings_refusals_with_code_text_and_advice),
        cmocka_unit_test(control__sends_progress_before_the_answer),
        cmocka_unit_test(control__answers_a_deferred_call_later),
        cmocka_unit_test(control__carries_large_answers_and_refuses_larger_ones),
        cmocka_unit_test(control__a_call_without_a_daemon_names_the_socket),
        cmocka_unit_test(control__a_call_that_is_not_answered_ends),
        cmocka_unit_test(control__works_below_a_folder_with_a_long_name),
    };
    return cmocka_run_group_tests_name("control_call", tests, NULL, NULL);
}
