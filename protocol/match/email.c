/* email.c - mail addresses in the form two records are compared in.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <banyan/protocol/match/email.h>

#include "points.h"

#include <banyan/base/check.h>

#include <string.h>

#define LOCAL_BYTES_MAX 64 /* RFC 5321, 4.5.3.1.1 */

static bool is_one_of(bn_slice s, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (bn_slice_is(s, words[i])) {
            return true;
        }
    }
    return false;
}

static bool is_role(bn_slice local)
{
    static const char *const roles[] = {
        "abuse", "accounting", "accounts", "admin", "administrator", "billing", "booking",
        "careers", "ceo", "contact", "customerservice", "enquiries", "enquiry", "feedback",
        "finance", "hello", "help", "helpdesk", "hr", "info", "inquiry", "invoice", "invoices",
        "it", "jobs", "kefu", "legal", "mail", "marketing", "news", "newsletter", "no-reply",
        "noreply", "donotreply", "do-not-reply", "office", "orders", "payments", "post",
        "postmaster", "press", "privacy", "procurement", "purchasing", "reception",
        "recruitment", "root", "sales", "secretary", "security", "service", "services", "shop",
        "subscribe", "support", "team", "tech", "test", "webmaster", "xiaoshou", "caiwu",
        "zhaopin", "renshi", "bangong", "shichang",
    };
    return is_one_of(local, roles, BN_COUNT(roles));
}

static bool is_free(bn_slice domain)
{
    static const char *const domains[] = {
        "126.com", "139.com", "163.com", "188.com", "189.cn", "21cn.com", "263.net", "aliyun.com",
        "aol.com", "centrum.cz", "email.cz", "foxmail.com", "gmail.com", "gmx.de", "gmx.net",
        "googlemail.com", "hotmail.com", "icloud.com", "live.com", "live.cn", "mac.com",
        "mail.com", "mail.ru", "me.com", "msn.com", "naver.com", "outlook.com", "proton.me",
        "protonmail.com", "qq.com", "seznam.cz", "sina.cn", "sina.com", "sohu.com", "tom.com",
        "vip.163.com", "vip.qq.com", "vip.sina.com", "wo.cn", "web.de", "yahoo.com",
        "yahoo.com.cn", "yahoo.co.jp", "yahoo.co.uk", "yandex.ru", "yeah.net", "ymail.com",
    };
    return is_one_of(domain, domains, BN_COUNT(domains));
}

/* The address inside "Name <a@b>" or "mailto:a@b?subject=..". */
static bn_slice unwrap(bn_slice s)
{
    const uint8_t *open = s.len == 0 ? NULL : memrchr(s.data, '<', s.len);
    if (open != NULL && s.data[s.len - 1] == '>') {
        s = bn_slice_make(open + 1, (size_t)(s.data + s.len - open) - 2);
    }
    if (bn_slice_starts(s, BN_SLICE("mailto:"))) {
        s = slice_from(s, 7);
        const uint8_t *query = s.len == 0 ? NULL : memchr(s.data, '?', s.len);
        s.len = query == NULL ? s.len : (size_t)(query - s.data);
    }
    return bn_slice_trim(s);
}

/* The compare form folds a dot between two Hanzi, which here is the dot of a domain. */
static void restore_dots(bn_slice s, bn_buf *out)
{
    for (size_t at = 0; at < s.len;) {
        uint32_t c = bn_utf8_next(s, &at);
        bn_utf8_append(out, c == 0xb7 || c == 0x3002 || c == 0xff61 ? '.' : c);
    }
}

static bool is_good_part(bn_slice part, const char *forbidden)
{
    bool was_dot = true; /* no dot at the ends, no two in a row */
    for (size_t i = 0; i < part.len; i++) {
        uint8_t c = part.data[i];
        if (c <= ' ' || c == 0x7f || (c < 0x80 && strchr(forbidden, c) != NULL) ||
            (c == '.' && was_dot)) {
            return false;
        }
        was_dot = c == '.';
    }
    return !was_dot;
}

static bool is_good_domain(bn_slice domain)
{
    return is_good_part(domain, "@<>()[]\\,;:\"'!#$%&*+/=?^`{|}~_") &&
           memchr(domain.data, '.', domain.len) != NULL;
}

bn_rc bn_email_parse(bn_slice text, bn_arena *arena, bn_email *out, bn_err *err)
{
    if (text.len > 4 * BN_EMAIL_BYTES_MAX) {
        return bn_fail(err, BN_E_INVALID, "mail address: %zu bytes", text.len);
    }
    BN_AUTO(bn_buf_fini) bn_buf plain = {.size_max = BN_TEXT_BYTES_MAX};
    BN_AUTO(bn_buf_fini) bn_buf dotted = {.size_max = BN_TEXT_BYTES_MAX};
    bn_rc rc = bn_normalise_text(text, &plain);
    if (rc != BN_OK) {
        return bn_fail(err, rc, "mail address: not usable text");
    }
    restore_dots(unwrap(bn_buf_slice(&plain)), &dotted);
    BN_TRY(bn_buf_status(&dotted));
    bn_slice address = bn_buf_slice(&dotted);
    const uint8_t *sign = address.len == 0 ? NULL : memrchr(address.data, '@', address.len);
    if (sign == NULL || address.len > BN_EMAIL_BYTES_MAX) {
        return bn_fail(err, BN_E_INVALID, "mail address: no @, or longer than %d bytes",
                       BN_EMAIL_BYTES_MAX);
    }
    size_t local_len = (size_t)(sign - address.data);
    bn_slice local = bn_slice_make(address.data, local_len);
    bn_slice domain = slice_from(address, local_len + 1);
    if (local_len > LOCAL_BYTES_MAX || !is_good_part(local, "@<>()[]\\,;:\"") ||
        !is_good_domain(domain)) {
        return bn_fail(err, BN_E_INVALID, "mail address: not of the form name@domain.tld");
    }
    const uint8_t *plus = memchr(local.data, '+', local.len);
    bn_slice stem = bn_slice_make(local.data, plus == NULL || plus == local.data
                                                  ? local.len
                                                  : (size_t)(plus - local.data));
    bn_email email = {.is_role = is_role(stem), .is_free = is_free(domain)};
    char *joined = bn_arena_printf(arena, "%.*s@%.*s", BN_SLICE_ARG(stem), BN_SLICE_ARG(domain));
    email.address = bn_arena_copy(arena, address);
    if (joined == NULL || email.address.data == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "mail address: no memory");
    }
    email.plain = bn_slice_of(joined);
    email.local = bn_slice_make(joined, stem.len);
    email.domain = slice_from(email.plain, stem.len + 1);
    *out = email;
    return BN_OK;
}
