/* engine.c - opening a store, and the one write transaction everything goes through.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "engine.h"

#include "audit.h"
#include "commit/commit.h"
#include "registry.h"
#include "row.h"

#include <banyan/base/alloc.h>
#include <banyan/base/check.h>

#define COUNTS_BYTES ((7 + BN_KIND_MAX + 1 + BN_CONFLICT_UNDONE + 1) * 8)

uint64_t bn_engine_wall(const bn_server *server)
{
    return server->clock->wall_ms(server->clock->context);
}

uint64_t bn_engine_mono(const bn_server *server)
{
    return server->clock->mono_ms(server->clock->context);
}

bn_rc bn_engine_usable(const bn_server *server, bn_err *err)
{
    if (server->is_broken) {
        return bn_fail(err, BN_E_IO, "storage failed: stop, reopen and verify");
    }
    return BN_OK;
}

/* --- counters: one META row ------------------------------------------------------------------ */
static void encode_counts(const bn_server *server, bn_buf *out)
{
    const bn_counts *c = &server->counts;
    bn_row_put_u64(out, c->head);
    bn_row_put_u64(out, c->ops);
    bn_row_put_u64(out, c->quarantined);
    bn_row_put_u64(out, c->held);
    bn_row_put_u64(out, server->hlc_last.value);
    bn_row_put_u64(out, server->customers_made);
    bn_row_put_u64(out, server->derived);
    for (size_t i = 0; i < BN_COUNT(c->records); i++) {
        bn_row_put_u64(out, c->records[i]);
    }
    for (size_t i = 0; i < BN_COUNT(c->conflicts); i++) {
        bn_row_put_u64(out, c->conflicts[i]);
    }
}

static bn_rc load_counts(bn_server *server, bn_kv_txn *txn, bn_err *err)
{
    uint8_t bytes[COUNTS_BYTES];
    bn_rc rc = bn_meta_get(txn, "counts", bytes, sizeof bytes, err);
    server->counts = (bn_counts){0};
    if (rc == BN_E_NOT_FOUND) {
        return BN_OK;
    }
    BN_TRY(rc);
    bn_row row = {.rest = bn_slice_make(bytes, sizeof bytes)};
    bn_counts *c = &server->counts;
    c->head = bn_row_u64(&row);
    c->ops = bn_row_u64(&row);
    c->quarantined = bn_row_u64(&row);
    c->held = bn_row_u64(&row);
    server->hlc_last.value = bn_row_u64(&row);
    server->customers_made = bn_row_u64(&row);
    server->derived = bn_row_u64(&row);
    for (size_t i = 0; i < BN_COUNT(c->records); i++) {
        c->records[i] = bn_row_u64(&row);
    }
    for (size_t i = 0; i < BN_COUNT(c->conflicts); i++) {
        c->conflicts[i] = bn_row_u64(&row);
    }
    return bn_row_end(&row, "counts", err);
}

static bn_rc load_all(bn_server *server, bn_kv_txn *txn, bn_err *err)
{
    BN_TRY(load_counts(server, txn, err));
    BN_TRY(bn_audit_load(server, txn, err));
    return bn_registry_load(server, txn, err);
}

/* --- transactions ---------------------------------------------------------------------------- */
bn_rc bn_engine_begin(bn_server *server, bn_err *err)
{
    BN_ASSERT(server->txn == NULL);
    BN_TRY(bn_engine_usable(server, err));
    bn_rc rc = bn_kv_begin(server->kv, BN_KV_WRITE, &server->txn, err);
    if (rc != BN_OK) {
        server->is_broken = server->is_broken || rc == BN_E_IO;
        return rc;
    }
    server->wall_ms = bn_engine_wall(server);
    server->has_customer = false;
    return BN_OK;
}

bn_rc bn_engine_put(bn_server *server, bn_table table, bn_slice key, bn_buf *buf, bn_err *err)
{
    bn_rc rc = bn_buf_status(buf);
    if (rc != BN_OK) {
        return bn_fail(err, rc, "row of table %s: %zu bytes", bn_table_name(table), buf->len);
    }
    return bn_kv_put(server->txn, table, key, bn_buf_slice(buf), err);
}

/* Memory shows what is on disk; when even that cannot be read, nothing may go on. */
static void reload(bn_server *server)
{
    bn_kv_txn *txn = NULL;
    server->has_customer = false;
    bn_rc rc = bn_kv_begin(server->kv, BN_KV_READ, &txn, NULL);
    if (rc == BN_OK) {
        rc = load_all(server, txn, NULL);
    }
    bn_kv_abort(&txn);
    server->is_broken = server->is_broken || rc != BN_OK;
}

