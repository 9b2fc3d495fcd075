/* loop.c - the one event loop of a process, over epoll.
 * SPDX-License-Identifier: Apache-2.0
 *
 * An event carries slot and generation of its watch, so an event that was fetched together with
 * the one whose callback removed it finds nobody.
 */
#include <banyan/core/loop.h>

#include <banyan/base/alloc.h>
#include <banyan/base/check.h>

#include "timers.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define EVENTS_PER_TURN 64
#define WAIT_MS_MAX 3600000
#define SIGNALS_PER_TURN 8

typedef struct watch {
    int fd; /* -1: free */
    unsigned events;
    uint32_t generation;
    bn_loop_ready ready;
    void *context;
} watch;

typedef struct call {
    bn_loop_call call;
    void *context;
} call;

/* A ring; `count` entries from `first`. */
typedef struct call_queue {
    call *calls;
    size_t capacity;
    size_t first;
    size_t count;
} call_queue;

typedef struct idle_hook {
    bn_loop_idle idle;
    void *context;
} idle_hook;

struct bn_loop {
    const bn_clock *clock;
    int epoll_fd;
    int event_fd;  /* written by bn_loop_post() */
    int signal_fd; /* -1: not hearing */
    bool stopping;
    bool stop_asked;
    uint64_t now_ms;
    watch watches[BN_LOOP_FDS_MAX];
    size_t watches_count; /* slots ever used */
    timers timers;
    idle_hook idles[BN_LOOP_IDLE_HOOKS_MAX];
    size_t idles_count;
    call_queue deferred;
    pthread_mutex_t posted_lock;
    call_queue posted; /* under posted_lock */
    bn_loop_signals signals;
};

static bool push(call_queue *queue, bn_loop_call function, void *context)
{
    if (queue->count == queue->capacity) {
        return false;
    }
    size_t place = (queue->first + queue->count++) % queue->capacity;
    queue->calls[place] = (call){.call = function, .context = context};
    return true;
}

static call pop(call_queue *queue)
{
    BN_ASSERT(queue->count > 0);
    call next = queue->calls[queue->first];
    queue->first = (queue->first + 1) % queue->capacity;
    queue->count--;
    return next;
}

static bn_rc queue_init(call_queue *queue, size_t capacity)
{
    queue->calls = bn_alloc_array(capacity, sizeof *queue->calls);
    queue->capacity = capacity;
    return queue->calls != NULL ? BN_OK : BN_E_NO_MEMORY;
}

static uint64_t mono_ms(const bn_loop *loop)
{
    return loop->clock->mono_ms(loop->clock->context);
}

/* The counter only wakes the loop; the queue says what to do. */
static void on_posted(void *context, int fd, unsigned events)
{
    (void)context;
    (void)events;
    uint64_t count = 0;
    ssize_t got = read(fd, &count, sizeof count);
    BN_ASSERT(got == (ssize_t)sizeof count || errno == EAGAIN || errno == EINTR);
}

static void run_posted(bn_loop *loop)
{
    pthread_mutex_lock(&loop->posted_lock);
    size_t count = loop->posted.count;
    pthread_mutex_unlock(&loop->posted_lock);
    for (; count > 0; count--) {
        pthread_mutex_lock(&loop->posted_lock);
        call next = pop(&loop->posted);
        pthread_mutex_unlock(&loop->posted_lock);
        next.call(next.context);
    }
}

static void run_deferred(bn_loop *loop)
{
    for (size_t count = loop->deferred.count; count > 0; count--) {
        call next = pop(&loop->deferred);
        next.call(next.context);
    }
}

