/* scan.c - walks msgpack bytes once, without allocating, before anybody believes them.
 * SPDX-License-Identifier: Apache-2.0
 *
 * open[d] counts the items still missing of the array d levels down:
 *
 *   93 01 92 a1 61 c0 07        depth 1: [3]  after 93
 *   |  |  |  |     |  `- [0]    depth 2: [1, 2] after 92; [1, 1] after a1 61; [1, 0] after c0
 *   array   array               a 0 on top closes its level; no level left: the item is whole
 *
 * Each step consumes at least one byte, so the walk ends; depth and items have fixed limits.
 */
#include "scan.h"
#include "token.h"

#include <banyan/base/limits.h>

typedef struct walk {
    uint64_t open[BN_SCAN_DEPTH_MAX];
    size_t depth;
    size_t items;
} walk;

/* One token and the bytes that belong to it. NULL, or why not. */
static const char *step(walk *w, const uint8_t **at, const uint8_t *end, bn_rc *rc)
{
    const uint8_t *start = *at;
    bn_token token;
    *rc = BN_E_FORMAT;
    const char *reason = bn_token_take(at, end, &token);
    if (reason != NULL) {
        return reason;
    }
    if (token.type == BN_TOKEN_TEXT && !bn_text_is_clean(bn_slice_make(*at, token.number))) {
        *at = start;
        return "text is not clean UTF-8";
    }
    *rc = BN_E_LIMIT;
    if (++w->items > BN_SCAN_NODES_MAX ||
        (token.type == BN_TOKEN_ARRAY && token.number > 0 && w->depth == BN_SCAN_DEPTH_MAX)) {
        *at = start;
        return w->items > BN_SCAN_NODES_MAX ? "too many items" : "nested too deeply";
    }
    if (w->depth > 0) {
        w->open[w->depth - 1]--;
    }
    if (token.type == BN_TOKEN_TEXT || token.type == BN_TOKEN_BYTES) {
        *at += token.number;
    } else if (token.type == BN_TOKEN_ARRAY && token.number > 0) {
        w->open[w->depth++] = token.number;
    }
    while (w->depth > 0 && w->open[w->depth - 1] == 0) {
        w->depth--;
    }
    return NULL;
}

bn_rc bn_scan_first(bn_slice bytes, size_t *len, bn_scan_fault *fault)
{
    const uint8_t *at = bytes.data;
    const uint8_t *end = bytes.data + bytes.len;
    walk w = {.depth = 0};
    do {
        bn_rc rc = BN_OK;
        const char *reason = step(&w, &at, end, &rc);
        if (reason != NULL) {
            *fault = (bn_scan_fault){(size_t)(at - bytes.data), reason};
            return rc;
        }
    } while (w.depth > 0);
    *len = (size_t)(at - bytes.data);
    return BN_OK;
}

bn_rc bn_scan(bn_slice bytes, bn_scan_fault *fault)
{
    size_t len = 0;
    BN_TRY(bn_scan_first(bytes, &len, fault));
    if (len != bytes.len) {
        *fault = (bn_scan_fault){len, "bytes behind the end"};
        return BN_E_FORMAT;
    }
    return BN_OK;
}
