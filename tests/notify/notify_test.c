/* What is told, when, and to whom: a real model, real commands, a clock that is set. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "notify/internal.h"
#include "notify/known.h"
#include "view/scene.h"

#define LONGEST_MS 15000
#define SETTLE_MS  350 /* longer than what is gathered into one message */

struct desk {
    uv_loop_t loop;
    struct settings settings;
    struct model *model;
    struct notify *notify;
    struct event event;
    uint64_t number;
    int64_t now_ns;
    size_t bells, shown, titles, title;
    char text[1024], failure[1024], directory[64];
};

static void on_bell(void *arg)
{
    ((struct desk *)arg)->bells++;
}

static void on_show(void *arg, const char *text)
{
    struct desk *d = arg;
    d->shown++;
    (void)snprintf(d->text, sizeof d->text, "%s", text);
}

static void on_title(void *arg, size_t waiting)
{
    struct desk *d = arg;
    d->titles++;
    d->title = waiting;
}

static void on_failed(void *arg, const char *text)
{
    (void)snprintf(((struct desk *)arg)->failure, 1024, "%s", text);
}

static int64_t on_now(void *arg)
{
    return ((struct desk *)arg)->now_ns;
}

/* settings: those of notify, as in a settings file. */
static void open_desk(struct desk *d, const char *settings, bool may_run)
{
    struct error err = ERROR_NONE;
    const struct notify_ports ports = {
        .arg = d, .bell = on_bell, .show = on_show, .title = on_title, .failed = on_failed, .now_ns = on_now};
    *d = (struct desk){.directory = "/tmp/db-notify.XXXXXX"};
    assert_non_null(mkdtemp(d->directory));
    assert_int_equal(setenv("TMPDIR", d->directory, 1), 0);
    char *text = mem_printf("notify: {%s}\n", settings);
    if (settings_parse(text, strlen(text), "test", &d->settings, &err) != STATUS_OK)
        fail_msg("%s", err.text);
    free(text);
    assert_int_equal(uv_loop_init(&d->loop), 0);
    assert_true(clock_parse("2026-11-24T10:00:00Z", &d->now_ns));
    d->model = model_new();
    d->notify = notify_new(&d->loop, &d->settings.notify, may_run, &ports);
    notify_add_source(d->notify, 0, NULL, d->model);
}

static void run_for(struct desk *d, int ms)
{
    const int64_t end_ns = clock_monotonic_ns() + ms * CLOCK_MS;
    while (clock_monotonic_ns() < end_ns) {
        (void)uv_run(&d->loop, UV_RUN_NOWAIT);
        (void)usleep(2000); /* the loop may have nothing that it would wait for */
    }
}

static void close_desk(struct desk *d)
{
    notify_free(d->notify);
    (void)uv_run(&d->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&d->loop), 0);
    model_free(d->model);
    event_free(&d->event);
    settings_free(&d->settings);
    const char *const argv[] = {"rm", "-rf", d->directory, NULL};
    uv_loop_t loop;
    uv_process_t process;
    assert_int_equal(uv_loop_init(&loop), 0);
    const uv_process_options_t options = {.file = "rm", .args = (char **)(uintptr_t)argv};
    assert_int_equal(uv_spawn(&loop, &process, &options), 0);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    uv_close((uv_handle_t *)&process, NULL);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
}

/* As a connection does it: to the model, and where it is an approval also its text. */
static void apply_script(struct desk *d, struct buffer *script)
{
    struct error err = ERROR_NONE;
    for (char *line = script->data, *end; line && (end = strchr(line, '\n')) != NULL; line = end + 1) {
        *end = '\0';
        if (*line != '{')
            continue;
        assert_int_equal(event_decode(line, strlen(line), EVENT_FORM_COMPLETE, &d->event, &err), STATUS_OK);
        assert_int_equal(model_apply_event(d->model, &d->event, ++d->number, &err), STATUS_OK);
        if (strcmp(d->event.type, "sh.keptn.event.approval.triggered") == 0)
            notify_keep_event(d->notify, 0, d->event.id, line, strlen(line));
    }
    buffer_free(script);
    notify_look(d->notify);
}

static struct scene_run run_of(const char *service, int i)
{
    static char contexts[64][16];
    (void)snprintf(contexts[i % 64], sizeof contexts[0], "00aa%04x", i);
    return (struct scene_run){.project = "fulltour",
                              .stage = "production",
                              .service = service,
                              .context = contexts[i % 64],
                              .version = "v0.1.1"};
}

