/* kv_lmdb.c - the LMDB engine: the only file that knows LMDB.
 * SPDX-License-Identifier: Apache-2.0
 *
 * One named database per table, its name the table's number. MDB_NOTLS is the only flag, so that
 * a commit is on disk when it returns; MDB_WRITEMAP, MDB_NOSYNC and the like are never used.
 *
 * Growing the map. LMDB can only change it while no transaction is open in the process:
 *
 *     a write met a full map, or 3/4 are used --> growth is wanted
 *     begin --+-- growth is wanted, none open    --> double it
 *             +-- growth is wanted, some are open --> wait for them to end, a while and once
 *             +-- another process grew it         --> adopt that size
 *
 * `lock` is held over this decision and counts the transactions, so that nobody begins one while
 * the map moves. Holding newcomers back is what lets a busy store become quiet; because it is
 * done once for every time growth becomes urgent, a reader that stays open delays nobody for
 * long. A transaction that meets a full map fails as a whole and may be made again.
 *
 * After a commit that failed in a way LMDB does not promise to survive, BN_E_IO tells kv.c to
 * let nobody in again: LMDB itself would accept the next commit after a failed fdatasync. A
 * short write on a full disk is reported by LMDB as EIO, hence the look at the free space.
 */
#include "folder.h"
#include "kv_engine.h"

#include <banyan/base/alloc.h>
#include <banyan/base/check.h>
#include <banyan/base/limits.h>

#include <errno.h>
#include <lmdb.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#define EXIT_LMDB_ASSERT 71
#define READERS_MAX 1024
#define FILE_MODE 0600
#define MAP_BYTES_DEFAULT ((uint64_t)1 << 30)
#define MAP_BYTES_MAX_DEFAULT ((uint64_t)1 << 36)
#define DISK_FULL_BELOW_BYTES ((uint64_t)2 * 1024 * 1024) /* more than one write of LMDB's */
#define CHECK_READERS_EVERY 256                           /* write transactions */
#define HOLD_BACK_WAITS_MAX 100
#define HOLD_BACK_WAIT_NS 1000000

typedef struct lmdb_engine {
    MDB_env *env;
    bn_folder folder;
    pthread_mutex_t lock; /* guards what follows and the size of the map */
    uint32_t open_txns;
    uint64_t map_bytes;
    uint64_t map_bytes_max;
    bool wants_growth;
    bool holds_back; /* newcomers wait for the map to grow */
    uint32_t writes_count;
    unsigned page_bytes;
    pid_t pid;
    bool read_only;
    MDB_dbi dbis[BN_TABLES_MAX]; /* 0: a table a reader found missing */
} lmdb_engine;

typedef struct lmdb_txn {
    lmdb_engine *engine;
    MDB_txn *txn;
} lmdb_txn;

typedef struct lmdb_cursor {
    lmdb_engine *engine;
    MDB_cursor *cursor; /* NULL: the table is missing */
} lmdb_cursor;

static const uint8_t tables[] = {
#define BN_TABLE(name, number, sealed, summary) (number),
#include <banyan/core/tables.def>
#undef BN_TABLE
};

static void assert_in_lmdb(MDB_env *env, const char *message)
{
    (void)env;
    fprintf(stderr, "assertion failed in lmdb: %s\n", message);
    fflush(stderr);
    _exit(EXIT_LMDB_ASSERT);
}

static bool is_disk_full(lmdb_engine *engine)
{
    return bn_folder_free_bytes(&engine->folder) < DISK_FULL_BELOW_BYTES;
}

static bn_rc fail_disk_full(lmdb_engine *engine, bn_err *err)
{
    pthread_mutex_lock(&engine->lock);
    bool had_ballast = engine->folder.has_ballast;
    bn_folder_drop_ballast(&engine->folder);
    pthread_mutex_unlock(&engine->lock);
    return bn_fail(err, BN_E_NO_SPACE, "store: the disk is full%s",
                   had_ballast ? ", its reserve was given up for deletes and exports" : "");
}

static bn_rc fail_map_full(lmdb_engine *engine, bn_err *err)
{
    pthread_mutex_lock(&engine->lock);
    uint64_t map_bytes = engine->map_bytes;
    bool can_grow = map_bytes < engine->map_bytes_max;
    engine->wants_growth = can_grow;
    engine->holds_back = can_grow;
    pthread_mutex_unlock(&engine->lock);
    return bn_fail(err, BN_E_NO_SPACE, "store: the map of %llu MiB is full, %s",
                   (unsigned long long)(map_bytes >> 20),
                   can_grow ? "it grows before the next transaction" : "raise its maximum");
}

