/* branch_test.h - a branch to test with: store, clock and dice of its own, and short words.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_TESTS_BRANCH_TEST_H
#define BANYAN_TESTS_BRANCH_TEST_H

#include "unit/unit.h"

#include "branch-client/branch.h"
#include "branch-client/exchange.h"

#include <banyan/base/check.h>
#include <banyan/base/limits.h>
#include <banyan/protocol/ticket.h>
#include <banyan/protocol/version.h>

#include <dirent.h>
#include <unistd.h>

#define OFFICE_ORIGIN 17
#define OFFICE_BRANCH 4

typedef struct office {
    bool is_lmdb;
    char folder[512];
    bn_kv_memory *memory;
    bn_kv *kv;
    uint64_t wall_ms, mono_ms, dice;
    bn_clock clock;
    bn_random random;
    bn_branch *branch;
    bn_arena arena;
    bn_err err;
} office;

static inline uint64_t office_wall(void *context)
{
    return ((office *)context)->wall_ms;
}

static inline uint64_t office_mono(void *context)
{
    return ((office *)context)->mono_ms;
}

static inline void office_fill(void *context, void *out, size_t len)
{
    office *o = context;
    uint8_t *bytes = out;
    for (size_t i = 0; i < len; i++) {
        o->dice = o->dice * 6364136223846793005u + 1442695040888963407u;
        bytes[i] = (uint8_t)(o->dice >> 56);
    }
}

static inline void office_enrol(office *o)
{
    bn_identity identity = {.origin = OFFICE_ORIGIN,
                            .branch = OFFICE_BRANCH,
                            .incarnation = {{1, 2, 3}},
                            .name = "Harbour",
                            .sync_endpoint = "tcp://127.0.0.1:7001"};
    assert_ok(bn_branch_set_identity(o->branch, &identity, &o->err), o->err);
}

static inline void office_open_store(office *o)
{
    bn_kv_options options = {.folder = o->folder, .allow_any_fs = true};
    assert_ok(o->is_lmdb ? bn_kv_open_lmdb(&options, &o->kv, &o->err)
                         : bn_kv_open_memory(&o->memory, &o->kv, &o->err),
              o->err);
}

static inline void office_remove_folder(const office *o)
{
    DIR *listing = opendir(o->folder);
    assert_non_null(listing);
    for (struct dirent *entry = readdir(listing); entry != NULL; entry = readdir(listing)) {
        unlinkat(dirfd(listing), entry->d_name, 0);
    }
    closedir(listing);
    rmdir(o->folder);
}

static inline void office_start(office *o)
{
    assert_ok(bn_branch_open(o->kv, &o->clock, &o->random, &o->branch, &o->err), o->err);
}

static inline office *office_open(bool is_lmdb)
{
    office *o = calloc(1, sizeof *o);
    assert_non_null(o);
    o->is_lmdb = is_lmdb;
    o->wall_ms = 1780000000000u;
    o->mono_ms = 5000;
    o->dice = 42;
    o->clock = (bn_clock){office_wall, office_mono, o};
    o->random = (bn_random){office_fill, o};
    bn_arena_init(&o->arena, (size_t)64 * 1024 * 1024);
    const char *base = getenv("TMPDIR");
    snprintf(o->folder, sizeof o->folder, "%s/banyan-branch-XXXXXX", base != NULL ? base : "/tmp");
    if (is_lmdb) {
        assert_non_null(mkdtemp(o->folder));
    }
    office_open_store(o);
    office_start(o);
    office_enrol(o);
    return o;
}

static inline void office_close(office *o)
{
    bn_branch_close(&o->branch);
    bn_kv_close(&o->kv);
    bn_kv_memory_destroy(&o->memory);
    if (o->is_lmdb) {
        office_remove_folder(o);
    }
    bn_arena_fini(&o->arena);
    free(o);
}

static inline void office_restart(office *o)
{
    bn_branch_close(&o->branch);
    bn_kv_close(&o->kv);
    office_open_store(o);
    office_start(o);
}

/* --- drafts ----------------------------------------------------------------------------------- */

static inline bn_change set_text(uint16_t field, const char *text)
{
    return (bn_change){.field = field, .value = bn_value_text(bn_slice_of(text))};
}

static inline bn_change set_there(bool there)
{
    return (bn_change){.field = BN_FIELD_EXISTENCE, .value = bn_value_int(there ? 1 : 0)};
}

static inline bn_change add_text(uint16_t field, const char *text)
{
    return (bn_change){
        .field = field, .verb = BN_VERB_ADD, .value = bn_value_text(bn_slice_of(text))};
}

