#include "config.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

/* All folders in front of the last slash. */
static enum status make_folders(const char *path, struct error *err)
{
    char *folder = mem_string(path);
    enum status status = STATUS_OK;
    for (char *slash = strchr(folder + 1, '/'); slash != NULL && status == STATUS_OK;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(folder, 0700) != 0 && errno != EEXIST)
            status = error_set(err, STATUS_FAILED, "cannot make the folder %s: %s", folder, strerror(errno));
        *slash = '/';
    }
    free(folder);
    return status;
}

static bool write_all(int fd, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t put = write(fd, text, len);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return false;
        text += put;
        len -= (size_t)put;
    }
    return fsync(fd) == 0;
}

/* The new name lasts only once its folder is on the disk; where that fails, the old file may come back. */
static void sync_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder =
        slash == NULL ? mem_string(".") : mem_string_n(path, slash == path ? 1 : (size_t)(slash - path));
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        (void)fsync(fd); /* some file systems cannot */
        close(fd);
    }
    free(folder);
}

enum status file_replace(const char *path, const char *text, size_t len, struct error *err)
{
    enum status status = make_folders(path, err);
    if (status != STATUS_OK)
        return status;
    char *real = realpath(path, NULL); /* NULL: there is none yet */
    if (real == NULL)
        real = mem_string(path);
    char *temporary = mem_printf("%s.XXXXXX", real);
    int fd = mkostemp(temporary, O_CLOEXEC); /* mode 0600 */
    if (fd < 0) {
        status = error_set(err, STATUS_FAILED, "cannot write %s: %s", temporary, strerror(errno));
        goto out;
    }
    bool written = write_all(fd, text, len);
    int why = errno;
    if (close(fd) != 0 && written) {
        written = false;
        why = errno;
    }
    if (written && rename(temporary, real) != 0) {
        written = false;
        why = errno;
    }
    if (!written) {
        status = error_set(err, STATUS_FAILED, "cannot write %s: %s; it is as it was", real, strerror(why));
        (void)unlink(temporary); /* nothing more can be done about it */
    } else {
        sync_folder(real);
    }
out:
    free(temporary);
    free(real);
    return status;
}
