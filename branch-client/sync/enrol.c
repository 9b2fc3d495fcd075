/* enrol.c - a machine with a one-time code becomes a branch.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   CONNECTING ─ request left ─► ASKING ─ ENROL_OK, stored ─► DONE
 *        └────── timeout, no link ──┴──── ENROL_REJ, timeout ──► FAILED
 *
 * The keys are made before the first try, so that a repetition with the same code asks for the
 * same origin again.
 */
#include "branch-client/sync/driver.h"

#include <banyan/base/alloc.h>
#include <banyan/base/buf.h>
#include <banyan/base/check.h>
#include <banyan/base/limits.h>
#include <banyan/base/version.h>

#define MACHINE_BYTES_MAX 64
#define SEND_RETRY_MS 50
#define ARENA_BYTES_MAX 65536

struct bn_branch_enrol {
    bn_branch *branch;
    bn_ticket ticket;
    char machine[MACHINE_BYTES_MAX + 1];
    bn_dialer dialer;
    const bn_clock *clock;
    bn_enrol_state state;
    bn_rc result;
    char reason[BN_SYNC_REASON_BYTES];
    uint64_t deadline, send_at;
    bn_arena arena;
    bn_buf frame;
};

static uint64_t mono(const bn_branch_enrol *enrol)
{
    return enrol->clock->mono_ms(enrol->clock->context);
}

/* The one place where the state changes; an end stays the end. */
static void finish(bn_branch_enrol *enrol, bn_rc result, const char *reason)
{
    if (enrol->state == BN_ENROL_DONE || enrol->state == BN_ENROL_FAILED) {
        return;
    }
    enrol->state = result == BN_OK ? BN_ENROL_DONE : BN_ENROL_FAILED;
    enrol->result = result;
    snprintf(enrol->reason, sizeof enrol->reason, "%s", reason);
    enrol->dialer.close(enrol->dialer.context);
}

static bn_rc dial(bn_branch_enrol *enrol, bn_err *err)
{
    char endpoint[BN_IDENTITY_ENDPOINT_BYTES];
    BN_TRY(bn_ticket_endpoint(&enrol->ticket, true, endpoint, sizeof endpoint, err));
    bn_link_client_options options = {.endpoint = endpoint, .door = BN_DOOR_ENROL};
    memcpy(options.server_key, enrol->ticket.server_key, BN_KEY_BYTES);
    memcpy(options.public_key, bn_branch_transport_public(enrol->branch), BN_KEY_BYTES);
    memcpy(options.secret_key, bn_branch_transport_secret(enrol->branch), BN_KEY_BYTES);
    bn_rc rc = enrol->dialer.open(enrol->dialer.context, &options, err);
    bn_wipe(options.secret_key, sizeof options.secret_key);
    return rc;
}

bn_rc bn_branch_enrol_begin(bn_branch *branch, const bn_ticket *ticket, const char *machine,
                            const bn_dialer *dialer, const bn_clock *clock, bn_branch_enrol **out,
                            bn_err *err)
{
    if (bn_branch_enrolled(branch)) {
        return bn_fail(err, BN_E_EXISTS, "this is branch %u already",
                       bn_branch_identity(branch)->branch);
    }
    BN_AUTO(bn_branch_enrol_end) bn_branch_enrol *enrol = bn_alloc(sizeof *enrol);
    if (enrol == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "no memory for an enrolment");
    }
    enrol->branch = branch;
    enrol->ticket = *ticket;
    enrol->dialer = *dialer;
    enrol->clock = clock;
    snprintf(enrol->machine, sizeof enrol->machine, "%s", machine);
    bn_arena_init(&enrol->arena, ARENA_BYTES_MAX);
    bn_buf_init(&enrol->frame, BN_ENROL_FRAME_BYTES_MAX);
    enrol->deadline = mono(enrol) + BN_ENROL_TIMEOUT_MS;
    BN_TRY(dial(enrol, err));
    *out = BN_TAKE(enrol);
    return BN_OK;
}

void bn_branch_enrol_end(bn_branch_enrol **enrol)
{
    bn_branch_enrol *ending = *enrol;
    if (ending == NULL) {
        return;
    }
    *enrol = NULL;
    ending->dialer.close(ending->dialer.context);
    bn_arena_fini(&ending->arena);
    bn_buf_fini(&ending->frame);
    bn_wipe(ending->ticket.token, sizeof ending->ticket.token);
    bn_free(ending);
}