/* Turns a code of LMDB into ours; `what` was being done. */
static bn_rc fail_lmdb(lmdb_engine *engine, int code, const char *what, bn_err *err)
{
    switch (code) {
    case MDB_SUCCESS:
        return BN_OK;
    case MDB_NOTFOUND:
        return BN_E_NOT_FOUND;
    case MDB_MAP_FULL:
        return fail_map_full(engine, err);
    case MDB_READERS_FULL:
        return bn_fail(err, BN_E_AGAIN, "store: %d readers are open", READERS_MAX);
    case MDB_MAP_RESIZED:
        return bn_fail(err, BN_E_AGAIN, "store: another process has grown the map");
    case MDB_TXN_FULL:
        return bn_fail(err, BN_E_LIMIT, "store: too many pages changed in one transaction");
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_INVALID:
        return bn_fail(err, BN_E_CORRUPT, "store: %s: %s", what, mdb_strerror(code));
    case MDB_VERSION_MISMATCH:
        return bn_fail(err, BN_E_UNSUPPORTED, "store: %s: %s", what, mdb_strerror(code));
    case ENOMEM:
        return bn_fail(err, BN_E_NO_MEMORY, "store: %s: out of memory", what);
    case EACCES:
        return bn_fail(err, BN_E_DENIED, "store: %s: %s", what, mdb_strerror(code));
    case ENOSPC:
    case EDQUOT:
        return fail_disk_full(engine, err);
    default:
        if (code == EIO && is_disk_full(engine)) {
            return fail_disk_full(engine, err);
        }
        return bn_fail(err, BN_E_IO, "store: %s: %s", what, mdb_strerror(code));
    }
}

/* A commit has few harmless failures; after any other one nothing is certain any more. */
static bn_rc fail_commit(lmdb_engine *engine, int code, bn_err *err)
{
    bn_rc rc = fail_lmdb(engine, code, "commit", err);
    if (rc == BN_OK || rc == BN_E_NO_SPACE || rc == BN_E_LIMIT || rc == BN_E_NO_MEMORY) {
        return rc;
    }
    return bn_fail(err, BN_E_IO, "store: commit failed: %s", mdb_strerror(code));
}

static uint64_t used_bytes(lmdb_engine *engine)
{
    MDB_envinfo status;
    mdb_env_info(engine->env, &status);
    return ((uint64_t)status.me_last_pgno + 1) * engine->page_bytes;
}

/* The lock is held and no transaction is open. A refused growth leaves the map as it is. */
static void grow(lmdb_engine *engine)
{
    uint64_t wanted = engine->map_bytes * 2;
    if (wanted > engine->map_bytes_max) {
        wanted = engine->map_bytes_max;
    }
    if (mdb_env_set_mapsize(engine->env, (size_t)wanted) == 0) {
        engine->map_bytes = wanted;
        engine->wants_growth = false;
    }
    engine->holds_back = false;
}

/* The lock is held, and released while waiting for the open transactions to end. */
static void hold_back(lmdb_engine *engine)
{
    const struct timespec wait = {.tv_nsec = HOLD_BACK_WAIT_NS};
    for (unsigned i = 0; i < HOLD_BACK_WAITS_MAX; i++) {
        if (!engine->holds_back || engine->open_txns == 0) {
            return;
        }
        pthread_mutex_unlock(&engine->lock);
        nanosleep(&wait, NULL);
        pthread_mutex_lock(&engine->lock);
    }
    engine->holds_back = false; /* somebody stays: go on without growth */
}

/* The lock is held. */
static void make_room(lmdb_engine *engine, bn_kv_mode mode)
{
    if (mode == BN_KV_WRITE && !engine->wants_growth && engine->map_bytes < engine->map_bytes_max &&
        used_bytes(engine) > engine->map_bytes / 4 * 3) {
        engine->wants_growth = true;
        engine->holds_back = true;
    }
    if (engine->holds_back) {
        hold_back(engine);
    }
    if (engine->wants_growth && engine->open_txns == 0) {
        grow(engine);
    }
}

