/* pump.c - reads each branch's feed and sends it, as far as its credit goes.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A frame covers (from, to] and never ends inside a transaction unless that is larger than a
 * frame. The same rows always give the same effects, so the hash of a feed can be taken again
 * from any commit on: rows are kept until the branch has acknowledged them.
 */
#include "sync.h"

#include <banyan/base/check.h>
#include <banyan/base/number.h>
#include <banyan/core/records.h>

#define FEED_ROW_BYTES 10
#define HARD_FRAME_BYTES (BN_BATCH_BYTES_MAX)
#define FRAMES_PER_TURN 16

typedef struct feed_row {
    uint64_t cseq;
    bn_feed_type type;
    bool more;
    uint64_t oseq;
} feed_row;

typedef struct builder { /* one frame being built */
    bn_server *server;
    bn_kv_txn *txn;
    bn_buf *out;
    bn_hash hash;
    uint32_t effects_count;
    uint64_t run_oseq, run_cseq; /* own ops not written yet */
    uint32_t run_count;
} builder;

static bn_rc read_row(bn_slice key, bn_slice value, feed_row *out, bn_err *err)
{
    if (key.len != 12 || value.len != FEED_ROW_BYTES) {
        return bn_fail(err, BN_E_CORRUPT, "feed row of %zu and %zu bytes", key.len, value.len);
    }
    *out = (feed_row){.cseq = bn_load_u64(key.data + 4), .type = (bn_feed_type)value.data[0],
                      .more = value.data[1] != 0, .oseq = bn_load_u64(value.data + 2)};
    return BN_OK;
}

static void end_run(builder *b)
{
    if (b->run_count > 0) {
        bn_effect own = {.type = BN_EFFECT_OWN, .cseq = b->run_cseq, .oseq = b->run_oseq,
                         .count = b->run_count};
        bn_effect_encode(&own, b->out);
        b->effects_count++;
        b->run_count = 0;
    }
}

static void add_own(builder *b, const feed_row *row)
{
    b->hash = bn_feed_own(b->hash, row->oseq, row->cseq);
    bool continues = b->run_count > 0 && row->oseq == b->run_oseq + b->run_count &&
                     row->cseq == b->run_cseq + b->run_count;
    if (!continues) {
        end_run(b);
        b->run_oseq = row->oseq;
        b->run_cseq = row->cseq;
    }
    b->run_count++;
}

/* Takes the effects written behind `from` into the hash, one by one. */
static bn_rc hash_effects(builder *b, size_t from, bn_err *err)
{
    bn_slice rest = bn_slice_make(b->out->data + from, b->out->len - from);
    while (rest.len > 0) {
        bn_effect effect;
        bn_slice before = rest;
        BN_TRY(bn_effect_decode(&rest, &b->server->frame_arena, &effect, err));
        b->hash = bn_feed_effect(b->hash, bn_slice_make(before.data, before.len - rest.len));
        b->effects_count++;
    }
    return BN_OK;
}

static bn_rc add_entry(builder *b, const feed_row *row, bn_err *err)
{
    bn_entry entry;
    bn_arena_reset(&b->server->frame_arena);
    bn_rc rc = bn_entry_get(b->txn, row->cseq, &b->server->frame_arena, &entry, err);
    if (rc == BN_E_NOT_FOUND) {
        return bn_fail(err, BN_E_CORRUPT, "commit %llu is missing", (unsigned long long)row->cseq);
    }
    BN_TRY(rc);
    end_run(b);
    size_t from = b->out->len;
    if (row->type != BN_FEED_EFFECTS) {
        bn_effect outcome = {.type = BN_EFFECT_OUTCOME, .cseq = row->cseq, .oseq = row->oseq,
                             .outcome = entry.outcome, .reason = entry.reason};
        bn_effect_encode(&outcome, b->out);
    }
    if (row->type != BN_FEED_OUTCOME) {
        BN_TRY(bn_entry_effects(&entry, &b->server->frame_arena, b->out, err));
    }
    BN_TRY(bn_buf_status(b->out));
    return hash_effects(b, from, err);
}

static bn_rc add_row(builder *b, const feed_row *row, bn_err *err)
{
    if (row->type == BN_FEED_OWN) {
        add_own(b, row);
        return BN_OK;
    }
    return add_entry(b, row, err);
}

