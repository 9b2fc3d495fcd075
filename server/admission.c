/* admission.c - keys that may use the sync door, and keys that were refused: shared with the
 * transport's thread.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "registry.h"

#include <banyan/base/alloc.h>

static int compare_keys(const void *a, const void *b)
{
    return memcmp(a, b, BN_KEY_BYTES);
}

/* Revoked and replaced keys stay outside, as unknown ones do. */
static bool may_enter(const bn_server *server, const bn_origin *origin)
{
    const bn_branch *branch = bn_registry_branch(server, origin->branch);
    return origin->state == BN_BRANCH_ACTIVE && branch != NULL &&
           branch->origin == origin->origin && branch->state != BN_BRANCH_REVOKED;
}

bn_rc bn_registry_publish_keys(bn_server *server)
{
    const bn_registry *r = &server->registry;
    bn_admission *admission = &server->admission;
    pthread_mutex_lock(&admission->lock);
    bn_rc rc = BN_OK;
    if (admission->capacity < r->origins_count) {
        void *grown = bn_realloc_array(admission->keys, r->origins_count, BN_KEY_BYTES);
        if (grown == NULL) {
            rc = BN_E_NO_MEMORY;
        } else {
            admission->keys = grown;
            admission->capacity = r->origins_count;
        }
    }
    if (rc == BN_OK) {
        admission->count = 0;
        for (size_t i = 1; i < r->origins_count; i++) {
            if (may_enter(server, r->origins[i])) {
                memcpy(admission->keys[admission->count++], r->origins[i]->key, BN_KEY_BYTES);
            }
        }
        if (admission->count > 1) {
            qsort(admission->keys, admission->count, BN_KEY_BYTES, compare_keys);
        }
    }
    pthread_mutex_unlock(&admission->lock);
    return rc;
}

bool bn_server_admits(bn_server *server, const uint8_t key[BN_KEY_BYTES])
{
    bn_admission *admission = &server->admission;
    pthread_mutex_lock(&admission->lock);
    bool found = admission->count > 0 && bsearch(key, admission->keys, admission->count,
                                                 BN_KEY_BYTES, compare_keys) != NULL;
    pthread_mutex_unlock(&admission->lock);
    return found;
}

static bool is_same(const bn_refusal *refusal, bn_door door, const uint8_t *key)
{
    return refusal->door == door && refusal->has_key == (key != NULL) &&
           (key == NULL || memcmp(refusal->key, key, BN_KEY_BYTES) == 0);
}

void bn_server_note_refusal(bn_server *server, bn_door door, const uint8_t *key_or_null,
                            const char *address, const char *reason)
{
    bn_admission *admission = &server->admission;
    pthread_mutex_lock(&admission->lock);
    admission->refused_total++;
    bn_refusal *refusal = NULL;
    for (size_t i = 0; i < admission->refusals_count && refusal == NULL; i++) {
        if (is_same(&admission->refusals[i], door, key_or_null)) {
            refusal = &admission->refusals[i];
        }
    }
    if (refusal != NULL) {
        refusal->count++;
    } else if (admission->refusals_count < BN_REFUSALS_MAX) {
        refusal = &admission->refusals[admission->refusals_count++];
        *refusal = (bn_refusal){.door = door, .has_key = key_or_null != NULL, .count = 1};
        if (key_or_null != NULL) {
            memcpy(refusal->key, key_or_null, BN_KEY_BYTES);
        }
        (void)snprintf(refusal->address, sizeof refusal->address, "%s",
                       address != NULL ? address : "");
        (void)snprintf(refusal->reason, sizeof refusal->reason, "%s", reason != NULL ? reason : "");
    }
    pthread_mutex_unlock(&admission->lock);
}
