/* sheet.c - buffered CSV output.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "sheet.h"

#include <banyan/base/check.h>

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#define CELL_BYTES_MAX 1024

bn_rc sheet_open(sheet *s, const char *path, bn_err *err)
{
    FILE *file = strcmp(path, "-") == 0 ? stdout : fopen(path, "we");
    if (file == NULL) {
        return bn_fail(err, BN_E_IO, "cannot write %s: %s", path, strerror(errno));
    }
    *s = (sheet){.file = file, .path = path};
    return BN_OK;
}

bn_rc sheet_close(sheet *s, bn_err *err)
{
    if (s->file == NULL) {
        return BN_OK;
    }
    bool bad = fflush(s->file) != 0 || ferror(s->file) != 0;
    int code = errno;
    if (s->file != stdout && fclose(s->file) != 0) {
        bad = true;
        code = errno;
    }
    s->file = NULL;
    return bad ? bn_fail(err, BN_E_IO, "cannot write %s: %s", s->path, strerror(code)) : BN_OK;
}

void sheet_cell(sheet *s, const char *text)
{
    if (s->column++ > 0) {
        putc_unlocked(',', s->file);
    }
    if (text[strcspn(text, ",\"\r\n")] == '\0') {
        (void)fputs_unlocked(text, s->file);
        return;
    }
    putc_unlocked('"', s->file);
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '"') {
            putc_unlocked('"', s->file);
        }
        putc_unlocked(*c, s->file);
    }
    putc_unlocked('"', s->file);
}

void sheet_cellf(sheet *s, const char *format, ...)
{
    char text[CELL_BYTES_MAX];
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    BN_ASSERT(len >= 0 && (size_t)len < sizeof text);
    sheet_cell(s, text);
}

void sheet_row_end(sheet *s)
{
    putc_unlocked('\n', s->file);
    s->column = 0;
}

void sheet_header(sheet *s, const char *const *names)
{
    for (; *names != NULL; names++) {
        sheet_cell(s, *names);
    }
    sheet_row_end(s);
}
