/* effect.c - applying what the server decided.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Effects of one record come in the order of their cseq, so whatever is below the newest commit
 * that touched the record has been applied. Several effects of one commit are possible: at equal
 * cseq each step is repeatable by itself.
 */
#include <banyan/protocol/effect.h>

#include "record_parts.h"

static bn_rc put_item(bn_record *record, bn_arena *arena, const bn_kind_def *kind,
                      const bn_cell *item)
{
    const bn_field_def *field = kind != NULL ? bn_schema_field(kind, item->field) : NULL;
    if (field == NULL || field->policy != BN_POLICY_COUNTER) {
        return bn_record_put_item(record, arena, item);
    }
    const bn_cell *old = bn_record_sum(record, item->field, item->stamp.dot.origin);
    if (old != NULL && old->stamp.cseq >= item->stamp.cseq) {
        return BN_OK;
    }
    return bn_record_put_sum(record, arena, item);
}

bn_rc bn_effect_apply(const bn_effect *effect, bn_arena *arena, bn_record *record)
{
    const bn_kind_def *kind = bn_schema_kind(effect->kind);
    for (size_t i = 0; i < effect->cells_count; i++) {
        const bn_cell *old = bn_record_cell(record, effect->cells[i].field);
        if (old == NULL || old->stamp.cseq < effect->cells[i].stamp.cseq) {
            BN_TRY(bn_record_put_cell(record, arena, &effect->cells[i]));
        }
    }
    if (effect->cseq < record->last_cseq) {
        return BN_OK;
    }
    for (size_t i = 0; i < effect->items_count; i++) {
        BN_TRY(put_item(record, arena, kind, &effect->items[i]));
    }
    for (size_t i = 0; i < effect->gone_count; i++) {
        bn_record_drop_items(record, effect->gone[i].field, effect->gone[i].dot,
                             effect->gone[i].value);
    }
    record->last_cseq = effect->cseq;
    return BN_OK;
}

const char *bn_outcome_name(bn_outcome outcome)
{
    switch (outcome) {
    case BN_OUTCOME_APPLIED:
        return "applied";
    case BN_OUTCOME_MERGED:
        return "merged";
    case BN_OUTCOME_SAME:
        return "same";
    case BN_OUTCOME_LOST:
        return "lost";
    case BN_OUTCOME_CONFLICT:
        return "conflict";
    case BN_OUTCOME_QUARANTINED:
        return "quarantined";
    case BN_OUTCOME_HELD:
        return "held";
    case BN_OUTCOME_RESOLVED:
        return "resolved";
    case BN_OUTCOME_RECORDED:
        return "recorded";
    }
    return "unknown";
}