static void wait_for(struct desk *d, const char *service, int i)
{
    struct buffer script = BUFFER_LIMIT(1 << 20);
    const struct scene_run run = run_of(service, i);
    scene_waiting(&script, &run, 60);
    apply_script(d, &script);
}

static void decide(struct desk *d, const char *service, int i)
{
    struct buffer script = BUFFER_LIMIT(1 << 20);
    const struct scene_run run = run_of(service, i);
    scene_decided(&script, &run, "maria", "pass", "", 10);
    apply_script(d, &script);
}

static char *path_of(const struct desk *d, const char *name)
{
    return mem_printf("%s/%s", d->directory, name);
}

static char *read_file(const struct desk *d, const char *name)
{
    char *path = path_of(d, name), bytes[65536];
    FILE *file = fopen(path, "re");
    free(path);
    if (!file)
        return NULL;
    const size_t len = fread(bytes, 1, sizeof bytes - 1, file);
    (void)fclose(file);
    bytes[len] = '\0';
    return mem_string(bytes);
}

/* Waits until the file is there and not empty. The caller's (free). */
static char *await_file(struct desk *d, const char *name)
{
    for (int waited = 0; waited < LONGEST_MS; waited += 20) {
        char *text = read_file(d, name);
        if (text && *text)
            return text;
        free(text);
        run_for(d, 20);
    }
    fail_msg("the command has not written %s; %s", name, d->failure);
    return NULL;
}

static void await_failure(struct desk *d, const char *words)
{
    for (int waited = 0; waited < LONGEST_MS && !strstr(d->failure, words); waited += 20)
        run_for(d, 20);
    if (!strstr(d->failure, words))
        fail_msg("'%s' was not told, but '%s'", words, d->failure);
}

/* ---- what is new ---- */

static void what_was_open_at_the_start_is_not_new(void **state)
{
    struct desk d;
    (void)state;
    open_desk(&d, "bell: true, osc9: true", true);
    wait_for(&d, "helloservice", 1);
    notify_begin(d.notify, 0);
    run_for(&d, SETTLE_MS);
    assert_int_equal(d.bells + d.shown, 0);
    assert_int_equal(d.title, 1);
    wait_for(&d, "carts", 2);
    run_for(&d, SETTLE_MS);
    assert_int_equal(d.bells, 1);
    assert_string_equal(d.text, "carts v0.1.1 in production waits for a decision");
    assert_int_equal(d.title, 2);
    close_desk(&d);
}

static void an_approval_is_new_once(void **state)
{
    struct desk d;
    (void)state;
    open_desk(&d, "bell: true, osc9: true", true);
    notify_begin(d.notify, 0);
    wait_for(&d, "carts", 1);
    run_for(&d, SETTLE_MS);
    assert_int_equal(d.shown, 1);
    for (int i = 0; i < 3; i++) { /* a new snapshot after each cut */
        model_clear(d.model);
        notify_look(d.notify);
        run_for(&d, SETTLE_MS);
        wait_for(&d, "carts", 1);
        notify_begin(d.notify, 0);
        run_for(&d, SETTLE_MS);
    }
    assert_int_equal(d.shown, 1);
    wait_for(&d, "carts", 2); /* the same service, another run; it came while the line was cut */
    notify_begin(d.notify, 0);
    run_for(&d, SETTLE_MS);
    assert_int_equal(d.shown, 2);
    close_desk(&d);
}

static void a_decision_is_not_news(void **state)
{
    struct desk d;
    (void)state;
    open_desk(&d, "bell: true", true);
    notify_begin(d.notify, 0);
    wait_for(&d, "carts", 1);
    run_for(&d, SETTLE_MS);
    decide(&d, "carts", 1);
    run_for(&d, SETTLE_MS);
    assert_int_equal(d.bells, 1);
    assert_int_equal(d.title, 0);
    close_desk(&d);
}

static void several_at_once_are_one_message(void **state)
{
    struct desk d;
    (void)state;
    open_desk(&d, "bell: true, osc777: true", true);
    notify_begin(d.notify, 0);
    for (int i = 0; i < 5; i++)
        wait_for(&d, "carts", i);
    run_for(&d, SETTLE_MS);
    assert_int_equal(d.bells, 1);
    assert_int_equal(d.shown, 1);
    assert_string_equal(d.text, "5 new approvals: carts v0.1.1 in production, carts v0.1.1 in production, "
                                "carts v0.1.1 in production and 2 more");
    close_desk(&d);
}

