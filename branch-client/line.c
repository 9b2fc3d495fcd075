/* line.c - the branch's telephone line: a dialer over the real link, watched by the loop.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The link's descriptor is edge-triggered, so an idle hook of the loop drains it before every
 * wait; the watch only wakes the loop up.
 */
#include "branch-client/line.h"

#include <banyan/base/alloc.h>
#include <banyan/base/check.h>

#define FRAMES_PER_TURN 64 /* then others get their turn */

struct bn_line {
    bn_loop *loop;
    bn_link_client *link; /* NULL: nothing is open */
    bn_dialer dialer;
    bool stirred; /* the descriptor fired: frames, a connection, or its end */
    bn_line_frame on_frame;
    bn_line_stir on_stir;
    void *context;
};

static void on_ready(void *context, int fd, unsigned events)
{
    bn_line *line = context;
    (void)fd;
    (void)events;
    line->stirred = true;
}

static void close_link(void *context)
{
    bn_line *line = context;
    if (line->link != NULL) {
        bn_loop_unwatch(line->loop, bn_link_client_fd(line->link));
        bn_link_client_close(&line->link);
    }
}

static bn_rc open_link(void *context, const bn_link_client_options *options, bn_err *err)
{
    bn_line *line = context;
    close_link(line);
    BN_TRY(bn_link_client_open(options, &line->link, err));
    bn_rc rc = bn_loop_watch(line->loop, bn_link_client_fd(line->link), BN_LOOP_READ, on_ready,
                             line, err);
    if (rc != BN_OK) {
        bn_link_client_close(&line->link);
    }
    return rc;
}

static bn_rc send_frame(void *context, bn_slice frame)
{
    bn_line *line = context;
    return line->link == NULL ? BN_E_UNREACHABLE : bn_link_client_send(line->link, frame);
}

static bool is_writable(void *context)
{
    bn_line *line = context;
    return line->link != NULL && bn_link_client_writable(line->link);
}

/* A frame may make the session close or reopen the link: it is looked at anew each time. */
static bool drain(void *context)
{
    bn_line *line = context;
    for (int frames = 0; frames < FRAMES_PER_TURN; frames++) {
        bn_slice frame;
        if (line->link == NULL || bn_link_client_receive(line->link, &frame, NULL) != BN_OK) {
            if (line->stirred) {
                line->stirred = false;
                line->on_stir(line->context);
            }
            return false;
        }
        line->on_frame(line->context, frame);
    }
    return true;
}

bn_rc bn_line_create(bn_loop *loop, bn_line_frame on_frame, bn_line_stir on_stir, void *context,
                     bn_line **out, bn_err *err)
{
    BN_AUTO(bn_line_destroy) bn_line *line = bn_alloc(sizeof *line);
    if (line == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "no memory for the line to the server");
    }
    *line = (bn_line){.loop = loop, .on_frame = on_frame, .on_stir = on_stir,
                       .context = context};
    line->dialer = (bn_dialer){.open = open_link, .close = close_link, .send = send_frame,
                               .writable = is_writable, .context = line};
    if (bn_loop_idle_add(loop, drain, line) != BN_OK) {
        return bn_fail(err, BN_E_NO_MEMORY, "no room in the event loop");
    }
    *out = BN_TAKE(line);
    return BN_OK;
}

void bn_line_destroy(bn_line **line)
{
    if (*line != NULL) {
        close_link(*line);
        bn_loop_idle_remove((*line)->loop, drain, *line);
        bn_free(*line);
        *line = NULL;
    }
}

const bn_dialer *bn_line_dialer(const bn_line *line)
{
    return &line->dialer;
}