bn_rc bn_loop_create(const bn_clock *clock, bn_loop **out, bn_err *err)
{
    BN_AUTO(bn_loop_destroy) bn_loop *loop = bn_alloc(sizeof *loop);
    if (loop == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "no memory for the event loop");
    }
    loop->clock = clock;
    loop->signal_fd = -1;
    timers_init(&loop->timers);
    pthread_mutex_init(&loop->posted_lock, NULL);
    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    loop->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (loop->epoll_fd < 0 || loop->event_fd < 0) {
        return bn_fail(err, BN_E_FAILED, "event loop: %s", strerrordesc_np(errno));
    }
    if (queue_init(&loop->deferred, BN_LOOP_DEFERRED_MAX) != BN_OK ||
        queue_init(&loop->posted, BN_LOOP_POSTED_MAX) != BN_OK) {
        return bn_fail(err, BN_E_NO_MEMORY, "no memory for the event loop");
    }
    BN_TRY(bn_loop_watch(loop, loop->event_fd, BN_LOOP_READ, on_posted, loop, err));
    loop->now_ms = mono_ms(loop);
    *out = BN_TAKE(loop);
    return BN_OK;
}

void bn_loop_destroy(bn_loop **loop)
{
    bn_loop *old = *loop;
    if (old == NULL) {
        return;
    }
    if (old->signal_fd >= 0) {
        close(old->signal_fd);
    }
    if (old->epoll_fd >= 0) {
        close(old->epoll_fd);
    }
    if (old->event_fd >= 0) {
        close(old->event_fd);
    }
    timers_fini(&old->timers);
    bn_free(old->deferred.calls);
    bn_free(old->posted.calls);
    pthread_mutex_destroy(&old->posted_lock);
    bn_free(old);
    *loop = NULL;
}

bn_rc bn_loop_run(bn_loop *loop, bn_err *err)
{
    while (!loop->stopping) {
        BN_TRY(bn_loop_turn(loop, WAIT_MS_MAX, err));
    }
    return BN_OK;
}

static int wait_time(bn_loop *loop, uint64_t wait_ms_max)
{
    bool busy = loop->deferred.count > 0;
    for (size_t i = 0; i < loop->idles_count; i++) {
        busy |= loop->idles[i].idle(loop->idles[i].context);
    }
    uint64_t wait_ms = wait_ms_max < WAIT_MS_MAX ? wait_ms_max : WAIT_MS_MAX;
    uint64_t due_ms = 0;
    if (timers_next_due(&loop->timers, &due_ms)) {
        uint64_t now_ms = mono_ms(loop);
        uint64_t left_ms = due_ms > now_ms ? due_ms - now_ms : 0;
        wait_ms = left_ms < wait_ms ? left_ms : wait_ms;
    }
    /* An idle hook may have deferred a call or stopped the loop. */
    return busy || loop->stopping || loop->deferred.count > 0 ? 0 : (int)wait_ms;
}

static void dispatch(bn_loop *loop, const struct epoll_event *event)
{
    size_t slot = (uint32_t)event->data.u64;
    const watch *found = &loop->watches[slot];
    if (found->fd < 0 || found->generation != (uint32_t)(event->data.u64 >> 32)) {
        return;
    }
    unsigned events = 0;
    events |= (event->events & EPOLLIN) != 0 ? BN_LOOP_READ : 0u;
    events |= (event->events & EPOLLOUT) != 0 ? BN_LOOP_WRITE : 0u;
    events |= (event->events & (EPOLLHUP | EPOLLERR)) != 0 ? BN_LOOP_HANGUP : 0u;
    found->ready(found->context, found->fd, events);
}

bn_rc bn_loop_turn(bn_loop *loop, uint64_t wait_ms_max, bn_err *err)
{
    struct epoll_event events[EVENTS_PER_TURN];
    int count = epoll_wait(loop->epoll_fd, events, EVENTS_PER_TURN, wait_time(loop, wait_ms_max));
    if (count < 0 && errno != EINTR) {
        return bn_fail(err, BN_E_IO, "event loop cannot wait: %s", strerrordesc_np(errno));
    }
    loop->now_ms = mono_ms(loop);
    for (int i = 0; i < count; i++) {
        dispatch(loop, &events[i]);
    }
    timers_fire(&loop->timers, loop->now_ms);
    run_posted(loop);
    run_deferred(loop);
    return BN_OK;
}

