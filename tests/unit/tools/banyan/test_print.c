/* test_print.c - tables by display width, colours, times, the form of results.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "cli_run.h"

#include <banyan/base/check.h>

#include "tools/banyan/print.h"
#include "tools/banyan/show.h"

#include <time.h>

/* Shows one result as `line` would, in a run that sends nothing. */
static char *shown(const char *noun, const char *verb, bool zh, const char *json)
{
    char *out = NULL;
    size_t len = 0;
    char *environment[] = {NULL};
    invocation call = {.noun = noun, .command = command_find(noun, verb)};
    assert_non_null(call.command);
    cli c = {.out = open_memstream(&out, &len),
             .err = fopen("/dev/null", "w"),
             .environment = environment,
             .language = zh ? LANGUAGE_ZH : LANGUAGE_EN,
             .call = &call};
    bn_arena_init(&c.arena, CLI_ARENA_BYTES_MAX);
    json_t *result = json_loads(json, 0, NULL);
    assert_non_null(result);
    call.command->show(&c, result);
    json_decref(result);
    fclose(c.out);
    fclose(c.err);
    bn_arena_fini(&c.arena);
    return out;
}

static void table__lines_up_wide_characters(void **state)
{
    (void)state;
    char *text = shown("search", "", false,
                       "{\"rows\":["
                       "{\"number\":\"0001-000001-3\",\"name\":\"王小明\",\"born\":\"1980-05-02\","
                       "\"mobile_tail\":\"8000\",\"branch\":\"0001\"},"
                       "{\"number\":\"0001-000002-1\",\"name\":\"Li\",\"born\":null,"
                       "\"mobile_tail\":\"1\",\"branch\":\"0000\"}]}");
    assert_string_equal(text,
                        "Number         Name    Born        Mobile  Document  Branch\n"
                        "0001-000001-3  王小明  1980-05-02  …8000             0001\n"
                        "0001-000002-1  Li                  …1                head office\n");
    free(text);
}

static void conflict__shows_before_a_and_b_with_their_authors(void **state)
{
    (void)state;
    const char *json =
        "{\"id\":\"c1\",\"state\":\"open\",\"kind\":\"customer\",\"entity\":\"e1\","
        "\"number\":\"0001-000001-3\",\"name\":\"王小明\",\"fields\":[\"mobile\"],"
        "\"base\":{\"dot\":\"1.1\",\"values\":{\"mobile\":\"138\"}},\"candidates\":["
        "{\"dot\":\"1.2\",\"values\":{\"mobile\":\"139\"},\"actor\":\"li.na\",\"branch\":\"0001\","
        "\"at\":\"2026-05-02T01:14:03.120Z\",\"clock_suspect\":false},"
        "{\"dot\":\"2.1\",\"values\":{\"mobile\":null},\"actor\":\"zhang.wei\",\"branch\":\"0002\","
        "\"at\":\"2026-05-02T01:15:03.120Z\",\"clock_suspect\":true}],\"decision\":null}";
    char *text = shown("conflict", "show", false, json);
    assert_string_equal(
        text, "conflict c1 (open), Customer 0001-000001-3 王小明\n"
              "              before  A                           B\n"
              "Mobile phone  138     139                         —\n"
              "Who                   li.na                       zhang.wei\n"
              "Where                 branch 0001                 branch 0002\n"
              "When                  2026-05-02 09:14:03 +08:00  2026-05-02 09:15:03 +08:00\n"
              "Dot                   1.2                         2.1\n"
              "B: the clock of that branch was wrong\n");
    free(text);
}

