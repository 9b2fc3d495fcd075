/* record.c - writes a person down the way a clerk would.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "record.h"

#include <banyan/base/check.h>

#include <ctype.h>

#define SET(out, ...) ((void)snprintf((out), sizeof(out), __VA_ARGS__))

unsigned gen_record_copies(dice *d)
{
    uint32_t at = dice_below(d, 1000);
    return at < 600 ? 1 : at < 850 ? 2 : at < 950 ? 3 : at < 985 ? 4 : 5;
}

/* --- names ---------------------------------------------------------------------------------- */
static void capitalise(const char *word, char *out, size_t size)
{
    (void)snprintf(out, size, "%s", word);
    out[0] = (char)toupper((unsigned char)out[0]);
}

static void pinyin_name(dice *d, const gen_person *p, char *out, size_t size)
{
    char family[16];
    char given[24];
    capitalise(p->surname->pinyin, family, sizeof family);
    capitalise(p->given[0]->pinyin, given, sizeof given);
    const char *second = p->given_count > 1 ? p->given[1]->pinyin : "";
    switch (dice_below(d, 4)) {
    case 0:
        (void)snprintf(out, size, "%s %s%s", family, given, second);
        break;
    case 1:
        (void)snprintf(out, size, "%s%s %s", given, second, family);
        break;
    case 2:
        (void)snprintf(out, size, "%s, %s%s%s", family, given, *second != '\0' ? "-" : "", second);
        break;
    default:
        (void)snprintf(out, size, "%s %s%s%s", family, given, *second != '\0' ? " " : "", second);
        for (char *c = out; *c != '\0'; c++) {
            *c = (char)toupper((unsigned char)*c);
        }
        break;
    }
}

static void chinese_name(dice *d, const gen_person *p, bool slips, gen_record *r)
{
    bool traditional = slips && dice_permille(d, 60);
    bool spaced = slips && dice_permille(d, 50);
    const gen_hanzi *second = p->given_count > 1 ? p->given[1] : NULL;
    const gen_hanzi *parts[3] = {p->surname, p->given[0], second};
    const char *texts[3];
    for (size_t i = 0; i < BN_COUNT(parts); i++) {
        texts[i] = parts[i] == NULL ? "" : traditional ? parts[i]->traditional
                                                       : parts[i]->simplified;
    }
    SET(r->name, "%s%s%s%s", texts[0], spaced ? " " : "", texts[1], texts[2]);
    if (dice_permille(d, slips ? 250 : 400)) {
        pinyin_name(d, p, r->name_latin, sizeof r->name_latin);
    }
    if (slips && dice_permille(d, 50)) {
        pinyin_name(d, p, r->name, sizeof r->name);
        r->name_latin[0] = '\0';
    }
}

static void western_name(dice *d, const gen_person *p, unsigned copy, gen_record *r)
{
    const char *first = p->first;
    const char *last = p->last;
    if (p->former_last != NULL && copy % 2 == 1) {
        last = p->former_last;
    } else if (p->former_last != NULL && dice_permille(d, 500)) {
        SET(r->name_former, "%s %s", first, p->former_last);
    }
    const char *nick = gen_nickname_of(first);
    if (copy > 0 && nick != NULL && dice_permille(d, 300)) {
        first = nick;
    }
    char middle[8] = "";
    if (p->middle != '\0' && dice_permille(d, copy == 0 ? 900 : 500)) {
        SET(middle, " %c%s", p->middle, dice_permille(d, 500) ? "." : "");
    }
    bool has_suffix = p->suffix != NULL && dice_permille(d, copy == 0 ? 900 : 400);
    if (copy > 0 && dice_permille(d, 150)) {
        SET(r->name, "%s, %s%s", last, first, middle);
    } else {
        SET(r->name, "%s%s %s%s%s", first, middle, last, has_suffix ? " " : "",
            has_suffix ? p->suffix : "");
    }
}

