#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "jobs/internal.h"

#define NAME_LIMIT 150 /* bytes; NAME_MAX is 255, and an ending follows */
#define DEPTH_MAX  100 /* of folders in folders, each of which takes two descriptors while it is removed */

char *workdir_file_name(const char *id)
{
    struct buffer name = BUFFER_LIMIT(NAME_LIMIT + 40);
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a, tells apart what is too long for a file name */
    for (const unsigned char *c = (const unsigned char *)id; *c; c++) {
        bool plain =
            (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') || *c == '-';
        hash = (hash ^ *c) * UINT64_C(1099511628211);
        if (name.len < NAME_LIMIT)
            (void)buffer_printf(&name, plain ? "%c" : "%%%02X", *c);
    }
    if (name.len >= NAME_LIMIT)
        (void)buffer_printf(&name, "-%016" PRIx64, hash);
    return buffer_take(&name, NULL);
}

struct removal_walk {
    int top;
    unsigned names; /* used up */
    unsigned moved; /* folders that lay too deep and were moved to the top */
};

static int open_folder(int parent, const char *name)
{
    const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    struct stat info;
    int fd = openat(parent, name, flags);
    if (fd < 0 && errno == EACCES && fstatat(parent, name, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
        S_ISDIR(info.st_mode) && fchmodat(parent, name, 0700, 0) == 0)
        fd = openat(parent, name, flags);
    return fd;
}

/* Removes all that the folder holds, as far as it can. Closes it. */
static void empty_folder(struct removal_walk *walk, int folder, int depth)
{
    (void)fchmod(folder, 0700); /* without it nothing can be taken out */
    int copy = dup(folder);
    DIR *dir = copy < 0 ? NULL : fdopendir(copy);
    if (!dir && copy >= 0)
        close(copy);
    const struct dirent *entry;
    while (dir && (entry = readdir(dir)) != NULL) {
        const char *name = entry->d_name;
        char moved[32];
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
            continue;
        if (unlinkat(folder, name, 0) == 0 || unlinkat(folder, name, AT_REMOVEDIR) == 0)
            continue;
        if (depth == DEPTH_MAX) {
            snprintf(moved, sizeof moved, ".deep-%u", walk->names++);
            if (renameat(folder, name, walk->top, moved) == 0)
                walk->moved++;
            continue;
        }
        int below = open_folder(folder, name);
        if (below >= 0)
            empty_folder(walk, below, depth + 1);
        (void)unlinkat(folder, name, AT_REMOVEDIR); /* the caller sees whether the top went away */
    }
    if (dir)
        closedir(dir);
    close(folder);
}

/* False, with errno, where something is left. */
static bool remove_tree(const char *path)
{
    struct removal_walk walk = {.moved = 0};
    unsigned before;
    do { /* once more for what has been moved to the top */
        before = walk.moved;
        if (rmdir(path) == 0 || errno == ENOENT || unlink(path) == 0)
            return true;
        int folder = open_folder(AT_FDCWD, path);
        if (folder < 0)
            return false;
        walk.top = dup(folder);
        empty_folder(&walk, folder, 0);
        if (walk.top >= 0)
            close(walk.top);
    } while (walk.moved > before);
    return rmdir(path) == 0 || errno == ENOENT;
}

enum status workdir_make(const char *path, struct error *err)
{
    if (mkdir(path, 0700) == 0 || (errno == EEXIST && remove_tree(path) && mkdir(path, 0700) == 0))
        return STATUS_OK;
    return error_set(err, STATUS_FAILED, "cannot make the working directory %s: %s", path, strerror(errno));
}

struct removal {
    uv_work_t work;
    struct jobs *j;
    char *path;
    int error; /* errno, 0: removed */
};

static void remove_on_pool(uv_work_t *work)
{
    struct removal *r = work->data;
    r->error = remove_tree(r->path) ? 0 : errno;
}

static void removed(uv_work_t *work, int status)
{
    struct removal *r = work->data;
    struct jobs *j = r->j;
    if (status != 0 || r->error != 0)
        log_write(LOG_WARN, "cannot remove %s, remove it by hand: %s", r->path, strerror(r->error));
    free(r->path);
    free(r);
    j->removals--;
    jobs_check(j);
}

void workdir_remove(struct jobs *j, const char *path)
{
    struct removal *r = MEM_NEW(struct removal);
    r->j = j;
    r->path = mem_string(path);
    r->work.data = r;
    j->removals++;
    if (uv_queue_work(j->loop, &r->work, remove_on_pool, removed) != 0)
        abort(); /* fails only without a function to run */
}
