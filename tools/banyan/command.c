/* command.c - the table of commands, read from commands.def.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "command.h"

#include "run.h"
#include "show.h"

#include <banyan/base/check.h>
#include <banyan/base/text.h>

#include <stdio.h>
#include <string.h>

#define TITLE_BYTES 48
#define TITLES_COUNT 4

#define BN_ARG(...)
#define BN_GLOBAL(...)
#define BN_COMMAND(ID, Noun, Verb, Op, Role, Effect, Run, Show, En, Zh) \
    [COMMAND_##ID] = {.id = COMMAND_##ID,                               \
                      .noun = (Noun),                                   \
                      .verb = (Verb),                                   \
                      .op = (Op),                                       \
                      .role = ROLE_##Role,                              \
                      .effect = EFFECT_##Effect,                        \
                      .run = run_##Run,                                 \
                      .show = show_##Show,                              \
                      .help_en = (En),                                  \
                      .help_zh = (Zh)},
const command commands[COMMANDS_COUNT] = {
#include "commands.def"
};
#undef BN_COMMAND
#undef BN_ARG

#define BN_COMMAND(...)
#define BN_ARG(Id, Place, Name, Value, Member, Type, En, Zh) \
    {.command = COMMAND_##Id,                                \
     .place = PLACE_##Place,                                 \
     .name = (Name),                                         \
     .value = (Value),                                       \
     .member = (Member),                                     \
     .type = ARG_##Type,                                     \
     .help_en = (En),                                        \
     .help_zh = (Zh)},
static const command_arg args[] = {
#include "commands.def"
};
#undef BN_ARG
#undef BN_GLOBAL

#define BN_ARG(...)
#define BN_GLOBAL(ID, Name, Value, En, Zh) \
    [GLOBAL_##ID] = {.name = (Name), .value = (Value), .help_en = (En), .help_zh = (Zh)},
const global_flag globals[GLOBALS_COUNT] = {
#include "commands.def"
};
#undef BN_COMMAND
#undef BN_ARG
#undef BN_GLOBAL

const command_arg *command_args(command_id id, size_t *count)
{
    size_t first = 0;
    while (first < BN_COUNT(args) && args[first].command != id) {
        first++;
    }
    size_t end = first;
    while (end < BN_COUNT(args) && args[end].command == id) {
        end++;
    }
    *count = end - first;
    return args + (*count > 0 ? first : 0);
}

const command *command_find(const char *noun, const char *verb)
{
    for (size_t i = 0; i < COMMANDS_COUNT; i++) {
        if (strcmp(commands[i].noun, noun) == 0 && strcmp(commands[i].verb, verb) == 0) {
            return &commands[i];
        }
    }
    return NULL;
}

bool command_has_noun(const char *noun)
{
    for (size_t i = 0; i < COMMANDS_COUNT; i++) {
        if (strcmp(commands[i].noun, noun) == 0) {
            return true;
        }
    }
    return false;
}

const char *command_nearest_noun(const char *word)
{
    const char *names[COMMANDS_COUNT];
    for (size_t i = 0; i < COMMANDS_COUNT; i++) {
        names[i] = commands[i].noun;
    }
    return bn_nearest_name(bn_slice_of(word), names, COMMANDS_COUNT);
}

const char *command_nearest_verb(const char *noun, const char *word)
{
    const char *names[COMMANDS_COUNT];
    size_t count = 0;
    for (size_t i = 0; i < COMMANDS_COUNT; i++) {
        if (strcmp(commands[i].noun, noun) == 0) {
            names[count++] = commands[i].verb;
        }
    }
    return bn_nearest_name(bn_slice_of(word), names, count);
}

bool command_takes_fields(const command *which)
{
    return which->run == run_save;
}

const char *command_title(const command *which)
{
    static char titles[TITLES_COUNT][TITLE_BYTES];
    static size_t turn;
    char *title = titles[turn++ % TITLES_COUNT];
    snprintf(title, TITLE_BYTES, "%s%s%s", which->noun, which->verb[0] != '\0' ? " " : "",
             which->verb);
    return title;
}
