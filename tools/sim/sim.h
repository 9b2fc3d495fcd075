/* sim.h - one simulated world: a server, branches, links, clocks, users and faults.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   queue (virtual ms, sequence) ──► event ──► server engine │ branch engine │ user │ nemesis
 *                                                 │ sender        │ dialer
 *                                                 └──── net: delay, loss, cuts, late copies
 *
 * One thread, one process, no real time. Whatever is drawn comes from one 64-bit seed, through one
 * stream per purpose, so that a further draw in one place does not reshuffle the others.
 */
#ifndef BANYAN_TOOLS_SIM_H
#define BANYAN_TOOLS_SIM_H

#include "branch-client/branch.h"
#include "branch-client/sync/driver.h"
#include "server/server.h"

#include <banyan/base/alloc.h>
#include <banyan/base/check.h>
#include <banyan/base/limits.h>
#include <banyan/core/kv.h>

#define SIM_BRANCHES_MAX 50
#define SIM_NODES_MAX (SIM_BRANCHES_MAX + 1)
#define SIM_EPOCH_MS UINT64_C(1790000000000) /* wall clock at virtual time 0 */
#define SIM_DAY_MS (INT64_C(24) * 3600 * 1000)
#define SIM_DRAIN_MS 1500000u /* a healed world is quiet within so much virtual time */
#define SIM_EVENTS_MAX 2000000u
#define SIM_CRASH_POINTS_MAX 32

/* --- randomness -------- */
typedef enum sim_stream {
    SIM_STREAM_PLAN, /* the options of the world */
    SIM_STREAM_WORK,
    SIM_STREAM_NET,
    SIM_STREAM_CRASH,
    SIM_STREAM_CLOCK,
    SIM_STREAM_FOE,
    SIM_STREAM_PORT, /* what the engines draw themselves */
    SIM_STREAMS_COUNT
} sim_stream;

typedef struct sim_rng {
    uint64_t state;
} sim_rng;

uint64_t sim_draw(sim_rng *rng);
uint64_t sim_below(sim_rng *rng, uint64_t bound); /* 0..bound-1, 0 for bound 0 */
uint64_t sim_between(sim_rng *rng, uint64_t low, uint64_t high);
bool sim_chance(sim_rng *rng, unsigned per_mille);

/* --- options of one world, drawn per seed -------- */
typedef struct sim_options {
    uint64_t seed;
    unsigned branches;
    unsigned ops;            /* user actions in the phase with faults */
    unsigned action_gap_ms;  /* mean time between them */
    unsigned loss;           /* all rates per mille */
    unsigned late;           /* frames held back for long */
    unsigned copies;         /* frames that come again in a later session */
    unsigned latency_ms;
    unsigned cuts;           /* nemesis actions, per mille of the user actions */
    unsigned crashes;
    unsigned clocks;
    unsigned controls;       /* pause, resume, revoke */
    bool has_foe;            /* a machine that forges */
    unsigned foe_forges;
    unsigned shared;         /* customers everybody serves from the start */
    unsigned no_space;
    unsigned weights[16];    /* of the kinds of user actions */
    const char *lmdb_folder; /* NULL: in memory */
    unsigned fixed_branches; /* from the command line; 0: drawn */
    unsigned fixed_ops;
    bool trace;
    bool permutations;       /* a small world without faults, once per order of coming back */
} sim_options;

void sim_options_draw(sim_options *options, sim_rng *rng);

/* --- events -------- */
typedef enum sim_event_type {
    SIM_EV_TO_SERVER,
    SIM_EV_TO_BRANCH,
    SIM_EV_CONNECTED,
    SIM_EV_TICK,
    SIM_EV_FLUSH,
    SIM_EV_PRELUDE,
    SIM_EV_USER,
    SIM_EV_FORM,
    SIM_EV_NEMESIS,
    SIM_EV_FOE,
    SIM_EV_RESTART,
    SIM_EV_ENROL,
    SIM_EV_HEAL
} sim_event_type;

