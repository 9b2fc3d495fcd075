/* main.c - banyan-branch: store, node and control socket on one loop; `join` enrols.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "branch-client/api/api.h"
#include "branch-client/node.h"

#include <banyan/base/check.h>
#include <banyan/core/control.h>
#include <banyan/core/daemon.h>
#include <banyan/core/link.h>
#include <banyan/core/log.h>
#include <banyan/core/unlock.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const bn_config_key keys[] = {
    BN_DAEMON_KEYS,
    {.section = "sync", .name = "server", .type = BN_CONFIG_ENDPOINT, .fallback = "",
     .help_en = "where the server is now; not set: as enrolled",
     .help_zh = "服务器当前地址；未设置时用登记时的地址"},
    {.section = "store", .name = "sealed", .type = BN_CONFIG_BOOL, .fallback = "true",
     .help_en = "encrypt values on disk; fixed when the store is made",
     .help_zh = "磁盘上的值加密保存；建库时确定"},
    {.section = "store", .name = "key_file", .type = BN_CONFIG_PATH, .fallback = "",
     .help_en = "file with the key that seals the store; not set: seal.key in the data folder",
     .help_zh = "加密密钥文件；未设置时为数据目录下的 seal.key"},
    {.section = "store", .name = "passphrase_file", .type = BN_CONFIG_PATH, .fallback = "",
     .help_en = "file with the passphrase instead of a key file; - asks on the terminal",
     .help_zh = "以口令代替密钥文件：口令所在文件；- 表示在终端询问"},
    {.section = "store", .name = "map_max", .type = BN_CONFIG_SIZE, .fallback = "16GiB",
     .min = 1 << 20, .max = INT64_MAX,
     .help_en = "largest size of the store", .help_zh = "数据库最大容量"},
};

typedef struct app {
    bn_daemon *daemon;
    bn_kv *kv;
    bn_node *node;
    bn_branch_api *api;
    bn_control *control;
    bn_err failure; /* what ended the loop; code BN_OK when nothing did */
} app;

static void failed(void *context, const bn_err *err)
{
    app *a = context;
    if (a->failure.code == BN_OK) {
        a->failure = *err;
    }
    bn_loop_stop(a->daemon->loop);
}

static void moved(void *context)
{
    app *a = context;
    if (a->api != NULL) {
        bn_branch_api_moved(a->api);
    }
}

static bn_rc open_node(app *a, bn_err *err)
{
    const bn_config *config = a->daemon->config;
    const bn_unlock_options store = {
        .folder = a->daemon->data_folder,
        .role = "branch",
        .key_file = bn_config_text(config, "store", "key_file"),
        .passphrase_file = bn_config_text(config, "store", "passphrase_file"),
        .sealed = bn_config_bool(config, "store", "sealed"),
        .map_bytes_max = bn_config_bytes(config, "store", "map_max"),
        .random = a->daemon->random,
    };
    BN_TRY(bn_unlock_open(&store, &a->kv, err));
    const bn_node_options options = {
        .kv = a->kv,
        .loop = a->daemon->loop,
        .clock = a->daemon->clock,
        .random = a->daemon->random,
        .server = bn_config_text(config, "sync", "server"),
        .failed = failed,
        .moved = moved,
        .context = a,
    };
    return bn_node_create(&options, &a->node, err);
}

static bn_rc open_control(app *a, bn_err *err)
{
    char *path = NULL;
    const bn_branch_api_options options = {
        .node = a->node,
        .kv = a->kv,
        .loop = a->daemon->loop,
        .clock = a->daemon->clock,
        .random = a->daemon->random,
        .data_folder = a->daemon->data_folder,
    };
    BN_TRY(bn_daemon_path(a->daemon, BN_CONTROL_SOCKET_NAME, &path, err));
    bn_rc rc = bn_branch_api_create(&options, &a->api, err);
    if (rc == BN_OK) {
        rc = bn_control_open(a->daemon->loop, path, bn_branch_api_handle, a->api, &a->control, err);
    }
    if (rc == BN_OK) {
        bn_branch_api_set_control(a->api, a->control);
    }
    free(path);
    return rc;
}

static void close_all(app *a)
{
    bn_control_close(&a->control);
    bn_branch_api_destroy(&a->api);
    bn_node_destroy(&a->node);
    bn_kv_close(&a->kv);
}