static void company_name(dice *d, const gen_person *p, unsigned copy, gen_record *r)
{
    bool former = p->former_mark != NULL && copy % 2 == 1;
    const char *mark = former ? p->former_mark : p->mark;
    const char *city = p->home.area->city;
    size_t city_bytes = strlen(city) - strlen("市");
    static const char *const forms[] = {"有限公司", "有限责任公司", "（有限公司）", "公司"};
    const char *form = forms[copy == 0 ? 0 : dice_below(d, BN_COUNT(forms))];
    if (copy > 0 && dice_permille(d, 250)) {
        SET(r->name, "%s（%.*s）%s%s", mark, (int)city_bytes, city, p->trade, form);
    } else {
        SET(r->name, "%.*s%s%s%s", (int)city_bytes, city, mark, p->trade, form);
    }
    if (p->former_mark != NULL && !former && dice_permille(d, 500)) {
        SET(r->name_former, "%.*s%s%s有限公司", (int)city_bytes, city, p->former_mark, p->trade);
    }
}

/* A slip of the finger: one letter of a Latin word doubled or swapped with its neighbour. */
static void mistype(dice *d, char *text, size_t size)
{
    size_t len = strlen(text);
    if (len < 4 || len + 2 > size) {
        return;
    }
    size_t at = dice_between(d, 1, (uint32_t)len - 2);
    if (isalpha((unsigned char)text[at]) == 0 || isalpha((unsigned char)text[at + 1]) == 0) {
        return;
    }
    if (dice_permille(d, 500)) {
        char c = text[at];
        text[at] = text[at + 1];
        text[at + 1] = c;
    } else {
        memmove(text + at + 1, text + at, len - at + 1);
    }
}

/* --- numbers -------------------------------------------------------------------------------- */
static void write_document(dice *d, const gen_person *p, unsigned copy, gen_record *r)
{
    const char *document = p->document;
    if (p->second_document[0] != '\0' && copy % 2 == 1) {
        document = p->second_document;
    }
    SET(r->document_type, "%s",
        p->organisation ? "uscc" : p->western ? "passport" : "resident_id");
    SET(r->document_number, "%s", document);
    if (copy == 0 || p->organisation || p->western) {
        return;
    }
    uint32_t at = dice_below(d, 1000);
    if (at < 120) {
        r->document_type[0] = '\0';
        r->document_number[0] = '\0';
    } else if (at < 150 && p->born.year < 1985) {
        char old[GEN_RESIDENT_BYTES];
        gen_resident_id_15(document, old);
        SET(r->document_number, "%s", old);
    } else if (at < 180) {
        size_t digit = dice_between(d, 12, 16);
        r->document_number[digit] =
            (char)('0' + (r->document_number[digit] - '0' + 1 + (int)dice_below(d, 9)) % 10);
    } else if (at < 200) {
        SET(r->document_number, "%.6s %.8s %s", document, document + 6, document + 14);
    } else if (at < 215 && document[17] == 'X') {
        r->document_number[17] = 'x';
    }
}

static void write_mobile(dice *d, const char *mobile, bool western, bool slips, char out[32])
{
    uint32_t style = slips ? dice_below(d, 10) : 9;
    if (western || style > 4) {
        (void)snprintf(out, 32, "%s", mobile);
    } else if (style == 0) {
        (void)snprintf(out, 32, "+86 %s", mobile);
    } else if (style == 1) {
        (void)snprintf(out, 32, "%.3s-%.4s-%s", mobile, mobile + 3, mobile + 7);
    } else if (style == 2) {
        (void)snprintf(out, 32, "%.3s %.4s %s", mobile, mobile + 3, mobile + 7);
    } else if (style == 3) {
        (void)snprintf(out, 32, "0086%s", mobile);
    } else {
        (void)snprintf(out, 32, "86-%s", mobile);
    }
}

static void write_numbers(dice *d, const gen_person *p, unsigned copy, gen_record *r)
{
    bool slips = copy > 0;
    bool second = p->second_mobile[0] != '\0' && copy % 2 == 1;
    if (!slips || dice_permille(d, 850)) {
        write_mobile(d, second ? p->second_mobile : p->mobile, p->western, slips, r->mobile);
    }
    if (dice_permille(d, p->organisation || p->trait == GEN_colleagues ? 900 : 350)) {
        SET(r->phone, "%s", p->phone);
        if (slips && p->trait == GEN_colleagues && dice_permille(d, 300)) {
            SET(r->phone, "%s-%u", p->phone, dice_between(d, 100, 899));
        }
    }
    if (dice_permille(d, slips ? 350 : 550)) {
        SET(r->email, "%s", p->mail);
    }
}

