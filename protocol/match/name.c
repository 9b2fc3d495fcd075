/* name.c - a person's name in parts.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Western: folded text -> nickname out of quotes or brackets -> words, each knowing how many commas
 * went before it -> titles off the head, suffixes off the tail -> family and given.
 * Chinese: blanks out, title off the tail, the longest surname at the head; a name with U+00B7 is
 * a transliteration, its family name last.
 */
#include <banyan/protocol/match/name.h>

#include "points.h"

#include <banyan/base/check.h>
#include <banyan/protocol/match/pinyin.h>

#include <string.h>

#define WORDS_MAX 24
#define DOT_BYTES 2

typedef struct name_word {
    bn_slice text;
    uint8_t comma_count;
} name_word;

typedef struct name_words {
    size_t count;
    name_word word[WORDS_MAX];
} name_words;

static bool is_one_of(bn_slice s, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (bn_slice_is(s, words[i])) {
            return true;
        }
    }
    return false;
}

static bool is_title(bn_slice s)
{
    static const char *const titles[] = {
        "mr", "mrs", "ms", "miss", "mx", "dr", "prof", "professor", "doctor", "sir", "dame",
        "lady", "lord", "rev", "reverend", "fr", "hon", "capt", "captain", "col", "maj", "gen",
        "lt", "sgt", "herr", "frau", "mme", "mlle", "madame", "monsieur", "senor", "senora",
        "ing", "mgr", "judr", "mudr", "phdr", "rndr", "bc", "doc", "mister"};
    return is_one_of(s, titles, BN_COUNT(titles));
}

/* The plain form of a suffix, or NULL. */
static const char *suffix_of(bn_slice s)
{
    static const char *const suffixes[][2] = {
        {"jr", "jr"}, {"jnr", "jr"}, {"junior", "jr"}, {"sr", "sr"}, {"snr", "sr"},
        {"senior", "sr"}, {"ii", "ii"}, {"2nd", "ii"}, {"iii", "iii"}, {"3rd", "iii"},
        {"iv", "iv"}, {"4th", "iv"}, {"phd", "phd"}, {"md", "md"}, {"esq", "esq"},
        {"esquire", "esq"}, {"dds", "dds"}, {"cpa", "cpa"}, {"mba", "mba"}, {"csc", "csc"},
        {"drsc", "drsc"}, {"obe", "obe"}, {"mbe", "mbe"}, {"cbe", "cbe"}, {"rn", "rn"}};
    for (size_t i = 0; i < BN_COUNT(suffixes); i++) {
        if (bn_slice_is(s, suffixes[i][0])) {
            return suffixes[i][1];
        }
    }
    return NULL;
}

static bool is_generation(const char *suffix)
{
    return strcmp(suffix, "jr") == 0 || strcmp(suffix, "sr") == 0 || suffix[0] == 'i';
}

static bool is_particle(bn_slice s)
{
    static const char *const particles[] = {"van", "von", "der", "den", "de", "da", "del",
                                            "della", "di", "du", "dos", "das", "bin", "ibn",
                                            "al", "el", "ter", "ten", "zu", "vom"};
    return is_one_of(s, particles, BN_COUNT(particles));
}

/* --- words ------------------------------------------------------------------------------ */

/* The closing mark of a bracket or quote that may hold a nickname, 0 for anything else. */
static uint8_t closing_of(uint8_t c, bool is_after_blank)
{
    bool is_quote = c == '"' || (c == '\'' && is_after_blank);
    return is_quote ? c : c == '(' ? ')' : c == '[' ? ']' : 0;
}

/* Takes the first bracketed part out of `s` (blanks in its place) into `nick`. */
static void take_nick(uint8_t *s, size_t len, bn_slice *nick)
{
    for (size_t i = 1; i < len; i++) {
        uint8_t closing = closing_of(s[i], s[i - 1] == ' ');
        const uint8_t *end = closing == 0 ? NULL : memchr(s + i + 1, closing, len - i - 1);
        if (end != NULL) {
            *nick = bn_slice_trim(bn_slice_make(s + i + 1, (size_t)(end - s) - i - 1));
            s[i] = ' ';
            s[end - s] = ' ';
            return;
        }
    }
}