static void sync__says_in_one_line_how_it_stands(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        const char *en;
        const char *zh;
    } rows[] = {
        {"{\"state\":\"live\",\"records_waiting\":0,\"cursor\":\"5\",\"head\":\"5\","
         "\"connected\":true}",
         "● in step\n", "● 已同步\n"},
        {"{\"state\":\"live\",\"records_waiting\":3,\"cursor\":\"5\",\"head\":\"5\"}",
         "◐ sending 3\n", "◐ 正在发送 3 条\n"},
        {"{\"state\":\"live\",\"records_waiting\":0,\"cursor\":\"5\",\"head\":\"9\"}",
         "◐ receiving 4\n", "◐ 正在接收 4 条\n"},
        {"{\"state\":\"paused\",\"records_waiting\":0}",
         "◐ paused by head office; local work goes on\n", "◐ 总行已暂停；本地照常工作\n"},
        {"{\"state\":\"backoff\",\"since\":\"2026-05-02T01:14:03Z\",\"records_waiting\":3,"
         "\"conflicts\":2,\"connected\":true}",
         "○ cut off since 2026-05-02 09:14:03 +08:00 · 3 records waiting · 2 need attention\n",
         "○ 自 2026-05-02 09:14:03 +08:00 起断线 · 3 条记录待发送 · 2 项需要处理\n"},
        {"{\"state\":\"offline\",\"since\":\"2026-05-02T01:14:03Z\",\"connected\":false}",
         "○ cut off by hand since 2026-05-02 09:14:03 +08:00\n",
         "○ 自 2026-05-02 09:14:03 +08:00 起手动断线\n"},
        {"{\"state\":\"offline\",\"since\":\"2026-05-02T02:00:00Z\","
         "\"cut_off_since\":\"2026-05-02T01:14:03Z\",\"records_waiting\":1}",
         "○ cut off since 2026-05-02 09:14:03 +08:00 · 1 records waiting\n",
         "○ 自 2026-05-02 09:14:03 +08:00 起断线 · 1 条记录待发送\n"},
        {"{\"state\":\"not_enrolled\",\"since\":null,\"connected\":true}",
         "○ this machine is not enrolled as a branch yet\n", "○ 本机尚未登记为网点\n"},
        {"{\"state\":\"connecting\",\"since\":null,\"connected\":true}",
         "○ cut off; head office was never heard\n", "○ 断线；尚未与总行联系过\n"},
        {"{\"state\":\"stopped\",\"since\":\"2026-05-02T01:14:03Z\",\"reason\":\"revoked\"}",
         "○ stopped: revoked\n", "○ 已停止：revoked\n"},
    };
    for (size_t i = 0; i < BN_COUNT(rows); i++) {
        char *en = shown("sync", "status", false, rows[i].json);
        char *zh = shown("sync", "status", true, rows[i].json);
        assert_int_equal(strncmp(en, rows[i].en, strlen(rows[i].en)), 0);
        assert_int_equal(strncmp(zh, rows[i].zh, strlen(rows[i].zh)), 0);
        free(en);
        free(zh);
    }
}

static void words__of_results_are_read_in_the_language_of_the_reader(void **state)
{
    (void)state;
    const char *json = "{\"rows\":[{\"id\":\"c1\",\"state\":\"open\",\"kind\":\"customer\","
                       "\"fields\":[\"mobile\",\"mobile\",\"email\"],\"number\":\"7\"}]}";
    char *en = shown("conflict", "list", false, json);
    char *zh = shown("conflict", "list", true, json);
    assert_non_null(strstr(en, "open   Customer  Mobile phone, E-mail  7"));
    assert_non_null(strstr(zh, "待处理  客户  手机, 电子邮箱  7"));
    free(en);
    free(zh);
}

static void conflict__that_was_undone_offers_no_second_undo(void **state)
{
    (void)state;
    char *text = shown("conflict", "show", false,
                       "{\"id\":\"c1\",\"state\":\"undone\",\"kind\":\"customer\","
                       "\"fields\":[],\"candidates\":[],\"decision\":{\"by\":\"li.na\","
                       "\"branch\":\"0000\",\"at\":\"2026-05-02T01:14:03Z\",\"note\":\"oh\"}}");
    assert_non_null(strstr(text, "taken back by li.na, head office"));
    assert_null(strstr(text, "decided by"));
    free(text);
}

static void record__leaves_out_the_part_of_a_stamp_that_is_not_known(void **state)
{
    (void)state;
    char *text = shown("customer", "show", false,
                       "{\"kind\":\"customer\",\"id\":\"e\",\"exists\":true,"
                       "\"fields\":{\"name\":\"Li\"},\"stamps\":{\"name\":{\"branch\":null,"
                       "\"at\":\"2026-05-02T01:14:03Z\",\"confirmed\":true}}}");
    assert_non_null(strstr(text, "Li    2026-05-02 09:14:03"));
    free(text);
}

