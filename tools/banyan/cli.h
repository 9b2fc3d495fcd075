/* cli.h - one run of the command line: streams, choices of the caller, how to speak.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   argv -> parse -> invocation -> args -> daemon -> result -> stdout
 *                                               \-> messages, advice -> stderr
 */
#ifndef BANYAN_TOOLS_BANYAN_CLI_H
#define BANYAN_TOOLS_BANYAN_CLI_H

#include <banyan/base/arena.h>
#include <banyan/base/buf.h>
#include <banyan/base/err.h>
#include <banyan/protocol/schema.h>

#include "command.h"
#include "messages.h"

#include <jansson.h>
#include <stdio.h>

#define CLI_VALUES_MAX 256 /* flags and positionals of one call */
#define CLI_ARENA_BYTES_MAX (32 * 1024 * 1024)
#define CLI_TIMEOUT_MS 60000
#define CLI_USAGE 2
#define CLI_REJECTED_ROWS 7

/* One thing typed: a row of the table, or a field of the kind. */
typedef struct typed_value {
    const command_arg *arg; /* NULL for a field */
    const bn_field_def *field;
    char field_action;      /* of a field, or of --set and its kin: 's' 'c' 'a' 'r'; else 0 */
    const char *text;
} typed_value;

typedef struct invocation {
    const char *noun;       /* first word; NULL: none */
    const command *command; /* NULL: a noun without its verb */
    const bn_kind_def *kind; /* of commands with a kind; NULL: none */
    bool help;
    typed_value values[CLI_VALUES_MAX];
    size_t values_count;
} invocation;

struct cli {
    FILE *in;
    FILE *out;
    FILE *err;
    bool in_tty;
    bool out_tty;
    bool err_tty;
    char *const *environment;

    message_language language;
    const char *at;
    const char *actor;
    const char *socket; /* found at the first request */
    uint64_t timeout_ms;
    bool json;
    bool jsonl;
    bool utc;
    bool yes;
    bool dry_run;
    bool quiet;
    bool no_color;
    bool version;

    const invocation *call; /* the one running */
    bn_arena arena;         /* texts of this run */
};

/* The whole of main() but for the streams of the process. */
int cli_main(cli *c, int argc, char **argv);

/* Value of an environment variable; NULL when unset or empty. */
const char *cli_environment(const cli *c, const char *name);

/* --- call.c */
/* Sends the operation; on failure says so and returns the exit status, else 0 and *result. */
int cli_request(cli *c, const char *op, json_t *args, json_t **result);

/* The same, but a refusal comes back in *code and `err` instead of being told. */
bn_rc cli_request_quietly(cli *c, const char *op, json_t *args, json_t **result, bn_buf *next,
                          bn_err *err);

/* Prints the result: JSON when asked for, else the command's own form. */
void cli_result(cli *c, const command *which, json_t *result);

/* What, why, next: to stderr, with --json also an error object on stdout. Returns the status. */
int cli_fail(cli *c, bn_rc code, const char *text, const char *next);
int cli_usage(cli *c, const char *text, const char *next);

/* --- args.c */
/* Args of the operation from what was typed; false after it has told what is wrong. */
bool cli_args(cli *c, const invocation *call, json_t **args);

/* Text given for the flag or positional; NULL when it is not there. */
const char *cli_value(const invocation *call, const char *name);
bool cli_switch(const invocation *call, const char *name);

/* --- parse.c */
/* Reads argv[1..). 0: go on; else the exit status, after telling what is wrong. */
int cli_parse(cli *c, int argc, char **argv, invocation *call);

/* --- ask.c */
/* Yes or no from the terminal; without one, --yes is needed: *status is set when false. */
bool cli_confirm(cli *c, const char *question, int *status);

/* A line from stdin, blanks off; NULL at the end of input. */
const char *cli_read_line(cli *c);

/* True after SIGINT. */
bool cli_interrupted(void);
void cli_catch_interrupt(void);

#endif
