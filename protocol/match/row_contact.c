/* row_contact.c - documents, numbers, mail and postal addresses as items of a row.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "row.h"

#include "compare.h"

#include <banyan/base/check.h>
#include <banyan/protocol/match/address.h>
#include <banyan/protocol/match/email.h>
#include <banyan/protocol/match/idnumber.h>
#include <banyan/protocol/match/phone.h>

#include <string.h>

#define NUMBER_BYTES_MAX 40
#define DIGITS_MIN 5 /* fewer are no telephone number */
#define TYPE_OTHER 255

typedef enum nature { PERMANENT, LASTING, RENEWABLE } nature;

typedef struct document_type {
    const char *word;
    uint8_t number;
    uint8_t nature;
} document_type;

static const document_type document_types[] = {
#define BN_DOCUMENT_TYPE(number, word, nature) {#word, number, nature},
#include <banyan/protocol/match/documents.def>
#undef BN_DOCUMENT_TYPE
};

static const document_type *type_of(bn_slice word)
{
    for (size_t i = 0; i < BN_COUNT(document_types); i++) {
        if (bn_slice_is(word, document_types[i].word)) {
            return &document_types[i];
        }
    }
    return NULL;
}

static bn_slice normalised(bn_rc (*transform)(bn_slice, bn_buf *), bn_slice text, size_t bytes_max,
                           bn_arena *arena)
{
    bn_buf buf;
    bn_buf_init(&buf, BN_FEATURE_BYTES_MAX);
    bn_slice out = BN_SLICE("");
    if (text.len > 0 && transform(text, &buf) == BN_OK) {
        out = bn_arena_copy(arena, cut_text(bn_buf_slice(&buf), bytes_max));
    }
    bn_buf_fini(&buf);
    return out.data != NULL ? out : BN_SLICE("");
}

/* Letters and digits in upper case, as on the document. */
static bn_slice plain_number(bn_slice text, bn_arena *arena)
{
    bn_slice key = normalised(bn_normalise_key, text, NUMBER_BYTES_MAX, arena);
    uint8_t *upper = bn_arena_array(arena, key.len + 1, 1);
    if (upper == NULL) {
        return BN_SLICE("");
    }
    for (size_t i = 0; i < key.len; i++) {
        uint8_t c = key.data[i];
        upper[i] = c >= 'a' && c <= 'z' ? (uint8_t)(c - 'a' + 'A') : c;
    }
    return bn_slice_make(upper, key.len);
}

/* All the same character, or nothing but a filler: 000000, XXXX. */
static bool is_filler(bn_slice number)
{
    for (size_t i = 1; i < number.len; i++) {
        if (number.data[i] != number.data[0]) {
            return false;
        }
    }
    return true;
}

static unsigned check_resident(bn_slice text, bn_slice *number, bn_arena *arena,
                               row_holder *holder)
{
    bn_resident_id id;
    bn_id_check check = {.problem = BN_ID_GOOD};
    if (bn_resident_id_parse(text, &id, &check, NULL) != BN_OK) {
        return BN_DOCUMENT_FAILED;
    }
    *number = bn_arena_copy(arena, bn_slice_of(id.number));
    if (id.is_centenarian_code) {
        return 0;
    }
    holder->born = bn_date_pack(&id.born);
    holder->sex = id.is_male ? BN_SEX_MALE : BN_SEX_FEMALE;
    return BN_DOCUMENT_VERIFIED | BN_DOCUMENT_PERMANENT;
}

static unsigned check_organisation(bn_slice text, bn_slice *number, bn_arena *arena)
{
    bn_org_code code;
    bn_id_check check = {.problem = BN_ID_GOOD};
    if (bn_org_code_parse(text, &code, &check, NULL) != BN_OK) {
        return BN_DOCUMENT_FAILED;
    }
    bool is_whole = code.code[0] != '\0';
    *number = bn_arena_copy(arena, bn_slice_of(is_whole ? code.code : code.legacy));
    return is_whole ? BN_DOCUMENT_VERIFIED | BN_DOCUMENT_PERMANENT : BN_DOCUMENT_VERIFIED;
}

bool row_document(const bn_match_document *document, bn_arena *arena, row_item *item,
                  row_holder *holder)
{
    bn_slice number = plain_number(document->number, arena);
    bn_slice word = normalised(bn_normalise_text, document->type, BN_FEATURE_WORD_MAX, arena);
    if (number.len < 2 || number.data == NULL || is_filler(number)) {
        return false;
    }
    const document_type *type = type_of(word);
    unsigned flags = 0;
    if (type != NULL && type->nature == PERMANENT) {
        bool is_organisation = strcmp(type->word, "uscc") == 0;
        flags = is_organisation ? check_organisation(document->number, &number, arena)
                                : check_resident(document->number, &number, arena, holder);
    } else if (type != NULL && type->nature == RENEWABLE) {
        flags = BN_DOCUMENT_RENEWABLE;
    }
    if (document->is_verified && (flags & BN_DOCUMENT_FAILED) == 0) {
        flags |= BN_DOCUMENT_VERIFIED;
    }
    if (number.data == NULL) {
        return false;
    }
    item->len = 0;
    row_put_byte(item, type != NULL ? type->number : TYPE_OTHER);
    row_put_byte(item, flags);
    row_put_u32(item, tag_of(TAG_TYPE, word));
    row_put_text(item, number, NUMBER_BYTES_MAX);
    return true;
}

static void put_contact(row_item *item, unsigned space, unsigned flags, bn_slice text)
{
    bn_slice cut = cut_text(text, BN_FEATURE_LINE_MAX);
    item->len = 0;
    row_put_u32(item, tag_of(space, cut));
    row_put_byte(item, flags);
    row_put_text(item, cut, BN_FEATURE_LINE_MAX);
}

