/* run_record.c - commands that send an operation: as it is, page after page, with fields, asked.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "cli.h"
#include "print.h"
#include "run.h"
#include "show.h"

#include <banyan/base/check.h>
#include <banyan/base/number.h>

#include <string.h>

static void free_json(json_t **value)
{
    json_decref(*value);
}

/* What a command that changes would send, when it is only a rehearsal. */
static int rehearse(cli *c, const char *op, const json_t *args)
{
    TELL(c, WOULD_SEND, op);
    json_dumpf(args, c->out, JSON_INDENT(2) | JSON_SORT_KEYS);
    fputc('\n', c->out);
    return 0;
}

/* Checks that fail, findings of verify, a broken audit: the answer came, and it is bad. A
 * decision that came too late was not taken. */
static int verdict(const command *which, const json_t *result)
{
    const char *outcome = json_string_value(json_object_get(result, "outcome"));
    if (strcmp(which->noun, "conflict") == 0 && outcome != NULL && strcmp(outcome, "lost") == 0) {
        return bn_rc_exit_status(BN_E_STALE);
    }
    size_t i = 0;
    json_t *check = NULL;
    const json_t *broken = json_object_get(result, "broken_at");
    bool bad = (broken != NULL && !json_is_null(broken)) ||
               json_array_size(json_object_get(result, "findings")) > 0;
    json_array_foreach(json_object_get(result, "checks"), i, check)
    {
        const char *level = json_string_value(json_object_get(check, "level"));
        bad = bad || (level != NULL && strcmp(level, "fail") == 0);
    }
    return bad ? 1 : 0;
}

static int send(cli *c, const invocation *call, json_t *args)
{
    BN_AUTO(free_json) json_t *result = NULL;
    int status = cli_request(c, call->command->op, args, &result);
    if (status == 0) {
        cli_result(c, call->command, result);
        status = verdict(call->command, result);
    }
    return status;
}

int run_call(cli *c, invocation *call)
{
    BN_AUTO(free_json) json_t *args = NULL;
    if (!cli_args(c, call, &args)) {
        return CLI_USAGE;
    }
    if (c->dry_run && call->command->effect != EFFECT_READS) {
        return rehearse(c, call->command->op, args);
    }
    return send(c, call, args);
}

/* One document per row, over all pages. */
static int print_lines(cli *c, const invocation *call, json_t *args)
{
    bool limited = json_object_get(args, "limit") != NULL;
    for (;;) {
        BN_AUTO(free_json) json_t *result = NULL;
        int status = cli_request(c, call->command->op, args, &result);
        if (status != 0) {
            return status;
        }
        size_t i = 0;
        json_t *row = NULL;
        const json_t *rows = json_object_get(result, "rows");
        if (rows == NULL) {
            rows = json_object_get(result, "lines");
        }
        json_array_foreach(rows, i, row)
        {
            json_dumpf(row, c->out, JSON_COMPACT);
            fputc('\n', c->out);
        }
        json_t *next = json_object_get(result, "next");
        if (limited || next == NULL || json_is_null(next) || cli_interrupted()) {
            return cli_interrupted() ? bn_rc_exit_status(BN_E_INTERRUPTED) : 0;
        }
        json_object_set(args, "after", next);
    }
}

int run_list(cli *c, invocation *call)
{
    BN_AUTO(free_json) json_t *args = NULL;
    if (!cli_args(c, call, &args)) {
        return CLI_USAGE;
    }
    if (c->jsonl) {
        cli_catch_interrupt();
        return print_lines(c, call, args);
    }
    return send(c, call, args);
}

int run_save(cli *c, invocation *call)
{
    BN_AUTO(free_json) json_t *args = NULL;
    if (!cli_args(c, call, &args)) {
        return CLI_USAGE;
    }
    if (json_object_get(args, "set") == NULL && json_object_get(args, "add") == NULL &&
        json_object_get(args, "remove") == NULL) {
        const char *title = command_title(call->command);
        return cli_usage(c, SENTENCE(c, NO_FIELDS, NULL),
                         print_format(c, "banyan help %s", title));
    }
    return c->dry_run ? rehearse(c, call->command->op, args) : send(c, call, args);
}

