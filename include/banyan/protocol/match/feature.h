/* feature.h - what the matcher keeps of a customer: one canonical row of bytes.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A row is a pure function of the input and of BN_FEATURE_VERSION: equal inputs give equal bytes
 * in whatever order values were given. It is stored as it is and compared as it is; drawn byte by
 * byte in docs/matching.md. Several values of one kind (names, numbers, addresses) all go in, up
 * to the maxima below; when two rows are compared the best pair counts.
 */
#ifndef BANYAN_PROTOCOL_MATCH_FEATURE_H
#define BANYAN_PROTOCOL_MATCH_FEATURE_H

#include <banyan/base/arena.h>
#include <banyan/base/buf.h>
#include <banyan/base/err.h>
#include <banyan/base/id.h>

#define BN_FEATURE_VERSION 1
#define BN_FEATURE_BYTES_MAX 2200 /* typical: 90 to 160 */

#define BN_MATCH_NAMES_MAX 4
#define BN_MATCH_DOCUMENTS_MAX 6
#define BN_MATCH_PHONES_MAX 4
#define BN_MATCH_EMAILS_MAX 3
#define BN_MATCH_ADDRESSES_MAX 3
#define BN_MATCH_ATTRIBUTES_MAX 4

typedef enum bn_party { BN_PARTY_PERSON = 1, BN_PARTY_ORGANISATION = 2 } bn_party;
typedef enum bn_match_sex { BN_SEX_UNKNOWN, BN_SEX_MALE, BN_SEX_FEMALE } bn_match_sex;

/* Names a source record for ever and orders records: id first, then the op that created it. */
typedef struct bn_rid {
    bn_id id;
    bn_dot dot;
} bn_rid;

int bn_rid_compare(const bn_rid *a, const bn_rid *b);

/* Either `whole`, or `family` and `given` (one of them may be empty), middle and suffix optional.
 * An organisation's name is `whole`. */
typedef struct bn_match_name {
    bn_slice whole;
    bn_slice family;
    bn_slice given;
    bn_slice middle;
    bn_slice suffix;
} bn_match_name;

typedef struct bn_match_document {
    bn_slice type;    /* choice name: "resident_id", "uscc", "passport", ... or any other word */
    bn_slice number;
    bool is_verified; /* a person has seen the document */
} bn_match_document;

/* Whichever parts are known; `whole` is split by bn_address_parse() where a part is missing. */
typedef struct bn_match_address {
    bn_slice whole;    /* or the street line with its number */
    bn_slice number;   /* house number of its own column */
    bn_slice town;     /* suburb, district or city */
    bn_slice city;     /* when `town` is only a part of it */
    bn_slice region;   /* state or province */
    bn_slice postcode;
} bn_match_address;

/* Texts are borrowed for the call. Counts beyond the maxima are BN_E_LIMIT only above
 * BN_MATCH_INPUTS_MAX; else the surplus (in canonical order) is left out. */
#define BN_MATCH_INPUTS_MAX 64
typedef struct bn_match_input {
    bn_party party;
    bn_match_sex sex;
    uint32_t born;      /* yyyymmdd with zeros for what is unknown; 0 unknown; also founded */
    const char *region; /* of phone numbers without country code: "CN", "US"; NULL: "CN" */
    const bn_match_name *names; /* main, Latin, former: all alike */
    size_t names_count;
    const bn_match_document *documents;
    size_t documents_count;
    const bn_slice *phones;
    size_t phones_count;
    const bn_slice *emails;
    size_t emails_count;
    const bn_match_address *addresses;
    size_t addresses_count;
    bn_slice attributes[BN_MATCH_ATTRIBUTES_MAX]; /* free texts, compared place by place */
} bn_match_input;

/* Appends the row of `input` to `row`; `scratch` may be reset afterwards. Values that cannot be
 * read (a phone of letters, an empty name) are left out: the worst input gives a row that matches
 * nothing. BN_E_NO_MEMORY, BN_E_LIMIT, BN_E_INVALID (party). */
BN_CHECKED bn_rc bn_feature_make(const bn_match_input *input, bn_arena *scratch, bn_buf *row,
                                 bn_err *err);

