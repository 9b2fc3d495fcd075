/* test_log.c - log lines: quoting, levels, formats, limits.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "unit/unit.h"

#include "property.h"

#include <banyan/base/check.h>
#include <banyan/base/slice.h>
#include <banyan/base/text.h>
#include <banyan/core/log.h>

#include <jansson.h>

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static uint64_t wall = 1772353800123; /* 2026-03-01T08:30:00.123Z */
static uint64_t mono = 1000;
static int log_fd = -1;
static char written[65536];

static uint64_t fake_wall(void *context)
{
    (void)context;
    return wall;
}

static uint64_t fake_mono(void *context)
{
    (void)context;
    return mono;
}

static const bn_clock fake_clock = {.wall_ms = fake_wall, .mono_ms = fake_mono};

static void open_log(bn_log_format format, bool priority, const char *node)
{
    if (log_fd >= 0) {
        close(log_fd);
    }
    log_fd = memfd_create("log", 0);
    assert_true(log_fd >= 0);
    bn_log_options options = {.level = BN_LOG_INFO,
                              .format = format,
                              .fd = log_fd,
                              .priority = priority,
                              .node = node,
                              .clock = &fake_clock};
    bn_log_open(&options);
}

/* What was written since the last call. */
static const char *take(void)
{
    ssize_t got = pread(log_fd, written, sizeof written - 1, 0);
    assert_true(got >= 0);
    written[got] = 0;
    assert_int_equal(ftruncate(log_fd, 0), 0);
    lseek(log_fd, 0, SEEK_SET);
    return written;
}

#define HEAD "2026-03-01T08:30:00.123Z info "

static void log__writes_one_line_of_text(void **state)
{
    (void)state;
    open_log(BN_LOG_TEXT, false, NULL);
    bn_log(BN_LOG_INFO, "batch_sent", "branch=%u ops=%zu took_ms=%lld ratio=%.1f id=%08x pct=%d%%",
           7u, (size_t)20, (long long)-3, 1.25, 0xabu, 50);
    assert_string_equal(
        take(), HEAD "batch_sent branch=7 ops=20 took_ms=-3 ratio=1.2 id=000000ab pct=50%\n");
    bn_log_event(BN_LOG_INFO, "ready");
    assert_string_equal(take(), HEAD "ready\n");
}

static void log__quotes_what_would_break_a_line(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        const char *shown;
    } cases[] = {
        {"plain", "plain"},
        {"", "\"\""},
        {"two words", "\"two words\""},
        {"a=b", "\"a=b\""},
        {"say \"hi\"", "\"say \\\"hi\\\"\""},
        {"back\\slash", "\"back\\\\slash\""},
        {"x\ny level=error", "\"x\\ny level=error\""},
        {"x\ry", "\"x\\u000dy\""},
        {"\x1b[31m", "\"\\u001b[31m\""},
        {"王小明", "\"王小明\""},
        {"a\xe2\x80\xae""b", "\"a\\u202eb\""},
        {"a\xe2\x80\xa8""b", "\"a\\u2028b\""},
        {"bad\xff", "\"bad\xef\xbf\xbd\""},
    };
    open_log(BN_LOG_TEXT, false, NULL);
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        char expected[256];
        snprintf(expected, sizeof expected, HEAD "e v=%s w=1\n", cases[i].shown);
        bn_log(BN_LOG_INFO, "e", "v=%s w=%d", cases[i].value, 1);
        assert_string_equal(take(), expected);
    }
    bn_log(BN_LOG_INFO, "e", "v=%.*s-%s n=%s", 3, "abcdef", "x", getenv("BN_NOT_SET"));
    assert_string_equal(take(), HEAD "e v=abc-x n=\"\"\n");
}

