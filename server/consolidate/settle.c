/* settle.c - writes what a component became: clusters, golden records, redirects, questions.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every customer has a golden id of its own, that of the golden record it anchors or would anchor.
 * So all ids there ever were are those of customers: of a live one that anchors nothing it
 * redirects to where the customer is, of a removed one to zero. A redirect is never followed twice.
 */
#include "state.h"

#include <banyan/base/limits.h>

#include <stdlib.h>
#include <string.h>

/* --- redirects -------------------------------------------------------------------------------- */
static bn_rc put_id(work *w, bn_table table, bn_id at, bn_id value, bn_err *err)
{
    bn_slice old;
    bn_rc rc = bn_kv_get(w->txn, table, bn_id_slice(&at), &old, err);
    bool same = rc == BN_OK && bn_slice_equal(old, bn_id_slice(&value));
    bn_kv_forget(w->txn);
    if (rc != BN_OK && rc != BN_E_NOT_FOUND) {
        return rc;
    }
    return same ? BN_OK : bn_kv_put(w->txn, table, bn_id_slice(&at), bn_id_slice(&value), err);
}

static bn_rc golden_bytes(work *w, bn_id id, bn_slice *out, bn_err *err)
{
    bn_rc rc = store_get(w->txn, BN_TABLE_GOLDEN, bn_id_slice(&id), w->made, out, err);
    if (rc == BN_E_NOT_FOUND) {
        *out = bn_slice_make(NULL, 0);
        return BN_OK;
    }
    return rc;
}

/* The golden record of this id is no more; its event tells who was in it. */
static bn_rc end_golden(work *w, bn_id id, bn_err *err)
{
    bn_slice bytes;
    bn_golden before;
    BN_TRY(golden_bytes(w, id, &bytes, err));
    if (bytes.len == 0) {
        return BN_OK;
    }
    BN_TRY(bn_golden_decode(id, bytes, w->made, &before, err));
    BN_TRY(bn_kv_del(w->txn, BN_TABLE_GOLDEN, bn_id_slice(&id), err));
    bn_golden_event event = {.change = BN_GOLDEN_ENDED, .golden = id, .before = before.members,
                             .before_count = before.members_count};
    return store_put_event(w, &event, err);
}

/* --- golden records --------------------------------------------------------------------------- */
static bn_rc load_pins(work *w, const bn_id *members, size_t count, bn_golden_pin **out,
                       size_t *out_count, bn_err *err)
{
    size_t capacity = 0;
    *out = NULL;
    *out_count = 0;
    for (size_t i = 0; i < count; i++) {
        bn_ruling_in_force *rulings;
        size_t rulings_count;
        BN_TRY(store_rulings(w, members[i], &rulings, &rulings_count, err));
        for (size_t j = 0; j < rulings_count; j++) {
            const bn_ruling *ruling = &rulings[j].ruling;
            if (ruling->type != BN_RULING_VALUE) {
                continue;
            }
            if (*out_count == capacity) {
                capacity = capacity == 0 ? 8 : capacity * 2;
                bn_golden_pin *grown = bn_arena_array(w->made, capacity, sizeof *grown);
                if (grown == NULL) {
                    return bn_fail(err, BN_E_NO_MEMORY, "%zu pinned values", capacity);
                }
                if (*out_count > 0) {
                    memcpy(grown, *out, *out_count * sizeof *grown);
                }
                *out = grown;
            }
            (*out)[(*out_count)++] = (bn_golden_pin){
                .unit = (bn_survivor_unit)ruling->unit, .member = members[i],
                .values = ruling->values_count > 0 ? ruling->values : NULL,
                .values_count = ruling->values_count, .dot = rulings[j].dot,
                .hlc = rulings[j].hlc};
        }
    }
    return BN_OK;
}

static bn_rc load_sources(work *w, const bn_id *members, size_t count, bn_golden_source **out,
                          size_t *out_count, bn_err *err)
{
    bn_golden_source *sources = bn_arena_array(w->made, count, sizeof *sources);
    *out_count = 0;
    if (sources == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "golden record of %zu members", count);
    }
    for (size_t i = 0; i < count; i++) {
        bool exists = false;
        bool was = false;
        BN_TRY(source_load(w, members[i], w->made, &sources[*out_count], &exists, &was, err));
        *out_count += exists ? 1 : 0;
        bn_rc rc = exists ? BN_OK : id_set_add(&w->missing, members[i], NULL);
        if (rc != BN_OK) {
            return bn_fail(err, rc, "removed members");
        }
    }
    *out = sources;
    return BN_OK;
}

