/* log_line.h - builds one log line in fixed memory: a list of `key=value` becomes text or JSON.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_CORE_RUNTIME_LOG_LINE_H
#define BANYAN_CORE_RUNTIME_LOG_LINE_H

#include <banyan/core/log.h>

#include <stdarg.h>

typedef struct log_line {
    bn_log_format format;
    bool cut; /* a field did not fit: the line says so */
    size_t len;
    char text[BN_LOG_LINE_BYTES_MAX];
} log_line;

void log_line_begin(log_line *line, bn_log_format format, const char *prefix);

/* A value we make ourselves, such as the time: written bare in text. */
void log_line_word(log_line *line, const char *key, const char *word);

/* A value from outside: escaped. */
void log_line_value(log_line *line, const char *key, bn_slice value);

/* The fields of one bn_log() call. */
void log_line_fields(log_line *line, const char *format, va_list arguments);

/* Closes the line with its newline; text[0..len) is ready to write. */
void log_line_end(log_line *line);

#endif
