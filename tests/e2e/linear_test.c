/* The linear mode on a real drawbridged: what is told, what can be typed, and that nothing is decided by
 * mistake. */
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

#include "base/mem.h"
#include "support/pty.h"
#include "support/world.h"

#define WAIT_MS     20000
#define CONSIDER_MS 700 /* longer than an answer must take */

static const char shipyard[] =
    "apiVersion: spec.keptn.sh/0.2.2\nkind: Shipyard\nmetadata: {name: shipyard-delivery}\nspec:\n  stages:\n"
    "    - name: production\n      sequences:\n        - name: delivery\n          tasks:\n"
    "            - {name: approval, properties: {pass: manual, warning: manual}}\n";

static void open_world(struct world *w)
{
    world_open(w, NULL, true);
    world_project(w, shipyard, NULL);
}

static void deliver(struct world *w, const char *version)
{
    char *image = mem_printf("--image=ghcr.io/podtato-head/podtatoserver:%s", version);
    free(world_run(w, 0, "trigger", "delivery", "--project=fulltour", "--service=helloservice", image, NULL));
    free(world_wait(w, "waiting"));
    free(image);
}

/* options: of drawbridge besides --linear, at most three. */
static struct pty *open_linear(struct world *w, int columns, const char *const *options,
                               const char *const *env)
{
    static const char *const dumb[] = {"TERM=dumb", NULL};
    char *program = mem_printf("%s/drawbridge", w->programs),
         *state = mem_printf("XDG_STATE_HOME=%s", w->directory);
    const char *argv[12] = {program, "--server", w->url, "--token-file", w->token_file, "--linear"};
    const char *all_env[8] = {state};
    for (size_t i = 0; options && options[i] && i < 4; i++)
        argv[6 + i] = options[i];
    for (size_t i = 0; (env ? env : dumb)[i] && i < 6; i++)
        all_env[1 + i] = (env ? env : dumb)[i];
    struct pty *p =
        pty_start(&(struct pty_options){.argv = argv, .env = all_env, .columns = columns, .rows = 60});
    free(program);
    free(state);
    return p;
}

static void need(struct pty *p, const char *text)
{
    if (!pty_wait_text(p, text, WAIT_MS))
        fail_msg("'%s' was not seen; the screen is:\n%s", text, pty_screen(p));
}

static void type(struct pty *p, const char *line)
{
    pty_type(p, line);
    pty_type(p, "\r");
}

static void leave(struct pty *p)
{
    type(p, "quit");
    assert_int_equal(pty_wait_exit(p, WAIT_MS), 0);
    assert_int_equal(pty_end(p), 0);
}

/* Nothing but text, line ends and backspaces: no sequence, and no return to the start of a line. */
static void assert_plain(struct pty *p)
{
    size_t len = 0;
    const char *raw = pty_raw(p, &len);
    for (size_t i = 0; i < len; i++) {
        const unsigned char c = (unsigned char)raw[i];
        if (c < ' ' && c != '\n' && c != '\b' && !(c == '\r' && i + 1 < len && raw[i + 1] == '\n'))
            fail_msg("byte %zu is %02x", i, c);
    }
}

static size_t count_of(const char *text, const char *word)
{
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, word)) != NULL; at += strlen(word))
        count++;
    return count;
}

static void what_waits_is_told_and_approved_by_a_whole_word(void **state)
{
    struct world w;
    (void)state;
    open_world(&w);
    deliver(&w, "v0.1.0");
    struct pty *p = open_linear(&w, 100, NULL, NULL);
    need(p, "1 waits for your decision");
    need(p, "1: production: delivery of helloservice v0.1.0, waiting: approval");
    need(p, "\n>");
    type(p, "approve 1 looks good");
    need(p, "last delivered: nothing delivered here yet");
    need(p, "to deliver: ghcr.io/podtato-head/podtatoserver:v0.1.0");
    need(p, "comment: looks good");
    need(p, "type yes and Enter to approve");
    pty_pump(p, CONSIDER_MS);
    type(p, "y");
    need(p, "not confirmed: nothing was sent");
    type(p, "approve 1");
    need(p, "type yes and Enter to approve");
    pty_pump(p, CONSIDER_MS);
    type(p, "yes");
    need(p, "accepted by the server");
    need(p, "delivery of helloservice v0.1.0 succeeded");
    type(p, "list");
    need(p, "nothing waits for your decision, nothing runs");
    assert_plain(p);
    leave(p);
    free(world_wait(&w, "finished"));
    world_close(&w);
}

