/* org.c - organisation names in words and bands.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "org.h"

#include "compare.h"
#include "row.h"

#include <banyan/base/check.h>
#include <banyan/base/text.h>
#include <banyan/protocol/match/normalise.h>

#define BAND_ROWS 4
#define BIGRAMS_MIN 4

static const char *const forms[] = {
    "ltd", "limited", "inc", "incorporated", "corp", "corporation", "co", "company", "llc", "llp",
    "plc", "lp", "gmbh", "ag", "kg", "ohg", "ug", "ev", "sa", "sarl", "sas", "srl", "spa", "bv",
    "nv", "ab", "as", "oy", "oyj", "aps", "pty", "pte", "pvt", "private", "kk", "sro", "zrt", "kft",
    "the", "and", "of", "a", "an"};

static const char *const hanzi_forms[] = {"股份有限公司", "有限责任公司", "有限公司", "分公司",
                                          "子公司", "总公司", "公司", "集团", "股份", "有限"};

static bool is_form(bn_slice word)
{
    for (size_t i = 0; i < BN_COUNT(forms); i++) {
        if (bn_slice_is(word, forms[i])) {
            return true;
        }
    }
    return false;
}

static void add_word(org_words *out, bn_slice text, bool form)
{
    uint32_t tag = tag_of(TAG_WORD, text);
    for (unsigned i = 0; i < out->count; i++) {
        if (out->word[i].tag == tag) {
            return;
        }
    }
    if (out->count < ORG_WORDS_MAX) {
        out->word[out->count++] = (org_word){.text = text, .tag = tag, .is_form = form};
    }
}

/* Bytes at the end of `text` that name a legal form; 0 when none does, or when nothing else is
 * left. */
static size_t form_at_end(bn_slice text)
{
    for (size_t i = 0; i < BN_COUNT(hanzi_forms); i++) {
        bn_slice form = bn_slice_of(hanzi_forms[i]);
        if (text.len > form.len &&
            bn_slice_equal(bn_slice_make(text.data + text.len - form.len, form.len), form)) {
            return form.len;
        }
    }
    return 0;
}

static void add_hanzi(org_words *out, bn_slice run)
{
    bn_slice core = run;
    for (size_t len = form_at_end(core); len > 0; len = form_at_end(core)) {
        core.len -= len;
        add_word(out, bn_slice_make(core.data + core.len, len), true);
    }
    size_t from = 0;
    while (from < core.len) {
        size_t second = from;
        bn_utf8_next(core, &second);
        size_t end = second;
        if (end < core.len) {
            bn_utf8_next(core, &end);
        } else if (from > 0) {
            return;
        }
        add_word(out, bn_slice_make(core.data + from, end - from), false);
        from = second;
    }
}

void org_words_of(bn_slice name, org_words *out)
{
    out->count = 0;
    size_t at = 0;
    for (bn_slice word = next_word(name, &at); word.len > 0; word = next_word(name, &at)) {
        size_t head = 0;
        if (bn_is_hanzi(bn_utf8_next(word, &head))) {
            add_hanzi(out, word);
        } else {
            add_word(out, word, is_form(word));
        }
    }
}

static uint32_t mix(uint32_t value, uint32_t seed)
{
    uint64_t h = ((uint64_t)value << 32 | seed) * 0x9e3779b97f4a7c15u;
    h ^= h >> 29;
    h *= 0xbf58476d1ce4e5b9u;
    return (uint32_t)(h >> 32);
}

unsigned org_bands_of(bn_slice name, uint32_t bands[ORG_BANDS])
{
    points p;
    points_of(name, &p);
    if (p.count < BIGRAMS_MIN + 1) {
        return 0;
    }
    for (uint32_t band = 0; band < ORG_BANDS; band++) {
        uint32_t joined = band + 1;
        for (uint32_t row = 0; row < BAND_ROWS; row++) {
            uint32_t least = UINT32_MAX;
            for (unsigned i = 0; i + 1 < p.count; i++) {
                uint32_t gram = p.at[i] * 0x01000193u ^ p.at[i + 1];
                uint32_t h = mix(gram, band * BAND_ROWS + row + 1);
                least = h < least ? h : least;
            }
            joined = mix(joined ^ least, row);
        }
        bands[band] = joined != 0 ? joined : 1;
    }
    return ORG_BANDS;
}
