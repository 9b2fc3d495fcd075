/* man.c - the manual page, as roff, from the table.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "cli.h"
#include "print.h"
#include "run.h"

#include <banyan/base/check.h>
#include <banyan/base/version.h>

/* Text of a line: '-' as a hyphen-minus, no line begins a request. */
static void put_text(FILE *to, const char *text)
{
    if (*text == '.' || *text == '\'') {
        fputs("\\&", to);
    }
    for (; *text != '\0'; text++) {
        if (*text == '-') {
            fputs("\\-", to);
        } else if (*text == '\\') {
            fputs("\\e", to);
        } else if (*text == '\'') {
            fputs("\\(aq", to);
        } else {
            fputc(*text, to);
        }
    }
}

static void put_line(FILE *to, const char *before, const char *text)
{
    fputs(before, to);
    put_text(to, text);
    fputc('\n', to);
}

static void put_item(FILE *to, const char *name, const char *value, const char *help)
{
    fputs(".TP\n.B ", to);
    put_text(to, name);
    if (value[0] != '\0') {
        fputs(" \\fI", to);
        put_text(to, value);
        fputs("\\fR", to);
    }
    fputc('\n', to);
    put_line(to, "", help);
}

static void put_command(cli *c, FILE *to, const command *which)
{
    size_t count = 0;
    bool zh = c->language == LANGUAGE_ZH;
    const command_arg *args = command_args(which->id, &count);
    put_line(to, ".SS ", print_format(c, "banyan %s", command_title(which)));
    put_line(to, "", zh ? which->help_zh : which->help_en);
    if (command_takes_fields(which)) {
        fputs(".PP\n", to);
        put_line(to, "", message_text(c->language, MSG_HELP_FIELD_FLAGS));
    }
    for (size_t i = 0; i < count; i++) {
        const char *help = zh ? args[i].help_zh : args[i].help_en;
        if (args[i].place == PLACE_FLAG) {
            put_item(to, print_format(c, "--%s", args[i].name), args[i].value, help);
        } else if (args[i].place != PLACE_FIXED) {
            put_item(to, args[i].value, "", help);
        }
    }
}

int run_man(cli *c, invocation *call)
{
    (void)call;
    FILE *to = c->out;
    bool zh = c->language == LANGUAGE_ZH;
    put_line(to, ".TH BANYAN 1 \"\" \"", print_format(c, "banyan %s\"", BN_PROGRAM_VERSION));
    fputs(".SH NAME\n", to);
    put_line(to, "", message_text(c->language, MSG_HELP_ABOUT));
    fputs(".SH SYNOPSIS\n.B banyan\n.I command\n.RI [ argument ]...\n.RI [ flag ]...\n", to);
    fputs(".SH COMMANDS\n", to);
    for (size_t i = 0; i < COMMANDS_COUNT; i++) {
        put_command(c, to, &commands[i]);
    }
    fputs(".SH OPTIONS\n", to);
    for (size_t i = 0; i < GLOBALS_COUNT; i++) {
        put_item(to, print_format(c, "--%s", globals[i].name), globals[i].value,
                 zh ? globals[i].help_zh : globals[i].help_en);
    }
    fputs(".SH EXIT STATUS\n", to);
    put_line(to, "", message_text(c->language, MSG_HELP_EXITS));
    fputs(".SH SEE ALSO\n.BR banyan\\-branch (1),\n.BR banyan\\-server (1)\n", to);
    return 0;
}
