/* address.h - postal addresses in parts that can be compared.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_PROTOCOL_MATCH_ADDRESS_H
#define BANYAN_PROTOCOL_MATCH_ADDRESS_H

#include <banyan/protocol/match/normalise.h>

#define BN_ADDRESS_TOKENS_MAX 24

typedef struct bn_address {
    bn_script script;   /* HANZI: the Chinese rules were used, else the Western ones */
    uint32_t area;      /* GB/T 2260 code: 440106, or 440100, 440000 when less is known; 0 none */
    bn_slice town;      /* 镇 乡 街道 | the tokens after a comma or before the postcode */
    bn_slice road;      /* 中山北路, 南京路100弄 without the number | "main street" */
    bn_slice number;    /* house number "120", "12a"; lane and number "100-5" */
    bn_slice building;  /* 3 of 3号楼, 3栋, 3幢, 3座 */
    bn_slice unit;      /* 2 of 2单元 */
    bn_slice room;      /* 501 of 501室 | "apt 5", "unit 3" as their number */
    bn_slice postcode;
    uint8_t tokens_count;
    bn_slice tokens[BN_ADDRESS_TOKENS_MAX]; /* what is left to compare as a set: no area, no
                                               postcode, street types spelt out, in text order */
} bn_address;

/* All slices live in `arena`; parts that are not there are empty. Tokens beyond the maximum are
 * left out. Never fails for what an address looks like, only as normalise.h says. */
BN_CHECKED bn_rc bn_address_parse(bn_slice text, bn_arena *arena, bn_address *out);

/* The name of a place (any level, with or without 省 市 区) at the head of `text` in folded compare
 * form, within `parent` (0 for anywhere): its code, and the bytes it took. 0 when none. */
uint32_t bn_area_at(bn_slice text, uint32_t parent, size_t *len);

/* The name of a code, "广州市", or NULL. Static. */
const char *bn_area_name(uint32_t code);

/* A number in Chinese or ASCII digits at the head of `text`: 一百二十号 -> 120 and its bytes.
 * 二〇一 is 201. 0 bytes when there is none or when it exceeds 99999999. */
size_t bn_chinese_number(bn_slice text, uint32_t *value);

#endif
