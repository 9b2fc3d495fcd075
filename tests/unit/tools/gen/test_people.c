/* test_people.c - made-up people have valid numbers and resemble each other where they should.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "unit/unit.h"

#include "tools/gen/crowd.h"
#include "tools/gen/gen.h"

#include <banyan/base/check.h>
#include <banyan/protocol/match/idnumber.h>
#include <banyan/protocol/match/phone.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GROUPS 20000

static void numbers__of_residents_satisfy_the_standard(void **state)
{
    (void)state;
    gen_tables_prepare();
    dice d = dice_of(1);
    gen_group group;
    unsigned checked = 0;
    for (unsigned i = 0; i < GROUPS; i++) {
        gen_group_make(&d, 1, &group);
        for (size_t j = 0; j < group.count; j++) {
            const gen_person *p = &group.people[j];
            bn_err err = {0};
            bn_id_check check;
            if (p->organisation) {
                bn_org_code code;
                assert_ok(bn_org_code_parse(bn_slice_of(p->document), &code, &check, &err), err);
            } else if (!p->western) {
                bn_resident_id id;
                if (bn_resident_id_parse(bn_slice_of(p->document), &id, &check, &err) != BN_OK) {
                    fail_msg("%s %s: %s", gen_trait_text(p->trait), p->document, err.text);
                }
                assert_int_equal(id.born.year, p->born.year);
                assert_int_equal(id.born.month, p->born.month);
                assert_int_equal(id.born.day, p->born.day);
                assert_int_equal(check.problem, BN_ID_GOOD);
                checked++;
            }
        }
    }
    assert_true(checked > GROUPS / 2);
}

static void numbers__of_telephones_can_be_dialled(void **state)
{
    (void)state;
    gen_tables_prepare();
    dice d = dice_of(2);
    gen_group group;
    for (unsigned i = 0; i < GROUPS; i++) {
        gen_group_make(&d, 1, &group);
        for (size_t j = 0; j < group.count; j++) {
            const gen_person *p = &group.people[j];
            bn_err err = {0};
            bn_phone phone;
            assert_ok(bn_phone_parse(bn_slice_of(p->mobile), "CN", &phone, &err), err);
            assert_true(phone.kind == BN_PHONE_MOBILE || p->western);
            assert_ok(bn_phone_parse(bn_slice_of(p->phone), "CN", &phone, &err), err);
            assert_true(phone.kind == BN_PHONE_LAND || p->western);
        }
    }
}

static void assert_trait(const gen_group *g)
{
    const gen_person *a = &g->people[0];
    const gen_person *b = &g->people[1];
    bool same_day = memcmp(&a->born, &b->born, sizeof a->born) == 0;
    if (a->trait == GEN_twins) {
        assert_true(same_day && a->surname == b->surname && a->last == b->last);
        assert_string_not_equal(a->document, b->document);
    } else if (a->trait == GEN_strangers) {
        assert_true(same_day && a->surname == b->surname && a->given[0] == b->given[0]);
        assert_string_not_equal(a->document, b->document);
    } else if (a->trait == GEN_father_son) {
        assert_true(!same_day && a->first == b->first && a->last == b->last);
        assert_true(a->home.house == b->home.house);
    } else if (a->trait == GEN_recycled) {
        assert_string_equal(a->mobile, b->mobile);
    } else if (a->trait == GEN_colleagues) {
        assert_string_equal(a->phone, b->phone);
        assert_string_equal(a->employer, b->employer);
    } else if (a->trait == GEN_renamed) {
        assert_true(a->former_mark != NULL && a->former_mark != a->mark);
    } else if (a->trait == GEN_married) {
        assert_true(a->former_last != NULL && a->former_last != a->last);
    } else if (a->trait == GEN_reissued) {
        assert_string_not_equal(a->document, a->second_document);
    } else if (a->trait == GEN_namesakes) {
        assert_true(a->mark == b->mark);
        assert_string_not_equal(a->document, b->document);
    }
}

static void groups__hold_what_their_trait_promises(void **state)
{
    (void)state;
    gen_tables_prepare();
    dice d = dice_of(3);
    unsigned seen[GEN_TRAIT_COUNT] = {0};
    gen_group group;
    for (unsigned i = 0; i < GROUPS; i++) {
        gen_group_make(&d, 1, &group);
        assert_trait(&group);
        seen[group.people[0].trait]++;
    }
    for (size_t i = 0; i < GEN_TRAIT_COUNT; i++) {
        assert_true(seen[i] > GROUPS / 200);
    }
}

static void surnames__are_as_skewed_as_in_life(void **state)
{
    (void)state;
    gen_tables_prepare();
    dice d = dice_of(4);
    unsigned wang = 0;
    unsigned zhuge = 0;
    for (unsigned i = 0; i < 100000; i++) {
        const gen_hanzi *surname = gen_pick_surname(&d);
        wang += strcmp(surname->simplified, "王") == 0;
        zhuge += strcmp(surname->simplified, "诸葛") == 0;
    }
    assert_in_range(wang, 5000, 12000);
    assert_in_range(zhuge, 1, 200);
}

/* Slips: what the clerks of the later records made of the numbers and names. */
static void records__show_the_slips_of_clerks(void **state)
{
    (void)state;
    crowd *c = NULL;
    bn_err err = {0};
    assert_ok(crowd_create(5, 60000, &c, &err), err);
    unsigned count = 0;
    unsigned old_ids = 0;
    unsigned romanised = 0;
    unsigned default_dates = 0;
    unsigned separators = 0;
    const gen_record *r = NULL;
    while ((r = crowd_next(c)) != NULL) {
        count++;
        old_ids += strcmp(r->document_type, "resident_id") == 0 && strlen(r->document_number) == 15;
        romanised += strcmp(r->nationality, "CN") == 0 && (unsigned char)r->name[0] < 0x80;
        default_dates += strcmp(r->birth_date, "1900-01-01") == 0;
        separators += strchr(r->mobile, ' ') != NULL || strchr(r->mobile, '-') != NULL;
        assert_true(r->name[0] != '\0' && r->person > 0);
    }
    crowd_destroy(&c);
    assert_int_equal(count, 60000);
    assert_true(old_ids > 50 && romanised > 200 && default_dates > 200 && separators > 1000);
}