void bn_loop_stop(bn_loop *loop)
{
    loop->stopping = true;
}

bool bn_loop_stopping(const bn_loop *loop)
{
    return loop->stopping;
}

/* The slot of a descriptor, or watches_count. */
static size_t find_watch(const bn_loop *loop, int fd)
{
    size_t slot = 0;
    while (slot < loop->watches_count && loop->watches[slot].fd != fd) {
        slot++;
    }
    return slot;
}

static struct epoll_event kernel_event(const bn_loop *loop, size_t slot, unsigned events)
{
    struct epoll_event event = {.events = 0};
    event.events |= (events & BN_LOOP_READ) != 0 ? (uint32_t)EPOLLIN : 0;
    event.events |= (events & BN_LOOP_WRITE) != 0 ? (uint32_t)EPOLLOUT : 0;
    event.data.u64 = (uint64_t)loop->watches[slot].generation << 32 | slot;
    return event;
}

bn_rc bn_loop_watch(bn_loop *loop, int fd, unsigned events, bn_loop_ready ready, void *context,
                    bn_err *err)
{
    BN_ASSERT(fd >= 0 && find_watch(loop, fd) == loop->watches_count);
    size_t slot = find_watch(loop, -1);
    if (slot == BN_LOOP_FDS_MAX) {
        return bn_fail(err, BN_E_LIMIT, "event loop: %d descriptors watched", BN_LOOP_FDS_MAX);
    }
    struct epoll_event event = kernel_event(loop, slot, events);
    if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0) {
        return bn_fail(err, BN_E_FAILED, "event loop: descriptor %d: %s", fd,
                       strerrordesc_np(errno));
    }
    watch *added = &loop->watches[slot];
    added->fd = fd;
    added->events = events;
    added->ready = ready;
    added->context = context;
    loop->watches_count += slot == loop->watches_count;
    return BN_OK;
}

bn_rc bn_loop_rewatch(bn_loop *loop, int fd, unsigned events, bn_err *err)
{
    size_t slot = find_watch(loop, fd);
    BN_ASSERT(slot < loop->watches_count);
    if (loop->watches[slot].events != events) {
        struct epoll_event event = kernel_event(loop, slot, events);
        if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_MOD, fd, &event) != 0) {
            return bn_fail(err, BN_E_FAILED, "event loop: descriptor %d: %s", fd,
                           strerrordesc_np(errno));
        }
        loop->watches[slot].events = events;
    }
    return BN_OK;
}

void bn_loop_unwatch(bn_loop *loop, int fd)
{
    size_t slot = fd >= 0 ? find_watch(loop, fd) : loop->watches_count;
    if (slot < loop->watches_count) {
        epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
        loop->watches[slot].fd = -1;
        loop->watches[slot].generation++;
    }
}

static bn_rc start_timer(bn_loop *loop, bn_timer *timer, const timer_slot *proto)
{
    /* What is cancelled leaves a slot behind, so moving a timer cannot fail. */
    timers_cancel(&loop->timers, timer->ticket);
    return timers_start(&loop->timers, proto, &timer->ticket);
}

static uint64_t due_at(const bn_loop *loop, uint64_t delay_ms)
{
    uint64_t now_ms = mono_ms(loop);
    return delay_ms < UINT64_MAX - now_ms ? now_ms + delay_ms : UINT64_MAX;
}

bn_rc bn_loop_after(bn_loop *loop, bn_timer *timer, uint64_t delay_ms, bn_loop_call function,
                    void *context)
{
    timer_slot proto = {
        .due_ms = due_at(loop, delay_ms), .call = function, .context = context};
    return start_timer(loop, timer, &proto);
}

