/* lab.h - a server over a store in memory, and branches that encode ops by hand.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A lab branch keeps what the feed tells it: records and conflicts in a store of its own, K and
 * the feed hash. It decides nothing and shows no overlay.
 */
#ifndef BANYAN_TESTS_SERVER_LAB_H
#define BANYAN_TESTS_SERVER_LAB_H

#include "server/server.h"

#define LAB_BRANCHES 64
#define LAB_OPS 12000

typedef struct lab lab;

typedef struct lab_branch {
    lab *lab;
    uint32_t number;
    uint32_t origin;
    uint8_t slot;
    uint8_t public_key[BN_KEY_BYTES], secret_key[BN_KEY_BYTES];
    uint8_t sign_public[BN_SIGN_PUBLIC_BYTES], sign_secret[BN_SIGN_SECRET_BYTES];
    uint64_t session;
    uint64_t sent;
    bn_hash start;
    bn_slice *ops;     /* [oseq - 1] */
    bn_hash *heads;    /* [oseq - 1]: behind the op */
    uint64_t oseq;     /* made */
    uint64_t committed;
    uint64_t cursor;
    bn_hash feed_hash;
    bool is_deaf;      /* takes no feed */
    bool sends_no_acks;
    size_t frames;     /* FEED frames applied */
    bn_message_type last_type;
    bn_reject last_reject;
    bn_outcome outcomes[LAB_OPS]; /* [oseq - 1], 0: as sent */
    unsigned owns, outcome_effects, puts, enters, leaves, conflicts;
    bn_kv_memory *memory;
    bn_kv *kv;
} lab_branch;

struct lab {
    const char *folder; /* NULL: in memory */
    bn_kv_memory *memory;
    bn_kv *kv;
    bn_server *server;
    uint64_t wall_ms, mono_ms, random_state;
    bn_clock clock;
    bn_random random;
    bn_sender sender;
    bn_arena arena;
    lab_branch branches[LAB_BRANCHES];
    struct lab_frame {
        uint8_t slot;
        uint8_t *bytes;
        size_t len;
    } *inbox;
    size_t inbox_count;
    bool drops_frames; /* the link loses what the server sends */
    bool is_full;      /* the link says BN_E_AGAIN */
};

void lab_open(lab *l);
void lab_open_lmdb(lab *l, const char *folder); /* the same on disk */
void lab_reopen(lab *l); /* crash and restart of the server: sessions are gone */
void lab_close(lab *l);

/* Adds the branch, enrols a machine for it and says hello. */
lab_branch *lab_add(lab *l, uint32_t number);
/* A further machine for the branch; BN_REJECT of the answer in last_reject. */
lab_branch *lab_enrol(lab *l, uint32_t number, const uint8_t token[BN_TOKEN_BYTES],
                      lab_branch *machine);
void lab_keys(lab *l, lab_branch *b, uint8_t slot);
bool lab_hello(lab_branch *b);
void lab_send(lab_branch *b, bn_message *message, bn_door door);
void lab_flush(lab *l);  /* flush, deliver, acknowledge, until it is quiet */
void lab_deliver(lab *l);

/* Ops. A fresh one carries K, a clock and an actor. */
bn_op lab_op(lab_branch *b, uint16_t kind, bn_id id);
void lab_set(lab *l, bn_op *op, uint16_t field, bn_dot base, bn_value value);
void lab_change(lab *l, bn_op *op, bn_verb verb, uint16_t field, bn_dot base, bn_value value);
bn_dot lab_write(lab_branch *b, bn_op *op);         /* into the branch's log */
bn_dot lab_write_bytes(lab_branch *b, bn_slice op);
bool lab_push_range(lab_branch *b, uint64_t first, uint64_t last);
bool lab_push(lab_branch *b);                        /* what is not committed, and the feed */
bn_id lab_id(lab_branch *b, unsigned n);
bn_value lab_text(const char *text);
/* A customer with a name, home at the branch; pushed. */
bn_id lab_customer(lab_branch *b, unsigned n, const char *name);
/* One SET by the branch, on what it saw; pushed. */
bn_dot lab_edit(lab_branch *b, uint16_t kind, bn_id id, uint16_t field, bn_dot base,
                const char *text);
bn_outcome lab_outcome(const lab_branch *b, bn_dot dot); /* APPLIED when as sent */

/* What is confirmed at the server. */
bn_record lab_record(lab *l, uint16_t kind, bn_id id);
bn_dot lab_dot(lab *l, uint16_t kind, bn_id id, uint16_t field);
const char *lab_value(lab *l, uint16_t kind, bn_id id, uint16_t field);
size_t lab_conflicts(lab *l, bn_conflict_state state, bn_conflict *last);
void lab_share(lab *l, bn_id customer, uint32_t branch);
/* The branch's records and conflicts are those of its view. */
void lab_assert_same(lab_branch *b);
void lab_assert_verified(lab *l);

#endif
