/* limits.c - what disk, store and wire of this machine do at best, to quote our figures against.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "bench.h"

#include <fcntl.h>
#include <lmdb.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#define SYNCS 200
#define PUTS 200000
#define PUTS_PER_SYNC 1000
#define VALUE_BYTES 400
#define MESSAGES 5000
#define MESSAGE_BYTES 65536
#define KEY_TEXT 41

static bn_rc measure_fdatasync(const char *folder, double *out_us, bn_err *err)
{
    char path[256];
    char page[4096] = {0};
    (void)snprintf(path, sizeof path, "%s/limits.sync", folder);
    int fd = open(path, O_CREAT | O_RDWR | O_TRUNC | O_CLOEXEC, 0600);
    double start_s = bench_now_s();
    bool good = fd >= 0;
    for (int i = 0; good && i < SYNCS; i++) {
        good = pwrite(fd, page, sizeof page, (off_t)i * (off_t)sizeof page) == sizeof page &&
               fdatasync(fd) == 0;
    }
    *out_us = (bench_now_s() - start_s) / SYNCS * 1e6;
    if (fd >= 0) {
        (void)close(fd);
    }
    return good ? BN_OK : bn_fail(err, BN_E_IO, "cannot write %s", path);
}

static int put_batch(MDB_env *env, uint64_t first)
{
    static unsigned char value[VALUE_BYTES];
    MDB_txn *txn = NULL;
    MDB_dbi dbi;
    int rc = mdb_txn_begin(env, NULL, 0, &txn);
    if (rc != 0) {
        return rc;
    }
    rc = mdb_dbi_open(txn, NULL, MDB_CREATE, &dbi);
    for (uint64_t i = 0; rc == 0 && i < PUTS_PER_SYNC; i++) {
        uint64_t key[2] = {0, __builtin_bswap64(first + i)};
        MDB_val k = {sizeof key, key};
        MDB_val v = {sizeof value, value};
        rc = mdb_put(txn, dbi, &k, &v, MDB_APPEND);
    }
    if (rc != 0) {
        mdb_txn_abort(txn);
        return rc;
    }
    return mdb_txn_commit(txn);
}

static bn_rc measure_puts(const char *folder, double *out, bn_err *err)
{
    char path[256];
    MDB_env *env = NULL;
    (void)snprintf(path, sizeof path, "%s/limits.lmdb", folder);
    int rc = mdb_env_create(&env);
    if (rc == 0) {
        (void)mdb_env_set_mapsize(env, (size_t)1 << 30);
        rc = mdb_env_open(env, path, MDB_NOSUBDIR, 0600);
    }
    double start_s = bench_now_s();
    for (uint64_t done = 0; rc == 0 && done < PUTS; done += PUTS_PER_SYNC) {
        rc = put_batch(env, done);
    }
    *out = PUTS / (bench_now_s() - start_s);
    if (env != NULL) {
        mdb_env_close(env);
    }
    return rc == 0 ? BN_OK : bn_fail(err, BN_E_IO, "%s: %s", path, mdb_strerror(rc));
}

typedef struct pipe_ends {
    void *context;
    char endpoint[64];
    char server_public[KEY_TEXT];
} pipe_ends;

static void *send_all(void *argument)
{
    const pipe_ends *ends = argument;
    static char message[MESSAGE_BYTES];
    char public_key[KEY_TEXT];
    char secret_key[KEY_TEXT];
    void *socket = zmq_socket(ends->context, ZMQ_DEALER);
    (void)zmq_curve_keypair(public_key, secret_key);
    (void)zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, ends->server_public, KEY_TEXT);
    (void)zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, public_key, KEY_TEXT);
    (void)zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, secret_key, KEY_TEXT);
    (void)zmq_connect(socket, ends->endpoint);
    for (int i = 0; i < MESSAGES; i++) {
        (void)zmq_send(socket, message, sizeof message, 0);
    }
    (void)zmq_close(socket);
    return NULL;
}

static bn_rc measure_curve(double *out, bn_err *err)
{
    pipe_ends ends = {.context = zmq_ctx_new()};
    char secret[KEY_TEXT];
    char header[256];
    static char message[MESSAGE_BYTES];
    int one = 1;
    size_t len = sizeof ends.endpoint;
    void *router = zmq_socket(ends.context, ZMQ_ROUTER);
    (void)zmq_curve_keypair(ends.server_public, secret);
    (void)zmq_setsockopt(router, ZMQ_CURVE_SERVER, &one, sizeof one);
    (void)zmq_setsockopt(router, ZMQ_CURVE_SECRETKEY, secret, KEY_TEXT);
    pthread_t thread;
    if (zmq_bind(router, "tcp://127.0.0.1:*") != 0 ||
        zmq_getsockopt(router, ZMQ_LAST_ENDPOINT, ends.endpoint, &len) != 0 ||
        pthread_create(&thread, NULL, send_all, &ends) != 0) {
        (void)zmq_close(router);
        (void)zmq_ctx_term(ends.context);
        return bn_fail(err, BN_E_FAILED, "cannot measure the wire: %s", zmq_strerror(zmq_errno()));
    }
    double start_s = 0;
    for (int i = 0; i < MESSAGES; i++) {
        (void)zmq_recv(router, header, sizeof header, 0);
        (void)zmq_recv(router, message, sizeof message, 0);
        start_s = i == 0 ? bench_now_s() : start_s;
    }
    *out = (double)(MESSAGES - 1) * MESSAGE_BYTES / (bench_now_s() - start_s) / 1e6;
    (void)pthread_join(thread, NULL);
    (void)zmq_close(router);
    (void)zmq_ctx_term(ends.context);
    return BN_OK;
}

bn_rc bench_measure_limits(const char *folder, bench_limits *out, bn_err *err)
{
    BN_TRY(measure_fdatasync(folder, &out->fdatasync_us, err));
    BN_TRY(measure_puts(folder, &out->puts_per_s, err));
    return measure_curve(&out->curve_mb_per_s, err);
}
