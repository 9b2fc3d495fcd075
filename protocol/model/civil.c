/* civil.c - days of the Gregorian calendar as integers yyyymmdd.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Day counts after Hinnant, "chrono-compatible low-level date algorithms": years start in March,
 * so that the leap day is the last one, and 400 years are one era of 146097 days.
 */
#include "model.h"

#define ERA_DAYS 146097
#define EPOCH_DAYS 719468 /* from 0000-03-01 to 1970-01-01 */

bool bn_civil_is_real(int64_t yyyymmdd)
{
    static const uint8_t month_days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t year = yyyymmdd / 10000;
    int64_t month = yyyymmdd / 100 % 100;
    int64_t day = yyyymmdd % 100;
    if (year < BN_YEAR_MIN || year > BN_YEAR_MAX || month < 1 || month > 12 || day < 1) {
        return false;
    }
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return day <= month_days[month - 1] + (month == 2 && is_leap ? 1 : 0);
}

int64_t bn_civil_to_days(int64_t yyyymmdd)
{
    int64_t month = yyyymmdd / 100 % 100;
    int64_t year = yyyymmdd / 10000 - (month <= 2 ? 1 : 0);
    int64_t era = year / 400;
    int64_t year_of_era = year % 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + yyyymmdd % 100 - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * ERA_DAYS + day_of_era - EPOCH_DAYS;
}

int64_t bn_civil_of_days(int64_t days)
{
    days += EPOCH_DAYS;
    int64_t era = days / ERA_DAYS;
    int64_t day_of_era = days % ERA_DAYS;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted = (5 * day_of_year + 2) / 153;
    int64_t day = day_of_year - (153 * shifted + 2) / 5 + 1;
    int64_t month = shifted + (shifted < 10 ? 3 : -9);
    int64_t year = era * 400 + year_of_era + (month <= 2 ? 1 : 0);
    return year * 10000 + month * 100 + day;
}
