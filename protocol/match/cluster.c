/* cluster.c - constrained average-link inside one component.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Records are renamed to their place in rid order first, so that "lower place" means "lower rid"
 * and nothing below can depend on the order of the input. A cluster is a list of places from its
 * least member (head[], next[]). Known pair weights lie in a sorted array; all others are scored
 * when a mean needs them. A pair of clusters that was refused is asked again only after one of
 * them grew.
 *
 * Cost: sorting the edges, and one score per cross pair of every merge that is tried.
 */
#include <banyan/protocol/match/cluster.h>

#include <banyan/base/check.h>

#include <string.h>

#define NONE UINT32_MAX
#define CLAMP ((int32_t)BN_CLUSTER_CLAMP_BITS * BN_WEIGHT_BIT)

typedef struct run {
    const bn_component *component;
    bn_arena *arena;
    uint32_t *original; /* place -> index of the input */
    uint32_t *place;    /* index of the input -> place */
    uint32_t *head;     /* place -> least place of its cluster */
    uint32_t *next;     /* place -> next of its cluster, NONE at the end */
    uint32_t *tail;     /* of a head */
    uint32_t *size;     /* of a head */
    bn_feature *features;
    bn_cluster_edge *known; /* by (a, b) */
    bn_cluster_edge *order; /* by (weight desc, a, b) */
    bn_cluster_edge *musts; /* by (a, b) */
    bn_cluster_pin *pins;   /* .record is a place; by (record, pin, group) */
    bn_cluster_step *steps;
    size_t steps_count;
    size_t steps_capacity;
    uint64_t *refused; /* open addressing: heads and sizes of refused pairs, mixed */
    size_t refused_mask;
} run;

/* --- orders ----------------------------------------------------------------------------------- */
static int by_rid(const void *x, const void *y, void *context)
{
    const bn_cluster_record *records = context;
    const uint32_t *a = x;
    const uint32_t *b = y;
    return bn_rid_compare(&records[*a].rid, &records[*b].rid);
}

static int by_places(const void *x, const void *y)
{
    const bn_cluster_edge *a = x;
    const bn_cluster_edge *b = y;
    if (a->a != b->a) {
        return a->a < b->a ? -1 : 1;
    }
    return a->b < b->b ? -1 : a->b > b->b ? 1 : 0;
}

static int by_weight(const void *x, const void *y)
{
    const bn_cluster_edge *a = x;
    const bn_cluster_edge *b = y;
    if (a->weight != b->weight) {
        return a->weight > b->weight ? -1 : 1;
    }
    return by_places(x, y);
}

static int by_record(const void *x, const void *y)
{
    const bn_cluster_pin *a = x;
    const bn_cluster_pin *b = y;
    if (a->record != b->record) {
        return a->record < b->record ? -1 : 1;
    }
    if (a->pin != b->pin) {
        return a->pin < b->pin ? -1 : 1;
    }
    return a->group < b->group ? -1 : a->group > b->group ? 1 : 0;
}

/* --- setting up ------------------------------------------------------------------------------- */
static bn_rc rename_records(run *r, bn_err *err)
{
    uint32_t count = r->component->records_count;
    for (uint32_t i = 0; i < count; i++) {
        r->original[i] = i;
    }
    /* The comparison reads the records only. */
    qsort_r(r->original, count, sizeof *r->original, by_rid,
            (void *)(uintptr_t)r->component->records);
    for (uint32_t p = 0; p < count; p++) {
        r->place[r->original[p]] = p;
        r->head[p] = p;
        r->tail[p] = p;
        r->next[p] = NONE;
        r->size[p] = 1;
        bn_feature_open(r->component->records[r->original[p]].row, &r->features[p]);
        if (p > 0 && bn_rid_compare(&r->component->records[r->original[p - 1]].rid,
                                    &r->component->records[r->original[p]].rid) == 0) {
            return bn_fail(err, BN_E_INVALID, "component: one rid twice");
        }
    }
    return BN_OK;
}

static bn_rc rename_edges(const run *r, const bn_cluster_edge *from, size_t count,
                          bn_cluster_edge *to, bn_err *err)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t limit = r->component->records_count;
        if (from[i].a >= limit || from[i].b >= limit || from[i].a == from[i].b) {
            return bn_fail(err, BN_E_INVALID, "component: edge %zu names no pair of records", i);
        }
        uint32_t a = r->place[from[i].a];
        uint32_t b = r->place[from[i].b];
        to[i] = (bn_cluster_edge){a < b ? a : b, a < b ? b : a, from[i].weight};
    }
    qsort(to, count, sizeof *to, by_places);
    return BN_OK;
}