static char *read_whole(const char *path, size_t *len)
{
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    static char text[1 << 20];
    *len = fread(text, 1, sizeof text - 1, file);
    text[*len] = '\0';
    (void)fclose(file);
    char *copy = strndup(text, *len);
    assert_non_null(copy);
    return copy;
}

static void seeds__decide_every_byte(void **state)
{
    (void)state;
    char folder[] = "/tmp/banyan-gen-XXXXXX";
    assert_non_null(mkdtemp(folder));
    char path[64];
    (void)snprintf(path, sizeof path, "%s/people.csv", folder);
    bn_err err = {0};
    char *texts[3];
    size_t lens[3];
    const uint64_t seeds[3] = {11, 11, 12};
    for (size_t i = 0; i < 3; i++) {
        gen_options options = {.records = 1000, .seed = seeds[i], .out = path};
        assert_ok(gen_people(&options, &err), err);
        texts[i] = read_whole(path, &lens[i]);
    }
    assert_string_equal(texts[0], texts[1]);
    assert_string_not_equal(texts[0], texts[2]);
    gen_options options = {.records = 200, .seed = 1, .out = path};
    assert_ok(gen_schedule(&options, &err), err);
    size_t len = 0;
    char *lines = read_whole(path, &len);
    assert_non_null(strstr(lines, "\"event\":\"delete\""));
    assert_non_null(strstr(lines, "\"verdict\":\"different\""));
    free(lines);
    for (size_t i = 0; i < 3; i++) {
        free(texts[i]);
    }
    (void)unlink(path);
    (void)rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers__of_residents_satisfy_the_standard),
        cmocka_unit_test(numbers__of_telephones_can_be_dialled),
        cmocka_unit_test(groups__hold_what_their_trait_promises),
        cmocka_unit_test(surnames__are_as_skewed_as_in_life),
        cmocka_unit_test(records__show_the_slips_of_clerks),
        cmocka_unit_test(seeds__decide_every_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
