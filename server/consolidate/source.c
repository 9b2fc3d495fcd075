/* source.c - a customer with what hangs on it, as golden records are made from.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "state.h"

#include <banyan/base/number.h>
#include <banyan/core/records.h>

#include <string.h>

#define KIN_MAX 4096 /* documents, phones, e-mails and addresses of one customer */

typedef struct kin_list {
    uint16_t *kinds;
    bn_id *ids;
    size_t count;
} kin_list;

static bool is_evidence(uint16_t kind)
{
    return kind == BN_KIND_DOCUMENT || kind == BN_KIND_PHONE || kind == BN_KIND_EMAIL ||
           kind == BN_KIND_ADDRESS;
}

static bn_rc add_kin(void *context, bn_slice at, bn_slice value, bn_err *err)
{
    kin_list *list = context;
    uint16_t kind = bn_load_u16(at.data + BN_ID_BYTES);
    (void)value;
    if (!is_evidence(kind)) {
        return BN_OK;
    }
    if (list->count == KIN_MAX) {
        return bn_fail(err, BN_E_LIMIT, "customer with more than %d contacts", KIN_MAX);
    }
    list->kinds[list->count] = kind;
    memcpy(list->ids[list->count++].bytes, at.data + BN_ID_BYTES + 2, BN_ID_BYTES);
    return BN_OK;
}

static bn_rc load_kin(work *w, bn_id id, bn_arena *arena, bn_golden_source *out, bn_err *err)
{
    kin_list list = {.kinds = bn_arena_array(arena, KIN_MAX, sizeof *list.kinds),
                     .ids = bn_arena_array(arena, KIN_MAX, sizeof *list.ids)};
    if (list.kinds == NULL || list.ids == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "what hangs on a customer");
    }
    BN_TRY(store_walk(w->source, BN_TABLE_KIN, bn_id_slice(&id), add_kin, &list, err));
    bn_record *kin = bn_arena_array(arena, list.count + 1, sizeof *kin);
    if (kin == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "%zu records of a customer", list.count);
    }
    out->kin = kin;
    out->kin_count = 0;
    for (size_t i = 0; i < list.count; i++) {
        bn_record *record = &kin[out->kin_count];
        bn_rc rc = bn_records_get(w->source, list.kinds[i], list.ids[i], arena, record, err);
        bn_kv_forget(w->source);
        if (rc != BN_OK && rc != BN_E_NOT_FOUND) {
            return rc;
        }
        out->kin_count += rc == BN_OK && bn_record_exists(record) ? 1 : 0;
    }
    return BN_OK;
}

bn_rc source_load(work *w, bn_id id, bn_arena *arena, bn_golden_source *out, bool *exists,
                  bool *was, bn_err *err)
{
    bn_record *customer = bn_arena_alloc(arena, sizeof *customer);
    if (customer == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "a customer");
    }
    bn_rc rc = bn_records_get(w->source, BN_KIND_CUSTOMER, id, arena, customer, err);
    bn_kv_forget(w->source);
    *exists = rc == BN_OK && bn_record_exists(customer);
    *was = rc == BN_OK;
    if (rc == BN_E_NOT_FOUND || (rc == BN_OK && !*exists)) {
        return BN_OK;
    }
    BN_TRY(rc);
    out->customer = customer;
    return load_kin(w, id, arena, out, err);
}