static void nothing_is_told_that_was_not_asked_for(void **state)
{
    struct desk d;
    (void)state;
    open_desk(&d, "title: false", true);
    notify_begin(d.notify, 0);
    wait_for(&d, "carts", 1);
    run_for(&d, SETTLE_MS);
    assert_int_equal(d.bells + d.shown + d.titles, 0);
    close_desk(&d);
}

static void a_name_cannot_write_to_the_terminal(void **state)
{
    struct desk d;
    (void)state;
    open_desk(&d, "osc9: true", true);
    notify_begin(d.notify, 0);
    wait_for(&d, "a\033]0;x\007b\nc", 1);
    run_for(&d, SETTLE_MS);
    for (const char *p = d.text; *p; p++)
        assert_true((unsigned char)*p >= ' ' && *p != 0x7f);
    close_desk(&d);
}

static void what_comes_and_goes_within_a_moment_is_not_told(void **state)
{
    struct desk d;
    (void)state;
    open_desk(&d, "bell: true", true);
    notify_begin(d.notify, 0);
    for (int i = 0; i < 300; i++) {
        wait_for(&d, "carts", i);
        decide(&d, "carts", i);
    }
    run_for(&d, SETTLE_MS);
    wait_for(&d, "carts", 1000);
    run_for(&d, SETTLE_MS);
    assert_int_equal(d.bells, 1);
    close_desk(&d);
}

static void what_is_remembered_is_bounded(void **state)
{
    enum { WAVES = 12, WAVE = 1500, MOST = 3 * 4096 };
    struct desk d;
    size_t most = 0;
    (void)state;
    open_desk(&d, "bell: true, per-minute: 600", true);
    notify_begin(d.notify, 0);
    for (int wave = 0; wave < WAVES; wave++) {
        struct buffer script = BUFFER_LIMIT(1 << 24);
        model_clear(d.model);
        for (int i = 0; i < WAVE; i++) {
            const struct scene_run run = run_of("carts", wave * WAVE + i);
            scene_task(&script, &run, "approval", 60);
        }
        apply_script(&d, &script);
        run_for(&d, SETTLE_MS);
        most = notify_known_count(d.notify) > most ? notify_known_count(d.notify) : most;
    }
    assert_int_equal(d.bells, WAVES);
    assert_in_range(most, WAVE, MOST);
    close_desk(&d);
}

static void what_is_removed_leaves_all_others_known(void **state)
{
    enum { MOST = 5000 };
    static const unsigned char key[KNOWN_KEY_BYTES] = "sixteen letters";
    struct known k = {0};
    (void)state;
    for (size_t i = 0; i < MOST; i++)
        assert_false(known_add(&k, known_hash(key, i, "one")));
    for (size_t i = 0; i < MOST; i += 3)
        assert_true(known_remove(&k, known_hash(key, i, "one")));
    for (size_t i = 0; i < MOST; i++)
        assert_true(known_has(&k, known_hash(key, i, "one")) == (i % 3 != 0));
    assert_false(known_remove(&k, known_hash(key, 0, "one")));
    assert_false(known_has(&k, known_hash(key, 1, "two")));
    assert_true(known_add(&k, known_hash(key, 1, "one")));
    assert_int_equal(k.count, MOST - (MOST + 2) / 3);
    known_free(&k);
}

/* ---- quiet hours, rate ---- */

