/* diff.c - where a branch and its view at the server differ: for whoever reads a trace.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Compares what the branch shows (its overlay is empty when this runs) with the server's records,
 * cell by cell, and the images of conflicts.
 */
#include "check.h"

static void show(sim_world *world, const sim_node *node, const bn_record *record, const char *what,
                 unsigned field)
{
    char id[BN_ID_TEXT_BYTES];
    bn_id_format(record->id, id);
    sim_trace(world, node->index, "differs", "kind %u %s field %u: %s", record->kind, id, field,
              what);
}

static bool same_cell(const bn_cell *a, const bn_cell *b)
{
    return a->field == b->field && bn_dot_equal(a->stamp.dot, b->stamp.dot) &&
           a->stamp.hlc.value == b->stamp.hlc.value && a->stamp.cseq == b->stamp.cseq &&
           bn_value_equal(a->value, b->value);
}

static void show_cell(sim_world *world, const sim_node *node, const char *where,
                      const bn_cell *cell)
{
    sim_trace(world, node->index, "  cell", "%s field %u dot %u.%llu hlc %llx cseq %llu", where,
              cell->field, cell->stamp.dot.origin, (unsigned long long)cell->stamp.dot.oseq,
              (unsigned long long)cell->stamp.hlc.value, (unsigned long long)cell->stamp.cseq);
}

static void diff_cells(sim_world *world, const sim_node *node, const bn_record *here,
                       const bn_record *there, bool items)
{
    size_t here_count = items ? here->items_count : here->cells_count;
    size_t there_count = items ? there->items_count : there->cells_count;
    const bn_cell *a = items ? here->items : here->cells;
    const bn_cell *b = items ? there->items : there->cells;
    for (size_t i = 0; i < here_count || i < there_count; i++) {
        if (i < here_count && i < there_count && same_cell(&a[i], &b[i])) {
            continue;
        }
        show(world, node, here, items ? "items" : "cells", i < here_count ? a[i].field : 0);
        if (i < here_count) {
            show_cell(world, node, "branch", &a[i]);
        }
        if (i < there_count) {
            show_cell(world, node, "server", &b[i]);
        }
        return;
    }
}

static void diff_record(sim_world *world, sim_node *node, bn_record_source *source, uint16_t kind,
                        bn_id id)
{
    bn_record here;
    bn_record there;
    bn_err err = {0};
    bn_rc found_here = bn_branch_get(node->branch, kind, id, &world->wire_arena, &here, &err);
    bn_rc found = source->get(source->context, kind, id, &world->wire_arena, &there, &err);
    if (found_here != BN_OK || found != BN_OK) {
        return;
    }
    if (here.schema_version != there.schema_version || here.last_cseq != there.last_cseq) {
        show(world, node, &here, "last commit or schema", 0);
        sim_trace(world, node->index, "  last", "branch %llu, server %llu",
                  (unsigned long long)here.last_cseq, (unsigned long long)there.last_cseq);
    }
    diff_cells(world, node, &here, &there, false);
    diff_cells(world, node, &here, &there, true);
}

static void diff_conflicts(sim_world *world, sim_node *node, bn_server_reader *reader)
{
    bn_id after = {0};
    bn_conflict here;
    bn_err err = {0};
    while (bn_branch_conflict_next(node->branch, (bn_conflict_state)0, after, &world->wire_arena,
                                   &here, &err) == BN_OK) {
        bn_conflict there;
        char id[BN_ID_TEXT_BYTES];
        after = here.id;
        bn_id_format(here.id, id);
        if (bn_server_conflict_get(reader, here.id, &world->wire_arena, &there, &err) != BN_OK) {
            sim_trace(world, node->index, "differs", "conflict %s is not at the server", id);
            continue;
        }
        bn_buf a;
        bn_buf b;
        bn_buf_init(&a, BN_VALUE_BYTES_MAX);
        bn_buf_init(&b, BN_VALUE_BYTES_MAX);
        bn_conflict_encode(&here, &a);
        bn_conflict_encode(&there, &b);
        if (!bn_slice_equal(bn_buf_slice(&a), bn_buf_slice(&b))) {
            sim_trace(world, node->index, "differs", "conflict %s: branch %s %zu, server %s %zu",
                      id, bn_conflict_state_name(here.state), here.candidates_count,
                      bn_conflict_state_name(there.state), there.candidates_count);
        }
        bn_buf_fini(&a);
        bn_buf_fini(&b);
    }
}

/* Records the server has in the branch's view and the branch lacks show up as a count only. */
void sim_diff_view(sim_world *world, sim_node *node)
{
    bn_server_reader reader;
    bn_err err = {0};
    if (bn_server_read_begin(world->server, &reader, &err) != BN_OK) {
        return;
    }
    bn_record_source source = bn_server_source(&reader);
    bn_arena_reset(&world->wire_arena);
    for (size_t i = 0; i < world->known_count; i++) {
        diff_record(world, node, &source, world->known[i].kind, world->known[i].id);
    }
    diff_conflicts(world, node, &reader);
    bn_server_read_end(&reader);
}
