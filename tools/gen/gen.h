/* gen.h - the jobs of banyan-gen and what they are asked for.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_TOOLS_GEN_GEN_H
#define BANYAN_TOOLS_GEN_GEN_H

#include <banyan/base/err.h>

#include <stdbool.h>
#include <stdint.h>

#define GEN_RECORDS_MAX 100000000
#define GEN_PEOPLE_MAX 10000000
#define GEN_BRANCHES_MAX 9999
#define GEN_PATH_BYTES_MAX 4096

typedef struct gen_options {
    uint64_t records;
    uint64_t people;
    uint64_t branches;
    uint64_t overlap; /* per cent of the people known at a second branch */
    uint64_t seed;
    const char *from; /* folder read */
    const char *out;  /* file or folder written */
} gen_options;

/* One CSV of customers with the truth in its column `person`. */
BN_CHECKED bn_rc gen_people(const gen_options *options, bn_err *err);

/* A folder per branch, ready for import, and truth.csv. */
BN_CHECKED bn_rc gen_bank(const gen_options *options, bn_err *err);

/* The same from the files of the PKDD'99 bank. */
BN_CHECKED bn_rc gen_berka(const gen_options *options, bn_err *err);

/* JSON lines: records arriving late, twice and in the wrong order, removals, decisions. */
BN_CHECKED bn_rc gen_schedule(const gen_options *options, bn_err *err);

#endif
