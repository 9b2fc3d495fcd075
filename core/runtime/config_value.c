/* config_value.c - the text of a setting and its meaning, one type after the other.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config_private.h"

#include <banyan/base/check.h>
#include <banyan/base/number.h>
#include <banyan/base/text.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define CHOICES_MAX 16
#define CHOICE_BYTES_MAX 32
#define SHOWN_TEXT_BYTES_MAX 40

typedef struct unit {
    const char *name;
    int64_t factor;
} unit;

static const unit durations[] = {
    {"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1},
};
static const unit sizes[] = {
    {"TiB", (int64_t)1 << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"", 1},
};

void config_show(bn_slice text, char out[CONFIG_SHOWN_BYTES])
{
    size_t len = text.len;
    if (len > SHOWN_TEXT_BYTES_MAX) {
        len = SHOWN_TEXT_BYTES_MAX;
        while (len > 0 && (text.data[len] & 0xc0) == 0x80) {
            len--;
        }
    }
    snprintf(out, CONFIG_SHOWN_BYTES, "'%.*s%s'", (int)len, (const char *)text.data,
             len < text.len ? "..." : "");
}

/* Digits, then one of units[]. */
static bn_rc parse_units(bn_slice text, const unit *units, size_t units_count, int64_t *out,
                         bn_err *err)
{
    char shown[CONFIG_SHOWN_BYTES];
    config_show(text, shown);
    size_t digits = 0;
    while (digits < text.len && text.data[digits] >= '0' && text.data[digits] <= '9') {
        digits++;
    }
    if (digits == 0) {
        return bn_fail(err, BN_E_INVALID, "%s does not start with a number", shown);
    }
    int64_t number = 0;
    if (bn_parse_i64(bn_slice_make(text.data, digits), &number) != BN_OK) {
        return bn_fail(err, BN_E_LIMIT, "%s is too large", shown);
    }
    bn_slice name = bn_slice_make(text.data + digits, text.len - digits);
    for (size_t i = 0; i < units_count; i++) {
        if (bn_slice_is(name, units[i].name)) {
            int64_t result = 0;
            if (__builtin_mul_overflow(number, units[i].factor, &result)) {
                return bn_fail(err, BN_E_LIMIT, "%s is too large", shown);
            }
            *out = result;
            return BN_OK;
        }
    }
    return bn_fail(err, BN_E_INVALID, "%s has no unit that is known here", shown);
}

bn_rc bn_duration_parse(bn_slice text, int64_t *ms, bn_err *err)
{
    if (bn_slice_is(text, "0")) {
        *ms = 0;
        return BN_OK;
    }
    bn_rc rc = parse_units(text, durations, BN_COUNT(durations), ms, err);
    return bn_err_context(err, rc, "not a duration such as 250ms, 30s, 5m, 2h, 7d");
}

bn_rc bn_size_parse(bn_slice text, int64_t *bytes, bn_err *err)
{
    bn_rc rc = parse_units(text, sizes, BN_COUNT(sizes), bytes, err);
    return bn_err_context(err, rc, "not a size such as 512, 64KiB, 64MiB, 1GiB");
}

void config_number_format(bn_config_type type, int64_t number, char out[CONFIG_NUMBER_BYTES])
{
    bool is_duration = type == BN_CONFIG_DURATION;
    const unit *units = is_duration ? durations : sizes;
    size_t count = is_duration ? BN_COUNT(durations) : BN_COUNT(sizes);
    if (is_duration || type == BN_CONFIG_SIZE) {
        for (size_t i = 0; i < count; i++) {
            if (number != 0 && number % units[i].factor == 0) {
                snprintf(out, CONFIG_NUMBER_BYTES, "%" PRId64 "%s", number / units[i].factor,
                         units[i].name);
                return;
            }
        }
    }
    snprintf(out, CONFIG_NUMBER_BYTES, "%" PRId64, number);
}

static bn_rc check_bounds(const bn_config_key *key, int64_t number, bn_err *err)
{
    if ((key->min != 0 || key->max != 0) && (number < key->min || number > key->max)) {
        char low[CONFIG_NUMBER_BYTES];
        char high[CONFIG_NUMBER_BYTES];
        config_number_format(key->type, key->min, low);
        config_number_format(key->type, key->max, high);
        return bn_fail(err, BN_E_LIMIT, "out of range, allowed is %s to %s", low, high);
    }
    return BN_OK;
}

static bn_rc parse_bool(bn_slice text, int64_t *out, bn_err *err)
{
    static const char *const words[] = {"false", "true", "no", "yes", "off", "on"};
    for (size_t i = 0; i < BN_COUNT(words); i++) {
        if (bn_slice_is(text, words[i])) {
            *out = (int64_t)(i % 2);
            return BN_OK;
        }
    }
    char shown[CONFIG_SHOWN_BYTES];
    config_show(text, shown);
    return bn_fail(err, BN_E_INVALID, "%s is neither true nor false", shown);
}