void bn_engine_abort(bn_server *server)
{
    bn_kv_abort(&server->txn);
    reload(server);
}

static bn_rc write_state(bn_server *server, bn_err *err)
{
    BN_TRY(bn_audit_drain_refusals(server, err));
    BN_TRY(bn_registry_write_dirty(server, err));
    bn_buf_clear(&server->value);
    encode_counts(server, &server->value);
    BN_TRY(bn_buf_status(&server->value));
    return bn_meta_put(server->txn, "counts", server->value.data, server->value.len, err);
}

bn_rc bn_engine_commit(bn_server *server, bn_err *err)
{
    bn_rc rc = write_state(server, err);
    if (rc != BN_OK) {
        bn_engine_abort(server);
        return rc;
    }
    rc = bn_kv_commit(&server->txn, err);
    if (rc != BN_OK) {
        server->is_broken = server->is_broken || rc == BN_E_IO;
        reload(server);
        return rc;
    }
    server->commits++;
    server->pump_wanted = true;
    return BN_OK;
}

bn_rc bn_engine_end(bn_server *server, bn_rc rc, bn_err *err)
{
    if (rc != BN_OK) {
        bn_engine_abort(server);
        return rc;
    }
    return bn_engine_commit(server, err);
}

/* --- opening --------------------------------------------------------------------------------- */
static bn_rc put_key(bn_server *server, const char *name, const uint8_t *key, size_t len,
                     bn_err *err)
{
    return bn_kv_put(server->txn, BN_TABLE_KEYS, bn_slice_of(name), bn_slice_make(key, len), err);
}

static bn_rc get_key(bn_kv_txn *txn, const char *name, uint8_t *key, size_t len, bn_err *err)
{
    bn_slice value;
    BN_TRY(bn_kv_get(txn, BN_TABLE_KEYS, bn_slice_of(name), &value, err));
    if (value.len != len) {
        return bn_fail(err, BN_E_CORRUPT, "key %s: %zu bytes instead of %zu", name, value.len, len);
    }
    memcpy(key, value.data, len);
    return BN_OK;
}

/* The first open: an incarnation, the keys, and the row of origin 0. */
static bn_rc found(bn_server *server, bn_err *err)
{
    server->random->fill(server->random->context, server->incarnation.bytes, BN_ID_BYTES);
    server->random->fill(server->random->context, server->index_key.bytes, BN_KEY_BYTES);
    bn_keypair_transport(server->transport_public, server->transport_secret);
    bn_keypair_sign(server->sign_public, server->sign_secret);
    BN_TRY(bn_meta_put(server->txn, "incarnation", server->incarnation.bytes, BN_ID_BYTES, err));
    BN_TRY(put_key(server, "transport", server->transport_secret, BN_KEY_BYTES, err));
    BN_TRY(put_key(server, "sign", server->sign_secret, BN_SIGN_SECRET_BYTES, err));
    BN_TRY(put_key(server, "sign_public", server->sign_public, BN_SIGN_PUBLIC_BYTES, err));
    BN_TRY(put_key(server, "index", server->index_key.bytes, BN_KEY_BYTES, err));
    bn_origin *own = NULL;
    BN_TRY(bn_registry_add_origin(server, &own, err));
    own->state = BN_BRANCH_ACTIVE;
    own->enrolled_ms = server->wall_ms;
    memcpy(own->key, server->transport_public, BN_KEY_BYTES);
    memcpy(own->sign_key, server->sign_public, BN_SIGN_PUBLIC_BYTES);
    own->head = bn_origin_chain_start(0, own->key);
    own->dirty = true;
    return bn_audit_write(server, "", "server.create", "", "", err);
}

static bn_rc load_keys(bn_server *server, bn_err *err)
{
    bn_kv_txn *txn = server->txn;
    BN_TRY(get_key(txn, "transport", server->transport_secret, BN_KEY_BYTES, err));
    BN_TRY(get_key(txn, "sign", server->sign_secret, BN_SIGN_SECRET_BYTES, err));
    BN_TRY(get_key(txn, "sign_public", server->sign_public, BN_SIGN_PUBLIC_BYTES, err));
    BN_TRY(get_key(txn, "index", server->index_key.bytes, BN_KEY_BYTES, err));
    return bn_public_of_secret(server->transport_secret, server->transport_public);
}

