/* daemon.c - what both programs do before and around their work.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   options -> settings -> command, or: harden -> log -> data folder -> loop -> run() -> status
 */
#include <banyan/core/daemon.h>

#include <banyan/base/alloc.h>
#include <banyan/base/check.h>
#include <banyan/base/text.h>
#include <banyan/base/version.h>
#include <banyan/core/log.h>

#include "process.h"
#include "settings.h"

#include <jansson.h>

#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define USAGE_STATUS 2
#define STATUS_BYTES_MAX 512
#define PRINT_BYTES_MAX (4 * 1024 * 1024)
#define NAMES_MAX 128

enum { OPTION_CONFIG = 256, OPTION_DATA, OPTION_SET, OPTION_LEVEL, OPTION_FORMAT, OPTION_VERSION };

static const struct option options[] = {
    {"config", required_argument, NULL, OPTION_CONFIG},
    {"data", required_argument, NULL, OPTION_DATA},
    {"set", required_argument, NULL, OPTION_SET},
    {"log-level", required_argument, NULL, OPTION_LEVEL},
    {"log-format", required_argument, NULL, OPTION_FORMAT},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, OPTION_VERSION},
    {"json", no_argument, NULL, 'j'},
    {NULL, 0, NULL, 0},
};

typedef struct invocation {
    bn_daemon daemon; /* first: the program's callbacks get its address */
    settings_sources sources;
    bool json;
    bool help;
    bool version;
    bool ready;
    bn_timer watchdog;
    int argc; /* what follows the options */
    char **argv;
} invocation;

typedef int (*builtin_run)(invocation *call, int argc, char **argv);

typedef struct builtin {
    const char *name;
    const char *help;
    builtin_run run;
} builtin;

static void print_buf(FILE *to, bn_buf *text)
{
    fputs(bn_buf_cstr(text), to);
}

static int run_help(invocation *call, int argc, char **argv);
static int run_version(invocation *call, int argc, char **argv);

/* The settings, or an exit status other than 0 after the report was printed. */
static int load_settings(invocation *call)
{
    BN_AUTO(bn_config_report_fini) bn_config_report report;
    bn_config_report_init(&report);
    bool usage = false;
    bn_rc rc = settings_load(call->daemon.program, &call->sources, &report, &call->daemon.config,
                             &usage);
    print_buf(stderr, &report.text);
    if (rc == BN_E_NO_MEMORY) {
        fprintf(stderr, "%s: no memory\n", call->daemon.program->name);
    }
    if (rc != BN_OK) {
        return usage ? USAGE_STATUS : 1;
    }
    call->daemon.data_folder = bn_config_text(call->daemon.config, "data", "folder");
    return 0;
}

static int run_check_config(invocation *call, int argc, char **argv)
{
    if (argc > 1) {
        call->sources.config_path = argv[1];
    }
    int status = load_settings(call);
    if (status == 0) {
        const char *path = call->sources.config_path;
        printf("%s: no errors\n", path != NULL ? path : "settings");
    }
    return status;
}

static int run_print_config(invocation *call, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    int status = load_settings(call);
    if (status == 0) {
        BN_AUTO(bn_buf_fini) bn_buf text;
        bn_buf_init(&text, PRINT_BYTES_MAX);
        bn_config_print(call->daemon.config, &text);
        print_buf(stdout, &text);
    }
    return status;
}

static int run_example_config(invocation *call, int argc, char **argv)
{
    bool zh = argc > 1 && strcmp(argv[1], "zh") == 0;
    BN_AUTO(bn_buf_fini) bn_buf text;
    bn_buf_init(&text, PRINT_BYTES_MAX);
    bn_config_example(call->daemon.program->keys, call->daemon.program->keys_count,
                      zh ? BN_CONFIG_ZH : BN_CONFIG_EN, &text);
    print_buf(stdout, &text);
    return 0;
}

static bn_log_options log_options(const invocation *call)
{
    bool json = bn_config_choice(call->daemon.config, "log", "format") == BN_LOG_JSON;
    return (bn_log_options){
        .level = (bn_log_level)bn_config_choice(call->daemon.config, "log", "level"),
        .format = json ? BN_LOG_JSON : BN_LOG_TEXT,
        .fd = STDERR_FILENO,
        .priority = bn_log_is_journal(STDERR_FILENO),
        .clock = call->daemon.clock,
    };
}

static void log_report(bn_config_report *report)
{
    char *rest = NULL;
    char *text = bn_strdup(bn_buf_cstr(&report->text));
    for (char *line = text != NULL ? strtok_r(text, "\n", &rest) : NULL; line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        bn_log(BN_LOG_WARN, "config_finding", "text=%s", line);
    }
    bn_free(text);
}