typedef struct sim_event {
    uint64_t at;
    uint64_t sequence;
    sim_event_type type;
    uint32_t node;
    uint32_t conn;
    uint64_t tag;
    uint8_t *bytes; /* owned */
    size_t len;
} sim_event;

typedef struct sim_queue {
    sim_event *heap;
    size_t count;
    size_t capacity;
    uint64_t sequence;
} sim_queue;

void sim_queue_push(sim_queue *queue, sim_event event);
bool sim_queue_pop(sim_queue *queue, sim_event *out);
void sim_queue_fini(sim_queue *queue);

/* --- nodes -------- */
typedef struct sim_world sim_world;

typedef struct sim_form { /* a record somebody has on the screen */
    bool is_open;
    uint16_t kind;
    bn_id id;
    bn_dot bases[BN_FIELDS_MAX];
} sim_form;

typedef struct sim_redo { /* a save whose answer was lost: it is made again after the restart */
    bool is_set;
    bn_id request;
    bn_id entity;
    uint64_t number;
} sim_redo;

typedef struct sim_node {
    sim_world *world;
    uint32_t index; /* 0: the server */
    bool is_up;
    bool is_dying;  /* a commit point was hit: nothing leaves this node any more */
    bool is_foe;
    bn_kv_memory *memory;
    bn_kv *kv;
    bn_clock clock;
    bn_random random;
    int64_t skew_ms;
    bool has_fixed_wall;
    uint64_t fixed_wall_ms;
    uint64_t tick_at;
    const char *doing;
    unsigned crash_in; /* commit moments until it happens; 0: never */
    bool crash_no_space;
    bool hit;          /* the error of the call running now was made by the nemesis */
    /* branches */
    uint32_t number;   /* of the branch at the server */
    uint32_t origin;
    bn_enrolment_code code;
    bn_branch *branch;
    bn_branch_sync *sync;
    bn_branch_enrol *enrol;
    bn_dialer dialer;
    uint32_t conn;     /* 0: none */
    bool blocks_up;    /* partitions: frames to the server, frames from the server */
    bool blocks_down;
    bool is_revoked;
    bool is_paused;
    sim_form form;
    sim_redo redo;
    uint64_t last_cursor; /* invariant 35 */
    uint64_t last_oseq;
    uint64_t acked;       /* oseq acknowledged in a frame the server sent */
    uint64_t saved_dots;  /* highest oseq a save returned */
    uint64_t revoked_at;  /* head of the server when it was revoked */
} sim_node;

typedef struct sim_conn {
    uint32_t node;
    uint8_t key[BN_KEY_BYTES];
    bn_door door;
    bool is_open;     /* the branch has not closed it */
    bool is_up;       /* connected */
    uint64_t epoch;   /* life of the server it belongs to */
    uint64_t last_at[2];
    uint64_t committed; /* oseq the branch was told on this connection is committed */
} sim_conn;

typedef struct sim_known { /* an entity that was made somewhere */
    uint16_t kind;
    bn_id id;
} sim_known;

typedef struct sim_stats {
    uint64_t events, frames, frames_lost, frames_late, frames_copied, frames_blocked;
    uint64_t cuts, clock_jumps, pauses, revocations, no_space, forged;
    uint64_t saves, saves_stale, saves_refused, conflicts, commits, resolutions;
    uint64_t crashes; /* the last of the plain counters */
    char crash_names[SIM_CRASH_POINTS_MAX][40];
    uint64_t crash_counts[SIM_CRASH_POINTS_MAX];
    size_t crash_points;
} sim_stats;

typedef struct sim_foe sim_foe;

struct sim_world {
    sim_options options;
    sim_rng streams[SIM_STREAMS_COUNT];
    sim_queue queue;
    uint64_t now;
    uint64_t epoch;
    bn_server *server;
    bn_sender sender;
    bool flush_planned;
    sim_node nodes[SIM_NODES_MAX + 1];
    unsigned nodes_count; /* server and branches */
    sim_conn *conns;
    size_t conns_count;
    size_t conns_capacity;
    sim_known *known;
    size_t known_count;
    size_t known_capacity;
    sim_foe *foe;
    unsigned actions_left;
    uint64_t values_made;
    bool is_healed;
    uint64_t healed_at;
    uint64_t trace_hash;
    bool has_failed;
    int failed_invariant;
    char failure[512];
    sim_stats stats;
    bn_arena arena;      /* of one user action or one check */
    bn_arena wire_arena; /* of one frame looked at on its way */
    char folder[512];
};

