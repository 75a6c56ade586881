/* record and --replay against a real drawbridged: what was seen live is what a replay shows. */
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
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "cli/picture.h"
#include "feed/recording.h"
#include "scenario/play.h"
#include "support/world.h"

#define SHIPYARD                                                                                             \
    "apiVersion: spec.keptn.sh/0.2.2\nkind: Shipyard\nmetadata: {name: s}\nspec:\n  stages:\n"               \
    "    - name: qa\n      sequences:\n        - name: delivery\n          tasks: [{name: je-test}]\n"       \
    "    - name: production\n      sequences:\n        - name: delivery\n          triggeredOn: [{event: "   \
    "qa.delivery.finished}]\n          tasks:\n"                                                             \
    "            - {name: approval, properties: {pass: manual, warning: manual}}\n"                          \
    "            - name: je-test\n"
#define JOB                                                                                                  \
    "apiVersion: v2\nactions:\n  - name: test\n    events: [{name: sh.keptn.event.je-test.triggered}]\n"     \
    "    tasks:\n      - name: test\n        cmd: ['true']\n"

static struct world world;

static int set_up_group(void **state)
{
    (void)state;
    world_open(&world, NULL, true);
    world_project(&world, SHIPYARD, JOB);
    return 0;
}

static int tear_down_group(void **state)
{
    (void)state;
    world_close(&world);
    return 0;
}

static void deliver(const char *version)
{
    char *image = mem_printf("--image=ghcr.io/x/hello:%s", version);
    free(world_run(&world, 0, "trigger", "delivery", "--project=fulltour", "--service=helloservice", image,
                   NULL));
    free(world_wait(&world, "waiting"));
    free(image);
}

static void decide(const char *verb, const char *comment)
{
    char *text = mem_printf("--comment=%s", comment);
    free(world_run(&world, 0, verb, world.context, "--yes", text, NULL));
    free(world_wait(&world, "finished"));
    free(text);
}

/* --- a recorder of our own, whose model is looked at --- */

struct live {
    uv_loop_t loop;
    struct http_client *http;
    struct feed *feed;
    struct recording *recording;
    struct model *model;
    struct event event;
    size_t events, snapshots, lives;
    uint64_t last; /* number */
    bool has_gap;
};

static void must(enum status status)
{
    assert_int_equal(status, STATUS_OK);
}

static void on_event(void *arg, const char *text, size_t len, uint64_t number)
{
    struct live *l = arg;
    must(recording_add_event(l->recording, clock_now_ns(), text, len, NULL));
    must(event_decode(text, len, EVENT_FORM_COMPLETE, &l->event, NULL));
    must(model_apply_event(l->model, &l->event, number, NULL));
    l->has_gap = l->has_gap || (l->last != 0 && number != l->last + 1);
    l->last = number;
    l->events++;
}

static void on_snapshot_begin(void *arg, bool replaces)
{
    struct live *l = arg;
    must(recording_add_snapshot_begin(l->recording, clock_now_ns(), replaces, NULL));
    if (replaces)
        model_clear(l->model);
    l->last = 0; /* what came meanwhile is in the snapshot */
}

static void on_snapshot(void *arg, const char *what, const char *text, size_t len, uint64_t number)
{
    struct live *l = arg;
    must(recording_add_item(l->recording, clock_now_ns(), what, text, len, number, NULL));
    assert_int_equal(cli_apply_part(l->model, what, text, len, number, NULL), 0);
}

static void on_snapshot_end(void *arg, bool replaces)
{
    struct live *l = arg;
    must(recording_add_snapshot_end(l->recording, clock_now_ns(), replaces, NULL));
    l->snapshots++;
}

static void on_state(void *arg, enum feed_state state, const char *why)
{
    struct live *l = arg;
    must(recording_add_link(l->recording, clock_now_ns(), state == FEED_LIVE ? "live" : "stale", why, NULL));
    l->lives += state == FEED_LIVE;
}

static void live_open(struct live *l, const char *path)
{
    char *token = world_read(&world, "data/admin-token");
    token[strcspn(token, "\n")] = '\0';
    const struct feed_callbacks callbacks = {.arg = l,
                                             .on_event = on_event,
                                             .on_snapshot_begin = on_snapshot_begin,
                                             .on_snapshot = on_snapshot,
                                             .on_snapshot_end = on_snapshot_end,
                                             .on_state = on_state};
    *l = (struct live){.model = model_new()};
    must(recording_open(path, RECORDING_REPLACE, &l->recording, NULL));
    assert_int_equal(uv_loop_init(&l->loop), 0);
    l->http = http_client_new(&l->loop, &(struct http_settings){.ca_file = NULL});
    l->feed = feed_open(
        &l->loop, l->http,
        &(struct feed_settings){.server = world.url, .stream = "auto", .token = token, .snapshot = true},
        &callbacks);
    free(token);
}

