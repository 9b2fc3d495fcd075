/* bench_decide.c - ops decided and committed per second, without network and signatures' making.
 * SPDX-License-Identifier: Apache-2.0
 *
 * bench_server_decide [branches] [folder]: each branch makes 2,000 customers of 24 fields, 6,000
 * updates and 200 removals, in batches of 1,000. With a folder the store is LMDB on disk.
 */
#include "unit/unit.h"

#include "lab.h"

#include <banyan/base/alloc.h>
#include <banyan/base/check.h>
#include <banyan/base/limits.h>
#include <banyan/base/number.h>

#define CREATES 2000u
#define UPDATES 6000u
#define REMOVALS 200u
#define FRAMES_MAX 20000

static const bn_dot none = {0};
static lab l;
static struct {
    lab_branch *branch;
    uint8_t *bytes;
    size_t len;
} frames[FRAMES_MAX];
static size_t frames_count;

static void make_customer(lab_branch *b, unsigned n)
{
    static const struct {
        uint16_t field;
        const char *text;
    } texts[] = {
        {BN_CUSTOMER_name, "Wang Xiaoming"}, {BN_CUSTOMER_name_latin, "Wang Xiaoming"},
        {BN_CUSTOMER_nationality, "CN"}, {BN_CUSTOMER_mobile, "13800138000"},
        {BN_CUSTOMER_phone, "01088886666"}, {BN_CUSTOMER_email, "wang@example.com"},
        {BN_CUSTOMER_country, "CN"}, {BN_CUSTOMER_province, "Hebei"},
        {BN_CUSTOMER_city, "Baoding"}, {BN_CUSTOMER_district, "Lianchi"},
        {BN_CUSTOMER_street, "No. 188 East Dongfeng Road, building 4, flat 1203"},
        {BN_CUSTOMER_postcode, "071000"}, {BN_CUSTOMER_manager, "zhang.san"},
        {BN_CUSTOMER_occupation, "teacher"}, {BN_CUSTOMER_employer, "No. 1 Middle School"},
        {BN_CUSTOMER_language, "zh"}, {BN_CUSTOMER_source, "counter"},
    };
    bn_op op = lab_op(b, BN_KIND_CUSTOMER, lab_id(b, n));
    lab_set(&l, &op, BN_FIELD_EXISTENCE, none, bn_value_int(1));
    for (size_t i = 0; i < BN_COUNT(texts); i++) {
        lab_set(&l, &op, texts[i].field, none, lab_text(texts[i].text));
    }
    lab_set(&l, &op, BN_CUSTOMER_birth_date, none, bn_value_int(19850314));
    lab_set(&l, &op, BN_CUSTOMER_branch, none, bn_value_int(b->number));
    lab_set(&l, &op, BN_CUSTOMER_risk, none, bn_value_int(2));
    lab_set(&l, &op, BN_CUSTOMER_consent, none, bn_value_int(1));
    lab_set(&l, &op, BN_CUSTOMER_income, none, bn_value_int(12000000));
    lab_set(&l, &op, BN_CUSTOMER_first_dealing, none, bn_value_int(20200101));
    (void)lab_write(b, &op);
}

static void make_ops(lab_branch *b)
{
    static bn_dot bases[CREATES];
    for (unsigned n = 0; n < CREATES; n++) {
        make_customer(b, n);
        bases[n] = (bn_dot){b->origin, b->oseq};
    }
    for (unsigned n = 0; n < UPDATES; n++) {
        unsigned which = n * 7919u % CREATES;
        bn_op op = lab_op(b, BN_KIND_CUSTOMER, lab_id(b, which));
        lab_set(&l, &op, BN_CUSTOMER_occupation, bases[which],
                lab_text(n % 2 == 0 ? "doctor" : "driver"));
        bases[which] = lab_write(b, &op);
    }
    for (unsigned n = 0; n < REMOVALS; n++) {
        bn_op op = lab_op(b, BN_KIND_CUSTOMER, lab_id(b, n * 10));
        lab_set(&l, &op, BN_FIELD_EXISTENCE, (bn_dot){b->origin, n * 10 + 1}, bn_value_int(0));
        (void)lab_write(b, &op);
    }
}

