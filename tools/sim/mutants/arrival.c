/* arrival.c - mutant: of two concurrent values the one that arrives later stays.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <banyan/protocol/version.h>

bn_verdict __real_bn_decide(bn_policy policy, const bn_contender *current,
                            const bn_contender *incoming, bool equal);
bn_verdict __wrap_bn_decide(bn_policy policy, const bn_contender *current,
                            const bn_contender *incoming, bool equal);

bn_verdict __wrap_bn_decide(bn_policy policy, const bn_contender *current,
                            const bn_contender *incoming, bool equal)
{
    bn_verdict verdict = __real_bn_decide(policy, current, incoming, equal);
    return verdict == BN_VERDICT_KEEP ? BN_VERDICT_TAKE : verdict;
}