bn_rc bn_loop_every(bn_loop *loop, bn_timer *timer, uint64_t period_ms, bn_loop_call function,
                    void *context)
{
    BN_ASSERT(period_ms > 0);
    timer_slot proto = {.due_ms = due_at(loop, period_ms),
                        .period_ms = period_ms,
                        .call = function,
                        .context = context};
    return start_timer(loop, timer, &proto);
}

void bn_loop_cancel(bn_loop *loop, bn_timer *timer)
{
    timers_cancel(&loop->timers, timer->ticket);
    timer->ticket = 0;
}

bool bn_loop_waits(const bn_loop *loop, bn_timer timer)
{
    return timers_waits(&loop->timers, timer.ticket);
}

bn_rc bn_loop_defer(bn_loop *loop, bn_loop_call function, void *context)
{
    return push(&loop->deferred, function, context) ? BN_OK : BN_E_LIMIT;
}

bn_rc bn_loop_post(bn_loop *loop, bn_loop_call function, void *context)
{
    pthread_mutex_lock(&loop->posted_lock);
    bool taken = push(&loop->posted, function, context);
    pthread_mutex_unlock(&loop->posted_lock);
    if (!taken) {
        return BN_E_AGAIN;
    }
    uint64_t one = 1;
    ssize_t wrote = write(loop->event_fd, &one, sizeof one);
    /* A full counter has woken the loop already. */
    BN_ASSERT(wrote == (ssize_t)sizeof one || errno == EAGAIN || errno == EINTR);
    return BN_OK;
}

bn_rc bn_loop_idle_add(bn_loop *loop, bn_loop_idle idle, void *context)
{
    if (loop->idles_count == BN_LOOP_IDLE_HOOKS_MAX) {
        return BN_E_LIMIT;
    }
    loop->idles[loop->idles_count++] = (idle_hook){.idle = idle, .context = context};
    return BN_OK;
}

void bn_loop_idle_remove(bn_loop *loop, bn_loop_idle idle, void *context)
{
    for (size_t i = 0; i < loop->idles_count; i++) {
        if (loop->idles[i].idle == idle && loop->idles[i].context == context) {
            loop->idles[i] = loop->idles[--loop->idles_count];
            return;
        }
    }
}

static void hear(bn_loop *loop, uint32_t number)
{
    if (number == SIGHUP) {
        if (loop->signals.reload != NULL) {
            loop->signals.reload(loop->signals.context);
        }
    } else if (loop->stop_asked || loop->signals.stop == NULL) {
        bn_loop_stop(loop);
    } else {
        loop->stop_asked = true;
        loop->signals.stop(loop->signals.context);
    }
}

static void on_signal(void *context, int fd, unsigned events)
{
    (void)events;
    struct signalfd_siginfo heard[SIGNALS_PER_TURN];
    ssize_t got = read(fd, heard, sizeof heard);
    for (ssize_t i = 0; i < got / (ssize_t)sizeof heard[0]; i++) {
        hear(context, heard[i].ssi_signo);
    }
}

bn_rc bn_loop_hear_signals(bn_loop *loop, const bn_loop_signals *signals, bn_err *err)
{
    BN_ASSERT(loop->signal_fd < 0);
    sigset_t wanted;
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGTERM);
    sigaddset(&wanted, SIGINT);
    sigaddset(&wanted, SIGHUP);
    if (pthread_sigmask(SIG_BLOCK, &wanted, NULL) != 0 ||
        signal(SIGPIPE, SIG_IGN) == SIG_ERR) {
        return bn_fail(err, BN_E_FAILED, "signals cannot be blocked");
    }
    loop->signal_fd = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
    if (loop->signal_fd < 0) {
        return bn_fail(err, BN_E_FAILED, "signals: %s", strerrordesc_np(errno));
    }
    loop->signals = *signals;
    return bn_loop_watch(loop, loop->signal_fd, BN_LOOP_READ, on_signal, loop, err);
}
