/* message.h - the bodies of messages: one packer and one reader per type.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_PROTOCOL_WIRE_MESSAGE_H
#define BANYAN_PROTOCOL_WIRE_MESSAGE_H

#include "reader.h"

#include <banyan/protocol/message.h>

typedef struct bn_body {
    size_t items; /* of the frame's array behind the header */
    void (*pack)(const bn_message *message, bn_buf *out);
    void (*read)(bn_reader *r, bn_arena *arena, bn_message *out);
} bn_body;

/* NULL for a type there is not. */
const bn_body *bn_body_of(uint64_t type);

#endif