static void live_close(struct live *l)
{
    feed_close(l->feed);
    http_client_free(l->http);
    uv_run(&l->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&l->loop), 0);
    must(recording_close(l->recording, NULL));
    event_free(&l->event);
}

/* Turns the loop until nothing came for a while, and it is live for the n-th time. */
static void live_settle(struct live *l, size_t lives)
{
    const int64_t deadline = clock_monotonic_ns() + 30 * CLOCK_S;
    size_t events = SIZE_MAX;
    int64_t quiet_since = 0;
    for (int64_t now; (now = clock_monotonic_ns()) < deadline;) {
        uv_run(&l->loop, UV_RUN_NOWAIT);
        if (l->events != events || l->lives < lives) {
            events = l->events;
            quiet_since = now;
        } else if (now - quiet_since > 500 * CLOCK_MS) {
            return;
        }
        poll(NULL, 0, 2);
    }
    fail_msg("not live within 30 s");
}

static void a_replay_gives_the_model_that_was_seen_live(void **state)
{
    (void)state;
    char *path = world_path(&world, "live.ndjson");
    struct live l;
    deliver("v1"); /* the snapshot brings it */
    decide("approve", "first");
    deliver("v2");
    live_open(&l, path);
    live_settle(&l, 1);
    assert_int_equal(l.snapshots, 1);
    decide("decline", "not \xe2\x9c\x85 \"yet\"\\");
    deliver("v3");
    live_settle(&l, 1);
    world_kill(&world, SIGKILL);
    live_settle(&l, 1); /* notices */
    world_start(&world);
    free(world_run(&world, 0, "pause", world.context, NULL));
    free(world_run(&world, 0, "resume", world.context, NULL));
    deliver("v4");
    decide("approve", "");
    live_settle(&l, 2); /* what came meanwhile is in the stream */
    feed_reload(l.feed);
    deliver("v5");
    live_settle(&l, 2);
    deliver("v6");
    live_settle(&l, 2);
    assert_false(l.has_gap);
    if (l.events <= 30)
        fail_msg("%zu events, %zu snapshots, %zu times live", l.events, l.snapshots, l.lives);
    assert_int_equal(l.snapshots, 2);
    live_close(&l);

    struct play played = {.model = model_new()};
    const char *const files[] = {path, NULL};
    must(play_recordings(&played, files, NULL));
    if (played.left_out > 0)
        fail_msg("%s", played.why);
    assert_int_equal(model_waiting_count(l.model), model_waiting_count(played.model));
    assert_true(model_digest(l.model) == model_digest(played.model));
    model_free(l.model);
    model_free(played.model);
    free(path);
}

/* --- the program --- */

static void remove_file(const char *name)
{
    char *path = world_path(&world, name);
    (void)unlink(path); /* it may not be there */
    free(path);
}

/* Starts `drawbridge record` with the words of a shell line; returns its pid. */
static pid_t start_recording(const char *words)
{
    char *line =
        mem_printf("exec '%s/drawbridge' --server '%s' --token-file '%s' record %s > record.out 2>&1",
                   world.programs, world.url, world.token_file, words);
    remove_file("record.out"); /* of the one before */
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)signal(SIGINT, SIG_DFL); /* a background job of a script inherits it as ignored */
        if (chdir(world.directory) == 0)
            execl("/bin/sh", "sh", "-c", line, (char *)NULL);
        _exit(127);
    }
    free(line);
    return pid;
}

/* Until the file has the text. */
static void wait_for(const char *name, const char *text)
{
    const int64_t deadline = clock_monotonic_ns() + 30 * CLOCK_S;
    for (;;) {
        char *content = world_read(&world, name);
        const bool found = content != NULL && strstr(content, text) != NULL;
        if (!found && clock_monotonic_ns() > deadline)
            fail_msg("\"%s\" is not in %s: %s", text, name, content != NULL ? content : "(no file)");
        free(content);
        if (found)
            return;
        poll(NULL, 0, 20);
    }
}

