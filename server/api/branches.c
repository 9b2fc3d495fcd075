/* branches.c - branches as head office sees and steers them.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "server/api/operations.h"

#include <banyan/base/number.h>
#include <banyan/base/text.h>

#define HOURS_MAX (30 * 24)
#define HOUR_MS 3600000ull

const char *bn_branch_state_text(bn_branch_state state)
{
    switch (state) {
    case BN_BRANCH_NEW:
        return "new";
    case BN_BRANCH_ACTIVE:
        return "active";
    case BN_BRANCH_PAUSED:
        return "paused";
    case BN_BRANCH_REVOKED:
        return "revoked";
    }
    return "unknown";
}

static void put_key(bn_call *call, json_t *object, const uint8_t key[BN_KEY_BYTES])
{
    static const uint8_t none[BN_KEY_BYTES];
    char text[BN_FINGERPRINT_TEXT_BYTES];
    if (memcmp(key, none, sizeof none) == 0) {
        bn_put(call, object, "fingerprint", json_null());
        return;
    }
    bn_fingerprint(key, text);
    bn_put(call, object, "fingerprint", json_string(text));
}

static void put_branch(bn_call *call, json_t *object, const bn_branch_status *status)
{
    bn_put(call, object, "branch", bn_json_branch(status->branch));
    bn_put(call, object, "name", bn_json_text(status->name));
    bn_put(call, object, "state", json_string(bn_branch_state_text(status->state)));
    bn_put(call, object, "online", json_boolean(status->online));
    bn_put(call, object, "origin",
           status->origin != 0 ? bn_json_count(status->origin) : json_null());
    bn_put(call, object, "last_heard", bn_json_time(status->last_heard_ms));
    bn_put(call, object, "cursor", bn_json_number(status->cursor));
    bn_put(call, object, "head", bn_json_number(status->head));
    bn_put(call, object, "lag", bn_json_count(status->feed_rows));
    bn_put(call, object, "waiting", bn_json_count(status->waiting_ops));
    bn_put(call, object, "ops", bn_json_count(status->oseq_committed));
    bn_put(call, object, "clock_offset_ms", json_integer(status->clock_offset_ms));
    bn_put(call, object, "conflicts", bn_json_count(status->conflicts_open));
    bn_put(call, object, "quarantined", bn_json_count(status->quarantined));
    bn_put(call, object, "code_expires", bn_json_time(status->ticket_expires_ms));
    bn_put(call, object, "apply_fail_cseq",
           status->apply_fail_cseq != 0 ? bn_json_number(status->apply_fail_cseq) : json_null());
    put_key(call, object, status->key);
}

bn_rc bn_server_list_branches(bn_call *call, bn_err *err)
{
    size_t limit = 0;
    bn_branch_status status = {.branch = bn_arg_branch(call, "after")};
    BN_TRY(bn_arg_limit(call, &limit, err));
    json_t *rows = bn_put_list(call, call->result, "rows");
    for (size_t i = 0; i < limit; i++) {
        bn_rc rc = bn_server_branch_next(bn_server_of(call), status.branch, &status, err);
        if (rc == BN_E_NOT_FOUND) {
            bn_put(call, call->result, "next", json_null());
            return BN_OK;
        }
        BN_TRY(rc);
        put_branch(call, bn_push_object(call, rows), &status);
    }
    bn_put(call, call->result, "next", bn_json_branch(status.branch));
    return BN_OK;
}

static bn_rc show(bn_call *call, uint32_t branch, bn_branch_status *out, bn_err *err)
{
    bn_rc rc = bn_server_branch_show(bn_server_of(call), branch, out, err);
    if (rc == BN_E_NOT_FOUND) {
        bn_call_hint(call, "banyan branch list");
        return bn_fail(err, rc, "no branch %04u", branch);
    }
    return rc;
}

bn_rc bn_server_show_branch(bn_call *call, bn_err *err)
{
    bn_branch_status status;
    bn_peer_status *peers = NULL;
    size_t count = 0;
    BN_TRY(show(call, bn_arg_branch(call, "branch"), &status, err));
    BN_TRY(bn_server_branch_peers(bn_server_of(call), status.branch, &call->arena, &peers, &count,
                                  err));
    put_branch(call, call->result, &status);
    json_t *enrolments = bn_put_list(call, call->result, "enrolments");
    for (size_t i = 0; i < count; i++) {
        json_t *entry = bn_push_object(call, enrolments);
        bn_put(call, entry, "origin", bn_json_count(peers[i].origin));
        bn_put(call, entry, "state", json_string(bn_branch_state_text(peers[i].state)));
        bn_put(call, entry, "enrolled", bn_json_time(peers[i].enrolled_ms));
        bn_put(call, entry, "ops", bn_json_count(peers[i].oseq_committed));
        put_key(call, entry, peers[i].key);
    }
    return BN_OK;
}

/* --- codes -------------------------------------------------------------------------------- */

