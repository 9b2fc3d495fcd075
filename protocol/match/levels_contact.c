/* levels_contact.c - comparing birth dates, documents, numbers, mail addresses, attributes.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "levels.h"

#include "compare.h"
#include "model.h"
#include "row.h"

#include <string.h>

#define NUMBER_WEAK 6      /* an equal number with fewer characters says little */
#define TWO_EDITS_MIN 7
#define PHONE_TAIL 7
#define PHONE_EDIT_MIN 8
#define EMAIL_EDITS_MAX 2
#define EMAIL_EDITS_MIN 9  /* bytes of an address two slips leave recognisable */
#define EMAIL_ALIKE 8000   /* bigrams of a longer one */
#define EMAIL_LOCAL_MIN 4
#define EMAIL_RESEMBLES 9000
#define ATTRIBUTE_NEAR 9200
#define ATTRIBUTE_DICE 8000

/* --- birth date ----------------------------------------------------------------------------- */
static void date_text(uint32_t date, uint8_t out[8])
{
    for (int i = 7; i >= 0; i--) {
        out[i] = (uint8_t)('0' + date % 10);
        date /= 10;
    }
}

static unsigned whole_dates(uint32_t a, uint32_t b)
{
    uint32_t ya = a / 10000;
    uint32_t yb = b / 10000;
    uint32_t ma = a / 100 % 100;
    uint32_t mb = b / 100 % 100;
    uint32_t da = a % 100;
    uint32_t db = b % 100;
    if (ya == yb && ma == db && da == mb) {
        return LEVEL_BORN_swapped;
    }
    uint8_t ta[8];
    uint8_t tb[8];
    date_text(a, ta);
    date_text(b, tb);
    if (compare_edits(bn_slice_make(ta, 8), bn_slice_make(tb, 8), 1) <= 1) {
        return LEVEL_BORN_one_edit;
    }
    if ((ya == yb) + (ma == mb) + (da == db) >= 2) {
        return LEVEL_BORN_two_parts;
    }
    return ya == yb ? LEVEL_BORN_year : LEVEL_BORN_different;
}

unsigned born_level(uint32_t a, unsigned a_flags, uint32_t b, unsigned b_flags)
{
    if (a == 0 || b == 0) {
        return LEVEL_BORN_null;
    }
    bool is_day = a % 100 != 0 && b % 100 != 0;
    if (a == b && is_day) {
        return LEVEL_BORN_equal;
    }
    bool is_default = ((a_flags ^ b_flags) & BN_BORN_DEFAULT) != 0;
    if (is_day && !is_default) {
        return whole_dates(a, b);
    }
    bool is_month = a / 100 % 100 != 0 && b / 100 % 100 != 0 && !is_default;
    uint32_t cut = is_month ? 100 : 10000;
    if (a / cut == b / cut) {
        return LEVEL_BORN_less_precise;
    }
    return a / 10000 == b / 10000 ? LEVEL_BORN_year : LEVEL_BORN_different;
}

static void compare_born(const bn_epoch *epoch, const bn_feature *a, const bn_feature *b,
                         comparison *out)
{
    unsigned level = born_level(a->born, a->born_flags, b->born, b->born_flags);
    out->field[BN_MATCH_BORN] = weigh(epoch, BN_MATCH_BORN, level, a->born, b->born);
}

/* --- documents -------------------------------------------------------------------------------- */
static unsigned document_level(const bn_feature_document *a, const bn_feature_document *b)
{
    if (a->type_tag != b->type_tag) {
        return LEVEL_IDENTITY_null;
    }
    if (bn_slice_equal(a->number, b->number)) {
        return a->number.len >= NUMBER_WEAK ? LEVEL_IDENTITY_equal : LEVEL_IDENTITY_two_edits;
    }
    if ((a->flags & BN_DOCUMENT_RENEWABLE) != 0) {
        return LEVEL_IDENTITY_null;
    }
    bool is_proven = (a->flags & b->flags & BN_DOCUMENT_PERMANENT) != 0;
    unsigned edits = compare_edits(a->number, b->number, 2);
    if (edits <= 1 && a->number.len >= NUMBER_WEAK) {
        return LEVEL_IDENTITY_one_edit;
    }
    if (edits <= 2 && a->number.len >= TWO_EDITS_MIN && !is_proven) {
        return LEVEL_IDENTITY_two_edits;
    }
    return LEVEL_IDENTITY_different;
}

