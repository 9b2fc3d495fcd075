/* run.h - what carries commands out; commands.def names one for every command.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_TOOLS_BANYAN_RUN_H
#define BANYAN_TOOLS_BANYAN_RUN_H

#include "command.h"

typedef struct invocation invocation;

int run_call(cli *c, invocation *call);       /* the operation as it is */
int run_list(cli *c, invocation *call);       /* page after page */
int run_save(cli *c, invocation *call);       /* fields from flags */
int run_remove(cli *c, invocation *call);     /* asks, or --dry-run */
int run_resolve(cli *c, invocation *call);    /* a column of the conflict, or other values */
int run_revoke(cli *c, invocation *call);     /* wants the branch number again */
int run_enrol(cli *c, invocation *call);      /* asks before another machine takes a branch */
int run_join(cli *c, invocation *call);       /* code from the argument or from stdin */
int run_schema(cli *c, invocation *call);     /* the compiled catalogue */
int run_import(cli *c, invocation *call);     /* CSV to chunks */
int run_completion(cli *c, invocation *call);
int run_man(cli *c, invocation *call);
int run_version(cli *c, invocation *call);
int run_help(cli *c, invocation *call);

/* Also for main: help of nothing, of a noun, of a command. */
void help_short(cli *c, FILE *to);
void help_noun(cli *c, FILE *to, const char *noun);
void help_command(cli *c, FILE *to, const command *which);
void help_all(cli *c, FILE *to);

#endif