bool row_phone(bn_slice text, const char *region, row_item *item)
{
    bn_phone phone;
    if (bn_phone_parse(text, region, &phone, NULL) == BN_OK) {
        bool is_service = phone.kind == BN_PHONE_SERVICE || phone.kind == BN_PHONE_SHORT;
        unsigned flags = (is_service ? BN_PHONE_IS_SERVICE : 0u) |
                         (phone.lacks_area ? BN_PHONE_LACKS_AREA : 0u);
        bn_slice number = bn_slice_of(phone.number[0] == '+' ? phone.number + 1 : phone.number);
        put_contact(item, TAG_PHONE, flags, number);
        return true;
    }
    uint8_t digits[BN_PHONE_BYTES_MAX];
    size_t count = 0;
    for (size_t i = 0; i < text.len && count < sizeof digits; i++) {
        if (text.data[i] >= '0' && text.data[i] <= '9') {
            digits[count++] = text.data[i];
        }
    }
    if (count < DIGITS_MIN || is_filler(bn_slice_make(digits, count))) {
        return false;
    }
    put_contact(item, TAG_PHONE, BN_PHONE_LACKS_AREA, bn_slice_make(digits, count));
    return true;
}

bool row_email(bn_slice text, bn_arena *arena, row_item *item)
{
    bn_email email;
    if (bn_email_parse(text, arena, &email, NULL) == BN_OK) {
        put_contact(item, TAG_EMAIL, email.is_role ? BN_EMAIL_IS_ROLE : 0, email.plain);
        return true;
    }
    bn_slice plain = normalised(bn_normalise_ascii, text, BN_FEATURE_LINE_MAX, arena);
    if (plain.len < DIGITS_MIN) {
        return false;
    }
    put_contact(item, TAG_EMAIL, 0, plain);
    return true;
}

static bn_slice first_of(bn_slice a, bn_slice b)
{
    return a.len > 0 ? a : b;
}

/* The house number of its own column goes before a Western street line. */
static bn_slice whole_line(const bn_match_address *address, bn_arena *arena)
{
    bn_slice whole = bn_slice_trim(address->whole);
    if (bn_slice_trim(address->number).len == 0 || whole.len == 0 || whole.data[0] >= 0x80 ||
        (whole.data[0] >= '0' && whole.data[0] <= '9')) {
        return whole;
    }
    char *line = bn_arena_printf(arena, "%.*s %.*s", BN_SLICE_ARG(address->number),
                                 BN_SLICE_ARG(whole));
    return line != NULL ? bn_slice_of(line) : whole;
}

static uint32_t area_of(const bn_match_address *address, bn_arena *arena)
{
    size_t len = 0;
    uint32_t area = 0;
    bn_slice levels[] = {address->region, address->city, address->town};
    for (size_t i = 0; i < BN_COUNT(levels); i++) {
        bn_slice folded = normalised(bn_normalise_key, levels[i], BN_FEATURE_LINE_MAX, arena);
        uint32_t found = folded.len > 0 ? bn_area_at(folded, area, &len) : 0;
        area = found != 0 ? found : area;
    }
    return area;
}

bool row_address(const bn_match_address *address, bn_arena *arena, row_item *item)
{
    bn_address parts = {.script = BN_SCRIPT_NONE};
    bn_slice line = whole_line(address, arena);
    if (line.len > 0 && bn_address_parse(line, arena, &parts) != BN_OK) {
        parts = (bn_address){.script = BN_SCRIPT_NONE};
    }
    bn_slice town = normalised(bn_normalise_ascii, address->town, BN_FEATURE_WORD_MAX, arena);
    bn_slice city = normalised(bn_normalise_ascii, address->city, BN_FEATURE_WORD_MAX, arena);
    bn_slice region = normalised(bn_normalise_ascii, address->region, BN_FEATURE_WORD_MAX, arena);
    bn_slice code = normalised(bn_normalise_key, address->postcode, BN_FEATURE_WORD_MAX, arena);
    bn_slice number = normalised(bn_normalise_key, address->number, BN_FEATURE_WORD_MAX, arena);
    town = first_of(first_of(town, city), parts.town);
    code = first_of(code, parts.postcode);
    number = first_of(first_of(number, parts.number), parts.building);
    uint32_t area = parts.area != 0 ? parts.area : area_of(address, arena);

    bn_slice road = cut_text(parts.road, BN_FEATURE_WORD_MAX);
    bn_slice place = first_of(cut_text(town, BN_FEATURE_WORD_MAX), code);
    if (place.len == 0 && area != 0) {
        char *digits = bn_arena_printf(arena, "%u", area);
        place = bn_slice_of(digits);
    }
    if (road.len + number.len + place.len + region.len == 0) {
        return false;
    }
    item->len = 0;
    row_put_u32(item, area);
    row_put_u32(item, road.len > 0 ? tag_of(TAG_STREET, road) ^ tag_of(TAG_NUMBER, number) : 0);
    row_put_u32(item, place.len > 0 ? tag_of(TAG_PLACE, place) : 0);
    row_put_text(item, road, BN_FEATURE_WORD_MAX);
    row_put_text(item, number, BN_FEATURE_WORD_MAX);
    row_put_text(item, first_of(parts.room, parts.unit), BN_FEATURE_WORD_MAX);
    row_put_text(item, town, BN_FEATURE_WORD_MAX);
    row_put_text(item, region, BN_FEATURE_WORD_MAX);
    row_put_text(item, code, BN_FEATURE_WORD_MAX);
    return true;
}
