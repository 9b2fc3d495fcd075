/* show_sync.c - the branch's line: in step or not, since when, what waits, what to do.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "show.h"
#include "show_private.h"

#include <banyan/base/check.h>

#include <string.h>

static json_int_t number_of(const json_t *result, const char *name)
{
    const json_t *value = json_object_get(result, name);
    if (json_is_string(value)) {
        return (json_int_t)strtoll(json_string_value(value), NULL, 10);
    }
    return json_integer_value(value);
}

static const char *count_text(cli *c, json_int_t count)
{
    return print_format(c, "%" JSON_INTEGER_FORMAT, count);
}

static const char *line_state(const json_t *result)
{
    const char *state = member(result, "state");
    return state != NULL ? state : "";
}

/* The chip of the screen: one line that says it all. */
static const char *headline(cli *c, const json_t *result, print_style *style)
{
    const char *state = line_state(result);
    json_int_t waiting = number_of(result, "records_waiting");
    json_int_t behind = number_of(result, "head") - number_of(result, "cursor");
    bool live = strcmp(state, "live") == 0;
    *style = STYLE_WARN;
    if (live && waiting > 0) {
        return SENTENCE(c, CHIP_SENDING, count_text(c, waiting));
    }
    if (live && behind > 0) {
        return SENTENCE(c, CHIP_RECEIVING, count_text(c, behind));
    }
    if (live) {
        *style = STYLE_GOOD;
        return SENTENCE(c, CHIP_IN_STEP, NULL);
    }
    if (strcmp(state, "paused") == 0) {
        return SENTENCE(c, CHIP_PAUSED, NULL);
    }
    *style = STYLE_BAD;
    if (strcmp(state, "not_enrolled") == 0) {
        return SENTENCE(c, CHIP_NOT_ENROLLED, NULL);
    }
    if (strcmp(state, "stopped") == 0) {
        return SENTENCE(c, CHIP_STOPPED, member(result, "reason"));
    }
    /* `since` is when the state began, which a restart of the daemon does anew. */
    const char *cut_off = member(result, "cut_off_since");
    const char *since = print_time(c, cut_off != NULL ? cut_off : member(result, "since"));
    if (since[0] == '\0') {
        return SENTENCE(c, CHIP_NEVER_HEARD, NULL);
    }
    return json_is_false(json_object_get(result, "connected"))
               ? SENTENCE(c, CHIP_UNPLUGGED, since)
               : SENTENCE(c, CHIP_CUT_OFF, since);
}

static void tell_what_to_do(cli *c, const json_t *result)
{
    const char *state = line_state(result);
    if (json_is_false(json_object_get(result, "connected"))) {
        TELL(c, DO_PLUG, NULL);
    } else if (strcmp(state, "not_enrolled") == 0) {
        TELL(c, DO_JOIN, NULL);
    } else if (strcmp(state, "stopped") == 0) {
        TELL(c, DO_DOCTOR, NULL);
    }
    if (number_of(result, "conflicts") > 0) {
        TELL(c, DO_CONFLICTS, NULL);
    }
    if (number_of(result, "refused") > 0) {
        TELL(c, DO_REFUSED, NULL);
    }
}

void show_sync(cli *c, const json_t *result)
{
    static const form_column facts[] = {{"state", MSG_HEAD_STATE, FORM_WORD},
                                        {"since", MSG_HEAD_SINCE, FORM_TIME},
                                        {"reason", MSG_HEAD_REASON, FORM_TEXT},
                                        {"next_try", MSG_HEAD_NEXT_TRY, FORM_TIME},
                                        {"last_contact", MSG_HEAD_LAST_CONTACT, FORM_TIME},
                                        {"records_waiting", MSG_HEAD_RECORDS_WAITING, FORM_WARN},
                                        {"ops_waiting", MSG_HEAD_OPS_WAITING, FORM_TEXT},
                                        {"refused", MSG_HEAD_REFUSED, FORM_WARN},
                                        {"conflicts", MSG_HEAD_CONFLICTS, FORM_WARN},
                                        {"cursor", MSG_HEAD_CURSOR, FORM_TEXT},
                                        {"head", MSG_HEAD_HEAD, FORM_TEXT},
                                        {"clock_offset_ms", MSG_HEAD_CLOCK_OFFSET, FORM_TEXT},
                                        {"connected", MSG_HEAD_CABLE, FORM_TEXT}};
    print_style style = STYLE_PLAIN;
    const char *line = headline(c, result, &style);
    json_int_t waiting = number_of(result, "records_waiting");
    json_int_t attention = number_of(result, "refused") + number_of(result, "conflicts");
    if (strcmp(line_state(result), "not_enrolled") == 0) {
        print_styled(c, style, print_format(c, "○ %s", line));
        fputc('\n', c->out);
        tell_what_to_do(c, result);
        return;
    }
    const char *mark = style == STYLE_GOOD ? "●" : style == STYLE_WARN ? "◐" : "○";
    print_styled(c, style, print_format(c, "%s %s", mark, line));
    if (style == STYLE_BAD && waiting > 0) {
        fprintf(c->out, " · %s", SENTENCE(c, CHIP_WAITING, count_text(c, waiting)));
    }
    if (attention > 0) {
        fprintf(c->out, " · %s", SENTENCE(c, CHIP_ATTENTION, count_text(c, attention)));
    }
    fputc('\n', c->out);
    show_facts(c, result, facts, BN_COUNT(facts));
    tell_what_to_do(c, result);
}

void show_tried(cli *c, const json_t *result)
{
    (void)result;
    PRINT(c, SYNC_TRIED, NULL);
    TELL(c, SEE_SYNC, NULL);
}

void show_waited(cli *c, const json_t *result)
{
    (void)result;
    PRINT(c, SYNC_WAITED, NULL);
}

void show_cable(cli *c, const json_t *result)
{
    (void)result;
    if (strcmp(cli_value(c->call, "state"), "on") == 0) {
        PRINT(c, CABLE_ON, NULL);
    } else {
        PRINT(c, CABLE_OFF, NULL);
    }
}

void show_pending(cli *c, const json_t *result)
{
    static const form_column columns[] = {{"since", MSG_HEAD_SINCE, FORM_TIME},
                                          {"actor", MSG_HEAD_WHO, FORM_TEXT},
                                          {"kind", MSG_HEAD_KIND, FORM_KIND},
                                          {"id", MSG_HEAD_ID, FORM_DIM},
                                          {"what", MSG_HEAD_WHAT, FORM_WORD},
                                          {"fields", MSG_HEAD_FIELD, FORM_FIELDS}};
    show_form(c, result, columns, BN_COUNT(columns));
}

void show_refused(cli *c, const json_t *result)
{
    static const form_column columns[] = {{"since", MSG_HEAD_WHEN, FORM_TIME},
                                          {"actor", MSG_HEAD_WHO, FORM_TEXT},
                                          {"kind", MSG_HEAD_KIND, FORM_KIND},
                                          {"id", MSG_HEAD_ID, FORM_DIM},
                                          {"fields", MSG_HEAD_FIELD, FORM_FIELDS},
                                          {"outcome", MSG_HEAD_OUTCOME, FORM_STATE},
                                          {"reason", MSG_HEAD_REASON, FORM_TEXT}};
    show_form(c, result, columns, BN_COUNT(columns));
}
