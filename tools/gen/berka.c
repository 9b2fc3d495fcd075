/* berka.c - `banyan-gen berka`: a real bank, read, checked and laid out by branch.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "berka.h"

#include <banyan/base/alloc.h>
#include <banyan/base/check.h>

#include <inttypes.h>

uint32_t berka_at(const berka_map *map, uint32_t id)
{
    return id < map->count ? map->values[id] : 0;
}

static bn_rc map_make(berka_map *map, const asc *table, size_t column, bn_err *err)
{
    uint32_t largest = 0;
    for (size_t row = 0; row < table->rows_count; row++) {
        uint32_t id = 0;
        BN_TRY(asc_id(table, row, column, &id, err));
        largest = id > largest ? id : largest;
    }
    map->values = bn_alloc_array((size_t)largest + 1, sizeof *map->values);
    if (map->values == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "no memory for %s", table->name);
    }
    map->count = largest + 1;
    return BN_OK;
}

static bn_rc map_set(berka_map *map, const asc *table, size_t row, uint32_t id, uint32_t value,
                     bn_err *err)
{
    BN_ASSERT(id < map->count);
    if (map->values[id] != 0) {
        return bn_fail(err, BN_E_FORMAT, "%s:%zu: %" PRIu32 " is there twice", table->name, row + 2,
                       id);
    }
    map->values[id] = value;
    return BN_OK;
}

static bn_rc branch_of(const berka *b, const asc *table, size_t row, size_t column,
                       uint32_t *branch, bn_err *err)
{
    BN_TRY(asc_id(table, row, column, branch, err));
    return *branch <= b->districts.rows_count
               ? BN_OK
               : bn_fail(err, BN_E_FORMAT, "%s:%zu: no district %" PRIu32, table->name, row + 2,
                         *branch);
}

static bn_rc open_tables(berka *b, const char *from, bn_err *err)
{
    static const char *const districts[] = {"A1", "A2", "A3", NULL};
    static const char *const clients[] = {"client_id", "birth_number", "district_id", NULL};
    static const char *const accounts[] = {"account_id", "district_id", "frequency", "date", NULL};
    static const char *const disps[] = {"disp_id", "client_id", "account_id", "type", NULL};
    static const char *const cards[] = {"card_id", "disp_id", "type", "issued", NULL};
    static const char *const loans[] = {"loan_id", "account_id", "date", "amount", "duration",
                                        "payments", "status", NULL};
    static const char *const orders[] = {"order_id", "account_id", "bank_to", "account_to",
                                         "amount", "k_symbol", NULL};
    static const char *const transactions[] = {"trans_id", "account_id", "date", "type",
                                               "operation", "amount", "balance", "k_symbol",
                                               "bank", "account", NULL};
    BN_TRY(asc_open(&b->districts, from, "district.asc", districts, err));
    BN_TRY(asc_open(&b->clients, from, "client.asc", clients, err));
    BN_TRY(asc_open(&b->accounts, from, "account.asc", accounts, err));
    BN_TRY(asc_open(&b->disps, from, "disp.asc", disps, err));
    BN_TRY(asc_open(&b->cards, from, "card.asc", cards, err));
    BN_TRY(asc_open(&b->loans, from, "loan.asc", loans, err));
    BN_TRY(asc_open(&b->orders, from, "order.asc", orders, err));
    return asc_open(&b->transactions, from, "trans.asc", transactions, err);
}

static bn_rc map_clients(berka *b, bn_err *err)
{
    BN_TRY(map_make(&b->client_branch, &b->clients, CLIENT_ID, err));
    for (size_t row = 0; row < b->clients.rows_count; row++) {
        uint32_t id = 0;
        uint32_t branch = 0;
        BN_TRY(asc_id(&b->clients, row, CLIENT_ID, &id, err));
        BN_TRY(branch_of(b, &b->clients, row, CLIENT_DISTRICT, &branch, err));
        BN_TRY(map_set(&b->client_branch, &b->clients, row, id, branch, err));
    }
    return BN_OK;
}

static bn_rc map_accounts(berka *b, bn_err *err)
{
    BN_TRY(map_make(&b->account_row, &b->accounts, ACCOUNT_ID, err));
    BN_TRY(map_make(&b->account_branch, &b->accounts, ACCOUNT_ID, err));
    BN_TRY(map_make(&b->account_owner, &b->accounts, ACCOUNT_ID, err));
    BN_TRY(map_make(&b->account_last, &b->accounts, ACCOUNT_ID, err));
    for (size_t row = 0; row < b->accounts.rows_count; row++) {
        uint32_t id = 0;
        uint32_t branch = 0;
        BN_TRY(asc_id(&b->accounts, row, ACCOUNT_ID, &id, err));
        BN_TRY(branch_of(b, &b->accounts, row, ACCOUNT_DISTRICT, &branch, err));
        BN_TRY(map_set(&b->account_row, &b->accounts, row, id, (uint32_t)row + 1, err));
        BN_TRY(map_set(&b->account_branch, &b->accounts, row, id, branch, err));
    }
    for (size_t row = 0; row < b->transactions.rows_count; row++) {
        uint32_t id = 0;
        BN_TRY(asc_id(&b->transactions, row, TRANS_ACCOUNT, &id, err));
        if (id < b->account_last.count) {
            b->account_last.values[id] = (uint32_t)row + 1;
        }
    }
    return BN_OK;
}

static bn_rc map_disps(berka *b, bn_err *err)
{
    BN_TRY(map_make(&b->disp_row, &b->disps, DISP_ID, err));
    for (size_t row = 0; row < b->disps.rows_count; row++) {
        uint32_t id = 0;
        uint32_t client = 0;
        uint32_t account = 0;
        BN_TRY(asc_id(&b->disps, row, DISP_ID, &id, err));
        BN_TRY(asc_id(&b->disps, row, DISP_CLIENT, &client, err));
        BN_TRY(asc_id(&b->disps, row, DISP_ACCOUNT, &account, err));
        if (berka_at(&b->client_branch, client) == 0 ||
            berka_at(&b->account_branch, account) == 0) {
            return bn_fail(err, BN_E_FORMAT, "disp.asc:%zu: no such client or account", row + 2);
        }
        BN_TRY(map_set(&b->disp_row, &b->disps, row, id, (uint32_t)row + 1, err));
        if (strcmp(asc_cell(&b->disps, row, DISP_TYPE), "OWNER") == 0) {
            BN_TRY(map_set(&b->account_owner, &b->disps, row, account, client, err));
        }
    }
    return BN_OK;
}

bn_rc berka_sheets_open(berka *b, const char *name, const char *const *columns, bn_err *err)
{
    for (size_t i = 0; i < b->districts.rows_count; i++) {
        BN_TRY(branch_sheet_open(&b->sheets[i], b->out, (unsigned)i + 1, name, columns, err));
    }
    return BN_OK;
}

bn_rc berka_sheets_close(berka *b, bn_err *err)
{
    for (size_t i = 0; i < b->districts.rows_count; i++) {
        BN_TRY(sheet_close(&b->sheets[i].sheet, err));
    }
    return BN_OK;
}

/* Districts are numbered 1..n, in order; their number is that of the branch. */
static bn_rc write_branches(berka *b, bn_err *err)
{
    static const char *const columns[] = {"number", "name", "region", NULL};
    branch_sheet s;
    BN_TRY(top_sheet_open(&s, b->out, "branches", columns, err));
    bn_rc rc = BN_OK;
    for (size_t row = 0; rc == BN_OK && row < b->districts.rows_count; row++) {
        uint32_t id = 0;
        rc = asc_id(&b->districts, row, DISTRICT_ID, &id, err);
        if (rc == BN_OK && id != row + 1) {
            rc = bn_fail(err, BN_E_FORMAT, "district.asc:%zu: district %" PRIu32 " out of order",
                         row + 2, id);
        }
        sheet_cellf(&s.sheet, "%04" PRIu32, id);
        sheet_cell(&s.sheet, asc_cell(&b->districts, row, DISTRICT_NAME));
        sheet_cell(&s.sheet, asc_cell(&b->districts, row, DISTRICT_REGION));
        sheet_row_end(&s.sheet);
    }
    bn_rc closed = sheet_close(&s.sheet, rc == BN_OK ? err : NULL);
    return rc == BN_OK ? closed : rc;
}

