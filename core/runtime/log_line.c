/* log_line.c - builds one log line in fixed memory: a list of `key=value` becomes text or JSON.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The format is walked here and not by vsnprintf, because only then is it known which blanks are
 * ours and which came with an argument.
 */
#include "log_line.h"

#include <banyan/base/check.h>
#include <banyan/base/text.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define TAIL_BYTES 32 /* kept free for the mark of a cut line, the brace and the newline */
#define KEY_BYTES_MAX 64

typedef struct field {
    char value[BN_LOG_VALUE_BYTES_MAX];
    size_t len;
    unsigned conversions_count;
    bool number;  /* the last conversion was decimal */
    bool literal; /* something else than conversions is in it */
} field;

/* va_list may be an array type, which a function cannot take by pointer; a struct it can. */
typedef struct argument_list {
    va_list list;
} argument_list;

static void put_bytes(log_line *line, const char *bytes, size_t len)
{
    if (len > sizeof line->text - TAIL_BYTES - line->len) {
        line->cut = true;
        return;
    }
    memcpy(line->text + line->len, bytes, len);
    line->len += len;
}

static void put(log_line *line, const char *text)
{
    put_bytes(line, text, strlen(text));
}

/* Bidirectional controls reorder what a terminal shows; line separators end a line for some. */
static bool is_deceptive(uint32_t c)
{
    return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0x2028 ||
           c == 0x2029 || c == 0x200e || c == 0x200f || (c >= 0x80 && c < 0xa0) || c == 0xfeff;
}

static bool is_no_character(uint32_t c)
{
    return c == 0xfffd || (c & 0xfffe) == 0xfffe || (c >= 0xfdd0 && c <= 0xfdef);
}

static void put_quoted(log_line *line, bn_slice value)
{
    put(line, "\"");
    for (size_t at = 0; at < value.len;) {
        size_t from = at;
        uint32_t c = bn_utf8_next(value, &at);
        char escape[8];
        if (c == '"' || c == '\\') {
            snprintf(escape, sizeof escape, "\\%c", (char)c);
            put(line, escape);
        } else if (c == '\n') {
            put(line, "\\n");
        } else if (c < 0x20 || c == 0x7f || is_deceptive(c)) {
            snprintf(escape, sizeof escape, "\\u%04" PRIx32, c);
            put(line, escape);
        } else if (is_no_character(c)) {
            put(line, "\xef\xbf\xbd");
        } else {
            put_bytes(line, (const char *)value.data + from, at - from);
        }
    }
    put(line, "\"");
}

static bool is_bare(bn_slice value)
{
    for (size_t i = 0; i < value.len; i++) {
        uint8_t byte = value.data[i];
        if (byte <= ' ' || byte >= 0x7f || byte == '"' || byte == '\\' || byte == '=') {
            return false;
        }
    }
    return value.len > 0;
}

static void put_key(log_line *line, const char *key)
{
    if (line->format == BN_LOG_JSON) {
        put(line, line->text[line->len - 1] == '{' ? "\"" : ",\"");
        put(line, key);
        put(line, "\":");
    } else {
        put(line, " ");
        put(line, key);
        put(line, "=");
    }
}

/* A field is there whole or not at all. */
static void put_field(log_line *line, const char *key, bn_slice value, bool number)
{
    size_t before = line->len;
    bool cut_before = line->cut;
    line->cut = false;
    put_key(line, key);
    if (line->format == BN_LOG_JSON ? number : is_bare(value)) {
        put_bytes(line, (const char *)value.data, value.len);
    } else {
        put_quoted(line, value);
    }
    if (line->cut) {
        line->len = before;
    }
    line->cut |= cut_before;
}

static void value_append(field *value, const char *bytes, size_t len)
{
    size_t room = sizeof value->value - value->len;
    size_t used = len < room ? len : room;
    memcpy(value->value + value->len, bytes, used);
    value->len += used;
}

/* %s with a precision reads no further than that: the argument need not end in NUL. */
static void append_string(field *value, const char *text, int precision)
{
    size_t most = precision < 0 ? BN_LOG_VALUE_BYTES_MAX : (size_t)precision;
    if (text != NULL) {
        value_append(value, text, strnlen(text, most));
    }
}

static int64_t next_signed(argument_list *arguments, unsigned longs, bool is_size)
{
    if (is_size || longs == 1) {
        return va_arg(arguments->list, long);
    }
    return longs > 1 ? va_arg(arguments->list, long long) : va_arg(arguments->list, int);
}

static uint64_t next_unsigned(argument_list *arguments, unsigned longs, bool is_size)
{
    if (is_size || longs == 1) {
        return va_arg(arguments->list, unsigned long);
    }
    return longs > 1 ? va_arg(arguments->list, unsigned long long)
                     : va_arg(arguments->list, unsigned int);
}

