/* unit.h - cmocka with the includes it wants, in the order it wants them.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_TESTS_UNIT_H
#define BANYAN_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <banyan/base/err.h>

/* Asserts BN_OK and shows the message of `err` when it is not. */
#define assert_ok(expression, err)                                                 \
    do {                                                                           \
        bn_rc assert_ok_rc_ = (expression);                                        \
        if (assert_ok_rc_ != BN_OK) {                                              \
            fail_msg("%s: %s (%s)", #expression, bn_rc_text(assert_ok_rc_), (err).text); \
        }                                                                          \
    } while (0)

#endif
