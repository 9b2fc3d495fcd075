/* score.c - from levels to a weight, rules, a verdict and their explanation.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <banyan/protocol/match/score.h>

#include "compare.h"
#include "levels.h"
#include "model.h"

#include <banyan/base/check.h>

#include <string.h>

#define RULE(name) (1u << BN_RULE_##name)

typedef enum effect { LINK, REVIEW, FORBID, WEIGH, FLAG } effect;

static const struct rule_def {
    const char *name;
    effect effect;
    int32_t bits;
    const char *text;
} rules[BN_RULE_COUNT] = {
#define BN_MATCH_RULE(NAME, rule_name, rule_effect, rule_bits, rule_text) \
    {#rule_name, rule_effect, rule_bits, rule_text},
#include <banyan/protocol/match/rules.def>
#undef BN_MATCH_RULE
};

/* --- levels ----------------------------------------------------------------------------------- */
outcome weigh(const bn_epoch *epoch, bn_match_field field, unsigned level, uint32_t tag_a,
              uint32_t tag_b)
{
    outcome out = {.level = (uint8_t)level};
    if (level == 0) {
        return out;
    }
    const level_def *def = &model_field(field)->level[level];
    if (def->quarters > 0 && epoch->floor[field] != 0) {
        uint32_t a = model_rarity(epoch, field, tag_a);
        uint32_t b = model_rarity(epoch, field, tag_b);
        uint32_t common = a < b ? a : b;
        int32_t average = epoch->u[field][model_exact(field)];
        int32_t floor = -(int32_t)epoch->floor[field];
        int32_t whole = (average > floor ? average : floor) + (int32_t)common;
        out.adjust = whole * def->quarters / 4;
        out.tag = a < b || (a == b && tag_a < tag_b) ? tag_a : tag_b;
    } else if (def->quarters > 0) {
        out.tag = tag_a < tag_b ? tag_a : tag_b;
    }
    out.weight = epoch->m[field][level] - epoch->u[field][level] + out.adjust;
    return out;
}

void keep_better(outcome *best, const outcome *other)
{
    if (other->level == 0) {
        return;
    }
    bool is_better = best->level == 0 || other->weight > best->weight;
    if (best->level != 0 && other->weight == best->weight) {
        is_better = other->level > best->level ||
                    (other->level == best->level && other->tag > best->tag);
    }
    if (is_better) {
        *best = *other;
    }
}

void compare_rows(const bn_epoch *epoch, const bn_feature *a, const bn_feature *b,
                  comparison *out)
{
    memset(out, 0, sizeof *out);
    if (a->party != b->party) {
        return;
    }
    if (a->party == BN_PARTY_PERSON) {
        compare_names(epoch, a, b, out);
    } else {
        compare_organisations(epoch, a, b, out);
    }
    compare_addresses(epoch, a, b, out);
    compare_contacts(epoch, a, b, out);
}

static uint64_t pack(const comparison *c)
{
    uint64_t levels = 0;
    for (unsigned f = 0; f < FIELDS; f++) {
        levels |= (uint64_t)c->field[f].level << (4 * f);
    }
    return levels;
}

_Static_assert(FIELDS * 4 <= 64, "levels of all fields fit 64 bits");

uint64_t bn_match_levels(const bn_epoch *epoch, const bn_feature *a, const bn_feature *b)
{
    comparison c;
    compare_rows(epoch, a, b, &c);
    return pack(&c);
}

/* --- rules ------------------------------------------------------------------------------------ */
typedef struct identities {
    bool is_same;      /* one verified number */
    bool is_equal;     /* one number, verified or not */
    bool is_other;     /* proven different */
    bool is_typo;
} identities;

static bool is_proven(const bn_feature_document *d)
{
    unsigned both = BN_DOCUMENT_PERMANENT | BN_DOCUMENT_VERIFIED;
    return (d->flags & both) == both;
}

