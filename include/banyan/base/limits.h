/* limits.h - every bound of the product, with its unit and its reason.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_BASE_LIMITS_H
#define BANYAN_BASE_LIMITS_H

/* --- texts and fields ------------------------------------------------------------------- */
#define BN_TEXT_BYTES_MAX 4096       /* longest value of a text field; notes are the longest */
#define BN_ACTOR_BYTES_MAX 64        /* user name of an author */
#define BN_NOTE_BYTES_MAX 1000       /* reason given with a resolution, a retry, a discard */
#define BN_FIELDS_MAX 64             /* fields of one kind; also changes of one op */
#define BN_ITEMS_MAX 256             /* elements of the sets, lists and counters of one record */
#define BN_RECORD_BYTES_MAX (64 * 1024)

/* --- ops and batches -------------------------------------------------------------------- */
#define BN_OP_BYTES_MAX (32 * 1024)  /* one op: fits a batch eight times */
#define BN_TXN_OPS_MAX 256           /* ops saved together; a batch never splits them */
#define BN_BATCH_OPS_MAX 1000
#define BN_BATCH_BYTES_MAX (256 * 1024)
#define BN_OBSERVED_MAX 64           /* candidates a resolution may name */
#define BN_CANDIDATES_MAX 64         /* candidates one conflict keeps in its record */
#define BN_BASE_HOPS_MAX 64          /* own lost ops followed when deciding concurrency */

/* --- wire ------------------------------------------------------------------------------- */
#define BN_FRAME_BYTES_MAX (BN_BATCH_BYTES_MAX + 4096)
#define BN_ENROL_FRAME_BYTES_MAX 2048
#define BN_SCAN_DEPTH_MAX 8
#define BN_SCAN_NODES_MAX 65536
#define BN_CREDIT_LOG_BYTES (256 * 1024)
#define BN_SESSIONS_MAX 16384
#define BN_HELLO_TIMEOUT_MS 10000
#define BN_PING_EVERY_MS 10000
#define BN_SILENCE_MS 30000          /* no frame for so long: the session is dead */
#define BN_BACKOFF_MIN_MS 500
#define BN_BACKOFF_MAX_MS 300000

/* --- clock ------------------------------------------------------------------------------ */
#define BN_CLOCK_AHEAD_MAX_MS 60000  /* how far a stamp may lead the server's wall clock */

/* --- store ------------------------------------------------------------------------------ */
#define BN_KEY_BYTES_MAX 511         /* LMDB's limit */
#define BN_VALUE_BYTES_MAX (1024 * 1024)
#define BN_GROUP_COMMIT_MS 5
#define BN_GROUP_COMMIT_BYTES (4 * 1024 * 1024)
#define BN_PAGE_ROWS_MAX 1000        /* rows of one page of a query */

/* --- people's input --------------------------------------------------------------------- */
#define BN_CONTROL_REQUEST_BYTES_MAX (1024 * 1024)
#define BN_CONTROL_CLIENTS_MAX 64
#define BN_CSV_FIELD_BYTES_MAX 8192
#define BN_CSV_ROW_BYTES_MAX (256 * 1024)
#define BN_CSV_COLUMNS_MAX 256

_Static_assert(BN_OP_BYTES_MAX * 8 <= BN_BATCH_BYTES_MAX, "a batch holds eight of the largest ops");
_Static_assert(BN_RECORD_BYTES_MAX * 2 <= BN_BATCH_BYTES_MAX, "a feed frame holds an image");
_Static_assert(BN_BATCH_OPS_MAX >= BN_TXN_OPS_MAX, "a transaction fits a batch");

#endif
