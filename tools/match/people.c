/* people.c - made-up people for measuring speed, the same on every machine.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Names follow a steep curve (a few are very common), as real ones do. A person has one to four
 * records; each after the first is copied with the slips, gaps and moves of another branch.
 */
#include "commands.h"

#include <banyan/base/alloc.h>
#include <banyan/base/check.h>
#include <banyan/base/number.h>
#include <banyan/protocol/match/idnumber.h>

#include <stdio.h>
#include <string.h>

#define SCRATCH_BYTES_MAX ((size_t)4 << 20)
#define TEXT_MAX 128
#define RECORDS_PER_PERSON 5 /* records per four people */

static const char *const families[] = {
    "王", "李", "张", "刘", "陈", "杨", "黄", "赵", "吴", "周", "徐", "孙", "马", "朱", "胡", "郭",
    "何", "高", "林", "罗", "郑", "梁", "谢", "宋", "唐", "许", "韩", "冯", "邓", "曹", "彭", "曾",
    "萧", "田", "董", "袁", "潘", "于", "蒋", "蔡", "余", "杜", "叶", "程", "苏", "魏", "吕", "丁",
    "任", "沈", "姚", "卢", "姜", "崔", "钟", "谭", "陆", "汪", "范", "金", "石", "廖", "贾", "夏",
    "韦", "付", "方", "白", "邹", "孟", "熊", "秦", "邱", "江", "尹", "薛", "阎", "段", "雷", "侯",
    "龙", "史", "陶", "黎", "贺", "顾", "毛", "郝", "龚", "邵", "万", "钱", "严", "覃", "武", "戴",
    "欧阳", "司马", "诸葛", "上官"};

static const char *const characters[] = {
    "伟", "芳", "娜", "秀", "敏", "静", "丽", "强", "磊", "军", "洋", "勇", "艳", "杰", "娟", "涛",
    "明", "超", "兰", "霞", "平", "刚", "桂", "英", "华", "玉", "萍", "红", "娥", "玲", "芬", "燕",
    "彩", "春", "菊", "凤", "洁", "梅", "琳", "素", "云", "莲", "真", "环", "雪", "荣", "爱", "妹",
    "香", "月", "莺", "媛", "瑞", "凡", "佳", "嘉", "琼", "勤", "珍", "贞", "莉", "浩", "宇", "轩",
    "然", "博", "文", "子", "涵", "梓", "欣", "怡", "思", "雨", "晨", "俊", "毅", "海", "山", "仁",
    "波", "宁", "贵", "福", "生", "龙", "元", "全", "国", "胜", "学", "祥", "才", "发", "武", "新",
    "利", "清", "飞", "彬", "富", "顺", "信", "建", "志", "鹏", "晓", "天", "达", "安", "岩", "中"};

static const char *const roads[] = {"中山路", "人民路", "解放路", "建设路", "天河路", "北京路",
                                    "环市东路", "东风西路", "江南大道", "工业大道", "滨江路",
                                    "体育东路", "科技园路", "长江路", "黄河路", "南京路"};
static const uint32_t areas[] = {440106, 440104, 440105, 110105, 110108, 310104, 310115, 440305,
                                 440304, 510104, 420106, 320102, 330106, 350203, 370202, 610113};

typedef struct person {
    char family[16];
    char given[16];
    uint32_t born;
    bool is_male;
    char id[19];
    char phone[12];
    char email[40];
    char street[TEXT_MAX];
} person;

