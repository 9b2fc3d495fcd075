/* show.h - results of operations as people read them; commands.def names one for every command.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_TOOLS_BANYAN_SHOW_H
#define BANYAN_TOOLS_BANYAN_SHOW_H

#include "command.h"

#include <jansson.h>

void show_any(cli *c, const json_t *result); /* names and values, for results without a form */
void show_saved(cli *c, const json_t *result);
void show_removed(cli *c, const json_t *result);
void show_restored(cli *c, const json_t *result);
void show_shared(cli *c, const json_t *result);
void show_record(cli *c, const json_t *result);
void show_records(cli *c, const json_t *result);
void show_hits(cli *c, const json_t *result);
void show_history(cli *c, const json_t *result);
void show_sync(cli *c, const json_t *result);
void show_tried(cli *c, const json_t *result);
void show_waited(cli *c, const json_t *result);
void show_cable(cli *c, const json_t *result);
void show_pending(cli *c, const json_t *result);
void show_refused(cli *c, const json_t *result);
void show_conflicts(cli *c, const json_t *result);
void show_conflict(cli *c, const json_t *result);
void show_resolved(cli *c, const json_t *result);
void show_branches(cli *c, const json_t *result);
void show_branch(cli *c, const json_t *result);
void show_enrolled(cli *c, const json_t *result);
void show_branch_state(cli *c, const json_t *result);
void show_joined(cli *c, const json_t *result);
void show_digest(cli *c, const json_t *result);
void show_quarantine(cli *c, const json_t *result);
void show_audit(cli *c, const json_t *result);
void show_checks(cli *c, const json_t *result);
void show_verified(cli *c, const json_t *result);
void show_done(cli *c, const json_t *result);

#endif
