/* The commands of drawbridge against a real drawbridged: what they print, and how they end. All tests share
 * one server. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "cli/internal.h"
#include "support/pty.h"
#include "support/world.h"

#define SHIPYARD                                                                                             \
    "apiVersion: spec.keptn.sh/0.2.2\nkind: Shipyard\nmetadata: {name: s}\nspec:\n  stages:\n"               \
    "    - name: qa\n      sequences:\n        - name: delivery\n          tasks: [{name: je-deployment}, "  \
    "{name: je-test}]\n"                                                                                     \
    "        - name: check\n          tasks: [{name: je-test}]\n"                                            \
    "    - name: production\n      sequences:\n        - name: delivery\n          triggeredOn: [{event: "   \
    "qa.delivery.finished}]\n"                                                                               \
    "          tasks:\n            - {name: approval, properties: {pass: manual, warning: manual}}\n"        \
    "            - name: je-deployment\n"
#define JOB                                                                                                  \
    "apiVersion: v2\nactions:\n  - name: deploy\n    events: [{name: "                                       \
    "sh.keptn.event.je-deployment.triggered}]\n    tasks:\n"                                                 \
    "      - name: deploy\n        cmd: [sh, -ec]\n        args: ['echo deploying; printf "                  \
    "\"\\033[31mred\\n\"']\n"                                                                                \
    "  - name: test\n    events: [{name: sh.keptn.event.je-test.triggered}]\n    tasks:\n"                   \
    "      - name: test\n        cmd: [sh, -ec]\n        args: ['echo testing; test ! -e \"$HOME/never\"; "  \
    "test ! -e %s/fail-test']\n"

static struct world world;

/* Runs drawbridge with a line of arguments as a shell reads them. Asserts the exit status; returns standard
 * output, the caller's. Standard error is in the file err. */
static char *run(int expected, const char *format, ...) __attribute__((format(printf, 2, 3)));
static char *run(int expected, const char *format, ...)
{
    char arguments[4096];
    va_list args;
    va_start(args, format);
    vsnprintf(arguments, sizeof arguments, format, args);
    va_end(args);
    char *line = mem_printf("LC_ALL=C.UTF-8 '%s/drawbridge' --server '%s' --token-file '%s' %s < /dev/null > "
                            "out 2> err; echo $? > code",
                            world.programs, world.url, world.token_file, arguments);
    assert_int_equal(world_shell(&world, line), 0);
    char *out = world_read(&world, "out"), *err = world_read(&world, "err"),
         *code = world_read(&world, "code");
    long ended = strtol(code, NULL, 10);
    free(code);
    if (ended != expected)
        fail_msg("drawbridge %s ended with %ld, not %d: %s%s", arguments, ended, expected, out, err);
    free(err);
    free(line);
    return out;
}

