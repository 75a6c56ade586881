/* The dashboard in a pseudo-terminal on a real drawbridged: what an operator sees and does. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "support/pty.h"
#include "support/world.h"

#define BLUE       4
#define CHECK_MARK "\xe2\x9c\x85"
#define CROSS_MARK "\xe2\x9d\x8c"
#define SEPARATOR  "│"

static const char shipyard[] =
    "apiVersion: spec.keptn.sh/0.2.2\nkind: Shipyard\nmetadata: {name: shipyard-delivery}\nspec:\n  stages:\n"
    "    - name: qa\n      sequences:\n        - name: delivery\n          tasks: [{name: je-deployment}, "
    "{name: je-test}]\n"
    "    - name: production\n      sequences:\n        - name: delivery\n"
    "          triggeredOn: [{event: qa.delivery.finished}]\n          tasks:\n"
    "            - {name: approval, properties: {pass: manual, warning: manual}}\n            - name: "
    "je-deployment\n";

static void open_world(struct world *w)
{
    world_open(w, NULL, true);
    char *job = mem_printf(
        "apiVersion: v2\nactions:\n"
        "  - name: deploy\n    events: [{name: sh.keptn.event.je-deployment.triggered}]\n    tasks:\n"
        "      - name: deploy\n        env: [{name: IMAGE, value: $.data.configurationChange.values.image, "
        "valueFrom: event}]\n"
        "        cmd: [sh, -ec]\n        args: ['echo \"$KEPTN_STAGE ${IMAGE##*:}\" >> %s/deployed; echo "
        "deployed']\n"
        "  - name: test\n    events: [{name: sh.keptn.event.je-test.triggered}]\n    tasks:\n"
        "      - name: test\n        cmd: ['true']\n",
        w->directory);
    world_project(w, shipyard, job);
    free(job);
}

static void deliver(struct world *w, const char *version)
{
    char *image = mem_printf("--image=ghcr.io/podtato-head/podtatoserver:%s", version);
    free(world_run(w, 0, "trigger", "delivery", "--project=fulltour", "--service=helloservice", image, NULL));
    free(world_wait(w, "waiting"));
    free(image);
}

static void assert_deployed(const struct world *w, const char *lines)
{
    char *deployed = world_read(w, "deployed");
    assert_string_equal(deployed ? deployed : "", lines);
    free(deployed);
}

static struct pty *open_dashboard(struct world *w, int columns, int rows, const char *option)
{
    char *program = mem_printf("%s/drawbridge", w->programs);
    const char *const argv[] = {program, "--server", w->url, "--token-file", w->token_file, option, NULL};
    struct pty *p = pty_start(&(struct pty_options){.argv = argv, .columns = columns, .rows = rows});
    free(program);
    return p;
}

static void need(struct pty *p, bool seen, const char *what)
{
    if (!seen)
        fail_msg("%s was not seen; the screen is:\n%s", what, pty_screen(p));
}

/* The row that names the service and is white on blue from the first cell to the pane's end; -1: none. */
static int blue_row(struct pty *p)
{
    for (int row = 0; row < pty_rows(p); row++) {
        struct pty_cell cell;
        if (strstr(pty_row(p, row), "helloservice") == NULL)
            continue;
        int column = 0;
        for (; column < pty_columns(p); column++) {
            pty_cell(p, row, column, &cell);
            if (cell.bg != BLUE || strcmp(cell.text, SEPARATOR) == 0)
                break;
        }
        pty_cell(p, row, column, &cell);
        if (column == pty_columns(p) || (column > 30 && strcmp(cell.text, SEPARATOR) == 0))
            return row;
    }
    return -1;
}

static bool wait_blue(struct pty *p, bool blue, int deadline_ms)
{
    for (int waited = 0; waited < deadline_ms; waited += 20) {
        if ((blue_row(p) >= 0) == blue)
            return true;
        pty_pump(p, 20);
    }
    return false;
}

