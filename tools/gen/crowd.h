/* crowd.h - a stream of records of a whole population, well mixed.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_TOOLS_GEN_CROWD_H
#define BANYAN_TOOLS_GEN_CROWD_H

#include "record.h"

#include <banyan/base/err.h>

typedef struct crowd crowd;

/* `records` rows whose external ids are R0000001, ... in the order they come. */
BN_CHECKED bn_rc crowd_create(uint64_t seed, uint64_t records, crowd **out, bn_err *err);
void crowd_destroy(crowd **c);

/* Borrowed until the next call; NULL at the end. */
const gen_record *crowd_next(crowd *c);

#endif
