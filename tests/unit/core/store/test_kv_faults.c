/* test_kv_faults.c - every write and flush of a commit fails once, and what follows.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The functions below take the place of the C library's for liblmdb as well. The n-th call after
 * arm() fails with the chosen errno; a write may also come back short, as on a full disk.
 */
#include "store_test.h"

#include <errno.h>
#include <sys/syscall.h>
#include <sys/uio.h>

static unsigned calls_left; /* 0: nothing fails */
static int fault;
static bool is_short;

static void arm(unsigned n, int code, bool short_write)
{
    calls_left = n;
    fault = code;
    is_short = short_write;
}

static bool fails_now(void)
{
    return calls_left > 0 && --calls_left == 0;
}

int fdatasync(int fd)
{
    if (fails_now()) {
        errno = fault;
        return -1;
    }
    return (int)syscall(SYS_fdatasync, fd);
}

ssize_t pwrite(int fd, const void *bytes, size_t len, off_t at)
{
    if (fails_now()) {
        if (is_short) {
            return syscall(SYS_pwrite64, fd, bytes, len / 2, at);
        }
        errno = fault;
        return -1;
    }
    return syscall(SYS_pwrite64, fd, bytes, len, at);
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
    if (fails_now()) {
        if (is_short) {
            return syscall(SYS_writev, fd, parts, 1);
        }
        errno = fault;
        return -1;
    }
    return syscall(SYS_writev, fd, parts, count);
}

#define ROWS 60

static bn_rc save_round(bn_kv *kv, int round, bn_err *err)
{
    bn_kv_txn *txn = NULL;
    bn_rc rc = bn_kv_begin(kv, BN_KV_WRITE, &txn, err);
    for (int i = 0; i < ROWS && rc == BN_OK; i++) {
        char key[32];
        char value[1024];
        snprintf(key, sizeof key, "%04d", i * 7919 % 10000);
        memset(value, 'v', sizeof value);
        snprintf(value, sizeof value, "%08d", round);
        rc = bn_kv_put(txn, BN_TABLE_ENTITY, bn_slice_of(key), bn_slice_make(value, sizeof value),
                       err);
    }
    if (rc == BN_OK) {
        return bn_kv_commit(&txn, err);
    }
    bn_kv_abort(&txn);
    return rc;
}

/* The round every row shows; a mixture fails the test. */
static int shown_round(bn_kv *kv)
{
    bn_err err = {0};
    int round = -1;
    bn_kv_txn *txn = begin(kv, BN_KV_READ);
    for (int i = 0; i < ROWS; i++) {
        char key[32];
        bn_slice found;
        snprintf(key, sizeof key, "%04d", i * 7919 % 10000);
        assert_ok(bn_kv_get(txn, BN_TABLE_ENTITY, bn_slice_of(key), &found, &err), err);
        int shown = (int)strtol((const char *)found.data, NULL, 10);
        assert_true(round == -1 || round == shown);
        round = shown;
    }
    bn_kv_abort(&txn);
    return round;
}

/* Lets the n-th call fail for n = 1, 2, ... until a commit does without a failure. */
static void fail_each_call(int code, bool short_write, bn_rc wanted)
{
    test_store store = begin_store(true);
    bn_err err = {0};
    bn_kv_txn *txn = NULL;
    int round = 1;
    unsigned failed_count = 0;
    assert_ok(save_round(store.kv, round, &err), err);
    for (unsigned n = 1; n < 200; n++) {
        arm(n, code, short_write);
        bn_rc rc = save_round(store.kv, round + 1, &err);
        bool was_hit = calls_left == 0;
        arm(0, 0, false);
        if (!was_hit) {
            assert_int_equal(rc, BN_OK);
            break;
        }
        if (rc != BN_OK) {
            failed_count++;
            assert_int_equal(rc, wanted);
            if (rc == BN_E_IO) {
                assert_int_equal(bn_kv_begin(store.kv, BN_KV_READ, &txn, &err), BN_E_IO);
                reopen_store(&store);
            }
        }
        int shown = shown_round(store.kv);
        assert_true(rc == BN_OK ? shown == round + 1 : shown == round || shown == round + 1);
        round = shown + 1;
        assert_ok(save_round(store.kv, round, &err), err);
        assert_int_equal(shown_round(store.kv), round);
    }
    assert_true(failed_count >= 3); /* pages, flush and meta page at the least */
    uint64_t rows_count = 0;
    assert_ok(bn_kv_verify(store.kv, NULL, NULL, &rows_count, &err), err);
    end_store(&store);
}

static void faults__an_io_error_at_any_call_closes_the_store(void **state)
{
    (void)state;
    fail_each_call(EIO, false, BN_E_IO);
}

static void faults__a_short_write_with_room_on_the_disk_closes_the_store(void **state)
{
    (void)state;
    fail_each_call(EIO, true, BN_E_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults__an_io_error_at_any_call_closes_the_store),
        cmocka_unit_test(faults__a_short_write_with_room_on_the_disk_closes_the_store),
    };
    return cmocka_run_group_tests(tests, start_crypto, NULL);
}
