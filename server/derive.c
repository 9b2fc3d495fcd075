/* derive.c - INDEX and HISTORY, made from the commit log in slices behind it.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Each entry tells what its op replaced in indexed fields, so a slice never reads records and is
 * right whatever was committed since.
 */
#include "sync/sync.h"

#include <banyan/base/check.h>
#include <banyan/core/records.h>

#define CHANGES_MAX 4096

typedef struct changed_record {
    uint16_t kind;
    bn_id id;
    uint64_t cseq;
} changed_record;

static bn_rc decode_was(const bn_entry *entry, bn_arena *arena, bn_record *out, bn_err *err)
{
    bn_record_init(out, entry->kind, entry->id);
    return entry->was.len == 0
               ? BN_OK
               : bn_record_decode(entry->kind, entry->id, entry->was, arena, out, err);
}

/* Elements taken away were in the index before. */
static bn_rc add_gone(const bn_effect *put, bn_arena *arena, bn_record *before)
{
    before->items = put->gone_count == 0
                        ? NULL
                        : bn_arena_array(arena, put->gone_count, sizeof *before->items);
    if (put->gone_count > 0 && before->items == NULL) {
        return BN_E_NO_MEMORY;
    }
    before->items_count = 0;
    for (size_t i = 0; i < put->gone_count; i++) {
        if (!bn_value_is_nil(put->gone[i].value)) {
            before->items[before->items_count++] =
                (bn_cell){.field = put->gone[i].field, .stamp = {.dot = put->gone[i].dot},
                          .value = put->gone[i].value};
        }
    }
    return BN_OK;
}

static bn_rc index_effect(bn_server *server, const bn_entry *entry, const bn_effect *effect,
                          bn_err *err)
{
    bn_record before;
    bn_record after;
    bn_arena *arena = &server->arena;
    BN_TRY(decode_was(entry, arena, &before, err));
    if (effect->type == BN_EFFECT_ERASE) {
        return bn_indexes_update(server->txn, &server->index_key, &before, NULL, err);
    }
    BN_TRY(decode_was(entry, arena, &after, err));
    BN_TRY(bn_effect_apply(effect, arena, &after));
    BN_TRY(add_gone(effect, arena, &before));
    return bn_indexes_update(server->txn, &server->index_key, &before, &after, err);
}

static bn_rc derive_entry(bn_server *server, const bn_entry *entry, bn_err *err)
{
    uint8_t key[BN_KEY_ENTITY_U64_BYTES];
    uint8_t outcome = (uint8_t)entry->outcome;
    BN_TRY(bn_kv_put(server->txn, BN_TABLE_HISTORY,
                     bn_key_entity_u64(key, entry->kind, entry->id, entry->cseq),
                     bn_slice_make(&outcome, 1), err));
    bn_buf_clear(&server->effects);
    BN_TRY(bn_entry_effects(entry, &server->arena, &server->effects, err));
    bn_slice rest = bn_buf_slice(&server->effects);
    while (rest.len > 0) {
        bn_effect effect;
        BN_TRY(bn_effect_decode(&rest, &server->arena, &effect, err));
        if (effect.type == BN_EFFECT_PUT || effect.type == BN_EFFECT_ERASE) {
            BN_TRY(index_effect(server, entry, &effect, err));
        }
    }
    return BN_OK;
}

static bool has_record(const bn_entry *entry)
{
    return (entry->flags & (BN_ENTRY_VIEW | BN_ENTRY_ERASED)) == 0 &&
           bn_schema_kind(entry->kind) != NULL;
}

static bn_rc derive(bn_server *server, uint64_t up_to, changed_record *changed, size_t *count,
                    bn_err *err)
{
    *count = 0;
    while (server->derived < up_to) {
        bn_entry entry;
        bn_arena_reset(&server->arena);
        BN_TRY(bn_entry_get(server->txn, server->derived + 1, &server->arena, &entry, err));
        bn_kv_forget(server->txn);
        server->derived++;
        if (has_record(&entry)) {
            BN_TRY(derive_entry(server, &entry, err));
            changed[(*count)++] =
                (changed_record){.kind = entry.kind, .id = entry.id, .cseq = entry.cseq};
        }
    }
    return BN_OK;
}

bn_rc bn_derive_slice(bn_server *server, size_t commits_max, bn_err *err)
{
    commits_max = commits_max < CHANGES_MAX ? commits_max : CHANGES_MAX;
    bn_arena_reset(&server->frame_arena);
    uint64_t behind = server->counts.head - server->derived;
    uint64_t up_to = server->derived + (behind < commits_max ? behind : commits_max);
    changed_record *changed = bn_arena_array(&server->frame_arena, CHANGES_MAX, sizeof *changed);
    size_t count = 0;
    if (changed == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "list of %d changes", CHANGES_MAX);
    }
    BN_TRY(bn_engine_begin(server, err));
    BN_TRY(bn_engine_end(server, derive(server, up_to, changed, &count, err), err));
    for (size_t i = 0; i < count && server->options.changed != NULL; i++) {
        server->options.changed(server->options.changed_context, changed[i].kind, changed[i].id,
                                changed[i].cseq);
    }
    bn_arena_reset(&server->frame_arena);
    return BN_OK;
}
