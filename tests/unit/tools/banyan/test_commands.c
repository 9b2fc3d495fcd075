/* test_commands.c - words to requests, help, refusals, exit codes, both languages.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "cli_run.h"

#include <banyan/base/check.h>
#include <banyan/core/control.h>
#include <banyan/core/ports.h>

#include "tools/banyan/messages.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* A daemon that answers with what it was asked, in a process of its own. */
typedef struct echo_daemon {
    char folder[64];
    pid_t pid;
} echo_daemon;

static bn_rc echo(void *context, const char *op, json_t *args, const char *actor, json_t **result,
                  bn_err *err)
{
    (void)context;
    if (strcmp(op, "record.get") == 0) {
        return bn_fail(err, BN_E_NOT_FOUND, "no such record");
    }
    if (strcmp(op, "node.doctor") == 0) {
        *result = json_pack("{s:[{s:s,s:s}]}", "checks", "name", "disk", "level", "fail");
        return BN_OK;
    }
    if (strcmp(op, "conflict.show") == 0) {
        *result = json_pack("{s:[{s:s},{s:s}]}", "candidates", "dot", "1.7", "dot", "2.9");
        return BN_OK;
    }
    if (strcmp(op, "branch.show") == 0 &&
        json_integer_value(json_object_get(args, "branch")) > 7) {
        return bn_fail(err, BN_E_NOT_FOUND, "no such branch");
    }
    if (strcmp(op, "branch.show") == 0) {
        *result = json_pack("{s:s,s:s,s:s}", "branch", "0007", "name", "Old", "state", "active");
        return BN_OK;
    }
    *result = json_pack("{s:s,s:O,s:s}", "op", op, "args", args, "actor", actor);
    return BN_OK;
}

static int start_daemon(void **state)
{
    static echo_daemon daemon_;
    daemon_ = (echo_daemon){.folder = "/tmp/bn-cli-XXXXXX"};
    assert_non_null(mkdtemp(daemon_.folder));
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    daemon_.pid = fork();
    assert_true(daemon_.pid >= 0);
    if (daemon_.pid == 0) {
        bn_loop *loop = NULL;
        bn_control *control = NULL;
        char path[128];
        snprintf(path, sizeof path, "%s/control.sock", daemon_.folder);
        bn_err err;
        if (bn_loop_create(bn_clock_machine(), &loop, &err) != BN_OK ||
            bn_control_open(loop, path, echo, NULL, &control, &err) != BN_OK ||
            write(ready[1], "1", 1) != 1) {
            _exit(1);
        }
        bn_rc rc = bn_loop_run(loop, &err);
        _exit(rc == BN_OK ? 0 : 1);
    }
    char byte = 0;
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    close(ready[1]);
    *state = &daemon_;
    return 0;
}

static int stop_daemon(void **state)
{
    echo_daemon *d = *state;
    char path[128];
    kill(d->pid, SIGKILL);
    waitpid(d->pid, NULL, 0);
    snprintf(path, sizeof path, "%s/control.sock", d->folder);
    unlink(path);
    return rmdir(d->folder);
}

static cli_run run_at(const echo_daemon *d, const char *line)
{
    char whole[1024];
    snprintf(whole, sizeof whole, "--at %s --as li.na %s", d->folder, line);
    return run_line(whole);
}

