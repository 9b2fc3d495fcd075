/* record_parts.h - items of a record, for the files that apply ops and effects.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_PROTOCOL_MODEL_RECORD_PARTS_H
#define BANYAN_PROTOCOL_MODEL_RECORD_PARTS_H

#include <banyan/protocol/record.h>

/* Puts one item at its place. An equal one (field, value, dot) only takes over a newer stamp. */
BN_CHECKED bn_rc bn_record_put_item(bn_record *record, bn_arena *arena, const bn_cell *item);

/* Puts the sum of an origin, which is that of the dot, in place of its last one. */
BN_CHECKED bn_rc bn_record_put_sum(bn_record *record, bn_arena *arena, const bn_cell *sum);

/* The sum of an origin, or NULL. */
const bn_cell *bn_record_sum(const bn_record *record, unsigned field, uint32_t origin);

/* Takes away what `dot` added to the field; a value that is not nil must be equal too. */
void bn_record_drop_items(bn_record *record, unsigned field, bn_dot dot, bn_value value);

#endif
