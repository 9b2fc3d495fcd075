/* choices.c - what choice fields may hold, made from choices.def.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <banyan/base/check.h>
#include <banyan/protocol/schema.h>

static const bn_choice choices[] = {
#define BN_CHOICE(KIND, field, name_, en, zh) {.name = (name_), .label_en = (en), .label_zh = (zh)},
#include <banyan/protocol/choices.def>
#undef BN_CHOICE
};

/* Whose rows they are, in the same order. */
static const struct {
    uint16_t kind;
    uint16_t field;
} owners[] = {
#define BN_CHOICE(KIND, field_, ...) {.kind = BN_KIND_##KIND, .field = BN_##KIND##_##field_},
#include <banyan/protocol/choices.def>
#undef BN_CHOICE
};

_Static_assert(BN_COUNT(choices) == BN_COUNT(owners), "one owner per row");

const bn_choice *bn_schema_choices(bn_kind kind, unsigned field, size_t *count)
{
    size_t first = 0;
    while (first < BN_COUNT(owners) &&
           !(owners[first].kind == kind && owners[first].field == field)) {
        first++;
    }
    size_t end = first;
    while (end < BN_COUNT(owners) && owners[end].kind == kind && owners[end].field == field) {
        end++;
    }
    *count = end - first;
    return end > first ? &choices[first] : NULL;
}
