/* test_loop.c - the event loop: timers, descriptors, calls from other threads, signals.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "unit/unit.h"

#include "property.h"

#include <banyan/base/check.h>
#include <banyan/core/loop.h>

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static uint64_t now = 1000;

static uint64_t fake_mono(void *context)
{
    (void)context;
    return now;
}

static const bn_clock fake_clock = {.wall_ms = fake_mono, .mono_ms = fake_mono};

typedef struct fixture {
    bn_loop *loop;
    bn_err err;
    char trace[256];
    bn_timer timer;
    int fds[2];
} fixture;

typedef struct step {
    fixture *f;
    char name;
} step;

static void note(void *context)
{
    step *s = context;
    size_t len = strlen(s->f->trace);
    assert_true(len + 1 < sizeof s->f->trace);
    s->f->trace[len] = s->name;
}

static fixture begin(const bn_clock *clock)
{
    fixture f = {.loop = NULL, .fds = {-1, -1}};
    assert_ok(bn_loop_create(clock, &f.loop, &f.err), f.err);
    return f;
}

static void look(fixture *f)
{
    assert_ok(bn_loop_turn(f->loop, 0, &f->err), f->err);
}

static void loop__fires_timers_in_order_of_due_time_then_start(void **state)
{
    (void)state;
    fixture f = begin(&fake_clock);
    step steps[] = {{&f, 'c'}, {&f, 'a'}, {&f, 'b'}, {&f, 'd'}};
    static const uint64_t delays[] = {30, 10, 10, 40};
    bn_timer timers[4] = {{0}};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(bn_loop_after(f.loop, &timers[i], delays[i], note, &steps[i]), BN_OK);
    }
    look(&f);
    assert_string_equal(f.trace, "");
    now += 9;
    look(&f);
    assert_string_equal(f.trace, "");
    now += 21;
    look(&f);
    assert_string_equal(f.trace, "abc");
    assert_false(bn_loop_waits(f.loop, timers[0]));
    assert_true(bn_loop_waits(f.loop, timers[3]));
    bn_loop_cancel(f.loop, &timers[3]);
    now += 100;
    look(&f);
    assert_string_equal(f.trace, "abc");
    bn_loop_destroy(&f.loop);
}

static void loop__repeats_and_drops_missed_ticks(void **state)
{
    (void)state;
    fixture f = begin(&fake_clock);
    step tick = {&f, 't'};
    bn_timer timer = {0};
    assert_int_equal(bn_loop_every(f.loop, &timer, 10, note, &tick), BN_OK);
    now += 10;
    look(&f);
    now += 35; /* three ticks missed, the fourth is due in five */
    look(&f);
    assert_string_equal(f.trace, "tt");
    now += 4;
    look(&f);
    assert_string_equal(f.trace, "tt");
    now += 1;
    look(&f);
    assert_string_equal(f.trace, "ttt");
    bn_loop_destroy(&f.loop);
}

static void restart(void *context)
{
    step *s = context;
    note(s);
    assert_int_equal(bn_loop_after(s->f->loop, &s->f->timer, 0, restart, s), BN_OK);
}

static void loop__a_timer_that_restarts_itself_waits_for_the_next_turn(void **state)
{
    (void)state;
    fixture f = begin(&fake_clock);
    step s = {&f, 'r'};
    assert_int_equal(bn_loop_after(f.loop, &f.timer, 0, restart, &s), BN_OK);
    look(&f);
    assert_string_equal(f.trace, "r");
    look(&f);
    assert_string_equal(f.trace, "rr");
    bn_loop_destroy(&f.loop);
}

static void loop__moves_a_timer_that_is_started_again(void **state)
{
    (void)state;
    fixture f = begin(&fake_clock);
    step s = {&f, 'm'};
    assert_int_equal(bn_loop_after(f.loop, &f.timer, 10, note, &s), BN_OK);
    bn_timer stale = f.timer;
    assert_int_equal(bn_loop_after(f.loop, &f.timer, 20, note, &s), BN_OK);
    assert_false(bn_loop_waits(f.loop, stale));
    bn_loop_cancel(f.loop, &stale);
    now += 15;
    look(&f);
    assert_string_equal(f.trace, "");
    now += 5;
    look(&f);
    assert_string_equal(f.trace, "m");
    bn_loop_destroy(&f.loop);
}

#define MODEL_TIMERS 200

typedef struct model_timer {
    bn_timer timer;
    uint64_t due; /* 0: not started */
    uint64_t sequence;
    struct model *model;
} model_timer;

typedef struct model {
    model_timer timers[MODEL_TIMERS];
    uint64_t last_due;
    uint64_t last_sequence;
    size_t fired;
} model;

static void model_fire(void *context)
{
    model_timer *t = context;
    model *m = t->model;
    assert_true(t->due > 0 && t->due <= now);
    assert_true(t->due > m->last_due || (t->due == m->last_due && t->sequence > m->last_sequence));
    m->last_due = t->due;
    m->last_sequence = t->sequence;
    m->fired++;
    t->due = 0;
}

