/* read.c - one record with everything known about it, and pages of records.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/api/operations.h"

#include <banyan/base/limits.h>
#include <banyan/core/query.h>
#include <banyan/core/records.h>

#define CONFLICTS_SHOWN_MAX 64
#define FOUND_MAX 64 /* ids fetched from an index at a time */
#define ROW_BYTES_MAX (4 * 1024 * 1024)

/* --- record.get ----------------------------------------------------------------------------- */

static void put_stamp(bn_call *call, json_t *stamps, const char *name, const bn_stamp *stamp)
{
    uint32_t branch = 0;
    json_t *entry = bn_put_object(call, stamps, name);
    bool is_known = call->api->desk->branch_of(call->api->role, stamp->dot.origin, &branch);
    bn_put(call, entry, "dot", bn_json_dot(stamp->dot));
    bn_put(call, entry, "at", bn_json_time(bn_hlc_ms(stamp->hlc)));
    bn_put(call, entry, "branch", is_known ? bn_json_branch(branch) : json_null());
    bn_put(call, entry, "confirmed", json_boolean(stamp->cseq != 0));
}

static void put_stamps(bn_call *call, const bn_kind_def *kind, const bn_record *record,
                       json_t *object)
{
    json_t *stamps = bn_put_object(call, object, "stamps");
    for (size_t i = 0; i < record->cells_count; i++) {
        const bn_cell *cell = &record->cells[i];
        const bn_field_def *field = bn_schema_field(kind, cell->field);
        if (cell->field == BN_FIELD_EXISTENCE) {
            put_stamp(call, stamps, "exists", &cell->stamp);
        } else if (field != NULL) {
            put_stamp(call, stamps, field->name, &cell->stamp);
        }
    }
}

/* Who and where stand in the history, not in the cells. */
typedef struct authors {
    bn_call *call;
    const bn_kind_def *kind;
    const bn_record *record;
    json_t *stamps;
} authors;

static bn_rc on_author(void *context, const bn_desk_event *event, bn_err *err)
{
    (void)err;
    authors *a = context;
    for (size_t i = 0; i < a->record->cells_count; i++) {
        const bn_cell *cell = &a->record->cells[i];
        if (!bn_dot_equal(cell->stamp.dot, event->dot)) {
            continue;
        }
        const bn_field_def *field = bn_schema_field(a->kind, cell->field);
        json_t *entry = json_object_get(a->stamps, field != NULL ? field->name : "exists");
        if (entry != NULL) {
            bn_put(a->call, entry, "branch", bn_json_branch(event->branch));
            bn_put(a->call, entry, "actor", bn_json_slice(event->actor));
        }
    }
    return BN_OK;
}

static bn_rc put_conflicts(bn_call *call, const bn_record *record, json_t *object, bn_err *err)
{
    const bn_desk *desk = call->api->desk;
    bn_id ids[CONFLICTS_SHOWN_MAX];
    size_t count = 0;
    BN_TRY(desk->conflicts_of(call->api->role, record->kind, record->id, ids, CONFLICTS_SHOWN_MAX,
                              &count, err));
    json_t *list = json_array();
    bn_put(call, object, "disputed", json_false());
    for (size_t i = 0; i < count; i++) {
        bn_conflict conflict;
        bn_rc rc = desk->conflict_get(call->api->role, ids[i], &call->arena, &conflict, err);
        if (rc == BN_OK && conflict.state == BN_CONFLICT_OPEN) {
            bn_push(call, list, bn_json_id(ids[i]));
            bn_put(call, object, "disputed", json_true());
        } else if (rc != BN_OK && rc != BN_E_NOT_FOUND) {
            json_decref(list);
            return rc;
        }
    }
    bn_put(call, object, "conflicts", list);
    return BN_OK;
}

bn_rc bn_record_get(bn_call *call, bn_err *err)
{
    const bn_desk *desk = call->api->desk;
    const bn_kind_def *kind = NULL;
    bn_record record;
    bool is_waiting = false;
    BN_TRY(bn_call_subject(call, &kind, &record, err));
    BN_TRY(desk->is_waiting(call->api->role, record.kind, record.id, &is_waiting, err));
    json_decref(call->result);
    call->result = bn_record_json(call, &record, &call->arena);
    bn_put(call, call->result, "waiting", json_boolean(is_waiting));
    put_stamps(call, kind, &record, call->result);
    authors a = {.call = call, .kind = kind, .record = &record,
                 .stamps = json_object_get(call->result, "stamps")};
    BN_TRY(desk->history(call->api->role, record.kind, record.id, BN_PAGE_ROWS_MAX, on_author, &a,
                         err));
    BN_TRY(put_conflicts(call, &record, call->result, err));
    if (bn_arg_bool(call, "history", false)) {
        json_t *lines = bn_put_list(call, call->result, "history");
        BN_TRY(bn_put_history(call, kind, record.id, NULL, BN_PAGE_ROWS_MAX, lines, err));
    }
    return BN_OK;
}

/* --- record.list ---------------------------------------------------------------------------- */

/* Ids from an equality index in place of a walk through the whole kind. */
typedef struct index_walk {
    bn_call *call;
    bn_record_source below;
    const bn_filter *filter;
    bn_id ids[FOUND_MAX];
    size_t count;
} index_walk;