static int end_recording(pid_t pid, int signal)
{
    int status = 0;
    if (signal != 0)
        assert_int_equal(kill(pid, signal), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int token_command(const char *words)
{
    char *line = mem_printf("'%s/drawbridged' --data data %s", world.programs, words);
    const int ended = world_shell(&world, line);
    free(line);
    return ended;
}

/* Numbers of the stream's events in the file follow one another; returns how many there are. */
static size_t assert_contiguous(const char *name)
{
    char *text = world_read(&world, name);
    unsigned long long last = 0;
    size_t count = 0;
    for (char *next = text, *line; (line = strsep(&next, "\n")) != NULL;) {
        const char *at = strstr(line, "\"sequence\":\"");
        if (at == NULL || strstr(line, "answernumber") != NULL)
            continue;
        const unsigned long long number = strtoull(at + strlen("\"sequence\":\""), NULL, 10);
        if (last != 0 && number != last + 1)
            fail_msg("%llu follows %llu", number, last);
        last = number;
        count++;
    }
    free(text);
    return count;
}

static void it_resumes_over_a_killed_server_without_a_gap_or_a_duplicate(void **state)
{
    (void)state;
    const pid_t pid = start_recording("r1.ndjson");
    wait_for("record.out", "until Ctrl-C");
    deliver("v10");
    world_kill(&world, SIGKILL);
    wait_for("record.out", "connection lost");
    world_start(&world);
    deliver("v11");
    decide("approve", "after the crash");
    wait_for("r1.ndjson", "after the crash");
    wait_for("record.out", "live again");
    assert_int_equal(end_recording(pid, SIGINT), 0);
    wait_for("record.out", "events are recorded in r1.ndjson");
    assert_true(assert_contiguous("r1.ndjson") > 20);
    struct stat info;
    char *path = world_path(&world, "r1.ndjson");
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    /* what the program lists live and from the file is the same */
    char *live = world_run(&world, 0, "list", "decided", "-o", "json", NULL);
    char *replayed = world_run(&world, 0, "list", "decided", "-o", "json", "--replay", path, NULL);
    assert_string_equal(live, replayed);
    free(live);
    free(replayed);
    free(path);
}

static void it_overwrites_nothing_unless_asked_and_appends(void **state)
{
    (void)state;
    assert_int_equal(end_recording(start_recording("r1.ndjson"), 0), 5);
    wait_for("record.out", "--append goes on at its end");
    assert_int_equal(end_recording(start_recording("r1.ndjson --append --force"), 0), 2);
    char *before = world_read(&world, "r1.ndjson");
    assert_int_equal(end_recording(start_recording("r1.ndjson --append --watch-time 1"), 0), 0);
    char *after = world_read(&world, "r1.ndjson");
    assert_true(strlen(after) > strlen(before));
    assert_int_equal(strncmp(after, before, strlen(before)), 0);
    assert_int_equal(end_recording(start_recording("r1.ndjson --force --watch-time 1"), 0), 0);
    char *forced = world_read(&world, "r1.ndjson");
    assert_true(strlen(forced) < strlen(after));
    free(before);
    free(after);
    free(forced);
}

static void sigterm_ends_it_with_whole_lines(void **state)
{
    (void)state;
    remove_file("r2.ndjson");
    const pid_t pid = start_recording("r2.ndjson");
    wait_for("record.out", "until Ctrl-C");
    deliver("v20");
    assert_int_equal(end_recording(pid, SIGTERM), 0);
    char *text = world_read(&world, "r2.ndjson");
    assert_true(strlen(text) > 1000);
    assert_int_equal(text[strlen(text) - 1], '\n');
    free(text);
}

static void until_waiting_ends_it(void **state)
{
    (void)state;
    decide("approve", "so that nothing waits");
    remove_file("r3.ndjson");
    free(world_run(&world, 0, "list", "waiting", NULL));
    char *waiting = world_run(&world, 0, "list", "waiting", "-o", "json", NULL);
    cJSON *items = NULL;
    must(json_parse(waiting, strlen(waiting), &items, NULL));
    for (const cJSON *item = items->child; item != NULL; item = item->next) /* of the tests before */
        free(world_run(&world, 0, "decline", json_text(item, "keptnContext"), "--yes", NULL));
    cJSON_Delete(items);
    free(waiting);
    const pid_t pid = start_recording("r3.ndjson --until waiting --watch-time 30");
    wait_for("record.out", "until Ctrl-C");
    deliver("v30");
    assert_int_equal(end_recording(pid, 0), 0);
    char *text = world_read(&world, "r3.ndjson");
    assert_non_null(strstr(text, "approval.triggered"));
    free(text);
    assert_int_equal(end_recording(start_recording("r3.ndjson --append --until finished --watch-time 1"), 0),
                     7);
    wait_for("record.out", "not there after 1 s");
}

static void a_new_token_in_the_old_ones_place_is_taken(void **state)
{
    (void)state;
    assert_int_equal(token_command("token create --name first --role viewer > recorder.token"), 0);
    assert_int_equal(token_command("token create --name second --role viewer > next.token"), 0);
    assert_int_equal(world_shell(&world, "chmod 600 recorder.token next.token"), 0);
    char *admin = world.token_file;
    world.token_file = world_path(&world, "recorder.token");
    remove_file("r6.ndjson");
    const pid_t pid = start_recording("r6.ndjson");
    free(world.token_file);
    world.token_file = admin;
    wait_for("record.out", "until Ctrl-C");
    assert_int_equal(token_command("token revoke first"), 0);
    deliver("v60");
    wait_for("record.out", "connection lost");
    assert_int_equal(world_shell(&world, "mv next.token recorder.token"), 0);
    wait_for("record.out", "live again");
    wait_for("r6.ndjson", "hello:v60");
    assert_int_equal(end_recording(pid, SIGINT), 0);
    assert_contiguous("r6.ndjson");
}

static void a_server_that_is_not_there_leaves_no_file(void **state)
{
    (void)state;
    char *line =
        mem_printf("'%s/drawbridge' --server http://127.0.0.1:1/api record r4.ndjson 2> err", world.programs);
    assert_int_equal(world_shell(&world, line), 6);
    assert_null(world_read(&world, "r4.ndjson"));
    free(line);
}

static void a_full_disk_is_an_error_that_says_what_is_kept(void **state)
{
    (void)state;
    assert_int_equal(end_recording(start_recording("/dev/full"), 0), 1);
    wait_for("record.out", "cannot write to /dev/full: No space left on device");
    remove_file("r5.ndjson");
    char *line =
        mem_printf("ulimit -f 4; '%s/drawbridge' --server '%s' --token-file '%s' record r5.ndjson 2> err",
                   world.programs, world.url, world.token_file);
    assert_int_equal(world_shell(&world, line), 1);
    char *said = world_read(&world, "err"), *text = world_read(&world, "r5.ndjson");
    assert_non_null(strstr(said, "of whole lines are kept"));
    assert_true(strlen(text) == 0 || text[strlen(text) - 1] == '\n');
    free(said);
    free(text);
    free(line);
}

static void a_replay_is_refused_where_a_server_is_asked(void **state)
{
    static const char *const commands[] = {"log 1", "status", "approve 1 --yes", "record x", "get projects"};
    (void)state;
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        char *line = mem_printf("'%s/drawbridge' --replay r2.ndjson %s 2> err", world.programs, commands[i]);
        const int ended = world_shell(&world, line);
        assert_true(ended == 2 || ended == 4); /* wrong usage, or read-only */
        free(line);
    }
    char *line = mem_printf("'%s/drawbridge' --replay r2.ndjson --speed fast list 2> err", world.programs);
    assert_int_equal(world_shell(&world, line), 2);
    free(line);
}

static void show_tells_of_a_sequence_in_a_recording(void **state)
{
    (void)state;
    char *path = world_path(&world, "r1b.ndjson");
    const pid_t pid = start_recording("r1b.ndjson");
    wait_for("record.out", "until Ctrl-C");
    deliver("v40");
    decide("decline", "not on a Friday");
    wait_for("r1b.ndjson", "not on a Friday");
    assert_int_equal(end_recording(pid, SIGINT), 0);
    char *id = mem_string_n(world.context, 13);
    char *text = world_run(&world, 0, "show", id, "--replay", path, NULL);
    const char *const words[] = {world.context, "v40", "not on a Friday", "approval"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strstr(text, words[i]) == NULL)
            fail_msg("\"%s\" is not in: %s", words[i], text);
    free(text);
    text = world_run(&world, 3, "show", "ffffffff-ffff", "--replay", path, NULL);
    assert_non_null(strstr(text, "no approval on r1b.ndjson"));
    free(text);
    free(id);
    free(path);
}

static void watch_prints_a_replay_to_its_end(void **state)
{
    (void)state;
    char *path = world_path(&world, "r2.ndjson");
    char *text = world_run(&world, 0, "watch", "--replay", path, "--speed", "0", NULL);
    assert_non_null(strstr(text, "qa.delivery.triggered"));
    assert_non_null(strstr(text, "production.delivery.triggered"));
    free(text);
    text = world_run(&world, 0, "watch", "--replay", path, "--speed", "0", "--until", "waiting", NULL);
    assert_null(strstr(text, "approval.started"));
    free(text);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_replay_gives_the_model_that_was_seen_live),
        cmocka_unit_test(it_resumes_over_a_killed_server_without_a_gap_or_a_duplicate),
        cmocka_unit_test(it_overwrites_nothing_unless_asked_and_appends),
        cmocka_unit_test(sigterm_ends_it_with_whole_lines),
        cmocka_unit_test(until_waiting_ends_it),
        cmocka_unit_test(a_new_token_in_the_old_ones_place_is_taken),
        cmocka_unit_test(a_server_that_is_not_there_leaves_no_file),
        cmocka_unit_test(a_full_disk_is_an_error_that_says_what_is_kept),
        cmocka_unit_test(a_replay_is_refused_where_a_server_is_asked),
        cmocka_unit_test(show_tells_of_a_sequence_in_a_recording),
        cmocka_unit_test(watch_prints_a_replay_to_its_end),
    };
    return cmocka_run_group_tests(tests, set_up_group, tear_down_group);
}
