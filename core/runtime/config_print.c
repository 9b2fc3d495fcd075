/* config_print.c - the effective settings as a file, and the example file with its explanations.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config_private.h"

#include <banyan/base/check.h>

#include <stdio.h>
#include <string.h>

#define VALUE_COLUMNS 28 /* where the origin starts, unless the value is longer */

/* Quotes what the reader would otherwise trim, cut or unquote. */
static void put_value(bn_buf *out, const char *text)
{
    bn_slice value = bn_slice_of(text);
    bool plain = bn_slice_trim(value).len == value.len && strchr(text, '#') == NULL &&
                 (value.len == 0 || value.data[0] != '"');
    if (plain) {
        bn_buf_append_slice(out, value);
        return;
    }
    bn_buf_append_byte(out, '"');
    for (size_t i = 0; i < value.len; i++) {
        if (value.data[i] == '"' || value.data[i] == '\\') {
            bn_buf_append_byte(out, '\\');
        }
        bn_buf_append_byte(out, value.data[i]);
    }
    bn_buf_append_byte(out, '"');
}

/* A file name may hold anything; a comment is one line. */
static void put_origin(bn_buf *out, size_t line_start, const char *origin)
{
    do {
        bn_buf_append_byte(out, ' ');
    } while (bn_buf_status(out) == BN_OK && out->len - line_start < VALUE_COLUMNS);
    bn_buf_append_text(out, "# ");
    for (const char *at = origin; *at != 0; at++) {
        bn_buf_append_byte(out, (uint8_t)*at < ' ' || *at == 0x7f ? '?' : (uint8_t)*at);
    }
    bn_buf_append_byte(out, '\n');
}

static void print_key(const bn_config_key *key, const config_value *value, bn_buf *out)
{
    size_t line_start = out->len;
    const char *origin = value->origin != NULL ? value->origin : "default";
    if ((key->flags & BN_CONFIG_SECRET) != 0 && value->text[0] != 0) {
        bn_buf_printf(out, "# %s = ********", key->name);
    } else {
        bn_buf_printf(out, "%s = ", key->name);
        put_value(out, value->text);
    }
    put_origin(out, line_start, origin);
}

static bool is_first_of_section(const bn_config_key *keys, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (strcmp(keys[i].section, keys[index].section) == 0) {
            return false;
        }
    }
    return true;
}

void bn_config_print(const bn_config *config, bn_buf *out)
{
    for (size_t first = 0; first < config->count; first++) {
        if (!is_first_of_section(config->keys, first)) {
            continue;
        }
        const char *section = config->keys[first].section;
        bn_buf_printf(out, "%s[%s]\n", first > 0 ? "\n" : "", section);
        for (size_t i = first; i < config->count; i++) {
            const bn_config_key *key = &config->keys[i];
            if (strcmp(key->section, section) == 0 && (key->flags & BN_CONFIG_DEPRECATED) == 0) {
                print_key(key, &config->values[i], out);
            }
        }
    }
}

static const struct {
    const char *name[2]; /* by bn_config_language */
} types[] = {
    [BN_CONFIG_TEXT] = {{"text", "文本"}},
    [BN_CONFIG_INT] = {{"whole number", "整数"}},
    [BN_CONFIG_BOOL] = {{"true or false", "true 或 false"}},
    [BN_CONFIG_DURATION] = {{"duration (250ms 30s 5m 2h 7d)", "时长(250ms 30s 5m 2h 7d)"}},
    [BN_CONFIG_SIZE] = {{"size (512 64KiB 64MiB 1GiB)", "大小(512 64KiB 64MiB 1GiB)"}},
    [BN_CONFIG_PATH] = {{"path", "路径"}},
    [BN_CONFIG_ENDPOINT] = {{"tcp://HOST:PORT", "tcp://主机:端口"}},
    [BN_CONFIG_CHOICE] = {{"one of", "可选值"}},
};

static void example_key(const bn_config_key *key, bn_config_language language, bn_buf *out)
{
    bool zh = language == BN_CONFIG_ZH;
    bn_buf_printf(out, "# %s\n# %s", zh ? key->help_zh : key->help_en,
                  types[key->type].name[language]);
    if (key->type == BN_CONFIG_CHOICE) {
        bn_buf_printf(out, " %s", key->choices);
    }
    if (key->min != 0 || key->max != 0) {
        char low[CONFIG_NUMBER_BYTES];
        char high[CONFIG_NUMBER_BYTES];
        config_number_format(key->type, key->min, low);
        config_number_format(key->type, key->max, high);
        bool counts_bytes = key->type == BN_CONFIG_TEXT || key->type == BN_CONFIG_PATH;
        bn_buf_printf(out, zh ? ",%s 至 %s%s" : ", %s to %s%s", low, high,
                      !counts_bytes ? ""
                      : zh          ? " 字节"
                                    : " bytes");
    }
    if ((key->flags & BN_CONFIG_RELOADABLE) != 0) {
        bn_buf_append_text(out, zh ? ";重新加载即生效" : "; a reload applies it");
    }
    bn_buf_printf(out, "\n#%s = ", key->name);
    put_value(out, key->fallback);
    bn_buf_append_text(out, "\n\n");
}

void bn_config_example(const bn_config_key *keys, size_t count, bn_config_language language,
                       bn_buf *out)
{
    bn_buf_append_text(out, language == BN_CONFIG_ZH
                                ? "# 每一行都写明默认值;去掉 '#' 后修改。\n\n"
                                : "# Each line shows the default; remove '#' to change it.\n\n");
    for (size_t first = 0; first < count; first++) {
        if (!is_first_of_section(keys, first)) {
            continue;
        }
        bn_buf_printf(out, "[%s]\n\n", keys[first].section);
        for (size_t i = first; i < count; i++) {
            if (strcmp(keys[i].section, keys[first].section) == 0 &&
                (keys[i].flags & BN_CONFIG_DEPRECATED) == 0) {
                example_key(&keys[i], language, out);
            }
        }
    }
}
