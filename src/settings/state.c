/* state.c: a note names the process that made it by pid and start time, so that a second dashboard does not
 * take what the first one is about to send for lost. */
#include "config.h"

#include "settings/state.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"

#define FILE_MAX   (4 * 1024 * 1024) /* bytes; all that is kept fits */
#define LOCK_TRIES 50                /* of 10 ms: a dashboard that was stopped must not stop the others */
#define STARTED_AT 22                /* field of /proc/PID/stat: start time */

char *state_path(bool restricted)
{
    const char *state = restricted ? NULL : getenv("XDG_STATE_HOME"),
               *home = restricted ? NULL : getenv("HOME");
    const struct passwd *user = restricted ? getpwuid(geteuid()) : NULL;
    if (user != NULL)
        home = user->pw_dir;
    if (state != NULL && state[0] == '/')
        return mem_printf("%s/drawbridge/view.json", state);
    return home != NULL && home[0] == '/' ? mem_printf("%s/.local/state/drawbridge/view.json", home) : NULL;
}

/* --- processes --- */

/* When the process began, in the kernel's ticks; 0: there is none. */
static unsigned long long started(long pid)
{
    char path[64], text[1024];
    (void)snprintf(path, sizeof path, "/proc/%ld/stat", pid); /* fits */
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
    if (fd >= 0)
        close(fd);
    text[len > 0 ? len : 0] = '\0';
    char *at = strrchr(text, ')'); /* behind the name, which may have anything in it */
    for (int field = 2; at != NULL && field < STARTED_AT; field++)
        at = strchr(at + 1, ' ');
    return at != NULL ? strtoull(at, NULL, 10) : 0;
}

static bool is_ours(const cJSON *note)
{
    char own[32];
    (void)snprintf(own, sizeof own, "%llu", started(getpid())); /* fits */
    const char *start = json_text(note, "started");
    const cJSON *pid = json_get(note, "pid");
    return cJSON_IsNumber(pid) && pid->valuedouble == (double)getpid() && start != NULL &&
           strcmp(start, own) == 0;
}

/* Whether the process that made the note still runs. */
static bool is_alive(const cJSON *note)
{
    const cJSON *pid = json_get(note, "pid");
    const char *start = json_text(note, "started");
    if (!cJSON_IsNumber(pid) || !(pid->valuedouble >= 1 && pid->valuedouble < 1e9) || start == NULL)
        return false;
    unsigned long long ticks = started((long)pid->valuedouble);
    return ticks != 0 && ticks == strtoull(start, NULL, 10);
}

/* --- the file --- */

static enum status read_text(const char *path, struct buffer *text, struct error *err)
{
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    enum status status = STATUS_OK;
    char chunk[16 * 1024];
    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR
                   ? STATUS_OK
                   : error_set(err, STATUS_FAILED, "cannot open it: %s", strerror(errno));
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode))
        status = error_set(err, STATUS_FAILED, "it is no plain file");
    while (status == STATUS_OK) {
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n == 0)
            break;
        if (n < 0)
            status = errno == EINTR ? STATUS_OK
                                    : error_set(err, STATUS_FAILED, "cannot read it: %s", strerror(errno));
        else if (!buffer_add(text, chunk, (size_t)n))
            status = error_set(err, STATUS_TOO_LARGE, "it is longer than %d MiB", FILE_MAX >> 20);
    }
    close(fd);
    return status;
}

static bool is_short_text(const cJSON *item)
{
    return cJSON_IsString(item) && strlen(item->valuestring) <= STATE_TEXT_MAX;
}

