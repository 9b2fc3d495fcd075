/* test_daemon.c - start-up of a program: options, commands, exit statuses, service manager.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Each case runs bn_daemon_main() in a child of its own, as a program would, and reads what it
 * printed.
 */
#include "unit/unit.h"

#include <banyan/base/alloc.h>
#include <banyan/base/check.h>
#include <banyan/core/daemon.h>
#include <banyan/core/log.h>

#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARGUMENTS_MAX 16

static char folder[64];
static char output[65536]; /* what the last child wrote to stdout */
static char errors[65536]; /* and to stderr */
static bool reloaded;

static const bn_config_key keys[] = {
    BN_DAEMON_KEYS,
    {.section = "sync", .name = "silence", .type = BN_CONFIG_DURATION, .fallback = "30s",
     .flags = BN_CONFIG_RELOADABLE, .help_en = "help", .help_zh = "说明"},
    {.section = "sync", .name = "workers", .type = BN_CONFIG_INT, .fallback = "2", .min = 1,
     .max = 8, .help_en = "help", .help_zh = "说明"},
};

static void end_when_reloaded(void *context)
{
    bn_daemon *daemon = context;
    if (reloaded) {
        raise(SIGTERM);
    } else {
        raise(SIGHUP);
    }
    bn_rc rc = bn_loop_defer(daemon->loop, end_when_reloaded, daemon);
    BN_ASSERT(rc == BN_OK);
}

static bn_rc run(bn_daemon *daemon, bn_err *err)
{
    struct stat status;
    struct rlimit core;
    char *path = NULL;
    BN_ASSERT(stat(daemon->data_folder, &status) == 0 && (status.st_mode & 0777) == 0700);
    BN_ASSERT(getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_cur == 0);
    BN_ASSERT(umask(077) == 077);
    BN_TRY(bn_daemon_path(daemon, "control.sock", &path, err));
    bn_log(BN_LOG_INFO, "path", "file=%s", path);
    bn_free(path);
    if (bn_config_int(daemon->config, "sync", "workers") == 8) {
        return bn_fail(err, BN_E_BUSY, "pid 4711 owns the store");
    }
    bn_daemon_status(daemon, "in sync, %d waiting\nREADY=0", 0);
    bn_daemon_ready(daemon);
    BN_TRY(bn_loop_defer(daemon->loop, end_when_reloaded, daemon));
    return bn_loop_run(daemon->loop, err);
}

static void reload(bn_daemon *daemon)
{
    reloaded = true;
    bn_log(BN_LOG_INFO, "now", "silence=%llu",
           (unsigned long long)bn_config_ms(daemon->config, "sync", "silence"));
}

static bool own_command(bn_daemon *daemon, int argc, char **argv, int *status)
{
    if (strcmp(argv[0], "wipe") != 0) {
        return false;
    }
    printf("wipe %d %s\n", argc, bn_config_text(daemon->config, "log", "level"));
    *status = 4;
    return true;
}

static const bn_library libraries[] = {{"libzmq", "4.3.4"}, {"LMDB", "0.9.24"}};
static const char *const commands[] = {"wipe", NULL};
static const bn_program program = {
    .name = "banyan-test",
    .summary = "a program of the tests",
    .usage = "example:\n  banyan-test wipe\n",
    .folder = "banyan-test",
    .keys = keys,
    .keys_count = BN_COUNT(keys),
    .libraries = libraries,
    .libraries_count = BN_COUNT(libraries),
    .run = run,
    .reload = reload,
    .command = own_command,
    .commands = commands,
};

static void read_back(const char *name, char *out)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    out[fread(out, 1, sizeof output - 1, file)] = 0;
    fclose(file);
    unlink(path);
}

static void redirect(const char *name, int fd)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int file = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
    BN_ASSERT(file >= 0 && dup2(file, fd) == fd);
    close(file);
}

