/* test_ticket.c - one-time codes as people copy them, well and badly.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "unit/unit.h"

#include <banyan/base/check.h>
#include <banyan/protocol/ticket.h>

static bn_ticket sample(const char *host)
{
    bn_ticket ticket = {.enrol_port = 7401, .sync_port = 7400};
    for (size_t i = 0; i < sizeof ticket.token; i++) {
        ticket.token[i] = (uint8_t)(i * 11 + 3);
    }
    for (size_t i = 0; i < sizeof ticket.server_key; i++) {
        ticket.server_key[i] = (uint8_t)(255 - i * 5);
    }
    (void)snprintf(ticket.host, sizeof ticket.host, "%s", host);
    return ticket;
}

static void ticket__survives_lower_case_blanks_and_line_ends(void **state)
{
    (void)state;
    bn_err err = {0};
    char text[BN_TICKET_TEXT_BYTES];
    char messy[2 * BN_TICKET_TEXT_BYTES];
    bn_ticket ticket = sample("head-office.example.com");
    bn_ticket read;
    assert_ok(bn_ticket_format(&ticket, text, &err), err);
    size_t n = 0;
    for (size_t i = 0; text[i] != '\0'; i++) {
        char c = text[i];
        messy[n++] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c == '-' ? ' ' : c);
        if (i % 13 == 0) {
            messy[n++] = '\n';
        }
    }
    messy[n] = '\0';
    assert_ok(bn_ticket_parse(bn_slice_of(messy), &read, &err), err);
    assert_memory_equal(read.token, ticket.token, sizeof ticket.token);
    assert_memory_equal(read.server_key, ticket.server_key, sizeof ticket.server_key);
    assert_int_equal(read.enrol_port, 7401);
    assert_int_equal(read.sync_port, 7400);
    assert_string_equal(read.host, ticket.host);
}

static void ticket__says_that_it_is_cut_off_at_every_length(void **state)
{
    (void)state;
    bn_err err = {0};
    char text[BN_TICKET_TEXT_BYTES];
    bn_ticket ticket = sample("127.0.0.1");
    bn_ticket read;
    assert_ok(bn_ticket_format(&ticket, text, &err), err);
    for (size_t len = sizeof "BANYAN1-" - 1; len < strlen(text); len++) {
        bn_rc rc = bn_ticket_parse(bn_slice_make(text, len), &read, &err);
        assert_int_equal(rc, BN_E_INVALID);
        assert_non_null(strstr(err.text, "cut off"));
    }
}

static void ticket__says_that_it_is_mistyped_for_every_changed_character(void **state)
{
    (void)state;
    bn_err err = {0};
    char text[BN_TICKET_TEXT_BYTES];
    bn_ticket ticket = sample("127.0.0.1");
    bn_ticket read;
    assert_ok(bn_ticket_format(&ticket, text, &err), err);
    for (size_t i = sizeof "BANYAN1-" - 1; text[i] != '\0'; i++) {
        char kept = text[i];
        if (kept == '-') {
            continue;
        }
        text[i] = kept == '7' ? '8' : '7';
        assert_int_equal(bn_ticket_parse(bn_slice_of(text), &read, &err), BN_E_INVALID);
        text[i] = kept;
    }
}

static void ticket__names_the_prefix_it_wants(void **state)
{
    (void)state;
    bn_err err = {0};
    bn_ticket read;
    assert_int_equal(bn_ticket_parse(BN_SLICE("HELLO-12345"), &read, &err), BN_E_INVALID);
    assert_non_null(strstr(err.text, "BANYAN1"));
    assert_int_equal(bn_ticket_parse(BN_SLICE("BANYAN2-12345"), &read, &err), BN_E_INVALID);
    assert_non_null(strstr(err.text, "another version"));
    assert_int_equal(bn_ticket_parse(BN_SLICE(""), &read, &err), BN_E_INVALID);
}

static void ticket__refuses_hosts_that_are_none(void **state)
{
    (void)state;
    const char *hosts[] = {"", "two words", "a/b", "[::1]"};
    char text[BN_TICKET_TEXT_BYTES];
    for (size_t i = 0; i < BN_COUNT(hosts); i++) {
        bn_ticket ticket = sample(hosts[i]);
        assert_int_not_equal(bn_ticket_format(&ticket, text, NULL), BN_OK);
    }
}

static void ticket__gives_endpoints_with_brackets_where_needed(void **state)
{
    (void)state;
    bn_err err = {0};
    char out[160];
    bn_ticket ticket = sample("fd00::1");
    assert_ok(bn_ticket_endpoint(&ticket, false, out, sizeof out, &err), err);
    assert_string_equal(out, "tcp://[fd00::1]:7400");
    ticket = sample("bank.example");
    assert_ok(bn_ticket_endpoint(&ticket, true, out, sizeof out, &err), err);
    assert_string_equal(out, "tcp://bank.example:7401");
    assert_int_equal(bn_ticket_endpoint(&ticket, true, out, 10, &err), BN_E_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ticket__survives_lower_case_blanks_and_line_ends),
        cmocka_unit_test(ticket__says_that_it_is_cut_off_at_every_length),
        cmocka_unit_test(ticket__says_that_it_is_mistyped_for_every_changed_character),
        cmocka_unit_test(ticket__names_the_prefix_it_wants),
        cmocka_unit_test(ticket__refuses_hosts_that_are_none),
        cmocka_unit_test(ticket__gives_endpoints_with_brackets_where_needed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
