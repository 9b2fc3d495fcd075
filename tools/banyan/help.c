/* help.c - help in four lengths, all from the table.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "cli.h"
#include "print.h"
#include "run.h"

#include <banyan/base/check.h>
#include <banyan/base/text.h>
#include <banyan/base/version.h>

#include <string.h>

#define LEFT_COLUMNS 26

static const char *pick(const cli *c, const char *en, const char *zh)
{
    return c->language == LANGUAGE_ZH ? zh : en;
}

static void say(cli *c, FILE *to, message_id id)
{
    fprintf(to, "%s\n", message_text(c->language, id));
}

static void say_row(FILE *to, const char *left, const char *right)
{
    size_t columns = bn_utf8_columns(bn_slice_of(left));
    size_t pad = columns < LEFT_COLUMNS ? LEFT_COLUMNS - columns : 1;
    fprintf(to, "  %s%*s %s\n", left, (int)pad, "", right);
}

static const char *const examples[] = {
    "banyan customer add --name 王小明 --mobile 13800138000",
    "banyan search wxm",
    "banyan sync status",
};

void help_short(cli *c, FILE *to)
{
    static const command_id common[] = {COMMAND_CUSTOMER_ADD,  COMMAND_CUSTOMER_SHOW,
                                        COMMAND_CUSTOMER_EDIT, COMMAND_CUSTOMER_HISTORY,
                                        COMMAND_CONFLICT_LIST, COMMAND_CONFLICT_RESOLVE,
                                        COMMAND_BRANCH_LIST,   COMMAND_DOCTOR};
    say(c, to, MSG_HELP_ABOUT);
    fputc('\n', to);
    say(c, to, MSG_HELP_EXAMPLES);
    for (size_t i = 0; i < BN_COUNT(examples); i++) {
        fprintf(to, "  %s\n", examples[i]);
    }
    fputc('\n', to);
    say(c, to, MSG_HELP_COMMON);
    for (size_t i = 0; i < BN_COUNT(common); i++) {
        const command *which = &commands[common[i]];
        say_row(to, command_title(which), pick(c, which->help_en, which->help_zh));
    }
    fputc('\n', to);
    say(c, to, MSG_HELP_MORE);
}

static void say_commands(cli *c, FILE *to, const char *noun)
{
    for (size_t i = 0; i < COMMANDS_COUNT; i++) {
        if (noun == NULL || strcmp(commands[i].noun, noun) == 0) {
            say_row(to, command_title(&commands[i]),
                    pick(c, commands[i].help_en, commands[i].help_zh));
        }
    }
}

static const char *flag_text(cli *c, const char *name, const char *value)
{
    return print_format(c, "--%s%s%s", name, value[0] != '\0' ? " " : "", value);
}

static void say_globals(cli *c, FILE *to)
{
    fprintf(to, "\n%s\n", message_text(c->language, MSG_HELP_GLOBALS));
    for (size_t i = 0; i < GLOBALS_COUNT; i++) {
        say_row(to, flag_text(c, globals[i].name, globals[i].value),
                pick(c, globals[i].help_en, globals[i].help_zh));
    }
}

void help_noun(cli *c, FILE *to, const char *noun)
{
    fprintf(to, "%s\n\n", SENTENCE(c, HELP_USAGE, print_format(c, "%s ...", noun)));
    say(c, to, MSG_HELP_COMMANDS);
    say_commands(c, to, noun);
}

void help_all(cli *c, FILE *to)
{
    say(c, to, MSG_HELP_ABOUT);
    fputc('\n', to);
    say(c, to, MSG_HELP_COMMANDS);
    say_commands(c, to, NULL);
    say_globals(c, to);
    fprintf(to, "\n%s\n", message_text(c->language, MSG_HELP_EXITS));
    say(c, to, MSG_HELP_MORE);
}

static void say_usage(cli *c, FILE *to, const command *which)
{
    BN_AUTO(bn_buf_fini) bn_buf line;
    bn_buf_init(&line, 1024);
    bn_buf_append_text(&line, command_title(which));
    size_t count = 0;
    const command_arg *args = command_args(which->id, &count);
    for (size_t i = 0; i < count; i++) {
        const char *form = args[i].place == PLACE_NEED   ? " %s"
                           : args[i].place == PLACE_MAY  ? " [%s]"
                           : args[i].place == PLACE_REST ? " [%s]..."
                                                         : NULL;
        if (form != NULL) {
            const char *gap = strstr(form, "%s");
            bn_buf_append(&line, form, (size_t)(gap - form));
            bn_buf_append_text(&line, args[i].value);
            bn_buf_append_text(&line, gap + 2);
        }
    }
    bn_buf_append_text(&line, command_takes_fields(which) ? " --FIELD VALUE ..." : " [--FLAG ...]");
    fprintf(to, "%s\n%s\n", SENTENCE(c, HELP_USAGE, bn_buf_cstr(&line)),
            pick(c, which->help_en, which->help_zh));
}

static void say_args(cli *c, FILE *to, const command *which, bool flags)
{
    size_t count = 0;
    const command_arg *args = command_args(which->id, &count);
    bool headed = false;
    for (size_t i = 0; i < count; i++) {
        if (args[i].place == PLACE_FIXED || (args[i].place == PLACE_FLAG) != flags) {
            continue;
        }
        if (!headed) {
            fprintf(to, "\n%s\n",
                    message_text(c->language, flags ? MSG_HELP_FLAGS : MSG_HELP_WORDS));
            headed = true;
        }
        say_row(to, flags ? flag_text(c, args[i].name, args[i].value) : args[i].value,
                pick(c, args[i].help_en, args[i].help_zh));
    }
}

static const char *choices_text(cli *c, const bn_kind_def *kind, const bn_field_def *field)
{
    BN_AUTO(bn_buf_fini) bn_buf text;
    bn_buf_init(&text, 4096);
    size_t count = 0;
    const bn_choice *choices = bn_schema_choices(kind->kind, field->number, &count);
    for (size_t i = 0; i < count; i++) {
        bn_buf_printf(&text, "%s%s", i > 0 ? "|" : " (", choices[i].name);
    }
    bn_buf_append_text(&text, count > 0 ? ")" : "");
    const char *kept = bn_arena_cstr(&c->arena, bn_buf_slice(&text));
    return kept != NULL ? kept : "";
}

static const char *dashed(cli *c, const char *name)
{
    char *text = bn_arena_cstr(&c->arena, bn_slice_of(name));
    for (char *at = text; at != NULL && *at != '\0'; at++) {
        *at = *at == '_' ? '-' : *at;
    }
    return text != NULL ? text : name;
}

static void say_fields(cli *c, FILE *to, const command *which)
{
    const bn_kind_def *kind = c->call->kind;
    if (kind == NULL && strcmp(which->noun, "customer") == 0) {
        kind = bn_schema_kind(BN_KIND_CUSTOMER);
    }
    fputc('\n', to);
    if (kind == NULL) {
        say(c, to, MSG_HELP_FIELD_FLAGS);
    } else {
        fprintf(to, "%s\n", SENTENCE(c, HELP_FIELDS, print_kind_label(c, kind)));
        for (size_t i = 0; i < kind->fields_count; i++) {
            const bn_field_def *field = &kind->fields[i];
            say_row(to, print_format(c, "--%s", dashed(c, field->name)),
                    print_format(c, "%s%s", print_field_label(c, field),
                                 choices_text(c, kind, field)));
        }
    }
    say_row(to, "--set FIELD=VALUE", message_text(c->language, MSG_HELP_SET));
    say_row(to, "--clear FIELD", message_text(c->language, MSG_HELP_CLEAR));
    say_row(to, "--add FIELD=VALUE", message_text(c->language, MSG_HELP_ADD));
    say_row(to, "--remove FIELD=VALUE", message_text(c->language, MSG_HELP_REMOVE));
}

void help_command(cli *c, FILE *to, const command *which)
{
    say_usage(c, to, which);
    say_args(c, to, which, false);
    say_args(c, to, which, true);
    if (command_takes_fields(which)) {
        say_fields(c, to, which);
    }
    say_globals(c, to);
}

int run_help(cli *c, invocation *call)
{
    const char *words[3] = {NULL};
    size_t count = 0;
    for (size_t i = 0; i < call->values_count && count < BN_COUNT(words); i++) {
        words[count++] = call->values[i].text;
    }
    if (count == 0) {
        help_all(c, c->out);
        return 0;
    }
    if (!command_has_noun(words[0])) {
        const char *near = command_nearest_noun(words[0]);
        return cli_usage(c, SENTENCE(c, UNKNOWN_COMMAND, words[0]),
                         near != NULL ? print_format(c, "banyan help %s", near) : "banyan help");
    }
    const command *which = command_find(words[0], words[1] != NULL ? words[1] : "");
    if (which == NULL && words[1] != NULL) {
        const char *near = command_nearest_verb(words[0], words[1]);
        return cli_usage(c,
                         SENTENCE(c, UNKNOWN_COMMAND,
                                  print_format(c, "%s %s", words[0], words[1])),
                         print_format(c, "banyan help %s %s", words[0], near != NULL ? near : ""));
    }
    if (which == NULL) {
        help_noun(c, c->out, words[0]);
        return 0;
    }
    if (words[2] != NULL && command_takes_fields(which)) {
        call->kind = bn_schema_kind_named(bn_slice_of(words[2]));
    }
    help_command(c, c->out, which);
    return 0;
}
