/* main.c - banyan-bench: an offline burst of every branch, from the cable to equal digests.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   every branch cut off: N creates of 24 fields, 3 N updates of 1..3 fields, N/10 removals
 *   cables plugged ─► server complete ─► every branch has read everything ─► digests compared
 */
#include "bench.h"

#include "tools/gen/crowd.h"

#include <banyan/base/alloc.h>
#include <banyan/base/check.h>
#include <banyan/base/number.h>

#include <ftw.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROWS_PER_CALL 200
#define SETTLE_S 600

typedef struct bench {
    bench_options options;
    bench_node server;
    bench_node *branches;
    char **ids;          /* of the branch in hand: customers created */
    dice dice;
    uint64_t ops_made;
    double made_s;       /* seconds of offline work, all branches one after the other */
    double complete_s;   /* cable to the server's last op */
    double converged_s;  /* cable to the last branch's last effect */
    bool converged;
    uint64_t bytes_up;
    uint64_t bytes_down;
    uint64_t server_rss_kib;
    uint64_t branch_rss_kib;
    bench_limits limits;
} bench;

static uint64_t number_of(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    uint64_t number = 0;
    if (json_is_string(value) && bn_parse_u64(bn_slice_of(json_string_value(value)), &number) !=
                                     BN_OK) {
        return 0;
    }
    return json_is_integer(value) ? (uint64_t)json_integer_value(value) : number;
}

static bn_rc start(bench *b, bn_err *err)
{
    BN_TRY(bench_node_start(&b->server, &b->options, "banyan-server", "server", err));
    for (unsigned i = 0; i < b->options.branches; i++) {
        char name[16];
        json_t *made = NULL;
        (void)snprintf(name, sizeof name, "%04u", i + 1);
        BN_TRY(bench_node_start(&b->branches[i], &b->options, "banyan-branch", name, err));
        BN_TRY(bench_call(&b->server, "branch.add", json_pack("{s:s,s:s}", "branch", name, "name",
                                                              name), &made, err));
        json_t *code = json_pack("{s:O}", "code", json_object_get(made, "code"));
        json_decref(made);
        BN_TRY(bench_call(&b->branches[i], "branch.join", code, NULL, err));
        BN_TRY(bench_call(&b->branches[i], "sync.cable", json_pack("{s:b}", "connected", 0), NULL,
                          err));
    }
    return BN_OK;
}

/* 21 fields of a made-up person and three more. */
static json_t *columns(void)
{
    json_t *list = json_array();
    for (const char *const *name = gen_customer_columns(); *name != NULL; name++) {
        (void)json_array_append_new(list, json_string(*name));
    }
    (void)json_array_append_new(list, json_string("state"));
    (void)json_array_append_new(list, json_string("manager"));
    (void)json_array_append_new(list, json_string("risk"));
    return list;
}

static json_t *row_of(const gen_record *r)
{
    json_t *row = json_array();
#define GEN_COLUMN(name, bytes) (void)json_array_append_new(row, json_string(r->name));
    GEN_CUSTOMER_COLUMNS(GEN_COLUMN)
#undef GEN_COLUMN
    (void)json_array_append_new(row, json_string("active"));
    (void)json_array_append_new(row, json_string("manager-1"));
    (void)json_array_append_new(row, json_string("2"));
    return row;
}

static bn_rc create_rows(bench *b, const bench_node *node, json_t *rows, size_t first, bn_err *err)
{
    json_t *result = NULL;
    BN_TRY(bench_call(node, "import.rows", json_pack("{s:s,s:o,s:o}", "kind", "customer",
                                                     "columns", columns(), "rows", rows),
                      &result, err));
    bn_rc rc = BN_OK;
    size_t at = 0;
    json_t *line = NULL;
    json_array_foreach(json_object_get(result, "rows"), at, line) {
        const char *id = json_string_value(json_object_get(line, "id"));
        if (id == NULL) {
            rc = bn_fail(err, BN_E_FAILED, "a row was refused: %.100s",
                         json_string_value(json_object_get(line, "text")));
            break;
        }
        bn_free(b->ids[first + at]);
        b->ids[first + at] = bn_strdup(id);
    }
    json_decref(result);
    return rc;
}

