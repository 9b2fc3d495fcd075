/* filter.h - does a record pass the filters of a query?
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_CORE_QUERY_FILTER_H
#define BANYAN_CORE_QUERY_FILTER_H

#include <banyan/core/query.h>

/* Filters made ready once per query: definitions looked up, texts to look for folded. */
typedef struct bn_filter_set {
    struct {
        bn_filter filter;
        const bn_field_def *field;
        bn_slice folded; /* of CONTAINS */
    } one[BN_FILTERS_MAX];
    size_t count;
    bn_buf scratch; /* folded text of the record looked at */
} bn_filter_set;

/* Folded texts live in `arena`. BN_E_INVALID for a filter its field cannot answer. */
BN_CHECKED bn_rc bn_filter_set_init(bn_filter_set *set, const bn_kind_def *kind,
                                    const bn_filter *filters, size_t count, bn_arena *arena,
                                    bn_err *err);
void bn_filter_set_fini(bn_filter_set *set);

bool bn_filter_set_passes(bn_filter_set *set, const bn_record *record);

#endif
