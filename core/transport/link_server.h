/* link_server.h - the parts of a server link, for its own file and its tests.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_CORE_TRANSPORT_LINK_SERVER_H
#define BANYAN_CORE_TRANSPORT_LINK_SERVER_H

#include "core/transport/door.h"
#include "core/transport/wakeup.h"
#include "core/transport/zap.h"

#define BN_DOORS_COUNT 2

struct bn_link_server {
    void *zmq;
    bn_zap *zap;
    bn_wakeup wakeup;
    void *doors[BN_DOORS_COUNT]; /* by bn_door; NULL when closed */
    char endpoints[BN_DOORS_COUNT][BN_ENDPOINT_TEXT_BYTES];
    zmq_msg_t frame;   /* what the last receive handed out */
    bn_door turn;      /* the door to look at first */
    bool send_refused; /* some peer's queue was full ... */
    bool stirred;      /* ... and since then a door had work that may have given it room */
    uint64_t dropped_count;
};

#endif
