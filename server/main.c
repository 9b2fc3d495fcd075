/* main.c - banyan-server: store, doors, engine and control socket on one loop.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "server/api/api.h"
#include "server/consolidate/consolidate.h"
#include "server/server.h"

#include <banyan/base/check.h>
#include <banyan/base/version.h>
#include <banyan/core/control.h>
#include <banyan/core/daemon.h>
#include <banyan/core/link.h>
#include <banyan/core/log.h>
#include <banyan/core/unlock.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define WARM_ROWS 2000 /* customers loaded into the search column per turn */

static const bn_config_key keys[] = {
    BN_DAEMON_KEYS,
    {.section = "listen", .name = "sync", .type = BN_CONFIG_ENDPOINT,
     .fallback = "tcp://127.0.0.1:7701",
     .help_en = "where enrolled branches connect", .help_zh = "已登记网点的同步入口"},
    {.section = "listen", .name = "enrol", .type = BN_CONFIG_ENDPOINT,
     .fallback = "tcp://127.0.0.1:7702",
     .help_en = "where one-time codes are redeemed", .help_zh = "一次性登记码的入口"},
    {.section = "listen", .name = "public_host", .type = BN_CONFIG_TEXT, .fallback = "",
     .help_en = "host name branches reach this server by; part of every code; "
                "not set: the host of listen.sync",
     .help_zh = "网点访问本服务器的主机名，写入登记码；未设置时取 listen.sync 的主机"},
    {.section = "store", .name = "sealed", .type = BN_CONFIG_BOOL, .fallback = "true",
     .help_en = "encrypt values on disk; fixed when the store is made",
     .help_zh = "磁盘上的值加密保存；建库时确定"},
    {.section = "store", .name = "key_file", .type = BN_CONFIG_PATH, .fallback = "",
     .help_en = "file with the key that seals the store; not set: seal.key in the data folder",
     .help_zh = "加密密钥文件；未设置时为数据目录下的 seal.key"},
    {.section = "store", .name = "passphrase_file", .type = BN_CONFIG_PATH, .fallback = "",
     .help_en = "file with the passphrase instead of a key file; - asks on the terminal",
     .help_zh = "以口令代替密钥文件：口令所在文件；- 表示在终端询问"},
    {.section = "store", .name = "map_max", .type = BN_CONFIG_SIZE, .fallback = "64GiB",
     .min = 1 << 20, .max = INT64_MAX,
     .help_en = "largest size of the store", .help_zh = "数据库最大容量"},
};

typedef struct app {
    bn_daemon *daemon;
    bn_kv *kv;
    bn_server *server;
    bn_consolidate *consolidate;
    bn_link_server *link;
    bn_server_api *api;
    bn_control *control;
    bn_timer tick;
    bn_timer warm;
    bn_err failure; /* what ended the loop; code BN_OK when nothing did */
} app;

/* The storage failed or the like: the process stops and a supervisor opens the store anew. */
static void fail(app *a, const bn_err *err)
{
    if (a->failure.code == BN_OK) {
        a->failure = *err;
    }
    bn_loop_stop(a->daemon->loop);
}

static bn_rc send_frame(void *context, const bn_route *route, bn_slice frame)
{
    app *a = context;
    if (a->link == NULL) {
        return BN_E_UNREACHABLE;
    }
    bn_sender sender = bn_link_server_sender(a->link);
    return sender.send(sender.context, route, frame);
}

static bool admit(void *context, const uint8_t key[BN_KEY_BYTES])
{
    return bn_server_admits(((app *)context)->server, key);
}

static void refused(void *context, bn_door door, const uint8_t *key_or_null, const char *address,
                    const char *reason)
{
    bn_server_note_refusal(((app *)context)->server, door, key_or_null, address, reason);
}

static void on_tick(void *context)
{
    app *a = context;
    bn_err err = {0};
    bn_rc rc = bn_server_tick(a->server, &err);
    if (rc == BN_E_IO) {
        fail(a, &err);
        return;
    }
    if (rc != BN_OK) {
        bn_log_err(BN_LOG_WARN, "tick_failed", &err);
    }
    rc = bn_consolidate_slice(a->consolidate, 0, &err);
    if (rc == BN_E_IO) {
        fail(a, &err);
        return;
    }
    bool is_stuck = rc != BN_OK;
    if (is_stuck) {
        bn_log_err(BN_LOG_WARN, "consolidation_failed", &err);
    }
    bool is_behind = bn_consolidate_behind(a->consolidate) > 0 && !is_stuck;
    uint64_t delay_ms = is_behind ? 1 : bn_server_next_tick_ms(a->server);
    if (bn_loop_after(a->daemon->loop, &a->tick, delay_ms, on_tick, a) != BN_OK) {
        bn_err_set(&err, __FILE__, __LINE__, BN_E_NO_MEMORY, "no timer for the next tick");
        fail(a, &err);
    }
}

