/* feature.c - from a customer to its row, and back to what the matcher reads.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <banyan/protocol/match/feature.h>

#include "compare.h"
#include "row.h"

#include <banyan/base/check.h>
#include <banyan/base/number.h>
#include <banyan/base/text.h>
#include <banyan/protocol/match/date.h>
#include <banyan/protocol/match/normalise.h>

#include <string.h>

#define SCRIPT_BITS 7u
#define ORDER_KNOWN 8u
#define NAME_TEXTS 5
#define ADDRESS_TEXTS 6
#define GENERATION_MAX 5
#define BORN_FLAGS_ALL (BN_BORN_DEFAULT | BN_BORN_FROM_ID | BN_BORN_DISPUTED)

int bn_rid_compare(const bn_rid *a, const bn_rid *b)
{
    int order = bn_id_compare(a->id, b->id);
    return order != 0 ? order : bn_dot_compare(a->dot, b->dot);
}

/* --- writing ------------------------------------------------------------------------------ */
typedef struct builder {
    const bn_match_input *input;
    bn_arena *arena;
    bn_buf *row;
    unsigned generation;
    unsigned born_flags;
    uint32_t born;
    bn_match_sex sex;
    row_items items[5]; /* names, documents, phones, emails, addresses */
    row_item attributes[BN_MATCH_ATTRIBUTES_MAX];
    unsigned attributes_given;
} builder;

enum { NAMES, DOCUMENTS, PHONES, EMAILS, ADDRESSES };

static void add_names(builder *b)
{
    for (size_t i = 0; i < b->input->names_count; i++) {
        row_item item;
        const bn_match_name *name = &b->input->names[i];
        bool is_there = b->input->party == BN_PARTY_PERSON
                            ? row_name(name, b->arena, &item, &b->generation)
                            : row_organisation(name, b->arena, &item);
        if (is_there) {
            row_items_add(&b->items[NAMES], &item);
        }
    }
}

/* The date and sex inside a resident number win over what was stated. Of several numbers the one
 * that says the earliest date counts, whatever their order. */
static void believe_document(builder *b, const row_holder *holder)
{
    if (holder->born == 0 || b->input->party != BN_PARTY_PERSON) {
        return;
    }
    bool is_first = (b->born_flags & BN_BORN_FROM_ID) == 0;
    bool is_less = holder->born < b->born || (holder->born == b->born && holder->sex < b->sex);
    if (is_first || is_less) {
        b->sex = holder->sex;
        b->born = holder->born;
    }
    b->born_flags |= BN_BORN_FROM_ID;
}

static void add_documents(builder *b)
{
    for (size_t i = 0; i < b->input->documents_count; i++) {
        row_item item;
        row_holder holder = {.born = 0};
        if (row_document(&b->input->documents[i], b->arena, &item, &holder)) {
            row_items_add(&b->items[DOCUMENTS], &item);
            believe_document(b, &holder);
        }
    }
}

static void add_contacts(builder *b)
{
    row_item item;
    const char *region = b->input->region != NULL ? b->input->region : "CN";
    for (size_t i = 0; i < b->input->phones_count; i++) {
        if (row_phone(b->input->phones[i], region, &item)) {
            row_items_add(&b->items[PHONES], &item);
        }
    }
    for (size_t i = 0; i < b->input->emails_count; i++) {
        if (row_email(b->input->emails[i], b->arena, &item)) {
            row_items_add(&b->items[EMAILS], &item);
        }
    }
    for (size_t i = 0; i < b->input->addresses_count; i++) {
        if (row_address(&b->input->addresses[i], b->arena, &item)) {
            row_items_add(&b->items[ADDRESSES], &item);
        }
    }
}

