/* show_record.c - records, lists, search hits and histories as people read them.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "print.h"
#include "show.h"
#include "show_private.h"

#include <banyan/base/check.h>

#include <string.h>

#define TAIL_DIGITS 4

static const bn_kind_def *kind_of(const cli *c, const json_t *result)
{
    const char *name = member(result, "kind");
    const bn_kind_def *kind = name != NULL ? bn_schema_kind_named(bn_slice_of(name)) : NULL;
    return kind != NULL ? kind : c->call->kind;
}

const char *record_name_of(cli *c, const json_t *result, const char *id_member)
{
    const char *number = member(result, "number");
    return print_safe(c, number != NULL ? number : member(result, id_member));
}

const char *record_name(cli *c, const json_t *result)
{
    return record_name_of(c, result, "id");
}

void show_saved(cli *c, const json_t *result)
{
    const json_t *changed = json_object_get(result, "changed");
    const char *noun = c->call->kind != NULL ? print_kind_label(c, c->call->kind) : "";
    const char *typed = cli_value(c->call, "id");
    const char *name = typed != NULL ? typed : record_name(c, result);
    if (strcmp(c->call->command->verb, "add") == 0) {
        PRINT(c, SAVED_NEW, noun, name);
    } else if (json_is_array(changed) && json_array_size(changed) == 0) {
        PRINT(c, SAVED_SAME, noun, name);
    } else {
        PRINT(c, SAVED, noun, name, fields_text(c, c->call->kind, changed));
    }
    const char *kind = c->call->kind != NULL ? c->call->kind->name : "";
    bool customer = strcmp(c->call->noun, "customer") == 0;
    TELL(c, SEE_RECORD, customer ? "customer" : "record", customer ? "" : kind,
         customer ? "" : " ", name);
}

void show_removed(cli *c, const json_t *result)
{
    const char *id = member(result, "id");
    bool customer = strcmp(c->call->noun, "customer") == 0;
    PRINT(c, REMOVED, cli_value(c->call, "id"));
    TELL(c, SEE_RESTORE, c->call->noun,
         customer ? "" : print_format(c, "%s ", cli_value(c->call, "kind")),
         id != NULL ? id : cli_value(c->call, "id"));
}

void show_restored(cli *c, const json_t *result)
{
    (void)result;
    PRINT(c, RESTORED, cli_value(c->call, "id"));
}

void show_shared(cli *c, const json_t *result)
{
    const char *outcome = member(result, "outcome");
    const char *branch = cli_value(c->call, "branch");
    if (cli_switch(c->call, "off")) {
        PRINT(c, UNSHARED, cli_value(c->call, "id"), branch, print_word(c, outcome));
    } else {
        PRINT(c, SHARED, cli_value(c->call, "id"), branch, print_word(c, outcome));
    }
}

/* Where the shown value comes from: "branch 2, li.na, 2026-05-02 09:14:03 +08:00"; a part that
 * this node was not told is left out. */
static const char *stamp_text(cli *c, const json_t *stamp)
{
    const char *parts[] = {place_text(c, json_object_get(stamp, "branch")),
                           print_safe(c, member(stamp, "actor")),
                           print_time(c, member(stamp, "at"))};
    const char *text = "";
    for (size_t i = 0; i < BN_COUNT(parts); i++) {
        if (parts[i][0] != '\0') {
            text = print_format(c, "%s%s%s", text, text[0] != '\0' ? ", " : "", parts[i]);
        }
    }
    return text;
}

static void put_field(table *t, const bn_kind_def *kind, const char *name, const char *text,
                      const json_t *stamp)
{
    cli *c = t->c;
    const bn_field_def *field = bn_schema_field_named(kind, bn_slice_of(name));
    bool waits = stamp != NULL && json_is_false(json_object_get(stamp, "confirmed"));
    table_put(t, field != NULL ? print_field_label(c, field) : name);
    table_put_styled(t, STYLE_DIM, name);
    table_put_styled(t, STYLE_BOLD, print_value(c, kind, field, text));
    table_put_styled(t, waits ? STYLE_WARN : STYLE_PLAIN, waits ? SENTENCE(c, WAITS, NULL) : "");
    table_put_styled(t, STYLE_DIM, stamp != NULL ? stamp_text(c, stamp) : "");
}