uint32_t model_document_tag(const bn_feature_document *d)
{
    return tag_of(TAG_NUMBER, d->number) ^ d->type_tag;
}

static void compare_documents(const bn_epoch *epoch, const bn_feature *a, const bn_feature *b,
                              comparison *out)
{
    outcome *best = &out->field[BN_MATCH_IDENTITY];
    for (unsigned i = 0; i < a->documents_count; i++) {
        for (unsigned j = 0; j < b->documents_count; j++) {
            unsigned level = document_level(&a->documents[i], &b->documents[j]);
            if (level == LEVEL_IDENTITY_null) {
                continue;
            }
            uint32_t tag_a = model_document_tag(&a->documents[i]);
            uint32_t tag_b = model_document_tag(&b->documents[j]);
            if (bn_epoch_is_generic(epoch, BN_MATCH_IDENTITY, tag_a) ||
                bn_epoch_is_generic(epoch, BN_MATCH_IDENTITY, tag_b)) {
                continue;
            }
            outcome other = weigh(epoch, BN_MATCH_IDENTITY, level, tag_a, tag_b);
            keep_better(best, &other);
        }
    }
    /* Birth date and sex that come out of the number are not evidence a second time. */
    if (best->level >= LEVEL_IDENTITY_two_edits &&
        ((a->born_flags | b->born_flags) & BN_BORN_FROM_ID) != 0) {
        out->field[BN_MATCH_BORN] = (outcome){.level = 0};
        out->field[BN_MATCH_SEX] = (outcome){.level = 0};
    }
}

/* --- telephone, mail -------------------------------------------------------------------------- */
static unsigned phone_level(const bn_feature_text *a, const bn_feature_text *b)
{
    bn_slice x = a->text;
    bn_slice y = b->text;
    if (bn_slice_equal(x, y)) {
        return LEVEL_PHONE_equal;
    }
    if (x.len >= PHONE_TAIL && y.len >= PHONE_TAIL &&
        memcmp(x.data + x.len - PHONE_TAIL, y.data + y.len - PHONE_TAIL, PHONE_TAIL) == 0) {
        return LEVEL_PHONE_tail;
    }
    bool is_long = x.len >= PHONE_EDIT_MIN && y.len >= PHONE_EDIT_MIN;
    return is_long && compare_edits(x, y, 1) <= 1 ? LEVEL_PHONE_one_edit : LEVEL_PHONE_different;
}

static bn_slice local_of(bn_slice mail)
{
    const uint8_t *sign = mail.len > 0 ? memchr(mail.data, '@', mail.len) : NULL;
    return bn_slice_make(mail.data, sign != NULL ? (size_t)(sign - mail.data) : mail.len);
}

static unsigned email_level(const bn_feature_text *a, const bn_feature_text *b)
{
    bn_slice x = a->text;
    bn_slice y = b->text;
    if (bn_slice_equal(x, y)) {
        return LEVEL_EMAIL_equal;
    }
    bool is_long = x.len >= EMAIL_EDITS_MIN && y.len >= EMAIL_EDITS_MIN;
    if (is_long && (compare_edits(x, y, EMAIL_EDITS_MAX) <= EMAIL_EDITS_MAX ||
                    compare_dice(x, y) >= EMAIL_ALIKE)) {
        return LEVEL_EMAIL_near;
    }
    bn_slice lx = local_of(x);
    bn_slice ly = local_of(y);
    if (lx.len >= EMAIL_LOCAL_MIN && bn_slice_equal(lx, ly)) {
        return LEVEL_EMAIL_local;
    }
    bool is_some = lx.len >= EMAIL_LOCAL_MIN && ly.len >= EMAIL_LOCAL_MIN &&
                   compare_jaro_winkler(lx, ly) >= EMAIL_RESEMBLES;
    return is_some ? LEVEL_EMAIL_resembles : LEVEL_EMAIL_different;
}