static void assert_error(const char *words)
{
    char *err = world_read(&world, "err");
    if (strstr(err, words) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", words, err);
    assert_true(strncmp(err, "drawbridge: ", 12) == 0);
    free(err);
}

static cJSON *run_json(const char *arguments)
{
    char *text = run(0, "%s", arguments);
    cJSON *json = NULL;
    struct error err = ERROR_NONE;
    if (json_parse(text, strlen(text), &json, &err) != STATUS_OK)
        fail_msg("drawbridge %s: %s: %s", arguments, err.text, text);
    free(text);
    return json;
}

static char *deliver(const char *version, const char *options)
{
    char *text =
        run(0, "trigger delivery --project fulltour --service helloservice --image ghcr.io/x/hello:%s %s",
            version, options);
    const char *said = strstr(text, "ID of Keptn context: ");
    assert_non_null(said);
    char *context = mem_string_n(said + 21, 36);
    snprintf(world.context, sizeof world.context, "%s", context);
    free(text);
    return context;
}

static char *deliver_until_waiting(const char *version, const char *options)
{
    char *context = deliver(version, options);
    free(run(0, "watch %s --until waiting --watch-time 30", context));
    return context;
}

static int set_up_group(void **state)
{
    (void)state;
    world_open(&world, NULL, true);
    char *job = mem_printf(JOB, world.directory);
    world_project(&world, SHIPYARD, job);
    free(job);
    return 0;
}

static int tear_down_group(void **state)
{
    (void)state;
    world_close(&world);
    return 0;
}

/* --- usage --- */

static void every_command_has_help_and_refuses_an_option_that_it_does_not_know(void **state)
{
    (void)state;
    for (const struct cli_command *c = cli_commands; c->words != NULL; c++) {
        char *words = mem_string_n(c->words, strcspn(c->words, "|"));
        char *help = run(0, "%s --help", words);
        assert_non_null(strstr(help, "usage: drawbridge [options] "));
        assert_non_null(strstr(help, words));
        for (const struct cli_option *o = c->options; o != NULL && o->name != NULL; o++)
            assert_non_null(strstr(help, o->name));
        free(help);
        free(run(2, "%s --frobnicate", words));
        assert_error("--frobnicate is no option");
        free(words);
    }
    char *help = run(0, "--help");
    for (const struct cli_option *o = cli_global_options; o->name != NULL; o++)
        assert_non_null(strstr(help, o->name));
    free(help);
    char *version = run(0, "--version");
    assert_string_equal(version, PACKAGE_NAME " " PACKAGE_VERSION "\n");
    free(version);
}

static void wrong_usage_ends_with_2_and_sends_nothing(void **state)
{
    static const struct {
        const char *arguments, *words;
    } rows[] = {
        {"frobnicate", "no command frobnicate"},
        {"create frobnicate", "no command create frobnicate"},
        {"create", "no command create"},
        {"create project", "something is missing"},
        {"create project a b", "one argument too many"},
        {"create project a", "--shipyard is missing"},
        {"create project a --shipyard", "needs a value"},
        {"create project a --shipyard shipyard.yaml --git-user me", "--git-user needs --git-remote-url"},
        {"create service a", "--project is missing"},
        {"add-resource --project fulltour", "--resource is missing"},
        {"add-resource --project fulltour --resource job.yaml --stage qa --all-stages", "do not go together"},
        {"add-resource --project fulltour --resource job.yaml --service s", "--service needs --stage"},
        {"trigger delivery --service s --image i", "--project is missing"},
        {"trigger delivery --project p --image i", "--service is missing"},
        {"trigger delivery --project p --service s", "--image is missing"},
        {"trigger delivery --project p --service s --image i:1 --tag 2", "has a tag already"},
        {"trigger delivery --project p --service s --image i --labels x", "must be key=value"},
        {"trigger delivery --project p --service s --image i --labels =x", "must be key=value"},
        {"trigger delivery --project p --service s --image i --values x", "must be key=value"},
        {"trigger delivery --project p --service s --image i --watch-time x", "--watch-time x"},
        {"trigger sequence --project p --service s --stage qa", "which sequence"},
        {"trigger sequence x --project p --service s --stage qa --data '[1]'", "no JSON object"},
        {"trigger sequence x --project p --service s --stage qa --data '{'", "--data"},
        {"list everything", "cannot be listed"},
        {"list -o yaml", "must be table, json or ndjson"},
        {"list --since yesterday", "--since yesterday"},
        {"watch --until Christmas", "--until Christmas"},
        {"watch --watch-time 0", "--watch-time 0"},
        {"approve x", "--yes is needed"},
        {"approve '' --yes", "empty id"},
        {"pause", "which one"},
        {"get stage", "--project is missing"},
        {"get event", "--project or --keptn-context is missing"},
        {"send event", "--file is missing"},
        {"--glyphs emoji list", "--glyphs emoji"},
        {"--stream http://x list", "--stream http://x"},
        {"--server keptn.example list", "must look like"},
        {"--server 'http://a b' list", "must look like"},
        {"--token-file nothing-here list", "nothing-here"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *out = run(2, "%s", rows[i].arguments);
        assert_string_equal(out, "");
        free(out);
        assert_error(rows[i].words);
    }
}

static void options_stand_before_and_after_the_command(void **state)
{
    (void)state;
    free(run(0, "list --only-project fulltour projects"));
    free(run(0, "--only-project fulltour list projects"));
    free(run(0, "create service --project=fulltour before"));
    free(run(0, "delete service before --project fulltour"));
    free(run(4, "--read-only delete service x --project fulltour"));
    free(run(4, "delete service x --project fulltour --read-only"));
}

/* --- exit statuses --- */

static void a_server_that_is_not_there_ends_with_6(void **state)
{
    static const char *const commands[] = {"list",
                                           "show x",
                                           "approve x --yes",
                                           "watch",
                                           "watch --until waiting",
                                           "log x",
                                           "auth",
                                           "status",
                                           "get project",
                                           "create service a --project b",
                                           "pause x",
                                           "trigger delivery --project a --service b --image c"};
    (void)state;
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        char *out = run(6, "--server http://127.0.0.1:1/api %s", commands[i]);
        assert_string_equal(out, "");
        free(out);
        assert_error("Connection refused");
    }
}

static void a_wrong_token_ends_with_4(void **state)
{
    static const char *const commands[] = {"list", "watch", "auth", "create service a --project b"};
    (void)state;
    world_write(&world, "wrong", "not-a-token-at-all\n");
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        free(run(4, "--token-file wrong %s", commands[i]));
        assert_error("token");
    }
}

