/* filter.c - filters in words, and the test of a record against them.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   branch=0017   amount>10,000   name~wang   email=   phone!=
 *   field, operator, value; no value asks for empty or filled
 */
#include <banyan/base/check.h>
#include <banyan/base/limits.h>
#include <banyan/base/text.h>
#include <banyan/protocol/match/normalise.h>

#include "filter.h"

#include <string.h>

static bool is_ordered(const bn_field_def *field)
{
    switch (field->type) {
    case BN_TYPE_INT:
    case BN_TYPE_MONEY:
    case BN_TYPE_DATE:
    case BN_TYPE_TIME:
    case BN_TYPE_BRANCH:
        return true;
    case BN_TYPE_TEXT:
    case BN_TYPE_NOTE:
    case BN_TYPE_BOOL:
    case BN_TYPE_CHOICE:
    case BN_TYPE_REF:
        break;
    }
    return false;
}

static bool is_textual(const bn_field_def *field)
{
    return field->type == BN_TYPE_TEXT || field->type == BN_TYPE_NOTE ||
           field->type == BN_TYPE_CHOICE;
}

static bn_rc check_test(const bn_field_def *field, bn_test test, bn_err *err)
{
    if ((test == BN_TEST_LESS || test == BN_TEST_GREATER) && !is_ordered(field)) {
        return bn_fail(err, BN_E_INVALID, "%s: < and > are for numbers, dates and times",
                       field->name);
    }
    if (test == BN_TEST_CONTAINS && !is_textual(field)) {
        return bn_fail(err, BN_E_INVALID, "%s: ~ is for texts", field->name);
    }
    return BN_OK;
}

/* --- reading ------------------------------------------------------------------------------- */
static bn_rc unknown_field(const bn_kind_def *kind, bn_slice name, bn_err *err)
{
    const char *names[BN_FIELDS_MAX];
    for (size_t i = 0; i < kind->fields_count; i++) {
        names[i] = kind->fields[i].name;
    }
    const char *nearest = bn_nearest_name(name, names, kind->fields_count);
    size_t shown = name.len < 40 ? name.len : 40;
    bn_slice cut = bn_slice_make(name.data, shown);
    return nearest != NULL
               ? bn_fail(err, BN_E_INVALID, "%s has no field %.*s (did you mean %s?)", kind->name,
                         BN_SLICE_ARG(cut), nearest)
               : bn_fail(err, BN_E_INVALID, "%s has no field %.*s", kind->name, BN_SLICE_ARG(cut));
}

/* Length of the field's name at the head; what follows is the operator. */
static size_t name_length(bn_slice text)
{
    size_t len = 0;
    while (len < text.len && text.data[len] != '=' && text.data[len] != '!' &&
           text.data[len] != '<' && text.data[len] != '>' && text.data[len] != '~') {
        len++;
    }
    return len;
}

static bool read_operator(bn_slice rest, bn_test *test, size_t *len)
{
    static const struct {
        const char *text;
        bn_test test;
    } operators[] = {{"!=", BN_TEST_UNEQUAL},
                     {"=", BN_TEST_EQUAL},
                     {"<", BN_TEST_LESS},
                     {">", BN_TEST_GREATER},
                     {"~", BN_TEST_CONTAINS}};
    for (size_t i = 0; i < BN_COUNT(operators); i++) {
        if (bn_slice_starts(rest, bn_slice_of(operators[i].text))) {
            *test = operators[i].test;
            *len = strlen(operators[i].text);
            return true;
        }
    }
    return false;
}

static bn_rc read_value(const bn_kind_def *kind, const bn_field_def *field, bn_slice text,
                        bn_arena *arena, bn_filter *filter, bn_err *err)
{
    if (filter->test != BN_TEST_CONTAINS) {
        return bn_parse_value(kind, field, text, arena, &filter->value, err);
    }
    if (text.len > BN_TEXT_BYTES_MAX || !bn_utf8_clean(text)) {
        return bn_fail(err, BN_E_INVALID, "%s: looks for %zu bytes, limit %d, or not clean UTF-8",
                       field->name, text.len, BN_TEXT_BYTES_MAX);
    }
    return bn_value_copy(arena, bn_value_text(text), &filter->value) == BN_OK
               ? BN_OK
               : bn_fail(err, BN_E_NO_MEMORY, "%s: no memory for a filter", field->name);
}

bn_rc bn_filter_parse(const bn_kind_def *kind, bn_slice text, bn_arena *arena, bn_filter *out,
                      bn_err *err)
{
    size_t name_len = name_length(text);
    size_t operator_len = 0;
    bn_filter filter = {.value = bn_value_nil()};
    bn_slice name = bn_slice_trim(bn_slice_make(text.data, name_len));
    bn_slice rest = bn_slice_make(text.data + name_len, text.len - name_len);
    if (name.len == 0 || !read_operator(rest, &filter.test, &operator_len)) {
        return bn_fail(err, BN_E_INVALID, "a filter is field=value, !=, <, > or ~");
    }
    const bn_field_def *field = bn_schema_field_named(kind, name);
    if (field == NULL) {
        return unknown_field(kind, name, err);
    }
    filter.field = field->number;
    bn_slice value =
        bn_slice_trim(bn_slice_make(rest.data + operator_len, rest.len - operator_len));
    if (value.len == 0 && filter.test != BN_TEST_EQUAL && filter.test != BN_TEST_UNEQUAL) {
        return bn_fail(err, BN_E_INVALID, "%s: nothing to compare with", field->name);
    }
    if (value.len == 0) {
        filter.test = filter.test == BN_TEST_EQUAL ? BN_TEST_EMPTY : BN_TEST_FILLED;
    } else {
        BN_TRY(check_test(field, filter.test, err));
        BN_TRY(read_value(kind, field, value, arena, &filter, err));
    }
    *out = filter;
    return BN_OK;
}

