/* email.h - mail addresses in the form two records are compared in.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_PROTOCOL_MATCH_EMAIL_H
#define BANYAN_PROTOCOL_MATCH_EMAIL_H

#include <banyan/protocol/match/normalise.h>

#define BN_EMAIL_BYTES_MAX 254 /* RFC 5321, 4.5.3.1.3 */

typedef struct bn_email {
    bn_slice address; /* compare form, all lower case: "li.na+crm@example.com" */
    bn_slice plain;   /* the same without plus tag: "li.na@example.com" */
    bn_slice local;   /* of `plain` */
    bn_slice domain;
    bool is_role;     /* info@, sales@: not a person's */
    bool is_free;     /* a public mail provider's domain says nothing about the employer */
} bn_email;

/* Accepts "Name <a@b.c>" and "mailto:a@b.c". Slices live in `arena`. Domain labels outside ASCII
 * are kept in compare form. */
BN_CHECKED bn_rc bn_email_parse(bn_slice text, bn_arena *arena, bn_email *out, bn_err *err);

#endif
