/* hold_ack.c - mutant: replies leave before the commit they speak of is on disk.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "server/commit/commit.h"

bn_rc __wrap_bn_server_hold_ack(bn_server *server, const bn_route *route,
                                const bn_message *message);

bn_rc __wrap_bn_server_hold_ack(bn_server *server, const bn_route *route,
                                const bn_message *message)
{
    (void)bn_server_send(server, route, message);
    return BN_OK;
}
