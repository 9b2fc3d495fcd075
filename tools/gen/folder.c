/* folder.c - folders and sheets of branches.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "folder.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

bn_rc folder_make(const char *path, bn_err *err)
{
    if (mkdir(path, 0777) != 0 && errno != EEXIST) {
        return bn_fail(err, BN_E_IO, "cannot make folder %s: %s", path, strerror(errno));
    }
    return BN_OK;
}

bn_rc folder_of_branch(const char *out, unsigned branch, char path[FOLDER_PATH_BYTES], bn_err *err)
{
    int len = snprintf(path, FOLDER_PATH_BYTES, "%s/%04u", out, branch);
    if (len < 0 || len >= FOLDER_PATH_BYTES) {
        return bn_fail(err, BN_E_LIMIT, "folder name of %zu bytes", strlen(out));
    }
    BN_TRY(folder_make(out, err));
    return folder_make(path, err);
}

static bn_rc open_in(branch_sheet *s, const char *folder, const char *name,
                     const char *const *columns, bn_err *err)
{
    (void)snprintf(s->path, sizeof s->path, "%s/%s.csv", folder, name);
    BN_TRY(sheet_open(&s->sheet, s->path, err));
    sheet_header(&s->sheet, columns);
    return BN_OK;
}

bn_rc branch_sheet_open(branch_sheet *s, const char *out, unsigned branch, const char *name,
                        const char *const *columns, bn_err *err)
{
    char folder[FOLDER_PATH_BYTES];
    BN_TRY(folder_of_branch(out, branch, folder, err));
    return open_in(s, folder, name, columns, err);
}

bn_rc top_sheet_open(branch_sheet *s, const char *out, const char *name,
                     const char *const *columns, bn_err *err)
{
    if (strlen(out) >= FOLDER_PATH_BYTES) {
        return bn_fail(err, BN_E_LIMIT, "folder name of %zu bytes", strlen(out));
    }
    BN_TRY(folder_make(out, err));
    return open_in(s, out, name, columns, err);
}

bn_rc map_write(const char *out, const char *name, const char *kind, const char *const *columns,
                bn_err *err)
{
    char path[FOLDER_PATH_BYTES + 64];
    sheet s = {0};
    BN_TRY(folder_make(out, err));
    (void)snprintf(path, sizeof path, "%s/%s.map", out, name);
    BN_TRY(sheet_open(&s, path, err));
    (void)fprintf(s.file, "kind = %s\nmode = create\n[columns]\n", kind);
    for (; *columns != NULL; columns++) {
        bool is_reference = strcmp(*columns, "customer") == 0 || strcmp(*columns, "holding") == 0;
        (void)fprintf(s.file, "%s%s = %s\n", *columns, is_reference ? ":external_id" : "",
                      *columns);
    }
    return sheet_close(&s, err);
}
