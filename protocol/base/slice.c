/* slice.c - borrowed bytes.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <banyan/base/slice.h>

#include <string.h>

bn_slice bn_slice_of(const char *text)
{
    return text == NULL ? bn_slice_make("", 0) : bn_slice_make(text, strlen(text));
}

bn_slice bn_slice_make(const void *data, size_t len)
{
    return (bn_slice){.data = data, .len = len};
}

bool bn_slice_equal(bn_slice a, bn_slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

int bn_slice_compare(bn_slice a, bn_slice b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    int order = common == 0 ? 0 : memcmp(a.data, b.data, common);
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

bool bn_slice_starts(bn_slice s, bn_slice prefix)
{
    return s.len >= prefix.len && bn_slice_equal(bn_slice_make(s.data, prefix.len), prefix);
}

bool bn_slice_is(bn_slice s, const char *text)
{
    return bn_slice_equal(s, bn_slice_of(text));
}

static bool is_blank(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

bn_slice bn_slice_trim(bn_slice s)
{
    while (s.len > 0 && is_blank(s.data[0])) {
        s.data++;
        s.len--;
    }
    while (s.len > 0 && is_blank(s.data[s.len - 1])) {
        s.len--;
    }
    return s;
}
