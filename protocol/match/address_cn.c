/* address_cn.c - Chinese addresses: places, then road, then numbers with their units.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   广东省 广州市 天河区  石牌街道  中山大道 一百二十号  3栋 2单元 501室
 *   `-------- area ------'  town     road      number   building unit room
 *
 * Text between units gathers in `name`; the character that ends it says what it was. A number in
 * front of a unit is an integer; in front of 路 or 街 it belongs to the road's name, in ASCII
 * digits; anywhere else its characters are letters of the name.
 */
#include "address_parts.h"
#include "area.h"
#include "points.h"

#include <banyan/base/check.h>

#include <string.h>

#define AREA_STEPS_MAX 6

typedef enum part_kind {
    PART_ROAD,
    PART_TOWN,
    PART_NUMBER,
    PART_BUILDING,
    PART_UNIT,
    PART_ROOM,
    PART_OTHER
} part_kind;

typedef struct part_mark {
    const char *text;
    part_kind kind;
} part_mark;

/* Behind a number; longer marks first. */
static const part_mark number_marks[] = {
    {"号楼", PART_BUILDING}, {"号院", PART_NUMBER}, {"单元", PART_UNIT}, {"号", PART_NUMBER},
    {"栋", PART_BUILDING},   {"幢", PART_BUILDING}, {"座", PART_BUILDING}, {"室", PART_ROOM},
    {"房", PART_ROOM},       {"弄", PART_OTHER},    {"巷", PART_OTHER},  {"层", PART_OTHER},
    {"楼", PART_OTHER},      {"户", PART_ROOM},     {"门", PART_UNIT},   {"组", PART_OTHER},
    {"队", PART_OTHER},      {"期", PART_OTHER},    {"区", PART_OTHER},
};

/* Behind a name. */
static const part_mark name_marks[] = {
    {"街道", PART_TOWN}, {"大道", PART_ROAD}, {"大街", PART_ROAD}, {"胡同", PART_ROAD},
    {"路", PART_ROAD},   {"街", PART_ROAD},   {"巷", PART_ROAD},   {"道", PART_ROAD},
    {"镇", PART_TOWN},   {"乡", PART_TOWN},   {"苏木", PART_TOWN},
};

typedef struct chinese_reader {
    bn_slice text;
    size_t at;
    bn_buf name;
    bn_arena *arena;
    bn_address *out;
} chinese_reader;

void bn_address_add_token(bn_address *address, bn_slice token)
{
    for (size_t i = 0; i < address->tokens_count; i++) {
        if (bn_slice_equal(address->tokens[i], token)) {
            return;
        }
    }
    if (token.len > 0 && token.data != NULL && address->tokens_count < BN_ADDRESS_TOKENS_MAX) {
        address->tokens[address->tokens_count++] = token;
    }
}

static const part_mark *mark_at(bn_slice s, const part_mark *marks, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (bn_slice_starts(s, bn_slice_of(marks[i].text))) {
            return &marks[i];
        }
    }
    return NULL;
}

/* --- places ----------------------------------------------------------------------------- */

/* True when `s` makes a road of the short place name before it: 南京|东路. */
static bool is_road_tail(bn_slice s)
{
    static const char *const sides[] = {"东", "西", "南", "北", "中"};
    for (size_t i = 0; i < BN_COUNT(sides); i++) {
        if (bn_slice_starts(s, bn_slice_of(sides[i]))) {
            s = slice_from(s, 3);
            break;
        }
    }
    uint32_t number = 0;
    s = slice_from(s, bn_chinese_number(s, &number));
    const part_mark *mark = mark_at(s, name_marks, BN_COUNT(name_marks));
    return mark != NULL && mark->kind == PART_ROAD;
}

static void read_areas(chinese_reader *r)
{
    uint32_t area = 0;
    for (int step = 0; step < AREA_STEPS_MAX; step++) {
        bn_area_match found;
        bn_slice rest = slice_from(r->text, r->at);
        bn_slice district = BN_SLICE("市辖区");
        if (bn_slice_starts(rest, district)) {
            r->at += district.len;
            continue;
        }
        bn_area_find(rest, area, &found);
        if (found.count == 0 && area != 0) { /* the same place written twice */
            bn_area_find(rest, 0, &found);
            found.count = found.code == area && found.is_full ? 1 : 0;
        }
        bool is_county = found.code % 100 != 0;
        bool is_sure = found.is_full || ((area != 0 || !is_county) &&
                                         !is_road_tail(slice_from(rest, found.len)));
        if (found.count == 0 || !is_sure) {
            break;
        }
        r->at += found.len;
        area = found.count == 1 ? found.code : area;
        if (found.count > 1 || (area % 100 != 0 && found.is_full)) {
            break;
        }
    }
    r->out->area = area;
}