static void quiet_hours_are_local_and_pass_midnight(void **state)
{
    static const struct {
        const char *hours, *zone, *time;
        bool quiet;
    } rows[] = {
        {"22:00-06:30", "UTC", "2026-11-24T21:59:59Z", false},
        {"22:00-06:30", "UTC", "2026-11-24T22:00:00Z", true},
        {"22:00-06:30", "UTC", "2026-11-24T00:00:00Z", true},
        {"22:00-06:30", "UTC", "2026-11-24T06:29:59Z", true},
        {"22:00-06:30", "UTC", "2026-11-24T06:30:00Z", false},
        {"12:00-13:00", "UTC", "2026-11-24T12:30:00Z", true},
        {"12:00-13:00", "UTC", "2026-11-24T13:00:00Z", false},
        {"22:00-06:30", "CET-1CEST,M3.5.0,M10.5.0/3", "2026-11-24T21:30:00Z", true}, /* 22:30 */
        {"22:00-06:30", "CET-1CEST,M3.5.0,M10.5.0/3", "2026-07-24T20:30:00Z", true}, /* 22:30 */
        {"22:00-06:30", "CET-1CEST,M3.5.0,M10.5.0/3", "2027-03-28T04:29:00Z",
         true}, /* 06:29, clocks went on */
        {"22:00-06:30", "CET-1CEST,M3.5.0,M10.5.0/3", "2027-03-28T04:30:00Z", false}, /* 06:30 */
        {"22:00-06:30", "CET-1CEST,M3.5.0,M10.5.0/3", "2026-10-25T05:29:00Z",
         true}, /* 06:29, clocks went back */
        {"22:00-06:30", "CET-1CEST,M3.5.0,M10.5.0/3", "2026-10-25T05:30:00Z", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct desk d;
        int64_t now_ns = 0;
        char *settings = mem_printf("quiet-hours: \"%s\"", rows[i].hours);
        assert_int_equal(setenv("TZ", rows[i].zone, 1), 0);
        tzset();
        open_desk(&d, settings, true);
        assert_true(clock_parse(rows[i].time, &now_ns));
        if (notify_is_quiet(&d.settings.notify, now_ns) != rows[i].quiet)
            fail_msg("%s in %s at %s", rows[i].hours, rows[i].zone, rows[i].time);
        close_desk(&d);
        free(settings);
    }
    assert_int_equal(setenv("TZ", "UTC", 1), 0);
    tzset();
}

static void quiet_hours_are_quiet_but_for_the_title(void **state)
{
    struct desk d;
    (void)state;
    open_desk(&d, "bell: true, osc9: true, shell: 'touch $TMPDIR/ran', quiet-hours: \"09:00-11:00\"", true);
    notify_begin(d.notify, 0);
    wait_for(&d, "carts", 1);
    run_for(&d, SETTLE_MS + 300);
    assert_int_equal(d.bells + d.shown, 0);
    assert_int_equal(d.title, 1);
    assert_null(read_file(&d, "ran"));
    d.now_ns += 3600 * CLOCK_S; /* 11:00 */
    wait_for(&d, "carts", 2);
    run_for(&d, SETTLE_MS);
    assert_int_equal(d.bells, 1);
    close_desk(&d);
}

static void what_is_held_back_is_counted_in_the_next_message(void **state)
{
    struct desk d;
    (void)state;
    open_desk(&d, "bell: true, osc9: true, per-minute: 2", true);
    notify_begin(d.notify, 0);
    for (int i = 0; i < 5; i++) {
        wait_for(&d, "carts", i);
        run_for(&d, SETTLE_MS);
    }
    assert_int_equal(d.bells, 2);
    d.now_ns += 61 * CLOCK_S;
    wait_for(&d, "carts", 9);
    run_for(&d, SETTLE_MS);
    assert_int_equal(d.bells, 3);
    assert_string_equal(d.text, "4 new approvals: carts v0.1.1 in production and 3 more");
    d.now_ns -= 7200 * CLOCK_S; /* the clock is set back: nothing is held back for hours because of it */
    wait_for(&d, "carts", 10);
    run_for(&d, SETTLE_MS);
    assert_int_equal(d.bells, 4);
    close_desk(&d);
}

/* ---- commands ---- */

#define HOSTILE "x'\"; touch $TMPDIR/pwned; $(touch $TMPDIR/pwned) `touch $TMPDIR/pwned`"

static void a_command_gets_the_event_and_no_name_is_run(void **state)
{
    struct desk d;
    cJSON *event = NULL;
    (void)state;
    open_desk(&d,
              "shell: 'cat >$TMPDIR/event.part; printf \"%s\" \"$DRAWBRIDGE_SERVICE\" >$TMPDIR/service; env "
              ">$TMPDIR/env; mv $TMPDIR/event.part $TMPDIR/event'",
              true);
    assert_int_equal(setenv("DRAWBRIDGE_TOKEN", "secret-of-mine", 1), 0);
    notify_begin(d.notify, 0);
    wait_for(&d, HOSTILE, 1);
    char *text = await_file(&d, "event"), *service = read_file(&d, "service"), *env = read_file(&d, "env");
    assert_int_equal(json_parse(text, strlen(text), &event, NULL), STATUS_OK);
    assert_string_equal(json_text(event, "type"), "sh.keptn.event.approval.triggered");
    assert_string_equal(json_text(event, "id"), "production.approval.00aa0001");
    assert_string_equal(service, HOSTILE);
    assert_null(read_file(&d, "pwned"));
    assert_non_null(strstr(env, "DRAWBRIDGE_PROJECT=fulltour\n"));
    assert_non_null(strstr(env, "DRAWBRIDGE_STAGE=production\n"));
    assert_non_null(strstr(env, "DRAWBRIDGE_VERSION=v0.1.1\n"));
    assert_non_null(strstr(env, "DRAWBRIDGE_HELD_BACK=0\n"));
    assert_null(strstr(env, "secret-of-mine"));
    cJSON_Delete(event);
    free(text);
    free(service);
    free(env);
    assert_string_equal(d.failure, "");
    close_desk(&d);
}

static void a_command_without_a_shell_gets_its_words_as_they_are(void **state)
{
    struct desk d;
    (void)state;
    open_desk(&d, "command: [env, 'A=$HOME; $(x)', sh, -c, 'echo \"$A\" >$TMPDIR/words; cat >$TMPDIR/event']",
              true);
    notify_begin(d.notify, 0);
    wait_for(&d, "carts", 1);
    char *event = await_file(&d, "event"), *words = read_file(&d, "words");
    assert_string_equal(words, "$HOME; $(x)\n");
    free(event);
    free(words);
    close_desk(&d);
}

static void a_command_that_fails_is_told(void **state)
{
    static const struct {
        const char *settings, *words;
    } rows[] = {
        {"shell: 'exit 3'", "failed with exit status 3"},
        {"shell: 'kill -9 $$'", "ended by signal 9"},
        {"command: [/nowhere/at-all]", "/nowhere/at-all cannot be run: no such file"},
        {"shell: 'sleep 60'", "ran longer"},
    };
    (void)state;
    const int before = notify_limit_ms;
    notify_limit_ms = 1000;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct desk d;
        open_desk(&d, rows[i].settings, true);
        notify_begin(d.notify, 0);
        wait_for(&d, "carts", 1);
        await_failure(&d, rows[i].words);
        close_desk(&d);
    }
    notify_limit_ms = before;
}

