/* normalise.c - compare form, search key and ASCII form of a text.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   bytes -> code points -> private use, quotes, dashes -> NFKC with case fold -> blanks and
 *   name separators -> bytes
 *
 * Characters that will be dropped go before decomposition: a mark behind a dropped control
 * character must meet its letter in the first pass, or a second pass would change the result.
 * ASCII takes a short way. The work array is on the stack for texts of WORK_SHORT_BYTES, else on
 * the heap; no code point decomposes into more than POINTS_PER_BYTE per byte of its own.
 */
#include <banyan/protocol/match/normalise.h>

#include "points.h"

#include <banyan/base/alloc.h>
#include <banyan/base/check.h>

#include <utf8proc.h>

#define WORK_SHORT_BYTES 96
#define POINTS_PER_BYTE 6
#define MIDDLE_DOT 0xb7

static const utf8proc_option_t fold_options = UTF8PROC_STABLE | UTF8PROC_COMPAT |
                                              UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD |
                                              UTF8PROC_IGNORE;

static utf8proc_category_t category_of(uint32_t c)
{
    return utf8proc_category((utf8proc_int32_t)c);
}

static bool is_letter(uint32_t c)
{
    utf8proc_category_t category = category_of(c);
    return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO;
}

static bool is_number(uint32_t c)
{
    utf8proc_category_t category = category_of(c);
    return category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO;
}

static bool is_mark(uint32_t c)
{
    utf8proc_category_t category = category_of(c);
    return category >= UTF8PROC_CATEGORY_MN && category <= UTF8PROC_CATEGORY_ME;
}

static bool is_blank(uint32_t c)
{
    return c == ' ' || c == 0x1680 || (c >= 0x2028 && c <= 0x2029);
}

bool bn_is_hanzi(uint32_t code_point)
{
    return (code_point >= 0x4e00 && code_point <= 0x9fff) ||
           (code_point >= 0x3400 && code_point <= 0x4dbf) ||
           (code_point >= 0xf900 && code_point <= 0xfaff) ||
           (code_point >= 0x20000 && code_point <= 0x3fffd) ||
           code_point == 0x3005 || code_point == 0x3007;
}

bool bn_is_latin(uint32_t code_point)
{
    uint32_t c = code_point;
    if (c < 0x80) {
        return is_ascii_lower(c | 0x20);
    }
    bool block = c <= 0x2af || (c >= 0x1e00 && c <= 0x1eff) || (c >= 0x2c60 && c <= 0x2c7f) ||
                 (c >= 0xa720 && c <= 0xa7ff) || (c >= 0xab30 && c <= 0xab6f) ||
                 (c >= 0xfb00 && c <= 0xfb06) || (c >= 0xff21 && c <= 0xff5a);
    return block && is_letter(c);
}

bn_script bn_script_of(bn_slice text)
{
    bool has_hanzi = false;
    bool has_latin = false;
    for (size_t at = 0; at < text.len;) {
        uint32_t c = bn_utf8_next(text, &at);
        if (bn_is_hanzi(c)) {
            has_hanzi = true;
        } else if (bn_is_latin(c)) {
            has_latin = true;
        } else if (is_letter(c)) {
            return BN_SCRIPT_OTHER;
        }
    }
    return has_hanzi && has_latin ? BN_SCRIPT_MIXED
           : has_hanzi            ? BN_SCRIPT_HANZI
           : has_latin            ? BN_SCRIPT_LATIN
                                  : BN_SCRIPT_NONE;
}

bn_rc bn_append_end(bn_buf *out, size_t start, bn_rc rc)
{
    if (rc == BN_OK && out->len - start > BN_TEXT_BYTES_MAX) {
        rc = BN_E_LIMIT;
    }
    if (rc != BN_OK) {
        bn_buf_truncate(out, start);
    }
    return rc;
}

