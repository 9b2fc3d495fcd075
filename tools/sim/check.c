/* check.c - the list of invariants, those checked at every step, and those that compare nodes.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "check.h"

const sim_node *sim_node_of_origin(const sim_world *world, uint32_t origin)
{
    for (unsigned i = 1; i < world->nodes_count && origin != 0; i++) {
        if (world->nodes[i].origin == origin) {
            return &world->nodes[i];
        }
    }
    return NULL;
}

/* --- when the world is quiet -------- */
static void check_acks(const sim_log *log)
{
    sim_world *world = log->world;
    for (unsigned i = 1; i < world->nodes_count; i++) {
        const sim_node *node = &world->nodes[i];
        bn_branch_status status;
        bn_err err = {0};
        if (bn_server_branch_show(world->server, node->number, &status, &err) != BN_OK) {
            sim_fail(world, 1, "branch %u is not known any more: %s", node->number, err.text);
        } else if (status.oseq_committed < node->acked) {
            sim_fail(world, 1, "branch %u: op %llu was acknowledged, the server has %llu",
                     node->number, (unsigned long long)node->acked,
                     (unsigned long long)status.oseq_committed);
        }
    }
}

static void check_digests(const sim_log *log)
{
    sim_world *world = log->world;
    for (unsigned i = 1; i < world->nodes_count; i++) {
        sim_node *node = &world->nodes[i];
        bn_digest here = {0};
        bn_digest there = {0};
        bn_err err = {0};
        if (node->is_revoked) {
            continue;
        }
        bn_rc rc = bn_branch_digest(node->branch, &here, &err);
        if (rc == BN_OK) {
            rc = bn_server_view_digest(world->server, node->number, &there, &err);
        }
        if (rc != BN_OK) {
            sim_fail(world, 5, "branch %u: digest: %s", node->number, err.text);
        } else if (memcmp(here.sum, there.sum, sizeof here.sum) != 0 ||
                   here.records_count != there.records_count) {
            sim_diff_view(world, node);
            sim_fail(world, 5, "branch %u holds %llu records, its view at the server has %llu, "
                     "and their digests differ", node->number,
                     (unsigned long long)here.records_count,
                     (unsigned long long)there.records_count);
        }
    }
}

static void finding(void *context, const char *text)
{
    sim_world *world = context;
    sim_trace(world, 0, "finding", "%s", text);
    sim_fail(world, 6, "verify: %s", text);
}

static void check_replay(const sim_log *log)
{
    sim_world *world = log->world;
    bn_server_proof proof = {0};
    bn_err err = {0};
    bn_rc rc = bn_server_verify(world->server, finding, world, &proof, &err);
    if (rc != BN_OK) {
        sim_fail(world, 6, "the server's verify says %s: %s", bn_rc_text(rc), err.text);
    }
    for (unsigned i = 1; i < world->nodes_count && !world->has_failed; i++) {
        uint64_t rows = 0;
        rc = bn_branch_verify(world->nodes[i].branch, finding, world, &rows, &err);
        if (rc != BN_OK) {
            sim_fail(world, 6, "branch %u: verify says %s: %s", world->nodes[i].number,
                     bn_rc_text(rc), err.text);
        }
    }
}

/* Whatever a save returned is committed, unless the branch was revoked meanwhile. */
static void check_saves(const sim_log *log)
{
    sim_world *world = log->world;
    for (unsigned i = 1; i < world->nodes_count; i++) {
        const sim_node *node = &world->nodes[i];
        bn_branch_counts counts;
        bn_branch_status status;
        bn_err err = {0};
        bn_branch_get_counts(node->branch, &counts);
        if (counts.oseq_last < node->saved_dots) {
            sim_fail(world, 8, "branch %u: op %llu was saved, its log ends at %llu", node->number,
                     (unsigned long long)node->saved_dots, (unsigned long long)counts.oseq_last);
        }
        if (!node->is_revoked &&
            bn_server_branch_show(world->server, node->number, &status, &err) == BN_OK &&
            status.oseq_committed != counts.oseq_last) {
            sim_fail(world, 8, "branch %u: %llu ops saved, %llu committed", node->number,
                     (unsigned long long)counts.oseq_last,
                     (unsigned long long)status.oseq_committed);
        }
    }
}