static bn_rc count_in(lmdb_engine *engine, bn_kv_mode mode, bn_err *err)
{
    pthread_mutex_lock(&engine->lock);
    bn_rc rc = bn_folder_watch(&engine->folder, err);
    if (rc != BN_OK) {
        pthread_mutex_unlock(&engine->lock);
        return rc;
    }
    if (!engine->read_only) {
        make_room(engine, mode);
    }
    if (mode == BN_KV_WRITE && engine->writes_count++ % CHECK_READERS_EVERY == 0) {
        int dead = 0;
        mdb_reader_check(engine->env, &dead);
    }
    engine->open_txns++;
    pthread_mutex_unlock(&engine->lock);
    return BN_OK;
}

static void count_out(lmdb_engine *engine)
{
    pthread_mutex_lock(&engine->lock);
    BN_ASSERT(engine->open_txns > 0);
    engine->open_txns--;
    pthread_mutex_unlock(&engine->lock);
}

/* Another process grew the map: take its size over if this transaction is the only one. */
static bool adopt_map(lmdb_engine *engine)
{
    pthread_mutex_lock(&engine->lock);
    bool is_done = engine->open_txns == 1 && mdb_env_set_mapsize(engine->env, 0) == 0;
    if (is_done) {
        MDB_envinfo status;
        mdb_env_info(engine->env, &status);
        engine->map_bytes = status.me_mapsize;
    }
    pthread_mutex_unlock(&engine->lock);
    return is_done;
}

static bn_rc lmdb_begin(void *engine_, bn_kv_mode mode, void **out, bn_err *err)
{
    lmdb_engine *engine = engine_;
    BN_ASSERT(mode == BN_KV_READ || engine->pid == getpid()); /* no use after fork */
    lmdb_txn *txn = bn_alloc(sizeof *txn);
    if (txn == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "store: no memory for a transaction");
    }
    unsigned flags = mode == BN_KV_READ ? MDB_RDONLY : 0;
    bn_rc rc = count_in(engine, mode, err);
    if (rc != BN_OK) {
        bn_free(txn);
        return rc;
    }
    txn->engine = engine;
    int code = mdb_txn_begin(engine->env, NULL, flags, &txn->txn);
    if (code == MDB_MAP_RESIZED && adopt_map(engine)) {
        code = mdb_txn_begin(engine->env, NULL, flags, &txn->txn);
    }
    if (code != 0) {
        count_out(engine);
        bn_free(txn);
        return fail_lmdb(engine, code, "begin", err);
    }
    *out = txn;
    return BN_OK;
}

static bn_rc lmdb_commit(void *engine_, void *txn_, bn_err *err)
{
    lmdb_engine *engine = engine_;
    lmdb_txn *txn = txn_;
    int code = mdb_txn_commit(txn->txn);
    count_out(engine);
    bn_free(txn);
    return fail_commit(engine, code, err);
}

static void lmdb_abort(void *engine_, void *txn_)
{
    lmdb_txn *txn = txn_;
    mdb_txn_abort(txn->txn);
    count_out(engine_);
    bn_free(txn);
}

/* LMDB takes what it only reads through a pointer that is not const. */
static MDB_val val_of(bn_slice s)
{
    return (MDB_val){.mv_size = s.len, .mv_data = (void *)(uintptr_t)s.data};
}

static bn_slice slice_of(MDB_val val)
{
    return bn_slice_make(val.mv_data, val.mv_size);
}

static bn_rc lmdb_get(void *txn_, bn_table table, bn_slice key, bn_slice *out, bn_err *err)
{
    lmdb_txn *txn = txn_;
    MDB_val key_val = val_of(key);
    MDB_val value_val = {0};
    if (txn->engine->dbis[table] == 0) {
        return BN_E_NOT_FOUND;
    }
    int code = mdb_get(txn->txn, txn->engine->dbis[table], &key_val, &value_val);
    if (code != 0) {
        return fail_lmdb(txn->engine, code, "get", err);
    }
    *out = slice_of(value_val);
    return BN_OK;
}

static bn_rc lmdb_put(void *txn_, bn_table table, bn_slice key, bn_slice value, bn_err *err)
{
    lmdb_txn *txn = txn_;
    MDB_val key_val = val_of(key);
    MDB_val value_val = val_of(value);
    int code = mdb_put(txn->txn, txn->engine->dbis[table], &key_val, &value_val, 0);
    return fail_lmdb(txn->engine, code, "put", err);
}

