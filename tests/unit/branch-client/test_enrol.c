/* test_enrol.c - a machine with a one-time code becomes a branch.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "unit/branch-client/branch_test.h"

#include "branch-client/sync/driver.h"

#include <banyan/protocol/message.h>

typedef struct door {
    office *o;
    bn_kv_memory *memory;
    bn_kv *kv;
    bn_branch *branch; /* not enrolled yet */
    bn_ticket ticket;
    bn_branch_enrol *enrol;
    bool connected;
    unsigned closes;
    bn_buf request;
} door;

static bn_rc door_open(void *context, const bn_link_client_options *options, bn_err *err)
{
    (void)context;
    (void)err;
    assert_int_equal(options->door, BN_DOOR_ENROL);
    assert_string_equal(options->endpoint, "tcp://head.example:7000");
    return BN_OK;
}

static void door_close(void *context)
{
    ((door *)context)->closes++;
}

static bn_rc door_send(void *context, bn_slice frame)
{
    door *d = context;
    if (!d->connected) {
        return BN_E_AGAIN;
    }
    bn_buf_clear(&d->request);
    bn_buf_append_slice(&d->request, frame);
    return BN_OK;
}

static door *door_create(void)
{
    door *d = calloc(1, sizeof *d);
    assert_non_null(d);
    d->o = office_open(false);
    d->connected = true;
    d->ticket = (bn_ticket){.token = {1, 2, 3},
                            .server_key = {9},
                            .enrol_port = 7000,
                            .sync_port = 7001,
                            .host = "head.example"};
    bn_buf_init(&d->request, BN_ENROL_FRAME_BYTES_MAX);
    office *o = d->o;
    assert_ok(bn_kv_open_memory(&d->memory, &d->kv, &o->err), o->err);
    assert_ok(bn_branch_open(d->kv, &o->clock, &o->random, &d->branch, &o->err), o->err);
    bn_dialer dialer = {door_open, door_close, door_send, NULL, d};
    assert_ok(bn_branch_enrol_begin(d->branch, &d->ticket, "till-3", &dialer, &o->clock, &d->enrol,
                                    &o->err),
              o->err);
    return d;
}

static void door_destroy(door *d)
{
    bn_branch_enrol_end(&d->enrol);
    bn_branch_close(&d->branch);
    bn_kv_close(&d->kv);
    bn_kv_memory_destroy(&d->memory);
    bn_buf_fini(&d->request);
    office_close(d->o);
    free(d);
}

static void answer(door *d, const bn_message *message)
{
    bn_buf frame;
    bn_buf_init(&frame, BN_ENROL_FRAME_BYTES_MAX);
    bn_message_encode(message, &frame);
    assert_int_equal(bn_buf_status(&frame), BN_OK);
    assert_ok(bn_branch_enrol_on_frame(d->enrol, bn_buf_slice(&frame), &d->o->err), d->o->err);
    bn_buf_fini(&frame);
}

static void enrol__proves_its_key_and_keeps_what_the_server_says(void **state)
{
    (void)state;
    door *d = door_create();
    office *o = d->o;
    assert_ok(bn_branch_enrol_tick(d->enrol, &o->err), o->err);
    assert_int_equal(bn_branch_enrol_state(d->enrol), BN_ENROL_ASKING);
    bn_message request;
    assert_ok(bn_message_decode(bn_buf_slice(&d->request), &o->arena, &request, &o->err), o->err);
    assert_int_equal(request.type, BN_MSG_ENROL_REQ);
    assert_true(bn_signature_holds(
        request.enrol_req.sign_key, BN_SLICE(BN_ENROL_DOMAIN),
        bn_enrol_digest(request.enrol_req.token, bn_branch_transport_public(d->branch)),
        request.enrol_req.signature));
    bn_message ok = {.type = BN_MSG_ENROL_OK,
                     .enrol_ok = {.origin = 31,
                                  .branch = 6,
                                  .branch_name = BN_SLICE("North Gate"),
                                  .incarnation = {{4}}}};
    answer(d, &ok);
    assert_int_equal(bn_branch_enrol_state(d->enrol), BN_ENROL_DONE);
    assert_int_equal(bn_branch_enrol_result(d->enrol), BN_OK);
    bn_branch_close(&d->branch);
    assert_ok(bn_branch_open(d->kv, &o->clock, &o->random, &d->branch, &o->err), o->err);
    const bn_identity *identity = bn_branch_identity(d->branch);
    assert_int_equal(identity->origin, 31);
    assert_string_equal(identity->name, "North Gate");
    assert_string_equal(identity->sync_endpoint, "tcp://head.example:7001");
    assert_memory_equal(identity->server_key, d->ticket.server_key, BN_KEY_BYTES);
    door_destroy(d);
}

static void enrol__says_why_it_failed(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        door *d = door_create();
        office *o = d->o;
        d->connected = i != 0;
        assert_ok(bn_branch_enrol_tick(d->enrol, &o->err), o->err);
        if (i < 2) {
            o->mono_ms += BN_ENROL_TIMEOUT_MS;
            assert_ok(bn_branch_enrol_tick(d->enrol, &o->err), o->err);
        } else {
            bn_message no = {.type = BN_MSG_ENROL_REJ,
                             .rejected = {.reason = BN_REJECT_CODE_USED}};
            answer(d, &no);
        }
        assert_int_equal(bn_branch_enrol_state(d->enrol), BN_ENROL_FAILED);
        assert_int_equal(bn_branch_enrol_result(d->enrol),
                         i < 2 ? BN_E_UNREACHABLE : BN_E_DENIED);
        assert_true(strlen(bn_branch_enrol_reason(d->enrol)) > 0);
        assert_int_equal(d->closes, 1);
        assert_false(bn_branch_enrolled(d->branch));
        door_destroy(d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(enrol__proves_its_key_and_keeps_what_the_server_says),
        cmocka_unit_test(enrol__says_why_it_failed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
