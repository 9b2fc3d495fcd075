/* main.c - banyan-match.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tool.h"

int main(int argc, char **argv)
{
    return bn_match_tool_main(argc, argv);
}
