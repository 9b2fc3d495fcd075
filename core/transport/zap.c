/* zap.c - who may come in: the thread that answers libzmq's question at every handshake.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   libzmq I/O thread                         ZAP thread
 *     | version | request id | domain | address | routing id | CURVE | 32-byte key |
 *     |------------------------------------------>|  the seven frames of a request
 *     |<------------------------------------------|
 *     | version | request id | status | text | user id | metadata |
 *
 * Invariants: 200 is said in one place only, after every check; user id is then the 64 hex digits
 * of the key and is the only identity the rest of Banyan ever sees. A request that is not exactly
 * what RFC 27 says is 400. Without a policy the answer is 500. When the thread ends its socket is
 * closed, and libzmq (which must have a handler, ZMQ_ZAP_ENFORCE_DOMAIN) fails all handshakes.
 */
#include "core/transport/zap.h"

#include <banyan/base/alloc.h>
#include <banyan/base/check.h>
#include <banyan/base/text.h>

#include <zmq.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    FRAME_VERSION,
    FRAME_REQUEST_ID,
    FRAME_DOMAIN,
    FRAME_ADDRESS,
    FRAME_ROUTING_ID,
    FRAME_MECHANISM,
    FRAME_CREDENTIALS,
    FRAMES_COUNT
};

#define ADDRESS_TEXT_BYTES 64
#define USER_ID_BYTES (2 * BN_KEY_BYTES)

struct bn_zap {
    void *socket; /* the thread's own after start */
    pthread_t thread;
    bool started;
    int stop_fd;  /* written by bn_zap_stop() */
    int ended_fd; /* written by the thread as its last act */
    atomic_bool running;
    pthread_mutex_t lock; /* guards what follows */
    bn_zap_policy policy;
    bool has_policy;
};

typedef struct request {
    zmq_msg_t frames[FRAMES_COUNT];
    size_t frames_count; /* as received; frames beyond FRAMES_COUNT are only counted */
} request;

typedef struct verdict {
    const char *status;
    const char *text;
    char user_id[USER_ID_BYTES + 1];
} verdict;

/* --- one request -------------------------------------------------------------------------- */
static bn_slice frame_at(request *asked, size_t at)
{
    if (at >= asked->frames_count) {
        return bn_slice_make("", 0);
    }
    return bn_slice_make(zmq_msg_data(&asked->frames[at]), zmq_msg_size(&asked->frames[at]));
}

static void request_init(request *asked)
{
    asked->frames_count = 0;
    for (size_t i = 0; i < FRAMES_COUNT; i++) {
        zmq_msg_init(&asked->frames[i]);
    }
}

static void request_fini(request *asked)
{
    for (size_t i = 0; i < FRAMES_COUNT; i++) {
        zmq_msg_close(&asked->frames[i]);
    }
}

/* Takes the whole message; false when the socket is of no more use. */
static bool request_receive(void *socket, request *asked)
{
    bool more = true;
    while (more) {
        zmq_msg_t beyond;
        zmq_msg_init(&beyond);
        bool wanted = asked->frames_count < FRAMES_COUNT;
        zmq_msg_t *frame = wanted ? &asked->frames[asked->frames_count] : &beyond;
        int rc = zmq_msg_recv(frame, socket, 0);
        more = rc >= 0 && zmq_msg_more(frame) != 0;
        zmq_msg_close(&beyond);
        if (rc < 0 && zmq_errno() == EINTR) {
            more = true;
            continue;
        }
        if (rc < 0) {
            return false;
        }
        asked->frames_count++;
    }
    return true;
}

static void copy_address(bn_slice address, char text[ADDRESS_TEXT_BYTES])
{
    size_t len = address.len < ADDRESS_TEXT_BYTES - 1 ? address.len : ADDRESS_TEXT_BYTES - 1;
    for (size_t i = 0; i < len; i++) {
        uint8_t byte = address.data[i];
        text[i] = byte > ' ' && byte < 0x7f ? (char)byte : '?';
    }
    text[len] = '\0';
}

/* Why the frames are not a request of ours, or NULL. */
static const char *malformed(request *asked)
{
    bn_slice domain = frame_at(asked, FRAME_DOMAIN);
    if (!bn_slice_is(frame_at(asked, FRAME_VERSION), "1.0")) {
        return "unknown version of the authentication protocol";
    }
    if (asked->frames_count != FRAMES_COUNT) {
        return "wrong number of frames";
    }
    if (!bn_slice_is(domain, BN_ZAP_DOMAIN_SYNC) && !bn_slice_is(domain, BN_ZAP_DOMAIN_ENROL)) {
        return "unknown domain";
    }
    if (!bn_slice_is(frame_at(asked, FRAME_MECHANISM), "CURVE")) {
        return "mechanism is not CURVE";
    }
    if (frame_at(asked, FRAME_CREDENTIALS).len != BN_KEY_BYTES) {
        return "key is not 32 bytes";
    }
    return NULL;
}

/* Fills `out`; everything but the last line refuses. Runs under the lock. */
static void judge(bn_zap *zap, request *asked, verdict *out)
{
    bn_slice domain = frame_at(asked, FRAME_DOMAIN);
    bn_slice key = frame_at(asked, FRAME_CREDENTIALS);
    bn_door door = bn_slice_is(domain, BN_ZAP_DOMAIN_ENROL) ? BN_DOOR_ENROL : BN_DOOR_SYNC;
    const char *reason = malformed(asked);

    *out = (verdict){.status = "500", .text = "not ready"};
    if (!zap->has_policy) {
        return;
    }
    if (reason == NULL && door == BN_DOOR_SYNC &&
        !zap->policy.admit(zap->policy.context, key.data)) {
        reason = "unknown key";
    }
    if (reason != NULL) {
        *out = (verdict){.status = "400", .text = "refused"};
        if (zap->policy.refused != NULL) {
            char address[ADDRESS_TEXT_BYTES];
            copy_address(frame_at(asked, FRAME_ADDRESS), address);
            zap->policy.refused(zap->policy.context, door,
                                key.len == BN_KEY_BYTES ? key.data : NULL, address, reason);
        }
        return;
    }
    bn_hex_encode(key, out->user_id);
    out->text = "admitted";
    out->status = "200";
}