static const struct {
    const char *line;
    const char *op;
    const char *args;
} typed[] = {
    {"customer add --name 王小明 --mobile=138", "record.save",
     "{'kind':'customer','set':{'name':'王小明','mobile':'138'}}"},
    {"customer add --name-latin Wang --tags VIP --tags gold", "record.save",
     "{'kind':'customer','set':{'name_latin':'Wang'},'add':{'tags':['VIP','gold']}}"},
    {"customer edit 1 --clear email --set mobile=1=2 --remove tags=a --add contacts=2",
     "record.save",
     "{'kind':'customer','id':'1','set':{'email':null,'mobile':'1=2'},'remove':{'tags':['a']},"
     "'add':{'contacts':['2']}}"},
    {"record add task --title x --customer 7", "record.save",
     "{'kind':'task','set':{'title':'x','customer':'7'}}"},
    {"record edit note 1 --set at=2026-01-01", "record.save",
     "{'kind':'note','id':'1','set':{'at':'2026-01-01'}}"},
    {"search wxm --limit 5", "customer.search", "{'text':'wxm','limit':5}"},
    {"customer list --where city=x --where mobile~1 --removed", "record.list",
     "{'kind':'customer','where':['city=x','mobile~1'],'removed':true}"},
    {"customer history 1 --field mobile", "record.history",
     "{'kind':'customer','id':'1','field':'mobile'}"},
    {"customer share 1 0017", "customer.share", "{'id':'1','branch':17,'on':true}"},
    {"customer share 1 17 --off", "customer.share", "{'id':'1','branch':17,'on':false}"},
    {"customer remove 1 --yes", "record.remove", "{'kind':'customer','id':'1'}"},
    {"record restore task 1", "record.restore", "{'kind':'task','id':'1'}"},
    {"sync status", "sync.status", "{}"},
    {"sync wait --for 3", "sync.wait", "{'timeout_ms':3000}"},
    {"sync cable off", "sync.cable", "{'connected':false}"},
    {"sync cable on", "sync.cable", "{'connected':true}"},
    {"branch add 朝阳 --hours 2", "branch.add", "{'name':'朝阳','hours':2}"},
    {"branch add x --branch 8", "branch.add", "{'name':'x','branch':8}"},
    {"branch add x --branch 7 --yes", "branch.add", "{'name':'x','branch':7}"},
    {"branch add --name x", "branch.add", "{'name':'x'}"},
    {"branch rename --name x 2", "branch.rename", "{'branch':2,'name':'x'}"},
    {"branch revoke 0002 --confirm 2", "branch.revoke", "{'branch':2}"},
    {"branch rename 2 x", "branch.rename", "{'branch':2,'name':'x'}"},
    {"branch revoke 2 --confirm=2", "branch.revoke", "{'branch':2}"},
    {"join CODE", "branch.join", "{'code':'CODE'}"},
    {"conflict resolve ab --take B --note why", "conflict.resolve",
     "{'id':'ab','note':'why','pick':'2.9'}"},
    {"conflict resolve ab --take 1", "conflict.resolve", "{'id':'ab','pick':'1.7'}"},
    {"conflict resolve ab --take 3.4", "conflict.resolve", "{'id':'ab','pick':'3.4'}"},
    {"conflict resolve ab --set mobile=1 --set email=", "conflict.resolve",
     "{'id':'ab','set':{'mobile':'1','email':null}}"},
    {"conflict undo ab --note n", "conflict.undo", "{'id':'ab','note':'n'}"},
    {"quarantine discard 1.2 --note n --yes", "quarantine.discard", "{'id':'1.2','note':'n'}"},
    {"audit list --limit 3", "audit.list", "{'limit':3}"},
    {"log level debug --minutes 5", "node.log", "{'level':'debug','minutes':5}"},
    {"search -- --limit", "customer.search", "{'text':'--limit'}"},
};

static void banyan__sends_what_was_typed(void **state)
{
    for (size_t i = 0; i < BN_COUNT(typed); i++) {
        char line[512];
        char wanted_text[512];
        snprintf(line, sizeof line, "--json %s", typed[i].line);
        snprintf(wanted_text, sizeof wanted_text, "%s", typed[i].args);
        for (char *at = wanted_text; *at != '\0'; at++) {
            *at = *at == '\'' ? '"' : *at;
        }
        cli_run run = run_at(*state, line);
        json_t *answer = json_loads(run.out, 0, NULL);
        json_t *wanted = json_loads(wanted_text, 0, NULL);
        assert_non_null(wanted);
        if (run.status != 0 || !json_equal(json_object_get(answer, "args"), wanted)) {
            fail_msg("%s: status %d, %s%s", typed[i].line, run.status, run.out, run.err);
        }
        assert_string_equal(json_string_value(json_object_get(answer, "op")), typed[i].op);
        assert_string_equal(json_string_value(json_object_get(answer, "actor")), "li.na");
        const char *schema = json_string_value(json_object_get(answer, "schema"));
        assert_int_equal(strncmp(schema, "banyan.", 7), 0);
        json_decref(answer);
        json_decref(wanted);
        run_end(&run);
    }
}

