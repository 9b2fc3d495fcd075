/* person.c - makes people and the groups in which they are mistaken for each other.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "person.h"

#include <banyan/base/check.h>

#include <ctype.h>
#include <inttypes.h>

#define WESTERN_PERMILLE 120
#define YEAR_FIRST 1938
#define YEAR_LAST 2007

const char *gen_trait_text(gen_trait trait)
{
    static const char *const texts[] = {
#define GEN_TRAIT(name, permille) #name,
        GEN_TRAITS(GEN_TRAIT)
#undef GEN_TRAIT
    };
    return texts[trait];
}

static void set_mobile(dice *d, bool western, char out[16])
{
    if (western) {
        (void)snprintf(out, 16, "+44790%07u", dice_below(d, 10000000));
    } else {
        (void)snprintf(out, 16, "%s%08u", gen_pick_mobile_head(d), dice_below(d, 100000000));
    }
}

/* A subscriber number never begins with 0 or 1. */
static void set_phone(dice *d, const gen_home *home, char out[20])
{
    if (home->area == NULL) {
        (void)snprintf(out, 20, "+4420%u", dice_between(d, 70000000, 89999999));
        return;
    }
    bool long_form = home->area->dialling[1] <= '2' || dice_permille(d, 700);
    (void)snprintf(out, 20, "%s-%u", home->area->dialling,
                   long_form ? dice_between(d, 22000000, 88999999)
                             : dice_between(d, 2200000, 8899999));
}

static gen_home make_home(dice *d, bool western)
{
    gen_home home = {.house = dice_between(d, 1, 399), .unit = dice_between(d, 1, 8)};
    home.room = dice_between(d, 1, 30) * 100 + dice_between(d, 1, 6);
    if (western) {
        home.city = gen_pick_western_city(d);
        home.street = gen_pick_western_street(d);
    } else {
        home.area = gen_pick_area(d);
        home.street = gen_pick_street(d);
    }
    return home;
}

static void set_mail(dice *d, gen_person *p)
{
    char local[40];
    if (p->western) {
        (void)snprintf(local, sizeof local, "%s.%s", p->first, p->last);
    } else {
        (void)snprintf(local, sizeof local, "%s%s%s", p->surname->pinyin, p->given[0]->pinyin,
                       p->given_count > 1 ? p->given[1]->pinyin : "");
    }
    size_t len = 0;
    for (size_t i = 0; local[i] != '\0'; i++) {
        if (isalpha((unsigned char)local[i]) != 0 || local[i] == '.') {
            local[len++] = (char)tolower((unsigned char)local[i]);
        }
    }
    local[len] = '\0';
    (void)snprintf(p->mail, sizeof p->mail, "%s%u@%s", local, dice_between(d, 1, 9999),
                   gen_pick_mail_host(d));
}

static void set_document(dice *d, gen_person *p)
{
    if (p->western) {
        (void)snprintf(p->document, sizeof p->document, "%c%08u", 'A' + (char)dice_below(d, 26),
                       dice_below(d, 100000000));
        return;
    }
    unsigned running = dice_below(d, 500) * 2 + (p->sex == GEN_MALE ? 1 : 0);
    gen_resident_id(gen_pick_area(d)->code, p->born, running == 0 ? 2 : running, p->document);
}

static void set_given(dice *d, gen_person *p)
{
    if (p->western) {
        p->first = gen_pick_western_first(d, p->sex);
        p->middle = dice_permille(d, 300) ? (char)('A' + dice_below(d, 24)) : '\0';
        return;
    }
    bool between = p->born.year >= 1980 && p->born.year <= 1995; /* years of the single character */
    p->given_count = dice_permille(d, between ? 550 : 850) ? 2 : 1;
    for (size_t i = 0; i < p->given_count; i++) {
        p->given[i] = gen_pick_given(d, p->sex, p->born.year);
    }
}

static void set_employer(dice *d, gen_person *p)
{
    if (p->home.area != NULL) {
        (void)snprintf(p->employer, sizeof p->employer, "%s%s%s有限公司", p->home.area->city,
                       gen_pick_mark(d), gen_pick_trade(d));
    } else {
        (void)snprintf(p->employer, sizeof p->employer, "%s Ltd", gen_pick_western_last(d));
    }
}

