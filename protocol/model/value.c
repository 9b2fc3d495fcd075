/* value.c - one value of a field.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <banyan/base/check.h>
#include <banyan/protocol/value.h>

bn_value bn_value_nil(void)
{
    return (bn_value){.type = BN_VALUE_NIL};
}

bn_value bn_value_int(int64_t integer)
{
    return (bn_value){.type = BN_VALUE_INT, .integer = integer};
}

bn_value bn_value_text(bn_slice text)
{
    return (bn_value){.type = BN_VALUE_TEXT, .text = text};
}

bn_value bn_value_id(bn_id id)
{
    return (bn_value){.type = BN_VALUE_ID, .id = id};
}

bool bn_value_is_nil(bn_value value)
{
    return value.type == BN_VALUE_NIL;
}

bool bn_value_equal(bn_value a, bn_value b)
{
    return bn_value_compare(a, b) == 0;
}

int bn_value_compare(bn_value a, bn_value b)
{
    if (a.type != b.type) {
        return a.type < b.type ? -1 : 1;
    }
    switch (a.type) {
    case BN_VALUE_NIL:
        return 0;
    case BN_VALUE_INT:
        return (a.integer > b.integer) - (a.integer < b.integer);
    case BN_VALUE_TEXT:
        return bn_slice_compare(a.text, b.text);
    case BN_VALUE_ID:
        return bn_id_compare(a.id, b.id);
    }
    BN_ASSERT(false && "type of value");
    return 0;
}

bn_rc bn_value_copy(bn_arena *arena, bn_value value, bn_value *out)
{
    if (value.type == BN_VALUE_TEXT) {
        bn_slice text = bn_arena_copy(arena, value.text);
        if (text.data == NULL) {
            return BN_E_NO_MEMORY;
        }
        value.text = text;
    }
    *out = value;
    return BN_OK;
}