/* Moves the cursor to the first row of the branch above `after`. */
static bn_rc seek_row(bn_kv_cursor *cursor, const bn_branch *branch, uint64_t after,
                      feed_row *out, bn_err *err)
{
    uint8_t from[12];
    bn_slice key;
    bn_slice value;
    uint64_t start = after > branch->feed_start ? after : branch->feed_start;
    BN_TRY(bn_kv_seek(cursor, bn_key_u32_u64(from, branch->branch, start + 1), &key, &value, err));
    if (key.len != 12 || bn_load_u32(key.data) != branch->branch) {
        return BN_E_NOT_FOUND;
    }
    return read_row(key, value, out, err);
}

static bn_rc next_row(bn_kv_cursor *cursor, const bn_branch *branch, feed_row *out, bn_err *err)
{
    bn_slice key;
    bn_slice value;
    BN_TRY(bn_kv_next(cursor, &key, &value, err));
    if (key.len != 12 || bn_load_u32(key.data) != branch->branch) {
        return BN_E_NOT_FOUND;
    }
    return read_row(key, value, out, err);
}

bn_rc bn_feed_hash_to(bn_server *server, bn_kv_txn *txn, const bn_branch *branch, uint64_t from,
                      uint64_t to, bn_hash *hash, bn_err *err)
{
    BN_AUTO(bn_kv_cursor_close) bn_kv_cursor *cursor = NULL;
    if (from >= to || branch->feed_last <= from) {
        return BN_OK;
    }
    builder b = {.server = server, .txn = txn, .out = &server->feed, .hash = *hash};
    feed_row row;
    BN_TRY(bn_kv_cursor_open(txn, BN_TABLE_FEED, &cursor, err));
    bn_rc rc = seek_row(cursor, branch, from, &row, err);
    while (rc == BN_OK && row.cseq <= to) {
        bn_buf_clear(b.out);
        b.run_count = 0;
        BN_TRY(add_row(&b, &row, err));
        rc = next_row(cursor, branch, &row, err);
    }
    if (rc != BN_OK && rc != BN_E_NOT_FOUND) {
        return rc;
    }
    *hash = b.hash;
    return BN_OK;
}

/* Fills one frame; *to is the last commit covered. */
static bn_rc fill(builder *b, const bn_branch *branch, uint64_t head, uint64_t *to, bn_err *err)
{
    BN_AUTO(bn_kv_cursor_close) bn_kv_cursor *cursor = NULL;
    const bn_session *session = &branch->session;
    size_t wanted = session->credit_bytes < BN_FEED_FRAME_BYTES ? (size_t)session->credit_bytes
                                                                : BN_FEED_FRAME_BYTES;
    bn_buf_clear(b->out);
    *to = head;
    if (branch->feed_last <= session->sent) {
        return BN_OK;
    }
    feed_row row;
    BN_TRY(bn_kv_cursor_open(b->txn, BN_TABLE_FEED, &cursor, err));
    bn_rc rc = seek_row(cursor, branch, session->sent, &row, err);
    uint64_t covered = session->sent;
    while (rc == BN_OK) {
        builder before = *b;
        size_t len_before = b->out->len;
        bn_rc added = add_row(b, &row, err);
        bool is_full = added == BN_E_LIMIT || b->out->len > HARD_FRAME_BYTES;
        if (is_full && covered > session->sent) {
            *b = before;
            bn_rc status = bn_buf_status(b->out);
            if (status == BN_OK) {
                bn_buf_truncate(b->out, len_before);
            } else {
                b->out->status = BN_OK;
                b->out->len = len_before;
            }
            *to = covered;
            break;
        }
        BN_TRY(added);
        covered = row.cseq;
        bool cut = b->out->len >= wanted && !row.more;
        rc = next_row(cursor, branch, &row, err);
        if (cut && rc == BN_OK) {
            *to = covered;
            break;
        }
    }
    end_run(b);
    return rc == BN_OK || rc == BN_E_NOT_FOUND ? bn_buf_status(b->out) : rc;
}

