/* people.c - `banyan-gen people`: records with known truth, as many as wanted, in little memory.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The records of one person are made together; a window of rows is dealt from at random, so that
 * they do not stand together in the file.
 */
#include "crowd.h"
#include "gen.h"

#include <banyan/base/alloc.h>
#include <banyan/base/check.h>

#include <inttypes.h>

static void write_row(sheet *s, const gen_record *record)
{
    gen_record_cells(s, record);
    sheet_cell(s, gen_trait_text(record->trait));
    sheet_cellf(s, "P%07" PRIu64, record->person);
    sheet_row_end(s);
}

static void write_header(sheet *s)
{
    for (const char *const *name = gen_customer_columns(); *name != NULL; name++) {
        sheet_cell(s, *name);
    }
    sheet_cell(s, "trait");
    sheet_cell(s, "person");
    sheet_row_end(s);
}

bn_rc gen_people(const gen_options *options, bn_err *err)
{
    crowd *c = NULL;
    BN_TRY(crowd_create(options->seed, options->records, &c, err));
    sheet s = {0};
    bn_rc rc = sheet_open(&s, options->out, err);
    if (rc == BN_OK) {
        write_header(&s);
        const gen_record *record = NULL;
        while ((record = crowd_next(c)) != NULL) {
            write_row(&s, record);
        }
        rc = sheet_close(&s, err);
    }
    crowd_destroy(&c);
    return rc;
}
