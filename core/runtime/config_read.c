/* config_read.c - settings from files, the environment and flags.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The reader goes on after an error: one run shows all of them. Below an unknown section the
 * keys are skipped, as the one line about the section says it all.
 */
#include "config_private.h"

#include <banyan/base/alloc.h>
#include <banyan/base/check.h>
#include <banyan/base/text.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE_BYTES_MAX (2 * BN_CONFIG_VALUE_BYTES_MAX + 1024) /* a value with every byte escaped */
#define NAME_BYTES_MAX 64
#define ENV_PREFIX "BANYAN_"

typedef struct reader {
    bn_config *config;
    bn_config_report *report;
    const char *file;
    unsigned line;
    char where[CONFIG_WHERE_BYTES_MAX];
    bn_slice section; /* borrowed from the text */
    bool skipping;    /* below an unknown section */
} reader;

static bool is_blank(uint8_t byte)
{
    return byte == ' ' || byte == '\t';
}

static bool is_name(bn_slice name)
{
    for (size_t i = 0; i < name.len; i++) {
        uint8_t byte = name.data[i];
        if (!((byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '_' ||
              byte == '-')) {
            return false;
        }
    }
    return name.len > 0 && name.len <= NAME_BYTES_MAX;
}

/* Nothing, or a comment. */
static bool is_rest_empty(bn_slice rest)
{
    bn_slice trimmed = bn_slice_trim(rest);
    return trimmed.len == 0 || trimmed.data[0] == '#';
}

static size_t section_names(const bn_config *config, const char *names[BN_CONFIG_KEYS_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < config->count; i++) {
        bool known = false;
        for (size_t k = 0; k < count; k++) {
            known |= strcmp(names[k], config->keys[i].section) == 0;
        }
        if (!known) {
            names[count++] = config->keys[i].section;
        }
    }
    return count;
}

static void report_unknown_section(const bn_config *config, bn_config_report *report,
                                   const char *where, bn_slice section)
{
    const char *names[BN_CONFIG_KEYS_MAX] = {NULL};
    size_t count = section_names(config, names);
    const char *nearest = bn_nearest_name(section, names, count);
    if (nearest != NULL) {
        config_error(report, where, section, bn_slice_of(NULL),
                     "unknown section (did you mean %s?)", nearest);
    } else {
        config_error(report, where, section, bn_slice_of(NULL), "unknown section");
    }
}

static void report_unknown_key(const bn_config *config, bn_config_report *report,
                               const char *where, bn_slice section, bn_slice name)
{
    const char *names[BN_CONFIG_KEYS_MAX] = {NULL};
    size_t count = 0;
    const char *elsewhere = NULL;
    for (size_t i = 0; i < config->count; i++) {
        const bn_config_key *key = &config->keys[i];
        if (bn_slice_is(section, key->section)) {
            names[count++] = key->name;
        } else if (elsewhere == NULL && bn_slice_is(name, key->name)) {
            elsewhere = key->section;
        }
    }
    const char *nearest = bn_nearest_name(name, names, count);
    if (nearest != NULL) {
        config_error(report, where, section, name, "unknown key (did you mean %s?)", nearest);
    } else if (elsewhere != NULL) {
        config_error(report, where, section, name, "unknown key (it belongs below [%s])",
                     elsewhere);
    } else {
        config_error(report, where, section, name, "unknown key");
    }
}

static bool is_known_section(const bn_config *config, bn_slice section)
{
    for (size_t i = 0; i < config->count; i++) {
        if (bn_slice_is(section, config->keys[i].section)) {
            return true;
        }
    }
    return false;
}

static void complain(reader *in, const char *reason)
{
    config_error(in->report, in->where, bn_slice_of(NULL), bn_slice_of(NULL), "%s", reason);
}

static void read_section(reader *in, bn_slice line)
{
    const uint8_t *end = memchr(line.data, ']', line.len);
    in->skipping = true;
    if (end == NULL) {
        complain(in, "']' is missing");
        return;
    }
    size_t len = (size_t)(end - line.data) - 1;
    bn_slice name = bn_slice_trim(bn_slice_make(line.data + 1, len));
    if (!is_name(name) || !is_rest_empty(bn_slice_make(end + 1, line.len - len - 2))) {
        complain(in, "not a section such as [log]");
        return;
    }
    in->section = name;
    if (is_known_section(in->config, name)) {
        in->skipping = false;
    } else {
        report_unknown_section(in->config, in->report, in->where, name);
    }
}

/* The text between quotes, escapes undone, into out[]; false when the notation is wrong. */
static bool unquote(bn_slice text, char out[BN_CONFIG_VALUE_BYTES_MAX + 1], size_t *out_len)
{
    size_t len = 0;
    size_t at = 1;
    for (; at < text.len && text.data[at] != '"'; at++) {
        if (text.data[at] == '\\') {
            at++;
            if (at == text.len || (text.data[at] != '"' && text.data[at] != '\\')) {
                return false;
            }
        }
        if (len > BN_CONFIG_VALUE_BYTES_MAX) {
            return false;
        }
        out[len++] = (char)text.data[at];
    }
    if (at >= text.len || !is_rest_empty(bn_slice_make(text.data + at + 1, text.len - at - 1))) {
        return false;
    }
    *out_len = len;
    return true;
}

/* An unquoted value ends at a blank with '#' behind it. */
static bn_slice cut_comment(bn_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '#' && (i == 0 || is_blank(text.data[i - 1]))) {
            return bn_slice_trim(bn_slice_make(text.data, i));
        }
    }
    return text;
}