static bool is_inside(bn_slice part, const uint8_t *at)
{
    return part.data != NULL && at >= part.data && at < part.data + part.len;
}

static bool is_word_byte(uint8_t c)
{
    return c >= 0x80 || is_ascii_lower(c) || is_ascii_digit(c);
}

/* Words of folded text without those of `nick`; false when there are more than WORDS_MAX. An
 * apostrophe vanishes (o'brien is obrien), a hyphen stays inside a word. */
static bool split_words(uint8_t *s, size_t len, bn_slice nick, name_words *words)
{
    uint8_t comma_count = 0;
    size_t at = 0;
    while (at < len) {
        if (s[at] == ',') {
            comma_count = comma_count < UINT8_MAX ? comma_count + 1 : comma_count;
        }
        if (!is_word_byte(s[at]) || is_inside(nick, s + at)) {
            at++;
            continue;
        }
        size_t start = at;
        size_t end = at;
        while (at < len && !is_inside(nick, s + at) &&
               (is_word_byte(s[at]) || s[at] == '\'' ||
                (s[at] == '-' && at + 1 < len && is_word_byte(s[at + 1])))) {
            if (s[at] != '\'') {
                s[end++] = s[at];
            }
            at++;
        }
        if (words->count == WORDS_MAX) {
            return false;
        }
        words->word[words->count++] = (name_word){bn_slice_make(s + start, end - start),
                                                  comma_count};
    }
    return true;
}

static void drop_word(name_words *words, size_t at)
{
    memmove(&words->word[at], &words->word[at + 1],
            (words->count - at - 1) * sizeof words->word[0]);
    words->count--;
}

/* Titles off the head (of any comma part), suffixes off the tail; one word always stays. */
static void take_titles(name_words *words, bn_name *name)
{
    for (size_t i = 0; i < words->count && words->count > 1;) {
        bool is_head = i == 0 || words->word[i].comma_count > words->word[i - 1].comma_count;
        if (!is_head || !is_title(words->word[i].text)) {
            i++;
            continue;
        }
        name->title = name->title.len == 0 ? words->word[i].text : name->title;
        drop_word(words, i);
    }
    for (size_t i = words->count; i-- > 1;) {
        const char *suffix = suffix_of(words->word[i].text);
        bool is_tail = i + 1 == words->count ||
                       words->word[i + 1].comma_count > words->word[i].comma_count;
        if (suffix == NULL || !is_tail) {
            continue;
        }
        if (name->suffix.len == 0 || is_generation(suffix)) {
            name->suffix = bn_slice_of(suffix);
        }
        drop_word(words, i);
    }
}

/* --- parts ------------------------------------------------------------------------------ */

/* Words [from, to) with blanks between them and for their hyphens. */
static bn_rc join(const name_words *words, size_t from, size_t to, bn_arena *arena, bn_slice *out)
{
    size_t len = 0;
    for (size_t i = from; i < to; i++) {
        len += words->word[i].text.len + (i > from);
    }
    uint8_t *text = bn_arena_alloc(arena, len + 1);
    if (text == NULL) {
        return BN_E_NO_MEMORY;
    }
    size_t at = 0;
    for (size_t i = from; i < to; i++) {
        if (i > from) {
            text[at++] = ' ';
        }
        for (size_t j = 0; j < words->word[i].text.len; j++) {
            uint8_t c = words->word[i].text.data[j];
            text[at++] = c == '-' ? ' ' : c;
        }
    }
    *out = bn_slice_make(text, len);
    return BN_OK;
}

/* Tokens of `name->whole`. */
static bn_rc split_tokens(bn_name *name)
{
    bn_slice s = name->whole;
    for (size_t at = 0; at < s.len;) {
        const uint8_t *blank = memchr(s.data + at, ' ', s.len - at);
        size_t end = blank == NULL ? s.len : (size_t)(blank - s.data);
        if (end > at) {
            if (name->tokens_count == BN_NAME_TOKENS_MAX) {
                return BN_E_LIMIT;
            }
            name->tokens[name->tokens_count++] = bn_slice_make(s.data + at, end - at);
        }
        at = end + 1;
    }
    return BN_OK;
}

