/* fuzz_csv.c - any bytes through probe, reader, mapping file and transforms.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The first byte chooses encoding, delimiter and portion; the first line may be a mapping.
 */
#include <banyan/core/import.h>

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

typedef struct sink {
    bn_import_map *map;
    bn_arena arena;
    bool bound;
} sink;

static bn_rc take_row(void *context, const bn_csv_row *row, bn_err *err)
{
    sink *s = context;
    bn_slice texts[BN_IMPORT_TARGETS_MAX];
    size_t column = 0;
    if (!s->bound) {
        bn_buf report;
        bn_buf_init(&report, 65536);
        s->bound = bn_import_map_bind(s->map, row, &report, err) == BN_OK;
        bn_buf_fini(&report);
        return BN_OK;
    }
    bn_arena_reset(&s->arena);
    bn_rc rc = bn_import_map_row(s->map, row, &s->arena, texts, &column, err);
    if (rc == BN_OK && column != bn_import_map_targets_count(s->map)) {
        abort();
    }
    return BN_OK;
}

static bn_import_map *make_map(bn_slice text)
{
    bn_import_map *map = NULL;
    bn_buf report;
    bn_err err;
    bn_buf_init(&report, 65536);
    bn_rc rc = bn_import_map_read("m", text, NULL, &report, &map, &err);
    if (rc != BN_OK) {
        rc = bn_import_map_guess(bn_schema_kind(BN_KIND_CUSTOMER), &map, &err);
    }
    bn_buf_fini(&report);
    return rc == BN_OK ? map : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    if (len == 0) {
        return 0;
    }
    bn_err err;
    bn_csv *csv = NULL;
    bn_slice text = bn_slice_make(bytes + 1, len - 1);
    size_t portion = 1u + (bytes[0] >> 3);
    sink s = {.map = make_map(text)};
    if (s.map == NULL) {
        return 0;
    }
    bn_arena_init(&s.arena, 1024 * 1024);
    bn_csv_probe probe;
    bn_csv_probe_begin(&probe);
    bn_csv_probe_feed(&probe, text);
    const char *encoding = (bytes[0] & 1) != 0 ? "GB18030" : "UTF-8";
    char delimiter = bn_csv_probe_end(&probe, &err) == BN_OK ? probe.delimiter : ',';
    bn_rc rc = bn_csv_create(encoding, delimiter, take_row, &s, &csv, &err);
    for (size_t at = 0; at < text.len && rc == BN_OK; at += portion) {
        size_t left = text.len - at;
        rc = bn_csv_feed(csv, bn_slice_make(text.data + at, left < portion ? left : portion), &err);
    }
    if (rc == BN_OK) {
        rc = bn_csv_end(csv, &err);
    }
    bn_csv_destroy(&csv);
    bn_import_map_destroy(&s.map);
    bn_arena_fini(&s.arena);
    return 0;
}
