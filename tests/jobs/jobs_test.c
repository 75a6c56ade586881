/* What events become of an event, a configuration and a process. */
#include "config.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "world.h"

#define ACTION     "apiVersion: v2\nactions:\n- name: act\n  events: [{name: sh.keptn.event.je.triggered}]\n"
#define SH(script) ACTION "  tasks: [{name: only, cmd: [sh, -c, '" script "']}]\n"

static void assert_commit(const struct world *w, size_t i, const char *type, const char *state,
                          uint64_t handled)
{
    const struct commit *c = world_commit(w, i);
    if (strcmp(c->type, type) != 0 || strcmp(c->state, state) != 0 || c->handled != handled)
        fail_msg("commit %zu: \"%s\" \"%s\" %d, expected \"%s\" \"%s\" %d", i, c->type, c->state,
                 (int)c->handled, type, state, (int)handled);
}

static void assert_data(const struct commit *c, const char *key, const char *expected)
{
    const char *text = json_text(c->data, key);
    if (!text || strcmp(text, expected) != 0)
        fail_msg("%s of %s: %s, expected %s; %s", key, c->type, text ? text : "(none)", expected,
                 world_message(c));
}

static const char *label(const struct commit *c, const char *key)
{
    return json_text(json_get(c->data, "labels"), key);
}

static void a_job_that_ends_with_0_passes(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, NULL, 0, 0);
    w.config = SH("echo out; echo err >&2; pwd");
    world_handle(&w, ",\"labels\":{\"a\":\"b\"},\"status\":\"succeeded\",\"result\":\"warning\"");
    world_wait(&w, world_has_ended, "the end");
    assert_int_equal(w.commit_count, 3);

    const struct commit *started = world_commit(&w, 0), *finished = world_commit(&w, 2);
    assert_commit(&w, 0, "sh.keptn.event.je.started", "starting", 7);
    assert_string_equal(started->source, "job-executor-service");
    assert_string_equal(started->triggeredid, WORLD_ID);
    assert_string_equal(started->id, WORLD_ID);
    assert_string_equal(started->context, "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee");
    assert_string_equal(started->gitcommitid, "4f1c");
    assert_data(started, "project", "fulltour");
    assert_data(started, "stage", "qa");
    assert_data(started, "service", "helloservice");
    assert_data(started, "status", "succeeded");
    assert_data(started, "result", "warning");
    assert_string_equal(label(started, "a"), "b");

    assert_commit(&w, 1, "", "running", 0);
    assert_true(world_commit(&w, 1)->pid > 1 && world_commit(&w, 1)->start_time > 0);

    assert_commit(&w, 2, "sh.keptn.event.je.finished", "ended", 0);
    assert_data(finished, "project", "fulltour");
    assert_data(finished, "status", "succeeded");
    assert_data(finished, "result", "pass");
    assert_null(label(finished, "a"));
    assert_null(json_get(finished->data, "test"));
    world_assert_text(world_message(finished), "Task 'only' finished successfully!\n\nLogs:\nout\nerr\n");

    char *log = world_log(&w), *work = mem_printf("%s/jobs/" WORLD_ID ".work", w.directory);
    world_assert_text(log, "out\nerr\n/tmp/");
    world_assert_text(log, work);
    assert_false(world_exists(work));
    free(work);
    free(log);
    world_close(&w);
}

