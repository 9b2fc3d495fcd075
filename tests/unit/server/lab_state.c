/* lab_state.c - what the server of a lab holds, and whether a branch holds the same.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "lab.h"

#include "unit/unit.h"

#include <banyan/base/number.h>
#include <banyan/core/records.h>

bn_record lab_record(lab *l, uint16_t kind, bn_id id)
{
    bn_err err = {0};
    bn_server_reader reader;
    bn_record record;
    assert_ok(bn_server_read_begin(l->server, &reader, &err), err);
    bn_record_source source = bn_server_source(&reader);
    assert_ok(source.get(source.context, kind, id, &l->arena, &record, &err), err);
    bn_server_read_end(&reader);
    return record;
}

bn_dot lab_dot(lab *l, uint16_t kind, bn_id id, uint16_t field)
{
    bn_record record = lab_record(l, kind, id);
    return bn_record_dot(&record, field);
}

const char *lab_value(lab *l, uint16_t kind, bn_id id, uint16_t field)
{
    bn_record record = lab_record(l, kind, id);
    bn_value value = bn_record_value(&record, field);
    return value.type == BN_VALUE_TEXT ? bn_arena_cstr(&l->arena, value.text) : "";
}

size_t lab_conflicts(lab *l, bn_conflict_state state, bn_conflict *last)
{
    bn_err err = {0};
    bn_server_reader reader;
    bn_conflict_filter filter = {.state = state};
    bn_conflict conflict = {0};
    size_t count = 0;
    assert_ok(bn_server_read_begin(l->server, &reader, &err), err);
    while (bn_server_conflict_next(&reader, &filter, conflict.id, &l->arena, &conflict, &err) ==
           BN_OK) {
        count++;
        if (last != NULL) {
            *last = conflict;
        }
    }
    bn_server_read_end(&reader);
    return count;
}

void lab_share(lab *l, bn_id customer, uint32_t branch)
{
    bn_err err = {0};
    bn_server_saved saved;
    assert_ok(bn_server_share(l->server, customer, branch, true, "admin", &saved, &err), err);
    lab_flush(l);
}

static void digest_table(lab_branch *b, bn_kv_txn *txn, bn_table table, bn_digest *digest)
{
    bn_err err = {0};
    bn_kv_cursor *cursor = NULL;
    bn_slice key;
    bn_slice value;
    bn_id incarnation = bn_server_incarnation(b->lab->server);
    assert_ok(bn_kv_cursor_open(txn, table, &cursor, &err), err);
    bn_rc rc = bn_kv_seek(cursor, bn_slice_make(NULL, 0), &key, &value, &err);
    while (rc == BN_OK) {
        bn_id id;
        bool is_entity = table == BN_TABLE_ENTITY;
        memcpy(id.bytes, key.data + (is_entity ? 2 : 0), BN_ID_BYTES);
        uint16_t kind = is_entity ? bn_load_u16(key.data)
                                  : BN_DIGEST_KIND_CONFLICT;
        bn_digest_add(digest, bn_id_slice(&incarnation), kind, id, value);
        rc = bn_kv_next(cursor, &key, &value, &err);
    }
    bn_kv_cursor_close(&cursor);
}

void lab_assert_same(lab_branch *b)
{
    bn_err err = {0};
    bn_kv_txn *txn = NULL;
    bn_digest here = {0};
    bn_digest there = {0};
    char text_here[33];
    char text_there[33];
    assert_ok(bn_kv_begin(b->kv, BN_KV_READ, &txn, &err), err);
    digest_table(b, txn, BN_TABLE_ENTITY, &here);
    digest_table(b, txn, BN_TABLE_CONFLICT, &here);
    bn_kv_abort(&txn);
    assert_ok(bn_server_view_digest(b->lab->server, b->number, &there, &err), err);
    assert_int_equal(here.records_count, there.records_count);
    bn_digest_format(&here, text_here);
    bn_digest_format(&there, text_there);
    assert_string_equal(text_here, text_there);
}

static void print_finding(void *context, const char *text)
{
    (void)context;
    print_message("# finding: %s\n", text);
}

void lab_assert_verified(lab *l)
{
    bn_err err = {0};
    bn_server_proof proof;
    assert_ok(bn_server_verify(l->server, print_finding, NULL, &proof, &err), err);
    bn_server_counts counts;
    bn_server_get_counts(l->server, &counts);
    assert_int_equal(proof.commits_count, counts.head);
}
