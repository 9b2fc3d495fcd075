/* message.c - frames: header, body, and the ops in a push.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   frame   [wire version, type, session, number, reply to, lane = 0, body ...]
 *
 * body.c lists the items of each type. The scanner's rules and the header hold for every wire
 * version, so that a receiver can always say which version it speaks.
 */
#include "message.h"
#include "pack.h"
#include "scan.h"

#include <banyan/base/check.h>
#include <banyan/base/limits.h>
#include <banyan/base/version.h>

#define HEADER_ITEMS 6
#define FRAME_ITEMS_MAX 64

void bn_message_encode(const bn_message *message, bn_buf *out)
{
    size_t start = out->len;
    const bn_body *body = bn_body_of(message->type);
    BN_ASSERT(body != NULL);
    bn_pack_array(out, HEADER_ITEMS + body->items);
    bn_pack_uint(out, BN_WIRE_VERSION);
    bn_pack_uint(out, message->type);
    bn_pack_uint(out, message->session);
    bn_pack_uint(out, message->number);
    bn_pack_uint(out, message->reply_to);
    bn_pack_uint(out, 0);
    body->pack(message, out);
    if (out->len - start > BN_FRAME_BYTES_MAX) {
        bn_pack_refuse(out, BN_E_LIMIT);
    }
}

/* Reads up to the body. *version gets the wire version; type and lane are checked only when it
 * is ours. */
static const bn_body *read_header(bn_reader *r, uint64_t *version, bn_message *out)
{
    size_t items = bn_read_array(r, HEADER_ITEMS, FRAME_ITEMS_MAX);
    *version = bn_read_uint(r, UINT16_MAX);
    uint64_t type = bn_read_uint(r, UINT16_MAX);
    out->type = (bn_message_type)type;
    out->session = bn_read_uint(r, UINT64_MAX);
    out->number = bn_read_uint(r, UINT64_MAX);
    out->reply_to = bn_read_uint(r, UINT64_MAX);
    if (!bn_reader_ok(r) || *version != BN_WIRE_VERSION) {
        return NULL;
    }
    bn_read_uint(r, 0);
    const bn_body *body = bn_body_of(type);
    if (body == NULL) {
        bn_reader_fail(r, BN_E_FORMAT, "unknown type of message");
    } else if (items != HEADER_ITEMS + body->items) {
        bn_reader_fail(r, BN_E_FORMAT, "not the number of items this message has");
    }
    return body;
}

bn_rc bn_message_decode(bn_slice frame, bn_arena *arena, bn_message *out, bn_err *err)
{
    bn_scan_fault fault;
    if (frame.len > BN_FRAME_BYTES_MAX) {
        return bn_fail(err, BN_E_LIMIT, "frame: %zu bytes, limit %d", frame.len,
                       BN_FRAME_BYTES_MAX);
    }
    bn_rc rc = bn_scan(frame, &fault);
    if (rc != BN_OK) {
        return bn_fail(err, rc, "frame: byte %zu: %s", fault.offset, fault.reason);
    }
    bn_message message = {0};
    uint64_t version = 0;
    bn_reader r;
    bn_reader_init(&r, frame);
    const bn_body *body = read_header(&r, &version, &message);
    BN_TRY(bn_reader_status(&r, "frame", err));
    if (body == NULL) {
        *out = message;
        return bn_fail(err, BN_E_UNSUPPORTED, "frame: wire version %u, ours is %d",
                       (unsigned)version, BN_WIRE_VERSION);
    }
    body->read(&r, arena, &message);
    BN_TRY(bn_reader_end(&r, bn_message_name(message.type), err));
    *out = message;
    return BN_OK;
}

bn_rc bn_push_next_op(bn_slice *rest, bn_slice *op, bn_err *err)
{
    bn_reader r;
    bn_reader_init(&r, *rest);
    bn_slice bytes = bn_read_bytes(&r, 1, BN_OP_BYTES_MAX);
    BN_TRY(bn_reader_status(&r, "push", err));
    *op = bytes;
    *rest = bn_slice_make(r.at, (size_t)(r.end - r.at));
    return BN_OK;
}

void bn_push_append_op(bn_buf *ops, bn_slice op)
{
    if (op.len == 0 || op.len > BN_OP_BYTES_MAX) {
        bn_pack_refuse(ops, op.len == 0 ? BN_E_INVALID : BN_E_LIMIT);
        return;
    }
    bn_pack_bytes(ops, op.data, op.len);
}
