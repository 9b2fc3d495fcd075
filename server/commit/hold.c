/* hold.c - replies that must not leave before the commit they speak of is on disk.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "commit.h"

#include <banyan/base/alloc.h>

#define BUSY_RETRY_MS 2000

bn_rc bn_server_send(bn_server *server, const bn_route *route, const bn_message *message)
{
    if (!server->has_sender) {
        return BN_E_UNREACHABLE;
    }
    bn_buf_clear(&server->frame);
    bn_message_encode(message, &server->frame);
    BN_TRY(bn_buf_status(&server->frame));
    return server->sender.send(server->sender.context, route, bn_buf_slice(&server->frame));
}

bn_rc bn_server_hold_ack(bn_server *server, const bn_route *route, const bn_message *message)
{
    bn_hold_list *list = &server->holds;
    if (list->count == list->capacity) {
        size_t capacity = list->capacity == 0 ? 64 : list->capacity * 2;
        bn_hold *grown = bn_realloc_array(list->holds, capacity, sizeof *grown);
        if (grown == NULL) {
            return BN_E_NO_MEMORY;
        }
        list->holds = grown;
        list->capacity = capacity;
    }
    size_t at = list->bytes.len;
    bn_message_encode(message, &list->bytes);
    BN_TRY(bn_buf_status(&list->bytes));
    list->holds[list->count++] = (bn_hold){.route = *route,
                                           .at = at,
                                           .len = list->bytes.len - at,
                                           .type = message->type,
                                           .session = message->session,
                                           .reply_to = message->reply_to};
    return BN_OK;
}

static void forget(bn_hold_list *list)
{
    list->count = 0;
    bn_buf_clear(&list->bytes);
}

void bn_server_release_holds(bn_server *server)
{
    bn_hold_list *list = &server->holds;
    for (size_t i = 0; i < list->count && server->has_sender; i++) {
        const bn_hold *hold = &list->holds[i];
        (void)server->sender.send(server->sender.context, &hold->route,
                                  bn_slice_make(list->bytes.data + hold->at, hold->len));
    }
    forget(list);
}

void bn_server_drop_holds(bn_server *server)
{
    bn_hold_list *list = &server->holds;
    for (size_t i = 0; i < list->count; i++) {
        const bn_hold *hold = &list->holds[i];
        bn_message busy = {.session = hold->session, .reply_to = hold->reply_to};
        busy.rejected = (bn_msg_rejected){.reason = BN_REJECT_BUSY,
                                          .retry_after_ms = BUSY_RETRY_MS};
        switch ((int)hold->type) {
        case BN_MSG_PUSH_ACK:
        case BN_MSG_PUSH_NACK:
            busy.type = BN_MSG_PUSH_NACK;
            break;
        case BN_MSG_HELLO_OK:
        case BN_MSG_HELLO_REJ:
            busy.type = BN_MSG_HELLO_REJ;
            busy.session = 0;
            break;
        case BN_MSG_ENROL_OK:
        case BN_MSG_ENROL_REJ:
            busy.type = BN_MSG_ENROL_REJ;
            break;
        default:
            continue;
        }
        (void)bn_server_send(server, &hold->route, &busy);
    }
    forget(list);
}
