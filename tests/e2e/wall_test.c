/* The wall and --read-only on a real drawbridged: a cut shows in time and heals by itself, and nothing that
 * is typed reaches the server as a change. */
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

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "support/pty.h"
#include "support/relay.h"
#include "support/world.h"

#define WAIT_MS  20000
#define STALE_MS 10000 /* screens.md, 4 */

static const char shipyard[] =
    "apiVersion: spec.keptn.sh/0.2.2\nkind: Shipyard\nmetadata: {name: shipyard-delivery}\nspec:\n  stages:\n"
    "    - name: production\n      sequences:\n        - name: delivery\n          tasks:\n"
    "            - {name: approval, properties: {pass: manual, warning: manual}}\n";

static void open_waiting(struct world *w)
{
    world_open(w, NULL, true);
    world_project(w, shipyard, NULL);
    free(world_run(w, 0, "trigger", "delivery", "--project=fulltour", "--service=helloservice",
                   "--image=ghcr.io/podtato-head/podtatoserver:v0.1.1", NULL));
    free(world_wait(w, "waiting"));
}

static struct pty *open_screen(struct world *w, const char *server, const char *token_file,
                               const char *option, int columns, int rows)
{
    char *program = mem_printf("%s/drawbridge", w->programs);
    const char *const argv[] = {program, "--server", server, "--token-file", token_file, option, NULL};
    struct pty *p = pty_start(&(struct pty_options){.argv = argv, .columns = columns, .rows = rows});
    free(program);
    return p;
}

static void need(struct pty *p, bool seen, const char *what)
{
    if (!seen)
        fail_msg("%s was not seen; the screen is:\n%s", what, pty_screen(p));
}

static void need_live(struct pty *p)
{
    need(p, pty_wait_text(p, "● live", WAIT_MS), "a live stream");
    need(p, pty_wait_text(p, "1 waiting", WAIT_MS), "what waits");
}

static void a_cut_shows_within_ten_seconds_and_heals_by_itself(void **state)
{
    struct world w;
    (void)state;
    open_waiting(&w);
    struct pty *p = open_screen(&w, w.url, w.token_file, "--wall", 40, 9); /* no letters but text */
    need_live(p);
    assert_int_equal(kill(w.server, SIGSTOP), 0); /* the connection stands and nothing comes */
    const int64_t cut_ns = clock_monotonic_ns();
    need(p, pty_wait_text(p, "stale since", STALE_MS), "that the picture is old");
    print_message("# stale after %d ms\n", (int)((clock_monotonic_ns() - cut_ns) / CLOCK_MS));
    need(p, strstr(pty_screen(p), "1 waiting") != NULL, "what waits, on the old picture");
    assert_int_equal(kill(w.server, SIGCONT), 0);
    need_live(p);
    world_kill(&w, SIGKILL);
    need(p, pty_wait_text(p, "stale since", STALE_MS), "that the picture is old");
    world_start(&w);
    need_live(p);
    world_kill(&w, SIGTERM);
    need(p, pty_wait_text(p, "stale since", STALE_MS), "that the picture is old");
    world_start(&w);
    need_live(p);
    kill(pty_pid(p), SIGTERM);
    assert_int_equal(pty_wait_exit(p, WAIT_MS), 0);
    assert_int_equal(pty_end(p), 0);
    world_close(&w);
}

static void make_token(struct world *w, const char *name, const char *expires)
{
    char *line =
        mem_printf("%s/drawbridged token create --data data --name %s --role viewer --expires %s >%s",
                   w->programs, name, expires, name);
    assert_int_equal(world_shell(w, line), 0);
    free(line);
}

static void a_token_is_announced_before_it_ends_and_said_to_be_refused_after(void **state)
{
    struct world w;
    (void)state;
    open_waiting(&w);
    make_token(&w, "short", "6s");
    make_token(&w, "day", "30h");
    char *brief = world_path(&w, "short"), *day = world_path(&w, "day");
    struct pty *p = open_screen(&w, w.url, brief, "--wall", 40, 9);
    need(p, pty_wait_text(p, "1 waiting", WAIT_MS), "what waits");
    need(p, pty_wait_text(p, "token refused since", WAIT_MS), "that the token is refused");
    need(p, strstr(pty_screen(p), "1 waiting") != NULL, "what waited when it was");
    (void)pty_end(p);
    p = open_screen(&w, w.url, day, "--wall", 120, 30);
    need(p, pty_wait_text(p, "the token expires in 1d", WAIT_MS), "the token's end");
    (void)pty_end(p);
    free(brief);
    free(day);
    world_close(&w);
}

