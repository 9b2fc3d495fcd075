/* replies.c - answers that come later, over the control socket.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <banyan/core/api.h>

static bn_rc defer(void *context, uint64_t *ticket, bn_err *err)
{
    return bn_control_defer(context, ticket, err);
}

static void answer(void *context, uint64_t ticket, bn_rc code, json_t **result_take,
                   const bn_err *err, const char *hint)
{
    if (code != BN_OK && hint[0] != 0) {
        bn_control_hint(context, ticket, "%s", hint);
    }
    bn_control_answer(context, ticket, code, result_take, err);
}

static bool waits(void *context, uint64_t ticket)
{
    return bn_control_waits(context, ticket);
}

static void hint(void *context, const char *text)
{
    bn_control_hint(context, bn_control_current(context), "%s", text);
}

bn_replies bn_replies_of_control(bn_control *control)
{
    return (bn_replies){
        .defer = defer, .answer = answer, .waits = waits, .hint = hint, .context = control};
}
