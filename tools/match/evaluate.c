/* evaluate.c - running the matcher over files with known truth, and training epochs from files.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "commands.h"

#include <banyan/base/alloc.h>
#include <banyan/base/check.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define ERRORS_SHOWN_MAX 500

static bn_rc read_epoch(const char *path, bn_epoch **out, bn_err *err)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return bn_fail(err, BN_E_NOT_FOUND, "%s: %s", path, strerror(errno));
    }
    uint8_t *bytes = bn_alloc_array(BN_EPOCH_BYTES_MAX, 1);
    size_t len = bytes != NULL ? fread(bytes, 1, BN_EPOCH_BYTES_MAX, file) : 0;
    fclose(file);
    bn_rc rc = bytes != NULL ? bn_epoch_decode(bn_slice_make(bytes, len), out, err)
                             : bn_fail(err, BN_E_NO_MEMORY, "%s: no memory", path);
    bn_free(bytes);
    return rc;
}

static bn_rc write_epoch(const bn_epoch *epoch, const char *path, bn_err *err)
{
    bn_buf bytes;
    bn_buf_init(&bytes, BN_EPOCH_BYTES_MAX);
    bn_rc rc = bn_epoch_encode(epoch, &bytes);
    FILE *file = rc == BN_OK ? fopen(path, "wb") : NULL;
    bool is_good = file != NULL && fwrite(bytes.data, 1, bytes.len, file) == bytes.len;
    if (file != NULL && fclose(file) != 0) {
        is_good = false;
    }
    bn_buf_fini(&bytes);
    return is_good ? BN_OK : bn_fail(err, BN_E_IO, "%s: cannot be written", path);
}

static bn_rc cluster_twice(loaded *l, const bn_epoch *epoch, measure *out, bn_err *err)
{
    const bn_epoch_limits *limits = bn_epoch_limits_of(epoch);
    BN_TRY(bn_batch_cluster(l->batch, epoch, limits->review_min, NULL, err));
    if (l->truth != NULL) {
        BN_TRY(measure_clusters(l, &out->natural));
    }
    double start = seconds_now();
    BN_TRY(bn_batch_cluster(l->batch, epoch, limits->link_min, NULL, err));
    out->cluster_s = seconds_now() - start;
    return l->truth != NULL ? measure_clusters(l, &out->automatic) : BN_OK;
}

bn_rc run_batch(loaded *l, const options *o, bn_epoch **epoch, measure *out, bn_err *err)
{
    double start = seconds_now();
    BN_AUTO(bn_epoch_destroy) bn_epoch *made = NULL;
    if (o->epoch_in != NULL) {
        BN_TRY(read_epoch(o->epoch_in, &made, err));
    } else {
        BN_TRY(bn_batch_train(l->batch, load_secret, o->threads, &made, err));
    }
    double trained = seconds_now();
    BN_TRY(bn_batch_pair(l->batch, made, load_secret, o->threads, err));
    double paired = seconds_now();
    BN_TRY(bn_batch_score(l->batch, made, o->threads, err));
    double scored = seconds_now();
    BN_TRY(cluster_twice(l, made, out, err));
    const bn_batch_report *report = bn_batch_report_of(l->batch);
    out->train_s = trained - start;
    out->pair_s = paired - trained;
    out->score_s = scored - paired;
    out->alarms_count = report->alarms_count;
    out->component_max = report->component_max;
    out->records_count = report->records_count;
    out->candidate_pairs = report->pairs_count;
    memcpy(out->epoch_hash, bn_epoch_hash(made), sizeof out->epoch_hash);
    *epoch = BN_TAKE(made);
    return BN_OK;
}

/* --- what went wrong ------------------------------------------------------------------------- */
static void show_pair(const loaded *l, const bn_epoch *epoch, uint32_t x, uint32_t y,
                      const char *what)
{
    bn_feature a;
    bn_feature b;
    bn_explanation e;
    bn_feature_open(bn_batch_row(l->batch, x), &a);
    bn_feature_open(bn_batch_row(l->batch, y), &b);
    bn_match_explain(epoch, &a, &b, &e);
    const bn_rid *rx = bn_batch_rid(l->batch, x);
    const bn_rid *ry = bn_batch_rid(l->batch, y);
    printf("%s %u:%" PRIu64 " %u:%" PRIu64 " weight %.2f, prior %.2f, rules %.2f:", what,
           rx->dot.origin, rx->dot.oseq, ry->dot.origin, ry->dot.oseq,
           e.score.weight / (double)BN_WEIGHT_BIT, e.prior / (double)BN_WEIGHT_BIT,
           e.rules_weight / (double)BN_WEIGHT_BIT);
    for (unsigned f = 0; f < BN_MATCH_FIELD_COUNT; f++) {
        if (e.fields[f].level != 0) {
            printf(" %s=%s %.2f", bn_match_field_name((bn_match_field)f),
                   bn_match_level_name((bn_match_field)f, e.fields[f].level),
                   e.fields[f].weight / (double)BN_WEIGHT_BIT);
        }
    }
    printf("\n");
}

/* Pairs on which the automatic clusters and the truth disagree; all pairs, so small files only. */
static void show_errors(const loaded *l, const bn_epoch *epoch)
{
    const uint32_t *anchors = bn_batch_anchors(l->batch);
    uint32_t n = (uint32_t)bn_batch_count(l->batch);
    unsigned shown = 0;
    for (uint32_t x = 0; x < n; x++) {
        for (uint32_t y = x + 1; y < n && shown < ERRORS_SHOWN_MAX; y++) {
            bool is_found = anchors[x] == anchors[y];
            bool is_true = l->truth[x] == l->truth[y];
            if (is_found != is_true) {
                show_pair(l, epoch, x, y, is_found ? "wrong " : "missed");
                shown++;
            }
        }
    }
}

bn_rc command_evaluate(const options *o, bn_err *err)
{
    loaded l = {.batch = NULL};
    BN_TRY(load_files(&o->load, &l, err));
    measure m = {.records_count = 0};
    BN_AUTO(bn_epoch_destroy) bn_epoch *epoch = NULL;
    bn_rc rc = run_batch(&l, o, &epoch, &m, err);
    if (rc == BN_OK) {
        measure_pairs(&l, epoch, &m);
        m.peak_kib = peak_kib();
        if (o->is_json) {
            report_json(&m);
        } else {
            report_text(&m);
        }
        if (o->shows_errors) {
            show_errors(&l, epoch);
        }
    }
    loaded_fini(&l);
    return rc;
}

bn_rc command_train(const options *o, bn_err *err)
{
    if (o->epoch_out == NULL) {
        return bn_fail(err, BN_E_INVALID, "train needs --out FILE");
    }
    loaded l = {.batch = NULL};
    BN_TRY(load_files(&o->load, &l, err));
    BN_AUTO(bn_epoch_destroy) bn_epoch *epoch = NULL;
    bn_rc rc = bn_batch_train(l.batch, load_secret, o->threads, &epoch, err);
    if (rc == BN_OK) {
        rc = write_epoch(epoch, o->epoch_out, err);
    }
    loaded_fini(&l);
    return rc;
}
