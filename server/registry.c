/* registry.c - branches and origins: their rows, and the same in memory.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   BRANCH  name, state, origin, feed start, K and its hash, trimmed, heard, apply failure, code,
 *           reference record
 *   ORIGIN  branch, state, keys, oseq, head, safe oseq, enrolled, blocked
 *   TICKET  hash of the token -> branch, expiry, used, key, origin
 */
#include "registry.h"

#include "row.h"

#include <banyan/base/alloc.h>
#include <banyan/base/check.h>
#include <banyan/core/records.h>

#define ROW_BYTES_MAX 1024

/* --- rows ------------------------------------------------------------------------------------ */
static void encode_branch(const bn_branch *b, bn_buf *out)
{
    bn_row_put_bytes(out, bn_slice_of(b->name));
    bn_row_put_u8(out, (uint8_t)b->state);
    bn_row_put_u32(out, b->origin);
    bn_row_put_u64(out, b->feed_start);
    bn_row_put_u64(out, b->cursor);
    bn_buf_append(out, b->cursor_hash.bytes, BN_HASH_BYTES);
    bn_row_put_u64(out, b->trimmed);
    bn_row_put_u64(out, b->heard_ms);
    bn_row_put_u64(out, b->apply_fail_cseq);
    bn_row_put_u64(out, b->ticket_expires_ms);
    bn_buf_append(out, b->entity.bytes, BN_ID_BYTES);
}

static bn_rc decode_branch(bn_slice bytes, bn_branch *b, bn_err *err)
{
    bn_row row = {.rest = bytes};
    bn_slice name = bn_row_bytes(&row);
    b->state = (bn_branch_state)bn_row_u8(&row);
    b->origin = bn_row_u32(&row);
    b->feed_start = bn_row_u64(&row);
    b->cursor = bn_row_u64(&row);
    bn_row_fixed(&row, b->cursor_hash.bytes, BN_HASH_BYTES);
    b->trimmed = bn_row_u64(&row);
    b->heard_ms = bn_row_u64(&row);
    b->apply_fail_cseq = bn_row_u64(&row);
    b->ticket_expires_ms = bn_row_u64(&row);
    bn_row_fixed(&row, b->entity.bytes, BN_ID_BYTES);
    if (name.len >= BN_BRANCH_NAME_BYTES) {
        row.failed = true;
    } else {
        memset(b->name, 0, sizeof b->name);
        memcpy(b->name, name.len > 0 ? name.data : (const uint8_t *)"", name.len);
    }
    return bn_row_end(&row, "branch", err);
}

static void encode_origin(const bn_origin *o, bn_buf *out)
{
    bn_row_put_u32(out, o->branch);
    bn_row_put_u8(out, (uint8_t)o->state);
    bn_buf_append(out, o->key, BN_KEY_BYTES);
    bn_buf_append(out, o->sign_key, BN_SIGN_PUBLIC_BYTES);
    bn_row_put_u64(out, o->oseq);
    bn_buf_append(out, o->head.bytes, BN_HASH_BYTES);
    bn_row_put_u64(out, o->safe_oseq);
    bn_row_put_u64(out, o->enrolled_ms);
    bn_row_put_u64(out, o->blocked);
}

static bn_rc decode_origin(bn_slice bytes, bn_origin *o, bn_err *err)
{
    bn_row row = {.rest = bytes};
    o->branch = bn_row_u32(&row);
    o->state = (bn_branch_state)bn_row_u8(&row);
    bn_row_fixed(&row, o->key, BN_KEY_BYTES);
    bn_row_fixed(&row, o->sign_key, BN_SIGN_PUBLIC_BYTES);
    o->oseq = bn_row_u64(&row);
    bn_row_fixed(&row, o->head.bytes, BN_HASH_BYTES);
    o->safe_oseq = bn_row_u64(&row);
    o->enrolled_ms = bn_row_u64(&row);
    o->blocked = bn_row_u64(&row);
    return bn_row_end(&row, "origin", err);
}

