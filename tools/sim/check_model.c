/* check_model.c - the server against the naive model: outcomes, values, elements, conflicts.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "check.h"
#include "model.h"

/* Since when does the branch hold the record, as ENTER and LEAVE commits before `at` tell? A record
 * without any is one the branch made. */
static bool was_in_view(const sim_log *log, const bn_commit_view *commit)
{
    uint64_t since = 0;
    for (size_t i = 0; i + 1 < commit->cseq; i++) {
        const bn_commit_view *c = &log->commits[i];
        if (!c->has_op && c->dot.oseq == 0 && c->kind == commit->kind &&
            bn_id_equal(c->id, commit->id) && c->branch == commit->branch) {
            since = c->cseq;
        }
    }
    return since <= commit->op.cursor;
}

static bool is_refused(bn_outcome outcome)
{
    return outcome == BN_OUTCOME_QUARANTINED || outcome == BN_OUTCOME_HELD;
}

static void replay(const sim_log *log, model *m)
{
    for (size_t i = 0; i < log->count && !log->world->has_failed; i++) {
        const bn_commit_view *commit = &log->commits[i];
        if (!commit->has_op) {
            continue;
        }
        if (is_refused(commit->outcome)) {
            model_refused(m, commit);
            continue;
        }
        if (bn_slice_starts(commit->reason, BN_SLICE("rule: "))) {
            model_record *record = model_find(m, commit->kind, commit->id);
            if (record != NULL) {
                record->is_unknown = true;
            }
        }
        bn_outcome expected = model_commit(m, commit, was_in_view(log, commit));
        if (expected != commit->outcome) {
            sim_fail(log->world, 10, "commit %llu (op %u.%llu, kind %u) became %s, the rules say "
                     "%s", (unsigned long long)commit->cseq, commit->dot.origin,
                     (unsigned long long)commit->dot.oseq, commit->kind,
                     bn_outcome_name(commit->outcome), bn_outcome_name(expected));
        }
    }
}

static void differs(const sim_log *log, const model_record *record, unsigned field,
                    const char *what, bn_dot server, bn_dot rules)
{
    char id[BN_ID_TEXT_BYTES];
    bn_id_format(record->id, id);
    sim_fail(log->world, 10, "kind %u %s field %u: %s: server %u.%llu, rules %u.%llu",
             record->kind, id, field, what, server.origin, (unsigned long long)server.oseq,
             rules.origin, (unsigned long long)rules.oseq);
}

static void compare_cells(const sim_log *log, const model_record *record, const bn_record *stored)
{
    for (uint16_t f = 0; f <= BN_FIELDS_MAX; f++) {
        const bn_cell *expected = &record->cells[f];
        const bn_cell *found = bn_record_cell(stored, f);
        if ((found != NULL) != (expected->stamp.cseq != 0)) {
            differs(log, record, f, "written or not",
                    found != NULL ? found->stamp.dot : (bn_dot){0}, expected->stamp.dot);
        } else if (found != NULL && !bn_dot_equal(found->stamp.dot, expected->stamp.dot)) {
            differs(log, record, f, "in force", found->stamp.dot, expected->stamp.dot);
        } else if (found != NULL && !bn_value_equal(found->value, expected->value)) {
            differs(log, record, f, "value", found->stamp.dot, expected->stamp.dot);
        } else if (found != NULL && found->stamp.hlc.value != expected->stamp.hlc.value) {
            differs(log, record, f, "clock", found->stamp.dot, expected->stamp.dot);
        }
    }
}

static void compare_items(const sim_log *log, const model_record *record, const bn_record *stored)
{
    for (size_t i = 0; i < record->items_count; i++) {
        const model_item *expected = &record->items[i];
        bool is_there = false;
        for (size_t j = 0; j < stored->items_count && !is_there; j++) {
            const bn_cell *item = &stored->items[j];
            is_there = item->field == expected->field &&
                       bn_dot_equal(item->stamp.dot, expected->dot) &&
                       bn_value_equal(item->value, expected->value);
        }
        if (!is_there) {
            differs(log, record, expected->field, "an element is missing", (bn_dot){0},
                    expected->dot);
            return;
        }
    }
    if (stored->items_count != record->items_count) {
        differs(log, record, stored->items[0].field, "too many elements",
                (bn_dot){0, stored->items_count}, (bn_dot){0, record->items_count});
    }
}