static void make_frames(lab_branch *b)
{
    uint64_t first = 1;
    while (first <= b->oseq) {
        bn_buf ops;
        bn_buf frame;
        bn_buf_init(&ops, BN_BATCH_BYTES_MAX);
        bn_buf_init(&frame, BN_FRAME_BYTES_MAX);
        uint64_t last = first - 1;
        while (last < b->oseq && last - first + 1 < BN_BATCH_OPS_MAX &&
               ops.len + b->ops[last].len + 8 < BN_BATCH_BYTES_MAX) {
            bn_push_append_op(&ops, b->ops[last++]);
        }
        bn_message push = {.type = BN_MSG_PUSH, .session = b->session, .number = ++b->sent};
        push.push = (bn_msg_push){.first_oseq = first, .ops_count = (uint32_t)(last - first + 1),
                                  .prev_head = first == 1 ? b->start : b->heads[first - 2],
                                  .head = b->heads[last - 1], .ops = bn_buf_slice(&ops)};
        bn_sign(b->sign_secret, BN_SLICE(BN_BATCH_DOMAIN), push.push.head, push.push.signature);
        bn_message_encode(&push, &frame);
        assert_int_equal(bn_buf_status(&frame), BN_OK);
        frames[frames_count].branch = b;
        frames[frames_count].len = frame.len;
        frames[frames_count].bytes = bn_alloc(frame.len);
        memcpy(frames[frames_count++].bytes, frame.data, frame.len);
        bn_buf_fini(&ops);
        bn_buf_fini(&frame);
        first = last + 1;
    }
}

static double now_s(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    unsigned branches = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 5;
    bn_err err = {0};
    lab_open_lmdb(&l, argc > 2 ? argv[2] : NULL);
    for (unsigned n = 1; n <= branches && n < LAB_BRANCHES; n++) {
        lab_branch *b = lab_add(&l, n);
        make_ops(b);
        make_frames(b);
    }
    l.drops_frames = true;
    double start = now_s();
    for (size_t i = 0; i < frames_count; i++) {
        lab_branch *b = frames[i].branch;
        bn_arrival arrival = {.route = {.bytes = {b->slot}, .len = 1, .door = BN_DOOR_SYNC},
                              .frame = bn_slice_make(frames[i].bytes, frames[i].len)};
        memcpy(arrival.key, b->public_key, BN_KEY_BYTES);
        assert_ok(bn_server_on_frame(l.server, &arrival, &err), err);
        if (bn_server_flush_due(l.server) || i + 1 == frames_count) {
            assert_ok(bn_server_flush(l.server, &err), err);
        }
    }
    double decided = now_s() - start;
    bn_server_counts counts;
    bn_server_get_counts(l.server, &counts);
    printf("%u branches: %llu ops in %zu frames and %llu commits: %.2f s, %.0f ops/s\n", branches,
           (unsigned long long)counts.ops, frames_count, (unsigned long long)counts.commits,
           decided, (double)counts.ops / decided);
    start = now_s();
    uint64_t derived = counts.derived;
    while (counts.derived < counts.head) {
        assert_ok(bn_server_tick(l.server, &err), err);
        bn_server_get_counts(l.server, &counts);
    }
    double behind = now_s() - start;
    printf("index and history of %llu commits: %.2f s, %.0f commits/s\n",
           (unsigned long long)(counts.head - derived), behind,
           (double)(counts.head - derived) / behind);
    for (size_t i = 0; i < frames_count; i++) {
        bn_free(frames[i].bytes);
    }
    lab_close(&l);
    return 0;
}