static bn_rc set_given(const name_words *words, size_t from, size_t to, bn_arena *arena,
                       bn_name *name)
{
    if (from == to) {
        return BN_OK;
    }
    BN_TRY(join(words, from, from + 1, arena, &name->given));
    return from + 1 < to ? join(words, from + 1, to, arena, &name->middle) : BN_OK;
}

/* Where the family name of "given middle family" begins. */
static size_t family_start(const name_words *words)
{
    for (size_t i = 1; i + 1 < words->count; i++) {
        if (is_particle(words->word[i].text)) {
            return i;
        }
    }
    return words->count - 1;
}

static bn_rc set_western(name_words *words, bn_arena *arena, bn_name *name)
{
    take_titles(words, name);
    if (words->count == 0) {
        return BN_OK;
    }
    BN_TRY(join(words, 0, words->count, arena, &name->whole));
    BN_TRY(split_tokens(name));
    size_t head = 1; /* words before the first comma */
    while (head < words->count && words->word[head].comma_count == words->word[0].comma_count) {
        head++;
    }
    if (head < words->count) {
        name->is_order_known = true;
        BN_TRY(join(words, 0, head, arena, &name->family));
        return set_given(words, head, words->count, arena, name);
    }
    if (words->count == 1) {
        return join(words, 0, 1, arena, &name->given);
    }
    size_t family = family_start(words);
    BN_TRY(join(words, family, words->count, arena, &name->family));
    return set_given(words, 0, family, arena, name);
}

/* --- Chinese ---------------------------------------------------------------------------- */

static void take_chinese_title(bn_slice *s, bn_name *name)
{
    static const char *const titles[] = {"先生", "女士", "小姐", "太太", "夫人", "医生", "老师",
                                         "博士", "教授", "经理", "总经理", "律师", "同志"};
    for (size_t i = 0; i < BN_COUNT(titles); i++) {
        bn_slice title = bn_slice_of(titles[i]);
        if (s->len > title.len &&
            memcmp(s->data + s->len - title.len, title.data, title.len) == 0) {
            name->title = title;
            s->len -= title.len;
            return;
        }
    }
}

/* The first U+00B7 of `s`, or NULL. */
static const uint8_t *find_dot(bn_slice s)
{
    return s.len < DOT_BYTES ? NULL : memmem(s.data, s.len, "\xc2\xb7", DOT_BYTES);
}

/* `s` holds Hanzi and separators; `blank_at` is where its first blank was, 0 for none. */
static bn_rc set_chinese(bn_slice s, size_t blank_at, bn_name *name)
{
    take_chinese_title(&s, name);
    name->whole = s;
    size_t family_len = bn_surname_bytes(s);
    const uint8_t *first = family_len > 0 ? NULL : find_dot(s);
    if (first != NULL && first > s.data) {
        const uint8_t *last = first;
        for (const uint8_t *dot = first; dot != NULL;
             dot = find_dot(slice_from(s, (size_t)(dot - s.data) + DOT_BYTES))) {
            last = dot;
        }
        name->given = bn_slice_make(s.data, (size_t)(first - s.data));
        name->family = slice_from(s, (size_t)(last - s.data) + DOT_BYTES);
        name->middle = first < last ? bn_slice_make(first + DOT_BYTES,
                                                    (size_t)(last - first) - DOT_BYTES)
                                    : (bn_slice){0};
        name->tokens[name->tokens_count++] = name->given;
        name->tokens[name->tokens_count++] = name->family;
        return BN_OK;
    }
    bool is_split = blank_at > 0 && blank_at < s.len && blank_at <= 12;
    name->is_order_known = true;
    name->family = bn_slice_make(s.data, is_split ? blank_at : family_len);
    name->given = slice_from(s, name->family.len);
    if (name->family.len > 0) {
        name->tokens[name->tokens_count++] = name->family;
    }
    if (name->given.len > 0) {
        name->tokens[name->tokens_count++] = name->given;
    }
    return BN_OK;
}

