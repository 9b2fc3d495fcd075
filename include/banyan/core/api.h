/* api.h - operations as rows of tables: who is asked what, with which arguments.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   request ─► find the row ─► check arguments by the row ─► run ─► result
 *                 nearest name     unknown, missing, wrong type
 *
 * A handler knows neither sockets nor which program it runs in: records go through bn_desk,
 * answers that come later through bn_replies.
 */
#ifndef BANYAN_CORE_API_H
#define BANYAN_CORE_API_H

#include <banyan/base/arena.h>
#include <banyan/core/control.h>
#include <banyan/core/desk.h>

#define BN_ROWS_DEFAULT 50 /* rows of a list that does not say */
#define BN_HINT_BYTES 256

typedef struct bn_call bn_call;

typedef enum bn_argument_type {
    BN_ARG_TEXT,
    BN_ARG_NUMBER, /* a JSON integer, or its digits as text; never negative */
    BN_ARG_BOOL,
    BN_ARG_OBJECT,
    BN_ARG_LIST,
    BN_ARG_KIND,   /* name of a kind */
    BN_ARG_ID,     /* 32 hex digits */
    BN_ARG_DOT,    /* "origin.oseq" */
    BN_ARG_BRANCH  /* 1..999999, "0017" or 17 */
} bn_argument_type;

typedef struct bn_argument {
    const char *name; /* NULL ends the list */
    bn_argument_type type;
    bool is_needed;
    const char *summary;
} bn_argument;

typedef enum bn_reach {
    BN_READS,
    BN_ACTS,  /* changes the node, not what is known of customers */
    BN_WRITES /* changes records or branches: an author is needed */
} bn_reach;

typedef struct bn_operation {
    const char *name;
    bn_rc (*run)(bn_call *call, bn_err *err);
    const bn_argument *arguments;
    bn_reach reach;
    const char *summary;
} bn_operation;

/* Rows for a table file: BN_OPERATION(function, "name", reach, "summary", BN_ARGUMENT(...)...) */
#define BN_NEEDED true
#define BN_OPTIONAL false
#define BN_ARGUMENT(name, type, need, summary) {#name, BN_ARG_##type, BN_##need, summary},

/* How an answer comes later, and what goes beside it. */
typedef struct bn_replies {
    bn_rc (*defer)(void *context, uint64_t *ticket, bn_err *err);
    void (*answer)(void *context, uint64_t ticket, bn_rc code, json_t **result_take,
                   const bn_err *err, const char *hint);
    bool (*waits)(void *context, uint64_t ticket); /* somebody still wants the answer */
    void (*hint)(void *context, const char *text); /* for the call that runs */
    void *context;
} bn_replies;

bn_replies bn_replies_of_control(bn_control *control);

typedef struct bn_operations {
    const bn_operation *rows;
    size_t count;
} bn_operations;

/* Rows both programs share. */
bn_operations bn_api_shared(void);

typedef struct bn_api {
    bn_operations shared;
    bn_operations own; /* of the program; found first */
    const bn_desk *desk;
    bn_kv *kv;
    const bn_clock *clock;
    const char *data_folder;
    const char *program; /* "banyan-branch" */
    bn_replies replies;  /* functions NULL: nothing can be deferred */
    uint64_t started_ms; /* monotonic */
    void *role;          /* for the desk and the program's own handlers */
} bn_api;

struct bn_call {
    const bn_api *api;
    const bn_operation *operation;
    json_t *args;
    const char *actor;
    bn_arena arena;
    json_t *result; /* a new object, for the handler to fill */
    bool lacks_memory;
    char hint[BN_HINT_BYTES];
};

/* Answers one request; as a bn_control_handle does. */
BN_CHECKED bn_rc bn_api_handle(const bn_api *api, const char *op, json_t *args, const char *actor,
                               json_t **result, bn_err *err);

