/* test_control.c - the control socket: calls, refusals, progress, late answers, hostile clients.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "unit/unit.h"

#include <banyan/base/check.h>
#include <banyan/base/limits.h>
#include <banyan/core/control.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define TURNS_MAX 2000

typedef struct fixture {
    char folder[64];
    char path[512];
    bn_loop *loop;
    bn_control *control;
    bn_control_ticket waiting;
    int64_t uid;
    size_t handled;
    bn_err err;
} fixture;

static void answer_later(void *context)
{
    fixture *f = context;
    json_t *result = json_pack("{s:s}", "state", "in step");
    bn_control_progress(f->control, f->waiting, 2, 2);
    bn_control_answer(f->control, f->waiting, BN_OK, &result, NULL);
    assert_null(result);
}

static bn_rc handle(void *context, const char *op, json_t *args, const char *actor,
                    json_t **result, bn_err *err)
{
    fixture *f = context;
    int64_t pid = 0;
    f->handled++;
    bn_control_caller(f->control, &f->uid, &pid);
    assert_true(pid > 0);
    if (strcmp(op, "echo") == 0) {
        *result = json_pack("{s:O,s:s}", "args", args, "actor", actor);
        return BN_OK;
    }
    if (strcmp(op, "nothing") == 0) {
        return BN_OK;
    }
    if (strcmp(op, "big") == 0) {
        size_t len = (size_t)json_integer_value(json_object_get(args, "bytes"));
        char *text = malloc(len);
        assert_non_null(text);
        memset(text, 'x', len);
        *result = json_stringn(text, len);
        free(text);
        return BN_OK;
    }
    if (strcmp(op, "work") == 0) {
        for (unsigned i = 1; i <= 3; i++) {
            bn_control_progress(f->control, bn_control_current(f->control), i, 3);
        }
        *result = json_integer(3);
        return BN_OK;
    }
    if (strcmp(op, "wait") == 0) {
        BN_TRY(bn_control_defer(f->control, &f->waiting, err));
        return bn_loop_defer(f->loop, answer_later, f);
    }
    if (strcmp(op, "hold") == 0) {
        return bn_control_defer(f->control, &f->waiting, err);
    }
    bn_control_hint(f->control, bn_control_current(f->control), "list them with '%s'", "banyan help");
    return bn_fail(err, BN_E_NOT_FOUND, "no operation %s", op);
}

static void begin(fixture *f)
{
    *f = (fixture){.folder = "/tmp/bn-control-XXXXXX"};
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->path, sizeof f->path, "%s/control.sock", f->folder);
    assert_ok(bn_loop_create(bn_clock_machine(), &f->loop, &f->err), f->err);
    assert_ok(bn_control_open(f->loop, f->path, handle, f, &f->control, &f->err), f->err);
}

static void end(fixture *f)
{
    bn_control_close(&f->control);
    assert_int_not_equal(access(f->path, F_OK), 0);
    bn_loop_destroy(&f->loop);
    assert_int_equal(rmdir(f->folder), 0);
}

/* --- calls from a thread, served by the loop in this one */
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

