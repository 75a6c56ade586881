/* Several connections on one dashboard, each with its own freshness, and tokens that come later. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/mem.h"
#include "support/pty.h"
#include "support/world.h"

static const char shipyard[] =
    "apiVersion: spec.keptn.sh/0.2.2\nkind: Shipyard\nmetadata: {name: s}\nspec:\n  stages:\n"
    "    - name: production\n      sequences:\n        - name: delivery\n          tasks:\n"
    "            - {name: approval, properties: {pass: manual, warning: manual}}\n";

static void open_world(struct world *w)
{
    world_open(w, NULL, true);
    world_project(w, shipyard, NULL);
    free(world_run(w, 0, "trigger", "delivery", "--project=fulltour", "--service=helloservice",
                   "--image=ghcr.io/x/hello:v0.1.1", NULL));
    free(world_wait(w, "waiting"));
}

static struct pty *open_dashboard(const struct world *w, const char *settings)
{
    world_write(w, "config.yaml", settings);
    char *program = mem_printf("%s/drawbridge", w->programs), *config = world_path(w, "config.yaml"),
         *home = mem_printf("HOME=%s", w->directory),
         *state = mem_printf("XDG_STATE_HOME=%s/state", w->directory);
    const char *const argv[] = {program, "--config", config, NULL};
    const char *const env[] = {home, state, "DRAWBRIDGE_TOKEN", "DRAWBRIDGE_SERVER", NULL};
    struct pty *p = pty_start(&(struct pty_options){.argv = argv, .env = env, .columns = 120, .rows = 30});
    free(program);
    free(config);
    free(home);
    free(state);
    return p;
}

static void need(struct pty *p, bool seen, const char *what)
{
    if (!seen)
        fail_msg("%s was not seen; the screen is:\n%s", what, pty_screen(p));
}

static bool has_row(struct pty *p, const char *name, const char *state)
{
    for (int row = 0; row < pty_rows(p); row++)
        if (strstr(pty_row(p, row), name) != NULL && strstr(pty_row(p, row), state) != NULL)
            return true;
    return false;
}

static bool wait_row(struct pty *p, const char *name, const char *state, int deadline_ms)
{
    for (int waited = 0; waited < deadline_ms; waited += 20) {
        if (has_row(p, name, state))
            return true;
        pty_pump(p, 20);
    }
    return false;
}

/* Takes connections and says nothing. */
static int open_mute(int *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 64), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

static void one_that_is_down_mute_or_without_a_token_delays_no_other(void **state)
{
    struct world w;
    int port;
    (void)state;
    open_world(&w);
    int mute = open_mute(&port);
    char *settings =
        mem_printf("contexts:\n- {name: down, server: 'http://127.0.0.1:1'}\n"
                   "- {name: mute, server: 'http://127.0.0.1:%d'}\n"
                   "- {name: slow, server: '%s', token-command: [sleep, '9']}\n"
                   "- {name: none, server: '%s', token-file: nowhere}\n"
                   "- {name: good, server: '%s', token-file: '%s'}\nshow: [down, mute, slow, none, good]\n",
                   port, w.url, w.url, w.url, w.token_file);
    int64_t begin = clock_monotonic_ns();
    struct pty *p = open_dashboard(&w, settings);
    need(p, wait_row(p, "helloservice", "approval", 5000), "the sequence of the good one");
    need(p, wait_row(p, "good", "live", 1000), "that it is live");
    assert_true(clock_monotonic_ns() - begin < 5 * CLOCK_S);
    need(p, wait_row(p, "down", "offline", 5000), "that one is down");
    need(p, wait_row(p, "none", "refused", 1000), "that one has no token");
    need(p, wait_row(p, "slow", "connecting", 1000), "that one waits for its token");
    assert_int_equal(pty_end(p), 0);
    free(settings);
    close(mute);
    world_close(&w);
}