/* One conversion, `at` behind its '%'; returns the place behind it. */
static const char *convert(field *value, const char *at, argument_list *arguments)
{
    char text[64] = "";
    int width = 0;
    int precision = -1;
    unsigned longs = 0;
    bool is_size = false;
    for (; *at >= '0' && *at <= '9'; at++) { /* only zero-padded numbers are wanted here */
        width = width * 10 + (*at - '0');
    }
    if (*at == '.') {
        at++;
        precision = *at == '*' ? va_arg(arguments->list, int) : *at - '0';
        at++;
    }
    for (; *at == 'l' || *at == 'z' || *at == 'j' || *at == 'h'; at++) {
        longs += *at == 'l';
        is_size |= *at == 'z' || *at == 'j';
    }
    BN_ASSERT(width < 40 && precision < 1 << 20);
    value->conversions_count++;
    value->number = *at == 'd' || *at == 'i' || *at == 'u' || *at == 'f';
    switch (*at) {
    case 's':
        append_string(value, va_arg(arguments->list, const char *), precision);
        break;
    case 'c':
        text[0] = (char)va_arg(arguments->list, int);
        break;
    case 'd':
    case 'i':
        snprintf(text, sizeof text, "%0*" PRId64, width, next_signed(arguments, longs, is_size));
        break;
    case 'u':
        snprintf(text, sizeof text, "%0*" PRIu64, width, next_unsigned(arguments, longs, is_size));
        break;
    case 'x':
        snprintf(text, sizeof text, "%0*" PRIx64, width, next_unsigned(arguments, longs, is_size));
        break;
    case 'f':
        snprintf(text, sizeof text, "%.*f", precision < 0 ? 6 : precision & 7,
                 va_arg(arguments->list, double));
        break;
    default:
        BN_ASSERT(*at == '%');
        text[0] = '%';
        break;
    }
    value_append(value, text, strlen(text));
    return at + 1;
}

/* Leading zeros, "nan" and a bare '-' are no JSON numbers. */
static bool is_json_number(const field *value)
{
    size_t digits_at = value->len > 0 && value->value[0] == '-';
    return value->number && !value->literal && value->conversions_count == 1 &&
           value->len > digits_at && value->value[digits_at] >= '0' &&
           value->value[digits_at] <= '9' &&
           (value->value[digits_at] != '0' || value->len == digits_at + 1 ||
            value->value[digits_at + 1] == '.');
}

void log_line_begin(log_line *line, bn_log_format format, const char *prefix)
{
    line->format = format;
    line->cut = false;
    line->len = 0;
    put(line, format == BN_LOG_JSON ? "{" : prefix);
}

void log_line_word(log_line *line, const char *key, const char *word)
{
    if (line->format == BN_LOG_JSON) {
        put_field(line, key, bn_slice_of(word), false);
    } else {
        bool first = line->len == 0 || line->text[line->len - 1] == '>';
        put(line, first ? "" : " ");
        put(line, word);
    }
}

void log_line_value(log_line *line, const char *key, bn_slice value)
{
    value.len = value.len < BN_LOG_VALUE_BYTES_MAX ? value.len : BN_LOG_VALUE_BYTES_MAX;
    put_field(line, key, value, false);
}

void log_line_fields(log_line *line, const char *format, va_list arguments_list)
{
    argument_list arguments;
    va_copy(arguments.list, arguments_list);
    const char *at = format;
    while (*at != 0) {
        size_t key_len = strcspn(at, "= %");
        BN_ASSERT(key_len > 0 && key_len < KEY_BYTES_MAX && at[key_len] == '=');
        char key[KEY_BYTES_MAX];
        memcpy(key, at, key_len);
        key[key_len] = 0;
        at += key_len + 1;
        field value = {.len = 0};
        while (*at != 0 && *at != ' ') {
            if (*at == '%') {
                at = convert(&value, at + 1, &arguments);
            } else {
                value_append(&value, at++, 1);
                value.literal = true;
            }
        }
        put_field(line, key, bn_slice_make(value.value, value.len), is_json_number(&value));
        at += *at == ' ';
    }
    va_end(arguments.list);
}

void log_line_end(log_line *line)
{
    const char *mark = line->format == BN_LOG_JSON ? ",\"cut\":true}\n" : " cut=true\n";
    const char *plain = line->format == BN_LOG_JSON ? "}\n" : "\n";
    const char *end = line->cut ? mark : plain;
    size_t len = strlen(end);
    BN_ASSERT(len <= sizeof line->text - line->len);
    memcpy(line->text + line->len, end, len);
    line->len += len;
}
