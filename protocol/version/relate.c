/* relate.c - had the author of a write seen what it replaces?
 * SPDX-License-Identifier: Apache-2.0
 *
 *   current ──written by── (7, 41)        base of the op ──► (7, 44)  own, lost
 *                             ▲                                  │ made from
 *                             └────────── own, quarantined ◄── (7, 43)
 *
 * The base names what the author saw. When that is an own write which never came into force, the
 * author built on something only he had: what counts is what that write was made from, and so on
 * back. Every hop leads to an earlier op, and there are at most BN_BASE_HOPS_MAX.
 */
#include <banyan/base/limits.h>
#include <banyan/protocol/version.h>

/* True, and *base moved back, when it is an own write not in force. */
static bool follow(const bn_relation_input *input, bn_dot *base)
{
    if (bn_dot_is_none(*base) || base->origin != input->origin || input->fate_of == NULL) {
        return false;
    }
    bn_dot before = {0, 0};
    if (input->fate_of(input->context, *base, input->field, &before) != BN_FATE_NOT_IN_FORCE) {
        return false;
    }
    *base = before;
    return true;
}

bn_relation bn_relate(const bn_relation_input *input, bn_dot *effective_base)
{
    bn_dot base = input->base;
    unsigned hops = 0;
    while (!bn_dot_equal(base, input->current.dot) && hops < BN_BASE_HOPS_MAX &&
           follow(input, &base)) {
        hops++;
    }
    *effective_base = base;
    if (bn_dot_equal(base, input->current.dot)) {
        return BN_CAUSAL;
    }
    if (input->blind && input->current.cseq <= input->cursor &&
        input->enter_cseq <= input->cursor) {
        return BN_CAUSAL;
    }
    return BN_CONCURRENT;
}