static bn_rc parse_choice(const bn_config_key *key, bn_slice text, int64_t *out, bn_err *err)
{
    char words[CHOICES_MAX][CHOICE_BYTES_MAX];
    const char *names[CHOICES_MAX];
    size_t count = 0;
    for (const char *at = key->choices; *at != 0; count++) {
        size_t len = strcspn(at, "|");
        BN_ASSERT(count < CHOICES_MAX && len < CHOICE_BYTES_MAX);
        memcpy(words[count], at, len);
        words[count][len] = 0;
        names[count] = words[count];
        if (bn_slice_is(text, names[count])) {
            *out = (int64_t)count;
            return BN_OK;
        }
        at += len + (at[len] == '|');
    }
    char shown[CONFIG_SHOWN_BYTES];
    config_show(text, shown);
    const char *nearest = bn_nearest_name(text, names, count);
    if (nearest != NULL) {
        return bn_fail(err, BN_E_INVALID, "%s is none of %s (did you mean %s?)", shown,
                       key->choices, nearest);
    }
    return bn_fail(err, BN_E_INVALID, "%s is none of %s", shown, key->choices);
}

static bool is_host_byte(uint8_t byte, bool v6)
{
    bool word = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
                (byte >= 'A' && byte <= 'Z') || byte == '.' || byte == '-';
    return word || byte == '_' || (v6 && (byte == ':' || byte == '%'));
}

static bool is_host(bn_slice host)
{
    bool v6 = host.len > 2 && host.data[0] == '[' && host.data[host.len - 1] == ']';
    if (bn_slice_is(host, "*")) {
        return true;
    }
    for (size_t i = v6; i < host.len - (size_t)v6; i++) {
        if (!is_host_byte(host.data[i], v6)) {
            return false;
        }
    }
    return host.len > 0;
}

static bn_rc parse_endpoint(bn_slice text, bn_err *err)
{
    char shown[CONFIG_SHOWN_BYTES];
    config_show(text, shown);
    bn_slice tcp = BN_SLICE("tcp://");
    bn_slice ipc = BN_SLICE("ipc:///");
    if (bn_slice_starts(text, ipc) && text.len > ipc.len) {
        return BN_OK;
    }
    bn_slice rest = text;
    if (bn_slice_starts(text, tcp)) {
        rest = bn_slice_make(text.data + tcp.len, text.len - tcp.len);
    }
    size_t colon = rest.len;
    while (colon > 0 && rest.data[colon - 1] != ':') {
        colon--;
    }
    if (colon == 0 || !is_host(bn_slice_make(rest.data, colon - 1))) {
        return bn_fail(err, BN_E_INVALID, "%s is not tcp://HOST:PORT, HOST:PORT or ipc:///PATH",
                       shown);
    }
    uint64_t port = 0;
    if (bn_parse_u64(bn_slice_make(rest.data + colon, rest.len - colon), &port) != BN_OK ||
        port > UINT16_MAX) {
        return bn_fail(err, BN_E_INVALID, "%s: the port is not a number from 0 to 65535", shown);
    }
    return BN_OK;
}

static bn_rc parse_nothing(const bn_config_key *key, bn_err *err)
{
    bool is_text = key->type == BN_CONFIG_TEXT || key->type == BN_CONFIG_PATH ||
                   key->type == BN_CONFIG_ENDPOINT;
    if (key->fallback[0] == 0 || (is_text && key->min == 0)) {
        return BN_OK;
    }
    return bn_fail(err, BN_E_INVALID, "no value (leave the line out for the default, %s)",
                   key->fallback);
}

bn_rc config_value_parse(const bn_config_key *key, bn_slice text, int64_t *number, bn_err *err)
{
    int64_t result = 0;
    if (text.len > BN_CONFIG_VALUE_BYTES_MAX) {
        return bn_fail(err, BN_E_LIMIT, "%zu bytes, limit %d", text.len,
                       BN_CONFIG_VALUE_BYTES_MAX);
    }
    if (!bn_utf8_clean(text) || memchr(text.len > 0 ? text.data : (const uint8_t *)"", '\n',
                                       text.len) != NULL) {
        return bn_fail(err, BN_E_INVALID, "not clean UTF-8 (control or bidirectional character)");
    }
    if (text.len == 0) {
        BN_TRY(parse_nothing(key, err));
        *number = 0;
        return BN_OK;
    }
    switch (key->type) {
    case BN_CONFIG_TEXT:
    case BN_CONFIG_PATH:
        result = (int64_t)text.len;
        break;
    case BN_CONFIG_INT:
        if (bn_parse_i64(text, &result) != BN_OK) {
            char shown[CONFIG_SHOWN_BYTES];
            config_show(text, shown);
            return bn_fail(err, BN_E_INVALID, "%s is not a whole number", shown);
        }
        break;
    case BN_CONFIG_BOOL:
        BN_TRY(parse_bool(text, &result, err));
        break;
    case BN_CONFIG_DURATION:
        BN_TRY(bn_duration_parse(text, &result, err));
        break;
    case BN_CONFIG_SIZE:
        BN_TRY(bn_size_parse(text, &result, err));
        break;
    case BN_CONFIG_ENDPOINT:
        BN_TRY(parse_endpoint(text, err));
        break;
    case BN_CONFIG_CHOICE:
        BN_TRY(parse_choice(key, text, &result, err));
        break;
    }
    BN_TRY(check_bounds(key, result, err));
    *number = result;
    return BN_OK;
}