static void banyan__refuses_with_a_status_and_the_nearest_name(void **state)
{
    static const struct {
        const char *line;
        int status;
        const char *said;
    } rows[] = {
        {"cutsomer list", 2, "banyan customer"},
        {"customer lst", 2, "banyan customer list"},
        {"cust list", 2, "no command cust"},
        {"customer add --nmae x", 2, "--name"},
        {"customer add --mobil x", 2, "--mobile"},
        {"customer add", 2, "no field"},
        {"customer add --set name", 2, "FIELD=VALUE"},
        {"customer add --set nmae=x", 2, "name"},
        {"customer add --name", 2, "wants a value"},
        {"customer list --columns name,brith_date", 2, "birth_date"},
        {"branch rename --name x", 2, "BRANCH is missing"},
        {"record add taks --title x", 2, "task"},
        {"record show task", 2, "ID is missing"},
        {"sync cable up", 2, "neither on nor off"},
        {"sync status now", 2, "too many"},
        {"search x --limit many", 2, "not a number"},
        {"search x --limit -5", 2, "not a number"},
        {"branch revoke 2", 2, "--confirm=2"},
        {"branch add x --branch 7", 2, "0007 is there already: Old, active"},
        {"branch revoke 2 --confirm=3", 2, "--confirm=2"},
        {"branch revoke 2 --yes", 2, "--confirm=2"},
        {"quarantine discard 1.2 --note n", 2, "--yes"},
        {"conflict resolve ab", 2, "--take"},
        {"conflict resolve ab --take A --set a=b", 2, "--take"},
        {"conflict resolve ab --take C", 2, "no column C"},
        {"customer show 1", 3, "not_found"},
        {"customer remove 1", 3, "not_found"},
        {"doctor", 1, ""},
        {"completion fish", 2, "bash or zsh"},
        {"--lang fr sync status", 2, "zh-CN or en"},
        {"import /nowhere/x.csv", 3, "/nowhere/x.csv"},
    };
    for (size_t i = 0; i < BN_COUNT(rows); i++) {
        cli_run run = run_at(*state, rows[i].line);
        if (run.status != rows[i].status || strstr(run.err, rows[i].said) == NULL) {
            fail_msg("%s: status %d: %s", rows[i].line, run.status, run.err);
        }
        run_end(&run);
    }
}

static void banyan__says_how_to_start_a_daemon_that_is_not_there(void **state)
{
    (void)state;
    cli_run run = run_line("--at /nowhere/at-all sync status --json");
    assert_int_equal(run.status, 6);
    assert_non_null(strstr(run.err, "/nowhere/at-all"));
    assert_non_null(strstr(run.err, "systemctl start banyan-branch"));
    json_t *answer = json_loads(run.out, 0, NULL);
    const json_t *error = json_object_get(answer, "error");
    assert_string_equal(json_string_value(json_object_get(error, "code")), "unreachable");
    json_decref(answer);
    run_end(&run);
}

static void banyan__rehearses_a_change_without_sending_it(void **state)
{
    (void)state;
    static const char *const lines[] = {"customer add --name x --dry-run",
                                        "branch revoke 2 --dry-run", "sync cable off --dry-run"};
    for (size_t i = 0; i < BN_COUNT(lines); i++) {
        char line[256];
        snprintf(line, sizeof line, "--at /nowhere/at-all %s", lines[i]);
        cli_run run = run_line(line);
        assert_int_equal(run.status, 0);
        assert_non_null(strstr(run.err, "rehearsal"));
        run_end(&run);
    }
}

static size_t lines_of(const char *text)
{
    size_t count = 0;
    for (; *text != '\0'; text++) {
        count += *text == '\n';
    }
    return count;
}

