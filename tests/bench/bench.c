/* `make bench`: every figure that the project promises, measured in one run, beside its limit or peer. */
#include "config.h"

#include "bench/bench.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/clock.h"

#define ROWS_MAX 32

static struct row {
    char figure[96], ours[40], other[56], target[40];
    double ratio;
    bool held;
} rows[ROWS_MAX];
static size_t row_count;

void bench_row(const char *figure, const char *ours, const char *other, double ratio, const char *target,
               bool held)
{
    if (row_count == ROWS_MAX)
        abort();
    struct row *r = &rows[row_count++];
    (void)snprintf(r->figure, sizeof r->figure, "%s", figure);
    (void)snprintf(r->ours, sizeof r->ours, "%s", ours);
    (void)snprintf(r->other, sizeof r->other, "%s", other);
    (void)snprintf(r->target, sizeof r->target, "%s", target);
    r->ratio = ratio;
    r->held = held;
}

int bench_print(const char *title)
{
    printf(
        "%s\n\n| figure | ours | limit or peer | ratio | target | |\n| --- | --- | --- | --- | --- | --- |\n",
        title);
    for (size_t i = 0; i < row_count; i++)
        printf("| %s | %s | %s | %.2f | %s | %s |\n", rows[i].figure, rows[i].ours, rows[i].other,
               rows[i].ratio, rows[i].target, rows[i].held ? "held" : "missed");
    return (int)row_count;
}

int64_t bench_now_ns(void)
{
    return clock_monotonic_ns();
}

static int compare(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

double bench_percentile(double *samples, size_t count, double p)
{
    qsort(samples, count, sizeof *samples, compare);
    size_t at = (size_t)(p * (double)(count - 1) + 0.5);
    return samples[at];
}

int main(int argc, char **argv)
{
    struct bench_run run = {.smoke = argc > 1 && strcmp(argv[1], "--smoke") == 0};
    struct utsname machine;
    char title[300];
    signal(SIGPIPE, SIG_IGN);
    bench_decode(&run);
    bench_screen(&run);
    if (uname(&machine) != 0)
        return 1;
    (void)snprintf(title, sizeof title, "%s %s, %ld cores%s", machine.sysname, machine.machine,
                   sysconf(_SC_NPROCESSORS_ONLN), run.smoke ? ", smoke run: too few samples to judge" : "");
    return bench_print(title) > 0 ? 0 : 1;
}
