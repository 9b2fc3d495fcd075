/* phone.c - telephone numbers as E.164.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   compare form -> cut the extension -> cut a second number -> digits with or without '+'
 *   -> international: code table | national: the region's plan, China's in full
 */
#include <banyan/protocol/match/phone.h>

#include "points.h"

#include <banyan/base/check.h>
#include <banyan/protocol/match/normalise.h>

#include <stdio.h>
#include <string.h>

#define INPUT_BYTES_MAX 256
#define DIGITS_MAX 20
#define E164_DIGITS_MAX 15
#define UNKNOWN_DIGITS_MIN 5

typedef struct phone_plan {
    const char *code;
    const char *region;
    const char *trunk;
    uint8_t digits_min;
    uint8_t digits_max;
    const char *mobile;
} phone_plan;

static const phone_plan plans[] = {
#define PLAN(code, region, trunk, digits_min, digits_max, mobile) \
    {code, region, trunk, digits_min, digits_max, mobile},
#include "phone_plans.inc"
#undef PLAN
};

typedef struct dialled {
    char digits[DIGITS_MAX + 1];
    size_t count;
    bool is_international; /* a '+' went before */
} dialled;

static bool starts(const char *digits, const char *prefix)
{
    return strncmp(digits, prefix, strlen(prefix)) == 0;
}

static bool starts_with_any(const char *digits, const char *prefixes)
{
    while (*prefixes != 0) {
        size_t len = strcspn(prefixes, " ");
        if (strncmp(digits, prefixes, len) == 0) {
            return true;
        }
        prefixes += len + (prefixes[len] == ' ');
    }
    return false;
}

/* --- cutting ---------------------------------------------------------------------------- */

static size_t count_digits(bn_slice s)
{
    size_t count = 0;
    for (size_t i = 0; i < s.len; i++) {
        count += is_ascii_digit(s.data[i]);
    }
    return count;
}

/* Cuts `s` at the first extension mark that has digits on both sides. */
static void cut_extension(bn_slice *s, char extension[BN_PHONE_EXTENSION_MAX])
{
    static const char *const marks[] = {"转", "分机", "内线", ";ext=", "extension", "ext.", "ext",
                                        "x", "#"};
    for (size_t at = 0; at < s->len; at++) {
        for (size_t m = 0; m < BN_COUNT(marks); m++) {
            bn_slice mark = bn_slice_of(marks[m]);
            bn_slice tail = slice_from(*s, at);
            if (!bn_slice_starts(tail, mark) ||
                count_digits(bn_slice_make(s->data, at)) < UNKNOWN_DIGITS_MIN) {
                continue;
            }
            size_t len = 0;
            for (size_t i = mark.len; i < tail.len && len < BN_PHONE_EXTENSION_MAX - 1; i++) {
                bool is_digit = is_ascii_digit(tail.data[i]);
                if (!is_digit && (len > 0 || is_ascii_lower(tail.data[i]))) {
                    break;
                }
                if (is_digit) {
                    extension[len++] = (char)tail.data[i];
                }
            }
            extension[len] = 0;
            s->len = at;
            return;
        }
    }
}

/* 021-58881234-801: a third group of a few digits is an extension. */
static void cut_dashed_extension(bn_slice *s, char extension[BN_PHONE_EXTENSION_MAX])
{
    const uint8_t *dash = s->len == 0 ? NULL : memrchr(s->data, '-', s->len);
    if (dash == NULL || extension[0] != 0 || s->data[0] != '0') {
        return;
    }
    bn_slice head = bn_slice_make(s->data, (size_t)(dash - s->data));
    bn_slice tail = slice_from(*s, head.len + 1);
    size_t count = count_digits(tail);
    if (count == tail.len && count >= 1 && count <= 5 && count_digits(head) >= 10 &&
        memchr(head.data, '-', head.len) != NULL) {
        memcpy(extension, tail.data, count);
        extension[count] = 0;
        s->len = head.len;
    }
}

/* Digits of the first number in `s`; false when something else is in its place. */
static bool read_digits(bn_slice s, dialled *out)
{
    size_t at = 0;
    while (at < s.len && !is_ascii_digit(s.data[at]) && s.data[at] != '+') {
        at++; /* "tel:", "(", a label */
    }
    for (; at < s.len; at++) {
        uint8_t c = s.data[at];
        bool is_trunk_zero = out->count > 0 && out->is_international &&
                             bn_slice_starts(slice_from(s, at), BN_SLICE("(0)"));
        if (is_trunk_zero) {
            at += 2;
        } else if (is_ascii_digit(c)) {
            if (out->count == DIGITS_MAX) {
                return false;
            }
            out->digits[out->count++] = (char)c;
        } else if (c == '+' && out->count == 0) {
            out->is_international = true;
        } else if (c == '/' && out->count >= 7) {
            break;
        } else if (strchr(" -.()/~_", c) == NULL || c == 0) {
            break;
        }
    }
    out->digits[out->count] = 0;
    return out->count >= 3;
}

