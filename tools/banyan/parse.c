/* parse.c - argv into an invocation, by getopt_long over the rows of the command.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Flags may stand anywhere behind the command; "--" ends them. A positional that is needed may
 * also be given by its name ("branch add --name N" is "branch add N"). Nothing may be abbreviated.
 * A command that takes fields has one flag per field of the kind (--name-latin and --name_latin are
 * the same), so its kind must be known first: it is the first positional, or fixed.
 */
#include "cli.h"
#include "print.h"
#include "run.h"

#include <banyan/base/check.h>
#include <banyan/base/number.h>
#include <banyan/base/text.h>

#include <getopt.h>
#include <string.h>

#define OPTIONS_MAX 160
#define NAME_BYTES 64
#define OPTION_BASE 1000 /* getopt's values: base + place in `targets` */

typedef struct option_target {
    int global; /* -1 when it is not one */
    typed_value value;
} option_target;

typedef struct option_set {
    struct option options[OPTIONS_MAX + 1];
    option_target targets[OPTIONS_MAX];
    char names[OPTIONS_MAX][NAME_BYTES];
    size_t count;
} option_set;

static bool set_has(const option_set *set, const char *name)
{
    for (size_t i = 0; i < set->count; i++) {
        if (strcmp(set->names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static void set_put(option_set *set, const char *name, bool valued, option_target target)
{
    if (set_has(set, name)) {
        return; /* the command's own flag hides a field of the same name: use --set */
    }
    BN_ASSERT(set->count < OPTIONS_MAX && strlen(name) < NAME_BYTES);
    size_t i = set->count++;
    memcpy(set->names[i], name, strlen(name) + 1);
    set->targets[i] = target;
    set->options[i] = (struct option){.name = set->names[i],
                                      .has_arg = valued ? required_argument : no_argument,
                                      .val = OPTION_BASE + (int)i};
}

static void put_field_flags(option_set *set, const bn_kind_def *kind)
{
    static const struct {
        const char *name;
        char action;
    } actions[] = {{"set", 's'}, {"clear", 'c'}, {"add", 'a'}, {"remove", 'r'}};
    for (size_t i = 0; i < BN_COUNT(actions); i++) {
        set_put(set, actions[i].name, true,
                (option_target){-1, {.field_action = actions[i].action}});
    }
    for (size_t i = 0; i < kind->fields_count; i++) {
        const bn_field_def *field = &kind->fields[i];
        char action = bn_policy_is_multi(field->policy) ? 'a' : 's';
        option_target target = {-1, {.field = field, .field_action = action}};
        set_put(set, field->name, true, target);
        char dashed[NAME_BYTES];
        snprintf(dashed, sizeof dashed, "%s", field->name);
        for (char *at = dashed; *at != '\0'; at++) {
            *at = *at == '_' ? '-' : *at;
        }
        set_put(set, dashed, true, target);
    }
}

static void make_options(option_set *set, const command *which, const bn_kind_def *kind)
{
    *set = (option_set){0};
    size_t count = 0;
    const command_arg *args = which != NULL ? command_args(which->id, &count) : NULL;
    for (size_t i = 0; i < count; i++) {
        bool named = args[i].place == PLACE_NEED && args[i].type != ARG_KIND;
        if (args[i].place == PLACE_FLAG || named) {
            set_put(set, args[i].name, args[i].value[0] != '\0',
                    (option_target){-1, {.arg = &args[i]}});
        }
    }
    for (size_t i = 0; i < GLOBALS_COUNT; i++) {
        set_put(set, globals[i].name, globals[i].value[0] != '\0', (option_target){(int)i, {0}});
    }
    if (which != NULL && command_takes_fields(which) && kind != NULL) {
        put_field_flags(set, kind);
    }
}

static int unknown_flag(cli *c, const option_set *set, const char *typed)
{
    while (*typed == '-') {
        typed++;
    }
    bn_slice name = bn_slice_make(typed, strcspn(typed, "="));
    const char *names[OPTIONS_MAX];
    for (size_t i = 0; i < set->count; i++) {
        names[i] = set->names[i];
    }
    const char *near = bn_nearest_name(name, names, set->count);
    const char *said = print_format(c, "--%.*s", BN_SLICE_ARG(name));
    return cli_usage(c, SENTENCE(c, UNKNOWN_FLAG, said),
                     near != NULL ? print_format(c, "--%s", near) : NULL);
}

/* getopt_long() takes "--nam" for "--name" when nothing else begins so; we do not. */
static bool is_exact(const char *typed, const char *name)
{
    size_t len = strlen(name);
    return strncmp(typed, "--", 2) == 0 && strncmp(typed + 2, name, len) == 0 &&
           (typed[2 + len] == '\0' || typed[2 + len] == '=');
}

static bool set_language(cli *c, const char *text)
{
    if (strncmp(text, "zh", 2) == 0) {
        c->language = LANGUAGE_ZH;
    } else if (strncmp(text, "en", 2) == 0) {
        c->language = LANGUAGE_EN;
    } else {
        return false;
    }
    return true;
}

static int take_timeout(cli *c, const char *text)
{
    int64_t seconds = 0;
    if (bn_parse_i64(bn_slice_of(text), &seconds) != BN_OK || seconds < 0 || seconds > 86400) {
        return cli_usage(c, SENTENCE(c, BAD_NUMBER, "--timeout", text), NULL);
    }
    c->timeout_ms = (uint64_t)seconds * 1000;
    return 0;
}

static int take_global(cli *c, invocation *call, global_id id, const char *text)
{
    switch (id) {
    case GLOBAL_AT:
        c->at = text;
        return 0;
    case GLOBAL_AS:
        c->actor = text;
        return 0;
    case GLOBAL_JSON:
        c->json = true;
        return 0;
    case GLOBAL_JSONL:
        c->jsonl = true;
        return 0;
    case GLOBAL_LANG:
        return set_language(c, text) ? 0 : cli_usage(c, SENTENCE(c, BAD_LANGUAGE, text), NULL);
    case GLOBAL_UTC:
        c->utc = true;
        return 0;
    case GLOBAL_YES:
        c->yes = true;
        return 0;
    case GLOBAL_DRY_RUN:
        c->dry_run = true;
        return 0;
    case GLOBAL_TIMEOUT:
        return take_timeout(c, text);
    case GLOBAL_NO_COLOR:
        c->no_color = true;
        return 0;
    case GLOBAL_QUIET:
        c->quiet = true;
        return 0;
    case GLOBAL_HELP:
        call->help = true;
        return 0;
    case GLOBAL_VERSION:
        c->version = true;
        return 0;
    case GLOBALS_COUNT:
        break;
    }
    return 0;
}

static int put_value(cli *c, invocation *call, typed_value value, const char *text)
{
    if (call->values_count == CLI_VALUES_MAX) {
        return cli_usage(c, SENTENCE(c, TOO_MANY_VALUES, NULL), NULL);
    }
    value.text = text != NULL ? text : "";
    call->values[call->values_count++] = value;
    return 0;
}

static bool is_given(const invocation *call, const command_arg *arg)
{
    for (size_t i = 0; i < call->values_count; i++) {
        if (call->values[i].arg == arg) {
            return true;
        }
    }
    return false;
}

static int take_positional(cli *c, invocation *call, const char *text)
{
    size_t count = 0;
    const command_arg *args = command_args(call->command->id, &count);
    for (size_t i = 0; i < count; i++) {
        bool fits = args[i].place == PLACE_NEED || args[i].place == PLACE_MAY;
        if (args[i].place == PLACE_REST || (fits && !is_given(call, &args[i]))) {
            return put_value(c, call, (typed_value){.arg = &args[i]}, text);
        }
    }
    return cli_usage(c, SENTENCE(c, TOO_MANY_WORDS, text, command_title(call->command)), NULL);
}

/* The kind typed as first positional opens the flags of its fields. */
static int take_kind(cli *c, invocation *call, option_set *set)
{
    const typed_value *last =
        call->values_count > 0 ? &call->values[call->values_count - 1] : NULL;
    if (last == NULL || last->arg == NULL || last->arg->type != ARG_KIND || call->kind != NULL) {
        return 0;
    }
    call->kind = bn_schema_kind_named(bn_slice_of(last->text));
    if (call->kind == NULL) {
        const char *names[BN_KIND_MAX + 1];
        size_t count = 0;
        const bn_kind_def *kinds = bn_schema_kinds(&count);
        for (size_t i = 0; i < count; i++) {
            names[i] = kinds[i].name;
        }
        const char *near = bn_nearest_name(bn_slice_of(last->text), names, count);
        return cli_usage(c, SENTENCE(c, UNKNOWN_KIND, last->text),
                         near != NULL ? near : "banyan schema");
    }
    make_options(set, call->command, call->kind);
    return 0;
}

static int take_word(cli *c, invocation *call, option_set *set, const char *word, int *words)
{
    if (call->command == NULL && *words == 0) {
        if (!command_has_noun(word)) {
            const char *near = command_nearest_noun(word);
            return cli_usage(c, SENTENCE(c, UNKNOWN_COMMAND, word),
                             near != NULL ? print_format(c, "banyan %s", near) : NULL);
        }
        call->noun = word;
        call->command = command_find(word, "");
    } else if (call->command == NULL) {
        call->command = command_find(call->noun, word);
        if (call->command == NULL) {
            const char *near = command_nearest_verb(call->noun, word);
            return cli_usage(c,
                             SENTENCE(c, UNKNOWN_COMMAND,
                                      print_format(c, "%s %s", call->noun, word)),
                             near != NULL ? print_format(c, "banyan %s %s", call->noun, near)
                                          : print_format(c, "banyan help %s", call->noun));
        }
    } else {
        int status = take_positional(c, call, word);
        return status == 0 ? take_kind(c, call, set) : status;
    }
    (*words)++;
    if (call->command != NULL && strcmp(call->noun, "customer") == 0) {
        call->kind = bn_schema_kind(BN_KIND_CUSTOMER);
    }
    make_options(set, call->command, call->kind);
    return 0;
}

static int take_option(cli *c, invocation *call, const option_set *set, int value,
                       const char *typed)
{
    if (value == ':') {
        return cli_usage(c, SENTENCE(c, VALUE_MISSING, typed), NULL);
    }
    if (value < OPTION_BASE) {
        return value == 'h' ? take_global(c, call, GLOBAL_HELP, NULL)
                            : unknown_flag(c, set, typed);
    }
    const option_target *target = &set->targets[value - OPTION_BASE];
    if (!is_exact(typed, set->names[value - OPTION_BASE])) {
        return unknown_flag(c, set, typed);
    }
    return target->global >= 0 ? take_global(c, call, (global_id)target->global, optarg)
                               : put_value(c, call, target->value, optarg);
}

int cli_parse(cli *c, int argc, char **argv, invocation *call)
{
    option_set set;
    int words = 0;
    int status = 0;
    make_options(&set, NULL, NULL);
    opterr = 0;
    optind = 0; /* forgets what it read before; an empty argv leaves it at the first word */
    (void)getopt_long(1, argv, "+:h", set.options, NULL);
    while (status == 0 && optind < argc) {
        if (strcmp(argv[optind], "--") == 0) {
            optind++;
            break;
        }
        if (argv[optind][0] != '-' || argv[optind][1] == '\0') {
            status = take_word(c, call, &set, argv[optind++], &words);
            continue;
        }
        const char *typed = argv[optind];
        int value = getopt_long(argc, argv, "+:h", set.options, NULL);
        status = take_option(c, call, &set, value, typed);
    }
    while (status == 0 && optind < argc) {
        status = take_word(c, call, &set, argv[optind++], &words);
    }
    return status;
}