/* --- memory ---------------------------------------------------------------------------------- */
static size_t branch_place(const bn_registry *r, uint32_t branch)
{
    size_t low = 0;
    size_t high = r->branches_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (r->branches[middle]->branch < branch) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

bn_branch *bn_registry_branch(const bn_server *server, uint32_t branch)
{
    const bn_registry *r = &server->registry;
    size_t at = branch_place(r, branch);
    return at < r->branches_count && r->branches[at]->branch == branch ? r->branches[at] : NULL;
}

bn_origin *bn_registry_origin(const bn_server *server, uint32_t origin)
{
    return origin < server->registry.origins_count ? server->registry.origins[origin] : NULL;
}

bn_origin *bn_registry_origin_of_key(const bn_server *server, const uint8_t key[BN_KEY_BYTES])
{
    const bn_registry *r = &server->registry;
    for (size_t i = r->origins_count; i > 1; i--) {
        if (memcmp(r->origins[i - 1]->key, key, BN_KEY_BYTES) == 0) {
            return r->origins[i - 1];
        }
    }
    return NULL;
}

uint32_t bn_registry_branch_of(const bn_server *server, uint32_t origin)
{
    const bn_origin *o = bn_registry_origin(server, origin);
    return o != NULL ? o->branch : 0;
}

bn_rc bn_registry_add_branch(bn_server *server, uint32_t number, bn_branch **out, bn_err *err)
{
    bn_registry *r = &server->registry;
    if (r->branches_count >= BN_BRANCHES_MAX) {
        return bn_fail(err, BN_E_LIMIT, "branches: limit %d", BN_BRANCHES_MAX);
    }
    bn_branch **grown =
        bn_realloc_array(r->branches, r->branches_count + 1, sizeof *r->branches);
    if (grown == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "branch %u", number);
    }
    r->branches = grown;
    bn_branch *branch = bn_alloc(sizeof *branch);
    if (branch == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "branch %u", number);
    }
    branch->branch = number;
    branch->state = BN_BRANCH_NEW;
    branch->is_kept = true;
    size_t at = branch_place(r, number);
    memmove(r->branches + at + 1, r->branches + at, (r->branches_count - at) * sizeof *grown);
    r->branches[at] = branch;
    r->branches_count++;
    *out = branch;
    return BN_OK;
}

bn_rc bn_registry_add_origin(bn_server *server, bn_origin **out, bn_err *err)
{
    bn_registry *r = &server->registry;
    bn_origin **grown = bn_realloc_array(r->origins, r->origins_count + 1, sizeof *r->origins);
    if (grown == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "origin %zu", r->origins_count);
    }
    r->origins = grown;
    bn_origin *origin = bn_alloc(sizeof *origin);
    if (origin == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "origin %zu", r->origins_count);
    }
    origin->origin = (uint32_t)r->origins_count;
    r->origins[r->origins_count++] = origin;
    *out = origin;
    return BN_OK;
}

/* --- loading --------------------------------------------------------------------------------- */
static bn_rc load_origin(bn_server *server, bn_slice key, bn_slice value, bn_err *err)
{
    uint32_t number = key.len == 4 ? bn_load_u32(key.data) : UINT32_MAX;
    if (number > server->registry.origins_count) {
        return bn_fail(err, BN_E_CORRUPT, "origin rows: %u comes after %zu", number,
                       server->registry.origins_count);
    }
    bn_origin *origin = bn_registry_origin(server, number);
    if (origin == NULL) {
        BN_TRY(bn_registry_add_origin(server, &origin, err));
    }
    origin->dirty = false;
    return decode_origin(value, origin, err);
}

static bn_rc load_branch(bn_server *server, bn_slice key, bn_slice value, bn_err *err)
{
    uint32_t number = key.len == 4 ? bn_load_u32(key.data) : 0;
    bn_branch *branch = bn_registry_branch(server, number);
    if (branch == NULL) {
        BN_TRY(bn_registry_add_branch(server, number, &branch, err));
    }
    branch->is_kept = true;
    branch->dirty = false;
    return decode_branch(value, branch, err);
}

typedef bn_rc (*load_row)(bn_server *server, bn_slice key, bn_slice value, bn_err *err);

