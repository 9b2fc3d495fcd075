/* print.c - sentences, times, values and colours for a terminal.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "print.h"

#include <banyan/base/check.h>
#include <banyan/base/number.h>
#include <banyan/base/text.h>

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#define SENTENCE_BYTES_MAX (64 * 1024)
#define RFC3339_LEN 19 /* up to the seconds */
#define MINUTE_S 60
#define HOUR_S 3600
#define DAY_S 86400

const char *print_sentence(cli *c, message_id id, const char *const *texts, size_t texts_count)
{
    BN_AUTO(bn_buf_fini) bn_buf text;
    bn_buf_init(&text, SENTENCE_BYTES_MAX);
    message_append(&text, c->language, id, texts, texts_count);
    const char *kept = bn_arena_cstr(&c->arena, bn_buf_slice(&text));
    return kept != NULL ? kept : "";
}

void print_sentence_to(cli *c, FILE *to, message_id id, const char *const *texts,
                       size_t texts_count)
{
    if (to == c->err) {
        fflush(c->out); /* on a terminal the message stands below what it is about */
    }
    fprintf(to, "%s\n", print_sentence(c, id, texts, texts_count));
}

const char *print_format(cli *c, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    const char *kept = bn_arena_cstr(&c->arena, bn_slice_of(text));
    return kept != NULL ? kept : "";
}

bool print_in_colour(const cli *c)
{
    const char *force = cli_environment(c, "CLICOLOR_FORCE");
    const char *wish = cli_environment(c, "CLICOLOR");
    const char *terminal = cli_environment(c, "TERM");
    if (cli_environment(c, "NO_COLOR") != NULL || c->no_color) {
        return false;
    }
    if (force != NULL && strcmp(force, "0") != 0) {
        return true;
    }
    if ((wish != NULL && strcmp(wish, "0") == 0) ||
        (terminal != NULL && strcmp(terminal, "dumb") == 0)) {
        return false;
    }
    return c->out_tty;
}

static const char *style_begin(const cli *c, print_style style)
{
    static const char *const codes[] = {
        [STYLE_PLAIN] = "",        [STYLE_BOLD] = "\033[1m",  [STYLE_DIM] = "\033[2m",
        [STYLE_GOOD] = "\033[32m", [STYLE_WARN] = "\033[33m", [STYLE_BAD] = "\033[31m"};
    return print_in_colour(c) ? codes[style] : "";
}

void print_styled(cli *c, print_style style, const char *text)
{
    const char *begin = style_begin(c, style);
    fprintf(c->out, "%s%s%s", begin, print_safe(c, text), begin[0] != '\0' ? "\033[0m" : "");
}

const char *print_safe(cli *c, const char *text)
{
    if (text == NULL) {
        return "";
    }
    bool safe = true;
    for (const char *at = text; *at != '\0' && safe; at++) {
        safe = (unsigned char)*at >= 0x20 && *at != 0x7f;
    }
    if (safe) {
        return text;
    }
    char *copy = bn_arena_cstr(&c->arena, bn_slice_of(text));
    for (char *at = copy; at != NULL && *at != '\0'; at++) {
        if ((unsigned char)*at < 0x20 || *at == 0x7f) {
            *at = ' ';
        }
    }
    return copy != NULL ? copy : "";
}

/* Seconds since 1970 of "yyyy-mm-ddThh:mm:ss[.fff]Z". */
static bool read_time(const char *text, time_t *out)
{
    struct tm civil = {0};
    if (text == NULL || strlen(text) <= RFC3339_LEN || text[strlen(text) - 1] != 'Z') {
        return false;
    }
    const char *end = strptime(text, "%Y-%m-%dT%H:%M:%S", &civil);
    if (end == NULL || (*end != 'Z' && *end != '.')) {
        return false;
    }
    *out = timegm(&civil);
    return true;
}

const char *print_time(cli *c, const char *rfc3339)
{
    time_t at = 0;
    struct tm civil;
    if (rfc3339 == NULL || !read_time(rfc3339, &at)) {
        return print_safe(c, rfc3339);
    }
    if (c->utc) {
        return print_format(c, "%.10s %.8sZ", rfc3339, rfc3339 + 11);
    }
    localtime_r(&at, &civil);
    char text[40];
    char offset[8];
    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &civil);
    strftime(offset, sizeof offset, "%z", &civil);
    return print_format(c, "%s %.3s:%s", text, offset, offset + 3);
}

const char *print_age(cli *c, const char *rfc3339)
{
    time_t at = 0;
    if (rfc3339 == NULL || !read_time(rfc3339, &at)) {
        return "";
    }
    int64_t age_s = (int64_t)time(NULL) - (int64_t)at;
    if (age_s < 0) {
        age_s = 0;
    }
    const char *zh_units[] = {" 秒前", " 分钟前", " 小时前", " 天前"};
    const char *en_units[] = {" s ago", " min ago", " h ago", " d ago"};
    static const int64_t sizes[] = {1, MINUTE_S, HOUR_S, DAY_S};
    size_t unit = age_s < 2 * MINUTE_S ? 0 : age_s < 2 * HOUR_S ? 1 : age_s < 2 * DAY_S ? 2 : 3;
    return print_format(c, "%" PRId64 "%s", age_s / sizes[unit],
                        (c->language == LANGUAGE_ZH ? zh_units : en_units)[unit]);
}

const char *print_word(const cli *c, const char *name)
{
    static const struct {
        const char *name;
        const char *en;
        const char *zh;
    } words[] = {
#define BN_WORD(Name, En, Zh) {(Name), (En), (Zh)},
#include "words.def"
#undef BN_WORD
    };
    for (size_t i = 0; name != NULL && i < BN_COUNT(words); i++) {
        if (strcmp(words[i].name, name) == 0) {
            return c->language == LANGUAGE_ZH ? words[i].zh : words[i].en;
        }
    }
    return name;
}

const char *print_field_label(const cli *c, const bn_field_def *field)
{
    return c->language == LANGUAGE_ZH ? field->label_zh : field->label_en;
}

const char *print_kind_label(const cli *c, const bn_kind_def *kind)
{
    return c->language == LANGUAGE_ZH ? kind->label_zh : kind->label_en;
}

const char *print_value(cli *c, const bn_kind_def *kind, const bn_field_def *field,
                        const char *text)
{
    if (text == NULL || field == NULL) {
        return print_safe(c, text);
    }
    size_t count = 0;
    const bn_choice *choices = bn_schema_choices(kind->kind, field->number, &count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(choices[i].name, text) == 0) {
            return c->language == LANGUAGE_ZH ? choices[i].label_zh : choices[i].label_en;
        }
    }
    return field->type == BN_TYPE_TIME ? print_time(c, text) : print_safe(c, text);
}
