/* address.c - Western addresses, and which of the two grammars reads a text.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   [unit 5,] 12a  main st  ,  springfield  12345        number first
 *             hauptstrasse 12 , 10115 berlin             number last
 *
 * Words know how many commas went before them. Street types and directions are spelt out; what
 * has no part of its own is a token only.
 */
#include "address_parts.h"
#include "points.h"

#include <banyan/base/check.h>

#include <string.h>

#define WORDS_MAX 40

typedef struct address_word {
    bn_slice text;
    uint8_t comma_count;
    bool is_taken; /* by room or postcode */
} address_word;

typedef struct address_words {
    size_t count;
    address_word word[WORDS_MAX];
} address_words;

static bool has_digit(bn_slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (is_ascii_digit(s.data[i])) {
            return true;
        }
    }
    return false;
}

static bool is_digits(bn_slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (!is_ascii_digit(s.data[i])) {
            return false;
        }
    }
    return s.len > 0;
}

static bool is_word_byte(uint8_t c)
{
    return c >= 0x80 || is_ascii_lower(c) || is_ascii_digit(c);
}

/* The full word for a street type or a direction, or `word` itself; *is_type for the former. */
static bn_slice spell_out(bn_slice word, bool *is_type)
{
    static const char *const types[][2] = {
        {"st", "street"}, {"str", "street"}, {"ave", "avenue"}, {"av", "avenue"}, {"rd", "road"},
        {"blvd", "boulevard"}, {"bvd", "boulevard"}, {"dr", "drive"}, {"drv", "drive"},
        {"ln", "lane"}, {"ct", "court"}, {"crt", "court"}, {"pl", "place"}, {"sq", "square"},
        {"ter", "terrace"}, {"tce", "terrace"}, {"hwy", "highway"}, {"pkwy", "parkway"},
        {"pde", "parade"}, {"cres", "crescent"}, {"cr", "crescent"}, {"cct", "circuit"},
        {"cir", "circle"}, {"cl", "close"}, {"gr", "grove"}, {"gdns", "gardens"},
        {"expy", "expressway"}, {"fwy", "freeway"}, {"tpke", "turnpike"}, {"xing", "crossing"},
        {"espl", "esplanade"}, {"trl", "trail"}, {"aly", "alley"}, {"wy", "way"}};
    static const char *const directions[][2] = {
        {"n", "north"}, {"s", "south"}, {"e", "east"}, {"w", "west"}, {"ne", "northeast"},
        {"nw", "northwest"}, {"se", "southeast"}, {"sw", "southwest"}, {"mt", "mount"},
        {"ft", "fort"}};
    *is_type = bn_slice_is(word, "way") || bn_slice_is(word, "walk") || bn_slice_is(word, "mews");
    for (size_t i = 0; i < BN_COUNT(types); i++) {
        if (bn_slice_is(word, types[i][0]) || bn_slice_is(word, types[i][1])) {
            *is_type = true;
            return bn_slice_of(types[i][1]);
        }
    }
    for (size_t i = 0; i < BN_COUNT(directions); i++) {
        if (bn_slice_is(word, directions[i][0])) {
            return bn_slice_of(directions[i][1]);
        }
    }
    return word;
}

static bool is_room_word(bn_slice s)
{
    static const char *const words[] = {"apt", "apartment", "unit", "suite", "ste", "flat",
                                        "room", "rm", "lot", "byt"};
    for (size_t i = 0; i < BN_COUNT(words); i++) {
        if (bn_slice_is(s, words[i])) {
            return true;
        }
    }
    return false;
}

static bool is_unit_slash(bn_slice s, size_t at)
{
    return s.data[at] == '/' && at > 0 && at + 1 < s.len && is_ascii_digit(s.data[at - 1]) &&
           is_ascii_digit(s.data[at + 1]);
}