static void shows__take_any_result_without_falling_over(void **state)
{
    (void)state;
    static const char *const results[] = {
        "{}", "[]", "{\"rows\":[]}", "{\"rows\":[{}]}", "{\"rows\":[1,null,\"x\"]}",
        "{\"lines\":[{\"changes\":{\"x\":null}}]}", "{\"kind\":\"customer\",\"fields\":7}",
        "{\"candidates\":[1,{}],\"fields\":[3]}", "{\"a\":{\"b\":[1,2.5,true,null,{}]}}"};
    for (size_t i = 0; i < COMMANDS_COUNT; i++) {
        size_t count = 0;
        (void)command_args(commands[i].id, &count);
        bool wants_words = commands[i].show == show_cable || commands[i].show == show_removed;
        for (size_t n = 0; n < BN_COUNT(results) && !wants_words; n++) {
            free(shown(commands[i].noun, commands[i].verb, n % 2 == 0, results[n]));
        }
    }
}

static bool has_escapes(const char *line, bool tty, char *const *environment)
{
    cli_run run = run_with(line, tty, environment);
    bool found = strchr(run.out, '\033') != NULL;
    run_end(&run);
    return found;
}

static void colours__follow_the_environment_in_its_order(void **state)
{
    (void)state;
    char no[] = "NO_COLOR=1";
    char force[] = "CLICOLOR_FORCE=1";
    char off[] = "CLICOLOR=0";
    char dumb[] = "TERM=dumb";
    const char *line = "schema";
    assert_true(has_escapes(line, true, (char *[]){NULL}));
    assert_false(has_escapes(line, false, (char *[]){NULL}));
    assert_true(has_escapes(line, false, (char *[]){force, NULL}));
    assert_true(has_escapes(line, false, (char *[]){force, off, NULL}));
    assert_false(has_escapes(line, true, (char *[]){force, no, NULL}));
    assert_false(has_escapes(line, true, (char *[]){off, NULL}));
    assert_false(has_escapes(line, true, (char *[]){dumb, NULL}));
    assert_false(has_escapes("schema --no-color", true, (char *[]){force, NULL}));
}

static void language__comes_from_the_flag_then_the_environment(void **state)
{
    (void)state;
    char zh[] = "LANG=zh_CN.UTF-8";
    char c[] = "LC_MESSAGES=C";
    cli_run run = run_with("schema", false, (char *[]){zh, NULL});
    assert_non_null(strstr(run.out, "客户"));
    run_end(&run);
    run = run_with("schema", false, (char *[]){zh, c, NULL});
    assert_null(strstr(run.out, "客户"));
    run_end(&run);
    run = run_with("schema --lang zh-CN", false, (char *[]){c, NULL});
    assert_non_null(strstr(run.out, "客户"));
    run_end(&run);
    run = run_with("version --json", false, (char *[]){zh, NULL});
    cli_run other = run_with("version --json", false, (char *[]){c, NULL});
    assert_string_equal(run.out, other.out);
    run_end(&run);
    run_end(&other);
}

static void text__cannot_move_the_cursor(void **state)
{
    (void)state;
    char *text = shown("search", "", false,
                       "{\"rows\":[{\"number\":\"1\",\"name\":\"a\\u001b[2Jb\\nc\"}]}");
    assert_null(strchr(text, '\033'));
    assert_non_null(strstr(text, "a [2Jb c"));
    free(text);
}

int main(void)
{
    tzset();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table__lines_up_wide_characters),
        cmocka_unit_test(conflict__shows_before_a_and_b_with_their_authors),
        cmocka_unit_test(sync__says_in_one_line_how_it_stands),
        cmocka_unit_test(words__of_results_are_read_in_the_language_of_the_reader),
        cmocka_unit_test(conflict__that_was_undone_offers_no_second_undo),
        cmocka_unit_test(record__leaves_out_the_part_of_a_stamp_that_is_not_known),
        cmocka_unit_test(shows__take_any_result_without_falling_over),
        cmocka_unit_test(colours__follow_the_environment_in_its_order),
        cmocka_unit_test(language__comes_from_the_flag_then_the_environment),
        cmocka_unit_test(text__cannot_move_the_cursor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