/* Nothing in it is believed that we could not have written. */
static bool is_state(const cJSON *json)
{
    const cJSON *theme = json_get(json, "theme"), *folded = json_get(json, "folded"),
                *notes = json_get(json, "pending"), *item;
    if (!cJSON_IsObject(json) || (theme != NULL && !is_short_text(theme)) ||
        (folded != NULL && !cJSON_IsArray(folded)) || (notes != NULL && !cJSON_IsArray(notes)) ||
        cJSON_GetArraySize(folded) > STATE_FOLDS_MAX || cJSON_GetArraySize(notes) > STATE_NOTES_MAX)
        return false;
    cJSON_ArrayForEach(item, folded)
    {
        if (!is_short_text(item))
            return false;
    }
    cJSON_ArrayForEach(item, notes)
    {
        if (!is_short_text(json_get(item, "what")))
            return false;
    }
    return true;
}

/* *json: an object, empty after an error. */
static enum status read_state(const char *path, cJSON **json, struct error *err)
{
    struct buffer text = BUFFER_LIMIT(FILE_MAX);
    struct error own = ERROR_NONE;
    *json = NULL;
    enum status status = read_text(path, &text, &own);
    if (status == STATUS_OK && text.len > 0)
        status = json_parse(buffer_text(&text), text.len, json, &own);
    if (status == STATUS_OK && text.len > 0 && !is_state(*json))
        status = error_set(&own, STATUS_INVALID, "it is not what drawbridge writes");
    buffer_free(&text);
    if (status != STATUS_OK) {
        cJSON_Delete(*json);
        *json = NULL;
        (void)error_set(err, status, "the state file %s is ignored: %s", path, own.text); /* status says it */
    }
    if (*json == NULL)
        *json = cJSON_CreateObject();
    return status;
}

static enum status write_state(const char *path, const cJSON *json, struct error *err)
{
    struct buffer text = BUFFER_LIMIT(FILE_MAX);
    enum status status =
        json_print(json, &text) && buffer_add_char(&text, '\n')
            ? file_replace(path, buffer_text(&text), text.len, err)
            : error_set(err, STATUS_TOO_LARGE, "the state would be longer than %d MiB", FILE_MAX >> 20);
    buffer_free(&text);
    return status;
}

/* -1 where it cannot be had in time: what is lost then is a fold, or a note that another dashboard makes at
 * the same moment. */
static int lock(const char *path)
{
    char *name = mem_printf("%s.lock", path);
    int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    free(name);
    for (int i = 0; fd >= 0 && i < LOCK_TRIES && flock(fd, LOCK_EX | LOCK_NB) != 0; i++)
        poll(NULL, 0, 10);
    return fd;
}

static void unlock(int fd)
{
    if (fd >= 0)
        close(fd);
}

/* Reads, lets `change` work on the object, and writes, all under the lock. */
static enum status update(const char *path,
                          enum status (*change)(cJSON *json, const void *arg, struct error *err),
                          const void *arg, struct error *err)
{
    cJSON *json = NULL;
    int locked = lock(path);
    (void)read_state(path, &json, NULL); /* a broken file is replaced; state_load has said so */
    enum status status = change(json, arg, err);
    if (status == STATUS_OK)
        status = write_state(path, json, err);
    unlock(locked);
    cJSON_Delete(json);
    return status;
}

/* --- loading --- */

enum status state_load(const char *path, struct state *out, struct error *err)
{
    cJSON *json = NULL;
    const cJSON *item;
    *out = (struct state){0};
    enum status status = read_state(path, &json, err);
    const cJSON *folded = json_get(json, "folded"), *notes = json_get(json, "pending");
    out->theme = mem_string(json_text(json, "theme"));
    out->folded = mem_alloc(((size_t)cJSON_GetArraySize(folded) + 1) * sizeof *out->folded);
    out->unsent = mem_alloc(((size_t)cJSON_GetArraySize(notes) + 1) * sizeof *out->unsent);
    cJSON_ArrayForEach(item, folded)
    {
        out->folded[out->folded_count++] = mem_string(item->valuestring);
    }
    cJSON_ArrayForEach(item, notes)
    {
        if (!is_alive(item))
            out->unsent[out->unsent_count++] = mem_string(json_text(item, "what"));
    }
    cJSON_Delete(json);
    return status;
}