/* --- raw clients in this thread */
static int raw_connect(const fixture *f)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, f->path, strlen(f->path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static void turn(fixture *f)
{
    assert_ok(bn_loop_turn(f->loop, 0, &f->err), f->err);
}

/* Turns the loop until `lines` newlines have come, or the connection ended; returns the bytes. */
static size_t raw_read(fixture *f, int fd, char *out, size_t out_size, size_t lines)
{
    size_t len = 0;
    for (int i = 0; i < TURNS_MAX && lines > 0; i++) {
        turn(f);
        ssize_t got = recv(fd, out + len, out_size - 1 - len, 0);
        if (got == 0) {
            break;
        }
        for (ssize_t k = 0; k < got; k++) {
            lines -= out[len + (size_t)k] == '\n' && lines > 0;
        }
        len += got > 0 ? (size_t)got : 0;
    }
    out[len] = 0;
    return len;
}

static void raw_send(fixture *f, int fd, const char *bytes, size_t len)
{
    for (size_t done = 0; done < len;) {
        ssize_t sent = send(fd, bytes + done, len - done, MSG_NOSIGNAL);
        if (sent < 0) {
            turn(f);
        } else {
            done += (size_t)sent;
        }
    }
}

static void control__refuses_bad_requests_and_goes_on(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        const char *answer;
    } cases[] = {
        {"{\"op\":\"nothing\",\"id\":7}", "{\"id\":7,\"ok\":true,\"result\":null}"},
        {"{\"op\":\"nothing\",\"id\":\"a\"}", "{\"id\":\"a\",\"ok\":true,\"result\":null}"},
        {"{\"op\":\"nothing\"}", "{\"id\":null,\"ok\":true,\"result\":null}"},
        {"{\"op\":}", "request: not JSON at byte 7: unexpected token near '}'"},
        {"hello", "request: not JSON at byte "},
        {"{\"op\":\"x\",\"op\":\"y\"}", "duplicate object key"},
        {"[1]", "request: not a JSON object"},
        {"{\"id\":3}", "{\"id\":3,\"ok\":false,\"error\":{\"code\":\"invalid\",\"text\":\"request: "
                       "member \\\"op\\\" is missing\"}}"},
        {"{\"op\":5,\"id\":3}", "member \\\"op\\\" is unknown or of the wrong type"},
        {"{\"op\":\"x\",\"args\":[]}", "member \\\"args\\\" is unknown or of the wrong type"},
        {"{\"op\":\"x\",\"extra\":1}", "member \\\"extra\\\" is unknown"},
        {"{\"op\":\"x\",\"id\":[1]}", "id is neither a number nor a text"},
        {"{\"op\":\"\xff\"}", "not JSON"},
    };
    fixture f;
    begin(&f);
    int fd = raw_connect(&f);
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        char answer[1024];
        raw_send(&f, fd, cases[i].line, strlen(cases[i].line));
        raw_send(&f, fd, "\n", 1);
        raw_read(&f, fd, answer, sizeof answer, 1);
        if (strstr(answer, cases[i].answer) == NULL) {
            fail_msg("%s: %s", cases[i].line, answer);
        }
    }
    assert_int_equal(bn_control_clients_count(f.control), 1);
    close(fd);
    turn(&f);
    assert_int_equal(bn_control_clients_count(f.control), 0);
    end(&f);
}

static void control__takes_requests_in_pieces_and_in_a_row(void **state)
{
    (void)state;
    static const char requests[] = "{\"op\":\"nothing\",\"id\":1}\n\n{\"op\":\"nothing\",\"id\":2}\n";
    fixture f;
    char answer[1024];
    begin(&f);
    int fd = raw_connect(&f);
    for (size_t i = 0; i < sizeof requests - 1; i++) {
        raw_send(&f, fd, &requests[i], 1);
        turn(&f);
    }
    raw_send(&f, fd, requests, sizeof requests - 1);
    raw_read(&f, fd, answer, sizeof answer, 4);
    assert_string_equal(answer, "{\"id\":1,\"ok\":true,\"result\":null}\n"
                                "{\"id\":2,\"ok\":true,\"result\":null}\n"
                                "{\"id\":1,\"ok\":true,\"result\":null}\n"
                                "{\"id\":2,\"ok\":true,\"result\":null}\n");
    close(fd);
    turn(&f);
    end(&f);
}

static void control__cuts_off_a_line_without_end(void **state)
{
    (void)state;
    fixture f;
    char answer[1024];
    begin(&f);
    int fd = raw_connect(&f);
    char *bytes = malloc(BN_CONTROL_REQUEST_BYTES_MAX + 1);
    assert_non_null(bytes);
    memset(bytes, ' ', BN_CONTROL_REQUEST_BYTES_MAX + 1);
    raw_send(&f, fd, bytes, BN_CONTROL_REQUEST_BYTES_MAX + 1);
    free(bytes);
    raw_read(&f, fd, answer, sizeof answer, 2);
    assert_non_null(strstr(answer, "\"code\":\"limit\""));
    assert_int_equal(bn_control_clients_count(f.control), 0);
    assert_int_equal(f.handled, 0);
    close(fd);
    end(&f);
}

