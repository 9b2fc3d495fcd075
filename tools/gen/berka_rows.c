/* berka_rows.c - holdings, orders and transactions of the PKDD'99 bank.
 * SPDX-License-Identifier: Apache-2.0
 *
 * External ids: A<account>-C<client> an account with the client's role, K<card>, L<loan>,
 * O<order>, T<transaction>.
 */
#include "berka.h"

#include <banyan/base/check.h>

#include <inttypes.h>

typedef struct word {
    const char *theirs;
    const char *ours; /* a choice of the catalogue; "" leaves the field empty */
} word;

static const word frequencies[] = {{"POPLATEK MESICNE", "monthly"},
                                   {"POPLATEK TYDNE", "weekly"},
                                   {"POPLATEK PO OBRATU", "on_transaction"}};
static const word roles[] = {{"OWNER", "owner"}, {"DISPONENT", "authorised"}};
static const word card_types[] = {{"junior", "junior"}, {"classic", "classic"}, {"gold", "gold"}};
static const word loan_states[] = {
    {"A", "finished"}, {"B", "defaulted"}, {"C", "active"}, {"D", "arrears"}};
static const word symbols[] = {
    {"", ""},           {"POJISTNE", "insurance"}, {"SLUZBY", "statement"},
    {"UROK", "interest"}, {"SANKC. UROK", "penalty_interest"}, {"SIPO", "household"},
    {"DUCHOD", "pension"}, {"UVER", "loan"}, {"LEASING", "leasing"}};
/* VYBER as a type is a withdrawal in cash like any other. */
static const word types[] = {{"PRIJEM", "credit"}, {"VYDAJ", "debit"}, {"VYBER", "debit"}};
static const word operations[] = {
    {"", ""}, {"VKLAD", "cash_in"}, {"VYBER", "cash_out"}, {"VYBER KARTOU", "card_withdrawal"},
    {"PREVOD Z UCTU", "transfer_in"}, {"PREVOD NA UCET", "transfer_out"}};

static bn_rc translate(const asc *table, size_t row, size_t column, const word *words,
                       size_t count, const char **out, bn_err *err)
{
    const char *text = asc_cell(table, row, column);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(words[i].theirs, text) == 0) {
            *out = words[i].ours;
            return BN_OK;
        }
    }
    return bn_fail(err, BN_E_FORMAT, "%s:%zu: unknown word in column %zu", table->name, row + 2,
                   column + 1);
}

#define TRANSLATE(table, row, column, words, out, err) \
    translate((table), (row), (column), (words), BN_COUNT(words), (out), (err))

/* The account a row is about, which must be known and owned. */
static bn_rc account_of(const berka *b, const asc *table, size_t row, size_t column,
                        uint32_t *account, bn_err *err)
{
    BN_TRY(asc_id(table, row, column, account, err));
    return berka_at(&b->account_owner, *account) != 0
               ? BN_OK
               : bn_fail(err, BN_E_FORMAT, "%s:%zu: no owner of account %" PRIu32, table->name,
                         row + 2, *account);
}

/* The customer, when it is one of the account's branch; else the link goes on a list. */
static void customer_cell(berka *b, sheet *s, uint32_t account, uint32_t client,
                          const char *holding)
{
    uint32_t branch = berka_at(&b->account_branch, account);
    if (berka_at(&b->client_branch, client) == branch) {
        sheet_cellf(s, "%" PRIu32, client);
        return;
    }
    sheet_cell(s, "");
    if (holding != NULL) {
        sheet_cellf(&b->links.sheet, "%04" PRIu32, branch);
        sheet_cell(&b->links.sheet, holding);
        sheet_cellf(&b->links.sheet, "%" PRIu32, client);
        sheet_row_end(&b->links.sheet);
    }
}

typedef struct holding {
    char external_id[32];
    uint32_t account;
    uint32_t client;
    const char *type;
    const char *role;
    const char *status;
    char opened[16];
    const char *amount;
    const char *duration;
    const char *payment;
    const char *card_type;
    const char *frequency;
    const char *balance;
    char balance_as_of[16];
} holding;

static const char *const holding_columns[] = {
    "external_id", "customer", "type", "account", "role", "status", "currency",
    "opened", "amount", "duration_months", "payment", "card_type", "frequency", "balance",
    "balance_as_of", NULL};

