/* user.h - people at branches and at head office: what they do, and to what.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_TOOLS_SIM_USER_H
#define BANYAN_TOOLS_SIM_USER_H

#include "sim.h"

typedef enum sim_wish { /* what sort of field an edit is about */
    SIM_WISH_HUMAN,
    SIM_WISH_AUTO,
    SIM_WISH_GROUP,
    SIM_WISH_SET,
    SIM_WISH_APPEND,
    SIM_WISH_COUNTER
} sim_wish;

const bn_field_def *sim_pick_field(sim_world *world, const bn_kind_def *kind, sim_wish wish);
/* Texts live in the world's arena. */
bn_value sim_make_value(sim_world *world, const bn_kind_def *kind, const bn_field_def *field);
const sim_known *sim_pick_known(sim_world *world, uint16_t kind); /* 0: any; NULL when none */

/* Changes a person makes to what is shown; 0 when the kind has no such field. */
size_t sim_make_changes(sim_world *world, const bn_record *shown, sim_wish wish,
                        bn_change *changes);

#endif
