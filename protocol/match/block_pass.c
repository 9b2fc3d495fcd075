/* block_pass.c - what each blocking pass files a row under.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   key = SipHash(secret, pass | wide or narrow | party | texts with 0x1f between)
 *
 * One function per pass puts its texts; everything else is shared. A pass whose texts are missing
 * puts no key: two rows that have only blanks in common never meet.
 */
#include "block_pass.h"

#include "compare.h"
#include "org.h"

#include <banyan/base/text.h>
#include <banyan/protocol/crypto.h>
#include <banyan/protocol/match/name.h>
#include <banyan/protocol/match/normalise.h>

#include <string.h>

#define KEY_BYTES_MAX 256
#define TAIL_DIGITS 7
#define LOCAL_MIN 4     /* shorter mail names are initials */
#define HALF_MIN 8      /* digits of a number that is worth two halves */
#define WORDS_MAX 6     /* words of an organisation's name that are paired */

typedef block_maker maker;

typedef struct text { /* of one key, being put together */
    uint8_t bytes[KEY_BYTES_MAX];
    size_t len;
    bool is_missing;
} text;

static void put(text *t, bn_slice s)
{
    t->is_missing = t->is_missing || s.len == 0;
    size_t room = KEY_BYTES_MAX - 1 - t->len;
    size_t len = s.len < room ? s.len : room;
    if (len > 0) {
        memcpy(t->bytes + t->len, s.data, len);
    }
    t->len += len;
    t->bytes[t->len++] = 0x1f;
}

static void put_number(text *t, uint32_t value)
{
    uint8_t bytes[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
                        (uint8_t)value};
    put(t, bn_slice_make(bytes, value != 0 ? sizeof bytes : 0));
}

static bn_slice slice_of(const part *p)
{
    return bn_slice_make(p->bytes, p->len);
}

static bn_slice head_of(bn_slice s, size_t characters)
{
    size_t at = 0;
    for (size_t i = 0; i < characters && at < s.len; i++) {
        bn_utf8_next(s, &at);
    }
    return bn_slice_make(s.data, at);
}

static text begin(const maker *m, bool is_narrow)
{
    text t = {.len = 3};
    t.bytes[0] = (uint8_t)m->pass;
    t.bytes[1] = is_narrow ? 1 : 0;
    t.bytes[2] = (uint8_t)m->feature->party;
    return t;
}

static uint64_t hash(const maker *m, const text *t)
{
    uint64_t h = bn_hash_short(m->secret, bn_slice_make(t->bytes, t->len));
    return h != 0 ? h : 1;
}

/* Files the row under `wide`, and under wide + narrow when that is there. */
static void add(maker *m, const text *wide, const text *narrow)
{
    if (wide->is_missing || m->count == BN_BLOCK_KEYS_MAX) {
        return;
    }
    bn_block_key *key = &m->keys[m->count++];
    key->pass = (uint8_t)m->pass;
    key->wide = hash(m, wide);
    key->narrow = narrow != NULL && !narrow->is_missing ? hash(m, narrow) : 0;
}

/* The narrow text that begins as `wide` does. */
static text narrowed(const text *wide)
{
    text t = *wide;
    t.bytes[1] = 1;
    return t;
}

/* --- the name as it sounds ------------------------------------------------------------------ */
static void put_part(part *p, bn_slice s)
{
    for (size_t i = 0; i < s.len && p->len < PART_BYTES_MAX; i++) {
        if (s.data[i] != ' ' && s.data[i] != '-') {
            p->bytes[p->len++] = s.data[i];
        }
    }
}

static void add_name(maker *m, bn_slice family, bn_slice given, bn_slice more)
{
    name_pair *pair = &m->names[m->names_count++];
    put_part(&pair->family, family);
    put_part(&pair->given, given);
    put_part(&pair->given, more);
}

