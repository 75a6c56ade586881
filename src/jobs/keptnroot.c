#include "config.h"

#include "jobs/keptnroot.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MOUNT_POINT "/keptn"

static bool bind_mount(const char *from, const char *to)
{
    return mount(from, to, NULL, MS_BIND | MS_REC, NULL) == 0;
}

/* Shows one entry of / below root. What has vanished meanwhile is not missed. */
static bool show_entry(const char *name, const char *root)
{
    char from[PATH_MAX], to[PATH_MAX], target[PATH_MAX];
    struct stat info;
    if (snprintf(from, sizeof from, "/%s", name) >= (int)sizeof from ||
        snprintf(to, sizeof to, "%s/%s", root, name) >= (int)sizeof to)
        return false;
    if (lstat(from, &info) < 0)
        return errno == ENOENT;
    if (S_ISDIR(info.st_mode))
        return mkdir(to, 0755) == 0 && bind_mount(from, to);
    if (S_ISLNK(info.st_mode)) {
        ssize_t len = readlink(from, target, sizeof target - 1);
        if (len < 0)
            return errno == ENOENT;
        target[len] = '\0';
        return symlink(target, to) == 0;
    }
    int fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    close(fd);
    return bind_mount(from, to);
}

static bool show_all(const char *root)
{
    DIR *top = opendir("/");
    bool ok = top != NULL;
    const struct dirent *entry;
    while (ok && (entry = readdir(top)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            ok = show_entry(entry->d_name, root);
    if (top)
        closedir(top);
    return ok;
}

/* A new / of everything that is in the old one, and the mount point. It is mounted over the directory itself,
 * which is looked at through `held` from then on. Unbindable: a copy of the tree around it must not have a
 * copy of it inside, and so on. */
static bool change_root(const char *directory)
{
    char held[40], mount_point[PATH_MAX];
    int fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return false;
    snprintf(held, sizeof held, "/proc/self/fd/%d", fd);
    bool ok =
        snprintf(mount_point, sizeof mount_point, "%s" MOUNT_POINT, directory) < (int)sizeof mount_point &&
        mount("drawbridge", directory, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=1m") == 0;
    if (ok && mount(NULL, directory, NULL, MS_UNBINDABLE, NULL) == 0 && show_all(directory) &&
        mkdir(mount_point, 0755) == 0 && bind_mount(held, mount_point) && chdir(directory) == 0 &&
        syscall(SYS_pivot_root, ".", ".") == 0) {
        (void)umount2(".", MNT_DETACH); /* the old root lies over the new one now */
        ok = chdir("/") == 0;
    } else if (ok) {
        (void)umount2(directory, MNT_DETACH); /* as if nothing had been */
        ok = false;
    }
    close(fd);
    return ok;
}

bool keptnroot_enter(const char *directory)
{
    struct stat info;
    if (geteuid() != 0 || unshare(CLONE_NEWNS) < 0)
        return false;
    if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0) /* mounts come in from outside, none goes out */
        return false;
    if (stat(MOUNT_POINT, &info) == 0 && S_ISDIR(info.st_mode))
        return bind_mount(directory, MOUNT_POINT);
    return change_root(directory);
}
