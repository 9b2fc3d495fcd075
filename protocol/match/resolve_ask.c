/* resolve_ask.c - what a component leaves for a steward.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Between two clusters there is one question: about the strongest pair that no decision has parted
 * by name. A "same" whose records did not come together is a question of its own. The id of a
 * question is made of its kind, records and their evidence, so the same question is the same row
 * wherever and whenever it is found.
 */
#include "resolve.h"

#include <banyan/base/number.h>
#include <banyan/protocol/crypto.h>

#include <stdlib.h>
#include <string.h>

#define ID_LABEL "banyan-question-v1"

typedef struct crossing { /* an edge between two clusters */
    uint32_t low;  /* anchors of the clusters, by id */
    uint32_t high;
    const bn_resolve_edge *edge;
    const bn_cluster_record *records;
} crossing;

bn_id bn_question_id(bn_question_kind kind, const bn_id *rids, size_t count, uint64_t evidence)
{
    uint8_t bytes[sizeof ID_LABEL + 1 + 8 + BN_QUESTION_RIDS_MAX * BN_ID_BYTES];
    size_t len = sizeof ID_LABEL - 1;
    memcpy(bytes, ID_LABEL, len);
    bytes[len++] = (uint8_t)kind;
    bn_store_u64(bytes + len, evidence);
    len += 8;
    for (size_t i = 0; i < count && i < BN_QUESTION_RIDS_MAX; i++) {
        memcpy(bytes + len, rids[i].bytes, BN_ID_BYTES);
        len += BN_ID_BYTES;
    }
    bn_id id;
    bn_hash hash = bn_hash_of(bn_slice_make(bytes, len));
    memcpy(id.bytes, hash.bytes, BN_ID_BYTES);
    return id;
}

uint64_t resolve_evidence(const uint64_t *evidence, size_t count)
{
    uint8_t bytes[BN_QUESTION_RIDS_MAX * 8];
    count = count < BN_QUESTION_RIDS_MAX ? count : BN_QUESTION_RIDS_MAX;
    for (size_t i = 0; i < count; i++) {
        bn_store_u64(bytes + 8 * i, evidence[i]);
    }
    return bn_load_u64(bn_hash_of(bn_slice_make(bytes, 8 * count)).bytes);
}

bool resolve_is_later(const bn_ruling_in_force *rulings, size_t count, const bn_id *rids,
                      const uint64_t *evidence, size_t rids_count)
{
    for (size_t i = 0; i < count; i++) {
        const bn_ruling *ruling = &rulings[i].ruling;
        bool is_it = ruling->type == BN_RULING_LATER && ruling->members_count == rids_count;
        for (size_t j = 0; j < rids_count && is_it; j++) {
            is_it = bn_id_equal(ruling->members[j].id, rids[j]) &&
                    ruling->members[j].evidence == evidence[j];
        }
        if (is_it) {
            return true;
        }
    }
    return false;
}

/* --- pairs ------------------------------------------------------------------------------------ */
static int compare_pairs(const crossing *a, const crossing *b)
{
    bn_id a1 = a->records[a->edge->a].rid.id;
    bn_id a2 = a->records[a->edge->b].rid.id;
    bn_id b1 = b->records[b->edge->a].rid.id;
    bn_id b2 = b->records[b->edge->b].rid.id;
    bool swap_a = bn_id_compare(a1, a2) > 0;
    bool swap_b = bn_id_compare(b1, b2) > 0;
    int order = bn_id_compare(swap_a ? a2 : a1, swap_b ? b2 : b1);
    return order != 0 ? order : bn_id_compare(swap_a ? a1 : a2, swap_b ? b1 : b2);
}

static int compare_strength(const void *x, const void *y)
{
    const crossing *a = x;
    const crossing *b = y;
    if (a->edge->score.weight != b->edge->score.weight) {
        return a->edge->score.weight > b->edge->score.weight ? -1 : 1;
    }
    return compare_pairs(a, b);
}

static int compare_clusters(const void *x, const void *y)
{
    const crossing *a = x;
    const crossing *b = y;
    if (a->low != b->low) {
        return a->low < b->low ? -1 : 1;
    }
    if (a->high != b->high) {
        return a->high < b->high ? -1 : 1;
    }
    return compare_strength(x, y);
}

static bool is_parted(const resolving *r, const bn_resolve_edge *edge)
{
    for (size_t i = 0; i < r->input->rulings_count; i++) {
        if (bn_ruling_parts(&r->input->rulings[i].ruling, r->input->records[edge->a].rid.id,
                            r->input->records[edge->b].rid.id)) {
            return true;
        }
    }
    return false;
}

