/* levels_name.c - comparing the names of two people.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A pair of names is aligned straight (family with family) and crosswise; crosswise is the level
 * "swapped" when both orders are known, else as good as straight. Names of different scripts are
 * compared by their readings, or not at all when there is none.
 */
#include "levels.h"

#include "compare.h"

#include <banyan/base/text.h>
#include <banyan/protocol/match/name.h>
#include <banyan/protocol/match/normalise.h>

#include <string.h>

#define LIKE_NEAR 9200
#define LIKE_RESEMBLES 8400
#define EDIT_POINTS_MIN 4      /* one edit in a shorter name makes another name */
#define TWO_EDITS_POINTS_MIN 7
#define JOINED_MAX (4 * BN_FEATURE_WORD_MAX)

typedef enum likeness { /* of one part; the steps both fields have in common */
    LIKE_NULL,
    LIKE_DIFFERENT,
    LIKE_SOME,
    LIKE_INITIAL,
    LIKE_CLOSE,
    LIKE_NICKNAME,
    LIKE_EDIT,
    LIKE_READING,
    LIKE_EQUAL
} likeness;

typedef struct side { /* one part of one name */
    bn_slice text;
    bn_slice reading; /* of Hanzi */
    uint32_t tag;
    uint8_t script;
} side;

static side family_of(const bn_feature_name *n)
{
    return (side){n->family, n->family_reading, n->family_tag, n->script};
}

static side given_of(const bn_feature_name *n)
{
    return (side){n->given, n->given_reading, n->given_tag, n->script};
}

static bool is_romanised_as(bn_slice latin, bn_slice reading)
{
    const char *pinyin[BN_NAME_ROMANISED_MAX];
    size_t count = bn_surname_romanised(latin, pinyin);
    for (size_t i = 0; i < count; i++) {
        if (bn_slice_is(reading, pinyin[i])) {
            return true;
        }
    }
    return false;
}

/* Two Hanzi names that differ: by sound, or by one of several characters. */
static likeness like_hanzi(const side *a, const side *b)
{
    if (a->reading.len > 0 && bn_slice_equal(a->reading, b->reading)) {
        return LIKE_CLOSE;
    }
    bool is_long = a->text.len >= 6 && b->text.len >= 6;
    return is_long && compare_edits(a->text, b->text, 1) <= 1 ? LIKE_SOME : LIKE_DIFFERENT;
}

static likeness like_across(const side *hanzi, const side *latin)
{
    if (hanzi->reading.len == 0) {
        return LIKE_NULL;
    }
    if (compare_equal_blankless(hanzi->reading, latin->text)) {
        return LIKE_READING;
    }
    if (is_romanised_as(latin->text, hanzi->reading)) {
        return LIKE_CLOSE;
    }
    bool is_long = hanzi->reading.len >= EDIT_POINTS_MIN && latin->text.len >= EDIT_POINTS_MIN;
    return is_long && compare_edits(hanzi->reading, latin->text, 1) <= 1 ? LIKE_CLOSE
                                                                        : LIKE_DIFFERENT;
}

static likeness like_letters(bn_slice a, bn_slice b, bool is_given)
{
    size_t na = bn_utf8_count(a);
    size_t nb = bn_utf8_count(b);
    size_t shorter = na < nb ? na : nb;
    if (shorter == 1) {
        size_t i = 0;
        size_t j = 0;
        bool is_same = bn_utf8_next(a, &i) == bn_utf8_next(b, &j);
        return is_same ? (is_given ? LIKE_INITIAL : LIKE_SOME) : LIKE_DIFFERENT;
    }
    if (compare_equal_blankless(a, b)) {
        return LIKE_READING;
    }
    unsigned edits = compare_edits(a, b, 2);
    if (edits <= 1 && shorter >= EDIT_POINTS_MIN && (!is_given || na + nb > 2 * EDIT_POINTS_MIN)) {
        return LIKE_EDIT;
    }
    if (is_given && bn_nickname_related(a, b)) {
        return LIKE_NICKNAME;
    }
    if ((edits <= 2 && shorter >= TWO_EDITS_POINTS_MIN) || compare_words_contained(a, b)) {
        return LIKE_CLOSE;
    }
    unsigned like = compare_jaro_winkler(a, b);
    if (like >= LIKE_NEAR || (!is_given && (is_romanised_as(a, b) || is_romanised_as(b, a)))) {
        return LIKE_CLOSE;
    }
    return like >= LIKE_RESEMBLES || edits <= 1 ? LIKE_SOME : LIKE_DIFFERENT;
}