/* A whole run: faults, healing, checks. False when an invariant was violated. */
bool sim_run(sim_world *world, const sim_options *options);
/* Its parts: server and branches are there; one event happens. */
bool sim_start(sim_world *world, const sim_options *options);
void sim_step(sim_world *world, sim_event *event);
void sim_world_fini(sim_world *world);

/* permute.c: a small world per order in which branches come back; results must agree. */
bool sim_permutations(sim_world *world, const sim_options *options);

/* --- parts -------- */
void sim_after(sim_world *world, uint64_t delay_ms, sim_event event);
sim_rng *sim_stream_of(sim_world *world, sim_stream stream);

/* The first violation counts; later ones are dropped. */
void sim_fail(sim_world *world, int invariant, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* One line of the timeline, and one step of the trace hash. */
void sim_trace(sim_world *world, uint32_t node, const char *what, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* net.c */
void sim_net_start(sim_world *world);
void sim_net_bind(sim_node *node);
void sim_net_server_gone(sim_world *world);
void sim_net_deliver_server(sim_world *world, const sim_event *event);
void sim_net_deliver_branch(sim_world *world, const sim_event *event);
void sim_net_connected(sim_world *world, const sim_event *event);
uint32_t sim_net_open(sim_world *world, uint32_t node, const uint8_t key[BN_KEY_BYTES],
                      bn_door door);
void sim_net_to_server(sim_world *world, uint32_t conn, bn_slice frame);

/* node.c */
bool sim_server_open(sim_world *world);
bool sim_branch_open(sim_node *node);
void sim_node_crash(sim_node *node, const char *why);
void sim_node_close(sim_node *node);
void sim_node_restart_later(sim_node *node);
void sim_node_doing(sim_node *node, const char *doing);
/* After every call into an engine: crashes the node when the nemesis struck, fails the world when
 * the engine gave an error of its own; true when the node is still there and rc was BN_OK. */
bool sim_settle(sim_node *node, bn_rc rc, const bn_err *err);
/* The same for calls whose refusals are the caller's business: false when the node crashed. */
bool sim_survives(sim_node *node, bn_rc rc, const bn_err *err);
void sim_schedule(sim_node *node);
void sim_tick(sim_world *world, const sim_event *event);
void sim_flush(sim_world *world);
void sim_plan_flush(sim_world *world);
void sim_enrol_begin(sim_node *node);
void sim_enrol_moved(sim_node *node); /* after a frame or a tick of an enrolment */
uint64_t sim_wall(const sim_node *node);

/* user.c */
void sim_user_act(sim_world *world);
/* Customers of the first branch that everybody serves: what makes edits meet. */
void sim_user_prelude(sim_world *world);
void sim_user_form(sim_world *world, sim_node *node);
void sim_user_redo(sim_node *node);
void sim_know(sim_world *world, uint16_t kind, bn_id id);

/* head.c: users at head office */
void sim_head_act(sim_world *world);
void sim_head_share_all(sim_world *world);

/* nemesis.c */
void sim_nemesis_act(sim_world *world);
void sim_nemesis_heal(sim_world *world);

/* foe.c: a machine with a good key and bad manners */
void sim_foe_start(sim_world *world);
void sim_foe_act(sim_world *world);
void sim_foe_frame(sim_world *world, bn_slice frame);
void sim_foe_fini(sim_world *world);
bool sim_foe_must_be_refused(const sim_world *world, bn_dot dot);
uint32_t sim_foe_origin(const sim_world *world);

/* check.c */
void sim_check_step(sim_world *world, sim_node *node);
void sim_check_server_opened(sim_world *world);
void sim_check_end(sim_world *world);
void sim_check_list(void);
const char *sim_check_name(int invariant);
bool sim_is_quiet(sim_world *world, char *why, size_t why_len);

#endif
