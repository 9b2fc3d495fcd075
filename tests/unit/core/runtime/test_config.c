/* test_config.c - settings: errors, precedence, notation, round trip.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "unit/unit.h"

#include "property.h"

#include <banyan/base/alloc.h>
#include <banyan/base/check.h>
#include <banyan/core/config.h>

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HELP .help_en = "help", .help_zh = "说明"

static const bn_config_key keys[] = {
    {"log", "level", BN_CONFIG_CHOICE, "info", .choices = "error|warn|info|debug",
     .flags = BN_CONFIG_RELOADABLE, HELP},
    {"log", "file", BN_CONFIG_PATH, "", HELP},
    {"sync", "endpoint", BN_CONFIG_ENDPOINT, "tcp://127.0.0.1:7420", HELP},
    {"sync", "batch-bytes", BN_CONFIG_SIZE, "64KiB", .min = 1024, .max = 1 << 20, HELP},
    {"sync", "silence", BN_CONFIG_DURATION, "30s", .min = 1000, .max = 3600000,
     .flags = BN_CONFIG_RELOADABLE, HELP},
    {"sync", "workers", BN_CONFIG_INT, "2", .min = 1, .max = 8, HELP},
    {"sync", "enabled", BN_CONFIG_BOOL, "true", HELP},
    {"sync", "limit", BN_CONFIG_SIZE, "", HELP},
    {"branch", "name", BN_CONFIG_TEXT, "", .max = 64, HELP},
    {"branch", "code", BN_CONFIG_TEXT, "", .flags = BN_CONFIG_SECRET, HELP},
    {"branch", "title", BN_CONFIG_TEXT, "", .flags = BN_CONFIG_DEPRECATED,
     .replaced_by = "branch.name", HELP},
};

typedef struct fixture {
    bn_config *config;
    bn_config_report report;
} fixture;

static fixture begin(void)
{
    fixture f = {.config = NULL};
    bn_config_report_init(&f.report);
    assert_int_equal(bn_config_create(keys, BN_COUNT(keys), &f.config), BN_OK);
    return f;
}

static void end(fixture *f)
{
    bn_config_report_fini(&f->report);
    bn_config_destroy(&f->config);
}

static bn_rc parse(fixture *f, const char *text)
{
    return bn_config_parse(f->config, "x.conf", bn_slice_of(text), &f->report);
}

static void config__has_the_defaults_of_the_table(void **state)
{
    (void)state;
    fixture f = begin();
    assert_string_equal(bn_config_text(f.config, "log", "level"), "info");
    assert_int_equal(bn_config_choice(f.config, "log", "level"), 2);
    assert_int_equal(bn_config_bytes(f.config, "sync", "batch-bytes"), 65536);
    assert_int_equal(bn_config_ms(f.config, "sync", "silence"), 30000);
    assert_int_equal(bn_config_int(f.config, "sync", "workers"), 2);
    assert_true(bn_config_bool(f.config, "sync", "enabled"));
    assert_false(bn_config_is_set(f.config, "sync", "limit"));
    assert_int_equal(bn_config_bytes(f.config, "sync", "limit"), 0);
    assert_string_equal(bn_config_origin(f.config, "log", "level"), "default");
    end(&f);
}

static void config__reports_five_errors_in_five_lines(void **state)
{
    (void)state;
    fixture f = begin();
    assert_int_equal(parse(&f, "# top\n"
                               "[log]\n"
                               "levl = debug\n"
                               "level = inf\n"
                               "\n"
                               "[sink]\n"
                               "anything = goes\n"
                               "[sync]\n"
                               "workers = 9\n"
                               "batch-bytes = 64KB\n"),
                     BN_E_INVALID);
    assert_int_equal(f.report.errors_count, 5);
    assert_string_equal(
        bn_buf_cstr(&f.report.text),
        "x.conf:3: log.levl: unknown key (did you mean level?)\n"
        "x.conf:4: log.level: 'inf' is none of error|warn|info|debug (did you mean info?)\n"
        "x.conf:6: sink: unknown section (did you mean sync?)\n"
        "x.conf:9: sync.workers: out of range, allowed is 1 to 8\n"
        "x.conf:10: sync.batch-bytes: not a size such as 512, 64KiB, 64MiB, 1GiB: '64KB' has no "
        "unit that is known here\n");
    assert_string_equal(bn_config_text(f.config, "log", "level"), "info");
    end(&f);
}

static void config__refuses_bad_lines(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *reason;
    } cases[] = {
        {"level = info\n", "no [section]"},
        {"[log\n", "']' is missing"},
        {"[log] level = info\n", "not a section"},
        {"[LOG]\n", "not a section"},
        {"[log]\nlevel\n", "neither [section] nor key"},
        {"[log]\n= info\n", "the name before '='"},
        {"[log]\nLevel = info\n", "the name before '='"},
        {"[log]\n; level = info\n", "a comment starts with '#'"},
        {"[log]\nlevel = info\nlevel = warn\n", "x.conf:3: log.level: already set in line 2"},
        {"[log]\nfile = \"a\n", "quotes are not closed"},
        {"[log]\nfile = \"a\" b\n", "quotes are not closed"},
        {"[log]\nfile = \"a\\n\"\n", "quotes are not closed"},
        {"[log]\nfile = a\x01\n", "not clean UTF-8"},
        {"[log]\nfile = \xff\n", "not clean UTF-8"},
        {"[log]\nfile = a\xe2\x80\xae\n", "not clean UTF-8"},
        {"[log]\nlevel =\n", "no value"},
        {"[log]\nworkers = 1\n", "it belongs below [sync]"},
        {"[sync]\nenabled = 1\n", "neither true nor false"},
        {"[sync]\nworkers = 2.5\n", "not a whole number"},
        {"[sync]\nworkers = 0x2\n", "not a whole number"},
        {"[sync]\nsilence = 30\n", "no unit"},
        {"[sync]\nsilence = 2h\n", "out of range, allowed is 1s to 1h"},
        {"[sync]\nendpoint = tcp://host\n", "is not tcp://HOST:PORT"},
        {"[sync]\nendpoint = tcp://ho st:1\n", "is not tcp://HOST:PORT"},
        {"[sync]\nendpoint = tcp://host:65536\n", "0 to 65535"},
        {"[sync]\nendpoint = udp://host:1\n", "is not tcp://HOST:PORT"},
    };
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        fixture f = begin();
        assert_int_equal(parse(&f, cases[i].text), BN_E_INVALID);
        assert_int_equal(f.report.errors_count, 1);
        if (strstr(bn_buf_cstr(&f.report.text), cases[i].reason) == NULL) {
            fail_msg("%s: got %s", cases[i].text, bn_buf_cstr(&f.report.text));
        }
        end(&f);
    }
}

static void config__reads_values_in_every_notation(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *section;
        const char *name;
        const char *value;
    } cases[] = {
        {"[log]\nlevel=warn", "log", "level", "warn"},
        {"\xef\xbb\xbf[log]\r\nlevel = warn\r\n", "log", "level", "warn"},
        {"  [ log ]  # c\n\tlevel\t=\twarn\t# why\n", "log", "level", "warn"},
        {"[log]\nfile = /a#b\n", "log", "file", "/a#b"},
        {"[log]\nfile = \"a # \\\"b\\\\\" # c\n", "log", "file", "a # \"b\\"},
        {"[log]\nfile =\n", "log", "file", ""},
        {"[log]\nfile = # c\n", "log", "file", ""},
        {"[log]\nfile = a = b\n", "log", "file", "a = b"},
        {"[branch]\nname = 朝阳路店\n", "branch", "name", "朝阳路店"},
        {"[branch]\ntitle = Old\n", "branch", "name", "Old"},
        {"[sync]\nendpoint = tcp://[::1]:7420\n", "sync", "endpoint", "tcp://[::1]:7420"},
        {"[sync]\nendpoint = *:0\n", "sync", "endpoint", "*:0"},
        {"[sync]\nendpoint = ipc:///run/x\n", "sync", "endpoint", "ipc:///run/x"},
        {"[sync]\nendpoint = \n", "sync", "endpoint", ""},
        {"[log]\n[sync]\n[log]\nlevel = warn\n", "log", "level", "warn"},
    };
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        fixture f = begin();
        if (parse(&f, cases[i].text) != BN_OK) {
            fail_msg("%s: %s", cases[i].text, bn_buf_cstr(&f.report.text));
        }
        assert_string_equal(bn_config_text(f.config, cases[i].section, cases[i].name),
                            cases[i].value);
        end(&f);
    }
}

static void config__warns_of_a_deprecated_key_and_sets_its_successor(void **state)
{
    (void)state;
    fixture f = begin();
    assert_int_equal(parse(&f, "[branch]\ntitle = A\n"), BN_OK);
    assert_int_equal(f.report.warnings_count, 1);
    assert_string_equal(bn_buf_cstr(&f.report.text), "x.conf:2: branch.title: warning: deprecated, "
                                                     "write branch.name instead\n");
    assert_string_equal(bn_config_text(f.config, "branch", "name"), "A");
    end(&f);
}

static void config__flag_beats_environment_beats_file_in_any_order(void **state)
{
    (void)state;
    char variable[] = "BANYAN_SYNC_BATCH_BYTES=2KiB";
    char *const environment[] = {variable, NULL};
    for (int order = 0; order < 6; order++) {
        fixture f = begin();
        static const int sequences[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                            {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
        for (int step = 0; step < 3; step++) {
            bn_rc rc = BN_OK;
            if (sequences[order][step] == 0) {
                rc = parse(&f, "[sync]\nbatch-bytes = 1KiB\nsilence = 1s\nworkers = 3\n");
            } else if (sequences[order][step] == 1) {
                rc = bn_config_environment(f.config, environment, &f.report);
            } else {
                rc = bn_config_assign(f.config, "--set", "sync.silence=9s", &f.report);
            }
            assert_int_equal(rc, BN_OK);
        }
        assert_int_equal(bn_config_bytes(f.config, "sync", "batch-bytes"), 2048);
        assert_int_equal(bn_config_ms(f.config, "sync", "silence"), 9000);
        assert_int_equal(bn_config_int(f.config, "sync", "workers"), 3);
        assert_string_equal(bn_config_origin(f.config, "sync", "batch-bytes"),
                            "environment BANYAN_SYNC_BATCH_BYTES");
        assert_string_equal(bn_config_origin(f.config, "sync", "silence"), "flag --set");
        assert_string_equal(bn_config_origin(f.config, "sync", "workers"), "x.conf:4");
        end(&f);
    }
}

static void config__refuses_misspelt_variables_and_flags(void **state)
{
    (void)state;
    fixture f = begin();
    char typo[] = "BANYAN_LOG_LEVL=debug";
    char foreign[] = "BANYAN_SERVER=tcp://x:1";
    char empty[] = "BANYAN_LOG_LEVEL=";
    char *const environment[] = {typo, foreign, empty, NULL};
    assert_int_equal(bn_config_environment(f.config, environment, &f.report), BN_E_INVALID);
    assert_string_equal(bn_buf_cstr(&f.report.text),
                        "environment BANYAN_LOG_LEVL: unknown key (did you mean "
                        "BANYAN_LOG_LEVEL?)\n");
    assert_int_equal(bn_config_assign(f.config, "--set", "log.levl=x", &f.report), BN_E_INVALID);
    assert_int_equal(bn_config_assign(f.config, "--set", "log", &f.report), BN_E_INVALID);
    assert_int_equal(bn_config_assign(f.config, "--set", "log=x.y", &f.report), BN_E_INVALID);
    assert_int_equal(f.report.errors_count, 4);
    end(&f);
}

static void config__reads_drop_ins_in_order_of_their_names(void **state)
{
    (void)state;
    char folder[] = "/tmp/bn-config-XXXXXX";
    char path[128];
    assert_non_null(mkdtemp(folder));
    static const struct {
        const char *name;
        const char *text;
    } files[] = {
        {"s.conf", "[log]\nlevel = error\nfile = main\n"},
        {"s.conf.d/20-b.conf", "[log]\nlevel = debug\n"},
        {"s.conf.d/10-a.conf", "[log]\nlevel = warn\nfile = drop\n"},
        {"s.conf.d/30-c.conf~", "not read"},
    };
    snprintf(path, sizeof path, "%s/s.conf.d", folder);
    assert_int_equal(mkdir(path, 0700), 0);
    for (size_t i = 0; i < BN_COUNT(files); i++) {
        snprintf(path, sizeof path, "%s/%s", folder, files[i].name);
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        fputs(files[i].text, file);
        fclose(file);
    }
    fixture f = begin();
    snprintf(path, sizeof path, "%s/s.conf", folder);
    assert_int_equal(bn_config_read(f.config, path, &f.report), BN_OK);
    assert_string_equal(bn_config_text(f.config, "log", "level"), "debug");
    assert_string_equal(bn_config_text(f.config, "log", "file"), "drop");
    end(&f);
    for (size_t i = 0; i < BN_COUNT(files); i++) {
        snprintf(path, sizeof path, "%s/%s", folder, files[i].name);
        unlink(path);
    }
    snprintf(path, sizeof path, "%s/s.conf.d", folder);
    rmdir(path);
    rmdir(folder);
}

static void config__says_that_a_file_is_missing(void **state)
{
    (void)state;
    fixture f = begin();
    assert_int_equal(bn_config_read(f.config, "/nonexistent/x.conf", &f.report), BN_E_NOT_FOUND);
    assert_string_equal(bn_buf_cstr(&f.report.text), "/nonexistent/x.conf: no such file\n");
    assert_int_equal(bn_config_read(f.config, "/tmp", &f.report), BN_E_IO);
    end(&f);
}

static void config__prints_what_reads_back_to_the_same(void **state)
{
    (void)state;
    static const char *const names[] = {"plain", "", " lead", "tail ", "a # b", "#x", "\"q\"",
                                        "b\\s", "a\"b", "x=y", "[log]", "王小明 店"};
    for (size_t i = 0; i < BN_COUNT(names); i++) {
        fixture f = begin();
        char assignment[64];
        snprintf(assignment, sizeof assignment, "branch.name=%s", names[i]);
        assert_int_equal(bn_config_assign(f.config, "--set", assignment, &f.report), BN_OK);
        assert_int_equal(parse(&f, "[sync]\nsilence = 5m\n[branch]\ncode = s3cret\n"), BN_OK);
        bn_buf printed;
        bn_buf_init(&printed, 1 << 20);
        bn_config_print(f.config, &printed);
        assert_null(strstr(bn_buf_cstr(&printed), "s3cret"));
        assert_non_null(strstr(bn_buf_cstr(&printed), "# x.conf:2\n"));
        assert_non_null(strstr(bn_buf_cstr(&printed), "# default\n"));
        assert_non_null(strstr(bn_buf_cstr(&printed), "# flag --set\n"));
        fixture again = begin();
        assert_int_equal(parse(&again, bn_buf_cstr(&printed)), BN_OK);
        for (size_t k = 0; k < BN_COUNT(keys); k++) {
            if ((keys[k].flags & BN_CONFIG_SECRET) == 0) {
                assert_string_equal(bn_config_text(again.config, keys[k].section, keys[k].name),
                                    bn_config_text(f.config, keys[k].section, keys[k].name));
            }
        }
        bn_buf_fini(&printed);
        end(&again);
        end(&f);
    }
}

static void config__never_shows_a_refused_secret(void **state)
{
    (void)state;
    fixture f = begin();
    char assignment[BN_CONFIG_VALUE_BYTES_MAX + 64] = "branch.code=hunter";
    memset(assignment + strlen(assignment), '2', BN_CONFIG_VALUE_BYTES_MAX);
    assert_int_equal(bn_config_assign(f.config, "--set", assignment, &f.report), BN_E_INVALID);
    assert_null(strstr(bn_buf_cstr(&f.report.text), "hunter"));
    end(&f);
}

static void config__example_is_a_file_of_defaults_in_both_languages(void **state)
{
    (void)state;
    for (int language = BN_CONFIG_EN; language <= BN_CONFIG_ZH; language++) {
        fixture f = begin();
        bn_buf example;
        bn_buf_init(&example, 1 << 20);
        bn_config_example(keys, BN_COUNT(keys), (bn_config_language)language, &example);
        assert_int_equal(parse(&f, bn_buf_cstr(&example)), BN_OK);
        /* With the marks taken away it is still right: each default is one the key accepts. */
        char *text = strdup(bn_buf_cstr(&example));
        assert_non_null(text);
        for (char *at = strstr(text, "\n#"); at != NULL; at = strstr(at + 1, "\n#")) {
            if (at[2] != ' ') {
                at[1] = ' ';
            }
        }
        assert_int_equal(parse(&f, text), BN_OK);
        assert_int_not_equal(strncmp(bn_config_origin(f.config, "sync", "workers"), "def", 3), 0);
        assert_null(strstr(text, "title"));
        free(text);
        bn_buf_fini(&example);
        end(&f);
    }
}

