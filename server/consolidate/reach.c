/* reach.c - who is connected with whom: candidates, edges, components.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A component is closed over edges of the verdicts review and link, and over decisions "same". Both
 * relations are symmetric, so it is the same from whichever member it is reached.
 */
#include "state.h"

#include <banyan/base/number.h>

#include <string.h>

typedef struct filing { /* candidates under one key */
    work *w;
    id_set *out;
    bn_id self;
    size_t count;
} filing;

static bn_rc add_candidate(void *context, bn_slice at, bn_slice value, bn_err *err)
{
    filing *f = context;
    bn_id id;
    (void)value;
    if (f->count++ >= BN_BLOCK_CANDIDATES_MAX) {
        f->w->c->alarms += f->count == BN_BLOCK_CANDIDATES_MAX + 1 ? 1 : 0;
        return BN_OK;
    }
    memcpy(id.bytes, at.data + 8, BN_ID_BYTES);
    if (bn_id_equal(id, f->self)) {
        return BN_OK;
    }
    bn_rc rc = id_set_add(f->out, id, NULL);
    return rc == BN_OK ? BN_OK : bn_fail(err, rc, "candidates of one customer");
}

bn_rc reach_candidates(work *w, bn_id id, bn_slice row, id_set *out, bn_err *err)
{
    bn_feature feature;
    bn_block_key keys[BN_BLOCK_KEYS_MAX];
    uint64_t hashes[2 * BN_BLOCK_KEYS_MAX];
    size_t crowded_count = 0;
    if (row.len == 0) {
        return BN_OK;
    }
    bn_feature_open(row, &feature);
    size_t keys_count = bn_epoch_keys(w->epoch, w->c->secret, &feature, keys);
    const uint64_t *crowded = bn_epoch_crowded(w->epoch, &crowded_count);
    size_t count = bn_block_reads(keys, keys_count, crowded, crowded_count, hashes);
    for (size_t i = 0; i < count; i++) {
        uint8_t prefix[8];
        filing f = {.w = w, .out = out, .self = id};
        bn_store_u64(prefix, hashes[i]);
        BN_TRY(store_walk(w->txn, BN_TABLE_MATCH_KEY, bn_slice_make(prefix, sizeof prefix),
                          add_candidate, &f, err));
    }
    return BN_OK;
}

static bool is_edge(const bn_epoch *epoch, bn_slice a, bn_slice b, bn_score *score)
{
    bn_feature left;
    bn_feature right;
    bn_feature_open(a, &left);
    bn_feature_open(b, &right);
    bn_match_score(epoch, &left, &right, score);
    return score->verdict >= BN_VERDICT_REVIEW;
}

static bn_rc add_partners(const bn_ruling_in_force *rulings, size_t count, id_set *out)
{
    for (size_t i = 0; i < count; i++) {
        const bn_ruling *ruling = &rulings[i].ruling;
        for (size_t j = 0; j < ruling->members_count && ruling->type == BN_RULING_SAME; j++) {
            BN_TRY(id_set_add(out, ruling->members[j].id, NULL));
        }
    }
    return BN_OK;
}

bn_rc reach_neighbours(work *w, bn_id id, bn_slice row, id_set *out, bn_err *err)
{
    id_set candidates = {.arena = w->arena};
    bn_ruling_in_force *rulings;
    size_t rulings_count;
    BN_TRY(reach_candidates(w, id, row, &candidates, err));
    for (uint32_t i = 0; i < candidates.count; i++) {
        bn_slice other;
        bn_score score;
        BN_TRY(store_row(w, candidates.ids[i], &other, err));
        if (other.len > 0 && is_edge(w->epoch, row, other, &score)) {
            BN_TRY(id_set_add(out, candidates.ids[i], NULL));
        }
    }
    BN_TRY(store_rulings(w, id, &rulings, &rulings_count, err));
    return add_partners(rulings, rulings_count, out);
}

/* --- components ------------------------------------------------------------------------------- */
typedef struct walk {
    work *w;
    id_set members;
    reached *out;
    size_t records_capacity;
    size_t edges_capacity;
    size_t rulings_capacity;
} walk;

static void *room(bn_arena *arena, void *old, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity) {
        return old;
    }
    size_t grown_capacity = *capacity == 0 ? 16 : *capacity * 2;
    void *grown = bn_arena_array(arena, grown_capacity, size);
    if (grown != NULL && count > 0) {
        memcpy(grown, old, count * size);
    }
    *capacity = grown != NULL ? grown_capacity : *capacity;
    return grown;
}

