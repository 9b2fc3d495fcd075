/* json.c - numbers, times, ids and texts as the answers spell them.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <banyan/core/api.h>

#include <banyan/base/alloc.h>
#include <banyan/base/number.h>
#include <banyan/base/text.h>
#include <banyan/core/log.h>

#include <inttypes.h>

#define NUMBER_TEXT_BYTES 24

void bn_put(bn_call *call, json_t *object, const char *name, json_t *take)
{
    if (json_object_set_new(object, name, take) != 0) {
        call->lacks_memory = true;
    }
}

void bn_push(bn_call *call, json_t *array, json_t *take)
{
    if (json_array_append_new(array, take) != 0) {
        call->lacks_memory = true;
    }
}

json_t *bn_put_object(bn_call *call, json_t *object, const char *name)
{
    json_t *added = json_object();
    bn_put(call, object, name, added);
    return call->lacks_memory ? NULL : added;
}

json_t *bn_put_list(bn_call *call, json_t *object, const char *name)
{
    json_t *added = json_array();
    bn_put(call, object, name, added);
    return call->lacks_memory ? NULL : added;
}

json_t *bn_push_object(bn_call *call, json_t *array)
{
    json_t *added = json_object();
    bn_push(call, array, added);
    return call->lacks_memory ? NULL : added;
}

/* Peers may have sent bytes that no answer can carry. */
static json_t *repaired(bn_slice text)
{
    char *copy = bn_alloc(text.len + 1);
    if (copy == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < text.len; i++) {
        copy[i] = text.data[i] < 0x80 ? (char)text.data[i] : '?';
    }
    json_t *value = json_stringn(copy, text.len);
    bn_free(copy);
    return value;
}

json_t *bn_json_slice(bn_slice text)
{
    if (text.len == 0) {
        return json_string("");
    }
    return bn_utf8_valid(text) ? json_stringn_nocheck((const char *)text.data, text.len)
                               : repaired(text);
}

json_t *bn_json_text(const char *text)
{
    return bn_json_slice(bn_slice_of(text));
}

json_t *bn_json_count(uint64_t count)
{
    return json_integer(count <= INT64_MAX ? (json_int_t)count : INT64_MAX);
}

json_t *bn_json_number(uint64_t number)
{
    char text[NUMBER_TEXT_BYTES];
    snprintf(text, sizeof text, "%" PRIu64, number);
    return json_string_nocheck(text);
}

json_t *bn_json_id(bn_id id)
{
    char text[BN_ID_TEXT_BYTES];
    bn_id_format(id, text);
    return json_string_nocheck(text);
}

json_t *bn_json_dot(bn_dot dot)
{
    if (bn_dot_is_none(dot)) {
        return json_null();
    }
    char text[2 * NUMBER_TEXT_BYTES];
    snprintf(text, sizeof text, "%" PRIu32 ".%" PRIu64, dot.origin, dot.oseq);
    return json_string_nocheck(text);
}

json_t *bn_json_time(uint64_t wall_ms)
{
    if (wall_ms == 0) {
        return json_null();
    }
    char text[BN_TIME_TEXT_BYTES];
    bn_time_format(wall_ms, text);
    return json_string_nocheck(text);
}

json_t *bn_json_branch(uint32_t branch)
{
    char text[NUMBER_TEXT_BYTES];
    snprintf(text, sizeof text, "%04" PRIu32, branch);
    return json_string_nocheck(text);
}

bool bn_dot_parse(bn_slice text, bn_dot *out)
{
    const uint8_t *point = text.len > 0 ? memchr(text.data, '.', text.len) : NULL;
    if (point == NULL) {
        return false;
    }
    size_t whole = (size_t)(point - text.data);
    uint64_t origin = 0;
    uint64_t oseq = 0;
    if (bn_parse_u64(bn_slice_make(text.data, whole), &origin) != BN_OK ||
        bn_parse_u64(bn_slice_make(point + 1, text.len - whole - 1), &oseq) != BN_OK ||
        origin > UINT32_MAX || oseq == 0) {
        return false;
    }
    *out = (bn_dot){(uint32_t)origin, oseq};
    return true;
}

json_t *bn_json_value(const bn_field_def *field, bn_value value, bn_arena *arena)
{
    if (bn_value_is_nil(value)) {
        return json_null();
    }
    if (value.type == BN_VALUE_TEXT) {
        return bn_json_slice(value.text);
    }
    const char *text = bn_format_value(field, value, arena);
    return text != NULL ? json_string(text) : NULL;
}