static bn_rc lmdb_del(void *txn_, bn_table table, bn_slice key, bn_err *err)
{
    lmdb_txn *txn = txn_;
    MDB_val key_val = val_of(key);
    int code = mdb_del(txn->txn, txn->engine->dbis[table], &key_val, NULL);
    return code == MDB_NOTFOUND ? BN_OK : fail_lmdb(txn->engine, code, "del", err);
}

static bn_rc lmdb_cursor_open(void *txn_, bn_table table, void **out, bn_err *err)
{
    lmdb_txn *txn = txn_;
    lmdb_cursor *cursor = bn_alloc(sizeof *cursor);
    if (cursor == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "store: no memory for a cursor");
    }
    cursor->engine = txn->engine;
    if (txn->engine->dbis[table] != 0) {
        int code = mdb_cursor_open(txn->txn, txn->engine->dbis[table], &cursor->cursor);
        if (code != 0) {
            bn_free(cursor);
            return fail_lmdb(txn->engine, code, "cursor", err);
        }
    }
    *out = cursor;
    return BN_OK;
}

static void lmdb_cursor_close(void *cursor_)
{
    lmdb_cursor *cursor = cursor_;
    if (cursor->cursor != NULL) {
        mdb_cursor_close(cursor->cursor);
    }
    bn_free(cursor);
}

/* Greatest key < *key: one before the first that is >=, or the last when there is none such. */
static int move_before(MDB_cursor *cursor, MDB_val *key, MDB_val *value)
{
    int code = key->mv_size > 0 ? mdb_cursor_get(cursor, key, value, MDB_SET_RANGE) : MDB_NOTFOUND;
    if (code == MDB_NOTFOUND) {
        return mdb_cursor_get(cursor, key, value, MDB_LAST);
    }
    return code != 0 ? code : mdb_cursor_get(cursor, key, value, MDB_PREV);
}

static bn_rc lmdb_cursor_move(void *cursor_, bn_engine_move move, bn_slice key, bn_slice *out_key,
                              bn_slice *out_value, bn_err *err)
{
    lmdb_cursor *cursor = cursor_;
    MDB_val key_val = val_of(key);
    MDB_val value_val = {0};
    int code = MDB_NOTFOUND;
    if (cursor->cursor == NULL) {
        return BN_E_NOT_FOUND;
    }
    switch (move) {
    case BN_MOVE_SEEK:
        code = mdb_cursor_get(cursor->cursor, &key_val, &value_val,
                              key.len > 0 ? MDB_SET_RANGE : MDB_FIRST);
        break;
    case BN_MOVE_BEFORE:
        code = move_before(cursor->cursor, &key_val, &value_val);
        break;
    case BN_MOVE_NEXT:
        code = mdb_cursor_get(cursor->cursor, &key_val, &value_val, MDB_NEXT);
        break;
    case BN_MOVE_PREV:
        code = mdb_cursor_get(cursor->cursor, &key_val, &value_val, MDB_PREV);
        break;
    }
    if (code != 0) {
        return fail_lmdb(cursor->engine, code, "cursor", err);
    }
    *out_key = slice_of(key_val);
    *out_value = slice_of(value_val);
    return BN_OK;
}

static bn_rc lmdb_mark_used(void *engine_, bn_err *err)
{
    lmdb_engine *engine = engine_;
    return bn_folder_mark(&engine->folder, err);
}

static void lmdb_fill_stats(void *engine_, bn_kv_stats *out)
{
    lmdb_engine *engine = engine_;
    pthread_mutex_lock(&engine->lock);
    *out = (bn_kv_stats){.map_bytes = engine->map_bytes,
                         .used_bytes = used_bytes(engine),
                         .disk_free_bytes = bn_folder_free_bytes(&engine->folder)};
    pthread_mutex_unlock(&engine->lock);
}

static void lmdb_close(void *engine_)
{
    lmdb_engine *engine = engine_;
    mdb_env_close(engine->env); /* takes NULL */
    bn_folder_close(&engine->folder);
    pthread_mutex_destroy(&engine->lock);
    bn_free(engine);
}

static const bn_engine calls = {
    .begin = lmdb_begin,
    .commit = lmdb_commit,
    .abort = lmdb_abort,
    .get = lmdb_get,
    .put = lmdb_put,
    .del = lmdb_del,
    .cursor_open = lmdb_cursor_open,
    .cursor_close = lmdb_cursor_close,
    .cursor_move = lmdb_cursor_move,
    .mark_used = lmdb_mark_used,
    .fill_stats = lmdb_fill_stats,
    .close = lmdb_close,
};

