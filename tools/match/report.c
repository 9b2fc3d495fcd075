/* report.c - printing what was measured.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "measure.h"

#include <banyan/base/text.h>

#include <inttypes.h>
#include <stdio.h>

static void hex_of(const uint8_t bytes[32], char text[65])
{
    bn_hex_encode(bn_slice_make(bytes, 32), text);
}

static void clusters_text(const char *name, const clustering_measure *c)
{
    char hash[65];
    hex_of(c->hash, hash);
    printf("%s\n", name);
    printf("  pairs       precision %.6f  recall %.6f  F1 %.6f  (%" PRIu64 " of %" PRIu64
           " right)\n",
           c->precision, c->recall, c->f1, c->right_pairs, c->found_pairs);
    printf("  B-cubed     precision %.6f  recall %.6f  F1 %.6f\n", c->b3_precision, c->b3_recall,
           c->b3_f1);
    printf("  clusters    %u, exact %u, over-merged %u, under-merged entities %u, largest %u\n",
           c->clusters_count, c->exact_count, c->over_merged, c->under_merged, c->cluster_max);
    printf("  hash        %s\n", hash);
}

void report_text(const measure *m)
{
    char epoch[65];
    hex_of(m->epoch_hash, epoch);
    printf("records %" PRIu64 ", entities %u, true pairs %" PRIu64 "\n", m->records_count,
           m->entities_count, m->true_pairs);
    printf("blocking      %" PRIu64 " candidate pairs, recall %.6f, reduction %.6f, alarms %"
           PRIu64 "\n",
           m->candidate_pairs, m->blocking_recall, m->reduction, m->alarms_count);
    clusters_text("at the natural threshold (posterior .5)", &m->natural);
    clusters_text("automatic (posterior .995)", &m->automatic);
    printf("pairs linked  %" PRIu64 ", of them true %" PRIu64 "\n", m->link_pairs,
           m->link_true_pairs);
    printf("review queue  %" PRIu64 " pairs, of them true %" PRIu64 "\n", m->review_pairs,
           m->review_true_pairs);
    printf("calibration   chance, pairs, expected, actual\n");
    for (int i = 0; i < CALIBRATION_BINS; i++) {
        printf("  %.1f - %.1f   %9" PRIu64 " %12.1f %9" PRIu64 "\n", i / 10.0, (i + 1) / 10.0,
               m->bins[i].pairs, m->bins[i].expected, m->bins[i].actual);
    }
    double run_s = m->pair_s + m->score_s + m->cluster_s;
    printf("time          train %.2f s, pairs %.2f s, scores %.2f s, clusters %.2f s: "
           "%.0f records/s\n",
           m->train_s, m->pair_s, m->score_s, m->cluster_s,
           run_s > 0 ? (double)m->records_count / run_s : 0);
    printf("memory        %" PRIu64 " MiB at most\n", m->peak_kib / 1024);
    printf("largest component %u\nepoch         %s\n", m->component_max, epoch);
}

static void clusters_json(const char *name, const clustering_measure *c)
{
    char hash[65];
    hex_of(c->hash, hash);
    printf("  \"%s\": {\"precision\": %.6f, \"recall\": %.6f, \"f1\": %.6f, "
           "\"b3_precision\": %.6f, \"b3_recall\": %.6f, \"b3_f1\": %.6f, \"clusters\": %u, "
           "\"exact\": %u, \"over_merged\": %u, \"under_merged\": %u, \"largest\": %u, "
           "\"hash\": \"%s\"},\n",
           name, c->precision, c->recall, c->f1, c->b3_precision, c->b3_recall, c->b3_f1,
           c->clusters_count, c->exact_count, c->over_merged, c->under_merged, c->cluster_max,
           hash);
}

void report_json(const measure *m)
{
    char epoch[65];
    hex_of(m->epoch_hash, epoch);
    printf("{\n  \"records\": %" PRIu64 ", \"entities\": %u, \"true_pairs\": %" PRIu64 ",\n",
           m->records_count, m->entities_count, m->true_pairs);
    printf("  \"candidate_pairs\": %" PRIu64 ", \"blocking_recall\": %.6f, \"reduction\": %.6f, "
           "\"alarms\": %" PRIu64 ",\n",
           m->candidate_pairs, m->blocking_recall, m->reduction, m->alarms_count);
    clusters_json("natural", &m->natural);
    clusters_json("automatic", &m->automatic);
    printf("  \"link_pairs\": %" PRIu64 ", \"link_true_pairs\": %" PRIu64 ",\n", m->link_pairs,
           m->link_true_pairs);
    printf("  \"review_pairs\": %" PRIu64 ", \"review_true_pairs\": %" PRIu64 ",\n",
           m->review_pairs, m->review_true_pairs);
    printf("  \"calibration\": [");
    for (int i = 0; i < CALIBRATION_BINS; i++) {
        printf("%s[%" PRIu64 ", %.3f, %" PRIu64 "]", i > 0 ? ", " : "", m->bins[i].pairs,
               m->bins[i].expected, m->bins[i].actual);
    }
    printf("],\n  \"train_s\": %.3f, \"pair_s\": %.3f, \"score_s\": %.3f, \"cluster_s\": %.3f, "
           "\"peak_kib\": %" PRIu64 ", \"component_max\": %u,\n  \"epoch\": \"%s\"\n}\n",
           m->train_s, m->pair_s, m->score_s, m->cluster_s, m->peak_kib, m->component_max, epoch);
}