static void config__reload_takes_reloadable_values_and_names_the_others(void **state)
{
    (void)state;
    fixture f = begin();
    fixture fresh = begin();
    bn_buf applied;
    bn_buf waiting;
    bn_buf_init(&applied, 1024);
    bn_buf_init(&waiting, 1024);
    assert_int_equal(parse(&fresh, "[log]\nlevel = debug\n[sync]\nsilence = 1s\nworkers = 5\n"),
                     BN_OK);
    bn_config_adopt(f.config, fresh.config, &applied, &waiting);
    assert_string_equal(bn_buf_cstr(&applied), "log.level,sync.silence");
    assert_string_equal(bn_buf_cstr(&waiting), "sync.workers");
    assert_string_equal(bn_config_text(f.config, "log", "level"), "debug");
    assert_int_equal(bn_config_int(f.config, "sync", "workers"), 2);
    bn_buf_fini(&applied);
    bn_buf_fini(&waiting);
    end(&fresh);
    end(&f);
}

static void config__reads_durations_and_sizes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool is_size;
        bn_rc rc;
        int64_t number;
    } cases[] = {
        {"0", false, BN_OK, 0},
        {"250ms", false, BN_OK, 250},
        {"30s", false, BN_OK, 30000},
        {"5m", false, BN_OK, 300000},
        {"2h", false, BN_OK, 7200000},
        {"7d", false, BN_OK, 604800000},
        {"106751991167d", false, BN_OK, 106751991167 * 86400000},
        {"106751991168d", false, BN_E_LIMIT, 0},
        {"99999999999999999999s", false, BN_E_LIMIT, 0},
        {"-1s", false, BN_E_INVALID, 0},
        {"1 s", false, BN_E_INVALID, 0},
        {"1.5s", false, BN_E_INVALID, 0},
        {"s", false, BN_E_INVALID, 0},
        {"1S", false, BN_E_INVALID, 0},
        {"", false, BN_E_INVALID, 0},
        {"0", true, BN_OK, 0},
        {"512", true, BN_OK, 512},
        {"64KiB", true, BN_OK, 65536},
        {"64MiB", true, BN_OK, 67108864},
        {"1GiB", true, BN_OK, 1073741824},
        {"2TiB", true, BN_OK, 2199023255552},
        {"8388607TiB", true, BN_OK, 8388607 * ((int64_t)1 << 40)},
        {"8388608TiB", true, BN_E_LIMIT, 0},
        {"64MB", true, BN_E_INVALID, 0},
        {"64M", true, BN_E_INVALID, 0},
        {"MiB", true, BN_E_INVALID, 0},
        {"+1", true, BN_E_INVALID, 0},
    };
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        int64_t number = -7;
        bn_slice text = bn_slice_of(cases[i].text);
        bn_rc rc = cases[i].is_size ? bn_size_parse(text, &number, NULL)
                                    : bn_duration_parse(text, &number, NULL);
        if (rc != cases[i].rc || number != (rc == BN_OK ? cases[i].number : -7)) {
            fail_msg("%s: %s, %lld", cases[i].text, bn_rc_text(rc), (long long)number);
        }
    }
}

