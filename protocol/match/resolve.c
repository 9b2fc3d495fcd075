/* resolve.c - decisions become musts and pins; then the component is clustered.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A "same" that meets a hard rule counts only when it says that it overrules it, and a pin counts
 * more than any "same". Musts are taken in the order (overruling first, lower id, other id), so
 * that of contradicting ones the same always lose.
 */
#include "resolve.h"

#include <stdlib.h>

#define MUSTS_FIRST 32

typedef struct must {
    uint32_t a; /* places: order of ids */
    uint32_t b;
    bool overrules;
} must;

typedef struct must_list {
    must *musts;
    size_t count;
    size_t capacity;
} must_list;

static int compare_places(const void *a, const void *b)
{
    return bn_id_compare(((const resolve_place *)a)->id, ((const resolve_place *)b)->id);
}

static const resolve_place *place_of(const resolving *r, bn_id id)
{
    resolve_place wanted = {.id = id};
    return bsearch(&wanted, r->places, r->input->records_count, sizeof wanted, compare_places);
}

uint32_t resolve_index(const resolving *r, bn_id id)
{
    const resolve_place *place = place_of(r, id);
    return place != NULL ? place->index : RESOLVE_NONE;
}

static bn_rc set_up(resolving *r, bn_err *err)
{
    uint32_t count = r->input->records_count;
    r->places = bn_arena_array(r->arena, (size_t)count + 1, sizeof *r->places);
    r->evidence = bn_arena_array(r->arena, (size_t)count + 1, sizeof *r->evidence);
    r->out->cluster = bn_arena_array(r->arena, (size_t)count + 1, sizeof *r->out->cluster);
    if (r->places == NULL || r->evidence == NULL || r->out->cluster == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "component of %u records", count);
    }
    for (uint32_t i = 0; i < count; i++) {
        r->places[i] = (resolve_place){.id = r->input->records[i].rid.id, .index = i};
        r->evidence[i] = bn_feature_evidence(r->input->records[i].row);
        r->out->cluster[i] = i;
    }
    qsort(r->places, count, sizeof *r->places, compare_places);
    return BN_OK;
}

/* --- musts ------------------------------------------------------------------------------------ */
static bn_rc add_must(resolving *r, must_list *list, uint32_t a, uint32_t b, bool overrules)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity == 0 ? MUSTS_FIRST : 2 * list->capacity;
        must *grown = bn_arena_array(r->arena, capacity, sizeof *grown);
        if (grown == NULL) {
            return BN_E_NO_MEMORY;
        }
        for (size_t i = 0; i < list->count; i++) {
            grown[i] = list->musts[i];
        }
        list->musts = grown;
        list->capacity = capacity;
    }
    list->musts[list->count++] = (must){.a = a, .b = b, .overrules = overrules};
    return BN_OK;
}

static bn_rc collect_musts(resolving *r, must_list *list)
{
    for (size_t i = 0; i < r->input->rulings_count; i++) {
        const bn_ruling *ruling = &r->input->rulings[i].ruling;
        const resolve_place *last = NULL;
        if (ruling->type != BN_RULING_SAME) {
            continue;
        }
        for (size_t j = 0; j < ruling->members_count; j++) {
            const resolve_place *place = place_of(r, ruling->members[j].id);
            if (place != NULL && last != NULL) {
                BN_TRY(add_must(r, list, (uint32_t)(last - r->places),
                                (uint32_t)(place - r->places),
                                (ruling->flags & BN_RULING_OVERRULES) != 0));
            }
            last = place != NULL ? place : last;
        }
    }
    return BN_OK;
}

static int compare_musts(const void *x, const void *y)
{
    const must *a = x;
    const must *b = y;
    if (a->overrules != b->overrules) {
        return a->overrules ? -1 : 1;
    }
    if (a->a != b->a) {
        return a->a < b->a ? -1 : 1;
    }
    return a->b == b->b ? 0 : a->b < b->b ? -1 : 1;
}

/* Does a hard rule part the groups of places joined so far? */
static bool is_forbidden(const resolving *r, uint32_t *parent, uint32_t a, uint32_t b)
{
    const bn_cluster_record *records = r->input->records;
    for (uint32_t x = 0; x < r->input->records_count; x++) {
        if (bn_union_find(parent, x) != a) {
            continue;
        }
        bn_feature left;
        bn_feature_open(records[r->places[x].index].row, &left);
        for (uint32_t y = 0; y < r->input->records_count; y++) {
            bn_feature right;
            if (bn_union_find(parent, y) == b) {
                bn_feature_open(records[r->places[y].index].row, &right);
                if (bn_match_forbidden(&left, &right)) {
                    return true;
                }
            }
        }
    }
    return false;
}