static identities meet(const bn_feature *a, const bn_feature *b)
{
    identities out = {.is_same = false};
    bool is_near = false;
    for (unsigned i = 0; i < a->documents_count; i++) {
        for (unsigned j = 0; j < b->documents_count; j++) {
            const bn_feature_document *x = &a->documents[i];
            const bn_feature_document *y = &b->documents[j];
            if (x->type_tag != y->type_tag) {
                continue;
            }
            if (bn_slice_equal(x->number, y->number)) {
                out.is_equal = true;
                out.is_same = out.is_same || (x->flags & y->flags & BN_DOCUMENT_VERIFIED) != 0;
                continue;
            }
            bool is_permanent = ((x->flags | y->flags) & BN_DOCUMENT_PERMANENT) != 0;
            unsigned edits = is_permanent ? compare_edits(x->number, y->number, 1) : 2;
            is_near = is_near || edits <= 1;
            out.is_other = out.is_other || (is_proven(x) && is_proven(y) && edits > 1);
            out.is_typo = out.is_typo ||
                          (edits <= 1 && ((x->flags ^ y->flags) & BN_DOCUMENT_FAILED) != 0);
        }
    }
    out.is_other = out.is_other && !out.is_equal && !is_near;
    return out;
}

/* The name speaks against one person: another given name, or nothing alike at all. */
static bool is_name_contradictory(const comparison *c)
{
    unsigned family = c->field[BN_MATCH_FAMILY].level;
    unsigned given = c->field[BN_MATCH_GIVEN].level;
    unsigned name = c->field[BN_MATCH_ORG_NAME].level;
    return given == LEVEL_GIVEN_different || name == LEVEL_ORG_NAME_different ||
           (family == LEVEL_FAMILY_different && given <= LEVEL_GIVEN_resembles);
}

/* Two people behind one number: the name contradicts, and birth date or sex contradict too or, as
 * both were read out of that number, cannot speak. */
static bool is_contradictory(const bn_feature *a, const bn_feature *b, const comparison *c)
{
    if (!is_name_contradictory(c)) {
        return false;
    }
    unsigned born = c->field[BN_MATCH_BORN].level;
    bool is_silent = (a->born_flags & b->born_flags & BN_BORN_FROM_ID) != 0 ||
                     born == LEVEL_BORN_null;
    bool is_other = born == LEVEL_BORN_different || born == LEVEL_BORN_year ||
                    c->field[BN_MATCH_SEX].level == LEVEL_SEX_different;
    return is_silent || is_other;
}

static uint32_t rules_of(const bn_feature *a, const bn_feature *b, const comparison *c)
{
    if (a->party != b->party) {
        return RULE(OTHER_PARTY);
    }
    uint32_t hits = 0;
    if (a->documents_count > 0 && b->documents_count > 0) {
        identities ids = meet(a, b);
        bool is_collision = ids.is_same && is_contradictory(a, b, c);
        hits |= ids.is_same && !is_collision ? RULE(SAME_IDENTITY) : 0;
        hits |= is_collision ? RULE(IDENTITY_COLLISION) : 0;
        hits |= ids.is_other ? RULE(OTHER_IDENTITY) : 0;
        hits |= ids.is_typo && !ids.is_equal ? RULE(IDENTITY_TYPO) : 0;
    }
    bool is_twin = c->field[BN_MATCH_SEX].level == LEVEL_SEX_different &&
                   c->field[BN_MATCH_FAMILY].level >= LEVEL_FAMILY_near &&
                   c->field[BN_MATCH_BORN].level == LEVEL_BORN_equal;
    hits |= is_twin ? RULE(TWINS) : 0;
    hits |= ((a->born_flags | b->born_flags) & BN_BORN_DISPUTED) != 0 ? RULE(BORN_DISPUTED) : 0;
    bool is_relative = c->field[BN_MATCH_GIVEN].level == LEVEL_GIVEN_different &&
                       c->field[BN_MATCH_IDENTITY].level < LEVEL_IDENTITY_one_edit;
    hits |= is_relative ? RULE(RELATIVES) : 0;
    bool is_other_generation = a->generation != 0 && b->generation != 0 &&
                               a->generation != b->generation;
    hits |= is_other_generation ? RULE(GENERATION) : 0;
    return hits;
}