/* --- the rest ------------------------------------------------------------------------------- */
static void write_birth(dice *d, const gen_person *p, unsigned copy, gen_record *r)
{
    gen_day born = p->born;
    uint32_t at = copy == 0 ? 999 : dice_below(d, 1000);
    if (at < 30) {
        born = (gen_day){.year = 1900, .month = 1, .day = 1};
    } else if (at < 50) {
        born = (gen_day){.year = born.year, .month = 1, .day = 1};
    } else if (at < 65 && born.day <= 12) {
        born = (gen_day){.year = born.year, .month = born.day, .day = born.month};
    } else if (at < 150) {
        return;
    }
    SET(r->birth_date, "%04u-%02u-%02u", born.year % 10000, born.month % 100, born.day % 100);
}

static void write_home(dice *d, const gen_person *p, unsigned copy, gen_record *r)
{
    bool former = p->former_home.street != NULL && copy % 2 == 1;
    const gen_home *home = former ? &p->former_home : &p->home;
    if (copy > 0 && dice_permille(d, 150)) {
        return;
    }
    if (home->area == NULL) {
        SET(r->city, "%s", home->city);
        bool is_short = copy > 0 && dice_permille(d, 200);
        if (is_short) {
            SET(r->street, "%u %s", home->house, home->street);
        } else {
            SET(r->street, "%u %s, Apt %u", home->house, home->street, home->room);
        }
        return;
    }
    SET(r->country, "CN");
    SET(r->province, "%s", home->area->province);
    SET(r->city, "%s", home->area->city);
    SET(r->district, "%s", home->area->district);
    uint32_t style = copy == 0 ? 0 : dice_below(d, 4);
    if (style == 1) {
        SET(r->street, "%s%u号%u-%u", home->street, home->house, home->unit, home->room);
    } else if (style == 2) {
        SET(r->street, "%s%u號%u單元%u室", home->street, home->house, home->unit, home->room);
    } else if (style == 3) {
        SET(r->street, "%s %u 号 %u 单元 %u", home->street, home->house, home->unit, home->room);
    } else {
        SET(r->street, "%s%u号%u单元%u室", home->street, home->house, home->unit, home->room);
    }
    SET(r->postcode, "%s", home->area->postcode);
}

void gen_record_make(dice *d, const gen_person *p, unsigned copy, gen_record *out)
{
    gen_record *r = out;
#define GEN_COLUMN(name, bytes) r->name[0] = '\0';
    GEN_CUSTOMER_COLUMNS(GEN_COLUMN)
#undef GEN_COLUMN
    r->person = p->number;
    r->trait = p->trait;
    SET(r->type, "%s", p->organisation ? "organisation" : "person");
    if (p->organisation) {
        company_name(d, p, copy, r);
    } else if (p->western) {
        western_name(d, p, copy, r);
        if (copy > 0 && dice_permille(d, 80)) {
            mistype(d, r->name, sizeof r->name);
        }
    } else {
        chinese_name(d, p, copy > 0, r);
    }
    if (!p->organisation) {
        SET(r->sex, "%s", p->sex == GEN_MALE ? "male" : "female");
        SET(r->nationality, "%s", p->western ? "" : "CN");
        if (dice_permille(d, 400)) {
            SET(r->occupation, "%s", p->occupation);
        }
        if (dice_permille(d, p->trait == GEN_colleagues ? 900 : 300)) {
            SET(r->employer, "%s", p->employer);
        }
    }
    write_birth(d, p, copy, r);
    write_document(d, p, copy, r);
    write_numbers(d, p, copy, r);
    write_home(d, p, copy, r);
}

const char *const *gen_customer_columns(void)
{
    static const char *const names[] = {
#define GEN_COLUMN(name, bytes) #name,
        GEN_CUSTOMER_COLUMNS(GEN_COLUMN)
#undef GEN_COLUMN
        NULL};
    return names;
}

void gen_record_cells(sheet *s, const gen_record *record)
{
#define GEN_COLUMN(name, bytes) sheet_cell(s, record->name);
    GEN_CUSTOMER_COLUMNS(GEN_COLUMN)
#undef GEN_COLUMN
}
