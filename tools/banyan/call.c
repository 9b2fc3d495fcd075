/* call.c - the daemon: where its socket is, one operation, its result or its refusal.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "cli.h"
#include "print.h"

#include <banyan/base/check.h>
#include <banyan/core/control.h>
#include <banyan/core/daemon.h>

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_BYTES_MAX 4096
#define NEXT_BYTES_MAX 1024
#define WAIT_SLACK_MS 5000 /* the daemon answers a wait at its end, not before */

static void free_json(json_t **value)
{
    json_decref(*value);
}

/* The socket in a folder, or the path itself when it is not a folder. */
static const char *socket_of(cli *c, const char *place)
{
    struct stat status;
    bool folder = stat(place, &status) == 0 && S_ISDIR(status.st_mode);
    return folder ? print_format(c, "%s/%s", place, BN_CONTROL_SOCKET_NAME) : place;
}

static const char *default_folder(cli *c, const char *name)
{
    const char *shared = print_format(c, "/var/lib/%s", name);
    if (access(print_format(c, "%s/%s", shared, BN_CONTROL_SOCKET_NAME), F_OK) == 0) {
        return shared;
    }
    BN_AUTO(bn_buf_fini) bn_buf folder;
    bn_buf_init(&folder, PATH_BYTES_MAX);
    bn_err err = {0};
    if (bn_default_data_folder(name, &folder, &err) != BN_OK) {
        return shared;
    }
    const char *kept = bn_arena_cstr(&c->arena, bn_buf_slice(&folder));
    return kept != NULL ? kept : shared;
}

/* --at, else the first default folder that has a socket; the branch's unless the command is the
 * server's. */
static const char *find_socket(cli *c)
{
    if (c->at != NULL) {
        return socket_of(c, c->at);
    }
    bool server = c->call->command->role == ROLE_SERVER;
    const char *names[] = {server ? "banyan-server" : "banyan-branch",
                           server ? "banyan-branch" : "banyan-server"};
    const char *paths[BN_COUNT(names)];
    size_t tried = c->call->command->role == ROLE_ANY ? BN_COUNT(names) : 1;
    for (size_t i = 0; i < tried; i++) {
        paths[i] = print_format(c, "%s/%s", default_folder(c, names[i]), BN_CONTROL_SOCKET_NAME);
        if (access(paths[i], F_OK) == 0) {
            return paths[i];
        }
    }
    return paths[0];
}

bn_rc cli_request_quietly(cli *c, const char *op, json_t *args, json_t **result, bn_buf *next,
                          bn_err *err)
{
    int64_t wait_ms = json_integer_value(json_object_get(args, "timeout_ms"));
    uint64_t timeout_ms = c->timeout_ms;
    if (timeout_ms > 0 && wait_ms > 0) {
        timeout_ms += (uint64_t)wait_ms + WAIT_SLACK_MS;
    }
    if (c->socket == NULL) {
        c->socket = find_socket(c);
    }
    bn_control_call_options options = {.path = c->socket,
                                       .op = op,
                                       .args = args,
                                       .actor = c->actor,
                                       .timeout_ms = timeout_ms,
                                       .next = next};
    return bn_control_call(&options, result, err);
}

int cli_request(cli *c, const char *op, json_t *args, json_t **result)
{
    bn_err err = {0};
    BN_AUTO(bn_buf_fini) bn_buf next;
    bn_buf_init(&next, NEXT_BYTES_MAX);
    bn_rc rc = cli_request_quietly(c, op, args, result, &next, &err);
    if (rc == BN_OK) {
        return 0;
    }
    const char *advice = bn_buf_cstr(&next);
    if (advice[0] == '\0' && rc == BN_E_UNREACHABLE) {
        advice = SENTENCE(c, START_DAEMON,
                          c->call->command->role == ROLE_SERVER ? "server" : "branch");
    }
    if (advice[0] == '\0' && rc == BN_E_INVALID && c->call->kind != NULL &&
        command_takes_fields(c->call->command)) {
        advice = print_format(c, "banyan schema %s", c->call->kind->name);
    }
    if (rc == BN_E_NOT_FOUND && strstr(err.text, "has no such operation") != NULL) {
        command_role role = c->call->command->role;
        const char *where = role == ROLE_SERVER ? SENTENCE(c, ASK_HEAD_OFFICE, NULL)
                                                : SENTENCE(c, ASK_BRANCH, NULL);
        return cli_fail(c, BN_E_INVALID, err.text, role != ROLE_ANY ? where : NULL);
    }
    return cli_fail(c, rc, err.text, advice);
}

static void print_json(cli *c, const json_t *document)
{
    json_dumpf(document, c->out, JSON_COMPACT);
    fputc('\n', c->out);
}

static const char *schema_name(cli *c, const command *which)
{
    return which->verb[0] != '\0' ? print_format(c, "banyan.%s.%s.v1", which->noun, which->verb)
                                  : print_format(c, "banyan.%s.v1", which->noun);
}

void cli_result(cli *c, const command *which, json_t *result)
{
    if (!c->json && !c->jsonl) {
        which->show(c, result);
        return;
    }
    BN_AUTO(free_json) json_t *document = json_object();
    json_object_set_new(document, "schema", json_string(schema_name(c, which)));
    if (json_is_object(result)) {
        json_object_update(document, result);
    } else {
        json_object_set(document, "result", result != NULL ? result : json_null());
    }
    print_json(c, document);
}

int cli_fail(cli *c, bn_rc code, const char *text, const char *next)
{
    const char *advice = next != NULL && next[0] != '\0' ? next : NULL;
    if (c->json || c->jsonl) {
        BN_AUTO(free_json) json_t *document =
            json_pack("{s:{s:s,s:s,s:s*}}", "error", "code", bn_rc_text(code), "text", text,
                      "next", advice);
        print_json(c, document);
    }
    const char *title = c->call != NULL && c->call->command != NULL
                            ? print_format(c, "banyan %s", command_title(c->call->command))
                            : "banyan";
    fprintf(c->err, "%s: %s (%s)\n", title, print_safe(c, text), print_word(c, bn_rc_text(code)));
    if (advice != NULL) {
        fprintf(c->err, "  → %s\n", print_safe(c, advice));
    }
    return bn_rc_exit_status(code);
}

int cli_usage(cli *c, const char *text, const char *next)
{
    return cli_fail(c, BN_E_INVALID, text, next);
}
