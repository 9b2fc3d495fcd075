/* network.c - the server and all branches: joined, cut off, waited for, compared.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "bench.h"

#include <stdio.h>
#include <unistd.h>

#define SETTLE_S 600
#define POLL_US 10000

static void name_of(unsigned index, char out[16])
{
    (void)snprintf(out, 16, "%04u", index + 1);
}

bn_rc bench_start(bench *b, bn_err *err)
{
    BN_TRY(bench_node_start(&b->server, &b->options, "banyan-server", "server", err));
    for (unsigned i = 0; i < b->options.branches; i++) {
        char name[16];
        name_of(i, name);
        BN_TRY(bench_node_start(&b->branches[i], &b->options, "banyan-branch", name, err));
    }
    return BN_OK;
}

bn_rc bench_invite(bench *b, unsigned index, json_t **out, bn_err *err)
{
    char name[16];
    json_t *made = NULL;
    name_of(index, name);
    BN_TRY(bench_call(&b->server, "branch.add",
                      json_pack("{s:s,s:s}", "branch", name, "name", name), &made, err));
    *out = json_pack("{s:O}", "code", json_object_get(made, "code"));
    json_decref(made);
    return BN_OK;
}

bn_rc bench_join_all(bench *b, bn_err *err)
{
    for (unsigned i = 0; i < b->options.branches; i++) {
        json_t *code = NULL;
        BN_TRY(bench_invite(b, i, &code, err));
        BN_TRY(bench_call(&b->branches[i], "branch.join", code, NULL, err));
    }
    return BN_OK;
}

bn_rc bench_cables(bench *b, bool connected, bn_err *err)
{
    for (unsigned i = 0; i < b->options.branches; i++) {
        BN_TRY(bench_call(&b->branches[i], "sync.cable",
                          json_pack("{s:b}", "connected", (int)connected), NULL, err));
    }
    return BN_OK;
}

static bn_rc server_counts(bench *b, uint64_t *ops, uint64_t *head, bn_err *err)
{
    json_t *counts = NULL;
    BN_TRY(bench_call(&b->server, "network.counts", json_object(), &counts, err));
    *ops = bench_number(counts, "ops");
    *head = bench_number(counts, "head");
    json_decref(counts);
    return BN_OK;
}

bn_rc bench_server_ops(bench *b, uint64_t *out, bn_err *err)
{
    uint64_t head = 0;
    return server_counts(b, out, &head, err);
}

bn_rc bench_ops_waiting(bench *b, uint64_t *out, bn_err *err)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < b->options.branches; i++) {
        json_t *status = NULL;
        BN_TRY(bench_call(&b->branches[i], "sync.status", json_object(), &status, err));
        sum += bench_number(status, "ops_waiting");
        json_decref(status);
    }
    *out = sum;
    return BN_OK;
}

static bn_rc branch_done(bench *b, unsigned i, uint64_t head, bool *done, bn_err *err)
{
    json_t *status = NULL;
    BN_TRY(bench_call(&b->branches[i], "sync.status", json_object(), &status, err));
    *done = bench_number(status, "ops_waiting") == 0 && bench_number(status, "cursor") == head;
    json_decref(status);
    return BN_OK;
}

bn_rc bench_settle(bench *b, uint64_t ops_wanted, double *complete_s, double *settled_s,
                   bn_err *err)
{
    double start_s = bench_now_s();
    bool is_complete = false;
    unsigned settled = 0;
    while (settled < b->options.branches) {
        uint64_t ops = 0;
        uint64_t head = 0;
        if (bench_now_s() - start_s > SETTLE_S) {
            return bn_fail(err, BN_E_FAILED, "not in step after %d s", SETTLE_S);
        }
        BN_TRY(server_counts(b, &ops, &head, err));
        if (ops < ops_wanted) {
            (void)usleep(POLL_US);
            continue;
        }
        if (!is_complete && complete_s != NULL) {
            *complete_s = bench_now_s();
        }
        is_complete = true;
        bool done = true;
        for (settled = 0; done && settled < b->options.branches; settled += done) {
            BN_TRY(branch_done(b, settled, head, &done, err));
        }
        if (!done) {
            (void)usleep(POLL_US);
        }
    }
    *settled_s = bench_now_s();
    return BN_OK;
}

bn_rc bench_bytes(bench *b, uint64_t bytes[2], bn_err *err)
{
    bytes[0] = 0;
    bytes[1] = 0;
    for (unsigned i = 0; i < b->options.branches; i++) {
        json_t *status = NULL;
        BN_TRY(bench_call(&b->branches[i], "sync.status", json_object(), &status, err));
        bytes[0] += bench_number(status, "bytes_sent");
        bytes[1] += bench_number(status, "bytes_received");
        json_decref(status);
    }
    return BN_OK;
}

static bn_rc compare_branch(bench *b, unsigned i, bn_err *err)
{
    json_t *mine = NULL;
    json_t *theirs = NULL;
    char name[16];
    name_of(i, name);
    BN_TRY(bench_call(&b->branches[i], "branch.digest", json_object(), &mine, err));
    bn_rc rc = bench_call(&b->server, "branch.view_digest", json_pack("{s:s}", "branch", name),
                          &theirs, err);
    b->converged = b->converged && rc == BN_OK &&
                   json_equal(json_object_get(mine, "digest"), json_object_get(theirs, "digest"));
    json_decref(mine);
    json_decref(theirs);
    return rc;
}

bn_rc bench_compare(bench *b, bn_err *err)
{
    uint64_t branch_kib = 0;
    b->converged = true;
    /* Before the digests, which read whole stores. */
    bench_tell_count(b, "server_rss_kib", bench_node_rss_kib(&b->server));
    for (unsigned i = 0; i < b->options.branches; i++) {
        uint64_t kib = bench_node_rss_kib(&b->branches[i]);
        branch_kib = kib > branch_kib ? kib : branch_kib;
    }
    bench_tell_count(b, "branch_rss_kib", branch_kib);
    double start_s = bench_now_s();
    for (unsigned i = 0; i < b->options.branches; i++) {
        BN_TRY(compare_branch(b, i, err));
    }
    bench_tell_real(b, "digests_s", bench_now_s() - start_s);
    (void)json_object_set_new(b->report, "converged", json_boolean(b->converged));
    return BN_OK;
}
