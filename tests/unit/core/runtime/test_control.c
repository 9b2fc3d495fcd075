/* test_control.c - the daemon's end of the control socket: bad requests and hostile clients.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "control_fixture.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#define TURNS_MAX 2000

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
    static const char requests[] =
        "{\"op\":\"nothing\",\"id\":1}\n\n{\"op\":\"nothing\",\"id\":2}\n";
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
    assert_string_equal(answer,
                        "{\"id\":1,\"ok\":false,\"error\":{\"code\":\"stale\","
                        "\"text\":\"it changed\","
                        "\"next\":\"look at the present state, then decide again\"}}\n");
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

int main(void)
{
    const struct CMUnitTest tests[] = {
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
    };
    return cmocka_run_group_tests_name("control", tests, NULL, NULL);
}
