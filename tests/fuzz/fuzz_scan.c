/* fuzz_scan.c - the scanner reads any bytes, stays inside them, and says the same twice.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "protocol/wire/scan.h"

#include <banyan/base/check.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    bn_slice all = bn_slice_make(bytes, len);
    bn_scan_fault fault = {0, NULL};
    size_t first = 0;
    if (bn_scan_first(all, &first, &fault) == BN_OK) {
        BN_ASSERT(first > 0 && first <= len);
        BN_ASSERT(bn_scan(bn_slice_make(bytes, first), &fault) == BN_OK);
        BN_ASSERT((bn_scan(all, &fault) == BN_OK) == (first == len));
        /* Nothing that is whole is still whole when its last byte is missing. */
        BN_ASSERT(bn_scan(bn_slice_make(bytes, first - 1), &fault) != BN_OK);
    } else {
        BN_ASSERT(fault.offset <= len && fault.reason != NULL);
    }
    return 0;
}
