/* line.h - the branch's telephone line: a dialer over the real link, watched by the loop.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_BRANCH_CLIENT_LINE_H
#define BANYAN_BRANCH_CLIENT_LINE_H

#include "branch-client/sync/driver.h"

#include <banyan/core/loop.h>

typedef struct bn_line bn_line;

/* `on_frame` hears of every frame; the slice lives until it returns. */
typedef void (*bn_line_frame)(void *context, bn_slice frame);

/* The link stirred and there is no frame left: it may have connected, or ended. */
typedef void (*bn_line_stir)(void *context);

BN_CHECKED bn_rc bn_line_create(bn_loop *loop, bn_line_frame on_frame, bn_line_stir on_stir,
                                void *context, bn_line **out, bn_err *err);
void bn_line_destroy(bn_line **line);

/* What the session dials with; valid as long as the line. */
const bn_dialer *bn_line_dialer(const bn_line *line);

#endif
