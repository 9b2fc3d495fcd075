/* table.c - tables whose columns line up by display width.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "print.h"

#include <banyan/base/alloc.h>
#include <banyan/base/check.h>
#include <banyan/base/text.h>

#include <string.h>

#define CELLS_FIRST 256
#define GAP 2 /* blanks between two columns */

void table_init(table *t, cli *c)
{
    *t = (table){.c = c};
}

void table_header(table *t, const char *header)
{
    BN_ASSERT(t->columns < TABLE_COLUMNS_MAX && t->cells_count == 0);
    t->headers[t->columns++] = header;
}

void table_put(table *t, const char *text)
{
    table_put_styled(t, STYLE_PLAIN, text);
}

void table_put_styled(table *t, print_style style, const char *text)
{
    if (t->cells_count == t->cells_capacity) {
        size_t wanted = t->cells_capacity > 0 ? t->cells_capacity * 2 : CELLS_FIRST;
        table_cell *grown = wanted <= TABLE_CELLS_MAX
                                ? bn_realloc_array(t->cells, wanted, sizeof *grown)
                                : NULL;
        if (grown == NULL) {
            return;
        }
        t->cells = grown;
        t->cells_capacity = wanted;
    }
    t->cells[t->cells_count++] =
        (table_cell){.text = print_safe(t->c, text), .style = style};
}

static size_t columns_of(const char *text)
{
    return bn_utf8_columns(bn_slice_of(text));
}

static void print_row(table *t, const table_cell *cells, const size_t *widths)
{
    size_t last = t->columns;
    while (last > 1 && cells[last - 1].text[0] == '\0') {
        last--;
    }
    for (size_t i = 0; i < last; i++) {
        print_styled(t->c, cells[i].style, cells[i].text);
        size_t pad = i + 1 < last ? widths[i] + GAP - columns_of(cells[i].text) : 0;
        fprintf(t->c->out, "%*s", (int)pad, "");
    }
    fputc('\n', t->c->out);
}

void table_print(table *t)
{
    size_t widths[TABLE_COLUMNS_MAX] = {0};
    table_cell heads[TABLE_COLUMNS_MAX];
    for (size_t i = 0; i < t->columns; i++) {
        heads[i] = (table_cell){.text = t->headers[i], .style = STYLE_BOLD};
        widths[i] = columns_of(t->headers[i]);
    }
    size_t rows = t->columns > 0 ? t->cells_count / t->columns : 0;
    for (size_t i = 0; i < rows * t->columns; i++) {
        size_t columns = columns_of(t->cells[i].text);
        if (columns > widths[i % t->columns]) {
            widths[i % t->columns] = columns;
        }
    }
    bool headed = t->columns > 0 && t->headers[0] != NULL && t->headers[0][0] != '\0';
    if (headed) {
        print_row(t, heads, widths);
    }
    for (size_t row = 0; row < rows; row++) {
        print_row(t, t->cells + row * t->columns, widths);
    }
    bn_free(t->cells);
    table_init(t, t->c);
}