static void loop__timers_agree_with_a_naive_list(void **state)
{
    (void)state;
    property p = property_begin("timers", 5000);
    fixture f = begin(&fake_clock);
    model m = {.fired = 0};
    uint64_t sequence = 1;
    for (unsigned i = 0; i < p.cases; i++) {
        model_timer *t = &m.timers[property_below(&p, MODEL_TIMERS)];
        t->model = &m;
        uint64_t action = property_below(&p, 10);
        if (action < 6) {
            uint64_t delay = property_below(&p, 50);
            assert_int_equal(bn_loop_after(f.loop, &t->timer, delay, model_fire, t), BN_OK);
            t->due = now + delay;
            t->sequence = sequence++;
        } else if (action < 8) {
            bn_loop_cancel(f.loop, &t->timer);
            t->due = 0;
        } else {
            now += property_below(&p, 20);
            m.last_due = 0;
            m.last_sequence = 0;
            look(&f);
            for (size_t k = 0; k < MODEL_TIMERS; k++) {
                assert_true(m.timers[k].due == 0 || m.timers[k].due > now);
                assert_int_equal(bn_loop_waits(f.loop, m.timers[k].timer), m.timers[k].due != 0);
            }
        }
    }
    assert_true(m.fired > p.cases / 10);
    bn_loop_destroy(&f.loop);
}

static void on_pipe(void *context, int fd, unsigned events)
{
    fixture *f = context;
    char byte = 0;
    if ((events & BN_LOOP_READ) != 0 && read(fd, &byte, 1) == 1) {
        f->trace[strlen(f->trace)] = byte;
    } else if ((events & BN_LOOP_HANGUP) != 0) {
        f->trace[strlen(f->trace)] = 'H';
        bn_loop_unwatch(f->loop, fd);
    }
}

static void loop__calls_for_readable_and_closed_descriptors(void **state)
{
    (void)state;
    fixture f = begin(&fake_clock);
    assert_int_equal(pipe(f.fds), 0);
    assert_ok(bn_loop_watch(f.loop, f.fds[0], BN_LOOP_READ, on_pipe, &f, &f.err), f.err);
    look(&f);
    assert_string_equal(f.trace, "");
    assert_int_equal(write(f.fds[1], "xy", 2), 2);
    assert_ok(bn_loop_rewatch(f.loop, f.fds[0], 0, &f.err), f.err);
    look(&f);
    assert_string_equal(f.trace, "");
    assert_ok(bn_loop_rewatch(f.loop, f.fds[0], BN_LOOP_READ, &f.err), f.err);
    look(&f);
    look(&f);
    assert_string_equal(f.trace, "xy");
    close(f.fds[1]);
    look(&f);
    look(&f);
    assert_string_equal(f.trace, "xyH");
    close(f.fds[0]);
    bn_loop_destroy(&f.loop);
}

static void remove_both(void *context, int fd, unsigned events)
{
    (void)fd;
    (void)events;
    fixture *f = context;
    f->trace[strlen(f->trace)] = 'r';
    bn_loop_unwatch(f->loop, f->fds[0]);
    bn_loop_unwatch(f->loop, f->fds[1]);
}

static void loop__does_not_call_what_was_removed_in_the_same_turn(void **state)
{
    (void)state;
    fixture f = begin(&fake_clock);
    int a[2];
    int b[2];
    assert_int_equal(pipe(a), 0);
    assert_int_equal(pipe(b), 0);
    f.fds[0] = a[0];
    f.fds[1] = b[0];
    assert_ok(bn_loop_watch(f.loop, a[0], BN_LOOP_READ, remove_both, &f, &f.err), f.err);
    assert_ok(bn_loop_watch(f.loop, b[0], BN_LOOP_READ, remove_both, &f, &f.err), f.err);
    assert_int_equal(write(a[1], "x", 1), 1);
    assert_int_equal(write(b[1], "x", 1), 1);
    look(&f);
    look(&f);
    assert_string_equal(f.trace, "r");
    bn_loop_destroy(&f.loop);
    for (int i = 0; i < 2; i++) {
        close(a[i]);
        close(b[i]);
    }
}

static void defer_again(void *context)
{
    step *s = context;
    note(s);
    assert_int_equal(bn_loop_defer(s->f->loop, note, s), BN_OK);
}

static void loop__runs_deferred_calls_after_the_turn(void **state)
{
    (void)state;
    fixture f = begin(&fake_clock);
    step a = {&f, 'a'};
    step b = {&f, 'b'};
    assert_int_equal(bn_loop_defer(f.loop, defer_again, &a), BN_OK);
    assert_int_equal(bn_loop_defer(f.loop, note, &b), BN_OK);
    look(&f);
    assert_string_equal(f.trace, "ab");
    assert_ok(bn_loop_turn(f.loop, 1000000, &f.err), f.err); /* does not wait: a call is due */
    assert_string_equal(f.trace, "aba");
    for (int i = 0; i < BN_LOOP_DEFERRED_MAX; i++) {
        assert_int_equal(bn_loop_defer(f.loop, note, &b), BN_OK);
    }
    assert_int_equal(bn_loop_defer(f.loop, note, &b), BN_E_LIMIT);
    bn_loop_destroy(&f.loop);
}