static likeness like(const side *a, const side *b, bool is_given)
{
    if (a->text.len == 0 || b->text.len == 0) {
        return LIKE_NULL;
    }
    if (bn_slice_equal(a->text, b->text)) {
        return a->text.len > 1 ? LIKE_EQUAL : LIKE_INITIAL;
    }
    bool is_hanzi = a->script == BN_SCRIPT_HANZI;
    if (is_hanzi && b->script == BN_SCRIPT_HANZI) {
        return like_hanzi(a, b);
    }
    if (is_hanzi || b->script == BN_SCRIPT_HANZI) {
        const side *other = is_hanzi ? b : a;
        return other->script == BN_SCRIPT_LATIN ? like_across(is_hanzi ? a : b, other) : LIKE_NULL;
    }
    return a->script == b->script ? like_letters(a->text, b->text, is_given) : LIKE_NULL;
}

static unsigned family_level(likeness l)
{
    static const uint8_t levels[] = {
        [LIKE_NULL] = LEVEL_FAMILY_null, [LIKE_DIFFERENT] = LEVEL_FAMILY_different,
        [LIKE_SOME] = LEVEL_FAMILY_resembles, [LIKE_INITIAL] = LEVEL_FAMILY_resembles,
        [LIKE_CLOSE] = LEVEL_FAMILY_near, [LIKE_NICKNAME] = LEVEL_FAMILY_near,
        [LIKE_EDIT] = LEVEL_FAMILY_one_edit, [LIKE_READING] = LEVEL_FAMILY_reading,
        [LIKE_EQUAL] = LEVEL_FAMILY_equal};
    return levels[l];
}

static unsigned given_level(likeness l)
{
    static const uint8_t levels[] = {
        [LIKE_NULL] = LEVEL_GIVEN_null, [LIKE_DIFFERENT] = LEVEL_GIVEN_different,
        [LIKE_SOME] = LEVEL_GIVEN_resembles, [LIKE_INITIAL] = LEVEL_GIVEN_initial,
        [LIKE_CLOSE] = LEVEL_GIVEN_near, [LIKE_NICKNAME] = LEVEL_GIVEN_nickname,
        [LIKE_EDIT] = LEVEL_GIVEN_one_edit, [LIKE_READING] = LEVEL_GIVEN_reading,
        [LIKE_EQUAL] = LEVEL_GIVEN_equal};
    return levels[l];
}

typedef struct alignment {
    outcome family;
    outcome given;
    outcome middle;
} alignment;

static int64_t total(const alignment *a)
{
    return (int64_t)a->family.weight + a->given.weight + a->middle.weight;
}

static bool is_better(const alignment *a, const alignment *b)
{
    if (total(a) != total(b)) {
        return total(a) > total(b);
    }
    const outcome *x[] = {&a->family, &a->given, &a->middle};
    const outcome *y[] = {&b->family, &b->given, &b->middle};
    for (int i = 0; i < 3; i++) {
        if (x[i]->level != y[i]->level) {
            return x[i]->level > y[i]->level;
        }
        if (x[i]->tag != y[i]->tag) {
            return x[i]->tag > y[i]->tag;
        }
    }
    return false;
}