/* The victim is shown before anybody is asked. */
static int show_victim(cli *c, const json_t *args)
{
    const json_t *kind = json_object_get(args, "kind");
    if (kind == NULL) {
        return 0;
    }
    BN_AUTO(free_json) json_t *wanted = json_pack("{s:O,s:O}", "kind", kind, "id",
                                                  json_object_get(args, "id"));
    BN_AUTO(free_json) json_t *record = NULL;
    int status = cli_request(c, "record.get", wanted, &record);
    if (status == 0 && !c->json) {
        show_record(c, record);
    }
    return status;
}

int run_remove(cli *c, invocation *call)
{
    BN_AUTO(free_json) json_t *args = NULL;
    if (!cli_args(c, call, &args)) {
        return CLI_USAGE;
    }
    int status = c->yes ? 0 : show_victim(c, args);
    if (status != 0) {
        return status;
    }
    if (c->dry_run) {
        TELL(c, DRY_RUN_REMOVE, NULL);
        return 0;
    }
    const char *question = SENTENCE(c, ASK_REMOVE, command_title(call->command),
                                    json_string_value(json_object_get(args, "id")));
    return cli_confirm(c, question, &status) ? send(c, call, args) : status;
}

/* "0020" and "20" are the same branch. */
static bool same_branch(const char *one, const char *other)
{
    int64_t numbers[2] = {0};
    return strcmp(one, other) == 0 || (bn_parse_i64(bn_slice_of(one), &numbers[0]) == BN_OK &&
                                       bn_parse_i64(bn_slice_of(other), &numbers[1]) == BN_OK &&
                                       numbers[0] == numbers[1]);
}

int run_revoke(cli *c, invocation *call)
{
    BN_AUTO(free_json) json_t *args = NULL;
    if (!cli_args(c, call, &args)) {
        return CLI_USAGE;
    }
    const char *branch = cli_value(call, "branch");
    const char *confirm = cli_value(call, "confirm");
    if (c->dry_run) {
        return rehearse(c, call->command->op, args);
    }
    if (confirm == NULL && c->in_tty && c->err_tty) {
        fprintf(c->err, "%s ", SENTENCE(c, ASK_REVOKE, branch));
        fflush(c->err);
        confirm = cli_read_line(c);
    }
    if (confirm == NULL || !same_branch(confirm, branch)) {
        return cli_usage(c, SENTENCE(c, NEEDS_CONFIRM, branch),
                         print_format(c, "banyan branch revoke %s --confirm=%s", branch, branch));
    }
    return send(c, call, args);
}

/* What stands in the way of a code for this branch; NULL when it is new and called so already. */
static const char *enrol_question(cli *c, const json_t *branch, const char *name)
{
    const char *state = json_string_value(json_object_get(branch, "state"));
    const char *old_name = json_string_value(json_object_get(branch, "name"));
    const char *number = json_string_value(json_object_get(branch, "branch"));
    bool fresh = state != NULL && strcmp(state, "new") == 0;
    bool renamed = old_name != NULL && old_name[0] != '\0' && strcmp(old_name, name) != 0;
    if (!fresh) {
        return SENTENCE(c, ASK_ENROL_AGAIN, number, old_name, print_word(c, state), name);
    }
    return renamed ? SENTENCE(c, ASK_RENAME, number, old_name, name) : NULL;
}

/* A mistyped number would rename another branch and let a machine take its place. */
int run_enrol(cli *c, invocation *call)
{
    BN_AUTO(free_json) json_t *args = NULL;
    if (!cli_args(c, call, &args)) {
        return CLI_USAGE;
    }
    json_t *number = json_object_get(args, "branch");
    if (number != NULL && !c->yes && !c->dry_run) {
        bn_err err = {0};
        int status = 0;
        BN_AUTO(free_json) json_t *wanted = json_pack("{s:O}", "branch", number);
        BN_AUTO(free_json) json_t *branch = NULL;
        bn_rc rc = cli_request_quietly(c, "branch.show", wanted, &branch, NULL, &err);
        const char *question =
            rc == BN_OK ? enrol_question(c, branch, cli_value(call, "name")) : NULL;
        if (question != NULL && !cli_confirm(c, question, &status)) {
            return status;
        }
    }
    return c->dry_run ? rehearse(c, call->command->op, args) : send(c, call, args);
}

