/* bank.c - `banyan-gen bank`: a bank of several branches that share part of their customers.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   branches.csv  NNNN/customers.csv  NNNN/holdings.csv  NNNN/interactions.csv  *.map  truth.csv
 *
 * A group of people is
 * made from (seed, its number) alone, so it can be made again for every branch that knows one of
 * them: memory holds sixteen bytes per record.
 */
#include "folder.h"
#include "gen.h"
#include "record.h"

#include <banyan/base/alloc.h>
#include <banyan/base/check.h>

#include <inttypes.h>

#define GROUP_SALT 0x67726f75u
#define COLUMNS_MAX 64
#define STRAYS_PERMILLE 200 /* people whose branch is not that of their family */

typedef struct entry {
    uint64_t group;
    uint16_t branch; /* 1.. */
    uint8_t index;   /* in the group */
    uint8_t copy;
} entry;

typedef struct bank {
    const gen_options *options;
    entry *entries;
    size_t count;
    size_t capacity;
    gen_group group;
    gen_record record;
    branch_sheet truth;
    branch_sheet customers;
    branch_sheet holdings;
    branch_sheet interactions;
    uint64_t customer;    /* running numbers within a branch */
    uint64_t interaction;
} bank;

static const char *const holding_columns[] = {
    "external_id", "customer", "type", "account", "role", "status", "currency",
    "balance", "balance_as_of", "opened", NULL};
static const char *const interaction_columns[] = {
    "external_id", "customer", "at", "channel", "direction", "subject", "result",
    "employee", NULL};
static const char *const truth_columns[] = {"external_id", "branch", "person", "trait", NULL};
static const char *const branch_columns[] = {"number", "name", "region", NULL};

static bn_rc add(bank *b, entry e, bn_err *err)
{
    if (b->count == b->capacity) {
        size_t capacity = b->capacity == 0 ? 4096 : b->capacity * 2;
        entry *entries = bn_realloc_array(b->entries, capacity, sizeof *entries);
        if (entries == NULL) {
            return bn_fail(err, BN_E_NO_MEMORY, "no memory for %zu records", capacity);
        }
        b->entries = entries;
        b->capacity = capacity;
    }
    b->entries[b->count++] = e;
    return BN_OK;
}

static uint16_t pick_branch(bank *b, dice *d)
{
    return (uint16_t)(1 + dice_below(d, (uint32_t)b->options->branches));
}

static bn_rc place_person(bank *b, dice *d, entry e, bn_err *err)
{
    BN_TRY(add(b, e, err));
    if (b->options->branches < 2 || !dice_permille(d, (uint32_t)b->options->overlap * 10)) {
        return BN_OK;
    }
    uint16_t home = e.branch;
    do {
        e.branch = pick_branch(b, d);
    } while (e.branch == home);
    e.copy = 1;
    return add(b, e, err);
}

/* Who is known where. */
static bn_rc place(bank *b, bn_err *err)
{
    uint64_t people = 0;
    for (uint64_t number = 0; people < b->options->people; number++) {
        dice d = dice_split(b->options->seed ^ GROUP_SALT, number);
        gen_group_make(&d, people + 1, &b->group);
        dice where = dice_split(b->options->seed, number);
        uint16_t home = pick_branch(b, &where);
        for (size_t i = 0; i < b->group.count && people < b->options->people; i++) {
            bool strays = i > 0 && dice_permille(&where, STRAYS_PERMILLE);
            entry e = {.group = number, .index = (uint8_t)i,
                       .branch = strays ? pick_branch(b, &where) : home};
            BN_TRY(place_person(b, &where, e, err));
            people++;
        }
    }
    return BN_OK;
}

static int compare(const void *a, const void *b)
{
    const entry *x = a;
    const entry *y = b;
    if (x->branch != y->branch) {
        return x->branch < y->branch ? -1 : 1;
    }
    if (x->group != y->group) {
        return x->group < y->group ? -1 : 1;
    }
    return x->index != y->index ? (x->index < y->index ? -1 : 1) : (int)x->copy - (int)y->copy;
}