static void a_token_that_cannot_stand_in_a_header_is_refused(void **state)
{
    static const char *const tokens[] = {"", "  \n", "two words", "line\nbreak", "\x01"};
    (void)state;
    for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++) {
        world_write(&world, "wrong", tokens[i]);
        free(run(2, "--token-file wrong auth"));
        assert_error("token file wrong");
    }
}

static void what_is_not_there_ends_with_3(void **state)
{
    static const struct {
        const char *arguments, *words;
    } rows[] = {
        {"show deadbeef", "deadbeef"},
        {"approve deadbeef --yes", "deadbeef"},
        {"approve 00000000-0000-4000-8000-000000000000 --yes", "00000000"},
        {"watch deadbeef", "deadbeef"},
        {"log deadbeef", "deadbeef"},
        {"pause deadbeef", "deadbeef"},
        {"trigger delivery --project nowhere --service s --image i", "nowhere"},
        {"trigger delivery --project fulltour --service nothing --image i", "service nothing not found"},
        {"trigger delivery --project fulltour --service helloservice --stage moon --image i", "moon"},
        {"get project nowhere", "nowhere"},
        {"get stage --project nowhere", "nowhere"},
        {"get stage moon --project fulltour", "moon"},
        {"get service nothing", "nothing"},
        {"send event --file nothing.json", "nothing.json"},
        {"create project p --shipyard nothing.yaml", "nothing.yaml"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        free(run(3, "%s", rows[i].arguments));
        assert_error(rows[i].words);
    }
}

static void read_only_sends_nothing(void **state)
{
    (void)state;
    for (const struct cli_command *c = cli_commands; c->words != NULL; c++) {
        if (!c->changes)
            continue;
        char *words = mem_string_n(c->words, strcspn(c->words, "|"));
        /* on a server that is not there: an attempt would end with 6 */
        free(run(4, "--read-only --server http://127.0.0.1:1/api %s %s", words, c->words_min > 0 ? "x" : ""));
        assert_error("--read-only");
        free(words);
    }
}

static void output_that_cannot_be_written_ends_with_1(void **state)
{
    (void)state;
    char *line = mem_printf("'%s/drawbridge' --server '%s' --token-file '%s' list > /dev/full 2> err",
                            world.programs, world.url, world.token_file);
    assert_int_equal(world_shell(&world, line), 1);
    assert_error("could not be written");
    free(line);
}

static void the_token_of_this_machines_drawbridged_is_found(void **state)
{
    (void)state;
    char *line = mem_printf(
        "mkdir -p state/drawbridged && cp '%s' state/drawbridged/admin-token && unset DRAWBRIDGE_TOKEN && "
        "XDG_STATE_HOME=$PWD/state DRAWBRIDGE_SERVER='%s' '%s/drawbridge' auth > out",
        world.token_file, world.url, world.programs);
    assert_int_equal(world_shell(&world, line), 0);
    free(line);
    line = mem_printf("DRAWBRIDGE_TOKEN=$(cat '%s') XDG_STATE_HOME=/nowhere DRAWBRIDGE_SERVER='%s' "
                      "'%s/drawbridge' auth > out",
                      world.token_file, world.url, world.programs);
    assert_int_equal(world_shell(&world, line), 0);
    free(line);
}

/* --- deliveries --- */

static void watching_a_delivery_ends_as_it_ends(void **state)
{
    (void)state;
    char *text = run(0, "trigger sequence check --project fulltour --service helloservice --stage qa --watch "
                        "--watch-time 30");
    assert_non_null(strstr(text, "qa.check.triggered"));
    assert_non_null(strstr(text, "je-test.started"));
    assert_non_null(strstr(text, "qa.check.finished  pass"));
    free(text);
    world_write(&world, "fail-test", "");
    text = run(1, "trigger sequence check --project fulltour --service helloservice --stage qa --watch "
                  "--watch-time 30");
    assert_non_null(strstr(text, "qa.check.finished  fail"));
    assert_error("check of helloservice in qa failed");
    free(text);
    assert_int_equal(world_shell(&world, "rm fail-test"), 0);
    free(run(7, "trigger delivery --project fulltour --service helloservice --image x:timeout --watch "
                "--watch-time 1"));
    assert_error("not there after 1 s");
}

static void a_delivery_waits_is_shown_approved_and_cannot_be_approved_again(void **state)
{
    (void)state;
    char *context = deliver_until_waiting("v1", "--labels 'build=7,note=\"a,b\"' -l who=me");
    char *text = run(0, "list");
    assert_non_null(strstr(text, "\nfulltour\n  qa\n"));
    assert_non_null(strstr(text, "■ waiting"));
    assert_non_null(strstr(text, "approval"));
    free(text);
    text = run(0, "show %s", context);
    for (size_t i = 0; i < 6; i++) {
        const char *const words[] = {
            "delivery of helloservice: waiting", "build=7, note=a,b, who=me", "| testing", "stage commit ",
            "strategy        pass: manual",      "qa.delivery.triggered"};
        if (strstr(text, words[i]) == NULL)
            fail_msg("no \"%s\" in %s", words[i], text);
    }
    assert_null(strchr(text, '\033'));
    free(text);
    free(run(2, "approve %s", context)); /* nobody to ask */
    text = run(0, "approve %.12s --yes --comment 'go \xE2\x9C\x85'", context);
    assert_non_null(strstr(text, "approved: delivery of helloservice in production of fulltour"));
    free(text);
    free(run(0, "watch %s --until finished --watch-time 30", context));
    free(run(5, "approve %s --yes", context));
    assert_error("approved already by admin");
    free(run(5, "decline %s --yes", context));
    text = run(0, "list decided");
    assert_non_null(strstr(text, "approved  admin"));
    assert_non_null(strstr(text, "go \xE2\x9C\x85"));
    free(text);
    text = run(0, "get service helloservice --project fulltour");
    assert_non_null(strstr(text, "production"));
    free(text);
    free(context);
}

static void json_carries_both_words_for_a_state_and_the_commits(void **state)
{
    (void)state;
    char *context = deliver_until_waiting("v2", "--labels build=8 --values replicas=2 --values a.b=c");
    char *arguments = mem_printf("show %s -o json", context);
    cJSON *shown = run_json(arguments);
    const cJSON *production = cJSON_GetArrayItem(json_get(shown, "stages"), 1);
    assert_string_equal(json_text(shown, "keptnContext"), context);
    assert_string_equal(json_text(shown, "state"), "waiting");
    assert_string_equal(json_text(shown, "keptnState"), "started");
    assert_string_equal(json_text(production, "state"), "waiting");
    assert_int_equal(strlen(json_text(production, "gitcommitid")), 40);
    assert_int_equal(strlen(json_text(production, "shipyardcommit")), 40);
    assert_string_equal(json_text(production, "version"), "v2");
    assert_string_equal(json_text(json_get(production, "labels"), "build"), "8");
    assert_string_equal(json_text(json_get(production, "approval"), "pass"), "manual");
    const cJSON *first = cJSON_GetArrayItem(json_get(shown, "events"), 0);
    assert_string_equal(json_text(first, "type"), "sh.keptn.event.qa.delivery.triggered");
    const cJSON *values = json_path(first, "data", "configurationChange", "values", NULL);
    assert_string_equal(json_text(values, "image"), "ghcr.io/x/hello:v2");
    assert_string_equal(json_text(values, "replicas"), "2");
    assert_string_equal(json_text(json_get(values, "a"), "b"), "c");
    const char *approval = json_text(json_get(production, "approval"), "triggeredId");

    cJSON *waiting = run_json("list waiting -o json");
    assert_int_equal(cJSON_GetArraySize(waiting), 2); /* that of the timeout, and this one */
    cJSON_Delete(waiting);
    char *text = run(0, "list waiting -o ndjson");
    for (char *line = text, *end; *line != '\0'; line = end + 1) {
        cJSON *item = NULL;
        end = strchr(line, '\n');
        assert_int_equal(json_parse(line, (size_t)(end - line), &item, NULL), STATUS_OK);
        assert_string_equal(json_text(item, "state"), "waiting");
        cJSON_Delete(item);
    }
    free(text);
    text = run(0, "decline %s --yes --comment 'not today'", approval); /* by the approval's id */
    assert_non_null(strstr(text, "declined: "));
    free(text);
    free(run(1, "watch %s --until finished --watch-time 30", context));
    assert_error("delivery of helloservice in production failed");
    cJSON_Delete(shown);
    free(arguments);
    free(context);
}

static void every_list_is_a_table_json_and_lines_of_json(void **state)
{
    static const char *const lists[] = {"", "waiting", "sequences", "projects", "decided"};
    (void)state;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        char *arguments = mem_printf("list %s -o json", lists[i]);
        cJSON *json = run_json(arguments);
        assert_true(cJSON_IsArray(json));
        assert_true(cJSON_GetArraySize(json) > 0);
        char *table = run(0, "list %s", lists[i]), *lines = run(0, "list %s -o ndjson", lists[i]);
        int newlines = 0;
        for (const char *p = lines; *p != '\0'; p++)
            newlines += *p == '\n';
        assert_int_equal(newlines, cJSON_GetArraySize(json));
        assert_true(strncmp(table, "STATE ", 6) == 0 || strncmp(table, "ID ", 3) == 0 ||
                    strncmp(table, "PROJECT ", 8) == 0 || strncmp(table, "TIME ", 5) == 0);
        free(table);
        free(lines);
        cJSON_Delete(json);
        free(arguments);
    }
    cJSON *none = run_json("list sequences -o json --since 1ms");
    assert_int_equal(cJSON_GetArraySize(none), 0);
    cJSON_Delete(none);
}