static void control__stops_reading_from_a_client_that_does_not_read(void **state)
{
    (void)state;
    static const char request[] = "{\"op\":\"big\",\"args\":{\"bytes\":100000},\"id\":1}\n";
    enum { REQUESTS = 200 };
    fixture f;
    begin(&f);
    int fd = raw_connect(&f);
    for (int i = 0; i < REQUESTS; i++) {
        raw_send(&f, fd, request, sizeof request - 1);
    }
    for (int i = 0; i < 50; i++) {
        turn(&f);
    }
    assert_in_range(f.handled, 1, 20); /* the kernel's buffer and one more answer */
    size_t size = (size_t)REQUESTS * 100100;
    char *answers = malloc(size);
    assert_non_null(answers);
    raw_read(&f, fd, answers, size, REQUESTS);
    assert_int_equal(f.handled, REQUESTS);
    free(answers);
    close(fd);
    turn(&f);
    end(&f);
}

static void control__turns_away_one_client_too_many(void **state)
{
    (void)state;
    fixture f;
    char answer[1024];
    int fds[BN_CONTROL_CLIENTS_MAX];
    begin(&f);
    for (int i = 0; i < BN_CONTROL_CLIENTS_MAX; i++) {
        fds[i] = raw_connect(&f);
        turn(&f);
    }
    assert_int_equal(bn_control_clients_count(f.control), BN_CONTROL_CLIENTS_MAX);
    int extra = raw_connect(&f);
    raw_read(&f, extra, answer, sizeof answer, 1);
    assert_non_null(strstr(answer, "\"code\":\"busy\""));
    close(extra);
    for (int i = 0; i < BN_CONTROL_CLIENTS_MAX; i++) {
        raw_send(&f, fds[i], "{\"op\":\"nothing\",\"id\":1}\n", 24);
        assert_true(raw_read(&f, fds[i], answer, sizeof answer, 1) > 0);
        close(fds[i]);
    }
    turn(&f);
    turn(&f);
    assert_int_equal(bn_control_clients_count(f.control), 0);
    end(&f);
}

static void control__forgets_a_client_that_went_while_it_waited(void **state)
{
    (void)state;
    fixture f;
    begin(&f);
    int fd = raw_connect(&f);
    raw_send(&f, fd, "{\"op\":\"hold\",\"id\":1}\n", 21);
    turn(&f);
    turn(&f);
    assert_true(bn_control_waits(f.control, f.waiting));
    close(fd);
    for (int i = 0; i < 3; i++) {
        turn(&f);
    }
    assert_false(bn_control_waits(f.control, f.waiting));
    json_t *result = json_integer(1);
    bn_control_answer(f.control, f.waiting, BN_OK, &result, NULL);
    bn_control_progress(f.control, f.waiting, 1, 2);
    assert_int_equal(bn_control_clients_count(f.control), 0);
    end(&f);
}

static void control__answers_after_the_client_has_said_all(void **state)
{
    (void)state;
    fixture f;
    char answer[1024];
    begin(&f);
    int fd = raw_connect(&f);
    raw_send(&f, fd, "{\"op\":\"hold\",\"id\":1}\n", 21);
    shutdown(fd, SHUT_WR);
    for (int i = 0; i < 5; i++) {
        turn(&f);
    }
    bn_err why;
    bn_rc rc = bn_fail(&why, BN_E_STALE, "it changed");
    bn_control_answer(f.control, f.waiting, rc, NULL, &why);
    raw_read(&f, fd, answer, sizeof answer, 2);
    assert_string_equal(answer, "{\"id\":1,\"ok\":false,\"error\":{\"code\":\"stale\",\"text\":\"it "
                                "changed\",\"next\":\"look at the present state, then decide "
                                "again\"}}\n");
    assert_int_equal(bn_control_clients_count(f.control), 0);
    close(fd);
    end(&f);
}

