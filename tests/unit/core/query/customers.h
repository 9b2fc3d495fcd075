/* customers.h - customers for the tests of the search column.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_TESTS_UNIT_CORE_QUERY_CUSTOMERS_H
#define BANYAN_TESTS_UNIT_CORE_QUERY_CUSTOMERS_H

#include <banyan/base/number.h>
#include <banyan/protocol/record.h>

#define CUSTOMER_CELLS 7

typedef struct customer {
    uint32_t number;
    const char *type; /* NULL: a person */
    const char *name;
    const char *latin;
    const char *mobile;
    const char *document;
} customer;

static inline bn_id customer_id(uint32_t number)
{
    bn_id id = {.bytes = {0, 0, 0, 17}};
    bn_store_u32(id.bytes + 12, number + 1);
    return id;
}

static inline void customer_text(bn_record *record, uint16_t field, const char *text)
{
    if (text != NULL) {
        record->cells[record->cells_count++] =
            (bn_cell){.field = field, .value = bn_value_text(bn_slice_of(text))};
    }
}

/* A record over `cells`, in the order of the fields. `number` gets the customer number. */
static inline bn_record customer_record(const customer *c, bn_cell cells[CUSTOMER_CELLS],
                                        char number[BN_CUSTOMER_NUMBER_BYTES])
{
    bn_record record = {.kind = BN_KIND_CUSTOMER, .id = customer_id(c->number), .cells = cells};
    bn_customer_number_make(17, c->number, number);
    cells[record.cells_count++] = (bn_cell){.field = BN_FIELD_EXISTENCE, .value = bn_value_int(1)};
    customer_text(&record, BN_CUSTOMER_number, number);
    customer_text(&record, BN_CUSTOMER_type, c->type);
    customer_text(&record, BN_CUSTOMER_name, c->name);
    customer_text(&record, BN_CUSTOMER_name_latin, c->latin);
    customer_text(&record, BN_CUSTOMER_document_number, c->document);
    customer_text(&record, BN_CUSTOMER_mobile, c->mobile);
    return record;
}

#endif
