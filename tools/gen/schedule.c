/* schedule.c - `banyan-gen schedule`: how records of many branches reach head office.
 * SPDX-License-Identifier: Apache-2.0
 *
 * One event per line, in the order of arrival. `made` is when it happened at its branch, `at` when
 * head office hears of it, both in milliseconds; an order by `made` is the order of the truth.
 *
 *   {"at":9,"made":3,"branch":2,"event":"put","record":"R0000001","version":1,"fields":{...}}
 *   {"at":9,...,"event":"put"}          the same version again: a repetition
 *   {"at":9,...,"event":"delete","record":"R0000001"}
 *   {"at":9,...,"event":"pin","a":"R0000001","b":"R0000002","verdict":"same"|"different"}
 *
 * Pins may contradict each other: two stewards who do not know of each other.
 */
#include "crowd.h"
#include "gen.h"

#include <banyan/base/alloc.h>
#include <banyan/base/buf.h>
#include <banyan/base/check.h>

#include <errno.h>
#include <inttypes.h>

#define STEP_MS 20
#define DELAY_MS_MAX 60000
#define LINE_BYTES_MAX 8192
#define SCHEDULE_BRANCHES_DEFAULT 5
#define RECENT_MAX 256 /* records a later event may speak of */

typedef struct event {
    uint64_t at_ms;
    uint64_t order; /* of making; breaks ties */
    char *line;
} event;

typedef struct schedule {
    dice dice;
    event *events;
    size_t count;
    size_t capacity;
    uint64_t now_ms;
    uint64_t branches;
    bn_buf line;
    char recent[RECENT_MAX][32];
    uint64_t recent_person[RECENT_MAX];
    size_t recent_count;
} schedule;

static bn_rc keep(schedule *s, uint64_t at_ms, bn_err *err)
{
    BN_TRY(bn_buf_status(&s->line));
    if (s->count == s->capacity) {
        size_t capacity = s->capacity == 0 ? 1024 : s->capacity * 2;
        event *events = bn_realloc_array(s->events, capacity, sizeof *events);
        if (events == NULL) {
            return bn_fail(err, BN_E_NO_MEMORY, "no memory for %zu events", capacity);
        }
        s->events = events;
        s->capacity = capacity;
    }
    char *line = bn_strdup(bn_buf_cstr(&s->line));
    if (line == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "no memory for event %zu", s->count);
    }
    s->events[s->count] = (event){.at_ms = at_ms, .order = s->count, .line = line};
    s->count++;
    return BN_OK;
}

/* Most arrive at once, some when their branch is back on the line. */
static uint64_t arrival_ms(schedule *s)
{
    bool late = dice_permille(&s->dice, 200);
    return s->now_ms + (late ? dice_below(&s->dice, DELAY_MS_MAX) : dice_below(&s->dice, 200));
}

static void begin(schedule *s, uint64_t at_ms, const char *what)
{
    bn_buf_clear(&s->line);
    bn_buf_printf(&s->line, "{\"at\":%" PRIu64 ",\"made\":%" PRIu64, at_ms, s->now_ms);
    bn_buf_printf(&s->line, ",\"branch\":%u,\"event\":\"%s\"",
                  dice_below(&s->dice, (uint32_t)s->branches) + 1, what);
}

static void append_member(bn_buf *buf, const char *name, const char *value, bool *first)
{
    if (*value == '\0') {
        return;
    }
    bn_buf_printf(buf, "%s\"%s\":\"", *first ? "" : ",", name);
    *first = false;
    for (const char *c = value; *c != '\0'; c++) {
        if (*c == '"' || *c == '\\') {
            bn_buf_append_byte(buf, '\\');
        }
        bn_buf_append_byte(buf, (uint8_t)*c);
    }
    bn_buf_append_byte(buf, '"');
}

static bn_rc put(schedule *s, const gen_record *r, unsigned version, bn_err *err)
{
    uint64_t at_ms = arrival_ms(s);
    begin(s, at_ms, "put");
    bn_buf_printf(&s->line, ",\"record\":\"%s\",\"version\":%u,\"person\":\"P%07" PRIu64
                  "\",\"fields\":{", r->external_id, version, r->person);
    bool first = true;
#define GEN_COLUMN(name, bytes) append_member(&s->line, #name, r->name, &first);
    GEN_CUSTOMER_COLUMNS(GEN_COLUMN)
#undef GEN_COLUMN
    bn_buf_append_text(&s->line, "}}");
    BN_TRY(keep(s, at_ms, err));
    if (dice_permille(&s->dice, 80)) {
        /* The same line once more, later: a repetition after a lost answer. */
        BN_TRY(keep(s, at_ms + dice_between(&s->dice, 1, 5000), err));
    }
    return BN_OK;
}

