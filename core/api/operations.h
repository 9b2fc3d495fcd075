/* operations.h - handlers of the operations both programs share, and their common parts.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_CORE_API_OPERATIONS_H
#define BANYAN_CORE_API_OPERATIONS_H

#include <banyan/core/api.h>

#define BN_OPERATION(function, ...) bn_rc function(bn_call *call, bn_err *err);
#include "core/api/operations.def"
#undef BN_OPERATION

#define BN_API_CHANGES_MAX 320 /* changes one call may make of one record */

/* Changes of one record on their way into a draft; they grow in the arena. */
typedef struct bn_change_set {
    bn_arena *arena;
    bn_change *changes;
    size_t count;
    size_t capacity;
} bn_change_set;

/* Finds a field by its name; BN_E_INVALID with the nearest one. */
BN_CHECKED bn_rc bn_field_named(const bn_kind_def *kind, const char *name,
                                const bn_field_def **out, bn_err *err);

/* The kind a REF field points to; NULL: any. */
const bn_kind_def *bn_ref_kind(const bn_kind_def *kind, const bn_field_def *field);

/* A text as a value; a reference to a customer may be its number. */
BN_CHECKED bn_rc bn_value_of_text(bn_call *call, const bn_kind_def *kind,
                                  const bn_field_def *field, bn_slice text, bn_value *out,
                                  bn_err *err);

void bn_change_set_start(bn_call *call, bn_change_set *set);
BN_CHECKED bn_rc bn_change_set_push(bn_change_set *set, const bn_change *change, bn_err *err);

/* {field: text or null} as SETs; members named `skip` (NULL: none) are left out. */
BN_CHECKED bn_rc bn_change_set_fields(bn_call *call, const bn_kind_def *kind, json_t *fields,
                                      const char *skip, bn_change_set *set, bn_err *err);
/* {field: text or [texts]} as ADDs, or as REMOVEs of what `shown` holds. */
BN_CHECKED bn_rc bn_change_set_adds(bn_call *call, const bn_kind_def *kind, json_t *fields,
                                    bn_change_set *set, bn_err *err);
BN_CHECKED bn_rc bn_change_set_removals(bn_call *call, const bn_kind_def *kind, json_t *fields,
                                        const bn_record *shown, bn_change_set *set, bn_err *err);
/* Bases: what `seen` says, else what is shown. */
BN_CHECKED bn_rc bn_change_set_seen(bn_call *call, const bn_kind_def *kind, json_t *seen,
                                    const bn_record *shown, bn_change_set *set, bn_err *err);

/* The record as shown. BN_E_NOT_FOUND also when only its id is known. */
BN_CHECKED bn_rc bn_call_record(bn_call *call, const bn_kind_def *kind, bn_id id, bn_record *out,
                                bn_err *err);
/* Arguments `kind` and `id` of a record that is there. */
BN_CHECKED bn_rc bn_call_subject(bn_call *call, const bn_kind_def **kind, bn_record *out,
                                 bn_err *err);

/* Argument `request`, or NULL. */
const bn_id *bn_call_request(bn_call *call, bn_id *room);
/* A request id of its own for row `number` of a call. */
bn_id bn_request_of_row(bn_id request, uint64_t number);

/* Lines of a record's history into `lines`; `only` (NULL: all) names one field. */
BN_CHECKED bn_rc bn_put_history(bn_call *call, const bn_kind_def *kind, bn_id id,
                                const bn_field_def *only, size_t limit, json_t *lines,
                                bn_err *err);

/* {field: text} of cells. */
json_t *bn_cells_json(bn_call *call, const bn_kind_def *kind, const bn_cell *cells, size_t count,
                      bn_arena *arena);

/* "name" and "number" of a record for people, as far as it has them. */
void bn_put_label(bn_call *call, json_t *object, const bn_record *record, bn_arena *arena);

#endif
