/* load.c - customers as branches have them: 24 fields each, numbers that pass their checks.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "bench.h"

#include "tools/gen/record.h"

#include <banyan/base/alloc.h>
#include <banyan/base/check.h>

#include <stdio.h>
#include <string.h>

/* What stands in a field the generator leaves empty for this person. */
static const struct {
    const char *column;
    const char *before;
    bool is_numbered;
    const char *after;
} fillers[] = {
    {"external_id", "R", true, ""},      {"name_latin", "Li Example ", true, ""},
    {"name_former", "Wu Li ", true, ""}, {"nationality", "CN", false, ""},
    {"phone", "021-", true, ""},         {"email", "p", true, "@example.com"},
    {"country", "AU", false, ""},        {"province", "Victoria", false, ""},
    {"city", "Melbourne", false, ""},    {"district", "Yarra", false, ""},
    {"postcode", "3000", false, ""},     {"occupation", "clerk", false, ""},
    {"employer", "Works ", true, ""},    {"mobile", "139", true, ""},
};

static json_t *cell_of(const char *column, const char *value, uint64_t person)
{
    char text[64] = "";
    for (size_t i = 0; value[0] == '\0' && i < BN_COUNT(fillers); i++) {
        if (strcmp(column, fillers[i].column) != 0) {
            continue;
        }
        if (fillers[i].is_numbered) {
            (void)snprintf(text, sizeof text, "%s%08u%s", fillers[i].before,
                           (unsigned)(person % 100000000), fillers[i].after);
        } else {
            (void)snprintf(text, sizeof text, "%s", fillers[i].before);
        }
    }
    return json_string(value[0] == '\0' ? text : value);
}

/* Companies lack several of the fields and are passed over. */
static const gen_person *next_person(bench *b)
{
    static uint64_t made;
    for (;;) {
        if (b->people_at == b->people.count) {
            gen_group_make(&b->dice, made + 1, &b->people);
            made += b->people.count;
            b->people_at = 0;
        }
        const gen_person *person = &b->people.people[b->people_at++];
        if (!person->organisation) {
            return person;
        }
    }
}

static json_t *columns(bool is_placed)
{
    json_t *list = json_array();
    for (const char *const *name = gen_customer_columns(); *name != NULL; name++) {
        (void)json_array_append_new(list, json_string(*name));
    }
    (void)json_array_append_new(list, json_string("state"));
    (void)json_array_append_new(list, json_string("manager"));
    (void)json_array_append_new(list, json_string("risk"));
    if (is_placed) {
        (void)json_array_append_new(list, json_string("branch"));
        (void)json_array_append_new(list, json_string("served_by"));
    }
    return list;
}

static json_t *row_of(bench *b, unsigned index, bench_place place)
{
    gen_record record;
    const gen_person *person = next_person(b);
    gen_record_make(&b->dice, person, 0, &record);
    json_t *row = json_array();
#define GEN_COLUMN(name, bytes) \
    (void)json_array_append_new(row, cell_of(#name, record.name, person->number));
    GEN_CUSTOMER_COLUMNS(GEN_COLUMN)
#undef GEN_COLUMN
    (void)json_array_append_new(row, json_string("active"));
    (void)json_array_append_new(row, json_string("manager-1"));
    (void)json_array_append_new(row, json_string("2"));
    if (place != NULL) {
        char home[8];
        char served[64];
        place(b, index, home, served);
        (void)json_array_append_new(row, json_string(home));
        (void)json_array_append_new(row, json_string(served));
    }
    return row;
}

static bn_rc import_rows(bench *b, const bench_node *node, json_t *args, unsigned first,
                         bn_err *err)
{
    json_t *result = NULL;
    BN_TRY(bench_call(node, "import.rows", args, &result, err));
    bn_rc rc = BN_OK;
    size_t at = 0;
    json_t *line = NULL;
    json_array_foreach(json_object_get(result, "rows"), at, line) {
        const char *id = json_string_value(json_object_get(line, "id"));
        if (id == NULL) {
            rc = bn_fail(err, BN_E_FAILED, "a row was refused: %.100s",
                         json_string_value(json_object_get(line, "text")));
            break;
        }
        bn_free(b->ids[first + at]);
        b->ids[first + at] = bn_strdup(id);
    }
    json_decref(result);
    return rc;
}

bn_rc bench_create(bench *b, const bench_node *node, unsigned first, unsigned count,
                   bench_place place, bn_err *err)
{
    for (unsigned done = 0; done < count;) {
        json_t *rows = json_array();
        unsigned start = first + done;
        for (unsigned i = 0; i < BENCH_ROWS_PER_CALL && done < count; i++, done++) {
            (void)json_array_append_new(rows, row_of(b, first + done, place));
        }
        BN_TRY(import_rows(b, node,
                           json_pack("{s:s,s:o,s:o}", "kind", "customer", "columns",
                                     columns(place != NULL), "rows", rows), start, err));
    }
    return BN_OK;
}