static void control__limits_the_waiting_requests_of_one_client(void **state)
{
    (void)state;
    fixture f;
    char answer[1024];
    begin(&f);
    int fd = raw_connect(&f);
    for (int i = 0; i < 65; i++) {
        raw_send(&f, fd, "{\"op\":\"hold\",\"id\":1}\n", 21);
    }
    raw_read(&f, fd, answer, sizeof answer, 1);
    assert_non_null(strstr(answer, "\"code\":\"busy\""));
    close(fd);
    turn(&f);
    turn(&f);
    end(&f);
}

static void control__socket_is_for_its_owner_only(void **state)
{
    (void)state;
    struct stat status;
    fixture f;
    begin(&f);
    assert_int_equal(stat(f.path, &status), 0);
    assert_true(S_ISSOCK(status.st_mode));
    assert_int_equal(status.st_mode & 0777, 0600);
    end(&f);
}

static void control__refuses_another_user_by_the_kernels_word(void **state)
{
    (void)state;
    if (geteuid() != 0) {
        skip();
    }
    fixture f;
    begin(&f);
    assert_int_equal(chmod(f.path, 0666), 0);
    assert_int_equal(chmod(f.folder, 0755), 0);
    pid_t child = fork();
    if (child == 0) {
        char answer[512] = "";
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        memcpy(address.sun_path, f.path, strlen(f.path) + 1);
        int fd = socket(AF_UNIX, SOCK_STREAM, 0);
        bool sent = setuid(65534) == 0 &&
                    connect(fd, (const struct sockaddr *)&address, sizeof address) == 0 &&
                    recv(fd, answer, sizeof answer - 1, 0) > 0;
        _exit(sent && strstr(answer, "\"code\":\"denied\"") != NULL ? 0 : 1);
    }
    int status = -1;
    for (int i = 0; i < 1000 && waitpid(child, &status, WNOHANG) == 0; i++) {
        assert_ok(bn_loop_turn(f.loop, 10, &f.err), f.err);
    }
    assert_int_equal(status, 0);
    assert_int_equal(bn_control_clients_count(f.control), 0);
    assert_int_equal(f.handled, 0);
    end(&f);
}

static void control__replaces_a_dead_socket_but_nothing_else(void **state)
{
    (void)state;
    fixture f;
    begin(&f);
    bn_control *second = NULL;
    assert_int_equal(bn_control_open(f.loop, f.path, handle, &f, &second, &f.err), BN_E_BUSY);
    bn_control_close(&f.control);
    int dead = socket(AF_UNIX, SOCK_STREAM, 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, f.path, strlen(f.path) + 1);
    assert_int_equal(bind(dead, (const struct sockaddr *)&address, sizeof address), 0);
    close(dead);
    assert_ok(bn_control_open(f.loop, f.path, handle, &f, &f.control, &f.err), f.err);
    bn_control_close(&f.control);
    FILE *file = fopen(f.path, "w");
    assert_non_null(file);
    fclose(file);
    assert_int_equal(bn_control_open(f.loop, f.path, handle, &f, &f.control, &f.err), BN_E_EXISTS);
    unlink(f.path);
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
        cmocka_unit_test(control__refuses_bad_requests_and_goes_on),
        cmocka_unit_test(control__takes_requests_in_pieces_and_in_a_row),
        cmocka_unit_test(control__cuts_off_a_line_without_end),
        cmocka_unit_test(control__stops_reading_from_a_client_that_does_not_read),
        cmocka_unit_test(control__turns_away_one_client_too_many),
        cmocka_unit_test(control__forgets_a_client_that_went_while_it_waited),
        cmocka_unit_test(control__answers_after_the_client_has_said_all),
        cmocka_unit_test(control__limits_the_waiting_requests_of_one_client),
        cmocka_unit_test(control__socket_is_for_its_owner_only),
        cmocka_unit_test(control__refuses_another_user_by_the_kernels_word),
        cmocka_unit_test(control__replaces_a_dead_socket_but_nothing_else),
        cmocka_unit_test(control__works_below_a_folder_with_a_long_name),
    };
    return cmocka_run_group_tests_name("control", tests, NULL, NULL);
}