static bn_rc read_key(reader *in, bn_slice line)
{
    const uint8_t *equals = memchr(line.data, '=', line.len);
    if (equals == NULL) {
        complain(in, "neither [section] nor key = value");
        return BN_OK;
    }
    size_t name_len = (size_t)(equals - line.data);
    bn_slice name = bn_slice_trim(bn_slice_make(line.data, name_len));
    if (!is_name(name)) {
        complain(in, "the name before '=' may have a-z, 0-9, '_' and '-' only");
        return BN_OK;
    }
    if (in->skipping) {
        if (in->section.len == 0) {
            config_error(in->report, in->where, name, bn_slice_of(NULL),
                         "no [section] stands above this key");
        }
        return BN_OK;
    }
    bn_slice value = bn_slice_trim(bn_slice_make(equals + 1, line.len - name_len - 1));
    char unquoted[BN_CONFIG_VALUE_BYTES_MAX + 1];
    if (value.len > 0 && value.data[0] == '"') {
        size_t len = 0;
        if (!unquote(value, unquoted, &len)) {
            config_error(in->report, in->where, in->section, name,
                         "the quotes are not closed, or hold an escape other than \\\" and \\\\");
            return BN_OK;
        }
        value = bn_slice_make(unquoted, len);
    } else {
        value = cut_comment(value);
    }
    size_t index = config_find(in->config, in->section, name);
    if (index == in->config->count) {
        report_unknown_key(in->config, in->report, in->where, in->section, name);
        return BN_OK;
    }
    config_place place = {.rank = RANK_FILE, .where = in->where, .line = in->line};
    return config_set(in->config, index, value, &place, in->report);
}

static bn_rc read_line(reader *in, bn_slice raw)
{
    in->line++;
    snprintf(in->where, sizeof in->where, "%s:%u", in->file, in->line);
    if (raw.len > 0 && raw.data[raw.len - 1] == '\r') {
        raw.len--;
    }
    if (raw.len > LINE_BYTES_MAX) {
        complain(in, "the line is too long");
        return BN_OK;
    }
    if (!bn_utf8_clean(raw)) {
        complain(in, "not clean UTF-8 (control or bidirectional character)");
        return BN_OK;
    }
    bn_slice line = bn_slice_trim(raw);
    if (line.len == 0 || line.data[0] == '#') {
        return BN_OK;
    }
    if (line.data[0] == ';') {
        complain(in, "a comment starts with '#'");
        return BN_OK;
    }
    if (line.data[0] == '[') {
        read_section(in, line);
        return BN_OK;
    }
    return read_key(in, line);
}

static bn_rc verdict(const bn_config_report *report, unsigned errors_before)
{
    BN_TRY(bn_buf_status(&report->text));
    return report->errors_count > errors_before ? BN_E_INVALID : BN_OK;
}

