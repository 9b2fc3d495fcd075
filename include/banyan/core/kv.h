/* kv.h - an ordered key-value store: one interface, LMDB and in-memory implementations.
 * SPDX-License-Identifier: Apache-2.0
 *
 * One writer, many readers; a write transaction is all or nothing and is on disk when
 * bn_kv_commit() returns BN_OK. What bn_kv_get() returns is borrowed until the transaction ends,
 * until bn_kv_forget() or, in a write transaction, until the next put or del has returned. What a
 * cursor returns is borrowed until its next move as well. Keys are 1..BN_KEY_BYTES_MAX bytes and
 * hold no personal data; order is byte order. Which tables exist is banyan/core/tables.def; names
 * in META that start with "store." belong to the store itself.
 *
 * Errors: BN_E_NOT_FOUND (get, seek past the end; without a text), BN_E_NO_SPACE (map or disk
 * full, nothing changed; the same transaction may succeed when it is made again, because the map
 * grows between transactions), BN_E_AGAIN (reader table full), BN_E_IO (storage failed:
 * everything gives BN_E_IO from now on, the process must stop, reopen and verify), BN_E_LIMIT
 * (key or value too long, or too much read: see bn_kv_forget), BN_E_CORRUPT (this row cannot be
 * trusted). A put or del that failed for another reason than BN_E_LIMIT of its arguments dooms
 * its transaction: only abort, or a commit that reports the same failure, is left.
 */
#ifndef BANYAN_CORE_KV_H
#define BANYAN_CORE_KV_H

#include <banyan/base/err.h>
#include <banyan/base/slice.h>

typedef enum bn_table {
#define BN_TABLE(name, number, sealed, summary) BN_TABLE_##name = (number),
#include <banyan/core/tables.def>
#undef BN_TABLE
} bn_table;

#define BN_TABLES_MAX 32

typedef struct bn_kv bn_kv;         /* one open store */
typedef struct bn_kv_txn bn_kv_txn; /* one transaction, used by one thread */
typedef struct bn_kv_cursor bn_kv_cursor;

typedef struct bn_kv_options {
    const char *folder;      /* created 0700 when missing; files are 0600 */
    uint64_t map_bytes;      /* address space at start, 0 = 1 GiB; grows by itself ... */
    uint64_t map_bytes_max;  /* ... up to this; 0 = 64 GiB */
    bool read_only;          /* for tools beside a running daemon: takes no owner lock */
    bool allow_any_fs;       /* tests only: skip the file-system check */
} bn_kv_options;

/* Opens or creates an LMDB store. BN_E_BUSY names the pid of the process that has it open;
 * BN_E_UNSUPPORTED names a remote file system or another store format; BN_E_DENIED a folder that
 * other users can read; BN_E_CORRUPT a store that was here and is gone. Not to be used in a
 * process forked after this. */
BN_CHECKED bn_rc bn_kv_open_lmdb(const bn_kv_options *options, bn_kv **out, bn_err *err);

/* An empty in-memory store with the same semantics; for the simulator and tests. Committed
 * state survives bn_kv_close() inside `*memory` until bn_kv_memory_destroy(), so that a crash
 * and restart can be played: pass the same memory again. *memory == NULL makes a new one. */
typedef struct bn_kv_memory bn_kv_memory;
BN_CHECKED bn_rc bn_kv_open_memory(bn_kv_memory **memory, bn_kv **out, bn_err *err);
void bn_kv_memory_destroy(bn_kv_memory **memory);
BN_CHECKED bn_rc bn_kv_memory_copy(const bn_kv_memory *from, bn_kv_memory **out); /* a "backup" */

/* Test port: called at both moments of every commit; a result other than BN_OK becomes the
 * result of the commit (BEFORE: nothing is kept; AFTER: everything is kept, yet unknown). */
typedef enum bn_kv_moment { BN_KV_BEFORE_COMMIT, BN_KV_AFTER_COMMIT } bn_kv_moment;
typedef bn_rc (*bn_kv_hook)(void *context, bn_kv_moment moment);
void bn_kv_set_hook(bn_kv *kv, bn_kv_hook hook, void *context);