/* Runs the program with `line` as its arguments; "@" in it is the folder of the tests. */
static int start(const char *line)
{
    char words[1024] = "banyan-test ";
    char *argv[ARGUMENTS_MAX] = {NULL};
    size_t len = strlen(words);
    for (; *line != 0; line++) {
        len += (size_t)snprintf(words + len, sizeof words - len, "%.*s",
                                *line == '@' ? (int)strlen(folder) : 1,
                                *line == '@' ? folder : line);
        assert_true(len < sizeof words);
    }
    int argc = 0;
    char *rest = NULL;
    for (char *word = strtok_r(words, " ", &rest); word != NULL;
         word = strtok_r(NULL, " ", &rest)) {
        assert_true(argc + 1 < ARGUMENTS_MAX);
        argv[argc++] = word;
    }
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        redirect("out", STDOUT_FILENO);
        redirect("err", STDERR_FILENO);
        int status = bn_daemon_main(&program, argc, argv);
        fflush(NULL);
        _exit(status);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    read_back("out", output);
    read_back("err", errors);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void write_config(const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/t.conf", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void assert_has(const char *text, const char *part)
{
    if (strstr(text, part) == NULL) {
        fail_msg("'%s' is not in: %s", part, text);
    }
}

static void daemon__helps_in_every_spelling(void **state)
{
    (void)state;
    assert_int_equal(start("--help"), 0);
    char *first = strdup(output);
    assert_non_null(first);
    assert_has(first, "banyan-test - a program of the tests");
    assert_has(first, "check-config");
    static const char *const spellings[] = {"-h", "help", "print-config --help"};
    for (size_t i = 0; i < BN_COUNT(spellings); i++) {
        assert_int_equal(start(spellings[i]), 0);
        assert_string_equal(output, first);
        assert_string_equal(errors, "");
    }
    free(first);
}

static void daemon__names_versions_of_its_libraries(void **state)
{
    (void)state;
    assert_int_equal(start("--version"), 0);
    assert_has(output, "banyan-test ");
    assert_has(output, "libzmq 4.3.4\n");
    static const char *const spellings[] = {"--version --json", "version --json"};
    for (size_t i = 0; i < BN_COUNT(spellings); i++) {
        assert_int_equal(start(spellings[i]), 0);
        json_t *version = json_loads(output, 0, NULL);
        assert_non_null(version);
        assert_string_equal(
            json_string_value(json_object_get(json_object_get(version, "libraries"), "LMDB")),
            "0.9.24");
        json_decref(version);
    }
}

static void daemon__refuses_misspelt_words_with_a_suggestion(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        const char *message;
    } cases[] = {
        {"chek-config", "unknown command chek-config (did you mean check-config?)"},
        {"wpie", "unknown command wpie (did you mean wipe?)"},
        {"frobnicate", "unknown command frobnicate\n"},
        {"--confg x", "unknown option --confg (did you mean --config?)"},
        {"print-config --dta x", "unknown option --dta (did you mean --data?)"},
        {"--config", "a value is missing after --config"},
        {"run now", "run takes no argument"},
        {"--set log.levl=x print-config", "flag --set: log.levl: unknown key"},
        {"--log-level loud print-config", "flag --log-level: log.level: 'loud' is none of"},
    };
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        assert_int_equal(start(cases[i].line), 2);
        assert_has(errors, cases[i].message);
        assert_string_equal(output, "");
    }
}

static void daemon__check_config_shows_all_errors_and_exits_1(void **state)
{
    (void)state;
    write_config("[log]\nlevl = x\n[sync]\nworkers = 0\n");
    assert_int_equal(start("check-config @/t.conf"), 1);
    assert_has(errors, "/t.conf:2: log.levl: unknown key (did you mean level?)\n");
    assert_has(errors, "/t.conf:4: sync.workers: out of range");
    assert_int_equal(start("--config @/t.conf"), 1);
    assert_int_equal(start("check-config @/none.conf"), 1);
    assert_has(errors, "/none.conf: no such file");
    write_config("[sync]\nworkers = 3\n");
    assert_int_equal(start("check-config @/t.conf"), 0);
    assert_has(output, "/t.conf: no errors\n");
}

static void daemon__print_config_shows_values_and_origins(void **state)
{
    (void)state;
    write_config("[sync]\nworkers = 3\n");
    setenv("BANYAN_SYNC_SILENCE", "5s", 1);
    assert_int_equal(start("--config @/t.conf print-config --data @/d --log-level debug"), 0);
    unsetenv("BANYAN_SYNC_SILENCE");
    assert_has(output, "level = debug               # flag --log-level\n");
    assert_has(output, "silence = 5s                # environment BANYAN_SYNC_SILENCE\n");
    assert_has(output, "/t.conf:2\n");
    assert_has(output, "# flag --data\n");
    write_config(output);
    assert_int_equal(start("check-config @/t.conf"), 0);
    assert_int_equal(start("example-config zh"), 0);
    assert_has(output, "写入日志的最低级别");
}

