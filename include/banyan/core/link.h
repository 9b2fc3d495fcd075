/* link.h - whole frames to and from peers whose key is proven: the one message boundary.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A frame is one ZeroMQ message over CURVE, at most BN_FRAME_BYTES_MAX bytes. Above this header
 * nobody knows ZeroMQ: the same session code runs on the simulator's links. A link may drop
 * frames at any time; it never alters, reorders or duplicates them within one connection.
 */
#ifndef BANYAN_CORE_LINK_H
#define BANYAN_CORE_LINK_H

#include <banyan/base/err.h>
#include <banyan/base/slice.h>
#include <banyan/protocol/crypto.h>

/* Which door a frame came through: everybody may knock at ENROL (tiny frames, one-time codes),
 * only enrolled keys pass at SYNC. */
typedef enum bn_door { BN_DOOR_SYNC, BN_DOOR_ENROL } bn_door;

/* Where to answer: opaque to everyone but the link; good until the peer's connection ends. */
typedef struct bn_route {
    uint8_t bytes[16];
    uint8_t len;
    uint8_t door;
} bn_route;

typedef struct bn_arrival {
    bn_route route;
    uint8_t key[BN_KEY_BYTES]; /* the peer's authenticated public key */
    bn_slice frame;            /* borrowed until the next call on the link */
} bn_arrival;

/* --- sending, as the session code sees it --------------------------------------------- */
typedef struct bn_sender {
    /* BN_E_AGAIN: the peer's queue is full, try again after the next wake-up of the descriptor;
     * BN_E_UNREACHABLE: the peer is gone; BN_E_LIMIT. Never blocks. */
    bn_rc (*send)(void *context, const bn_route *route, bn_slice frame);
    void *context;
} bn_sender;

/* --- server end ------------------------------------------------------------------------- */
typedef struct bn_link_server bn_link_server;

/* May this key use the sync door? Called on the ZAP thread: must not touch the store. */
typedef bool (*bn_admit)(void *context, const uint8_t key[BN_KEY_BYTES]);

/* A refused handshake, reported on the ZAP thread: for the audit line and the counters. */
typedef void (*bn_refused)(void *context, bn_door door, const uint8_t *key_or_null,
                           const char *address, const char *reason);

typedef struct bn_link_server_options {
    const char *sync_endpoint;  /* "tcp://127.0.0.1:0": port 0 takes a free one */
    const char *enrol_endpoint; /* NULL: no enrolment door */
    uint8_t secret_key[BN_KEY_BYTES];
    bn_admit admit;
    bn_refused refused;
    void *context;
} bn_link_server_options;

/* Binds after the start-up self-test (a random key must be refused, a test key accepted on a
 * loopback door of its own); anything unexpected is BN_E_DENIED and nothing is bound. */
BN_CHECKED bn_rc bn_link_server_open(const bn_link_server_options *options, bn_link_server **out,
                                     bn_err *err);
void bn_link_server_close(bn_link_server **link);
const char *bn_link_server_sync_endpoint(const bn_link_server *link);  /* with the real port */
const char *bn_link_server_enrol_endpoint(const bn_link_server *link); /* "" when closed */

/* One descriptor for both doors, readable when frames may be waiting, after own sends, or when a
 * full peer may have room again. Receive until BN_E_AGAIN, then it is quiet; a wake-up is never
 * lost, but one without frames is normal. Any other failure of receive means that nobody can be
 * authenticated any more: the process must stop. */
int bn_link_server_fd(bn_link_server *link);
BN_CHECKED bn_rc bn_link_server_receive(bn_link_server *link, bn_arrival *out, bn_err *err);

/* Messages thrown away so far: without a proven key, of several parts, or with a chosen route. */
uint64_t bn_link_server_dropped(const bn_link_server *link);
bn_sender bn_link_server_sender(bn_link_server *link);

/* --- branch end ------------------------------------------------------------------------- */
typedef struct bn_link_client bn_link_client;

typedef struct bn_link_client_options {
    const char *endpoint;
    uint8_t server_key[BN_KEY_BYTES]; /* pinned */
    uint8_t public_key[BN_KEY_BYTES];
    uint8_t secret_key[BN_KEY_BYTES];
    bn_door door;
} bn_link_client_options;

/* One socket per session: close and open again instead of reconnecting. */
BN_CHECKED bn_rc bn_link_client_open(const bn_link_client_options *options, bn_link_client **out,
                                     bn_err *err);
void bn_link_client_close(bn_link_client **link);
int bn_link_client_fd(bn_link_client *link); /* same rules; also fires when connected or cut off */
BN_CHECKED bn_rc bn_link_client_receive(bn_link_client *link, bn_slice *out, bn_err *err);

/* BN_E_AGAIN: not connected (not yet, or no more) or the queue is full; BN_E_LIMIT. */
BN_CHECKED bn_rc bn_link_client_send(bn_link_client *link, bn_slice frame);

/* Room for a frame: false before the connection stands, after it ended, or with a full queue. */
bool bn_link_client_writable(const bn_link_client *link);

/* Seeds what libzmq draws from rand(); call once, before the first link. */
void bn_link_start(void);

#endif
