/* samples.h - realistic ops, records, effects, conflicts and messages, and one codec for all.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_TESTS_WIRE_SAMPLES_H
#define BANYAN_TESTS_WIRE_SAMPLES_H

#include <banyan/protocol/conflict.h>
#include <banyan/protocol/effect.h>
#include <banyan/protocol/message.h>
#include <banyan/protocol/op.h>
#include <banyan/protocol/record.h>

typedef enum sample_type {
    SAMPLE_OP,
    SAMPLE_RECORD,
    SAMPLE_EFFECT,
    SAMPLE_CONFLICT,
    SAMPLE_MESSAGE,
    SAMPLE_TYPES
} sample_type;

typedef struct sample {
    const char *name; /* also of the golden file */
    sample_type type;
    union {
        bn_op op;
        bn_record record;
        bn_effect effect;
        bn_conflict conflict;
        bn_message message;
    };
} sample;

#define SAMPLES_MAX 64

/* Fills `samples`, everything in them allocated in `arena`; the number of them. */
size_t samples_make(sample samples[SAMPLES_MAX], bn_arena *arena);

/* The pieces, for tests that vary them. */
bn_id sample_id(uint32_t origin, uint64_t count);
bn_hash sample_hash(unsigned fill);
bn_hlc sample_hlc(uint64_t ms_later);
bn_op sample_update(bn_arena *arena, size_t fields, bool same_base);
bn_op sample_create(bn_arena *arena); /* 24 fields of a customer */
bn_record sample_record(bn_arena *arena, size_t stamps, size_t items);

void sample_encode(const sample *s, bn_buf *out);
bn_rc sample_decode(sample_type type, bn_slice bytes, bn_arena *arena, sample *out, bn_err *err);

#endif