/* Port and host of "tcp://host:port" or "tcp://[v6]:port"; a mapped v4 address is told plainly. */
static bn_rc split_endpoint(const char *endpoint, char *host, size_t host_len, uint16_t *port,
                            bn_err *err)
{
    bn_slice text = bn_slice_of(endpoint);
    const bn_slice prefix = BN_SLICE("tcp://");
    const bn_slice mapped = BN_SLICE("::ffff:");
    const char *colon = strrchr(endpoint, ':');
    int64_t number = 0;
    if (!bn_slice_starts(text, prefix) || colon == NULL || colon < endpoint + prefix.len ||
        bn_parse_i64(bn_slice_of(colon + 1), &number) != BN_OK || number < 1 ||
        number > UINT16_MAX) {
        return bn_fail(err, BN_E_UNSUPPORTED, "a code needs a door such as tcp://HOST:PORT");
    }
    const char *start = endpoint + prefix.len;
    size_t len = (size_t)(colon - start);
    if (len >= 2 && start[0] == '[' && start[len - 1] == ']') {
        start++;
        len -= 2;
    }
    if (bn_slice_starts(bn_slice_make(start, len), mapped)) {
        start += mapped.len;
        len -= mapped.len;
    }
    if (len == 0 || len >= host_len) {
        return bn_fail(err, BN_E_LIMIT, "host: %zu bytes, 1 to %zu are possible", len,
                       host_len - 1);
    }
    memcpy(host, start, len);
    host[len] = 0;
    *port = (uint16_t)number;
    return BN_OK;
}

/* Everything of a ticket but its token: known before a code is made. */
static bn_rc prepare_ticket(const bn_server_api *api, bn_ticket *ticket, bn_err *err)
{
    char ignored[BN_TICKET_HOST_BYTES];
    BN_TRY(split_endpoint(api->options.enrol_endpoint, ignored, sizeof ignored,
                          &ticket->enrol_port, err));
    BN_TRY(split_endpoint(api->options.sync_endpoint, ticket->host, sizeof ticket->host,
                          &ticket->sync_port, err));
    const char *host = api->options.public_host;
    if (host != NULL && host[0] != 0) {
        if (strlen(host) >= sizeof ticket->host) {
            return bn_fail(err, BN_E_LIMIT, "listen.public_host: %zu bytes, limit %d",
                           strlen(host), BN_TICKET_HOST_BYTES - 1);
        }
        memcpy(ticket->host, host, strlen(host) + 1);
    } else if (strcmp(ticket->host, "*") == 0 || strcmp(ticket->host, "0.0.0.0") == 0 ||
               strcmp(ticket->host, "::") == 0) {
        return bn_fail(err, BN_E_INVALID, "listen.public_host: not set, and %s is no address a "
                       "branch can reach", ticket->host);
    }
    memcpy(ticket->server_key, bn_server_transport_public(api->options.server), BN_KEY_BYTES);
    return BN_OK;
}