/* `q`, `q`: and the terminal is as it was. */
static void leave(struct pty *p)
{
    pty_type(p, "q");
    pty_wait_quiet(p, 100);
    pty_type(p, "q");
    need(p, pty_wait_exit(p, 10000) == 0, "the end of the dashboard");
    assert_false(pty_alternate_screen(p));
    assert_int_equal(pty_end(p), 0);
}

static void approve_with_check_marks(struct pty *p)
{
    pty_type(p, "n");
    pty_wait_quiet(p, 50);
    pty_type(p, CHECK_MARK);
    need(p, pty_wait_text(p, "Approve helloservice", 5000), "the box");
    pty_pump(p, 900); /* a held key would have repeated by now */
    pty_type(p, CHECK_MARK);
}

static void the_demo_on_a_terminal(int columns, int rows)
{
    struct world w;
    world_open(&w, NULL, false);
    char *program = mem_printf("%s/drawbridge", w.programs),
         *temporary = mem_printf("TMPDIR=%s", w.directory);
    const char *const argv[] = {program, "demo", NULL}, *const env[] = {temporary, NULL};
    struct pty *p =
        pty_start(&(struct pty_options){.argv = argv, .env = env, .columns = columns, .rows = rows});
    need(p, pty_wait_text(p, "live", 60000), "the dashboard");
    need(p, wait_blue(p, true, 20000), "a blue row within 20 s");
    approve_with_check_marks(p);
    need(p, wait_blue(p, false, 10000), "the row leaving blue");
    need(p, pty_wait_text(p, "nothing waiting", 10000), "nothing waiting");
    pty_type(p, "\x1b");
    pty_wait_quiet(p, 400);
    leave(p);
    assert_int_equal(world_shell(&w, "test -z \"$(ls -d drawbridge-demo.* 2>/dev/null)\""), 0);
    free(program);
    free(temporary);
    world_close(&w);
}

static void the_demo_at_120x30_turns_blue_and_deploys_on_the_check_mark(void **state)
{
    (void)state;
    the_demo_on_a_terminal(120, 30);
}

static void the_demo_at_80x24_turns_blue_and_deploys_on_the_check_mark(void **state)
{
    (void)state;
    the_demo_on_a_terminal(80, 24);
}

static void the_demo_leaves_nothing_when_its_terminal_goes_away(void **state)
{
    struct world w;
    (void)state;
    world_open(&w, NULL, false);
    char *program = mem_printf("%s/drawbridge", w.programs),
         *temporary = mem_printf("TMPDIR=%s", w.directory);
    const char *const argv[] = {program, "demo", NULL}, *const env[] = {temporary, NULL};
    struct pty *p = pty_start(&(struct pty_options){.argv = argv, .env = env, .columns = 100, .rows = 30});
    need(p, pty_wait_text(p, "live", 60000), "the dashboard");
    pty_end(p); /* SIGHUP */
    assert_int_equal(world_shell(&w, "for i in $(seq 100); do [ -z \"$(ls -d drawbridge-demo.* "
                                     "2>/dev/null)\" ] && exit 0; sleep 0.1; done; exit 1"),
                     0);
    free(program);
    free(temporary);
    world_close(&w); /* asserts that no process is left */
}

static void a_killed_server_shows_as_stale_and_the_row_is_blue_again_after(void **state)
{
    struct world w;
    (void)state;
    open_world(&w);
    deliver(&w, "v0.1.1");
    struct pty *p = open_dashboard(&w, 120, 30, NULL);
    need(p, wait_blue(p, true, 10000), "a blue row");
    world_kill(&w, SIGKILL);
    need(p, pty_wait_text(p, "stale", 10000), "stale within 10 s");
    need(p, blue_row(p) >= 0, "the blue row in the stale picture");
    world_start(&w);
    need(p, pty_wait_text(p, "live", 20000), "live again");
    need(p, wait_blue(p, true, 5000), "the row as blue as before");
    approve_with_check_marks(p);
    need(p, wait_blue(p, false, 10000), "the row leaving blue");
    free(world_wait(&w, "finished"));
    assert_deployed(&w, "qa v0.1.1\nproduction v0.1.1\n");
    leave(p);
    world_close(&w);
}