static void put_schema_fields(table *t, const bn_kind_def *kind, const json_t *record)
{
    const json_t *fields = json_object_get(record, "fields");
    const json_t *lists = json_object_get(record, "lists");
    const json_t *counters = json_object_get(record, "counters");
    const json_t *stamps = json_object_get(record, "stamps");
    for (size_t i = 0; i < kind->fields_count; i++) {
        const char *name = kind->fields[i].name;
        const char *text = member(fields, name);
        if (text != NULL) {
            put_field(t, kind, name, text, json_object_get(stamps, name));
        }
        size_t n = 0;
        json_t *element = NULL;
        json_array_foreach(json_object_get(lists, name), n, element)
        {
            put_field(t, kind, name, member(element, "value"), NULL);
        }
        const json_t *counter = json_object_get(counters, name);
        if (counter != NULL) {
            put_field(t, kind, name, scalar_text(t->c, counter), NULL);
        }
    }
}

void show_record(cli *c, const json_t *result)
{
    const bn_kind_def *kind = kind_of(c, result);
    if (kind == NULL) {
        show_any(c, result);
        return;
    }
    print_styled(c, STYLE_BOLD, print_format(c, "%s %s", print_kind_label(c, kind),
                                             record_name(c, result)));
    fprintf(c->out, "  %s\n", print_safe(c, member(result, "id")));
    if (json_is_false(json_object_get(result, "exists"))) {
        PRINT(c, IS_REMOVED, NULL);
    }
    table t;
    table_init(&t, c);
    for (size_t i = 0; i < 5; i++) {
        table_header(&t, "");
    }
    put_schema_fields(&t, kind, result);
    table_print(&t);
    if (json_is_true(json_object_get(result, "waiting"))) {
        PRINT(c, RECORD_WAITS, NULL);
    }
    size_t n = 0;
    json_t *conflict = NULL;
    json_array_foreach(json_object_get(result, "conflicts"), n, conflict)
    {
        TELL(c, RECORD_DISPUTED, json_string_value(conflict));
    }
}

/* The fields that tell one customer from another. */
static size_t customer_columns(const bn_kind_def *kind, const bn_field_def **columns)
{
    static const char *const names[] = {"name",            "birth_date", "mobile",
                                        "document_number", "branch",     "state"};
    for (size_t i = 0; i < BN_COUNT(names); i++) {
        columns[i] = bn_schema_field_named(kind, bn_slice_of(names[i]));
        BN_ASSERT(columns[i] != NULL);
    }
    return BN_COUNT(names);
}

/* Columns of a list: those asked for, else the first six texts of the kind that people know. */
static size_t list_columns(cli *c, const bn_kind_def *kind, const bn_field_def **columns,
                           size_t columns_max)
{
    size_t count = 0;
    const char *wish = cli_value(c->call, "columns");
    while (wish != NULL && *wish != '\0' && count < columns_max) {
        size_t len = strcspn(wish, ",");
        const bn_field_def *field = bn_schema_field_named(kind, bn_slice_make(wish, len));
        if (field != NULL) {
            columns[count++] = field;
        }
        wish += wish[len] == ',' ? len + 1 : len;
    }
    if (wish == NULL && kind->kind == BN_KIND_CUSTOMER) {
        return customer_columns(kind, columns);
    }
    for (size_t i = 0; wish == NULL && i < kind->fields_count && count < 6; i++) {
        const bn_field_def *field = &kind->fields[i];
        if (field->class_ != BN_CLASS_SENSITIVE && field->type != BN_TYPE_NOTE &&
            field->type != BN_TYPE_REF && !bn_policy_is_multi(field->policy)) {
            columns[count++] = field;
        }
    }
    return count;
}

/* A list stands on a screen others may see: of a document, the last digits do. */
static const char *list_text(cli *c, const bn_kind_def *kind, const bn_field_def *field,
                             const char *text)
{
    bool asked_for = cli_value(c->call, "columns") != NULL;
    size_t len = text != NULL ? strlen(text) : 0;
    if (asked_for || field->class_ != BN_CLASS_SENSITIVE || len <= TAIL_DIGITS) {
        return print_value(c, kind, field, text);
    }
    size_t start = len - TAIL_DIGITS;
    while (start > 0 && ((unsigned char)text[start] & 0xc0) == 0x80) {
        start--;
    }
    return print_format(c, "…%s", text + start);
}

