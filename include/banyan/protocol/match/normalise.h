/* normalise.h - the compare form of a text: what two spellings of one thing have in common.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every function of this folder is a pure function of its arguments: no locale, no clock, no I/O.
 * The result is the same on every node, and any change of a result raises BN_NORMALISE_VERSION,
 * because indexes hold results.
 *
 * Functions that take a `bn_buf *out` append their result to it. An input that is not well-formed
 * UTF-8 is BN_E_INVALID, an input or a result of more than BN_TEXT_BYTES_MAX bytes BN_E_LIMIT; on
 * failure `out` is cut back to what it held. Each is idempotent: applied to its own result it
 * changes nothing.
 */
#ifndef BANYAN_PROTOCOL_MATCH_NORMALISE_H
#define BANYAN_PROTOCOL_MATCH_NORMALISE_H

#include <banyan/base/arena.h>
#include <banyan/base/buf.h>
#include <banyan/base/err.h>
#include <banyan/base/slice.h>

#define BN_NORMALISE_VERSION 1

typedef enum bn_script {
    BN_SCRIPT_NONE,  /* no letters at all */
    BN_SCRIPT_HANZI, /* every letter is a Chinese character */
    BN_SCRIPT_LATIN, /* every letter is Latin */
    BN_SCRIPT_MIXED, /* both of these and nothing else */
    BN_SCRIPT_OTHER  /* some letter of another script */
} bn_script;

bn_script bn_script_of(bn_slice text);
bool bn_is_hanzi(uint32_t code_point);

/* The compare form: private-use code points of GB 18030 folded, NFKC (which also makes full width
 * half width), case fold, control and invisible characters dropped, runs of blanks one blank, none
 * at the ends, the separators of foreign names between two Hanzi folded to U+00B7. */
BN_CHECKED bn_rc bn_normalise_text(bn_slice text, bn_buf *out);

/* bn_normalise_text, then bn_hanzi_fold, then only letters and digits kept (no blanks). */
BN_CHECKED bn_rc bn_normalise_key(bn_slice text, bn_buf *out);

/* bn_normalise_text, then marks removed and foreign Latin letters spelt in ASCII (ø o, ß ss,
 * ł l, þ th); letters of other scripts pass unchanged. */
BN_CHECKED bn_rc bn_normalise_ascii(bn_slice text, bn_buf *out);

/* Traditional to simplified, compatibility ideographs, and known variants (峯 峰). A near form,
 * never proof of equality: 昇 and 升 are two names. Everything else passes unchanged. */
BN_CHECKED bn_rc bn_hanzi_fold(bn_slice text, bn_buf *out);
uint32_t bn_hanzi_fold_char(uint32_t code_point);

#endif