/* "wang xiao ming" in unknown order is read as a Chinese name too: wang | xiaoming. */
void block_names(block_maker *m)
{
    const bn_feature *f = m->feature;
    bn_slice none = BN_SLICE("");
    for (unsigned i = 0; i < f->names_count; i++) {
        const bn_feature_name *name = &f->names[i];
        bool is_read = name->family_reading.len + name->given_reading.len > 0;
        add_name(m, is_read ? name->family_reading : name->family,
                 is_read ? name->given_reading : name->given, none);
        m->names[m->names_count - 1].is_read = is_read;
        if (!name->is_order_known && name->middle.len > 0) {
            add_name(m, name->given, name->middle, name->family);
        }
    }
}

/* First sound of any name: narrows the keys of numbers. */
static bn_slice first_part(const maker *m, unsigned i, bool is_other)
{
    const name_pair *pair = &m->names[i];
    return slice_of(is_other ? &pair->given : &pair->family);
}

static void add_for_parts(maker *m, const text *wide)
{
    bool is_added = false;
    for (unsigned i = 0; i < m->names_count; i++) {
        for (int side = 0; side < 2; side++) {
            bn_slice p = first_part(m, i, side == 1);
            if (p.len == 0) {
                continue;
            }
            text narrow = narrowed(wide);
            put(&narrow, m->feature->party == BN_PARTY_PERSON ? p : head_of(p, 4));
            add(m, wide, &narrow);
            is_added = true;
        }
    }
    if (!is_added) {
        add(m, wide, NULL);
    }
}

static bn_slice place_of(const bn_feature_address *a)
{
    return a->postcode.len > 0 ? a->postcode : a->town;
}

/* --- passes ----------------------------------------------------------------------------------- */
static void pass_identity(maker *m)
{
    for (unsigned i = 0; i < m->feature->documents_count; i++) {
        const bn_feature_document *d = &m->feature->documents[i];
        text wide = begin(m, false);
        put_number(&wide, d->type_tag);
        put(&wide, d->number);
        add_for_parts(m, &wide);
    }
}

/* The first half of a resident number is a county and a decade: it takes the whole name to make
 * it few. */
static void add_for_names(maker *m, const text *wide)
{
    bool is_added = false;
    for (unsigned i = 0; i < m->names_count; i++) {
        bn_slice x = slice_of(&m->names[i].family);
        bn_slice y = slice_of(&m->names[i].given);
        bool is_swapped = bn_slice_compare(x, y) > 0;
        text narrow = narrowed(wide);
        put(&narrow, is_swapped ? y : x);
        put(&narrow, is_swapped ? x : y);
        add(m, wide, &narrow);
        is_added = true;
    }
    if (!is_added) {
        add(m, wide, NULL);
    }
}

static void pass_identity_half(maker *m)
{
    for (unsigned i = 0; i < m->feature->documents_count; i++) {
        bn_slice number = m->feature->documents[i].number;
        bool is_long = number.len >= HALF_MIN;
        for (size_t half = 0; half < 2 && number.len > 4; half++) {
            text wide = begin(m, false);
            put_number(&wide, m->feature->documents[i].type_tag);
            put_number(&wide, (uint32_t)half + 1);
            size_t middle = number.len / 2;
            put(&wide, half == 0 ? bn_slice_make(number.data, middle)
                                 : bn_slice_make(number.data + middle, number.len - middle));
            if (is_long || m->feature->party == BN_PARTY_PERSON) {
                add_for_names(m, &wide);
            }
        }
    }
}

static bool is_usable_phone(const maker *m, const bn_feature_text *phone)
{
    return m->feature->party == BN_PARTY_ORGANISATION || (phone->flags & BN_PHONE_IS_SERVICE) == 0;
}

static void pass_phone(maker *m)
{
    for (unsigned i = 0; i < m->feature->phones_count; i++) {
        if (is_usable_phone(m, &m->feature->phones[i])) {
            text wide = begin(m, false);
            put(&wide, m->feature->phones[i].text);
            add_for_parts(m, &wide);
        }
    }
}

static void pass_phone_tail(maker *m)
{
    for (unsigned i = 0; i < m->feature->phones_count; i++) {
        bn_slice number = m->feature->phones[i].text;
        if (number.len >= TAIL_DIGITS && is_usable_phone(m, &m->feature->phones[i])) {
            text wide = begin(m, false);
            put(&wide, bn_slice_make(number.data + number.len - TAIL_DIGITS, TAIL_DIGITS));
            add_for_parts(m, &wide);
        }
    }
}

