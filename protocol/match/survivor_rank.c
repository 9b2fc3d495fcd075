/* survivor_rank.c - from candidates to options, from options to what survives.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Sorting by (unit, key) brings together what says the same; each such run becomes one option,
 * led by its best candidate. Every comparison ends in ids and dots, so nothing depends on the
 * order in which sources are given.
 */
#include "survivor.h"

#include <stdlib.h>
#include <string.h>

#define TRUST_HEAD_OFFICE 900
#define TRUST_BRANCH 800
#define TRUST_WRONG 400      /* permille left to what looks like a mistake */
#define DECAY_STEP_MS (30ull * 24 * 3600 * 1000)
#define DECAY_MAX 800        /* permille */

static int descending(uint64_t a, uint64_t b)
{
    return a == b ? 0 : a > b ? -1 : 1;
}

static int compare_keys(const survivor_candidate *a, const survivor_candidate *b)
{
    if (a->rule->unit != b->rule->unit) {
        return a->rule->unit < b->rule->unit ? -1 : 1;
    }
    return bn_slice_compare(a->key, b->key);
}

/* Where nothing else tells: member, record, op, values. */
static int compare_sources(const bn_option *a, const bn_option *b)
{
    int order = bn_id_compare(a->member, b->member);
    order = order != 0 ? order : (int)a->source_kind - (int)b->source_kind;
    order = order != 0 ? order : bn_id_compare(a->source, b->source);
    order = order != 0 ? order : bn_dot_compare(a->dot, b->dot);
    for (size_t i = 0; order == 0 && i < BN_SURVIVOR_PARTS_MAX; i++) {
        order = bn_value_compare(a->values[i], b->values[i]);
    }
    return order;
}

static int compare_candidates(const void *left, const void *right)
{
    const survivor_candidate *a = left;
    const survivor_candidate *b = right;
    int order = compare_keys(a, b);
    order = order != 0 ? order : descending(a->is_pinned, b->is_pinned);
    order = order != 0 ? order : descending(a->option.verified, b->option.verified);
    order = order != 0 ? order : descending(a->option.trust, b->option.trust);
    order = order != 0 ? order : descending(a->option.hlc.value, b->option.hlc.value);
    order = order != 0 ? order : descending(a->filled, b->filled);
    return order != 0 ? order : compare_sources(&a->option, &b->option);
}

static int compare_by(bn_criterion criterion, const survivor_candidate *a,
                      const survivor_candidate *b)
{
    const bn_option *x = &a->option;
    const bn_option *y = &b->option;
    switch (criterion) {
    case BN_CRITERION_PIN:
        return descending(a->is_pinned, b->is_pinned);
    case BN_CRITERION_RESTRICTIVE: {
        int order = bn_value_compare(x->values[0], y->values[0]);
        return a->rule->mode == BN_SURVIVOR_MOST ? -order : order;
    }
    case BN_CRITERION_VERIFIED:
        return descending(x->verified, y->verified);
    case BN_CRITERION_TRUST:
        return descending(x->trust, y->trust);
    case BN_CRITERION_AGREED:
        return descending(x->agreed, y->agreed);
    case BN_CRITERION_RECENT:
        return descending(x->hlc.value, y->hlc.value);
    case BN_CRITERION_COMPLETE:
        return a->filled != b->filled ? descending(a->filled, b->filled)
                                      : descending(a->key.len, b->key.len);
    case BN_CRITERION_SOURCE:
        return compare_sources(x, y);
    case BN_CRITERION_ONLY:
        break;
    }
    return 0;
}

static bn_criterion first_difference(const survivor_candidate *a, const survivor_candidate *b,
                                     int *order)
{
    const bn_survivor_rule *rule = a->rule;
    *order = bn_survivor_can_pin(rule) ? compare_by(BN_CRITERION_PIN, a, b) : 0;
    if (*order != 0) {
        return BN_CRITERION_PIN;
    }
    for (size_t i = 0; i < rule->order_count; i++) {
        *order = compare_by(rule->order[i], a, b);
        if (*order != 0) {
            return rule->order[i];
        }
    }
    *order = bn_slice_compare(a->key, b->key);
    return BN_CRITERION_SOURCE;
}

static int compare_options(const void *left, const void *right)
{
    int order = 0;
    (void)first_difference(left, right, &order);
    return order;
}

/* --- runs of equal candidates ----------------------------------------------------------------- */
static uint16_t trust_of(const survivor_candidate *candidate, bn_hlc newest)
{
    uint64_t trust = candidate->option.source_kind == 0   ? BN_TRUST_MAX
                     : candidate->option.dot.origin == 0 ? TRUST_HEAD_OFFICE
                                                         : TRUST_BRANCH;
    uint64_t written = bn_hlc_ms(candidate->option.hlc);
    uint64_t age_ms = bn_hlc_ms(newest) > written ? bn_hlc_ms(newest) - written : 0;
    uint64_t loss = age_ms / DECAY_STEP_MS * candidate->rule->decay;
    trust = candidate->is_wrong ? trust * TRUST_WRONG / 1000 : trust;
    return (uint16_t)(trust * (1000 - (loss < DECAY_MAX ? loss : DECAY_MAX)) / 1000);
}

