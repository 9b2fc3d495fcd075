/* pinyin.h - toneless readings of Chinese names and texts, for search and for match keys.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Readings are lower-case ASCII, one to six letters per syllable, with v for u-umlaut (lv, nve).
 * They are keys, not truth: index every form, show none. A character without a reading and
 * everything that is not Chinese passes in its compare form.
 */
#ifndef BANYAN_PROTOCOL_MATCH_PINYIN_H
#define BANYAN_PROTOCOL_MATCH_PINYIN_H

#include <banyan/protocol/match/normalise.h>

#define BN_PINYIN_READINGS_MAX 4 /* of one character */
#define BN_PINYIN_FORMS_MAX 8    /* of one name or text */
#define BN_PINYIN_SYLLABLE_MAX 8 /* bytes of one syllable with its NUL */

typedef struct bn_pinyin_form {
    bn_slice full;     /* "wangxiaoming" */
    bn_slice initials; /* "wxm" */
} bn_pinyin_form;

typedef struct bn_pinyin_forms {
    size_t count; /* >= 1 after success; no two are equal */
    bn_pinyin_form form[BN_PINYIN_FORMS_MAX]; /* the likeliest first */
} bn_pinyin_forms;

/* Readings of a character in common use, the commonest first; 0 when it has none. The strings
 * are static. Traditional characters are read as their simplified form. */
size_t bn_pinyin_char(uint32_t code_point, const char *readings[BN_PINYIN_READINGS_MAX]);

/* A person's name: the surname rule (曾 zeng, 单 shan, 尉迟 yuchi) applies to its head. */
BN_CHECKED bn_rc bn_pinyin_name(bn_slice name, bn_buf *full, bn_buf *initials);

/* Any text, such as a company's name. Blanks and punctuation are left out. `initials` has the
 * first letter of each syllable; Latin words and digits stay whole beside Hanzi, and give their
 * first letter in a text without Hanzi. `initials` may be NULL, here and above. */
BN_CHECKED bn_rc bn_pinyin_text(bn_slice text, bn_buf *full, bn_buf *initials);

/* All readings worth an index entry: the main one, second readings of truly polyphonic
 * characters, and lu, nu beside lv, nv. Slices live in `arena`. */
BN_CHECKED bn_rc bn_pinyin_name_forms(bn_slice name, bn_arena *arena, bn_pinyin_forms *out);
BN_CHECKED bn_rc bn_pinyin_text_forms(bn_slice text, bn_arena *arena, bn_pinyin_forms *out);

/* What a person typed into a search box, made comparable with the forms above: compare form,
 * tone marks, apostrophes, hyphens and blanks gone, u-umlaut and the lyu, nyu of passports v. */
BN_CHECKED bn_rc bn_pinyin_query(bn_slice typed, bn_buf *out);

/* Number of bytes (3, 6, 9) of the surname at the head of a Chinese name in compare form: the
 * longest compound surname, else its first character; 0 when `name` does not begin with Hanzi,
 * or is one with U+00B7 (a transliterated foreign name). Never all of `name`, except that a
 * single character is a surname. */
size_t bn_surname_bytes(bn_slice name);

#endif