/* Hanzi and separators of `s` packed to its head, the rest trimmed to `nick`. */
static bn_slice pack_hanzi(bn_slice s, uint8_t *out, size_t *blank_at, bn_arena *arena,
                           bn_slice *nick)
{
    size_t len = 0;
    size_t rest_len = 0;
    uint8_t *rest = bn_arena_alloc(arena, s.len + 1);
    *blank_at = 0;
    for (size_t at = 0; at < s.len && rest != NULL;) {
        size_t start = at;
        uint32_t c = bn_utf8_next(s, &at);
        if (bn_is_hanzi(c) || (c == 0xb7 && len > 0)) {
            memmove(out + len, s.data + start, at - start);
            len += at - start;
        } else if (c < 0x80 && !is_word_byte((uint8_t)c)) {
            bool has_more = len > 0 && rest_len == 0;
            *blank_at = *blank_at == 0 && c == ' ' && has_more ? len : *blank_at;
            rest[rest_len] = ' ';
            rest_len += rest_len > 0;
        } else {
            memcpy(rest + rest_len, s.data + start, at - start);
            rest_len += at - start;
        }
    }
    *nick = rest == NULL ? (bn_slice){0} : bn_slice_trim(bn_slice_make(rest, rest_len));
    return bn_slice_make(out, rest == NULL ? 0 : len);
}

bn_rc bn_name_split(bn_slice text, bn_arena *arena, bn_name *out)
{
    bn_name name = {0};
    name_words words = {0};
    bn_slice folded;
    BN_TRY(bn_to_arena(bn_fold_whole, text, arena, &folded));
    uint8_t *copy = bn_arena_alloc(arena, folded.len + 1);
    if (copy == NULL) {
        return BN_E_NO_MEMORY;
    }
    memcpy(copy, folded.data, folded.len);
    name.script = bn_script_of(folded);
    if (name.script == BN_SCRIPT_HANZI || name.script == BN_SCRIPT_MIXED) {
        size_t blank_at = 0;
        bn_slice hanzi = pack_hanzi(folded, copy, &blank_at, arena, &name.nick);
        BN_TRY(set_chinese(hanzi, blank_at, &name));
    } else {
        take_nick(copy, folded.len, &name.nick);
        if (!split_words(copy, folded.len, name.nick, &words)) {
            return BN_E_LIMIT;
        }
        BN_TRY(set_western(&words, arena, &name));
    }
    *out = name;
    return BN_OK;
}

/* Two fields written as one text whose order is plain: "family, given". */
bn_rc bn_name_split_fields(bn_slice family, bn_slice given, bn_arena *arena, bn_name *out)
{
    family = bn_slice_trim(family);
    given = bn_slice_trim(given);
    if (family.len == 0 || given.len == 0) {
        bn_name name;
        BN_TRY(bn_name_split(family.len == 0 ? given : family, arena, &name));
        bool is_family = given.len == 0 && name.tokens_count == 1 && name.family.len == 0;
        if (is_family) {
            name.family = name.given;
            name.given = (bn_slice){0};
            name.is_order_known = true;
        }
        *out = name;
        return BN_OK;
    }
    bn_script script = bn_script_of(family);
    bool is_chinese = script == BN_SCRIPT_HANZI && bn_script_of(given) == BN_SCRIPT_HANZI;
    BN_AUTO(bn_buf_fini) bn_buf joined = {.size_max = 2 * BN_TEXT_BYTES_MAX + 2};
    bn_buf_append_slice(&joined, family);
    bn_buf_append_text(&joined, is_chinese ? " " : ", ");
    bn_buf_append_slice(&joined, given);
    BN_TRY(bn_buf_status(&joined));
    return bn_name_split(bn_buf_slice(&joined), arena, out);
}
