/* doctor.c - checks of node.doctor that do not hang on the role.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/api/operations.h"

#include <inttypes.h>
#include <stdarg.h>
#include <sys/stat.h>

#define CHECK_BYTES 256
#define PATH_BYTES 4096
#define MIB (1024 * 1024)
#define DISK_WARN_BYTES (UINT64_C(1024) * MIB)
#define DISK_FAIL_BYTES (UINT64_C(128) * MIB)

void bn_check(bn_call *call, json_t *checks, const char *name, bn_level level, const char *next,
              const char *format, ...)
{
    static const char *const levels[] = {
        [BN_LEVEL_OK] = "ok", [BN_LEVEL_WARN] = "warn", [BN_LEVEL_FAIL] = "fail"};
    char text[CHECK_BYTES];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    json_t *check = bn_push_object(call, checks);
    bn_put(call, check, "name", json_string(name));
    bn_put(call, check, "level", json_string(levels[level]));
    bn_put(call, check, "text", bn_json_text(text));
    bn_put(call, check, "next", next[0] != 0 ? bn_json_text(next) : json_null());
}

void bn_check_store(bn_call *call, json_t *checks)
{
    bn_kv_stats stats;
    bn_kv_get_stats(call->api->kv, &stats);
    bn_level level = stats.disk_free_bytes < DISK_FAIL_BYTES   ? BN_LEVEL_FAIL
                     : stats.disk_free_bytes < DISK_WARN_BYTES ? BN_LEVEL_WARN
                                                               : BN_LEVEL_OK;
    bn_check(call, checks, "disk", level,
             level == BN_LEVEL_OK ? "" : "make room on the disk of the data folder",
             "%" PRIu64 " MiB free", stats.disk_free_bytes / MIB);
    bool is_full = stats.map_bytes > 0 && stats.used_bytes > stats.map_bytes / 10 * 9;
    bn_check(call, checks, "store", is_full ? BN_LEVEL_WARN : BN_LEVEL_OK,
             is_full ? "raise store.map_max if the store no longer grows" : "",
             "%" PRIu64 " MiB used of %" PRIu64 " MiB mapped", stats.used_bytes / MIB,
             stats.map_bytes / MIB);
}

static void check_file(bn_call *call, json_t *checks, const char *name, const char *next)
{
    char path[PATH_BYTES];
    struct stat file;
    int len = name[0] != 0 ? snprintf(path, sizeof path, "%s/%s", call->api->data_folder, name)
                           : snprintf(path, sizeof path, "%s", call->api->data_folder);
    if (len < 0 || (size_t)len >= sizeof path || stat(path, &file) != 0) {
        return;
    }
    const char *shown = name[0] != 0 ? name : "data folder";
    if ((file.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        bn_check(call, checks, "files", BN_LEVEL_FAIL, next, "%s: others may read it (mode %03o)",
                 shown, (unsigned)file.st_mode & 0777u);
    } else {
        bn_check(call, checks, "files", BN_LEVEL_OK, "", "%s: only its owner may read it", shown);
    }
}

void bn_check_files(bn_call *call, json_t *checks)
{
    check_file(call, checks, "", "chmod 700 the data folder");
    check_file(call, checks, "seal.key", "chmod 600 the key file");
    check_file(call, checks, "seal.wrapped", "chmod 600 the key file");
    check_file(call, checks, BN_CONTROL_SOCKET_NAME, "stop the daemon, it makes the socket anew");
}