static bn_rc create_all(bench *b, const bench_node *node, uint64_t seed, bn_err *err)
{
    crowd *c = NULL;
    BN_TRY(crowd_create(seed, b->options.customers, &c, err));
    bn_rc rc = BN_OK;
    for (size_t done = 0; rc == BN_OK && done < b->options.customers;) {
        json_t *rows = json_array();
        size_t first = done;
        while (done < b->options.customers && done - first < ROWS_PER_CALL) {
            gen_record record = *crowd_next(c);
            /* Slips of clerks that a branch refuses are no load. */
            record.document_type[0] = '\0';
            record.document_number[0] = '\0';
            (void)json_array_append_new(rows, row_of(&record));
            done++;
        }
        rc = create_rows(b, node, rows, first, err);
    }
    crowd_destroy(&c);
    return rc;
}

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
        for (size_t i = 0; i < ROWS_PER_CALL && left > 0; i++, left--) {
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

static bn_rc work_offline(bench *b, bn_err *err)
{
    double start_s = bench_now_s();
    for (unsigned i = 0; i < b->options.branches; i++) {
        json_t *status = NULL;
        BN_TRY(create_all(b, &b->branches[i], i + 1, err));
        BN_TRY(edit_all(b, &b->branches[i], err));
        BN_TRY(bench_call(&b->branches[i], "sync.status", json_object(), &status, err));
        b->ops_made += number_of(status, "ops_waiting");
        json_decref(status);
    }
    b->made_s = bench_now_s() - start_s;
    return BN_OK;
}

static bn_rc branch_done(bench *b, unsigned i, uint64_t head, bool *done, bn_err *err)
{
    json_t *status = NULL;
    BN_TRY(bench_call(&b->branches[i], "sync.status", json_object(), &status, err));
    *done = number_of(status, "ops_waiting") == 0 && number_of(status, "cursor") == head;
    json_decref(status);
    return BN_OK;
}

static bn_rc settle(bench *b, bn_err *err)
{
    uint64_t ops_before = 0;
    json_t *counts = NULL;
    BN_TRY(bench_call(&b->server, "network.counts", json_object(), &counts, err));
    ops_before = number_of(counts, "ops");
    json_decref(counts);
    double start_s = bench_now_s();
    for (unsigned i = 0; i < b->options.branches; i++) {
        BN_TRY(bench_call(&b->branches[i], "sync.cable", json_pack("{s:b}", "connected", 1), NULL,
                          err));
    }
    unsigned settled = 0;
    while (settled < b->options.branches) {
        BN_TRY(bench_call(&b->server, "network.counts", json_object(), &counts, err));
        uint64_t ops = number_of(counts, "ops");
        uint64_t head = number_of(counts, "head");
        json_decref(counts);
        double now_s = bench_now_s() - start_s;
        if (now_s > SETTLE_S) {
            return bn_fail(err, BN_E_FAILED, "not in step after %d s", SETTLE_S);
        }
        if (ops - ops_before < b->ops_made) {
            (void)usleep(10000);
            continue;
        }
        b->complete_s = b->complete_s > 0 ? b->complete_s : now_s;
        bool done = true;
        for (settled = 0; done && settled < b->options.branches; settled += done) {
            BN_TRY(branch_done(b, settled, head, &done, err));
        }
    }
    b->converged_s = bench_now_s() - start_s;
    return BN_OK;
}

static bn_rc compare(bench *b, bn_err *err)
{
    b->converged = true;
    for (unsigned i = 0; i < b->options.branches; i++) {
        json_t *mine = NULL;
        json_t *theirs = NULL;
        json_t *status = NULL;
        char name[16];
        (void)snprintf(name, sizeof name, "%04u", i + 1);
        BN_TRY(bench_call(&b->branches[i], "branch.digest", json_object(), &mine, err));
        bn_rc rc = bench_call(&b->server, "branch.view_digest", json_pack("{s:s}", "branch", name),
                              &theirs, err);
        b->converged = b->converged && rc == BN_OK &&
                       json_equal(json_object_get(mine, "digest"),
                                  json_object_get(theirs, "digest"));
        json_decref(mine);
        json_decref(theirs);
        BN_TRY(rc);
        BN_TRY(bench_call(&b->branches[i], "sync.status", json_object(), &status, err));
        b->bytes_up += number_of(status, "bytes_sent");
        b->bytes_down += number_of(status, "bytes_received");
        json_decref(status);
        uint64_t rss = bench_node_rss_kib(&b->branches[i]);
        b->branch_rss_kib = rss > b->branch_rss_kib ? rss : b->branch_rss_kib;
    }
    b->server_rss_kib = bench_node_rss_kib(&b->server);
    return BN_OK;
}

static void print(const bench *b)
{
    double ops = (double)b->ops_made;
    double rate = ops / b->converged_s;
    if (b->options.json) {
        json_t *all = json_pack(
            "{s:s,s:i,s:i,s:b,s:I,s:f,s:f,s:f,s:f,s:f,s:f,s:f,s:b,s:I,s:I,s:{s:f,s:f,s:f}}",
            "workload", "w2", "branches", (int)b->options.branches, "customers",
            (int)b->options.customers, "sealed", !b->options.unsealed, "ops",
            (json_int_t)b->ops_made, "offline_s", b->made_s, "complete_s", b->complete_s,
            "converged_s", b->converged_s, "ops_per_s_complete", ops / b->complete_s,
            "ops_per_s_converged", rate, "bytes_up_per_op", (double)b->bytes_up / ops,
            "bytes_down_per_op", (double)b->bytes_down / ops, "converged", b->converged,
            "server_rss_kib", (json_int_t)b->server_rss_kib, "branch_rss_kib",
            (json_int_t)b->branch_rss_kib, "limits", "fdatasync_us", b->limits.fdatasync_us,
            "lmdb_puts_per_s", b->limits.puts_per_s, "curve_mb_per_s", b->limits.curve_mb_per_s);
        (void)json_dumpf(all, stdout, JSON_COMPACT | JSON_REAL_PRECISION(6));
        (void)putchar('\n');
        json_decref(all);
        return;
    }
    (void)printf("%u branches, %" PRIu64 " ops, %s\n", b->options.branches, b->ops_made,
                 b->converged ? "every digest equal" : "DIGESTS DIFFER");
    (void)printf("made offline   %8.1f ops/s\n", ops / b->made_s);
    (void)printf("server has all %8.1f ops/s  %6.1f s\n", ops / b->complete_s, b->complete_s);
    (void)printf("all in step    %8.1f ops/s  %6.1f s\n", rate, b->converged_s);
    (void)printf("bytes per op   %8.1f up, %.1f down\n", (double)b->bytes_up / ops,
                 (double)b->bytes_down / ops);
    (void)printf("memory         %8.1f MiB server, %.1f MiB largest branch\n",
                 (double)b->server_rss_kib / 1024, (double)b->branch_rss_kib / 1024);
    (void)printf("limits         fdatasync %.0f us, LMDB %.0f puts/s, CURVE %.0f MB/s\n",
                 b->limits.fdatasync_us, b->limits.puts_per_s, b->limits.curve_mb_per_s);
    (void)printf("of the limits  %.2f %% of LMDB puts, %.2f %% of CURVE\n",
                 100 * ops / b->complete_s / b->limits.puts_per_s,
                 100 * (double)b->bytes_up / b->complete_s / 1e6 / b->limits.curve_mb_per_s);
}

static bn_rc run(bench *b, bn_err *err)
{
    BN_TRY(bench_measure_limits(b->options.folder, &b->limits, err));
    BN_TRY(start(b, err));
    BN_TRY(work_offline(b, err));
    BN_TRY(settle(b, err));
    BN_TRY(compare(b, err));
    print(b);
    return b->converged ? BN_OK : bn_fail(err, BN_E_FAILED, "digests differ");
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *at)
{
    (void)status;
    (void)type;
    (void)at;
    return remove(path);
}

static const char usage[] =
    "usage: banyan-bench [--branches N] [--customers N] [--unsealed] [--json] [--folder DIR]\n"
    "\n"
    "Every branch makes N customers, 3 N updates and N/10 removals while cut off; then all\n"
    "reconnect at once. Real processes, real stores, real fsync. DIR is on the disk to be\n"
    "measured and is made and removed; default: banyan-bench-data in the current folder.\n";

static bool read_options(bench_options *o, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        uint64_t number = 0;
        if (strcmp(argv[i], "--json") == 0) {
            o->json = true;
        } else if (strcmp(argv[i], "--unsealed") == 0) {
            o->unsealed = true;
        } else if (i + 1 < argc && strcmp(argv[i], "--folder") == 0) {
            o->folder = argv[++i];
        } else if (i + 1 < argc && bn_parse_u64(bn_slice_of(argv[i + 1]), &number) == BN_OK &&
                   number >= 1 && number <= 100000) {
            if (strcmp(argv[i], "--branches") == 0 && number <= BENCH_BRANCHES_MAX) {
                o->branches = (unsigned)number;
            } else if (strcmp(argv[i], "--customers") == 0) {
                o->customers = (unsigned)number;
            } else {
                return false;
            }
            i++;
        } else {
            return false;
        }
    }
    return true;
}

