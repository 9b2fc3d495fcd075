/* api.h - the server's operations as docs/control.md lists them.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_SERVER_API_API_H
#define BANYAN_SERVER_API_API_H

#include "server/server.h"

#include <banyan/core/api.h>
#include <banyan/core/control.h>
#include <banyan/core/daemon.h>

typedef struct bn_server_api bn_server_api;

/* All borrowed for the life of the API. */
typedef struct bn_server_api_options {
    bn_server *server;
    bn_kv *kv;
    const bn_clock *clock;
    const bn_random *random;
    const char *sync_endpoint;  /* as bound */
    const char *enrol_endpoint; /* as bound */
    const char *public_host;    /* "": the host of sync_endpoint */
    const char *data_folder;
} bn_server_api_options;

BN_CHECKED bn_rc bn_server_api_create(const bn_server_api_options *options, bn_server_api **out,
                                      bn_err *err);
void bn_server_api_destroy(bn_server_api **api);

/* The socket that asks: needed for progress and for answers that come later. */
void bn_server_api_set_control(bn_server_api *api, bn_control *control);

/* Rows only the server has. */
bn_operations bn_server_api_operations(void);

/* Loads at most rows_max more customers into the search column; *done when it holds all. */
BN_CHECKED bn_rc bn_server_api_warm(bn_server_api *api, size_t rows_max, bool *done, bn_err *err);

/* A record changed: what bn_server_changed tells. */
BN_CHECKED bn_rc bn_server_api_changed(bn_server_api *api, uint16_t kind, bn_id id, bn_err *err);

/* A bn_control_handle; context is the bn_server_api. */
bn_rc bn_server_api_handle(void *context, const char *op, json_t *args, const char *actor,
                           json_t **result, bn_err *err);

/* Libraries and their versions, for `version`; static. */
const bn_library *bn_server_api_libraries(size_t *count);

#endif
