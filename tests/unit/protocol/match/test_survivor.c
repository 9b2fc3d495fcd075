/* test_survivor.c - which value of several is shown, and why.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "golden_unit.h"
#include "property.h"

#include <banyan/base/check.h>

#define MEMBERS_MAX 8

typedef struct bench {
    bn_arena arena;
    bn_record customers[MEMBERS_MAX];
    bn_record kin[MEMBERS_MAX][3];
    bn_golden_source sources[MEMBERS_MAX];
    size_t count;
    bn_golden_pin pins[4];
    size_t pins_count;
    bn_survived survived;
} bench;

static void bench_init(bench *b)
{
    *b = (bench){0};
    bn_arena_init(&b->arena, 64 << 20);
}

static bn_record *add_at(bench *b, uint32_t origin)
{
    size_t i = b->count++;
    b->customers[i] = gold_record(BN_KIND_CUSTOMER, gold_id(origin, i, (unsigned)i), &b->arena);
    b->sources[i] = (bn_golden_source){.customer = &b->customers[i], .kin = b->kin[i]};
    return &b->customers[i];
}

static bn_record *add_member(bench *b)
{
    return add_at(b, (uint32_t)b->count + 1);
}

static bn_record *add_kin(bench *b, size_t of, uint16_t kind)
{
    bn_record *kin = &b->kin[of][b->sources[of].kin_count++];
    *kin = gold_record(kind, gold_id((uint32_t)of + 1, 50, (unsigned)(kind * 10 + of)), &b->arena);
    return kin;
}

static const bn_survivors *look(bench *b, bn_survivor_unit unit)
{
    bn_err err = {0};
    bn_cluster_view view = {.sources = b->sources, .sources_count = b->count, .pins = b->pins,
                            .pins_count = b->pins_count};
    assert_ok(bn_survive(&view, &b->arena, &b->survived, &err), err);
    for (size_t i = 0; i < b->survived.units_count; i++) {
        if (b->survived.units[i].unit == unit) {
            return &b->survived.units[i];
        }
    }
    return NULL;
}

static void assert_first(bench *b, bn_survivor_unit unit, const char *text, bn_criterion criterion)
{
    const bn_survivors *found = look(b, unit);
    assert_non_null(found);
    assert_string_equal(gold_shown(found, 0, &b->arena), text);
    assert_string_equal(bn_criterion_name(found->decided), bn_criterion_name(criterion));
}

static void survivor__one_value_needs_no_reason(void **state)
{
    (void)state;
    bench b;
    bench_init(&b);
    gold_text(add_member(&b), &b.arena, BN_CUSTOMER_name, "Li Na", 0);
    add_member(&b);
    assert_first(&b, BN_UNIT_NAME, "Li Na", BN_CRITERION_ONLY);
    assert_null(look(&b, BN_UNIT_SEX));
    bn_arena_fini(&b.arena);
}

static void survivor__agreement_is_counted_on_normal_forms(void **state)
{
    (void)state;
    bench b;
    bench_init(&b);
    gold_text(add_member(&b), &b.arena, BN_CUSTOMER_name, "LI NA", 0);
    gold_text(add_member(&b), &b.arena, BN_CUSTOMER_name, "Ｌｉ　na", 1);
    gold_text(add_member(&b), &b.arena, BN_CUSTOMER_name, "Li Ming", 900);
    assert_first(&b, BN_UNIT_NAME, "Ｌｉ　na", BN_CRITERION_AGREED);
    const bn_survivors *name = look(&b, BN_UNIT_NAME);
    assert_int_equal(name->options[0].agreed, 2);
    assert_int_equal(name->options_count, 2);
    assert_string_equal(gold_shown(name, 1, &b.arena), "Li Ming");
    bn_arena_fini(&b.arena);
}

static void survivor__the_later_value_wins_when_nothing_else_tells(void **state)
{
    (void)state;
    bench b;
    bench_init(&b);
    gold_text(add_member(&b), &b.arena, BN_CUSTOMER_name, "Li Ming", 5);
    gold_text(add_member(&b), &b.arena, BN_CUSTOMER_name, "Li Na", 9);
    assert_first(&b, BN_UNIT_NAME, "Li Na", BN_CRITERION_RECENT);
    bn_arena_fini(&b.arena);
}

static void survivor__head_office_is_trusted_more_than_a_branch(void **state)
{
    (void)state;
    bench b;
    bench_init(&b);
    gold_text(add_at(&b, 0), &b.arena, BN_CUSTOMER_name, "Li Ming", 1);
    gold_text(add_at(&b, 7), &b.arena, BN_CUSTOMER_name, "Li Na", 9);
    assert_first(&b, BN_UNIT_NAME, "Li Ming", BN_CRITERION_TRUST);
    bn_arena_fini(&b.arena);
}

static void survivor__trust_decays_against_the_newest_value_and_no_clock(void **state)
{
    (void)state;
    bench b;
    bench_init(&b);
    gold_text(add_at(&b, 0), &b.arena, BN_CUSTOMER_manager, "old", 0);
    gold_text(add_at(&b, 7), &b.arena, BN_CUSTOMER_manager, "new", 29);
    assert_first(&b, BN_UNIT_MANAGER, "old", BN_CRITERION_TRUST);
    /* Another field of another member makes the customer's newest value 450 days younger: both
     * values age, the older one by one step of 30 days more. */
    bn_record *third = add_member(&b);
    gold_text(third, &b.arena, BN_CUSTOMER_language, "zh", 29 + 30 * 15);
    const bn_survivors *manager = look(&b, BN_UNIT_MANAGER);
    assert_int_equal(manager->options[0].trust, 900 * (1000 - 15 * 10) / 1000);
    assert_int_equal(manager->options[1].trust, 800 * (1000 - 15 * 10) / 1000);
    /* After two years of silence the branch's fresh value wins. */
    gold_text(&b.customers[1], &b.arena, BN_CUSTOMER_manager, "new", 730);
    assert_first(&b, BN_UNIT_MANAGER, "new", BN_CRITERION_TRUST);
    bn_arena_fini(&b.arena);
}

