/* show_conflict.c - conflicts: before, A, B side by side, with who, where and when.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "show.h"
#include "show_private.h"

#include <banyan/base/check.h>

#include <string.h>

#define CANDIDATES_SHOWN_MAX 8
#define FIELDS_SHOWN_MAX 32

static const bn_kind_def *conflict_kind(const json_t *conflict)
{
    const char *name = member(conflict, "kind");
    return name != NULL ? bn_schema_kind_named(bn_slice_of(name)) : NULL;
}

static const char *value_text(cli *c, const bn_kind_def *kind, const char *field_name,
                              const json_t *values)
{
    const bn_field_def *field =
        kind != NULL ? bn_schema_field_named(kind, bn_slice_of(field_name)) : NULL;
    const json_t *own = json_object_get(values, field_name);
    const char *text = own != NULL && !json_is_null(own) ? scalar_text(c, own) : NULL;
    return text != NULL ? print_value(c, kind, field, text) : "—";
}

void show_conflicts(cli *c, const json_t *result)
{
    static const form_column columns[] = {{"id", MSG_HEAD_ID, FORM_BOLD},
                                          {"state", MSG_HEAD_STATE, FORM_STATE},
                                          {"kind", MSG_HEAD_KIND, FORM_KIND},
                                          {"fields", MSG_HEAD_FIELD, FORM_FIELDS},
                                          {"number", MSG_HEAD_RECORD, FORM_TEXT},
                                          {"name", MSG_HEAD_NAME, FORM_TEXT},
                                          {"branches", MSG_HEAD_BRANCH, FORM_TEXT},
                                          {"opened", MSG_HEAD_SINCE, FORM_TIME}};
    show_form(c, result, columns, BN_COUNT(columns));
    const char *id = member(json_array_get(json_object_get(result, "rows"), 0), "id");
    if (id != NULL) {
        TELL(c, SEE_CONFLICT, id);
    }
}

static size_t disputed_fields(const json_t *conflict, const char **names, size_t names_max)
{
    size_t count = 0;
    size_t i = 0;
    json_t *name = NULL;
    json_array_foreach(json_object_get(conflict, "fields"), i, name)
    {
        if (count < names_max && json_is_string(name)) {
            names[count++] = json_string_value(name);
        }
    }
    return count;
}

static void put_line(table *t, message_id head, const json_t *conflict, size_t shown,
                     const char *name, form_type type)
{
    cli *c = t->c;
    table_put_styled(t, STYLE_DIM, message_text(c->language, head));
    table_put(t, "");
    for (size_t i = 0; i < shown; i++) {
        const json_t *candidate = json_array_get(json_object_get(conflict, "candidates"), i);
        const json_t *value = json_object_get(candidate, name);
        const char *text = type == FORM_PLACE  ? place_text(c, value)
                           : type == FORM_TIME ? print_time(c, scalar_text(c, value))
                                               : scalar_text(c, value);
        table_put(t, text);
    }
}

static void put_values(table *t, const json_t *conflict, size_t shown, const char *name)
{
    cli *c = t->c;
    const bn_kind_def *kind = conflict_kind(conflict);
    const bn_field_def *field =
        kind != NULL ? bn_schema_field_named(kind, bn_slice_of(name)) : NULL;
    const char *dot = member(json_object_get(conflict, "decision"), "dot");
    table_put_styled(t, STYLE_DIM, field != NULL ? print_field_label(c, field) : name);
    table_put(t, value_text(c, kind, name,
                            json_object_get(json_object_get(conflict, "base"), "values")));
    for (size_t i = 0; i < shown; i++) {
        const json_t *candidate = json_array_get(json_object_get(conflict, "candidates"), i);
        const char *own = member(candidate, "dot");
        bool won = dot != NULL && own != NULL && strcmp(dot, own) == 0;
        table_put_styled(t, won ? STYLE_GOOD : STYLE_BOLD,
                         value_text(c, kind, name, json_object_get(candidate, "values")));
    }
}

static void show_decision(cli *c, const json_t *conflict)
{
    const json_t *decision = json_object_get(conflict, "decision");
    const char *id = member(conflict, "id");
    const char *state = member(conflict, "state");
    if (json_is_object(decision) && state != NULL && strcmp(state, "undone") == 0) {
        PRINT(c, CONFLICT_UNDONE, member(decision, "by"),
              place_text(c, json_object_get(decision, "branch")),
              print_time(c, member(decision, "at")), member(decision, "note"));
    } else if (json_is_object(decision)) {
        PRINT(c, CONFLICT_DECIDED, member(decision, "by"),
              place_text(c, json_object_get(decision, "branch")),
              print_time(c, member(decision, "at")), member(decision, "note"));
        TELL(c, CONFLICT_UNDO, id);
    } else {
        TELL(c, CONFLICT_RESOLVE, id);
    }
}

void show_conflict(cli *c, const json_t *result)
{
    const json_t *candidates = json_object_get(result, "candidates");
    size_t count = json_array_size(candidates);
    size_t shown = count < CANDIDATES_SHOWN_MAX ? count : CANDIDATES_SHOWN_MAX;
    const char *state = member(result, "state");
    const char *name = member(result, "name");
    PRINT(c, CONFLICT_TITLE, member(result, "id"), print_word(c, state),
          kind_text(c, member(result, "kind")),
          print_format(c, "%s%s%s", record_name_of(c, result, "entity"), name != NULL ? " " : "",
                       name != NULL ? print_safe(c, name) : ""));
    table t;
    table_init(&t, c);
    table_header(&t, " ");
    table_header(&t, message_text(c->language, MSG_HEAD_BEFORE_ALL));
    for (size_t i = 0; i < shown; i++) {
        table_header(&t, print_format(c, "%c", (int)('A' + i)));
    }
    const char *names[FIELDS_SHOWN_MAX];
    size_t names_count = disputed_fields(result, names, BN_COUNT(names));
    for (size_t i = 0; i < names_count; i++) {
        put_values(&t, result, shown, names[i]);
    }
    put_line(&t, MSG_HEAD_WHO, result, shown, "actor", FORM_TEXT);
    put_line(&t, MSG_HEAD_WHERE, result, shown, "branch", FORM_PLACE);
    put_line(&t, MSG_HEAD_WHEN, result, shown, "at", FORM_TIME);
    put_line(&t, MSG_HEAD_DOT, result, shown, "dot", FORM_TEXT);
    table_print(&t);
    for (size_t i = 0; i < shown; i++) {
        if (json_is_true(json_object_get(json_array_get(candidates, i), "clock_suspect"))) {
            PRINT(c, CLOCK_SUSPECT, print_format(c, "%c", (int)('A' + i)));
        }
    }
    show_decision(c, result);
}

void show_resolved(cli *c, const json_t *result)
{
    const char *reason = member(result, "reason");
    const char *outcome = member(result, "outcome");
    PRINT(c, CONFLICT_OUTCOME, cli_value(c->call, "id"),
          print_word(c, outcome != NULL ? outcome : "ok"),
          reason != NULL && reason[0] != '\0' ? ": " : "", reason);
}