static void a_job_that_fails_tells_why_and_what_it_wrote(void **state)
{
    (void)state;
    static const struct {
        const char *script, *part;
    } rows[] = {
        {"echo before; exit 3",
         "Error while creating job: job only failed. Reason: Error, Message: it ended with exit "
         "status 3\n\nLogs:\nbefore\n"},
        {"echo before; kill -9 $$$$", "it was ended by signal 9 (Killed)\n\nLogs:\nbefore\n"},
        {"exit 1", "it ended with exit status 1"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct world w;
        world_open(&w, NULL, 0, 0);
        char *config = mem_printf(ACTION "  tasks: [{name: only, cmd: [sh, -c, '%s']}]\n", rows[i].script);
        w.config = config;
        world_handle(&w, ",\"labels\":{\"a\":\"b\"}");
        world_wait(&w, world_has_ended, "the end");
        const struct commit *finished = world_commit(&w, 2);
        assert_commit(&w, 2, "sh.keptn.event.je.finished", "ended", 0);
        assert_data(finished, "status", "errored");
        assert_data(finished, "result", "fail");
        assert_string_equal(label(finished, "a"), "b");
        world_assert_text(world_message(finished), rows[i].part);
        free(config);
        world_close(&w);
    }
}

static const struct {
    const char *name, *tasks, *part;
} faults[] = {
    {"a command that is not there", "[{name: t, cmd: [no-such-command]}]",
     "job t failed. Reason: Error, Message: cannot run no-such-command: No such file or directory"},
    {"a working directory that is not there", "[{name: t, cmd: [pwd], workingDir: /no/such}]",
     "cannot change to the directory /no/such: No such file or directory"},
    {"no command", "[{name: t, image: alpine, args: [x]}]", "could not start job t: it has no cmd"},
    {"a missing path", "[{name: t, cmd: [env], env: [{name: A, value: $.data.no, valueFrom: event}]}]",
     "could not prepare env for job t: could not add env with name A, value $.data.no, valueFrom event: the "
     "event has "
     "nothing at"},
    {"a path that is not understood",
     "[{name: t, cmd: [env], env: [{name: A, value: '$..no', valueFrom: event}]}]",
     "JSONPath \"$..no\": not understood"},
    {"a secret that is not there", "[{name: t, cmd: [env], env: [{name: nosecret, valueFrom: secret}]}]",
     "could not add env with name nosecret, valueFrom secret: no such secret"},
    {"a secret that is no object", "[{name: t, cmd: [env], env: [{name: badsecret, valueFrom: secret}]}]",
     "could not add env with name badsecret, valueFrom secret: it is no object"},
    {"a file that is not there", "[{name: t, cmd: [ls], files: [no/such]}]",
     "could not prepare files for job t: could not find file no/such for task t"},
    {"a file outside", "[{name: t, cmd: [ls], files: [a/../../b]}]",
     "\"a/../../b\" leads out of the service's files"},
};

static void what_cannot_start_fails_with_the_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        struct world w;
        world_open(&w, NULL, 0, 0);
        char *config = mem_printf(ACTION "  tasks: %s\n", faults[i].tasks);
        w.config = config;
        w.secret_name = "badsecret";
        w.secret_text = "[1]";
        world_handle(&w, "");
        world_wait(&w, world_has_ended, faults[i].name);
        const struct commit *finished = world_commit(&w, w.commit_count - 1);
        assert_string_equal(finished->type, "sh.keptn.event.je.finished");
        assert_data(finished, "status", "errored");
        assert_data(finished, "result", "fail");
        world_assert_text(world_message(finished), "Error while creating job: ");
        world_assert_text(world_message(finished), faults[i].part);
        free(config);
        world_close(&w);
    }
}

static void a_job_sees_only_its_own_environment(void **state)
{
    (void)state;
    static const char *const through[] = {"PATH", "JOBS_TEST_THROUGH", "JOBS_TEST_UNSET", NULL};
    struct world w;
    setenv("JOBS_TEST_THROUGH", "yes", 1);
    setenv("JOBS_TEST_HIDDEN", "no", 1);
    world_open(&w, through, 0, 0);
    w.config = ACTION "  tasks:\n"
                      "  - name: t\n"
                      "    cmd: [env]\n"
                      "    env:\n"
                      "    - {name: VERSION, value: data.labels.version, valueFrom: event}\n"
                      "    - {name: TEXT, value: 'v=$(VERSION) $(NO)', valueFrom: string}\n"
                      "    - {name: creds, valueFrom: secret}\n"
                      "    - {name: KEPTN_STAGE, value: mine, valueFrom: string}\n";
    w.secret_name = "creds";
    w.secret_text = "{\"USER_NAME\":\"me\",\"TOKEN\":\"$(VERSION)\"}";
    world_handle(&w, ",\"labels\":{\"version\":\"v1\",\"a-b c\":\"$(TOKEN)\",\"x=y\":\"z\",\"n\":5}");
    world_wait(&w, world_has_ended, "the end");
    char *log = world_log(&w);
    assert_string_equal(log, "PATH=/usr/bin:/bin\n"
                             "JOBS_TEST_THROUGH=yes\n"
                             "VERSION=v1\n"
                             "TEXT=v=v1 $(NO)\n"
                             "USER_NAME=me\n"
                             "TOKEN=$(VERSION)\n"
                             "KEPTN_PROJECT=fulltour\n"
                             "KEPTN_STAGE=qa\n"
                             "KEPTN_SERVICE=helloservice\n"
                             "LABELS_VERSION=v1\n"
                             "LABELS_A_B_C=$(TOKEN)\n");
    free(log);
    world_close(&w);
}

