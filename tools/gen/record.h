/* record.h - what clerks made of the people: rows of text, with the slips clerks make.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_TOOLS_GEN_RECORD_H
#define BANYAN_TOOLS_GEN_RECORD_H

#include "person.h"
#include "sheet.h"

/* X(column, bytes): fields of a customer under their names in the catalogue. */
#define GEN_CUSTOMER_COLUMNS(X) \
    X(external_id, 32) X(type, 16) X(name, 96) X(name_latin, 80) X(name_former, 80) X(sex, 8) \
    X(birth_date, 16) X(nationality, 24) X(document_type, 24) X(document_number, 32) \
    X(mobile, 32) X(phone, 32) X(email, 80) X(country, 24) X(province, 40) X(city, 40) \
    X(district, 40) X(street, 120) X(postcode, 16) X(occupation, 32) X(employer, 80)

typedef struct gen_record {
#define GEN_COLUMN(name, bytes) char name[bytes];
    GEN_CUSTOMER_COLUMNS(GEN_COLUMN)
#undef GEN_COLUMN
    uint64_t person; /* the truth */
    gen_trait trait;
} gen_record;

/* One record of `p`. `copy` 0 is the clerk who had the papers in hand; the later ones slip. */
void gen_record_make(dice *d, const gen_person *p, unsigned copy, gen_record *out);

/* How many records there are of a person: 1 mostly, 5 at most. */
unsigned gen_record_copies(dice *d);

/* Their names, NULL-terminated. */
const char *const *gen_customer_columns(void);

/* The cells of those columns; no end of row. */
void gen_record_cells(sheet *s, const gen_record *record);

#endif