static void an_id_that_fits_several_is_ambiguous(void **state)
{
    static const char *const contexts[] = {"aaaaaaaa-0000-4000-8000-000000000001",
                                           "aaaaaaaa-0000-4000-8000-000000000002"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        char *event = mem_printf(
            "{\"type\":\"sh.keptn.event.qa.check.triggered\",\"source\":\"test\",\"shkeptncontext\":\"%s\","
            "\"data\":{\"project\":\"fulltour\",\"stage\":\"qa\",\"service\":\"helloservice\"}}",
            contexts[i]);
        world_write(&world, "event.json", event);
        char *text = run(0, "send event --file event.json");
        assert_non_null(strstr(text, contexts[i]));
        free(text);
        free(event);
    }
    free(run(2, "show aaaaaaaa"));
    assert_error("fits 2 Keptn contexts");
    char *text = run(0, "show AAAAAAAA-0000-4000-8000-000000000002");
    assert_non_null(strstr(text, contexts[1]));
    free(text);
    for (size_t i = 0; i < 2; i++)
        free(run(0, "watch %s --until finished --watch-time 30", contexts[i]));
}

static void text_from_outside_cannot_command_the_terminal(void **state)
{
    (void)state;
    world_write(
        &world, "evil.json",
        "{\"type\":\"sh.keptn.event.qa.check.triggered\",\"source\":\"\\u001b[2J\\u009b31mevil\\u202e\","
        "\"data\":{\"project\":\"fulltour\",\"stage\":\"qa\",\"service\":\"helloservice\",\"message\":"
        "\"\\u001b]0;x\\u0007\","
        "\"labels\":{\"a\\u001b[31m\":\"b\\nc\\u200b\"}}}");
    char *text = run(0, "send event --file evil.json");
    char *context = mem_string_n(strstr(text, "context: ") + 9, 36);
    free(text);
    const char *const commands[] = {"show %s", "show %s -o json", "watch %s --until finished --watch-time 30",
                                    "watch %s --until finished --watch-time 30 -o ndjson", "log %s"};
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        char *arguments = i == 0   ? mem_printf("show %s", context)
                          : i == 1 ? mem_printf("show %s -o json", context)
                          : i == 2 ? mem_printf("watch %s --until finished --watch-time 30", context)
                          : i == 3
                              ? mem_printf("watch %s --until finished --watch-time 30 -o ndjson", context)
                              : mem_printf("log %s", context);
        char *out = run(0, "%s", arguments), *err = world_read(&world, "err");
        for (size_t k = 0; k < 2; k++) {
            const char *said = k == 0 ? out : err;
            assert_null(strchr(said, '\033'));
            assert_null(strchr(said, '\a'));
            assert_null(strstr(said, "\xc2\x9b"));
            assert_null(strstr(said, "\xe2\x80\xae"));
            assert_null(strstr(said, "\xe2\x80\x8b"));
        }
        free(arguments);
        free(out);
        free(err);
    }
    cJSON *events = NULL;
    char *arguments = mem_printf("get event --keptn-context %s", context);
    events = run_json(arguments); /* escaped, not lost */
    const cJSON *oldest = cJSON_GetArrayItem(events, cJSON_GetArraySize(events) - 1);
    assert_string_equal(json_text(oldest, "source"), "\033[2J\xc2\x9b"
                                                     "31mevil\xe2\x80\xae");
    cJSON_Delete(events);
    free(arguments);
    free(context);
}

