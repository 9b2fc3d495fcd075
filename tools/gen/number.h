/* number.h - identity numbers with the check characters their standards ask for.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Written from the standards and not from the matcher, so that each checks the other.
 */
#ifndef BANYAN_TOOLS_GEN_NUMBER_H
#define BANYAN_TOOLS_GEN_NUMBER_H

#include "dice.h"

#define GEN_RESIDENT_BYTES 19 /* 18 characters and the NUL */
#define GEN_USCC_BYTES 19

typedef struct gen_day {
    unsigned year;
    unsigned month;
    unsigned day;
} gen_day;

unsigned gen_days_in_month(unsigned year, unsigned month);

/* A day of one of the years low..high. */
gen_day gen_pick_day(dice *d, unsigned low, unsigned high);

/* GB 11643: area, birth date, running number (odd for men), check character by MOD 11-2. */
void gen_resident_id(uint32_t area, gen_day born, unsigned running, char out[GEN_RESIDENT_BYTES]);

/* The first generation's 15 digits of the same person. */
void gen_resident_id_15(const char id[GEN_RESIDENT_BYTES], char out[GEN_RESIDENT_BYTES]);

/* GB 32100: class, area, organisation code with its own check character, check by MOD 31. */
void gen_uscc(dice *d, uint32_t area, char out[GEN_USCC_BYTES]);

#endif
