/* surname.h - what Chinese surnames do to reading and splitting.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_MATCH_SURNAME_H
#define BANYAN_MATCH_SURNAME_H

#include <banyan/base/slice.h>

/* Readings of a folded surname where they differ from those of its characters: alternatives are
 * separated by a blank, syllables of a compound by an apostrophe. NULL when they do not. */
const char *bn_surname_reading(bn_slice surname);

#endif