typedef struct counter {
    bn_loop *loop;
    size_t called;
    size_t wanted;
} counter;

static void count_call(void *context)
{
    counter *c = context;
    if (++c->called == c->wanted) {
        bn_loop_stop(c->loop);
    }
}

#define POSTS_PER_THREAD 20000

static void *post_many(void *context)
{
    counter *c = context;
    for (int i = 0; i < POSTS_PER_THREAD;) {
        bn_rc rc = bn_loop_post(c->loop, count_call, c);
        assert_true(rc == BN_OK || rc == BN_E_AGAIN);
        i += rc == BN_OK;
    }
    return NULL;
}

static void loop__takes_calls_from_other_threads(void **state)
{
    (void)state;
    fixture f = begin(bn_clock_machine());
    counter c = {.loop = f.loop, .wanted = 3 * POSTS_PER_THREAD};
    pthread_t threads[3];
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, post_many, &c), 0);
    }
    assert_ok(bn_loop_run(f.loop, &f.err), f.err);
    assert_int_equal(c.called, c.wanted);
    for (size_t i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
    }
    bn_loop_destroy(&f.loop);
}

static void loop__refuses_posts_when_its_queue_is_full(void **state)
{
    (void)state;
    fixture f = begin(&fake_clock);
    counter c = {.loop = f.loop};
    for (int i = 0; i < BN_LOOP_POSTED_MAX; i++) {
        assert_int_equal(bn_loop_post(f.loop, count_call, &c), BN_OK);
    }
    assert_int_equal(bn_loop_post(f.loop, count_call, &c), BN_E_AGAIN);
    look(&f);
    assert_int_equal(c.called, BN_LOOP_POSTED_MAX);
    assert_int_equal(bn_loop_post(f.loop, count_call, &c), BN_OK);
    bn_loop_destroy(&f.loop);
}

static bool idle_twice(void *context)
{
    counter *c = context;
    return ++c->called < 3;
}

static void loop__asks_idle_hooks_before_it_waits(void **state)
{
    (void)state;
    fixture f = begin(&fake_clock);
    step s = {&f, 's'};
    counter c = {.called = 0};
    assert_int_equal(bn_loop_idle_add(f.loop, idle_twice, &c), BN_OK);
    assert_ok(bn_loop_turn(f.loop, 1000000, &f.err), f.err);
    assert_ok(bn_loop_turn(f.loop, 1000000, &f.err), f.err);
    assert_int_equal(bn_loop_post(f.loop, note, &s), BN_OK);
    assert_ok(bn_loop_turn(f.loop, 1000000, &f.err), f.err);
    assert_string_equal(f.trace, "s");
    assert_int_equal(c.called, 3);
    bn_loop_idle_remove(f.loop, idle_twice, &c);
    look(&f);
    assert_int_equal(c.called, 3);
    bn_loop_destroy(&f.loop);
}

static void note_stop(void *context)
{
    fixture *f = context;
    f->trace[strlen(f->trace)] = 'T';
}

static void note_reload(void *context)
{
    fixture *f = context;
    f->trace[strlen(f->trace)] = 'H';
}

static void loop__hears_signals_and_stops_at_the_second(void **state)
{
    (void)state;
    fixture f = begin(&fake_clock);
    bn_loop_signals signals = {.stop = note_stop, .reload = note_reload, .context = &f};
    assert_ok(bn_loop_hear_signals(f.loop, &signals, &f.err), f.err);
    raise(SIGHUP);
    look(&f);
    assert_string_equal(f.trace, "H");
    raise(SIGTERM);
    look(&f);
    assert_string_equal(f.trace, "HT");
    assert_false(bn_loop_stopping(f.loop));
    raise(SIGINT);
    assert_ok(bn_loop_run(f.loop, &f.err), f.err);
    assert_string_equal(f.trace, "HT");
    assert_true(bn_loop_stopping(f.loop));
    bn_loop_destroy(&f.loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loop__fires_timers_in_order_of_due_time_then_start),
        cmocka_unit_test(loop__repeats_and_drops_missed_ticks),
        cmocka_unit_test(loop__a_timer_that_restarts_itself_waits_for_the_next_turn),
        cmocka_unit_test(loop__moves_a_timer_that_is_started_again),
        cmocka_unit_test(loop__timers_agree_with_a_naive_list),
        cmocka_unit_test(loop__calls_for_readable_and_closed_descriptors),
        cmocka_unit_test(loop__does_not_call_what_was_removed_in_the_same_turn),
        cmocka_unit_test(loop__runs_deferred_calls_after_the_turn),
        cmocka_unit_test(loop__takes_calls_from_other_threads),
        cmocka_unit_test(loop__refuses_posts_when_its_queue_is_full),
        cmocka_unit_test(loop__asks_idle_hooks_before_it_waits),
        cmocka_unit_test(loop__hears_signals_and_stops_at_the_second),
    };
    return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