static size_t run_length(const survivor_candidate *first, const survivor_candidate *end)
{
    const survivor_candidate *at = first + 1;
    while (at < end && compare_keys(first, at) == 0) {
        at++;
    }
    return (size_t)(at - first);
}

/* The greatest of the m and x parts counts for all that say the same. */
static void join_run(survivor_candidate *run, size_t count, bn_hlc newest)
{
    const bn_survivor_rule *rule = run->rule;
    uint8_t verified = 0;
    for (size_t part = 0; part < rule->parts_count; part++) {
        bn_value greatest = bn_value_nil();
        for (size_t i = 0; i < count && (rule->roles[part] == 'm' || rule->roles[part] == 'x');
             i++) {
            bn_value value = run[i].option.values[part];
            greatest = bn_value_compare(value, greatest) > 0 ? value : greatest;
        }
        for (size_t i = 0; i < count && !bn_value_is_nil(greatest); i++) {
            bool is_flagged = greatest.type == BN_VALUE_INT && greatest.integer != 0;
            run[i].option.values[part] = greatest;
            run[i].is_wrong = run[i].is_wrong || (rule->roles[part] == 'x' && is_flagged);
        }
    }
    for (size_t i = 0; i < count; i++) {
        verified = run[i].option.verified > verified ? run[i].option.verified : verified;
        run[i].option.trust = trust_of(&run[i], newest);
    }
    qsort(run, count, sizeof *run, compare_candidates);
    run[0].option.verified = verified;
}

static uint32_t count_members(const survivor_candidate *run, size_t count, uint32_t *marks,
                              uint32_t mark, size_t sources_count)
{
    uint32_t members = 0;
    for (size_t i = 0; i < count; i++) {
        if (run[i].source < sources_count && marks[run[i].source] != mark) {
            marks[run[i].source] = mark;
            members++;
        }
    }
    return members;
}

/* Leaves one candidate per option, unit by unit. */
static bn_rc join_all(survivor_list *list, size_t sources_count, bn_hlc newest)
{
    survivor_candidate *end = list->candidates + list->count;
    uint32_t *marks = bn_arena_array(list->arena, sources_count + 1, sizeof *marks);
    size_t kept = 0;
    uint32_t mark = 0;
    if (marks == NULL) {
        return BN_E_NO_MEMORY;
    }
    for (survivor_candidate *run = list->candidates; run < end;) {
        size_t count = run_length(run, end);
        join_run(run, count, newest);
        run[0].option.agreed = count_members(run, count, marks, ++mark, sources_count);
        list->candidates[kept++] = run[0];
        run += count;
    }
    list->count = kept;
    return BN_OK;
}

/* --- units ------------------------------------------------------------------------------------ */
static bn_rc rank_unit(survivor_candidate *first, size_t count, bn_arena *arena,
                       bn_survivors *out)
{
    int order = 0;
    qsort(first, count, sizeof *first, compare_options);
    out->unit = first->rule->unit;
    out->decided = count == 1 ? BN_CRITERION_ONLY : first_difference(&first[0], &first[1], &order);
    out->options_total = (uint32_t)count;
    out->options_count = count < BN_SURVIVOR_OPTIONS_MAX ? count : BN_SURVIVOR_OPTIONS_MAX;
    out->options = bn_arena_array(arena, out->options_count, sizeof *out->options);
    for (size_t i = 0; i < out->options_count && out->options != NULL; i++) {
        out->options[i] = first[i].option;
    }
    return out->options != NULL ? BN_OK : BN_E_NO_MEMORY;
}

static bn_rc rank_all(const survivor_list *list, bn_survived *out)
{
    out->units = bn_arena_array(list->arena, SURVIVOR_UNITS_MAX, sizeof *out->units);
    out->units_count = 0;
    if (out->units == NULL) {
        return BN_E_NO_MEMORY;
    }
    for (size_t at = 0; at < list->count;) {
        survivor_candidate *first = &list->candidates[at];
        size_t count = 1;
        while (at + count < list->count && first[count].rule == first->rule) {
            count++;
        }
        BN_TRY(rank_unit(first, count, list->arena, &out->units[out->units_count++]));
        at += count;
    }
    return BN_OK;
}

bn_rc bn_survive(const bn_cluster_view *cluster, bn_arena *arena, bn_survived *out, bn_err *err)
{
    survivor_list list = {.arena = arena};
    bn_survived survived = {0};
    BN_TRY(survivor_collect(cluster, &list, err));
    for (size_t i = 0; i < list.count; i++) {
        const bn_option *option = &list.candidates[i].option;
        if (option->source_kind != 0 && bn_hlc_compare(option->hlc, survived.newest) > 0) {
            survived.newest = option->hlc;
        }
    }
    if (list.count > 0) {
        qsort(list.candidates, list.count, sizeof *list.candidates, compare_candidates);
    }
    bn_rc rc = join_all(&list, cluster->sources_count, survived.newest);
    rc = rc == BN_OK ? rank_all(&list, &survived) : rc;
    if (rc != BN_OK) {
        return bn_fail(err, rc, "golden record of %zu members", cluster->sources_count);
    }
    *out = survived;
    return BN_OK;
}