bn_rc bn_server_add_branch(bn_call *call, bn_err *err)
{
    bn_ticket ticket = {.sync_port = 0};
    char text[BN_TICKET_TEXT_BYTES];
    char fingerprint[BN_FINGERPRINT_TEXT_BYTES];
    bn_enrolment_code code;
    bn_branch_status status;
    uint64_t hours = bn_arg_number(call, "hours", 0);
    const char *name = bn_arg_given(call, "name") ? bn_arg_text(call, "name") : NULL;
    if (hours > HOURS_MAX) {
        return bn_fail(err, BN_E_LIMIT, "hours: limit %d", HOURS_MAX);
    }
    if (name != NULL && (name[0] == 0 || strlen(name) >= BN_BRANCH_NAME_BYTES ||
                         !bn_utf8_clean(bn_slice_of(name)))) {
        return bn_fail(err, BN_E_INVALID, "name: 1 to %d bytes of plain text",
                       BN_BRANCH_NAME_BYTES - 1);
    }
    BN_TRY(prepare_ticket(bn_server_api_of(call), &ticket, err));
    BN_TRY(bn_server_branch_add(bn_server_of(call), bn_arg_branch(call, "branch"), name,
                                hours * HOUR_MS, call->actor, &code, err));
    memcpy(ticket.token, code.token, sizeof ticket.token);
    BN_TRY(bn_ticket_format(&ticket, text, err));
    BN_TRY(show(call, code.branch, &status, err));
    bn_server_fingerprint(bn_server_of(call), fingerprint);
    bn_put(call, call->result, "branch", bn_json_branch(code.branch));
    bn_put(call, call->result, "name", bn_json_text(status.name));
    bn_put(call, call->result, "code", json_string(text));
    bn_put(call, call->result, "fingerprint", json_string(fingerprint));
    bn_put(call, call->result, "expires", bn_json_time(code.expires_ms));
    bn_wipe(&ticket, sizeof ticket);
    bn_wipe(&code, sizeof code);
    bn_wipe(text, sizeof text);
    return BN_OK;
}

/* --- pause, resume, revoke, rename -------------------------------------------------------- */

typedef bn_rc (*steer)(bn_server *server, uint32_t branch, const char *actor, bn_err *err);

static bn_rc put_after(bn_call *call, bn_err *err)
{
    bn_branch_status status;
    BN_TRY(show(call, bn_arg_branch(call, "branch"), &status, err));
    put_branch(call, call->result, &status);
    return BN_OK;
}

static bn_rc steer_branch(bn_call *call, steer how, bn_err *err)
{
    uint32_t branch = bn_arg_branch(call, "branch");
    bn_branch_status before;
    BN_TRY(show(call, branch, &before, err));
    BN_TRY(how(bn_server_of(call), branch, call->actor, err));
    return put_after(call, err);
}

bn_rc bn_server_pause_branch(bn_call *call, bn_err *err)
{
    return steer_branch(call, bn_server_branch_pause, err);
}

bn_rc bn_server_resume_branch(bn_call *call, bn_err *err)
{
    return steer_branch(call, bn_server_branch_resume, err);
}

bn_rc bn_server_revoke_branch(bn_call *call, bn_err *err)
{
    return steer_branch(call, bn_server_branch_revoke, err);
}

bn_rc bn_server_rename_branch(bn_call *call, bn_err *err)
{
    uint32_t branch = bn_arg_branch(call, "branch");
    bn_branch_status before;
    BN_TRY(show(call, branch, &before, err));
    BN_TRY(bn_server_branch_rename(bn_server_of(call), branch, bn_arg_text(call, "name"),
                                   call->actor, err));
    return put_after(call, err);
}

/* --- views -------------------------------------------------------------------------------- */

bn_rc bn_server_show_view_digest(bn_call *call, bn_err *err)
{
    uint32_t branch = bn_arg_branch(call, "branch");
    bn_branch_status status;
    bn_digest digest;
    char text[33];
    BN_TRY(show(call, branch, &status, err));
    BN_TRY(bn_server_view_digest(bn_server_of(call), branch, &digest, err));
    bn_digest_format(&digest, text);
    bn_put(call, call->result, "branch", bn_json_branch(branch));
    bn_put(call, call->result, "cseq", bn_json_number(status.head));
    bn_put(call, call->result, "digest", json_string(text));
    bn_put(call, call->result, "records", bn_json_count(digest.records_count));
    return BN_OK;
}

bn_rc bn_server_share_customer(bn_call *call, bn_err *err)
{
    bn_server_saved saved = {.cseq = 0};
    bn_id id;
    BN_TRY(bn_call_entity(call, bn_schema_kind(BN_KIND_CUSTOMER), bn_arg_slice(call, "id"), &id,
                          err));
    BN_TRY(bn_server_share(bn_server_of(call), id, bn_arg_branch(call, "branch"),
                           bn_arg_bool(call, "on", true), call->actor, &saved, err));
    bn_put(call, call->result, "id", bn_json_id(id));
    bn_put(call, call->result, "dot", bn_json_dot(saved.saved.dot));
    bn_put(call, call->result, "outcome", json_string(bn_outcome_name(saved.outcome)));
    bn_put(call, call->result, "reason", bn_json_text(saved.reason));
    return BN_OK;
}
