/* feed.c - a FEED is proven, then applied as one transaction.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   from == K? ─► walk: order, hash chain == feed hash? ─► apply all ─► K, hash ─► commit
 *
 * A crash anywhere before the commit leaves K where it was: the server sends the same again.
 */
#include "branch-client/apply.h"
#include "branch-client/exchange.h"

#include <banyan/base/check.h>
#include <banyan/protocol/ticket.h>

#define APPLY_TRIES 4 /* the map of the store grows between transactions */

/* Own ops named must be ours: this also bounds the loop over them. */
static bn_rc check_place(const bn_heads *heads, const bn_msg_feed *feed, const bn_effect *effect,
                         uint64_t *last_cseq, bn_err *err)
{
    uint64_t last = effect->cseq;
    if (effect->type == BN_EFFECT_OWN) {
        if (effect->count == 0 || effect->oseq == 0 || effect->oseq > heads->oseq_last ||
            effect->count > heads->oseq_last - effect->oseq + 1) {
            return bn_fail(err, BN_E_FORMAT, "feed: confirms ops this branch did not make");
        }
        last = effect->cseq + effect->count - 1;
    }
    if (effect->cseq <= feed->from || effect->cseq < *last_cseq || last > feed->to) {
        return bn_fail(err, BN_E_FORMAT, "feed: commit %llu is out of place in (%llu, %llu]",
                       (unsigned long long)effect->cseq, (unsigned long long)feed->from,
                       (unsigned long long)feed->to);
    }
    *last_cseq = last;
    return BN_OK;
}

static bn_hash chain_effect(bn_hash hash, const bn_effect *effect, bn_slice bytes)
{
    if (effect->type != BN_EFFECT_OWN) {
        return bn_feed_effect(hash, bytes);
    }
    for (uint32_t i = 0; i < effect->count; i++) {
        hash = bn_feed_own(hash, effect->oseq + i, effect->cseq + i);
    }
    return hash;
}

static bn_rc next_effect(bn_slice *rest, bn_arena *arena, bn_effect *effect, bn_slice *bytes,
                         bn_err *err)
{
    bn_slice before = *rest;
    bn_rc rc = bn_effect_decode(rest, arena, effect, err);
    if (rc != BN_OK) {
        return rc == BN_E_NO_MEMORY ? rc : BN_E_FORMAT;
    }
    *bytes = bn_slice_make(before.data, before.len - rest->len);
    return BN_OK;
}

static bn_rc prove(bn_branch *branch, const bn_msg_feed *feed, bn_err *err)
{
    const bn_heads *heads = &branch->heads;
    if (feed->to < feed->from) {
        return bn_fail(err, BN_E_FORMAT, "feed: goes backwards");
    }
    bn_slice rest = feed->effects;
    bn_hash hash = heads->feed;
    uint64_t last_cseq = 0;
    for (uint32_t i = 0; i < feed->effects_count; i++) {
        bn_arena_reset(&branch->lookup);
        bn_effect effect;
        bn_slice bytes;
        BN_TRY(next_effect(&rest, &branch->lookup, &effect, &bytes, err));
        BN_TRY(check_place(heads, feed, &effect, &last_cseq, err));
        hash = chain_effect(hash, &effect, bytes);
    }
    if (rest.len > 0) {
        return bn_fail(err, BN_E_FORMAT, "feed: %zu bytes behind the last effect", rest.len);
    }
    if (!bn_hash_equal(hash, feed->feed_hash)) {
        return bn_fail(err, BN_E_FORMAT, "feed: the hash does not match its effects");
    }
    return BN_OK;
}

static bn_rc apply_one(const bn_apply *apply, const bn_effect *effect, bn_slice bytes, bn_err *err)
{
    switch (effect->type) {
    case BN_EFFECT_PUT:
        return bn_branch_apply_put(apply, effect, bytes, err);
    case BN_EFFECT_ENTER:
        return bn_branch_apply_enter(apply, effect, err);
    case BN_EFFECT_LEAVE:
        return bn_branch_apply_leave(apply, effect, err);
    case BN_EFFECT_OWN:
        return bn_branch_apply_own(apply, effect, err);
    case BN_EFFECT_OUTCOME:
        return bn_branch_apply_outcome(apply, effect, err);
    case BN_EFFECT_CONFLICT:
        return bn_branch_apply_conflict(apply, effect, err);
    case BN_EFFECT_ERASE:
        return bn_branch_apply_erase(apply, effect, err);
    case BN_EFFECT_GOLDEN:
        return bn_kv_put(apply->write->txn, BN_TABLE_GOLDEN, bn_id_slice(&effect->id),
                         effect->image, err);
    }
    return bn_fail(err, BN_E_UNSUPPORTED, "effect of unknown type %d", (int)effect->type);
}

static bn_rc apply_all(bn_write *write, const bn_msg_feed *feed, uint64_t *failed_cseq, bn_err *err)
{
    bn_branch *branch = write->branch;
    bn_apply apply = {.write = write, .arena = &branch->scratch};
    bn_slice rest = feed->effects;
    for (uint32_t i = 0; i < feed->effects_count; i++) {
        bn_arena_reset(apply.arena);
        bn_effect effect;
        bn_slice bytes;
        BN_TRY(next_effect(&rest, apply.arena, &effect, &bytes, err));
        *failed_cseq = effect.cseq;
        BN_TRY(apply_one(&apply, &effect, bytes, err));
    }
    return BN_OK;
}

static bn_rc apply_once(bn_branch *branch, const bn_msg_feed *feed, uint64_t *failed_cseq,
                        bn_err *err)
{
    bn_write write;
    BN_TRY(bn_write_begin(branch, &write, err));
    bn_rc rc = apply_all(&write, feed, failed_cseq, err);
    if (rc != BN_OK) {
        bn_write_abort(&write);
        return rc;
    }
    write.heads.cursor = feed->to;
    write.heads.feed = feed->feed_hash;
    return bn_write_commit(&write, err);
}

bn_rc bn_branch_apply_feed(bn_branch *branch, const bn_msg_feed *feed, uint64_t *failed_cseq,
                           bn_err *err)
{
    BN_TRY(bn_branch_usable(branch, err));
    if (feed->from != branch->heads.cursor) {
        return bn_fail(err, BN_E_STALE, "feed: starts at %llu, this branch is at %llu",
                       (unsigned long long)feed->from, (unsigned long long)branch->heads.cursor);
    }
    BN_TRY(prove(branch, feed, err));
    *failed_cseq = feed->to;
    bn_rc rc = BN_E_NO_SPACE;
    for (int i = 0; i < APPLY_TRIES && rc == BN_E_NO_SPACE; i++) {
        rc = apply_once(branch, feed, failed_cseq, err);
    }
    return rc;
}
