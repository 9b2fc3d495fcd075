/* query.c - one page of a list: walk the ids, read, test, hand out.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <banyan/base/limits.h>

#include "filter.h"

#define ROW_BYTES_MAX ((size_t)4 * 1024 * 1024) /* a decoded record with all its values */
#define TEXT_ROOM ((size_t)BN_FILTERS_MAX * 2 * BN_TEXT_BYTES_MAX)

/* What one page needs beside the query. */
typedef struct page_work {
    bn_filter_set set;
    bn_arena texts;   /* of the filters */
    bn_arena records; /* of one row */
    bn_query_row row;
    void *context;
} page_work;

static bn_rc run_page(const bn_record_source *source, const bn_query *query, page_work *page,
                      bn_id *next, bn_err *err)
{
    bn_id at = query->after;
    size_t rows = 0;
    while (rows < query->rows_max) {
        bn_record record;
        bn_id id;
        bn_rc rc = source->next_id(source->context, query->kind, at, &id, err);
        if (rc == BN_E_NOT_FOUND) {
            *next = (bn_id){0};
            return BN_OK;
        }
        BN_TRY(rc);
        at = id;
        bn_arena_reset(&page->records);
        rc = source->get(source->context, query->kind, id, &page->records, &record, err);
        if (rc == BN_E_NOT_FOUND) {
            continue;
        }
        BN_TRY(rc);
        if ((bn_record_exists(&record) || query->removed_too) &&
            bn_filter_set_passes(&page->set, &record)) {
            BN_TRY(page->row(page->context, &record, err));
            rows++;
        }
    }
    *next = at;
    return BN_OK;
}

bn_rc bn_query_run(const bn_record_source *source, const bn_query *query, bn_query_row row,
                   void *context, bn_id *next, bn_err *err)
{
    const bn_kind_def *kind = bn_schema_kind(query->kind);
    if (kind == NULL) {
        return bn_fail(err, BN_E_INVALID, "query: no kind %u", query->kind);
    }
    if (query->rows_max < 1 || query->rows_max > BN_PAGE_ROWS_MAX) {
        return bn_fail(err, BN_E_LIMIT, "query: %zu rows of a page, limit %d", query->rows_max,
                       BN_PAGE_ROWS_MAX);
    }
    page_work page = {.row = row, .context = context};
    bn_id reached;
    bn_arena_init(&page.texts, TEXT_ROOM);
    bn_arena_init(&page.records, ROW_BYTES_MAX);
    bn_rc rc =
        bn_filter_set_init(&page.set, kind, query->filters, query->filters_count, &page.texts, err);
    if (rc == BN_OK) {
        rc = run_page(source, query, &page, &reached, err);
    }
    if (rc == BN_OK) {
        *next = reached;
    }
    bn_filter_set_fini(&page.set);
    bn_arena_fini(&page.records);
    bn_arena_fini(&page.texts);
    return rc;
}