static bool is_usable_email(const maker *m, const bn_feature_text *email)
{
    return m->feature->party == BN_PARTY_ORGANISATION || (email->flags & BN_EMAIL_IS_ROLE) == 0;
}

static void pass_email(maker *m)
{
    for (unsigned i = 0; i < m->feature->emails_count; i++) {
        if (is_usable_email(m, &m->feature->emails[i])) {
            text wide = begin(m, false);
            put(&wide, m->feature->emails[i].text);
            add_for_parts(m, &wide);
        }
    }
}

static void pass_email_local(maker *m)
{
    for (unsigned i = 0; i < m->feature->emails_count; i++) {
        bn_slice mail = m->feature->emails[i].text;
        const uint8_t *sign = mail.len > 0 ? memchr(mail.data, '@', mail.len) : NULL;
        size_t len = sign != NULL ? (size_t)(sign - mail.data) : mail.len;
        if (len >= LOCAL_MIN && is_usable_email(m, &m->feature->emails[i])) {
            text wide = begin(m, false);
            put(&wide, bn_slice_make(mail.data, len));
            add_for_parts(m, &wide);
        }
    }
}

/* Both parts, the lesser first: order does not count. */
static text full_name(const maker *m, unsigned i)
{
    bn_slice a = slice_of(&m->names[i].family);
    bn_slice b = slice_of(&m->names[i].given);
    text wide = begin(m, false);
    bool is_swapped = bn_slice_compare(a, b) > 0;
    put(&wide, is_swapped ? b : a);
    put(&wide, is_swapped ? a : b);
    return wide;
}

static void pass_name_year(maker *m)
{
    for (unsigned i = 0; i < m->names_count; i++) {
        text wide = full_name(m, i);
        put_number(&wide, m->feature->born / 10000);
        text narrow = narrowed(&wide);
        put_number(&narrow, m->feature->born);
        add(m, &wide, &narrow);
    }
}

static void pass_name(maker *m)
{
    for (unsigned i = 0; i < m->names_count; i++) {
        text wide = full_name(m, i);
        bool is_added = false;
        for (unsigned a = 0; a < m->feature->addresses_count; a++) {
            text narrow = narrowed(&wide);
            put(&narrow, BN_SLICE("place"));
            put(&narrow, place_of(&m->feature->addresses[a]));
            add(m, &wide, &narrow);
            is_added = true;
        }
        text narrow = narrowed(&wide);
        put(&narrow, BN_SLICE("month"));
        put_number(&narrow, m->feature->born % 10000);
        if (m->feature->born % 10000 != 0 || !is_added) {
            add(m, &wide, &narrow);
        }
    }
}

static void pass_born_part(maker *m)
{
    for (unsigned i = 0; i < m->names_count; i++) {
        for (int side = 0; side < 2; side++) {
            text wide = begin(m, false);
            put_number(&wide, m->feature->born);
            put(&wide, first_part(m, i, side == 1));
            text narrow = narrowed(&wide);
            put(&narrow, head_of(first_part(m, i, side == 0), 1));
            add(m, &wide, &narrow);
        }
    }
}

static void pass_given_year(maker *m)
{
    for (unsigned i = 0; i < m->feature->names_count; i++) {
        const bn_feature_name *name = &m->feature->names[i];
        if (name->script == BN_SCRIPT_HANZI) {
            text wide = begin(m, false);
            put(&wide, name->given);
            put_number(&wide, m->feature->born / 10000);
            text narrow = narrowed(&wide);
            put_number(&narrow, m->feature->born % 10000);
            add(m, &wide, &narrow);
        }
    }
}

