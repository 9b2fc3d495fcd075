/* crowd.c - deals records from a window that is filled group by group.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "crowd.h"

#include <banyan/base/alloc.h>
#include <banyan/base/check.h>

#include <inttypes.h>

#define WINDOW_ROWS 4096
#define GROUP_ROWS_MAX (GEN_GROUP_MAX * 5)

struct crowd {
    dice dice;
    uint64_t people;    /* made so far */
    uint64_t to_make;   /* records still to be made */
    uint64_t dealt;
    gen_group group;
    gen_record current; /* the row handed out */
    size_t count;
    gen_record window[WINDOW_ROWS + GROUP_ROWS_MAX];
};

bn_rc crowd_create(uint64_t seed, uint64_t records, crowd **out, bn_err *err)
{
    crowd *c = bn_alloc(sizeof *c);
    if (c == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "no memory for a window of %d records", WINDOW_ROWS);
    }
    gen_tables_prepare();
    c->dice = dice_of(seed);
    c->to_make = records;
    *out = c;
    return BN_OK;
}

void crowd_destroy(crowd **c)
{
    bn_free(*c);
    *c = NULL;
}

static void fill(crowd *c)
{
    while (c->count < WINDOW_ROWS && c->to_make > 0) {
        gen_group_make(&c->dice, c->people + 1, &c->group);
        c->people += c->group.count;
        for (size_t i = 0; i < c->group.count; i++) {
            unsigned copies = gen_record_copies(&c->dice);
            for (unsigned copy = 0; copy < copies && c->to_make > 0; copy++) {
                gen_record_make(&c->dice, &c->group.people[i], copy, &c->window[c->count]);
                c->count++;
                c->to_make--;
            }
        }
    }
}

const gen_record *crowd_next(crowd *c)
{
    fill(c);
    if (c->count == 0) {
        return NULL;
    }
    size_t at = dice_below(&c->dice, (uint32_t)c->count);
    c->current = c->window[at];
    c->count--;
    c->window[at] = c->window[c->count];
    c->dealt++;
    (void)snprintf(c->current.external_id, sizeof c->current.external_id, "R%07" PRIu64, c->dealt);
    return &c->current;
}
