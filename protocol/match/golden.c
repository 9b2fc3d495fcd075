/* golden.c - anchor, id and making of a golden record.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <banyan/protocol/match/golden.h>

#include <stdlib.h>
#include <string.h>

#define ID_LABEL "banyan-golden-v1"

int bn_anchor_compare(bn_id a, bn_id b)
{
    if (bn_id_ms(a) != bn_id_ms(b)) {
        return bn_id_ms(a) < bn_id_ms(b) ? -1 : 1;
    }
    return bn_id_compare(a, b);
}

bn_id bn_golden_anchor(const bn_id *members, size_t count)
{
    bn_id anchor = members[0];
    for (size_t i = 1; i < count; i++) {
        if (bn_anchor_compare(members[i], anchor) < 0) {
            anchor = members[i];
        }
    }
    return anchor;
}

bn_id bn_golden_id(bn_id anchor)
{
    bn_id id;
    bn_hash hash = bn_hash_of_two(BN_SLICE(ID_LABEL), bn_id_slice(&anchor));
    memcpy(id.bytes, hash.bytes, BN_ID_BYTES);
    return id;
}

static int compare_ids(const void *a, const void *b)
{
    return bn_id_compare(*(const bn_id *)a, *(const bn_id *)b);
}

bn_rc bn_golden_make(const uint8_t epoch[BN_HASH_BYTES], const bn_cluster_view *cluster,
                     bn_arena *arena, bn_golden *out, bn_err *err)
{
    bn_survived survived;
    size_t count = cluster->sources_count;
    if (count == 0 || count > BN_GOLDEN_MEMBERS_MAX) {
        return bn_fail(err, BN_E_LIMIT, "golden record: %zu members, limit %d", count,
                       BN_GOLDEN_MEMBERS_MAX);
    }
    bn_id *members = bn_arena_array(arena, count, sizeof *members);
    if (members == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "golden record of %zu members", count);
    }
    for (size_t i = 0; i < count; i++) {
        members[i] = cluster->sources[i].customer->id;
    }
    qsort(members, count, sizeof *members, compare_ids);
    BN_TRY(bn_survive(cluster, arena, &survived, err));
    bn_id anchor = bn_golden_anchor(members, count);
    *out = (bn_golden){.id = bn_golden_id(anchor), .anchor = anchor, .members = members,
                       .members_count = count, .newest = survived.newest,
                       .units = survived.units, .units_count = survived.units_count};
    memcpy(out->epoch, epoch, BN_HASH_BYTES);
    return BN_OK;
}

const bn_survivors *bn_golden_unit(const bn_golden *golden, bn_survivor_unit unit)
{
    for (size_t i = 0; i < golden->units_count; i++) {
        if (golden->units[i].unit == unit) {
            return &golden->units[i];
        }
    }
    return NULL;
}
