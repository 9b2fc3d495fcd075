/* batch_score.c - from candidate pairs to edges, components and clusters.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "batch_parts.h"

#include <banyan/base/alloc.h>
#include <banyan/base/check.h>

#include <string.h>

#define COMPONENT_BYTES_MAX ((size_t)512 * 1024 * 1024)
#define CACHE_LINE 64
#define AHEAD 8 /* pairs whose rows are fetched before they are needed */

/* --- edges ---------------------------------------------------------------------------------- */
typedef struct edge_part {
    bn_batch_edge *edges;
    size_t count;
    size_t capacity;
    uint64_t links_count;
    bool is_failed;
} edge_part;

typedef struct score_job {
    const bn_batch *batch;
    const bn_epoch *epoch;
    unsigned threads;
    edge_part parts[BN_BATCH_THREADS_MAX];
} score_job;

static void put_edge(edge_part *part, const bn_batch_edge *edge)
{
    if (part->count == part->capacity) {
        size_t capacity = part->capacity == 0 ? 1024 : part->capacity + part->capacity / 2;
        bn_batch_edge *edges = bn_realloc_array(part->edges, capacity, sizeof *edges);
        if (edges == NULL) {
            part->is_failed = true;
            return;
        }
        part->edges = edges;
        part->capacity = capacity;
    }
    part->edges[part->count++] = *edge;
}

static void score_pairs(void *context, unsigned i)
{
    score_job *job = context;
    edge_part *part = &job->parts[i];
    size_t count;
    const uint64_t *pairs = bn_batch_pairs(job->batch, &count);
    size_t to = part_from(count, job->threads, i + 1);
    bn_feature a;
    bn_feature b;
    uint32_t opened = UINT32_MAX;
    for (size_t at = part_from(count, job->threads, i); at < to; at++) {
        if (at + AHEAD < to) {
            const uint8_t *next = batch_row_start(job->batch, (uint32_t)pairs[at + AHEAD]);
            __builtin_prefetch(next);
            __builtin_prefetch(next + CACHE_LINE);
        }
        uint32_t first = (uint32_t)(pairs[at] >> 32);
        uint32_t second = (uint32_t)pairs[at];
        if (first != opened) {
            batch_open(job->batch, first, &a);
            opened = first;
        }
        batch_open(job->batch, second, &b);
        bn_score score;
        bn_match_score(job->epoch, &a, &b, &score);
        if (score.verdict >= BN_VERDICT_REVIEW) {
            put_edge(part, &(bn_batch_edge){first, second, score.weight, score.rules});
            part->links_count += score.verdict == BN_VERDICT_LINK ? 1 : 0;
        }
    }
}

bn_rc bn_batch_score(bn_batch *batch, const bn_epoch *epoch, unsigned threads, bn_err *err)
{
    score_job job = {.batch = batch, .epoch = epoch};
    job.threads = threads < 1 ? 1 : threads > BN_BATCH_THREADS_MAX ? BN_BATCH_THREADS_MAX : threads;
    batch_run(job.threads, score_pairs, &job);
    size_t total = 0;
    bool is_failed = false;
    batch->report.links_count = 0;
    for (unsigned i = 0; i < job.threads; i++) {
        total += job.parts[i].count;
        is_failed = is_failed || job.parts[i].is_failed;
        batch->report.links_count += job.parts[i].links_count;
    }
    bn_batch_edge *edges = is_failed ? NULL : bn_alloc_array(total + 1, sizeof *edges);
    size_t at = 0;
    for (unsigned i = 0; i < job.threads; i++) {
        if (edges != NULL && job.parts[i].count > 0) {
            memcpy(edges + at, job.parts[i].edges, job.parts[i].count * sizeof *edges);
            at += job.parts[i].count;
        }
        bn_free(job.parts[i].edges);
    }
    if (edges == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "edges of %zu pairs", batch->pairs.count);
    }
    bn_free(batch->edges);
    batch->edges = edges;
    batch->edges_count = total;
    batch->report.edges_count = total;
    return BN_OK;
}

/* --- clusters --------------------------------------------------------------------------------- */
/* Members and edges of all components, each component's side by side. */
typedef struct layout {
    uint32_t *root;    /* place -> root of its component */
    uint32_t *start;   /* root -> first of its members; start[count] = count */
    uint32_t *members; /* places by (root, place) */
    uint32_t *local;   /* place -> index within its component */
    uint32_t *edge_start; /* root -> first of its edges */
    uint32_t *edge_order; /* edges by (root, a, b) */
} layout;

