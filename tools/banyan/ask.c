/* ask.c - questions to a person, and a person's Ctrl-C.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "cli.h"
#include "print.h"

#include <banyan/base/check.h>

#include <signal.h>
#include <string.h>

#define LINE_BYTES 1024

static volatile sig_atomic_t interrupts;

static void on_interrupt(int signal_number)
{
    (void)signal_number;
    interrupts = 1;
}

void cli_catch_interrupt(void)
{
    interrupts = 0;
    /* The second one ends the program at once. */
    struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
}

bool cli_interrupted(void)
{
    return interrupts != 0;
}

const char *cli_read_line(cli *c)
{
    char line[LINE_BYTES];
    if (fgets(line, sizeof line, c->in) == NULL) {
        return NULL;
    }
    return bn_arena_cstr(&c->arena, bn_slice_trim(bn_slice_of(line)));
}

bool cli_confirm(cli *c, const char *question, int *status)
{
    if (c->yes) {
        return true;
    }
    if (!c->in_tty || !c->err_tty) {
        *status = cli_usage(c, SENTENCE(c, NEEDS_YES, question), "--yes, --dry-run");
        return false;
    }
    fprintf(c->err, "%s [y/N] ", question);
    fflush(c->err);
    const char *answer = cli_read_line(c);
    if (answer != NULL && (answer[0] == 'y' || answer[0] == 'Y' || strcmp(answer, "是") == 0)) {
        return true;
    }
    TELL(c, NOTHING_DONE, NULL);
    *status = 1;
    return false;
}