static void a_log_is_printed_and_followed_to_its_end(void **state)
{
    (void)state;
    char *context = deliver("v3", "");
    char *text = run(7, "watch --until finished --project nowhere-at-all --watch-time 1");
    free(text);
    free(run(0, "watch %s --until waiting --watch-time 30", context));
    free(run(0, "approve %s --yes", context));
    text = run(0, "log %s --follow", context);
    assert_string_equal(
        text, "== qa / je-deployment ==\ndeploying\n\xef\xbf\xbd[31mred\n== qa / je-test ==\ntesting\n"
              "== production / je-deployment ==\ndeploying\n\xef\xbf\xbd[31mred\n");
    free(text);
    free(context);
}

static void watching_as_lines_of_json_gives_whole_events(void **state)
{
    (void)state;
    char *context = deliver_until_waiting("v4", "");
    char *text = run(0, "watch %s --until waiting -o ndjson --watch-time 30", context);
    int count = 0;
    for (char *line = text, *end; *line != '\0'; line = end + 1) {
        cJSON *event = NULL;
        end = strchr(line, '\n');
        assert_int_equal(json_parse(line, (size_t)(end - line), &event, NULL), STATUS_OK);
        assert_string_equal(json_text(event, "shkeptncontext"), context);
        assert_non_null(json_text(event, "type"));
        cJSON_Delete(event);
        count++;
    }
    assert_true(count >= 10);
    free(text);
    free(run(0, "approve %s --yes", context));
    free(context);
}