static bn_rc load_table(bn_server *server, bn_kv_txn *txn, bn_table table, load_row load,
                        size_t *count, bn_err *err)
{
    BN_AUTO(bn_kv_cursor_close) bn_kv_cursor *cursor = NULL;
    BN_TRY(bn_kv_cursor_open(txn, table, &cursor, err));
    bn_slice key;
    bn_slice value;
    *count = 0;
    bn_rc rc = bn_kv_seek(cursor, bn_slice_make(NULL, 0), &key, &value, err);
    while (rc == BN_OK) {
        BN_TRY(load(server, key, value, err));
        (*count)++;
        rc = bn_kv_next(cursor, &key, &value, err);
    }
    return rc == BN_E_NOT_FOUND ? BN_OK : rc;
}

static void drop_unkept(bn_registry *r)
{
    size_t kept = 0;
    for (size_t i = 0; i < r->branches_count; i++) {
        if (r->branches[i]->is_kept) {
            r->branches[kept++] = r->branches[i];
        } else {
            bn_free(r->branches[i]);
        }
    }
    r->branches_count = kept;
}

/* Newest FEED row of each branch, so that a branch without news costs no look-up. */
static bn_rc load_feed_ends(bn_server *server, bn_kv_txn *txn, bn_err *err)
{
    BN_AUTO(bn_kv_cursor_close) bn_kv_cursor *cursor = NULL;
    BN_TRY(bn_kv_cursor_open(txn, BN_TABLE_FEED, &cursor, err));
    for (size_t i = 0; i < server->registry.branches_count; i++) {
        bn_branch *branch = server->registry.branches[i];
        uint8_t before[12];
        bn_slice key;
        bn_slice value;
        bn_rc rc = bn_kv_seek_last(cursor, bn_key_u32_u64(before, branch->branch + 1, 0), &key,
                                   &value, err);
        branch->feed_last = 0;
        if (rc == BN_OK && key.len == 12 && bn_load_u32(key.data) == branch->branch) {
            branch->feed_last = bn_load_u64(key.data + 4);
        } else if (rc != BN_OK && rc != BN_E_NOT_FOUND) {
            return rc;
        }
    }
    return BN_OK;
}

bn_rc bn_registry_load(bn_server *server, bn_kv_txn *txn, bn_err *err)
{
    bn_registry *r = &server->registry;
    for (size_t i = 0; i < r->branches_count; i++) {
        r->branches[i]->is_kept = false;
    }
    size_t count = 0;
    BN_TRY(load_table(server, txn, BN_TABLE_ORIGIN, load_origin, &count, err));
    while (r->origins_count > count) {
        bn_free(r->origins[--r->origins_count]);
    }
    BN_TRY(load_table(server, txn, BN_TABLE_BRANCH, load_branch, &count, err));
    drop_unkept(r);
    BN_TRY(load_feed_ends(server, txn, err));
    bn_rc rc = bn_registry_publish_keys(server);
    return rc == BN_OK ? BN_OK : bn_fail(err, rc, "table of admitted keys");
}

bn_rc bn_registry_write_dirty(bn_server *server, bn_err *err)
{
    const bn_registry *r = &server->registry;
    uint8_t key[4];
    for (size_t i = 0; i < r->origins_count; i++) {
        if (r->origins[i]->dirty) {
            bn_buf_clear(&server->value);
            encode_origin(r->origins[i], &server->value);
            BN_TRY(bn_engine_put(server, BN_TABLE_ORIGIN, bn_key_u32(key, r->origins[i]->origin),
                                 &server->value, err));
            r->origins[i]->dirty = false;
        }
    }
    for (size_t i = 0; i < r->branches_count; i++) {
        if (r->branches[i]->dirty) {
            bn_buf_clear(&server->value);
            encode_branch(r->branches[i], &server->value);
            BN_TRY(bn_engine_put(server, BN_TABLE_BRANCH, bn_key_u32(key, r->branches[i]->branch),
                                 &server->value, err));
            r->branches[i]->dirty = false;
        }
    }
    server->rows_dirty = false;
    server->flushed_rows_ms = bn_engine_mono(server);
    return BN_OK;
}

