/* api.c - the server's operations: the table, who is asked, and customers that can be searched.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "server/api/operations.h"

#include <banyan/base/alloc.h>
#include <banyan/base/check.h>

#define ARENA_BYTES_MAX (64 * 1024 * 1024)
#define RECORD_ARENA_BYTES (1024 * 1024)

#define BN_OPERATION(function, name, reach, summary, ...) \
    static const bn_argument arguments_of_##function[] = { \
        __VA_ARGS__{NULL, BN_ARG_TEXT, false, NULL}};
#include "server/api/operations.def"
#undef BN_OPERATION

static const bn_operation operations[] = {
#define BN_OPERATION(function, name, reach, summary, ...) \
    {name, function, arguments_of_##function, reach, summary},
#include "server/api/operations.def"
#undef BN_OPERATION
};

bn_operations bn_server_api_operations(void)
{
    return (bn_operations){.rows = operations, .count = BN_COUNT(operations)};
}

bn_rc bn_server_api_create(const bn_server_api_options *options, bn_server_api **out, bn_err *err)
{
    BN_AUTO(bn_server_api_destroy) bn_server_api *api = bn_alloc(sizeof *api);
    if (api == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "no memory for the operations");
    }
    api->options = *options;
    bn_arena_init(&api->arena, ARENA_BYTES_MAX);
    if (bn_search_create(&api->column) != BN_OK) {
        return bn_fail(err, BN_E_NO_MEMORY, "no memory for the operations");
    }
    api->api = (bn_api){
        .shared = bn_api_shared(),
        .own = bn_server_api_operations(),
        .desk = &bn_server_desk,
        .kv = options->kv,
        .clock = options->clock,
        .data_folder = options->data_folder,
        .program = "banyan-server",
        .started_ms = options->clock->mono_ms(options->clock->context),
        .role = api,
    };
    *out = BN_TAKE(api);
    return BN_OK;
}

void bn_server_api_destroy(bn_server_api **api)
{
    if (*api != NULL) {
        bn_search_destroy(&(*api)->column);
        bn_arena_fini(&(*api)->arena);
        bn_free(*api);
        *api = NULL;
    }
}

void bn_server_api_set_control(bn_server_api *api, bn_control *control)
{
    api->api.replies = bn_replies_of_control(control);
}

bn_rc bn_server_api_handle(void *context, const char *op, json_t *args, const char *actor,
                           json_t **result, bn_err *err)
{
    const bn_server_api *api = context;
    return bn_api_handle(&api->api, op, args, actor, result, err);
}

/* --- search column ------------------------------------------------------------------------ */

static bn_rc load(bn_server_api *api, bn_kv_txn *txn, size_t rows_max, bn_err *err)
{
    BN_AUTO(bn_arena_fini) bn_arena arena;
    bn_arena_init(&arena, RECORD_ARENA_BYTES);
    for (size_t i = 0; i < rows_max; i++) {
        bn_record record;
        bn_rc rc = bn_records_next_id(txn, BN_KIND_CUSTOMER, api->loaded, &api->loaded, err);
        if (rc == BN_E_NOT_FOUND) {
            api->is_loaded = true;
            return BN_OK;
        }
        BN_TRY(rc);
        bn_arena_reset(&arena);
        BN_TRY(bn_records_get(txn, BN_KIND_CUSTOMER, api->loaded, &arena, &record, err));
        BN_TRY(bn_search_put(api->column, &record, err));
        bn_kv_forget(txn);
    }
    return BN_OK;
}

bn_rc bn_server_api_warm(bn_server_api *api, size_t rows_max, bool *done, bn_err *err)
{
    if (!api->is_loaded) {
        bn_server_reader reader;
        BN_TRY(bn_server_read_begin(api->options.server, &reader, err));
        bn_rc rc = load(api, reader.txn, rows_max, err);
        bn_server_read_end(&reader);
        BN_TRY(rc);
    }
    *done = api->is_loaded;
    return BN_OK;
}

/* What is behind the place loaded so far is met there; all else is put again. */
bn_rc bn_server_api_changed(bn_server_api *api, uint16_t kind, bn_id id, bn_err *err)
{
    bn_server_reader reader;
    bn_record record;
    if (kind != BN_KIND_CUSTOMER ||
        (!api->is_loaded && bn_id_compare(id, api->loaded) > 0)) {
        return BN_OK;
    }
    BN_AUTO(bn_arena_fini) bn_arena arena;
    bn_arena_init(&arena, RECORD_ARENA_BYTES);
    BN_TRY(bn_server_read_begin(api->options.server, &reader, err));
    bn_rc rc = bn_records_get(reader.txn, kind, id, &arena, &record, err);
    bn_server_read_end(&reader);
    if (rc == BN_E_NOT_FOUND) {
        bn_search_remove(api->column, id);
        return BN_OK;
    }
    BN_TRY(rc);
    return bn_search_put(api->column, &record, err);
}
