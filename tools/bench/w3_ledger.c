/* w3_ledger.c - accounts for every value typed in W3 without asking the product's own counters.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   customer % 100    what its five branches type                              conflicts expected
 *   0..1              four edit two fields each, one removes the customer      1, on existence
 *   2..49             two fields each, no two branches the same field          0
 *   50..89            mobile (a person decides) and occupation (later wins)    2
 *   90..99            the same two fields, equal values                        0
 *
 * In 50..59 each branch then types the mobile once more, over its own first value. A value is
 * lost when it is neither current, nor equal to the current one, nor a candidate of a conflict, nor
 * replaced by somebody who had seen it. A conflict where none is expected is a false one.
 */
#include "bench.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PAGE_ROWS 1000
#define LOST_SHOWN 10

typedef enum lot { LOT_REMOVED, LOT_APART, LOT_SAME, LOT_EQUAL } lot;

typedef struct tally {
    uint64_t typed;
    uint64_t current;
    uint64_t equal;
    uint64_t recorded;
    uint64_t overwritten;
    uint64_t lost;
    uint64_t conflicts;
    uint64_t expected;
    uint64_t false_conflicts;
} tally;

static lot lot_of(unsigned customer)
{
    unsigned at = customer % 100;
    return at < 2 ? LOT_REMOVED : at < 50 ? LOT_APART : at < 90 ? LOT_SAME : LOT_EQUAL;
}

unsigned bench_sharer_of(const bench *b, unsigned customer, unsigned branch)
{
    unsigned branches = b->options.branches;
    unsigned distance = (branch + branches - customer % branches) % branches;
    return distance < BENCH_SHARERS ? distance : BENCH_SHARERS;
}

static void set_edit(bench_edit *edit, const char *field, unsigned number, bool is_second)
{
    const char *form = strcmp(field, "mobile") == 0 || strcmp(field, "phone") == 0 ? "139" : "v";
    const char *tail = strcmp(field, "email") == 0 ? "@example.com" : "";
    edit->field = field;
    edit->is_second = is_second;
    (void)snprintf(edit->value, sizeof edit->value, "%s%08u%s", form, number, tail);
}

size_t bench_edits_of(unsigned customer, unsigned sharer, bench_edit edits[BENCH_EDITS])
{
    static const char *const apart[2 * BENCH_SHARERS] = {
        "mobile", "occupation", "phone", "employer", "email",
        "manager", "name_latin", "name_former", "nationality", "language"};
    lot group = lot_of(customer);
    unsigned number = customer * 10 + (group == LOT_EQUAL ? 9 : sharer);
    if (group == LOT_REMOVED && sharer == 0) {
        return 0;
    }
    if (group == LOT_REMOVED || group == LOT_APART) {
        set_edit(&edits[0], apart[2 * sharer], number, false);
        set_edit(&edits[1], apart[2 * sharer + 1], number, false);
        return 2;
    }
    set_edit(&edits[0], "mobile", number, false);
    set_edit(&edits[1], "occupation", number, false);
    if (customer % 100 >= 50 && customer % 100 < 60) {
        set_edit(&edits[2], "mobile", number + 50000000, true);
        return 3;
    }
    return 2;
}

/* --- the conflicts as sets of texts: {customer: {"mobile=139...": true, "exists@0001": true}} - */

static void remember(json_t *of_customer, const json_t *candidate)
{
    const char *field = NULL;
    json_t *value = NULL;
    char text[160];
    json_object_foreach(json_object_get(candidate, "values"), field, value) {
        const char *branch = json_string_value(json_object_get(candidate, "branch"));
        if (strcmp(field, "exists") == 0) {
            (void)snprintf(text, sizeof text, "exists@%s", branch != NULL ? branch : "");
        } else {
            (void)snprintf(text, sizeof text, "%s=%s", field,
                           json_is_string(value) ? json_string_value(value) : "");
        }
        (void)json_object_set_new(of_customer, text, json_true());
    }
}

static bool is_expected(lot group, const json_t *row)
{
    const char *field = json_string_value(json_array_get(json_object_get(row, "fields"), 0));
    bool is_existence = field != NULL && strcmp(field, "exists") == 0;
    return group == LOT_SAME || (group == LOT_REMOVED && is_existence);
}

static bn_rc read_conflict(bench *b, const json_t *row, json_t *seen, bn_err *err)
{
    json_t *shown = NULL;
    size_t at = 0;
    json_t *candidate = NULL;
    const char *customer = json_string_value(json_object_get(row, "entity"));
    BN_TRY(bench_call(&b->server, "conflict.show",
                      json_pack("{s:O}", "id", json_object_get(row, "id")), &shown, err));
    json_t *of_customer = json_object_get(seen, customer);
    if (of_customer == NULL) {
        of_customer = json_object();
        (void)json_object_set_new(seen, customer, of_customer);
    }
    json_array_foreach(json_object_get(shown, "candidates"), at, candidate) {
        remember(of_customer, candidate);
    }
    json_decref(shown);
    return BN_OK;
}