static void keys_typed_ahead_open_the_box_and_do_not_approve(void **state)
{
    static const char *const ahead[] = {"a\r\r", "a" CHECK_MARK CHECK_MARK, CHECK_MARK CHECK_MARK "\r",
                                        "\x1b[200~a\r\r\x1b[201~"};
    struct world w;
    (void)state;
    open_world(&w);
    deliver(&w, "v0.1.1");
    for (size_t i = 0; i < sizeof ahead / sizeof *ahead; i++) {
        struct pty *p = open_dashboard(&w, 120, 30, NULL);
        need(p, wait_blue(p, true, 10000), "a blue row");
        pty_type(p, "n");
        pty_wait_quiet(p, 100);
        pty_type(p, ahead[i]);
        pty_pump(p, 1500);
        need(p, blue_row(p) >= 0, "the row, still waiting");
        pty_type(p, "\x1b");
        pty_wait_quiet(p, 400);
        leave(p);
    }
    free(world_wait(&w, "waiting"));
    assert_deployed(&w, "qa v0.1.1\n");
    world_close(&w);
}

static void declining_with_the_cross_mark_deploys_nothing(void **state)
{
    struct world w;
    (void)state;
    open_world(&w);
    deliver(&w, "v0.1.1");
    struct pty *p = open_dashboard(&w, 80, 24, NULL);
    need(p, wait_blue(p, true, 10000), "a blue row");
    pty_type(p, "n");
    pty_wait_quiet(p, 50);
    pty_type(p, CROSS_MARK);
    need(p, pty_wait_text(p, "Decline helloservice", 5000), "the box");
    pty_pump(p, 900);
    pty_type(p, CROSS_MARK);
    need(p, wait_blue(p, false, 10000), "the row leaving blue");
    free(world_wait(&w, "finished"));
    assert_deployed(&w, "qa v0.1.1\n");
    pty_type(p, "\x1b");
    pty_wait_quiet(p, 400);
    leave(p);
    world_close(&w);
}

/* v0.1.1 waits, v0.1.2 overtakes it and is delivered; approving v0.1.1 then would go back. */
static void going_back_is_warned_of_and_wants_the_name_typed(void **state)
{
    struct world w;
    (void)state;
    open_world(&w);
    deliver(&w, "v0.1.1");
    char *older = world_wait(&w, "waiting");
    deliver(&w, "v0.1.2");
    char *newer = world_wait(&w, "waiting");
    assert_string_not_equal(older, newer);
    free(world_run(&w, 0, "approve", newer, "--yes", NULL));
    free(world_wait(&w, "finished"));
    assert_deployed(&w, "qa v0.1.1\nqa v0.1.2\nproduction v0.1.2\n");
    struct pty *p = open_dashboard(&w, 120, 30, NULL);
    need(p, wait_blue(p, true, 10000), "a blue row");
    approve_with_check_marks(p);
    need(p, pty_wait_text(p, "goes BACK", 5000), "the warning");
    need(p, pty_wait_text(p, "helloservice@production", 5000), "what must be typed");
    pty_pump(p, 700);
    pty_type(p, CHECK_MARK);
    pty_type(p, "\r");
    pty_pump(p, 700);
    need(p, blue_row(p) >= 0, "the row, still waiting");
    for (const char *c = "helloservice@production"; *c != '\0'; c++) {
        pty_type_n(p, c, 1);
        pty_pump(p, 30);
    }
    pty_wait_quiet(p, 100);
    pty_type(p, "\r");
    need(p, wait_blue(p, false, 10000), "the row leaving blue");
    need(p, pty_wait_text(p, "nothing waiting", 10000), "nothing waiting");
    leave(p);
    free(older);
    free(newer);
    world_close(&w);
}

/* With settings and a state directory of its own. */
static struct pty *open_with_settings(struct world *w, const char *settings)
{
    world_write(w, "config.yaml", settings);
    char *config = mem_printf("%s/config.yaml", w->directory),
         *program = mem_printf("%s/drawbridge", w->programs),
         *state = mem_printf("XDG_STATE_HOME=%s/state", w->directory);
    const char *const argv[] = {program, "--config",     config,        "--server",
                                w->url,  "--token-file", w->token_file, NULL},
                      *const env[] = {state, NULL};
    struct pty *p = pty_start(&(struct pty_options){.argv = argv, .env = env, .columns = 120, .rows = 30});
    free(config);
    free(program);
    free(state);
    return p;
}