static void write_holding(berka *b, const holding *h)
{
    sheet *s = &b->sheets[berka_at(&b->account_branch, h->account) - 1].sheet;
    sheet_cell(s, h->external_id);
    customer_cell(b, s, h->account, h->client, h->external_id);
    sheet_cell(s, h->type);
    sheet_cellf(s, "%" PRIu32, h->account);
    sheet_cell(s, h->role);
    sheet_cell(s, h->status);
    sheet_cell(s, "CZK");
    sheet_cell(s, h->opened);
    const char *const rest[] = {h->amount, h->duration, h->payment, h->card_type, h->frequency,
                                h->balance, h->balance_as_of};
    for (size_t i = 0; i < BN_COUNT(rest); i++) {
        sheet_cell(s, rest[i] != NULL ? rest[i] : "");
    }
    sheet_row_end(s);
}

static bn_rc write_accounts(berka *b, bn_err *err)
{
    for (size_t row = 0; row < b->disps.rows_count; row++) {
        holding h = {.type = "account", .status = "active"};
        BN_TRY(account_of(b, &b->disps, row, DISP_ACCOUNT, &h.account, err));
        BN_TRY(asc_id(&b->disps, row, DISP_CLIENT, &h.client, err));
        BN_TRY(TRANSLATE(&b->disps, row, DISP_TYPE, roles, &h.role, err));
        size_t at = berka_at(&b->account_row, h.account) - 1;
        BN_TRY(asc_date(&b->accounts, at, ACCOUNT_DATE, h.opened, err));
        BN_TRY(TRANSLATE(&b->accounts, at, ACCOUNT_FREQUENCY, frequencies, &h.frequency, err));
        uint32_t last = berka_at(&b->account_last, h.account);
        if (last != 0) {
            h.balance = asc_cell(&b->transactions, last - 1, TRANS_BALANCE);
            BN_TRY(asc_date(&b->transactions, last - 1, TRANS_DATE, h.balance_as_of, err));
        }
        (void)snprintf(h.external_id, sizeof h.external_id, "A%" PRIu32 "-C%" PRIu32, h.account,
                       h.client);
        write_holding(b, &h);
    }
    return BN_OK;
}

static bn_rc write_cards(berka *b, bn_err *err)
{
    for (size_t row = 0; row < b->cards.rows_count; row++) {
        holding h = {.type = "card", .status = "active"};
        uint32_t card = 0;
        uint32_t disp = 0;
        BN_TRY(asc_id(&b->cards, row, CARD_ID, &card, err));
        BN_TRY(asc_id(&b->cards, row, CARD_DISP, &disp, err));
        uint32_t at = berka_at(&b->disp_row, disp);
        if (at == 0) {
            return bn_fail(err, BN_E_FORMAT, "card.asc:%zu: no disposition %" PRIu32, row + 2,
                           disp);
        }
        BN_TRY(account_of(b, &b->disps, at - 1, DISP_ACCOUNT, &h.account, err));
        BN_TRY(asc_id(&b->disps, at - 1, DISP_CLIENT, &h.client, err));
        BN_TRY(TRANSLATE(&b->disps, at - 1, DISP_TYPE, roles, &h.role, err));
        BN_TRY(TRANSLATE(&b->cards, row, CARD_TYPE, card_types, &h.card_type, err));
        BN_TRY(asc_date(&b->cards, row, CARD_ISSUED, h.opened, err));
        (void)snprintf(h.external_id, sizeof h.external_id, "K%" PRIu32, card);
        write_holding(b, &h);
    }
    return BN_OK;
}

static bn_rc write_loans(berka *b, bn_err *err)
{
    for (size_t row = 0; row < b->loans.rows_count; row++) {
        holding h = {.type = "loan", .role = "borrower"};
        uint32_t loan = 0;
        BN_TRY(asc_id(&b->loans, row, LOAN_ID, &loan, err));
        BN_TRY(account_of(b, &b->loans, row, LOAN_ACCOUNT, &h.account, err));
        h.client = berka_at(&b->account_owner, h.account);
        BN_TRY(asc_date(&b->loans, row, LOAN_DATE, h.opened, err));
        BN_TRY(TRANSLATE(&b->loans, row, LOAN_STATUS, loan_states, &h.status, err));
        h.amount = asc_cell(&b->loans, row, LOAN_AMOUNT);
        h.duration = asc_cell(&b->loans, row, LOAN_DURATION);
        h.payment = asc_cell(&b->loans, row, LOAN_PAYMENT);
        (void)snprintf(h.external_id, sizeof h.external_id, "L%" PRIu32, loan);
        write_holding(b, &h);
    }
    return BN_OK;
}

