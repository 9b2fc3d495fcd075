/* bench.h - real daemons under a measured load, and what the machine could do at best.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_TOOLS_BENCH_BENCH_H
#define BANYAN_TOOLS_BENCH_BENCH_H

#include "tools/gen/person.h"

#include <banyan/base/err.h>

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define BENCH_BRANCHES_MAX 500
#define BENCH_ROWS_PER_CALL 200
#define BENCH_PATH_BYTES 96 /* a socket's name is at most 107 bytes */

typedef struct bench_node {
    pid_t pid; /* 0: not running */
    char folder[BENCH_PATH_BYTES];
    char socket[BENCH_PATH_BYTES + 16];
} bench_node;

typedef enum bench_workload { BENCH_W1, BENCH_W2, BENCH_W3 } bench_workload;

typedef struct bench_options {
    bench_workload workload;
    unsigned branches;
    unsigned customers; /* W1, W2: per branch; W3: in all */
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


/* --- one run -------------------------------------------------------------------------------- */
typedef struct bench {
    bench_options options;
    bench_node server;
    bench_node *branches;
    char **ids; /* of the customers created, by their index */
    size_t ids_count;
    dice dice;
    gen_group people; /* those not created yet, from people_at on */
    size_t people_at;
    json_t *report; /* figures in the order in which they are told */
    bool converged;
} bench;

BN_CHECKED bn_rc bench_run_w1(bench *b, bn_err *err);
BN_CHECKED bn_rc bench_run_w2(bench *b, bn_err *err);
BN_CHECKED bn_rc bench_run_w3(bench *b, bn_err *err);

void bench_tell_real(bench *b, const char *name, double value);
void bench_tell_count(bench *b, const char *name, uint64_t value);

/* Of a position told as text or a count told as integer; 0 when there is none. */
uint64_t bench_number(const json_t *object, const char *name);

/* --- load.c: customers of 24 fields, every one a value a branch accepts ----------------------- */

/* Whose customer `index` is, for an import at head office; served: parted by ';', or "". */
typedef void (*bench_place)(const bench *b, unsigned index, char home[8], char served[64]);

/* Creates ids[first] to ids[first + count - 1] at the node; place NULL: the branch's own. */
BN_CHECKED bn_rc bench_create(bench *b, const bench_node *node, unsigned first, unsigned count,
                              bench_place place, bn_err *err);

/* --- network.c: all branches together --------------------------------------------------------- */
BN_CHECKED bn_rc bench_start(bench *b, bn_err *err); /* server and branches, none joined */

/* A code for branch `index`; the caller's to json_decref as {"code": text}. */
BN_CHECKED bn_rc bench_invite(bench *b, unsigned index, json_t **out, bn_err *err);
BN_CHECKED bn_rc bench_join_all(bench *b, bn_err *err);
BN_CHECKED bn_rc bench_cables(bench *b, bool connected, bn_err *err);
BN_CHECKED bn_rc bench_server_ops(bench *b, uint64_t *out, bn_err *err);
BN_CHECKED bn_rc bench_ops_waiting(bench *b, uint64_t *out, bn_err *err); /* all branches */

/* Waits until the server has ops_wanted ops and every branch has read and sent everything. The
 * two times are bench_now_s(); complete_s may be NULL. */
BN_CHECKED bn_rc bench_settle(bench *b, uint64_t ops_wanted, double *complete_s, double *settled_s,
                              bn_err *err);

BN_CHECKED bn_rc bench_bytes(bench *b, uint64_t bytes[2], bn_err *err); /* all branches: up, down */

/* Tells the memory used so far, then compares every digest. */
BN_CHECKED bn_rc bench_compare(bench *b, bn_err *err);

/* --- w3_ledger.c: what was typed, and what became of it --------------------------------------- */
#define BENCH_SHARERS 5 /* branches that hold one customer of W3 */
#define BENCH_EDITS 3   /* values one branch types into one customer, at most */

typedef struct bench_edit {
    const char *field;
    char value[32];
    bool is_second; /* typed over the branch's own value of the field, which it saw */
} bench_edit;

/* What branch `sharer` of 0..BENCH_SHARERS-1 types into a customer; 0 edits: it removes him. */
size_t bench_edits_of(unsigned customer, unsigned sharer, bench_edit edits[BENCH_EDITS]);

/* 0..BENCH_SHARERS-1, or BENCH_SHARERS: the branch does not hold the customer. */
unsigned bench_sharer_of(const bench *b, unsigned customer, unsigned branch);

/* Reads every customer and every conflict at the server and tells what each value became. */
BN_CHECKED bn_rc bench_audit(bench *b, bn_err *err);

#endif