static void survivor__what_a_person_has_seen_beats_everything_but_a_pin(void **state)
{
    (void)state;
    bench b;
    bench_init(&b);
    gold_text(add_at(&b, 0), &b.arena, BN_CUSTOMER_mobile, "13800138000", 100);
    add_member(&b);
    bn_record *phone = add_kin(&b, 1, BN_KIND_PHONE);
    gold_text(phone, &b.arena, BN_PHONE_number, "139 0013 9000", 1);
    gold_put(phone, &b.arena, BN_PHONE_verified_on, bn_value_int(20250102), 1);
    assert_first(&b, BN_UNIT_PHONES, "139 0013 9000", BN_CRITERION_VERIFIED);
    const bn_survivors *phones = look(&b, BN_UNIT_PHONES);
    assert_int_equal(phones->options_count, 2);
    assert_int_equal(phones->options[0].source_kind, BN_KIND_PHONE);
    assert_true(bn_id_equal(phones->options[0].source, phone->id));
    assert_true(bn_id_equal(phones->options[0].member, b.customers[1].id));
    b.pins[b.pins_count++] = (bn_golden_pin){.unit = BN_UNIT_PHONES, .member = b.customers[0].id,
                                             .dot = {0, 5}, .hlc = bn_hlc_make(GOLD_T0, 0)};
    assert_first(&b, BN_UNIT_PHONES, "13800138000", BN_CRITERION_PIN);
    bn_arena_fini(&b.arena);
}

static void survivor__an_identity_number_proves_birth_date_and_sex(void **state)
{
    (void)state;
    bench b;
    bench_init(&b);
    bn_record *one = add_at(&b, 0);
    gold_put(one, &b.arena, BN_CUSTOMER_birth_date, bn_value_int(19491230), 100);
    gold_text(one, &b.arena, BN_CUSTOMER_sex, "male", 100);
    bn_record *two = add_member(&b);
    gold_put(two, &b.arena, BN_CUSTOMER_birth_date, bn_value_int(19491231), 1);
    gold_text(two, &b.arena, BN_CUSTOMER_sex, "female", 1);
    gold_text(two, &b.arena, BN_CUSTOMER_document_type, "resident_id", 1);
    gold_text(two, &b.arena, BN_CUSTOMER_document_number, "11010519491231002x", 1);
    const bn_survivors *born = look(&b, BN_UNIT_BORN);
    assert_int_equal(born->options[0].values[0].integer, 19491231);
    assert_int_equal(born->decided, BN_CRITERION_VERIFIED);
    assert_first(&b, BN_UNIT_SEX, "female", BN_CRITERION_VERIFIED);
    bn_arena_fini(&b.arena);
}

