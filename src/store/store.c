#include "config.h"

#include "store/store.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "store/internal.h"

static enum status make_directories(const char *directory, struct error *err)
{
    char *path = mem_string(directory);
    enum status status = STATUS_OK;
    for (char *slash = path; slash != NULL && status == STATUS_OK;) {
        slash = strchr(slash + 1, '/');
        if (slash != NULL)
            *slash = '\0';
        if (path[0] != '\0' && mkdir(path, 0700) != 0 && errno != EEXIST)
            status = error_set(err, STATUS_FAILED, "cannot make the directory %s: %s", path, strerror(errno));
        if (slash != NULL)
            *slash = '/';
    }
    free(path);
    return status;
}

#define CHILD_WAIT_MS 5000

/* The number of the process that has the lock, as it wrote it; false: it has not. */
static bool read_holder(const struct store *s, char holder[32])
{
    ssize_t got = pread(s->lock_fd, holder, 31, 0);
    holder[got > 0 ? got : 0] = '\0';
    return got > 0 && strspn(holder, "0123456789") == strlen(holder);
}

static bool is_gone(const char *holder)
{
    long pid = strtol(holder, NULL, 10);
    return pid > 1 && kill((pid_t)pid, 0) != 0 && errno == ESRCH;
}

/* A drawbridged that was killed while it started a job leaves its lock to that child, until the child
 * executes its program, which takes a moment. Returns 0, or the errno. */
static int take_lock(const struct store *s)
{
    char holder[32];
    for (int waited_ms = 0;; waited_ms += 10) {
        if (flock(s->lock_fd, LOCK_EX | LOCK_NB) == 0)
            return 0;
        int code = errno;
        if (code != EWOULDBLOCK || waited_ms >= CHILD_WAIT_MS || !read_holder(s, holder) || !is_gone(holder))
            return code;
        poll(NULL, 0, 10);
    }
}

/* One drawbridged for a directory: the lock is the kernel's and goes with the process, however it ends. */
static enum status lock_directory(struct store *s, struct error *err)
{
    enum status status = STATUS_OK;
    char holder[32], ours[32];
    char *path = mem_printf("%s/lock", s->directory);
    s->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    int code = s->lock_fd < 0 ? errno : take_lock(s);
    if (s->lock_fd < 0) {
        status = error_set(err, STATUS_FAILED, "cannot open %s: %s", path, strerror(code));
    } else if (code == EWOULDBLOCK && read_holder(s, holder)) {
        status = error_set(
            err, STATUS_CONFLICT,
            "another drawbridged (process %s) has %s open; end it, or give another directory with --data",
            holder, s->directory);
    } else if (code == EWOULDBLOCK) {
        status = error_set(err, STATUS_CONFLICT,
                           "another drawbridged has %s open; end it, or give another directory with --data",
                           s->directory);
    } else if (code != 0) {
        status = error_set(err, STATUS_FAILED, "cannot lock %s: %s", path, strerror(code));
    } else {
        int len = snprintf(ours, sizeof ours, "%ld", (long)getpid());
        /* Only the message above needs it: a full disk is no reason to refuse. */
        bool told = ftruncate(s->lock_fd, 0) == 0 && pwrite(s->lock_fd, ours, (size_t)len, 0) == len;
        if (!told)
            log_write(LOG_WARN, "cannot write the process number into %s: %s", path, strerror(errno));
    }
    free(path);
    return status;
}

/* Made by us and not by SQLite, for its mode: events and hashes of tokens are nobody else's to read. */
static enum status make_file(const struct store *s, struct error *err)
{
    int fd = open(s->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return error_set(err, STATUS_FAILED,
                         "cannot open %s: %s; look at the owner and mode of the directory", s->path,
                         strerror(errno));
    close(fd);
    return STATUS_OK;
}

static enum status read_epoch(struct store *s, struct error *err)
{
    enum status status = STATUS_FAILED;
    sqlite3_stmt *stmt = db_prepare(s->reader, "SELECT value FROM meta WHERE key = 'epoch'", err);
    if (stmt == NULL)
        return STATUS_FAILED;
    if (db_step(s->reader, stmt, &status, err) && db_text(stmt, 0) != NULL)
        (void)snprintf(s->epoch, sizeof s->epoch, "%s", db_text(stmt, 0));
    else if (status == STATUS_OK)
        status = error_set(err, STATUS_FAILED, "%s has no epoch; restore it from a backup", s->path);
    db_release(s->reader, stmt);
    return status;
}

static enum status open_database(struct store *s, struct error *err)
{
    int64_t last = 0;
    enum status status = schema_check_file(s->path, err);
    if (status == STATUS_OK)
        status = make_file(s, err);
    if (status == STATUS_OK)
        status = db_open(s->path, DB_WRITER, &s->writer, err);
    if (status == STATUS_OK)
        status = schema_migrate(s->writer, err);
    if (status == STATUS_OK)
        status = db_open(s->path, DB_READER, &s->reader, err);
    if (status == STATUS_OK)
        status = read_epoch(s, err);
    if (status == STATUS_OK)
        status = db_number(s->reader, "SELECT max(number) FROM events", &last, err);
    s->written = s->last_number = s->submitted = (uint64_t)last;
    s->next_number = s->last_number + 1;
    return status;
}

static enum status open_store(const char *directory, uv_loop_t *loop, bool lock, struct store **out,
                              struct error *err)
{
    struct store *s = MEM_NEW(struct store);
    s->directory = mem_string(directory);
    s->path = mem_printf("%s/drawbridged.db", directory);
    s->loop = loop;
    s->lock_fd = -1;
    s->waiting.last = &s->waiting.first;
    s->group.last = &s->group.first;
    if (uv_mutex_init(&s->mutex) != 0 || uv_cond_init(&s->finished) != 0)
        abort(); /* no memory */
    enum status status = make_directories(directory, err);
    if (status == STATUS_OK && lock)
        status = lock_directory(s, err);
    if (status == STATUS_OK)
        status = open_database(s, err);
    if (status != STATUS_OK) {
        store_close(s);
        s = NULL;
    }
    *out = s;
    return status;
}

enum status store_open(const char *directory, uv_loop_t *loop, struct store **out, struct error *err)
{
    return open_store(directory, loop, true, out, err);
}

enum status store_open_beside(const char *directory, struct store **out, struct error *err)
{
    return open_store(directory, NULL, false, out, err);
}

void store_close(struct store *s)
{
    if (s == NULL)
        return;
    s->closing = true;
    commit_drain(s);
    db_close(s->reader);
    db_close(s->writer); /* the last one: takes the log over into the file */
    if (s->lock_fd >= 0)
        close(s->lock_fd);
    uv_cond_destroy(&s->finished);
    uv_mutex_destroy(&s->mutex);
    free(s->path);
    free(s->directory);
    free(s);
}

const char *store_epoch(const struct store *s)
{
    return s->epoch;
}

uint64_t store_last_number(const struct store *s)
{
    return s->last_number;
}

uint64_t store_next_number(struct store *s)
{
    return s->next_number++;
}

const char *store_directory(const struct store *s)
{
    return s->directory;
}
