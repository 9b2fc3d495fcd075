/* import_progress.c - how far an import is: a bar on a terminal, else a line per tenth.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "import.h"
#include "print.h"

#include <banyan/core/ports.h>

#include <inttypes.h>

#define BAR_COLUMNS 30
#define REDRAW_MS 100
#define QUIET_MS 1000 /* a short import needs no lines of progress */

uint64_t import_now_ms(void)
{
    const bn_clock *clock = bn_clock_machine();
    return clock->mono_ms(clock->context);
}

void import_progress_begin(import_job *job)
{
    job->progress = (import_progress){.total = job->probe.lines_count,
                                      .started_ms = import_now_ms()};
}

static void draw_bar(import_job *job, uint64_t now_ms)
{
    import_progress *p = &job->progress;
    uint64_t done = job->rows_count < p->total ? job->rows_count : p->total;
    uint64_t elapsed_ms = now_ms - p->started_ms + 1;
    uint64_t rate = job->rows_count * 1000 / elapsed_ms;
    uint64_t left_s = rate > 0 ? (p->total - done) / rate : 0;
    int filled = p->total > 0 ? (int)(done * BAR_COLUMNS / p->total) : 0;
    fprintf(job->c->err, "\r[%.*s%*s] %" PRIu64 "/%" PRIu64 "  %" PRIu64 "/s  %" PRIu64 " s \033[K",
            filled, "##############################", BAR_COLUMNS - filled, "", done, p->total,
            rate, left_s);
    fflush(job->c->err);
    p->drawn = true;
}

void import_progress_show(import_job *job)
{
    import_progress *p = &job->progress;
    cli *c = job->c;
    uint64_t now_ms = import_now_ms();
    if (c->quiet || p->total == 0) {
        return;
    }
    if (c->err_tty) {
        if (now_ms - p->shown_ms >= REDRAW_MS) {
            p->shown_ms = now_ms;
            draw_bar(job, now_ms);
        }
        return;
    }
    unsigned tenths = (unsigned)(job->rows_count * 10 / p->total);
    if (tenths > p->tenths && tenths < 10 && now_ms - p->started_ms >= QUIET_MS) {
        p->tenths = tenths;
        TELL(c, IMPORT_TENTH, print_format(c, "%u", tenths * 10),
             print_format(c, "%" PRIu64, job->rows_count));
    }
}

void import_progress_end(import_job *job)
{
    if (job->progress.drawn) {
        fputs("\r\033[K", job->c->err);
        job->progress.drawn = false;
    }
}
