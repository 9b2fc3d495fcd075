/* bases.h - what a change was made from.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_BRANCH_CLIENT_BASES_H
#define BANYAN_BRANCH_CLIENT_BASES_H

#include <banyan/protocol/record.h>

/* Gives each SET its base: the dot of what `shown` holds, for a field of a group that of the
 * group. Unless `as_shown`, the base a change brings must be that dot: BN_E_STALE, and
 * *stale_field and *stale_dot say where and what is there now. */
BN_CHECKED bn_rc bn_branch_bases(const bn_kind_def *kind, const bn_record *shown, bool as_shown,
                                 bn_change *changes, size_t changes_count, uint16_t *stale_field,
                                 bn_dot *stale_dot, bn_err *err);

#endif