static bn_golden_change change_of(const bn_golden *before, const bn_golden *after)
{
    size_t common = 0;
    size_t i = 0;
    size_t j = 0;
    while (i < before->members_count && j < after->members_count) {
        int order = bn_id_compare(before->members[i], after->members[j]);
        common += order == 0 ? 1 : 0;
        i += order <= 0 ? 1 : 0;
        j += order >= 0 ? 1 : 0;
    }
    bool came = after->members_count > common;
    bool left = before->members_count > common;
    return came && left ? BN_GOLDEN_MIXED
           : came       ? BN_GOLDEN_JOINED
           : left       ? BN_GOLDEN_PARTED
                        : BN_GOLDEN_VALUES;
}

static bn_rc write_golden(work *w, const bn_golden *golden, bn_slice before_bytes, bn_err *err)
{
    bn_buf bytes;
    bn_golden before = {0};
    bn_buf_init(&bytes, BN_GOLDEN_BYTES_MAX);
    bn_golden_encode(golden, &bytes);
    bn_rc rc = bn_buf_status(&bytes);
    if (rc != BN_OK) {
        rc = bn_fail(err, rc, "golden record of %zu members", golden->members_count);
    } else if (bn_slice_equal(before_bytes, bn_buf_slice(&bytes))) {
        bn_buf_fini(&bytes);
        return BN_OK;
    }
    rc = rc == BN_OK && before_bytes.len > 0
             ? bn_golden_decode(golden->id, before_bytes, w->made, &before, err)
             : rc;
    rc = rc == BN_OK ? bn_kv_put(w->txn, BN_TABLE_GOLDEN, bn_id_slice(&golden->id),
                                 bn_buf_slice(&bytes), err)
                     : rc;
    bn_buf_fini(&bytes);
    BN_TRY(rc);
    bn_golden_event event = {.change = before_bytes.len == 0 ? BN_GOLDEN_MADE
                                                             : change_of(&before, golden),
                             .golden = golden->id, .before = before.members,
                             .before_count = before.members_count, .after = golden->members,
                             .after_count = golden->members_count};
    return store_put_event(w, &event, err);
}

static bn_rc make_golden(work *w, bn_id id, const bn_id *members, size_t count, bn_err *err)
{
    bn_golden_source *sources = NULL;
    bn_golden_pin *pins = NULL;
    bn_golden golden;
    bn_slice before;
    bn_cluster_view view = {0};
    BN_TRY(golden_bytes(w, id, &before, err));
    BN_TRY(load_sources(w, members, count, &sources, &view.sources_count, err));
    BN_TRY(load_pins(w, members, count, &pins, &view.pins_count, err));
    if (view.sources_count != count) {
        return BN_OK; /* settled again without those who are missing */
    }
    view.sources = sources;
    view.pins = pins;
    BN_TRY(bn_golden_make(bn_epoch_hash(w->epoch), &view, w->made, &golden, err));
    return write_golden(w, &golden, before, err);
}

/* True when the stored golden record has just these members under this epoch. */
static bn_rc is_settled(work *w, bn_id id, const bn_id *members, size_t count, bool *out,
                        bn_err *err)
{
    bn_slice bytes;
    bn_golden golden;
    *out = false;
    BN_TRY(golden_bytes(w, id, &bytes, err));
    if (bytes.len == 0) {
        return BN_OK;
    }
    BN_TRY(bn_golden_decode(id, bytes, w->made, &golden, err));
    *out = golden.members_count == count &&
           memcmp(golden.members, members, count * sizeof *members) == 0 &&
           memcmp(golden.epoch, bn_epoch_hash(w->epoch), BN_HASH_BYTES) == 0;
    return BN_OK;
}

static bn_rc settle_cluster(work *w, const bn_id *members, size_t count, const settled *s,
                            bn_err *err)
{
    bn_id anchor = bn_golden_anchor(members, count);
    bn_id golden = bn_golden_id(anchor);
    bool keeps = false;
    bn_arena_reset(w->made);
    BN_TRY(is_settled(w, golden, members, count, &keeps, err));
    for (size_t i = 0; i < count; i++) {
        bn_id own = bn_golden_id(members[i]);
        keeps = keeps && id_set_find(&s->touched, members[i]) == SIZE_NONE;
        BN_TRY(put_id(w, BN_TABLE_GOLDEN_OF, members[i], golden, err));
        if (bn_id_equal(members[i], anchor)) {
            BN_TRY(bn_kv_del(w->txn, BN_TABLE_REDIRECT, bn_id_slice(&own), err));
        } else {
            BN_TRY(put_id(w, BN_TABLE_REDIRECT, own, golden, err));
            BN_TRY(end_golden(w, own, err));
        }
    }
    return keeps ? BN_OK : make_golden(w, golden, members, count, err);
}

/* --- components ------------------------------------------------------------------------------- */
typedef struct placed {
    uint32_t cluster;
    bn_id id;
} placed;