/* yymmdd where a woman's month is 50 higher. */
static bn_rc read_birth(const berka *b, size_t row, char born[16], bool *is_woman, bn_err *err)
{
    const char *text = asc_cell(&b->clients, row, CLIENT_BIRTH);
    char plain[8] = "";
    if (strlen(text) != 6) {
        return bn_fail(err, BN_E_FORMAT, "client.asc:%zu: not a birth number", row + 2);
    }
    (void)snprintf(plain, sizeof plain, "%s", text);
    *is_woman = plain[2] >= '5';
    plain[2] = (char)(plain[2] - (*is_woman ? 5 : 0));
    const char *cell = plain;
    asc one = {.cells = &cell, .rows_count = 1, .columns_count = 1, .name = "client.asc"};
    if (asc_date(&one, 0, 0, born, NULL) != BN_OK) {
        return bn_fail(err, BN_E_FORMAT, "client.asc:%zu: not a birth number", row + 2);
    }
    return BN_OK;
}

static bn_rc write_customers(berka *b, bn_err *err)
{
    static const char *const columns[] = {"external_id", "type", "name", "sex", "birth_date",
                                          "country", "province", "city", NULL};
    BN_TRY(map_write(b->out, "customers", "customer", columns, err));
    BN_TRY(berka_sheets_open(b, "customers", columns, err));
    for (size_t row = 0; row < b->clients.rows_count; row++) {
        uint32_t id = 0;
        char born[16];
        bool is_woman = false;
        BN_TRY(asc_id(&b->clients, row, CLIENT_ID, &id, err));
        BN_TRY(read_birth(b, row, born, &is_woman, err));
        uint32_t branch = berka_at(&b->client_branch, id);
        sheet *s = &b->sheets[branch - 1].sheet;
        sheet_cellf(s, "%" PRIu32, id);
        sheet_cell(s, "person");
        sheet_cellf(s, "client %" PRIu32, id);
        sheet_cell(s, is_woman ? "female" : "male");
        sheet_cell(s, born);
        sheet_cell(s, "CZ");
        sheet_cell(s, asc_cell(&b->districts, branch - 1, DISTRICT_REGION));
        sheet_cell(s, asc_cell(&b->districts, branch - 1, DISTRICT_NAME));
        sheet_row_end(s);
    }
    return berka_sheets_close(b, err);
}

