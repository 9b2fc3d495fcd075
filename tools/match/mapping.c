/* mapping.c - reading mapping files.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "mapping.h"

#include <banyan/base/alloc.h>
#include <banyan/base/check.h>
#include <banyan/base/number.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char *const kind_names[COLUMN_KINDS] = {
#define MAPPING_KIND(NAME, name, text) #name,
#include "mapping.def"
#undef MAPPING_KIND
};

static bn_slice head_word(bn_slice *line)
{
    size_t len = 0;
    while (len < line->len && line->data[len] != ' ' && line->data[len] != '\t') {
        len++;
    }
    bn_slice word = bn_slice_make(line->data, len);
    *line = bn_slice_trim(bn_slice_make(line->data + len, line->len - len));
    return word;
}

static const uint8_t *find(bn_slice s, char c)
{
    return s.len > 0 ? memchr(s.data, c, s.len) : NULL;
}

/* "identity#2:passport" -> kind, group, detail. */
static bool read_kind(bn_slice word, mapping_line *out)
{
    const uint8_t *colon = find(word, ':');
    bn_slice kind = word;
    if (colon != NULL) {
        kind.len = (size_t)(colon - word.data);
        out->detail = bn_slice_make(colon + 1, word.len - kind.len - 1);
    }
    const uint8_t *hash = find(kind, '#');
    if (hash != NULL) {
        size_t len = (size_t)(hash - kind.data);
        uint64_t group;
        if (bn_parse_u64(bn_slice_make(hash + 1, kind.len - len - 1), &group) != BN_OK ||
            group < 1 || group > MAPPING_GROUPS_MAX) {
            return false;
        }
        out->group = (unsigned)group - 1;
        kind.len = len;
    }
    for (int k = 0; k < COLUMN_KINDS; k++) {
        if (bn_slice_is(kind, kind_names[k])) {
            out->kind = (column_kind)k;
            return true;
        }
    }
    return false;
}

/* Lines that set something for the whole file; false when `word` is none of them. */
static bool read_setting(mapping *map, bn_slice word, bn_slice rest, bool *is_good)
{
    uint64_t number = 0;
    if (bn_slice_is(word, "null")) {
        *is_good = map->nulls_count < MAPPING_NULLS_MAX;
        map->nulls[*is_good ? map->nulls_count++ : 0] = rest;
    } else if (bn_slice_is(word, "parties")) {
        map->party = bn_slice_is(rest, "organisation") ? BN_PARTY_ORGANISATION : BN_PARTY_PERSON;
    } else if (bn_slice_is(word, "organisation_word")) {
        map->organisation_word = rest;
    } else if (bn_slice_is(word, "region")) {
        *is_good = rest.len == 2;
        memcpy(map->region, rest.data, *is_good ? 2 : 0);
    } else if (bn_slice_is(word, "dates")) {
        map->is_day_first = bn_slice_is(rest, "day_first");
    } else if (bn_slice_is(word, "pivot")) {
        *is_good = bn_parse_u64(rest, &number) == BN_OK && number < 100;
        map->pivot = (unsigned)number;
    } else if (bn_slice_is(word, "truth_part")) {
        bn_slice part = head_word(&rest);
        *is_good = bn_parse_u64(part, &number) == BN_OK && number > 0 && rest.len == 1;
        map->truth_part = (unsigned)number;
        map->truth_separator = *is_good ? (char)rest.data[0] : 0;
    } else {
        return false;
    }
    return true;
}

static bn_rc read_line(mapping *map, bn_slice line, const char *path, bn_err *err)
{
    bn_slice rest = line;
    bn_slice word = head_word(&rest);
    bool is_good = true;
    if (read_setting(map, word, rest, &is_good)) {
        return is_good ? BN_OK
                       : bn_fail(err, BN_E_INVALID, "%s: \"%.*s\" has a bad value", path,
                                 BN_SLICE_ARG(word));
    }
    mapping_line out = {.column = rest, .detail = BN_SLICE("")};
    if (rest.len == 0 || !read_kind(word, &out)) {
        return bn_fail(err, BN_E_INVALID, "%s: \"%.*s\" is no kind of column", path,
                       BN_SLICE_ARG(word));
    }
    if (map->lines_count == MAPPING_LINES_MAX) {
        return bn_fail(err, BN_E_LIMIT, "%s: more than %d columns", path, MAPPING_LINES_MAX);
    }
    map->lines[map->lines_count++] = out;
    return BN_OK;
}

bn_rc mapping_read(const char *path, mapping *out, bn_err *err)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return bn_fail(err, BN_E_NOT_FOUND, "%s: %s", path, strerror(errno));
    }
    mapping map = {.party = BN_PARTY_PERSON, .region = "CN"};
    map.text = bn_alloc_array(MAPPING_BYTES_MAX, 1);
    size_t len = map.text != NULL ? fread(map.text, 1, MAPPING_BYTES_MAX - 1, file) : 0;
    fclose(file);
    bn_rc rc = map.text != NULL ? BN_OK : BN_E_NO_MEMORY;
    for (size_t at = 0; at < len && rc == BN_OK;) {
        const char *end = memchr(map.text + at, '\n', len - at);
        size_t line_len = end != NULL ? (size_t)(end - map.text) - at : len - at;
        bn_slice line = bn_slice_trim(bn_slice_make(map.text + at, line_len));
        if (line.len > 0 && line.data[0] != '#') {
            rc = read_line(&map, line, path, err);
        }
        at += line_len + 1;
    }
    if (rc != BN_OK) {
        mapping_fini(&map);
        return rc;
    }
    *out = map;
    return BN_OK;
}

void mapping_fini(mapping *map)
{
    bn_free(map->text);
    *map = (mapping){.text = NULL};
}

bn_slice mapping_truth(const mapping *map, bn_slice cell)
{
    if (map->truth_separator == 0) {
        return cell;
    }
    size_t from = 0;
    unsigned part = 1;
    for (size_t i = 0; i <= cell.len; i++) {
        bool is_end = i == cell.len || cell.data[i] == (uint8_t)map->truth_separator;
        if (is_end && part == map->truth_part) {
            return bn_slice_make(cell.data + from, i - from);
        }
        if (is_end) {
            part++;
            from = i + 1;
        }
    }
    return cell;
}