static void log__json_lines_parse_and_keep_numbers(void **state)
{
    (void)state;
    open_log(BN_LOG_JSON, true, "branch-7");
    bn_log(BN_LOG_WARN, "e", "n=%d u=%llu f=%.2f hex=%x pad=%03d mix=%d/%d s=%s", -5, 7ull, 0.5,
           255u, 7, 1, 2, "a\"b\n\xff\x01");
    json_error_t flaw;
    json_t *line = json_loads(take(), JSON_REJECT_DUPLICATES, &flaw);
    assert_non_null(line);
    assert_string_equal(json_string_value(json_object_get(line, "ts")),
                        "2026-03-01T08:30:00.123Z");
    assert_string_equal(json_string_value(json_object_get(line, "level")), "warn");
    assert_string_equal(json_string_value(json_object_get(line, "event")), "e");
    assert_string_equal(json_string_value(json_object_get(line, "node")), "branch-7");
    assert_int_equal(json_integer_value(json_object_get(line, "n")), -5);
    assert_int_equal(json_integer_value(json_object_get(line, "u")), 7);
    assert_true(json_real_value(json_object_get(line, "f")) == 0.5);
    assert_string_equal(json_string_value(json_object_get(line, "hex")), "ff");
    assert_string_equal(json_string_value(json_object_get(line, "pad")), "007");
    assert_string_equal(json_string_value(json_object_get(line, "mix")), "1/2");
    assert_string_equal(json_string_value(json_object_get(line, "s")), "a\"b\n\xef\xbf\xbd\x01");
    json_decref(line);
}

static void log__random_values_stay_one_parsable_line(void **state)
{
    (void)state;
    property p = property_begin("log random values", 2000);
    for (unsigned i = 0; i < p.cases; i++) {
        char value[700];
        size_t len = property_below(&p, sizeof value);
        for (size_t k = 0; k < len; k++) {
            value[k] = (char)property_next(&p);
        }
        value[len < sizeof value ? len : sizeof value - 1] = 0;
        open_log(i % 2 == 0 ? BN_LOG_JSON : BN_LOG_TEXT, false, NULL);
        bn_log(BN_LOG_INFO, "e", "a=%s b=%s c=%s", value, value, value);
        const char *line = take();
        assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
        assert_true(strlen(line) <= BN_LOG_LINE_BYTES_MAX);
        assert_true(bn_utf8_clean(bn_slice_make(line, strlen(line))));
        if (i % 2 == 0) {
            json_t *parsed = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
            assert_true(json_is_object(parsed));
            json_decref(parsed);
        }
    }
}

static void log__cuts_values_and_drops_fields_that_do_not_fit(void **state)
{
    (void)state;
    char value[2000];
    memset(value, 'x', sizeof value);
    value[sizeof value - 1] = 0;
    open_log(BN_LOG_TEXT, false, NULL);
    bn_log(BN_LOG_INFO, "e", "a=%s", value);
    assert_int_equal(strlen(take()), strlen(HEAD "e a=\n") + BN_LOG_VALUE_BYTES_MAX);
    bn_log(BN_LOG_INFO, "e", "a=%s b=%s c=%s d=%s e=%s f=%s g=%s h=%s i=%s z=%d", value, value,
           value, value, value, value, value, value, value, 1);
    const char *line = take();
    assert_non_null(strstr(line, " g="));
    assert_null(strstr(line, " i="));
    assert_non_null(strstr(line, " z=1 cut=true\n"));
}

static void log__level_decides_and_changes_at_run_time(void **state)
{
    (void)state;
    open_log(BN_LOG_TEXT, false, NULL);
    bn_log_event(BN_LOG_DEBUG, "quiet");
    assert_string_equal(take(), "");
    bn_log_set_level(BN_LOG_DEBUG);
    bn_log_event(BN_LOG_DEBUG, "loud");
    assert_non_null(strstr(take(), "debug loud"));
    bn_log_set_level(BN_LOG_ERROR);
    bn_log_event(BN_LOG_WARN, "quiet");
    bn_log_event(BN_LOG_ERROR, "loud");
    assert_non_null(strstr(take(), "error loud"));
    assert_int_equal(bn_log_get_level(), BN_LOG_ERROR);
}

static void log__a_temporary_level_ends_by_itself(void **state)
{
    (void)state;
    open_log(BN_LOG_TEXT, false, NULL);
    bn_log_set_level_for(BN_LOG_DEBUG, 600000);
    mono += 599999;
    assert_true(bn_log_wants(BN_LOG_DEBUG));
    mono += 1;
    assert_false(bn_log_wants(BN_LOG_DEBUG));
    assert_int_equal(bn_log_get_level(), BN_LOG_INFO);
}

static void log__puts_the_priority_first_for_the_journal(void **state)
{
    (void)state;
    static const char *const heads[] = {"<3>2026-", "<4>2026-", "<6>2026-", "<7>2026-"};
    open_log(BN_LOG_TEXT, true, NULL);
    bn_log_set_level(BN_LOG_DEBUG);
    for (int level = BN_LOG_ERROR; level <= BN_LOG_DEBUG; level++) {
        bn_log_event((bn_log_level)level, "e");
        assert_int_equal(strncmp(take(), heads[level], strlen(heads[level])), 0);
    }
}