/* Who is served by the branch of an account elsewhere. */
static bn_rc write_served(berka *b, bn_err *err)
{
    static const char *const columns[] = {"customer", "branch", NULL};
    branch_sheet s;
    BN_TRY(top_sheet_open(&s, b->out, "served", columns, err));
    for (size_t row = 0; row < b->disps.rows_count; row++) {
        uint32_t client = 0;
        uint32_t account = 0;
        BN_TRY(asc_id(&b->disps, row, DISP_CLIENT, &client, err));
        BN_TRY(asc_id(&b->disps, row, DISP_ACCOUNT, &account, err));
        uint32_t branch = berka_at(&b->account_branch, account);
        if (branch != berka_at(&b->client_branch, client)) {
            sheet_cellf(&s.sheet, "%" PRIu32, client);
            sheet_cellf(&s.sheet, "%04" PRIu32, branch);
            sheet_row_end(&s.sheet);
        }
    }
    return sheet_close(&s.sheet, err);
}

static bn_rc run(berka *b, const gen_options *options, bn_err *err)
{
    static const char *const link_columns[] = {"branch", "holding", "customer", NULL};
    BN_TRY(open_tables(b, options->from, err));
    if (b->districts.rows_count > BERKA_DISTRICTS_MAX) {
        return bn_fail(err, BN_E_LIMIT, "%zu districts, limit %d", b->districts.rows_count,
                       BERKA_DISTRICTS_MAX);
    }
    BN_TRY(map_clients(b, err));
    BN_TRY(map_accounts(b, err));
    BN_TRY(map_disps(b, err));
    b->sheets = bn_alloc_array(b->districts.rows_count, sizeof *b->sheets);
    if (b->sheets == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "no memory for %zu branches", b->districts.rows_count);
    }
    BN_TRY(write_branches(b, err));
    BN_TRY(write_customers(b, err));
    BN_TRY(write_served(b, err));
    BN_TRY(top_sheet_open(&b->links, b->out, "links", link_columns, err));
    BN_TRY(berka_write_holdings(b, err));
    BN_TRY(sheet_close(&b->links.sheet, err));
    BN_TRY(berka_write_orders(b, err));
    return berka_write_transactions(b, err);
}

bn_rc gen_berka(const gen_options *options, bn_err *err)
{
    berka *b = bn_alloc(sizeof *b);
    if (b == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "no memory for a bank");
    }
    b->out = options->out;
    bn_rc rc = run(b, options, err);
    asc *const tables[] = {&b->districts, &b->clients, &b->accounts, &b->disps,
                           &b->cards,     &b->loans,   &b->orders,   &b->transactions};
    for (size_t i = 0; i < BN_COUNT(tables); i++) {
        asc_close(tables[i]);
    }
    berka_map *const maps[] = {&b->client_branch, &b->account_row, &b->account_branch,
                               &b->account_owner, &b->disp_row,    &b->account_last};
    for (size_t i = 0; i < BN_COUNT(maps); i++) {
        bn_free(maps[i]->values);
    }
    bn_free(b->sheets);
    bn_free(b);
    return rc;
}