/* BN_OK also for what only cost this turn its commit: nothing was acknowledged. */
static bn_rc flush(app *a, bn_err *err)
{
    bn_rc rc = bn_server_flush(a->server, err);
    if (rc != BN_OK && rc != BN_E_IO) {
        bn_log_err(BN_LOG_ERROR, "commit_refused", err);
        return BN_OK;
    }
    return rc;
}

static bn_rc take_frame(app *a, const bn_arrival *arrival, bn_err *err)
{
    bn_rc rc = bn_server_on_frame(a->server, arrival, err);
    if (rc == BN_E_AGAIN) {
        BN_TRY(flush(a, err));
        rc = bn_server_on_frame(a->server, arrival, err);
    }
    if (rc == BN_OK && bn_server_flush_due(a->server)) {
        rc = flush(a, err);
    }
    return rc;
}

/* Drains the doors, then commits what came: while one commit syncs, the next group gathers. */
static bool pump(void *context)
{
    app *a = context;
    bn_err err = {0};
    bn_arrival arrival;
    bool busy = false;
    bn_rc rc = bn_link_server_receive(a->link, &arrival, &err);
    while (rc == BN_OK) {
        busy = true;
        rc = take_frame(a, &arrival, &err);
        if (rc == BN_OK) {
            rc = bn_link_server_receive(a->link, &arrival, &err);
        }
    }
    if (rc == BN_E_AGAIN) {
        rc = bn_server_has_queued(a->server) ? flush(a, &err) : BN_OK;
    }
    if (rc != BN_OK) {
        fail(a, &err);
        return false;
    }
    return busy;
}

/* Customers that changed go into the search column; one that cannot is there after a restart. */
static void changed(void *context, uint16_t kind, bn_id id, uint64_t cseq)
{
    app *a = context;
    bn_err err = {0};
    if (a->api != NULL && bn_server_api_changed(a->api, kind, id, &err) != BN_OK) {
        bn_log_err(BN_LOG_WARN, "search_not_current", &err);
    }
    (void)cseq;
}

static void on_warm(void *context)
{
    app *a = context;
    bn_err err = {0};
    bool done = false;
    if (bn_server_api_warm(a->api, WARM_ROWS, &done, &err) != BN_OK) {
        bn_log_err(BN_LOG_ERROR, "search_not_loaded", &err);
    } else if (!done && bn_loop_after(a->daemon->loop, &a->warm, 0, on_warm, a) != BN_OK) {
        bn_log_event(BN_LOG_ERROR, "search_not_loaded");
    }
}

/* What head office changed goes out before anything that comes later is answered. */
static bn_rc handle(void *context, const char *op, json_t *args, const char *actor,
                    json_t **result, bn_err *err)
{
    app *a = context;
    bn_rc rc = bn_server_api_handle(a->api, op, args, actor, result, err);
    if (bn_server_next_tick_ms(a->server) <= 1) {
        on_tick(a);
    }
    return rc;
}

static void on_link_ready(void *context, int fd, unsigned events)
{
    /* The idle hook does the work; waking up was the point. */
    (void)context;
    (void)fd;
    (void)events;
}

static bn_rc open_store(app *a, bn_err *err)
{
    const bn_config *config = a->daemon->config;
    const bn_unlock_options options = {
        .folder = a->daemon->data_folder,
        .role = "server",
        .key_file = bn_config_text(config, "store", "key_file"),
        .passphrase_file = bn_config_text(config, "store", "passphrase_file"),
        .sealed = bn_config_bool(config, "store", "sealed"),
        .map_bytes_max = bn_config_bytes(config, "store", "map_max"),
        .random = a->daemon->random,
    };
    return bn_unlock_open(&options, &a->kv, err);
}

static bn_rc open_engine(app *a, bn_err *err)
{
    const bn_config *config = a->daemon->config;
    bn_sender sender = {.send = send_frame, .context = a};
    bn_server_options options = {.changed = changed, .changed_context = a};
    BN_TRY(bn_server_open(a->kv, a->daemon->clock, a->daemon->random, &sender, &options,
                          &a->server, err));
    BN_TRY(bn_consolidate_open(a->server, a->kv, &a->consolidate, err));
    bn_link_server_options doors = {
        .sync_endpoint = bn_config_text(config, "listen", "sync"),
        .enrol_endpoint = bn_config_text(config, "listen", "enrol"),
        .admit = admit,
        .refused = refused,
        .context = a,
    };
    memcpy(doors.secret_key, bn_server_transport_secret(a->server), BN_KEY_BYTES);
    bn_rc rc = bn_link_server_open(&doors, &a->link, err);
    bn_wipe(doors.secret_key, sizeof doors.secret_key);
    return rc;
}

