/* survivor.c - the rules as tables, and the candidates they find in a cluster.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <banyan/protocol/match/survivor.h>

#include "survivor.h"

#include <banyan/base/check.h>

#include <string.h>

#define CANDIDATES_FIRST 256

/* --- tables ---------------------------------------------------------------------------------- */
#define ORDER(...) (const bn_criterion[]){__VA_ARGS__, BN_CRITERION_SOURCE}
#define ORDER_IDENTITY                                                                        \
    ORDER(BN_CRITERION_VERIFIED, BN_CRITERION_TRUST, BN_CRITERION_AGREED, BN_CRITERION_RECENT, \
          BN_CRITERION_COMPLETE)
#define ORDER_CURRENT                                                                         \
    ORDER(BN_CRITERION_VERIFIED, BN_CRITERION_TRUST, BN_CRITERION_RECENT, BN_CRITERION_AGREED, \
          BN_CRITERION_COMPLETE)
#define ORDER_BROAD ORDER(BN_CRITERION_AGREED, BN_CRITERION_RECENT)
#define ORDER_LATEST ORDER(BN_CRITERION_RECENT)
#define ORDER_CAREFUL ORDER(BN_CRITERION_RESTRICTIVE, BN_CRITERION_RECENT)
#define PARTS(...) (const char *const[]){__VA_ARGS__}

static const bn_survivor_rule rules[] = {
#define BN_SURVIVOR(number, NAME, text, mode_, order_, decay_, roles_, ...)                    \
    {.unit = (bn_survivor_unit)(number), .name = #text, .mode = BN_SURVIVOR_##mode_,           \
     .order = ORDER_##order_, .order_count = sizeof(ORDER_##order_) / sizeof(bn_criterion),    \
     .decay = (decay_), .parts = PARTS(__VA_ARGS__),                                           \
     .parts_count = sizeof(PARTS(__VA_ARGS__)) / sizeof(char *), .roles = (roles_)},
#define BN_SURVIVOR_SOURCE(...)
#include <banyan/protocol/match/survivor.def>
#undef BN_SURVIVOR
#undef BN_SURVIVOR_SOURCE
};

