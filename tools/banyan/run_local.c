/* run_local.c - commands that need no daemon: versions, the catalogue of kinds.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "cli.h"
#include "print.h"
#include "run.h"
#include "show.h"

#include <banyan/base/check.h>
#include <banyan/base/version.h>

#include <string.h>

#ifndef BN_BUILD_GIT
#define BN_BUILD_GIT "unknown"
#endif
#ifndef BN_BUILD_TYPE
#define BN_BUILD_TYPE "unknown"
#endif

static void free_json(json_t **value)
{
    json_decref(*value);
}

int run_version(cli *c, invocation *call)
{
    (void)call;
    if (c->json) {
        BN_AUTO(free_json) json_t *document = json_pack(
            "{s:s,s:s,s:s,s:s,s:s,s:i,s:i,s:{s:s}}", "schema", "banyan.version.v1", "name",
            "banyan", "version", BN_PROGRAM_VERSION, "git", BN_BUILD_GIT, "build", BN_BUILD_TYPE,
            "wire", BN_WIRE_VERSION, "catalogue", BN_SCHEMA_VERSION, "libraries", "jansson",
            jansson_version_str());
        json_dumpf(document, c->out, JSON_COMPACT);
        fputc('\n', c->out);
        return 0;
    }
    fprintf(c->out, "banyan %s (%s, %s)\nwire %d, catalogue %d\njansson %s\n", BN_PROGRAM_VERSION,
            BN_BUILD_GIT, BN_BUILD_TYPE, BN_WIRE_VERSION, BN_SCHEMA_VERSION,
            jansson_version_str());
    return 0;
}

static const char *type_name(bn_type type)
{
    static const char *const names[] = {"text",  "note", "int",    "money", "date",
                                        "time",  "bool", "choice", "ref",   "branch"};
    return names[type];
}

static const char *policy_name(bn_policy policy)
{
    static const char *const names[] = {"lww", "owner", "server", "first",   "max",
                                        "min", "set",   "append", "counter", "human"};
    return names[policy];
}

static json_t *field_json(const bn_kind_def *kind, const bn_field_def *field)
{
    json_t *made = json_pack("{s:s,s:i,s:s,s:s,s:i,s:s,s:s}", "name", field->name, "number",
                             (int)field->number, "type", type_name(field->type), "policy",
                             policy_name(field->policy), "bytes_max", (int)field->size_max,
                             "label_en", field->label_en, "label_zh", field->label_zh);
    size_t count = 0;
    const bn_choice *choices = bn_schema_choices(kind->kind, field->number, &count);
    json_t *names = count > 0 ? json_array() : NULL;
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(names, json_string(choices[i].name));
    }
    if (names != NULL) {
        json_object_set_new(made, "choices", names);
    }
    return made;
}

static json_t *kind_json(const bn_kind_def *kind)
{
    json_t *fields = json_array();
    for (size_t i = 0; i < kind->fields_count; i++) {
        json_array_append_new(fields, field_json(kind, &kind->fields[i]));
    }
    return json_pack("{s:s,s:i,s:s,s:s,s:o}", "name", kind->name, "number", (int)kind->kind,
                     "label_en", kind->label_en, "label_zh", kind->label_zh, "fields", fields);
}

static int schema_json(cli *c, const bn_kind_def *only)
{
    BN_AUTO(free_json) json_t *kinds = json_array();
    size_t count = 0;
    const bn_kind_def *all = bn_schema_kinds(&count);
    for (size_t i = 0; i < count; i++) {
        if (only == NULL || only->kind == all[i].kind) {
            json_array_append_new(kinds, kind_json(&all[i]));
        }
    }
    BN_AUTO(free_json) json_t *result = json_pack("{s:O}", "kinds", kinds);
    cli_result(c, c->call->command, result);
    return 0;
}

static void schema_kinds(cli *c)
{
    table t;
    table_init(&t, c);
    table_header(&t, SENTENCE(c, HEAD_KIND, NULL));
    table_header(&t, SENTENCE(c, HEAD_LABEL, NULL));
    size_t count = 0;
    const bn_kind_def *kinds = bn_schema_kinds(&count);
    for (size_t i = 0; i < count; i++) {
        table_put(&t, kinds[i].name);
        table_put(&t, print_kind_label(c, &kinds[i]));
    }
    table_print(&t);
}

static void schema_fields(cli *c, const bn_kind_def *kind)
{
    static const message_id heads[] = {MSG_HEAD_FIELD, MSG_HEAD_LABEL,  MSG_HEAD_TYPE,
                                       MSG_HEAD_LIMIT, MSG_HEAD_POLICY, MSG_HEAD_CHOICES};
    table t;
    table_init(&t, c);
    for (size_t i = 0; i < BN_COUNT(heads); i++) {
        table_header(&t, message_text(c->language, heads[i]));
    }
    for (size_t i = 0; i < kind->fields_count; i++) {
        const bn_field_def *field = &kind->fields[i];
        table_put_styled(&t, STYLE_BOLD, field->name);
        table_put(&t, print_field_label(c, field));
        table_put(&t, print_word(c, type_name(field->type)));
        table_put(&t, field->size_max > 0 ? print_format(c, "%u", (unsigned)field->size_max) : "");
        table_put(&t, print_word(c, policy_name(field->policy)));
        BN_AUTO(bn_buf_fini) bn_buf names;
        bn_buf_init(&names, 4096);
        size_t count = 0;
        const bn_choice *choices = bn_schema_choices(kind->kind, field->number, &count);
        for (size_t n = 0; n < count; n++) {
            bn_buf_printf(&names, "%s%s", n > 0 ? " " : "", choices[n].name);
        }
        table_put(&t, bn_arena_cstr(&c->arena, bn_buf_slice(&names)));
    }
    table_print(&t);
}

int run_schema(cli *c, invocation *call)
{
    if (c->json || c->jsonl) {
        return schema_json(c, call->kind);
    }
    if (call->kind == NULL) {
        schema_kinds(c);
    } else {
        schema_fields(c, call->kind);
    }
    return 0;
}
