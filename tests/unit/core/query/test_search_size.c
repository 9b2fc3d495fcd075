/* test_search_size.c - a branch network's worth of customers: bytes and time.
 * SPDX-License-Identifier: Apache-2.0
 *
 * PROP_CASES sets the number of customers. Times are printed, not judged: the machine is shared.
 */
#include "customers.h"
#include "property.h"
#include "unit/unit.h"

#include <banyan/base/check.h>
#include <banyan/core/search.h>

#include <time.h>

#define CUSTOMERS 200000
#define BYTES_EACH_MAX 120
#define HITS 20
#define REPEATS 20

static const char *const surnames[] = {"王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴",
                                       "徐", "孙", "胡", "朱", "高", "林", "何", "郭", "马", "罗",
                                       "梁", "宋", "郑", "谢", "韩", "唐", "冯", "于", "董", "萧"};
static const char *const given[] = {"伟", "芳", "娜", "敏", "静", "丽", "强", "磊", "军", "洋",
                                    "勇", "艳", "杰", "娟", "涛", "明", "超", "兰", "霞", "平",
                                    "刚", "桂", "英", "华", "玉", "红", "建", "文", "国", "志",
                                    "海", "春", "秀", "梅", "晓", "小", "宇", "浩", "然", "子"};

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void put_generated(property *p, bn_search_column *column, uint32_t number)
{
    char name[32];
    char mobile[16];
    char document[24];
    bn_cell cells[CUSTOMER_CELLS];
    char text[BN_CUSTOMER_NUMBER_BYTES];
    bn_err err = {0};
    bool is_short = property_below(p, 5) == 0;
    snprintf(name, sizeof name, "%s%s%s", surnames[property_below(p, BN_COUNT(surnames))],
             given[property_below(p, BN_COUNT(given))],
             is_short ? "" : given[property_below(p, BN_COUNT(given))]);
    snprintf(mobile, sizeof mobile, "1%010llu",
             (unsigned long long)(3000000000u + property_below(p, 6999999999u)));
    snprintf(document, sizeof document, "1101051980%08llu",
             (unsigned long long)property_below(p, 100000000u));
    customer one = {.number = number, .name = name, .mobile = mobile, .document = document};
    bn_record record = customer_record(&one, cells, text);
    assert_ok(bn_search_put(column, &record, &err), err);
}

static void search__two_hundred_thousand_customers_fit_and_are_found(void **state)
{
    (void)state;
    property p = property_begin("size of the column", CUSTOMERS);
    bn_search_column *column = NULL;
    assert_int_equal(bn_search_create(&column), BN_OK);
    double start = now_ms();
    for (uint32_t i = 0; i < p.cases; i++) {
        put_generated(&p, column, i);
    }
    double put_ms = now_ms() - start;
    double bytes_each = (double)bn_search_bytes(column) / p.cases;
    printf("# %u customers, %.1f bytes each, put in %.0f ms\n", p.cases, bytes_each, put_ms);
    assert_int_equal(bn_search_count(column), p.cases);
    assert_true(p.cases < 10000 || bytes_each < BYTES_EACH_MAX);

    static const char *const typed[] = {
        "王小明", "wangxiaoming", "wxm",          "wang xiao", "8000", "00170001",
        "w",      "ang",          "no such name", "小"};
    for (size_t t = 0; t < BN_COUNT(typed); t++) {
        bn_search_hit hits[HITS];
        size_t count = 0;
        bn_err err = {0};
        double best_ms = 1e9;
        for (unsigned r = 0; r < REPEATS; r++) {
            start = now_ms();
            assert_ok(bn_search_find(column, bn_slice_of(typed[t]), hits, HITS, &count, &err), err);
            double took = now_ms() - start;
            best_ms = took < best_ms ? took : best_ms;
        }
        printf("# \"%s\": %zu hits, best of %d %.2f ms\n", typed[t], count, REPEATS, best_ms);
        assert_true(count > 0 || p.cases < 10000 || t == 8);
    }
    bn_search_destroy(&column);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(search__two_hundred_thousand_customers_fit_and_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
