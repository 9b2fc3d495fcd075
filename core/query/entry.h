/* entry.h - what a customer is found by, as one short run of bytes.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   | 1 "王小明" | 2 "wangxiaoming" | 3 "wxm" | 5 "00170000426" | 6 "38000" |
 *     tag, token; tag, token; ...
 *
 * Tokens hold letters and digits only, so a byte below BN_TAG_END is a tag, or the filling after
 * an entry, and no needle reaches from one token into the next.
 */
#ifndef BANYAN_CORE_QUERY_ENTRY_H
#define BANYAN_CORE_QUERY_ENTRY_H

#include <banyan/base/buf.h>
#include <banyan/protocol/record.h>

typedef enum bn_tag {
    BN_TAG_NAME = 1,     /* a whole name, also a Latin one */
    BN_TAG_PINYIN = 2,   /* ... its reading */
    BN_TAG_INITIALS = 3, /* ... the first letters of that */
    BN_TAG_WORD = 4,     /* a Latin name from a later word on: "smith" of John Smith */
    BN_TAG_NUMBER = 5,   /* customer number without dashes */
    BN_TAG_TAIL = 6,     /* end of a phone or document number */
    BN_TAG_END
} bn_tag;

#define BN_TAIL_BYTES 8 /* kept of a phone or document number */
#define BN_ENTRY_BYTES_MAX 4096

/* Appends the entry of a customer. BN_E_LIMIT, BN_E_NO_MEMORY. */
BN_CHECKED bn_rc bn_entry_write(const bn_record *customer, bn_buf *out, bn_err *err);

/* A text as tokens are folded: ASCII letters without marks, simplified Hanzi, letters and digits
 * alone. What is typed and what is stored both come through here. */
BN_CHECKED bn_rc bn_entry_fold(bn_slice text, bn_buf *out);

#endif