static bn_rc rename_pins(const run *r, bn_err *err)
{
    const bn_component *c = r->component;
    for (size_t i = 0; i < c->pins_count; i++) {
        if (c->pins[i].record >= c->records_count) {
            return bn_fail(err, BN_E_INVALID, "component: pin %zu names no record", i);
        }
        r->pins[i] = c->pins[i];
        r->pins[i].record = r->place[c->pins[i].record];
    }
    qsort(r->pins, c->pins_count, sizeof *r->pins, by_record);
    return BN_OK;
}

static bn_rc set_up(run *r, bn_err *err)
{
    const bn_component *c = r->component;
    size_t n = (size_t)c->records_count + 1;
    size_t slots = 16;
    while (slots < 4 * (c->edges_count + c->musts_count)) {
        slots *= 2;
    }
    r->original = bn_arena_array(r->arena, n, sizeof *r->original);
    r->place = bn_arena_array(r->arena, n, sizeof *r->place);
    r->head = bn_arena_array(r->arena, n, sizeof *r->head);
    r->next = bn_arena_array(r->arena, n, sizeof *r->next);
    r->tail = bn_arena_array(r->arena, n, sizeof *r->tail);
    r->size = bn_arena_array(r->arena, n, sizeof *r->size);
    r->features = bn_arena_array(r->arena, n, sizeof *r->features);
    r->known = bn_arena_array(r->arena, c->edges_count + 1, sizeof *r->known);
    r->order = bn_arena_array(r->arena, c->edges_count + 1, sizeof *r->order);
    r->musts = bn_arena_array(r->arena, c->musts_count + 1, sizeof *r->musts);
    r->pins = bn_arena_array(r->arena, c->pins_count + 1, sizeof *r->pins);
    r->refused = bn_arena_array(r->arena, slots, sizeof *r->refused);
    r->refused_mask = slots - 1;
    if (r->original == NULL || r->place == NULL || r->head == NULL || r->next == NULL ||
        r->tail == NULL || r->size == NULL || r->features == NULL || r->known == NULL ||
        r->order == NULL || r->musts == NULL || r->pins == NULL || r->refused == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "component of %u records", c->records_count);
    }
    BN_TRY(rename_records(r, err));
    BN_TRY(rename_edges(r, c->edges, c->edges_count, r->known, err));
    BN_TRY(rename_edges(r, c->musts, c->musts_count, r->musts, err));
    BN_TRY(rename_pins(r, err));
    if (c->edges_count > 0) {
        memcpy(r->order, r->known, c->edges_count * sizeof *r->order);
        qsort(r->order, c->edges_count, sizeof *r->order, by_weight);
    }
    return BN_OK;
}

/* --- what parts two clusters ------------------------------------------------------------------ */
static const bn_cluster_pin *pins_of(const run *r, uint32_t place, size_t *count)
{
    size_t low = 0;
    size_t high = r->component->pins_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (r->pins[middle].record < place) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    size_t end = low;
    while (end < r->component->pins_count && r->pins[end].record == place) {
        end++;
    }
    *count = end - low;
    return r->pins + low;
}

static bool is_pair_pinned(const run *r, uint32_t x, uint32_t y)
{
    size_t nx;
    size_t ny;
    const bn_cluster_pin *px = pins_of(r, x, &nx);
    const bn_cluster_pin *py = pins_of(r, y, &ny);
    for (size_t i = 0; i < nx; i++) {
        for (size_t j = 0; j < ny; j++) {
            if (px[i].pin == py[j].pin && px[i].group != py[j].group) {
                return true;
            }
        }
    }
    return false;
}

static bool is_pinned_apart(const run *r, uint32_t a, uint32_t b)
{
    if (r->component->pins_count == 0) {
        return false;
    }
    for (uint32_t x = a; x != NONE; x = r->next[x]) {
        for (uint32_t y = b; y != NONE; y = r->next[y]) {
            if (is_pair_pinned(r, x, y)) {
                return true;
            }
        }
    }
    return false;
}