static void an_older_version_is_told_as_going_back(void **state)
{
    (void)state;
    char *older = deliver_until_waiting("v5", ""), *newer = deliver_until_waiting("v6", "");
    free(run(0, "approve %s --yes", newer));
    free(run(0, "watch %s --until finished --watch-time 30", newer));
    free(run(0, "approve %s --yes", older));
    char *err = world_read(&world, "err");
    assert_non_null(strstr(err, "OLDER than v6, delivered <1m ago: this goes BACK"));
    assert_non_null(strstr(err, "last delivered: …/hello:v6 (<1m ago)"));
    free(err);
    free(run(0, "watch %s --until finished --watch-time 30", older));
    free(older);
    free(newer);
}

static void a_sequence_is_paused_resumed_and_aborted(void **state)
{
    (void)state;
    char *context = deliver_until_waiting("v7", "");
    char *text = run(0, "pause sequence --keptn-context %s --project fulltour", context);
    assert_non_null(strstr(text, "pause sent to sequence"));
    free(text);
    free(run(0, "resume %.13s", context));
    free(run(3, "abort %s --project other", context));
    free(run(0, "abort %s", context));
    free(run(1, "watch %s --until finished --watch-time 30", context));
    assert_error("aborted");
    free(context);
}

/* Reads a file until it has the words, for at most 20 s; the caller's. */
static char *wait_for_words(const char *file, const char *words)
{
    int64_t deadline = clock_monotonic_ns() + 20 * CLOCK_S;
    for (;;) {
        char *text = world_read(&world, file);
        if (text != NULL && strstr(text, words) != NULL)
            return text;
        if (clock_monotonic_ns() > deadline)
            fail_msg("no \"%s\" in %s: %s", words, file, text != NULL ? text : "nothing");
        free(text);
        poll(NULL, 0, 20);
    }
}