void state_free(struct state *s)
{
    if (s == NULL)
        return;
    for (size_t i = 0; i < s->folded_count; i++)
        free(s->folded[i]);
    for (size_t i = 0; i < s->unsent_count; i++)
        free(s->unsent[i]);
    free(s->folded);
    free(s->unsent);
    free(s->theme);
    *s = (struct state){0};
}

/* --- changing --- */

struct view_state {
    const char *theme;
    const char *const *folded;
    size_t folded_count;
};

static enum status set_view(cJSON *json, const void *arg, struct error *err)
{
    const struct view_state *view = arg;
    (void)err;
    cJSON_DeleteItemFromObjectCaseSensitive(json, "theme");
    cJSON_DeleteItemFromObjectCaseSensitive(json, "folded");
    if (view->theme != NULL && strlen(view->theme) <= STATE_TEXT_MAX)
        cJSON_AddStringToObject(json, "theme", view->theme);
    cJSON *list = cJSON_AddArrayToObject(json, "folded");
    for (size_t i = 0; i < view->folded_count && i < STATE_FOLDS_MAX; i++)
        if (strlen(view->folded[i]) <= STATE_TEXT_MAX)
            cJSON_AddItemToArray(list, cJSON_CreateString(view->folded[i]));
    return STATUS_OK;
}

enum status state_save_view(const char *path, const char *theme, const char *const *folded,
                            size_t folded_count, struct error *err)
{
    const struct view_state view = {theme, folded, folded_count};
    return update(path, set_view, &view, err);
}

static enum status add_note(cJSON *json, const void *arg, struct error *err)
{
    cJSON *notes = cJSON_GetObjectItemCaseSensitive(json, "pending"), *note = cJSON_CreateObject();
    char start[32];
    (void)snprintf(start, sizeof start, "%llu", started(getpid())); /* fits */
    if (notes == NULL)
        notes = cJSON_AddArrayToObject(json, "pending");
    cJSON_AddStringToObject(note, "what", arg);
    cJSON_AddNumberToObject(note, "pid", (double)getpid());
    cJSON_AddStringToObject(note, "started", start); /* a text: a double would lose its last digits */
    cJSON_AddItemToArray(notes, note);
    if (cJSON_GetArraySize(notes) > STATE_NOTES_MAX)
        return error_set(err, STATUS_TOO_LARGE, "more than %d decisions wait to be sent", STATE_NOTES_MAX);
    return STATUS_OK;
}

enum status state_note_pending(const char *path, const char *what, struct error *err)
{
    if (strlen(what) > STATE_TEXT_MAX)
        return error_set(err, STATUS_TOO_LARGE, "a note has at most %d bytes", STATE_TEXT_MAX);
    return update(path, add_note, what, err);
}

/* The first note that fits goes: the same decision may be noted twice. */
static enum status remove_own_note(cJSON *json, const void *arg, struct error *err)
{
    cJSON *notes = cJSON_GetObjectItemCaseSensitive(json, "pending");
    (void)err;
    for (int i = 0; i < cJSON_GetArraySize(notes); i++) {
        const cJSON *note = cJSON_GetArrayItem(notes, i);
        if (is_ours(note) && strcmp(json_text(note, "what"), arg) == 0) {
            cJSON_DeleteItemFromArray(notes, i);
            break;
        }
    }
    return STATUS_OK;
}

enum status state_forget_pending(const char *path, const char *what, struct error *err)
{
    return update(path, remove_own_note, what, err);
}

static enum status remove_dead_notes(cJSON *json, const void *arg, struct error *err)
{
    cJSON *notes = cJSON_GetObjectItemCaseSensitive(json, "pending");
    (void)arg;
    (void)err;
    for (int i = cJSON_GetArraySize(notes) - 1; i >= 0; i--)
        if (!is_alive(cJSON_GetArrayItem(notes, i)))
            cJSON_DeleteItemFromArray(notes, i);
    return STATUS_OK;
}

enum status state_forget_unsent(const char *path, struct error *err)
{
    return update(path, remove_dead_notes, NULL, err);
}