/* Sends one frame; *went says whether there was one and it went. */
static bn_rc pump_frame(bn_server *server, bn_kv_txn *txn, bn_branch *branch, bool *went,
                        bn_err *err)
{
    bn_session *session = &branch->session;
    builder b = {.server = server, .txn = txn, .out = &server->feed, .hash = session->sent_hash};
    uint64_t to = 0;
    uint64_t head = server->counts.head;
    *went = false;
    BN_TRY(fill(&b, branch, head, &to, err));
    bn_message message = {.type = BN_MSG_FEED, .session = session->number,
                          .number = session->sent_count + 1};
    message.feed = (bn_msg_feed){.from = session->sent, .to = to, .feed_hash = b.hash,
                                 .head = head, .effects_count = b.effects_count,
                                 .effects = bn_buf_slice(b.out)};
    bn_rc rc = bn_server_send(server, &session->route, &message);
    if (rc == BN_E_AGAIN || rc == BN_E_UNREACHABLE) {
        session->is_stuck = rc == BN_E_AGAIN;
        if (rc == BN_E_UNREACHABLE) {
            (void)bn_session_step(session, BN_EVENT_BYE);
        }
        return BN_OK;
    }
    if (rc != BN_OK) {
        return bn_fail(err, rc, "feed frame of %zu bytes", b.out->len);
    }
    session->sent_count++;
    session->is_stuck = false;
    session->credit_bytes -= (int64_t)b.out->len;
    session->sent = to;
    session->sent_hash = b.hash;
    session->fed_ms = bn_engine_mono(server);
    if (session->marks_count == 0) {
        session->waits_ms = session->fed_ms;
    }
    size_t at = (session->marks_first + session->marks_count++) % BN_FEED_FRAMES_MAX;
    session->marks[at] = (bn_feed_mark){.to = to, .hash = b.hash};
    *went = true;
    return BN_OK;
}

/* Is there something to send, or commits to pass without news? */
static bool wants_frame(const bn_server *server, const bn_branch *branch)
{
    const bn_session *session = &branch->session;
    if (session->state != BN_SESSION_LIVE || session->credit_bytes <= 0 ||
        session->marks_count == BN_FEED_FRAMES_MAX || session->sent >= server->counts.head) {
        return false;
    }
    bool has_news = branch->feed_last > session->sent;
    return has_news || bn_engine_mono(server) - session->fed_ms >= BN_FEED_FLUSH_MS;
}

bn_rc bn_pump_all(bn_server *server, bn_err *err)
{
    const bn_registry *registry = &server->registry;
    BN_AUTO(bn_kv_abort) bn_kv_txn *txn = NULL;
    server->pump_wanted = false;
    for (size_t n = 0; n < registry->branches_count; n++) {
        size_t at = (server->pump_next + n) % registry->branches_count;
        bn_branch *branch = registry->branches[at];
        bool went = true;
        for (int i = 0; i < FRAMES_PER_TURN && went && wants_frame(server, branch); i++) {
            if (txn == NULL) {
                BN_TRY(bn_kv_begin(server->kv, BN_KV_READ, &txn, err));
            }
            BN_TRY(pump_frame(server, txn, branch, &went, err));
            bn_kv_forget(txn);
        }
        if (went && wants_frame(server, branch)) {
            server->pump_wanted = true;
        }
    }
    server->pump_next++;
    return BN_OK;
}

bn_rc bn_feed_trim(bn_server *server, bn_branch *branch, size_t rows_max, size_t *done,
                   bn_err *err)
{
    uint64_t up_to = branch->cursor > branch->feed_start ? branch->cursor : branch->feed_start;
    uint64_t deleted[256];
    size_t count = 0;
    bn_rc rc;
    rows_max = rows_max < BN_COUNT(deleted) ? rows_max : BN_COUNT(deleted);
    {
        BN_AUTO(bn_kv_cursor_close) bn_kv_cursor *cursor = NULL;
        uint8_t from[12];
        bn_slice key;
        bn_slice value;
        BN_TRY(bn_kv_cursor_open(server->txn, BN_TABLE_FEED, &cursor, err));
        rc = bn_kv_seek(cursor, bn_key_u32_u64(from, branch->branch, branch->trimmed + 1), &key,
                        &value, err);
        while (rc == BN_OK && count < rows_max && key.len == 12 &&
               bn_load_u32(key.data) == branch->branch && bn_load_u64(key.data + 4) <= up_to) {
            deleted[count++] = bn_load_u64(key.data + 4);
            rc = bn_kv_next(cursor, &key, &value, err);
        }
    }
    if (rc != BN_OK && rc != BN_E_NOT_FOUND) {
        return rc;
    }
    for (size_t i = 0; i < count; i++) {
        uint8_t key[12];
        BN_TRY(bn_kv_del(server->txn, BN_TABLE_FEED,
                         bn_key_u32_u64(key, branch->branch, deleted[i]), err));
    }
    branch->trimmed = count < rows_max ? up_to : deleted[count - 1];
    branch->dirty = true;
    *done += count;
    return BN_OK;
}
