/* map.c - a mapping: made, asked, released.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "map.h"

#include <banyan/base/alloc.h>
#include <banyan/base/check.h>

void bn_import_map_destroy(bn_import_map **map)
{
    if (*map == NULL) {
        return;
    }
    bn_arena_fini(&(*map)->arena);
    bn_free(*map);
    *map = NULL;
}

const bn_kind_def *bn_import_map_kind(const bn_import_map *map)
{
    return map->kind;
}

const char *bn_import_map_mode(const bn_import_map *map)
{
    return map->mode;
}

const char *bn_import_map_key(const bn_import_map *map)
{
    return map->key;
}

const char *bn_import_map_encoding(const bn_import_map *map)
{
    return map->encoding;
}

char bn_import_map_delimiter(const bn_import_map *map)
{
    return map->delimiter;
}

size_t bn_import_map_targets_count(const bn_import_map *map)
{
    return map->targets_count;
}

const char *bn_import_map_target(const bn_import_map *map, size_t index)
{
    BN_ASSERT(index < map->targets_count);
    return map->targets[index].name;
}

const bn_field_def *bn_import_map_field(const bn_import_map *map, size_t index)
{
    BN_ASSERT(index < map->targets_count);
    return map->targets[index].field;
}

size_t bn_import_map_unused(const bn_import_map *map)
{
    return map->unused_count;
}