static void write_customer(bank *b, dice *d, unsigned branch)
{
    static const char *const states[] = {"active", "active", "active", "prospect", "dormant"};
    sheet *s = &b->customers.sheet;
    (void)snprintf(b->record.external_id, sizeof b->record.external_id, "%04u-C%06" PRIu64, branch,
                   b->customer);
    gen_record_cells(s, &b->record);
    sheet_cell(s, states[dice_below(d, BN_COUNT(states))]);
    sheet_cellf(s, "manager-%u", dice_between(d, 1, 6));
    sheet_cellf(s, "%u", dice_between(d, 1, 5));
    gen_day day = gen_pick_day(d, 2008, 2025);
    sheet_cellf(s, "%04u-%02u-%02u", day.year, day.month, day.day);
    sheet_row_end(s);
    sheet *t = &b->truth.sheet;
    sheet_cell(t, b->record.external_id);
    sheet_cellf(t, "%04u", branch);
    sheet_cellf(t, "P%07" PRIu64, b->record.person);
    sheet_cell(t, gen_trait_text(b->record.trait));
    sheet_row_end(t);
}

static void write_holding(bank *b, dice *d, unsigned branch)
{
    sheet *s = &b->holdings.sheet;
    sheet_cellf(s, "%04u-H%06" PRIu64, branch, b->customer);
    sheet_cell(s, b->record.external_id);
    sheet_cell(s, "account");
    sheet_cellf(s, "6222%04u%08" PRIu64, branch, b->customer);
    sheet_cell(s, "owner");
    sheet_cell(s, "active");
    sheet_cell(s, "CNY");
    sheet_cellf(s, "%u.%02u", dice_below(d, 400000), dice_below(d, 100));
    sheet_cell(s, "2025-12-31");
    gen_day day = gen_pick_day(d, 2008, 2025);
    sheet_cellf(s, "%04u-%02u-%02u", day.year, day.month, day.day);
    sheet_row_end(s);
}

static void write_interaction(bank *b, dice *d, unsigned branch)
{
    static const char *const channels[] = {"counter", "phone", "visit", "app", "chat"};
    static const char *const subjects[] = {"开户咨询", "贷款咨询", "理财产品介绍", "信息更新",
                                           "Card replacement", "Rate question"};
    static const char *const results[] = {"done", "reached", "call_back", "interested",
                                          "not_interested"};
    sheet *s = &b->interactions.sheet;
    b->interaction++;
    sheet_cellf(s, "%04u-I%06" PRIu64, branch, b->interaction);
    sheet_cell(s, b->record.external_id);
    gen_day day = gen_pick_day(d, 2024, 2025);
    sheet_cellf(s, "%04u-%02u-%02uT%02u:%02u:00Z", day.year, day.month, day.day,
                dice_between(d, 1, 9), dice_below(d, 60));
    sheet_cell(s, channels[dice_below(d, BN_COUNT(channels))]);
    sheet_cell(s, dice_permille(d, 600) ? "inbound" : "outbound");
    sheet_cell(s, subjects[dice_below(d, BN_COUNT(subjects))]);
    sheet_cell(s, results[dice_below(d, BN_COUNT(results))]);
    sheet_cellf(s, "manager-%u", dice_between(d, 1, 6));
    sheet_row_end(s);
}

/* The group's people as they were when they were placed. */
static void write_entry(bank *b, const entry *e)
{
    dice d = dice_split(b->options->seed ^ GROUP_SALT, e->group);
    gen_group_make(&d, 1, &b->group);
    dice slips = dice_split(b->options->seed + e->branch, e->group * 8 + e->index);
    gen_person *p = &b->group.people[e->index];
    gen_record_make(&slips, p, e->copy, &b->record);
    if (b->record.document_number[0] != '\0') {
        /* A branch refuses a number whose check character is wrong, so the clerk looked again. */
        (void)snprintf(b->record.document_number, sizeof b->record.document_number, "%s",
                       p->document);
    }
    b->record.person = e->group * GEN_GROUP_MAX + e->index + 1;
    b->customer++;
    write_customer(b, &slips, e->branch);
    if (dice_permille(&slips, 600)) {
        write_holding(b, &slips, e->branch);
    }
    for (uint32_t left = dice_below(&slips, 3); left > 0; left--) {
        write_interaction(b, &slips, e->branch);
    }
}