static const bn_batch_decisions no_decisions;

static void layout_free(layout *l)
{
    bn_free(l->root);
    bn_free(l->start);
    bn_free(l->members);
    bn_free(l->local);
    bn_free(l->edge_start);
    bn_free(l->edge_order);
}

static bool layout_alloc(layout *l, size_t records, size_t edges)
{
    l->root = bn_alloc_array(records + 1, sizeof *l->root);
    l->start = bn_alloc_array(records + 2, sizeof *l->start);
    l->members = bn_alloc_array(records + 1, sizeof *l->members);
    l->local = bn_alloc_array(records + 1, sizeof *l->local);
    l->edge_start = bn_alloc_array(records + 2, sizeof *l->edge_start);
    l->edge_order = bn_alloc_array(edges + 1, sizeof *l->edge_order);
    return l->root != NULL && l->start != NULL && l->members != NULL && l->local != NULL &&
           l->edge_start != NULL && l->edge_order != NULL;
}

/* Counts into start[key + 1], sums up, and deals out places: start[] ends as it began. */
static void lay_out(layout *l, const bn_batch *batch)
{
    uint32_t count = batch->count;
    for (uint32_t p = 0; p < count; p++) {
        l->root[p] = bn_union_find(l->root, p);
        l->start[l->root[p] + 1]++;
    }
    for (size_t e = 0; e < batch->edges_count; e++) {
        l->edge_start[l->root[batch->edges[e].a] + 1]++;
    }
    for (uint32_t p = 0; p < count; p++) {
        l->start[p + 1] += l->start[p];
        l->edge_start[p + 1] += l->edge_start[p];
    }
    for (uint32_t p = 0; p < count; p++) {
        l->members[l->start[l->root[p]]++] = p;
    }
    for (size_t e = 0; e < batch->edges_count; e++) {
        l->edge_order[l->edge_start[l->root[batch->edges[e].a]]++] = (uint32_t)e;
    }
    for (uint32_t p = count; p > 0; p--) {
        l->start[p] = l->start[p - 1];
        l->edge_start[p] = l->edge_start[p - 1];
    }
    l->start[0] = 0;
    l->edge_start[0] = 0;
    for (uint32_t p = 0; p < count; p++) {
        for (uint32_t i = l->start[p]; i < l->start[p + 1]; i++) {
            l->local[l->members[i]] = i - l->start[p];
        }
    }
}

static bn_rc find_components(bn_batch *batch, const bn_batch_decisions *decisions, layout *l)
{
    if (!layout_alloc(l, batch->count, batch->edges_count)) {
        return BN_E_NO_MEMORY;
    }
    bn_union_init(l->root, batch->count);
    for (size_t e = 0; e < batch->edges_count; e++) {
        bn_union_join(l->root, batch->edges[e].a, batch->edges[e].b);
    }
    for (size_t m = 0; m < decisions->musts_count; m++) {
        bn_union_join(l->root, decisions->musts[m].a, decisions->musts[m].b);
    }
    lay_out(l, batch);
    return BN_OK;
}

typedef struct clusterer {
    bn_batch *batch;
    const bn_epoch *epoch;
    const bn_batch_decisions *decisions;
    const layout *layout;
    bn_arena arena;
    int32_t edge_min;
} clusterer;

static void pick_decisions(const clusterer *c, uint32_t root, bn_cluster_edge *musts,
                           bn_cluster_pin *pins, bn_component *out)
{
    const layout *l = c->layout;
    for (size_t i = 0; i < c->decisions->musts_count; i++) {
        const bn_cluster_edge *m = &c->decisions->musts[i];
        if (l->root[m->a] == root) {
            musts[out->musts_count++] = (bn_cluster_edge){l->local[m->a], l->local[m->b], 0};
        }
    }
    for (size_t i = 0; i < c->decisions->pins_count; i++) {
        const bn_cluster_pin *p = &c->decisions->pins[i];
        if (l->root[p->record] == root) {
            pins[out->pins_count] = *p;
            pins[out->pins_count++].record = l->local[p->record];
        }
    }
    out->musts = musts;
    out->pins = pins;
}