static bool is_alive(const char *pid)
{
    return kill((pid_t)strtol(pid, NULL, 10), 0) == 0;
}

static void await_end(struct desk *d, const char *pid)
{
    for (int waited = 0; waited < LONGEST_MS && is_alive(pid); waited += 20)
        run_for(d, 20);
    assert_false(is_alive(pid));
}

static void the_whole_group_ends_with_its_time_and_with_us(void **state)
{
    struct desk d;
    (void)state;
    const int before = notify_limit_ms;
    notify_limit_ms = 1000;
    open_desk(&d, "shell: 'sleep 60 & echo $! >$TMPDIR/pid; wait'", true);
    notify_begin(d.notify, 0);
    wait_for(&d, "carts", 1);
    char *pid = await_file(&d, "pid");
    await_failure(&d, "ran longer");
    await_end(&d, pid);
    free(pid);
    notify_limit_ms = before;
    wait_for(&d, "carts", 2);
    run_for(&d, SETTLE_MS);
    for (int waited = 0; waited < LONGEST_MS; waited += 20, run_for(&d, 20)) {
        pid = read_file(&d, "pid");
        if (pid && *pid && is_alive(pid))
            break;
        free(pid);
    }
    notify_free(d.notify);
    d.notify = NULL;
    await_end(&d, pid);
    free(pid);
    close_desk(&d);
}

static int count_lines(const char *text)
{
    int lines = 0;
    for (; text && *text; text++)
        lines += *text == '\n';
    return lines;
}