static int open_env(lmdb_engine *engine, const bn_kv_options *options)
{
    unsigned flags = MDB_NOTLS | (options->read_only ? MDB_RDONLY : 0);
    int code = mdb_env_create(&engine->env);
    if (code != 0) {
        engine->env = NULL;
        return code;
    }
    mdb_env_set_assert(engine->env, assert_in_lmdb);
    mdb_env_set_maxdbs(engine->env, BN_TABLES_MAX);
    mdb_env_set_maxreaders(engine->env, READERS_MAX);
    mdb_env_set_mapsize(engine->env, (size_t)engine->map_bytes);
    code = mdb_env_open(engine->env, options->folder, flags, FILE_MODE);
    if (code == 0) {
        MDB_envinfo status;
        MDB_stat stat;
        int dead = 0;
        mdb_env_info(engine->env, &status);
        mdb_env_stat(engine->env, &stat);
        mdb_reader_check(engine->env, &dead);
        engine->map_bytes = status.me_mapsize; /* LMDB raises it to what is in use */
        engine->page_bytes = stat.ms_psize;
        BN_ASSERT(mdb_env_get_maxkeysize(engine->env) == BN_KEY_BYTES_MAX);
    }
    return code;
}

/* A file cut short would end the process with SIGBUS at the first missing page. Filled up with
 * zeros, which are no pages of LMDB's, it gives MDB_CORRUPTED there instead. */
static int fill_up(lmdb_engine *engine)
{
    int fd = -1;
    struct stat status;
    int code = mdb_env_get_fd(engine->env, &fd);
    if (code != 0) {
        return code;
    }
    if (fstat(fd, &status) != 0) {
        return errno;
    }
    uint64_t wanted = used_bytes(engine);
    if ((uint64_t)status.st_size >= wanted) {
        return 0;
    }
    return ftruncate(fd, (off_t)wanted) == 0 ? 0 : errno;
}

static int open_tables(lmdb_engine *engine)
{
    MDB_txn *txn = NULL;
    int code = mdb_txn_begin(engine->env, NULL, engine->read_only ? MDB_RDONLY : 0, &txn);
    if (code != 0) {
        return code;
    }
    for (size_t i = 0; i < BN_COUNT(tables) && code == 0; i++) {
        char name[8];
        snprintf(name, sizeof name, "%u", (unsigned)tables[i]);
        code =
            mdb_dbi_open(txn, name, engine->read_only ? 0 : MDB_CREATE, &engine->dbis[tables[i]]);
        if (code == MDB_NOTFOUND && engine->read_only) {
            code = 0;
        }
    }
    if (code != 0) {
        mdb_txn_abort(txn);
        return code;
    }
    return mdb_txn_commit(txn);
}

bn_rc bn_lmdb_open(const bn_kv_options *options, bn_engine_state *out, bn_err *err)
{
    lmdb_engine *engine = bn_alloc(sizeof *engine);
    if (engine == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "store: no memory to open it");
    }
    bn_rc rc = bn_folder_open(options, &engine->folder, err);
    if (rc != BN_OK) {
        bn_free(engine);
        return rc;
    }
    pthread_mutex_init(&engine->lock, NULL);
    engine->read_only = options->read_only;
    engine->pid = getpid();
    engine->map_bytes = options->map_bytes > 0 ? options->map_bytes : MAP_BYTES_DEFAULT;
    engine->map_bytes_max =
        options->map_bytes_max > 0 ? options->map_bytes_max : MAP_BYTES_MAX_DEFAULT;
    if (engine->map_bytes > engine->map_bytes_max) {
        engine->map_bytes = engine->map_bytes_max;
    }
    bool was_used = engine->folder.is_marked;
    int code = open_env(engine, options);
    if (code == 0 && !options->read_only) {
        code = fill_up(engine);
        bn_folder_make_ballast(&engine->folder);
    }
    if (code == 0) {
        code = open_tables(engine);
    }
    if (code != 0) {
        rc = code == ENOENT ? bn_fail(err, BN_E_NOT_FOUND, "store: files are missing")
                            : fail_lmdb(engine, code, "open", err);
        lmdb_close(engine);
        return rc;
    }
    *out = (bn_engine_state){
        .calls = &calls, .engine = engine, .read_only = options->read_only, .was_used = was_used};
    return BN_OK;
}