static void a_change_does_not_break_the_line_that_is_typed(void **state)
{
    struct world w;
    (void)state;
    open_world(&w);
    struct pty *p = open_linear(&w, 100, NULL, NULL);
    need(p, "nothing waits for your decision");
    need(p, "\n>");
    pty_type(p, "hel");
    need(p, "> hel");
    deliver(&w, "v0.1.1");
    need(p, "production: helloservice v0.1.1 waits for your decision, run ");
    pty_wait_quiet(p, 300);
    const int row = pty_find_row(p, "waits for your decision, run");
    assert_non_null(strstr(pty_row(p, row + 1), "> hel")); /* again, below */
    type(p, "p");
    need(p, "approve NUMBER|ID [COMMENT]: asks, then approves");
    pty_type(p, "shwo\b\bow 1\r");
    need(p, "triggered ");
    need(p, "strategy: pass: manual");
    assert_plain(p);
    leave(p);
    world_close(&w);
}

static void what_is_typed_ahead_confirms_nothing(void **state)
{
    struct world w;
    (void)state;
    open_world(&w);
    deliver(&w, "v0.1.0");
    struct pty *p = open_linear(&w, 100, NULL, NULL);
    need(p, "\n>");
    pty_type(p, "approve 1\ryes\ryes\r"); /* a paste */
    need(p, "type yes and Enter to approve");
    pty_pump(p, 100);
    type(p, "yes"); /* sooner than anybody can have heard the question */
    need(p, "before the question could be heard");
    pty_pump(p, CONSIDER_MS);
    free(world_wait(&w, "waiting"));
    type(p, "no");
    need(p, "not confirmed");
    pty_type(p, "\003");
    leave(p);
    free(world_wait(&w, "waiting"));
    world_close(&w);
}

static void a_question_that_somebody_else_answers_is_over(void **state)
{
    struct world w;
    (void)state;
    open_world(&w);
    deliver(&w, "v0.1.0");
    struct pty *p = open_linear(&w, 100, NULL, NULL);
    need(p, "\n>");
    type(p, "approve 1");
    need(p, "type yes and Enter to approve");
    pty_pump(p, CONSIDER_MS);
    pty_type(p, "ye");
    free(world_run(&w, 0, "decline", w.context, "--yes", "--comment", "not today", NULL));
    need(p, "nothing was sent: declined by");
    type(p, "s");
    need(p, "s is no command");
    need(p, "declined by admin: not today");
    leave(p);
    world_close(&w);
}

static void what_goes_back_is_typed_in_full(void **state)
{
    struct world w;
    (void)state;
    open_world(&w);
    deliver(&w, "v0.1.0");
    char *first = mem_string(w.context);
    deliver(&w, "v0.1.1");
    free(world_run(&w, 0, "approve", w.context, "--yes", NULL));
    free(world_wait(&w, "finished"));
    struct pty *p = open_linear(&w, 100, NULL, NULL);
    need(p, "goes BACK");
    char *line = mem_printf("approve %.8s", first);
    type(p, line);
    need(p, "OLDER than v0.1.1");
    need(p, "type helloservice@production and Enter to approve");
    pty_pump(p, CONSIDER_MS);
    type(p, "yes");
    need(p, "not confirmed: nothing was sent");
    type(p, line);
    need(p, "type helloservice@production and Enter to approve");
    pty_pump(p, CONSIDER_MS);
    type(p, "helloservice@production");
    need(p, "accepted by the server");
    leave(p);
    free(line);
    free(first);
    world_close(&w);
}