int main(int argc, char **argv)
{
    static char programs[PATH_MAX];
    bench b = {.options = {.branches = 50, .customers = 2000, .folder = "banyan-bench-data",
                           .programs = programs}, .dice = dice_of(1)};
    if (!read_options(&b.options, argc, argv)) {
        (void)fputs(usage, stderr);
        return 2;
    }
    ssize_t len = readlink("/proc/self/exe", programs, sizeof programs - 1);
    char *slash = len > 0 ? strrchr(programs, '/') : NULL;
    b.branches = bn_alloc_array(b.options.branches, sizeof *b.branches);
    b.ids = bn_alloc_array(b.options.customers, sizeof *b.ids);
    if (slash == NULL || b.branches == NULL || b.ids == NULL) {
        (void)fputs("banyan-bench: no memory, or no /proc\n", stderr);
        return 1;
    }
    *slash = '\0';
    if (mkdir(b.options.folder, 0700) != 0) {
        (void)fprintf(stderr, "banyan-bench: cannot make %s, or it is there already\n",
                      b.options.folder);
        return 1;
    }
    bn_err err = {0};
    bn_rc rc = run(&b, &err);
    for (unsigned i = 0; i < b.options.branches; i++) {
        bench_node_stop(&b.branches[i]);
    }
    bench_node_stop(&b.server);
    (void)nftw(b.options.folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    for (unsigned i = 0; i < b.options.customers; i++) {
        bn_free(b.ids[i]);
    }
    bn_free(b.ids);
    bn_free(b.branches);
    if (rc != BN_OK) {
        (void)fprintf(stderr, "banyan-bench: %s\n", err.text);
    }
    return rc == BN_OK ? 0 : bn_rc_exit_status(rc);
}