static bn_rc gather_component(clusterer *c, uint32_t root, bn_component *out)
{
    const layout *l = c->layout;
    uint32_t from = l->start[root];
    out->records_count = l->start[root + 1] - from;
    out->edges_count = l->edge_start[root + 1] - l->edge_start[root];
    bn_cluster_record *records = bn_arena_array(&c->arena, out->records_count, sizeof *records);
    bn_cluster_edge *edges = bn_arena_array(&c->arena, out->edges_count + 1, sizeof *edges);
    bn_cluster_edge *musts = bn_arena_array(&c->arena, c->decisions->musts_count + 1,
                                            sizeof *musts);
    bn_cluster_pin *pins = bn_arena_array(&c->arena, c->decisions->pins_count + 1, sizeof *pins);
    if (records == NULL || edges == NULL || musts == NULL || pins == NULL) {
        return BN_E_NO_MEMORY;
    }
    for (uint32_t i = 0; i < out->records_count; i++) {
        uint32_t place = l->members[from + i];
        records[i] = (bn_cluster_record){c->batch->rids[place], bn_batch_row(c->batch, place)};
    }
    for (size_t i = 0; i < out->edges_count; i++) {
        const bn_batch_edge *e = &c->batch->edges[l->edge_order[l->edge_start[root] + i]];
        edges[i] = (bn_cluster_edge){l->local[e->a], l->local[e->b], e->weight};
    }
    out->records = records;
    out->edges = edges;
    pick_decisions(c, root, musts, pins, out);
    return BN_OK;
}

static void note_component(clusterer *c, uint32_t root, const bn_clusters *clusters)
{
    const layout *l = c->layout;
    bn_batch_report *report = &c->batch->report;
    for (uint32_t i = l->start[root]; i < l->start[root + 1]; i++) {
        uint32_t anchor = clusters->anchor[i - l->start[root]];
        c->batch->anchors[l->members[i]] = l->members[l->start[root] + anchor];
    }
    for (size_t i = 0; i < clusters->steps_count; i++) {
        const bn_cluster_step *s = &clusters->steps[i];
        report->refused_count += s->refusal != BN_REFUSED_NOT ? 1 : 0;
        uint32_t merged = s->refusal == BN_REFUSED_NOT ? s->size_a + s->size_b : 1;
        report->cluster_max = merged > report->cluster_max ? merged : report->cluster_max;
    }
    report->clusters_count += clusters->clusters_count;
}

static bn_rc cluster_root(clusterer *c, uint32_t root, bn_err *err)
{
    const layout *l = c->layout;
    uint32_t size = l->start[root + 1] - l->start[root];
    bn_batch_report *report = &c->batch->report;
    report->component_max = size > report->component_max ? size : report->component_max;
    if (size == 1 || size > BN_COMPONENT_MAX) {
        for (uint32_t i = l->start[root]; i < l->start[root + 1]; i++) {
            c->batch->anchors[l->members[i]] = l->members[i];
        }
        report->components_over += size > 1 ? 1 : 0;
        report->clusters_count += size;
        return BN_OK;
    }
    bn_component component = {.epoch = c->epoch, .edge_min = c->edge_min};
    bn_clusters clusters;
    bn_arena_reset(&c->arena);
    BN_TRY(gather_component(c, root, &component));
    BN_TRY(bn_cluster_component(&component, &c->arena, &clusters, err));
    note_component(c, root, &clusters);
    return BN_OK;
}

bn_rc bn_batch_cluster(bn_batch *batch, const bn_epoch *epoch, int32_t edge_min,
                       const bn_batch_decisions *decisions, bn_err *err)
{
    bn_batch_report *report = &batch->report;
    report->component_max = report->cluster_max = batch->count > 0 ? 1 : 0;
    report->components_over = 0;
    report->clusters_count = report->refused_count = 0;
    bn_free(batch->anchors);
    batch->anchors = bn_alloc_array((size_t)batch->count + 1, sizeof *batch->anchors);
    layout l = {.root = NULL};
    clusterer c = {.batch = batch,
                   .epoch = epoch,
                   .decisions = decisions != NULL ? decisions : &no_decisions,
                   .layout = &l,
                   .edge_min = edge_min};
    bn_arena_init(&c.arena, COMPONENT_BYTES_MAX);
    bn_rc rc = batch->anchors != NULL ? find_components(batch, c.decisions, &l) : BN_E_NO_MEMORY;
    for (uint32_t p = 0; p < batch->count && rc == BN_OK; p++) {
        if (l.root[p] == p) {
            rc = cluster_root(&c, p, err);
        }
    }
    bn_arena_fini(&c.arena);
    layout_free(&l);
    return rc == BN_OK ? BN_OK : bn_fail(err, rc, "clusters of %u records", batch->count);
}
