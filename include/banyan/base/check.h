/* check.h - assertions for our own mistakes, and owners that release themselves.
 * SPDX-License-Identifier: Apache-2.0
 *
 * BN_ASSERT stays on in release builds. What a peer, a user, a file or the disk sends is an
 * error, never an assertion.
 */
#ifndef BANYAN_BASE_CHECK_H
#define BANYAN_BASE_CHECK_H

#define BN_EXIT_ASSERT 70

_Noreturn void bn_assert_failed(const char *expression, const char *file, int line)
    __attribute__((cold));

#define BN_ASSERT(condition) \
    ((condition) ? (void)0 : bn_assert_failed(#condition, __FILE__, __LINE__))

#ifdef NDEBUG
#define BN_ASSERT_SLOW(condition) ((void)sizeof(condition))
#else
#define BN_ASSERT_SLOW(condition) BN_ASSERT(condition)
#endif

/* `BN_AUTO(bn_kv_close) bn_kv *kv = NULL;` releases on every way out of the scope. */
#define BN_AUTO(release) __attribute__((cleanup(release)))

/* Hands out an owned pointer and forgets it here: `*out = BN_TAKE(log);`. */
#define BN_TAKE(owner)                        \
    __extension__({                           \
        __typeof__(owner) bn_taken_ = (owner); \
        (owner) = NULL;                       \
        bn_taken_;                            \
    })

#define BN_COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