/* One quote and one dash for their many look-alikes. */
static uint32_t fold_sign(uint32_t c)
{
    switch (c) {
    case 0xb4: case 0x2018: case 0x2019: case 0x201b: case 0x2bc: case 0x2b9: case 0x2032:
        return '\'';
    case 0x201c: case 0x201d: case 0x201e: case 0x201f:
        return '"';
    case 0x2010: case 0x2011: case 0x2012: case 0x2013: case 0x2014: case 0x2015: case 0x2212:
        return '-';
    default:
        return c;
    }
}

/* Before decomposition, which would turn an acute accent into a blank with a mark. 0: drop. */
static uint32_t fold_input(uint32_t c)
{
    if (c == '\t' || c == '\n' || c == '\r' || c == 0x0b || c == 0x0c || c == 0x85) {
        return ' ';
    }
    if (c < 0x20 || (c >= 0x7f && c < 0xa0)) {
        return 0;
    }
    return fold_sign(bn_private_use_fold(c));
}

/* Canonical order of marks: an insertion sort by combining class, stable. */
static void order_marks(utf8proc_int32_t *points, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        utf8proc_int32_t point = points[i];
        utf8proc_propval_t class = utf8proc_get_property(point)->combining_class;
        size_t at = i;
        while (class > 0 && at > 0 &&
               utf8proc_get_property(points[at - 1])->combining_class > class) {
            points[at] = points[at - 1];
            at--;
        }
        points[at] = point;
    }
}

/* Decomposed, folded, ordered, composed code points; SIZE_MAX when `points` is full. */
static size_t fold_points(bn_slice text, utf8proc_int32_t *points, size_t points_max)
{
    size_t count = 0;
    for (size_t at = 0; at < text.len;) {
        uint32_t c = fold_input(bn_utf8_next(text, &at));
        if (c == 0) {
            continue;
        }
        int boundary = 0;
        utf8proc_ssize_t more = utf8proc_decompose_char(
            (utf8proc_int32_t)c, points + count, (utf8proc_ssize_t)(points_max - count),
            fold_options, &boundary);
        if (more < 0 || (size_t)more > points_max - count) {
            return SIZE_MAX;
        }
        for (utf8proc_ssize_t i = 0; i < more; i++, count++) {
            points[count] = (utf8proc_int32_t)fold_sign((uint32_t)points[count]);
        }
    }
    order_marks(points, count);
    utf8proc_ssize_t composed = utf8proc_normalize_utf32(points, (utf8proc_ssize_t)count,
                                                         UTF8PROC_STABLE | UTF8PROC_COMPOSE);
    return composed < 0 ? SIZE_MAX : (size_t)composed;
}

static bool is_separator(uint32_t c)
{
    return c == MIDDLE_DOT || c == 0x2022 || c == 0x30fb || c == 0x2027 || c == '.' ||
           c == 0x2219 || c == 0x22c5;
}

/* Blanks collapsed and trimmed, a separator between two Hanzi (blanks around it or not) U+00B7. */
static void append_points(const utf8proc_int32_t *points, size_t count, bn_buf *out)
{
    uint32_t last = 0;
    bool has_gap = false;
    for (size_t i = 0; i < count; i++) {
        uint32_t c = (uint32_t)points[i];
        if (is_blank(c)) {
            has_gap = true;
            continue;
        }
        if (is_separator(c) && bn_is_hanzi(last)) {
            size_t next = i + 1;
            while (next < count && is_blank((uint32_t)points[next])) {
                next++;
            }
            if (next < count && bn_is_hanzi((uint32_t)points[next])) {
                bn_utf8_append(out, MIDDLE_DOT);
                last = (uint32_t)points[next];
                bn_utf8_append(out, last);
                has_gap = false;
                i = next;
                continue;
            }
        }
        if (has_gap && last != 0) {
            bn_buf_append_byte(out, ' ');
        }
        has_gap = false;
        bn_utf8_append(out, c);
        last = c;
    }
}