/* Values of tables marked sealed are encrypted with a key derived from `key` (32 bytes, copied);
 * all values carry an envelope with a checksum either way. Call once, before the first access.
 * Without it values stay readable (the simulator; a server configured so). A store that was
 * made with a key refuses to work without it, with another one, and the reverse: BN_E_DENIED,
 * after which another key may be tried. */
BN_CHECKED bn_rc bn_kv_set_seal(bn_kv *kv, const uint8_t key[32], bn_err *err);

void bn_kv_close(bn_kv **kv);

typedef enum bn_kv_mode { BN_KV_READ, BN_KV_WRITE } bn_kv_mode;
BN_CHECKED bn_rc bn_kv_begin(bn_kv *kv, bn_kv_mode mode, bn_kv_txn **out, bn_err *err);
BN_CHECKED bn_rc bn_kv_commit(bn_kv_txn **txn, bn_err *err); /* consumed on success and failure */
void bn_kv_abort(bn_kv_txn **txn);                           /* NULL is fine; also ends a read */

/* Ends the loan of everything bn_kv_get() returned so far in this transaction. For long reads
 * through get: more than 64 MiB of unsealed values at a time are BN_E_LIMIT. */
void bn_kv_forget(bn_kv_txn *txn);

BN_CHECKED bn_rc bn_kv_get(bn_kv_txn *txn, bn_table table, bn_slice key, bn_slice *out,
                           bn_err *err);
bool bn_kv_has(bn_kv_txn *txn, bn_table table, bn_slice key);
BN_CHECKED bn_rc bn_kv_put(bn_kv_txn *txn, bn_table table, bn_slice key, bn_slice value,
                           bn_err *err);
BN_CHECKED bn_rc bn_kv_del(bn_kv_txn *txn, bn_table table, bn_slice key,
                           bn_err *err); /* deleting what is not there is BN_OK */

/* Cursor over one table. seek: first key >= key (empty key: the first). seek_last: greatest key
 * < `before` (empty: the last). next/prev move on. All give BN_E_NOT_FOUND at the end, and so do
 * next/prev until the next seek. Key and value are borrowed until the next move of this cursor or
 * the next put or del; after BN_E_CORRUPT next and prev move on from the damaged row. In a write
 * transaction a cursor stays valid over puts and dels of other tables only. Ending the
 * transaction ends its cursors; they are still to be closed. */
BN_CHECKED bn_rc bn_kv_cursor_open(bn_kv_txn *txn, bn_table table, bn_kv_cursor **out,
                                   bn_err *err);
void bn_kv_cursor_close(bn_kv_cursor **cursor);
BN_CHECKED bn_rc bn_kv_seek(bn_kv_cursor *cursor, bn_slice key, bn_slice *out_key,
                            bn_slice *out_value, bn_err *err);
BN_CHECKED bn_rc bn_kv_seek_last(bn_kv_cursor *cursor, bn_slice before, bn_slice *out_key,
                                 bn_slice *out_value, bn_err *err);
BN_CHECKED bn_rc bn_kv_next(bn_kv_cursor *cursor, bn_slice *out_key, bn_slice *out_value,
                            bn_err *err);
BN_CHECKED bn_rc bn_kv_prev(bn_kv_cursor *cursor, bn_slice *out_key, bn_slice *out_value,
                            bn_err *err);

typedef struct bn_kv_stats {
    uint64_t map_bytes, used_bytes, disk_free_bytes;
    uint64_t commits_count;
    uint32_t readers_count;
} bn_kv_stats;
void bn_kv_get_stats(bn_kv *kv, bn_kv_stats *out);

/* Walks every row of every table and checks its envelope; `report` (NULL is fine) hears of each
 * bad row. BN_E_CORRUPT when there was one; *rows_count is filled then too. */
typedef void (*bn_kv_report)(void *context, bn_table table, bn_slice key, const char *reason);
BN_CHECKED bn_rc bn_kv_verify(bn_kv *kv, bn_kv_report report, void *context,
                              uint64_t *rows_count, bn_err *err);

const char *bn_table_name(bn_table table);

#endif