static void ask(bn_branch_enrol *enrol)
{
    bn_slice token = bn_slice_make(enrol->ticket.token, BN_TOKEN_BYTES);
    bn_message request = {.type = BN_MSG_ENROL_REQ,
                          .number = 1,
                          .enrol_req = {.token = token,
                                        .machine = bn_slice_of(enrol->machine),
                                        .schema_version = BN_SCHEMA_VERSION}};
    memcpy(request.enrol_req.sign_key, bn_branch_sign_public(enrol->branch), BN_SIGN_PUBLIC_BYTES);
    bn_sign(bn_branch_sign_secret(enrol->branch), BN_SLICE(BN_ENROL_DOMAIN),
            bn_enrol_digest(token, bn_branch_transport_public(enrol->branch)),
            request.enrol_req.signature);
    bn_buf_clear(&enrol->frame);
    bn_message_encode(&request, &enrol->frame);
    if (bn_buf_status(&enrol->frame) != BN_OK) {
        finish(enrol, BN_E_FAILED, "the request cannot be encoded");
        return;
    }
    if (enrol->dialer.send(enrol->dialer.context, bn_buf_slice(&enrol->frame)) == BN_OK) {
        enrol->state = BN_ENROL_ASKING;
    } else {
        enrol->send_at = mono(enrol) + SEND_RETRY_MS;
    }
}

static bn_rc take_identity(bn_branch_enrol *enrol, const bn_msg_enrol_ok *ok, bn_err *err)
{
    bn_identity identity = {
        .origin = ok->origin, .branch = ok->branch, .incarnation = ok->incarnation};
    memcpy(identity.server_key, enrol->ticket.server_key, BN_KEY_BYTES);
    if (ok->branch_name.len >= sizeof identity.name ||
        ok->sync_endpoint.len >= sizeof identity.sync_endpoint) {
        return bn_fail(err, BN_E_FORMAT, "the server's name or address of this branch is too long");
    }
    memcpy(identity.name, ok->branch_name.data, ok->branch_name.len);
    if (ok->sync_endpoint.len > 0) {
        memcpy(identity.sync_endpoint, ok->sync_endpoint.data, ok->sync_endpoint.len);
    } else {
        BN_TRY(bn_ticket_endpoint(&enrol->ticket, false, identity.sync_endpoint,
                                  sizeof identity.sync_endpoint, err));
    }
    return bn_branch_set_identity(enrol->branch, &identity, err);
}

static bn_rc result_of(bn_reject reject)
{
    return reject == BN_REJECT_BUSY || reject == BN_REJECT_SHUTDOWN ? BN_E_AGAIN : BN_E_DENIED;
}

bn_rc bn_branch_enrol_on_frame(bn_branch_enrol *enrol, bn_slice frame, bn_err *err)
{
    if (enrol->state != BN_ENROL_ASKING) {
        return BN_OK;
    }
    bn_arena_reset(&enrol->arena);
    bn_message message;
    bn_err why = {0};
    if (bn_message_decode(frame, &enrol->arena, &message, &why) != BN_OK) {
        finish(enrol, BN_E_FORMAT, why.text);
        return BN_OK;
    }
    if (message.type == BN_MSG_ENROL_REJ) {
        finish(enrol, result_of(message.rejected.reason), bn_reject_text(message.rejected.reason));
        return BN_OK;
    }
    if (message.type != BN_MSG_ENROL_OK) {
        finish(enrol, BN_E_FORMAT, "the server answered something else");
        return BN_OK;
    }
    bn_rc rc = take_identity(enrol, &message.enrol_ok, &why);
    finish(enrol, rc, why.text);
    return rc == BN_E_IO ? bn_fail(err, rc, "%s", why.text) : BN_OK;
}

bn_rc bn_branch_enrol_tick(bn_branch_enrol *enrol, bn_err *err)
{
    (void)err;
    if (enrol->state != BN_ENROL_CONNECTING && enrol->state != BN_ENROL_ASKING) {
        return BN_OK;
    }
    if (mono(enrol) >= enrol->deadline) {
        finish(enrol, BN_E_UNREACHABLE, "the server does not answer at its enrolment door");
    } else if (enrol->state == BN_ENROL_CONNECTING) {
        ask(enrol);
    }
    return BN_OK;
}

uint64_t bn_branch_enrol_next_tick_ms(const bn_branch_enrol *enrol)
{
    uint64_t now = mono(enrol);
    uint64_t moment = enrol->state == BN_ENROL_CONNECTING && enrol->send_at < enrol->deadline
                          ? enrol->send_at
                          : enrol->deadline;
    return moment > now ? moment - now : 0;
}

bn_enrol_state bn_branch_enrol_state(const bn_branch_enrol *enrol)
{
    return enrol->state;
}

bn_rc bn_branch_enrol_result(const bn_branch_enrol *enrol)
{
    return enrol->result;
}

const char *bn_branch_enrol_reason(const bn_branch_enrol *enrol)
{
    return enrol->reason;
}