static void survivor__what_looks_wrong_loses_trust(void **state)
{
    (void)state;
    bench b;
    bench_init(&b);
    gold_put(add_at(&b, 0), &b.arena, BN_CUSTOMER_birth_date, bn_value_int(19000101), 100);
    gold_put(add_member(&b), &b.arena, BN_CUSTOMER_birth_date, bn_value_int(19800607), 1);
    const bn_survivors *born = look(&b, BN_UNIT_BORN);
    assert_int_equal(born->options[0].values[0].integer, 19800607);
    assert_int_equal(born->decided, BN_CRITERION_TRUST);
    bn_arena_fini(&b.arena);
}

static void survivor__the_more_careful_value_wins_and_cannot_be_pinned_away(void **state)
{
    (void)state;
    bench b;
    bench_init(&b);
    bn_record *one = add_member(&b);
    bn_record *two = add_member(&b);
    gold_put(one, &b.arena, BN_CUSTOMER_consent, bn_value_int(1), 100);
    gold_put(two, &b.arena, BN_CUSTOMER_consent, bn_value_int(0), 1);
    gold_put(one, &b.arena, BN_CUSTOMER_blacklisted, bn_value_int(1), 1);
    gold_put(two, &b.arena, BN_CUSTOMER_blacklisted, bn_value_int(0), 100);
    gold_put(one, &b.arena, BN_CUSTOMER_risk, bn_value_int(2), 100);
    gold_put(two, &b.arena, BN_CUSTOMER_risk, bn_value_int(4), 1);
    b.pins[b.pins_count++] = (bn_golden_pin){.unit = BN_UNIT_CONSENT, .member = one->id,
                                             .dot = {0, 5}};
    assert_int_equal(look(&b, BN_UNIT_CONSENT)->options[0].values[0].integer, 0);
    assert_int_equal(look(&b, BN_UNIT_CONSENT)->decided, BN_CRITERION_RESTRICTIVE);
    assert_int_equal(look(&b, BN_UNIT_BLACKLISTED)->options[0].values[0].integer, 1);
    assert_int_equal(look(&b, BN_UNIT_RISK)->options[0].values[0].integer, 4);
    bn_arena_fini(&b.arena);
}

static void survivor__parts_of_a_group_come_from_one_record(void **state)
{
    (void)state;
    bench b;
    bench_init(&b);
    bn_record *one = add_member(&b);
    bn_record *two = add_member(&b);
    gold_text(one, &b.arena, BN_CUSTOMER_city, "Guangzhou", 1);
    gold_text(one, &b.arena, BN_CUSTOMER_street, "1 Old Street", 1);
    gold_text(one, &b.arena, BN_CUSTOMER_postcode, "510000", 1);
    gold_text(two, &b.arena, BN_CUSTOMER_city, "Shenzhen", 90);
    gold_text(two, &b.arena, BN_CUSTOMER_street, "2 New Street", 90);
    const bn_survivors *address = look(&b, BN_UNIT_ADDRESSES);
    assert_int_equal(address->options_count, 2);
    assert_true(bn_slice_is(address->options[0].values[2].text, "Shenzhen"));
    assert_true(bn_slice_is(address->options[0].values[4].text, "2 New Street"));
    assert_true(bn_value_is_nil(address->options[0].values[5]));
    assert_true(bn_slice_is(address->options[1].values[5].text, "510000"));
    bn_arena_fini(&b.arena);
}

static void survivor__equal_numbers_are_one_and_the_refusal_to_be_called_counts(void **state)
{
    (void)state;
    bench b;
    bench_init(&b);
    gold_text(add_member(&b), &b.arena, BN_CUSTOMER_mobile, "+86 138-0013-8000", 5);
    add_member(&b);
    bn_record *phone = add_kin(&b, 1, BN_KIND_PHONE);
    gold_text(phone, &b.arena, BN_PHONE_number, "13800138000", 1);
    gold_put(phone, &b.arena, BN_PHONE_opt_out, bn_value_int(1), 1);
    const bn_survivors *phones = look(&b, BN_UNIT_PHONES);
    assert_int_equal(phones->options_count, 1);
    assert_int_equal(phones->options[0].agreed, 2);
    assert_int_equal(phones->options[0].values[3].integer, 1);
    bn_arena_fini(&b.arena);
}

