/* date.h - dates of birth as people write them.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_PROTOCOL_MATCH_DATE_H
#define BANYAN_PROTOCOL_MATCH_DATE_H

#include <banyan/base/err.h>
#include <banyan/base/slice.h>

#define BN_DATE_YEAR_MIN 1800
#define BN_DATE_YEAR_MAX 2199

typedef enum bn_date_precision {
    BN_DATE_TO_YEAR = 1,
    BN_DATE_TO_MONTH,
    BN_DATE_TO_DAY
} bn_date_precision;

/* What 3/4/1990 and 3-4-1990 mean; 03.04.1990 is day first everywhere it is used. */
typedef enum bn_date_order {
    BN_DATE_REFUSE_AMBIGUOUS, /* BN_E_INVALID unless one of the two exceeds 12 or both are equal */
    BN_DATE_MONTH_FIRST,
    BN_DATE_DAY_FIRST
} bn_date_order;

typedef struct bn_date {
    uint16_t year;
    uint8_t month; /* 0 when unknown */
    uint8_t day;   /* 0 when unknown */
    bn_date_precision precision;
    bool is_default; /* 1 January of any year, 1899-12-30: what forms hold when nobody knows */
} bn_date;

/* 1990-01-02, 1990-01-02T00:00:00Z, 19900102, 1990/1/2, 1990.1.2, 2.1.1990, 1/2/1990, 1990年1月2日,
 * 一九九〇年一月二日, 1990-01, 199001, 1990年, 1990, 2 Jan 1990, January 2, 1990; full width digits.
 * A month or day of 00 lowers the precision. Two-digit years and lunar dates (农历) are refused. */
BN_CHECKED bn_rc bn_date_parse(bn_slice text, bn_date_order order, bn_date *out, bn_err *err);

/* yyyymmdd, with zeros for what is unknown; and back. */
uint32_t bn_date_pack(const bn_date *date);
BN_CHECKED bn_rc bn_date_unpack(uint32_t yyyymmdd, bn_date *out);

bool bn_date_is_real(unsigned year, unsigned month, unsigned day);

#endif