static void watching_outlives_a_kill_of_the_server_and_tells_each_event_once(void **state)
{
    (void)state;
    char *line = mem_printf("'%s/drawbridge' --server '%s' --token-file '%s' watch -o ndjson > watched 2> "
                            "watched.err & echo $! > watcher",
                            world.programs, world.url, world.token_file);
    assert_int_equal(world_shell(&world, line), 0);
    free(line);
    /* it tells nobody when it listens: so one delivery after the other until one is seen */
    char *first = NULL, *seen = NULL;
    for (int i = 0; i < 100 && seen == NULL; i++) {
        free(first);
        first = deliver_until_waiting("v8", "");
        char *text = world_read(&world, "watched");
        if (strstr(text, first) != NULL)
            seen = text;
        else
            free(text);
    }
    assert_non_null(seen);
    free(seen);
    world_kill(&world, SIGKILL);
    free(wait_for_words("watched.err", "connection lost"));
    world_start(&world);
    char *second = deliver_until_waiting("v9", "");
    char *words = mem_printf("\"shkeptncontext\":\"%s\"", second);
    free(wait_for_words("watched", words));
    free(wait_for_words("watched.err", "live again"));
    free(wait_for_words("watched", "approval.started"));
    assert_int_equal(world_shell(&world, "kill $(cat watcher)"), 0);
    char *text = world_read(&world, "watched");
    uint64_t last = 0;
    for (const char *p = strstr(text, "\"sequence\":\""); p != NULL; p = strstr(p + 1, "\"sequence\":\"")) {
        uint64_t number = strtoull(p + 12, NULL, 10);
        assert_true(number > last); /* states are not printed, so numbers are left out; none comes again */
        last = number;
    }
    assert_true(last > 0);
    free(text);
    free(run(0, "abort %s", first));
    free(run(0, "abort %s", second));
    free(words);
    free(first);
    free(second);
}

/* --- on a terminal --- */

/* Standard error too, which the pseudo-terminal leaves to the sanitizers otherwise. */
static struct pty *start_on_terminal(const char *arguments, int columns)
{
    char *line = mem_printf("exec '%s/drawbridge' --server '%s' --token-file '%s' %s 2>&1", world.programs,
                            world.url, world.token_file, arguments);
    const char *argv[] = {"/bin/sh", "-c", line, NULL};
    const struct pty_options options = {.argv = argv, .columns = columns, .rows = 30};
    struct pty *p = pty_start(&options);
    free(line);
    return p;
}

static void approving_on_a_terminal_asks_first(void **state)
{
    static const struct {
        const char *typed;
        int exit_status;
    } rows[] = {{"n\n", 1}, {"\n", 1}, {"\004", 1}, {"y\n", 0}};
    (void)state;
    char *context = deliver_until_waiting("v10", "");
    char *words = mem_printf("approve %s", context);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct pty *p = start_on_terminal(words, 100);
        assert_true(pty_wait_text(p, "approve? [y/N]", 20000));
        assert_true(pty_find_row(p, "to deliver: …/hello:v10") >= 0);
        pty_type(p, rows[i].typed);
        assert_int_equal(pty_wait_exit(p, 20000), rows[i].exit_status);
        (void)pty_end(p);
    }
    free(run(0, "watch %s --until finished --watch-time 30", context));
    free(words);
    free(context);
}

static void approving_what_goes_back_on_a_terminal_wants_it_typed(void **state)
{
    static const struct {
        const char *typed;
        int exit_status;
    } rows[] = {{"y\n", 1}, {"helloservice@production\n", 0}};
    (void)state;
    char *older = deliver_until_waiting("v11", ""), *newer = deliver_until_waiting("v12", "");
    free(run(0, "approve %s --yes", newer));
    free(run(0, "watch %s --until finished --watch-time 30", newer));
    char *words = mem_printf("approve %s", older);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct pty *p = start_on_terminal(words, 100);
        assert_true(pty_wait_text(p, "type helloservice@production to approve:", 20000));
        assert_true(pty_find_row(p, "OLDER than v12, delivered <1m ago: this goes BACK") >= 0);
        pty_type(p, rows[i].typed);
        assert_int_equal(pty_wait_exit(p, 20000), rows[i].exit_status);
        (void)pty_end(p);
    }
    free(run(0, "watch %s --until finished --watch-time 30", older));
    free(words);
    free(older);
    free(newer);
}

static void tables_shrink_to_the_terminal(void **state)
{
    static const int widths[] = {120, 60, 40, 5, 1};
    (void)state;
    free(run(0, "create project a-project-with-a-very-long-name-that-needs-room --shipyard shipyard.yaml"));
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
        struct pty *p = start_on_terminal("list projects", widths[i]);
        assert_int_equal(pty_wait_exit(p, 20000), 0);
        if (widths[i] >= 40) { /* below, what every column keeps is wider than the terminal */
            int row = pty_find_row(p, "a-p");
            assert_true(row > 0);
            assert_int_equal(strncmp(pty_row(p, row - 1), "PRO", 3), 0);
            assert_int_equal(strstr(pty_row(p, row), "needs-room") != NULL, widths[i] >= 120);
            assert_int_equal(strstr(pty_row(p, row), "\xe2\x80\xa6") != NULL, widths[i] < 120);
        }
        (void)pty_end(p);
    }
    free(run(0, "delete project a-project-with-a-very-long-name-that-needs-room"));
}