static void survivor__of_two_pins_the_later_counts_whatever_their_order(void **state)
{
    (void)state;
    for (int swap = 0; swap < 2; swap++) {
        bench b;
        bench_init(&b);
        bn_value typed = bn_value_text(BN_SLICE("Li N."));
        gold_text(add_member(&b), &b.arena, BN_CUSTOMER_name, "Li Na", 1);
        gold_text(add_member(&b), &b.arena, BN_CUSTOMER_name, "Li Ming", 9);
        bn_golden_pin early = {.unit = BN_UNIT_NAME, .member = b.customers[0].id, .dot = {9, 9},
                               .hlc = bn_hlc_make(GOLD_T0 + 5, 0)};
        bn_golden_pin late = {.unit = BN_UNIT_NAME, .member = b.customers[1].id, .values = &typed,
                              .values_count = 1, .dot = {1, 1},
                              .hlc = bn_hlc_make(GOLD_T0 + 6, 0)};
        b.pins[0] = swap ? late : early;
        b.pins[1] = swap ? early : late;
        b.pins_count = 2;
        assert_first(&b, BN_UNIT_NAME, "Li N.", BN_CRITERION_PIN);
        const bn_survivors *name = look(&b, BN_UNIT_NAME);
        assert_int_equal(name->options[0].source_kind, 0);
        assert_true(bn_dot_equal(name->options[0].dot, late.dot));
        bn_arena_fini(&b.arena);
    }
}

/* --- properties ------------------------------------------------------------------------------- */
static void random_member(property *p, bench *b)
{
    static const char *const names[] = {"Li Na", "li na", "Li Ming", "李娜", "李 娜"};
    static const char *const phones[] = {"13800138000", "+8613800138000", "020-88888888", "junk"};
    bn_record *c = add_at(b, (uint32_t)property_below(p, 4));
    unsigned day = (unsigned)property_below(p, 700);
    gold_text(c, &b->arena, BN_CUSTOMER_name, names[property_below(p, BN_COUNT(names))], day);
    if (property_below(p, 2) == 0) {
        gold_text(c, &b->arena, BN_CUSTOMER_mobile, phones[property_below(p, BN_COUNT(phones))],
                  (unsigned)property_below(p, 700));
    }
    if (property_below(p, 2) == 0) {
        gold_put(c, &b->arena, BN_CUSTOMER_risk, bn_value_int((int64_t)property_below(p, 5)), day);
    }
    if (property_below(p, 2) == 0) {
        gold_put(c, &b->arena, BN_CUSTOMER_birth_date,
                 bn_value_int(19800101 + (int64_t)property_below(p, 3)), day);
    }
    if (property_below(p, 3) == 0) {
        bn_record *kin = add_kin(b, b->count - 1, BN_KIND_PHONE);
        gold_text(kin, &b->arena, BN_PHONE_number, phones[property_below(p, BN_COUNT(phones))],
                  day);
        gold_put(kin, &b->arena, BN_PHONE_invalid, bn_value_int((int64_t)property_below(p, 2)),
                 day);
    }
}

static void golden_bytes(bench *b, bn_buf *out)
{
    bn_err err = {0};
    static const uint8_t epoch[BN_HASH_BYTES] = {1, 2, 3};
    bn_golden golden;
    bn_cluster_view view = {.sources = b->sources, .sources_count = b->count, .pins = b->pins,
                            .pins_count = b->pins_count};
    assert_ok(bn_golden_make(epoch, &view, &b->arena, &golden, &err), err);
    bn_golden_encode(&golden, out);
    assert_int_equal(bn_buf_status(out), BN_OK);
}

