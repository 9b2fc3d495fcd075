/* pinyin.c - one pass over a folded text, choosing a reading per character.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A position is open when its character has several readings here. `picks` says which reading the
 * first OPEN_MAX open positions take; later ones take their first. The forms of a name are the
 * picks counted up like the digits of a number, the surname's fastest, until there are
 * BN_PINYIN_FORMS_MAX. A lookup of a basic character is two table reads.
 */
#include <banyan/protocol/match/pinyin.h>

#include "points.h"
#include "surname.h"

#include <banyan/base/check.h>

#include <string.h>
#include <uchar.h>
#include <utf8proc.h>

#define OPEN_MAX 6
#define READINGS_WIDE_ROW 80

#include "tables_pinyin.inc"

typedef struct reading_list {
    size_t count;
    const char *reading[BN_PINYIN_READINGS_MAX];
} reading_list;

typedef struct reader {
    bn_buf *full;
    bn_buf *initials; /* may be NULL */
    bool has_hanzi;
    bool is_name;
    uint8_t picks[OPEN_MAX];
    uint8_t counts[OPEN_MAX]; /* of readings at each open position, found on the way */
    size_t open_count;
} reader;

static unsigned base26(const char *two)
{
    return (unsigned)(two[0] - 'a') * 26 + (unsigned)(two[1] - 'a');
}

static const char *wide_reading(uint32_t c)
{
    size_t low = 0;
    size_t high = READINGS_WIDE_COUNT;
    while (low < high) {
        size_t middle = (low + high) / 2;
        const char *entry =
            &readings_wide[middle / READINGS_WIDE_ROW][middle % READINGS_WIDE_ROW * 6];
        uint32_t found = 0x20000 + base26(entry) * 676 + base26(entry + 2);
        if (found == c) {
            return syllables[base26(entry + 4)];
        }
        if (found < c) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return "";
}

/* The default reading of a folded character, "" when it has none. */
static const char *default_reading(uint32_t c)
{
    if (c >= 0x3400 && c <= 0x9fff) {
        return syllables[base26(&reading_pages[(c - 0x3400) >> 8][(c & 0xff) * 2])];
    }
    return c == 0x3007 ? "ling" : c >= 0x20000 ? wide_reading(c) : "";
}

static const char *find_syllable(const char *text, size_t len)
{
    size_t low = 1;
    size_t high = SYLLABLES_COUNT;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = strncmp(syllables[middle], text, len);
        if (order == 0 && syllables[middle][len] == 0) {
            return syllables[middle];
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

static void add_reading(reading_list *list, const char *reading)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->reading[i], reading) == 0) {
            return;
        }
    }
    if (list->count < BN_PINYIN_READINGS_MAX) {
        list->reading[list->count++] = reading;
    }
}

/* Adds each word of `words`. */
static void add_words(reading_list *list, const char *words)
{
    while (*words != 0) {
        size_t len = strcspn(words, " ");
        const char *syllable = find_syllable(words, len);
        if (syllable != NULL) {
            add_reading(list, syllable);
        }
        words += len + (words[len] == ' ');
    }
}

static const char *polyphone(uint32_t c)
{
    size_t low = 0;
    size_t high = BN_COUNT(polyphones);
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (polyphones[middle].character == c) {
            return polyphones[middle].readings;
        }
        if (polyphones[middle].character < c) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

static void add_character(reading_list *list, uint32_t c)
{
    const char *several = polyphone(c);
    const char *one = default_reading(c);
    if (several != NULL) {
        add_words(list, several);
    } else if (one[0] != 0) {
        add_reading(list, one);
    }
}

/* Keyboards without u-umlaut and old passports write lu for lv. */
static void add_aliases(reading_list *list)
{
    static const char *const aliases[][2] = {
        {"lv", "lu"}, {"nv", "nu"}, {"lve", "lue"}, {"nve", "nue"}};
    size_t count = list->count;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < BN_COUNT(aliases); j++) {
            if (strcmp(list->reading[i], aliases[j][0]) == 0) {
                add_reading(list, aliases[j][1]);
            }
        }
    }
}

size_t bn_pinyin_char(uint32_t code_point, const char *readings[BN_PINYIN_READINGS_MAX])
{
    reading_list list = {0};
    add_character(&list, bn_hanzi_fold_char(code_point));
    for (size_t i = 0; i < list.count; i++) {
        readings[i] = list.reading[i];
    }
    return list.count;
}

