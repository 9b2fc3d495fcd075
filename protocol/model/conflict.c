/* conflict.c - reading a conflict record.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <banyan/protocol/conflict.h>

const char *bn_conflict_state_name(bn_conflict_state state)
{
    switch (state) {
    case BN_CONFLICT_OPEN:
        return "open";
    case BN_CONFLICT_AUTO:
        return "auto";
    case BN_CONFLICT_RESOLVED:
        return "resolved";
    case BN_CONFLICT_SUPERSEDED:
        return "superseded";
    case BN_CONFLICT_UNDONE:
        return "undone";
    }
    return "unknown";
}

const bn_candidate *bn_conflict_candidate(const bn_conflict *conflict, bn_dot dot)
{
    for (size_t i = 0; i < conflict->candidates_count; i++) {
        if (bn_dot_equal(conflict->candidates[i].dot, dot)) {
            return &conflict->candidates[i];
        }
    }
    return NULL;
}
