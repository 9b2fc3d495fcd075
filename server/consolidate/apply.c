/* apply.c - from changed customers and decisions to everything that follows.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A component that differs from before holds a changed customer, one that was its neighbour, or one
 * a decision names. So the components reached from these are all that need to be resolved again.
 * Neighbours of before are looked up while all rows and keys are still those of before.
 */
#include "state.h"

typedef struct changed_row {
    bn_id id;
    bn_slice before;
    bn_slice after;
    bool exists;
    bool was; /* the record was ever written */
    bool differs;
} changed_row;

static bn_rc read_row(work *w, bn_id id, changed_row *out, bn_err *err)
{
    bn_golden_source source;
    bn_buf row;
    out->id = id;
    bn_arena_reset(w->made);
    BN_TRY(store_row(w, id, &out->before, err));
    BN_TRY(source_load(w, id, w->made, &source, &out->exists, &out->was, err));
    if (out->exists) {
        bn_buf_init(&row, BN_FEATURE_BYTES_MAX);
        bn_rc rc = bn_golden_row(&source, w->made, &row, err);
        out->after = rc == BN_OK ? bn_arena_copy(w->arena, bn_buf_slice(&row))
                                 : bn_slice_make(NULL, 0);
        bn_buf_fini(&row);
        BN_TRY(rc);
        if (out->after.data == NULL) {
            return bn_fail(err, BN_E_NO_MEMORY, "features of a customer");
        }
    }
    out->differs = !bn_slice_equal(out->before, out->after);
    return BN_OK;
}

/* Old neighbours first, then all rows and keys. */
static bn_rc change_rows(work *w, changed_row *rows, uint32_t count, id_set *seeds, bn_err *err)
{
    for (uint32_t i = 0; i < count; i++) {
        if (rows[i].differs && rows[i].before.len > 0) {
            BN_TRY(reach_neighbours(w, rows[i].id, rows[i].before, seeds, err));
        }
        if (rows[i].differs && rows[i].after.len > 0) {
            BN_TRY(id_set_add(seeds, rows[i].id, NULL));
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        if (rows[i].differs) {
            BN_TRY(store_put_row(w, rows[i].id, rows[i].before, rows[i].after, err));
        }
    }
    return BN_OK;
}

static bn_rc resolve_seeds(work *w, const id_set *seeds, settled *s, bn_err *err)
{
    for (uint32_t i = 0; i < seeds->count; i++) {
        reached component;
        bn_resolved resolved;
        if (id_set_find(&s->processed, seeds->ids[i]) != SIZE_NONE) {
            continue;
        }
        BN_TRY(reach_component(w, seeds->ids[i], &s->processed, &component, err));
        if (component.records_count == 0) {
            BN_TRY(id_set_add(&s->processed, seeds->ids[i], NULL));
            BN_TRY(store_del_tasks(w, seeds->ids[i], err));
            continue;
        }
        bn_resolve_input input = {.epoch = w->epoch, .records = component.records,
                                  .records_count = component.records_count,
                                  .edges = component.edges, .edges_count = component.edges_count,
                                  .rulings = component.rulings,
                                  .rulings_count = component.rulings_count};
        BN_TRY(bn_resolve(&input, w->arena, &resolved, err));
        BN_TRY(settle_component(w, &component, &resolved, s, err));
    }
    return BN_OK;
}

static bn_rc settle_rest(work *w, const changed_row *rows, uint32_t count, settled *s, bn_err *err)
{
    for (uint32_t i = 0; i < count; i++) {
        if (!rows[i].exists) {
            BN_TRY(id_set_add(&s->processed, rows[i].id, NULL));
            BN_TRY(settle_removed(w, rows[i].id, rows[i].was, err));
        } else if (id_set_find(&s->processed, rows[i].id) == SIZE_NONE) {
            BN_TRY(settle_values(w, rows[i].id, err));
        }
    }
    return settle_stale(w, s, err);
}

bn_rc apply_rows(work *w, const id_set *customers, bn_err *err)
{
    for (uint32_t i = 0; i < customers->count; i++) {
        changed_row row = {0};
        BN_TRY(read_row(w, customers->ids[i], &row, err));
        BN_TRY(store_put_row(w, row.id, row.before, row.after, err));
        if (!row.exists) {
            BN_TRY(settle_removed(w, row.id, row.was, err));
        }
    }
    return BN_OK;
}

static bn_rc apply_once(work *w, const changes *found, bn_err *err)
{
    id_set seeds = {.arena = w->arena};
    settled s = {.processed = {.arena = w->arena}, .touched = {.arena = w->arena}};
    changed_row *rows = bn_arena_array(w->arena, (size_t)found->dirty.count + 1, sizeof *rows);
    if (rows == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "%u changed customers", found->dirty.count);
    }
    for (uint32_t i = 0; i < found->dirty.count; i++) {
        BN_TRY(read_row(w, found->dirty.ids[i], &rows[i], err));
        BN_TRY(id_set_add(&s.touched, found->dirty.ids[i], NULL));
    }
    BN_TRY(change_rows(w, rows, found->dirty.count, &seeds, err));
    for (uint32_t i = 0; i < found->ruled.count; i++) {
        BN_TRY(id_set_add(&seeds, found->ruled.ids[i], NULL));
        BN_TRY(id_set_add(&s.touched, found->ruled.ids[i], NULL));
    }
    BN_TRY(resolve_seeds(w, &seeds, &s, err));
    return settle_rest(w, rows, found->dirty.count, &s, err);
}

/* A member that is gone already, though its removal is a later commit, is taken out at once, so
 * that no cluster is ever without its golden record. Each round takes out at least one. */
bn_rc apply_changes(work *w, const changes *found, bn_err *err)
{
    changes next = *found;
    do {
        w->missing = (id_set){.arena = w->arena};
        BN_TRY(apply_once(w, &next, err));
        next = (changes){.dirty = w->missing, .ruled = {.arena = w->arena}};
    } while (next.dirty.count > 0);
    return BN_OK;
}
