/* test_model.c - random saves and confirmations against a naive idea of what is shown; figures.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "unit/branch-client/branch_test.h"

#include "property.h"

#include <time.h>

#define RECORDS 6
#define STEPS 120
#define TAGS 4

static const uint16_t fields[] = {BN_CUSTOMER_name,   BN_CUSTOMER_mobile, BN_CUSTOMER_city,
                                  BN_CUSTOMER_street, BN_CUSTOMER_email};
#define FIELDS BN_COUNT(fields)

/* What a person would expect to see. */
typedef struct idea {
    bn_id id;
    bool there;
    char text[FIELDS][24];
    bool tag[TAGS];
    unsigned remarks;
} idea;

static void random_value(property *p, size_t field, char out[24])
{
    unsigned n = (unsigned)property_below(p, 4);
    switch (field) {
    case 0:
        snprintf(out, 24, "Name %u", n);
        break;
    case 1:
        snprintf(out, 24, "1380013800%u", n);
        break;
    case 2:
        snprintf(out, 24, "City %u", n);
        break;
    case 3:
        snprintf(out, 24, "Street %u", n);
        break;
    default:
        snprintf(out, 24, "a%u@example.com", n);
        break;
    }
}

static void edit(office *o, property *p, idea *model)
{
    bn_change changes[3];
    size_t count = 0;
    char texts[2][24];
    for (size_t i = 0; i < 2; i++) {
        size_t field = (size_t)property_below(p, FIELDS);
        if (i == 1 && changes[0].field == fields[field]) {
            break;
        }
        random_value(p, field, texts[i]);
        changes[count++] = set_text(fields[field], texts[i]);
        snprintf(model->text[field], sizeof model->text[field], "%s", texts[i]);
    }
    if (property_below(p, 3) == 0) {
        unsigned tag = (unsigned)property_below(p, TAGS);
        static const char *const names[TAGS] = {"vip", "staff", "export", "village"};
        changes[count] = add_text(BN_CUSTOMER_tags, names[tag]);
        model->tag[tag] = property_below(p, 2) == 0;
        if (!model->tag[tag]) {
            changes[count].verb = BN_VERB_REMOVE;
        }
        count++;
    }
    save(o, model->id, changes, count);
}

static void step(office *o, property *p, idea *models)
{
    idea *model = &models[property_below(p, RECORDS)];
    if (bn_id_is_zero(model->id)) {
        model->id = save_customer(o, "Name 0").id;
        snprintf(model->text[0], sizeof model->text[0], "Name 0");
        model->there = true;
        return;
    }
    uint64_t dice = property_below(p, 10);
    if (dice == 0) {
        bn_change change = set_there(!model->there);
        save(o, model->id, &change, 1);
        model->there = !model->there;
    } else if (dice == 1) {
        bn_branch_counts counts = counts_of(o);
        if (counts.ops_waiting > 0) {
            confirm_own(o, counts.oseq_confirmed + 1,
                        (uint32_t)(1 + property_below(p, counts.ops_waiting)));
        }
    } else if (dice == 2) {
        office_restart(o);
    } else if (model->there && dice == 3) {
        bn_change remark = add_text(BN_CUSTOMER_remarks, "called");
        save(o, model->id, &remark, 1);
        model->remarks++;
    } else if (model->there) {
        edit(o, p, model);
    }
}

static void compare(office *o, const idea *model)
{
    if (bn_id_is_zero(model->id)) {
        return;
    }
    bn_arena_reset(&o->arena);
    bn_record record = shown(o, model->id);
    assert_int_equal(bn_record_exists(&record), model->there);
    for (size_t i = 0; i < FIELDS; i++) {
        bn_value value = bn_record_value(&record, fields[i]);
        bn_slice text = value.type == BN_VALUE_TEXT ? value.text : BN_SLICE("");
        assert_true(bn_slice_is(text, model->text[i]));
    }
    size_t wanted = 0;
    for (size_t i = 0; i < TAGS; i++) {
        wanted += model->tag[i] ? 1 : 0;
    }
    size_t count;
    bn_record_items(&record, BN_CUSTOMER_tags, &count);
    assert_int_equal(count, wanted);
    bn_record_items(&record, BN_CUSTOMER_remarks, &count);
    assert_int_equal(count, model->remarks);
}

static void shown__is_what_a_naive_model_says(void **state)
{
    (void)state;
    property p = property_begin("what is shown", 20);
    for (unsigned i = 0; i < p.cases; i++) {
        office *o = office_open(false);
        idea models[RECORDS] = {0};
        for (int n = 0; n < STEPS; n++) {
            step(o, &p, models);
            for (size_t r = 0; r < RECORDS; r++) {
                compare(o, &models[r]);
            }
        }
        assert_sound(o);
        office_close(o);
    }
}

/* --- figures ---------------------------------------------------------------------------------- */

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void figures__a_thousand_rows_are_one_commit(void **state)
{
    (void)state;
    office *o = office_open(true);
    bn_kv_stats before;
    bn_kv_stats after;
    bn_kv_get_stats(o->kv, &before);
    double start = seconds_now();
    bn_branch_bulk *bulk = NULL;
    assert_ok(bn_branch_bulk_begin(o->branch, &bulk, &o->err), o->err);
    for (unsigned i = 0; i < 1000; i++) {
        char mobile[24];
        snprintf(mobile, sizeof mobile, "139%08u", i);
        bn_change changes[] = {set_text(BN_CUSTOMER_name, "王小明"),
                               set_text(BN_CUSTOMER_mobile, mobile),
                               set_text(BN_CUSTOMER_city, "Wuhan"),
                               set_text(BN_CUSTOMER_occupation, "teacher")};
        bn_draft draft = draft_of((bn_id){{0}}, changes, 4);
        draft.blind = true;
        bn_saved saved;
        assert_ok(bn_branch_bulk_save(bulk, &draft, 1, NULL, &saved, NULL, &o->err), o->err);
    }
    assert_ok(bn_branch_bulk_commit(&bulk, &o->err), o->err);
    double bulk_s = seconds_now() - start;
    bn_kv_get_stats(o->kv, &after);
    assert_int_equal(after.commits_count - before.commits_count, 1);
    start = seconds_now();
    for (int i = 0; i < 50; i++) {
        save_customer(o, "Li Na");
    }
    double single_ms = (seconds_now() - start) * 1000 / 50;
    printf("# 1000 drafts in one commit: %.0f saves/s; one synced save: %.2f ms\n", 1000 / bulk_s,
           single_ms);
    assert_int_equal(counts_of(o).records_waiting, 1050);
    assert_sound(o);
    start = seconds_now();
    confirm_own(o, 1, 1050);
    printf("# 1050 own ops confirmed in %.1f ms\n", (seconds_now() - start) * 1000);
    assert_sound(o);
    office_close(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shown__is_what_a_naive_model_says),
        cmocka_unit_test(figures__a_thousand_rows_are_one_commit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
