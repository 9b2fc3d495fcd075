/* config.c - settings from one table: who wins, and how the program reads them back.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config_private.h"

#include <banyan/base/alloc.h>
#include <banyan/base/check.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define REPORT_BYTES_MAX (1024 * 1024)
#define REPORT_LINE_BYTES_MAX 1024

void bn_config_report_init(bn_config_report *report)
{
    *report = (bn_config_report){.errors_count = 0};
    bn_buf_init(&report->text, REPORT_BYTES_MAX);
}

void bn_config_report_fini(bn_config_report *report)
{
    bn_buf_fini(&report->text);
}

static void report_line(bn_config_report *report, const char *where, bn_slice section,
                        bn_slice name, const char *reason)
{
    unsigned lines = report->errors_count + report->warnings_count;
    if (lines > BN_CONFIG_REPORT_LINES_MAX) {
        return;
    }
    if (lines == BN_CONFIG_REPORT_LINES_MAX) {
        bn_buf_printf(&report->text, "%s: more findings are not shown\n", where);
        return;
    }
    bn_buf_printf(&report->text, "%s: ", where);
    if (section.len > 0) {
        bn_buf_printf(&report->text, "%.*s%s%.*s: ", BN_SLICE_ARG(section),
                      name.len > 0 ? "." : "", BN_SLICE_ARG(name));
    }
    bn_buf_printf(&report->text, "%s\n", reason);
}

void config_error(bn_config_report *report, const char *where, bn_slice section, bn_slice name,
                  const char *format, ...)
{
    char reason[REPORT_LINE_BYTES_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    report_line(report, where, section, name, reason);
    report->errors_count++;
}

void config_warning(bn_config_report *report, const char *where, bn_slice section, bn_slice name,
                    const char *format, ...)
{
    char reason[REPORT_LINE_BYTES_MAX] = "warning: ";
    size_t used = strlen(reason);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason + used, sizeof reason - used, format, arguments);
    va_end(arguments);
    report_line(report, where, section, name, reason);
    report->warnings_count++;
}

size_t config_find(const bn_config *config, bn_slice section, bn_slice name)
{
    for (size_t i = 0; i < config->count; i++) {
        if (bn_slice_is(section, config->keys[i].section) &&
            bn_slice_is(name, config->keys[i].name)) {
            return i;
        }
    }
    return config->count;
}

/* "section.name" of a row. */
static size_t find_dotted(const bn_config *config, const char *dotted)
{
    size_t section_len = strcspn(dotted, ".");
    BN_ASSERT(dotted[section_len] == '.');
    return config_find(config, bn_slice_make(dotted, section_len),
                       bn_slice_of(dotted + section_len + 1));
}

static bn_rc replace(config_value *value, bn_slice text, int64_t number, config_rank rank,
                     const char *origin)
{
    char *new_text = bn_alloc(text.len + 1);
    char *new_origin = origin != NULL ? bn_strdup(origin) : NULL;
    if (new_text == NULL || (origin != NULL && new_origin == NULL)) {
        bn_free(new_text);
        bn_free(new_origin);
        return BN_E_NO_MEMORY;
    }
    if (text.len > 0) {
        memcpy(new_text, text.data, text.len);
    }
    bn_free(value->text);
    bn_free(value->origin);
    value->text = new_text;
    value->origin = new_origin;
    value->number = number;
    value->rank = rank;
    return BN_OK;
}

bn_rc config_set(bn_config *config, size_t index, bn_slice text, const config_place *place,
                 bn_config_report *report)
{
    const bn_config_key *key = &config->keys[index];
    bn_slice section = bn_slice_of(key->section);
    bn_slice name = bn_slice_of(key->name);
    if ((key->flags & BN_CONFIG_DEPRECATED) != 0) {
        config_warning(report, place->where, section, name, "deprecated, write %s instead",
                       key->replaced_by);
        index = find_dotted(config, key->replaced_by);
        key = &config->keys[index];
    }
    config_value *value = &config->values[index];
    if (place->rank == RANK_FILE) {
        if (value->seen_file == config->files_count) {
            config_error(report, place->where, section, name, "already set in line %u",
                         value->seen_line);
            return BN_OK;
        }
        value->seen_file = config->files_count;
        value->seen_line = place->line;
    }
    int64_t number = 0;
    bn_err err;
    if (config_value_parse(key, text, &number, &err) != BN_OK) {
        bool is_secret = (key->flags & BN_CONFIG_SECRET) != 0;
        config_error(report, place->where, section, name, "%s",
                     is_secret ? "not a value this key accepts" : err.text);
        return BN_OK;
    }
    if (place->rank < value->rank) {
        return BN_OK;
    }
    return replace(value, text, number, place->rank, place->where);
}