static outcome middle_outcome(const bn_epoch *epoch, const bn_feature_name *x,
                              const bn_feature_name *y)
{
    unsigned level = LEVEL_MIDDLE_null;
    bn_slice a = x->middle;
    bn_slice b = y->middle;
    if (a.len > 0 && b.len > 0 && x->script == y->script) {
        if (bn_slice_equal(a, b)) {
            level = a.len > 1 ? LEVEL_MIDDLE_equal : LEVEL_MIDDLE_initial;
        } else if (a.len == 1 || b.len == 1) {
            level = a.data[0] == b.data[0] ? LEVEL_MIDDLE_initial : LEVEL_MIDDLE_different;
        } else {
            bool is_near = compare_edits(a, b, 1) <= 1 ||
                           compare_jaro_winkler(a, b) >= LIKE_NEAR ||
                           compare_words_contained(a, b);
            level = is_near ? LEVEL_MIDDLE_near : LEVEL_MIDDLE_different;
        }
    }
    uint32_t tag_a = level >= LEVEL_MIDDLE_near ? tag_of(0, a) : 0;
    uint32_t tag_b = level >= LEVEL_MIDDLE_near ? tag_of(0, b) : 0;
    return weigh(epoch, BN_MATCH_MIDDLE, level, tag_a, tag_b);
}

/* Folded alike but written otherwise (昇, 升): near, not equal. */
static likeness unfolded(likeness l, const bn_feature_name *a, const bn_feature_name *b)
{
    bool is_hanzi = a->script == BN_SCRIPT_HANZI && b->script == BN_SCRIPT_HANZI;
    return l == LIKE_EQUAL && is_hanzi && a->whole_tag != b->whole_tag &&
                   bn_slice_equal(a->family, b->family) && bn_slice_equal(a->given, b->given)
               ? LIKE_READING
               : l;
}

static alignment straight(const bn_epoch *epoch, const bn_feature_name *a,
                          const bn_feature_name *b)
{
    side fa = family_of(a);
    side fb = family_of(b);
    side ga = given_of(a);
    side gb = given_of(b);
    likeness family = unfolded(like(&fa, &fb, false), a, b);
    likeness given = unfolded(like(&ga, &gb, true), a, b);
    return (alignment){
        .family = weigh(epoch, BN_MATCH_FAMILY, family_level(family), fa.tag, fb.tag),
        .given = weigh(epoch, BN_MATCH_GIVEN, given_level(given), ga.tag, gb.tag),
        .middle = middle_outcome(epoch, a, b)};
}

/* Tags of family and given names are of two spaces; swapped values are looked up in their own. */
static bool crosswise(const bn_epoch *epoch, const bn_feature_name *a, const bn_feature_name *b,
                      alignment *out)
{
    side fa = family_of(a);
    side fb = family_of(b);
    side ga = given_of(a);
    side gb = given_of(b);
    likeness first = like(&fa, &gb, false);
    likeness second = like(&ga, &fb, false);
    bool is_known = a->is_order_known && b->is_order_known;
    bool is_close = (first >= LIKE_CLOSE || first == LIKE_NULL) &&
                    (second >= LIKE_CLOSE || second == LIKE_NULL) && first + second > 0;
    if (!is_close) {
        return false;
    }
    /* Which of the two is the family name cannot be told; the lesser likeness stands for it. */
    bool is_pair = first != LIKE_NULL && second != LIKE_NULL;
    likeness lesser = first < second ? first : second;
    likeness greater = first < second ? second : first;
    unsigned family = family_level(is_pair ? lesser : greater);
    unsigned given = given_level(is_pair ? greater : LIKE_NULL);
    if (is_known) {
        family = family != 0 ? LEVEL_FAMILY_swapped : 0;
        given = given != 0 ? LEVEL_GIVEN_swapped : 0;
    }
    out->family = weigh(epoch, BN_MATCH_FAMILY, family, fa.tag, fb.tag);
    out->given = weigh(epoch, BN_MATCH_GIVEN, given, ga.tag, gb.tag);
    out->middle = middle_outcome(epoch, a, b);
    return true;
}