static void a_decision_can_be_taken_back(void **state)
{
    struct world w;
    (void)state;
    open_world(&w);
    deliver(&w, "v0.1.0");
    world_write(&w, "config.yaml", "undo-window: 4s\n");
    char *config = world_path(&w, "config.yaml");
    const char *const options[] = {"--config", config, NULL};
    struct pty *p = open_linear(&w, 130, options, NULL);
    need(p, "\n>");
    for (int round = 0; round < 2; round++) {
        type(p, "approve 1");
        need(p, "type yes and Enter to approve");
        pty_pump(p, CONSIDER_MS);
        type(p, "yes");
        need(p, "in 4 s; undo takes it back");
        if (round == 0) {
            type(p, "undo");
            need(p, "taken back: approve helloservice v0.1.0 into production; nothing was sent");
            pty_pump(p, 4500);
            free(world_wait(&w, "waiting"));
        }
    }
    leave(p); /* within the window */
    p = open_linear(&w, 130, options, NULL);
    need(p, "not sent, as drawbridge ended before its undo window did: approve helloservice v0.1.0 into "
            "production");
    need(p, "1 waits for your decision");
    leave(p);
    free(config);
    world_close(&w);
}

static void a_cut_is_told_once_and_so_is_its_end(void **state)
{
    struct world w;
    (void)state;
    open_world(&w);
    deliver(&w, "v0.1.0");
    struct pty *p = open_linear(&w, 100, NULL, NULL);
    need(p, "\n>");
    world_kill(&w, SIGKILL);
    need(p, "lost since ");
    pty_pump(p, 1500);
    assert_int_equal(count_of(pty_screen(p), "lost since"), 1);
    world_start(&w);
    need(p, "is back after ");
    pty_wait_quiet(p, 500);
    assert_int_equal(count_of(pty_screen(p), "number 1"), 0); /* what waited before is no news */
    leave(p);
    world_close(&w);
}

static void read_only_offers_no_change(void **state)
{
    static const char *const options[] = {"--read-only", NULL};
    struct world w;
    (void)state;
    open_world(&w);
    deliver(&w, "v0.1.0");
    struct pty *p = open_linear(&w, 100, options, NULL);
    need(p, "(read-only): live");
    type(p, "help");
    need(p, "show NUMBER|ID");
    assert_null(strstr(pty_screen(p), "approve NUMBER"));
    type(p, "approve 1");
    need(p, "read-only: nothing can be changed from here");
    leave(p);
    world_close(&w);
}

static void forty_columns_and_ascii_are_enough(void **state)
{
    static const char *const env[] = {"TERM=dumb", "LC_ALL=C", NULL};
    struct world w;
    (void)state;
    open_world(&w);
    deliver(&w, "v0.1.0");
    struct pty *p = open_linear(&w, 40, NULL, env);
    need(p, "\n>");
    type(p, "help");
    need(p, "quit: leaves");
    type(p, "show 1");
    need(p, "strategy: pass: manual");
    size_t len = 0;
    const char *raw = pty_raw(p, &len);
    for (size_t i = 0; i < len; i++)
        assert_true((unsigned char)raw[i] < 0x80);
    assert_plain(p);
    assert_non_null(
        strstr(pty_screen(p), "\nfits, as in the dashboard; by itself:\n")); /* no word is cut in two */
    leave(p);
    world_close(&w);
}