static void survivor__does_not_depend_on_the_order_of_members(void **state)
{
    (void)state;
    property p = property_begin("survivors in any order", 1500);
    for (unsigned i = 0; i < p.cases; i++) {
        bench b;
        bn_buf first;
        bn_buf second;
        bench_init(&b);
        bn_buf_init(&first, BN_GOLDEN_BYTES_MAX);
        bn_buf_init(&second, BN_GOLDEN_BYTES_MAX);
        size_t members = 1 + property_below(&p, MEMBERS_MAX);
        while (b.count < members) {
            random_member(&p, &b);
        }
        golden_bytes(&b, &first);
        for (size_t j = b.count; j > 1; j--) {
            size_t k = property_below(&p, j);
            bn_golden_source swap = b.sources[j - 1];
            b.sources[j - 1] = b.sources[k];
            b.sources[k] = swap;
        }
        golden_bytes(&b, &second);
        assert_true(bn_slice_equal(bn_buf_slice(&first), bn_buf_slice(&second)));
        bn_buf_fini(&first);
        bn_buf_fini(&second);
        bn_arena_fini(&b.arena);
    }
}

static bool holds(const bench *b, const bn_option *option, bn_survivor_unit unit)
{
    const uint16_t fields[] = {[BN_UNIT_NAME] = BN_CUSTOMER_name,
                               [BN_UNIT_BORN] = BN_CUSTOMER_birth_date,
                               [BN_UNIT_PHONES] = BN_CUSTOMER_mobile,
                               [BN_UNIT_RISK] = BN_CUSTOMER_risk};
    for (size_t i = 0; i < b->count; i++) {
        const bn_golden_source *source = &b->sources[i];
        if (option->source_kind == BN_KIND_CUSTOMER &&
            bn_id_equal(source->customer->id, option->source)) {
            return bn_value_equal(bn_record_value(source->customer, fields[unit]),
                                  option->values[0]);
        }
        for (size_t j = 0; j < source->kin_count; j++) {
            if (option->source_kind == source->kin[j].kind &&
                bn_id_equal(source->kin[j].id, option->source)) {
                return bn_value_equal(bn_record_value(&source->kin[j], BN_PHONE_number),
                                      option->values[0]);
            }
        }
    }
    return false;
}

static void survivor__every_value_is_one_a_member_holds_and_names_it(void **state)
{
    (void)state;
    property p = property_begin("provenance", 1500);
    for (unsigned i = 0; i < p.cases; i++) {
        bench b;
        bench_init(&b);
        size_t members = 1 + property_below(&p, MEMBERS_MAX);
        while (b.count < members) {
            random_member(&p, &b);
        }
        (void)look(&b, BN_UNIT_NAME);
        for (size_t j = 0; j < b.survived.units_count; j++) {
            const bn_survivors *unit = &b.survived.units[j];
            assert_true(j == 0 || b.survived.units[j - 1].unit < unit->unit);
            for (size_t k = 0; k < unit->options_count; k++) {
                assert_true(holds(&b, &unit->options[k], unit->unit));
                assert_in_range(unit->options[k].agreed, 1, b.count);
            }
        }
        bn_arena_fini(&b.arena);
    }
}

int main(void)
{
    bn_err err = {0};
    if (bn_crypto_start(&err) != BN_OK) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(survivor__one_value_needs_no_reason),
        cmocka_unit_test(survivor__agreement_is_counted_on_normal_forms),
        cmocka_unit_test(survivor__the_later_value_wins_when_nothing_else_tells),
        cmocka_unit_test(survivor__head_office_is_trusted_more_than_a_branch),
        cmocka_unit_test(survivor__trust_decays_against_the_newest_value_and_no_clock),
        cmocka_unit_test(survivor__what_a_person_has_seen_beats_everything_but_a_pin),
        cmocka_unit_test(survivor__an_identity_number_proves_birth_date_and_sex),
        cmocka_unit_test(survivor__what_looks_wrong_loses_trust),
        cmocka_unit_test(survivor__the_more_careful_value_wins_and_cannot_be_pinned_away),
        cmocka_unit_test(survivor__parts_of_a_group_come_from_one_record),
        cmocka_unit_test(survivor__equal_numbers_are_one_and_the_refusal_to_be_called_counts),
        cmocka_unit_test(survivor__of_two_pins_the_later_counts_whatever_their_order),
        cmocka_unit_test(survivor__does_not_depend_on_the_order_of_members),
        cmocka_unit_test(survivor__every_value_is_one_a_member_holds_and_names_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
