/* w3_conflicts.c - five branches edit the same customers while all are cut off.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Customers are made at head office and read by the branches, then the cables are pulled. What is
 * typed follows from the customer and the branch alone (w3_ledger.c), so it can be asked for again.
 */
#include "bench.h"

#include <stdio.h>
#include <string.h>

#define LISTED 1000

static void place(const bench *b, unsigned index, char home[8], char served[64])
{
    size_t len = 0;
    served[0] = '\0';
    for (unsigned branch = 0; branch < b->options.branches; branch++) {
        unsigned sharer = bench_sharer_of(b, index, branch);
        if (sharer == 0) {
            (void)snprintf(home, 8, "%04u", (branch + 1) % 10000);
        } else if (sharer < BENCH_SHARERS) {
            len += (size_t)snprintf(served + len, 64 - len, "%s%04u", len > 0 ? ";" : "",
                                    (branch + 1) % 10000);
        }
    }
}

static bn_rc save_rows(const bench_node *node, json_t *rows, bn_err *err)
{
    json_t *result = NULL;
    if (json_array_size(rows) == 0) {
        json_decref(rows);
        return BN_OK;
    }
    BN_TRY(bench_call(node, "record.save_many", json_pack("{s:s,s:o}", "kind", "customer", "rows",
                                                          rows), &result, err));
    uint64_t refused = bench_number(result, "failed");
    json_decref(result);
    return refused == 0 ? BN_OK
                        : bn_fail(err, BN_E_FAILED, "%llu edits refused at a branch",
                                  (unsigned long long)refused);
}

/* One branch's work: `is_second` edits are saved in a round of their own, after the others. */
static bn_rc edit_all(bench *b, unsigned branch, bool is_second, bn_err *err)
{
    const bench_node *node = &b->branches[branch];
    json_t *rows = json_array();
    for (unsigned i = 0; i < b->options.customers; i++) {
        bench_edit edits[BENCH_EDITS];
        unsigned sharer = bench_sharer_of(b, i, branch);
        if (sharer == BENCH_SHARERS) {
            continue;
        }
        size_t count = bench_edits_of(i, sharer, edits);
        if (count == 0 && !is_second) {
            BN_TRY(bench_call(node, "record.remove", json_pack("{s:s,s:s}", "kind", "customer",
                                                               "id", b->ids[i]), NULL, err));
        }
        json_t *row = json_pack("{s:s}", "id", b->ids[i]);
        for (size_t e = 0; e < count; e++) {
            if (edits[e].is_second == is_second) {
                (void)json_object_set_new(row, edits[e].field, json_string(edits[e].value));
            }
        }
        if (json_object_size(row) > 1) {
            (void)json_array_append_new(rows, row);
        } else {
            json_decref(row);
        }
        if (json_array_size(rows) == BENCH_ROWS_PER_CALL) {
            BN_TRY(save_rows(node, rows, err));
            rows = json_array();
        }
    }
    return save_rows(node, rows, err);
}

static bn_rc time_list(bench *b, bn_err *err)
{
    json_t *page = NULL;
    double start_s = bench_now_s();
    BN_TRY(bench_call(&b->server, "conflict.list", json_pack("{s:i}", "limit", LISTED), &page,
                      err));
    bench_tell_count(b, "conflicts_listed", json_array_size(json_object_get(page, "rows")));
    bench_tell_real(b, "list_ms", (bench_now_s() - start_s) * 1e3);
    json_decref(page);
    return BN_OK;
}

bn_rc bench_run_w3(bench *b, bn_err *err)
{
    uint64_t made = 0;
    uint64_t before = 0;
    uint64_t bytes_before[2];
    uint64_t bytes[2];
    double complete_s = 0;
    double settled_s = 0;
    BN_TRY(bench_join_all(b, err));
    BN_TRY(bench_create(b, &b->server, 0, b->options.customers, place, err));
    BN_TRY(bench_settle(b, 0, NULL, &settled_s, err));
    BN_TRY(bench_cables(b, false, err));
    BN_TRY(bench_bytes(b, bytes_before, err));
    double start_s = bench_now_s();
    for (unsigned i = 0; i < b->options.branches; i++) {
        BN_TRY(edit_all(b, i, false, err));
        BN_TRY(edit_all(b, i, true, err));
    }
    bench_tell_real(b, "offline_s", bench_now_s() - start_s);
    BN_TRY(bench_ops_waiting(b, &made, err));
    BN_TRY(bench_server_ops(b, &before, err));
    start_s = bench_now_s();
    BN_TRY(bench_cables(b, true, err));
    BN_TRY(bench_settle(b, before + made, &complete_s, &settled_s, err));
    double ops = (double)made;
    bench_tell_count(b, "ops", made);
    bench_tell_real(b, "complete_s", complete_s - start_s);
    bench_tell_real(b, "converged_s", settled_s - start_s);
    bench_tell_real(b, "ops_per_s_complete", ops / (complete_s - start_s));
    BN_TRY(bench_bytes(b, bytes, err));
    bench_tell_real(b, "bytes_up_per_op", (double)(bytes[0] - bytes_before[0]) / ops);
    bench_tell_real(b, "bytes_down_per_op", (double)(bytes[1] - bytes_before[1]) / ops);
    BN_TRY(bench_compare(b, err));
    BN_TRY(time_list(b, err));
    return bench_audit(b, err);
}
