/* status.c - what this branch is, whether it is well, and whether its store holds together.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "branch-client/api/operations.h"

#include <inttypes.h>

#define CLOCK_WARN_MS 5000
#define QUIET_WARN_MS (24ull * 3600 * 1000)

bn_rc bn_branch_node_status(bn_call *call, bn_err *err)
{
    (void)err;
    bn_branch *branch = bn_branch_of(call);
    const bn_identity *identity = bn_branch_identity(branch);
    bn_branch_counts counts;
    char fingerprint[BN_FINGERPRINT_TEXT_BYTES];
    bool is_enrolled = bn_branch_enrolled(branch);
    bn_branch_sync *sync = bn_node_sync(bn_branch_api_of(call)->options.node);
    bn_sync_status status = {.state = BN_SYNC_OFFLINE};
    bn_branch_get_counts(branch, &counts);
    bn_branch_fingerprint(branch, fingerprint);
    if (sync != NULL) {
        bn_branch_sync_get_status(sync, &status);
    }
    bn_put(call, call->result, "role", json_string("branch"));
    bn_put(call, call->result, "enrolled", json_boolean(is_enrolled));
    bn_put(call, call->result, "branch",
           is_enrolled ? bn_json_branch(identity->branch) : json_null());
    bn_put(call, call->result, "name", is_enrolled ? bn_json_text(identity->name) : json_null());
    bn_put(call, call->result, "origin",
           is_enrolled ? bn_json_count(identity->origin) : json_null());
    bn_put(call, call->result, "server",
           is_enrolled ? bn_json_text(identity->sync_endpoint) : json_null());
    bn_put(call, call->result, "fingerprint", json_string(fingerprint));
    bn_put_program(call);
    bn_put(call, call->result, "state",
           json_string(is_enrolled ? bn_sync_state_name(status.state) : "not_enrolled"));
    json_t *numbers = bn_put_object(call, call->result, "counts");
    bn_put(call, numbers, "records_waiting", bn_json_count(counts.records_waiting));
    bn_put(call, numbers, "ops_waiting", bn_json_count(counts.ops_waiting));
    bn_put(call, numbers, "refused", bn_json_count(counts.refused));
    bn_put(call, numbers, "conflicts", bn_json_count(counts.conflicts_open));
    bn_put(call, numbers, "customers", bn_json_count(counts.customers_searchable));
    bn_put(call, numbers, "ops", bn_json_count(counts.oseq_last));
    return BN_OK;
}

/* --- doctor ------------------------------------------------------------------------------- */

static void check_session(bn_call *call, json_t *checks, const bn_sync_status *status)
{
    bn_node *node = bn_branch_api_of(call)->options.node;
    if (!bn_node_cable(node)) {
        bn_check(call, checks, "sync", BN_LEVEL_WARN, "banyan sync cable on",
                 "the cable is pulled by hand");
        return;
    }
    switch (status->state) {
    case BN_SYNC_LIVE:
        bn_check(call, checks, "sync", BN_LEVEL_OK, "", "live, %" PRIu64 " commits behind",
                 status->feed_behind);
        break;
    case BN_SYNC_PAUSED:
        bn_check(call, checks, "sync", BN_LEVEL_WARN, "ask head office to resume this branch",
                 "paused by head office: local work goes on");
        break;
    case BN_SYNC_STOPPED:
        bn_check(call, checks, "sync", BN_LEVEL_FAIL, bn_reject_text(status->reject),
                 "stopped: %s", status->reason);
        break;
    case BN_SYNC_OFFLINE:
    case BN_SYNC_DIALLING:
    case BN_SYNC_GREETING:
    case BN_SYNC_BACKOFF:
    case BN_SYNC_STATES_COUNT:
        bn_check(call, checks, "sync", BN_LEVEL_WARN,
                 "local work goes on; see that the server runs and the line is up",
                 "%s: %s", bn_sync_state_name(status->state),
                 status->reason[0] != 0 ? status->reason : "not connected yet");
        break;
    }
}

