/* tests/bench/bench.h: what the benchmark's files share: figures in, one table out. */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bench_run {
    bool smoke; /* a few samples only: shows that each figure can be had, not what it is */
};

/* One row. ours and other in the unit that the name says; ratio is ours / other. held: the target as it
 * stands in the issue. */
void bench_row(const char *figure, const char *ours, const char *other, double ratio, const char *target,
               bool held);
int bench_print(const char *title); /* number of rows */

int64_t bench_now_ns(void);
/* Sorts; p from 0 to 1. */
double bench_percentile(double *samples, size_t count, double p);

void bench_decode(const struct bench_run *run); /* decode.c: events decoded and applied, against cJSON */
void bench_screen(const struct bench_run *run); /* screen.c: latencies, memory, bytes, with real programs */

#endif