static void adopt(invocation *call, bn_config *fresh)
{
    BN_AUTO(bn_buf_fini) bn_buf applied;
    BN_AUTO(bn_buf_fini) bn_buf waiting;
    bn_buf_init(&applied, PRINT_BYTES_MAX);
    bn_buf_init(&waiting, PRINT_BYTES_MAX);
    bn_config_adopt(call->daemon.config, fresh, &applied, &waiting);
    bn_log_set_level((bn_log_level)bn_config_choice(call->daemon.config, "log", "level"));
    bn_log(BN_LOG_INFO, "config_reloaded", "applied=%s needs_restart=%s", bn_buf_cstr(&applied),
           bn_buf_cstr(&waiting));
}

static void on_reload(void *context)
{
    invocation *call = context;
    struct timespec now = {.tv_sec = 0};
    clock_gettime(CLOCK_MONOTONIC, &now); /* the service manager compares with this clock */
    char state[STATUS_BYTES_MAX];
    snprintf(state, sizeof state, "RELOADING=1\nMONOTONIC_USEC=%" PRId64,
             (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000);
    bn_notify(state);
    BN_AUTO(bn_config_report_fini) bn_config_report report;
    BN_AUTO(bn_config_destroy) bn_config *fresh = NULL;
    bn_config_report_init(&report);
    bool usage = false;
    bn_rc rc = settings_load(call->daemon.program, &call->sources, &report, &fresh, &usage);
    log_report(&report);
    if (rc != BN_OK) {
        bn_log(BN_LOG_ERROR, "config_kept", "code=%s errors=%u", bn_rc_text(rc),
               report.errors_count);
    } else {
        adopt(call, fresh);
        if (call->daemon.program->reload != NULL) {
            call->daemon.program->reload(&call->daemon);
        }
    }
    if (call->ready) {
        bn_notify("READY=1");
    }
}

static void on_stop(void *context)
{
    invocation *call = context;
    bn_notify("STOPPING=1");
    bn_log_event(BN_LOG_INFO, "stopping");
    if (call->daemon.program->stop != NULL) {
        call->daemon.program->stop(&call->daemon);
    } else {
        bn_loop_stop(call->daemon.loop);
    }
}

/* A timer of the loop, so that a loop that is stuck stops feeding. */
static void on_watchdog(void *context)
{
    (void)context;
    bn_notify("WATCHDOG=1");
}

static bn_rc prepare_loop(invocation *call, bn_err *err)
{
    bn_loop_signals signals = {.stop = on_stop, .reload = on_reload, .context = call};
    BN_TRY(bn_loop_create(call->daemon.clock, &call->daemon.loop, err));
    BN_TRY(bn_loop_hear_signals(call->daemon.loop, &signals, err));
    uint64_t period_ms = bn_notify_watchdog_ms();
    if (period_ms > 0) {
        bn_rc rc = bn_loop_every(call->daemon.loop, &call->watchdog, period_ms, on_watchdog, call);
        return rc == BN_OK ? BN_OK : bn_fail(err, rc, "no memory for the watchdog");
    }
    return BN_OK;
}

static bn_rc serve(invocation *call, bn_err *err)
{
    const bn_program *program = call->daemon.program;
    if (call->daemon.data_folder[0] == 0) {
        return bn_fail(err, BN_E_INVALID,
                       "data.folder is not set and there is no HOME: use --data");
    }
    BN_TRY(process_make_folder(call->daemon.data_folder, err));
    BN_TRY(prepare_loop(call, err));
    bn_log(BN_LOG_INFO, "starting", "program=%s version=%s pid=%d data=%s", program->name,
           BN_PROGRAM_VERSION, (int)getpid(), call->daemon.data_folder);
    return program->run(&call->daemon, err);
}

static int run_daemon(invocation *call, int argc, char **argv)
{
    bn_err err = {.code = BN_OK};
    if (argc > 1) {
        fprintf(stderr, "%s: run takes no argument, got %s\n", call->daemon.program->name, argv[1]);
        return USAGE_STATUS;
    }
    bn_rc rc = bn_harden_process(&err);
    int status = rc == BN_OK ? load_settings(call) : 1;
    if (rc == BN_OK && status != 0) {
        return status;
    }
    if (rc == BN_OK) {
        bn_log_options log = log_options(call);
        bn_log_open(&log);
        rc = serve(call, &err);
    }
    if (rc != BN_OK) {
        err.code = rc;
        bn_log_err(BN_LOG_ERROR, "failed", &err);
    } else {
        bn_log_event(BN_LOG_INFO, "stopped");
    }
    bn_loop_destroy(&call->daemon.loop);
    return bn_rc_exit_status(rc);
}

static const builtin builtins[] = {
    {"run", "serve in the foreground until SIGTERM (the default)", run_daemon},
    {"check-config", "report every error of the settings: check-config [FILE]", run_check_config},
    {"print-config", "show every effective setting and where it comes from", run_print_config},
    {"example-config", "an annotated file of all settings: example-config [en|zh]",
     run_example_config},
    {"help", "this text", run_help},
    {"version", "versions of the program and its libraries: version [--json]", run_version},
};

static int run_help(invocation *call, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    const bn_program *program = call->daemon.program;
    printf("%s - %s\n\nusage: %s [OPTION]... [COMMAND]\n\ncommands:\n", program->name,
           program->summary, program->name);
    for (size_t i = 0; i < BN_COUNT(builtins); i++) {
        printf("  %-16s%s\n", builtins[i].name, builtins[i].help);
    }
    printf("\noptions:\n"
           "  --config FILE             settings file (default %s)\n"
           "  --data DIR                data folder\n"
           "  --set SECTION.KEY=VALUE   one setting; may be repeated\n"
           "  --log-level LEVEL         error, warn, info or debug\n"
           "  --log-format FORMAT       text or json\n"
           "  --help, --version [--json]\n",
           program->config_path != NULL ? program->config_path : "none");
    if (program->usage != NULL) {
        printf("\n%s", program->usage);
    }
    return 0;
}

static int print_version_json(const bn_program *program)
{
    json_t *libraries = json_object();
    for (size_t i = 0; i < program->libraries_count; i++) {
        json_object_set_new(libraries, program->libraries[i].name,
                            json_string(program->libraries[i].version));
    }
    json_t *version = json_pack("{s:s,s:s,s:s,s:i,s:i,s:i,s:o}", "schema", "banyan.version/1",
                                "program", program->name, "version", BN_PROGRAM_VERSION, "wire",
                                BN_WIRE_VERSION, "schema_version", BN_SCHEMA_VERSION,
                                "store_version", BN_STORE_VERSION, "libraries", libraries);
    int failed = version == NULL || json_dumpf(version, stdout, JSON_COMPACT) != 0;
    json_decref(version);
    putchar('\n');
    return failed;
}

static int run_version(invocation *call, int argc, char **argv)
{
    const bn_program *program = call->daemon.program;
    (void)argc;
    (void)argv;
    if (call->json) {
        return print_version_json(program);
    }
    printf("%s %s (wire %d, schema %d, store %d)\n", program->name, BN_PROGRAM_VERSION,
           BN_WIRE_VERSION, BN_SCHEMA_VERSION, BN_STORE_VERSION);
    for (size_t i = 0; i < program->libraries_count; i++) {
        printf("%s %s\n", program->libraries[i].name, program->libraries[i].version);
    }
    return 0;
}

static int refuse_usage(const invocation *call, const char *what, const char *given,
                        const char *nearest)
{
    const char *name = call->daemon.program->name;
    fprintf(stderr, "%s: %s %s", name, what, given);
    if (nearest != NULL) {
        fprintf(stderr, " (did you mean %s?)", nearest);
    }
    fprintf(stderr, "\nTry '%s --help'.\n", name);
    return USAGE_STATUS;
}

static int refuse_option(const invocation *call, const char *given, bool lacks_value)
{
    char names[BN_COUNT(options)][32];
    const char *pointers[BN_COUNT(options)] = {NULL};
    for (size_t i = 0; options[i].name != NULL; i++) {
        snprintf(names[i], sizeof names[i], "--%s", options[i].name);
        pointers[i] = names[i];
    }
    if (lacks_value) {
        return refuse_usage(call, "a value is missing after", given, NULL);
    }
    size_t len = strcspn(given, "=");
    const char *nearest =
        bn_nearest_name(bn_slice_make(given, len), pointers, BN_COUNT(options) - 1);
    return refuse_usage(call, "unknown option", given, nearest);
}

static bool add_flag(invocation *call, const char *flag, const char *key)
{
    settings_sources *sources = &call->sources;
    if (sources->flags_count == SETTINGS_FLAGS_MAX) {
        return false;
    }
    sources->flags[sources->flags_count++] =
        (settings_flag){.flag = flag, .key = key, .value = optarg};
    return true;
}

static bool take_option(invocation *call, int option)
{
    switch (option) {
    case OPTION_CONFIG:
        call->sources.config_path = optarg;
        return true;
    case OPTION_DATA:
        return add_flag(call, "--data", "data.folder=");
    case OPTION_SET:
        return add_flag(call, "--set", "");
    case OPTION_LEVEL:
        return add_flag(call, "--log-level", "log.level=");
    case OPTION_FORMAT:
        return add_flag(call, "--log-format", "log.format=");
    case OPTION_VERSION:
        call->version = true;
        return true;
    case 'j':
        call->json = true;
        return true;
    default:
        call->help = true;
        return true;
    }
}

/* Options up to the first word that is none; then argc and argv are what follows. */
static int parse_options(invocation *call, int argc, char **argv)
{
    optind = 0;
    opterr = 0;
    for (;;) {
        int at = optind > 0 ? optind : 1;
        int option = getopt_long(argc, argv, "+:h", options, NULL);
        if (option == -1) {
            break;
        }
        if (option == '?' || option == ':') {
            return refuse_option(call, argv[at], option == ':');
        }
        if (!take_option(call, option)) {
            return refuse_usage(call, "too many options at", argv[at], NULL);
        }
    }
    call->argc = argc - optind;
    call->argv = argv + optind;
    return 0;
}

static const char *nearest_command(const bn_program *program, const char *given)
{
    const char *names[NAMES_MAX];
    size_t count = 0;
    for (; count < BN_COUNT(builtins); count++) {
        names[count] = builtins[count].name;
    }
    for (size_t i = 0; program->commands != NULL && program->commands[i] != NULL; i++) {
        if (count < NAMES_MAX) {
            names[count++] = program->commands[i];
        }
    }
    return bn_nearest_name(bn_slice_of(given), names, count);
}

static int run_builtin(invocation *call, const builtin *command)
{
    /* Options may also stand behind the command; its word plays the part of argv[0]. */
    int argc = call->argc;
    char **argv = call->argv;
    int status = parse_options(call, argc, argv);
    if (status != 0) {
        return status;
    }
    if (call->help) {
        return run_help(call, argc, argv);
    }
    return command->run(call, call->argc + 1, call->argv - 1);
}

static int run_own(invocation *call)
{
    const bn_program *program = call->daemon.program;
    const char *given = call->argv[0];
    bool known = program->commands == NULL;
    for (size_t i = 0; !known && program->commands[i] != NULL; i++) {
        known = strcmp(program->commands[i], given) == 0;
    }
    int status = 0;
    if (program->command != NULL && known) {
        status = load_settings(call);
        if (status != 0 || program->command(&call->daemon, call->argc, call->argv, &status)) {
            return status;
        }
    }
    return refuse_usage(call, "unknown command", given, nearest_command(program, given));
}

static int dispatch(invocation *call)
{
    if (call->help || call->version) {
        return call->help ? run_help(call, 0, NULL) : run_version(call, 0, NULL);
    }
    if (call->argc == 0) {
        return run_daemon(call, 0, NULL);
    }
    for (size_t i = 0; i < BN_COUNT(builtins); i++) {
        if (strcmp(call->argv[0], builtins[i].name) == 0) {
            return run_builtin(call, &builtins[i]);
        }
    }
    return run_own(call);
}

int bn_daemon_main(const bn_program *program, int argc, char **argv)
{
    invocation call = {.daemon = {.program = program,
                                  .clock = bn_clock_machine(),
                                  .random = bn_random_machine()}};
    int status = parse_options(&call, argc, argv);
    if (status == 0) {
        status = dispatch(&call);
    }
    bn_config_destroy(&call.daemon.config);
    if (fflush(stdout) != 0 && status == 0) {
        status = 1;
    }
    return status;
}

void bn_daemon_ready(bn_daemon *daemon)
{
    invocation *call = (invocation *)daemon;
    call->ready = true;
    bn_notify("READY=1");
    bn_log_event(BN_LOG_INFO, "ready");
}

void bn_daemon_status(bn_daemon *daemon, const char *format, ...)
{
    (void)daemon;
    char state[STATUS_BYTES_MAX] = "STATUS=";
    size_t used = strlen(state);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(state + used, sizeof state - used, format, arguments);
    va_end(arguments);
    for (char *at = state; *at != 0; at++) {
        *at = *at == '\n' ? ' ' : *at; /* a line break would start another variable */
    }
    bn_notify(state);
}

bn_rc bn_daemon_path(const bn_daemon *daemon, const char *name, char **out, bn_err *err)
{
    BN_AUTO(bn_buf_fini) bn_buf path;
    bn_buf_init(&path, PATH_MAX);
    bn_buf_printf(&path, "%s/%s", daemon->data_folder, name);
    if (bn_buf_status(&path) != BN_OK) {
        return bn_fail(err, bn_buf_status(&path), "%s: path in the data folder is too long", name);
    }
    char *copy = bn_strdup(bn_buf_cstr(&path));
    if (copy == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "%s: no memory", name);
    }
    *out = copy;
    return BN_OK;
}
