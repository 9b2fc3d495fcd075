/* row.h - the parts of a feature row, as written and as read.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   0  version          5  born, u32            9  names | documents << 4
 *   1  party | sex << 2 | generation << 4      10  phones | emails << 4
 *   2  born flags                              11  addresses | attributes given << 4
 *   3  length of the row, u16                  12  items: names, documents, phones, emails,
 *                                                  addresses, attributes
 *
 *   name       script | order known << 3, family u32, given u32, whole u32, 5 strings
 *   document   type, flags, type u32, string      phone, email, attribute   tag u32, flags, string
 *   address    area u32, street u32, place u32, 6 strings
 *   string     length u8, bytes
 *
 * Integers are big endian. Items of one kind ascend by their bytes and differ, but attributes,
 * which stand in their own order with a bit for each that is given.
 */
#ifndef BANYAN_MATCH_ROW_H
#define BANYAN_MATCH_ROW_H

#include <banyan/base/arena.h>
#include <banyan/protocol/match/feature.h>

#define ROW_HEAD_BYTES 12
#define ROW_ITEM_BYTES_MAX 260

/* Spaces of tags: equal texts of two spaces have different tags. */
enum {
    TAG_FAMILY = 1,
    TAG_GIVEN,
    TAG_WHOLE,
    TAG_TYPE,
    TAG_NUMBER,
    TAG_PHONE,
    TAG_EMAIL,
    TAG_STREET,
    TAG_PLACE,
    TAG_WORD,
    TAG_MIDDLE,
    TAG_ATTRIBUTE /* and the following three */
};

typedef struct row_item {
    uint8_t bytes[ROW_ITEM_BYTES_MAX];
    size_t len;
} row_item;

/* The items of one kind, sorted and distinct, at most `capacity`. */
#define ROW_ITEMS_MAX 8
typedef struct row_items {
    row_item item[ROW_ITEMS_MAX];
    unsigned count;
    unsigned capacity;
} row_items;

void row_put_byte(row_item *item, unsigned byte);
void row_put_u32(row_item *item, uint32_t value);

/* At most `bytes_max` bytes of it, cut at a character; returns what was put. */
bn_slice row_put_text(row_item *item, bn_slice text, size_t bytes_max);

/* Keeps the least `capacity` of all that are added. */
void row_items_add(row_items *items, const row_item *item);

/* `text` cut to whole characters of at most `bytes_max` bytes. */
bn_slice cut_text(bn_slice text, size_t bytes_max);

/* One item of each kind; false when the value cannot be read or holds nothing. */
bool row_name(const bn_match_name *name, bn_arena *arena, row_item *item, unsigned *generation);
bool row_organisation(const bn_match_name *name, bn_arena *arena, row_item *item);
bool row_address(const bn_match_address *address, bn_arena *arena, row_item *item);
bool row_phone(bn_slice text, const char *region, row_item *item);
bool row_email(bn_slice text, bn_arena *arena, row_item *item);

/* What a resident number says about its holder, 0 for nothing. */
typedef struct row_holder {
    uint32_t born;
    bn_match_sex sex;
} row_holder;
bool row_document(const bn_match_document *document, bn_arena *arena, row_item *item,
                  row_holder *holder);

#endif