static void config__survives_random_bytes(void **state)
{
    (void)state;
    static const char alphabet[] = "[]=#\"\\ \t\r\n;.logevsyncwarn0123456789\xe7\x8e\x8b\xff";
    property p = property_begin("config random bytes", 3000);
    for (unsigned i = 0; i < p.cases; i++) {
        char text[512];
        size_t len = property_below(&p, sizeof text);
        for (size_t k = 0; k < len; k++) {
            text[k] = property_below(&p, 8) == 0
                          ? (char)property_next(&p)
                          : alphabet[property_below(&p, sizeof alphabet - 1)];
        }
        fixture f = begin();
        bn_rc rc = bn_config_parse(f.config, "r", bn_slice_make(text, len), &f.report);
        assert_true(rc == BN_OK || rc == BN_E_INVALID);
        assert_int_equal(rc == BN_OK, f.report.errors_count == 0);
        size_t lines = 0;
        for (size_t k = 0; k < f.report.text.len; k++) {
            lines += f.report.text.data[k] == '\n';
        }
        assert_true(lines <= BN_CONFIG_REPORT_LINES_MAX + 1);
        end(&f);
    }
}

static void config__survives_every_refused_allocation(void **state)
{
    (void)state;
    bn_rc rc = BN_E_NO_MEMORY;
    for (size_t n = 1; rc != BN_OK; n++) {
        assert_true(n < 200);
        bn_config *config = NULL;
        bn_config_report report;
        bn_config_report_init(&report);
        bn_alloc_fail_at(n);
        rc = bn_config_create(keys, BN_COUNT(keys), &config);
        if (rc == BN_OK) {
            rc = bn_config_parse(config, "x", BN_SLICE("[log]\nlevel = warn\nfile = a\n"), &report);
        }
        bn_alloc_fail_at(0);
        assert_true(rc == BN_OK || rc == BN_E_NO_MEMORY);
        bn_config_report_fini(&report);
        bn_config_destroy(&config);
    }
}

