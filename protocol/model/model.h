/* model.h - what the files of this folder share.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_PROTOCOL_MODEL_MODEL_H
#define BANYAN_PROTOCOL_MODEL_MODEL_H

#include <banyan/protocol/schema.h>

#define BN_BRANCH_NUMBER_MAX 999999 /* six digits: what a branch code on paper holds */

/* Money is kept in hundredths; text shows two decimals. */
#define BN_MONEY_UNIT 100

/* Years a civil date or a time may have. */
#define BN_YEAR_MIN 1800
#define BN_YEAR_MAX 2199

#define BN_DAY_MS ((int64_t)86400000)

/* Is yyyymmdd a day of the Gregorian calendar within the years above? */
bool bn_civil_is_real(int64_t yyyymmdd);

/* Days since 1970-01-01 of a real civil date, and back. */
int64_t bn_civil_to_days(int64_t yyyymmdd);
int64_t bn_civil_of_days(int64_t days);

#endif
