/* w1_join.c - empty branches join at once while their customers are at head office.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every tenth customer is served by a second branch too. Each branch is watched by a thread of
 * its own: joined ─► the first customers can be listed ─► digests compared once all are in step.
 */
#include "bench.h"

#include <banyan/base/alloc.h>

#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#define USABLE_ROWS 100
#define USABLE_WAIT_S 600
#define REPEATS_MAX 10
#define POLL_US 20000

typedef struct joiner {
    const bench_node *node;
    json_t *code;
    size_t rows_wanted;
    unsigned repeats; /* joins that had to be asked for again */
    double joined_s;
    double usable_s;
    bn_rc rc;
    bn_err err;
} joiner;

static void place(const bench *b, unsigned index, char home[8], char served[64])
{
    unsigned branches = b->options.branches;
    unsigned at = index / b->options.customers;
    (void)snprintf(home, 8, "%04u", (at % branches + 1) % 10000);
    served[0] = '\0';
    if (branches > 1 && index % 10 == 0) {
        (void)snprintf(served, 64, "%04u", (at + 1) % branches + 1);
    }
}

static bn_rc join_and_list(joiner *j)
{
    bn_rc rc = bench_call(j->node, "branch.join", json_incref(j->code), NULL, &j->err);
    while (rc == BN_E_UNREACHABLE && j->repeats < REPEATS_MAX) {
        j->repeats++;
        rc = bench_call(j->node, "branch.join", json_incref(j->code), NULL, &j->err);
    }
    BN_TRY(rc);
    j->joined_s = bench_now_s();
    size_t rows = 0;
    while (rows < j->rows_wanted) {
        json_t *page = NULL;
        if (bench_now_s() - j->joined_s > USABLE_WAIT_S) {
            return bn_fail(&j->err, BN_E_FAILED, "%zu customers after %d s", rows, USABLE_WAIT_S);
        }
        BN_TRY(bench_call(j->node, "record.list",
                          json_pack("{s:s,s:I}", "kind", "customer", "limit",
                                    (json_int_t)j->rows_wanted), &page, &j->err));
        rows = json_array_size(json_object_get(page, "rows"));
        json_decref(page);
        if (rows < j->rows_wanted) {
            (void)usleep(POLL_US);
        }
    }
    j->usable_s = bench_now_s();
    return BN_OK;
}

static void *run_joiner(void *argument)
{
    joiner *j = argument;
    j->rc = join_and_list(j);
    return NULL;
}

static bn_rc join_at_once(bench *b, joiner *joiners, pthread_t *threads, bn_err *err)
{
    unsigned count = b->options.branches;
    for (unsigned i = 0; i < count; i++) {
        unsigned own = b->options.customers;
        joiners[i] = (joiner){.node = &b->branches[i],
                              .rows_wanted = own < USABLE_ROWS ? own : USABLE_ROWS};
        BN_TRY(bench_invite(b, i, &joiners[i].code, err));
    }
    unsigned started = 0;
    double start_s = bench_now_s();
    while (started < count &&
           pthread_create(&threads[started], NULL, run_joiner, &joiners[started]) == 0) {
        started++;
    }
    double joined_s = 0;
    double first_s = USABLE_WAIT_S;
    double last_s = 0;
    double sum_s = 0;
    uint64_t repeats = 0;
    bn_rc rc = started == count ? BN_OK : bn_fail(err, BN_E_FAILED, "cannot start a thread");
    for (unsigned i = 0; i < started; i++) {
        (void)pthread_join(threads[i], NULL);
        if (joiners[i].rc != BN_OK && rc == BN_OK) {
            rc = joiners[i].rc;
            *err = joiners[i].err;
        }
        double usable_s = joiners[i].usable_s - start_s;
        joined_s = joiners[i].joined_s - start_s > joined_s ? joiners[i].joined_s - start_s
                                                            : joined_s;
        first_s = usable_s < first_s ? usable_s : first_s;
        last_s = usable_s > last_s ? usable_s : last_s;
        sum_s += usable_s;
        repeats += joiners[i].repeats;
    }
    BN_TRY(rc);
    bench_tell_real(b, "all_joined_s", joined_s);
    bench_tell_count(b, "join_repeats", repeats);
    bench_tell_count(b, "usable_customers", joiners[0].rows_wanted);
    bench_tell_real(b, "usable_first_branch_s", first_s);
    bench_tell_real(b, "usable_mean_s", sum_s / count);
    bench_tell_real(b, "usable_last_branch_s", last_s);
    double settled_s = 0;
    BN_TRY(bench_settle(b, 0, NULL, &settled_s, err));
    bench_tell_real(b, "converged_s", settled_s - start_s);
    bench_tell_real(b, "customers_per_s", (double)b->ids_count / (settled_s - start_s));
    return BN_OK;
}

bn_rc bench_run_w1(bench *b, bn_err *err)
{
    double start_s = bench_now_s();
    BN_TRY(bench_create(b, &b->server, 0, (unsigned)b->ids_count, place, err));
    bench_tell_count(b, "customers_in_all", b->ids_count);
    bench_tell_real(b, "import_rows_per_s", (double)b->ids_count / (bench_now_s() - start_s));
    joiner *joiners = bn_alloc_array(b->options.branches, sizeof *joiners);
    pthread_t *threads = bn_alloc_array(b->options.branches, sizeof *threads);
    bn_rc rc = joiners != NULL && threads != NULL
                   ? join_at_once(b, joiners, threads, err)
                   : bn_fail(err, BN_E_NO_MEMORY, "no memory for threads");
    for (unsigned i = 0; joiners != NULL && i < b->options.branches; i++) {
        json_decref(joiners[i].code);
    }
    bn_free(threads);
    bn_free(joiners);
    BN_TRY(rc);
    uint64_t bytes[2];
    BN_TRY(bench_bytes(b, bytes, err));
    bench_tell_count(b, "bytes_up", bytes[0]);
    bench_tell_count(b, "bytes_down", bytes[1]);
    bench_tell_real(b, "bytes_down_per_customer", (double)bytes[1] / (double)b->ids_count);
    return bench_compare(b, err);
}