bn_rc berka_write_holdings(berka *b, bn_err *err)
{
    BN_TRY(map_write(b->out, "holdings", "holding", holding_columns, err));
    BN_TRY(berka_sheets_open(b, "holdings", holding_columns, err));
    BN_TRY(write_accounts(b, err));
    BN_TRY(write_cards(b, err));
    BN_TRY(write_loans(b, err));
    return berka_sheets_close(b, err);
}

/* id, customer and account of an order or a transaction. */
static bn_rc begin_row(berka *b, const asc *table, size_t row, char letter, sheet **out,
                       bn_err *err)
{
    uint32_t id = 0;
    uint32_t account = 0;
    BN_TRY(asc_id(table, row, 0, &id, err));
    BN_TRY(account_of(b, table, row, 1, &account, err));
    uint32_t owner = berka_at(&b->account_owner, account);
    sheet *s = &b->sheets[berka_at(&b->account_branch, account) - 1].sheet;
    sheet_cellf(s, "%c%" PRIu32, letter, id);
    customer_cell(b, s, account, owner, NULL);
    sheet_cellf(s, "A%" PRIu32 "-C%" PRIu32, account, owner);
    *out = s;
    return BN_OK;
}

bn_rc berka_write_orders(berka *b, bn_err *err)
{
    static const char *const columns[] = {
        "external_id", "customer", "holding", "type", "bank_to",
        "account_to", "amount", "currency", "symbol", NULL};
    _Static_assert(ORDER_ID == 0 && ORDER_ACCOUNT == 1, "begin_row reads these");
    BN_TRY(map_write(b->out, "orders", "order", columns, err));
    BN_TRY(berka_sheets_open(b, "orders", columns, err));
    for (size_t row = 0; row < b->orders.rows_count; row++) {
        sheet *s = NULL;
        const char *symbol = NULL;
        BN_TRY(TRANSLATE(&b->orders, row, ORDER_SYMBOL, symbols, &symbol, err));
        BN_TRY(begin_row(b, &b->orders, row, 'O', &s, err));
        sheet_cell(s, "standing_payment");
        sheet_cell(s, asc_cell(&b->orders, row, ORDER_BANK));
        sheet_cell(s, asc_cell(&b->orders, row, ORDER_TO));
        sheet_cell(s, asc_cell(&b->orders, row, ORDER_AMOUNT));
        sheet_cell(s, "CZK");
        sheet_cell(s, symbol);
        sheet_row_end(s);
    }
    return berka_sheets_close(b, err);
}

bn_rc berka_write_transactions(berka *b, bn_err *err)
{
    static const char *const columns[] = {
        "external_id", "customer", "holding", "date", "type", "operation",
        "amount", "balance", "currency", "symbol", "counter_bank", "counter_account", NULL};
    _Static_assert(TRANS_ID == 0 && TRANS_ACCOUNT == 1, "begin_row reads these");
    const asc *t = &b->transactions;
    BN_TRY(map_write(b->out, "transactions", "transaction", columns, err));
    BN_TRY(berka_sheets_open(b, "transactions", columns, err));
    for (size_t row = 0; row < t->rows_count; row++) {
        sheet *s = NULL;
        const char *type = NULL;
        const char *operation = NULL;
        const char *symbol = NULL;
        char date[16];
        BN_TRY(TRANSLATE(t, row, TRANS_TYPE, types, &type, err));
        BN_TRY(TRANSLATE(t, row, TRANS_OPERATION, operations, &operation, err));
        BN_TRY(TRANSLATE(t, row, TRANS_SYMBOL, symbols, &symbol, err));
        BN_TRY(asc_date(t, row, TRANS_DATE, date, err));
        BN_TRY(begin_row(b, t, row, 'T', &s, err));
        sheet_cell(s, date);
        sheet_cell(s, type);
        sheet_cell(s, operation);
        sheet_cell(s, asc_cell(t, row, TRANS_AMOUNT));
        sheet_cell(s, asc_cell(t, row, TRANS_BALANCE));
        sheet_cell(s, "CZK");
        sheet_cell(s, symbol);
        sheet_cell(s, asc_cell(t, row, TRANS_BANK));
        sheet_cell(s, asc_cell(t, row, TRANS_TO));
        sheet_row_end(s);
    }
    return berka_sheets_close(b, err);
}