static void confirm_into_the_window(struct pty *p)
{
    need(p, wait_blue(p, true, 10000), "a blue row");
    pty_type(p, "a");
    need(p, pty_wait_text(p, "Approve helloservice", 5000), "the box");
    pty_wait_quiet(p, 150);
    pty_type(p, "\r");
    need(p, pty_wait_text(p, "u undoes", 5000), "the undo window");
}

static void killed_in_the_undo_window_it_sends_nothing_and_the_next_start_says_so(void **state)
{
    static const int signals[] = {SIGHUP, SIGKILL};
    struct world w;
    (void)state;
    open_world(&w);
    deliver(&w, "v0.1.1");
    for (size_t i = 0; i < 2; i++) {
        struct pty *p = open_with_settings(&w, "undo-window: 30s\n");
        confirm_into_the_window(p);
        assert_int_equal(kill(pty_pid(p), signals[i]), 0);
        (void)pty_wait_exit(p, 10000);
        (void)pty_end(p);
        p = open_with_settings(&w, "undo-window: 30s\n");
        need(p,
             pty_wait_text(
                 p, "not sent, as drawbridge ended before its undo window did: approval of helloservice",
                 5000),
             "what became of the decision");
        need(p, wait_blue(p, true, 10000), "the row, still waiting");
        leave(p);
        p = open_with_settings(&w, "undo-window: 30s\n"); /* it is said once */
        need(p, wait_blue(p, true, 10000), "a blue row");
        assert_null(strstr(pty_screen(p), "not sent"));
        leave(p);
    }
    assert_deployed(&w, "qa v0.1.1\n");
    struct pty *p = open_with_settings(&w, "undo-window: 1s\n");
    confirm_into_the_window(p);
    need(p, pty_wait_text(p, "nothing waiting", 10000), "nothing waiting");
    free(world_wait(&w, "finished"));
    assert_deployed(&w, "qa v0.1.1\nproduction v0.1.1\n");
    leave(p);
    world_close(&w);
}

/* ---- a relay in front of the stream, which can be stopped ---- */

static int connect_to(int port)
{
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    const struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&to, sizeof to) == 0)
        return fd;
    (void)close(fd);
    return -1;
}

/* Until one of both closes. */
static void relay(int a, int b)
{
    struct pollfd fds[2] = {{.fd = a, .events = POLLIN}, {.fd = b, .events = POLLIN}};
    char bytes[16384];
    while (poll(fds, 2, -1) > 0) {
        for (int i = 0; i < 2; i++) {
            const ssize_t n = fds[i].revents ? read(fds[i].fd, bytes, sizeof bytes) : 0;
            if (fds[i].revents && (n <= 0 || write(fds[1 - i].fd, bytes, (size_t)n) != n))
                return;
        }
    }
}

/* One connection after the other to the server's port; ends with the test. */
static pid_t start_relay(int server_port, int *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(listener >= 0);
    assert_int_equal(bind(listener, (const struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(listener, 4), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &size), 0);
    *port = ntohs(at.sin_port);
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;) {
            const int client = accept(listener, NULL, NULL),
                      server = client < 0 ? -1 : connect_to(server_port);
            if (server >= 0)
                relay(client, server);
            (void)close(client);
            (void)close(server);
        }
    }
    (void)close(listener);
    return pid;
}

static int port_of(const char *url)
{
    const char *colon = strrchr(url, ':');
    assert_non_null(colon);
    return (int)strtol(colon + 1, NULL, 10);
}

