/* audit.h - lines of the audit trail inside a transaction of the engine.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_SERVER_AUDIT_H
#define BANYAN_SERVER_AUDIT_H

#include "engine.h"

/* Adds a line to the running transaction. Texts are cut at BN_AUDIT_TEXT_BYTES. */
#define BN_AUDIT_TEXT_BYTES 256
BN_CHECKED bn_rc bn_audit_write(bn_server *server, const char *actor, const char *action,
                                const char *object, const char *detail, bn_err *err);

/* Turns refusals noted by the transport's thread into lines. */
BN_CHECKED bn_rc bn_audit_drain_refusals(bn_server *server, bn_err *err);
bool bn_audit_has_refusals(bn_server *server);

BN_CHECKED bn_rc bn_audit_load(bn_server *server, bn_kv_txn *txn, bn_err *err);

#endif
