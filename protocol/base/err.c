/* err.c - result codes and the error a person will read.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <banyan/base/check.h>
#include <banyan/base/err.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *text;
    int exit_status;
} codes[BN_RC_COUNT] = {
#define BN_ERROR(name, exit_status_, text_) \
    [BN_##name] = {.text = text_, .exit_status = exit_status_},
#include <banyan/base/errors.def>
#undef BN_ERROR
};

bn_rc bn_err_set(bn_err *err, const char *file, int line, bn_rc code, const char *format, ...)
{
    BN_ASSERT(code > BN_OK && code < BN_RC_COUNT);
    if (err != NULL) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(err->text, sizeof err->text, format, arguments);
        va_end(arguments);
        err->code = code;
        err->file = file;
        err->line = line;
    }
    return code;
}

bn_rc bn_err_context(bn_err *err, bn_rc code, const char *format, ...)
{
    if (err != NULL && code != BN_OK) {
        char inner[BN_ERR_TEXT_MAX];
        memcpy(inner, err->text, sizeof inner);
        va_list arguments;
        va_start(arguments, format);
        int written = vsnprintf(err->text, sizeof err->text, format, arguments);
        va_end(arguments);
        if (written >= 0 && (size_t)written < sizeof err->text) {
            size_t used = (size_t)written;
            int more = snprintf(err->text + used, sizeof err->text - used, ": %s", inner);
            BN_ASSERT(more >= 0);
        }
        err->code = code;
    }
    return code;
}

const char *bn_rc_text(bn_rc code)
{
    BN_ASSERT(code < BN_RC_COUNT);
    return codes[code].text;
}

int bn_rc_exit_status(bn_rc code)
{
    BN_ASSERT(code < BN_RC_COUNT);
    return codes[code].exit_status;
}

bn_rc bn_rc_from_text(const char *text)
{
    for (size_t i = 0; i < BN_COUNT(codes); i++) {
        if (strcmp(codes[i].text, text) == 0) {
            return (bn_rc)i;
        }
    }
    return BN_E_FAILED;
}
