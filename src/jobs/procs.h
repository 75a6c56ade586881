/* jobs/procs.h: who is below whom, as /proc tells it. */
#ifndef JOBS_PROCS_H
#define JOBS_PROCS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct procs_entry {
    pid_t pid, parent, group, session;
    char state;         /* 'R', 'S', 'Z', … */
    int64_t start_time; /* clock ticks since boot; with the pid it names a process for good */
};

/* False: there is no such process. */
bool procs_read(pid_t pid, struct procs_entry *out);

/* All processes at this moment, in no order. *out is the caller's (free). */
size_t procs_all(struct procs_entry **out);

/* All below root, zombies left out; root is not among them. One that forks meanwhile may be missed: ask again
 * until there is none. *out is the caller's (free). */
size_t procs_below(pid_t root, struct procs_entry **out);

#endif
