/* desk.h - what both programs can do with records, as one table of functions.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   operations (core/api) ── bn_desk ──► branch: confirmed records and overlay, saves wait
 *                                   └──► server: committed records, saves are decided at once
 *
 * The operations of core/api know nothing of either engine. All calls belong to one thread, and
 * what they hand out lives in the arena passed in.
 */
#ifndef BANYAN_CORE_DESK_H
#define BANYAN_CORE_DESK_H

#include <banyan/base/limits.h>
#include <banyan/core/draft.h>
#include <banyan/core/kv.h>
#include <banyan/core/ports.h>
#include <banyan/core/records.h>
#include <banyan/core/search.h>
#include <banyan/protocol/conflict.h>
#include <banyan/protocol/effect.h>

#define BN_DESK_REASON_BYTES 160
#define BN_DESK_ROWS_MAX BN_PAGE_ROWS_MAX /* rows of one save_rows() */

/* What became of one save. */
typedef struct bn_desk_saved {
    bn_saved saved;
    bn_outcome outcome; /* 0: it waits for the server */
    char reason[BN_DESK_REASON_BYTES];
} bn_desk_saved;

/* One row of many: each is saved or refused by itself. */
typedef struct bn_desk_row {
    bn_rc code;
    bn_desk_saved done; /* when code is BN_OK */
    bn_stale stale;
    bn_err err;
} bn_desk_row;

/* One change in the life of a record. */
typedef struct bn_desk_event {
    bn_dot dot;
    uint64_t cseq;    /* 0: waiting */
    uint64_t wall_ms; /* when it was made */
    uint32_t branch;  /* 0: head office */
    bn_slice actor;
    bn_outcome outcome; /* 0: waiting */
    bn_slice reason;
    bn_slice note; /* of a decision, where it is kept: at head office */
    const bn_change *changes;
    size_t changes_count;
} bn_desk_event;
typedef bn_rc (*bn_desk_event_row)(void *context, const bn_desk_event *event, bn_err *err);

typedef struct bn_desk_filter { /* of conflicts; 0: any */
    bn_conflict_state state;
    uint32_t branch; /* one of its candidates is of this branch */
    uint16_t kind;
} bn_desk_filter;

typedef struct bn_desk {
    /* One consistent view; not nested. What `out` gives lives in the arena handed to it. */
    bn_rc (*read_begin)(void *role, bn_record_source *out, bn_err *err);
    void (*read_end)(void *role);

    bn_rc (*find)(void *role, uint16_t kind, uint16_t field, bn_value value, bn_id after,
                  bn_id *ids, size_t ids_max, size_t *ids_count, bn_err *err);
    bn_rc (*search)(void *role, bn_slice text, bn_search_hit *hits, size_t hits_max,
                    size_t *hits_count, bn_err *err);
    bool (*search_ready)(void *role); /* false: part of the customers is not searched yet */
    bn_rc (*is_waiting)(void *role, uint16_t kind, bn_id id, bool *out, bn_err *err);
    bool (*branch_of)(void *role, uint32_t origin, uint32_t *branch); /* false: not known here */

    /* `request` (NULL: none) makes a repetition harmless. BN_E_STALE fills *stale. */
    bn_rc (*save)(void *role, const bn_draft *draft, const bn_id *request, bn_desk_saved *out,
                  bn_stale *stale, bn_err *err);
    /* count <= BN_DESK_ROWS_MAX; requests[i] belongs to drafts[i] (NULL: none). BN_OK when every
     * row has its code; anything else is about all of them. */
    bn_rc (*save_rows)(void *role, const bn_draft *drafts, size_t count, const bn_id *requests,
                       bn_desk_row *rows, bn_err *err);

    /* Oldest first, at most events_max. */
    bn_rc (*history)(void *role, uint16_t kind, bn_id id, size_t events_max, bn_desk_event_row row,
                     void *context, bn_err *err);

    bn_rc (*conflict_get)(void *role, bn_id id, bn_arena *arena, bn_conflict *out, bn_err *err);
    bn_rc (*conflict_next)(void *role, const bn_desk_filter *filter, bn_id after, bn_arena *arena,
                           bn_conflict *out, bn_err *err); /* BN_E_NOT_FOUND at the end */
    bn_rc (*conflicts_of)(void *role, uint16_t kind, bn_id entity, bn_id *ids, size_t ids_max,
                          size_t *ids_count, bn_err *err);
} bn_desk;

#endif