static const sim_invariant invariants[] = {
    {0, "the engines report no error of their own", NULL},
    {4, "dense cseq", sim_check_dense},
    {1, "ack durability", check_acks},
    {2, "exactly once", sim_check_once},
    {3, "no gaps", sim_check_gaps},
    {34, "identity", sim_check_identity},
    {33, "revocation", sim_check_revoked},
    {22, "poison isolation", sim_check_poison},
    {8, "no silent loss", check_saves},
    {15, "hybrid clocks", sim_check_clock},
    {16, "clock containment", sim_check_containment},
    {10, "no missed conflict; outcomes and values as the model's", sim_check_model},
    {12, "group integrity", sim_check_groups},
    {5, "convergence", check_digests},
    {6, "replay", check_replay},
    {7, "arrival order does not matter (--permutations)", NULL},
    {9, "no false conflict", NULL},
    {11, "field independence (by the model)", NULL},
    {13, "form-open base", NULL},
    {14, "transactions are atomic at readers", NULL},
    {19, "resume sends nothing that is known to be committed", NULL},
    {21, "what is sent can be applied", NULL},
    {35, "branches never go back", NULL},
    {37, "a healed world drains", NULL},
};

const char *sim_check_name(int invariant)
{
    for (size_t i = 0; i < BN_COUNT(invariants); i++) {
        if (invariants[i].number == invariant) {
            return invariants[i].name;
        }
    }
    return "unknown";
}

void sim_check_list(void)
{
    for (int number = 0; number < 64; number++) {
        for (size_t i = 0; i < BN_COUNT(invariants); i++) {
            if (invariants[i].number == number) {
                printf("%3d  %s\n", number, invariants[i].name);
            }
        }
    }
}

/* --- reading the log -------- */
static bool read_log(sim_world *world, sim_log *log)
{
    bn_server_counts counts;
    bn_err err = {0};
    bn_server_get_counts(world->server, &counts);
    bn_arena_reset(&world->arena);
    *log = (sim_log){.world = world, .count = (size_t)counts.head};
    log->commits = bn_arena_array(&world->arena, log->count + 1, sizeof *log->commits);
    BN_ASSERT(log->commits != NULL);
    if (bn_server_read_begin(world->server, &log->reader, &err) != BN_OK) {
        sim_fail(world, 0, "server: read: %s", err.text);
        return false;
    }
    for (size_t i = 0; i < log->count; i++) {
        bn_rc rc = bn_server_commit_get(&log->reader, i + 1, &world->arena, &log->commits[i],
                                        &err);
        if (rc != BN_OK) {
            sim_fail(world, 4, "commit %zu of %zu: %s: %s", i + 1, log->count, bn_rc_text(rc),
                     err.text);
            return false;
        }
    }
    world->stats.commits += log->count;
    for (size_t i = 0; i <= BN_CONFLICT_UNDONE; i++) {
        world->stats.conflicts += counts.conflicts[i];
    }
    return true;
}

static void trace_log(const sim_log *log)
{
    for (size_t i = 0; i < log->count && log->world->options.trace; i++) {
        const bn_commit_view *c = &log->commits[i];
        char id[BN_ID_TEXT_BYTES];
        bn_id_format(c->id, id);
        sim_trace(log->world, 0, "commit", "%llu dot %u.%llu kind %u %s %s K %llu %.60s",
                  (unsigned long long)c->cseq, c->dot.origin, (unsigned long long)c->dot.oseq,
                  c->kind, id, bn_outcome_name(c->outcome),
                  c->has_op ? (unsigned long long)c->op.cursor : 0,
                  c->reason.len > 0 ? (const char *)bn_arena_cstr(&log->world->arena, c->reason)
                                    : "");
    }
}

void sim_check_end(sim_world *world)
{
    sim_log log = {0};
    if (read_log(world, &log)) {
        uint64_t hash = world->trace_hash; /* the log is not part of the timeline */
        trace_log(&log);
        world->trace_hash = hash;
        for (size_t i = 0; i < BN_COUNT(invariants) && !world->has_failed; i++) {
            if (invariants[i].check != NULL && invariants[i].number != 6) {
                invariants[i].check(&log);
            }
        }
        bn_server_read_end(&log.reader);
        if (!world->has_failed) {
            check_replay(&log);
        }
    }
    for (unsigned i = 1; i < world->nodes_count && !world->has_failed; i++) {
        bn_digest digest = {0};
        char text[33];
        bn_err err = {0};
        if (bn_branch_digest(world->nodes[i].branch, &digest, &err) == BN_OK) {
            bn_digest_format(&digest, text);
            sim_trace(world, i, "digest", "%s", text);
        }
    }
}

