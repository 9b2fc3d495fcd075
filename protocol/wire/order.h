/* order.h - the order values, dots and lists have in canonical bytes.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_PROTOCOL_WIRE_ORDER_H
#define BANYAN_PROTOCOL_WIRE_ORDER_H

#include <banyan/protocol/record.h>

/* Type, then number, bytes of the text, bytes of the id. */
int bn_order_values(const bn_value *a, const bn_value *b);
int bn_order_changes(const bn_change *a, const bn_change *b); /* field, verb, value, base */
int bn_order_cells(const bn_cell *a, const bn_cell *b);       /* field */
int bn_order_items(const bn_cell *a, const bn_cell *b);       /* field, value, dot */

#endif
