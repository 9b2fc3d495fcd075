/* check_log.c - invariants of the commit log alone.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "check.h"

#define ORIGINS_MAX (SIM_NODES_MAX + 4)

/* commits[i] is commit i + 1. */
void sim_check_dense(const sim_log *log)
{
    for (size_t i = 0; i < log->count; i++) {
        if (log->commits[i].cseq != i + 1) {
            sim_fail(log->world, 4, "commit %zu says it is %llu", i + 1,
                     (unsigned long long)log->commits[i].cseq);
        }
    }
}

static bool is_first_decision(const bn_commit_view *commit)
{
    return commit->dot.oseq != 0 && !commit->retried;
}

/* One commit per dot; and a save repeated with its request id exists once. */
void sim_check_once(const sim_log *log)
{
    for (size_t i = 0; i < log->count; i++) {
        const bn_commit_view *a = &log->commits[i];
        for (size_t j = i + 1; j < log->count && is_first_decision(a); j++) {
            const bn_commit_view *b = &log->commits[j];
            if (is_first_decision(b) && bn_dot_equal(a->dot, b->dot) && a->has_op == b->has_op) {
                sim_fail(log->world, 2, "op %u.%llu was decided at commit %llu and again at %llu",
                         a->dot.origin, (unsigned long long)a->dot.oseq,
                         (unsigned long long)a->cseq, (unsigned long long)b->cseq);
                return;
            }
            bool both_again = a->has_op && b->has_op && a->op.changes_count >= 2 &&
                              b->op.changes_count >= 2 && a->kind == BN_KIND_CUSTOMER &&
                              bn_id_equal(a->id, b->id) && is_first_decision(b) &&
                              a->op.changes[0].field == BN_FIELD_EXISTENCE &&
                              b->op.changes[0].field == BN_FIELD_EXISTENCE &&
                              bn_dot_is_none(b->op.changes[0].base) &&
                              bn_dot_is_none(a->op.changes[0].base);
            if (both_again) {
                sim_fail(log->world, 2, "one save made ops %u.%llu and %u.%llu", a->dot.origin,
                         (unsigned long long)a->dot.oseq, b->dot.origin,
                         (unsigned long long)b->dot.oseq);
                return;
            }
        }
    }
}

/* Ops of an origin are decided in order 1, 2, 3 ... */
void sim_check_gaps(const sim_log *log)
{
    uint64_t last[ORIGINS_MAX] = {0};
    for (size_t i = 0; i < log->count; i++) {
        const bn_commit_view *commit = &log->commits[i];
        if (!is_first_decision(commit) || commit->dot.origin >= ORIGINS_MAX) {
            continue;
        }
        if (commit->dot.oseq != last[commit->dot.origin] + 1 &&
            (commit->has_op || commit->dot.oseq != last[commit->dot.origin])) {
            sim_fail(log->world, 3, "commit %llu is op %u.%llu, the one before was %llu",
                     (unsigned long long)commit->cseq, commit->dot.origin,
                     (unsigned long long)commit->dot.oseq,
                     (unsigned long long)last[commit->dot.origin]);
            return;
        }
        last[commit->dot.origin] = commit->dot.oseq;
    }
}

void sim_check_clock(const sim_log *log)
{
    uint64_t last[ORIGINS_MAX] = {0};
    for (size_t i = 0; i < log->count; i++) {
        const bn_commit_view *commit = &log->commits[i];
        uint32_t origin = commit->dot.origin;
        if (!is_first_decision(commit) || !commit->has_op || origin >= ORIGINS_MAX ||
            origin == sim_foe_origin(log->world)) {
            continue;
        }
        if (commit->op.hlc.value <= last[origin]) {
            sim_fail(log->world, 15, "op %u.%llu is not stamped above the one before it", origin,
                     (unsigned long long)commit->dot.oseq);
            return;
        }
        last[origin] = commit->op.hlc.value;
    }
}

void sim_check_containment(const sim_log *log)
{
    for (size_t i = 0; i < log->count; i++) {
        const bn_commit_view *commit = &log->commits[i];
        uint64_t limit = commit->wall_ms + BN_CLOCK_AHEAD_MAX_MS;
        if (commit->has_op && bn_hlc_ms(commit->hlc_effective) > limit) {
            sim_fail(log->world, 16, "commit %llu counts as made at %llu, the server's clock said "
                     "%llu", (unsigned long long)commit->cseq,
                     (unsigned long long)bn_hlc_ms(commit->hlc_effective),
                     (unsigned long long)commit->wall_ms);
            return;
        }
    }
}

