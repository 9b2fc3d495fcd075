/* berka.h - the tables of the PKDD'99 bank and who belongs where.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   district ─► branch NNNN          client ─► customer of its district's branch
 *   disposition, card, loan ─► holding       order, transaction ─► the account's branch
 *
 * Branches import while they are cut off, so a record names a customer only when that customer is
 * its own branch's. What belongs to another branch's client stands alone; served.csv and links.csv
 * say what head office shares and what the branch then links.
 */
#ifndef BANYAN_TOOLS_GEN_BERKA_H
#define BANYAN_TOOLS_GEN_BERKA_H

#include "asc.h"
#include "folder.h"
#include "gen.h"

#define BERKA_DISTRICTS_MAX 9999

/* Column numbers, in the order in which they are asked for. */
enum { DISTRICT_ID, DISTRICT_NAME, DISTRICT_REGION };
enum { CLIENT_ID, CLIENT_BIRTH, CLIENT_DISTRICT };
enum { ACCOUNT_ID, ACCOUNT_DISTRICT, ACCOUNT_FREQUENCY, ACCOUNT_DATE };
enum { DISP_ID, DISP_CLIENT, DISP_ACCOUNT, DISP_TYPE };
enum { CARD_ID, CARD_DISP, CARD_TYPE, CARD_ISSUED };
enum { LOAN_ID, LOAN_ACCOUNT, LOAN_DATE, LOAN_AMOUNT, LOAN_DURATION, LOAN_PAYMENT, LOAN_STATUS };
enum { ORDER_ID, ORDER_ACCOUNT, ORDER_BANK, ORDER_TO, ORDER_AMOUNT, ORDER_SYMBOL };
enum { TRANS_ID, TRANS_ACCOUNT, TRANS_DATE, TRANS_TYPE, TRANS_OPERATION, TRANS_AMOUNT,
       TRANS_BALANCE, TRANS_SYMBOL, TRANS_BANK, TRANS_TO };

/* One number per id; 0: there is none. */
typedef struct berka_map {
    uint32_t *values;
    uint32_t count;
} berka_map;

typedef struct berka {
    const char *out;
    asc districts, clients, accounts, disps, cards, loans, orders, transactions;
    berka_map client_branch;   /* client id -> branch */
    berka_map account_row;     /* account id -> row of accounts + 1 */
    berka_map account_branch;
    berka_map account_owner;   /* account id -> client id */
    berka_map disp_row;        /* disposition id -> row of disps + 1 */
    berka_map account_last;    /* account id -> row of its last transaction + 1 */
    branch_sheet *sheets;      /* one per branch, of the kind being written */
    branch_sheet links;
} berka;

uint32_t berka_at(const berka_map *map, uint32_t id);

/* Writes the records that hang on accounts; the maps are filled, no sheet is open. */
BN_CHECKED bn_rc berka_write_holdings(berka *b, bn_err *err);
BN_CHECKED bn_rc berka_write_orders(berka *b, bn_err *err);
BN_CHECKED bn_rc berka_write_transactions(berka *b, bn_err *err);

/* A sheet of this name for every branch. */
BN_CHECKED bn_rc berka_sheets_open(berka *b, const char *name, const char *const *columns,
                                   bn_err *err);
BN_CHECKED bn_rc berka_sheets_close(berka *b, bn_err *err);

#endif