/* --- testing ------------------------------------------------------------------------------- */
static bn_rc fold_needle(bn_filter_set *set, bn_slice text, bn_arena *arena, bn_slice *out)
{
    bn_buf_clear(&set->scratch);
    BN_TRY(bn_normalise_text(text, &set->scratch));
    *out = bn_arena_copy(arena, bn_buf_slice(&set->scratch));
    return out->data != NULL ? BN_OK : BN_E_NO_MEMORY;
}

bn_rc bn_filter_set_init(bn_filter_set *set, const bn_kind_def *kind, const bn_filter *filters,
                         size_t count, bn_arena *arena, bn_err *err)
{
    set->count = 0;
    bn_buf_init(&set->scratch, BN_TEXT_BYTES_MAX);
    if (count > BN_FILTERS_MAX) {
        return bn_fail(err, BN_E_LIMIT, "%zu filters, limit %d", count, BN_FILTERS_MAX);
    }
    for (size_t i = 0; i < count; i++) {
        const bn_filter *filter = &filters[i];
        const bn_field_def *field = bn_schema_field(kind, filter->field);
        if (field == NULL) {
            return bn_fail(err, BN_E_INVALID, "%s has no field %u", kind->name, filter->field);
        }
        BN_TRY(check_test(field, filter->test, err));
        set->one[i].filter = *filter;
        set->one[i].field = field;
        set->one[i].folded = bn_slice_make("", 0);
        if (filter->test == BN_TEST_CONTAINS) {
            bn_rc rc = filter->value.type == BN_VALUE_TEXT
                           ? fold_needle(set, filter->value.text, arena, &set->one[i].folded)
                           : BN_E_INVALID;
            if (rc != BN_OK) {
                return bn_fail(err, rc, "%s: cannot look for that", field->name);
            }
        }
    }
    set->count = count;
    return BN_OK;
}

void bn_filter_set_fini(bn_filter_set *set)
{
    bn_buf_fini(&set->scratch);
}

static bool contains(bn_filter_set *set, bn_value value, bn_slice folded)
{
    if (value.type != BN_VALUE_TEXT) {
        return false;
    }
    bn_buf_clear(&set->scratch);
    if (bn_normalise_text(value.text, &set->scratch) != BN_OK) {
        return false;
    }
    bn_slice text = bn_buf_slice(&set->scratch);
    return folded.len == 0 ||
           (text.len >= folded.len && memmem(text.data, text.len, folded.data, folded.len) != NULL);
}

static bool value_passes(bn_filter_set *set, size_t i, bn_value value)
{
    const bn_filter *filter = &set->one[i].filter;
    switch (filter->test) {
    case BN_TEST_EQUAL:
    case BN_TEST_UNEQUAL: /* asked as "is one equal?" */
        return bn_value_equal(value, filter->value);
    case BN_TEST_LESS:
        return value.type == filter->value.type && bn_value_compare(value, filter->value) < 0;
    case BN_TEST_GREATER:
        return value.type == filter->value.type && bn_value_compare(value, filter->value) > 0;
    case BN_TEST_CONTAINS:
        return contains(set, value, set->one[i].folded);
    case BN_TEST_EMPTY:
    case BN_TEST_FILLED: /* asked as "is one there?" */
        return !bn_value_is_nil(value);
    }
    return false;
}

static bool any_passes(bn_filter_set *set, size_t i, const bn_record *record)
{
    const bn_field_def *field = set->one[i].field;
    size_t count = 0;
    const bn_cell *items = bn_record_items(record, field->number, &count);
    if (field->policy == BN_POLICY_COUNTER) {
        bn_value sum =
            count > 0 ? bn_value_int(bn_record_counter(record, field->number)) : bn_value_nil();
        return value_passes(set, i, sum);
    }
    if (!bn_policy_is_multi(field->policy)) {
        return value_passes(set, i, bn_record_value(record, field->number));
    }
    for (size_t item = 0; item < count; item++) {
        if (value_passes(set, i, items[item].value)) {
            return true;
        }
    }
    return false;
}

bool bn_filter_set_passes(bn_filter_set *set, const bn_record *record)
{
    for (size_t i = 0; i < set->count; i++) {
        bn_test test = set->one[i].filter.test;
        bool is_negated = test == BN_TEST_UNEQUAL || test == BN_TEST_EMPTY;
        if (any_passes(set, i, record) == is_negated) {
            return false;
        }
    }
    return true;
}
