/* row_name.c - the names of a person or an organisation as items of a row.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "row.h"

#include "compare.h"

#include <banyan/base/check.h>
#include <banyan/protocol/match/name.h>
#include <banyan/protocol/match/pinyin.h>

#define ORDER_KNOWN 8u
#define NAME_BYTES_MAX 512 /* of what is compared; the split takes up to BN_TEXT_BYTES_MAX */

static unsigned generation_of(bn_slice suffix)
{
    static const struct {
        const char *text;
        unsigned generation;
    } known[] = {{"sr", 1}, {"senior", 1}, {"jr", 2}, {"junior", 2}, {"ii", 2},
                 {"iii", 3}, {"iv", 4}, {"v", 5}};
    for (size_t i = 0; i < BN_COUNT(known); i++) {
        if (bn_slice_is(suffix, known[i].text)) {
            return known[i].generation;
        }
    }
    return 0;
}

static bn_slice in_arena(bn_rc (*transform)(bn_slice, bn_buf *), bn_slice text, bn_arena *arena)
{
    bn_buf buf;
    bn_buf_init(&buf, NAME_BYTES_MAX);
    bn_slice out = BN_SLICE("");
    if (transform(text, &buf) == BN_OK) {
        out = bn_arena_copy(arena, bn_buf_slice(&buf));
    }
    bn_buf_fini(&buf);
    return out.data != NULL ? out : BN_SLICE("");
}

static bn_rc family_reading(bn_slice text, bn_buf *out)
{
    return bn_pinyin_name(text, out, NULL);
}

static bn_rc given_reading(bn_slice text, bn_buf *out)
{
    return bn_pinyin_text(text, out, NULL);
}

static bn_rc split(const bn_match_name *name, bn_arena *arena, bn_name *parts)
{
    if (name->family.len > 0 || name->given.len > 0) {
        return bn_name_split_fields(name->family, name->given, arena, parts);
    }
    return bn_name_split(name->whole, arena, parts);
}

/* A family name that stands alone in its own column is one, whatever the split makes of it. */
static void keep_columns(const bn_match_name *name, bn_name *parts)
{
    bool only_family = name->family.len > 0 && bn_slice_trim(name->given).len == 0;
    if (only_family && parts->family.len == 0) {
        parts->family = parts->given;
        parts->given = BN_SLICE("");
    }
}

/* "xiu", "ying" and "mary", "ann": what stood in the column of given names stays together. */
static bn_slice joined_given(const bn_match_name *name, const bn_name *parts, bn_arena *arena)
{
    if (name->given.len == 0 || parts->middle.len == 0 || parts->given.len == 0) {
        return parts->given;
    }
    char *joined = bn_arena_printf(arena, "%.*s %.*s", BN_SLICE_ARG(parts->given),
                                   BN_SLICE_ARG(parts->middle));
    return joined != NULL ? bn_slice_of(joined) : parts->given;
}

bool row_name(const bn_match_name *name, bn_arena *arena, row_item *item, unsigned *generation)
{
    bn_name parts = {.script = BN_SCRIPT_NONE};
    if (split(name, arena, &parts) != BN_OK || parts.script == BN_SCRIPT_NONE) {
        return false;
    }
    keep_columns(name, &parts);
    bn_slice given = joined_given(name, &parts, arena);
    bn_slice middle = given.len == parts.given.len ? parts.middle : BN_SLICE("");
    if (name->middle.len > 0) {
        middle = in_arena(bn_normalise_ascii, name->middle, arena);
    }
    unsigned found = generation_of(parts.suffix);
    if (found == 0 && name->suffix.len > 0) {
        bn_slice suffix = in_arena(bn_normalise_key, name->suffix, arena);
        found = generation_of(suffix);
    }
    *generation = found > *generation ? found : *generation;

    bool is_hanzi = parts.script == BN_SCRIPT_HANZI;
    bn_slice compare = in_arena(bn_normalise_text,
                                name->whole.len > 0 ? name->whole : name->given, arena);
    item->len = 0;
    row_put_byte(item, (unsigned)parts.script | (parts.is_order_known ? ORDER_KNOWN : 0));
    row_put_u32(item, tag_of(TAG_FAMILY, cut_text(parts.family, BN_FEATURE_WORD_MAX)));
    row_put_u32(item, tag_of(TAG_GIVEN, cut_text(given, BN_FEATURE_WORD_MAX)));
    row_put_u32(item, is_hanzi ? tag_of(TAG_WHOLE, compare) : 0);
    row_put_text(item, parts.family, BN_FEATURE_WORD_MAX);
    row_put_text(item, given, BN_FEATURE_WORD_MAX);
    row_put_text(item, middle, BN_FEATURE_WORD_MAX);
    bn_slice none = BN_SLICE("");
    row_put_text(item, is_hanzi ? in_arena(family_reading, parts.family, arena) : none,
                 BN_FEATURE_WORD_MAX);
    row_put_text(item, is_hanzi ? in_arena(given_reading, given, arena) : none,
                 BN_FEATURE_WORD_MAX);
    return parts.family.len + given.len > 0;
}

/* Letters and digits stay, apostrophes and points go, all else parts words. */
static bn_slice words_of(bn_slice text, bn_arena *arena)
{
    bn_slice folded = in_arena(bn_normalise_ascii, text, arena);
    bn_slice plain = in_arena(bn_hanzi_fold, folded, arena);
    uint8_t *out = bn_arena_array(arena, plain.len + 1, 1);
    if (out == NULL) {
        return BN_SLICE("");
    }
    size_t len = 0;
    for (size_t i = 0; i < plain.len; i++) {
        uint8_t c = plain.data[i];
        bool is_kept = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c >= 0x80;
        if (is_kept) {
            out[len++] = c;
        } else if (c != '\'' && c != '.' && len > 0 && out[len - 1] != ' ') {
            out[len++] = ' ';
        }
    }
    while (len > 0 && out[len - 1] == ' ') {
        len--;
    }
    return bn_slice_make(out, len);
}

bool row_organisation(const bn_match_name *name, bn_arena *arena, row_item *item)
{
    bn_slice whole = name->whole.len > 0 ? name->whole : name->family;
    if (bn_slice_trim(whole).len == 0) {
        whole = name->given;
    }
    bn_slice words = words_of(whole, arena);
    bn_slice kept = cut_text(words, BN_FEATURE_LINE_MAX);
    if (kept.len == 0) {
        return false;
    }
    item->len = 0;
    row_put_byte(item, (unsigned)bn_script_of(kept) | ORDER_KNOWN);
    row_put_u32(item, tag_of(TAG_FAMILY, BN_SLICE("")));
    row_put_u32(item, tag_of(TAG_GIVEN, kept));
    row_put_u32(item, 0);
    row_put_text(item, BN_SLICE(""), 0);
    row_put_text(item, kept, BN_FEATURE_LINE_MAX);
    for (int i = 0; i < 3; i++) {
        row_put_text(item, BN_SLICE(""), 0);
    }
    return true;
}
