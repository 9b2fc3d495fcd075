/* search.c - customers by what a person remembers of them.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/api/operations.h"

#include <banyan/base/limits.h>

#define TAIL_BYTES 4

/* The last four characters: enough to tell people apart, too little to misuse. */
static json_t *tail_json(bn_value value)
{
    if (value.type != BN_VALUE_TEXT || value.text.len == 0) {
        return json_null();
    }
    size_t at = value.text.len > TAIL_BYTES ? value.text.len - TAIL_BYTES : 0;
    while (at > 0 && (value.text.data[at] & 0xc0) == 0x80) {
        at--;
    }
    return bn_json_slice(bn_slice_make(value.text.data + at, value.text.len - at));
}

static json_t *field_json(const bn_record *record, unsigned field, bn_arena *arena)
{
    return bn_json_value(bn_schema_field(bn_schema_kind(BN_KIND_CUSTOMER), field),
                         bn_record_value(record, field), arena);
}

static void put_row(bn_call *call, json_t *rows, const bn_record *record)
{
    json_t *row = bn_push_object(call, rows);
    bn_put(call, row, "id", bn_json_id(record->id));
    bn_put(call, row, "number", field_json(record, BN_CUSTOMER_number, &call->arena));
    bn_put(call, row, "name", field_json(record, BN_CUSTOMER_name, &call->arena));
    bn_put(call, row, "born", field_json(record, BN_CUSTOMER_birth_date, &call->arena));
    bn_put(call, row, "mobile_tail", tail_json(bn_record_value(record, BN_CUSTOMER_mobile)));
    bn_put(call, row, "document_tail",
           tail_json(bn_record_value(record, BN_CUSTOMER_document_number)));
    bn_put(call, row, "branch", field_json(record, BN_CUSTOMER_branch, &call->arena));
}

static bn_rc put_hits(bn_call *call, const bn_search_hit *hits, size_t count, bn_err *err)
{
    bn_record_source source;
    json_t *rows = bn_put_list(call, call->result, "rows");
    BN_TRY(call->api->desk->read_begin(call->api->role, &source, err));
    bn_rc rc = BN_OK;
    for (size_t i = 0; i < count && rc == BN_OK; i++) {
        bn_record record;
        rc = source.get(source.context, BN_KIND_CUSTOMER, hits[i].id, &call->arena, &record, err);
        if (rc == BN_OK && bn_record_exists(&record)) {
            put_row(call, rows, &record);
        }
        rc = rc == BN_E_NOT_FOUND ? BN_OK : rc;
    }
    call->api->desk->read_end(call->api->role);
    return rc;
}

bn_rc bn_customer_search(bn_call *call, bn_err *err)
{
    size_t limit = 0;
    size_t count = 0;
    BN_TRY(bn_arg_limit(call, &limit, err));
    bn_slice text = bn_slice_trim(bn_arg_slice(call, "text"));
    if (text.len == 0) {
        return bn_fail(err, BN_E_INVALID, "text: is empty");
    }
    bn_search_hit *hits = bn_arena_array(&call->arena, limit, sizeof *hits);
    if (hits == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "no memory for %zu hits", limit);
    }
    BN_TRY(call->api->desk->search(call->api->role, text, hits, limit, &count, err));
    BN_TRY(put_hits(call, hits, count, err));
    bn_put(call, call->result, "complete",
           json_boolean(call->api->desk->search_ready(call->api->role)));
    return BN_OK;
}