static void pass_address_part(maker *m)
{
    for (unsigned a = 0; a < m->feature->addresses_count; a++) {
        for (unsigned i = 0; i < 2 * m->names_count; i++) {
            text wide = begin(m, false);
            put(&wide, m->feature->addresses[a].number);
            put(&wide, m->feature->addresses[a].road);
            put(&wide, first_part(m, i / 2, i % 2 == 1));
            text narrow = narrowed(&wide);
            put(&narrow, head_of(first_part(m, i / 2, i % 2 == 0), 1));
            add(m, &wide, &narrow);
        }
    }
}

static void pass_phonetic(maker *m)
{
    for (unsigned i = 0; i < m->names_count; i++) {
        if (m->names[i].is_read) {
            continue;
        }
        char sounds[2][2][BN_PHONETIC_BYTES_MAX];
        bn_phonetic(slice_of(&m->names[i].family), sounds[0][0], sounds[0][1]);
        bn_phonetic(slice_of(&m->names[i].given), sounds[1][0], sounds[1][1]);
        for (unsigned way = 0; way < 4; way++) {
            bn_slice a = bn_slice_of(sounds[0][way & 1]);
            bn_slice b = bn_slice_of(sounds[1][way >> 1]);
            bool is_swapped = bn_slice_compare(a, b) > 0;
            text wide = begin(m, false);
            put(&wide, is_swapped ? b : a);
            put(&wide, is_swapped ? a : b);
            text narrow = narrowed(&wide);
            put_number(&narrow, m->feature->born / 10000);
            add(m, &wide, &narrow);
        }
    }
}

static void pass_part3_year(maker *m)
{
    for (unsigned i = 0; i < 2 * m->names_count; i++) {
        text wide = begin(m, false);
        put(&wide, head_of(first_part(m, i / 2, i % 2 == 1), 3));
        put_number(&wide, m->feature->born / 10000);
        text narrow = narrowed(&wide);
        put(&narrow, head_of(first_part(m, i / 2, i % 2 == 0), 1));
        put_number(&narrow, m->feature->born / 100);
        add(m, &wide, &narrow);
    }
}

static void pass_place_part(maker *m)
{
    for (unsigned a = 0; a < m->feature->addresses_count; a++) {
        for (unsigned i = 0; i < 2 * m->names_count; i++) {
            text wide = begin(m, false);
            put(&wide, place_of(&m->feature->addresses[a]));
            put(&wide, head_of(first_part(m, i / 2, i % 2 == 1), 2));
            text narrow = narrowed(&wide);
            put(&narrow, head_of(first_part(m, i / 2, i % 2 == 0), 1));
            put(&narrow, m->feature->addresses[a].number);
            add(m, &wide, &narrow);
        }
    }
}

static void pass_born(maker *m)
{
    text wide = begin(m, false);
    put_number(&wide, m->feature->born % 10000 != 0 ? m->feature->born : 0);
    bool is_added = false;
    for (unsigned a = 0; a < m->feature->addresses_count; a++) {
        text narrow = narrowed(&wide);
        put(&narrow, place_of(&m->feature->addresses[a]));
        add(m, &wide, &narrow);
        is_added = true;
    }
    if (!is_added) {
        add(m, &wide, NULL);
    }
}

static void pass_street(maker *m)
{
    for (unsigned a = 0; a < m->feature->addresses_count; a++) {
        text wide = begin(m, false);
        put(&wide, m->feature->addresses[a].number);
        put(&wide, m->feature->addresses[a].road);
        add_for_parts(m, &wide);
    }
}

/* --- organisations ---------------------------------------------------------------------------- */
static void add_for_places(maker *m, const text *wide)
{
    bool is_added = false;
    for (unsigned a = 0; a < m->feature->addresses_count; a++) {
        text narrow = narrowed(wide);
        put(&narrow, place_of(&m->feature->addresses[a]));
        add(m, wide, &narrow);
        is_added = true;
    }
    if (!is_added) {
        add(m, wide, NULL);
    }
}

static void pass_org_name(maker *m)
{
    for (unsigned i = 0; i < m->feature->names_count; i++) {
        part core = {.len = 0};
        org_words words;
        org_words_of(m->feature->names[i].given, &words);
        for (unsigned w = 0; w < words.count; w++) {
            if (!words.word[w].is_form) {
                put_part(&core, words.word[w].text);
            }
        }
        text wide = begin(m, false);
        put(&wide, slice_of(&core));
        add_for_places(m, &wide);
    }
}

