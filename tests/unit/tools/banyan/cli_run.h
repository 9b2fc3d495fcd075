/* cli_run.h - runs the command line within a test and keeps what it printed.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_TESTS_CLI_RUN_H
#define BANYAN_TESTS_CLI_RUN_H

#include "unit/unit.h"

#include "tools/banyan/cli.h"

#include <stdlib.h>
#include <string.h>

#define RUN_WORDS_MAX 32

typedef struct cli_run {
    int status;
    char *out;
    char *err;
    size_t out_len;
    size_t err_len;
} cli_run;

/* `line` is parted at blanks; '_' stands for a blank within a word. */
static inline cli_run run_with(const char *line, bool tty, char *const *environment)
{
    cli_run run = {0};
    char words[1024];
    char *argv[RUN_WORDS_MAX] = {(char[]){"banyan"}};
    char *rest = NULL;
    int argc = 1;
    snprintf(words, sizeof words, "%s", line);
    for (char *word = strtok_r(words, " ", &rest); word != NULL;
         word = strtok_r(NULL, " ", &rest)) {
        assert_true(argc < RUN_WORDS_MAX - 1);
        argv[argc++] = word;
    }
    char empty[] = "";
    cli c = {.in = fmemopen(empty, 1, "r"),
             .out = open_memstream(&run.out, &run.out_len),
             .err = open_memstream(&run.err, &run.err_len),
             .out_tty = tty,
             .environment = environment};
    run.status = cli_main(&c, argc, argv);
    fclose(c.in);
    fclose(c.out);
    fclose(c.err);
    return run;
}

static inline cli_run run_line(const char *line)
{
    char *environment[] = {NULL};
    return run_with(line, false, environment);
}

static inline void run_end(cli_run *run)
{
    free(run->out);
    free(run->err);
}

#endif