/* xorshift: the same bytes each time, so that what they find can be found again. */
static unsigned next_random(unsigned *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

static void type_at_random(struct pty *p, unsigned *seed)
{
    static const char *const likely[] = {"a",
                                         "D",
                                         "\r",
                                         "\xe2\x9c\x85",
                                         "\xe2\x9d\x8c",
                                         "P",
                                         "X",
                                         "u",
                                         "n",
                                         "1",
                                         "2",
                                         "4",
                                         " ",
                                         "y",
                                         "r",
                                         "\033[A",
                                         "\033[B",
                                         "\t",
                                         "\033",
                                         "yes",
                                         "\003",
                                         ":approve --yes 1\r",
                                         "/state:waiting\r",
                                         "5",
                                         "\033[200~a\r\033[201~",
                                         "\033[<0;10;4M\033[<0;10;4m",
                                         "\033[<64;5;5M",
                                         "d"};
    char bytes[64];
    const unsigned r = next_random(seed);
    if (r % 4 != 0) {
        pty_type(p, likely[r / 4 % (sizeof likely / sizeof *likely)]);
        return;
    }
    const size_t len = 1 + r / 4 % (sizeof bytes - 1);
    for (size_t i = 0; i < len; i++)
        bytes[i] = (char)(next_random(seed) & 0xff);
    pty_type_n(p, bytes, len);
}

/* Requests that got through, and those that were no GET. */
static void count_requests(const struct relay *r, const struct world *w, int *all, int *changing)
{
    char *text = world_read(w, r->log);
    *all = *changing = 0;
    for (const char *line = text; line && *line; line = strchr(line, '\n') + 1) {
        (*all)++;
        if (strncmp(line, "GET ", 4) != 0) {
            (*changing)++;
            print_message("# %.*s\n", (int)strcspn(line, "\n"), line);
        }
    }
    free(text);
}

static int events_stored(struct world *w)
{
    cJSON *answer = world_get(w, "/mongodb-datastore/event?project=fulltour&pageSize=1");
    const cJSON *total = json_get(answer, "totalCount");
    const int count = cJSON_IsNumber(total) ? total->valueint : -1;
    cJSON_Delete(answer);
    assert_true(count > 0);
    return count;
}

static void whatever_is_typed(const char *option)
{
    struct world w;
    struct relay relay;
    unsigned seed = 20261124;
    int all = 0, changing = 0, starts = 0;
    open_waiting(&w);
    relay_start(&relay, &w, RELAY_PLAIN, w.port);
    char *server = mem_printf("http://127.0.0.1:%d/api", relay.port);
    const int stored = events_stored(&w);
    struct pty *p = NULL;
    const int64_t end_ns = clock_monotonic_ns() + 6 * CLOCK_S;
    while (clock_monotonic_ns() < end_ns) {
        if (!p) {
            p = open_screen(&w, server, w.token_file, option, 100, 30);
            need(p, pty_wait_text(p, "production", WAIT_MS), "the screen");
            starts++;
        }
        type_at_random(p, &seed);
        pty_pump(p, 15);
        const int exit_status = pty_wait_exit(p, 1); /* q q leaves it */
        if (exit_status >= 0) {
            assert_int_equal(exit_status, 0);
            assert_int_equal(pty_end(p), 0);
            p = NULL;
        }
    }
    if (p)
        assert_int_equal(pty_end(p), 0);
    count_requests(&relay, &w, &all, &changing);
    print_message("# %d requests, the screen was opened %d times\n", all, starts);
    assert_true(all > 3);
    assert_int_equal(changing, 0);
    assert_int_equal(events_stored(&w), stored);
    free(world_wait(&w, "waiting"));
    free(server);
    relay_stop(&relay);
    world_close(&w);
}

static void read_only_sends_no_change_whatever_is_typed(void **state)
{
    (void)state;
    whatever_is_typed("--read-only");
}

static void the_wall_sends_no_change_whatever_is_typed(void **state)
{
    (void)state;
    whatever_is_typed("--wall");
}

/* The same keys without --read-only do send one: what the two above do not find could be found. */
static void an_approver_sends_one(void **state)
{
    struct world w;
    struct relay relay;
    int all = 0, changing = 0;
    (void)state;
    open_waiting(&w);
    relay_start(&relay, &w, RELAY_PLAIN, w.port);
    char *server = mem_printf("http://127.0.0.1:%d/api", relay.port);
    struct pty *p = open_screen(&w, server, w.token_file, "--no-mouse", 100, 30);
    need(p, pty_wait_text(p, "1 waiting", WAIT_MS), "what waits");
    pty_type(p, "na");
    need(p, pty_wait_text(p, "Approve helloservice", WAIT_MS), "the box");
    pty_wait_quiet(p, 200);
    pty_type(p, "\r");
    need(p, pty_wait_text(p, "nothing waiting", WAIT_MS), "that nothing waits");
    count_requests(&relay, &w, &all, &changing);
    assert_int_equal(changing, 1);
    (void)pty_end(p);
    free(server);
    relay_stop(&relay);
    world_close(&w);
}

static void a_locked_wall_ends_by_a_signal_alone(void **state)
{
    struct world w;
    (void)state;
    open_waiting(&w);
    struct pty *p = open_screen(&w, w.url, w.token_file, "--wall=locked", 40, 9);
    need_live(p);
    pty_type(p, "qq\003\003\034\032q");
    kill(pty_pid(p), SIGINT); /* what Ctrl-C is where the terminal's modes were reset */
    pty_pump(p, 500);
    assert_int_equal(pty_wait_exit(p, 100), -1);
    need_live(p);
    kill(pty_pid(p), SIGTERM);
    assert_int_equal(pty_wait_exit(p, WAIT_MS), 0);
    assert_int_equal(pty_end(p), 0);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cut_shows_within_ten_seconds_and_heals_by_itself),
        cmocka_unit_test(a_token_is_announced_before_it_ends_and_said_to_be_refused_after),
        cmocka_unit_test(read_only_sends_no_change_whatever_is_typed),
        cmocka_unit_test(the_wall_sends_no_change_whatever_is_typed),
        cmocka_unit_test(an_approver_sends_one),
        cmocka_unit_test(a_locked_wall_ends_by_a_signal_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
