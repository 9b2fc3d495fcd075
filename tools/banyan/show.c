/* show.c - forms: tables and lists of facts from the members of a result.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "show.h"
#include "show_private.h"

#include <banyan/base/check.h>

#include <inttypes.h>
#include <string.h>

#define TEXT_BYTES_MAX (1024 * 1024)

const char *member(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static int append_dump(const char *bytes, size_t len, void *context)
{
    bn_buf_append(context, bytes, len);
    return 0;
}

static void append_scalar(cli *c, bn_buf *out, const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_STRING:
        bn_buf_append_text(out, json_string_value(value));
        return;
    case JSON_INTEGER:
        bn_buf_printf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        return;
    case JSON_TRUE:
        bn_buf_append_text(out, message_text(c->language, MSG_YES));
        return;
    case JSON_FALSE:
        bn_buf_append_text(out, message_text(c->language, MSG_NO));
        return;
    case JSON_NULL:
        return;
    case JSON_REAL:
    case JSON_OBJECT:
    case JSON_ARRAY:
        break;
    }
    json_dump_callback(value, append_dump, out, JSON_COMPACT | JSON_ENCODE_ANY);
}

const char *scalar_text(cli *c, const json_t *value)
{
    if (value == NULL) {
        return "";
    }
    BN_AUTO(bn_buf_fini) bn_buf text;
    bn_buf_init(&text, TEXT_BYTES_MAX);
    if (json_is_array(value)) {
        size_t i = 0;
        json_t *element = NULL;
        json_array_foreach(value, i, element)
        {
            bn_buf_append_text(&text, i > 0 ? ", " : "");
            append_scalar(c, &text, element);
        }
    } else {
        append_scalar(c, &text, value);
    }
    const char *kept = bn_arena_cstr(&c->arena, bn_buf_slice(&text));
    return kept != NULL ? kept : "";
}

static const bn_kind_def *kind_named(const char *name)
{
    return name != NULL ? bn_schema_kind_named(bn_slice_of(name)) : NULL;
}

const char *kind_text(cli *c, const char *name)
{
    const bn_kind_def *kind = kind_named(name);
    return kind != NULL ? print_kind_label(c, kind) : name;
}

static bool names_before(const json_t *names, size_t end, const char *name)
{
    for (size_t i = 0; i < end; i++) {
        const char *earlier = json_string_value(json_array_get(names, i));
        if (earlier != NULL && strcmp(earlier, name) == 0) {
            return true;
        }
    }
    return false;
}

const char *fields_text(cli *c, const bn_kind_def *kind, const json_t *names)
{
    BN_AUTO(bn_buf_fini) bn_buf text;
    bn_buf_init(&text, TEXT_BYTES_MAX);
    for (size_t i = 0; i < json_array_size(names); i++) {
        const char *name = json_string_value(json_array_get(names, i));
        if (name == NULL || names_before(names, i, name)) {
            continue;
        }
        const bn_field_def *field =
            kind != NULL ? bn_schema_field_named(kind, bn_slice_of(name)) : NULL;
        bn_buf_printf(&text, "%s%s", text.len > 0 ? ", " : "",
                      field != NULL ? print_field_label(c, field) : name);
    }
    const char *kept = bn_arena_cstr(&c->arena, bn_buf_slice(&text));
    return kept != NULL ? kept : "";
}

static bool is_head_office(const char *branch)
{
    return branch[0] != '\0' && branch[strspn(branch, "0")] == '\0';
}

const char *place_text(cli *c, const json_t *branch)
{
    if (branch == NULL || json_is_null(branch)) {
        return "";
    }
    const char *text = scalar_text(c, branch);
    if (is_head_office(text)) {
        return message_text(c->language, MSG_HEAD_OFFICE);
    }
    bool number = text[0] != '\0' && text[strspn(text, "0123456789")] == '\0';
    return number ? SENTENCE(c, BRANCH_N, text) : print_safe(c, text);
}

const json_t *rows_of(const json_t *result)
{
    static const char *const names[] = {"rows", "lines", "checks", "findings"};
    for (size_t i = 0; i < BN_COUNT(names); i++) {
        const json_t *rows = json_object_get(result, names[i]);
        if (json_is_array(rows)) {
            return rows;
        }
    }
    return json_is_array(result) ? result : NULL;
}

static print_style state_style(const char *state)
{
    static const struct {
        const char *state;
        print_style style;
    } styles[] = {{"ok", STYLE_GOOD},        {"active", STYLE_GOOD},       {"applied", STYLE_GOOD},
                  {"resolved", STYLE_GOOD},  {"online", STYLE_GOOD},       {"warn", STYLE_WARN},
                  {"open", STYLE_WARN},      {"paused", STYLE_WARN},       {"waiting", STYLE_WARN},
                  {"fail", STYLE_BAD},       {"revoked", STYLE_BAD},
                  {"quarantined", STYLE_BAD},
                  {"conflict", STYLE_WARN},  {"lost", STYLE_BAD},          {"held", STYLE_WARN}};
    for (size_t i = 0; i < BN_COUNT(styles); i++) {
        if (strcmp(styles[i].state, state) == 0) {
            return styles[i].style;
        }
    }
    return STYLE_PLAIN;
}

static table_cell form_cell(cli *c, const json_t *row, const form_column *column)
{
    const json_t *value = json_object_get(row, column->member);
    const char *text = scalar_text(c, value);
    switch (column->type) {
    case FORM_BOLD:
        return (table_cell){text, STYLE_BOLD};
    case FORM_DIM:
        return (table_cell){text, STYLE_DIM};
    case FORM_TIME:
        return (table_cell){print_time(c, text), STYLE_PLAIN};
    case FORM_AGE:
        return (table_cell){print_age(c, text), STYLE_PLAIN};
    case FORM_TAIL:
        return (table_cell){text[0] != '\0' ? print_format(c, "…%s", text) : "", STYLE_PLAIN};
    case FORM_PLACE:
        return (table_cell){is_head_office(text) ? place_text(c, value) : text, STYLE_PLAIN};
    case FORM_STATE:
        return (table_cell){print_word(c, text), state_style(text)};
    case FORM_WORD:
        return (table_cell){print_word(c, text), STYLE_PLAIN};
    case FORM_KIND:
        return (table_cell){kind_text(c, text), STYLE_PLAIN};
    case FORM_FIELDS:
        return (table_cell){fields_text(c, kind_named(member(row, "kind")), value), STYLE_PLAIN};
    case FORM_WARN:
        return (table_cell){text, strcmp(text, "0") == 0 ? STYLE_PLAIN : STYLE_WARN};
    case FORM_TEXT:
        break;
    }
    return (table_cell){text, STYLE_PLAIN};
}

void put_outcome(table *t, const char *outcome)
{
    table_put_styled(t, outcome != NULL ? state_style(outcome) : STYLE_PLAIN,
                     print_word(t->c, outcome));
}

void tell_next_page(cli *c, const json_t *result)
{
    const json_t *next = json_object_get(result, "next");
    if (next != NULL && !json_is_null(next)) {
        TELL(c, MORE_ROWS, scalar_text(c, next));
    }
}

void show_form(cli *c, const json_t *result, const form_column *columns, size_t count)
{
    const json_t *rows = rows_of(result);
    if (json_array_size(rows) == 0) {
        PRINT(c, NO_ROWS, NULL);
        return;
    }
    table t;
    table_init(&t, c);
    for (size_t i = 0; i < count; i++) {
        table_header(&t, message_text(c->language, columns[i].header));
    }
    size_t n = 0;
    json_t *row = NULL;
    json_array_foreach(rows, n, row)
    {
        for (size_t i = 0; i < count; i++) {
            table_cell cell = form_cell(c, row, &columns[i]);
            table_put_styled(&t, cell.style, cell.text);
        }
    }
    table_print(&t);
    tell_next_page(c, result);
}

void show_facts(cli *c, const json_t *object, const form_column *columns, size_t count)
{
    table t;
    table_init(&t, c);
    table_header(&t, "");
    table_header(&t, "");
    for (size_t i = 0; i < count; i++) {
        const json_t *value = json_object_get(object, columns[i].member);
        if (value == NULL || json_is_null(value)) {
            continue;
        }
        table_cell cell = form_cell(c, object, &columns[i]);
        table_put_styled(&t, STYLE_DIM, message_text(c->language, columns[i].header));
        table_put_styled(&t, cell.style, cell.text);
    }
    table_print(&t);
}

/* Members by name, those that are objects one level down. */
static void put_members(table *t, const char *prefix, const json_t *object)
{
    const char *name = NULL;
    json_t *value = NULL;
    cli *c = t->c;
    json_object_foreach((json_t *)(uintptr_t)object, name, value)
    {
        const char *path = prefix[0] != '\0' ? print_format(c, "%s.%s", prefix, name) : name;
        if (json_is_null(value)) {
            continue;
        }
        if (json_is_object(value) && prefix[0] == '\0') {
            put_members(t, path, value);
        } else {
            table_put_styled(t, STYLE_DIM, path);
            table_put(t, print_time(c, scalar_text(c, value)));
        }
    }
}

void show_any(cli *c, const json_t *result)
{
    if (!json_is_object(result)) {
        if (result != NULL && !json_is_null(result)) {
            fprintf(c->out, "%s\n", scalar_text(c, result));
        } else {
            PRINT(c, DONE, NULL);
        }
        return;
    }
    table t;
    table_init(&t, c);
    table_header(&t, "");
    table_header(&t, "");
    put_members(&t, "", result);
    table_print(&t);
}