/* The strongest open pair of each two clusters. */
static size_t find_crossings(const resolving *r, crossing *out)
{
    size_t count = 0;
    for (size_t i = 0; i < r->input->edges_count; i++) {
        const bn_resolve_edge *edge = &r->input->edges[i];
        uint32_t a = r->out->cluster[edge->a];
        uint32_t b = r->out->cluster[edge->b];
        if (a != b && !is_parted(r, edge)) {
            out[count++] = (crossing){.low = a < b ? a : b, .high = a < b ? b : a, .edge = edge,
                                      .records = r->input->records};
        }
    }
    if (count > 1) {
        qsort(out, count, sizeof *out, compare_clusters);
    }
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || out[kept - 1].low != out[i].low || out[kept - 1].high != out[i].high) {
            out[kept++] = out[i];
        }
    }
    if (kept > 1) {
        qsort(out, kept, sizeof *out, compare_strength);
    }
    return kept < BN_QUESTIONS_MAX ? kept : BN_QUESTIONS_MAX;
}

static bn_question_kind kind_of(const bn_score *score)
{
    if ((score->rules & 1u << BN_RULE_IDENTITY_COLLISION) != 0) {
        return BN_QUESTION_COLLISION;
    }
    return score->verdict == BN_VERDICT_LINK ? BN_QUESTION_REFUSED : BN_QUESTION_REVIEW;
}

static bn_rc ask_pair(resolving *r, const crossing *found, bn_question *out)
{
    const bn_resolve_edge *edge = found->edge;
    bn_id *rids = bn_arena_array(r->arena, 2, sizeof *rids);
    if (rids == NULL) {
        return BN_E_NO_MEMORY;
    }
    bool swap = bn_id_compare(r->input->records[edge->a].rid.id,
                              r->input->records[edge->b].rid.id) > 0;
    uint32_t first = swap ? edge->b : edge->a;
    uint32_t second = swap ? edge->a : edge->b;
    uint64_t evidence[2] = {r->evidence[first], r->evidence[second]};
    rids[0] = r->input->records[first].rid.id;
    rids[1] = r->input->records[second].rid.id;
    *out = (bn_question){.kind = kind_of(&edge->score), .rids = rids, .rids_count = 2,
                         .evidence = resolve_evidence(evidence, 2), .weight = edge->score.weight,
                         .rules = edge->score.rules,
                         .is_later = resolve_is_later(r->input->rulings, r->input->rulings_count,
                                                      rids, evidence, 2)};
    out->id = bn_question_id(out->kind, rids, 2, out->evidence);
    return BN_OK;
}

/* --- decisions that are not kept -------------------------------------------------------------- */
/* False when its records of the component are in one cluster. */
static bool is_contradicted(const resolving *r, const bn_ruling *ruling)
{
    uint32_t cluster = RESOLVE_NONE;
    for (size_t i = 0; i < ruling->members_count && ruling->type == BN_RULING_SAME; i++) {
        uint32_t index = resolve_index(r, ruling->members[i].id);
        if (index == RESOLVE_NONE) {
            continue;
        }
        if (cluster != RESOLVE_NONE && cluster != r->out->cluster[index]) {
            return true;
        }
        cluster = r->out->cluster[index];
    }
    return false;
}

static bn_rc ask_ruling(resolving *r, const bn_ruling_in_force *ruling, bn_question *out)
{
    uint64_t evidence[BN_RULING_MEMBERS_MAX];
    bn_id *rids = bn_arena_array(r->arena, ruling->ruling.members_count, sizeof *rids);
    size_t count = 0;
    if (rids == NULL) {
        return BN_E_NO_MEMORY;
    }
    for (size_t i = 0; i < ruling->ruling.members_count; i++) {
        uint32_t index = resolve_index(r, ruling->ruling.members[i].id);
        if (index != RESOLVE_NONE) {
            evidence[count] = r->evidence[index];
            rids[count++] = ruling->ruling.members[i].id;
        }
    }
    *out = (bn_question){.kind = BN_QUESTION_CONTRADICTION, .rids = rids, .rids_count = count,
                         .evidence = resolve_evidence(evidence, count), .ruling = ruling->dot,
                         .is_later = resolve_is_later(r->input->rulings, r->input->rulings_count,
                                                      rids, evidence, count)};
    out->id = bn_question_id(out->kind, rids, count, out->evidence);
    return BN_OK;
}

static int compare_questions(const void *a, const void *b)
{
    int order = bn_id_compare(((const bn_question *)a)->id, ((const bn_question *)b)->id);
    return order != 0 ? order
                      : bn_dot_compare(((const bn_question *)a)->ruling,
                                       ((const bn_question *)b)->ruling);
}

/* Two decisions on the same records ask one question: the lower dot stays. */
static void sort_questions(bn_resolved *out)
{
    size_t kept = 0;
    if (out->questions_count > 1) {
        qsort(out->questions, out->questions_count, sizeof *out->questions, compare_questions);
    }
    for (size_t i = 0; i < out->questions_count; i++) {
        if (kept == 0 || !bn_id_equal(out->questions[kept - 1].id, out->questions[i].id)) {
            out->questions[kept++] = out->questions[i];
        }
    }
    out->questions_count = kept;
}