static int32_t rules_weight(uint32_t hits)
{
    int32_t sum = 0;
    for (unsigned r = 0; r < BN_RULE_COUNT; r++) {
        sum += (hits >> r & 1u) != 0 ? rules[r].bits * BN_WEIGHT_BIT : 0;
    }
    return sum;
}

static bool has_effect(uint32_t hits, effect wanted)
{
    for (unsigned r = 0; r < BN_RULE_COUNT; r++) {
        if ((hits >> r & 1u) != 0 && rules[r].effect == wanted) {
            return true;
        }
    }
    return false;
}

static bn_verdict judge(const bn_epoch *epoch, const bn_score *score)
{
    if (has_effect(score->rules, FORBID)) {
        return BN_VERDICT_FORBIDDEN;
    }
    if (score->weight < epoch->limits.review_min || score->levels == 0) {
        return BN_VERDICT_APART;
    }
    bool is_link = score->weight >= epoch->limits.link_min && !has_effect(score->rules, REVIEW);
    return is_link ? BN_VERDICT_LINK : BN_VERDICT_REVIEW;
}

static void finish(const bn_epoch *epoch, const bn_feature *a, const bn_feature *b,
                   const comparison *c, bn_score *out)
{
    out->levels = pack(c);
    out->rules = rules_of(a, b, c);
    int32_t weight = epoch->prior + rules_weight(out->rules);
    for (unsigned f = 0; f < FIELDS; f++) {
        weight += c->field[f].weight;
    }
    out->weight = weight;
    out->verdict = judge(epoch, out);
}

void bn_match_score(const bn_epoch *epoch, const bn_feature *a, const bn_feature *b,
                    bn_score *out)
{
    comparison c;
    compare_rows(epoch, a, b, &c);
    finish(epoch, a, b, &c, out);
}

bool bn_match_forbidden(const bn_feature *a, const bn_feature *b)
{
    if (a->party != b->party) {
        return true;
    }
    return a->documents_count > 0 && b->documents_count > 0 && meet(a, b).is_other;
}

bool bn_match_same_identity(const bn_epoch *epoch, const bn_feature *a, const bn_feature *b)
{
    if (a->party != b->party || a->documents_count == 0 || b->documents_count == 0 ||
        !meet(a, b).is_same) {
        return false;
    }
    bn_score score;
    bn_match_score(epoch, a, b, &score);
    return (score.rules & RULE(SAME_IDENTITY)) != 0 && score.verdict == BN_VERDICT_LINK;
}

void bn_match_explain(const bn_epoch *epoch, const bn_feature *a, const bn_feature *b,
                      bn_explanation *out)
{
    comparison c;
    compare_rows(epoch, a, b, &c);
    memset(out, 0, sizeof *out);
    memcpy(out->epoch_hash, bn_epoch_hash(epoch), sizeof out->epoch_hash);
    out->prior = epoch->prior;
    for (unsigned f = 0; f < FIELDS; f++) {
        const outcome *o = &c.field[f];
        bool is_null = o->level == 0;
        out->fields[f] = (bn_explained_field){.field = (bn_match_field)f,
                                              .level = o->level,
                                              .m = is_null ? 0 : epoch->m[f][o->level],
                                              .u = is_null ? 0 : epoch->u[f][o->level],
                                              .adjust = o->adjust,
                                              .weight = o->weight,
                                              .tag = o->tag};
    }
    finish(epoch, a, b, &c, &out->score);
    out->rules_weight = rules_weight(out->score.rules);
    out->posterior_ppm = bn_weight_to_ppm(out->score.weight);
}

const char *bn_match_field_name(bn_match_field field)
{
    return model_field(field)->name;
}

const char *bn_match_level_name(bn_match_field field, unsigned level)
{
    BN_ASSERT(level <= model_top(field));
    return level == 0 ? "null" : model_field(field)->level[level].name;
}

const char *bn_match_rule_name(bn_match_rule rule)
{
    BN_ASSERT(rule < BN_RULE_COUNT);
    return rules[rule].name;
}

const char *bn_match_rule_text(bn_match_rule rule)
{
    BN_ASSERT(rule < BN_RULE_COUNT);
    return rules[rule].text;
}
