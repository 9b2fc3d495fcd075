/* save.h - saving drafts inside a transaction that is already open.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_SERVER_SAVE_H
#define BANYAN_SERVER_SAVE_H

#include "engine.h"

BN_CHECKED bn_rc bn_save_in(bn_server *server, const bn_draft *drafts, size_t count,
                            bn_server_saved *saved, bn_err *err);

#endif