bn_rc bn_config_parse(bn_config *config, const char *name, bn_slice text,
                      bn_config_report *report)
{
    unsigned errors_before = report->errors_count;
    if (text.len > BN_CONFIG_FILE_BYTES_MAX) {
        config_error(report, name, bn_slice_of(NULL), bn_slice_of(NULL), "%zu bytes, limit %d",
                     text.len, BN_CONFIG_FILE_BYTES_MAX);
        return BN_E_INVALID;
    }
    bn_slice mark = BN_SLICE("\xef\xbb\xbf"); /* some editors put a byte order mark first */
    if (bn_slice_starts(text, mark)) {
        text = bn_slice_make(text.data + mark.len, text.len - mark.len);
    }
    reader in = {.config = config, .report = report, .file = name, .skipping = true};
    config->files_count++;
    while (text.len > 0) {
        const uint8_t *end = memchr(text.data, '\n', text.len);
        size_t len = end != NULL ? (size_t)(end - text.data) : text.len;
        BN_TRY(read_line(&in, bn_slice_make(text.data, len)));
        len += end != NULL;
        text = bn_slice_make(text.data + len, text.len - len);
    }
    return verdict(report, errors_before);
}

/* The whole file into `out`; BN_E_NOT_FOUND, BN_E_LIMIT or BN_E_IO. */
static bn_rc slurp(const char *path, bn_buf *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0) {
        return errno == ENOENT ? BN_E_NOT_FOUND : BN_E_IO;
    }
    ssize_t got = 1;
    while (got > 0) {
        char block[4096];
        got = read(fd, block, sizeof block);
        if (got > 0) {
            bn_buf_append(out, block, (size_t)got);
        }
        if (bn_buf_status(out) != BN_OK) {
            break;
        }
    }
    close(fd);
    BN_TRY(bn_buf_status(out));
    return got < 0 ? BN_E_IO : BN_OK;
}

static bn_rc read_one(bn_config *config, const char *path, bn_config_report *report)
{
    BN_AUTO(bn_buf_fini) bn_buf text;
    bn_buf_init(&text, BN_CONFIG_FILE_BYTES_MAX);
    bn_rc rc = slurp(path, &text);
    if (rc != BN_OK) {
        config_error(report, path, bn_slice_of(NULL), bn_slice_of(NULL),
                     rc == BN_E_NOT_FOUND ? "no such file"
                     : rc == BN_E_LIMIT   ? "larger than 1 MiB"
                                          : "cannot be read");
        return rc == BN_E_LIMIT ? BN_E_INVALID : rc;
    }
    return bn_config_parse(config, path, bn_buf_slice(&text), report);
}

static int is_dropin(const struct dirent *entry)
{
    bn_slice name = bn_slice_of(entry->d_name);
    bn_slice tail = BN_SLICE(".conf");
    return name.len > tail.len && name.data[0] != '.' &&
           memcmp(name.data + name.len - tail.len, tail.data, tail.len) == 0;
}

