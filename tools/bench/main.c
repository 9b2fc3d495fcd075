/* main.c - banyan-bench: real daemons under one of three loads, beside what the machine could do.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "bench.h"

#include "tools/gen/tables.h"

#include <banyan/base/alloc.h>
#include <banyan/base/check.h>
#include <banyan/base/number.h>

#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
    const char *name;
    bn_rc (*run)(bench *b, bn_err *err);
} workloads[] = {
    [BENCH_W1] = {"w1", bench_run_w1},
    [BENCH_W2] = {"w2", bench_run_w2},
    [BENCH_W3] = {"w3", bench_run_w3},
};

void bench_tell_real(bench *b, const char *name, double value)
{
    (void)json_object_set_new(b->report, name, json_real(value));
}

void bench_tell_count(bench *b, const char *name, uint64_t value)
{
    (void)json_object_set_new(b->report, name, json_integer((json_int_t)value));
}

uint64_t bench_number(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    uint64_t number = 0;
    if (json_is_string(value) && bn_parse_u64(bn_slice_of(json_string_value(value)), &number) !=
                                     BN_OK) {
        return 0;
    }
    return json_is_integer(value) ? (uint64_t)json_integer_value(value) : number;
}

static void print_lines(const json_t *object)
{
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)(uintptr_t)object, name, value) {
        if (json_is_object(value)) {
            (void)printf("%s\n", name);
            print_lines(value);
        } else if (json_is_real(value)) {
            (void)printf("%-24s %14.2f\n", name, json_real_value(value));
        } else if (json_is_integer(value)) {
            (void)printf("%-24s %14" JSON_INTEGER_FORMAT "\n", name, json_integer_value(value));
        } else {
            (void)printf("%-24s %14s\n", name, json_is_string(value) ? json_string_value(value)
                                                : json_is_true(value) ? "true"
                                                                      : "false");
        }
    }
}

static bn_rc run(bench *b, bn_err *err)
{
    bench_limits limits;
    BN_TRY(bench_measure_limits(b->options.folder, &limits, err));
    BN_TRY(bench_start(b, err));
    bn_rc rc = workloads[b->options.workload].run(b, err);
    (void)json_object_set_new(b->report, "limits",
                              json_pack("{s:f,s:f,s:f}", "fdatasync_us", limits.fdatasync_us,
                                        "lmdb_puts_per_s", limits.puts_per_s, "curve_mb_per_s",
                                        limits.curve_mb_per_s));
    if (b->options.json) {
        (void)json_dumpf(b->report, stdout, JSON_COMPACT | JSON_REAL_PRECISION(6));
        (void)putchar('\n');
    } else {
        print_lines(b->report);
    }
    BN_TRY(rc);
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
    "usage: banyan-bench [--workload w1|w2|w3] [--branches N] [--customers N] [--unsealed]"
    " [--json]\n"
    "                    [--folder DIR]\n"
    "\n"
    "w1  Empty branches join at once; N customers of each are at head office.\n"
    "w2  Every branch makes N customers, 3 N updates and N/10 removals while cut off; then all\n"
    "    reconnect at once. (default)\n"
    "w3  N customers, each held by five branches, which edit them while cut off; then every value\n"
    "    typed is accounted for. N in hundreds, five branches or more.\n"
    "\n"
    "Real processes, real stores, real fsync. DIR is on the disk to be measured and is made and\n"
    "removed; default: banyan-bench-data in the current folder.\n";

static bool read_workload(bench_options *o, const char *name)
{
    for (size_t i = 0; i < BN_COUNT(workloads); i++) {
        if (strcmp(workloads[i].name, name) == 0) {
            o->workload = (bench_workload)i;
            return true;
        }
    }
    return false;
}

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
        } else if (i + 1 < argc && strcmp(argv[i], "--workload") == 0) {
            if (!read_workload(o, argv[++i])) {
                return false;
            }
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
    return o->workload != BENCH_W3 || o->branches >= BENCH_SHARERS;
}

static bool prepare(bench *b, char programs[PATH_MAX])
{
    const bench_options *o = &b->options;
    ssize_t len = readlink("/proc/self/exe", programs, PATH_MAX - 1);
    char *slash = len > 0 ? strrchr(programs, '/') : NULL;
    b->ids_count = (size_t)o->customers * (o->workload == BENCH_W1 ? o->branches : 1);
    b->branches = bn_alloc_array(o->branches, sizeof *b->branches);
    b->ids = bn_alloc_array(b->ids_count, sizeof *b->ids);
    b->report = json_pack("{s:s,s:i,s:i,s:b}", "workload", workloads[o->workload].name, "branches",
                          (int)o->branches, "customers", (int)o->customers, "sealed",
                          (int)!o->unsealed);
    if (slash == NULL || b->branches == NULL || b->ids == NULL || b->report == NULL) {
        (void)fputs("banyan-bench: no memory, or no /proc\n", stderr);
        return false;
    }
    *slash = '\0';
    if (mkdir(o->folder, 0700) != 0) {
        (void)fprintf(stderr, "banyan-bench: cannot make %s, or it is there already\n", o->folder);
        return false;
    }
    gen_tables_prepare();
    return true;
}

static void finish(bench *b)
{
    for (unsigned i = 0; i < b->options.branches; i++) {
        bench_node_stop(&b->branches[i]);
    }
    bench_node_stop(&b->server);
    (void)nftw(b->options.folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    for (size_t i = 0; i < b->ids_count; i++) {
        bn_free(b->ids[i]);
    }
    bn_free(b->ids);
    bn_free(b->branches);
    json_decref(b->report);
}

int main(int argc, char **argv)
{
    static char programs[PATH_MAX];
    bench b = {.options = {.workload = BENCH_W2, .branches = 50, .customers = 2000,
                           .folder = "banyan-bench-data", .programs = programs},
               .dice = dice_of(1)};
    bn_err err = {0};
    if (!read_options(&b.options, argc, argv)) {
        (void)fputs(usage, stderr);
        return 2;
    }
    if (!prepare(&b, programs)) {
        return 1;
    }
    bn_rc rc = run(&b, &err);
    finish(&b);
    if (rc != BN_OK) {
        (void)fprintf(stderr, "banyan-bench: %s\n", err.text);
    }
    return rc == BN_OK ? 0 : bn_rc_exit_status(rc);
}