/* The calls reach the server, the stream does not: what is shown may be old, and here it is. */
static void with_the_stream_cut_the_server_is_asked_before_anything_is_sent(void **state)
{
    struct world w;
    int port = 0, status;
    (void)state;
    open_world(&w);
    deliver(&w, "v0.1.1");
    const pid_t pid = start_relay(port_of(w.url), &port);
    char *option = mem_printf("--stream=ws://127.0.0.1:%d/api/v1/event/stream", port);
    struct pty *p = open_dashboard(&w, 120, 30, option);
    need(p, pty_wait_text(p, "live", 20000), "the stream through the relay");
    need(p, wait_blue(p, true, 10000), "a blue row");
    assert_int_equal(kill(pid, SIGSTOP), 0);
    char *context = world_wait(&w, "waiting");
    free(world_run(&w, 0, "decline", context, "--yes", NULL));
    free(world_wait(&w, "finished"));
    need(p, pty_wait_text(p, "stale", 12000), "stale within 9 s of silence");
    need(p, blue_row(p) >= 0, "the row, as nobody has told");
    pty_type(p, "a");
    need(p, pty_wait_text(p, "this may be old: the server is asked first", 5000), "the warning");
    pty_wait_quiet(p, 150);
    pty_type(p, "\r");
    need(p, pty_wait_text(p, "nothing was sent", 10000), "that nothing was sent");
    need(p, strstr(pty_screen(p), "declined by") != NULL, "who has decided");
    assert_deployed(&w, "qa v0.1.1\n");
    pty_type(p, "\x1b");
    pty_wait_quiet(p, 400);
    leave(p);
    (void)kill(pid, SIGKILL);
    (void)waitpid(pid, &status, 0);
    free(option);
    free(context);
    world_close(&w);
}

static void a_quiet_dashboard_writes_nothing(void **state)
{
    struct world w;
    (void)state;
    open_world(&w);
    deliver(&w, "v0.1.1");
    struct pty *p = open_dashboard(&w, 120, 30, NULL);
    need(p, wait_blue(p, true, 10000), "a blue row");
    pty_type(p, "g");
    pty_wait_quiet(p, 1000);
    (void)pty_bytes(p);
    pty_pump(p, 5000);
    /* An age may pass from <1m to 1m meanwhile: a few cells, and nothing else. */
    size_t bytes = pty_bytes(p);
    if (bytes > 200)
        fail_msg("%zu bytes in 5 quiet seconds", bytes);
    leave(p);
    world_close(&w);
}

/* The event store gives a hundred a page, and refuses to be asked for more at once. */
static void e_shows_all_events_of_a_long_run(void **state)
{
    struct world w;
    (void)state;
    open_world(&w);
    deliver(&w, "v0.1.0");
    for (int i = 0; i < 130; i++) {
        char *event = mem_printf(
            "{\"specversion\":\"1.0\",\"source\":\"long\",\"type\":\"sh.keptn.event.note-%d.sent\","
            "\"shkeptncontext\":\"%s\",\"data\":{\"project\":\"fulltour\",\"stage\":\"qa\","
            "\"service\":\"helloservice\"}}",
            i, w.context);
        assert_int_equal(world_post_event(&w, event, NULL), 200);
        free(event);
    }
    struct pty *p = open_dashboard(&w, 120, 30, "--read-only");
    need(p, pty_wait_text(p, "1 waiting", 10000), "what waits");
    pty_type(p, "e");
    need(p, pty_wait_text(p, "of helloservice  141 ", 10000), "the number of all events");
    need(p, strstr(pty_screen(p), "asking the server") == NULL, "the end of asking");
    pty_type(p, "g");
    need(p, pty_wait_text(p, "qa.delivery.triggered", 5000), "the first event");
    pty_type(p, "\033");
    need(p, pty_wait_text(p, "q quit", 5000), "the tree");
    leave(p);
    world_close(&w);
}

static void every_size_down_to_one_cell_is_survived(void **state)
{
    static const struct {
        int columns, rows;
    } sizes[] = {{80, 24}, {5, 3}, {1, 1}, {200, 60}, {39, 9}, {20, 5}, {3, 50}, {120, 1}, {120, 30}};
    struct world w;
    (void)state;
    open_world(&w);
    deliver(&w, "v0.1.1");
    struct pty *p = open_dashboard(&w, 120, 30, NULL);
    need(p, wait_blue(p, true, 10000), "a blue row");
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        pty_resize(p, sizes[i].columns, sizes[i].rows);
        pty_wait_quiet(p, 150);
        pty_type(p, i % 2 == 0 ? "?" : "\x1b");
        pty_wait_quiet(p, 400);
    }
    pty_type(p, "\x1b");
    pty_wait_quiet(p, 400);
    need(p, wait_blue(p, true, 5000), "the row, at full size again");
    leave(p);
    world_close(&w);
}