/* --- results ---------------------------------------------------------------------------- */

static void set_number(bn_phone *phone, const phone_plan *plan, const char *national,
                       bn_phone_class kind)
{
    snprintf(phone->number, sizeof phone->number, "+%s%s", plan->code, national);
    memcpy(phone->region, plan->region, sizeof phone->region);
    phone->kind = kind;
}

/* A number that is kept as it was dialled. */
static void set_raw(bn_phone *phone, const char *digits, const char *region, bn_phone_class kind)
{
    snprintf(phone->number, sizeof phone->number, "%s", digits);
    snprintf(phone->region, sizeof phone->region, "%s", region);
    phone->kind = kind;
}

static const phone_plan *plan_of_region(const char *region)
{
    bool is_nanp = strcmp(region, "CA") == 0;
    for (size_t i = 0; i < BN_COUNT(plans); i++) {
        if (strcmp(plans[i].region, is_nanp ? "US" : region) == 0) {
            return &plans[i];
        }
    }
    return NULL;
}

/* Country codes are prefix-free, so at most one fits. */
static const phone_plan *plan_of_number(const char *digits)
{
    for (size_t i = 0; i < BN_COUNT(plans); i++) {
        if (starts(digits, plans[i].code)) {
            return &plans[i];
        }
    }
    return NULL;
}

/* --- China ------------------------------------------------------------------------------ */

static bool is_cn_mobile(const char *digits, size_t count)
{
    return count == 11 && digits[0] == '1' && digits[1] >= '3';
}

/* Area code without its 0 and a subscriber number: 21 58881234, 755 1234567. */
static bool is_cn_land(const char *digits, size_t count)
{
    bool is_short_area = starts(digits, "10") || digits[0] == '2';
    size_t area_len = is_short_area ? 2 : 3;
    bool is_area = is_short_area || (digits[0] >= '3' && digits[0] <= '9');
    return is_area && count >= area_len + 7 && count <= area_len + 8 &&
           digits[area_len] >= '1' && (!is_short_area || count == 10);
}

static bool is_cn_short(const char *digits, size_t count)
{
    return (count == 3 && digits[0] == '1') ||
           (count >= 5 && count <= 8 && starts_with_any(digits, "95 96")) ||
           (count == 5 && starts_with_any(digits, "10 11 12 13 16 17"));
}

/* Digits as dialled inside China, or behind +86. */
static bool set_cn(bn_phone *phone, const phone_plan *plan, const char *digits, bool has_code)
{
    size_t count = strlen(digits);
    if (!has_code && is_cn_short(digits, count)) {
        set_raw(phone, digits, plan->region, BN_PHONE_SHORT);
        return true;
    }
    if (count > 11 && starts_with_any(digits, "17951 17950 17911 17910 17909 17900 12593 10193")) {
        digits += 5;
        count -= 5;
    }
    bool has_trunk = digits[0] == '0';
    digits += has_trunk;
    count -= has_trunk;
    if (is_cn_mobile(digits, count)) {
        bool is_virtual = starts_with_any(digits, "162 165 167 170 171");
        set_number(phone, plan, digits, is_virtual ? BN_PHONE_VIRTUAL : BN_PHONE_MOBILE);
        return true;
    }
    if (count == 13 && starts(digits, "10")) {
        set_number(phone, plan, digits, BN_PHONE_VIRTUAL);
        return true;
    }
    if (count == 10 && starts_with_any(digits, "400 800") && !has_trunk) {
        set_number(phone, plan, digits, BN_PHONE_SERVICE);
        return true;
    }
    if ((has_trunk || has_code) && is_cn_land(digits, count)) {
        set_number(phone, plan, digits, BN_PHONE_LAND);
        return true;
    }
    if (!has_code && !has_trunk && (count == 7 || count == 8) && digits[0] >= '2') {
        set_raw(phone, digits, plan->region, BN_PHONE_LAND);
        phone->lacks_area = true;
        return true;
    }
    return false;
}

/* --- every other plan ------------------------------------------------------------------- */

static bool set_us(bn_phone *phone, const phone_plan *plan, const char *digits, bool has_code)
{
    size_t count = strlen(digits);
    if (count == 11 && digits[0] == '1') {
        digits++;
        count--;
    }
    if (count == 10 && digits[0] >= '2' && digits[3] >= '2') {
        bool is_free = starts_with_any(digits, "800 888 877 866 855 844 833");
        set_number(phone, plan, digits, is_free ? BN_PHONE_SERVICE : BN_PHONE_UNKNOWN);
        return true;
    }
    if (!has_code && (count == 7 || count == 3)) {
        set_raw(phone, digits, plan->region, count == 3 ? BN_PHONE_SHORT : BN_PHONE_UNKNOWN);
        phone->lacks_area = count == 7;
        return true;
    }
    return false;
}

