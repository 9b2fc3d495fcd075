/* control.c - the daemon's end of the control socket: clients, lines, requests and answers.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   client.in --line--> handler --answer--> client.out --> socket
 *                          \--defer--> requests[] ...bn_control_answer()--/
 *
 * A ticket is serial << 10 | slot in requests[]; the serial never repeats, so a late answer finds
 * either its request or nobody. A client is released only outside its own handler: failures in
 * between mark it broken.
 */
#include <banyan/core/control.h>

#include <banyan/base/alloc.h>
#include <banyan/base/check.h>
#include <banyan/base/limits.h>
#include <banyan/base/text.h>

#include "control_answer.h"
#include "control_socket.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SLOT_BITS 10
#define READ_BYTES 65536
#define OUTPUT_BUSY_BYTES 65536 /* unread answers at which a client's requests have to wait */
#define ACCEPTS_PER_TURN 16

_Static_assert(BN_CONTROL_DEFERRED_MAX == 1 << SLOT_BITS, "a ticket's low bits are its slot");

typedef struct client {
    bn_control *control;
    int fd; /* -1: free */
    bool ended;  /* sends no more */
    bool broken; /* to be released */
    int64_t uid;
    int64_t pid;
    unsigned requests_count; /* not answered yet */
    bn_buf in;
    bn_buf out;
    size_t sent; /* of out */
} client;

typedef struct request {
    bn_control_ticket ticket; /* 0: free */
    client *from;
    json_t *id;
    bool deferred;
    char hint[CONTROL_HINT_BYTES];
} request;

struct bn_control {
    bn_loop *loop;
    int fd;
    char *path;
    bn_control_handle handle;
    void *context;
    request *current; /* within the handler */
    uint64_t serial;
    client clients[BN_CONTROL_CLIENTS_MAX];
    size_t clients_count;
    request requests[BN_CONTROL_DEFERRED_MAX];
};

static size_t unsent(const client *from)
{
    return from->out.len - from->sent;
}

static void release_request(request *done)
{
    done->from->requests_count--;
    json_decref(done->id);
    *done = (request){.ticket = 0};
}

static void release_client(client *old)
{
    bn_control *control = old->control;
    for (size_t i = 0; i < BN_CONTROL_DEFERRED_MAX && old->requests_count > 0; i++) {
        if (control->requests[i].ticket != 0 && control->requests[i].from == old) {
            release_request(&control->requests[i]);
        }
    }
    bn_loop_unwatch(control->loop, old->fd);
    close(old->fd);
    bn_buf_fini(&old->in);
    bn_buf_fini(&old->out);
    old->fd = -1;
    control->clients_count--;
}

/* Sends what the client takes now. */
static void flush(client *to)
{
    while (!to->broken && unsent(to) > 0) {
        ssize_t sent =
            send(to->fd, to->out.data + to->sent, unsent(to), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno == EINTR) {
            continue;
        }
        if (sent < 0) {
            to->broken = errno != EAGAIN;
            break;
        }
        to->sent += (size_t)sent;
    }
    if (to->sent > 0 && (unsent(to) == 0 || to->sent >= OUTPUT_BUSY_BYTES)) {
        memmove(to->out.data, to->out.data + to->sent, unsent(to));
        bn_buf_truncate(&to->out, unsent(to));
        to->sent = 0;
    }
}

static void send_answer(client *to, const json_t *id, bn_rc code, json_t *result,
                        const bn_err *err, const char *hint)
{
    if (!control_answer_append(&to->out, id, code, result, err, hint)) {
        to->broken = true;
    }
    flush(to);
}

static bool has_line(const client *from)
{
    return from->in.len > 0 && memchr(from->in.data, '\n', from->in.len) != NULL;
}

/* Looks after a client once nothing of it runs: release it, or watch for what it needs. Lines
 * that waited for room in the output are taken up when the socket can be written. */
