/* Days of recorded events at speed: the dashboard's memory and descriptors stay as they are, and the wall's.
 * SOAK_DAYS in the environment says how many; `make soak` takes a month. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "scenario/scenario.h"
#include "support/pty.h"

#define DAYS_DEFAULT 2
#define DELIVERIES   1000 /* a day */
#define LOOK_MS      50
#define GROWTH_KB    2048 /* what the allocator may keep more at one time than at another */

struct measure {
    long anonymous_kb;
    size_t descriptors;
};

static unsigned days(void)
{
    const char *text = getenv("SOAK_DAYS");
    const unsigned long n = text != NULL ? strtoul(text, NULL, 10) : 0;
    return n > 0 ? (unsigned)n : DAYS_DEFAULT;
}

static struct measure measure(int pid)
{
    struct measure m = {0};
    char path[64], line[256];
    (void)snprintf(path, sizeof path, "/proc/%d/status", pid);
    FILE *in = fopen(path, "r");
    assert_non_null(in);
    while (fgets(line, sizeof line, in) != NULL)
        if (strncmp(line, "RssAnon:", 8) == 0)
            m.anonymous_kb = strtol(line + 8, NULL, 10);
    (void)fclose(in); /* read only */
    (void)snprintf(path, sizeof path, "/proc/%d/fd", pid);
    DIR *fds = opendir(path);
    assert_non_null(fds);
    for (struct dirent *entry; (entry = readdir(fds)) != NULL;)
        m.descriptors += entry->d_name[0] != '.';
    closedir(fds);
    return m;
}

/* The load into a pipe, so that no disk has to hold it. */
static pid_t start_generator(const char *pipe)
{
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid > 0)
        return pid;
    struct error err = ERROR_NONE;
    const enum status status = scenario_write_load(pipe, days(), DELIVERIES, &err);
    if (status != STATUS_OK)
        fprintf(stderr, "# %s\n", err.text);
    _exit(status_exit_code(status));
}

/* option NULL: the tree */
static struct pty *start_dashboard(const char *pipe, const char *option)
{
    const char *top = getenv("top_builddir");
    char *program = mem_printf("%s/drawbridge", top != NULL ? top : ".");
    const char *const argv[] = {program, "--replay", pipe, "--speed", "0", option, NULL};
    /* what a sanitizer keeps of freed memory is not the dashboard's */
    const char *const env[] = {
        "ASAN_OPTIONS=detect_leaks=1:quarantine_size_mb=1:thread_local_quarantine_size_kb=64", NULL};
    struct pty *p = pty_start(&(struct pty_options){.argv = argv, .env = env, .columns = 120, .rows = 30});
    free(program);
    return p;
}

/* How much of the recording was replayed, by the clock in the top line. */
static double progress(struct pty *p)
{
    const int row = pty_find_row(p, "replay "); /* the wall moves by a row now and then */
    const char *at = row >= 0 && row < 2 ? strstr(pty_row(p, row), "replay ") : NULL;
    char text[32];
    int64_t ns = 0;
    if (at == NULL)
        return 0;
    at += strlen("replay ");
    if (strncmp(at, "over ", 5) == 0)
        return 1;
    (void)snprintf(text, sizeof text, "%.10sT%.5s:00Z", at, strlen(at) > 11 ? at + 11 : "");
    if (!clock_parse(text, &ns))
        return 0;
    const double whole = (double)days() * 86400e9;
    return 1 - (double)(SCENARIO_NOW_NS - ns) / whole;
}

static void wait_for(struct pty *p, double part)
{
    const int64_t deadline = clock_monotonic_ns() + 3600 * CLOCK_S;
    while (progress(p) < part) {
        if (clock_monotonic_ns() > deadline)
            fail_msg("not there within an hour: %s", pty_screen(p));
        pty_pump(p, LOOK_MS);
    }
}

static void days_of_events_leave_it_flat(const char *option)
{
    static const double parts[] = {0.25, 0.5, 1};
    struct measure at[3];
    char directory[] = "/tmp/drawbridge-soak.XXXXXX";
    assert_non_null(mkdtemp(directory));
    char *pipe = mem_printf("%s/events", directory);
    assert_int_equal(mkfifo(pipe, 0600), 0);
    struct pty *p = start_dashboard(pipe, option);
    const pid_t generator = start_generator(pipe);
    for (size_t i = 0; i < 3; i++) {
        wait_for(p, parts[i]);
        at[i] = measure(pty_pid(p));
        print_message("# after %3.0f %% of %u days: %ld KiB anonymous, %zu descriptors\n", parts[i] * 100,
                      days(), at[i].anonymous_kb, at[i].descriptors);
    }
    int status = 0;
    assert_int_equal(waitpid(generator, &status, 0), generator);
    assert_int_equal(status, 0);
    for (size_t i = 1; i < 3; i++) {
        assert_true(at[i].anonymous_kb <= at[0].anonymous_kb + GROWTH_KB);
        assert_true(at[i].descriptors <= at[0].descriptors);
    }
    pty_type(p, "qq");
    assert_int_equal(pty_wait_exit(p, 10000), 0);
    (void)pty_end(p); /* it has ended */
    unlink(pipe);
    rmdir(directory);
    free(pipe);
}

static void days_of_events_leave_memory_and_descriptors_flat(void **state)
{
    (void)state;
    days_of_events_leave_it_flat(NULL);
}

static void days_of_events_leave_the_walls_flat(void **state)
{
    (void)state;
    days_of_events_leave_it_flat("--wall");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(days_of_events_leave_memory_and_descriptors_flat),
                                       cmocka_unit_test(days_of_events_leave_the_walls_flat)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