static bool set_other(bn_phone *phone, const phone_plan *plan, const char *digits, bool has_code)
{
    size_t trunk_len = strlen(plan->trunk);
    size_t count = strlen(digits);
    bool has_trunk = trunk_len > 0 && starts(digits, plan->trunk) && count > plan->digits_min;
    digits += has_trunk ? trunk_len : 0;
    count -= has_trunk ? trunk_len : 0;
    if (count >= plan->digits_min && count <= plan->digits_max &&
        count + strlen(plan->code) <= E164_DIGITS_MAX) {
        bool is_known = plan->mobile[0] != 0;
        set_number(phone, plan, digits,
                   !is_known                               ? BN_PHONE_UNKNOWN
                   : starts_with_any(digits, plan->mobile) ? BN_PHONE_MOBILE
                                                           : BN_PHONE_LAND);
        return true;
    }
    if (!has_code && count < plan->digits_min) {
        set_raw(phone, digits, plan->region, count <= 4 ? BN_PHONE_SHORT : BN_PHONE_LAND);
        phone->lacks_area = count > 4;
        return true;
    }
    return false;
}

static bool set_by_plan(bn_phone *phone, const phone_plan *plan, const char *digits, bool has_code)
{
    return strcmp(plan->region, "CN") == 0   ? set_cn(phone, plan, digits, has_code)
           : strcmp(plan->region, "US") == 0 ? set_us(phone, plan, digits, has_code)
                                             : set_other(phone, plan, digits, has_code);
}

/* Digits behind a '+' or an international prefix. */
static bool set_international(bn_phone *phone, const char *digits)
{
    size_t count = strlen(digits);
    const phone_plan *plan = plan_of_number(digits);
    if (plan != NULL && set_by_plan(phone, plan, digits + strlen(plan->code), true)) {
        return true;
    }
    if (count < 7 || count > E164_DIGITS_MAX || digits[0] == '0') {
        return false;
    }
    snprintf(phone->number, sizeof phone->number, "+%s", digits);
    memcpy(phone->region, plan != NULL ? plan->region : "\0\0", sizeof phone->region);
    return true;
}

static const char *international_prefix(const phone_plan *home)
{
    return strcmp(home->region, "US") == 0   ? "011"
           : strcmp(home->region, "AU") == 0 ? "0011"
           : strcmp(home->region, "JP") == 0 ? "010"
           : strcmp(home->region, "HK") == 0 ? "001"
                                             : "00";
}

static bool set_national(bn_phone *phone, const phone_plan *home, const char *digits)
{
    size_t code_len = strlen(home->code);
    size_t count = strlen(digits);
    const char *prefix = international_prefix(home);
    if (starts(digits, prefix) && count > strlen(prefix) + 7) {
        return set_international(phone, digits + strlen(prefix));
    }
    if (starts(digits, "00") && count > 9) {
        return set_international(phone, digits + 2);
    }
    if (set_by_plan(phone, home, digits, false)) {
        return true;
    }
    /* The country code without its plus: 8613800138000. */
    if (starts(digits, home->code) && set_by_plan(phone, home, digits + code_len, true)) {
        return true;
    }
    if (count < UNKNOWN_DIGITS_MIN || count > E164_DIGITS_MAX) {
        return false;
    }
    set_raw(phone, digits, "", BN_PHONE_UNKNOWN);
    return true;
}

bn_rc bn_phone_parse(bn_slice text, const char *region, bn_phone *out, bn_err *err)
{
    const phone_plan *home = plan_of_region(region);
    dialled dial = {0};
    bn_phone phone = {0};
    if (home == NULL) {
        return bn_fail(err, BN_E_UNSUPPORTED, "telephone: no numbering plan of region '%.8s'",
                       region);
    }
    if (text.len > INPUT_BYTES_MAX) {
        return bn_fail(err, BN_E_INVALID, "telephone: %zu bytes, limit %d", text.len,
                       INPUT_BYTES_MAX);
    }
    BN_AUTO(bn_buf_fini) bn_buf plain = {.size_max = BN_TEXT_BYTES_MAX};
    bn_rc rc = bn_fold_whole(text, &plain);
    if (rc != BN_OK) {
        return bn_fail(err, rc, "telephone: not usable text");
    }
    bn_slice s = bn_buf_slice(&plain);
    cut_extension(&s, phone.extension);
    cut_dashed_extension(&s, phone.extension);
    if (!read_digits(s, &dial)) {
        return bn_fail(err, BN_E_INVALID, "telephone: too few or too many digits");
    }
    bool is_set = dial.is_international ? set_international(&phone, dial.digits)
                                        : set_national(&phone, home, dial.digits);
    if (!is_set) {
        return bn_fail(err, BN_E_INVALID, "telephone: fits no numbering plan");
    }
    *out = phone;
    return BN_OK;
}

bn_slice bn_phone_tail(const bn_phone *phone, size_t count)
{
    bn_slice digits = bn_slice_of(phone->number + (phone->number[0] == '+'));
    return count < digits.len ? slice_from(digits, digits.len - count) : digits;
}
