/* load.h - files, map and truth made into a sealed batch.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_TOOLS_MATCH_LOAD_H
#define BANYAN_TOOLS_MATCH_LOAD_H

#include "mapping.h"

#include <banyan/protocol/match/batch.h>

#define LOAD_FILES_MAX 16
#define LOAD_KEYS_MAX 4

typedef struct load_options {
    const char *files[LOAD_FILES_MAX];
    size_t files_count;
    const char *map;
    const char *truth;      /* column; NULL: none */
    const char *truth_file; /* NULL: the column is in the files themselves */
    const char *truth_key;  /* columns, comma between, that join the two */
    uint64_t shuffle;       /* 0: as read; else the seed of the order of adding */
} load_options;

typedef struct loaded {
    bn_batch *batch;  /* sealed */
    uint32_t *truth;  /* per place: number of the entity; NULL without truth */
    uint32_t truths_count;
} loaded;

BN_CHECKED bn_rc load_files(const load_options *options, loaded *out, bn_err *err);
void loaded_fini(loaded *l);

/* The key of the batch tools: results must not depend on chance. */
extern const uint8_t load_secret[BN_BLOCK_SECRET_BYTES];

/* Numbers the distinct texts 0.. in byte order; BN_E_NO_MEMORY. */
BN_CHECKED bn_rc number_texts(const bn_slice *texts, size_t count, uint32_t *numbers,
                              uint32_t *distinct);

#endif