static void at_most_four_run_at_once(void **state)
{
    struct desk d;
    (void)state;
    open_desk(
        &d,
        "shell: 'echo $DRAWBRIDGE_HELD_BACK >>$TMPDIR/ran; while ! test -e $TMPDIR/go; do sleep 0.05; done', "
        "per-minute: 100",
        true);
    notify_begin(d.notify, 0);
    for (int i = 0; i < 7; i++)
        wait_for(&d, "carts", i);
    run_for(&d, SETTLE_MS);
    char *ran = NULL;
    for (int waited = 0; waited < LONGEST_MS && count_lines(ran) < 4; waited += 50) {
        free(ran);
        run_for(&d, 50);
        ran = read_file(&d, "ran");
    }
    run_for(&d, 300);
    free(ran);
    ran = read_file(&d, "ran");
    assert_string_equal(ran, "0\n0\n0\n0\n");
    free(ran);
    char *go = path_of(&d, "go");
    FILE *file = fopen(go, "we");
    assert_non_null(file);
    (void)fclose(file);
    free(go);
    run_for(&d, 500);
    wait_for(&d, "carts", 20);
    for (int waited = 0; waited < LONGEST_MS; waited += 50, run_for(&d, 50)) {
        ran = read_file(&d, "ran");
        if (count_lines(ran) == 5)
            break;
        free(ran);
    }
    assert_string_equal(ran, "0\n0\n0\n0\n3\n"); /* three had none of their own */
    free(ran);
    close_desk(&d);
}

static void commands_are_rationed_by_the_minute(void **state)
{
    struct desk d;
    (void)state;
    open_desk(&d, "shell: 'echo $DRAWBRIDGE_HELD_BACK >>$TMPDIR/ran', per-minute: 1", true);
    notify_begin(d.notify, 0);
    for (int i = 0; i < 3; i++)
        wait_for(&d, "carts", i);
    run_for(&d, SETTLE_MS + 500);
    d.now_ns += 60 * CLOCK_S;
    wait_for(&d, "carts", 4);
    char *ran = NULL;
    for (int waited = 0; waited < LONGEST_MS; waited += 50, run_for(&d, 50)) {
        ran = read_file(&d, "ran");
        if (count_lines(ran) == 2)
            break;
        free(ran);
    }
    assert_string_equal(ran, "0\n2\n");
    free(ran);
    close_desk(&d);
}

static void a_restricted_session_runs_nothing(void **state)
{
    struct desk d;
    (void)state;
    open_desk(&d, "bell: true, shell: 'touch $TMPDIR/ran'", false);
    notify_begin(d.notify, 0);
    wait_for(&d, "carts", 1);
    run_for(&d, SETTLE_MS + 500);
    assert_int_equal(d.bells, 1);
    assert_null(read_file(&d, "ran"));
    close_desk(&d);
}

static void a_command_that_does_not_read_hurts_nobody(void **state)
{
    struct desk d;
    (void)state;
    open_desk(&d, "shell: 'exec <&-; echo x >$TMPDIR/ran; exit 0'", true);
    notify_begin(d.notify, 0);
    wait_for(&d, "carts", 1);
    char *ran = await_file(&d, "ran");
    run_for(&d, 300);
    assert_string_equal(d.failure, "");
    free(ran);
    close_desk(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_open_at_the_start_is_not_new),
        cmocka_unit_test(an_approval_is_new_once),
        cmocka_unit_test(what_is_removed_leaves_all_others_known),
        cmocka_unit_test(a_decision_is_not_news),
        cmocka_unit_test(several_at_once_are_one_message),
        cmocka_unit_test(nothing_is_told_that_was_not_asked_for),
        cmocka_unit_test(a_name_cannot_write_to_the_terminal),
        cmocka_unit_test(what_comes_and_goes_within_a_moment_is_not_told),
        cmocka_unit_test(what_is_remembered_is_bounded),
        cmocka_unit_test(quiet_hours_are_local_and_pass_midnight),
        cmocka_unit_test(quiet_hours_are_quiet_but_for_the_title),
        cmocka_unit_test(what_is_held_back_is_counted_in_the_next_message),
        cmocka_unit_test(a_command_gets_the_event_and_no_name_is_run),
        cmocka_unit_test(a_command_without_a_shell_gets_its_words_as_they_are),
        cmocka_unit_test(a_command_that_fails_is_told),
        cmocka_unit_test(the_whole_group_ends_with_its_time_and_with_us),
        cmocka_unit_test(at_most_four_run_at_once),
        cmocka_unit_test(commands_are_rationed_by_the_minute),
        cmocka_unit_test(a_restricted_session_runs_nothing),
        cmocka_unit_test(a_command_that_does_not_read_hurts_nobody),
    };
    (void)signal(SIGPIPE, SIG_IGN); /* as the programs do */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