/* The word around a polyphonic character that decides how it reads in texts that are no names. */
static const char *phrase_reading(uint32_t before, uint32_t c, uint32_t after)
{
    static const struct {
        char16_t character;
        bool is_after; /* `others` follow it, else they go before */
        const char16_t *others;
        const char *reading;
    } phrases[] = {
        {u'行', false, u"银分支商总农工建中招交车洋琴当药布米央同投", "hang"},
        {u'行', true, u"业长情", "hang"},
        {u'乐', false, u"音声器民", "yue"}, {u'乐', true, u"器团队清", "yue"},
        {u'长', false, u"行院校市成生增局部县乡镇店会董", "zhang"},
        {u'重', true, u"量工点型要大力", "zhong"},
        {u'重', false, u"载起", "zhong"},
        {u'会', true, u"计", "kuai"}, {u'厦', false, u"大广商", "sha"},
        {u'参', true, u"考加与股数观", "can"}, {u'单', true, u"县", "shan"},
        {u'六', true, u"安合", "lu"}, {u'蚌', true, u"埠", "beng"},
        {u'番', true, u"禺", "pan"}, {u'浚', true, u"县", "xun"}, {u'莘', true, u"县", "shen"},
        {u'藏', false, u"西宝青川", "zang"}, {u'藏', true, u"族药", "zang"},
        {u'都', true, u"是有", "dou"}, {u'朝', true, u"气", "zhao"},
        {u'解', true, u"州", "xie"}, {u'盖', true, u"州", "gai"}, {u'弹', true, u"药", "dan"},
        {u'校', true, u"准对正", "jiao"}, {u'调', true, u"味整节", "tiao"},
        {u'车', false, u"居", "ju"}, {u'漯', true, u"河", "luo"}, {u'渑', true, u"池", "mian"},
    };
    for (size_t i = 0; i < BN_COUNT(phrases); i++) {
        uint32_t neighbour = phrases[i].is_after ? after : before;
        for (const char16_t *other = phrases[i].others; phrases[i].character == c && *other != 0;
             other++) {
            if (*other == neighbour) {
                return phrases[i].reading;
            }
        }
    }
    return NULL;
}

static void put(reader *r, const char *text, size_t len, size_t initials_len)
{
    bn_buf_append(r->full, text, len);
    if (r->initials != NULL) {
        bn_buf_append(r->initials, text, initials_len);
    }
}

/* Which of `count` readings the next position takes. */
static size_t pick(reader *r, size_t count)
{
    if (count < 2 || r->open_count == OPEN_MAX) {
        return 0;
    }
    r->counts[r->open_count] = (uint8_t)count;
    return r->picks[r->open_count++];
}

static bool is_word_character(uint32_t c)
{
    utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)c);
    return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_NO;
}

/* The surname at the head of a name; the bytes it took. */
static size_t read_surname(reader *r, bn_slice text)
{
    size_t len = bn_surname_bytes(text);
    const char *own = bn_surname_reading(bn_slice_make(text.data, len));
    reading_list list = {0};
    size_t at = 0;
    if (len == 0 || own == NULL) {
        return 0;
    }
    if (strchr(own, '\'') != NULL) {
        for (const char *s = own; *s != 0; s += *s == '\'') {
            size_t syllable_len = strcspn(s, "'");
            put(r, s, syllable_len, 1);
            s += syllable_len;
        }
        return len;
    }
    add_words(&list, own);
    add_character(&list, bn_utf8_next(text, &at));
    add_aliases(&list);
    const char *reading = list.reading[pick(r, list.count)];
    put(r, reading, strlen(reading), 1);
    return len;
}

static void read_hanzi(reader *r, bn_slice text, size_t at, size_t next, uint32_t before)
{
    size_t unused = at;
    uint32_t c = bn_utf8_next(text, &unused);
    uint32_t after = next < text.len ? bn_utf8_next(text, &unused) : 0;
    reading_list list = {0};
    const char *phrase = r->is_name ? NULL : phrase_reading(before, c, after);
    if (phrase != NULL) {
        add_reading(&list, phrase);
    } else {
        add_character(&list, c);
    }
    add_aliases(&list);
    if (list.count == 0) {
        put(r, (const char *)text.data + at, next - at, next - at);
    } else {
        const char *reading = list.reading[pick(r, list.count)];
        put(r, reading, strlen(reading), 1);
    }
}

/* `text` is folded. */
static void read_text(reader *r, bn_slice text)
{
    size_t at = r->is_name ? read_surname(r, text) : 0;
    bool is_in_word = false;
    uint32_t before = 0;
    r->has_hanzi = false;
    for (size_t i = 0; i < text.len && !r->has_hanzi;) {
        r->has_hanzi = bn_is_hanzi(bn_utf8_next(text, &i));
    }
    while (at < text.len) {
        size_t start = at;
        uint32_t c = bn_utf8_next(text, &at);
        if (bn_is_hanzi(c)) {
            read_hanzi(r, text, start, at, before);
            is_in_word = false;
        } else if (is_word_character(c)) {
            bool is_shown = r->has_hanzi || !is_in_word || is_ascii_digit(c);
            put(r, (const char *)text.data + start, at - start, is_shown ? at - start : 0);
            is_in_word = true;
        } else {
            is_in_word = is_in_word && c == '\'';
        }
        before = c;
    }
}

static bn_rc read_once(bn_slice text, bool is_name, bn_buf *full, bn_buf *initials)
{
    size_t full_start = full->len;
    size_t initials_start = initials != NULL ? initials->len : 0;
    BN_AUTO(bn_buf_fini) bn_buf folded = {.size_max = 4 * BN_TEXT_BYTES_MAX};
    BN_TRY(bn_fold_whole(text, &folded));
    reader r = {.full = full, .initials = initials, .is_name = is_name};
    read_text(&r, bn_buf_slice(&folded));
    bn_rc rc = bn_append_end(full, full_start, bn_buf_status(full));
    if (initials != NULL) {
        rc = bn_append_end(initials, initials_start, rc == BN_OK ? bn_buf_status(initials) : rc);
    }
    if (rc != BN_OK) {
        bn_buf_truncate(full, full_start);
    }
    return rc;
}