static inline bn_draft draft_of(bn_id id, const bn_change *changes, size_t count)
{
    return (bn_draft){.type = BN_OP_WRITE,
                      .kind = BN_KIND_CUSTOMER,
                      .id = id,
                      .actor = BN_SLICE("lin"),
                      .as_shown = true,
                      .changes = changes,
                      .changes_count = count};
}

static inline bn_rc try_save(office *o, bn_draft draft, bn_saved *saved, bn_stale *stale)
{
    o->err = (bn_err){0};
    return bn_branch_save(o->branch, &draft, 1, NULL, saved, stale, &o->err);
}

static inline bn_saved save(office *o, bn_id id, const bn_change *changes, size_t count)
{
    bn_saved saved = {0};
    assert_ok(try_save(o, draft_of(id, changes, count), &saved, NULL), o->err);
    return saved;
}

static inline bn_saved save_customer(office *o, const char *name)
{
    bn_change changes[] = {set_text(BN_CUSTOMER_name, name)};
    return save(o, (bn_id){{0}}, changes, 1);
}

static inline bn_saved save_text(office *o, bn_id id, uint16_t field, const char *text)
{
    bn_change changes[] = {set_text(field, text)};
    return save(o, id, changes, 1);
}

static inline bn_record shown(office *o, bn_id id)
{
    bn_record record;
    assert_ok(bn_branch_get(o->branch, BN_KIND_CUSTOMER, id, &o->arena, &record, &o->err), o->err);
    return record;
}

static inline void assert_shows(office *o, bn_id id, uint16_t field, const char *text)
{
    bn_record record = shown(o, id);
    bn_value value = bn_record_value(&record, field);
    assert_int_equal(value.type, BN_VALUE_TEXT);
    assert_true(bn_slice_is(value.text, text));
}

static inline bn_branch_counts counts_of(office *o)
{
    bn_branch_counts counts;
    bn_branch_get_counts(o->branch, &counts);
    return counts;
}

static inline void print_finding(void *context, const char *text)
{
    (void)context;
    printf("# finding: %s\n", text);
}

static inline void assert_sound(office *o)
{
    uint64_t rows;
    assert_ok(bn_branch_verify(o->branch, print_finding, NULL, &rows, &o->err), o->err);
}

/* --- feeds ------------------------------------------------------------------------------------ */

/* A server that says what the test wants: effects with the right hash. */
typedef struct feeder {
    bn_buf effects;
    uint32_t count;
    uint64_t from, to;
    bn_hash hash;
} feeder;

static inline void feeder_start(feeder *f, office *o)
{
    bn_position at;
    bn_branch_position(o->branch, &at);
    *f = (feeder){.from = at.cursor, .to = at.cursor, .hash = at.feed};
    bn_buf_init(&f->effects, BN_BATCH_BYTES_MAX);
}

static inline void feed_effect(feeder *f, const bn_effect *effect)
{
    size_t start = f->effects.len;
    bn_effect_encode(effect, &f->effects);
    assert_int_equal(bn_buf_status(&f->effects), BN_OK);
    uint64_t last = effect->cseq;
    if (effect->type == BN_EFFECT_OWN) {
        for (uint32_t i = 0; i < effect->count; i++) {
            f->hash = bn_feed_own(f->hash, effect->oseq + i, effect->cseq + i);
        }
        last += effect->count - 1;
    } else {
        f->hash = bn_feed_effect(
            f->hash, bn_slice_make(f->effects.data + start, f->effects.len - start));
    }
    f->to = last > f->to ? last : f->to;
    f->count++;
}

static inline bn_rc feeder_end(feeder *f, office *o)
{
    bn_msg_feed feed = {.from = f->from,
                        .to = f->to,
                        .feed_hash = f->hash,
                        .head = f->to,
                        .effects_count = f->count,
                        .effects = bn_buf_slice(&f->effects)};
    uint64_t failed = 0;
    o->err = (bn_err){0};
    bn_rc rc = bn_branch_apply_feed(o->branch, &feed, &failed, &o->err);
    bn_buf_fini(&f->effects);
    return rc;
}

static inline bn_rc try_effect(office *o, const bn_effect *effect)
{
    feeder f;
    feeder_start(&f, o);
    feed_effect(&f, effect);
    return feeder_end(&f, o);
}

static inline void apply_effect(office *o, const bn_effect *effect)
{
    assert_ok(try_effect(o, effect), o->err);
}

static inline void confirm_own(office *o, uint64_t oseq, uint32_t count)
{
    bn_effect own = {.type = BN_EFFECT_OWN,
                     .cseq = counts_of(o).cursor + 1,
                     .oseq = oseq,
                     .count = count};
    apply_effect(o, &own);
}

#endif