static bn_rc read_conflicts(bench *b, const json_t *numbers, json_t *seen, tally *t, bn_err *err)
{
    json_t *after = json_null();
    do {
        json_t *page = NULL;
        size_t at = 0;
        json_t *row = NULL;
        BN_TRY(bench_call(&b->server, "conflict.list",
                          json_pack("{s:i,s:o}", "limit", PAGE_ROWS, "after", after), &page, err));
        bn_rc rc = BN_OK;
        json_array_foreach(json_object_get(page, "rows"), at, row) {
            const char *customer = json_string_value(json_object_get(row, "entity"));
            unsigned index = (unsigned)bench_number(numbers, customer);
            t->conflicts++;
            t->false_conflicts += is_expected(lot_of(index), row) ? 0 : 1;
            rc = rc == BN_OK ? read_conflict(b, row, seen, err) : rc;
        }
        after = json_incref(json_object_get(page, "next"));
        json_decref(page);
        if (rc != BN_OK) {
            json_decref(after);
            return rc;
        }
    } while (json_is_string(after));
    json_decref(after);
    return BN_OK;
}

/* --- every value typed ------------------------------------------------------------------------ */

static void judge_removal(const json_t *record, const json_t *seen, unsigned branch,
                          tally *t)
{
    char text[32];
    (void)snprintf(text, sizeof text, "exists@%04u", branch + 1);
    t->typed++;
    if (json_is_false(json_object_get(record, "exists"))) {
        t->current++;
    } else if (json_object_get(seen, text) != NULL) {
        t->recorded++;
    } else {
        t->lost++;
    }
}

static bool is_typed_over(const bench_edit *edits, size_t count, size_t at)
{
    for (size_t i = at + 1; i < count; i++) {
        if (edits[i].is_second && strcmp(edits[i].field, edits[at].field) == 0) {
            return true;
        }
    }
    return false;
}

static void judge(const bench *b, const json_t *record, const json_t *seen, unsigned customer,
                  unsigned branch, tally *t)
{
    bench_edit edits[BENCH_EDITS];
    unsigned sharer = bench_sharer_of(b, customer, branch);
    if (sharer == BENCH_SHARERS) {
        return;
    }
    size_t count = bench_edits_of(customer, sharer, edits);
    if (count == 0) {
        judge_removal(record, seen, branch, t);
    }
    for (size_t i = 0; i < count; i++) {
        char text[160];
        const char *now = json_string_value(
            json_object_get(json_object_get(record, "fields"), edits[i].field));
        (void)snprintf(text, sizeof text, "%s=%s", edits[i].field, edits[i].value);
        t->typed++;
        if (is_typed_over(edits, count, i)) {
            t->overwritten++;
        } else if (now != NULL && strcmp(now, edits[i].value) == 0) {
            t->current += lot_of(customer) != LOT_EQUAL || sharer == 0;
            t->equal += lot_of(customer) == LOT_EQUAL && sharer > 0;
        } else if (json_object_get(seen, text) != NULL) {
            t->recorded++;
        } else if (t->lost++ < LOST_SHOWN) {
            (void)fprintf(stderr, "lost: %s of customer %u, branch %04u\n", text, customer,
                          branch + 1);
        }
    }
}

static bn_rc judge_all(bench *b, const json_t *seen, tally *t, bn_err *err)
{
    for (unsigned i = 0; i < b->options.customers; i++) {
        json_t *record = NULL;
        BN_TRY(bench_call(&b->server, "record.get", json_pack("{s:s,s:s}", "kind", "customer",
                                                              "id", b->ids[i]), &record, err));
        for (unsigned branch = 0; branch < b->options.branches; branch++) {
            judge(b, record, json_object_get(seen, b->ids[i]), i, branch, t);
        }
        t->expected += lot_of(i) == LOT_SAME ? 2 : lot_of(i) == LOT_REMOVED ? 1 : 0;
        json_decref(record);
    }
    return BN_OK;
}

bn_rc bench_audit(bench *b, bn_err *err)
{
    tally t = {0};
    json_t *seen = json_object();
    json_t *numbers = json_object(); /* id of a customer to its index */
    for (unsigned i = 0; i < b->options.customers; i++) {
        (void)json_object_set_new(numbers, b->ids[i], json_integer((json_int_t)i));
    }
    double start_s = bench_now_s();
    bn_rc rc = read_conflicts(b, numbers, seen, &t, err);
    double read_s = bench_now_s() - start_s;
    rc = rc == BN_OK ? judge_all(b, seen, &t, err) : rc;
    json_decref(numbers);
    json_decref(seen);
    BN_TRY(rc);
    bench_tell_count(b, "values_typed", t.typed);
    bench_tell_count(b, "values_current", t.current);
    bench_tell_count(b, "values_equal", t.equal);
    bench_tell_count(b, "values_in_conflicts", t.recorded);
    bench_tell_count(b, "values_overwritten", t.overwritten);
    bench_tell_count(b, "values_lost", t.lost);
    bench_tell_count(b, "conflicts", t.conflicts);
    bench_tell_count(b, "conflicts_expected", t.expected);
    bench_tell_count(b, "conflicts_false", t.false_conflicts);
    bench_tell_real(b, "conflicts_read_s", read_s);
    return t.lost == 0 ? BN_OK
                       : bn_fail(err, BN_E_FAILED, "%" PRIu64 " values lost in silence", t.lost);
}