static void settle(client *at)
{
    bool finished =
        at->ended && unsent(at) == 0 && at->requests_count == 0 && !has_line(at);
    if (!at->broken && !finished) {
        bool may_read = !at->ended && unsent(at) < OUTPUT_BUSY_BYTES;
        bool may_write = unsent(at) > 0 || has_line(at);
        unsigned events = (may_read ? BN_LOOP_READ : 0u) | (may_write ? BN_LOOP_WRITE : 0u);
        at->broken = bn_loop_rewatch(at->control->loop, at->fd, events, NULL) != BN_OK;
    }
    if (at->broken || finished) {
        release_client(at);
    }
}

/* Slot of the ticket's request, or BN_CONTROL_DEFERRED_MAX. */
static size_t slot_of(const bn_control *control, bn_control_ticket ticket)
{
    size_t slot = ticket & (BN_CONTROL_DEFERRED_MAX - 1);
    return ticket != 0 && control->requests[slot].ticket == ticket ? slot
                                                                   : BN_CONTROL_DEFERRED_MAX;
}

static request *find_request(bn_control *control, bn_control_ticket ticket)
{
    size_t slot = slot_of(control, ticket);
    return slot < BN_CONTROL_DEFERRED_MAX ? &control->requests[slot] : NULL;
}

static request *new_request(client *from, const json_t *id)
{
    bn_control *control = from->control;
    for (size_t slot = 0; slot < BN_CONTROL_DEFERRED_MAX; slot++) {
        request *added = &control->requests[slot];
        if (added->ticket == 0) {
            *added = (request){.ticket = ++control->serial << SLOT_BITS | slot,
                               .from = from,
                               .id = json_deep_copy(id)};
            from->requests_count++;
            return added;
        }
    }
    return NULL;
}

static void handle_request(client *from, const control_request *asked)
{
    bn_control *control = from->control;
    bn_err err = {.code = BN_OK};
    request *running = new_request(from, asked->id);
    if (running == NULL) {
        bn_rc busy = bn_fail(&err, BN_E_BUSY, "%d requests wait already", BN_CONTROL_DEFERRED_MAX);
        send_answer(from, asked->id, busy, NULL, &err, "");
        return;
    }
    json_t *result = NULL;
    control->current = running;
    bn_rc rc =
        control->handle(control->context, asked->op, asked->args, asked->actor, &result, &err);
    control->current = NULL;
    if (rc != BN_OK || !running->deferred) {
        err.code = rc;
        send_answer(from, running->id, rc, result, &err, running->hint);
        release_request(running);
    }
    json_decref(result);
}

static void handle_line(client *from, bn_slice line)
{
    control_request asked;
    bn_err err;
    bn_rc rc = control_request_parse(line, &asked, &err);
    if (rc == BN_OK) {
        handle_request(from, &asked);
    } else {
        send_answer(from, asked.id, rc, NULL, &err, "");
    }
    control_request_fini(&asked);
}

/* Handles whole lines while the client reads its answers. */
static void handle_lines(client *from)
{
    size_t done = 0;
    while (!from->broken && unsent(from) < OUTPUT_BUSY_BYTES && done < from->in.len) {
        const uint8_t *start = from->in.data + done;
        const uint8_t *end = memchr(start, '\n', from->in.len - done);
        if (end == NULL) {
            break;
        }
        bn_slice line = bn_slice_make(start, (size_t)(end - start));
        if (bn_slice_trim(line).len > 0) {
            handle_line(from, line);
        }
        done += line.len + 1;
    }
    if (done > 0) {
        memmove(from->in.data, from->in.data + done, from->in.len - done);
        bn_buf_truncate(&from->in, from->in.len - done);
    }
}

static void refuse_long_line(client *from)
{
    bn_err err;
    bn_rc rc = bn_fail(&err, BN_E_LIMIT, "request: more than %d bytes in one line",
                       BN_CONTROL_REQUEST_BYTES_MAX);
    send_answer(from, NULL, rc, NULL, &err, "");
    bn_buf_clear(&from->in);
    from->ended = true;
}