/* --- projects --- */

static void projects_services_and_resources_come_and_go(void **state)
{
    (void)state;
    char *text = run(0, "create project other --shipyard shipyard.yaml");
    assert_string_equal(text, "project other created\n");
    free(text);
    free(run(5, "create project other --shipyard shipyard.yaml"));
    assert_error("already exists");
    free(run(0, "create service s1 --project other"));
    free(run(0, "add-resource --project other --resource job.yaml --resourceUri a/job.yaml"));
    free(run(0, "add-resource --project other --stage qa --resource ./job.yaml"));
    text = run(0, "add-resource --project other --service s1 --all-stages --resource job.yaml --resourceUri "
                  "job/config.yaml");
    assert_non_null(strstr(text, "stage qa, service s1"));
    assert_non_null(strstr(text, "stage production, service s1"));
    free(text);
    cJSON *resource = world_get(&world, "/resource-service/v1/project/other/stage/qa/resource/job.yaml");
    assert_non_null(json_text(resource, "resourceContent"));
    cJSON_Delete(resource);
    text = run(0, "get projects");
    assert_non_null(strstr(text, "other"));
    free(text);
    text = run(0, "get stage --project other");
    assert_non_null(strstr(text, "production  s1"));
    free(text);
    free(run(0, "delete service s1 --project other"));
    free(run(3, "get service s1 --project other"));
    free(run(0, "delete project other"));
    free(run(3, "get project other"));
    text = run(0, "status");
    assert_non_null(strstr(text, "admin (admin)"));
    free(text);
    free(run(0, "version"));
}

static void a_bad_shipyard_or_event_is_told_with_its_place(void **state)
{
    (void)state;
    world_write(&world, "bad.yaml", "apiVersion: spec.keptn.sh/0.2.2\nspec:\n  stages:\n    - name: QA\n");
    free(run(2, "create project other --shipyard bad.yaml"));
    assert_error("4:");
    world_write(&world, "bad.json", "{\"type\":\n\"x\",}");
    free(run(2, "send event --file bad.json"));
    assert_error("bad.json");
    world_write(&world, "bad.json", "{\"type\":\"x\"}");
    free(run(2, "send event --file bad.json"));
    assert_error("source in body is required");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_command_has_help_and_refuses_an_option_that_it_does_not_know),
        cmocka_unit_test(wrong_usage_ends_with_2_and_sends_nothing),
        cmocka_unit_test(options_stand_before_and_after_the_command),
        cmocka_unit_test(a_server_that_is_not_there_ends_with_6),
        cmocka_unit_test(a_wrong_token_ends_with_4),
        cmocka_unit_test(a_token_that_cannot_stand_in_a_header_is_refused),
        cmocka_unit_test(what_is_not_there_ends_with_3),
        cmocka_unit_test(read_only_sends_nothing),
        cmocka_unit_test(output_that_cannot_be_written_ends_with_1),
        cmocka_unit_test(the_token_of_this_machines_drawbridged_is_found),
        cmocka_unit_test(watching_a_delivery_ends_as_it_ends),
        cmocka_unit_test(a_delivery_waits_is_shown_approved_and_cannot_be_approved_again),
        cmocka_unit_test(json_carries_both_words_for_a_state_and_the_commits),
        cmocka_unit_test(every_list_is_a_table_json_and_lines_of_json),
        cmocka_unit_test(an_id_that_fits_several_is_ambiguous),
        cmocka_unit_test(text_from_outside_cannot_command_the_terminal),
        cmocka_unit_test(a_log_is_printed_and_followed_to_its_end),
        cmocka_unit_test(watching_as_lines_of_json_gives_whole_events),
        cmocka_unit_test(an_older_version_is_told_as_going_back),
        cmocka_unit_test(a_sequence_is_paused_resumed_and_aborted),
        cmocka_unit_test(watching_outlives_a_kill_of_the_server_and_tells_each_event_once),
        cmocka_unit_test(approving_on_a_terminal_asks_first),
        cmocka_unit_test(approving_what_goes_back_on_a_terminal_wants_it_typed),
        cmocka_unit_test(tables_shrink_to_the_terminal),
        cmocka_unit_test(projects_services_and_resources_come_and_go),
        cmocka_unit_test(a_bad_shipyard_or_event_is_told_with_its_place),
    };
    return cmocka_run_group_tests(tests, set_up_group, tear_down_group);
}