static bn_rc open_control(app *a, bn_err *err)
{
    char *path = NULL;
    BN_TRY(bn_daemon_path(a->daemon, BN_CONTROL_SOCKET_NAME, &path, err));
    bn_server_api_options options = {
        .server = a->server,
        .kv = a->kv,
        .clock = a->daemon->clock,
        .random = a->daemon->random,
        .sync_endpoint = bn_link_server_sync_endpoint(a->link),
        .enrol_endpoint = bn_link_server_enrol_endpoint(a->link),
        .public_host = bn_config_text(a->daemon->config, "listen", "public_host"),
        .data_folder = a->daemon->data_folder,
    };
    bn_rc rc = bn_server_api_create(&options, &a->api, err);
    if (rc == BN_OK) {
        rc = bn_control_open(a->daemon->loop, path, handle, a, &a->control, err);
    }
    if (rc == BN_OK) {
        bn_server_api_set_control(a->api, a->control);
    }
    free(path);
    return rc;
}

static bn_rc start(app *a, bn_err *err)
{
    bn_loop *loop = a->daemon->loop;
    BN_TRY(bn_loop_watch(loop, bn_link_server_fd(a->link), BN_LOOP_READ, on_link_ready, a, err));
    if (bn_loop_idle_add(loop, pump, a) != BN_OK ||
        bn_loop_after(loop, &a->tick, 0, on_tick, a) != BN_OK ||
        bn_loop_after(loop, &a->warm, 0, on_warm, a) != BN_OK) {
        return bn_fail(err, BN_E_NO_MEMORY, "no room in the event loop");
    }
    char fingerprint[BN_FINGERPRINT_TEXT_BYTES];
    bn_server_fingerprint(a->server, fingerprint);
    bn_server_counts counts;
    bn_server_get_counts(a->server, &counts);
    bn_log(BN_LOG_INFO, "server_ready", "sync=%s enrol=%s fingerprint=%s head=%" PRIu64,
           bn_link_server_sync_endpoint(a->link), bn_link_server_enrol_endpoint(a->link),
           fingerprint, counts.head);
    bn_daemon_ready(a->daemon);
    return BN_OK;
}

static void close_all(app *a)
{
    if (a->server != NULL && a->link != NULL) {
        bn_server_say_bye(a->server);
    }
    if (a->link != NULL) {
        bn_loop_idle_remove(a->daemon->loop, pump, a);
        bn_loop_unwatch(a->daemon->loop, bn_link_server_fd(a->link));
    }
    bn_loop_cancel(a->daemon->loop, &a->tick);
    bn_loop_cancel(a->daemon->loop, &a->warm);
    bn_control_close(&a->control);
    bn_server_api_destroy(&a->api);
    bn_link_server_close(&a->link); /* before the engine: the ZAP thread asks it */
    bn_consolidate_close(&a->consolidate);
    bn_server_close(&a->server);
    bn_kv_close(&a->kv);
}

static bn_rc run(bn_daemon *daemon, bn_err *err)
{
    app a = {.daemon = daemon};
    daemon->context = &a;
    bn_link_start();
    bn_rc rc = bn_crypto_start(err);
    rc = rc == BN_OK ? open_store(&a, err) : rc;
    rc = rc == BN_OK ? open_engine(&a, err) : rc;
    rc = rc == BN_OK ? open_control(&a, err) : rc;
    rc = rc == BN_OK ? start(&a, err) : rc;
    rc = rc == BN_OK ? bn_loop_run(daemon->loop, err) : rc;
    close_all(&a);
    if (rc == BN_OK && a.failure.code != BN_OK) {
        *err = a.failure;
        rc = a.failure.code;
    }
    return rc;
}

int main(int argc, char **argv)
{
    size_t count = 0;
    const bn_library *libraries = bn_server_api_libraries(&count);
    const bn_program program = {
        .name = "banyan-server",
        .summary = "head office: takes what branches send, decides, tells the branches",
        .usage = "The data folder holds everything; `banyan --at FOLDER` talks to the daemon.\n",
        .folder = "banyan-server",
        .config_path = "/etc/banyan/server.conf",
        .keys = keys,
        .keys_count = BN_COUNT(keys),
        .libraries = libraries,
        .libraries_count = count,
        .run = run,
    };
    return bn_daemon_main(&program, argc, argv);
}