/* A row is ours: what is wrong with it is a mistake in the program. */
static bn_rc init_value(bn_config *config, size_t index)
{
    const bn_config_key *key = &config->keys[index];
    bn_slice section = bn_slice_of(key->section);
    bn_slice name = bn_slice_of(key->name);
    BN_ASSERT(config_find(config, section, name) == index);
    BN_ASSERT(key->help_en != NULL && key->help_zh != NULL && key->fallback != NULL);
    BN_ASSERT(key->type != BN_CONFIG_CHOICE || key->choices != NULL);
    if ((key->flags & BN_CONFIG_DEPRECATED) != 0) {
        BN_ASSERT(key->replaced_by != NULL);
        size_t successor = find_dotted(config, key->replaced_by);
        BN_ASSERT(successor < config->count);
        BN_ASSERT((config->keys[successor].flags & BN_CONFIG_DEPRECATED) == 0);
    }
    int64_t number = 0;
    bn_slice text = bn_slice_of(key->fallback);
    bn_rc rc = config_value_parse(key, text, &number, NULL);
    BN_ASSERT(rc == BN_OK);
    return replace(&config->values[index], text, number, RANK_DEFAULT, NULL);
}

bn_rc bn_config_create(const bn_config_key *keys, size_t count, bn_config **out)
{
    BN_ASSERT(count <= BN_CONFIG_KEYS_MAX);
    BN_AUTO(bn_config_destroy) bn_config *config = bn_alloc(sizeof *config);
    if (config == NULL) {
        return BN_E_NO_MEMORY;
    }
    config->keys = keys;
    config->values = bn_alloc_array(count > 0 ? count : 1, sizeof *config->values);
    if (config->values == NULL) {
        return BN_E_NO_MEMORY;
    }
    config->count = count;
    for (size_t i = 0; i < count; i++) {
        BN_TRY(init_value(config, i));
    }
    *out = BN_TAKE(config);
    return BN_OK;
}

void bn_config_destroy(bn_config **config)
{
    if (*config != NULL) {
        for (size_t i = 0; i < (*config)->count; i++) {
            bn_free((*config)->values[i].text);
            bn_free((*config)->values[i].origin);
        }
        bn_free((*config)->values);
        bn_free(*config);
        *config = NULL;
    }
}

static size_t demand(const bn_config *config, const char *section, const char *name)
{
    size_t index = config_find(config, bn_slice_of(section), bn_slice_of(name));
    BN_ASSERT(index < config->count);
    return index;
}

static const config_value *value_of(const bn_config *config, const char *section,
                                    const char *name, bn_config_type type)
{
    size_t index = demand(config, section, name);
    BN_ASSERT(config->keys[index].type == type);
    return &config->values[index];
}

bn_rc bn_config_set_default(bn_config *config, const char *section, const char *name,
                            const char *text, bn_err *err)
{
    size_t index = demand(config, section, name);
    int64_t number = 0;
    bn_slice slice = bn_slice_of(text);
    bn_rc rc = config_value_parse(&config->keys[index], slice, &number, err);
    if (rc != BN_OK) {
        return bn_err_context(err, rc, "default of %s.%s", section, name);
    }
    config_value *value = &config->values[index];
    if (value->rank > RANK_DEFAULT) {
        return BN_OK;
    }
    rc = replace(value, slice, number, RANK_DEFAULT, NULL);
    return rc == BN_OK ? BN_OK : bn_fail(err, rc, "no memory for %s.%s", section, name);
}

void bn_config_adopt(bn_config *config, bn_config *fresh, bn_buf *applied, bn_buf *waiting)
{
    BN_ASSERT(config->keys == fresh->keys && config->count == fresh->count);
    for (size_t i = 0; i < config->count; i++) {
        const bn_config_key *key = &config->keys[i];
        bool is_same = strcmp(config->values[i].text, fresh->values[i].text) == 0;
        bool is_reloadable = (key->flags & BN_CONFIG_RELOADABLE) != 0;
        if (!is_same) {
            bn_buf *list = is_reloadable ? applied : waiting;
            bn_buf_printf(list, "%s%s.%s", list->len > 0 ? "," : "", key->section, key->name);
        }
        if (is_same || is_reloadable) {
            config_value old = config->values[i];
            config->values[i] = fresh->values[i];
            fresh->values[i] = old;
        }
    }
}

const char *bn_config_text(const bn_config *config, const char *section, const char *name)
{
    return config->values[demand(config, section, name)].text;
}

int64_t bn_config_int(const bn_config *config, const char *section, const char *name)
{
    return value_of(config, section, name, BN_CONFIG_INT)->number;
}

bool bn_config_bool(const bn_config *config, const char *section, const char *name)
{
    return value_of(config, section, name, BN_CONFIG_BOOL)->number != 0;
}

uint64_t bn_config_ms(const bn_config *config, const char *section, const char *name)
{
    return (uint64_t)value_of(config, section, name, BN_CONFIG_DURATION)->number;
}

size_t bn_config_bytes(const bn_config *config, const char *section, const char *name)
{
    return (size_t)value_of(config, section, name, BN_CONFIG_SIZE)->number;
}

size_t bn_config_choice(const bn_config *config, const char *section, const char *name)
{
    return (size_t)value_of(config, section, name, BN_CONFIG_CHOICE)->number;
}

const char *bn_config_origin(const bn_config *config, const char *section, const char *name)
{
    const char *origin = config->values[demand(config, section, name)].origin;
    return origin != NULL ? origin : "default";
}

bool bn_config_is_set(const bn_config *config, const char *section, const char *name)
{
    return config->values[demand(config, section, name)].text[0] != 0;
}