static void daemon__runs_a_command_of_the_program(void **state)
{
    (void)state;
    assert_int_equal(start("--log-level warn wipe --yes x"), 4);
    assert_string_equal(output, "wipe 3 warn\n");
}

static void daemon__gives_the_exit_status_of_what_failed(void **state)
{
    (void)state;
    assert_int_equal(start("--data @/d --set sync.workers=8"), 75);
    assert_has(errors, "failed code=busy err=\"pid 4711 owns the store\"");
    char path[128];
    snprintf(path, sizeof path, "%s/d", folder);
    rmdir(path);
}

static int notify_socket(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s/notify", folder);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    setenv("NOTIFY_SOCKET", address.sun_path, 1);
    return fd;
}

static void daemon__tells_the_service_manager_each_state(void **state)
{
    (void)state;
    write_config("[sync]\nsilence = 7s\n");
    int fd = notify_socket();
    assert_int_equal(start("--config @/t.conf --data @/d/e"), 0);
    assert_has(errors, "ready\n");
    assert_has(errors, "now silence=7000\n");
    assert_has(errors, "/d/e/control.sock");
    char text[1024];
    char all[4096] = "";
    ssize_t got = recv(fd, text, sizeof text - 1, 0);
    for (size_t len = 0; got > 0; got = recv(fd, text, sizeof text - 1, 0)) {
        text[got] = 0;
        len += (size_t)snprintf(all + len, sizeof all - len, "%s|", text);
    }
    const char *wanted[] = {"STATUS=in sync, 0 waiting READY=0|", "READY=1|", "RELOADING=1\nMONO",
                            "READY=1|", "STOPPING=1|"};
    const char *at = all;
    for (size_t i = 0; i < BN_COUNT(wanted); i++) {
        at = strstr(at, wanted[i]);
        if (at == NULL) {
            fail_msg("%s is not in its place in %s", wanted[i], all);
        }
        at += strlen(wanted[i]);
    }
    close(fd);
    unlink(getenv("NOTIFY_SOCKET"));
    unsetenv("NOTIFY_SOCKET");
    char path[128];
    snprintf(path, sizeof path, "%s/d/e", folder);
    assert_int_equal(rmdir(path), 0);
    snprintf(path, sizeof path, "%s/d", folder);
    assert_int_equal(rmdir(path), 0);
}

static void notify__is_quiet_without_a_service_manager(void **state)
{
    (void)state;
    assert_false(bn_notify("READY=1"));
    setenv("NOTIFY_SOCKET", "/nonexistent/notify", 1);
    assert_false(bn_notify("READY=1"));
    setenv("NOTIFY_SOCKET", "relative", 1);
    assert_false(bn_notify("READY=1"));
    unsetenv("NOTIFY_SOCKET");
}

static void notify__reads_the_watchdog_period_meant_for_us(void **state)
{
    (void)state;
    char pid[32];
    assert_int_equal(bn_notify_watchdog_ms(), 0);
    setenv("WATCHDOG_USEC", "30000000", 1);
    assert_int_equal(bn_notify_watchdog_ms(), 15000);
    setenv("WATCHDOG_PID", "1", 1);
    assert_int_equal(bn_notify_watchdog_ms(), 0);
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    setenv("WATCHDOG_PID", pid, 1);
    assert_int_equal(bn_notify_watchdog_ms(), 15000);
    setenv("WATCHDOG_USEC", "soon", 1);
    assert_int_equal(bn_notify_watchdog_ms(), 0);
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
}

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/bn-daemon-XXXXXX");
    return mkdtemp(folder) != NULL ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    char path[128];
    snprintf(path, sizeof path, "%s/t.conf", folder);
    unlink(path);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(daemon__helps_in_every_spelling),
        cmocka_unit_test(daemon__names_versions_of_its_libraries),
        cmocka_unit_test(daemon__refuses_misspelt_words_with_a_suggestion),
        cmocka_unit_test(daemon__check_config_shows_all_errors_and_exits_1),
        cmocka_unit_test(daemon__print_config_shows_values_and_origins),
        cmocka_unit_test(daemon__runs_a_command_of_the_program),
        cmocka_unit_test(daemon__gives_the_exit_status_of_what_failed),
        cmocka_unit_test(daemon__tells_the_service_manager_each_state),
        cmocka_unit_test(notify__is_quiet_without_a_service_manager),
        cmocka_unit_test(notify__reads_the_watchdog_period_meant_for_us),
    };
    return cmocka_run_group_tests_name("daemon", tests, make_folder, remove_folder);
}
