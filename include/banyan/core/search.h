/* search.h - free search over customers: one packed column in memory, scanned.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A customer is one entry of some 55 bytes: folded names, pinyin, initials, customer number,
 * tails of phones and documents; with id and look-up some 100. 200,000 customers are about 20 MB
 * and scan in one to a few milliseconds, with substrings and ranking no token index gives. Loaded
 * at start, kept current by the write path.
 */
#ifndef BANYAN_CORE_SEARCH_H
#define BANYAN_CORE_SEARCH_H

#include <banyan/protocol/record.h>

typedef struct bn_search_column bn_search_column;

BN_CHECKED bn_rc bn_search_create(bn_search_column **out);
void bn_search_destroy(bn_search_column **column);

/* Puts, replaces or (when the record does not exist any more) removes the entry of a customer. */
BN_CHECKED bn_rc bn_search_put(bn_search_column *column, const bn_record *record, bn_err *err);
void bn_search_remove(bn_search_column *column, bn_id id);
size_t bn_search_count(const bn_search_column *column);
size_t bn_search_bytes(const bn_search_column *column);

typedef struct bn_search_hit {
    bn_id id;
    uint32_t rank; /* smaller is better: exact, prefix, initials, substring, tail */
} bn_search_hit;

/* Best hits first, ties by id; at most hits_max and BN_PAGE_ROWS_MAX. Chinese, pinyin
 * ("wangxiaoming", "wang xiao"), initials ("wxm"), parts of Western names, customer number, tails
 * of 3 or more digits. Text beyond 200 bytes is BN_E_LIMIT. */
BN_CHECKED bn_rc bn_search_find(const bn_search_column *column, bn_slice text, bn_search_hit *hits,
                                size_t hits_max, size_t *hits_count, bn_err *err);

#endif
