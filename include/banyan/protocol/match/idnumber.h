/* idnumber.h - Chinese resident numbers (GB 11643) and organisation codes (GB 32100, GB 11714).
 * SPDX-License-Identifier: Apache-2.0
 *
 * Messages name the place of the mistake and never the number itself.
 */
#ifndef BANYAN_PROTOCOL_MATCH_IDNUMBER_H
#define BANYAN_PROTOCOL_MATCH_IDNUMBER_H

#include <banyan/base/err.h>
#include <banyan/base/slice.h>
#include <banyan/protocol/match/date.h>

#define BN_RESIDENT_ID_LEN 18
#define BN_ORG_CODE_LEN 18

typedef enum bn_id_problem {
    BN_ID_GOOD,
    BN_ID_LENGTH,
    BN_ID_CHARACTER, /* at `position` */
    BN_ID_AREA,      /* the first six digits name no place */
    BN_ID_DATE,      /* no such day */
    BN_ID_CHECKSUM   /* `expected` would fit */
} bn_id_problem;

typedef struct bn_id_check {
    bn_id_problem problem;
    uint8_t position; /* 1-based, of the first wrong character; 0 when it has no one place */
    char expected;    /* the check character that fits; 0 unless BN_ID_CHECKSUM */
    char given;
} bn_id_check;

typedef enum bn_resident_class {
    BN_RESIDENT_CITIZEN,
    BN_RESIDENT_HONG_KONG, /* 81xxxx residence permit */
    BN_RESIDENT_MACAO,     /* 82xxxx */
    BN_RESIDENT_TAIWAN,    /* 83xxxx */
    BN_RESIDENT_FOREIGNER  /* 9xxxxx, permanent residence since 2023 */
} bn_resident_class;

typedef struct bn_resident_id {
    char number[BN_RESIDENT_ID_LEN + 1]; /* upper case X; 18 digits also when 15 were given */
    bn_resident_class kind;
    uint32_t area;      /* first six digits */
    bn_date born;
    bool is_male;
    bool was_15;        /* given in the form before 1999 */
    bool is_centenarian_code; /* order code 996..999 of a 15-digit number: the century is a guess */
    bool is_area_known; /* the county, its city or its province is in the table of today */
} bn_resident_id;

/* Blanks and hyphens are skipped, full width digits and a small x accepted. `check` may be NULL;
 * it is filled in both cases. A county that has since been renumbered is no error, a province
 * that never was is one. */
BN_CHECKED bn_rc bn_resident_id_parse(bn_slice text, bn_resident_id *out, bn_id_check *check,
                                      bn_err *err);

typedef struct bn_org_code {
    char code[BN_ORG_CODE_LEN + 1]; /* the whole unified social credit code; "" for a legacy one */
    char legacy[10];                /* organisation code without its hyphen: positions 9-17 */
    uint32_t area;                  /* positions 3-8; 0 for a legacy one */
    bool is_legacy_good;            /* the embedded code's own check character fits */
} bn_org_code;

/* 18 characters of GB 32100, or the 8+1 of a legacy organisation code. As above. */
BN_CHECKED bn_rc bn_org_code_parse(bn_slice text, bn_org_code *out, bn_id_check *check,
                                   bn_err *err);

/* Check characters of 17, 17 and 8 valid characters; 0 when one of them is invalid. */
char bn_resident_id_checksum(const char digits[17]);
char bn_org_code_checksum(const char characters[17]);
char bn_legacy_code_checksum(const char characters[8]);

#endif
