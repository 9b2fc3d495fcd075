/* schema.c - the catalogue of kinds and fields, made from schema.def.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   fields[]  | CUSTOMER 1 2 3 .. 41 | DOCUMENT 1 .. 13 | PHONE 1 .. |  one row per BN_FIELD
 *                ^                      ^                  ^
 *   kinds[]      first of CUSTOMER      first of DOCUMENT  ...
 *
 * The rows of a kind stand together and are numbered 1, 2, 3 ..., kinds likewise, so that a
 * look-up by number is an index. What a row of a kind cannot say (how many fields follow, which of
 * them are `customer` and `branch`) is completed once, before main.
 */
#include <banyan/base/check.h>
#include <banyan/protocol/schema.h>

static const bn_field_def fields[] = {
#define BN_KIND(...)
#define BN_FIELD(KIND, number_, name_, type_, size, policy_, group_, class, search_, en, zh) \
    {.number = (number_),                                                                    \
     .name = #name_,                                                                         \
     .type = BN_TYPE_##type_,                                                                \
     .size_max = (size),                                                                     \
     .policy = BN_POLICY_##policy_,                                                          \
     .group = (group_),                                                                      \
     .class_ = BN_CLASS_##class,                                                             \
     .search = BN_SEARCH_##search_,                                                          \
     .label_en = (en),                                                                       \
     .label_zh = (zh)},
#include <banyan/protocol/schema.def>
#undef BN_KIND
#undef BN_FIELD
};

/* Each kind takes one number for itself and one per field, so its fields start at its own number
 * less the kinds before it. */
enum {
#define BN_KIND(NAME, ...) PLACE_##NAME,
#define BN_FIELD(KIND, number_, name_, ...) PLACE_##KIND##_##name_,
#include <banyan/protocol/schema.def>
#undef BN_KIND
#undef BN_FIELD
    PLACE_END
};

static bn_kind_def kinds[] = {
#define BN_FIELD(...)
#define BN_KIND(NAME, number_, name_, scope_, removal_, en, zh) \
    {.kind = BN_KIND_##NAME,                                    \
     .name = #name_,                                            \
     .scope = BN_SCOPE_##scope_,                                \
     .removal = BN_REMOVAL_##removal_,                          \
     .label_en = (en),                                          \
     .label_zh = (zh),                                          \
     .fields = fields + (PLACE_##NAME + 1 - (number_))},
#include <banyan/protocol/schema.def>
#undef BN_KIND
#undef BN_FIELD
};

__attribute__((constructor)) static void complete_kinds(void)
{
    const bn_field_def *end = fields + BN_COUNT(fields);
    for (size_t i = BN_COUNT(kinds); i > 0; i--) {
        bn_kind_def *kind = &kinds[i - 1];
        kind->fields_count = (size_t)(end - kind->fields);
        end = kind->fields;
        const bn_field_def *customer = bn_schema_field_named(kind, BN_SLICE("customer"));
        const bn_field_def *branch = bn_schema_field_named(kind, BN_SLICE("branch"));
        kind->customer_field = customer != NULL ? customer->number : 0;
        kind->branch_field = branch != NULL ? branch->number : 0;
    }
}

const bn_kind_def *bn_schema_kinds(size_t *count)
{
    *count = BN_COUNT(kinds);
    return kinds;
}

const bn_kind_def *bn_schema_kind(unsigned kind)
{
    return kind >= 1 && kind <= BN_COUNT(kinds) ? &kinds[kind - 1] : NULL;
}

const bn_kind_def *bn_schema_kind_named(bn_slice name)
{
    for (size_t i = 0; i < BN_COUNT(kinds); i++) {
        if (bn_slice_is(name, kinds[i].name)) {
            return &kinds[i];
        }
    }
    return NULL;
}

const bn_field_def *bn_schema_field(const bn_kind_def *kind, unsigned field)
{
    return field >= 1 && field <= kind->fields_count ? &kind->fields[field - 1] : NULL;
}

const bn_field_def *bn_schema_field_named(const bn_kind_def *kind, bn_slice name)
{
    for (size_t i = 0; i < kind->fields_count; i++) {
        if (bn_slice_is(name, kind->fields[i].name)) {
            return &kind->fields[i];
        }
    }
    return NULL;
}

bool bn_policy_is_multi(bn_policy policy)
{
    return policy == BN_POLICY_SET || policy == BN_POLICY_APPEND || policy == BN_POLICY_COUNTER;
}