static void a_job_starts_with_clean_descriptors_and_signals(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, NULL, 0, 0);
    int leak = dup(1); /* without close-on-exec, as a library might leave one */
    w.config = ACTION
        "  tasks: [{name: t, cmd: [sh, -c, 'ls /proc/self/fd | tr \"\\n\" \" \"; readlink /proc/self/fd/0; "
        /* Signals 32 and 33 are glibc's own: what somebody above us ignores of them, nobody can reset. */
        "grep -E \"^Sig(Blk|Ign)\" /proc/self/status | sed \"s/0000000[01][08]0000000$/0000000000000000/\"; "
        "umask; ulimit -c']}]\n";
    world_handle(&w, "");
    world_wait(&w, world_has_ended, "the end");
    char *log = world_log(&w);
    world_assert_text(log, "0 1 2 3 /dev/null\n"); /* 3: ls itself, reading the folder */
    world_assert_text(log, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n0022\n0\n");
    free(log);
    close(leak);
    world_close(&w);
}

static void files_are_found_in_the_directory_that_stands_for_keptn(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, NULL, 0, 0);
    w.config = ACTION
        "  tasks:\n"
        "  - name: t\n"
        "    files: [greeting]\n"
        "    cmd: [sh, -c]\n"
        "    args: ['cat /keptn/greeting greeting \"$WHERE/greeting\"; echo https://github.com/keptn/keptn; "
        "pwd']\n"
        "    env: [{name: WHERE, value: /keptn, valueFrom: string}]\n"
        "    workingDir: /keptn\n"
        "  - {name: second, cmd: [ls]}\n";
    w.file_name = "greeting";
    w.file_text = "hello\n";
    world_handle(&w, "");
    world_wait(&w, world_has_ended, "the end");
    char *log = world_log(&w);
    world_assert_text(log, "hello\nhello\nhello\nhttps://github.com/keptn/keptn\n/tmp/");
    world_assert_text(log, ".work/1\n");
    assert_string_equal(strstr(log, ".work/1\n") + 8, ""); /* the second task finds nothing of the first */
    free(log);
    world_close(&w);
}

static void tasks_run_one_after_the_other_until_one_fails(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, NULL, 0, 0);
    w.config = ACTION "  tasks:\n"
                      "  - {name: one, cmd: [echo, first]}\n"
                      "  - {name: two, cmd: [sh, -c, 'echo second; exit 2']}\n"
                      "  - {name: three, cmd: [echo, third]}\n";
    world_handle(&w, "");
    world_wait(&w, world_has_ended, "the end");
    char *log = world_log(&w);
    assert_string_equal(log, "first\nsecond\n");
    free(log);
    assert_int_equal(w.commit_count, 4); /* started, running twice, finished */
    assert_string_equal(
        world_message(world_commit(&w, 3)),
        "Error while creating job: job two failed. Reason: Error, Message: it ended with exit status 2"
        "\n\nLogs:\nsecond\n");
    world_close(&w);

    world_open(&w, NULL, 0, 0);
    w.config = ACTION "  tasks: [{name: one, cmd: [echo, first]}, {name: two, cmd: [echo, second]}]\n";
    world_handle(&w, "");
    world_wait(&w, world_has_ended, "the end");
    assert_string_equal(world_message(world_commit(&w, 3)),
                        "Task 'one' finished successfully!\n\nLogs:\nfirst\n\n\n"
                        "Task 'two' finished successfully!\n\nLogs:\nsecond\n\n\n");
    world_close(&w);
}

