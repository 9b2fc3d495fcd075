/* explain.c - why two records are one customer, or why they are not.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The trace of the run is played again: the step that brings the two together is the reason; for
 * two that stay apart it is the last refused step between the clusters they were in by then.
 */
#include "resolve.h"

static bn_dot ruling_that_joins(const bn_resolve_input *input, uint32_t a, uint32_t b)
{
    bn_dot found = {0};
    bn_id x = input->records[a].rid.id;
    bn_id y = input->records[b].rid.id;
    for (size_t i = 0; i < input->rulings_count; i++) {
        const bn_ruling *ruling = &input->rulings[i].ruling;
        if (ruling->type == BN_RULING_SAME && bn_ruling_member_of(ruling, x) != NULL &&
            bn_ruling_member_of(ruling, y) != NULL &&
            (bn_dot_is_none(found) || bn_dot_compare(input->rulings[i].dot, found) < 0)) {
            found = input->rulings[i].dot;
        }
    }
    return found;
}

static bn_dot ruling_that_parts(const bn_resolve_input *input, uint32_t a, uint32_t b)
{
    bn_dot found = {0};
    for (size_t i = 0; i < input->rulings_count; i++) {
        if (bn_ruling_parts(&input->rulings[i].ruling, input->records[a].rid.id,
                            input->records[b].rid.id) &&
            (bn_dot_is_none(found) || bn_dot_compare(input->rulings[i].dot, found) < 0)) {
            found = input->rulings[i].dot;
        }
    }
    return found;
}

/* Plays the merges again. Two of one cluster: the step that brought them together; else the last
 * refused step between the clusters they were in. */
static const bn_cluster_step *replay(const bn_clusters *clusters, uint32_t *parent,
                                     const bn_why_query *query)
{
    const bn_cluster_step *refused = NULL;
    for (size_t i = 0; i < clusters->steps_count; i++) {
        const bn_cluster_step *step = &clusters->steps[i];
        uint32_t a = bn_union_find(parent, query->a);
        uint32_t b = bn_union_find(parent, query->b);
        uint32_t x = bn_union_find(parent, step->a);
        uint32_t y = bn_union_find(parent, step->b);
        bool is_between = (a == x && b == y) || (a == y && b == x);
        if (step->refusal == BN_REFUSED_NOT) {
            bn_union_join(parent, x, y);
            if (is_between) {
                return step;
            }
        } else if (is_between) {
            refused = step;
        }
    }
    return refused;
}

static void why_same(const bn_resolve_input *input, bn_why_pair *out)
{
    out->why = BN_WHY_SAME_WEIGHT;
    if (out->step != NULL && out->step->cause == BN_MERGE_MUST) {
        out->why = BN_WHY_SAME_RULED;
        out->ruling = ruling_that_joins(input, out->step->a, out->step->b);
    } else if (out->step != NULL && out->step->cause == BN_MERGE_IDENTITY) {
        out->why = BN_WHY_SAME_IDENTITY;
    }
}

static void why_apart(const bn_resolve_input *input, const bn_why_query *query, bn_why_pair *out)
{
    out->ruling = ruling_that_parts(input, query->a, query->b);
    if (!bn_dot_is_none(out->ruling)) {
        out->why = BN_WHY_APART_RULED;
    } else if (out->pair.score.verdict == BN_VERDICT_FORBIDDEN) {
        out->why = BN_WHY_APART_FORBIDDEN;
    } else if (out->step != NULL) {
        out->why = out->step->refusal == BN_REFUSED_PIN ? BN_WHY_APART_RULED
                                                        : BN_WHY_APART_REFUSED;
        out->ruling = ruling_that_parts(input, out->step->a, out->step->b);
    } else if (out->pair.score.verdict == BN_VERDICT_APART) {
        out->why = BN_WHY_APART_WEIGHT;
    } else {
        out->why = query->is_candidate ? BN_WHY_APART_REVIEW : BN_WHY_APART_NO_KEY;
    }
}

bn_rc bn_resolve_why(const bn_resolve_input *input, const bn_resolved *resolved,
                     const bn_why_query *query, bn_arena *arena, bn_why_pair *out)
{
    bn_feature left;
    bn_feature right;
    uint32_t *parent = bn_arena_array(arena, (size_t)input->records_count + 1, sizeof *parent);
    if (parent == NULL) {
        return BN_E_NO_MEMORY;
    }
    *out = (bn_why_pair){0};
    bn_union_init(parent, input->records_count);
    bn_feature_open(input->records[query->a].row, &left);
    bn_feature_open(input->records[query->b].row, &right);
    bn_match_explain(input->epoch, &left, &right, &out->pair);
    out->step = replay(&resolved->clusters, parent, query);
    if (resolved->cluster[query->a] == resolved->cluster[query->b]) {
        why_same(input, out);
    } else {
        why_apart(input, query, out);
    }
    return BN_OK;
}

const char *bn_why_name(bn_why why)
{
    static const char *const names[] = {
        [BN_WHY_SAME_RULED] = "same_ruled",
        [BN_WHY_SAME_IDENTITY] = "same_identity",
        [BN_WHY_SAME_WEIGHT] = "same_weight",
        [BN_WHY_APART_RULED] = "apart_ruled",
        [BN_WHY_APART_FORBIDDEN] = "apart_forbidden",
        [BN_WHY_APART_REFUSED] = "apart_refused",
        [BN_WHY_APART_REVIEW] = "apart_review",
        [BN_WHY_APART_WEIGHT] = "apart_weight",
        [BN_WHY_APART_NO_KEY] = "apart_no_key",
    };
    return why >= BN_WHY_SAME_RULED && why <= BN_WHY_APART_NO_KEY ? names[why] : "unknown";
}
