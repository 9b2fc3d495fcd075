/* message.h - what travels in frames between branch and server.
 * SPDX-License-Identifier: Apache-2.0
 *
 * One frame is one msgpack array: header [wire version, type, session, number, reply to, lane]
 * followed by the fields of the type, as message.def lists them. Every frame passes the bounded
 * scanner first. Slices in a decoded message borrow from the frame.
 */
#ifndef BANYAN_PROTOCOL_MESSAGE_H
#define BANYAN_PROTOCOL_MESSAGE_H

#include <banyan/base/arena.h>
#include <banyan/base/buf.h>
#include <banyan/base/id.h>
#include <banyan/protocol/crypto.h>
#include <banyan/protocol/effect.h>

typedef enum bn_message_type {
#define BN_MESSAGE(NAME, number, from, summary) BN_MSG_##NAME = (number),
#include <banyan/protocol/message.def>
#undef BN_MESSAGE
} bn_message_type;

typedef enum bn_reject { /* why a greeting, an enrolment or a push is refused */
#define BN_REJECT(NAME, number, text_en, text_zh) BN_REJECT_##NAME = (number),
#include <banyan/protocol/reject.def>
#undef BN_REJECT
} bn_reject;

const char *bn_reject_name(bn_reject reject);    /* "paused" */
const char *bn_reject_text(bn_reject reject);    /* a sentence saying what to do next */
const char *bn_message_name(bn_message_type type);

typedef struct bn_msg_enrol_req {
    bn_slice token;          /* 16 bytes */
    uint8_t sign_key[BN_SIGN_PUBLIC_BYTES];
    uint8_t signature[BN_SIGNATURE_BYTES]; /* over token and the transport key it arrived with */
    bn_slice machine;        /* host name, for people; at most 64 bytes */
    uint16_t schema_version;
} bn_msg_enrol_req;

typedef struct bn_msg_enrol_ok {
    uint32_t origin;
    uint32_t branch;
    bn_slice branch_name;
    bn_id incarnation;       /* of the server's commit log */
    bn_slice sync_endpoint;  /* may be "": same host, port in the code */
    uint64_t server_ms;
} bn_msg_enrol_ok;

typedef struct bn_msg_hello {
    uint32_t origin;         /* claimed; must match what the key says */
    uint16_t wire_min, wire_max;
    uint16_t schema_version;
    bn_id incarnation;       /* server incarnation known */
    uint64_t oseq_last;
    bn_hash chain_head;      /* at oseq_last */
    uint64_t oseq_acked;
    uint64_t cursor;         /* K */
    bn_hash feed_hash;       /* of the feed up to K */
    uint64_t local_ms;
    uint64_t unacked_bytes;
    uint64_t credit_bytes;   /* feed bytes the branch takes before it acknowledges */
} bn_msg_hello;

typedef struct bn_msg_hello_ok {
    bn_id incarnation;
    uint64_t server_ms;
    uint64_t oseq_committed;
    bn_hash chain_head;      /* at oseq_committed */
    uint64_t safe_oseq;
    uint64_t feed_head;      /* newest cseq of the server: how far behind the branch is */
    uint64_t credit_bytes;   /* op bytes the server takes before it acknowledges */
    uint16_t schema_version;
    bool paused;
} bn_msg_hello_ok;

typedef struct bn_msg_rejected { /* ENROL_REJ, HELLO_REJ, PUSH_NACK */
    bn_reject reason;
    uint64_t oseq;           /* what the server has, where it matters */
    bn_hash chain_head;
    uint32_t retry_after_ms; /* 0: retrying will not help */
    bn_slice text;           /* details in English, for the log */
} bn_msg_rejected;

typedef struct bn_msg_push {
    uint64_t first_oseq;
    uint32_t ops_count;
    bn_hash prev_head;
    bn_hash head;
    bn_slice ops;            /* ops_count times: msgpack bin holding one encoded op */
    uint8_t signature[BN_SIGNATURE_BYTES]; /* Ed25519 over head, domain "banyan-batch-v1" */
} bn_msg_push;

typedef struct bn_push_exception {
    uint64_t oseq;
    bn_outcome outcome;
    bn_slice reason;
} bn_push_exception;

typedef struct bn_msg_push_ack {
    uint64_t oseq_committed;
    bn_hash chain_head;
    uint64_t safe_oseq;
    uint64_t credit_bytes;
    bn_push_exception *exceptions; /* ops not applied as sent; at most BN_BATCH_OPS_MAX */
    size_t exceptions_count;
} bn_msg_push_ack;

typedef struct bn_msg_feed {
    uint64_t from, to;       /* covers commits (from, to] */
    bn_hash feed_hash;       /* after `to` */
    uint64_t head;           /* newest cseq of the server */
    uint32_t effects_count;
    bn_slice effects;        /* effects_count encoded effects, one after the other */
} bn_msg_feed;

typedef struct bn_msg_feed_ack {
    uint64_t cursor;
    bn_hash feed_hash;
    uint64_t credit_bytes;   /* taken off the frames received: may be sent again */
} bn_msg_feed_ack;

typedef struct bn_msg_apply_fail {
    uint64_t cseq;
    bn_slice text;
} bn_msg_apply_fail;

typedef struct bn_msg_ping { /* PING and PONG */
    uint64_t t0_ms, t1_ms, t2_ms;
    uint64_t waiting_ops;    /* ops the branch has not had acknowledged */
} bn_msg_ping;

typedef struct bn_msg_advice { /* PAUSE, RESUME and the like, on a live session; also BYE, ERROR */
    bn_reject reason;
    uint32_t retry_after_ms;
    bn_slice text;
} bn_msg_advice;

typedef struct bn_message {
    bn_message_type type;
    uint64_t session;  /* given by HELLO_OK; 0 before */
    uint64_t number;   /* 1.. per sender and session */
    uint64_t reply_to; /* number of the message answered, 0 when none */
    union {
        bn_msg_enrol_req enrol_req;
        bn_msg_enrol_ok enrol_ok;
        bn_msg_hello hello;
        bn_msg_hello_ok hello_ok;
        bn_msg_rejected rejected;
        bn_msg_push push;
        bn_msg_push_ack push_ack;
        bn_msg_feed feed;
        bn_msg_feed_ack feed_ack;
        bn_msg_apply_fail apply_fail;
        bn_msg_ping ping;
        bn_msg_advice advice;
    };
} bn_message;

void bn_message_encode(const bn_message *message, bn_buf *out);

/* BN_E_FORMAT, BN_E_LIMIT, BN_E_UNSUPPORTED (another wire version; the header is still filled). */
BN_CHECKED bn_rc bn_message_decode(bn_slice frame, bn_arena *arena, bn_message *out, bn_err *err);

/* Walks the ops of a PUSH: *rest starts as push.ops; gives the next op's bytes and moves on. */
BN_CHECKED bn_rc bn_push_next_op(bn_slice *rest, bn_slice *op, bn_err *err);
void bn_push_append_op(bn_buf *ops, bn_slice op);

#endif
