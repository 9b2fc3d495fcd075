/* status.c - what this server is, whether it is well, and whether its log tells the truth.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "server/api/operations.h"

#include <inttypes.h>

#define DAY_MS (24ull * 3600 * 1000)
#define BEHIND_WARN_COMMITS 100000

bn_rc bn_server_node_status(bn_call *call, bn_err *err)
{
    (void)err;
    const bn_server_api *api = bn_server_api_of(call);
    bn_server_counts counts;
    char fingerprint[BN_FINGERPRINT_TEXT_BYTES];
    bn_server_get_counts(bn_server_of(call), &counts);
    bn_server_fingerprint(bn_server_of(call), fingerprint);
    bn_put(call, call->result, "role", json_string("server"));
    bn_put(call, call->result, "incarnation",
           bn_json_id(bn_server_incarnation(bn_server_of(call))));
    bn_put(call, call->result, "fingerprint", json_string(fingerprint));
    bn_put(call, call->result, "sync", bn_json_text(api->options.sync_endpoint));
    bn_put(call, call->result, "enrol", bn_json_text(api->options.enrol_endpoint));
    bn_put_program(call);
    bn_put(call, call->result, "head", bn_json_number(counts.head));
    json_t *numbers = bn_put_object(call, call->result, "counts");
    bn_put(call, numbers, "branches", bn_json_count(bn_server_branches_count(bn_server_of(call))));
    bn_put(call, numbers, "sessions", bn_json_count(counts.sessions));
    bn_put(call, numbers, "customers", bn_json_count(counts.records[BN_KIND_CUSTOMER]));
    bn_put(call, numbers, "ops", bn_json_count(counts.ops));
    bn_put(call, numbers, "conflicts", bn_json_count(counts.conflicts[BN_CONFLICT_OPEN]));
    bn_put(call, numbers, "quarantined", bn_json_count(counts.quarantined));
    bn_put(call, numbers, "held", bn_json_count(counts.held));
    bn_put(call, numbers, "refusals", bn_json_count(counts.refusals));
    bn_put(call, numbers, "commits", bn_json_count(counts.commits));
    return BN_OK;
}

/* --- doctor ------------------------------------------------------------------------------- */

static void check_branch(bn_call *call, json_t *checks, const bn_branch_status *status)
{
    uint64_t now = call->api->clock->wall_ms(call->api->clock->context);
    if (status->state == BN_BRANCH_PAUSED) {
        bn_check(call, checks, "branch", BN_LEVEL_WARN, "banyan branch resume",
                 "branch %04" PRIu32 ": paused", status->branch);
    } else if (status->state == BN_BRANCH_ACTIVE && now > status->last_heard_ms + DAY_MS) {
        bn_check(call, checks, "branch", BN_LEVEL_WARN, "call the branch",
                 "branch %04" PRIu32 ": not heard for a day", status->branch);
    }
    if (status->apply_fail_cseq != 0) {
        bn_check(call, checks, "branch", BN_LEVEL_FAIL, "upgrade the branch",
                 "branch %04" PRIu32 ": cannot apply commit %" PRIu64, status->branch,
                 status->apply_fail_cseq);
    }
}

static bn_rc check_branches(bn_call *call, json_t *checks, bn_err *err)
{
    bn_branch_status status = {.branch = 0};
    uint64_t online = 0;
    uint64_t all = 0;
    bn_rc rc = bn_server_branch_next(bn_server_of(call), 0, &status, err);
    while (rc == BN_OK) {
        check_branch(call, checks, &status);
        online += status.online ? 1 : 0;
        all++;
        rc = bn_server_branch_next(bn_server_of(call), status.branch, &status, err);
    }
    if (rc != BN_E_NOT_FOUND) {
        return rc;
    }
    bn_check(call, checks, "branches", all > 0 ? BN_LEVEL_OK : BN_LEVEL_WARN,
             all > 0 ? "" : "banyan branch add", "%" PRIu64 " of %" PRIu64 " online", online, all);
    return BN_OK;
}

static void check_work(bn_call *call, json_t *checks)
{
    bn_server_counts counts;
    bn_server_get_counts(bn_server_of(call), &counts);
    uint64_t open = counts.conflicts[BN_CONFLICT_OPEN];
    uint64_t held = counts.quarantined + counts.held;
    uint64_t behind = counts.head - counts.derived;
    bn_check(call, checks, "conflicts", open > 0 ? BN_LEVEL_WARN : BN_LEVEL_OK,
             open > 0 ? "banyan conflict list" : "", "%" PRIu64 " open", open);
    bn_check(call, checks, "quarantine", held > 0 ? BN_LEVEL_WARN : BN_LEVEL_OK,
             held > 0 ? "banyan quarantine list" : "", "%" PRIu64 " ops", held);
    bn_check(call, checks, "index", behind > BEHIND_WARN_COMMITS ? BN_LEVEL_WARN : BN_LEVEL_OK,
             behind > BEHIND_WARN_COMMITS ? "wait: look-ups lag behind the log" : "",
             "%" PRIu64 " commits behind", behind);
    bn_check(call, checks, "refusals", BN_LEVEL_OK, "",
             "%" PRIu64 " keys refused since the start", counts.refusals);
    bool is_loaded = bn_server_api_of(call)->is_loaded;
    bn_check(call, checks, "search", is_loaded ? BN_LEVEL_OK : BN_LEVEL_WARN,
             is_loaded ? "" : "wait: customers are being loaded", "%zu customers can be found",
             bn_search_count(bn_server_api_of(call)->column));
}

bn_rc bn_server_node_doctor(bn_call *call, bn_err *err)
{
    json_t *checks = bn_put_list(call, call->result, "checks");
    bn_check_store(call, checks);
    bn_check_files(call, checks);
    bn_check(call, checks, "doors", BN_LEVEL_OK, "", "sync %s, enrol %s",
             bn_server_api_of(call)->options.sync_endpoint,
             bn_server_api_of(call)->options.enrol_endpoint);
    BN_TRY(check_branches(call, checks, err));
    check_work(call, checks);
    return BN_OK;
}

/* --- verify ------------------------------------------------------------------------------- */

typedef struct findings {
    bn_call *call;
    json_t *list;
} findings;

static void on_finding(void *context, const char *text)
{
    findings *f = context;
    if (json_array_size(f->list) < BN_FINDINGS_MAX) {
        bn_push(f->call, f->list, bn_json_text(text));
    }
}

bn_rc bn_server_node_verify(bn_call *call, bn_err *err)
{
    uint64_t rows = 0;
    bn_server_proof proof = {.commits_count = 0};
    findings f = {.call = call, .list = json_array()};
    bn_put(call, call->result, "findings", f.list);
    BN_TRY(bn_verify_store(call, f.list, &rows, err));
    bn_rc rc = bn_server_verify(bn_server_of(call), on_finding, &f, &proof, err);
    if (rc != BN_E_CORRUPT) {
        BN_TRY(rc);
    }
    bn_put(call, call->result, "rows", bn_json_count(rows));
    bn_put(call, call->result, "commits", bn_json_count(proof.commits_count));
    bn_put(call, call->result, "records", bn_json_count(proof.records_count));
    bn_put(call, call->result, "conflicts", bn_json_count(proof.conflicts_count));
    return BN_OK;
}