static void add_attributes(builder *b)
{
    for (unsigned i = 0; i < BN_MATCH_ATTRIBUTES_MAX; i++) {
        bn_buf buf;
        bn_buf_init(&buf, BN_FEATURE_BYTES_MAX);
        bn_rc rc = bn_normalise_ascii(cut_text(b->input->attributes[i], BN_FEATURE_BYTES_MAX / 4),
                                      &buf);
        bn_slice text = cut_text(bn_buf_slice(&buf), BN_FEATURE_LINE_MAX);
        if (rc == BN_OK && text.len > 0) {
            row_item *item = &b->attributes[i];
            item->len = 0;
            row_put_u32(item, tag_of(TAG_ATTRIBUTE + i, text));
            row_put_byte(item, 0);
            row_put_text(item, text, BN_FEATURE_LINE_MAX);
            b->attributes_given |= 1u << i;
        }
        bn_buf_fini(&buf);
    }
}

static void settle_born(builder *b)
{
    uint32_t stated = b->input->born;
    if ((b->born_flags & BN_BORN_FROM_ID) != 0) {
        b->born_flags |= stated != 0 && stated != b->born ? BN_BORN_DISPUTED : 0;
        return;
    }
    bn_date date;
    if (stated != 0 && bn_date_unpack(stated, &date) == BN_OK) {
        b->born = stated;
        b->born_flags |= date.is_default ? BN_BORN_DEFAULT : 0;
    }
}

static void write_row(builder *b)
{
    size_t start = b->row->len;
    const row_items *items = b->items;
    uint8_t head[ROW_HEAD_BYTES] = {
        BN_FEATURE_VERSION,
        (uint8_t)((unsigned)b->input->party | (unsigned)b->sex << 2 | b->generation << 4),
        (uint8_t)b->born_flags,
        [9] = (uint8_t)(items[NAMES].count | items[DOCUMENTS].count << 4),
        [10] = (uint8_t)(items[PHONES].count | items[EMAILS].count << 4),
        [11] = (uint8_t)(items[ADDRESSES].count | b->attributes_given << 4),
    };
    bn_store_u32(head + 5, b->born);
    bn_buf_append(b->row, head, sizeof head);
    for (int kind = NAMES; kind <= ADDRESSES; kind++) {
        for (unsigned i = 0; i < items[kind].count; i++) {
            bn_buf_append(b->row, items[kind].item[i].bytes, items[kind].item[i].len);
        }
    }
    for (unsigned i = 0; i < BN_MATCH_ATTRIBUTES_MAX; i++) {
        if ((b->attributes_given >> i & 1u) != 0) {
            bn_buf_append(b->row, b->attributes[i].bytes, b->attributes[i].len);
        }
    }
    if (bn_buf_status(b->row) == BN_OK) {
        size_t len = b->row->len - start;
        BN_ASSERT(len <= BN_FEATURE_BYTES_MAX);
        bn_store_u16(b->row->data + start + 3, (uint16_t)len);
    }
}

static bool is_too_much(const bn_match_input *input)
{
    const size_t counts[] = {input->names_count, input->documents_count, input->phones_count,
                             input->emails_count, input->addresses_count};
    for (size_t i = 0; i < BN_COUNT(counts); i++) {
        if (counts[i] > BN_MATCH_INPUTS_MAX) {
            return true;
        }
    }
    return false;
}

bn_rc bn_feature_make(const bn_match_input *input, bn_arena *scratch, bn_buf *row, bn_err *err)
{
    if (input->party != BN_PARTY_PERSON && input->party != BN_PARTY_ORGANISATION) {
        return bn_fail(err, BN_E_INVALID, "party %d is neither a person nor an organisation",
                       (int)input->party);
    }
    if (is_too_much(input)) {
        return bn_fail(err, BN_E_LIMIT, "more than %d values of one kind", BN_MATCH_INPUTS_MAX);
    }
    builder *b = bn_arena_alloc(scratch, sizeof *b);
    if (b == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "no memory for a feature row");
    }
    static const unsigned capacities[] = {BN_MATCH_NAMES_MAX, BN_MATCH_DOCUMENTS_MAX,
                                          BN_MATCH_PHONES_MAX, BN_MATCH_EMAILS_MAX,
                                          BN_MATCH_ADDRESSES_MAX};
    b->input = input;
    b->arena = scratch;
    b->row = row;
    b->sex = input->sex;
    for (size_t i = 0; i < BN_COUNT(capacities); i++) {
        BN_ASSERT(capacities[i] <= ROW_ITEMS_MAX);
        b->items[i].capacity = capacities[i];
    }
    add_names(b);
    add_documents(b);
    add_contacts(b);
    add_attributes(b);
    settle_born(b);
    size_t start = row->len;
    write_row(b);
    bn_rc rc = bn_buf_status(row);
    if (rc != BN_OK) {
        bn_buf_truncate(row, start);
        return bn_fail(err, rc, "no room for a feature row");
    }
    return BN_OK;
}