void sim_check_revoked(const sim_log *log)
{
    for (size_t i = 0; i < log->count; i++) {
        const bn_commit_view *commit = &log->commits[i];
        const sim_node *node = sim_node_of_origin(log->world, commit->dot.origin);
        if (node != NULL && node->is_revoked && commit->cseq > node->revoked_at &&
            is_first_decision(commit) && commit->has_op) {
            sim_fail(log->world, 33, "op %u.%llu was committed as %llu, its branch was revoked "
                     "at %llu", commit->dot.origin, (unsigned long long)commit->dot.oseq,
                     (unsigned long long)commit->cseq, (unsigned long long)node->revoked_at);
            return;
        }
    }
}

/* Whoever signs as mallory is mallory, and commits carry the branch of their origin. */
void sim_check_identity(const sim_log *log)
{
    uint32_t foe = sim_foe_origin(log->world);
    for (size_t i = 0; i < log->count; i++) {
        const bn_commit_view *commit = &log->commits[i];
        const sim_node *node = sim_node_of_origin(log->world, commit->dot.origin);
        if (!commit->has_op) {
            continue;
        }
        bool is_mallory = bn_slice_is(commit->op.actor, "mallory");
        if (is_mallory != (foe != 0 && commit->dot.origin == foe)) {
            sim_fail(log->world, 34, "commit %llu of origin %u was made by %.*s",
                     (unsigned long long)commit->cseq, commit->dot.origin,
                     BN_SLICE_ARG(commit->op.actor));
            return;
        }
        if (node != NULL && commit->branch != node->number) {
            sim_fail(log->world, 34, "commit %llu of origin %u is booked on branch %u, not %u",
                     (unsigned long long)commit->cseq, commit->dot.origin, commit->branch,
                     node->number);
            return;
        }
    }
}

/* Every forged op is in quarantine with a reason, however often it is tried. */
void sim_check_poison(const sim_log *log)
{
    for (size_t i = 0; i < log->count; i++) {
        const bn_commit_view *commit = &log->commits[i];
        if (commit->dot.oseq == 0 || !sim_foe_must_be_refused(log->world, commit->dot)) {
            continue;
        }
        if (commit->outcome != BN_OUTCOME_QUARANTINED && commit->outcome != BN_OUTCOME_HELD) {
            sim_fail(log->world, 22, "forged op %u.%llu was decided %s at commit %llu",
                     commit->dot.origin, (unsigned long long)commit->dot.oseq,
                     bn_outcome_name(commit->outcome), (unsigned long long)commit->cseq);
            return;
        }
        bn_quarantined row;
        bn_err err = {0};
        bn_server_reader reader = log->reader;
        bn_rc rc = bn_server_quarantine_get(&reader, commit->dot, &log->world->arena, &row, &err);
        if (rc != BN_OK || row.reason.len == 0) {
            sim_fail(log->world, 22, "forged op %u.%llu is not in quarantine with a reason",
                     commit->dot.origin, (unsigned long long)commit->dot.oseq);
            return;
        }
    }
}

static void check_group(const sim_log *log, const bn_record *record)
{
    const bn_kind_def *kind = bn_schema_kind(record->kind);
    for (size_t i = 0; i < record->cells_count; i++) {
        const bn_field_def *a = bn_schema_field(kind, record->cells[i].field);
        for (size_t j = i + 1; j < record->cells_count && a != NULL && a->group != 0; j++) {
            const bn_field_def *b = bn_schema_field(kind, record->cells[j].field);
            if (b != NULL && b->group == a->group &&
                !bn_dot_equal(record->cells[i].stamp.dot, record->cells[j].stamp.dot)) {
                char id[BN_ID_TEXT_BYTES];
                bn_id_format(record->id, id);
                sim_fail(log->world, 12, "%s %s: fields %u and %u of one group carry two dots",
                         kind->name, id, a->number, b->number);
                return;
            }
        }
    }
}

void sim_check_groups(const sim_log *log)
{
    size_t kinds = 0;
    const bn_kind_def *all = bn_schema_kinds(&kinds);
    bn_server_reader reader = log->reader;
    bn_record_source source = bn_server_source(&reader);
    bn_err err = {0};
    for (size_t i = 0; i < kinds; i++) {
        bn_id id = {0};
        bn_record record;
        while (source.next_id(source.context, (uint16_t)all[i].kind, id, &id, &err) == BN_OK) {
            if (source.get(source.context, (uint16_t)all[i].kind, id, &log->world->arena, &record,
                           &err) == BN_OK) {
                check_group(log, &record);
            }
        }
    }
}