/* "st" with no name before it: 12 st kilda road, st albans. */
static bool is_saint(const address_words *words, size_t at)
{
    bool is_head = at == 0 || words->word[at - 1].comma_count < words->word[at].comma_count ||
                   is_digits(words->word[at - 1].text);
    return is_head && bn_slice_is(words->word[at].text, "st") &&
           words->word[at + 1].comma_count == words->word[at].comma_count;
}

/* Words of folded text; apostrophes vanish into `copy`. Words beyond the maximum are left out. */
static void split_words(bn_slice s, uint8_t *copy, address_words *words, bool *has_slash)
{
    uint8_t comma_count = 0;
    size_t used = 0;
    for (size_t at = 0; at < s.len && words->count < WORDS_MAX;) {
        if (!is_word_byte(s.data[at])) {
            bool is_comma = s.data[at] == ',' || s.data[at] == ';';
            comma_count = (uint8_t)(comma_count + (is_comma && comma_count < UINT8_MAX));
            *has_slash = *has_slash || (words->count == 1 && is_unit_slash(s, at));
            at++;
            continue;
        }
        size_t start = used;
        for (; at < s.len && (is_word_byte(s.data[at]) || s.data[at] == '\''); at++) {
            if (s.data[at] != '\'') {
                copy[used++] = s.data[at];
            }
        }
        words->word[words->count++] = (address_word){
            .text = bn_slice_make(copy + start, used - start), .comma_count = comma_count};
    }
    for (size_t i = 0; i + 1 < words->count; i++) {
        if (is_saint(words, i)) {
            words->word[i].text = BN_SLICE("saint");
        }
    }
}

/* "apt 5", or the 5 of 5/12. */
static void take_room(address_words *words, bool has_slash, bn_address *out)
{
    if (has_slash && words->count > 1) {
        out->room = words->word[0].text;
        words->word[0].is_taken = true;
        return;
    }
    if (words->count > 1 && bn_slice_is(words->word[0].text, "no")) {
        words->word[0].is_taken = has_digit(words->word[1].text); /* no. 5 main st */
    }
    for (size_t i = 0; i + 1 < words->count; i++) {
        bn_slice value = words->word[i + 1].text;
        bool is_value = has_digit(value) || value.len == 1;
        if (is_room_word(words->word[i].text) && is_value) {
            out->room = value;
            words->word[i].is_taken = true;
            words->word[i + 1].is_taken = true;
            return;
        }
    }
}

static bn_rc join(const address_words *words, size_t from, size_t to, bn_arena *arena,
                  bn_slice *out)
{
    BN_AUTO(bn_buf_fini) bn_buf text = {.size_max = 4 * BN_TEXT_BYTES_MAX};
    for (size_t i = from; i < to; i++) {
        bool is_type = false;
        if (words->word[i].is_taken) {
            continue;
        }
        if (text.len > 0) {
            bn_buf_append_byte(&text, ' ');
        }
        bn_buf_append_slice(&text, spell_out(words->word[i].text, &is_type));
    }
    BN_TRY(bn_buf_status(&text));
    bn_slice copy = bn_arena_copy(arena, bn_buf_slice(&text));
    if (copy.data == NULL) {
        return BN_E_NO_MEMORY;
    }
    *out = copy;
    return BN_OK;
}

/* Digits, or one letter and a digit mixed as in Britain and Canada, behind the road. */
static bn_rc take_postcode(address_words *words, size_t road_end, bn_arena *arena, bn_address *out)
{
    for (size_t i = words->count; i-- > road_end && i > 0;) {
        bn_slice s = words->word[i].text;
        bn_slice before = words->word[i - 1].text;
        bool is_zip = is_digits(s) && (s.len >= 4 && s.len <= 6);
        bool is_plus4 = is_digits(s) && s.len == 4 && is_digits(before) && before.len == 5;
        bool is_pair = has_digit(s) && has_digit(before) && s.len <= 3 && s.len >= 2 &&
                       before.len >= 2 && before.len <= 4 && i - 1 >= road_end &&
                       (is_digits(s) == is_digits(before));
        if (words->word[i].is_taken || !(is_zip || is_pair || is_plus4)) {
            continue;
        }
        size_t from = is_plus4 || is_pair ? i - 1 : i;
        size_t to = is_plus4 ? i : i + 1; /* the first five digits name the place */
        BN_TRY(join(words, from, to, arena, &out->postcode));
        for (size_t j = from; j <= i; j++) {
            words->word[j].is_taken = true;
        }
        return BN_OK;
    }
    return BN_OK;
}