static bn_rc remove_one(schedule *s, bn_err *err)
{
    size_t at = dice_below(&s->dice, (uint32_t)s->recent_count);
    uint64_t at_ms = arrival_ms(s);
    begin(s, at_ms, "delete");
    bn_buf_printf(&s->line, ",\"record\":\"%s\"}", s->recent[at]);
    return keep(s, at_ms, err);
}

static bn_rc pin(schedule *s, bool contradicted, bn_err *err)
{
    size_t a = dice_below(&s->dice, (uint32_t)s->recent_count);
    size_t b = dice_below(&s->dice, (uint32_t)s->recent_count);
    if (a == b) {
        return BN_OK;
    }
    bool same = s->recent_person[a] == s->recent_person[b];
    for (unsigned i = 0; i < (contradicted ? 2u : 1u); i++) {
        uint64_t at_ms = arrival_ms(s);
        begin(s, at_ms, "pin");
        bn_buf_printf(&s->line, ",\"a\":\"%s\",\"b\":\"%s\",\"verdict\":\"%s\"}", s->recent[a],
                      s->recent[b], same != (i == 1) ? "same" : "different");
        BN_TRY(keep(s, at_ms, err));
    }
    return BN_OK;
}

static bn_rc live(schedule *s, const gen_record *record, bn_err *err)
{
    s->now_ms += dice_between(&s->dice, 1, STEP_MS);
    BN_TRY(put(s, record, 1, err));
    size_t at = s->recent_count < RECENT_MAX ? s->recent_count
                                             : dice_below(&s->dice, RECENT_MAX);
    (void)snprintf(s->recent[at], sizeof s->recent[at], "%s", record->external_id);
    s->recent_person[at] = record->person;
    s->recent_count += s->recent_count < RECENT_MAX ? 1 : 0;
    if (dice_permille(&s->dice, 150)) {
        gen_record changed = *record;
        (void)snprintf(changed.mobile, sizeof changed.mobile, "%s%08u",
                       gen_pick_mobile_head(&s->dice), dice_below(&s->dice, 100000000));
        s->now_ms += dice_between(&s->dice, 1, STEP_MS);
        BN_TRY(put(s, &changed, 2, err));
    }
    if (dice_permille(&s->dice, 40)) {
        BN_TRY(remove_one(s, err));
    }
    if (dice_permille(&s->dice, 60)) {
        BN_TRY(pin(s, dice_permille(&s->dice, 200), err));
    }
    return BN_OK;
}

static int compare(const void *a, const void *b)
{
    const event *x = a;
    const event *y = b;
    if (x->at_ms != y->at_ms) {
        return x->at_ms < y->at_ms ? -1 : 1;
    }
    return x->order < y->order ? -1 : 1;
}

static bn_rc write_all(schedule *s, const char *path, bn_err *err)
{
    sheet out = {0};
    BN_TRY(sheet_open(&out, path, err));
    qsort(s->events, s->count, sizeof *s->events, compare);
    for (size_t i = 0; i < s->count; i++) {
        (void)fputs(s->events[i].line, out.file);
        (void)fputc('\n', out.file);
    }
    return sheet_close(&out, err);
}

static bn_rc run(schedule *s, const gen_options *options, bn_err *err)
{
    crowd *c = NULL;
    BN_TRY(crowd_create(options->seed, options->records, &c, err));
    bn_rc rc = BN_OK;
    const gen_record *record = NULL;
    while (rc == BN_OK && (record = crowd_next(c)) != NULL) {
        rc = live(s, record, err);
    }
    crowd_destroy(&c);
    return rc == BN_OK ? write_all(s, options->out, err) : rc;
}

bn_rc gen_schedule(const gen_options *options, bn_err *err)
{
    schedule *s = bn_alloc(sizeof *s);
    if (s == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "no memory for a schedule");
    }
    s->dice = dice_split(options->seed, 1);
    s->branches = options->branches > 0 ? options->branches : SCHEDULE_BRANCHES_DEFAULT;
    bn_buf_init(&s->line, LINE_BYTES_MAX);
    bn_rc rc = run(s, options, err);
    for (size_t i = 0; i < s->count; i++) {
        bn_free(s->events[i].line);
    }
    bn_free(s->events);
    bn_buf_fini(&s->line);
    bn_free(s);
    return rc;
}