static const survivor_field fields[] = {
#define BN_SURVIVOR(...)
#define BN_SURVIVOR_SOURCE(NAME, KIND, verified_, ...) \
    {BN_UNIT_##NAME, BN_KIND_##KIND, (verified_), {__VA_ARGS__}},
#include <banyan/protocol/match/survivor.def>
#undef BN_SURVIVOR
#undef BN_SURVIVOR_SOURCE
};

const bn_survivor_rule *bn_survivor_rules(size_t *count)
{
    *count = BN_COUNT(rules);
    return rules;
}

const bn_survivor_rule *bn_survivor_rule_of(unsigned unit)
{
    for (size_t i = 0; i < BN_COUNT(rules); i++) {
        if (rules[i].unit == (bn_survivor_unit)unit) {
            return &rules[i];
        }
    }
    return NULL;
}

const bn_survivor_rule *bn_survivor_rule_named(bn_slice name)
{
    for (size_t i = 0; i < BN_COUNT(rules); i++) {
        if (bn_slice_is(name, rules[i].name)) {
            return &rules[i];
        }
    }
    return NULL;
}

bool bn_survivor_can_pin(const bn_survivor_rule *rule)
{
    return rule->mode == BN_SURVIVOR_BEST || rule->mode == BN_SURVIVOR_UNION;
}

const survivor_field *survivor_fields(size_t *count)
{
    *count = BN_COUNT(fields);
    return fields;
}

const char *bn_criterion_name(bn_criterion criterion)
{
    static const char *const names[] = {
        [BN_CRITERION_ONLY] = "only",         [BN_CRITERION_PIN] = "pin",
        [BN_CRITERION_VERIFIED] = "verified", [BN_CRITERION_RESTRICTIVE] = "restrictive",
        [BN_CRITERION_TRUST] = "trust",       [BN_CRITERION_AGREED] = "agreed",
        [BN_CRITERION_RECENT] = "recent",     [BN_CRITERION_COMPLETE] = "complete",
        [BN_CRITERION_SOURCE] = "source",
    };
    return criterion <= BN_CRITERION_SOURCE ? names[criterion] : "unknown";
}

/* --- collecting ------------------------------------------------------------------------------ */
static survivor_candidate *add(survivor_list *list, bn_err *err)
{
    if (list->count == BN_SURVIVOR_CANDIDATES_MAX) {
        (void)bn_fail(err, BN_E_LIMIT, "golden record: more than %d values",
                      BN_SURVIVOR_CANDIDATES_MAX);
        return NULL;
    }
    if (list->count == list->capacity) {
        size_t capacity = list->capacity == 0 ? CANDIDATES_FIRST : list->capacity * 2;
        survivor_candidate *grown = bn_arena_array(list->arena, capacity, sizeof *grown);
        if (grown == NULL) {
            (void)bn_fail(err, BN_E_NO_MEMORY, "golden record: %zu values", capacity);
            return NULL;
        }
        if (list->count > 0) {
            memcpy(grown, list->candidates, list->count * sizeof *grown);
        }
        list->candidates = grown;
        list->capacity = capacity;
    }
    survivor_candidate *candidate = &list->candidates[list->count];
    *candidate = (survivor_candidate){0};
    return candidate;
}

static bn_rc failure(const survivor_list *list)
{
    return list->count == BN_SURVIVOR_CANDIDATES_MAX ? BN_E_LIMIT : BN_E_NO_MEMORY;
}

static void set_part(survivor_candidate *candidate, size_t part, const bn_cell *cell)
{
    bn_option *option = &candidate->option;
    if (cell == NULL || bn_value_is_nil(cell->value)) {
        return;
    }
    option->values[part] = cell->value;
    if (bn_hlc_compare(cell->stamp.hlc, option->hlc) > 0 ||
        (bn_hlc_compare(cell->stamp.hlc, option->hlc) == 0 &&
         bn_dot_compare(cell->stamp.dot, option->dot) > 0)) {
        option->hlc = cell->stamp.hlc;
        option->dot = cell->stamp.dot;
    }
}

/* A candidate says something when its first part does; an address when one that tells it apart
 * does. */
static bool says_something(const survivor_candidate *candidate)
{
    const bn_survivor_rule *rule = candidate->rule;
    if (rule->roles[0] == 'k') {
        return !bn_value_is_nil(candidate->option.values[0]);
    }
    for (size_t i = 0; i < rule->parts_count; i++) {
        if (rule->roles[i] == 'k' && !bn_value_is_nil(candidate->option.values[i])) {
            return true;
        }
    }
    return false;
}

static bn_rc keep(survivor_list *list, survivor_candidate *candidate, bn_err *err)
{
    if (!says_something(candidate)) {
        return BN_OK;
    }
    list->count++;
    return survivor_judge(list, candidate, err);
}

static void mark_pinned(const bn_golden_pin *const *pins, survivor_candidate *candidate)
{
    const bn_golden_pin *pin = pins[candidate->rule->unit];
    candidate->is_pinned = pin != NULL && pin->values == NULL &&
                           bn_id_equal(pin->member, candidate->option.member);
}

static void start(survivor_candidate *candidate, const survivor_field *field, bn_id member,
                  uint32_t source, const bn_record *record)
{
    candidate->rule = bn_survivor_rule_of(field->unit);
    candidate->source = source;
    candidate->option.member = member;
    candidate->option.source_kind = record->kind;
    candidate->option.source = record->id;
    candidate->option.verified =
        field->verified != 0 && !bn_value_is_nil(bn_record_value(record, field->verified)) ? 2 : 0;
}

static bn_rc collect_items(survivor_list *list, const survivor_field *field, bn_id member,
                           uint32_t source, const bn_record *record,
                           const bn_golden_pin *const *pins, bn_err *err)
{
    size_t count = 0;
    const bn_cell *items = bn_record_items(record, field->fields[0], &count);
    for (size_t i = 0; i < count; i++) {
        survivor_candidate *candidate = add(list, err);
        if (candidate == NULL) {
            return failure(list);
        }
        start(candidate, field, member, source, record);
        set_part(candidate, 0, &items[i]);
        mark_pinned(pins, candidate);
        BN_TRY(keep(list, candidate, err));
    }
    return BN_OK;
}

static bn_rc collect_record(survivor_list *list, bn_id member, uint32_t source,
                            const bn_record *record, const bn_golden_pin *const *pins, bn_err *err)
{
    const bn_kind_def *kind = bn_schema_kind(record->kind);
    for (size_t i = 0; i < BN_COUNT(fields) && bn_record_exists(record); i++) {
        const survivor_field *field = &fields[i];
        if (field->kind != record->kind) {
            continue;
        }
        if (bn_policy_is_multi(bn_schema_field(kind, field->fields[0])->policy)) {
            BN_TRY(collect_items(list, field, member, source, record, pins, err));
            continue;
        }
        survivor_candidate *candidate = add(list, err);
        if (candidate == NULL) {
            return failure(list);
        }
        start(candidate, field, member, source, record);
        for (size_t part = 0; part < BN_SURVIVOR_PARTS_MAX; part++) {
            if (field->fields[part] != 0) {
                set_part(candidate, part, bn_record_cell(record, field->fields[part]));
            }
        }
        mark_pinned(pins, candidate);
        BN_TRY(keep(list, candidate, err));
    }
    return BN_OK;
}

/* What a steward typed in, instead of what a member holds. */
static bn_rc collect_pin(survivor_list *list, const bn_golden_pin *pin, size_t sources_count,
                         bn_err *err)
{
    survivor_candidate *candidate = add(list, err);
    if (candidate == NULL) {
        return failure(list);
    }
    candidate->rule = bn_survivor_rule_of(pin->unit);
    candidate->source = (uint32_t)sources_count;
    candidate->is_pinned = true;
    candidate->option.member = pin->member;
    candidate->option.source = pin->member;
    candidate->option.dot = pin->dot;
    candidate->option.hlc = pin->hlc;
    for (size_t i = 0; i < pin->values_count && i < candidate->rule->parts_count; i++) {
        candidate->option.values[i] = pin->values[i];
    }
    return keep(list, candidate, err);
}

static bool is_member(const bn_cluster_view *cluster, bn_id id)
{
    for (size_t i = 0; i < cluster->sources_count; i++) {
        if (bn_id_equal(cluster->sources[i].customer->id, id)) {
            return true;
        }
    }
    return false;
}

/* Per unit the pin that counts. */
static void choose_pins(const bn_cluster_view *cluster, const bn_golden_pin **pins)
{
    for (size_t i = 0; i < cluster->pins_count; i++) {
        const bn_golden_pin *pin = &cluster->pins[i];
        const bn_survivor_rule *rule = bn_survivor_rule_of(pin->unit);
        if (rule == NULL || !bn_survivor_can_pin(rule) || !is_member(cluster, pin->member)) {
            continue;
        }
        const bn_golden_pin *other = pins[pin->unit];
        int order = other == NULL ? 1 : bn_hlc_compare(pin->hlc, other->hlc);
        if (order > 0 || (order == 0 && bn_dot_compare(pin->dot, other->dot) > 0)) {
            pins[pin->unit] = pin;
        }
    }
}

static void note_proofs(survivor_list *list, const bn_golden_source *source)
{
    const bn_record *customer = source->customer;
    bn_value type = bn_record_value(customer, BN_CUSTOMER_document_type);
    bn_value number = bn_record_value(customer, BN_CUSTOMER_document_number);
    if (type.type == BN_VALUE_TEXT && number.type == BN_VALUE_TEXT) {
        survivor_note_proof(list, type.text, number.text);
    }
    for (size_t i = 0; i < source->kin_count; i++) {
        const bn_record *kin = &source->kin[i];
        if (kin->kind != BN_KIND_DOCUMENT || !bn_record_exists(kin)) {
            continue;
        }
        type = bn_record_value(kin, BN_DOCUMENT_type);
        number = bn_record_value(kin, BN_DOCUMENT_number);
        if (type.type == BN_VALUE_TEXT && number.type == BN_VALUE_TEXT) {
            survivor_note_proof(list, type.text, number.text);
        }
    }
}

bn_rc survivor_collect(const bn_cluster_view *cluster, survivor_list *list, bn_err *err)
{
    const bn_golden_pin *pins[SURVIVOR_UNITS_MAX] = {NULL};
    choose_pins(cluster, pins);
    for (size_t i = 0; i < cluster->sources_count; i++) {
        note_proofs(list, &cluster->sources[i]);
    }
    for (size_t i = 0; i < cluster->sources_count; i++) {
        const bn_golden_source *source = &cluster->sources[i];
        bn_id member = source->customer->id;
        BN_TRY(collect_record(list, member, (uint32_t)i, source->customer, pins, err));
        for (size_t j = 0; j < source->kin_count; j++) {
            BN_TRY(collect_record(list, member, (uint32_t)i, &source->kin[j], pins, err));
        }
    }
    for (size_t unit = 0; unit < SURVIVOR_UNITS_MAX; unit++) {
        if (pins[unit] != NULL && pins[unit]->values != NULL) {
            BN_TRY(collect_pin(list, pins[unit], cluster->sources_count, err));
        }
    }
    return BN_OK;
}
