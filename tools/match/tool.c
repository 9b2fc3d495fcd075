/* tool.c - options and subcommands of the matcher's tool.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tool.h"

#include "commands.h"

#include <banyan/base/check.h>
#include <banyan/base/number.h>
#include <banyan/protocol/crypto.h>

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define RECORDS_DEFAULT 1000000
#define THREADS_DEFAULT 2

static const char usage[] =
    "usage: banyan-match evaluate FILE... --map MAP --truth COLUMN\n"
    "           [--truth-file FILE --truth-key COLUMN,COLUMN] [--epoch FILE] [--json]\n"
    "           [--threads N] [--shuffle SEED] [--errors]\n"
    "       banyan-match train FILE... --map MAP --out FILE [--threads N]\n"
    "       banyan-match bench [--records N] [--threads N] [--json]\n";

double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

uint64_t peak_kib(void)
{
    struct rusage used;
    return getrusage(RUSAGE_SELF, &used) == 0 ? (uint64_t)used.ru_maxrss : 0;
}

static bool number_option(const char *text, uint64_t *out)
{
    return bn_parse_u64(bn_slice_of(text), out) == BN_OK;
}

static bool text_option(const char *name, const char *value, options *o)
{
    const struct {
        const char *name;
        const char **to;
    } texts[] = {{"--map", &o->load.map},
                 {"--truth", &o->load.truth},
                 {"--truth-file", &o->load.truth_file},
                 {"--truth-key", &o->load.truth_key},
                 {"--epoch", &o->epoch_in},
                 {"--out", &o->epoch_out}};
    for (size_t i = 0; i < BN_COUNT(texts); i++) {
        if (strcmp(name, texts[i].name) == 0) {
            *texts[i].to = value;
            return true;
        }
    }
    uint64_t threads = 0;
    if (strcmp(name, "--threads") == 0 && number_option(value, &threads)) {
        o->threads = threads < 1 ? 1u : threads > BN_BATCH_THREADS_MAX ? BN_BATCH_THREADS_MAX
                                                                      : (unsigned)threads;
        return true;
    }
    return (strcmp(name, "--records") == 0 && number_option(value, &o->records)) ||
           (strcmp(name, "--shuffle") == 0 && number_option(value, &o->load.shuffle));
}

static bool read_options(int argc, char **argv, options *o)
{
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0) {
            o->is_json = true;
        } else if (strcmp(argv[i], "--errors") == 0) {
            o->shows_errors = true;
        } else if (argv[i][0] == '-') {
            if (i + 1 == argc || !text_option(argv[i], argv[i + 1], o)) {
                return false;
            }
            i++;
        } else if (o->load.files_count < LOAD_FILES_MAX) {
            o->load.files[o->load.files_count++] = argv[i];
        } else {
            return false;
        }
    }
    return true;
}

int bn_match_tool_main(int argc, char **argv)
{
    static const struct {
        const char *name;
        bn_rc (*run)(const options *, bn_err *);
        bool needs_files;
        bool needs_truth;
    } commands[] = {{"evaluate", command_evaluate, true, true},
                    {"train", command_train, true, false},
                    {"bench", command_bench, false, false}};
    options o = {.records = RECORDS_DEFAULT, .threads = THREADS_DEFAULT};
    bn_err err = {.code = BN_OK};
    for (size_t i = 0; argc >= 2 && i < BN_COUNT(commands); i++) {
        if (strcmp(argv[1], commands[i].name) != 0 || !read_options(argc, argv, &o)) {
            continue;
        }
        bool lacks_files = commands[i].needs_files &&
                           (o.load.files_count == 0 || o.load.map == NULL);
        if (lacks_files || (commands[i].needs_truth && o.load.truth == NULL)) {
            break;
        }
        bn_rc rc = bn_crypto_start(&err);
        rc = rc == BN_OK ? commands[i].run(&o, &err) : rc;
        if (rc != BN_OK) {
            fprintf(stderr, "banyan-match: %s\n", err.text[0] != '\0' ? err.text : bn_rc_text(rc));
        }
        return bn_rc_exit_status(rc);
    }
    fputs(usage, stderr);
    return bn_rc_exit_status(BN_E_INVALID);
}