static void a_test_tells_when_it_ran(void **state)
{
    (void)state;
    struct world w;
    int64_t before_ns = clock_now_ns() / CLOCK_S * CLOCK_S, start_ns = 0, end_ns = 0;
    world_open(&w, NULL, 0, 0);
    w.config = "apiVersion: v2\nactions: [{events: [{name: test}], tasks: [{cmd: ['true']}]}]\n";
    world_handle_type(&w, "sh.keptn.event.test.triggered");
    world_wait(&w, world_has_ended, "the end");
    const struct commit *finished = world_commit(&w, 2);
    assert_data(finished, "result", "pass");
    const cJSON *test = json_get(finished->data, "test");
    assert_true(clock_parse(json_text(test, "start"), &start_ns) &&
                clock_parse(json_text(test, "end"), &end_ns));
    assert_true(before_ns <= start_ns && start_ns <= end_ns && end_ns <= clock_now_ns());
    assert_int_equal(strlen(json_text(test, "start")), strlen("2023-05-04T10:00:00Z"));
    world_close(&w);
}

static const struct {
    const char *name, *type, *config;
    bool runs;
} choices[] = {
    {"no configuration", "sh.keptn.event.je.triggered", NULL, false},
    {"no action", "sh.keptn.event.je.triggered", "apiVersion: v2\n", false},
    {"no action that fits", "sh.keptn.event.other.triggered", SH("exit 0"), false},
    {"an action without tasks", "sh.keptn.event.je.triggered", ACTION, false},
    {"a sequence's event", "sh.keptn.event.qa.je.triggered",
     "apiVersion: v2\nactions: [{events: [{name: je}], tasks: [{cmd: ['true']}]}]\n", false},
    {"an expression that fits triggered does not fit the answers", "sh.keptn.event.je.finished",
     "apiVersion: v2\nactions: [{events: [{name: sh.keptn.event.je.*}], tasks: [{cmd: ['true']}]}]\n", false},
    {"an expression for finished alone", "sh.keptn.event.je.finished",
     "apiVersion: v2\nactions: [{events: [{name: je.finished}], tasks: [{cmd: ['true']}]}]\n", true},
};

static bool has_commit(struct world *w)
{
    return w->commit_count > 0 && !w->j->jobs;
}

static void what_no_action_fits_is_handled_in_silence(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof choices / sizeof *choices; i++) {
        struct world w;
        world_open(&w, NULL, 0, 0);
        w.config = choices[i].config;
        world_handle_type(&w, choices[i].type);
        world_wait(&w, choices[i].runs ? world_has_ended : has_commit, choices[i].name);
        if (choices[i].runs) { /* it runs, and answers nobody: only a triggered event wants an answer */
            assert_int_equal(w.commit_count, 3);
            assert_commit(&w, 0, "", "silent", 7);
            assert_commit(&w, 1, "", "silent", 0);
            assert_commit(&w, 2, "", "ended", 0);
        } else {
            assert_int_equal(w.commit_count, 1);
            assert_commit(&w, 0, "", "", 7);
        }
        world_close(&w);
    }
}

static void an_event_without_names_is_handled(void **state)
{
    (void)state;
    struct world w;
    struct event ev = {0};
    struct error err = ERROR_NONE;
    static const char text[] =
        "{\"specversion\":\"1.0\",\"id\":\"i\",\"source\":\"s\",\"type\":"
        "\"sh.keptn.event.je.triggered\",\"shkeptncontext\":\"c\",\"data\":{\"project\":\"p\"}}";
    world_open(&w, NULL, 0, 0);
    w.config = SH("exit 0");
    assert_int_equal(event_decode(text, strlen(text), EVENT_FORM_COMPLETE, &ev, &err), STATUS_OK);
    jobs_handle(w.j, &ev, 9);
    event_free(&ev);
    assert_int_equal(w.commit_count, 1);
    assert_commit(&w, 0, "", "", 9);
    world_close(&w);
}

static void a_configuration_that_is_not_valid_fails_the_task_that_it_names(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, NULL, 0, 0);
    w.config = "apiVersion: v2\nactions:\n- events: [{name: sh.keptn.event.je.triggered}]\n  task: []\n";
    world_handle(&w, ",\"labels\":{\"a\":\"b\"}");
    world_wait(&w, world_has_ended, "the end");
    assert_int_equal(w.commit_count, 2);
    assert_commit(&w, 0, "sh.keptn.event.je.started", "starting", 7);
    assert_commit(&w, 1, "sh.keptn.event.je.finished", "ended", 0);
    assert_data(world_commit(&w, 1), "status", "errored");
    assert_data(world_commit(&w, 1), "result", "fail");
    assert_string_equal(
        world_message(world_commit(&w, 1)),
        "Error while creating job: the job configuration is not valid: job/config.yaml:4:3: unknown key "
        "\"task\" in an action");
    world_close(&w);

    world_open(&w, NULL, 0, 0);
    w.config = "apiVersion: v2\nactions:\n- events: [{name: deployment}]\n  task: []\n";
    world_handle(&w, "");
    world_wait(&w, has_commit, "the commit");
    assert_int_equal(w.commit_count, 1); /* another executor may serve this task */
    assert_commit(&w, 0, "", "", 7);
    world_close(&w);
}

