/* phone.h - telephone numbers as E.164.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_PROTOCOL_MATCH_PHONE_H
#define BANYAN_PROTOCOL_MATCH_PHONE_H

#include <banyan/base/err.h>
#include <banyan/base/slice.h>

#define BN_PHONE_BYTES_MAX 17     /* '+', 15 digits, NUL */
#define BN_PHONE_EXTENSION_MAX 9  /* eight digits and the NUL */

typedef enum bn_phone_class {
    BN_PHONE_UNKNOWN, /* a plausible number whose plan the tables do not know */
    BN_PHONE_MOBILE,
    BN_PHONE_VIRTUAL, /* mobile of a virtual operator or an internet of things range */
    BN_PHONE_LAND,
    BN_PHONE_SERVICE, /* 400, 800: a company's, never a person's */
    BN_PHONE_SHORT    /* 95588, 110: no E.164 form */
} bn_phone_class;

typedef struct bn_phone {
    char number[BN_PHONE_BYTES_MAX];         /* "+8613800138000"; a short code as it is: "95588" */
    char extension[BN_PHONE_EXTENSION_MAX];  /* "801" or "" */
    char region[3];                          /* "CN", "US" for all of +1; "" when unknown */
    bn_phone_class kind;
    bool lacks_area; /* a local number without its area code: not E.164, compare with care */
} bn_phone;

/* `region` ("CN", "US", "AU" ...) is the one of a number without a country code; an unknown one
 * is BN_E_UNSUPPORTED. Of two numbers in one field the first is taken. BN_E_INVALID for what
 * cannot be a telephone number. */
BN_CHECKED bn_rc bn_phone_parse(bn_slice text, const char *region, bn_phone *out, bn_err *err);

/* The last `count` digits of the number without the extension, at most all of them; a cheap key
 * that survives a missing area or country code. */
bn_slice bn_phone_tail(const bn_phone *phone, size_t count);

#endif
