/* envelope.h - what is around every stored value: format, checksum or seal.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_CORE_STORE_ENVELOPE_H
#define BANYAN_CORE_STORE_ENVELOPE_H

#include <banyan/core/kv.h>
#include <banyan/protocol/crypto.h>

#define BN_ENVELOPE_BYTES_MAX (BN_SEAL_OVERHEAD_BYTES + 2) /* more than the value itself */

/* Bytes the envelope of `value_len` bytes takes. */
size_t bn_envelope_size(bool sealed, size_t value_len);

/* Writes bn_envelope_size() bytes; seal_key == NULL makes a plain one and leaves `nonce` alone. */
void bn_envelope_write(const uint8_t *seal_key, bn_nonce *nonce, bn_table table, bn_slice key,
                       bn_slice value, uint8_t *out);

/* Room bn_envelope_open() needs to put plain bytes of `raw` into; 0 for a plain envelope. */
size_t bn_envelope_room(bn_slice raw);

/* The value of `raw`: borrowed from it when plain, from `room` when sealed. seal_key == NULL
 * expects a plain envelope, otherwise a sealed one. BN_E_CORRUPT with a reason. */
BN_CHECKED bn_rc bn_envelope_open(const uint8_t *seal_key, bn_table table, bn_slice key,
                                  bn_slice raw, uint8_t *room, bn_slice *out, const char **reason);

#endif