static void log__knows_the_journal_by_its_stream(void **state)
{
    (void)state;
    struct stat status;
    char stream[64];
    open_log(BN_LOG_TEXT, false, NULL);
    assert_int_equal(fstat(log_fd, &status), 0);
    snprintf(stream, sizeof stream, "%ju:%ju", (uintmax_t)status.st_dev,
             (uintmax_t)status.st_ino);
    setenv("JOURNAL_STREAM", stream, 1);
    assert_true(bn_log_is_journal(log_fd));
    setenv("JOURNAL_STREAM", "1:2", 1);
    assert_false(bn_log_is_journal(log_fd));
    unsetenv("JOURNAL_STREAM");
    assert_false(bn_log_is_journal(log_fd));
}

static void log__holds_back_noisy_events_and_counts_them(void **state)
{
    (void)state;
    bn_log_limit limit = {.count_max = 2, .window_ms = 1000};
    uint32_t dropped = 99;
    assert_true(bn_log_limit_pass(&limit, 5000, &dropped));
    assert_int_equal(dropped, 0);
    assert_true(bn_log_limit_pass(&limit, 5001, &dropped));
    assert_false(bn_log_limit_pass(&limit, 5002, &dropped));
    assert_false(bn_log_limit_pass(&limit, 5999, &dropped));
    assert_true(bn_log_limit_pass(&limit, 6000, &dropped));
    assert_int_equal(dropped, 2);
}

static void log__shows_an_error_with_its_place(void **state)
{
    (void)state;
    bn_err err;
    open_log(BN_LOG_TEXT, false, NULL);
    bn_rc rc = bn_fail(&err, BN_E_NO_SPACE, "map of %d MiB is full", 8);
    assert_int_equal(rc, BN_E_NO_SPACE);
    bn_log_err(BN_LOG_ERROR, "commit_failed", &err);
    const char *line = take();
    assert_non_null(strstr(line, " commit_failed code=no_space err=\"map of 8 MiB is full\" at="));
    assert_non_null(strstr(line, "test_log.c:"));
}

static void log__formats_times_in_utc(void **state)
{
    (void)state;
    char text[BN_TIME_TEXT_BYTES];
    bn_time_format(0, text);
    assert_string_equal(text, "1970-01-01T00:00:00.000Z");
    bn_time_format(1709164799999, text);
    assert_string_equal(text, "2024-02-28T23:59:59.999Z");
    bn_time_format(4102444800000, text);
    assert_string_equal(text, "2100-01-01T00:00:00.000Z");
    bn_time_format(UINT64_MAX, text);
    assert_string_equal(text, "9999-12-31T23:59:59.999Z");
}

static void ports__machine_clock_and_random_work(void **state)
{
    (void)state;
    const bn_clock *clock = bn_clock_machine();
    const bn_random *random = bn_random_machine();
    uint64_t before = clock->mono_ms(clock->context);
    assert_true(clock->wall_ms(clock->context) > 1700000000000);
    assert_true(clock->mono_ms(clock->context) >= before);
    uint8_t a[600] = {0};
    uint8_t b[600] = {0};
    random->fill(random->context, a, sizeof a);
    random->fill(random->context, b, sizeof b);
    assert_memory_not_equal(a, b, sizeof a);
    assert_memory_not_equal(a + 568, b + 568, 32);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(log__writes_one_line_of_text),
        cmocka_unit_test(log__quotes_what_would_break_a_line),
        cmocka_unit_test(log__json_lines_parse_and_keep_numbers),
        cmocka_unit_test(log__random_values_stay_one_parsable_line),
        cmocka_unit_test(log__cuts_values_and_drops_fields_that_do_not_fit),
        cmocka_unit_test(log__level_decides_and_changes_at_run_time),
        cmocka_unit_test(log__a_temporary_level_ends_by_itself),
        cmocka_unit_test(log__puts_the_priority_first_for_the_journal),
        cmocka_unit_test(log__knows_the_journal_by_its_stream),
        cmocka_unit_test(log__holds_back_noisy_events_and_counts_them),
        cmocka_unit_test(log__shows_an_error_with_its_place),
        cmocka_unit_test(log__formats_times_in_utc),
        cmocka_unit_test(ports__machine_clock_and_random_work),
    };
    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
