/* idnumber.h - reading the characters of an identity number, shared by its two kinds.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_MATCH_IDNUMBER_H
#define BANYAN_MATCH_IDNUMBER_H

#include <banyan/protocol/match/idnumber.h>

#define BN_ID_CHARACTERS_MAX 24

/* Upper-case ASCII of `text` without blanks and hyphens, NUL-terminated; a character that has none
 * becomes '?'. Returns the count, BN_ID_CHARACTERS_MAX when there are that many or more. */
size_t bn_id_clean(bn_slice text, char out[BN_ID_CHARACTERS_MAX + 1]);

/* Fills `check` when it is not NULL and returns BN_E_INVALID with its words. */
bn_rc bn_id_refuse(bn_id_check found, const char *what, bn_id_check *check, bn_err *err);

/* The place of the table nearest to `code`: itself, its city, its province; 0 when none. */
uint32_t bn_area_nearest(uint32_t code);

#endif