bn_rc bn_pinyin_name(bn_slice name, bn_buf *full, bn_buf *initials)
{
    return read_once(name, true, full, initials);
}

bn_rc bn_pinyin_text(bn_slice text, bn_buf *full, bn_buf *initials)
{
    return read_once(text, false, full, initials);
}

/* Counts `picks` up; false after the last. */
static bool next_picks(reader *r)
{
    for (size_t i = 0; i < r->open_count; i++) {
        if (++r->picks[i] < r->counts[i]) {
            return true;
        }
        r->picks[i] = 0;
    }
    return false;
}

static bool has_form(const bn_pinyin_forms *forms, bn_slice full)
{
    for (size_t i = 0; i < forms->count; i++) {
        if (bn_slice_equal(forms->form[i].full, full)) {
            return true;
        }
    }
    return false;
}

static bn_rc read_forms(bn_slice text, bool is_name, bn_arena *arena, bn_pinyin_forms *out)
{
    BN_AUTO(bn_buf_fini) bn_buf folded = {.size_max = 4 * BN_TEXT_BYTES_MAX};
    BN_AUTO(bn_buf_fini) bn_buf full = {.size_max = 4 * BN_TEXT_BYTES_MAX};
    BN_AUTO(bn_buf_fini) bn_buf initials = {.size_max = 4 * BN_TEXT_BYTES_MAX};
    BN_TRY(bn_fold_whole(text, &folded));
    reader r = {.full = &full, .initials = &initials, .is_name = is_name};
    bn_pinyin_forms forms = {0};
    do {
        bn_buf_clear(&full);
        bn_buf_clear(&initials);
        r.open_count = 0;
        read_text(&r, bn_buf_slice(&folded));
        BN_TRY(bn_append_end(&full, 0, bn_buf_status(&full)));
        BN_TRY(bn_append_end(&initials, 0, bn_buf_status(&initials)));
        if (!has_form(&forms, bn_buf_slice(&full))) {
            bn_pinyin_form form = {bn_arena_copy(arena, bn_buf_slice(&full)),
                                   bn_arena_copy(arena, bn_buf_slice(&initials))};
            if (form.full.data == NULL || form.initials.data == NULL) {
                return BN_E_NO_MEMORY;
            }
            forms.form[forms.count++] = form;
        }
    } while (forms.count < BN_PINYIN_FORMS_MAX && next_picks(&r));
    *out = forms;
    return BN_OK;
}

bn_rc bn_pinyin_name_forms(bn_slice name, bn_arena *arena, bn_pinyin_forms *out)
{
    return read_forms(name, true, arena, out);
}

bn_rc bn_pinyin_text_forms(bn_slice text, bn_arena *arena, bn_pinyin_forms *out)
{
    return read_forms(text, false, arena, out);
}

/* The plain letter of a vowel with a tone mark, v for u-umlaut. */
static uint32_t plain_vowel(uint32_t c)
{
    utf8proc_int32_t parts[4] = {0};
    int boundary = 0;
    if (c < 0xc0 || c > 0x1eff) {
        return c;
    }
    utf8proc_ssize_t count = utf8proc_decompose_char((utf8proc_int32_t)c, parts, 4,
                                                     UTF8PROC_STABLE | UTF8PROC_DECOMPOSE,
                                                     &boundary);
    if (count < 2 || count > 4 || parts[0] > 'z') {
        return c;
    }
    return parts[0] == 'u' && parts[1] == 0x308 ? 'v' : (uint32_t)parts[0];
}

bn_rc bn_pinyin_query(bn_slice typed, bn_buf *out)
{
    size_t start = out->len;
    BN_AUTO(bn_buf_fini) bn_buf plain = {.size_max = 4 * BN_TEXT_BYTES_MAX};
    BN_TRY(bn_normalise_text(typed, &plain));
    bn_slice s = bn_buf_slice(&plain);
    for (size_t at = 0; at < s.len;) {
        uint32_t c = plain_vowel(bn_utf8_next(s, &at));
        if (c == ' ' || c == '\'' || c == '-') {
            continue;
        }
        bn_utf8_append(out, c);
        bool has_three = out->status == BN_OK && out->len - start >= 3;
        const uint8_t *tail = has_three ? out->data + out->len - 3 : NULL;
        /* No syllable ends in l, but many end in n: "linyu" is lin yu. */
        if (tail != NULL && (memcmp(tail, "lyu", 3) == 0 ||
                             (out->len - start == 3 && memcmp(tail, "nyu", 3) == 0))) {
            bn_buf_truncate(out, out->len - 2);
            bn_buf_append_byte(out, 'v');
        }
    }
    return bn_append_end(out, start, bn_buf_status(out));
}