/* --- arguments, checked by the row: getters give what is there or the fallback ---------------- */
bool bn_arg_given(const bn_call *call, const char *name);
const char *bn_arg_text(const bn_call *call, const char *name); /* "" when not given */
bn_slice bn_arg_slice(const bn_call *call, const char *name);
uint64_t bn_arg_number(const bn_call *call, const char *name, uint64_t fallback);
bool bn_arg_bool(const bn_call *call, const char *name, bool fallback);
json_t *bn_arg_json(const bn_call *call, const char *name); /* borrowed; NULL when not given */
const bn_kind_def *bn_arg_kind(const bn_call *call, const char *name); /* NULL when not given */
bn_id bn_arg_id(const bn_call *call, const char *name);                /* zero when not given */
bn_dot bn_arg_dot(const bn_call *call, const char *name);
uint32_t bn_arg_branch(const bn_call *call, const char *name); /* 0 when not given */
/* Argument `limit`: 1..BN_PAGE_ROWS_MAX, BN_ROWS_DEFAULT when not given. */
BN_CHECKED bn_rc bn_arg_limit(const bn_call *call, size_t *out, bn_err *err);

/* What the person should do next, should this call fail. */
void bn_call_hint(bn_call *call, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* --- JSON ---------------------------------------------------------------------------------- */
/* Puts `take` (a new reference, NULL when memory ran out) under `name`, or at the end; a failure
 * is remembered in the call and ends it. */
void bn_put(bn_call *call, json_t *object, const char *name, json_t *take);
void bn_push(bn_call *call, json_t *array, json_t *take);

/* Adds an empty object or list and borrows it out. */
json_t *bn_put_object(bn_call *call, json_t *object, const char *name);
json_t *bn_put_list(bn_call *call, json_t *object, const char *name);
json_t *bn_push_object(bn_call *call, json_t *array);

json_t *bn_json_slice(bn_slice text); /* what is no UTF-8 becomes '?' */
json_t *bn_json_text(const char *text);
json_t *bn_json_count(uint64_t count);   /* a JSON integer: counts, durations */
json_t *bn_json_number(uint64_t number); /* a string: positions, bytes */
json_t *bn_json_id(bn_id id);
json_t *bn_json_dot(bn_dot dot);         /* null for none */
json_t *bn_json_time(uint64_t wall_ms);  /* null for 0 */
json_t *bn_json_branch(uint32_t branch); /* "0017"; "0000" is head office */
bool bn_dot_parse(bn_slice text, bn_dot *out);

/* A value as people read it; null when empty. */
json_t *bn_json_value(const bn_field_def *field, bn_value value, bn_arena *arena);

/* --- parts the programs' own operations share --------------------------------------------- */
/* An id of 32 hex digits, or for a customer its number. BN_E_NOT_FOUND, BN_E_INVALID. */
BN_CHECKED bn_rc bn_call_entity(bn_call *call, const bn_kind_def *kind, bn_slice text, bn_id *out,
                                bn_err *err);

/* {kind, id, number?, exists, fields, lists, counters}. */
json_t *bn_record_json(bn_call *call, const bn_record *record, bn_arena *arena);

/* {field: {to}} of an op's changes, as far as its kind is known. */
json_t *bn_changes_json(bn_call *call, uint16_t kind, const bn_change *changes, size_t count,
                        bn_arena *arena);

/* "create", "update", "remove", "restore", "resolve" ... */
const char *bn_op_what(const bn_op *op);

void bn_put_program(bn_call *call); /* version, uptime_ms, store: for node.status */

typedef enum bn_level { BN_LEVEL_OK, BN_LEVEL_WARN, BN_LEVEL_FAIL } bn_level;
/* One check of node.doctor; `next` may be "". */
void bn_check(bn_call *call, json_t *checks, const char *name, bn_level level, const char *next,
              const char *format, ...) __attribute__((format(printf, 6, 7)));
void bn_check_store(bn_call *call, json_t *checks);
void bn_check_files(bn_call *call, json_t *checks);

/* Envelopes of every row; findings are appended as texts. BN_OK when only those were wrong. */
BN_CHECKED bn_rc bn_verify_store(bn_call *call, json_t *findings, uint64_t *rows_count,
                                 bn_err *err);
#define BN_FINDINGS_MAX 1000

#endif
