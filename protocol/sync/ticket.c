/* ticket.c - writes and reads the one-time code people carry to a new branch.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <banyan/protocol/ticket.h>

#include <banyan/base/number.h>
#include <banyan/base/text.h>

#include <arpa/inet.h>

#define PREFIX "BANYAN1"
#define GROUP_CHARS 5
#define CHECKSUM_BYTES 4
#define FIXED_BYTES (1 + BN_TOKEN_BYTES + BN_KEY_BYTES + 2 + 2 + 1)
#define BODY_BYTES_MAX (FIXED_BYTES + BN_TICKET_HOST_BYTES + CHECKSUM_BYTES)
#define SIGNIFICANT_CHARS_MAX 320
#define LENGTH_CHARS 8 /* five bytes: enough to read the length alone */

static bn_rc check_host(const char *host, bn_err *err)
{
    size_t len = strnlen(host, BN_TICKET_HOST_BYTES);
    if (len == 0 || len >= BN_TICKET_HOST_BYTES) {
        return bn_fail(err, BN_E_LIMIT, "host: %zu bytes, limit 1 to %d", len,
                       BN_TICKET_HOST_BYTES - 1);
    }
    for (size_t i = 0; i < len; i++) {
        if (host[i] <= ' ' || host[i] > '~' || host[i] == '/' || host[i] == '[') {
            return bn_fail(err, BN_E_INVALID,
                           "host: character %zu does not belong in a name or address", i + 1);
        }
    }
    return BN_OK;
}

static void checksum(bn_slice body, uint8_t out[CHECKSUM_BYTES])
{
    bn_hash hash = bn_hash_of_two(BN_SLICE("banyan-ticket-v1"), body);
    memcpy(out, hash.bytes, CHECKSUM_BYTES);
}

static size_t body_of(const bn_ticket *ticket, uint8_t body[BODY_BYTES_MAX])
{
    size_t host_len = strlen(ticket->host);
    size_t len = FIXED_BYTES + host_len + CHECKSUM_BYTES;
    uint8_t *at = body;
    *at++ = (uint8_t)len;
    memcpy(at, ticket->token, BN_TOKEN_BYTES);
    at += BN_TOKEN_BYTES;
    memcpy(at, ticket->server_key, BN_KEY_BYTES);
    at += BN_KEY_BYTES;
    bn_store_u16(at, ticket->enrol_port);
    bn_store_u16(at + 2, ticket->sync_port);
    at[4] = (uint8_t)host_len;
    at += 5;
    memcpy(at, ticket->host, host_len);
    at += host_len;
    checksum(bn_slice_make(body, (size_t)(at - body)), at);
    return len;
}

bn_rc bn_ticket_format(const bn_ticket *ticket, char text[BN_TICKET_TEXT_BYTES], bn_err *err)
{
    BN_TRY(check_host(ticket->host, err));
    uint8_t body[BODY_BYTES_MAX];
    size_t len = body_of(ticket, body);
    bn_buf plain;
    bn_buf_init(&plain, SIGNIFICANT_CHARS_MAX);
    bn_base32_encode(bn_slice_make(body, len), &plain);
    bn_wipe(body, sizeof body);
    bn_rc rc = bn_buf_status(&plain);
    size_t groups = (plain.len + GROUP_CHARS - 1) / GROUP_CHARS;
    if (rc == BN_OK && sizeof PREFIX + plain.len + groups >= BN_TICKET_TEXT_BYTES) {
        rc = BN_E_LIMIT;
    }
    if (rc != BN_OK) {
        bn_buf_fini(&plain);
        return bn_fail(err, rc, "code: no room for its text");
    }
    memcpy(text, PREFIX, sizeof PREFIX - 1);
    size_t at = sizeof PREFIX - 1;
    for (size_t i = 0; i < plain.len; i++) {
        if (i % GROUP_CHARS == 0) {
            text[at++] = '-';
        }
        text[at++] = (char)plain.data[i];
    }
    text[at] = '\0';
    bn_wipe(plain.data, plain.len);
    bn_buf_fini(&plain);
    return BN_OK;
}

static bool is_filler(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '-';
}

/* Copies what counts of `text`, upper case; BN_E_LIMIT when that is more than a code can be. */
static bn_rc significant(bn_slice text, char out[SIGNIFICANT_CHARS_MAX], size_t *len)
{
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        if (is_filler(c)) {
            continue;
        }
        if (n == SIGNIFICANT_CHARS_MAX) {
            return BN_E_LIMIT;
        }
        out[n++] = (char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    }
    *len = n;
    return BN_OK;
}

