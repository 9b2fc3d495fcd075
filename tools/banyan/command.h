/* command.h - the table of commands: what exists, what it takes, what it is called.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_TOOLS_BANYAN_COMMAND_H
#define BANYAN_TOOLS_BANYAN_COMMAND_H

#include <banyan/base/slice.h>

typedef enum command_role { ROLE_ANY, ROLE_BRANCH, ROLE_SERVER } command_role;

typedef enum command_effect {
    EFFECT_LOCAL,   /* needs no daemon */
    EFFECT_READS,
    EFFECT_CHANGES,
    EFFECT_DESTROYS /* asks first */
} command_effect;

typedef enum arg_place { PLACE_NEED, PLACE_MAY, PLACE_REST, PLACE_FLAG, PLACE_FIXED } arg_place;

typedef enum arg_type {
    ARG_TEXT,
    ARG_NUMBER,
    ARG_SECONDS,
    ARG_SWITCH,
    ARG_UNSWITCH,
    ARG_ON_OFF,
    ARG_LIST,
    ARG_KIND,
    ARG_FIELD,
    ARG_FIELDS, /* parted by commas */
    ARG_BRANCH,
    ARG_PATH,
    ARG_LANGUAGE
} arg_type;

typedef enum command_id {
#define BN_COMMAND(ID, ...) COMMAND_##ID,
#define BN_ARG(...)
#define BN_GLOBAL(...)
#include "commands.def"
#undef BN_COMMAND
#undef BN_ARG
#undef BN_GLOBAL
    COMMANDS_COUNT
} command_id;

typedef enum global_id {
#define BN_COMMAND(...)
#define BN_ARG(...)
#define BN_GLOBAL(ID, ...) GLOBAL_##ID,
#include "commands.def"
#undef BN_COMMAND
#undef BN_ARG
#undef BN_GLOBAL
    GLOBALS_COUNT
} global_id;

typedef struct command_arg {
    command_id command;
    arg_place place;
    const char *name;   /* of the flag, or of the positional; FIXED: the value sent */
    const char *value;  /* what help calls its value; "" for switches */
    const char *member; /* of the operation's args; "" when it is not sent */
    arg_type type;
    const char *help_en;
    const char *help_zh;
} command_arg;

typedef struct global_flag {
    const char *name;
    const char *value;
    const char *help_en;
    const char *help_zh;
} global_flag;

typedef struct cli cli;
struct invocation;

/* Carries the command out and returns the exit status. */
typedef int (*command_run)(cli *c, struct invocation *call);

/* Prints the result of an operation for people. */
struct json_t;
typedef void (*command_show)(cli *c, const struct json_t *result);

typedef struct command {
    command_id id;
    const char *noun;
    const char *verb; /* "" when the noun is the whole command */
    const char *op;
    command_role role;
    command_effect effect;
    command_run run;
    command_show show;
    const char *help_en;
    const char *help_zh;
} command;

extern const command commands[COMMANDS_COUNT];
extern const global_flag globals[GLOBALS_COUNT];

/* The rows of one command: from the result on, *count of them. */
const command_arg *command_args(command_id id, size_t *count);

/* NULL when there is none; verb "" finds a noun that is a whole command. */
const command *command_find(const char *noun, const char *verb);
bool command_has_noun(const char *noun);

/* Nearest noun, or verb of `noun`; NULL when nothing is near. */
const char *command_nearest_noun(const char *word);
const char *command_nearest_verb(const char *noun, const char *word);

/* True for commands with --set, --clear, --add, --remove and one flag per field. */
bool command_takes_fields(const command *which);

/* "customer show", "search": for messages; lives in one of four static places, used in turn. */
const char *command_title(const command *which);

#endif