static void a_filter_hides_changes_but_nothing_that_waits(void **state)
{
    struct world w;
    (void)state;
    open_world(&w);
    struct pty *p = open_linear(&w, 100, NULL, NULL);
    need(p, "\n>");
    type(p, "filter service:carts");
    need(p, "only what fits is listed and told");
    deliver(&w, "v0.1.0");
    need(p, "helloservice v0.1.0 waits for your decision");
    type(p, "list");
    need(p, "1 more wait that the filter hides");
    type(p, "filter nonsense:x");
    need(p, "nonsense");
    type(p, "filter");
    need(p, "no filter: all changes are told");
    type(p, "list");
    need(p, "1: production: delivery of helloservice");
    leave(p);
    world_close(&w);
}

static void a_script_on_a_pipe_is_done_before_the_end(void **state)
{
    struct world w;
    (void)state;
    open_world(&w);
    deliver(&w, "v0.1.0");
    char *line = mem_printf(
        "printf 'list\\napprove 1\\nyes\\n' | %s/drawbridge --server %s --token-file %s --linear >out",
        w.programs, w.url, w.token_file);
    assert_int_equal(world_shell(&w, line), 0);
    char *out = world_read(&w, "out");
    if (!strstr(out, "accepted by the server"))
        fail_msg("%s", out);
    assert_null(strstr(out, "> "));
    assert_null(strchr(out, '\033'));
    free(world_wait(&w, "finished"));
    free(out);
    free(line);
    line = mem_printf("printf 'list\\n' >in; %s/drawbridge --server %s --token-file %s --linear <in >out",
                      w.programs, w.url, w.token_file);
    assert_int_equal(world_shell(&w, line), 0);
    out = world_read(&w, "out");
    assert_non_null(strstr(out, "nothing waits for your decision, nothing runs"));
    free(out);
    free(line);
    world_close(&w);
}

static void two_connections_are_told_apart(void **state)
{
    struct world w, other;
    (void)state;
    open_world(&w);
    open_world(&other);
    char *text = mem_printf("contexts:\n  - {name: eu, server: \"%s\", token-file: \"%s\"}\n"
                            "  - {name: us, server: \"%s\", token-file: \"%s\"}\n",
                            w.url, w.token_file, other.url, other.token_file);
    world_write(&w, "config.yaml", text);
    free(text);
    char *program = mem_printf("%s/drawbridge", w.programs), *config = world_path(&w, "config.yaml");
    const char *const argv[] = {program,     "--config", config,     "--context", "eu",
                                "--context", "us",       "--linear", NULL};
    const char *const env[] = {"TERM=dumb", NULL};
    deliver(&other, "v0.1.0");
    struct pty *p = pty_start(&(struct pty_options){.argv = argv, .env = env, .columns = 100, .rows = 60});
    need(p, "production @ us: delivery of helloservice v0.1.0");
    deliver(&w, "v0.1.1");
    need(p, "production @ eu: helloservice v0.1.1 waits");
    world_kill(&other, SIGKILL);
    need(p, "connection to us lost");
    type(p, "approve 2");
    need(p, "approve helloservice v0.1.1 into fulltour production @ eu?");
    pty_pump(p, CONSIDER_MS);
    type(p, "yes");
    need(p, "accepted by the server");
    leave(p);
    free(world_wait(&w, "finished"));
    free(program);
    free(config);
    world_close(&other);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_waits_is_told_and_approved_by_a_whole_word),
        cmocka_unit_test(a_change_does_not_break_the_line_that_is_typed),
        cmocka_unit_test(what_is_typed_ahead_confirms_nothing),
        cmocka_unit_test(a_question_that_somebody_else_answers_is_over),
        cmocka_unit_test(what_goes_back_is_typed_in_full),
        cmocka_unit_test(a_decision_can_be_taken_back),
        cmocka_unit_test(a_cut_is_told_once_and_so_is_its_end),
        cmocka_unit_test(read_only_offers_no_change),
        cmocka_unit_test(forty_columns_and_ascii_are_enough),
        cmocka_unit_test(a_filter_hides_changes_but_nothing_that_waits),
        cmocka_unit_test(a_script_on_a_pipe_is_done_before_the_end),
        cmocka_unit_test(two_connections_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