static uint64_t next_random(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static uint32_t below(uint64_t *state, uint32_t bound)
{
    return (uint32_t)(next_random(state) % bound);
}

/* Small numbers more often than great ones: the lesser of two draws, squared once more. */
static uint32_t skewed(uint64_t *state, uint32_t bound)
{
    uint64_t a = below(state, bound);
    uint64_t b = below(state, bound);
    uint64_t least = a < b ? a : b;
    return (uint32_t)(least * (below(state, 1000) + 500) / 1500);
}

static void make_street(uint64_t *state, person *p)
{
    snprintf(p->street, sizeof p->street, "%s%u号%u栋%u室",
             roads[below(state, BN_COUNT(roads))], below(state, 999) + 1, below(state, 30) + 1,
             (below(state, 30) + 1) * 100 + below(state, 8) + 1);
}

static void make_phone(uint64_t *state, person *p)
{
    snprintf(p->phone, sizeof p->phone, "13%09u", below(state, 1000000000));
}

static void make_person(uint64_t *state, person *p)
{
    const char *first = characters[skewed(state, BN_COUNT(characters))];
    const char *second = characters[skewed(state, BN_COUNT(characters))];
    snprintf(p->family, sizeof p->family, "%s", families[skewed(state, BN_COUNT(families))]);
    snprintf(p->given, sizeof p->given, "%s%s", first, below(state, 100) < 85 ? second : "");
    p->born = (1940 + below(state, 66)) * 10000 + (1 + below(state, 12)) * 100 +
              1 + below(state, 28);
    p->is_male = below(state, 2) == 0;
    unsigned order = below(state, 500) * 2 + (p->is_male ? 1 : 0);
    snprintf(p->id, sizeof p->id, "%06u%08u%03u", areas[below(state, BN_COUNT(areas))], p->born,
             order);
    p->id[17] = bn_resident_id_checksum(p->id);
    p->id[18] = '\0';
    make_phone(state, p);
    snprintf(p->email, sizeof p->email, "u%08x@example.com", (uint32_t)next_random(state));
    make_street(state, p);
}

/* Another branch's record of the same person. */
static void distort(uint64_t *state, person *p)
{
    uint32_t kind = below(state, 100);
    if (kind < 25) {
        make_phone(state, p);
    }
    if (kind >= 15 && kind < 40) {
        make_street(state, p);
    }
    if (kind >= 40 && kind < 45) {
        snprintf(p->given, sizeof p->given, "%s", characters[below(state, BN_COUNT(characters))]);
    }
    if (kind >= 45 && kind < 50) {
        p->born = p->born / 100 * 100 + 1 + below(state, 28);
    }
}

static bn_slice maybe(uint64_t *state, const char *text, uint32_t percent)
{
    return below(state, 100) < percent ? bn_slice_of(text) : BN_SLICE("");
}

static bn_rc add_person(uint64_t *state, const person *p, uint32_t number, bn_arena *arena,
                        bn_batch *batch)
{
    bn_match_name name = {.family = bn_slice_of(p->family), .given = bn_slice_of(p->given)};
    bn_match_document id = {.type = BN_SLICE("resident_id"), .number = maybe(state, p->id, 70)};
    bn_slice phone = maybe(state, p->phone, 80);
    bn_slice email = maybe(state, p->email, 35);
    bn_match_address address = {.whole = maybe(state, p->street, 70)};
    bn_match_input input = {.party = BN_PARTY_PERSON,
                            .sex = p->is_male ? BN_SEX_MALE : BN_SEX_FEMALE,
                            .born = below(state, 100) < 90 ? p->born : 0,
                            .names = &name,
                            .names_count = 1,
                            .documents = &id,
                            .documents_count = id.number.len > 0 ? 1 : 0,
                            .phones = &phone,
                            .phones_count = phone.len > 0 ? 1 : 0,
                            .emails = &email,
                            .emails_count = email.len > 0 ? 1 : 0,
                            .addresses = &address,
                            .addresses_count = address.whole.len > 0 ? 1 : 0};
    uint8_t random[6] = {0};
    bn_store_u32(random + 2, number);
    bn_rid rid = {.id = bn_id_make(1 + number % 97, 0, random), .dot = {1 + number % 97, number}};
    uint8_t bytes[BN_FEATURE_BYTES_MAX];
    bn_buf row;
    bn_buf_init(&row, sizeof bytes);
    bn_rc rc = bn_feature_make(&input, arena, &row, NULL);
    if (rc == BN_OK) {
        rc = bn_batch_add(batch, &rid, bn_buf_slice(&row), NULL);
    }
    bn_buf_fini(&row);
    return rc;
}

static bn_rc fill(uint64_t count, uint64_t seed, uint32_t *people, loaded *out)
{
    uint64_t state = seed;
    person p;
    person seen;
    uint32_t number = 0;
    bn_arena arena;
    bn_arena_init(&arena, SCRATCH_BYTES_MAX);
    bn_rc rc = BN_OK;
    for (uint64_t i = 0; i < count && rc == BN_OK; i++) {
        bool is_new = i == 0 || below(&state, RECORDS_PER_PERSON) < RECORDS_PER_PERSON - 1;
        if (is_new) {
            make_person(&state, &p);
            number++;
        }
        seen = p;
        if (!is_new) {
            distort(&state, &seen);
        }
        bn_arena_reset(&arena);
        rc = add_person(&state, &seen, (uint32_t)i, &arena, out->batch);
        people[i] = number - 1;
    }
    out->truths_count = number;
    bn_arena_fini(&arena);
    return rc;
}

bn_rc make_people(uint64_t count, uint64_t seed, loaded *out, bn_err *err)
{
    if (count > BN_BATCH_RECORDS_MAX) {
        return bn_fail(err, BN_E_LIMIT, "at most %d records", BN_BATCH_RECORDS_MAX);
    }
    loaded made = {.batch = NULL};
    uint32_t *people = bn_alloc_array(count + 1, sizeof *people);
    made.truth = bn_alloc_array(count + 1, sizeof *made.truth);
    bn_rc rc = people != NULL && made.truth != NULL ? bn_batch_create(&made.batch)
                                                    : BN_E_NO_MEMORY;
    if (rc == BN_OK) {
        rc = fill(count, seed, people, &made);
    }
    if (rc == BN_OK) {
        rc = bn_batch_seal(made.batch, err);
    }
    for (uint64_t i = 0; i < count && rc == BN_OK; i++) {
        made.truth[bn_batch_place(made.batch, (uint32_t)i)] = people[i];
    }
    bn_free(people);
    if (rc != BN_OK) {
        loaded_fini(&made);
        return bn_fail(err, rc, "%u people could not be made up", (unsigned)count);
    }
    *out = made;
    return BN_OK;
}
