/* import.h - one import: the file, its rows, chunks on their way, what became of them.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   file ─► probe ─► heading ─► rows ─┬─► chunk of at most 500 ─► import.rows, one commit each
 *                                     └─► refused: counted, told, written to --errors
 *
 * The request id of a chunk is made of the file and of what the chunk says, so that a repetition
 * of it, in this run or in a later one, changes nothing.
 */
#ifndef BANYAN_TOOLS_BANYAN_IMPORT_H
#define BANYAN_TOOLS_BANYAN_IMPORT_H

#include "cli.h"

#include <banyan/core/import.h>
#include <banyan/protocol/crypto.h>

#define IMPORT_CHUNK_ROWS 500
#define IMPORT_CHUNK_BYTES (512 * 1024)
#define IMPORT_TOLD_MAX 10 /* refused rows that are told one by one */
#define IMPORT_ROW_ARENA_BYTES (4 * 1024 * 1024)
#define IMPORT_KEPT_BYTES_MAX (64 * 1024 * 1024)

typedef struct import_row {
    uint64_t number; /* in the file, 1 is the heading */
    uint64_t line;
    size_t kept_at;  /* of its original in `kept` */
    size_t kept_len;
} import_row;

typedef struct import_progress {
    uint64_t total; /* lines of the file: rows at most */
    uint64_t started_ms;
    uint64_t shown_ms;
    unsigned tenths; /* shown so far, without a terminal */
    bool drawn;      /* a bar stands on the line */
} import_progress;

typedef struct import_job {
    cli *c;
    const invocation *call;
    FILE *file;
    bn_csv_probe probe;
    bn_hash file_hash;
    bn_import_map *map;
    const char *mode;
    const char *key;
    char delimiter;
    bool bound;
    uint64_t resume_row; /* rows before it are passed over */
    bn_arena arena;      /* of the row at work */
    json_t *columns;
    json_t *rows;        /* of the chunk */
    size_t rows_bytes;
    import_row chunk[IMPORT_CHUNK_ROWS];
    size_t chunk_count;
    bn_buf kept;         /* originals of the chunk, as CSV */
    bn_buf heading;      /* likewise */
    FILE *errors;        /* NULL: not wanted */
    const char *errors_path;
    char *errors_temporary;
    import_progress progress;
    uint64_t rows_count;
    uint64_t saved;      /* dry run: new ones */
    uint64_t updated;    /* dry run only */
    uint64_t same;
    uint64_t rejected;
    uint64_t next_row;   /* first row that is not committed */
    bn_rc rc;            /* why it ended early */
} import_job;

uint64_t import_now_ms(void);

/* --- import_chunk.c */
bn_rc import_chunk_put(import_job *job, const bn_csv_row *row, const bn_slice *texts, bn_err *err);
bn_rc import_chunk_send(import_job *job, bn_err *err);

/* --- import_dry.c: counts new, update, same and bad by asking only */
bn_rc import_dry_row(import_job *job, const bn_csv_row *row, const bn_slice *texts, bn_err *err);

/* --- import_refuse.c */
bn_rc import_errors_open(import_job *job, bn_err *err);
bn_rc import_errors_close(import_job *job, bool keep, bn_err *err);
void import_refuse(import_job *job, const import_row *row, bn_slice original, const char *column,
                   const char *reason);

/* --- import_progress.c */
void import_progress_begin(import_job *job);
void import_progress_show(import_job *job);
void import_progress_end(import_job *job);

#endif