static bool is_forbidden(const run *r, uint32_t a, uint32_t b)
{
    for (uint32_t x = a; x != NONE; x = r->next[x]) {
        for (uint32_t y = b; y != NONE; y = r->next[y]) {
            if (bn_match_forbidden(&r->features[x], &r->features[y])) {
                return true;
            }
        }
    }
    return false;
}

static int32_t pair_weight(const run *r, uint32_t x, uint32_t y)
{
    bn_cluster_edge key = {.a = x < y ? x : y, .b = x < y ? y : x};
    const bn_cluster_edge *found = bsearch(&key, r->known, r->component->edges_count,
                                           sizeof *r->known, by_places);
    int32_t weight;
    if (found != NULL) {
        weight = found->weight;
    } else {
        bn_score score;
        bn_match_score(r->component->epoch, &r->features[x], &r->features[y], &score);
        weight = score.weight;
    }
    return weight > CLAMP ? CLAMP : weight < -CLAMP ? -CLAMP : weight;
}

static int64_t sum_between(const run *r, uint32_t a, uint32_t b)
{
    int64_t sum = 0;
    for (uint32_t x = a; x != NONE; x = r->next[x]) {
        for (uint32_t y = b; y != NONE; y = r->next[y]) {
            sum += pair_weight(r, x, y);
        }
    }
    return sum;
}

/* --- merging ---------------------------------------------------------------------------------- */
static uint64_t name_of_pair(const run *r, uint32_t a, uint32_t b)
{
    uint64_t lower = (uint64_t)(a < b ? a : b) << 32 | (a < b ? b : a);
    uint64_t sizes = (uint64_t)r->size[a < b ? a : b] << 32 | r->size[a < b ? b : a];
    uint64_t name = lower * 0x9e3779b97f4a7c15u ^ sizes * 0xbf58476d1ce4e5b9u;
    name ^= name >> 29;
    return name != 0 ? name : 1;
}

/* Remembers a refusal; true when it was there already. Heads below 2^15 and sizes below 2^32 give
 * different names but for a chance of 2^-64, which would only hide a refusal, not allow a merge. */
static bool was_refused(const run *r, uint32_t a, uint32_t b, bool remember)
{
    uint64_t name = name_of_pair(r, a, b);
    size_t at = (name >> 20) & r->refused_mask;
    while (r->refused[at] != 0) {
        if (r->refused[at] == name) {
            return true;
        }
        at = (at + 1) & r->refused_mask;
    }
    if (remember) {
        r->refused[at] = name;
    }
    return false;
}

static bn_rc note(run *r, const bn_cluster_step *step, bn_err *err)
{
    if (r->steps_count == r->steps_capacity) {
        size_t capacity = r->steps_capacity == 0 ? 16 : 2 * r->steps_capacity;
        bn_cluster_step *steps = bn_arena_array(r->arena, capacity, sizeof *steps);
        if (steps == NULL) {
            return bn_fail(err, BN_E_NO_MEMORY, "trace of %zu merges", capacity);
        }
        if (r->steps_count > 0) {
            memcpy(steps, r->steps, r->steps_count * sizeof *steps);
        }
        r->steps = steps;
        r->steps_capacity = capacity;
    }
    bn_cluster_step *put = &r->steps[r->steps_count++];
    *put = *step;
    put->a = r->original[step->a];
    put->b = r->original[step->b];
    return BN_OK;
}

static void merge(run *r, uint32_t a, uint32_t b)
{
    uint32_t head = a < b ? a : b;
    uint32_t other = a < b ? b : a;
    for (uint32_t x = other; x != NONE; x = r->next[x]) {
        r->head[x] = head;
    }
    r->next[r->tail[head]] = other;
    r->tail[head] = r->tail[other];
    r->size[head] += r->size[other];
}

static bn_refusal refusal_of(const run *r, bn_merge_cause cause, uint32_t a, uint32_t b,
                             int64_t sum)
{
    if (is_pinned_apart(r, a, b)) {
        return BN_REFUSED_PIN;
    }
    if (cause == BN_MERGE_MUST) {
        return BN_REFUSED_NOT;
    }
    if (is_forbidden(r, a, b)) {
        return BN_REFUSED_FORBIDDEN;
    }
    const bn_epoch_limits *limits = bn_epoch_limits_of(r->component->epoch);
    if ((uint64_t)r->size[a] + r->size[b] > limits->cluster_max) {
        return BN_REFUSED_SIZE;
    }
    int64_t pairs = (int64_t)r->size[a] * r->size[b];
    bool is_coherent = cause == BN_MERGE_IDENTITY || sum > pairs * limits->mean_min;
    return is_coherent ? BN_REFUSED_NOT : BN_REFUSED_MEAN;
}