static void append_ascii(bn_slice text, bn_buf *out)
{
    bool has_gap = false;
    size_t start = out->len;
    for (size_t i = 0; i < text.len; i++) {
        uint32_t c = fold_input(text.data[i]);
        if (c == ' ') {
            has_gap = true;
        } else if (c != 0) {
            if (has_gap && out->len > start) {
                bn_buf_append_byte(out, ' ');
            }
            has_gap = false;
            bn_buf_append_byte(out, (uint8_t)(c >= 'A' && c <= 'Z' ? c | 0x20 : c));
        }
    }
}

static bool is_ascii(bn_slice text)
{
    uint8_t all = 0;
    for (size_t i = 0; i < text.len; i++) {
        all |= text.data[i];
    }
    return all < 0x80;
}

static bn_rc append_folded(bn_slice text, bn_buf *out)
{
    utf8proc_int32_t few[WORK_SHORT_BYTES * POINTS_PER_BYTE];
    utf8proc_int32_t *many = NULL;
    size_t points_max = BN_COUNT(few);
    if (text.len > WORK_SHORT_BYTES) {
        points_max = text.len * POINTS_PER_BYTE;
        many = bn_alloc_array(points_max, sizeof *many);
        if (many == NULL) {
            return BN_E_NO_MEMORY;
        }
    }
    utf8proc_int32_t *points = many != NULL ? many : few;
    size_t count = fold_points(text, points, points_max);
    if (count != SIZE_MAX) {
        append_points(points, count, out);
    }
    bn_free(many);
    return count == SIZE_MAX ? BN_E_LIMIT : bn_buf_status(out);
}

bn_rc bn_normalise_text(bn_slice text, bn_buf *out)
{
    size_t start = out->len;
    if (text.len > BN_TEXT_BYTES_MAX) {
        return BN_E_LIMIT;
    }
    if (is_ascii(text)) {
        append_ascii(text, out);
        return bn_append_end(out, start, bn_buf_status(out));
    }
    if (!bn_utf8_valid(text)) {
        return BN_E_INVALID;
    }
    return bn_append_end(out, start, append_folded(text, out));
}

/* Letters and digits of a folded compare form, with the marks of a letter that stays. */
static void append_letters(bn_slice text, bn_buf *out)
{
    bool is_kept = false;
    for (size_t at = 0; at < text.len;) {
        size_t before = at;
        uint32_t c = bn_utf8_next(text, &at);
        is_kept = is_letter(c) || is_number(c) || (is_kept && is_mark(c));
        if (is_kept) {
            bn_buf_append(out, text.data + before, at - before);
        }
    }
}

bn_rc bn_normalise_key(bn_slice text, bn_buf *out)
{
    size_t start = out->len;
    BN_AUTO(bn_buf_fini) bn_buf plain = {.size_max = 4 * BN_TEXT_BYTES_MAX};
    BN_AUTO(bn_buf_fini) bn_buf folded = {.size_max = 4 * BN_TEXT_BYTES_MAX};
    BN_TRY(bn_normalise_text(text, &plain));
    BN_TRY(bn_hanzi_fold(bn_buf_slice(&plain), &folded));
    bn_buf_clear(&plain);
    append_letters(bn_buf_slice(&folded), &plain);
    BN_TRY(bn_buf_status(&plain));
    /* Letters that stood apart may compose now that they are neighbours. */
    return bn_append_end(out, start, bn_normalise_text(bn_buf_slice(&plain), out));
}