/* --- while the world runs -------- */
/* Invariant 14: a reader stands behind a whole transaction, never inside one. */
static void check_inside(sim_world *world, const sim_node *node, uint64_t at)
{
    bn_server_reader reader;
    bn_err err = {0};
    if (world->server == NULL || at == 0 ||
        bn_server_read_begin(world->server, &reader, &err) != BN_OK) {
        return;
    }
    bn_arena_reset(&world->wire_arena);
    bn_commit_view commit;
    while (at > 0) {
        bn_rc rc = bn_server_commit_get(&reader, at, &world->wire_arena, &commit, &err);
        if (rc != BN_OK || commit.has_op) {
            if (rc == BN_OK && (commit.op.flags & BN_OP_FLAG_MORE) != 0) {
                sim_fail(world, 14, "node %u stands at commit %llu, inside the transaction of "
                         "%u.%llu", node->index, (unsigned long long)at, commit.dot.origin,
                         (unsigned long long)commit.dot.oseq);
            }
            break;
        }
        at--;
    }
    bn_server_read_end(&reader);
}

void sim_check_step(sim_world *world, sim_node *node)
{
    if (!node->is_up || node->index == 0 || node->branch == NULL || world->has_failed) {
        return;
    }
    bn_branch_counts counts;
    bn_branch_get_counts(node->branch, &counts);
    if (counts.cursor < node->last_cursor) {
        sim_fail(world, 35, "branch %u: K went from %llu back to %llu", node->number,
                 (unsigned long long)node->last_cursor, (unsigned long long)counts.cursor);
    }
    if (counts.oseq_last < node->last_oseq || counts.oseq_last < node->saved_dots) {
        sim_fail(world, 35, "branch %u: its log went from op %llu back to %llu", node->number,
                 (unsigned long long)node->last_oseq, (unsigned long long)counts.oseq_last);
    }
    if (counts.oseq_confirmed > counts.oseq_last || counts.oseq_acked > counts.oseq_last) {
        sim_fail(world, 35, "branch %u: confirmed %llu, acknowledged %llu, saved %llu",
                 node->number, (unsigned long long)counts.oseq_confirmed,
                 (unsigned long long)counts.oseq_acked, (unsigned long long)counts.oseq_last);
    }
    if (counts.cursor > node->last_cursor) {
        check_inside(world, node, counts.cursor);
    }
    node->last_cursor = counts.cursor;
    node->last_oseq = counts.oseq_last;
}

/* After a restart nothing that was promised is missing. */
void sim_check_server_opened(sim_world *world)
{
    for (unsigned i = 1; i < world->nodes_count; i++) {
        sim_node *node = &world->nodes[i];
        bn_branch_status status;
        bn_err err = {0};
        if (node->number == 0 ||
            bn_server_branch_show(world->server, node->number, &status, &err) != BN_OK) {
            continue;
        }
        if (status.oseq_committed < node->acked) {
            sim_fail(world, 1, "branch %u: op %llu was acknowledged, after the crash the server "
                     "has %llu", node->number, (unsigned long long)node->acked,
                     (unsigned long long)status.oseq_committed);
        }
        if (status.state == BN_BRANCH_REVOKED && !node->is_revoked) {
            bn_server_counts counts;
            bn_server_get_counts(world->server, &counts);
            node->is_revoked = true;
            node->revoked_at = counts.head;
        }
        node->is_paused = status.state == BN_BRANCH_PAUSED;
    }
}

bool sim_is_quiet(sim_world *world, char *why, size_t why_len)
{
    bn_server_counts head;
    if (world->server == NULL) {
        (void)snprintf(why, why_len, "the server is down");
        return false;
    }
    bn_server_get_counts(world->server, &head);
    for (unsigned i = 1; i < world->nodes_count; i++) {
        const sim_node *node = &world->nodes[i];
        bn_branch_counts counts;
        if (!node->is_up || node->form.is_open) {
            (void)snprintf(why, why_len, "branch %u is down", node->number);
            return false;
        }
        if (node->is_revoked) {
            continue;
        }
        bn_branch_get_counts(node->branch, &counts);
        if (node->sync == NULL || counts.ops_waiting > 0 || counts.cursor != head.head) {
            bn_sync_status status = {0};
            if (node->sync != NULL) {
                bn_branch_sync_get_status(node->sync, &status);
            }
            (void)snprintf(why, why_len, "branch %u: %llu ops wait, K %llu of %llu, session %s: %s",
                           node->number, (unsigned long long)counts.ops_waiting,
                           (unsigned long long)counts.cursor, (unsigned long long)head.head,
                           bn_sync_state_name(status.state), status.reason);
            return false;
        }
    }
    return !bn_server_has_queued(world->server);
}
