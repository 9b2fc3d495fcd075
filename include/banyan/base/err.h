/* err.h - result codes and the error a person will read.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A function that can fail returns bn_rc; outputs are untouched on failure. Where a human wants
 * detail the last parameter is `bn_err *err`, living in the caller's frame (NULL is allowed).
 * Messages are lower case without a full stop and never hold secrets or personal data.
 */
#ifndef BANYAN_BASE_ERR_H
#define BANYAN_BASE_ERR_H

#include <stddef.h>

typedef enum bn_rc {
#define BN_ERROR(name, exit_status, text) BN_##name,
#include <banyan/base/errors.def>
#undef BN_ERROR
    BN_RC_COUNT
} bn_rc;

/* Must-check result: GCC and Clang warn when a caller drops it. */
#define BN_CHECKED __attribute__((warn_unused_result))

#define BN_ERR_TEXT_MAX 192

typedef struct bn_err {
    bn_rc code;
    int line;
    const char *file;
    char text[BN_ERR_TEXT_MAX];
} bn_err;

/* Fills `err` (when not NULL) and returns `code`. Use through bn_fail(). */
bn_rc bn_err_set(bn_err *err, const char *file, int line, bn_rc code, const char *format, ...)
    __attribute__((format(printf, 5, 6), cold));

/* Puts "context: " before the text already in `err`; only at a layer border. Returns err's code. */
bn_rc bn_err_context(bn_err *err, bn_rc code, const char *format, ...)
    __attribute__((format(printf, 3, 4), cold));

#define bn_fail(err, code, ...) bn_err_set((err), __FILE__, __LINE__, (code), __VA_ARGS__)

/* The only macro that returns. */
#define BN_TRY(expression)               \
    do {                                 \
        bn_rc bn_try_rc_ = (expression); \
        if (bn_try_rc_ != BN_OK) {       \
            return bn_try_rc_;           \
        }                                \
    } while (0)

/* Stable text of a code, for JSON and logs: "not_found". */
const char *bn_rc_text(bn_rc code);

/* Exit status the command line reports for a code. */
int bn_rc_exit_status(bn_rc code);

/* Code of a stable text, BN_E_FAILED when unknown. */
bn_rc bn_rc_from_text(const char *text);

#endif
