/* process.c - limits and folders of a process.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <banyan/core/daemon.h>

#include <banyan/base/check.h>

#include "process.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOFILE_WANTED 65536

#if defined(__SANITIZE_ADDRESS__)
#define DUMPABLE 1 /* the leak check attaches to its own process */
#else
#define DUMPABLE 0
#endif

bn_rc bn_harden_process(bn_err *err)
{
    const struct rlimit no_core = {.rlim_cur = 0, .rlim_max = 0};
    umask(077);
    if (setrlimit(RLIMIT_CORE, &no_core) != 0 || prctl(PR_SET_DUMPABLE, DUMPABLE) != 0) {
        return bn_fail(err, BN_E_FAILED, "core files cannot be forbidden: %s",
                       strerrordesc_np(errno));
    }
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < NOFILE_WANTED) {
        files.rlim_cur = files.rlim_max < NOFILE_WANTED ? files.rlim_max : NOFILE_WANTED;
        if (setrlimit(RLIMIT_NOFILE, &files) != 0) {
            return bn_fail(err, BN_E_FAILED, "limit of open files cannot be raised: %s",
                           strerrordesc_np(errno));
        }
    }
    return BN_OK;
}

bn_rc bn_default_data_folder(const char *folder, bn_buf *out, bn_err *err)
{
    const char *xdg = getenv("XDG_DATA_HOME");
    const char *home = getenv("HOME");
    if (geteuid() == 0) {
        bn_buf_printf(out, "/var/lib/%s", folder);
    } else if (xdg != NULL && xdg[0] == '/') { /* a relative one is void by its specification */
        bn_buf_printf(out, "%s/%s", xdg, folder);
    } else if (home != NULL && home[0] == '/') {
        bn_buf_printf(out, "%s/.local/share/%s", home, folder);
    } else {
        return bn_fail(err, BN_E_NOT_FOUND, "no data folder: neither --data nor HOME is set");
    }
    bn_rc rc = bn_buf_status(out);
    return rc == BN_OK ? BN_OK : bn_fail(err, rc, "data folder: path is too long");
}

bn_rc process_make_folder(const char *path, bn_err *err)
{
    char part[PATH_MAX];
    size_t len = strlen(path);
    if (len == 0 || len >= sizeof part) {
        return bn_fail(err, BN_E_INVALID, "data.folder: path of %zu bytes", len);
    }
    memcpy(part, path, len + 1);
    for (size_t i = 1; i <= len; i++) {
        if (path[i] == '/' || path[i] == 0) {
            part[i] = 0;
            if (mkdir(part, 0700) != 0 && errno != EEXIST) {
                return bn_fail(err, BN_E_FAILED, "data.folder: %s: %s", part,
                               strerrordesc_np(errno));
            }
            part[i] = path[i];
        }
    }
    struct stat found;
    if (stat(path, &found) != 0 || !S_ISDIR(found.st_mode)) {
        return bn_fail(err, BN_E_FAILED, "data.folder: %s is not a folder", path);
    }
    return BN_OK;
}