static void config__limits_the_report_and_the_file(void **state)
{
    (void)state;
    fixture f = begin();
    char *text = malloc(BN_CONFIG_FILE_BYTES_MAX + 1);
    assert_non_null(text);
    memset(text, 'x', BN_CONFIG_FILE_BYTES_MAX + 1);
    for (size_t i = 1; i < BN_CONFIG_FILE_BYTES_MAX; i += 2) {
        text[i] = '\n';
    }
    assert_int_equal(bn_config_parse(f.config, "x", bn_slice_make(text, BN_CONFIG_FILE_BYTES_MAX),
                                     &f.report),
                     BN_E_INVALID);
    assert_true(f.report.text.len < 20000);
    assert_non_null(strstr(bn_buf_cstr(&f.report.text), "more findings"));
    assert_int_equal(bn_config_parse(f.config, "x",
                                     bn_slice_make(text, BN_CONFIG_FILE_BYTES_MAX + 1),
                                     &f.report),
                     BN_E_INVALID);
    free(text);
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(config__has_the_defaults_of_the_table),
        cmocka_unit_test(config__reports_five_errors_in_five_lines),
        cmocka_unit_test(config__refuses_bad_lines),
        cmocka_unit_test(config__reads_values_in_every_notation),
        cmocka_unit_test(config__warns_of_a_deprecated_key_and_sets_its_successor),
        cmocka_unit_test(config__flag_beats_environment_beats_file_in_any_order),
        cmocka_unit_test(config__refuses_misspelt_variables_and_flags),
        cmocka_unit_test(config__reads_drop_ins_in_order_of_their_names),
        cmocka_unit_test(config__says_that_a_file_is_missing),
        cmocka_unit_test(config__prints_what_reads_back_to_the_same),
        cmocka_unit_test(config__never_shows_a_refused_secret),
        cmocka_unit_test(config__example_is_a_file_of_defaults_in_both_languages),
        cmocka_unit_test(config__reload_takes_reloadable_values_and_names_the_others),
        cmocka_unit_test(config__reads_durations_and_sizes),
        cmocka_unit_test(config__survives_random_bytes),
        cmocka_unit_test(config__survives_every_refused_allocation),
        cmocka_unit_test(config__limits_the_report_and_the_file),
    };
    return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