static void make_person(dice *d, gen_person *p, uint64_t number, bool western, unsigned year_low,
                        unsigned year_high)
{
    *p = (gen_person){.number = number, .western = western};
    p->sex = dice_permille(d, 500) ? GEN_MALE : GEN_FEMALE;
    p->born = gen_pick_day(d, year_low, year_high);
    if (western) {
        p->last = gen_pick_western_last(d);
    } else {
        p->surname = gen_pick_surname(d);
    }
    set_given(d, p);
    p->home = make_home(d, western);
    p->occupation = gen_pick_occupation(d);
    set_document(d, p);
    set_mobile(d, western, p->mobile);
    set_phone(d, &p->home, p->phone);
    set_mail(d, p);
    set_employer(d, p);
}

static void make_company(dice *d, gen_person *p, uint64_t number)
{
    *p = (gen_person){.number = number, .organisation = true};
    p->born = gen_pick_day(d, 1985, 2022);
    p->home = make_home(d, false);
    p->mark = gen_pick_mark(d);
    p->trade = gen_pick_trade(d);
    gen_uscc(d, p->home.area->code, p->document);
    set_mobile(d, false, p->mobile);
    set_phone(d, &p->home, p->phone);
    (void)snprintf(p->mail, sizeof p->mail, "office%u@%s", dice_between(d, 1, 99999),
                   gen_pick_mail_host(d));
}

static void share_home(const gen_person *from, gen_person *to)
{
    to->home = from->home;
    memcpy(to->phone, from->phone, sizeof to->phone);
}

static void share_surname(const gen_person *from, gen_person *to)
{
    to->surname = from->surname;
    to->last = from->last;
}

static void copy_name(const gen_person *from, gen_person *to)
{
    share_surname(from, to);
    to->first = from->first;
    to->middle = from->middle;
    memcpy(to->given, from->given, sizeof to->given);
    to->given_count = from->given_count;
}

static gen_person *add(dice *d, gen_group *g, uint64_t first, bool western, unsigned low,
                       unsigned high)
{
    BN_ASSERT(g->count < GEN_GROUP_MAX);
    gen_person *p = &g->people[g->count];
    make_person(d, p, first + g->count, western, low, high);
    g->count++;
    return p;
}

static void make_family(dice *d, gen_group *g, uint64_t first, bool western)
{
    gen_person *father = add(d, g, first, western, 1950, 1980);
    father->sex = GEN_MALE;
    set_given(d, father);
    set_document(d, father);
    set_mail(d, father);
    gen_person *mother =
        add(d, g, first, western, father->born.year - 3, father->born.year + 5);
    mother->sex = GEN_FEMALE;
    set_given(d, mother);
    set_document(d, mother);
    share_home(father, mother);
    if (western) {
        mother->last = father->last;
    }
    set_mail(d, mother);
    unsigned children = dice_between(d, 1, 3);
    for (unsigned i = 0; i < children; i++) {
        gen_person *child = add(d, g, first, western, father->born.year + 22,
                                father->born.year + 27);
        share_home(father, child);
        share_surname(father, child);
        set_mail(d, child);
        if (dice_permille(d, 350)) {
            memcpy(child->mobile, mother->mobile, sizeof child->mobile);
        }
    }
}

/* The second twin has the next running number of the same register, and often a given name that
 * shares a character. */
static void make_twins(dice *d, gen_group *g, uint64_t first, bool western)
{
    gen_person *a = add(d, g, first, western, YEAR_FIRST, YEAR_LAST);
    gen_person *b = add(d, g, first, western, YEAR_FIRST, YEAR_LAST);
    b->sex = a->sex;
    b->born = a->born;
    share_home(a, b);
    share_surname(a, b);
    set_given(d, b);
    if (western) {
        set_mail(d, b);
        return;
    }
    b->given[0] = a->given[0];
    while (b->given_count == a->given_count &&
           b->given[b->given_count - 1] == a->given[a->given_count - 1]) {
        b->given_count = 2;
        b->given[1] = gen_pick_given(d, b->sex, b->born.year);
    }
    unsigned area = (unsigned)strtoul((char[7]){a->document[0], a->document[1], a->document[2],
                                               a->document[3], a->document[4], a->document[5]},
                                      NULL, 10);
    unsigned running = (unsigned)strtoul((char[4]){a->document[14], a->document[15],
                                                  a->document[16]}, NULL, 10);
    gen_resident_id(area, b->born, running + 2 < 1000 ? running + 2 : running - 2, b->document);
    set_mail(d, b);
}