/* Is this a row as bn_feature_make() writes it, to the last byte? BN_E_CORRUPT else. Rows that
 * come from a disk are checked once; everything below and score.h trusts them. */
BN_CHECKED bn_rc bn_feature_check(bn_slice row, bn_err *err);

/* --- reading a row: all of it borrowed from its bytes ------------------------------------ */
typedef struct bn_feature_name {
    uint8_t script;      /* bn_script */
    bool is_order_known;
    uint32_t family_tag; /* equal values have equal tags: terms of the frequency tables */
    uint32_t given_tag;
    uint32_t whole_tag;  /* of the compare form before Hanzi were folded */
    bn_slice family;     /* folded; up to BN_FEATURE_WORD_MAX bytes; an organisation's is empty */
    bn_slice given;      /* an organisation: its name, words parted by one blank */
    bn_slice middle;
    bn_slice family_reading; /* toneless pinyin of Hanzi; else empty */
    bn_slice given_reading;
} bn_feature_name;

typedef struct bn_feature_document {
    uint8_t type;      /* number of the type in documents.def; 255 for another word */
    uint8_t flags;     /* BN_DOCUMENT_... */
    uint32_t type_tag; /* of the type's word */
    bn_slice number;   /* canonical: upper case letters and digits */
} bn_feature_document;

#define BN_DOCUMENT_VERIFIED 1u  /* seen by a person, or the checksum fits */
#define BN_DOCUMENT_PERMANENT 2u /* one for life: two different ones are two people */
#define BN_DOCUMENT_RENEWABLE 4u /* changes with each renewal: a difference says nothing */
#define BN_DOCUMENT_FAILED 8u    /* has a checksum and does not fit it */

typedef struct bn_feature_address {
    uint32_t area;      /* GB/T 2260 */
    uint32_t street_tag;
    uint32_t place_tag; /* of the town, else of the postcode */
    bn_slice road;
    bn_slice number;
    bn_slice room;
    bn_slice town;
    bn_slice region;
    bn_slice postcode;
} bn_feature_address;

typedef struct bn_feature_text {
    uint32_t tag;
    uint8_t flags;
    bn_slice text;
} bn_feature_text;

#define BN_PHONE_IS_SERVICE 1u /* phones: a company's 400 or 800 number, or a short code */
#define BN_PHONE_LACKS_AREA 2u /* phones: local, compare the last digits */
#define BN_EMAIL_IS_ROLE 1u    /* emails: info@, sales@ */

typedef struct bn_feature {
    bn_party party;
    bn_match_sex sex;
    uint8_t generation; /* 0 none, 1 sr, 2 jr or ii, 3 iii, 4 iv, 5 v */
    uint8_t born_flags; /* BN_BORN_... */
    uint32_t born;
    uint8_t names_count;
    uint8_t documents_count;
    uint8_t phones_count;
    uint8_t emails_count;
    uint8_t addresses_count;
    bn_feature_name names[BN_MATCH_NAMES_MAX];
    bn_feature_document documents[BN_MATCH_DOCUMENTS_MAX];
    bn_feature_text phones[BN_MATCH_PHONES_MAX]; /* E.164 without the plus */
    bn_feature_text emails[BN_MATCH_EMAILS_MAX]; /* lower case, without plus tag */
    bn_feature_address addresses[BN_MATCH_ADDRESSES_MAX];
    bn_feature_text attributes[BN_MATCH_ATTRIBUTES_MAX]; /* empty text: not given */
} bn_feature;

#define BN_BORN_DEFAULT 1u /* 1 January, 1899-12-30: what forms hold when nobody knows */
#define BN_BORN_FROM_ID 2u /* read from a resident number that fits its checksum */
#define BN_BORN_DISPUTED 4u /* that number and the stated date differ */

#define BN_FEATURE_WORD_MAX 28 /* bytes of one part of a name or address, cut at a character */
#define BN_FEATURE_LINE_MAX 72 /* bytes of an organisation's name or an attribute */

/* Views a checked row; no copy, no failure. */
void bn_feature_open(bn_slice row, bn_feature *out);

/* Changes when what the matcher sees changes, and only then: the evidence hash of pins, tasks. */
uint64_t bn_feature_evidence(bn_slice row);

#endif