bn_rc resolve_ask(resolving *r, bn_err *err)
{
    const bn_resolve_input *input = r->input;
    crossing *found = bn_arena_array(r->arena, input->edges_count + 1, sizeof *found);
    bn_resolved *out = r->out;
    if (found == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "questions about %zu pairs", input->edges_count);
    }
    size_t count = find_crossings(r, found);
    out->questions = bn_arena_array(r->arena, count + input->rulings_count + 1,
                                    sizeof *out->questions);
    bn_rc rc = out->questions != NULL ? BN_OK : BN_E_NO_MEMORY;
    for (size_t i = 0; i < count && rc == BN_OK; i++) {
        rc = ask_pair(r, &found[i], &out->questions[out->questions_count++]);
    }
    for (size_t i = 0; i < input->rulings_count && rc == BN_OK; i++) {
        if (is_contradicted(r, &input->rulings[i].ruling)) {
            rc = ask_ruling(r, &input->rulings[i], &out->questions[out->questions_count++]);
        }
    }
    if (rc != BN_OK) {
        return bn_fail(err, rc, "questions about a component of %u records",
                       input->records_count);
    }
    sort_questions(out);
    return BN_OK;
}

bn_rc resolve_ask_size(resolving *r, bn_err *err)
{
    size_t count = r->input->records_count < BN_QUESTION_RIDS_MAX ? r->input->records_count
                                                                  : BN_QUESTION_RIDS_MAX;
    bn_id *rids = bn_arena_array(r->arena, count, sizeof *rids);
    r->out->questions = bn_arena_array(r->arena, 1, sizeof *r->out->questions);
    if (rids == NULL || r->out->questions == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "component of %u records", r->input->records_count);
    }
    for (size_t i = 0; i < count; i++) {
        rids[i] = r->places[i].id;
    }
    r->out->questions_count = 1;
    r->out->questions[0] = (bn_question){.kind = BN_QUESTION_SIZE, .rids = rids,
                                         .rids_count = count,
                                         .id = bn_question_id(BN_QUESTION_SIZE, rids, count, 0)};
    return BN_OK;
}

/* --- evidence that changed -------------------------------------------------------------------- */
static bool is_released(const bn_ruling_in_force *rulings, size_t count, bn_id id,
                        uint64_t evidence)
{
    for (size_t i = 0; i < count; i++) {
        const bn_ruling *ruling = &rulings[i].ruling;
        const bn_ruling_member *member =
            ruling->type == BN_RULING_RELEASE ? bn_ruling_member_of(ruling, id) : NULL;
        if (member != NULL && member->evidence == evidence) {
            return true;
        }
    }
    return false;
}

bool bn_resolve_stale(const bn_ruling_in_force *ruling, const bn_ruling_in_force *rulings,
                      size_t rulings_count, bn_row_of row_of, void *context, bn_arena *arena,
                      bn_question *out)
{
    uint64_t evidence[BN_RULING_MEMBERS_MAX];
    const bn_ruling *r = &ruling->ruling;
    bn_id *rids = bn_arena_array(arena, r->members_count + 1, sizeof *rids);
    bool is_stale = false;
    if (rids == NULL || (r->type != BN_RULING_SAME && r->type != BN_RULING_DIFFERENT &&
                         r->type != BN_RULING_SPLIT)) {
        return false;
    }
    for (size_t i = 0; i < r->members_count; i++) {
        bn_slice row = row_of(context, r->members[i].id);
        rids[i] = r->members[i].id;
        evidence[i] = row.len > 0 ? bn_feature_evidence(row) : 0;
        is_stale = is_stale ||
                   (r->members[i].evidence != 0 && evidence[i] != 0 &&
                    evidence[i] != r->members[i].evidence &&
                    !is_released(rulings, rulings_count, rids[i], evidence[i]));
    }
    if (!is_stale) {
        return false;
    }
    *out = (bn_question){.kind = BN_QUESTION_STALE, .rids = rids,
                         .rids_count = r->members_count,
                         .evidence = resolve_evidence(evidence, r->members_count),
                         .ruling = ruling->dot,
                         .is_later = resolve_is_later(rulings, rulings_count, rids, evidence,
                                                      r->members_count)};
    out->id = bn_question_id(out->kind, rids, out->rids_count, out->evidence);
    return true;
}

const char *bn_question_name(bn_question_kind kind)
{
    static const char *const names[] = {
        [BN_QUESTION_REVIEW] = "review",
        [BN_QUESTION_COLLISION] = "collision",
        [BN_QUESTION_REFUSED] = "refused",
        [BN_QUESTION_CONTRADICTION] = "contradiction",
        [BN_QUESTION_STALE] = "stale",
        [BN_QUESTION_SIZE] = "size",
    };
    return kind >= BN_QUESTION_REVIEW && kind <= BN_QUESTION_SIZE ? names[kind] : "unknown";
}
