/* node.c - log level, store and rows: what is asked of a node whatever its role.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/api/operations.h"

#include <banyan/base/version.h>
#include <banyan/core/log.h>

#include <stdarg.h>

#define MINUTES_MAX (7 * 24 * 60)
#define MINUTE_MS 60000
#define FINDING_BYTES 256

bn_rc bn_node_log(bn_call *call, bn_err *err)
{
    bn_log_level level;
    uint64_t minutes = bn_arg_number(call, "minutes", 0);
    if (bn_log_level_parse(bn_arg_text(call, "level"), &level) != BN_OK) {
        return bn_fail(err, BN_E_INVALID, "level: error, warn, info or debug");
    }
    if (minutes > MINUTES_MAX) {
        return bn_fail(err, BN_E_LIMIT, "minutes: limit %d", MINUTES_MAX);
    }
    if (minutes > 0) {
        bn_log_set_level_for(level, minutes * MINUTE_MS);
    } else {
        bn_log_set_level(level);
    }
    bn_put(call, call->result, "level", json_string(bn_log_level_text(level)));
    bn_put(call, call->result, "minutes", minutes > 0 ? bn_json_count(minutes) : json_null());
    return BN_OK;
}

void bn_put_program(bn_call *call)
{
    const bn_api *api = call->api;
    bn_kv_stats stats;
    bn_kv_get_stats(api->kv, &stats);
    bn_put(call, call->result, "version", json_string(BN_PROGRAM_VERSION));
    bn_put(call, call->result, "uptime_ms",
           bn_json_count(api->clock->mono_ms(api->clock->context) - api->started_ms));
    bn_put(call, call->result, "now", bn_json_time(api->clock->wall_ms(api->clock->context)));
    json_t *store = bn_put_object(call, call->result, "store");
    bn_put(call, store, "used_bytes", bn_json_number(stats.used_bytes));
    bn_put(call, store, "map_bytes", bn_json_number(stats.map_bytes));
    bn_put(call, store, "disk_free_bytes", bn_json_number(stats.disk_free_bytes));
    bn_put(call, store, "commits", bn_json_count(stats.commits_count));
}

typedef struct walk {
    bn_call *call;
    json_t *findings;
} walk;

static void on_bad_row(void *context, bn_table table, bn_slice key, const char *reason)
{
    walk *w = context;
    char text[FINDING_BYTES];
    if (json_array_size(w->findings) < BN_FINDINGS_MAX) {
        snprintf(text, sizeof text, "table %s, key of %zu bytes: %s", bn_table_name(table),
                 key.len, reason);
        bn_push(w->call, w->findings, bn_json_text(text));
    }
}

bn_rc bn_verify_store(bn_call *call, json_t *findings, uint64_t *rows_count, bn_err *err)
{
    walk w = {.call = call, .findings = findings};
    bn_rc rc = bn_kv_verify(call->api->kv, on_bad_row, &w, rows_count, err);
    return rc == BN_E_CORRUPT ? BN_OK : rc;
}
