/* policy.c - the policies by name, and what they leave behind.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <banyan/protocol/version.h>

bool bn_policy_keeps_record(bn_policy policy)
{
    return policy == BN_POLICY_LWW || policy == BN_POLICY_OWNER || policy == BN_POLICY_SERVER ||
           policy == BN_POLICY_FIRST;
}

const char *bn_policy_name(bn_policy policy)
{
    switch (policy) {
    case BN_POLICY_LWW:
        return "lww";
    case BN_POLICY_OWNER:
        return "owner";
    case BN_POLICY_SERVER:
        return "server";
    case BN_POLICY_FIRST:
        return "first";
    case BN_POLICY_MAX:
        return "max";
    case BN_POLICY_MIN:
        return "min";
    case BN_POLICY_SET:
        return "set";
    case BN_POLICY_APPEND:
        return "append";
    case BN_POLICY_COUNTER:
        return "counter";
    case BN_POLICY_HUMAN:
        return "human";
    }
    return "unknown";
}