/* First word that is not taken. */
static size_t skip_taken(const address_words *words, size_t at)
{
    while (at < words->count && words->word[at].is_taken) {
        at++;
    }
    return at;
}

/* Number and road; *end is where they stop. */
static bn_rc take_road(const address_words *words, bn_arena *arena, bn_address *out, size_t *end)
{
    size_t first = skip_taken(words, 0);
    *end = first;
    if (first == words->count) {
        return BN_OK;
    }
    bool is_number_first = is_ascii_digit(words->word[first].text.data[0]);
    size_t start = is_number_first ? first + 1 : first;
    uint8_t part = start < words->count ? words->word[start].comma_count : 0;
    size_t at = start;
    bool is_type = false;
    for (; at < words->count && words->word[at].comma_count == part && !is_type; at++) {
        bool is_number = !is_number_first && at > start &&
                         is_ascii_digit(words->word[at].text.data[0]) && !words->word[at].is_taken;
        if (is_number) {
            out->number = words->word[at].text;
            break;
        }
        spell_out(words->word[at].text, &is_type);
        is_type = is_type && at > start;
    }
    if (is_number_first) {
        out->number = words->word[first].text;
    }
    *end = at + (!is_number_first && out->number.len > 0);
    return join(words, start, at, arena, &out->road);
}

/* What is left behind the road, up to the next comma. */
static bn_rc take_town(const address_words *words, size_t from, bn_arena *arena, bn_address *out)
{
    from = skip_taken(words, from);
    size_t to = from;
    while (to < words->count && words->word[to].comma_count == words->word[from].comma_count &&
           !words->word[to].is_taken) {
        to++;
    }
    return from < to ? join(words, from, to, arena, &out->town) : BN_OK;
}

static bn_rc parse_western(bn_slice folded, bn_arena *arena, bn_address *out)
{
    address_words words = {0};
    bn_address address = {.script = bn_script_of(folded)};
    bool has_slash = false;
    size_t road_end = 0;
    uint8_t *copy = bn_arena_alloc(arena, folded.len + 1);
    if (copy == NULL) {
        return BN_E_NO_MEMORY;
    }
    split_words(folded, copy, &words, &has_slash);
    take_room(&words, has_slash, &address);
    BN_TRY(take_road(&words, arena, &address, &road_end));
    BN_TRY(take_postcode(&words, road_end, arena, &address));
    BN_TRY(take_town(&words, road_end, arena, &address));
    for (size_t i = 0; i < words.count; i++) {
        bool is_type = false;
        if (!words.word[i].is_taken) {
            bn_address_add_token(&address, spell_out(words.word[i].text, &is_type));
        }
    }
    if (address.room.len > 0) {
        char *token = bn_arena_printf(arena, "r%.*s", BN_SLICE_ARG(address.room));
        if (token == NULL) {
            return BN_E_NO_MEMORY;
        }
        bn_address_add_token(&address, bn_slice_of(token));
    }
    *out = address;
    return BN_OK;
}

bn_rc bn_address_parse(bn_slice text, bn_arena *arena, bn_address *out)
{
    bn_slice folded;
    BN_TRY(bn_to_arena(bn_fold_whole, text, arena, &folded));
    bn_script script = bn_script_of(folded);
    return script == BN_SCRIPT_HANZI || script == BN_SCRIPT_MIXED
               ? bn_address_parse_chinese(folded, arena, out)
               : parse_western(folded, arena, out);
}
