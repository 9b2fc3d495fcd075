/* person.h - the people behind the records: who is whom, before any clerk has typed anything.
 * SPDX-License-Identifier: Apache-2.0
 *
 * People come in groups, because what is hard for a matcher are people who resemble each other:
 *
 *   single       one person                        twins        same surname, day, address
 *   family       couple and children, one address  strangers    same name and day, nothing else
 *   father_son   Western, one name, one address    recycled     one mobile, years apart
 *   colleagues   one employer, one desk phone      reissued     one person, two valid ID numbers
 *   married      surname changed                   moved        address changed
 *   company      an organisation                   renamed      one code, two names
 *   namesakes    companies of one mark, two cities
 */
#ifndef BANYAN_TOOLS_GEN_PERSON_H
#define BANYAN_TOOLS_GEN_PERSON_H

#include "number.h"
#include "tables.h"

#define GEN_GROUP_MAX 6
#define GEN_GIVEN_MAX 2

#define GEN_TRAITS(X) \
    X(single, 440) X(family, 180) X(twins, 25) X(strangers, 40) X(father_son, 35) X(recycled, 40) \
    X(colleagues, 40) X(reissued, 30) X(married, 30) X(moved, 50) X(company, 60) X(renamed, 15) \
    X(namesakes, 15)

typedef enum gen_trait {
#define GEN_TRAIT(name, permille) GEN_##name,
    GEN_TRAITS(GEN_TRAIT)
#undef GEN_TRAIT
    GEN_TRAIT_COUNT
} gen_trait;

const char *gen_trait_text(gen_trait trait);

typedef struct gen_home {
    const gen_area *area; /* NULL: abroad */
    const char *city;     /* abroad */
    const char *street;
    unsigned house;
    unsigned unit;
    unsigned room;
} gen_home;

typedef struct gen_person {
    uint64_t number; /* 1.. : the truth */
    gen_trait trait;
    bool organisation;
    bool western;
    gen_sex sex;
    gen_day born; /* or founded */
    const gen_hanzi *surname;
    const gen_hanzi *given[GEN_GIVEN_MAX];
    size_t given_count;
    const char *first;
    const char *last;
    char middle;             /* 'A'.. or '\0' */
    const char *suffix;      /* "Jr", "Sr" or NULL */
    const char *former_last; /* Western, before marriage */
    const char *mark;        /* organisation */
    const char *former_mark;
    const char *trade;
    char document[GEN_RESIDENT_BYTES];
    char second_document[GEN_RESIDENT_BYTES]; /* re-issued; "" */
    char mobile[16];
    char second_mobile[16];
    char phone[20];
    char mail[64];
    gen_home home;
    gen_home former_home; /* street NULL: none */
    char employer[64];
    const char *occupation;
} gen_person;

typedef struct gen_group {
    gen_person people[GEN_GROUP_MAX];
    size_t count;
} gen_group;

/* The next group; its people are numbered from first_number on. */
void gen_group_make(dice *d, uint64_t first_number, gen_group *out);

#endif
