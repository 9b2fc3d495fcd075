/* customer_number.c - numbers a branch gives out offline, and their check digit.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   0017-000042-6     origin, at least 4 digits | count, at least 6 digits | check digit
 *
 * ISO/IEC 7064 MOD 11,10 over the digits of both parts: finds every single wrong digit and nearly
 * every swap of neighbours. Without dashes the last digit is the check and the six before it the
 * count, so that form is only for numbers of the usual length.
 */
#include <banyan/base/check.h>
#include <banyan/base/number.h>
#include <banyan/protocol/schema.h>

#include <inttypes.h>
#include <stdio.h>

#define ORIGIN_DIGITS 4
#define COUNT_DIGITS 6
#define COUNT_MAX UINT64_C(9999999999999999) /* 16 digits keep the text within its bytes */

/* One step of the hybrid system: p is 1..10. */
static unsigned check_step(unsigned p, unsigned digit)
{
    unsigned sum = (p + digit) % 10;
    return (sum == 0 ? 10 : sum) * 2 % 11;
}

static unsigned check_digit(uint32_t origin, uint64_t count)
{
    char digits[BN_CUSTOMER_NUMBER_BYTES];
    int len = snprintf(digits, sizeof digits, "%0*" PRIu32 "%0*" PRIu64, ORIGIN_DIGITS, origin,
                       COUNT_DIGITS, count);
    unsigned p = 10;
    for (int i = 0; i < len; i++) {
        p = check_step(p, (unsigned)(digits[i] - '0'));
    }
    return (11 - p) % 10;
}

void bn_customer_number_make(uint32_t origin, uint64_t count, char text[BN_CUSTOMER_NUMBER_BYTES])
{
    BN_ASSERT(count <= COUNT_MAX);
    snprintf(text, BN_CUSTOMER_NUMBER_BYTES, "%0*" PRIu32 "-%0*" PRIu64 "-%u", ORIGIN_DIGITS,
             origin, COUNT_DIGITS, count % UINT64_C(10000000000000000), check_digit(origin, count));
}

/* The three parts between two dashes, or by their usual lengths. */
static bool split(bn_slice text, bn_slice part[3])
{
    size_t dashes[2] = {0, 0};
    size_t dashes_count = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '-') {
            if (dashes_count == 2) {
                return false;
            }
            dashes[dashes_count++] = i;
        }
    }
    if (dashes_count == 0 && text.len >= ORIGIN_DIGITS + COUNT_DIGITS + 1) {
        size_t head = text.len - 1 - COUNT_DIGITS;
        part[0] = bn_slice_make(text.data, head);
        part[1] = bn_slice_make(text.data + head, COUNT_DIGITS);
        part[2] = bn_slice_make(text.data + text.len - 1, 1);
        return true;
    }
    if (dashes_count != 2) {
        return false;
    }
    part[0] = bn_slice_make(text.data, dashes[0]);
    part[1] = bn_slice_make(text.data + dashes[0] + 1, dashes[1] - dashes[0] - 1);
    part[2] = bn_slice_make(text.data + dashes[1] + 1, text.len - dashes[1] - 1);
    return true;
}

/* Zeros only fill up to `digits`: a further one would be a wrong digit the check cannot see. */
static bool is_padded(bn_slice part, size_t digits)
{
    return part.len == digits || (part.len > digits && part.data[0] != '0');
}

bn_rc bn_customer_number_parse(bn_slice text, char out[BN_CUSTOMER_NUMBER_BYTES], bn_err *err)
{
    bn_slice part[3];
    uint64_t number[3];
    text = bn_slice_trim(text);
    if (text.len >= BN_CUSTOMER_NUMBER_BYTES || !split(text, part)) {
        return bn_fail(err, BN_E_INVALID, "customer number: origin-count-check, as 0017-000042-6");
    }
    for (size_t i = 0; i < 3; i++) {
        if (bn_parse_u64(part[i], &number[i]) != BN_OK) {
            return bn_fail(err, BN_E_INVALID, "customer number: part %zu is no number", i + 1);
        }
    }
    if (!is_padded(part[0], ORIGIN_DIGITS) || !is_padded(part[1], COUNT_DIGITS) ||
        part[2].len != 1 || number[0] > UINT32_MAX || number[1] > COUNT_MAX) {
        return bn_fail(err, BN_E_INVALID,
                       "customer number: %d or more digits, %d or more digits, one digit",
                       ORIGIN_DIGITS, COUNT_DIGITS);
    }
    char canonical[BN_CUSTOMER_NUMBER_BYTES];
    if (check_digit((uint32_t)number[0], number[1]) != number[2]) {
        return bn_fail(err, BN_E_INVALID, "customer number: check digit does not fit");
    }
    bn_customer_number_make((uint32_t)number[0], number[1], canonical);
    snprintf(out, BN_CUSTOMER_NUMBER_BYTES, "%s", canonical);
    return BN_OK;
}