/* --- reading ------------------------------------------------------------------------------ */
/* Here and not in number.c: this runs for every pair that is scored. */
static uint32_t get_u32(const uint8_t **at)
{
    const uint8_t *b = *at;
    *at += 4;
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static bn_slice get_text(const uint8_t **at)
{
    bn_slice text = bn_slice_make(*at + 1, **at);
    *at += 1 + text.len;
    return text;
}

static void get_contact(const uint8_t **at, bn_feature_text *out)
{
    out->tag = get_u32(at);
    out->flags = *(*at)++;
    out->text = get_text(at);
}

static void get_name(const uint8_t **at, bn_feature_name *out)
{
    uint8_t first = *(*at)++;
    out->script = first & SCRIPT_BITS;
    out->is_order_known = (first & ORDER_KNOWN) != 0;
    out->family_tag = get_u32(at);
    out->given_tag = get_u32(at);
    out->whole_tag = get_u32(at);
    out->family = get_text(at);
    out->given = get_text(at);
    out->middle = get_text(at);
    out->family_reading = get_text(at);
    out->given_reading = get_text(at);
}

static void get_address(const uint8_t **at, bn_feature_address *out)
{
    out->area = get_u32(at);
    out->street_tag = get_u32(at);
    out->place_tag = get_u32(at);
    out->road = get_text(at);
    out->number = get_text(at);
    out->room = get_text(at);
    out->town = get_text(at);
    out->region = get_text(at);
    out->postcode = get_text(at);
}

void bn_feature_open(bn_slice row, bn_feature *out)
{
    const uint8_t *head = row.data;
    const uint8_t *at = head + ROW_HEAD_BYTES;
    out->party = (bn_party)(head[1] & 3u);
    out->sex = (bn_match_sex)(head[1] >> 2 & 3u);
    out->generation = head[1] >> 4;
    out->born_flags = head[2];
    out->born = bn_load_u32(head + 5);
    out->names_count = head[9] & 15u;
    out->documents_count = head[9] >> 4;
    out->phones_count = head[10] & 15u;
    out->emails_count = head[10] >> 4;
    out->addresses_count = head[11] & 15u;
    for (unsigned i = 0; i < out->names_count; i++) {
        get_name(&at, &out->names[i]);
    }
    for (unsigned i = 0; i < out->documents_count; i++) {
        out->documents[i].type = *at++;
        out->documents[i].flags = *at++;
        out->documents[i].type_tag = get_u32(&at);
        out->documents[i].number = get_text(&at);
    }
    for (unsigned i = 0; i < out->phones_count; i++) {
        get_contact(&at, &out->phones[i]);
    }
    for (unsigned i = 0; i < out->emails_count; i++) {
        get_contact(&at, &out->emails[i]);
    }
    for (unsigned i = 0; i < out->addresses_count; i++) {
        get_address(&at, &out->addresses[i]);
    }
    for (unsigned i = 0; i < BN_MATCH_ATTRIBUTES_MAX; i++) {
        out->attributes[i] = (bn_feature_text){.tag = 0};
        if ((head[11] >> (4 + i) & 1u) != 0) {
            get_contact(&at, &out->attributes[i]);
        }
    }
    BN_ASSERT_SLOW(at == row.data + row.len);
}

/* --- checking ----------------------------------------------------------------------------- */
typedef struct walker {
    bn_slice row;
    size_t at;
    bool is_good;
} walker;

/* Passes over `fixed` bytes and `texts` strings of at most `text_max` bytes. */
static bn_slice pass_item(walker *w, size_t fixed, unsigned texts, size_t text_max)
{
    size_t start = w->at;
    w->is_good = w->is_good && w->row.len - w->at >= fixed;
    w->at += w->is_good ? fixed : 0;
    for (unsigned i = 0; i < texts && w->is_good; i++) {
        size_t left = w->row.len - w->at;
        size_t len = left > 0 ? w->row.data[w->at] : 0;
        w->is_good = left > len && len <= text_max &&
                     bn_utf8_valid(bn_slice_make(w->row.data + w->at + 1, len));
        w->at += w->is_good ? 1 + len : 0;
    }
    return bn_slice_make(w->row.data + start, w->at - start);
}

static void pass_items(walker *w, unsigned count, size_t fixed, unsigned texts, size_t text_max)
{
    bn_slice before = {.len = 0};
    for (unsigned i = 0; i < count && w->is_good; i++) {
        bn_slice item = pass_item(w, fixed, texts, text_max);
        w->is_good = w->is_good && (i == 0 || bn_slice_compare(before, item) < 0);
        before = item;
    }
}

static bool is_head_good(bn_slice row)
{
    const uint8_t *head = row.data;
    unsigned party = head[1] & 3u;
    return head[0] == BN_FEATURE_VERSION && bn_load_u16(head + 3) == row.len &&
           (party == BN_PARTY_PERSON || party == BN_PARTY_ORGANISATION) &&
           (head[1] >> 2 & 3u) <= BN_SEX_FEMALE && head[1] >> 4 <= GENERATION_MAX &&
           (head[2] & ~BORN_FLAGS_ALL) == 0 && (head[9] & 15u) <= BN_MATCH_NAMES_MAX &&
           head[9] >> 4 <= BN_MATCH_DOCUMENTS_MAX && (head[10] & 15u) <= BN_MATCH_PHONES_MAX &&
           head[10] >> 4 <= BN_MATCH_EMAILS_MAX && (head[11] & 15u) <= BN_MATCH_ADDRESSES_MAX;
}

bn_rc bn_feature_check(bn_slice row, bn_err *err)
{
    if (row.len < ROW_HEAD_BYTES || row.len > BN_FEATURE_BYTES_MAX || !is_head_good(row)) {
        return bn_fail(err, BN_E_CORRUPT, "feature row: bad head, %zu bytes", row.len);
    }
    walker w = {.row = row, .at = ROW_HEAD_BYTES, .is_good = true};
    const uint8_t *head = row.data;
    pass_items(&w, head[9] & 15u, 13, NAME_TEXTS, BN_FEATURE_LINE_MAX);
    pass_items(&w, head[9] >> 4, 6, 1, BN_FEATURE_LINE_MAX);
    pass_items(&w, head[10] & 15u, 5, 1, BN_FEATURE_LINE_MAX);
    pass_items(&w, head[10] >> 4, 5, 1, BN_FEATURE_LINE_MAX);
    pass_items(&w, head[11] & 15u, 12, ADDRESS_TEXTS, BN_FEATURE_WORD_MAX);
    for (unsigned i = 0; i < BN_MATCH_ATTRIBUTES_MAX; i++) {
        if ((head[11] >> (4 + i) & 1u) != 0) {
            pass_item(&w, 5, 1, BN_FEATURE_LINE_MAX);
        }
    }
    if (!w.is_good || w.at != row.len) {
        return bn_fail(err, BN_E_CORRUPT, "feature row: bad item at byte %zu of %zu", w.at,
                       row.len);
    }
    return BN_OK;
}

uint64_t bn_feature_evidence(bn_slice row)
{
    return (uint64_t)tag_of(TAG_WHOLE, row) << 32 | tag_of(TAG_NUMBER, row);
}