static void list_columns(const char *columns[COLUMNS_MAX])
{
    size_t count = 0;
    for (const char *const *name = gen_customer_columns(); *name != NULL; name++) {
        columns[count++] = *name;
    }
    static const char *const more[] = {"state", "manager", "risk", "first_dealing"};
    for (size_t i = 0; i < BN_COUNT(more); i++) {
        columns[count++] = more[i];
    }
    columns[count] = NULL;
}

static bn_rc write_maps(const bank *b, bn_err *err)
{
    const char *columns[COLUMNS_MAX];
    list_columns(columns);
    const char *out = b->options->out;
    BN_TRY(map_write(out, "customers", "customer", columns, err));
    BN_TRY(map_write(out, "holdings", "holding", holding_columns, err));
    return map_write(out, "interactions", "interaction", interaction_columns, err);
}

static bn_rc open_branch(bank *b, unsigned branch, bn_err *err)
{
    const char *columns[COLUMNS_MAX];
    list_columns(columns);
    b->customer = 0;
    b->interaction = 0;
    const char *out = b->options->out;
    BN_TRY(branch_sheet_open(&b->customers, out, branch, "customers", columns, err));
    BN_TRY(branch_sheet_open(&b->holdings, out, branch, "holdings", holding_columns, err));
    return branch_sheet_open(&b->interactions, out, branch, "interactions", interaction_columns,
                             err);
}

static bn_rc close_branch(bank *b, bn_err *err)
{
    BN_TRY(sheet_close(&b->customers.sheet, err));
    BN_TRY(sheet_close(&b->holdings.sheet, err));
    return sheet_close(&b->interactions.sheet, err);
}

static bn_rc write_branches(bank *b, bn_err *err)
{
    branch_sheet s;
    BN_TRY(top_sheet_open(&s, b->options->out, "branches", branch_columns, err));
    for (unsigned branch = 1; branch <= b->options->branches; branch++) {
        dice d = dice_split(b->options->seed, 1000000 + branch);
        const gen_area *area = gen_pick_area(&d);
        sheet_cellf(&s.sheet, "%04u", branch);
        sheet_cellf(&s.sheet, "%s%s支行", area->city, area->district);
        sheet_cell(&s.sheet, area->province);
        sheet_row_end(&s.sheet);
    }
    return sheet_close(&s.sheet, err);
}

static bn_rc run(bank *b, bn_err *err)
{
    BN_TRY(place(b, err));
    qsort(b->entries, b->count, sizeof *b->entries, compare);
    BN_TRY(write_branches(b, err));
    BN_TRY(write_maps(b, err));
    BN_TRY(top_sheet_open(&b->truth, b->options->out, "truth", truth_columns, err));
    size_t at = 0;
    for (unsigned branch = 1; branch <= b->options->branches; branch++) {
        BN_TRY(open_branch(b, branch, err));
        for (; at < b->count && b->entries[at].branch == branch; at++) {
            write_entry(b, &b->entries[at]);
        }
        BN_TRY(close_branch(b, err));
    }
    return sheet_close(&b->truth.sheet, err);
}

bn_rc gen_bank(const gen_options *options, bn_err *err)
{
    if (options->branches < 1 || options->people < 1) {
        return bn_fail(err, BN_E_INVALID, "a bank has at least one branch and one customer");
    }
    bank *b = bn_alloc(sizeof *b);
    if (b == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "no memory for a bank");
    }
    gen_tables_prepare();
    b->options = options;
    bn_rc rc = run(b, err);
    bn_free(b->entries);
    bn_free(b);
    return rc;
}