static void say_ready(app *a)
{
    bn_branch *branch = bn_node_branch(a->node);
    char fingerprint[BN_FINGERPRINT_TEXT_BYTES];
    bn_branch_fingerprint(branch, fingerprint);
    const bn_identity *identity = bn_branch_identity(branch);
    bn_log(BN_LOG_INFO, "branch_ready", "branch=%" PRIu32 " origin=%" PRIu32 " fingerprint=%s",
           identity->branch, identity->origin, fingerprint);
    bn_daemon_ready(a->daemon);
}

static bn_rc run(bn_daemon *daemon, bn_err *err)
{
    app a = {.daemon = daemon};
    daemon->context = &a;
    bn_link_start();
    bn_rc rc = bn_crypto_start(err);
    rc = rc == BN_OK ? open_node(&a, err) : rc;
    rc = rc == BN_OK ? open_control(&a, err) : rc;
    if (rc == BN_OK) {
        say_ready(&a);
        rc = bn_loop_run(daemon->loop, err);
    }
    close_all(&a);
    if (rc == BN_OK && a.failure.code != BN_OK) {
        *err = a.failure;
        rc = a.failure.code;
    }
    return rc;
}

/* --- join CODE ------------------------------------------------------------------------------ */
typedef struct joining {
    app app;
    bn_rc code;
    bn_err err;
} joining;

static void joined(void *context, bn_rc code, const bn_err *err)
{
    joining *j = context;
    j->code = code;
    if (code != BN_OK) {
        j->err = *err;
    }
    bn_loop_stop(j->app.daemon->loop);
}

/* Without a daemon on the store: this process enrols and leaves. */
static bn_rc join_here(joining *j, bn_slice code, bn_err *err)
{
    BN_TRY(open_node(&j->app, err));
    BN_TRY(bn_node_join(j->app.node, code, joined, j, err));
    BN_TRY(bn_loop_run(j->app.daemon->loop, err));
    if (j->code != BN_OK) {
        *err = j->err;
        return j->code;
    }
    if (j->app.failure.code != BN_OK) {
        *err = j->app.failure;
        return j->app.failure.code;
    }
    return BN_OK;
}

static void tell_joined(const app *a)
{
    const bn_branch *branch = bn_node_branch(a->node);
    const bn_identity *identity = bn_branch_identity(branch);
    char own[BN_FINGERPRINT_TEXT_BYTES];
    char server[BN_FINGERPRINT_TEXT_BYTES];
    bn_branch_fingerprint(branch, own);
    bn_fingerprint(identity->server_key, server);
    printf("this is branch %04" PRIu32 " %s now\n", identity->branch, identity->name);
    printf("  key of this branch  %s\n", own);
    printf("  key of the server   %s\n", server);
    printf("compare both with what head office sees, then start banyan-branch\n");
}

static int join(bn_daemon *daemon, const char *text)
{
    joining j = {.app = {.daemon = daemon}};
    bn_err err = {0};
    bn_link_start();
    bn_rc rc = bn_crypto_start(&err);
    rc = rc == BN_OK ? bn_loop_create(daemon->clock, &daemon->loop, &err) : rc;
    rc = rc == BN_OK ? join_here(&j, bn_slice_trim(bn_slice_of(text)), &err) : rc;
    if (rc == BN_OK) {
        tell_joined(&j.app);
    } else if (rc == BN_E_BUSY) {
        fprintf(stderr, "banyan-branch: %s; use: banyan --at %s join CODE\n", err.text,
                daemon->data_folder);
    } else {
        fprintf(stderr, "banyan-branch: %s\n", err.text);
    }
    close_all(&j.app);
    bn_loop_destroy(&daemon->loop);
    return bn_rc_exit_status(rc);
}

static bool command(bn_daemon *daemon, int argc, char **argv, int *status)
{
    if (strcmp(argv[0], "join") != 0) {
        return false;
    }
    if (argc != 2) {
        fprintf(stderr, "usage: banyan-branch [--data DIR] join CODE\n");
        *status = bn_rc_exit_status(BN_E_INVALID);
    } else {
        *status = join(daemon, argv[1]);
    }
    return true;
}

int main(int argc, char **argv)
{
    static const char *const commands[] = {"join", NULL};
    size_t count = 0;
    const bn_library *libraries = bn_branch_api_libraries(&count);
    const bn_program program = {
        .name = "banyan-branch",
        .summary = "a branch office: works by itself, syncs when the line is up",
        .usage = "  join CODE   enrol this machine with a one-time code from head office\n",
        .folder = "banyan-branch",
        .config_path = "/etc/banyan/branch.conf",
        .keys = keys,
        .keys_count = BN_COUNT(keys),
        .libraries = libraries,
        .libraries_count = count,
        .run = run,
        .command = command,
        .commands = commands,
    };
    return bn_daemon_main(&program, argc, argv);
}
