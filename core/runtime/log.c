/* log.c - the log sink: level, time, and one write per line.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <banyan/core/log.h>

#include <banyan/base/check.h>

#include "log_line.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WALL_MS_MAX 253402300799999u /* the last millisecond of the year 9999 */
#define WRITE_TRIES_MAX 8

static const struct {
    const char *text;
    const char *priority;
} levels[] = {
    [BN_LOG_ERROR] = {"error", "<3>"},
    [BN_LOG_WARN] = {"warn", "<4>"},
    [BN_LOG_INFO] = {"info", "<6>"},
    [BN_LOG_DEBUG] = {"debug", "<7>"},
};

/* Written by bn_log_open() before any thread is started. */
static bn_log_options sink = {.level = BN_LOG_INFO, .format = BN_LOG_TEXT, .fd = STDERR_FILENO};

/* The level in force, the one to go back to, and when (0: never). */
static _Atomic int level_now = BN_LOG_INFO;
static _Atomic int level_kept = BN_LOG_INFO;
static _Atomic uint64_t level_until_ms;

static const bn_clock *clock_of_sink(void)
{
    return sink.clock != NULL ? sink.clock : bn_clock_machine();
}

static uint64_t mono_ms(void)
{
    const bn_clock *clock = clock_of_sink();
    return clock->mono_ms(clock->context);
}

static void end_temporary_level(void)
{
    uint64_t until = atomic_load(&level_until_ms);
    if (until != 0 && mono_ms() >= until &&
        atomic_compare_exchange_strong(&level_until_ms, &until, 0)) {
        atomic_store(&level_now, atomic_load(&level_kept));
    }
}

/* A full pipe or disk must not stop the daemon: the line is lost then. */
static void write_line(const log_line *line)
{
    size_t done = 0;
    for (int tries = 0; done < line->len && tries < WRITE_TRIES_MAX; tries++) {
        ssize_t wrote = write(sink.fd, line->text + done, line->len - done);
        if (wrote > 0) {
            done += (size_t)wrote;
        } else if (errno != EINTR) {
            return;
        }
    }
}

static void begin_line(log_line *line, bn_log_level level, const char *event)
{
    const bn_clock *clock = clock_of_sink();
    char now[BN_TIME_TEXT_BYTES];
    bn_time_format(clock->wall_ms(clock->context), now);
    log_line_begin(line, sink.format, sink.priority ? levels[level].priority : "");
    log_line_word(line, "ts", now);
    log_line_word(line, "level", levels[level].text);
    log_line_word(line, "event", event);
    if (sink.node != NULL) {
        log_line_value(line, "node", bn_slice_of(sink.node));
    }
}

void bn_log_open(const bn_log_options *options)
{
    sink = *options;
    bn_log_set_level(options->level);
}

bool bn_log_is_journal(int fd)
{
    const char *stream = getenv("JOURNAL_STREAM");
    struct stat status;
    char own[64];
    if (stream == NULL || fstat(fd, &status) != 0) {
        return false;
    }
    snprintf(own, sizeof own, "%ju:%ju", (uintmax_t)status.st_dev, (uintmax_t)status.st_ino);
    return strcmp(own, stream) == 0;
}

void bn_log(bn_log_level level, const char *event, const char *format, ...)
{
    if (!bn_log_wants(level)) {
        return;
    }
    log_line line;
    begin_line(&line, level, event);
    va_list arguments;
    va_start(arguments, format);
    log_line_fields(&line, format, arguments);
    va_end(arguments);
    log_line_end(&line);
    write_line(&line);
}

void bn_log_event(bn_log_level level, const char *event)
{
    if (bn_log_wants(level)) {
        log_line line;
        begin_line(&line, level, event);
        log_line_end(&line);
        write_line(&line);
    }
}

void bn_log_err(bn_log_level level, const char *event, const bn_err *err)
{
    const char *file = err->file != NULL ? err->file : "?";
    bn_log(level, event, "code=%s err=%s at=%s:%d", bn_rc_text(err->code), err->text, file,
           err->line);
}

bool bn_log_wants(bn_log_level level)
{
    end_temporary_level();
    return (int)level <= atomic_load(&level_now);
}

void bn_log_set_level(bn_log_level level)
{
    BN_ASSERT(level <= BN_LOG_DEBUG);
    atomic_store(&level_until_ms, 0);
    atomic_store(&level_kept, (int)level);
    atomic_store(&level_now, (int)level);
}

bn_log_level bn_log_get_level(void)
{
    end_temporary_level();
    return (bn_log_level)atomic_load(&level_now);
}

void bn_log_set_level_for(bn_log_level level, uint64_t duration_ms)
{
    BN_ASSERT(level <= BN_LOG_DEBUG);
    uint64_t now = mono_ms();
    uint64_t until = duration_ms < UINT64_MAX - now ? now + duration_ms : UINT64_MAX;
    atomic_store(&level_now, (int)level);
    atomic_store(&level_until_ms, until > 0 ? until : 1);
}

const char *bn_log_level_text(bn_log_level level)
{
    BN_ASSERT(level <= BN_LOG_DEBUG);
    return levels[level].text;
}

bn_rc bn_log_level_parse(const char *text, bn_log_level *out)
{
    for (size_t i = 0; i < BN_COUNT(levels); i++) {
        if (strcmp(text, levels[i].text) == 0) {
            *out = (bn_log_level)i;
            return BN_OK;
        }
    }
    return BN_E_INVALID;
}

bool bn_log_limit_pass(bn_log_limit *limit, uint64_t now_ms, uint32_t *dropped)
{
    if (now_ms - limit->since_ms >= limit->window_ms || limit->since_ms == 0) {
        limit->since_ms = now_ms > 0 ? now_ms : 1;
        limit->count = 0;
    }
    if (limit->count >= limit->count_max) {
        limit->dropped += limit->dropped < UINT32_MAX;
        return false;
    }
    limit->count++;
    *dropped = limit->dropped;
    limit->dropped = 0;
    return true;
}

void bn_time_format(uint64_t wall_ms, char text[BN_TIME_TEXT_BYTES])
{
    uint64_t ms = wall_ms < WALL_MS_MAX ? wall_ms : WALL_MS_MAX;
    time_t seconds = (time_t)(ms / 1000);
    struct tm utc;
    struct tm *filled = gmtime_r(&seconds, &utc);
    BN_ASSERT(filled != NULL);
    size_t len = strftime(text, BN_TIME_TEXT_BYTES, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(text + len, BN_TIME_TEXT_BYTES - len, ".%03uZ", (unsigned)(ms % 1000));
}