static void skip_country(chinese_reader *r)
{
    static const char *const heads[] = {"中华人民共和国", "中国", "地址:", "住址:"};
    for (size_t i = 0; i < BN_COUNT(heads); i++) {
        if (bn_slice_starts(slice_from(r->text, r->at), bn_slice_of(heads[i]))) {
            r->at += strlen(heads[i]);
        }
    }
}

/* --- parts ------------------------------------------------------------------------------ */

static bn_slice *place_of(bn_address *out, part_kind kind)
{
    switch (kind) {
    case PART_ROAD:
        return &out->road;
    case PART_TOWN:
        return &out->town;
    case PART_NUMBER:
        return &out->number;
    case PART_BUILDING:
        return &out->building;
    case PART_UNIT:
        return &out->unit;
    case PART_ROOM:
        return &out->room;
    case PART_OTHER:
    default:
        return NULL;
    }
}

/* Stores `value` and a token that tells a building 3 from a room 3. */
static bn_rc set_part(chinese_reader *r, part_kind kind, bn_slice value)
{
    static const char *const prefixes[] = {"", "", "", "b", "u", "r", ""};
    bn_slice copy = bn_arena_copy(r->arena, value);
    char *token = bn_arena_printf(r->arena, "%s%.*s", prefixes[kind], BN_SLICE_ARG(value));
    if (copy.data == NULL || token == NULL) {
        return BN_E_NO_MEMORY;
    }
    bn_slice *place = place_of(r->out, kind);
    if (place != NULL && place->len == 0) {
        *place = copy;
    }
    bn_address_add_token(r->out, bn_slice_of(token));
    return BN_OK;
}

/* The gathered name as a part, and forgets it. */
static bn_rc end_name(chinese_reader *r, part_kind kind)
{
    bn_rc rc = bn_buf_status(&r->name);
    if (rc == BN_OK && r->name.len > 0) {
        rc = set_part(r, kind, bn_buf_slice(&r->name));
    }
    bn_buf_clear(&r->name);
    return rc;
}

/* 5-2-301: numbers with hyphens; `count` of them, `value` the whole. */
static size_t read_hyphenated(bn_slice s, size_t *count, bn_slice parts[3])
{
    size_t at = 0;
    *count = 0;
    while (*count < 3) {
        size_t start = at;
        while (at < s.len && is_ascii_digit(s.data[at])) {
            at++;
        }
        if (at == start) {
            return 0;
        }
        parts[(*count)++] = bn_slice_make(s.data + start, at - start);
        if (at >= s.len || s.data[at] != '-') {
            break;
        }
        at++;
    }
    return at;
}

static bn_rc set_hyphenated(chinese_reader *r, size_t count, const bn_slice parts[3])
{
    static const part_kind of_three[] = {PART_BUILDING, PART_UNIT, PART_ROOM};
    static const part_kind of_two[] = {PART_BUILDING, PART_ROOM};
    for (size_t i = 0; i < count; i++) {
        BN_TRY(set_part(r, count == 3 ? of_three[i] : of_two[i], parts[i]));
    }
    return BN_OK;
}

/* A number at the reader's place, with its unit; *took false when it is part of a name. */
static bn_rc read_number(chinese_reader *r, bool *took)
{
    bn_slice rest = slice_from(r->text, r->at);
    bn_slice parts[3];
    size_t count = 0;
    uint32_t value = 0;
    size_t len = read_hyphenated(rest, &count, parts);
    *took = true;
    if (count >= 2 && len > 0) {
        const part_mark *mark = mark_at(slice_from(rest, len), number_marks,
                                        BN_COUNT(number_marks));
        BN_TRY(end_name(r, PART_OTHER));
        r->at += len + (mark != NULL ? strlen(mark->text) : 0);
        return mark != NULL && mark->kind == PART_NUMBER
                   ? set_part(r, PART_NUMBER, bn_slice_make(rest.data, len))
                   : set_hyphenated(r, count, parts);
    }
    len = bn_chinese_number(rest, &value);
    bn_slice behind = slice_from(rest, len);
    const part_mark *mark = mark_at(behind, number_marks, BN_COUNT(number_marks));
    bool is_ascii = len > 0 && is_ascii_digit(rest.data[0]);
    *took = len > 0 && (mark != NULL || is_road_tail(behind) || is_ascii);
    if (!*took) {
        return BN_OK;
    }
    r->at += len;
    if (mark == NULL && (behind.len > 0 || !is_ascii)) { /* 中山二路, 3里屯 */
        bn_buf_printf(&r->name, "%u", value);
        return BN_OK;
    }
    BN_TRY(end_name(r, PART_OTHER));
    char digits[12];
    int digits_len = snprintf(digits, sizeof digits, "%u", value);
    r->at += mark != NULL ? strlen(mark->text) : 0;
    part_kind bare = r->out->number.len == 0 ? PART_NUMBER : PART_ROOM;
    return set_part(r, mark != NULL ? mark->kind : bare, bn_slice_make(digits, (size_t)digits_len));
}

