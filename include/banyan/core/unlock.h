/* unlock.h - where the key that seals a store comes from.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   key file     64 hex digits, mode 0600, made at the first start         starts unattended
 *   passphrase   master key in `seal.wrapped` beside the store, sealed with  somebody must be there
 *                a key Argon2id derives from the passphrase
 *
 * The first opening writes the role into the store; from then on a program of another role is
 * refused before it can write keys or rows of its own over those that are there.
 *
 * seal.wrapped:  "BNW1" | salt 16 | sealed master key (24 + 32 + 16)
 */
#ifndef BANYAN_CORE_UNLOCK_H
#define BANYAN_CORE_UNLOCK_H

#include <banyan/core/kv.h>
#include <banyan/core/ports.h>

typedef struct bn_unlock_options {
    const char *folder;          /* of the store */
    const char *role;            /* "branch" or "server": who works with the store */
    const char *key_file;        /* "": seal.key in the folder */
    const char *passphrase_file; /* "": no passphrase, the key file counts; "-": ask */
    bool sealed;                 /* false: values stay readable on disk */
    uint64_t map_bytes_max;
    const bn_random *random;
} bn_unlock_options;

/* Opens the LMDB store of a daemon with its key. A key is made only together with the store: a
 * lost key file is never answered with a new one. BN_E_NOT_FOUND: the key of an existing store is
 * missing; BN_E_DENIED: others may read the key, the passphrase is wrong, or the store has another
 * role; else as bn_kv_open_lmdb() and bn_kv_set_seal(). */
BN_CHECKED bn_rc bn_unlock_open(const bn_unlock_options *options, bn_kv **out, bn_err *err);

#endif
