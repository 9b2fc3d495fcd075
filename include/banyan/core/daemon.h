/* daemon.h - what both programs do before and around their work: options, settings, log, loop.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   static const bn_config_key keys[] = {BN_DAEMON_KEYS, {...}, ...};
 *   static const bn_program program = {.name = "banyan-server", .keys = keys, ..., .run = run};
 *   int main(int argc, char **argv) { return bn_daemon_main(&program, argc, argv); }
 *
 *   banyan-server [--config FILE] [--data DIR] [--set SECTION.KEY=VALUE]... [--log-level LEVEL]
 *                 [--log-format text|json] [COMMAND [ARGUMENT]...]
 *
 * Commands every program has: run (the default), check-config [FILE], print-config,
 * example-config [en|zh], help, version [--json]; others go to the program. Exit statuses are
 * those of bn_rc_exit_status(): 0 done, 1 failed, 2 usage, ... .
 */
#ifndef BANYAN_CORE_DAEMON_H
#define BANYAN_CORE_DAEMON_H

#include <banyan/base/err.h>
#include <banyan/core/config.h>
#include <banyan/core/loop.h>
#include <banyan/core/ports.h>

/* The rows every program's table starts with. */
#define BN_DAEMON_KEYS                                                                            \
    {.section = "data", .name = "folder", .type = BN_CONFIG_PATH, .fallback = "",                 \
     .help_en = "folder of everything this program keeps",                                        \
     .help_zh = "本程序保存全部数据的目录"},                                                      \
    {.section = "log", .name = "level", .type = BN_CONFIG_CHOICE, .fallback = "info",             \
     .choices = "error|warn|info|debug", .flags = BN_CONFIG_RELOADABLE,                           \
     .help_en = "least important events that are written", .help_zh = "写入日志的最低级别"},      \
    {.section = "log", .name = "format", .type = BN_CONFIG_CHOICE, .fallback = "text",            \
     .choices = "text|json", .help_en = "lines for people or for programs",                       \
     .help_zh = "日志格式:便于阅读的文本或 JSON 行"}

typedef struct bn_daemon bn_daemon;

/* Library and its version, for `version`; texts are borrowed. */
typedef struct bn_library {
    const char *name;
    const char *version;
} bn_library;

typedef struct bn_program {
    const char *name;    /* "banyan-server" */
    const char *summary; /* one line for --help */
    const char *usage;   /* more lines for --help: own commands and examples; NULL: none */
    const char *folder;  /* name of the data folder: /var/lib/<folder>, $XDG_DATA_HOME/<folder> */
    const char *config_path; /* read when there is no --config and the file exists */
    const bn_config_key *keys;
    size_t keys_count;
    const bn_library *libraries;
    size_t libraries_count;

    /* The daemon's work: opens its things, calls bn_daemon_ready() and bn_loop_run(). What it
     * returns is logged and becomes the exit status. */
    bn_rc (*run)(bn_daemon *daemon, bn_err *err);

    /* After SIGHUP put new values into the config; NULL: nothing to do. */
    void (*reload)(bn_daemon *daemon);

    /* First SIGTERM or SIGINT: finish what is running, then bn_loop_stop(); NULL: stop at once. */
    void (*stop)(bn_daemon *daemon);

    /* Own commands: argv[0] is the command. False when it does not know it; else *status is the
     * exit status. Settings are read, the loop is not there. NULL: no own commands. */
    bool (*command)(bn_daemon *daemon, int argc, char **argv, int *status);

    /* Names of own commands for "did you mean"; NULL-terminated; NULL: none. */
    const char *const *commands;
} bn_program;

struct bn_daemon {
    const bn_program *program;
    bn_config *config;
    bn_loop *loop; /* NULL in a command */
    const bn_clock *clock;
    const bn_random *random;
    const char *data_folder; /* exists with mode 0700 when run() is called */
    void *context;           /* the program's own */
};

/* The whole of main(). */
int bn_daemon_main(const bn_program *program, int argc, char **argv);

/* Tells the service manager (when there is one): able to serve; a line for `systemctl status`,
 * such as "in sync, 0 waiting". */
void bn_daemon_ready(bn_daemon *daemon);
void bn_daemon_status(bn_daemon *daemon, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Path of a file in the data folder, such as the control socket; heap, the caller frees. */
BN_CHECKED bn_rc bn_daemon_path(const bn_daemon *daemon, const char *name, char **out, bn_err *err);

/* --- parts, for programs that are not daemons ---------------------------------------------- */
/* Appends the default data folder: /var/lib/<folder> for root, else $XDG_DATA_HOME/<folder> or
 * ~/.local/share/<folder>. BN_E_NOT_FOUND when there is no home. */
BN_CHECKED bn_rc bn_default_data_folder(const char *folder, bn_buf *out, bn_err *err);

/* No core files, no other process looking in, files for their owner only. */
BN_CHECKED bn_rc bn_harden_process(bn_err *err);

/* One datagram to NOTIFY_SOCKET, such as "READY=1"; false when there is none or it is deaf. */
bool bn_notify(const char *state);

/* Half of WATCHDOG_USEC in milliseconds when it is meant for this process, else 0. */
uint64_t bn_notify_watchdog_ms(void);

#endif
