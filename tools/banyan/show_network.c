/* show_network.c - what head office and both daemons say: branches, audit, quarantine, checks.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "show.h"
#include "show_private.h"

#include <banyan/base/check.h>

#include <string.h>

static const form_column branch_columns[] = {
    {"branch", MSG_HEAD_BRANCH, FORM_BOLD},       {"name", MSG_HEAD_NAME, FORM_TEXT},
    {"state", MSG_HEAD_STATE, FORM_STATE},        {"online", MSG_HEAD_ONLINE, FORM_TEXT},
    {"last_heard", MSG_HEAD_LAST_HEARD, FORM_AGE}, {"lag", MSG_HEAD_LAG, FORM_WARN},
    {"waiting", MSG_HEAD_OPS_WAITING, FORM_TEXT}, {"conflicts", MSG_HEAD_CONFLICTS, FORM_WARN},
    {"quarantined", MSG_HEAD_QUARANTINED, FORM_WARN}};

void show_branches(cli *c, const json_t *result)
{
    show_form(c, result, branch_columns, BN_COUNT(branch_columns));
}

void show_branch(cli *c, const json_t *result)
{
    show_any(c, result);
}

void show_enrolled(cli *c, const json_t *result)
{
    const char *code = member(result, "code");
    const char *branch = scalar_text(c, json_object_get(result, "branch"));
    TELL(c, ENROL_CODE, branch, print_time(c, member(result, "expires")));
    fprintf(c->out, "%s\n", print_safe(c, code));
    TELL(c, ENROL_NEXT, member(result, "fingerprint"));
}

void show_branch_state(cli *c, const json_t *result)
{
    const char *state = member(result, "state");
    if (strcmp(c->call->command->verb, "rename") == 0) {
        PRINT(c, BRANCH_RENAMED, cli_value(c->call, "branch"), cli_value(c->call, "name"));
        return;
    }
    PRINT(c, BRANCH_STATE, cli_value(c->call, "branch"),
          print_word(c, state != NULL ? state : "ok"));
}

void show_joined(cli *c, const json_t *result)
{
    PRINT(c, JOINED, scalar_text(c, json_object_get(result, "branch")), member(result, "name"),
          scalar_text(c, json_object_get(result, "origin")));
    PRINT(c, JOINED_KEYS, member(result, "fingerprint"), member(result, "server_fingerprint"));
    TELL(c, SEE_SYNC, NULL);
}

void show_digest(cli *c, const json_t *result)
{
    show_any(c, result);
    TELL(c, COMPARE_DIGEST, NULL);
}

void show_quarantine(cli *c, const json_t *result)
{
    static const form_column columns[] = {{"id", MSG_HEAD_DOT, FORM_BOLD},
                                          {"branch", MSG_HEAD_BRANCH, FORM_PLACE},
                                          {"state", MSG_HEAD_STATE, FORM_STATE},
                                          {"at", MSG_HEAD_WHEN, FORM_TIME},
                                          {"reason", MSG_HEAD_REASON, FORM_TEXT}};
    show_form(c, result, columns, BN_COUNT(columns));
}

void show_audit(cli *c, const json_t *result)
{
    static const form_column columns[] = {{"at", MSG_HEAD_WHEN, FORM_TIME},
                                          {"actor", MSG_HEAD_WHO, FORM_TEXT},
                                          {"action", MSG_HEAD_WHAT, FORM_WORD},
                                          {"object", MSG_HEAD_SUBJECT, FORM_TEXT},
                                          {"detail", MSG_HEAD_DETAIL, FORM_TEXT}};
    show_form(c, result, columns, BN_COUNT(columns));
    const json_t *broken = json_object_get(result, "broken_at");
    if (broken != NULL && !json_is_null(broken)) {
        print_styled(c, STYLE_BAD, SENTENCE(c, AUDIT_BROKEN, scalar_text(c, broken)));
        fputc('\n', c->out);
    }
}

void show_checks(cli *c, const json_t *result)
{
    static const form_column columns[] = {{"level", MSG_HEAD_LEVEL, FORM_STATE},
                                          {"name", MSG_HEAD_CHECK, FORM_WORD},
                                          {"text", MSG_HEAD_WHAT, FORM_TEXT},
                                          {"next", MSG_HEAD_NEXT, FORM_TEXT}};
    show_form(c, result, columns, BN_COUNT(columns));
}

void show_verified(cli *c, const json_t *result)
{
    const json_t *findings = json_object_get(result, "findings");
    const char *rows = scalar_text(c, json_object_get(result, "rows"));
    size_t count = json_is_array(findings) ? json_array_size(findings)
                                           : (size_t)json_integer_value(findings);
    if (count == 0) {
        PRINT(c, VERIFIED, rows);
        return;
    }
    PRINT(c, VERIFY_FINDINGS, rows, print_format(c, "%zu", count));
    size_t i = 0;
    json_t *finding = NULL;
    json_array_foreach(findings, i, finding)
    {
        fprintf(c->out, "  %s\n", print_safe(c, scalar_text(c, finding)));
    }
}

void show_done(cli *c, const json_t *result)
{
    (void)result;
    PRINT(c, DONE, NULL);
}
