/* request.h - saves of head office that a caller may repeat: done once, also after a restart.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_SERVER_REQUEST_H
#define BANYAN_SERVER_REQUEST_H

#include "server/server.h"

#define BN_REQUESTS_KEPT 65536 /* the newest ones */

/* What the request saved; BN_E_NOT_FOUND when it is new, or older than those kept. */
BN_CHECKED bn_rc bn_server_request_find(bn_server *server, const bn_id *request,
                                        bn_server_saved *out, bn_err *err);

/* bn_server_save() that remembers requests[i] with drafts[i] in the same transaction; a request
 * that is zero belongs to nobody. */
BN_CHECKED bn_rc bn_server_save_once(bn_server *server, const bn_draft *drafts, size_t count,
                                     const bn_id *requests, bn_server_saved *saved, bn_err *err);

#endif
