/* tables.h - the words people are made of: names, places, streets, employers.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Facts and common words, compiled here for this purpose.
 */
#ifndef BANYAN_TOOLS_GEN_TABLES_H
#define BANYAN_TOOLS_GEN_TABLES_H

#include "dice.h"

#define GEN_GENERATIONS 4 /* born before 1960, before 1980, before 2000, later */

typedef enum gen_sex { GEN_FEMALE, GEN_MALE, GEN_BOTH } gen_sex;

typedef struct gen_hanzi {
    const char *simplified;
    const char *traditional;
    const char *pinyin;
} gen_hanzi;

typedef struct gen_area {
    uint32_t code; /* GB/T 2260 */
    const char *province;
    const char *city;
    const char *district;
    const char *dialling;
    const char *postcode;
    const char *latin;
} gen_area;

typedef struct gen_nickname {
    const char *name;
    const char *nick;
} gen_nickname;

/* Sums the weights; call once before any pick. */
void gen_tables_prepare(void);

const gen_hanzi *gen_pick_surname(dice *d);
const gen_hanzi *gen_pick_given(dice *d, gen_sex sex, unsigned birth_year);
const gen_area *gen_pick_area(dice *d);
const char *gen_pick_western_first(dice *d, gen_sex sex);
const char *gen_pick_western_last(dice *d);
const char *gen_pick_western_street(dice *d);
const char *gen_pick_western_city(dice *d);
const char *gen_pick_street(dice *d);
const char *gen_pick_occupation(dice *d);
const char *gen_pick_mail_host(dice *d);
const char *gen_pick_trade(dice *d);     /* "科技" */
const char *gen_pick_mark(dice *d);      /* "恒泰", a company's own part of its name */
const char *gen_pick_mobile_head(dice *d); /* first three digits of a mainland mobile */

/* A short form people use instead of `first`, or NULL. */
const char *gen_nickname_of(const char *first);

#endif
