/* requests.c - answers to saves of late: a caller that asks again gets the same one.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Head office saves at once and answers over a local socket, so what has to be caught is a lost
 * answer, not a lost line: the ring lives in memory and ends with the process.
 */
#include "server/api/operations.h"

const bn_desk_saved *bn_requests_find(const bn_server_api *api, const bn_id *request)
{
    for (size_t i = 0; request != NULL && i < api->requests_count; i++) {
        if (bn_id_equal(api->requests[i].id, *request)) {
            return &api->requests[i].done;
        }
    }
    return NULL;
}

void bn_requests_keep(bn_server_api *api, const bn_id *request, const bn_desk_saved *done)
{
    if (request == NULL) {
        return;
    }
    api->requests[api->requests_next] = (bn_request_kept){.id = *request, .done = *done};
    api->requests_next = (api->requests_next + 1) % BN_REQUESTS_KEPT;
    if (api->requests_count < BN_REQUESTS_KEPT) {
        api->requests_count++;
    }
}
