/* entry.c - what a customer is found by.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <banyan/base/check.h>
#include <banyan/base/limits.h>
#include <banyan/base/text.h>
#include <banyan/protocol/match/normalise.h>
#include <banyan/protocol/match/pinyin.h>

#include "entry.h"

#define FORMS_MAX 3 /* readings of one name that are kept */
#define WORDS_MAX 6 /* later words of one Latin name that are kept */
#define TAIL_DIGITS_MIN 3
#define ARENA_BYTES ((size_t)1024 * 1024)

bn_rc bn_entry_fold(bn_slice text, bn_buf *out)
{
    BN_AUTO(bn_buf_fini) bn_buf ascii;
    bn_buf_init(&ascii, BN_TEXT_BYTES_MAX);
    BN_TRY(bn_normalise_ascii(text, &ascii));
    return bn_normalise_key(bn_buf_slice(&ascii), out);
}

/* A token with its tag, unless the entry has it already. */
static void append_token(bn_buf *out, size_t start, bn_tag tag, bn_slice token)
{
    if (token.len == 0) {
        return;
    }
    size_t before = out->len;
    bn_buf_append_byte(out, (uint8_t)tag);
    bn_buf_append_slice(out, token);
    if (bn_buf_status(out) != BN_OK) {
        return;
    }
    bn_slice added = bn_slice_make(out->data + before, out->len - before);
    for (size_t at = start; at + added.len <= before; at++) {
        bool is_end = at + added.len == before || out->data[at + added.len] < BN_TAG_END;
        if (is_end && bn_slice_equal(bn_slice_make(out->data + at, added.len), added)) {
            bn_buf_truncate(out, before);
            return;
        }
    }
}

/* "smith" and "jr" of "john smith jr": from each later word on to the end. */
static bn_rc append_words(bn_slice name, bn_buf *out, size_t start)
{
    BN_AUTO(bn_buf_fini) bn_buf ascii;
    BN_AUTO(bn_buf_fini) bn_buf word;
    bn_buf_init(&ascii, BN_TEXT_BYTES_MAX);
    bn_buf_init(&word, BN_TEXT_BYTES_MAX);
    BN_TRY(bn_normalise_ascii(name, &ascii));
    size_t words = 0;
    for (size_t i = 1; i < ascii.len && words < WORDS_MAX; i++) {
        if (ascii.data[i - 1] == ' ') {
            bn_buf_clear(&word);
            BN_TRY(bn_normalise_key(bn_slice_make(ascii.data + i, ascii.len - i), &word));
            append_token(out, start, BN_TAG_WORD, bn_buf_slice(&word));
            words++;
        }
    }
    return bn_buf_status(out);
}

static bn_rc append_name(bn_slice name, bool is_person, bn_arena *arena, bn_buf *out, size_t start)
{
    BN_AUTO(bn_buf_fini) bn_buf folded;
    bn_buf_init(&folded, BN_TEXT_BYTES_MAX);
    BN_TRY(bn_entry_fold(name, &folded));
    append_token(out, start, BN_TAG_NAME, bn_buf_slice(&folded));
    bn_script script = bn_script_of(name);
    if (script != BN_SCRIPT_HANZI && script != BN_SCRIPT_MIXED) {
        BN_TRY(append_words(name, out, start));
    }
    bn_pinyin_forms forms;
    BN_TRY(is_person ? bn_pinyin_name_forms(name, arena, &forms)
                     : bn_pinyin_text_forms(name, arena, &forms));
    for (size_t i = 0; i < forms.count && i < FORMS_MAX; i++) {
        if (!bn_slice_equal(forms.form[i].full, bn_buf_slice(&folded))) {
            append_token(out, start, BN_TAG_PINYIN, forms.form[i].full);
        }
        if (forms.form[i].initials.len > 1) {
            append_token(out, start, BN_TAG_INITIALS, forms.form[i].initials);
        }
    }
    return bn_buf_status(out);
}

static bn_rc append_tail(bn_slice number, bn_buf *out, size_t start)
{
    BN_AUTO(bn_buf_fini) bn_buf folded;
    bn_buf_init(&folded, BN_TEXT_BYTES_MAX);
    BN_TRY(bn_entry_fold(number, &folded));
    bn_slice tail = bn_buf_slice(&folded);
    if (tail.len > BN_TAIL_BYTES) {
        size_t at = tail.len - BN_TAIL_BYTES;
        while (at < tail.len && (tail.data[at] & 0xc0) == 0x80) {
            at++; /* not within a character */
        }
        tail = bn_slice_make(tail.data + at, tail.len - at);
    }
    if (tail.len >= TAIL_DIGITS_MIN) {
        append_token(out, start, BN_TAG_TAIL, tail);
    }
    return bn_buf_status(out);
}

static bn_rc append_field(const bn_record *customer, const bn_field_def *field, bn_arena *arena,
                          bn_buf *out, size_t start)
{
    bn_value value = bn_record_value(customer, field->number);
    if (value.type != BN_VALUE_TEXT) {
        return BN_OK;
    }
    if (field->search == BN_SEARCH_NAME) {
        bn_value type = bn_record_value(customer, BN_CUSTOMER_type);
        bool is_person = !(type.type == BN_VALUE_TEXT && bn_slice_is(type.text, "organisation"));
        return append_name(value.text, is_person, arena, out, start);
    }
    if (field->search == BN_SEARCH_TAIL) {
        return append_tail(value.text, out, start);
    }
    if (field->number == BN_CUSTOMER_number) {
        BN_AUTO(bn_buf_fini) bn_buf folded;
        bn_buf_init(&folded, BN_TEXT_BYTES_MAX);
        BN_TRY(bn_entry_fold(value.text, &folded));
        append_token(out, start, BN_TAG_NUMBER, bn_buf_slice(&folded));
    }
    return bn_buf_status(out);
}

bn_rc bn_entry_write(const bn_record *customer, bn_buf *out, bn_err *err)
{
    const bn_kind_def *kind = bn_schema_kind(BN_KIND_CUSTOMER);
    size_t start = out->len;
    bn_arena arena;
    bn_arena_init(&arena, ARENA_BYTES);
    bn_rc rc = BN_OK;
    for (size_t i = 0; rc == BN_OK && i < kind->fields_count; i++) {
        rc = append_field(customer, &kind->fields[i], &arena, out, start);
        bn_arena_reset(&arena);
    }
    bn_arena_fini(&arena);
    return rc == BN_OK ? BN_OK : bn_fail(err, rc, "search: no entry for a customer");
}
