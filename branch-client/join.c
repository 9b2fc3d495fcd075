/* join.c - turning this machine into a branch with a one-time code.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "branch-client/join.h"
#include "branch-client/line.h"

#include <banyan/base/alloc.h>
#include <banyan/base/check.h>

#include <string.h>
#include <unistd.h>

#define MACHINE_BYTES 64

struct bn_join {
    bn_loop *loop;
    bn_line *line;
    bn_branch_enrol *enrol;
    bn_timer timer;
    bool finished;
    bn_join_done done;
    void *context;
};

static void finish(bn_join *join, bn_rc code, const bn_err *err)
{
    if (!join->finished) {
        join->finished = true;
        bn_loop_cancel(join->loop, &join->timer);
        join->done(join->context, code, err);
    }
}

/* Ends the story when the enrolment has come to an end, else waits for its next tick. */
static void look(void *context)
{
    bn_join *join = context;
    bn_err err = {0};
    bn_rc rc = bn_branch_enrol_tick(join->enrol, &err);
    bn_enrol_state state = bn_branch_enrol_state(join->enrol);
    if (rc == BN_OK && state == BN_ENROL_FAILED) {
        rc = bn_fail(&err, bn_branch_enrol_result(join->enrol), "%s",
                     bn_branch_enrol_reason(join->enrol));
    }
    if (rc != BN_OK || state == BN_ENROL_DONE) {
        finish(join, rc, &err);
        return;
    }
    uint64_t delay_ms = bn_branch_enrol_next_tick_ms(join->enrol);
    rc = bn_loop_after(join->loop, &join->timer, delay_ms, look, join);
    if (rc != BN_OK) {
        finish(join, bn_fail(&err, rc, "no timer for the enrolment"), &err);
    }
}

static void on_frame(void *context, bn_slice frame)
{
    bn_join *join = context;
    bn_err err = {0};
    if (join->finished) {
        return;
    }
    bn_rc rc = bn_branch_enrol_on_frame(join->enrol, frame, &err);
    if (rc != BN_OK) {
        finish(join, rc, &err);
    } else {
        look(join);
    }
}

static void on_stir(void *context)
{
    bn_join *join = context;
    if (!join->finished && join->enrol != NULL) {
        look(join);
    }
}

bn_rc bn_join_begin(bn_branch *branch, bn_loop *loop, const bn_clock *clock, bn_slice code,
                    bn_join_done done, void *context, bn_join **out, bn_err *err)
{
    bn_ticket ticket;
    char machine[MACHINE_BYTES] = "";
    BN_TRY(bn_ticket_parse(code, &ticket, err));
    BN_AUTO(bn_join_end) bn_join *join = bn_alloc(sizeof *join);
    if (join == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "no memory for the enrolment");
    }
    *join = (bn_join){.loop = loop, .done = done, .context = context};
    if (gethostname(machine, sizeof machine - 1) != 0) {
        machine[0] = 0;
    }
    BN_TRY(bn_line_create(loop, on_frame, on_stir, join, &join->line, err));
    BN_TRY(bn_branch_enrol_begin(branch, &ticket, machine, bn_line_dialer(join->line), clock,
                                 &join->enrol, err));
    if (bn_loop_after(loop, &join->timer, 0, look, join) != BN_OK) {
        return bn_fail(err, BN_E_NO_MEMORY, "no timer for the enrolment");
    }
    *out = BN_TAKE(join);
    return BN_OK;
}

void bn_join_end(bn_join **join)
{
    if (*join != NULL) {
        bn_loop_cancel((*join)->loop, &(*join)->timer);
        bn_branch_enrol_end(&(*join)->enrol);
        bn_line_destroy(&(*join)->line);
        bn_free(*join);
        *join = NULL;
    }
}
