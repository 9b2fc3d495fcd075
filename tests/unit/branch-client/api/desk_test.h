/* desk_test.h - a branch that is asked through its operations: real engine, store in memory.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The cable is pulled before the node starts, so that nothing dials.
 */
#ifndef BANYAN_TESTS_DESK_TEST_H
#define BANYAN_TESTS_DESK_TEST_H

#include "unit/branch-client/branch_test.h"
#include "unit/core/api/api_check.h"

#include "branch-client/api/api.h"

typedef struct later { /* answers that came after their call */
    uint64_t ticket;
    bool is_answered;
    bn_rc code;
    char text[BN_ERR_TEXT_MAX];
} later;

typedef struct desk {
    office *o;
    bn_loop *loop;
    bn_node *node;
    bn_branch_api *api;
    later later;
    char hint[BN_HINT_BYTES];
    asker ask;
} desk;

static inline bn_rc desk_defer(void *context, uint64_t *ticket, bn_err *err)
{
    desk *d = context;
    (void)err;
    *ticket = ++d->later.ticket;
    return BN_OK;
}

static inline void desk_answer(void *context, uint64_t ticket, bn_rc code, json_t **result_take,
                               const bn_err *err, const char *hint)
{
    desk *d = context;
    (void)hint;
    assert_int_equal(ticket, d->later.ticket);
    d->later.is_answered = true;
    d->later.code = code;
    snprintf(d->later.text, sizeof d->later.text, "%s", code != BN_OK ? err->text : "");
    if (result_take != NULL) {
        json_decref(*result_take);
        *result_take = NULL;
    }
}

static inline bool desk_waits(void *context, uint64_t ticket)
{
    const desk *d = context;
    return ticket == d->later.ticket && !d->later.is_answered;
}

static inline void desk_hint(void *context, const char *text)
{
    desk *d = context;
    snprintf(d->hint, sizeof d->hint, "%s", text);
}

static inline void desk_failed(void *context, const bn_err *err)
{
    (void)context;
    fail_msg("the node failed: %s", err->text);
}

static inline void desk_moved(void *context)
{
    desk *d = context;
    if (d->api != NULL) {
        bn_branch_api_moved(d->api);
    }
}

static inline void desk_pull_cable(office *o)
{
    BN_AUTO(bn_kv_abort) bn_kv_txn *txn = NULL;
    assert_ok(bn_kv_begin(o->kv, BN_KV_WRITE, &txn, &o->err), o->err);
    assert_ok(bn_meta_put_u64(txn, "cable", 0, &o->err), o->err);
    assert_ok(bn_kv_commit(&txn, &o->err), o->err);
}

static inline desk *desk_open(void)
{
    desk *d = calloc(1, sizeof *d);
    assert_non_null(d);
    d->o = office_open(false);
    office *o = d->o;
    bn_branch_close(&o->branch);
    desk_pull_cable(o);
    assert_ok(bn_loop_create(&o->clock, &d->loop, &o->err), o->err);
    const bn_node_options node = {.kv = o->kv, .loop = d->loop, .clock = &o->clock,
                                  .random = &o->random, .server = "", .failed = desk_failed,
                                  .moved = desk_moved, .context = d};
    assert_ok(bn_node_create(&node, &d->node, &o->err), o->err);
    const bn_branch_api_options options = {.node = d->node, .kv = o->kv, .loop = d->loop,
                                           .clock = &o->clock, .random = &o->random,
                                           .data_folder = "/nowhere"};
    assert_ok(bn_branch_api_create(&options, &d->api, &o->err), o->err);
    const bn_replies replies = {.defer = desk_defer, .answer = desk_answer, .waits = desk_waits,
                                .hint = desk_hint, .context = d};
    bn_branch_api_set_replies(d->api, &replies);
    bool done = false;
    assert_ok(bn_branch_warm(bn_node_branch(d->node), 1000, &done, &o->err), o->err);
    d->ask = (asker){.handle = bn_branch_api_handle, .context = d->api, .actor = "li.na"};
    return d;
}

static inline void desk_close(desk *d)
{
    json_decref(d->ask.result);
    bn_branch_api_destroy(&d->api);
    bn_node_destroy(&d->node);
    bn_loop_destroy(&d->loop);
    office_close(d->o);
    free(d);
}

/* printf into arguments. */
static inline const char *args_of(char *room, size_t len, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static inline const char *args_of(char *room, size_t len, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    int written = vsnprintf(room, len, format, list);
    va_end(list);
    assert_true(written > 0 && (size_t)written < len);
    return room;
}

#define ARGS(...) args_of((char[1024]){0}, 1024, __VA_ARGS__)

#endif
