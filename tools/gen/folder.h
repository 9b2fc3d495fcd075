/* folder.h - the folders a bank is written into: one per branch.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_TOOLS_GEN_FOLDER_H
#define BANYAN_TOOLS_GEN_FOLDER_H

#include "sheet.h"

#define FOLDER_PATH_BYTES 4096

/* Makes it when it is not there; its parent is. BN_E_IO. */
BN_CHECKED bn_rc folder_make(const char *path, bn_err *err);

/* out/NNNN; makes out as well. */
BN_CHECKED bn_rc folder_of_branch(const char *out, unsigned branch, char path[FOLDER_PATH_BYTES],
                                  bn_err *err);

/* A sheet out/NNNN/name.csv with its header, the folder made. The path is kept in `path`. */
typedef struct branch_sheet {
    sheet sheet;
    char path[FOLDER_PATH_BYTES + 64];
} branch_sheet;
BN_CHECKED bn_rc branch_sheet_open(branch_sheet *s, const char *out, unsigned branch,
                                   const char *name, const char *const *columns, bn_err *err);

/* out/name.map: how `banyan import` reads the sheets of that name. Columns are fields of `kind`;
 * "customer" and "holding" are references found by their external ids. */
BN_CHECKED bn_rc map_write(const char *out, const char *name, const char *kind,
                           const char *const *columns, bn_err *err);

/* out/name.csv likewise. */
BN_CHECKED bn_rc top_sheet_open(branch_sheet *s, const char *out, const char *name,
                                const char *const *columns, bn_err *err);

#endif