static void a_configuration_that_cannot_be_read_is_no_job(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, NULL, 0, 0);
    w.config_status = STATUS_FAILED;
    world_handle(&w, "");
    world_wait(&w, has_commit, "the commit");
    assert_int_equal(w.commit_count, 1);
    assert_commit(&w, 0, "", "", 7);
    world_close(&w);
}

static void silent_actions_run_and_the_first_other_answers(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, NULL, 0, 0);
    w.config = "apiVersion: v2\nactions:\n"
               "- {name: s1, silent: true, events: [{name: je}], tasks: [{cmd: [echo, s1]}, {cmd: "
               "['false']}, {cmd: [echo, no]}]}\n"
               "- {name: other, events: [{name: nothing}], tasks: [{cmd: [echo, no]}]}\n"
               "- {name: loud, events: [{name: je}], tasks: [{cmd: [echo, loud]}]}\n"
               "- {name: late, events: [{name: je}], tasks: [{cmd: [echo, no]}]}\n";
    world_handle(&w, "");
    world_wait(&w, world_has_ended, "the end");
    char *log = world_log(&w);
    assert_string_equal(log, "s1\nloud\n");
    free(log);
    assert_commit(&w, 0, "sh.keptn.event.je.started", "starting", 7);
    const struct commit *last = world_commit(&w, w.commit_count - 1);
    assert_data(last, "result", "pass");
    assert_string_equal(world_message(last), "Task 'loud' finished successfully!\n\nLogs:\nloud\n\n\n");
    world_close(&w);

    world_open(&w, NULL, 0, 0);
    w.config =
        "apiVersion: v2\nactions: [{silent: true, events: [{name: je}], tasks: [{cmd: [echo, quiet]}]}]\n";
    world_handle(&w, "");
    world_wait(&w, world_has_ended, "the end");
    assert_int_equal(w.commit_count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(world_commit(&w, i)->type, "");
    assert_commit(&w, 0, "", "silent", 7);
    assert_commit(&w, 2, "", "ended", 0);
    world_close(&w);
}

static bool has_one_in_log(struct world *w)
{
    char *log = world_log(w);
    bool has = strcmp(log, "one\n") == 0;
    free(log);
    return has;
}

static void output_can_be_read_while_it_grows(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, NULL, 0, 0);
    char *config = mem_printf(
        ACTION "  tasks: [{name: t, cmd: [sh, -c, 'echo one; until test -e %s; do sleep 0.01; done; "
               "echo two']}]\n",
        w.marker);
    w.config = config;
    world_handle(&w, "");
    world_wait(&w, has_one_in_log, "the first line");
    assert_int_equal(w.commit_count, 2); /* not finished */
    FILE *marker = fopen(w.marker, "w");
    assert_non_null(marker);
    fclose(marker);
    world_wait(&w, world_has_ended, "the end");
    char *log = world_log(&w);
    assert_string_equal(log, "one\ntwo\n");
    free(log);
    free(config);
    world_close(&w);
}

static void a_log_has_a_limit_and_says_so(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, NULL, 0, 10000);
    w.config = ACTION
        "  tasks: [{name: t, cmd: [sh, -c, 'yes | head -c 3000000; echo over >&2']}, {name: u, cmd: [echo, "
        "more]}]\n";
    world_handle(&w, "");
    world_wait(&w, world_has_ended, "the end");
    assert_data(world_commit(&w, w.commit_count - 1), "result", "pass");
    char *log = world_log(&w);
    assert_int_equal(strspn(log, "y\n"), 10001); /* the line break of the note, too */
    assert_string_equal(log + 10001, "[drawbridge: output past 10000 bytes is dropped]\n");
    free(log);
    world_close(&w);
}

