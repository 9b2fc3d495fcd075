/* ticket.h - the one-time code that turns a machine into a branch, as people carry it.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   BANYAN1-0CT3K-9V2RG-...   base 32 in groups of five of
 *   length u8 | token 16 | server's transport key 32 | enrol port u16b | sync port u16b |
 *   host length u8 | host | checksum 4 (BLAKE2b over all before it)
 *
 * Case, blanks, line ends and dashes do not count, and o i l read as 0 1 1.
 */
#ifndef BANYAN_PROTOCOL_TICKET_H
#define BANYAN_PROTOCOL_TICKET_H

#include <banyan/base/buf.h>
#include <banyan/base/err.h>
#include <banyan/protocol/crypto.h>

#define BN_TOKEN_BYTES 16
#define BN_TICKET_HOST_BYTES 128  /* with its NUL */
#define BN_TICKET_TEXT_BYTES 384  /* longest text, with its NUL */

typedef struct bn_ticket {
    uint8_t token[BN_TOKEN_BYTES];
    uint8_t server_key[BN_KEY_BYTES]; /* pinned by the branch from now on */
    uint16_t enrol_port;
    uint16_t sync_port;
    char host[BN_TICKET_HOST_BYTES]; /* name or address the branch reaches the server by */
} bn_ticket;

/* BN_E_LIMIT for a host that is empty or too long, BN_E_INVALID for one with blanks. */
BN_CHECKED bn_rc bn_ticket_format(const bn_ticket *ticket, char text[BN_TICKET_TEXT_BYTES],
                                  bn_err *err);

/* BN_E_INVALID says what is wrong: another prefix, a foreign character, cut off, mistyped. */
BN_CHECKED bn_rc bn_ticket_parse(bn_slice text, bn_ticket *out, bn_err *err);

/* "tcp://host:port" of a door; an IPv6 address gets its brackets. */
BN_CHECKED bn_rc bn_ticket_endpoint(const bn_ticket *ticket, bool enrol, char *out, size_t out_len,
                                    bn_err *err);

/* What ENROL_REQ signs: the token and the transport key it arrives with, under this domain. */
#define BN_ENROL_DOMAIN "banyan-enrol-v1"
bn_hash bn_enrol_digest(bn_slice token, const uint8_t transport_key[BN_KEY_BYTES]);

/* Domain of a batch signature: over the chain head behind the batch. */
#define BN_BATCH_DOMAIN "banyan-batch-v1"

/* Hash chains of an origin and of a feed, as docs/sync.md draws them. */
bn_hash bn_origin_chain_start(uint32_t origin, const uint8_t transport_key[BN_KEY_BYTES]);
bn_hash bn_feed_start(uint32_t branch, uint32_t origin);
bn_hash bn_feed_own(bn_hash feed, uint64_t oseq, uint64_t cseq);
bn_hash bn_feed_effect(bn_hash feed, bn_slice effect_bytes);

#endif