static bn_rc open_store(bn_server *server, bn_err *err)
{
    BN_TRY(bn_engine_begin(server, err));
    bn_rc rc = bn_meta_get(server->txn, "incarnation", server->incarnation.bytes, BN_ID_BYTES, err);
    if (rc == BN_OK) {
        rc = load_keys(server, err);
        rc = rc == BN_OK ? load_all(server, server->txn, err) : rc;
        rc = rc == BN_OK ? bn_conflicts_load_filter(server, err) : rc;
        bn_kv_abort(&server->txn);
        return rc;
    }
    if (rc != BN_E_NOT_FOUND) {
        bn_kv_abort(&server->txn);
        return rc;
    }
    rc = load_all(server, server->txn, err);
    rc = rc == BN_OK ? found(server, err) : rc;
    if (rc != BN_OK) {
        bn_kv_abort(&server->txn);
        return rc;
    }
    return bn_engine_commit(server, err);
}

static bn_rc init_memory(bn_server *server, bn_err *err)
{
    if (pthread_mutex_init(&server->admission.lock, NULL) != 0) {
        return bn_fail(err, BN_E_NO_MEMORY, "server: no lock");
    }
    bn_arena_init(&server->arena, BN_BATCH_ARENA_BYTES);
    bn_arena_init(&server->frame_arena, BN_BATCH_ARENA_BYTES);
    bn_buf_init(&server->value, BN_CONFLICT_BYTES_MAX);
    bn_buf_init(&server->effects, BN_CONFLICT_BYTES_MAX);
    bn_buf_init(&server->frame, BN_FRAME_BYTES_MAX);
    bn_buf_init(&server->feed, BN_FRAME_BYTES_MAX);
    bn_buf_init(&server->queue_bytes, BN_QUEUE_BYTES_MAX);
    bn_buf_init(&server->holds.bytes, BN_QUEUE_BYTES_MAX);
    server->queue = bn_alloc_array(BN_QUEUE_FRAMES_MAX, sizeof *server->queue);
    server->may_conflict = bn_alloc(BN_FILTER_BITS / 8);
    server->decision = bn_decision_create();
    if (server->queue == NULL || server->may_conflict == NULL || server->decision == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "server: its own memory");
    }
    return BN_OK;
}

bn_rc bn_server_open(bn_kv *kv, const bn_clock *clock, const bn_random *random,
                     const bn_sender *sender, const bn_server_options *options, bn_server **out,
                     bn_err *err)
{
    BN_TRY(bn_crypto_start(err));
    BN_AUTO(bn_server_close) bn_server *server = bn_alloc(sizeof *server);
    if (server == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "server of %zu bytes", sizeof *server);
    }
    server->kv = kv;
    server->clock = clock;
    server->random = random;
    server->has_sender = sender != NULL;
    server->sender = sender != NULL ? *sender : (bn_sender){0};
    server->options = options != NULL ? *options : (bn_server_options){0};
    if (server->options.credit_bytes == 0) {
        server->options.credit_bytes = BN_CREDIT_LOG_BYTES;
    }
    BN_TRY(init_memory(server, err));
    BN_TRY(open_store(server, err));
    *out = BN_TAKE(server);
    return BN_OK;
}

void bn_server_close(bn_server **server)
{
    bn_server *s = *server;
    if (s == NULL) {
        return;
    }
    bn_kv_abort(&s->txn);
    bn_registry_fini(s);
    bn_free(s->queue);
    bn_free(s->may_conflict);
    bn_decision_destroy(&s->decision);
    bn_free(s->holds.holds);
    bn_free(s->admission.keys);
    bn_buf_fini(&s->holds.bytes);
    bn_buf_fini(&s->queue_bytes);
    bn_buf_fini(&s->feed);
    bn_buf_fini(&s->frame);
    bn_buf_fini(&s->effects);
    bn_buf_fini(&s->value);
    bn_arena_fini(&s->frame_arena);
    bn_arena_fini(&s->arena);
    pthread_mutex_destroy(&s->admission.lock);
    bn_wipe(s->transport_secret, sizeof s->transport_secret);
    bn_wipe(s->sign_secret, sizeof s->sign_secret);
    bn_free(s);
    *server = NULL;
}

bn_id bn_server_incarnation(const bn_server *server)
{
    return server->incarnation;
}

const uint8_t *bn_server_transport_public(const bn_server *server)
{
    return server->transport_public;
}

const uint8_t *bn_server_transport_secret(const bn_server *server)
{
    return server->transport_secret;
}

void bn_server_fingerprint(const bn_server *server, char text[BN_FINGERPRINT_TEXT_BYTES])
{
    bn_fingerprint(server->transport_public, text);
}

const bn_index_key *bn_server_index_key(const bn_server *server)
{
    return &server->index_key;
}
