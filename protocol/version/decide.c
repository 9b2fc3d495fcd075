/* decide.c - which of two concurrent values stays.
 * SPDX-License-Identifier: Apache-2.0
 *
 * LWW, OWNER, SERVER, MAX and MIN each are one total order over contenders, so it does not matter
 * in which order they arrive or how they are paired:
 *
 *   LWW             effective clock, then the lower origin, then the later op of one origin
 *   OWNER, SERVER   written there or not, then as LWW
 *   MAX, MIN        the value (an empty one is the least of all), then as LWW
 */
#include <banyan/base/check.h>
#include <banyan/protocol/version.h>

/* > 0 when a is the stronger one, likewise below. */
static int compare_stamps(const bn_contender *a, const bn_contender *b)
{
    int order = bn_hlc_compare(a->stamp.hlc, b->stamp.hlc);
    if (order != 0) {
        return order;
    }
    if (a->stamp.dot.origin != b->stamp.dot.origin) {
        return a->stamp.dot.origin < b->stamp.dot.origin ? 1 : -1;
    }
    return (a->stamp.dot.oseq > b->stamp.dot.oseq) - (a->stamp.dot.oseq < b->stamp.dot.oseq);
}

static int compare_values(const bn_contender *a, const bn_contender *b, int direction)
{
    bool a_is_nil = bn_value_is_nil(a->value);
    bool b_is_nil = bn_value_is_nil(b->value);
    if (a_is_nil || b_is_nil) {
        return (b_is_nil ? 1 : 0) - (a_is_nil ? 1 : 0);
    }
    return direction * bn_value_compare(a->value, b->value);
}

bn_verdict bn_decide(bn_policy policy, const bn_contender *current, const bn_contender *incoming,
                     bool equal)
{
    if (equal) {
        return BN_VERDICT_SAME;
    }
    int order = 0;
    switch (policy) {
    case BN_POLICY_HUMAN:
        return BN_VERDICT_ASK;
    case BN_POLICY_FIRST:
        return BN_VERDICT_KEEP;
    case BN_POLICY_OWNER:
        order = (incoming->by_owner ? 1 : 0) - (current->by_owner ? 1 : 0);
        break;
    case BN_POLICY_SERVER:
        order = (incoming->by_server ? 1 : 0) - (current->by_server ? 1 : 0);
        break;
    case BN_POLICY_MAX:
        order = compare_values(incoming, current, 1);
        break;
    case BN_POLICY_MIN:
        order = compare_values(incoming, current, -1);
        break;
    case BN_POLICY_LWW:
        break;
    case BN_POLICY_SET:
    case BN_POLICY_APPEND:
    case BN_POLICY_COUNTER:
        BN_ASSERT(false && "elements of multi fields do not meet");
    }
    if (order == 0) {
        order = compare_stamps(incoming, current);
    }
    return order > 0 ? BN_VERDICT_TAKE : BN_VERDICT_KEEP;
}