static void a_token_that_is_put_in_place_later_is_taken(void **state)
{
    struct world w;
    (void)state;
    open_world(&w);
    char *settings =
        mem_printf("contexts:\n- {name: one, server: '%s', token-file: one.token}\n"
                   "- {name: two, server: '%s', token-file: two.token}\n"
                   "- {name: cmd, server: '%s', token-command: [cat, '%s']}\nshow: [one, two, cmd]\n",
                   w.url, w.url, w.url, w.token_file);
    assert_int_equal(world_shell(&w, "umask 077; echo wrong >one.token"), 0);
    struct pty *p = open_dashboard(&w, settings);
    need(p, wait_row(p, "cmd", "live", 10000), "the one whose token a command prints");
    need(p, wait_row(p, "one", "refused", 10000), "a refused token");
    need(p, wait_row(p, "two", "refused", 10000), "a missing token");
    assert_int_equal(world_shell(&w, "cp -p data/admin-token one.token; cp -p data/admin-token two.token"),
                     0);
    need(p, wait_row(p, "one", "live", 15000), "that the new token is taken");
    need(p, wait_row(p, "two", "live", 15000), "that the token is found");
    assert_int_equal(pty_end(p), 0);
    free(settings);
    world_close(&w);
}

static bool is_coloured(struct pty *p)
{
    for (int column = 0; column < pty_columns(p); column++) {
        struct pty_cell cell;
        pty_cell(p, pty_find_row(p, "approval"), column, &cell);
        if (cell.fg != PTY_DEFAULT || cell.bg != PTY_DEFAULT)
            return true;
    }
    return false;
}

static void a_theme_that_was_chosen_is_remembered_where_the_settings_have_none(void **state)
{
    struct world w;
    (void)state;
    open_world(&w);
    char *settings =
             mem_printf("contexts: [{name: good, server: '%s', token-file: '%s'}]\n", w.url, w.token_file),
         *dark = mem_printf("%stheme: dark\n", settings);
    for (int start = 0; start < 3; start++) {
        struct pty *p = open_dashboard(&w, start < 2 ? settings : dark);
        need(p, wait_row(p, "helloservice", "approval", 10000), "the sequence");
        need(p, is_coloured(p) == (start != 1), start == 1 ? "no colours" : "colours");
        if (start == 0) {
            pty_type(p, ":theme mono\r");
            pty_wait_quiet(p, 500);
            need(p, !is_coloured(p), "the theme");
        }
        assert_int_equal(pty_end(p), 0);
    }
    free(settings);
    free(dark);
    world_close(&w);
}

/* Folds of a connection come back at the next start, also after the terminal was taken away. */
static void folds_are_remembered(void **state)
{
    struct world w;
    (void)state;
    open_world(&w);
    char *settings =
        mem_printf("contexts: [{name: good, server: '%s', token-file: '%s'}]\n", w.url, w.token_file);
    struct pty *p = open_dashboard(&w, settings);
    need(p, wait_row(p, "helloservice", "approval", 10000), "the sequence");
    pty_type(p, "g"); /* the project */
    pty_wait_quiet(p, 100);
    pty_type(p, "h");
    need(p, pty_wait_no_text(p, "approval  ", 5000), "the fold");
    assert_int_equal(pty_hang_up(p, 10000), 0);
    (void)pty_end(p);
    p = open_dashboard(&w, settings);
    need(p, wait_row(p, "fulltour", "1", 10000), "the project");
    pty_wait_quiet(p, 300);
    need(p, !has_row(p, "helloservice", "approval"), "the fold as it was");
    pty_type(p, "n"); /* unfolds what hides it */
    need(p, wait_row(p, "helloservice", "approval", 5000), "the sequence that waits");
    assert_int_equal(pty_end(p), 0);
    p = open_dashboard(&w, settings);
    need(p, wait_row(p, "helloservice", "approval", 10000), "that it is not folded");
    assert_int_equal(pty_end(p), 0);
    free(settings);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_that_is_down_mute_or_without_a_token_delays_no_other),
        cmocka_unit_test(folds_are_remembered),
        cmocka_unit_test(a_theme_that_was_chosen_is_remembered_where_the_settings_have_none),
        cmocka_unit_test(a_token_that_is_put_in_place_later_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