static int compare_placed(const void *x, const void *y)
{
    const placed *a = x;
    const placed *b = y;
    if (a->cluster != b->cluster) {
        return a->cluster < b->cluster ? -1 : 1;
    }
    return bn_id_compare(a->id, b->id);
}

bn_rc settle_component(work *w, const reached *component, const bn_resolved *resolved,
                       settled *s, bn_err *err)
{
    uint32_t count = component->records_count;
    placed *order = bn_arena_array(w->arena, count, sizeof *order);
    bn_id *members = bn_arena_array(w->arena, count, sizeof *members);
    if (order == NULL || members == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "component of %u customers", count);
    }
    for (uint32_t i = 0; i < count; i++) {
        order[i] = (placed){.cluster = resolved->cluster[i], .id = component->records[i].rid.id};
        BN_TRY(store_del_tasks(w, order[i].id, err));
    }
    qsort(order, count, sizeof *order, compare_placed);
    for (uint32_t i = 0; i < count; i++) {
        members[i] = order[i].id;
    }
    for (uint32_t from = 0; from < count;) {
        uint32_t to = from + 1;
        while (to < count && order[to].cluster == order[from].cluster) {
            to++;
        }
        BN_TRY(settle_cluster(w, members + from, to - from, s, err));
        from = to;
    }
    for (size_t i = 0; i < resolved->questions_count; i++) {
        BN_TRY(store_put_task(w, &resolved->questions[i], err));
    }
    return BN_OK;
}

bn_rc settle_removed(work *w, bn_id id, bool was, bn_err *err)
{
    bn_id own = bn_golden_id(id);
    bn_arena_reset(w->made);
    BN_TRY(store_del_tasks(w, id, err));
    BN_TRY(bn_kv_del(w->txn, BN_TABLE_GOLDEN_OF, bn_id_slice(&id), err));
    BN_TRY(end_golden(w, own, err));
    return was ? put_id(w, BN_TABLE_REDIRECT, own, (bn_id){{0}}, err) : BN_OK;
}

bn_rc settle_values(work *w, bn_id id, bn_err *err)
{
    bn_id golden;
    bn_slice bytes;
    bn_golden before;
    bn_arena_reset(w->made);
    BN_TRY(store_golden_of(w, id, &golden, err));
    BN_TRY(golden_bytes(w, golden, &bytes, err));
    if (bytes.len == 0) {
        return bn_fail(err, BN_E_CORRUPT, "a customer without its golden record");
    }
    BN_TRY(bn_golden_decode(golden, bytes, w->made, &before, err));
    return make_golden(w, golden, before.members, before.members_count, err);
}

/* --- evidence --------------------------------------------------------------------------------- */
typedef struct row_reader {
    work *w;
    bn_rc rc;
    bn_err *err;
} row_reader;

static bn_slice row_of(void *context, bn_id id)
{
    row_reader *reader = context;
    bn_slice row = {0};
    if (reader->rc == BN_OK) {
        reader->rc = store_row(reader->w, id, &row, reader->err);
    }
    return row;
}

static bn_rc ask_stale(work *w, const bn_ruling_in_force *ruling, bn_err *err)
{
    bn_question question;
    row_reader reader = {.w = w, .err = err};
    size_t capacity = 0;
    size_t count = 0;
    bn_ruling_in_force *all = NULL;
    for (size_t i = 0; i < ruling->ruling.members_count; i++) {
        bn_ruling_in_force *rulings;
        size_t rulings_count;
        BN_TRY(store_rulings(w, ruling->ruling.members[i].id, &rulings, &rulings_count, err));
        if (count + rulings_count > capacity) {
            capacity = 2 * (count + rulings_count);
            bn_ruling_in_force *grown = bn_arena_array(w->arena, capacity, sizeof *grown);
            if (grown == NULL) {
                return bn_fail(err, BN_E_NO_MEMORY, "%zu decisions", capacity);
            }
            if (count > 0) {
                memcpy(grown, all, count * sizeof *grown);
            }
            all = grown;
        }
        if (rulings_count > 0) {
            memcpy(all + count, rulings, rulings_count * sizeof *all);
        }
        count += rulings_count;
    }
    bool is_stale = bn_resolve_stale(ruling, all, count, row_of, &reader, w->arena, &question);
    BN_TRY(reader.rc);
    return is_stale ? store_put_task(w, &question, err) : BN_OK;
}

bn_rc settle_stale(work *w, const settled *s, bn_err *err)
{
    for (uint32_t i = 0; i < s->processed.count; i++) {
        bn_ruling_in_force *rulings;
        size_t count;
        BN_TRY(store_rulings(w, s->processed.ids[i], &rulings, &count, err));
        for (size_t j = 0; j < count; j++) {
            BN_TRY(ask_stale(w, &rulings[j], err));
        }
    }
    return BN_OK;
}
