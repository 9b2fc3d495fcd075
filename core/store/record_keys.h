/* record_keys.h - steps over keys, for the files of records.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_CORE_STORE_RECORD_KEYS_H
#define BANYAN_CORE_STORE_RECORD_KEYS_H

#include <banyan/core/records.h>

/* The id that follows; false after the last one there can be. */
bool bn_id_successor(bn_id id, bn_id *out);

/* Ids at the end of the keys that start with `prefix`, from `first` on, at most `ids_max`. */
BN_CHECKED bn_rc bn_key_tails(bn_kv_txn *txn, bn_table table, bn_slice prefix, bn_id first,
                              bn_id *ids, size_t ids_max, size_t *ids_count, bn_err *err);

#endif
