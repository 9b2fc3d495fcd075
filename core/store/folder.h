/* folder.h - the folder of an LMDB store: who may see it, who owns it, what must be in it.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_CORE_STORE_FOLDER_H
#define BANYAN_CORE_STORE_FOLDER_H

#include <banyan/core/kv.h>

#define BN_BALLAST_BYTES (16 * 1024 * 1024)

typedef struct bn_folder {
    int fd;      /* the folder itself */
    int lock_fd; /* -1 for readers beside the owner */
    bool is_marked;
    bool has_ballast;
    bool is_watched;
    uint64_t data_inode; /* of data.mdb, and the greatest size it was seen with */
    uint64_t data_bytes;
} bn_folder;

BN_CHECKED bn_rc bn_folder_open(const bn_kv_options *options, bn_folder *out, bn_err *err);
void bn_folder_close(bn_folder *folder); /* also releases the owner lock */

/* Leaves store.id, durably: from now on an empty folder is a loss, not a beginning. */
BN_CHECKED bn_rc bn_folder_mark(bn_folder *folder, bn_err *err);

/* Remembers data.mdb at the first call. BN_E_IO at a later one: it was removed, replaced or cut
 * short under the open store, whose commits would be lost or end in SIGBUS from now on. */
BN_CHECKED bn_rc bn_folder_watch(bn_folder *folder, bn_err *err);

uint64_t bn_folder_free_bytes(const bn_folder *folder);

/* Makes the ballast when there is plenty of room; gives it up when the disk is full. */
void bn_folder_make_ballast(bn_folder *folder);
void bn_folder_drop_ballast(bn_folder *folder);

/* Name of a file system that is refused because its locks or its flushes are not the local
 * kernel's, or NULL; `type` is f_type of statfs(2). */
const char *bn_folder_refused_fs(unsigned long type);

#endif
