/* link_server.c - the server's two doors behind one file descriptor.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   sync door  --.                    .-- ZAP thread (one for both doors; ended_fd)
 *                 +--> wakeup (epoll) +
 *   enrol door --'                    '-- our own eventfd, raised by every send
 *
 * Order of opening: context, ZAP thread, self-test, policy, doors. Order of closing: doors, ZAP
 * thread, context. The doors take turns, so that strangers at one cannot starve the other.
 */
#include "core/transport/link_server.h"

#include "core/transport/self_test.h"

#include <banyan/base/alloc.h>
#include <banyan/base/check.h>

#include <string.h>

/* Messages thrown away in one call before the caller gets a chance to do something else. */
#define DROPS_PER_CALL_MAX 64

static bn_rc open_door(bn_link_server *link, bn_door door, const char *endpoint,
                       const uint8_t secret_key[BN_KEY_BYTES], bn_err *err)
{
    if (endpoint == NULL) {
        return BN_OK;
    }
    BN_TRY(bn_door_open(link->zmq, door, secret_key, endpoint, link->endpoints[door],
                        &link->doors[door], err));
    return bn_wakeup_add_socket(&link->wakeup, link->doors[door], err);
}

static bn_rc open_parts(bn_link_server *link, const bn_link_server_options *options, bn_err *err)
{
    link->zmq = bn_zmq_create(BN_IO_THREADS_SERVER);
    if (link->zmq == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "no room for libzmq's threads");
    }
    BN_TRY(bn_zap_open(link->zmq, &link->zap, err));
    BN_TRY(bn_wakeup_open(&link->wakeup, err));
    BN_TRY(bn_wakeup_add_fd(&link->wakeup, bn_zap_ended_fd(link->zap), err));
    BN_TRY(bn_self_test(link->zmq, link->zap, options, err));
    bn_zap_use(link->zap, &(bn_zap_policy){.admit = options->admit,
                                           .refused = options->refused,
                                           .context = options->context});
    BN_TRY(open_door(link, BN_DOOR_SYNC, options->sync_endpoint, options->secret_key, err));
    return open_door(link, BN_DOOR_ENROL, options->enrol_endpoint, options->secret_key, err);
}

bn_rc bn_link_server_open(const bn_link_server_options *options, bn_link_server **out, bn_err *err)
{
    BN_ASSERT(options->sync_endpoint != NULL && options->admit != NULL);
    BN_TRY(bn_key_usable(options->secret_key, "the server's key", err));
    BN_AUTO(bn_link_server_close) bn_link_server *link = bn_alloc(sizeof *link);
    if (link == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "no memory for the server's link");
    }
    link->wakeup = (bn_wakeup){.epoll_fd = -1, .event_fd = -1};
    zmq_msg_init(&link->frame);
    BN_TRY(open_parts(link, options, err));
    *out = BN_TAKE(link);
    return BN_OK;
}

void bn_link_server_close(bn_link_server **link)
{
    bn_link_server *closing = *link;
    if (closing == NULL) {
        return;
    }
    *link = NULL;
    zmq_msg_close(&closing->frame);
    bn_wakeup_close(&closing->wakeup);
    for (size_t i = 0; i < BN_DOORS_COUNT; i++) {
        if (closing->doors[i] != NULL) {
            zmq_close(closing->doors[i]);
        }
    }
    bn_zap_close(&closing->zap);
    bn_zmq_destroy(&closing->zmq);
    bn_free(closing);
}

const char *bn_link_server_sync_endpoint(const bn_link_server *link)
{
    return link->endpoints[BN_DOOR_SYNC];
}

const char *bn_link_server_enrol_endpoint(const bn_link_server *link)
{
    return link->endpoints[BN_DOOR_ENROL];
}

int bn_link_server_fd(bn_link_server *link)
{
    return link->wakeup.epoll_fd;
}

/* Any call on a door does its waiting work and so swallows the news that a full peer has room:
 * look before. ZMQ_EVENTS cannot tell, it knows no single peer. */
static void note_stirring(bn_link_server *link)
{
    for (size_t i = 0; link->send_refused && !link->stirred && i < BN_DOORS_COUNT; i++) {
        link->stirred = link->doors[i] != NULL && bn_socket_stirs(link->doors[i]);
    }
}

/* After the last look: quiet only when there is nothing to receive and nothing to send again. */
static void settle(bn_link_server *link, bool empty)
{
    if (empty && !link->stirred) {
        bn_wakeup_lower(&link->wakeup);
        return;
    }
    bn_wakeup_raise(&link->wakeup);
    if (link->stirred) {
        link->stirred = false;
        link->send_refused = false;
    }
}

/* One look at one door; a closed door is an empty one. */
static bn_rc look(bn_link_server *link, bn_door door, bn_arrival *out, bn_err *err)
{
    if (link->doors[door] == NULL) {
        return BN_E_AGAIN;
    }
    return bn_door_receive(link->doors[door], door, &link->frame, out, err);
}

bn_rc bn_link_server_receive(bn_link_server *link, bn_arrival *out, bn_err *err)
{
    unsigned empty_in_a_row = 0;
    unsigned drops = 0;
    if (!bn_zap_running(link->zap)) {
        return bn_fail(err, BN_E_FAILED, "the authentication thread has ended: nobody can enter");
    }
    while (empty_in_a_row < BN_DOORS_COUNT && drops < DROPS_PER_CALL_MAX) {
        bn_door door = link->turn;
        link->turn = door == BN_DOOR_SYNC ? BN_DOOR_ENROL : BN_DOOR_SYNC;
        note_stirring(link);
        bn_rc rc = look(link, door, out, err);
        if (rc == BN_E_AGAIN) {
            empty_in_a_row++;
        } else if (rc == BN_E_DENIED) {
            link->dropped_count++;
            drops++;
            empty_in_a_row = 0;
        } else {
            return rc;
        }
    }
    settle(link, empty_in_a_row == BN_DOORS_COUNT);
    return BN_E_AGAIN;
}

uint64_t bn_link_server_dropped(const bn_link_server *link)
{
    return link->dropped_count;
}

static bn_rc send_frame(void *context, const bn_route *route, bn_slice frame)
{
    bn_link_server *link = context;
    BN_ASSERT(route->door < BN_DOORS_COUNT);
    if (link->doors[route->door] == NULL) {
        return BN_E_UNREACHABLE;
    }
    note_stirring(link);
    bn_wakeup_raise(&link->wakeup);
    bn_rc rc = bn_door_send(link->doors[route->door], route, frame);
    link->send_refused = link->send_refused || rc == BN_E_AGAIN;
    return rc;
}

bn_sender bn_link_server_sender(bn_link_server *link)
{
    return (bn_sender){.send = send_frame, .context = link};
}