void show_records(cli *c, const json_t *result)
{
    const bn_field_def *columns[16];
    const bn_kind_def *kind = c->call->kind;
    const json_t *rows = json_object_get(result, "rows");
    if (kind == NULL || json_array_size(rows) == 0) {
        PRINT(c, NO_ROWS, NULL);
        return;
    }
    size_t count = list_columns(c, kind, columns, BN_COUNT(columns));
    table t;
    table_init(&t, c);
    bool numbered = kind->kind == BN_KIND_CUSTOMER;
    table_header(&t, numbered ? SENTENCE(c, HEAD_NUMBER, NULL) : SENTENCE(c, HEAD_ID, NULL));
    for (size_t i = 0; i < count; i++) {
        table_header(&t, print_field_label(c, columns[i]));
    }
    size_t n = 0;
    json_t *row = NULL;
    json_array_foreach(rows, n, row)
    {
        const json_t *fields = json_object_get(row, "fields");
        table_put_styled(&t, STYLE_DIM, record_name(c, row));
        for (size_t i = 0; i < count; i++) {
            table_put(&t, list_text(c, kind, columns[i], member(fields, columns[i]->name)));
        }
    }
    table_print(&t);
    tell_next_page(c, result);
}

void show_hits(cli *c, const json_t *result)
{
    static const form_column columns[] = {
        {"number", MSG_HEAD_NUMBER, FORM_TEXT},      {"name", MSG_HEAD_NAME, FORM_BOLD},
        {"born", MSG_HEAD_BORN, FORM_TEXT},          {"mobile_tail", MSG_HEAD_MOBILE, FORM_TAIL},
        {"document_tail", MSG_HEAD_DOCUMENT, FORM_TAIL}, {"branch", MSG_HEAD_BRANCH, FORM_PLACE}};
    if (json_array_size(rows_of(result)) == 0) {
        PRINT(c, NOT_FOUND_HERE, NULL);
        return;
    }
    show_form(c, result, columns, BN_COUNT(columns));
    const json_t *first = json_array_get(json_object_get(result, "rows"), 0);
    if (first != NULL) {
        TELL(c, SEE_RECORD, "customer", "", "", record_name(c, first));
    }
}

/* Before and after of one field; of a list, what came and what went. */
static void put_change(table *t, const bn_kind_def *kind, const char *name, const json_t *change)
{
    cli *c = t->c;
    const bn_field_def *field =
        kind != NULL ? bn_schema_field_named(kind, bn_slice_of(name)) : NULL;
    const json_t *added = json_object_get(change, "added");
    const json_t *removed = json_object_get(change, "removed");
    table_put(t, field != NULL ? print_field_label(c, field) : name);
    if (added != NULL || removed != NULL) {
        table_put(t, removed != NULL ? print_format(c, "-%s", scalar_text(c, removed)) : "");
        table_put(t, added != NULL ? print_format(c, "+%s", scalar_text(c, added)) : "");
        return;
    }
    table_put(t, print_value(c, kind, field, member(change, "from")));
    table_put(t, print_value(c, kind, field, member(change, "to")));
}

void show_history(cli *c, const json_t *result)
{
    static const message_id heads[] = {MSG_HEAD_WHEN,    MSG_HEAD_WHO,  MSG_HEAD_WHERE,
                                       MSG_HEAD_OUTCOME, MSG_HEAD_DOT,  MSG_HEAD_FIELD,
                                       MSG_HEAD_BEFORE,  MSG_HEAD_AFTER};
    const bn_kind_def *kind = kind_of(c, result);
    const json_t *lines = rows_of(result);
    if (json_array_size(lines) == 0) {
        PRINT(c, NO_ROWS, NULL);
        return;
    }
    table t;
    table_init(&t, c);
    for (size_t i = 0; i < BN_COUNT(heads); i++) {
        table_header(&t, message_text(c->language, heads[i]));
    }
    size_t n = 0;
    json_t *line = NULL;
    json_array_foreach(lines, n, line)
    {
        const char *name = NULL;
        json_t *change = NULL;
        bool first = true;
        json_object_foreach(json_object_get(line, "changes"), name, change)
        {
            table_put(&t, first ? print_time(c, member(line, "at")) : "");
            table_put(&t, first ? member(line, "actor") : "");
            table_put(&t, first ? place_text(c, json_object_get(line, "branch")) : "");
            put_outcome(&t, first ? member(line, "outcome") : NULL);
            table_put_styled(&t, STYLE_DIM, first ? member(line, "dot") : "");
            put_change(&t, kind, name, change);
            first = false;
        }
    }
    table_print(&t);
}
