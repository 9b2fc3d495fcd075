/* relate.c - mutant: every author is taken to have seen what he replaces.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <banyan/protocol/version.h>

bn_relation __wrap_bn_relate(const bn_relation_input *input, bn_dot *effective_base);

bn_relation __wrap_bn_relate(const bn_relation_input *input, bn_dot *effective_base)
{
    *effective_base = input->base;
    return BN_CAUSAL;
}
