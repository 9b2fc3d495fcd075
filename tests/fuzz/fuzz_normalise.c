/* fuzz_normalise.c - everything that reads what people typed, on any bytes.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <banyan/base/check.h>
#include <banyan/base/limits.h>
#include <banyan/base/text.h>
#include <banyan/protocol/match/address.h>
#include <banyan/protocol/match/date.h>
#include <banyan/protocol/match/email.h>
#include <banyan/protocol/match/idnumber.h>
#include <banyan/protocol/match/name.h>
#include <banyan/protocol/match/phone.h>
#include <banyan/protocol/match/pinyin.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

typedef bn_rc (*transform)(bn_slice, bn_buf *);

static void check_idempotent(transform f, bn_slice text)
{
    BN_AUTO(bn_buf_fini) bn_buf once = {.size_max = 2 * BN_TEXT_BYTES_MAX};
    BN_AUTO(bn_buf_fini) bn_buf twice = {.size_max = 2 * BN_TEXT_BYTES_MAX};
    if (f(text, &once) == BN_OK) {
        BN_ASSERT(f(bn_buf_slice(&once), &twice) == BN_OK);
        BN_ASSERT(bn_slice_equal(bn_buf_slice(&once), bn_buf_slice(&twice)));
    }
}

static void parse_all(bn_slice text, bn_arena *arena)
{
    bn_pinyin_forms forms;
    bn_name name;
    bn_address address;
    bn_email email;
    bn_date date;
    bn_phone phone;
    bn_resident_id id;
    bn_org_code code;
    bool is_text = bn_pinyin_text_forms(text, arena, &forms) == BN_OK;
    is_text |= bn_pinyin_name_forms(text, arena, &forms) == BN_OK;
    is_text |= bn_name_split(text, arena, &name) == BN_OK;
    is_text |= bn_address_parse(text, arena, &address) == BN_OK;
    is_text |= bn_email_parse(text, arena, &email, NULL) == BN_OK;
    is_text |= bn_date_parse(text, BN_DATE_DAY_FIRST, &date, NULL) == BN_OK;
    is_text |= bn_phone_parse(text, "CN", &phone, NULL) == BN_OK;
    BN_ASSERT(!is_text || bn_utf8_valid(text));
    /* These skip what is no character of theirs, and need no text around them. */
    BN_ASSERT(bn_resident_id_parse(text, &id, NULL, NULL) != BN_E_LIMIT);
    BN_ASSERT(bn_org_code_parse(text, &code, NULL, NULL) != BN_E_LIMIT);
    char keys[2][BN_PHONETIC_BYTES_MAX];
    bn_phonetic(text, keys[0], keys[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    bn_slice text = bn_slice_make(bytes, len);
    bn_arena arena;
    bn_arena_init(&arena, 1 << 20);
    check_idempotent(bn_normalise_text, text);
    check_idempotent(bn_normalise_key, text);
    check_idempotent(bn_normalise_ascii, text);
    check_idempotent(bn_hanzi_fold, text);
    parse_all(text, &arena);
    bn_arena_fini(&arena);
    return 0;
}
