/* bench.h - real daemons under a measured load, and what the machine could do at best.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_TOOLS_BENCH_BENCH_H
#define BANYAN_TOOLS_BENCH_BENCH_H

#include <banyan/base/err.h>

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define BENCH_BRANCHES_MAX 500
#define BENCH_PATH_BYTES 96 /* a socket's name is at most 107 bytes */

typedef struct bench_node {
    pid_t pid; /* 0: not running */
    char folder[BENCH_PATH_BYTES];
    char socket[BENCH_PATH_BYTES + 16];
} bench_node;

typedef struct bench_options {
    unsigned branches;
    unsigned customers; /* created per branch */
    bool json;
    bool unsealed;
    const char *programs; /* folder of the daemons */
    const char *folder;   /* scratch */
} bench_options;

/* Starts program with its data in options->folder/name; returns when it answers. */
BN_CHECKED bn_rc bench_node_start(bench_node *node, const bench_options *options,
                                  const char *program, const char *name, bn_err *err);
void bench_node_stop(bench_node *node);

/* One operation. `args` is taken over; *result (NULL: not wanted) is a new reference. */
BN_CHECKED bn_rc bench_call(const bench_node *node, const char *op, json_t *args, json_t **result,
                            bn_err *err);

/* Highest resident memory so far in KiB; 0 when it cannot be read. */
uint64_t bench_node_rss_kib(const bench_node *node);
double bench_now_s(void);

/* --- the best this machine does, measured in the same run ---------------------------------- */
typedef struct bench_limits {
    double fdatasync_us;
    double puts_per_s; /* LMDB, ordered keys, 400 bytes, synced per 1,000 */
    double curve_mb_per_s; /* libzmq with CURVE over loopback, 64 KiB messages */
} bench_limits;
BN_CHECKED bn_rc bench_measure_limits(const char *folder, bench_limits *out, bn_err *err);

#endif
