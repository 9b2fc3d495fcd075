/* probe.c - what a CSV file is, from all its bytes: encoding, delimiter.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Valid UTF-8 from end to end is UTF-8; what is not, comes from a Chinese Excel: GB18030, of
 * which GBK and GB2312 are parts. A short GBK file that happens to be valid UTF-8 is rare enough
 * to leave to --encoding.
 */
#include <banyan/core/import.h>

#include <banyan/base/check.h>
#include <banyan/base/text.h>

#include <stdio.h>
#include <string.h>

void bn_csv_probe_begin(bn_csv_probe *probe)
{
    *probe = (bn_csv_probe){.is_utf8 = true};
}

/* Bytes a character needs by its first byte; 1 for ASCII and for what is wrong anyway. */
static size_t utf8_size(uint8_t lead)
{
    return lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 1;
}

/* Length without a character that the block cuts in two. */
static size_t whole_len(bn_slice s)
{
    for (size_t back = 1; back <= 3 && back <= s.len; back++) {
        uint8_t byte = s.data[s.len - back];
        if ((byte & 0xc0) != 0x80) {
            return utf8_size(byte) > back ? s.len - back : s.len;
        }
    }
    return s.len;
}

static void feed_utf8(bn_csv_probe *probe, bn_slice bytes)
{
    while (probe->tail_len > 0 && bytes.len > 0 &&
           probe->tail_len < utf8_size(probe->tail[0])) {
        probe->tail[probe->tail_len++] = bytes.data[0];
        bytes = bn_slice_make(bytes.data + 1, bytes.len - 1);
    }
    if (probe->tail_len > 0 && probe->tail_len < utf8_size(probe->tail[0])) {
        return;
    }
    probe->is_utf8 = bn_utf8_valid(bn_slice_make(probe->tail, probe->tail_len));
    size_t whole = whole_len(bytes);
    probe->is_utf8 = probe->is_utf8 && bn_utf8_valid(bn_slice_make(bytes.data, whole));
    probe->tail_len = bytes.len - whole;
    memcpy(probe->tail, bytes.data + whole, probe->tail_len);
}

void bn_csv_probe_feed(bn_csv_probe *probe, bn_slice bytes)
{
    if (bytes.len == 0) {
        return;
    }
    size_t room = sizeof probe->head - probe->head_len;
    size_t take = bytes.len < room ? bytes.len : room;
    memcpy(probe->head + probe->head_len, bytes.data, take);
    probe->head_len += take;
    for (const uint8_t *at = bytes.data, *end = bytes.data + bytes.len;
         (at = memchr(at, '\n', (size_t)(end - at))) != NULL; at++) {
        probe->lines_count++;
    }
    if (probe->is_utf8) {
        feed_utf8(probe, bytes);
    }
}

/* The character that stands most often in the first line outside of quotes. */
static char guess_delimiter(bn_slice head)
{
    static const char candidates[] = {',', ';', '\t', '|'};
    size_t counts[BN_COUNT(candidates)] = {0};
    bool quoted = false;
    for (size_t i = 0; i < head.len && (quoted || head.data[i] != '\n'); i++) {
        quoted = head.data[i] == '"' ? !quoted : quoted;
        for (size_t n = 0; n < BN_COUNT(candidates) && !quoted; n++) {
            counts[n] += head.data[i] == (uint8_t)candidates[n];
        }
    }
    size_t best = 0;
    for (size_t n = 1; n < BN_COUNT(candidates); n++) {
        best = counts[n] > counts[best] ? n : best;
    }
    return candidates[best];
}

static bool looks_like_utf16(bn_slice head)
{
    bool mark = head.len >= 2 && ((head.data[0] == 0xff && head.data[1] == 0xfe) ||
                                  (head.data[0] == 0xfe && head.data[1] == 0xff));
    size_t zeros = 0;
    for (size_t i = 0; i < head.len; i++) {
        zeros += head.data[i] == 0;
    }
    return mark || (head.len >= 8 && zeros * 4 > head.len);
}

bn_rc bn_csv_probe_end(bn_csv_probe *probe, bn_err *err)
{
    bn_slice head = bn_slice_make(probe->head, probe->head_len);
    if (bn_slice_starts(head, BN_SLICE("PK\x03\x04")) ||
        bn_slice_starts(head, BN_SLICE("\xd0\xcf\x11\xe0"))) {
        return bn_fail(err, BN_E_UNSUPPORTED,
                       "this is a workbook: save it as 'CSV UTF-8' and import that");
    }
    if (looks_like_utf16(head)) {
        return bn_fail(err, BN_E_UNSUPPORTED,
                       "this is UTF-16: save it as 'CSV UTF-8' and import that");
    }
    bool utf8 = probe->is_utf8 && probe->tail_len == 0;
    snprintf(probe->encoding, sizeof probe->encoding, "%s", utf8 ? "UTF-8" : "GB18030");
    probe->delimiter = guess_delimiter(head);
    return BN_OK;
}
