/* log.h - one line per event: `bn_log(BN_LOG_INFO, "batch_sent", "branch=%u ops=%zu", b, n)`.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   text   2026-03-01T08:30:00.123Z info batch_sent branch=7 ops=20 note="two words"
 *   json   {"ts":"2026-03-01T08:30:00.123Z","level":"info","event":"batch_sent","branch":7,...}
 *
 * The format is a list of `key=value` parted by single blanks, with %s %.*s %c %d %i %u %x %f and
 * the length modifiers hh h l ll z j. A blank inside a value comes from an argument and is quoted,
 * so no argument can start a new field or a new line. A value is cut at BN_LOG_VALUE_BYTES_MAX.
 *
 * The sink is the only global state of the product: set it once in main, write from any thread.
 * A line is one write(2); it allocates nothing, and a failing write is ignored.
 */
#ifndef BANYAN_CORE_LOG_H
#define BANYAN_CORE_LOG_H

#include <banyan/base/buf.h>
#include <banyan/base/err.h>
#include <banyan/core/ports.h>

#include <stdbool.h>

#define BN_LOG_VALUE_BYTES_MAX 512
#define BN_LOG_LINE_BYTES_MAX 4096

typedef enum bn_log_level { BN_LOG_ERROR, BN_LOG_WARN, BN_LOG_INFO, BN_LOG_DEBUG } bn_log_level;
typedef enum bn_log_format { BN_LOG_TEXT, BN_LOG_JSON } bn_log_format;

typedef struct bn_log_options {
    bn_log_level level;
    bn_log_format format;
    int fd;                /* where lines go: 2 is stderr */
    bool priority;         /* text lines start with "<N>", as systemd's journal reads it */
    const char *node;      /* "server", "branch-7": a field of every line; NULL: none; borrowed */
    const bn_clock *clock; /* NULL: the machine's */
} bn_log_options;

/* Takes the options over; before the first call the sink is stderr, text, info. */
void bn_log_open(const bn_log_options *options);

/* True when `fd` is the stream that JOURNAL_STREAM names: the journal reads our lines. */
bool bn_log_is_journal(int fd);

void bn_log(bn_log_level level, const char *event, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* An event without fields. */
void bn_log_event(bn_log_level level, const char *event);

/* One line for an error that stops here: event, code, text and the place of failure. */
void bn_log_err(bn_log_level level, const char *event, const bn_err *err);

/* True when a line of this level would be written: for costly arguments only. */
bool bn_log_wants(bn_log_level level);

void bn_log_set_level(bn_log_level level);
bn_log_level bn_log_get_level(void);

/* The level for `duration_ms`, after which the level set before is back. */
void bn_log_set_level_for(bn_log_level level, uint64_t duration_ms);

/* "error", "warn", "info", "debug". BN_E_INVALID for others. */
const char *bn_log_level_text(bn_log_level level);
BN_CHECKED bn_rc bn_log_level_parse(const char *text, bn_log_level *out);

/* For events a peer can cause at will: at most `count_max` per window. Zero-initialise the rest. */
typedef struct bn_log_limit {
    uint32_t count_max;
    uint32_t window_ms;
    uint32_t count;
    uint32_t dropped;
    uint64_t since_ms;
} bn_log_limit;

/* True when the event may be written now; *dropped is then how many were held back before it. */
bool bn_log_limit_pass(bn_log_limit *limit, uint64_t mono_ms, uint32_t *dropped);

/* "2026-03-01T08:30:00.123Z": RFC 3339 in UTC. */
#define BN_TIME_TEXT_BYTES 32
void bn_time_format(uint64_t wall_ms, char text[BN_TIME_TEXT_BYTES]);

#endif