typedef struct joined {
    uint8_t bytes[JOINED_MAX];
    size_t len;
} joined;

static void join(joined *j, bn_slice s)
{
    for (size_t i = 0; i < s.len && j->len < JOINED_MAX; i++) {
        if (s.data[i] != ' ' && s.data[i] != '-') {
            j->bytes[j->len++] = s.data[i];
        }
    }
}

/* "wang xiao ming" and "xiaoming wang": the letters of all parts, family last and family first. */
static void join_name(const bn_feature_name *n, joined out[2])
{
    bool is_hanzi = n->script == BN_SCRIPT_HANZI;
    bn_slice family = is_hanzi ? n->family_reading : n->family;
    bn_slice given = is_hanzi ? n->given_reading : n->given;
    out[0].len = out[1].len = 0;
    join(&out[0], given);
    join(&out[0], n->middle);
    join(&out[0], family);
    join(&out[1], family);
    join(&out[1], given);
    join(&out[1], n->middle);
}

static size_t letters_of(const bn_feature_name *n)
{
    bool is_hanzi = n->script == BN_SCRIPT_HANZI;
    return is_hanzi ? n->family_reading.len + n->given_reading.len
                    : n->family.len + n->given.len + n->middle.len;
}

static bool is_same_joined(const bn_feature_name *a, const bn_feature_name *b)
{
    if (a->script == BN_SCRIPT_HANZI && b->script == BN_SCRIPT_HANZI) {
        return false; /* the same sound in other characters is less than the same name */
    }
    size_t na = letters_of(a);
    size_t nb = letters_of(b);
    if (na < 4 || nb < 4 || na > nb + 4 || nb > na + 4) {
        return false;
    }
    joined ja[2];
    joined jb[2];
    join_name(a, ja);
    join_name(b, jb);
    for (int i = 0; i < 4; i++) {
        const joined *x = &ja[i >> 1];
        const joined *y = &jb[i & 1];
        bool is_free = !a->is_order_known || !b->is_order_known || i >> 1 == (i & 1);
        if (is_free && x->len == y->len && memcmp(x->bytes, y->bytes, x->len) == 0) {
            return true;
        }
    }
    return false;
}

static alignment align_names(const bn_epoch *epoch, const bn_feature_name *a,
                             const bn_feature_name *b)
{
    alignment best = straight(epoch, a, b);
    bool is_done = best.family.level == LEVEL_FAMILY_equal && best.given.level == LEVEL_GIVEN_equal;
    if (is_done) {
        return best;
    }
    alignment other;
    if (crosswise(epoch, a, b, &other) && is_better(&other, &best)) {
        best = other;
    }
    if (is_same_joined(a, b)) {
        bool is_family = best.family.level == LEVEL_FAMILY_equal;
        other = (alignment){
            .family = is_family ? best.family
                                : weigh(epoch, BN_MATCH_FAMILY, LEVEL_FAMILY_reading,
                                        a->family_tag, b->family_tag),
            .given = weigh(epoch, BN_MATCH_GIVEN, LEVEL_GIVEN_reading, a->given_tag,
                           b->given_tag)};
        if (is_better(&other, &best)) {
            best = other;
        }
    }
    return best;
}

void compare_names(const bn_epoch *epoch, const bn_feature *a, const bn_feature *b,
                   comparison *out)
{
    alignment best = {.family = {.level = 0}};
    bool is_first = true;
    for (unsigned i = 0; i < a->names_count; i++) {
        for (unsigned j = 0; j < b->names_count; j++) {
            alignment other = align_names(epoch, &a->names[i], &b->names[j]);
            if (is_first || is_better(&other, &best)) {
                best = other;
            }
            is_first = false;
        }
    }
    out->field[BN_MATCH_FAMILY] = best.family;
    out->field[BN_MATCH_GIVEN] = best.given;
    out->field[BN_MATCH_MIDDLE] = best.middle;
}