static void read_some(client *from)
{
    uint8_t block[READ_BYTES];
    size_t room = BN_CONTROL_REQUEST_BYTES_MAX + 1 - from->in.len;
    if (room == 0) {
        return;
    }
    ssize_t got = recv(from->fd, block, room < sizeof block ? room : sizeof block, MSG_DONTWAIT);
    if (got < 0) {
        from->broken = errno != EAGAIN && errno != EINTR;
        return;
    }
    if (got == 0) {
        from->ended = true;
        return;
    }
    bn_buf_append(&from->in, block, (size_t)got);
    from->broken = bn_buf_status(&from->in) != BN_OK;
}

static void on_client(void *context, int fd, unsigned events)
{
    client *from = context;
    BN_ASSERT(from->fd == fd && from->control->current == NULL);
    if ((events & BN_LOOP_WRITE) != 0) {
        flush(from);
    }
    if ((events & BN_LOOP_READ) != 0) {
        read_some(from);
    } else if ((events & BN_LOOP_HANGUP) != 0) {
        from->broken = true;
    }
    handle_lines(from);
    if (!has_line(from) && from->in.len > BN_CONTROL_REQUEST_BYTES_MAX) {
        refuse_long_line(from);
    }
    settle(from);
}

/* Only root and our own user; the kernel vouches for it. */
static bn_rc check_peer(int fd, struct ucred *peer, bn_err *err)
{
    socklen_t len = sizeof *peer;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, peer, &len) != 0) {
        return bn_fail(err, BN_E_DENIED, "the caller cannot be identified");
    }
    if (peer->uid != 0 && peer->uid != geteuid()) {
        return bn_fail(err, BN_E_DENIED, "user %u may not control this daemon", peer->uid);
    }
    return BN_OK;
}

static client *free_client(bn_control *control)
{
    for (size_t i = 0; i < BN_CONTROL_CLIENTS_MAX; i++) {
        if (control->clients[i].fd < 0) {
            return &control->clients[i];
        }
    }
    return NULL;
}

/* One line that says why, as far as the socket takes it at once. */
static void turn_away(int fd, bn_rc code, const bn_err *err)
{
    BN_AUTO(bn_buf_fini) bn_buf out;
    bn_buf_init(&out, CONTROL_HINT_BYTES * 4);
    if (control_answer_append(&out, NULL, code, NULL, err, "")) {
        ssize_t sent = send(fd, out.data, out.len, MSG_NOSIGNAL | MSG_DONTWAIT);
        (void)sent;
    }
    close(fd);
}

static void welcome(bn_control *control, int fd)
{
    bn_err err;
    struct ucred peer = {.pid = 0};
    bn_rc rc = check_peer(fd, &peer, &err);
    client *added = free_client(control);
    if (rc == BN_OK && added == NULL) {
        rc = bn_fail(&err, BN_E_BUSY, "%d clients are connected already", BN_CONTROL_CLIENTS_MAX);
    }
    if (rc == BN_OK) {
        rc = bn_loop_watch(control->loop, fd, BN_LOOP_READ, on_client, added, &err);
    }
    if (rc != BN_OK) {
        turn_away(fd, rc, &err);
        return;
    }
    *added = (client){.control = control, .fd = fd, .uid = peer.uid, .pid = peer.pid};
    bn_buf_init(&added->in, BN_CONTROL_REQUEST_BYTES_MAX + 1);
    bn_buf_init(&added->out, BN_CONTROL_OUTPUT_BYTES_MAX);
    control->clients_count++;
}

static void on_connection(void *context, int fd, unsigned events)
{
    (void)events;
    for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
        int accepted = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (accepted < 0) {
            return;
        }
        welcome(context, accepted);
    }
}

