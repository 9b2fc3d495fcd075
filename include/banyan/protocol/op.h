/* op.h - one change as its author made it.
 * SPDX-License-Identifier: Apache-2.0
 *
 * An op is named by its dot (origin, oseq) for ever. It says per written field which dot the
 * author saw (`base`), and with one cursor K what the branch had received: from these the server
 * tells a later edit from a concurrent one exactly. Neither origin nor oseq is in the op's
 * bytes: the place in the hash chain gives them.
 */
#ifndef BANYAN_PROTOCOL_OP_H
#define BANYAN_PROTOCOL_OP_H

#include <banyan/base/arena.h>
#include <banyan/base/buf.h>
#include <banyan/base/err.h>
#include <banyan/protocol/schema.h>

typedef enum bn_verb {
    BN_VERB_SET = 0,   /* scalar field; base = dot of the value seen, none when it was empty */
    BN_VERB_ADD = 1,   /* set: add; append: add a line; counter: add an integer delta */
    BN_VERB_REMOVE = 2 /* set: remove the element that `base` added (one change per add seen) */
} bn_verb;

typedef struct bn_change {
    uint16_t field; /* BN_FIELD_EXISTENCE: 1 creates or restores, 0 removes */
    bn_verb verb;
    bn_dot base;
    bn_value value;
} bn_change;

typedef enum bn_op_type {
    BN_OP_WRITE = 1,   /* create, update, remove, restore: whatever `changes` say */
    BN_OP_ERASE = 2,   /* privacy: all values go, everywhere, for good; server only */
    BN_OP_RESOLVE = 3, /* id = conflict; observed = candidate dots seen; pick or changes */
    BN_OP_UNDO = 4,    /* id = conflict: put the value back that the resolution replaced */
    BN_OP_DECISION = 5 /* steward's fact about customers: body is opaque to the merge */
} bn_op_type;

enum { /* flags */
    BN_OP_FLAG_BLIND = 1, /* an import that saw no form: causal by cursor K instead of base */
    BN_OP_FLAG_MORE = 2   /* the next op of this origin belongs to the same transaction */
};

typedef struct bn_op {
    bn_op_type type;
    uint8_t flags;
    uint16_t schema_version;
    bn_hlc hlc;
    uint64_t cursor; /* K: highest cseq the branch had applied when the op was made */
    bn_slice actor;  /* user name; who, not who they say they are: checked at login */
    uint16_t kind;
    bn_id id;
    bn_change *changes; /* ascending by field, then verb, value, base */
    size_t changes_count;
    /* RESOLVE, UNDO, DECISION */
    bn_dot *observed;
    size_t observed_count;
    bn_dot pick;   /* candidate chosen; none: the changes hold a value typed by hand */
    bn_slice note; /* reason */
    bn_slice body; /* DECISION: canonical bytes of the decision */
} bn_op;

/* Canonical bytes: one msgpack array, shortest integers, changes sorted; drawn in
 * docs/protocol.md. Two equal ops have equal bytes and the reverse. */
void bn_op_encode(const bn_op *op, bn_buf *out);

/* Decodes exactly `bytes`; texts borrow from it, arrays come from the arena. Knows nothing of the
 * schema. BN_E_FORMAT for anything not canonical, BN_E_LIMIT beyond a limit, BN_E_NO_MEMORY. */
BN_CHECKED bn_rc bn_op_decode(bn_slice bytes, bn_arena *arena, bn_op *out, bn_err *err);

/* The order of changes in an op: field, verb, value, base. */
int bn_change_compare(const bn_change *a, const bn_change *b);

/* Everything the schema says about it: known kind and fields, verbs that fit the policy, values
 * that pass bn_validate_value, existence values, sorted unique changes. */
BN_CHECKED bn_rc bn_op_validate(const bn_op *op, bn_err *err);

#endif