static bn_rc visit(run *r, bn_merge_cause cause, const bn_cluster_edge *edge, bn_err *err)
{
    uint32_t a = r->head[edge->a];
    uint32_t b = r->head[edge->b];
    if (a == b || (cause == BN_MERGE_WEIGHT && was_refused(r, a, b, false))) {
        return BN_OK;
    }
    bool is_small = (uint64_t)r->size[a] + r->size[b] <=
                    bn_epoch_limits_of(r->component->epoch)->cluster_max;
    int64_t sum = is_small ? sum_between(r, a, b) : 0;
    bn_cluster_step step = {.cause = cause,
                            .refusal = refusal_of(r, cause, a, b, sum),
                            .a = edge->a,
                            .b = edge->b,
                            .weight = edge->weight,
                            .weights_sum = sum,
                            .size_a = r->size[a],
                            .size_b = r->size[b]};
    BN_TRY(note(r, &step, err));
    if (step.refusal == BN_REFUSED_NOT) {
        merge(r, a, b);
    } else if (cause == BN_MERGE_WEIGHT) {
        was_refused(r, a, b, true);
    }
    return BN_OK;
}

static bn_rc visit_musts(run *r, bn_err *err)
{
    for (size_t i = 0; i < r->component->musts_count; i++) {
        BN_TRY(visit(r, BN_MERGE_MUST, &r->musts[i], err));
    }
    return BN_OK;
}

static bn_rc visit_identities(run *r, bn_err *err)
{
    for (size_t i = 0; i < r->component->edges_count; i++) {
        const bn_cluster_edge *e = &r->order[i];
        if (r->head[e->a] != r->head[e->b] &&
            bn_match_same_identity(r->component->epoch, &r->features[e->a],
                                   &r->features[e->b])) {
            BN_TRY(visit(r, BN_MERGE_IDENTITY, e, err));
        }
    }
    return BN_OK;
}

/* At an edge_min of link_min or more only links drive merges: what a rule keeps for a person does
 * not. Below it the caller takes what is to be reviewed for a match. */
static bn_rc visit_weights(run *r, bn_err *err)
{
    bool is_strict = r->component->edge_min >=
                     bn_epoch_limits_of(r->component->epoch)->link_min;
    bn_verdict needed = is_strict ? BN_VERDICT_LINK : BN_VERDICT_REVIEW;
    for (size_t i = 0; i < r->component->edges_count; i++) {
        const bn_cluster_edge *e = &r->order[i];
        if (e->weight < r->component->edge_min) {
            break;
        }
        if (r->head[e->a] == r->head[e->b]) {
            continue;
        }
        bn_score score;
        bn_match_score(r->component->epoch, &r->features[e->a], &r->features[e->b], &score);
        if (score.verdict >= needed) {
            BN_TRY(visit(r, BN_MERGE_WEIGHT, e, err));
        }
    }
    return BN_OK;
}

bn_rc bn_cluster_component(const bn_component *component, bn_arena *arena, bn_clusters *out,
                           bn_err *err)
{
    if (component->records_count > BN_COMPONENT_MAX) {
        return bn_fail(err, BN_E_LIMIT, "component of %u records, limit %d",
                       component->records_count, BN_COMPONENT_MAX);
    }
    run r = {.component = component, .arena = arena};
    BN_TRY(set_up(&r, err));
    BN_TRY(visit_musts(&r, err));
    BN_TRY(visit_identities(&r, err));
    BN_TRY(visit_weights(&r, err));
    uint32_t count = component->records_count;
    uint32_t *anchor = bn_arena_array(arena, (size_t)count + 1, sizeof *anchor);
    if (anchor == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "component of %u records", count);
    }
    uint32_t clusters = 0;
    for (uint32_t p = 0; p < count; p++) {
        anchor[r.original[p]] = r.original[r.head[p]];
        clusters += r.head[p] == p ? 1 : 0;
    }
    *out = (bn_clusters){.anchor = anchor,
                         .clusters_count = clusters,
                         .steps = r.steps,
                         .steps_count = r.steps_count};
    return BN_OK;
}