static bn_rc make_musts(resolving *r, bn_component *component)
{
    must_list list = {0};
    uint32_t count = r->input->records_count;
    BN_TRY(collect_musts(r, &list));
    bn_cluster_edge *musts = bn_arena_array(r->arena, list.count + 1, sizeof *musts);
    uint32_t *parent = bn_arena_array(r->arena, (size_t)count + 1, sizeof *parent);
    if (musts == NULL || parent == NULL) {
        return BN_E_NO_MEMORY;
    }
    bn_union_init(parent, count);
    if (list.count > 1) {
        qsort(list.musts, list.count, sizeof *list.musts, compare_musts);
    }
    component->musts = musts;
    for (size_t i = 0; i < list.count; i++) {
        const must *m = &list.musts[i];
        uint32_t a = bn_union_find(parent, m->a);
        uint32_t b = bn_union_find(parent, m->b);
        if (a != b && (m->overrules || !is_forbidden(r, parent, a, b))) {
            bn_union_join(parent, a, b);
            musts[component->musts_count++] =
                (bn_cluster_edge){.a = r->places[m->a].index, .b = r->places[m->b].index};
        }
    }
    return BN_OK;
}

/* --- pins and edges --------------------------------------------------------------------------- */
static bn_rc make_pins(resolving *r, bn_component *component)
{
    size_t total = 0;
    for (size_t i = 0; i < r->input->rulings_count; i++) {
        total += r->input->rulings[i].ruling.members_count;
    }
    bn_cluster_pin *pins = bn_arena_array(r->arena, total + 1, sizeof *pins);
    if (pins == NULL) {
        return BN_E_NO_MEMORY;
    }
    component->pins = pins;
    for (size_t i = 0; i < r->input->rulings_count; i++) {
        const bn_ruling *ruling = &r->input->rulings[i].ruling;
        bool parts = ruling->type == BN_RULING_SPLIT || ruling->type == BN_RULING_DIFFERENT;
        for (size_t j = 0; parts && j < ruling->members_count; j++) {
            uint32_t index = resolve_index(r, ruling->members[j].id);
            if (index != RESOLVE_NONE) {
                pins[component->pins_count++] =
                    (bn_cluster_pin){.pin = (uint32_t)i, .record = index,
                                     .group = ruling->type == BN_RULING_SPLIT
                                                  ? ruling->members[j].group
                                                  : (uint32_t)j};
            }
        }
    }
    return BN_OK;
}

static bn_rc make_edges(resolving *r, bn_component *component)
{
    size_t count = r->input->edges_count;
    bn_cluster_edge *edges = bn_arena_array(r->arena, count + 1, sizeof *edges);
    if (edges == NULL) {
        return BN_E_NO_MEMORY;
    }
    for (size_t i = 0; i < count; i++) {
        const bn_resolve_edge *edge = &r->input->edges[i];
        edges[i] = (bn_cluster_edge){.a = edge->a, .b = edge->b, .weight = edge->score.weight};
    }
    component->edges = edges;
    component->edges_count = count;
    return BN_OK;
}

/* The clusters' least ids become their anchors: made first. */
static bn_rc name_clusters(resolving *r)
{
    uint32_t count = r->input->records_count;
    const bn_cluster_record *records = r->input->records;
    const uint32_t *least = r->out->clusters.anchor;
    uint32_t *first = bn_arena_array(r->arena, (size_t)count + 1, sizeof *first);
    if (first == NULL) {
        return BN_E_NO_MEMORY;
    }
    for (uint32_t i = 0; i < count; i++) {
        first[i] = i;
    }
    for (uint32_t i = 0; i < count; i++) {
        uint32_t *anchor = &first[least[i]];
        if (bn_anchor_compare(records[i].rid.id, records[*anchor].rid.id) < 0) {
            *anchor = i;
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        r->out->cluster[i] = first[least[i]];
    }
    return BN_OK;
}

static bn_rc cluster(resolving *r, bn_err *err)
{
    bn_component component = {.epoch = r->input->epoch,
                              .edge_min = bn_epoch_limits_of(r->input->epoch)->link_min,
                              .records = r->input->records,
                              .records_count = r->input->records_count};
    bn_rc rc = make_musts(r, &component);
    rc = rc == BN_OK ? make_pins(r, &component) : rc;
    rc = rc == BN_OK ? make_edges(r, &component) : rc;
    if (rc != BN_OK) {
        return bn_fail(err, rc, "component of %u records", component.records_count);
    }
    BN_TRY(bn_cluster_component(&component, r->arena, &r->out->clusters, err));
    return name_clusters(r);
}

bn_rc bn_resolve(const bn_resolve_input *input, bn_arena *arena, bn_resolved *out, bn_err *err)
{
    bn_resolved resolved = {0};
    resolving r = {.input = input, .arena = arena, .out = &resolved};
    BN_TRY(set_up(&r, err));
    if (input->records_count > BN_COMPONENT_MAX) {
        BN_TRY(resolve_ask_size(&r, err));
    } else {
        BN_TRY(cluster(&r, err));
        BN_TRY(resolve_ask(&r, err));
    }
    *out = resolved;
    return BN_OK;
}