static void pass_org_words(maker *m)
{
    for (unsigned i = 0; i < m->feature->names_count; i++) {
        org_words words;
        org_words_of(m->feature->names[i].given, &words);
        unsigned used = words.count < WORDS_MAX ? words.count : WORDS_MAX;
        for (unsigned a = 0; a < used; a++) {
            for (unsigned b = a + 1; b < used; b++) {
                bn_slice first = words.word[a].text;
                bn_slice second = words.word[b].text;
                bool is_swapped = bn_slice_compare(first, second) > 0;
                text wide = begin(m, false);
                put(&wide, is_swapped ? second : first);
                put(&wide, is_swapped ? first : second);
                add_for_places(m, &wide);
            }
        }
    }
}

static void pass_org_code(maker *m)
{
    for (unsigned i = 0; i < m->feature->documents_count; i++) {
        bn_slice number = m->feature->documents[i].number;
        bool is_whole = number.len == 18;
        if (is_whole || number.len == 9) {
            text wide = begin(m, false);
            put(&wide, is_whole ? bn_slice_make(number.data + 8, 9) : number);
            add(m, &wide, NULL);
        }
    }
}

static void pass_org_band(maker *m)
{
    for (unsigned i = 0; i < m->feature->names_count; i++) {
        uint32_t bands[ORG_BANDS];
        unsigned count = org_bands_of(m->feature->names[i].given, bands);
        for (unsigned band = 0; band < count; band++) {
            text wide = begin(m, false);
            put_number(&wide, band + 1);
            put_number(&wide, bands[band]);
            add_for_places(m, &wide);
        }
    }
}

static const struct {
    void (*run)(maker *);
    uint8_t party; /* 0: both */
} runs[BN_PASS_COUNT] = {
    [BN_PASS_IDENTITY] = {pass_identity, 0},
    [BN_PASS_PHONE] = {pass_phone, 0},
    [BN_PASS_EMAIL] = {pass_email, 0},
    [BN_PASS_NAME_YEAR] = {pass_name_year, BN_PARTY_PERSON},
    [BN_PASS_NAME] = {pass_name, BN_PARTY_PERSON},
    [BN_PASS_BORN_PART] = {pass_born_part, BN_PARTY_PERSON},
    [BN_PASS_GIVEN_YEAR] = {pass_given_year, BN_PARTY_PERSON},
    [BN_PASS_ADDRESS_PART] = {pass_address_part, BN_PARTY_PERSON},
    [BN_PASS_PHONETIC] = {pass_phonetic, BN_PARTY_PERSON},
    [BN_PASS_PART3_YEAR] = {pass_part3_year, BN_PARTY_PERSON},
    [BN_PASS_PLACE_PART] = {pass_place_part, BN_PARTY_PERSON},
    [BN_PASS_BORN] = {pass_born, BN_PARTY_PERSON},
    [BN_PASS_EMAIL_LOCAL] = {pass_email_local, 0},
    [BN_PASS_PHONE_TAIL] = {pass_phone_tail, 0},
    [BN_PASS_IDENTITY_HALF] = {pass_identity_half, 0},
    [BN_PASS_STREET] = {pass_street, 0},
    [BN_PASS_ORG_NAME] = {pass_org_name, BN_PARTY_ORGANISATION},
    [BN_PASS_ORG_WORDS] = {pass_org_words, BN_PARTY_ORGANISATION},
    [BN_PASS_ORG_CODE] = {pass_org_code, BN_PARTY_ORGANISATION},
    [BN_PASS_ORG_BAND] = {pass_org_band, BN_PARTY_ORGANISATION},
};

bool block_applies(bn_pass pass, bn_party party)
{
    return runs[pass].party == 0 || runs[pass].party == party;
}

void block_run(block_maker *m, bn_pass pass)
{
    m->pass = pass;
    if (block_applies(pass, m->feature->party)) {
        runs[pass].run(m);
    }
}