static bn_rc decode(const char *chars, size_t len, bn_buf *out, bn_err *err)
{
    bn_buf_clear(out);
    if (bn_base32_decode(bn_slice_make(chars, len), out) != BN_OK) {
        return bn_fail(err, BN_E_INVALID,
                       "code: mistyped: a character that codes do not use, or one too few");
    }
    return BN_OK;
}

/* How many characters `bytes` bytes take in base 32. */
static size_t chars_of(size_t bytes)
{
    return (bytes * 8 + 4) / 5;
}

static bn_rc read_body(bn_slice body, bn_ticket *out, bn_err *err)
{
    uint8_t expected[CHECKSUM_BYTES];
    checksum(bn_slice_make(body.data, body.len - CHECKSUM_BYTES), expected);
    const uint8_t *at = body.data + 1;
    if (memcmp(expected, body.data + body.len - CHECKSUM_BYTES, CHECKSUM_BYTES) != 0) {
        return bn_fail(err, BN_E_INVALID, "code: mistyped: the checksum does not fit");
    }
    bn_ticket ticket = {0};
    memcpy(ticket.token, at, BN_TOKEN_BYTES);
    at += BN_TOKEN_BYTES;
    memcpy(ticket.server_key, at, BN_KEY_BYTES);
    at += BN_KEY_BYTES;
    ticket.enrol_port = bn_load_u16(at);
    ticket.sync_port = bn_load_u16(at + 2);
    size_t host_len = at[4];
    at += 5;
    if (FIXED_BYTES + host_len + CHECKSUM_BYTES != body.len || host_len >= BN_TICKET_HOST_BYTES) {
        return bn_fail(err, BN_E_INVALID, "code: its parts do not add up");
    }
    memcpy(ticket.host, at, host_len);
    BN_TRY(check_host(ticket.host, err));
    *out = ticket;
    return BN_OK;
}

static bn_rc parse_chars(const char *chars, size_t len, bn_buf *buf, bn_ticket *out, bn_err *err)
{
    if (len < LENGTH_CHARS) {
        return bn_fail(err, BN_E_INVALID, "code: cut off after %zu characters", len);
    }
    BN_TRY(decode(chars, LENGTH_CHARS, buf, err));
    size_t bytes = buf->data[0];
    if (bytes < FIXED_BYTES + 1 + CHECKSUM_BYTES) {
        return bn_fail(err, BN_E_INVALID, "code: mistyped in the first group");
    }
    if (len < chars_of(bytes)) {
        return bn_fail(err, BN_E_INVALID, "code: cut off: %zu of %zu characters", len,
                       chars_of(bytes));
    }
    if (len > chars_of(bytes)) {
        return bn_fail(err, BN_E_INVALID, "code: mistyped: %zu characters instead of %zu", len,
                       chars_of(bytes));
    }
    BN_TRY(decode(chars, len, buf, err));
    return read_body(bn_buf_slice(buf), out, err);
}

bn_rc bn_ticket_parse(bn_slice text, bn_ticket *out, bn_err *err)
{
    char chars[SIGNIFICANT_CHARS_MAX];
    size_t len = 0;
    size_t prefix_len = sizeof PREFIX - 1;
    if (significant(text, chars, &len) != BN_OK) {
        return bn_fail(err, BN_E_INVALID, "code: too long to be one");
    }
    if (len < prefix_len || memcmp(chars, PREFIX, prefix_len - 1) != 0) {
        return bn_fail(err, BN_E_INVALID, "code: does not start with %s", PREFIX);
    }
    if (chars[prefix_len - 1] != PREFIX[prefix_len - 1]) {
        return bn_fail(err, BN_E_INVALID, "code: made by another version of the server");
    }
    bn_buf buf;
    bn_buf_init(&buf, BODY_BYTES_MAX + 8);
    bn_rc rc = parse_chars(chars + prefix_len, len - prefix_len, &buf, out, err);
    bn_buf_fini(&buf);
    bn_wipe(chars, sizeof chars);
    return rc;
}

bn_rc bn_ticket_endpoint(const bn_ticket *ticket, bool enrol, char *out, size_t out_len,
                         bn_err *err)
{
    struct in6_addr ignored;
    bool brackets = inet_pton(AF_INET6, ticket->host, &ignored) == 1;
    unsigned port = enrol ? ticket->enrol_port : ticket->sync_port;
    int n = snprintf(out, out_len, "tcp://%s%s%s:%u", brackets ? "[" : "", ticket->host,
                     brackets ? "]" : "", port);
    if (n < 0 || (size_t)n >= out_len) {
        return bn_fail(err, BN_E_LIMIT, "endpoint: %d bytes, room for %zu", n, out_len);
    }
    return BN_OK;
}
