/* address_parts.h - what the two address grammars share.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_MATCH_ADDRESS_PARTS_H
#define BANYAN_MATCH_ADDRESS_PARTS_H

#include <banyan/protocol/match/address.h>

/* Adds a token unless it is empty, already there, or one too many. */
void bn_address_add_token(bn_address *address, bn_slice token);

/* `folded` lives in `arena`. */
bn_rc bn_address_parse_chinese(bn_slice folded, bn_arena *arena, bn_address *out);

#endif
