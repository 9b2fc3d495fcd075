/* w2_burst.c - an offline burst of every branch, from the cables to equal digests.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   every branch cut off: N creates of 24 fields, 3 N updates of 1..3 fields, N/10 removals
 *   cables plugged ─► server complete ─► every branch has read everything ─► digests compared
 */
#include "bench.h"

#include <banyan/base/check.h>

#include <stdio.h>

/* Fields by Zipf: the first is changed most. */
static json_t *update_of(bench *b)
{
    static const char *const fields[] = {"mobile", "street", "occupation", "employer", "email",
                                         "manager", "phone", "name_latin"};
    static const uint32_t sums[] = {840, 1260, 1540, 1750, 1918, 2058, 2178, 2283};
    json_t *row = json_pack("{s:s}", "id", b->ids[dice_below(&b->dice, b->options.customers)]);
    for (uint32_t left = dice_between(&b->dice, 1, 3); left > 0; left--) {
        char value[32];
        size_t field = dice_pick(&b->dice, sums, BN_COUNT(sums));
        (void)snprintf(value, sizeof value, field == 4 ? "a%u@example.com" : "139%08u",
                       dice_below(&b->dice, 100000000));
        (void)json_object_set_new(row, fields[field], json_string(value));
    }
    return row;
}

static bn_rc edit_all(bench *b, const bench_node *node, bn_err *err)
{
    size_t left = (size_t)b->options.customers * 3;
    while (left > 0) {
        json_t *rows = json_array();
        for (size_t i = 0; i < BENCH_ROWS_PER_CALL && left > 0; i++, left--) {
            (void)json_array_append_new(rows, update_of(b));
        }
        BN_TRY(bench_call(node, "record.save_many", json_pack("{s:s,s:o}", "kind", "customer",
                                                              "rows", rows), NULL, err));
    }
    for (unsigned i = 0; i < b->options.customers / 10; i++) {
        BN_TRY(bench_call(node, "record.remove", json_pack("{s:s,s:s}", "kind", "customer", "id",
                                                           b->ids[i]), NULL, err));
    }
    return BN_OK;
}

bn_rc bench_run_w2(bench *b, bn_err *err)
{
    uint64_t made = 0;
    uint64_t before = 0;
    uint64_t bytes[2];
    double complete_s = 0;
    double settled_s = 0;
    BN_TRY(bench_join_all(b, err));
    BN_TRY(bench_cables(b, false, err));
    double start_s = bench_now_s();
    for (unsigned i = 0; i < b->options.branches; i++) {
        BN_TRY(bench_create(b, &b->branches[i], 0, b->options.customers, NULL, err));
        BN_TRY(edit_all(b, &b->branches[i], err));
    }
    double offline_s = bench_now_s() - start_s;
    BN_TRY(bench_ops_waiting(b, &made, err));
    BN_TRY(bench_server_ops(b, &before, err));
    start_s = bench_now_s();
    BN_TRY(bench_cables(b, true, err));
    BN_TRY(bench_settle(b, before + made, &complete_s, &settled_s, err));
    complete_s -= start_s;
    settled_s -= start_s;
    double ops = (double)made;
    bench_tell_count(b, "ops", made);
    bench_tell_real(b, "offline_s", offline_s);
    bench_tell_real(b, "offline_ops_per_s", ops / offline_s);
    bench_tell_real(b, "complete_s", complete_s);
    bench_tell_real(b, "converged_s", settled_s);
    bench_tell_real(b, "ops_per_s_complete", ops / complete_s);
    bench_tell_real(b, "ops_per_s_converged", ops / settled_s);
    BN_TRY(bench_bytes(b, bytes, err));
    bench_tell_real(b, "bytes_up_per_op", (double)bytes[0] / ops);
    bench_tell_real(b, "bytes_down_per_op", (double)bytes[1] / ops);
    return bench_compare(b, err);
}
