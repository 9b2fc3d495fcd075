/* signature.c - mutant: every signature holds.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <banyan/protocol/crypto.h>

bool __wrap_bn_signature_holds(const uint8_t public_key[BN_SIGN_PUBLIC_BYTES], bn_slice domain,
                               bn_hash content, const uint8_t signature[BN_SIGNATURE_BYTES]);

bool __wrap_bn_signature_holds(const uint8_t public_key[BN_SIGN_PUBLIC_BYTES], bn_slice domain,
                               bn_hash content, const uint8_t signature[BN_SIGNATURE_BYTES])
{
    (void)public_key, (void)domain, (void)content, (void)signature;
    return true;
}