static void help__is_short_without_words_and_the_same_by_every_way(void **state)
{
    (void)state;
    cli_run bare = run_line("");
    assert_int_equal(bare.status, 2);
    assert_string_equal(bare.out, "");
    assert_in_range(lines_of(bare.err), 5, 25);
    run_end(&bare);
    for (size_t i = 0; i < COMMANDS_COUNT; i++) {
        char line[3][128];
        cli_run run[3];
        const char *title = command_title(&commands[i]);
        snprintf(line[0], sizeof line[0], "%s --help", title);
        snprintf(line[1], sizeof line[1], "%s -h", title);
        snprintf(line[2], sizeof line[2], "help %s", title);
        for (size_t n = 0; n < 3; n++) {
            run[n] = run_line(line[n]);
            if (run[n].status != 0 || run[n].err[0] != '\0') {
                fail_msg("%s: status %d: %s", line[n], run[n].status, run[n].err);
            }
            assert_string_equal(run[n].out, run[0].out);
        }
        for (size_t n = 0; n < 3; n++) {
            run_end(&run[n]);
        }
    }
}

/* Which of {1}..{9} stand in the text; SIZE_MAX when a gap is malformed. */
static size_t gaps_of(const char *text)
{
    size_t gaps = 0;
    for (const char *at = strchr(text, '{'); at != NULL; at = strchr(at + 1, '{')) {
        if (at[1] < '1' || at[1] > '9' || at[2] != '}') {
            return SIZE_MAX;
        }
        gaps |= (size_t)1 << (at[1] - '0');
    }
    return gaps;
}

static void messages__stand_in_both_languages_with_the_same_gaps(void **state)
{
    (void)state;
    for (message_id i = 0; i < MESSAGES_COUNT; i++) {
        const char *en = message_text(LANGUAGE_EN, i);
        const char *zh = message_text(LANGUAGE_ZH, i);
        assert_true(en[0] != '\0' && zh[0] != '\0');
        assert_int_not_equal(gaps_of(en), SIZE_MAX);
        assert_int_equal(gaps_of(en), gaps_of(zh));
    }
    for (size_t i = 0; i < COMMANDS_COUNT; i++) {
        size_t count = 0;
        const command_arg *args = command_args(commands[i].id, &count);
        assert_true(commands[i].help_en[0] != '\0' && commands[i].help_zh[0] != '\0');
        for (size_t n = 0; n < count; n++) {
            bool fixed = args[n].place == PLACE_FIXED;
            assert_true(fixed || (args[n].help_en[0] != '\0' && args[n].help_zh[0] != '\0'));
        }
    }
}

static int check_by(const char *program, const char *text)
{
    FILE *to = popen(program, "w");
    assert_non_null(to);
    fputs(text, to);
    return pclose(to);
}

static void completion__is_a_script_the_shell_reads(void **state)
{
    (void)state;
    cli_run run = run_line("completion bash");
    assert_int_equal(run.status, 0);
    assert_int_equal(check_by("bash -n", run.out), 0);
    assert_non_null(strstr(run.out, "--external_id"));
    run_end(&run);
    run = run_line("completion zsh");
    assert_int_equal(run.status, 0);
    if (WEXITSTATUS(check_by("command -v zsh >/dev/null", "")) == 0) {
        assert_int_equal(check_by("zsh -n", run.out), 0);
    }
    run_end(&run);
}

static void man__has_no_warnings_and_names_every_command(void **state)
{
    (void)state;
    cli_run run = run_line("man");
    assert_int_equal(run.status, 0);
    assert_non_null(strstr(run.out, "banyan conflict resolve"));
    if (WEXITSTATUS(check_by("command -v groff >/dev/null", "")) == 0) {
        assert_int_equal(check_by("test -z \"$(groff -man -Tutf8 -ww -z 2>&1)\"", run.out), 0);
    }
    run_end(&run);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(banyan__sends_what_was_typed),
        cmocka_unit_test(banyan__refuses_with_a_status_and_the_nearest_name),
        cmocka_unit_test(banyan__says_how_to_start_a_daemon_that_is_not_there),
        cmocka_unit_test(banyan__rehearses_a_change_without_sending_it),
        cmocka_unit_test(help__is_short_without_words_and_the_same_by_every_way),
        cmocka_unit_test(messages__stand_in_both_languages_with_the_same_gaps),
        cmocka_unit_test(completion__is_a_script_the_shell_reads),
        cmocka_unit_test(man__has_no_warnings_and_names_every_command),
    };
    return cmocka_run_group_tests(tests, start_daemon, stop_daemon);
}
