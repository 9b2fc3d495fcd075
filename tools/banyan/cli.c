/* cli.c - one run: language, parsing, help, the command, its exit status.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "cli.h"
#include "print.h"
#include "run.h"

#include <banyan/base/check.h>

#include <pwd.h>
#include <string.h>
#include <unistd.h>

const char *cli_environment(const cli *c, const char *name)
{
    size_t len = strlen(name);
    for (char *const *at = c->environment; at != NULL && *at != NULL; at++) {
        if (strncmp(*at, name, len) == 0 && (*at)[len] == '=' && (*at)[len + 1] != '\0') {
            return *at + len + 1;
        }
    }
    return NULL;
}

/* As the C library finds the language of messages: LC_ALL, LC_MESSAGES, LANG. */
static message_language environment_language(const cli *c)
{
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    for (size_t i = 0; i < BN_COUNT(names); i++) {
        const char *value = cli_environment(c, names[i]);
        if (value != NULL) {
            return strncmp(value, "zh", 2) == 0 ? LANGUAGE_ZH : LANGUAGE_EN;
        }
    }
    return LANGUAGE_EN;
}

static const char *login_name(cli *c)
{
    const struct passwd *entry = getpwuid(getuid());
    const char *name = entry != NULL ? entry->pw_name : cli_environment(c, "USER");
    const char *kept = name != NULL ? bn_arena_cstr(&c->arena, bn_slice_of(name)) : NULL;
    return kept != NULL ? kept : "unknown";
}

static bool has_needed(cli *c, const invocation *call, int *status)
{
    size_t count = 0;
    const command_arg *args = command_args(call->command->id, &count);
    for (size_t i = 0; i < count; i++) {
        bool there = args[i].place != PLACE_NEED;
        for (size_t v = 0; v < call->values_count && !there; v++) {
            there = call->values[v].arg == &args[i];
        }
        if (!there) {
            const char *title = command_title(call->command);
            *status = cli_usage(c, SENTENCE(c, WORD_MISSING, args[i].value, title),
                                print_format(c, "banyan help %s", title));
            return false;
        }
    }
    return true;
}

static int show_help(cli *c, const invocation *call)
{
    if (call->command != NULL) {
        help_command(c, c->out, call->command);
    } else if (call->noun != NULL) {
        help_noun(c, c->out, call->noun);
    } else {
        help_all(c, c->out);
    }
    return 0;
}

static int run(cli *c, int argc, char **argv, invocation *call)
{
    c->language = environment_language(c);
    c->at = cli_environment(c, "BANYAN_AT");
    c->actor = cli_environment(c, "BANYAN_USER");
    c->timeout_ms = CLI_TIMEOUT_MS;
    c->call = call;
    int status = cli_parse(c, argc, argv, call);
    if (status != 0) {
        return status;
    }
    if (c->actor == NULL) {
        c->actor = login_name(c);
    }
    if (call->help) {
        return show_help(c, call);
    }
    if (c->version) {
        return run_version(c, call);
    }
    if (call->command == NULL) {
        if (call->noun != NULL) {
            help_noun(c, c->err, call->noun);
        } else {
            help_short(c, c->err);
        }
        return CLI_USAGE;
    }
    return has_needed(c, call, &status) ? call->command->run(c, call) : status;
}

int cli_main(cli *c, int argc, char **argv)
{
    invocation call = {0};
    bn_arena_init(&c->arena, CLI_ARENA_BYTES_MAX);
    int status = run(c, argc, argv, &call);
    if (fflush(c->out) != 0 && status == 0) {
        status = 1;
    }
    fflush(c->err);
    c->call = NULL;
    bn_arena_fini(&c->arena);
    return status;
}