static void compare_records(const sim_log *log, const model *m)
{
    bn_server_reader reader = log->reader;
    bn_record_source source = bn_server_source(&reader);
    for (size_t i = 0; i < m->records_count && !log->world->has_failed; i++) {
        const model_record *record = m->records[i];
        bn_record stored;
        bn_err err = {0};
        bn_rc rc = source.get(source.context, record->kind, record->id, &log->world->arena, &stored,
                              &err);
        if (rc != BN_OK) {
            differs(log, record, 0, "not at the server", (bn_dot){0}, record->cells[0].stamp.dot);
        } else if (!record->is_unknown) {
            compare_cells(log, record, &stored);
            compare_items(log, record, &stored);
        }
    }
}

static void trace_candidates(const sim_log *log, const model_conflict *expected,
                             const bn_conflict *found)
{
    sim_trace(log->world, 0, "conflict", "field %u base %u.%llu", found->field,
              found->base.origin, (unsigned long long)found->base.oseq);
    for (size_t i = 0; i < found->candidates_count; i++) {
        sim_trace(log->world, 0, "  server", "%u.%llu", found->candidates[i].dot.origin,
                  (unsigned long long)found->candidates[i].dot.oseq);
    }
    for (size_t i = 0; i < expected->candidates_count; i++) {
        sim_trace(log->world, 0, "  rules", "%u.%llu", expected->candidates[i].dot.origin,
                  (unsigned long long)expected->candidates[i].dot.oseq);
    }
}

static void compare_conflict(const sim_log *log, const model_conflict *expected,
                             const bn_conflict *found)
{
    char id[BN_ID_TEXT_BYTES];
    bn_id_format(expected->entity, id);
    if (found->state != expected->state || found->candidates_count != expected->candidates_count) {
        sim_fail(log->world, 10, "conflict of kind %u %s field %u: server %s with %zu candidates, "
                 "rules %s with %zu", expected->kind, id, expected->field,
                 bn_conflict_state_name(found->state), found->candidates_count,
                 bn_conflict_state_name(expected->state), expected->candidates_count);
        trace_candidates(log, expected, found);
        return;
    }
    for (size_t i = 0; i < expected->candidates_count; i++) {
        if (bn_conflict_candidate(found, expected->candidates[i].dot) == NULL) {
            sim_fail(log->world, 10, "conflict of kind %u %s field %u: candidate %u.%llu is "
                     "missing", expected->kind, id, expected->field,
                     expected->candidates[i].dot.origin,
                     (unsigned long long)expected->candidates[i].dot.oseq);
            trace_candidates(log, expected, found);
        }
    }
}

static void compare_conflicts(const sim_log *log, const model *m)
{
    bn_server_reader reader = log->reader;
    bn_conflict found;
    bn_err err = {0};
    size_t count = 0;
    bn_id after = {0};
    for (size_t i = 0; i < m->conflicts_count && !log->world->has_failed; i++) {
        const model_conflict *expected = m->conflicts[i];
        if (bn_server_conflict_get(&reader, expected->id, &log->world->arena, &found, &err) !=
            BN_OK) {
            char id[BN_ID_TEXT_BYTES];
            bn_id_format(expected->entity, id);
            sim_fail(log->world, 10, "a conflict of kind %u %s field %u was missed",
                     expected->kind, id, expected->field);
        } else {
            compare_conflict(log, expected, &found);
        }
    }
    while (bn_server_conflict_next(&reader, NULL, after, &log->world->arena, &found, &err) ==
           BN_OK) {
        after = found.id;
        count++;
    }
    if (count != m->conflicts_count) {
        sim_fail(log->world, 9, "the server has %zu conflicts, the rules say %zu", count,
                 m->conflicts_count);
    }
}

void sim_check_model(const sim_log *log)
{
    model m = {0};
    replay(log, &m);
    if (!log->world->has_failed) {
        compare_records(log, &m);
        compare_conflicts(log, &m);
    }
    model_fini(&m);
}
