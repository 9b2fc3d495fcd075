/* order.c - the order values, dots and lists have in canonical bytes.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "order.h"

#include <string.h>

int bn_order_values(const bn_value *a, const bn_value *b)
{
    if (a->type != b->type) {
        return a->type < b->type ? -1 : 1;
    }
    switch (a->type) {
    case BN_VALUE_INT:
        return (a->integer > b->integer) - (a->integer < b->integer);
    case BN_VALUE_TEXT:
        return bn_slice_compare(a->text, b->text);
    case BN_VALUE_ID:
        return memcmp(a->id.bytes, b->id.bytes, BN_ID_BYTES);
    case BN_VALUE_NIL:
        break;
    }
    return 0;
}

int bn_order_changes(const bn_change *a, const bn_change *b)
{
    if (a->field != b->field) {
        return a->field < b->field ? -1 : 1;
    }
    if (a->verb != b->verb) {
        return a->verb < b->verb ? -1 : 1;
    }
    int order = bn_order_values(&a->value, &b->value);
    return order != 0 ? order : bn_dot_compare(a->base, b->base);
}

int bn_order_cells(const bn_cell *a, const bn_cell *b)
{
    return (a->field > b->field) - (a->field < b->field);
}

int bn_order_items(const bn_cell *a, const bn_cell *b)
{
    int order = bn_order_cells(a, b);
    if (order == 0) {
        order = bn_order_values(&a->value, &b->value);
    }
    return order != 0 ? order : bn_dot_compare(a->stamp.dot, b->stamp.dot);
}