bn_rc bn_registry_mark_safe(bn_server *server, bn_kv_txn *copy, bn_err *err)
{
    for (size_t i = 1; i < server->registry.origins_count; i++) {
        bn_origin *origin = server->registry.origins[i];
        bn_origin saved = {0};
        uint8_t key[4];
        bn_slice value;
        bn_rc rc = bn_kv_get(copy, BN_TABLE_ORIGIN, bn_key_u32(key, origin->origin), &value, err);
        if (rc == BN_E_NOT_FOUND) {
            continue;
        }
        BN_TRY(rc);
        BN_TRY(decode_origin(value, &saved, err));
        if (saved.oseq > origin->safe_oseq && saved.oseq <= origin->oseq) {
            origin->safe_oseq = saved.oseq;
            origin->dirty = true;
        }
    }
    return BN_OK;
}

void bn_registry_fini(bn_server *server)
{
    bn_registry *r = &server->registry;
    for (size_t i = 0; i < r->branches_count; i++) {
        bn_free(r->branches[i]);
    }
    for (size_t i = 0; i < r->origins_count; i++) {
        bn_free(r->origins[i]);
    }
    bn_free(r->branches);
    bn_free(r->origins);
    *r = (bn_registry){0};
}

/* --- one-time codes -------------------------------------------------------------------------- */
bn_rc bn_code_get(bn_server *server, bn_slice token, bn_code *out, bn_err *err)
{
    bn_hash hash = bn_hash_of(token);
    bn_slice value;
    BN_TRY(bn_kv_get(server->txn, BN_TABLE_TICKET, bn_slice_make(hash.bytes, BN_HASH_BYTES),
                     &value, err));
    bn_row row = {.rest = value};
    bn_code code = {.branch = bn_row_u32(&row)};
    code.expires_ms = bn_row_u64(&row);
    code.is_used = bn_row_u8(&row) != 0;
    bn_row_fixed(&row, code.key, BN_KEY_BYTES);
    code.origin = bn_row_u32(&row);
    BN_TRY(bn_row_end(&row, "ticket", err));
    *out = code;
    return BN_OK;
}

bn_rc bn_code_put(bn_server *server, bn_slice token, const bn_code *code, bn_err *err)
{
    bn_hash hash = bn_hash_of(token);
    bn_buf_clear(&server->value);
    bn_row_put_u32(&server->value, code->branch);
    bn_row_put_u64(&server->value, code->expires_ms);
    bn_row_put_u8(&server->value, code->is_used);
    bn_buf_append(&server->value, code->key, BN_KEY_BYTES);
    bn_row_put_u32(&server->value, code->origin);
    return bn_engine_put(server, BN_TABLE_TICKET, bn_slice_make(hash.bytes, BN_HASH_BYTES),
                         &server->value, err);
}

/* The next unused code of the branch at or after `key`; BN_E_NOT_FOUND at the end. */
static bn_rc next_unused(bn_server *server, uint32_t branch, uint8_t key[BN_HASH_BYTES],
                         bn_err *err)
{
    BN_AUTO(bn_kv_cursor_close) bn_kv_cursor *cursor = NULL;
    BN_TRY(bn_kv_cursor_open(server->txn, BN_TABLE_TICKET, &cursor, err));
    bn_slice found;
    bn_slice value;
    bn_rc rc = bn_kv_seek(cursor, bn_slice_make(key, BN_HASH_BYTES), &found, &value, err);
    while (rc == BN_OK) {
        bn_row row = {.rest = value};
        uint32_t of = bn_row_u32(&row);
        (void)bn_row_u64(&row);
        if (of == branch && bn_row_u8(&row) == 0 && !row.failed && found.len == BN_HASH_BYTES) {
            memcpy(key, found.data, BN_HASH_BYTES);
            return BN_OK;
        }
        rc = bn_kv_next(cursor, &found, &value, err);
    }
    return rc;
}

bn_rc bn_code_drop_unused(bn_server *server, uint32_t branch, bn_err *err)
{
    uint8_t key[BN_HASH_BYTES] = {0};
    bn_rc rc = next_unused(server, branch, key, err);
    while (rc == BN_OK) {
        BN_TRY(bn_kv_del(server->txn, BN_TABLE_TICKET, bn_slice_make(key, BN_HASH_BYTES), err));
        rc = next_unused(server, branch, key, err);
    }
    return rc == BN_E_NOT_FOUND ? BN_OK : rc;
}
