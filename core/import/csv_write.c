/* csv_write.c - rows back to text.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <banyan/core/import.h>

#include <string.h>

/* Blanks at the ends would be lost on the way back. */
static bool needs_quotes(bn_slice cell, char delimiter)
{
    if (cell.len == 0) {
        return false;
    }
    if (cell.data[0] == ' ' || cell.data[0] == '\t' || cell.data[cell.len - 1] == ' ' ||
        cell.data[cell.len - 1] == '\t') {
        return true;
    }
    for (size_t i = 0; i < cell.len; i++) {
        char byte = (char)cell.data[i];
        if (byte == '"' || byte == delimiter || byte == '\n' || byte == '\r') {
            return true;
        }
    }
    return false;
}

static void write_quoted(bn_buf *out, bn_slice cell)
{
    bn_buf_append_byte(out, '"');
    for (size_t i = 0; i < cell.len; i++) {
        if (cell.data[i] == '"') {
            bn_buf_append_byte(out, '"');
        }
        bn_buf_append_byte(out, cell.data[i]);
    }
    bn_buf_append_byte(out, '"');
}

void bn_csv_write(bn_buf *out, const bn_slice *cells, size_t count, char delimiter)
{
    for (size_t i = 0; i < count; i++) {
        if (i > 0) {
            bn_buf_append_byte(out, (uint8_t)delimiter);
        }
        if (needs_quotes(cells[i], delimiter) || (count == 1 && cells[i].len == 0)) {
            write_quoted(out, cells[i]);
        } else {
            bn_buf_append_slice(out, cells[i]);
        }
    }
    bn_buf_append_text(out, "\r\n");
}
