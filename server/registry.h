/* registry.h - branches, their origins, the keys admitted, and one-time codes.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_SERVER_REGISTRY_H
#define BANYAN_SERVER_REGISTRY_H

#include "engine.h"

/* Reads all rows through `txn`; sessions of branches that stay are kept. */
BN_CHECKED bn_rc bn_registry_load(bn_server *server, bn_kv_txn *txn, bn_err *err);
BN_CHECKED bn_rc bn_registry_write_dirty(bn_server *server, bn_err *err);
void bn_registry_fini(bn_server *server);

bn_branch *bn_registry_branch(const bn_server *server, uint32_t branch); /* NULL when unknown */
bn_origin *bn_registry_origin(const bn_server *server, uint32_t origin); /* NULL when unknown */
bn_origin *bn_registry_origin_of_key(const bn_server *server, const uint8_t key[BN_KEY_BYTES]);
uint32_t bn_registry_branch_of(const bn_server *server, uint32_t origin); /* 0: the server */

BN_CHECKED bn_rc bn_registry_add_branch(bn_server *server, uint32_t number, bn_branch **out,
                                        bn_err *err);
BN_CHECKED bn_rc bn_registry_add_origin(bn_server *server, bn_origin **out, bn_err *err);

/* Makes the table of admitted keys what the registry says. */
BN_CHECKED bn_rc bn_registry_publish_keys(bn_server *server);

/* Ops that `copy` (a read transaction of a verified backup) holds are safe. */
BN_CHECKED bn_rc bn_registry_mark_safe(bn_server *server, bn_kv_txn *copy, bn_err *err);

/* --- one-time codes -------------------------------------------------------------------------- */
typedef struct bn_code {
    uint32_t branch;
    uint64_t expires_ms;
    bool is_used;
    uint8_t key[BN_KEY_BYTES]; /* it was used with */
    uint32_t origin;           /* it gave */
} bn_code;

BN_CHECKED bn_rc bn_code_get(bn_server *server, bn_slice token, bn_code *out, bn_err *err);
BN_CHECKED bn_rc bn_code_put(bn_server *server, bn_slice token, const bn_code *code, bn_err *err);
/* Deletes codes of a branch that were not used. */
BN_CHECKED bn_rc bn_code_drop_unused(bn_server *server, uint32_t branch, bn_err *err);

#endif
