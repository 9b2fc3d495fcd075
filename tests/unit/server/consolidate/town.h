/* town.h - branches with scripts of customers, for the tests of consolidation.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_TESTS_TOWN_H
#define BANYAN_TESTS_TOWN_H

#include "unit/server/lab.h"

#include "property.h"
#include "server/consolidate/consolidate.h"
#include "unit/unit.h"

#include <banyan/base/check.h>
#include <banyan/base/limits.h>

#include <string.h>

#define TOWN_CLOCK 1767225600000ull

typedef struct town {
    lab lab; /* first: a branch finds its town through its lab */
    bn_consolidate *c;
} town;

static inline void town_open(town *t)
{
    bn_err err = {0};
    lab_open(&t->lab);
    assert_ok(bn_consolidate_open(t->lab.server, t->lab.kv, &t->c, &err), err);
}

static inline void town_close(town *t)
{
    bn_consolidate_close(&t->c);
    lab_close(&t->lab);
}

static inline void town_settle(town *t)
{
    bn_err err = {0};
    while (bn_consolidate_behind(t->c) > 0) {
        assert_ok(bn_consolidate_slice(t->c, 0, &err), err);
    }
}

static inline void town_print(void *context, const char *text)
{
    (void)context;
    print_message("# finding: %s\n", text);
}

static inline void town_assert_verified(town *t)
{
    bn_err err = {0};
    uint64_t rows = 0;
    assert_ok(bn_consolidate_verify(t->c, town_print, NULL, &rows, &err), err);
}

static inline bn_hash town_hash(town *t)
{
    bn_err err = {0};
    bn_hash hash;
    assert_ok(bn_consolidate_hash(t->c, &hash, &err), err);
    return hash;
}

static inline bn_id town_golden(town *t, bn_id customer)
{
    bn_err err = {0};
    bn_golden golden;
    assert_ok(bn_consolidate_golden(t->c, customer, &t->lab.arena, &golden, &err), err);
    return golden.id;
}

static inline size_t town_tasks(town *t, bn_question_kind kind, bn_question *last)
{
    bn_question task = {0};
    size_t count = 0;
    bn_rc rc;
    while ((rc = bn_consolidate_task_next(t->c, task.id, &t->lab.arena, &task, NULL)) == BN_OK) {
        if (kind == 0 || task.kind == kind) {
            count++;
            if (last != NULL) {
                *last = task;
            }
        }
    }
    assert_int_equal(rc, BN_E_NOT_FOUND);
    return count;
}

/* A customer made by the n-th op at the branch; `who` of a small population. */
typedef struct town_person {
    const char *name;
    const char *slip;
    int64_t born;
    const char *mobile;
    const char *document;
} town_person;

static const town_person town_people[] = {
    {"王小明", "王晓明", 19491231, "13800138001", "11010519491231002X"},
    {"李娜", "李那", 18800101, "13800138002", "440524188001010014"},
    {"John Smith", "Jon Smith", 19800607, "13800138003", NULL},
    {"Mary Jones", "Mary Jonse", 19751102, "13800138004", NULL},
};

/* Writes the creation of a customer into the branch's log; not pushed. */
static inline bn_id town_write_customer(lab_branch *b, unsigned n, const town_person *p,
                                        unsigned parts)
{
    bn_dot none = {0};
    bn_id id = lab_id(b, n);
    bn_op op = lab_op(b, BN_KIND_CUSTOMER, id);
    op.hlc = bn_hlc_make(TOWN_CLOCK + b->oseq, b->number);
    lab_set(b->lab, &op, BN_FIELD_EXISTENCE, none, bn_value_int(1));
    lab_set(b->lab, &op, BN_CUSTOMER_type, none, lab_text("person"));
    lab_set(b->lab, &op, BN_CUSTOMER_name, none, lab_text((parts & 8) != 0 ? p->slip : p->name));
    lab_set(b->lab, &op, BN_CUSTOMER_branch, none, bn_value_int(b->number));
    if ((parts & 1) != 0) {
        lab_set(b->lab, &op, BN_CUSTOMER_birth_date, none, bn_value_int(p->born));
    }
    if ((parts & 2) != 0) {
        lab_set(b->lab, &op, BN_CUSTOMER_mobile, none, lab_text(p->mobile));
    }
    if ((parts & 4) != 0 && p->document != NULL) {
        lab_set(b->lab, &op, BN_CUSTOMER_document_type, none, lab_text("resident_id"));
        lab_set(b->lab, &op, BN_CUSTOMER_document_number, none, lab_text(p->document));
        lab_set(b->lab, &op, BN_CUSTOMER_document_issuer, none, bn_value_nil());
        lab_set(b->lab, &op, BN_CUSTOMER_document_expires, none, bn_value_nil());
    }
    (void)lab_write(b, &op);
    return id;
}

static inline bn_dot town_write_set(lab_branch *b, uint16_t kind, bn_id id, uint16_t field,
                                    bn_dot base, bn_value value)
{
    bn_op op = lab_op(b, kind, id);
    op.hlc = bn_hlc_make(TOWN_CLOCK + b->oseq, b->number);
    lab_set(b->lab, &op, field, base, value);
    return lab_write(b, &op);
}

static inline void town_push(lab_branch *b)
{
    assert_true(lab_push(b));
}

#endif
