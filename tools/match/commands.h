/* commands.h - the subcommands and what they share.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_TOOLS_MATCH_COMMANDS_H
#define BANYAN_TOOLS_MATCH_COMMANDS_H

#include "load.h"
#include "measure.h"

typedef struct options {
    load_options load;
    const char *epoch_in;  /* use this epoch instead of training one */
    const char *epoch_out; /* write the trained epoch here */
    uint64_t records;
    unsigned threads;
    bool is_json;
    bool shows_errors;     /* list wrong and missed pairs by their places */
} options;

BN_CHECKED bn_rc command_evaluate(const options *o, bn_err *err);
BN_CHECKED bn_rc command_bench(const options *o, bn_err *err);
BN_CHECKED bn_rc command_train(const options *o, bn_err *err);

/* Trains or reads the epoch, pairs, scores and clusters twice; fills `out` but for truth. */
BN_CHECKED bn_rc run_batch(loaded *l, const options *o, bn_epoch **epoch, measure *out,
                           bn_err *err);

double seconds_now(void);
uint64_t peak_kib(void);

/* `count` records of people made up from `seed`, with truth, sealed. */
BN_CHECKED bn_rc make_people(uint64_t count, uint64_t seed, loaded *out, bn_err *err);

#endif
