/* bench.c - the pipeline over made-up people.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "commands.h"

#include <banyan/base/check.h>

#include <stdio.h>

#define BENCH_SEED 20260101

bn_rc command_bench(const options *o, bn_err *err)
{
    loaded l = {.batch = NULL};
    double start = seconds_now();
    BN_TRY(make_people(o->records, BENCH_SEED, &l, err));
    double made = seconds_now();
    measure m = {.records_count = 0};
    BN_AUTO(bn_epoch_destroy) bn_epoch *epoch = NULL;
    bn_rc rc = run_batch(&l, o, &epoch, &m, err);
    if (rc == BN_OK) {
        m.peak_kib = peak_kib();
        measure_pairs(&l, epoch, &m);
        if (o->is_json) {
            report_json(&m);
        } else {
            printf("rows made     %.2f s\n", made - start);
            report_text(&m);
        }
    }
    loaded_fini(&l);
    return rc;
}
