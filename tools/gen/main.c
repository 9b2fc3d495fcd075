/* main.c - banyan-gen: made-up banks and populations, the same for the same seed.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "gen.h"

#include <banyan/base/check.h>
#include <banyan/base/number.h>
#include <banyan/base/text.h>

#include <stdio.h>

typedef enum need { NO, MAY, MUST } need;

typedef struct job {
    const char *name;
    bn_rc (*run)(const gen_options *options, bn_err *err);
    need records;
    need people;
    need branches;
    need overlap;
    need from;
    need out;
} job;

static const job jobs[] = {
    {.name = "people", .run = gen_people, .records = MUST, .out = MAY},
    {.name = "bank", .run = gen_bank, .people = MUST, .branches = MUST, .overlap = MAY,
     .out = MUST},
    {.name = "berka", .run = gen_berka, .from = MUST, .out = MUST},
    {.name = "schedule", .run = gen_schedule, .records = MUST, .branches = MAY, .out = MAY},
};

static const char usage[] =
    "usage: banyan-gen people   --records N [--seed S] [--out FILE]\n"
    "       banyan-gen bank     --branches B --people N [--overlap PERCENT] [--seed S] --out DIR\n"
    "       banyan-gen berka    --from DIR --out DIR\n"
    "       banyan-gen schedule --records N [--branches B] [--seed S] [--out FILE]\n"
    "\n"
    "people    customers as CSV; column `person` is the truth, `trait` what makes them hard\n"
    "bank      branches.csv, NNNN/*.csv and NNNN/*.map for import, truth.csv\n"
    "berka     the same from the files of the PKDD'99 Czech bank (*.asc)\n"
    "schedule  records arriving at head office late, twice, out of order; JSON lines\n"
    "\n"
    "The same seed gives the same bytes. FILE defaults to standard output.\n";

typedef struct flag {
    const char *name;
    need need;
    uint64_t *number;
    uint64_t max;
    const char **text;
    bool seen;
} flag;

#define FLAGS_COUNT 7

static int fail_usage(const char *what, const char *name)
{
    (void)fprintf(stderr, "banyan-gen: %s %s\n\n%s", what, name, usage);
    return bn_rc_exit_status(BN_E_INVALID);
}

static flag *find(flag flags[FLAGS_COUNT], const char *text)
{
    for (size_t i = 0; i < FLAGS_COUNT; i++) {
        if (flags[i].need != NO && strcmp(flags[i].name, text) == 0) {
            return &flags[i];
        }
    }
    return NULL;
}

static int read_flags(flag flags[FLAGS_COUNT], int argc, char **argv)
{
    for (int i = 2; i < argc; i += 2) {
        flag *f = find(flags, argv[i]);
        if (f == NULL) {
            return fail_usage("unknown option", argv[i]);
        }
        if (i + 1 == argc) {
            return fail_usage("no value after", argv[i]);
        }
        if (f->text != NULL) {
            *f->text = argv[i + 1];
        } else if (bn_parse_u64(bn_slice_of(argv[i + 1]), f->number) != BN_OK ||
                   *f->number > f->max) {
            return fail_usage("not a number in range:", argv[i + 1]);
        }
        f->seen = true;
    }
    for (size_t i = 0; i < FLAGS_COUNT; i++) {
        if (flags[i].need == MUST && !flags[i].seen) {
            return fail_usage("missing", flags[i].name);
        }
    }
    return 0;
}

static int run_job(const job *j, int argc, char **argv)
{
    gen_options options = {.seed = 1, .out = "-", .overlap = 10};
    flag flags[FLAGS_COUNT] = {
        {"--records", j->records, &options.records, GEN_RECORDS_MAX, NULL, false},
        {"--people", j->people, &options.people, GEN_PEOPLE_MAX, NULL, false},
        {"--branches", j->branches, &options.branches, GEN_BRANCHES_MAX, NULL, false},
        {"--overlap", j->overlap, &options.overlap, 100, NULL, false},
        {"--seed", MAY, &options.seed, UINT64_MAX, NULL, false},
        {"--from", j->from, NULL, 0, &options.from, false},
        {"--out", j->out, NULL, 0, &options.out, false},
    };
    int status = read_flags(flags, argc, argv);
    if (status != 0) {
        return status;
    }
    bn_err err = {0};
    bn_rc rc = j->run(&options, &err);
    if (rc != BN_OK) {
        (void)fprintf(stderr, "banyan-gen: %s\n", err.text);
    }
    return rc == BN_OK ? 0 : bn_rc_exit_status(rc);
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "--help";
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        (void)fputs(usage, stdout);
        return argc > 1 ? 0 : bn_rc_exit_status(BN_E_INVALID);
    }
    for (size_t i = 0; i < BN_COUNT(jobs); i++) {
        if (strcmp(jobs[i].name, name) == 0) {
            return run_job(&jobs[i], argc, argv);
        }
    }
    return fail_usage("unknown job", name);
}