static void make_strangers(dice *d, gen_group *g, uint64_t first, bool western)
{
    gen_person *a = add(d, g, first, western, YEAR_FIRST, YEAR_LAST);
    gen_person *b = add(d, g, first, western, YEAR_FIRST, YEAR_LAST);
    b->sex = a->sex;
    b->born = a->born;
    copy_name(a, b);
    set_document(d, b);
    set_mail(d, b);
}

static void make_father_son(dice *d, gen_group *g, uint64_t first)
{
    gen_person *father = add(d, g, first, true, 1945, 1970);
    father->sex = GEN_MALE;
    set_given(d, father);
    set_mail(d, father);
    gen_person *son = add(d, g, first, true, father->born.year + 20, father->born.year + 34);
    son->sex = GEN_MALE;
    copy_name(father, son);
    share_home(father, son);
    set_mail(d, son);
    if (dice_permille(d, 400)) {
        father->suffix = "Sr";
        son->suffix = "Jr";
    }
}

static void make_colleagues(dice *d, gen_group *g, uint64_t first, bool western)
{
    unsigned count = dice_between(d, 3, GEN_GROUP_MAX);
    for (unsigned i = 0; i < count; i++) {
        gen_person *p = add(d, g, first, western, 1960, 2000);
        const gen_person *boss = &g->people[0];
        memcpy(p->phone, boss->phone, sizeof p->phone);
        memcpy(p->employer, boss->employer, sizeof p->employer);
    }
}

static void make_companies(dice *d, gen_group *g, uint64_t first, gen_trait trait)
{
    make_company(d, &g->people[0], first);
    g->count = 1;
    gen_person *a = &g->people[0];
    if (trait == GEN_renamed) {
        do {
            a->former_mark = gen_pick_mark(d);
        } while (a->former_mark == a->mark);
    }
    if (trait == GEN_namesakes) {
        gen_person *b = &g->people[1];
        make_company(d, b, first + 1);
        b->mark = a->mark;
        b->trade = a->trade;
        g->count = 2;
    }
}

static void make_one(dice *d, gen_group *g, uint64_t first, gen_trait trait, bool western)
{
    gen_person *p = add(d, g, first, western, YEAR_FIRST, YEAR_LAST);
    if (trait == GEN_reissued) {
        memcpy(p->second_document, p->document, sizeof p->second_document);
        set_document(d, p);
    } else if (trait == GEN_married) {
        p->sex = GEN_FEMALE;
        set_given(d, p);
        set_document(d, p);
        set_mail(d, p);
        do {
            p->former_last = gen_pick_western_last(d);
        } while (p->former_last == p->last);
    } else if (trait == GEN_moved) {
        p->former_home = make_home(d, western);
        set_mobile(d, western, p->second_mobile);
    }
}

void gen_group_make(dice *d, uint64_t first_number, gen_group *out)
{
    uint32_t sums[GEN_TRAIT_COUNT];
    uint32_t sum = 0;
#define GEN_TRAIT(name, permille) sum += (permille); sums[GEN_##name] = sum;
    GEN_TRAITS(GEN_TRAIT)
#undef GEN_TRAIT
    gen_trait trait = (gen_trait)dice_pick(d, sums, GEN_TRAIT_COUNT);
    bool western = dice_permille(d, WESTERN_PERMILLE) || trait == GEN_married;
    out->count = 0;
    switch (trait) {
    case GEN_family:
        make_family(d, out, first_number, western);
        break;
    case GEN_twins:
        make_twins(d, out, first_number, western);
        break;
    case GEN_strangers:
        make_strangers(d, out, first_number, western);
        break;
    case GEN_father_son:
        make_father_son(d, out, first_number);
        break;
    case GEN_recycled:
        add(d, out, first_number, western, YEAR_FIRST, YEAR_LAST);
        memcpy(add(d, out, first_number, western, YEAR_FIRST, YEAR_LAST)->mobile,
               out->people[0].mobile, sizeof out->people[0].mobile);
        break;
    case GEN_colleagues:
        make_colleagues(d, out, first_number, western);
        break;
    case GEN_company:
    case GEN_renamed:
    case GEN_namesakes:
        make_companies(d, out, first_number, trait);
        break;
    case GEN_single:
    case GEN_reissued:
    case GEN_married:
    case GEN_moved:
    case GEN_TRAIT_COUNT:
        make_one(d, out, first_number, trait, western);
        break;
    }
    for (size_t i = 0; i < out->count; i++) {
        out->people[i].trait = trait;
    }
}