bn_rc bn_control_open(bn_loop *loop, const char *path, bn_control_handle handle, void *context,
                      bn_control **out, bn_err *err)
{
    BN_AUTO(bn_control_close) bn_control *control = bn_alloc(sizeof *control);
    if (control == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "no memory for the control socket");
    }
    control->loop = loop;
    control->handle = handle;
    control->context = context;
    control->fd = -1;
    for (size_t i = 0; i < BN_CONTROL_CLIENTS_MAX; i++) {
        control->clients[i] = (client){.control = control, .fd = -1};
    }
    BN_TRY(control_socket_listen(path, &control->fd, err));
    control->path = bn_strdup(path);
    if (control->path == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "no memory for the control socket");
    }
    BN_TRY(bn_loop_watch(loop, control->fd, BN_LOOP_READ, on_connection, control, err));
    *out = BN_TAKE(control);
    return BN_OK;
}

void bn_control_close(bn_control **control)
{
    bn_control *old = *control;
    if (old == NULL) {
        return;
    }
    BN_ASSERT(old->current == NULL);
    for (size_t i = 0; i < BN_CONTROL_CLIENTS_MAX; i++) {
        if (old->clients[i].fd >= 0) {
            flush(&old->clients[i]);
            release_client(&old->clients[i]);
        }
    }
    if (old->fd >= 0) {
        bn_loop_unwatch(old->loop, old->fd);
        close(old->fd);
    }
    if (old->path != NULL) {
        unlink(old->path);
    }
    bn_free(old->path);
    bn_free(old);
    *control = NULL;
}

bn_control_ticket bn_control_current(const bn_control *control)
{
    return control->current != NULL ? control->current->ticket : 0;
}

void bn_control_caller(const bn_control *control, int64_t *uid, int64_t *pid)
{
    BN_ASSERT(control->current != NULL);
    *uid = control->current->from->uid;
    *pid = control->current->from->pid;
}

bn_rc bn_control_defer(bn_control *control, bn_control_ticket *ticket, bn_err *err)
{
    BN_ASSERT(control->current != NULL);
    if (control->current->from->requests_count > CONTROL_WAITING_PER_CLIENT_MAX) {
        return bn_fail(err, BN_E_BUSY, "%d requests of this client wait already",
                       CONTROL_WAITING_PER_CLIENT_MAX);
    }
    control->current->deferred = true;
    *ticket = control->current->ticket;
    return BN_OK;
}

void bn_control_progress(bn_control *control, bn_control_ticket ticket, uint64_t done,
                         uint64_t total)
{
    request *found = find_request(control, ticket);
    /* Progress is news of the moment: a client that does not read misses it. */
    if (found == NULL || found->from->broken || unsent(found->from) >= OUTPUT_BUSY_BYTES) {
        return;
    }
    if (!control_progress_append(&found->from->out, found->id, done, total)) {
        found->from->broken = true;
    }
    flush(found->from);
    if (control->current == NULL) {
        settle(found->from);
    }
}

void bn_control_hint(bn_control *control, bn_control_ticket ticket, const char *format, ...)
{
    request *found = find_request(control, ticket);
    if (found != NULL) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(found->hint, sizeof found->hint, format, arguments);
        va_end(arguments);
    }
}

bool bn_control_waits(const bn_control *control, bn_control_ticket ticket)
{
    size_t slot = slot_of(control, ticket);
    return slot < BN_CONTROL_DEFERRED_MAX && !control->requests[slot].from->broken;
}

void bn_control_answer(bn_control *control, bn_control_ticket ticket, bn_rc code,
                       json_t **result_take, const bn_err *err)
{
    request *found = find_request(control, ticket);
    json_t *result = result_take != NULL ? BN_TAKE(*result_take) : NULL;
    if (found != NULL) {
        BN_ASSERT(found->deferred && found != control->current);
        client *to = found->from;
        send_answer(to, found->id, code, result, err, found->hint);
        release_request(found);
        if (control->current == NULL) {
            settle(to);
        }
    }
    json_decref(result);
}

size_t bn_control_clients_count(const bn_control *control)
{
    return control->clients_count;
}
