/* measure.c - precision, recall, B-cubed, calibration.
 * SPDX-License-Identifier: Apache-2.0
 *
 * All cluster figures come out of one list of (cluster, entity) sorted: a run of equal pairs is
 * the overlap of a cluster and an entity.
 */
#include "measure.h"

#include <banyan/base/alloc.h>
#include <banyan/base/check.h>

#include <string.h>

static int by_value(const void *x, const void *y)
{
    uint64_t a = *(const uint64_t *)x;
    uint64_t b = *(const uint64_t *)y;
    return a < b ? -1 : a > b ? 1 : 0;
}

static uint64_t pairs_of(uint64_t n)
{
    return n * (n - 1) / 2;
}

static double share(double part, double whole)
{
    return whole > 0 ? part / whole : 1;
}

static double f1_of(double precision, double recall)
{
    return precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0;
}

typedef struct counting {
    uint32_t *cluster_size; /* by anchor */
    uint32_t *entity_size;
    uint32_t *cluster_entities; /* entities in a cluster, by anchor */
    uint32_t *entity_clusters;
    uint64_t *cells; /* cluster << 32 | entity of every record, sorted */
} counting;

static void count_cells(const counting *c, size_t n, clustering_measure *out)
{
    for (size_t from = 0; from < n;) {
        size_t to = from + 1;
        while (to < n && c->cells[to] == c->cells[from]) {
            to++;
        }
        double overlap = (double)(to - from);
        uint32_t cluster = (uint32_t)(c->cells[from] >> 32);
        uint32_t entity = (uint32_t)c->cells[from];
        c->cluster_entities[cluster]++;
        c->entity_clusters[entity]++;
        out->right_pairs += pairs_of(to - from);
        out->b3_precision += overlap * overlap / c->cluster_size[cluster];
        out->b3_recall += overlap * overlap / c->entity_size[entity];
        out->exact_count += to - from == c->cluster_size[cluster] &&
                                    to - from == c->entity_size[entity]
                                ? 1
                                : 0;
        from = to;
    }
    out->b3_precision /= (double)n;
    out->b3_recall /= (double)n;
    out->b3_f1 = f1_of(out->b3_precision, out->b3_recall);
}

static void count_all(const loaded *l, const counting *c, size_t n, clustering_measure *out)
{
    const uint32_t *anchors = bn_batch_anchors(l->batch);
    uint64_t true_pairs = 0;
    for (uint32_t p = 0; p < n; p++) {
        c->cluster_size[anchors[p]]++;
        c->entity_size[l->truth[p]]++;
        c->cells[p] = (uint64_t)anchors[p] << 32 | l->truth[p];
    }
    qsort(c->cells, n, sizeof *c->cells, by_value);
    count_cells(c, n, out);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t size = c->cluster_size[i];
        out->found_pairs += size > 0 ? pairs_of(size) : 0;
        out->clusters_count += size > 0 ? 1 : 0;
        out->cluster_max = size > out->cluster_max ? size : out->cluster_max;
        out->over_merged += c->cluster_entities[i] > 1 ? 1 : 0;
        out->under_merged += c->entity_clusters[i] > 1 ? 1 : 0;
        true_pairs += c->entity_size[i] > 0 ? pairs_of(c->entity_size[i]) : 0;
    }
    out->precision = share((double)out->right_pairs, (double)out->found_pairs);
    out->recall = share((double)out->right_pairs, (double)true_pairs);
    out->f1 = f1_of(out->precision, out->recall);
}

bn_rc measure_clusters(const loaded *l, clustering_measure *out)
{
    size_t n = bn_batch_count(l->batch);
    counting c = {.cluster_size = bn_alloc_array(n + 1, sizeof(uint32_t)),
                  .entity_size = bn_alloc_array(n + 1, sizeof(uint32_t)),
                  .cluster_entities = bn_alloc_array(n + 1, sizeof(uint32_t)),
                  .entity_clusters = bn_alloc_array(n + 1, sizeof(uint32_t)),
                  .cells = bn_alloc_array(n + 1, sizeof(uint64_t))};
    bool is_good = c.cluster_size != NULL && c.entity_size != NULL &&
                   c.cluster_entities != NULL && c.entity_clusters != NULL && c.cells != NULL;
    if (is_good) {
        *out = (clustering_measure){.found_pairs = 0};
        count_all(l, &c, n, out);
        bn_batch_hash(l->batch, out->hash);
    }
    bn_free(c.cluster_size);
    bn_free(c.entity_size);
    bn_free(c.cluster_entities);
    bn_free(c.entity_clusters);
    bn_free(c.cells);
    return is_good ? BN_OK : BN_E_NO_MEMORY;
}

static uint64_t count_true_pairs(const loaded *l)
{
    size_t n = bn_batch_count(l->batch);
    uint32_t *sizes = bn_alloc_array(n + 1, sizeof *sizes);
    uint64_t sum = 0;
    for (size_t p = 0; sizes != NULL && p < n; p++) {
        sum += sizes[l->truth[p]]++;
    }
    bn_free(sizes);
    return sum;
}

static void count_pair(const bn_epoch *epoch, const bn_feature *a, const bn_feature *b,
                       bool is_true, measure *out)
{
    bn_score score;
    bn_match_score(epoch, a, b, &score);
    uint32_t ppm = score.verdict == BN_VERDICT_FORBIDDEN ? 0 : bn_weight_to_ppm(score.weight);
    unsigned at = ppm * CALIBRATION_BINS / 1000001;
    out->bins[at].pairs++;
    out->bins[at].expected += ppm / 1e6;
    out->bins[at].actual += is_true ? 1 : 0;
    out->review_pairs += score.verdict == BN_VERDICT_REVIEW ? 1 : 0;
    out->review_true_pairs += score.verdict == BN_VERDICT_REVIEW && is_true ? 1 : 0;
    out->link_pairs += score.verdict == BN_VERDICT_LINK ? 1 : 0;
    out->link_true_pairs += score.verdict == BN_VERDICT_LINK && is_true ? 1 : 0;
    out->candidate_true_pairs += is_true ? 1 : 0;
}

void measure_pairs(const loaded *l, const bn_epoch *epoch, measure *out)
{
    size_t count;
    const uint64_t *pairs = bn_batch_pairs(l->batch, &count);
    size_t n = bn_batch_count(l->batch);
    out->records_count = n;
    out->entities_count = l->truths_count;
    out->true_pairs = count_true_pairs(l);
    out->candidate_pairs = count;
    for (size_t i = 0; i < count; i++) {
        uint32_t first = (uint32_t)(pairs[i] >> 32);
        uint32_t second = (uint32_t)pairs[i];
        bn_feature a;
        bn_feature b;
        bn_feature_open(bn_batch_row(l->batch, first), &a);
        bn_feature_open(bn_batch_row(l->batch, second), &b);
        count_pair(epoch, &a, &b, l->truth[first] == l->truth[second], out);
    }
    out->blocking_recall = share((double)out->candidate_true_pairs, (double)out->true_pairs);
    out->reduction = 1 - share((double)count, (double)pairs_of(n));
}
