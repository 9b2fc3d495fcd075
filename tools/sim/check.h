/* check.h - what holds in every world: each invariant is a function with its number and name.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_TOOLS_SIM_CHECK_H
#define BANYAN_TOOLS_SIM_CHECK_H

#include "sim.h"

/* The commit log of the server, read once the world is quiet: commits[cseq - 1]. */
typedef struct sim_log {
    sim_world *world;
    bn_server_reader reader;
    bn_commit_view *commits;
    size_t count;
} sim_log;

typedef void (*sim_invariant_check)(const sim_log *log);

typedef struct sim_invariant {
    int number;
    const char *name;
    sim_invariant_check check; /* NULL: checked while the world runs, or in a mode of its own */
} sim_invariant;

/* The node of an honest branch with this origin, or NULL. */
const sim_node *sim_node_of_origin(const sim_world *world, uint32_t origin);

/* check_log.c */
void sim_check_dense(const sim_log *log);
void sim_check_once(const sim_log *log);
void sim_check_gaps(const sim_log *log);
void sim_check_clock(const sim_log *log);
void sim_check_containment(const sim_log *log);
void sim_check_revoked(const sim_log *log);
void sim_check_identity(const sim_log *log);
void sim_check_poison(const sim_log *log);
void sim_check_groups(const sim_log *log);

/* diff.c: prints, in the trace, where a branch and its view at the server differ. */
void sim_diff_view(sim_world *world, sim_node *node);

/* check_model.c: records, conflicts and outcomes as a naive reading of the rules gives them */
void sim_check_model(const sim_log *log);

#endif
