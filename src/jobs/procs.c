#include "config.h"

#include "jobs/procs.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

bool procs_read(pid_t pid, struct procs_entry *out)
{
    char path[40], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t len = read(fd, text, sizeof text - 1);
    close(fd);
    if (len <= 0)
        return false;
    text[len] = '\0';
    const char *name_end = strrchr(text, ')'); /* the name itself may hold blanks and parentheses */
    int parent, group, session;
    char state;
    if (!name_end || sscanf(name_end + 1, " %c %d %d %d", &state, &parent, &group, &session) != 4)
        return false;
    const char *p = name_end + 1;
    for (int field = 3; field < 22 && p;
         field++) /* p stands before that field; 22 is the start time (proc(5)) */
        p = strchr(p + 1, ' ');
    if (!p)
        return false;
    *out = (struct procs_entry){.pid = pid,
                                .parent = parent,
                                .group = group,
                                .session = session,
                                .state = state,
                                .start_time = strtoll(p, NULL, 10)};
    return true;
}

size_t procs_all(struct procs_entry **out)
{
    struct procs_entry *items = NULL;
    size_t count = 0, capacity = 0;
    DIR *proc = opendir("/proc");
    const struct dirent *entry;
    while (proc) {
        entry = readdir(proc);
        if (!entry)
            break;
        char *end;
        long pid = strtol(entry->d_name, &end, 10);
        if (pid <= 0 || *end != '\0')
            continue;
        MEM_GROW(items, count, capacity);
        if (procs_read((pid_t)pid, &items[count]))
            count++;
    }
    if (proc)
        closedir(proc);
    *out = items;
    return count;
}

static bool is_among(const struct procs_entry *items, size_t count, pid_t pid)
{
    for (size_t i = 0; i < count; i++)
        if (items[i].pid == pid)
            return true;
    return false;
}

size_t procs_below(pid_t root, struct procs_entry **out)
{
    struct procs_entry *items;
    size_t count = procs_all(&items), found = 0, before;
    do { /* those found stand in front; each round adds the children of one more generation */
        before = found;
        for (size_t i = found; i < count; i++) {
            if (items[i].parent != root && !is_among(items, found, items[i].parent))
                continue;
            struct procs_entry swap = items[found];
            items[found++] = items[i];
            items[i] = swap;
        }
    } while (found > before);
    size_t alive = 0;
    for (size_t i = 0; i < found; i++)
        if (items[i].state != 'Z')
            items[alive++] = items[i];
    *out = items;
    return alive;
}
