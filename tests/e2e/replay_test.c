/* --replay in a terminal: the same screens, and nothing that could ask or change anything. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "scenario/scenario.h"
#include "support/pty.h"

#define WAIT_MS 20000

static char directory[] = "/tmp/drawbridge-replay.XXXXXX";
static char *scenario;

static int group_begins(void **state)
{
    struct error err = ERROR_NONE;
    (void)state;
    if (mkdtemp(directory) == NULL)
        return 1;
    scenario = mem_printf("%s/scenario.ndjson", directory);
    return scenario_write(scenario, &err) != STATUS_OK;
}

static int group_ends(void **state)
{
    (void)state;
    unlink(scenario);
    free(scenario);
    return rmdir(directory);
}

static struct pty *start_at(const char *const *words, int columns)
{
    const char *top = getenv("top_builddir");
    char *program = mem_printf("%s/drawbridge", top != NULL ? top : ".");
    const char *argv[20] = {program};
    for (size_t i = 0; words[i] != NULL; i++)
        argv[i + 1] = words[i];
    struct pty *p = pty_start(&(struct pty_options){.argv = argv, .columns = columns, .rows = 40});
    free(program);
    return p;
}

static struct pty *start(const char *const *words)
{
    return start_at(words, 120);
}

static void expect(struct pty *p, const char *text)
{
    if (!pty_wait_text(p, text, WAIT_MS))
        fail_msg("\"%s\" was not seen; the screen is:\n%s", text, pty_screen(p));
}

static void leave(struct pty *p)
{
    pty_type(p, "\x1b");
    pty_wait_quiet(p, 400);
    pty_type(p, "q");
    pty_wait_quiet(p, 100);
    pty_type(p, "q");
    assert_int_equal(pty_wait_exit(p, WAIT_MS), 0);
    assert_false(pty_alternate_screen(p));
    assert_int_equal(pty_end(p), 0);
}

static void the_scenario_is_shown_at_its_own_time(void **state)
{
    (void)state;
    const char *const words[] = {"--replay", scenario, "--speed", "0", NULL};
    struct pty *p = start(words);
    expect(p, "replay over 2026-11-24 10:00");
    expect(p, "8 waiting 2d");
    expect(p, "(read-only)");
    leave(p);
}

/* Ages stand still, too: a running task's seconds are among them. */
static void nothing_is_written_while_a_replay_stands(void **state)
{
    (void)state;
    const char *const words[] = {"--replay", scenario, "--speed", "0", NULL};
    struct pty *p = start(words);
    expect(p, "replay over 2026-11-24 10:00");
    expect(p, "41s");
    pty_wait_quiet(p, 700);
    (void)pty_bytes(p);
    pty_pump(p, 2500);
    assert_int_equal(pty_bytes(p), 0);
    leave(p);
}

static size_t count_sockets(int pid)
{
    char path[64];
    size_t count = 0;
    (void)snprintf(path, sizeof path, "/proc/%d/fd", pid);
    DIR *fds = opendir(path);
    assert_non_null(fds);
    for (struct dirent *entry; (entry = readdir(fds)) != NULL;) {
        char target[256], link[600];
        (void)snprintf(link, sizeof link, "%s/%s", path, entry->d_name);
        const ssize_t len = readlink(link, target, sizeof target - 1);
        target[len > 0 ? len : 0] = '\0';
        count += strstr(target, "socket:") != NULL;
    }
    closedir(fds);
    return count;
}

/* Every key that decides, controls or asks, with what would confirm it: there is no connection it could go
 * to. */
static void no_key_opens_a_connection(void **state)
{
    static const char *const keys[] = {"n",
                                       "a",
                                       "\r",
                                       "\xe2\x9c\x85",
                                       "\xe2\x9c\x85",
                                       "D",
                                       "\xe2\x9d\x8c",
                                       "\r",
                                       "P",
                                       "\r",
                                       "X",
                                       "\r",
                                       "u",
                                       "r",
                                       "e",
                                       "\x1b",
                                       "d",
                                       "\x1b",
                                       "L",
                                       "\x1b"};
    (void)state;
    const char *const words[] = {"--replay", scenario, "--speed", "0", NULL};
    struct pty *p = start(words);
    expect(p, "replay over");
    const size_t own = count_sockets(pty_pid(p)); /* a pair of libcurl's, to itself */
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        pty_type(p, keys[i]);
        pty_pump(p, keys[i][0] == '\x1b' ? 400 : 100);
        assert_int_equal(count_sockets(pty_pid(p)), own);
        assert_int_equal(pty_find_row(p, "Approve "), -1);
        assert_int_equal(pty_find_row(p, "Decline "), -1);
    }
    expect(p, "8 waiting 2d");
    leave(p);
}

/* The recorder ran for four hours. */
static void a_fast_replay_comes_to_its_end(void **state)
{
    (void)state;
    const char *const words[] = {"--replay", scenario, "--speed", "7200", NULL};
    struct pty *p = start(words);
    expect(p, "replay 2026-11-24 0");
    expect(p, "replay over 2026-11-24 10:00");
    expect(p, "8 waiting 2d");
    leave(p);
}

static void recorded_answers_of_keptn_are_one_history(void **state)
{
    const char *top = getenv("top_srcdir");
    char *paths[3];
    const char *const names[] = {"get.project.json", "sequences-page-2.sockshop.json", "approval.mock.json"};
    const char *words[] = {"--replay", NULL, "--replay", NULL, "--replay", NULL, "--speed", "0", NULL};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        paths[i] = mem_printf("%s/tests/model/data/%s", top != NULL ? top : ".", names[i]);
        words[2 * i + 1] = paths[i];
    }
    struct pty *p = start(words);
    expect(p, "replay over 2022-05-25");
    expect(p, "1 waiting");
    expect(p, "dynatrace");
    expect(p, "quality-gate");
    expect(p, "sockshop");
    leave(p);
    for (size_t i = 0; i < 3; i++)
        free(paths[i]);
}

static void a_file_that_is_not_there_is_an_error_on_a_whole_terminal(void **state)
{
    (void)state;
    const char *const words[] = {"--replay", "/nonexistent/recording", NULL};
    struct pty *p = start(words);
    assert_int_equal(pty_wait_exit(p, WAIT_MS), 3);
    assert_false(pty_alternate_screen(p));
    (void)pty_end(p); /* it has ended */
}

static void a_table_that_shrinks_keeps_what_tells_its_rows_apart(void **state)
{
    (void)state;
    const char *const words[] = {"list", "decided", "--replay", scenario, NULL};
    struct pty *p = start_at(words, 80);
    expect(p, "2026-11-11 22:08:57");
    expect(p, "…"); /* it did shrink */
    assert_int_equal(pty_wait_exit(p, WAIT_MS), 0);
    assert_int_equal(pty_end(p), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_scenario_is_shown_at_its_own_time),
        cmocka_unit_test(nothing_is_written_while_a_replay_stands),
        cmocka_unit_test(no_key_opens_a_connection),
        cmocka_unit_test(a_fast_replay_comes_to_its_end),
        cmocka_unit_test(a_table_that_shrinks_keeps_what_tells_its_rows_apart),
        cmocka_unit_test(recorded_answers_of_keptn_are_one_history),
        cmocka_unit_test(a_file_that_is_not_there_is_an_error_on_a_whole_terminal),
    };
    return cmocka_run_group_tests(tests, group_begins, group_ends);
}
