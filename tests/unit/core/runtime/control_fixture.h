/* control_fixture.h - a control socket with a handler of small operations, for its tests.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_TESTS_CONTROL_FIXTURE_H
#define BANYAN_TESTS_CONTROL_FIXTURE_H

#include "unit/unit.h"

#include <banyan/base/check.h>
#include <banyan/base/limits.h>
#include <banyan/core/control.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct fixture {
    char folder[64];
    char path[512];
    bn_loop *loop;
    bn_control *control;
    bn_control_ticket waiting;
    int64_t uid;
    size_t handled;
    bn_err err;
} fixture;

static void answer_later(void *context)
{
    fixture *f = context;
    json_t *result = json_pack("{s:s}", "state", "in step");
    bn_control_progress(f->control, f->waiting, 2, 2);
    bn_control_answer(f->control, f->waiting, BN_OK, &result, NULL);
    assert_null(result);
}

static bn_rc handle(void *context, const char *op, json_t *args, const char *actor,
                    json_t **result, bn_err *err)
{
    fixture *f = context;
    int64_t pid = 0;
    f->handled++;
    bn_control_caller(f->control, &f->uid, &pid);
    assert_true(pid > 0);
    if (strcmp(op, "echo") == 0) {
        *result = json_pack("{s:O,s:s}", "args", args, "actor", actor);
        return BN_OK;
    }
    if (strcmp(op, "nothing") == 0) {
        return BN_OK;
    }
    if (strcmp(op, "big") == 0) {
        size_t len = (size_t)json_integer_value(json_object_get(args, "bytes"));
        char *text = malloc(len);
        assert_non_null(text);
        memset(text, 'x', len);
        *result = json_stringn(text, len);
        free(text);
        return BN_OK;
    }
    if (strcmp(op, "work") == 0) {
        for (unsigned i = 1; i <= 3; i++) {
            bn_control_progress(f->control, bn_control_current(f->control), i, 3);
        }
        *result = json_integer(3);
        return BN_OK;
    }
    if (strcmp(op, "wait") == 0) {
        BN_TRY(bn_control_defer(f->control, &f->waiting, err));
        return bn_loop_defer(f->loop, answer_later, f);
    }
    if (strcmp(op, "hold") == 0) {
        return bn_control_defer(f->control, &f->waiting, err);
    }
    bn_control_hint(f->control, bn_control_current(f->control), "list them with '%s'",
                    "banyan help");
    return bn_fail(err, BN_E_NOT_FOUND, "no operation %s", op);
}

static inline void begin(fixture *f)
{
    *f = (fixture){.folder = "/tmp/bn-control-XXXXXX"};
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->path, sizeof f->path, "%s/control.sock", f->folder);
    assert_ok(bn_loop_create(bn_clock_machine(), &f->loop, &f->err), f->err);
    assert_ok(bn_control_open(f->loop, f->path, handle, f, &f->control, &f->err), f->err);
}

static inline void end(fixture *f)
{
    bn_control_close(&f->control);
    assert_int_not_equal(access(f->path, F_OK), 0);
    bn_loop_destroy(&f->loop);
    assert_int_equal(rmdir(f->folder), 0);
}

#endif