/* strcoll would make the order depend on the locale. */
static int compare_names(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static bn_rc read_dropins(bn_config *config, const char *path, bn_config_report *report)
{
    char folder[PATH_MAX];
    struct dirent **entries = NULL;
    int written = snprintf(folder, sizeof folder, "%s.d", path);
    int count = written < (int)sizeof folder ? scandir(folder, &entries, is_dropin, compare_names)
                                             : 0;
    bn_rc rc = BN_OK;
    for (int i = 0; i < count; i++) {
        char file[PATH_MAX + NAME_MAX + 2];
        snprintf(file, sizeof file, "%s/%s", folder, entries[i]->d_name);
        if (i < BN_CONFIG_DROPINS_MAX && rc != BN_E_NO_MEMORY) {
            bn_rc one = read_one(config, file, report);
            rc = one != BN_OK ? one : rc;
        }
        free(entries[i]); /* scandir's */
    }
    free(entries);
    if (count > BN_CONFIG_DROPINS_MAX) {
        config_error(report, folder, bn_slice_of(NULL), bn_slice_of(NULL), "%d files, limit %d",
                     count, BN_CONFIG_DROPINS_MAX);
        rc = BN_E_INVALID;
    }
    return rc;
}

bn_rc bn_config_read(bn_config *config, const char *path, bn_config_report *report)
{
    bn_rc rc = read_one(config, path, report);
    if (rc != BN_OK && rc != BN_E_INVALID) {
        return rc;
    }
    bn_rc more = read_dropins(config, path, report);
    return more != BN_OK ? more : rc;
}

/* BANYAN_LOG_LEVEL of [log] level. */
static void variable_name(const bn_config_key *key, char out[2 * NAME_BYTES_MAX])
{
    int len = snprintf(out, 2 * NAME_BYTES_MAX, ENV_PREFIX "%s_%s", key->section, key->name);
    BN_ASSERT(len > 0 && len < 2 * NAME_BYTES_MAX);
    for (char *at = out; *at != 0; at++) {
        if (*at >= 'a' && *at <= 'z') {
            *at = (char)(*at - 'a' + 'A');
        } else if (*at == '-') {
            *at = '_';
        }
    }
}

/* A variable of a section of ours is meant for us; others with the prefix are other tools'. */
static void check_foreign_variable(const bn_config *config, bn_slice variable,
                                   bn_config_report *report)
{
    char names[BN_CONFIG_KEYS_MAX][2 * NAME_BYTES_MAX];
    const char *pointers[BN_CONFIG_KEYS_MAX];
    bool ours = false;
    for (size_t i = 0; i < config->count; i++) {
        variable_name(&config->keys[i], names[i]);
        pointers[i] = names[i];
        size_t section_len = strlen(ENV_PREFIX) + strlen(config->keys[i].section) + 1;
        ours |= bn_slice_starts(variable, bn_slice_make(names[i], section_len));
    }
    if (!ours) {
        return;
    }
    char where[CONFIG_WHERE_BYTES_MAX];
    snprintf(where, sizeof where, "environment %.*s", BN_SLICE_ARG(variable));
    const char *nearest = bn_nearest_name(variable, pointers, config->count);
    if (nearest != NULL) {
        config_error(report, where, bn_slice_of(NULL), bn_slice_of(NULL),
                     "unknown key (did you mean %s?)", nearest);
    } else {
        config_error(report, where, bn_slice_of(NULL), bn_slice_of(NULL), "unknown key");
    }
}

static bn_rc read_variable(bn_config *config, const char *assignment, bn_config_report *report)
{
    size_t name_len = strcspn(assignment, "=");
    bn_slice variable = bn_slice_make(assignment, name_len);
    bn_slice value = bn_slice_of(assignment[name_len] == '=' ? assignment + name_len + 1 : "");
    if (value.len == 0 || name_len >= 2 * NAME_BYTES_MAX || !bn_utf8_clean(variable)) {
        return BN_OK;
    }
    for (size_t i = 0; i < config->count; i++) {
        char name[2 * NAME_BYTES_MAX];
        variable_name(&config->keys[i], name);
        if (bn_slice_is(variable, name)) {
            char where[CONFIG_WHERE_BYTES_MAX];
            snprintf(where, sizeof where, "environment %s", name);
            config_place place = {.rank = RANK_ENVIRONMENT, .where = where};
            return config_set(config, i, value, &place, report);
        }
    }
    check_foreign_variable(config, variable, report);
    return BN_OK;
}

bn_rc bn_config_environment(bn_config *config, char *const *environment,
                            bn_config_report *report)
{
    unsigned errors_before = report->errors_count;
    for (; *environment != NULL; environment++) {
        if (strncmp(*environment, ENV_PREFIX, strlen(ENV_PREFIX)) == 0) {
            BN_TRY(read_variable(config, *environment, report));
        }
    }
    return verdict(report, errors_before);
}

bn_rc bn_config_assign(bn_config *config, const char *flag, const char *assignment,
                       bn_config_report *report)
{
    unsigned errors_before = report->errors_count;
    char where[CONFIG_WHERE_BYTES_MAX];
    snprintf(where, sizeof where, "flag %s", flag);
    size_t name_len = strcspn(assignment, "=");
    size_t dot = strcspn(assignment, ".");
    bn_slice section = bn_slice_make(assignment, dot < name_len ? dot : 0);
    bn_slice name = bn_slice_make(assignment + dot + 1, dot < name_len ? name_len - dot - 1 : 0);
    if (assignment[name_len] != '=' || !is_name(section) || !is_name(name)) {
        config_error(report, where, bn_slice_of(NULL), bn_slice_of(NULL),
                     "not SECTION.KEY=VALUE");
        return BN_E_INVALID;
    }
    size_t index = config_find(config, section, name);
    if (!is_known_section(config, section)) {
        report_unknown_section(config, report, where, section);
    } else if (index == config->count) {
        report_unknown_key(config, report, where, section, name);
    } else {
        config_place place = {.rank = RANK_FLAG, .where = where};
        BN_TRY(config_set(config, index, bn_slice_of(assignment + name_len + 1), &place, report));
    }
    return verdict(report, errors_before);
}