static bool send_part(void *socket, bn_slice part, int flags)
{
    int rc;
    do {
        rc = zmq_send(socket, part.data, part.len, flags);
    } while (rc < 0 && zmq_errno() == EINTR);
    return rc >= 0;
}

static bool answer(bn_zap *zap)
{
    request asked;
    verdict given;
    request_init(&asked);
    bool usable = request_receive(zap->socket, &asked);
    if (usable) {
        pthread_mutex_lock(&zap->lock);
        judge(zap, &asked, &given);
        pthread_mutex_unlock(&zap->lock);
        usable = send_part(zap->socket, BN_SLICE("1.0"), ZMQ_SNDMORE) &&
                 send_part(zap->socket, frame_at(&asked, FRAME_REQUEST_ID), ZMQ_SNDMORE) &&
                 send_part(zap->socket, bn_slice_of(given.status), ZMQ_SNDMORE) &&
                 send_part(zap->socket, bn_slice_of(given.text), ZMQ_SNDMORE) &&
                 send_part(zap->socket, bn_slice_of(given.user_id), ZMQ_SNDMORE) &&
                 send_part(zap->socket, BN_SLICE(""), 0);
    }
    request_fini(&asked);
    return usable;
}

/* --- the thread --------------------------------------------------------------------------- */
static void signal_fd(int fd)
{
    uint64_t one = 1;
    ssize_t written;
    do {
        written = write(fd, &one, sizeof one);
    } while (written < 0 && errno == EINTR);
}

static void *zap_main(void *argument)
{
    bn_zap *zap = argument;
    bool usable = true;
    while (usable) {
        zmq_pollitem_t items[] = {
            {.socket = zap->socket, .events = ZMQ_POLLIN},
            {.fd = zap->stop_fd, .events = ZMQ_POLLIN},
        };
        if (zmq_poll(items, BN_COUNT(items), -1) < 0) {
            usable = zmq_errno() == EINTR;
            continue;
        }
        if (items[1].revents != 0) {
            break;
        }
        if (items[0].revents != 0) {
            usable = answer(zap);
        }
    }
    zmq_close(zap->socket);
    zap->socket = NULL;
    atomic_store(&zap->running, false);
    signal_fd(zap->ended_fd);
    return NULL;
}

/* Signals belong to the daemon's loop, never to this thread. */
static int start_thread(bn_zap *zap)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = pthread_create(&zap->thread, NULL, zap_main, zap);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc;
}

bn_rc bn_zap_open(void *zmq, bn_zap **out, bn_err *err)
{
    BN_AUTO(bn_zap_close) bn_zap *zap = bn_alloc(sizeof *zap);
    if (zap == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "no memory for the authentication thread");
    }
    pthread_mutex_init(&zap->lock, NULL);
    zap->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    zap->ended_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (zap->stop_fd < 0 || zap->ended_fd < 0) {
        return bn_fail(err, BN_E_FAILED, "no file descriptor for the authentication thread");
    }
    zap->socket = zmq_socket(zmq, ZMQ_REP);
    int linger_ms = 0;
    if (zap->socket == NULL ||
        zmq_setsockopt(zap->socket, ZMQ_LINGER, &linger_ms, sizeof linger_ms) != 0 ||
        zmq_bind(zap->socket, BN_ZAP_ENDPOINT) != 0) {
        return bn_fail(err, BN_E_FAILED, "cannot bind the authentication handler: %s",
                       zmq_strerror(zmq_errno()));
    }
    atomic_store(&zap->running, true);
    if (start_thread(zap) != 0) {
        return bn_fail(err, BN_E_FAILED, "cannot start the authentication thread");
    }
    zap->started = true;
    *out = BN_TAKE(zap);
    return BN_OK;
}

void bn_zap_close(bn_zap **zap)
{
    bn_zap *closing = *zap;
    if (closing == NULL) {
        return;
    }
    *zap = NULL;
    bn_zap_stop(closing);
    if (closing->socket != NULL) {
        zmq_close(closing->socket);
    }
    if (closing->stop_fd >= 0) {
        close(closing->stop_fd);
    }
    if (closing->ended_fd >= 0) {
        close(closing->ended_fd);
    }
    pthread_mutex_destroy(&closing->lock);
    bn_free(closing);
}

void bn_zap_use(bn_zap *zap, const bn_zap_policy *policy_or_null)
{
    pthread_mutex_lock(&zap->lock);
    zap->has_policy = policy_or_null != NULL;
    zap->policy = zap->has_policy ? *policy_or_null : (bn_zap_policy){0};
    pthread_mutex_unlock(&zap->lock);
}

bool bn_zap_running(const bn_zap *zap)
{
    return atomic_load(&zap->running);
}

int bn_zap_ended_fd(const bn_zap *zap)
{
    return zap->ended_fd;
}

void bn_zap_stop(bn_zap *zap)
{
    if (!zap->started) {
        return;
    }
    signal_fd(zap->stop_fd);
    pthread_join(zap->thread, NULL);
    zap->started = false;
}