int run_join(cli *c, invocation *call)
{
    const char *code = cli_value(call, "code");
    if (strcmp(code, "-") == 0) {
        code = cli_read_line(c);
    }
    if (code == NULL || code[0] == '\0') {
        return cli_usage(c, SENTENCE(c, NO_CODE, NULL), "banyan branch add");
    }
    BN_AUTO(free_json) json_t *args = json_pack("{s:s}", "code", code);
    if (args == NULL) {
        return cli_usage(c, SENTENCE(c, NOT_UTF8, "CODE"), NULL);
    }
    return c->dry_run ? rehearse(c, call->command->op, args) : send(c, call, args);
}

/* "A", "2" and so on: the dot of that column of the conflict. NULL when it has no such column. */
static const char *column_dot(cli *c, const json_t *conflict, const char *take)
{
    size_t column = SIZE_MAX;
    if (take[0] >= '1' && take[0] <= '9') {
        column = strtoul(take, NULL, 10) - 1;
    } else if (take[1] == '\0' && ((take[0] | 0x20) >= 'a' && (take[0] | 0x20) <= 'z')) {
        column = (size_t)((take[0] | 0x20) - 'a');
    }
    const json_t *candidate = json_array_get(json_object_get(conflict, "candidates"), column);
    const char *dot = json_string_value(json_object_get(candidate, "dot"));
    return dot != NULL ? print_format(c, "%s", dot) : NULL;
}

static bool put_pick(cli *c, json_t *args, const char *take, int *status)
{
    const char *dot = take;
    if (strchr(take, '.') == NULL) {
        BN_AUTO(free_json) json_t *conflict = NULL;
        BN_AUTO(free_json) json_t *wanted = json_pack("{s:O}", "id", json_object_get(args, "id"));
        *status = cli_request(c, "conflict.show", wanted, &conflict);
        if (*status != 0) {
            return false;
        }
        dot = column_dot(c, conflict, take);
    }
    if (dot == NULL) {
        const char *id = json_string_value(json_object_get(args, "id"));
        *status = cli_usage(c, SENTENCE(c, NO_COLUMN, take),
                            print_format(c, "banyan conflict show %s", id));
        return false;
    }
    json_object_set_new(args, "pick", json_string(dot));
    return true;
}

static bool put_set(cli *c, const invocation *call, json_t *args)
{
    json_t *set = json_object();
    json_object_set_new(args, "set", set);
    for (size_t i = 0; i < call->values_count; i++) {
        const typed_value *value = &call->values[i];
        if (value->arg == NULL || strcmp(value->arg->name, "set") != 0) {
            continue;
        }
        const char *equals = strchr(value->text, '=');
        if (equals == NULL) {
            (void)cli_usage(c, SENTENCE(c, NEEDS_EQUALS, value->text), "--set mobile=13800138000");
            return false;
        }
        const char *name = print_format(c, "%.*s", (int)(equals - value->text), value->text);
        json_t *text = equals[1] != '\0' ? json_string(equals + 1) : json_null();
        if (json_object_set_new(set, name, text) != 0) {
            (void)cli_usage(c, SENTENCE(c, NOT_UTF8, name), NULL);
            return false;
        }
    }
    return true;
}

int run_resolve(cli *c, invocation *call)
{
    BN_AUTO(free_json) json_t *args = NULL;
    if (!cli_args(c, call, &args)) {
        return CLI_USAGE;
    }
    const char *take = cli_value(call, "take");
    bool sets = cli_switch(call, "set");
    if ((take != NULL) == sets) {
        const char *id = cli_value(call, "id");
        return cli_usage(c, SENTENCE(c, TAKE_OR_SET, NULL),
                         print_format(c, "banyan conflict show %s", id));
    }
    int status = CLI_USAGE;
    if (take != NULL ? !put_pick(c, args, take, &status) : !put_set(c, call, args)) {
        return status;
    }
    return c->dry_run ? rehearse(c, call->command->op, args) : send(c, call, args);
}
