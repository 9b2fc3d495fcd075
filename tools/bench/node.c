/* node.c - daemons as child processes that die with us.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "bench.h"

#include <banyan/core/control.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define START_S 20
#define CALL_TIMEOUT_MS 300000

double bench_now_s(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

bn_rc bench_call(const bench_node *node, const char *op, json_t *args, json_t **result, bn_err *err)
{
    bn_control_call_options call = {.path = node->socket, .op = op, .args = args, .actor = "bench",
                                    .timeout_ms = CALL_TIMEOUT_MS};
    json_t *got = NULL;
    bn_rc rc = bn_control_call(&call, &got, err);
    json_decref(args);
    if (result != NULL && rc == BN_OK) {
        *result = got;
    } else {
        json_decref(got);
    }
    return rc;
}

static _Noreturn void become(const char *program, const char *folder, bool unsealed)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    char log[BENCH_PATH_BYTES + 8];
    (void)snprintf(log, sizeof log, "%s.log", folder);
    int fd = open(log, O_CREAT | O_WRONLY | O_APPEND, 0600);
    if (fd >= 0) {
        (void)dup2(fd, STDOUT_FILENO);
        (void)dup2(fd, STDERR_FILENO);
    }
    const char *sealed = unsealed ? "store.sealed=false" : "store.sealed=true";
    if (strstr(program, "banyan-server") != NULL) {
        (void)execl(program, program, "--data", folder, "--set", sealed, "--set",
                    "listen.sync=tcp://127.0.0.1:0", "--set", "listen.enrol=tcp://127.0.0.1:0",
                    (char *)NULL);
    } else {
        (void)execl(program, program, "--data", folder, "--set", sealed, (char *)NULL);
    }
    _exit(127);
}

bn_rc bench_node_start(bench_node *node, const bench_options *options, const char *program,
                       const char *name, bn_err *err)
{
    char path[4096];
    int len = snprintf(node->folder, sizeof node->folder, "%s/%s", options->folder, name);
    if (len >= (int)sizeof node->folder) {
        return bn_fail(err, BN_E_LIMIT, "folder of %d bytes, limit %d", len, BENCH_PATH_BYTES);
    }
    (void)snprintf(node->socket, sizeof node->socket, "%s/control.sock", node->folder);
    (void)snprintf(path, sizeof path, "%s/%s", options->programs, program);
    node->pid = fork();
    if (node->pid < 0) {
        node->pid = 0;
        return bn_fail(err, BN_E_FAILED, "cannot start %s: %s", program, strerror(errno));
    }
    if (node->pid == 0) {
        become(path, node->folder, options->unsealed);
    }
    double deadline_s = bench_now_s() + START_S;
    while (bench_now_s() < deadline_s) {
        if (bench_call(node, "node.status", json_object(), NULL, err) == BN_OK) {
            return BN_OK;
        }
        if (waitpid(node->pid, NULL, WNOHANG) == node->pid) {
            node->pid = 0;
            return bn_fail(err, BN_E_FAILED, "%s ended at once; see %s.log", program,
                           node->folder);
        }
        (void)usleep(5000);
    }
    return bn_fail(err, BN_E_UNREACHABLE, "%s does not answer; see %s.log", program, node->folder);
}

void bench_node_stop(bench_node *node)
{
    if (node->pid > 0) {
        (void)kill(node->pid, SIGKILL);
        (void)waitpid(node->pid, NULL, 0);
        node->pid = 0;
    }
}

uint64_t bench_node_rss_kib(const bench_node *node)
{
    char path[64];
    char line[256];
    unsigned long long kib = 0;
    (void)snprintf(path, sizeof path, "/proc/%d/status", (int)node->pid);
    FILE *file = fopen(path, "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (sscanf(line, "VmHWM: %llu", &kib) == 1) {
            break;
        }
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return kib;
}
