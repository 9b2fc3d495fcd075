/* loop.h - the one event loop of a process: descriptors, timers, deferred calls, signals.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   one turn:  idle hooks -> wait (epoll) -> descriptors -> timers due -> posted -> deferred
 *
 * Everything but bn_loop_post() belongs to the loop's thread. A callback may add and remove
 * anything, itself included; what it removes is not called any more. Timers go by the monotonic
 * clock passed in, in order of due time and then of start. Starting and cancelling a timer costs
 * O(log n), changing a descriptor's watch O(n), an event O(1).
 */
#ifndef BANYAN_CORE_LOOP_H
#define BANYAN_CORE_LOOP_H

#include <banyan/base/err.h>
#include <banyan/core/ports.h>

#include <stdbool.h>

#define BN_LOOP_FDS_MAX 1024
#define BN_LOOP_TIMERS_MAX 65536
#define BN_LOOP_POSTED_MAX 4096   /* work from other threads that waits for its turn */
#define BN_LOOP_DEFERRED_MAX 4096
#define BN_LOOP_IDLE_HOOKS_MAX 16

typedef struct bn_loop bn_loop;
typedef void (*bn_loop_call)(void *context);

BN_CHECKED bn_rc bn_loop_create(const bn_clock *clock, bn_loop **out, bn_err *err);
void bn_loop_destroy(bn_loop **loop); /* closes no descriptor but its own */

/* Until bn_loop_stop(); BN_OK then, BN_E_IO when the kernel refuses to wait. */
BN_CHECKED bn_rc bn_loop_run(bn_loop *loop, bn_err *err);

/* One turn that waits at most `wait_ms_max`; 0 only looks. */
BN_CHECKED bn_rc bn_loop_turn(bn_loop *loop, uint64_t wait_ms_max, bn_err *err);

/* Ends bn_loop_run() after the current turn. From other threads: post a call that stops. */
void bn_loop_stop(bn_loop *loop);
bool bn_loop_stopping(const bn_loop *loop);

/* --- descriptors --------------------------------------------------------------------------- */
enum { BN_LOOP_READ = 1, BN_LOOP_WRITE = 2, BN_LOOP_HANGUP = 4 };

/* `events` is what happened; HANGUP (closed or failed) comes without being asked for. */
typedef void (*bn_loop_ready)(void *context, int fd, unsigned events);

/* Level-triggered. The descriptor stays the caller's; remove it before closing it. */
BN_CHECKED bn_rc bn_loop_watch(bn_loop *loop, int fd, unsigned events, bn_loop_ready ready,
                               void *context, bn_err *err);
BN_CHECKED bn_rc bn_loop_rewatch(bn_loop *loop, int fd, unsigned events, bn_err *err);
void bn_loop_unwatch(bn_loop *loop, int fd); /* nothing when it is not watched */

/* --- timers -------------------------------------------------------------------------------- */
typedef struct bn_timer {
    uint64_t ticket; /* 0: never started; a stale ticket is harmless */
} bn_timer;

/* Once after `delay_ms`. Starting a running timer moves it. */
BN_CHECKED bn_rc bn_loop_after(bn_loop *loop, bn_timer *timer, uint64_t delay_ms, bn_loop_call call,
                               void *context);

/* Every `period_ms` (at least 1), first after one period; ticks missed in between are dropped. */
BN_CHECKED bn_rc bn_loop_every(bn_loop *loop, bn_timer *timer, uint64_t period_ms,
                               bn_loop_call call, void *context);
void bn_loop_cancel(bn_loop *loop, bn_timer *timer);
bool bn_loop_waits(const bn_loop *loop, bn_timer timer);

/* --- calls --------------------------------------------------------------------------------- */
/* At the end of this turn, or of the next one when called from a deferred call. BN_E_LIMIT. */
BN_CHECKED bn_rc bn_loop_defer(bn_loop *loop, bn_loop_call call, void *context);

/* From any thread: the loop calls it in its next turn. BN_E_AGAIN when the queue is full. */
BN_CHECKED bn_rc bn_loop_post(bn_loop *loop, bn_loop_call call, void *context);

/* Before each wait; true means there is more to do at once, so the loop only looks. For sources
 * whose descriptor is edge-triggered, such as a message library's. */
typedef bool (*bn_loop_idle)(void *context);
BN_CHECKED bn_rc bn_loop_idle_add(bn_loop *loop, bn_loop_idle idle, void *context);
void bn_loop_idle_remove(bn_loop *loop, bn_loop_idle idle, void *context);

/* --- signals ------------------------------------------------------------------------------- */
typedef struct bn_loop_signals {
    bn_loop_call stop;   /* first SIGTERM or SIGINT; NULL: bn_loop_stop(). A second stops at once */
    bn_loop_call reload; /* SIGHUP; NULL: ignored */
    void *context;
} bn_loop_signals;

/* Blocks SIGTERM, SIGINT and SIGHUP for this thread and those it starts, ignores SIGPIPE, and
 * hears them through a descriptor. Call before any thread is started. They stay blocked when the
 * loop is gone: a late one must not kill a program that is closing its store. */
BN_CHECKED bn_rc bn_loop_hear_signals(bn_loop *loop, const bn_loop_signals *signals, bn_err *err);

#endif