static void a_terminal_that_cannot_is_told_so(void **state)
{
    static const char *const envs[] = {"TERM=dumb", "TERM=no-such-terminal"};
    struct world w;
    (void)state;
    open_world(&w);
    char *line = mem_printf("exec '%s/drawbridge' --server %s --token-file %s 2> '%s/said'", w.programs,
                            w.url, w.token_file, w.directory);
    const char *const argv[] = {"/bin/sh", "-c", line, NULL};
    for (size_t i = 0; i < 2; i++) {
        const char *const env[] = {envs[i], NULL};
        struct pty *p = pty_start(&(struct pty_options){.argv = argv, .env = env, .columns = 80, .rows = 24});
        assert_int_equal(pty_wait_exit(p, 10000), 2);
        char *said = world_read(&w, "said");
        assert_non_null(said);
        assert_non_null(strstr(said, envs[i]));
        free(said);
        pty_end(p);
    }
    free(line);
    world_close(&w);
}

static void approve_without_utf8(const char *locale)
{
    const char *const env[] = {locale, NULL};
    struct world w;
    open_world(&w);
    deliver(&w, "v0.1.1");
    char *program = mem_printf("%s/drawbridge", w.programs);
    const char *const argv[] = {program, "--server", w.url, "--token-file", w.token_file, NULL};
    struct pty *p = pty_start(&(struct pty_options){.argv = argv, .env = env, .columns = 80, .rows = 24});
    need(p, wait_blue(p, true, 10000), "a blue row");
    for (const char *c = pty_screen(p); *c != '\0'; c++)
        if ((unsigned char)*c > 0x7E)
            fail_msg("a byte that is not ASCII on the screen:\n%s", pty_screen(p));
    approve_with_check_marks(p);
    need(p, wait_blue(p, false, 10000), "the row leaving blue");
    free(world_wait(&w, "finished"));
    pty_type(p, "\x1b");
    pty_wait_quiet(p, 400);
    leave(p);
    free(program);
    world_close(&w);
}

static void without_utf8_the_picture_is_ascii_and_the_check_mark_still_counts(void **state)
{
    (void)state;
    approve_without_utf8("LC_ALL=C");
}

static void a_locale_that_is_not_installed_is_none(void **state)
{
    (void)state;
    approve_without_utf8("LC_ALL=xx_YY.UTF-8");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_demo_at_120x30_turns_blue_and_deploys_on_the_check_mark),
        cmocka_unit_test(the_demo_at_80x24_turns_blue_and_deploys_on_the_check_mark),
        cmocka_unit_test(the_demo_leaves_nothing_when_its_terminal_goes_away),
        cmocka_unit_test(a_killed_server_shows_as_stale_and_the_row_is_blue_again_after),
        cmocka_unit_test(keys_typed_ahead_open_the_box_and_do_not_approve),
        cmocka_unit_test(declining_with_the_cross_mark_deploys_nothing),
        cmocka_unit_test(going_back_is_warned_of_and_wants_the_name_typed),
        cmocka_unit_test(killed_in_the_undo_window_it_sends_nothing_and_the_next_start_says_so),
        cmocka_unit_test(with_the_stream_cut_the_server_is_asked_before_anything_is_sent),
        cmocka_unit_test(a_quiet_dashboard_writes_nothing),
        cmocka_unit_test(e_shows_all_events_of_a_long_run),
        cmocka_unit_test(every_size_down_to_one_cell_is_survived),
        cmocka_unit_test(a_terminal_that_cannot_is_told_so),
        cmocka_unit_test(without_utf8_the_picture_is_ascii_and_the_check_mark_still_counts),
        cmocka_unit_test(a_locale_that_is_not_installed_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
