/* people.h - made-up customers for the tests of the matcher.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_TESTS_MATCH_PEOPLE_H
#define BANYAN_TESTS_MATCH_PEOPLE_H

#include "property.h"
#include "unit/unit.h"

#include <banyan/base/check.h>
#include <banyan/base/number.h>
#include <banyan/protocol/crypto.h>
#include <banyan/protocol/match/batch.h>

#include <stdio.h>
#include <string.h>

#define SCRATCH_BYTES ((size_t)1 << 20)

static const uint8_t test_secret[BN_BLOCK_SECRET_BYTES] = "0123456789abcde";

typedef struct customer { /* storage behind one input */
    char family[32];
    char given[32];
    char phone[24];
    char email[48];
    char street[64];
    char town[32];
    char id[32];
    uint32_t born;
    bn_match_sex sex;
} customer;

static inline bn_buf make_row(const bn_match_input *input)
{
    bn_err err = {.code = BN_OK};
    bn_arena arena;
    bn_buf row;
    bn_arena_init(&arena, SCRATCH_BYTES);
    bn_buf_init(&row, BN_FEATURE_BYTES_MAX);
    assert_ok(bn_feature_make(input, &arena, &row, &err), err);
    assert_ok(bn_feature_check(bn_buf_slice(&row), &err), err);
    bn_arena_fini(&arena);
    return row;
}

static inline bn_buf customer_row(const customer *c)
{
    bn_match_name name = {.family = bn_slice_of(c->family), .given = bn_slice_of(c->given)};
    bn_match_document id = {.type = BN_SLICE("resident_id"), .number = bn_slice_of(c->id)};
    bn_slice phone = bn_slice_of(c->phone);
    bn_slice email = bn_slice_of(c->email);
    bn_match_address address = {.whole = bn_slice_of(c->street), .town = bn_slice_of(c->town)};
    bn_match_input input = {.party = BN_PARTY_PERSON,
                            .sex = c->sex,
                            .born = c->born,
                            .names = &name,
                            .names_count = 1,
                            .documents = &id,
                            .documents_count = c->id[0] != '\0' ? 1 : 0,
                            .phones = &phone,
                            .phones_count = c->phone[0] != '\0' ? 1 : 0,
                            .emails = &email,
                            .emails_count = c->email[0] != '\0' ? 1 : 0,
                            .addresses = &address,
                            .addresses_count = 1};
    return make_row(&input);
}

static inline bn_rid test_rid(uint32_t n)
{
    uint8_t random[6] = {0};
    bn_store_u32(random + 2, n);
    return (bn_rid){.id = bn_id_make(1 + n % 7, 1000, random), .dot = {1 + n % 7, n + 1}};
}

/* A crowded small town: few names, few dates, so that many records look alike. */
static inline customer random_customer(property *p)
{
    static const char *const families[] = {"王", "李", "张", "smith", "jones", "陈", "欧阳"};
    static const char *const givens[] = {"伟", "芳", "小明", "秀英", "robert", "bob", "mary", "建国"};
    static const char *const towns[] = {"广州市", "深圳市", "springfield", "shelbyville"};
    static const char *const ids[] = {"11010519491231002X", "440524188001010014",
                                      "110105194912310023"};
    customer c = {.born = 0};
    snprintf(c.family, sizeof c.family, "%s", families[property_below(p, BN_COUNT(families))]);
    snprintf(c.given, sizeof c.given, "%s", givens[property_below(p, BN_COUNT(givens))]);
    snprintf(c.town, sizeof c.town, "%s", towns[property_below(p, BN_COUNT(towns))]);
    if (property_below(p, 3) > 0) {
        snprintf(c.phone, sizeof c.phone, "1380013%04u", (unsigned)property_below(p, 40));
    }
    if (property_below(p, 3) == 0) {
        snprintf(c.email, sizeof c.email, "user%u@example.com", (unsigned)property_below(p, 40));
    }
    if (property_below(p, 2) == 0) {
        snprintf(c.street, sizeof c.street, "中山路%u号", (unsigned)property_below(p, 30) + 1);
    }
    if (property_below(p, 4) > 0) {
        c.born = 19500101 + (uint32_t)property_below(p, 20) * 10000 +
                 (uint32_t)property_below(p, 3) * 100 + (uint32_t)property_below(p, 9);
    }
    if (property_below(p, 20) == 0) {
        snprintf(c.id, sizeof c.id, "%s", ids[property_below(p, BN_COUNT(ids))]);
    }
    c.sex = (bn_match_sex)property_below(p, 3);
    return c;
}

#endif