static void check_contact(bn_call *call, json_t *checks, const bn_sync_status *status)
{
    uint64_t now = call->api->clock->wall_ms(call->api->clock->context);
    bool is_quiet = status->last_contact_ms == 0 || now > status->last_contact_ms + QUIET_WARN_MS;
    if (is_quiet) {
        bn_check(call, checks, "contact", BN_LEVEL_WARN, "banyan sync now",
                 "%s", status->last_contact_ms == 0 ? "the server was never heard"
                                                    : "the server was not heard for a day");
    } else {
        bn_check(call, checks, "contact", BN_LEVEL_OK, "", "server heard %" PRIu64 " s ago",
                 now > status->last_contact_ms ? (now - status->last_contact_ms) / 1000 : 0);
    }
    int64_t offset = status->clock_offset_ms;
    bool is_off = offset > CLOCK_WARN_MS || offset < -CLOCK_WARN_MS;
    bn_check(call, checks, "clock", is_off ? BN_LEVEL_WARN : BN_LEVEL_OK,
             is_off ? "set this machine's clock: chronyc makestep, or timedatectl" : "",
             "%" PRId64 " ms away from the server's clock", -offset);
}

static void check_work(bn_call *call, json_t *checks)
{
    bn_branch_counts counts;
    bn_branch_get_counts(bn_branch_of(call), &counts);
    bn_check(call, checks, "conflicts", counts.conflicts_open > 0 ? BN_LEVEL_WARN : BN_LEVEL_OK,
             counts.conflicts_open > 0 ? "banyan conflict list" : "", "%" PRIu64 " open",
             counts.conflicts_open);
    bn_check(call, checks, "refused", counts.refused > 0 ? BN_LEVEL_WARN : BN_LEVEL_OK,
             counts.refused > 0 ? "banyan sync refused" : "",
             "%" PRIu64 " changes held in quarantine at head office", counts.refused);
    bool is_loaded = bn_branch_search_ready(bn_branch_of(call));
    bn_check(call, checks, "search", is_loaded ? BN_LEVEL_OK : BN_LEVEL_WARN,
             is_loaded ? "" : "wait: customers are being loaded",
             "%" PRIu64 " customers can be found", counts.customers_searchable);
}

bn_rc bn_branch_node_doctor(bn_call *call, bn_err *err)
{
    (void)err;
    json_t *checks = bn_put_list(call, call->result, "checks");
    bn_branch_sync *sync = bn_node_sync(bn_branch_api_of(call)->options.node);
    bn_check_store(call, checks);
    bn_check_files(call, checks);
    if (sync == NULL) {
        bn_check(call, checks, "enrolment", BN_LEVEL_FAIL,
                 "ask head office for a code, then: banyan join CODE",
                 "this machine is not enrolled as a branch");
        return BN_OK;
    }
    bn_sync_status status;
    bn_branch_sync_get_status(sync, &status);
    bn_check(call, checks, "enrolment", BN_LEVEL_OK, "", "branch %04" PRIu32,
             bn_branch_identity(bn_branch_of(call))->branch);
    check_session(call, checks, &status);
    check_contact(call, checks, &status);
    if (status.apply_fail_cseq != 0) {
        bn_check(call, checks, "apply", BN_LEVEL_FAIL, "upgrade this branch, or call head office",
                 "commit %" PRIu64 " of the server cannot be applied", status.apply_fail_cseq);
    }
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

bn_rc bn_branch_node_verify(bn_call *call, bn_err *err)
{
    uint64_t rows = 0;
    uint64_t engine_rows = 0;
    findings f = {.call = call, .list = json_array()};
    bn_put(call, call->result, "findings", f.list);
    BN_TRY(bn_verify_store(call, f.list, &rows, err));
    bn_rc rc = bn_branch_verify(bn_branch_of(call), on_finding, &f, &engine_rows, err);
    if (rc != BN_E_CORRUPT) {
        BN_TRY(rc);
    }
    bn_put(call, call->result, "rows", bn_json_count(rows));
    bn_put(call, call->result, "checked", bn_json_count(engine_rows));
    return BN_OK;
}
