/* number.c - GB 11643, GB 32100 and the days of the calendar.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "number.h"

#include <banyan/base/check.h>

#include <inttypes.h>

unsigned gen_days_in_month(unsigned year, unsigned month)
{
    static const unsigned days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

gen_day gen_pick_day(dice *d, unsigned low, unsigned high)
{
    gen_day day = {.year = dice_between(d, low, high), .month = dice_between(d, 1, 12)};
    day.day = dice_between(d, 1, gen_days_in_month(day.year, day.month));
    return day;
}

void gen_resident_id(uint32_t area, gen_day born, unsigned running, char out[GEN_RESIDENT_BYTES])
{
    BN_ASSERT(area < 1000000 && born.year < 10000 && running < 1000);
    (void)snprintf(out, GEN_RESIDENT_BYTES, "%06" PRIu32 "%04u%02u%02u%03u", area % 1000000,
                   born.year % 10000, born.month % 100, born.day % 100, running % 1000);
    unsigned sum = 0;
    for (unsigned i = 0; i < 17; i++) {
        unsigned weight = (1u << (17 - i)) % 11;
        sum += (unsigned)(out[i] - '0') * weight;
    }
    out[17] = "10X98765432"[sum % 11];
    out[18] = '\0';
}

void gen_resident_id_15(const char id[GEN_RESIDENT_BYTES], char out[GEN_RESIDENT_BYTES])
{
    (void)snprintf(out, GEN_RESIDENT_BYTES, "%.6s%.9s", id, id + 8);
}

void gen_uscc(dice *d, uint32_t area, char out[GEN_USCC_BYTES])
{
    static const char alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    static const unsigned org_weights[8] = {3, 7, 9, 10, 5, 8, 4, 2};
    (void)snprintf(out, GEN_USCC_BYTES, "91%06" PRIu32 "MA", area % 1000000);
    for (unsigned i = 10; i < 16; i++) {
        out[i] = alphabet[dice_below(d, 31)];
    }
    unsigned sum = 0;
    for (unsigned i = 0; i < 8; i++) {
        char c = out[8 + i];
        sum += (unsigned)(c <= '9' ? c - '0' : c - 'A' + 10) * org_weights[i];
    }
    unsigned check = (11 - sum % 11) % 11;
    out[16] = check == 10 ? 'X' : (char)('0' + check);
    sum = 0;
    unsigned weight = 1;
    for (unsigned i = 0; i < 17; i++) {
        unsigned value = 0;
        while (alphabet[value] != out[i]) {
            value++;
        }
        sum += value * weight;
        weight = weight * 3 % 31;
    }
    out[17] = alphabet[(31 - sum % 31) % 31];
    out[18] = '\0';
}