static void a_message_ends_with_the_tail_in_clean_text(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, NULL, 0, 0);
    w.config =
        ACTION "  tasks: [{name: t, cmd: [sh, -c, 'seq 100000; printf \"\\377\\033[31mred\\033[0m\\007 "
               "\\303\\244\\000\\n\"; exit 1']}]\n";
    world_handle(&w, "");
    world_wait(&w, world_has_ended, "the end");
    const char *message = world_message(world_commit(&w, w.commit_count - 1));
    assert_true(strlen(message) < 20000);
    world_assert_text(message, "exit status 1\n\nLogs:\n[… 5");
    world_assert_text(message, "\n99999\n100000\n\xef\xbf\xbdred\xef\xbf\xbd \xc3\xa4\xef\xbf\xbd\n");
    world_close(&w);
}

static bool all_have_ended(struct world *w)
{
    size_t ended = 0;
    for (size_t i = 0; i < w->commit_count; i++)
        ended += strcmp(w->commits[i].state, "ended") == 0;
    return ended == 5 && !w->j->jobs;
}

/* Five jobs, of which only some may run at once. */
static void run_five(int concurrent_max)
{
    struct world w;
    world_open(&w, NULL, concurrent_max, 0);
    w.config = SH("sleep 0.05");
    for (int i = 0; i < 5; i++) {
        struct event ev = {0};
        char id[20];
        snprintf(id, sizeof id, "job-%d", i);
        world_event(&ev, id, "sh.keptn.event.je.triggered", "");
        jobs_handle(w.j, &ev, (uint64_t)i + 1);
        event_free(&ev);
    }
    world_wait(&w, all_have_ended, "five ends");
    int running = 0, begun = 0;
    for (size_t i = 0; i < w.commit_count; i++) {
        const struct commit *c = &w.commits[i];
        if (i < 5) /* all are taken on at once */
            assert_string_equal(c->type, "sh.keptn.event.je.started");
        if (strcmp(c->state, "running") == 0) {
            running++;
            if (concurrent_max == 1) /* of several, a later one may have its process sooner */
                assert_int_equal(c->id[4] - '0', begun);
            begun++;
        }
        running -= strcmp(c->state, "ended") == 0;
        assert_in_range(running, 0, concurrent_max);
    }
    assert_int_equal(begun, 5);
    world_close(&w);
}

static void more_jobs_than_may_run_wait_in_order(void **state)
{
    (void)state;
    run_five(1);
    run_five(2);
}

static void the_same_event_again_runs_nothing(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, NULL, 0, 0);
    w.config = SH("echo once");
    world_handle(&w, "");
    world_handle(&w, "");
    world_wait(&w, world_has_ended, "the end");
    char *log = world_log(&w);
    assert_string_equal(log, "once\n");
    free(log);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_that_ends_with_0_passes),
        cmocka_unit_test(a_job_that_fails_tells_why_and_what_it_wrote),
        cmocka_unit_test(what_cannot_start_fails_with_the_reason),
        cmocka_unit_test(a_job_sees_only_its_own_environment),
        cmocka_unit_test(a_job_starts_with_clean_descriptors_and_signals),
        cmocka_unit_test(files_are_found_in_the_directory_that_stands_for_keptn),
        cmocka_unit_test(tasks_run_one_after_the_other_until_one_fails),
        cmocka_unit_test(a_test_tells_when_it_ran),
        cmocka_unit_test(what_no_action_fits_is_handled_in_silence),
        cmocka_unit_test(an_event_without_names_is_handled),
        cmocka_unit_test(a_configuration_that_is_not_valid_fails_the_task_that_it_names),
        cmocka_unit_test(a_configuration_that_cannot_be_read_is_no_job),
        cmocka_unit_test(silent_actions_run_and_the_first_other_answers),
        cmocka_unit_test(output_can_be_read_while_it_grows),
        cmocka_unit_test(a_log_has_a_limit_and_says_so),
        cmocka_unit_test(a_message_ends_with_the_tail_in_clean_text),
        cmocka_unit_test(more_jobs_than_may_run_wait_in_order),
        cmocka_unit_test(the_same_event_again_runs_nothing),
    };
    setenv("PATH", "/usr/bin:/bin", 1); /* jobs get it, and no folder in it is closed to us */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