/* One character of a name, or the mark that ends it. */
static bn_rc read_name(chinese_reader *r)
{
    bn_slice rest = slice_from(r->text, r->at);
    const part_mark *mark = mark_at(rest, name_marks, BN_COUNT(name_marks));
    if (mark != NULL && r->name.len > 0) {
        size_t len = strlen(mark->text);
        r->at += len;
        bn_buf_append(&r->name, mark->text, len);
        return end_name(r, mark->kind);
    }
    bool is_letter = is_ascii_lower(rest.data[0]);
    const part_mark *unit = !is_letter ? NULL
                                       : mark_at(slice_from(rest, 1), number_marks,
                                                 BN_COUNT(number_marks));
    if (unit != NULL && unit->kind == PART_BUILDING && r->name.len == 0) { /* A座 */
        r->at += 1 + strlen(unit->text);
        return set_part(r, PART_BUILDING, bn_slice_make(rest.data, 1));
    }
    size_t len = 0;
    uint32_t c = bn_utf8_next(rest, &len);
    r->at += len;
    if (bn_is_hanzi(c) || bn_is_latin(c)) {
        bn_buf_append(&r->name, rest.data, len);
        return BN_OK;
    }
    return end_name(r, PART_OTHER); /* punctuation */
}

static bn_rc read_parts(chinese_reader *r)
{
    while (r->at < r->text.len) {
        bool took = false;
        BN_TRY(read_number(r, &took));
        if (!took) {
            BN_TRY(read_name(r));
        }
    }
    return end_name(r, PART_OTHER);
}

/* Blanks go; six digits at the head or the tail, not beside a unit, are the postcode. */
static bn_slice without_blanks(bn_slice s, bn_buf *out, bn_address *address)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.data[i] != ' ') {
            bn_buf_append_byte(out, s.data[i]);
        }
    }
    bn_slice packed = bn_buf_slice(out);
    size_t digits = 0;
    while (digits < packed.len && is_ascii_digit(packed.data[digits])) {
        digits++;
    }
    if (digits == 6 && packed.len > 6 && packed.data[6] >= 0x80) {
        address->postcode = bn_slice_make(packed.data, 6);
        return slice_from(packed, 6);
    }
    digits = 0;
    while (digits < packed.len && is_ascii_digit(packed.data[packed.len - digits - 1])) {
        digits++;
    }
    if (digits == 6 && packed.len > 6) {
        address->postcode = slice_from(packed, packed.len - 6);
        packed.len -= 6;
    }
    return packed;
}

bn_rc bn_address_parse_chinese(bn_slice folded, bn_arena *arena, bn_address *out)
{
    BN_AUTO(bn_buf_fini) bn_buf packed = {.size_max = 4 * BN_TEXT_BYTES_MAX};
    bn_address address = {.script = BN_SCRIPT_HANZI};
    chinese_reader r = {.arena = arena, .out = &address};
    r.text = without_blanks(folded, &packed, &address);
    BN_TRY(bn_buf_status(&packed));
    if (address.postcode.len > 0) {
        address.postcode = bn_arena_copy(arena, address.postcode);
    }
    if (address.postcode.len > 0 && address.postcode.data == NULL) {
        return BN_E_NO_MEMORY;
    }
    bn_buf_init(&r.name, 4 * BN_TEXT_BYTES_MAX);
    skip_country(&r);
    read_areas(&r);
    bn_rc rc = read_parts(&r);
    bn_buf_fini(&r.name);
    if (rc == BN_OK) {
        *out = address;
    }
    return rc;
}
