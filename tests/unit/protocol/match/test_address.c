/* test_address.c - Chinese and Western addresses in parts.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <banyan/protocol/match/address.h>

#include "match_unit.h"

typedef struct address_case {
    const char *text;
    uint32_t area;
    const char *town;
    const char *road;
    const char *number;
    const char *building;
    const char *unit;
    const char *room;
    const char *postcode;
} address_case;

static void check_addresses(const address_case *cases, size_t count)
{
    bn_arena arena;
    bn_arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < count; i++) {
        const address_case *c = &cases[i];
        bn_address a;
        assert_int_equal(bn_address_parse(bn_slice_of(c->text), &arena, &a), BN_OK);
        if (a.area != c->area) {
            fail_msg("%s: area %u instead of %u", c->text, a.area, c->area);
        }
        assert_text(a.town, c->town, c->text);
        assert_text(a.road, c->road, c->text);
        assert_text(a.number, c->number, c->text);
        assert_text(a.building, c->building, c->text);
        assert_text(a.unit, c->unit, c->text);
        assert_text(a.room, c->room, c->text);
        assert_text(a.postcode, c->postcode, c->text);
    }
    bn_arena_fini(&arena);
}

static void chinese__is_read_from_province_to_room(void **state)
{
    (void)state;
    static const address_case cases[] = {
        {"广东省广州市天河区石牌街道中山大道一百二十号3栋2单元501室", 440106, "石牌街道", "中山大道",
         "120", "3", "2", "501", ""},
        {"廣東省廣州市天河區中山大道120號", 440106, "", "中山大道", "120", "", "", "", ""},
        {"广东广州天河中山大道120号", 440106, "", "中山大道", "120", "", "", "", ""},
        {"广州天河区中山大道１２０号", 440106, "", "中山大道", "120", "", "", "", ""},
        {"北京市朝阳区建国路88号5号楼1201室", 110105, "", "建国路", "88", "5", "", "1201", ""},
        {"北京市市辖区朝阳区建国路88号", 110105, "", "建国路", "88", "", "", "", ""},
        {"上海市浦东新区世纪大道100号", 310115, "", "世纪大道", "100", "", "", "", ""},
        {"上海浦东世纪大道100号A座801室", 310115, "", "世纪大道", "100", "a", "", "801", ""},
        {"南京东路100号", 0, "", "南京东路", "100", "", "", "", ""},
        {"中山路120号", 0, "", "中山路", "120", "", "", "", ""},
        {"内蒙呼和浩特市", 150100, "", "", "", "", "", "", ""},
        {"内蒙古自治区呼和浩特市", 150100, "", "", "", "", "", "", ""},
        {"吉林省吉林市", 220200, "", "", "", "", "", "", ""},
        {"恩施州", 422800, "", "", "", "", "", "", ""},
        {"朝阳区建国路88号", 0, "", "建国路", "88", "", "", "", ""},
        {"广州市中山二路5号", 440100, "", "中山2路", "5", "", "", "", ""},
        {"北京市朝阳区三里屯路19号", 110105, "", "三里屯路", "19", "", "", "", ""},
        {"510000广东省广州市", 440100, "", "", "", "", "", "", "510000"},
        {"深圳市南山区科技路1号3-2-501", 440305, "", "科技路", "1", "3", "2", "501", ""},
        {"浙江省杭州市西湖区文三路 二〇一 号", 330106, "", "文3路", "201", "", "", "", ""},
    };
    check_addresses(cases, BN_COUNT(cases));
}

static void western__finds_number_road_town_and_postcode(void **state)
{
    (void)state;
    static const address_case cases[] = {
        {"12 Main St., Springfield 12345", 0, "springfield", "main street", "12", "", "", "",
         "12345"},
        {"12 main street springfield 12345", 0, "springfield", "main street", "12", "", "", "",
         "12345"},
        {"12a N. Oak Ave, Apt 5, Springfield, IL 62701-1234", 0, "springfield",
         "north oak avenue", "12a", "", "", "5", "62701"},
        {"5/12 Smith Rd, St Kilda 3182", 0, "saint kilda", "smith road", "12", "", "", "5", "3182"},
        {"Unit 5, 12 Smith Road", 0, "", "smith road", "12", "", "", "5", ""},
        {"Hauptstrasse 12, 10115 Berlin", 0, "berlin", "hauptstrasse", "12", "", "", "", "10115"},
        {"10 Downing Street, London SW1A 2AA", 0, "london", "downing street", "10", "", "", "",
         "sw1a 2aa"},
        {"Václavské náměstí 1, 110 00 Praha", 0, "praha", "vaclavske namesti", "1", "", "", "",
         "110 00"},
        {"No. 5 Main St", 0, "", "main street", "5", "", "", "", ""},
        {"", 0, "", "", "", "", "", "", ""},
        {"12345", 0, "", "", "12345", "", "", "", ""},
    };
    check_addresses(cases, BN_COUNT(cases));
}

static void number__is_an_integer_however_it_is_written(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t value;
        size_t len;
    } cases[] = {
        {"120号", 120, 3}, {"一百二十号", 120, 12}, {"二〇一", 201, 9}, {"十", 10, 3},
        {"十二", 12, 6}, {"二十", 20, 6}, {"一百零五", 105, 12}, {"一万二千", 12000, 12},
        {"两百", 200, 6}, {"壹佰贰拾", 120, 12}, {"号", 0, 0}, {"", 0, 0}, {"999999999", 0, 0},
        {"万", 0, 0},
    };
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        uint32_t value = 0;
        assert_int_equal(bn_chinese_number(bn_slice_of(cases[i].text), &value), cases[i].len);
        assert_int_equal(value, cases[i].value);
    }
}

static void area__names_and_codes_agree(void **state)
{
    (void)state;
    unsigned count = 0;
    for (uint32_t code = 110000; code < 830000; code++) {
        const char *name = bn_area_name(code);
        size_t len = 0;
        if (name == NULL) {
            continue;
        }
        count++;
        uint32_t parent = code % 100 != 0 ? code / 100 * 100 : code / 10000 * 10000;
        parent = parent == code ? 0 : parent;
        uint32_t found = bn_area_at(bn_slice_of(name), parent, &len);
        if (found != code || len != bn_slice_of(name).len) {
            fail_msg("%s is %u and found as %u, %zu bytes", name, code, found, len);
        }
    }
    assert_true(count > 3300);
    assert_null(bn_area_name(999999));
}

static void parse__takes_any_text(void **state)
{
    (void)state;
    property p = property_begin("addresses", 10000);
    static const char *const bits[] = {"广东", "广州市", "路", "号", "3", "-", "室", "st", " ", ",",
                                       "一", "百", "apt", "12", "街道", "a", "座", "市辖区", "/"};
    bn_arena arena;
    bn_arena_init(&arena, 1 << 20);
    BN_AUTO(bn_buf_fini) bn_buf text = {.size_max = BN_TEXT_BYTES_MAX};
    for (unsigned i = 0; i < p.cases; i++) {
        bn_address a;
        random_text(&p, 12, &text);
        for (uint64_t n = property_below(&p, 16); n > 0; n--) {
            bn_buf_append_text(&text, bits[property_below(&p, BN_COUNT(bits))]);
        }
        bn_arena_reset(&arena);
        assert_int_equal(bn_address_parse(bn_buf_slice(&text), &arena, &a), BN_OK);
        assert_in_range(a.tokens_count, 0, BN_ADDRESS_TOKENS_MAX);
        for (size_t t = 0; t < a.tokens_count; t++) {
            assert_true(a.tokens[t].len > 0 && bn_utf8_valid(a.tokens[t]));
        }
    }
    bn_arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chinese__is_read_from_province_to_room),
        cmocka_unit_test(western__finds_number_road_town_and_postcode),
        cmocka_unit_test(number__is_an_integer_however_it_is_written),
        cmocka_unit_test(area__names_and_codes_agree),
        cmocka_unit_test(parse__takes_any_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