/* ASCII spelling of a lower-case Latin letter that is no letter with a mark. */
static const char *spelling_of(uint32_t c)
{
    static const struct {
        uint16_t letter;
        char text[4];
    } spellings[] = {
        {0xe6, "ae"}, {0xf0, "d"}, {0xf8, "o"}, {0xfe, "th"}, {0xdf, "ss"}, {0x111, "d"},
        {0x127, "h"}, {0x131, "i"}, {0x138, "k"}, {0x142, "l"}, {0x14b, "ng"}, {0x153, "oe"},
        {0x167, "t"}, {0x180, "b"}, {0x183, "b"}, {0x188, "c"}, {0x18c, "d"}, {0x192, "f"},
        {0x195, "hv"}, {0x199, "k"}, {0x19a, "l"}, {0x19e, "n"}, {0x1a5, "p"}, {0x1ad, "t"},
        {0x1b4, "y"}, {0x1b6, "z"}, {0x1dd, "e"}, {0x1e5, "g"}, {0x21d, "y"}, {0x225, "z"},
        {0x253, "b"}, {0x254, "o"}, {0x256, "d"}, {0x257, "d"}, {0x259, "e"}, {0x25b, "e"},
        {0x260, "g"}, {0x268, "i"}, {0x272, "n"}, {0x289, "u"}, {0x19b, "l"},
    };
    for (size_t i = 0; i < BN_COUNT(spellings); i++) {
        if (spellings[i].letter == c) {
            return spellings[i].text;
        }
    }
    return NULL;
}

/* One character in compare form; `is_latin` says whether marks now belong to a Latin letter. */
static void append_spelt(uint32_t c, bool *is_latin, bn_buf *out)
{
    utf8proc_int32_t parts[8] = {0};
    int boundary = 0;
    if (c >= 0x300 && c <= 0x36f) {
        if (!*is_latin) {
            bn_utf8_append(out, c);
        }
        return;
    }
    utf8proc_ssize_t count =
        utf8proc_decompose_char((utf8proc_int32_t)c, parts, (utf8proc_ssize_t)BN_COUNT(parts),
                                UTF8PROC_STABLE | UTF8PROC_DECOMPOSE, &boundary);
    uint32_t base = count > 0 ? (uint32_t)parts[0] : c;
    *is_latin = bn_is_latin(base);
    const char *spelling = *is_latin ? spelling_of(base) : NULL;
    if (spelling != NULL) {
        bn_buf_append_text(out, spelling);
    } else {
        bn_utf8_append(out, *is_latin ? base : c);
    }
}

bn_rc bn_normalise_ascii(bn_slice text, bn_buf *out)
{
    if (text.len <= BN_TEXT_BYTES_MAX && is_ascii(text)) {
        return bn_normalise_text(text, out);
    }
    size_t start = out->len;
    BN_AUTO(bn_buf_fini) bn_buf plain = {.size_max = 4 * BN_TEXT_BYTES_MAX};
    BN_TRY(bn_normalise_text(text, &plain));
    bn_slice s = bn_buf_slice(&plain);
    bool is_latin = false;
    for (size_t at = 0; at < s.len;) {
        append_spelt(bn_utf8_next(s, &at), &is_latin, out);
    }
    return bn_append_end(out, start, bn_buf_status(out));
}

bn_rc bn_fold_whole(bn_slice text, bn_buf *out)
{
    if (text.len <= BN_TEXT_BYTES_MAX && is_ascii(text)) {
        return bn_normalise_text(text, out);
    }
    BN_AUTO(bn_buf_fini) bn_buf plain = {.size_max = 4 * BN_TEXT_BYTES_MAX};
    BN_TRY(bn_normalise_ascii(text, &plain));
    return bn_hanzi_fold(bn_buf_slice(&plain), out);
}

bn_rc bn_to_arena(bn_rc (*transform)(bn_slice, bn_buf *), bn_slice text, bn_arena *arena,
                  bn_slice *out)
{
    BN_AUTO(bn_buf_fini) bn_buf plain = {.size_max = 4 * BN_TEXT_BYTES_MAX};
    BN_TRY(transform(text, &plain));
    bn_slice copy = bn_arena_copy(arena, bn_buf_slice(&plain));
    if (copy.data == NULL) {
        return BN_E_NO_MEMORY;
    }
    *out = copy;
    return BN_OK;
}