static bool is_usable(const bn_epoch *epoch, bn_match_field field, const bn_feature_text *t,
                      bool is_person)
{
    bool is_shared = is_person && (t->flags & BN_PHONE_IS_SERVICE) != 0;
    return !is_shared && !bn_epoch_is_generic(epoch, field, t->tag);
}

_Static_assert(BN_PHONE_IS_SERVICE == BN_EMAIL_IS_ROLE, "one flag for what many share");

static void compare_phones(const bn_epoch *epoch, const bn_feature *a, const bn_feature *b,
                           comparison *out)
{
    bool is_person = a->party == BN_PARTY_PERSON;
    for (unsigned i = 0; i < a->phones_count; i++) {
        for (unsigned j = 0; j < b->phones_count; j++) {
            const bn_feature_text *x = &a->phones[i];
            const bn_feature_text *y = &b->phones[j];
            if (is_usable(epoch, BN_MATCH_PHONE, x, is_person) &&
                is_usable(epoch, BN_MATCH_PHONE, y, is_person)) {
                outcome other = weigh(epoch, BN_MATCH_PHONE, phone_level(x, y), x->tag, y->tag);
                keep_better(&out->field[BN_MATCH_PHONE], &other);
            }
        }
    }
}

static void compare_emails(const bn_epoch *epoch, const bn_feature *a, const bn_feature *b,
                           comparison *out)
{
    bool is_person = a->party == BN_PARTY_PERSON;
    for (unsigned i = 0; i < a->emails_count; i++) {
        for (unsigned j = 0; j < b->emails_count; j++) {
            const bn_feature_text *x = &a->emails[i];
            const bn_feature_text *y = &b->emails[j];
            if (is_usable(epoch, BN_MATCH_EMAIL, x, is_person) &&
                is_usable(epoch, BN_MATCH_EMAIL, y, is_person)) {
                outcome other = weigh(epoch, BN_MATCH_EMAIL, email_level(x, y), x->tag, y->tag);
                keep_better(&out->field[BN_MATCH_EMAIL], &other);
            }
        }
    }
}

static void compare_attributes(const bn_epoch *epoch, const bn_feature *a, const bn_feature *b,
                               comparison *out)
{
    for (unsigned i = 0; i < BN_MATCH_ATTRIBUTES_MAX; i++) {
        const bn_feature_text *x = &a->attributes[i];
        const bn_feature_text *y = &b->attributes[i];
        if (x->text.len == 0 || y->text.len == 0) {
            continue;
        }
        unsigned level = LEVEL_ATTRIBUTE_1_different;
        if (bn_slice_equal(x->text, y->text)) {
            level = LEVEL_ATTRIBUTE_1_equal;
        } else if (compare_jaro_winkler(x->text, y->text) >= ATTRIBUTE_NEAR ||
                   compare_dice(x->text, y->text) >= ATTRIBUTE_DICE) {
            level = LEVEL_ATTRIBUTE_1_near;
        }
        bn_match_field field = (bn_match_field)(BN_MATCH_ATTRIBUTE_1 + i);
        out->field[field] = weigh(epoch, field, level, x->tag, y->tag);
    }
}

void compare_contacts(const bn_epoch *epoch, const bn_feature *a, const bn_feature *b,
                      comparison *out)
{
    compare_born(epoch, a, b, out);
    if (a->sex != BN_SEX_UNKNOWN && b->sex != BN_SEX_UNKNOWN) {
        unsigned level = a->sex == b->sex ? LEVEL_SEX_equal : LEVEL_SEX_different;
        out->field[BN_MATCH_SEX] = weigh(epoch, BN_MATCH_SEX, level, 0, 0);
    }
    compare_documents(epoch, a, b, out);
    compare_phones(epoch, a, b, out);
    compare_emails(epoch, a, b, out);
    compare_attributes(epoch, a, b, out);
}