static bn_rc add_record(walk *k, bn_id id, bn_slice row, uint32_t *number)
{
    uint32_t before = k->members.count;
    BN_TRY(id_set_add(&k->members, id, number));
    if (k->members.count == before) {
        return BN_OK;
    }
    bn_cluster_record *records = room(k->w->arena, k->out->records, before, &k->records_capacity,
                                      sizeof *records);
    if (records == NULL) {
        return BN_E_NO_MEMORY;
    }
    records[before] = (bn_cluster_record){.rid = {.id = id}, .row = row};
    k->out->records = records;
    k->out->records_count = k->members.count;
    return BN_OK;
}

static bn_rc add_edge(walk *k, uint32_t a, uint32_t b, const bn_score *score)
{
    bn_resolve_edge *edges = room(k->w->arena, k->out->edges, k->out->edges_count,
                                  &k->edges_capacity, sizeof *edges);
    if (edges == NULL) {
        return BN_E_NO_MEMORY;
    }
    edges[k->out->edges_count++] = (bn_resolve_edge){.a = a, .b = b, .score = *score};
    k->out->edges = edges;
    return BN_OK;
}

static bn_rc add_rulings(walk *k, const bn_ruling_in_force *rulings, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bool known = false;
        for (size_t j = 0; j < k->out->rulings_count && !known; j++) {
            known = bn_dot_equal(k->out->rulings[j].dot, rulings[i].dot);
        }
        if (known) {
            continue;
        }
        bn_ruling_in_force *list = room(k->w->arena, k->out->rulings, k->out->rulings_count,
                                        &k->rulings_capacity, sizeof *list);
        if (list == NULL) {
            return BN_E_NO_MEMORY;
        }
        list[k->out->rulings_count++] = rulings[i];
        k->out->rulings = list;
    }
    return BN_OK;
}

/* Edges to candidates that have not been visited yet; those visited have found this one. */
static bn_rc visit_candidates(walk *k, uint32_t at, bn_err *err)
{
    id_set candidates = {.arena = k->w->arena};
    bn_id id = k->members.ids[at];
    bn_slice row = k->out->records[at].row;
    BN_TRY(reach_candidates(k->w, id, row, &candidates, err));
    for (uint32_t i = 0; i < candidates.count; i++) {
        bn_slice other;
        bn_score score;
        uint32_t number = id_set_find(&k->members, candidates.ids[i]);
        if (number != SIZE_NONE && number < at) {
            continue;
        }
        BN_TRY(store_row(k->w, candidates.ids[i], &other, err));
        if (other.len > 0 && is_edge(k->w->epoch, row, other, &score)) {
            BN_TRY(add_record(k, candidates.ids[i], other, &number));
            BN_TRY(add_edge(k, at, number, &score));
        }
    }
    return BN_OK;
}

static bn_rc visit(walk *k, uint32_t at, bn_err *err)
{
    bn_ruling_in_force *rulings;
    size_t count;
    id_set partners = {.arena = k->w->arena};
    BN_TRY(visit_candidates(k, at, err));
    BN_TRY(store_rulings(k->w, k->members.ids[at], &rulings, &count, err));
    BN_TRY(add_rulings(k, rulings, count));
    BN_TRY(add_partners(rulings, count, &partners));
    for (uint32_t i = 0; i < partners.count; i++) {
        bn_slice row;
        uint32_t number;
        BN_TRY(store_row(k->w, partners.ids[i], &row, err));
        if (row.len > 0) {
            BN_TRY(add_record(k, partners.ids[i], row, &number));
        }
    }
    return BN_OK;
}

bn_rc reach_component(work *w, bn_id seed, id_set *seen, reached *out, bn_err *err)
{
    walk k = {.w = w, .members = {.arena = w->arena}, .out = out};
    bn_slice row;
    uint32_t number;
    *out = (reached){0};
    BN_TRY(store_row(w, seed, &row, err));
    if (row.len == 0) {
        return BN_OK;
    }
    BN_TRY(add_record(&k, seed, row, &number));
    for (uint32_t at = 0; at < k.members.count && k.members.count <= BN_COMPONENT_MAX; at++) {
        BN_TRY(visit(&k, at, err));
    }
    for (uint32_t i = 0; i < k.members.count; i++) {
        BN_TRY(id_set_add(seen, k.members.ids[i], NULL));
    }
    return BN_OK;
}
