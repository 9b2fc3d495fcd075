/* tool.h - `banyan match`: evaluate, bench, train.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_TOOLS_MATCH_TOOL_H
#define BANYAN_TOOLS_MATCH_TOOL_H

/* Returns the exit status. */
int bn_match_tool_main(int argc, char **argv);

#endif