static bn_rc walk_get(void *context, uint16_t kind, bn_id id, bn_arena *arena, bn_record *out,
                      bn_err *err)
{
    index_walk *walk = context;
    bn_rc rc = walk->below.get(walk->below.context, kind, id, arena, out, err);
    if (rc == BN_E_NOT_FOUND) {
        bn_record_init(out, kind, id);
        return BN_OK;
    }
    return rc;
}

static bn_rc walk_next(void *context, uint16_t kind, bn_id after, bn_id *out, bn_err *err)
{
    index_walk *walk = context;
    for (size_t i = 0; i < walk->count; i++) {
        if (bn_id_compare(walk->ids[i], after) > 0) {
            *out = walk->ids[i];
            return BN_OK;
        }
    }
    BN_TRY(walk->call->api->desk->find(walk->call->api->role, kind, walk->filter->field,
                                       walk->filter->value, after, walk->ids, FOUND_MAX,
                                       &walk->count, err));
    if (walk->count == 0) {
        return BN_E_NOT_FOUND;
    }
    *out = walk->ids[0];
    return BN_OK;
}

static const bn_filter *indexed_filter(const bn_kind_def *kind, const bn_query *query)
{
    for (size_t i = 0; i < query->filters_count; i++) {
        const bn_field_def *field = bn_schema_field(kind, query->filters[i].field);
        if (query->filters[i].test == BN_TEST_EQUAL && field != NULL && bn_index_has(field)) {
            return &query->filters[i];
        }
    }
    return NULL;
}

/* "customer=0017-000042-6": a reference by number becomes one by id. */
static bn_rc parse_reference(bn_call *call, const bn_kind_def *kind, bn_slice text, bn_filter *out,
                             bool *is_reference, bn_err *err)
{
    const uint8_t *equal = text.len > 0 ? memchr(text.data, '=', text.len) : NULL;
    *is_reference = false;
    if (equal == NULL || equal + 1 == text.data + text.len) {
        return BN_OK;
    }
    bn_slice name = bn_slice_trim(bn_slice_make(text.data, (size_t)(equal - text.data)));
    const bn_field_def *field = bn_schema_field_named(kind, name);
    const bn_kind_def *target = field != NULL ? bn_ref_kind(kind, field) : NULL;
    if (target == NULL || target->kind != BN_KIND_CUSTOMER) {
        return BN_OK;
    }
    bn_slice value = bn_slice_make(equal + 1, text.len - (size_t)(equal + 1 - text.data));
    *out = (bn_filter){.field = field->number, .test = BN_TEST_EQUAL};
    *is_reference = true;
    return bn_value_of_text(call, kind, field, value, &out->value, err);
}

static bn_rc parse_filters(bn_call *call, const bn_kind_def *kind, bn_filter *filters,
                           size_t *count, bn_err *err)
{
    json_t *where = bn_arg_json(call, "where");
    size_t size = json_array_size(where);
    if (size > BN_FILTERS_MAX) {
        return bn_fail(err, BN_E_LIMIT, "where: %zu tests, limit %d", size, BN_FILTERS_MAX);
    }
    for (size_t i = 0; i < size; i++) {
        const json_t *test = json_array_get(where, i);
        if (!json_is_string(test)) {
            return bn_fail(err, BN_E_INVALID, "where: wants texts such as city=Brno");
        }
        bn_slice text = bn_slice_make(json_string_value(test), json_string_length(test));
        bool is_reference = false;
        BN_TRY(parse_reference(call, kind, text, &filters[i], &is_reference, err));
        if (!is_reference) {
            BN_TRY(bn_filter_parse(kind, text, &call->arena, &filters[i], err));
        }
    }
    *count = size;
    return BN_OK;
}

typedef struct page {
    bn_call *call;
    json_t *rows;
    bn_arena row; /* reset for each */
} page;

static bn_rc on_row(void *context, const bn_record *record, bn_err *err)
{
    page *p = context;
    bn_arena_reset(&p->row);
    bn_push(p->call, p->rows, bn_record_json(p->call, record, &p->row));
    return p->call->lacks_memory ? bn_fail(err, BN_E_NO_MEMORY, "no memory for the rows") : BN_OK;
}

bn_rc bn_record_list(bn_call *call, bn_err *err)
{
    const bn_desk *desk = call->api->desk;
    const bn_kind_def *kind = bn_arg_kind(call, "kind");
    bn_filter filters[BN_FILTERS_MAX];
    bn_query query = {.kind = (uint16_t)kind->kind, .filters = filters,
                      .after = bn_arg_id(call, "after"),
                      .removed_too = bn_arg_bool(call, "removed", false)};
    BN_TRY(bn_arg_limit(call, &query.rows_max, err));
    BN_TRY(parse_filters(call, kind, filters, &query.filters_count, err));
    bn_record_source source;
    page p = {.call = call, .rows = bn_put_list(call, call->result, "rows")};
    BN_TRY(desk->read_begin(call->api->role, &source, err));
    index_walk walk = {.call = call, .below = source, .filter = indexed_filter(kind, &query)};
    if (walk.filter != NULL) {
        source = (bn_record_source){.get = walk_get, .next_id = walk_next, .context = &walk};
    }
    bn_id next = {{0}};
    bn_arena_init(&p.row, ROW_BYTES_MAX);
    bn_rc rc = bn_query_run(&source, &query, on_row, &p, &next, err);
    bn_arena_fini(&p.row);
    desk->read_end(call->api->role);
    bn_put(call, call->result, "next", bn_id_is_zero(next) ? json_null() : bn_json_id(next));
    return rc;
}
