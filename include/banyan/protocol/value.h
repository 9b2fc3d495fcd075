/* value.h - one value of a field.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Dates are civil: the integer yyyymmdd. Times are UTC milliseconds since 1970. Money is an
 * integer of the smallest unit. Text is clean UTF-8 (bn_utf8_clean).
 */
#ifndef BANYAN_PROTOCOL_VALUE_H
#define BANYAN_PROTOCOL_VALUE_H

#include <banyan/base/arena.h>
#include <banyan/base/id.h>
#include <banyan/base/slice.h>

typedef enum bn_value_type {
    BN_VALUE_NIL,  /* no value: the field is empty */
    BN_VALUE_INT,  /* integers, booleans (0, 1), dates, times, money, branches */
    BN_VALUE_TEXT, /* texts and choices */
    BN_VALUE_ID    /* reference to an entity */
} bn_value_type;

typedef struct bn_value {
    bn_value_type type;
    union {
        int64_t integer;
        bn_slice text; /* borrowed */
        bn_id id;
    };
} bn_value;

bn_value bn_value_nil(void);
bn_value bn_value_int(int64_t integer);
bn_value bn_value_text(bn_slice text); /* borrows */
bn_value bn_value_id(bn_id id);
bool bn_value_is_nil(bn_value value);
bool bn_value_equal(bn_value a, bn_value b);
int bn_value_compare(bn_value a, bn_value b); /* type, then value: a total order */

/* Deep copy; BN_E_NO_MEMORY. */
BN_CHECKED bn_rc bn_value_copy(bn_arena *arena, bn_value value, bn_value *out);

#endif
