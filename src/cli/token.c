#include "config.h"

#include "cli/token.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/mem.h"
#include "base/process.h"

#define TOKEN_MAX    4096 /* bytes of a file, or of what a command prints */
#define COMPLAINT    300  /* bytes of a command's standard error that are told */
#define OTHERS_MODES 077  /* group and others */

/* Blanks around a token are dropped; one that could not stand in a header is refused. */
static enum status clean_token(const char *text, size_t len, char **token, struct error *err)
{
    const char *blanks = " \t\r\n";
    if (memchr(text, '\0', len) != NULL)
        return error_set(err, STATUS_INVALID, "it is no text");
    size_t first = strspn(text, blanks);
    while (len > first && strchr(blanks, text[len - 1]) != NULL)
        len--;
    if (len == first)
        return error_set(err, STATUS_INVALID, "there is no token in it");
    for (size_t i = first; i < len; i++)
        if (text[i] <= ' ' || text[i] > '~')
            return error_set(err, STATUS_INVALID, "its token has a character that no token has (at byte %zu)",
                             i - first + 1);
    *token = mem_string_n(text + first, len - first);
    return STATUS_OK;
}

/* --- files --- */

static enum status read_fd(int fd, char **token, struct error *err)
{
    char text[TOKEN_MAX + 1];
    size_t len = 0;
    while (len < sizeof text) {
        ssize_t n = read(fd, text + len, sizeof text - len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return error_set(err, STATUS_FAILED, "cannot read it: %s", strerror(errno));
        if (n == 0)
            break;
        len += (size_t)n;
    }
    if (len > TOKEN_MAX)
        return error_set(err, STATUS_TOO_LARGE, "it is longer than %d bytes", TOKEN_MAX);
    text[len] = '\0';
    return clean_token(text, len, token, err);
}

/* What a restricted session asks of a token file. */
static enum status check_owner(int fd, struct error *err)
{
    struct stat info;
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode))
        return error_set(err, STATUS_FORBIDDEN, "it is no plain file");
    if (info.st_uid != geteuid())
        return error_set(err, STATUS_FORBIDDEN,
                         "it belongs to another user; a restricted session takes only one's own");
    if (info.st_mode & OTHERS_MODES)
        return error_set(err, STATUS_FORBIDDEN, "others can read it (mode %04o); chmod 600 it",
                         (unsigned)(info.st_mode & 07777));
    return STATUS_OK;
}

static enum status read_file(const char *path, bool strict, char **token, struct error *err)
{
    int fd =
        open(path, O_RDONLY | O_CLOEXEC | (strict ? O_NONBLOCK : 0)); /* a FIFO must not hold up a login */
    enum status status = STATUS_OK;
    if (fd < 0)
        status = error_set(err, STATUS_USAGE, "cannot open it: %s", strerror(errno));
    if (status == STATUS_OK && strict)
        status = check_owner(fd, err);
    if (status == STATUS_OK)
        status = read_fd(fd, token, err);
    if (fd >= 0)
        close(fd);
    if (status != STATUS_OK) {
        error_prefix(err, "token file %s", path);
        if (status != STATUS_FORBIDDEN)
            err->status = status = STATUS_USAGE;
    }
    return status;
}

enum status token_read_file(const char *path, char **token, struct error *err)
{
    struct error own = ERROR_NONE;
    enum status status = read_file(path, false, token, &own);
    if (status != STATUS_OK && err != NULL)
        *err = own;
    return status;
}

bool token_file_is_open(const char *path, unsigned *mode)
{
    struct stat info;
    if (stat(path, &info) != 0 || !S_ISREG(info.st_mode))
        return false;
    *mode = info.st_mode & 07777;
    return (info.st_mode & OTHERS_MODES) != 0;
}

/* %u is the name of the user whose process this is, %% a percent sign. */
static enum status expand_user(const char *pattern, char **path, struct error *err)
{
    char space[4096];
    struct passwd entry, *user = NULL;
    struct buffer out = BUFFER_LIMIT(4096);
    bool known = getpwuid_r(geteuid(), &entry, space, sizeof space, &user) == 0 && user != NULL &&
                 user->pw_name[0] != '\0' && user->pw_name[0] != '.' && strchr(user->pw_name, '/') == NULL;
    bool fits = true;
    for (const char *p = pattern; *p != '\0' && fits; p++) {
        if (p[0] == '%' && p[1] == 'u') {
            if (!known)
                break;
            fits = buffer_add_text(&out, user->pw_name);
            p++;
        } else {
            fits = buffer_add_char(&out, *p);
            p += p[0] == '%' && p[1] == '%';
        }
    }
    if (!fits || (!known && strstr(pattern, "%u") != NULL)) {
        buffer_free(&out);
        return error_set(err, STATUS_FORBIDDEN,
                         "token file %s: this user (%ld) has no name that %%u could stand for", pattern,
                         (long)geteuid());
    }
    *path = buffer_take(&out, NULL);
    return STATUS_OK;
}

static enum status read_named_file(const struct token_source *source, char **token, struct error *err)
{
    char *path = NULL;
    if (!source->strict)
        return read_file(source->file, false, token, err);
    enum status status = expand_user(source->file, &path, err);
    if (status == STATUS_OK)
        status = read_file(path, true, token, err);
    free(path);
    return status;
}

/* What a start of drawbridged on this machine has written: $XDG_STATE_HOME/drawbridged/admin-token, or
 * /var/lib/drawbridged/admin-token. NULL: none that can be read. The caller's (free). */
static char *local_token(void)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    char *paths[] = {
        state != NULL && state[0] == '/' ? mem_printf("%s/drawbridged/admin-token", state)
        : home != NULL && home[0] == '/' ? mem_printf("%s/.local/state/drawbridged/admin-token", home)
                                         : NULL,
        mem_string("/var/lib/drawbridged/admin-token"),
    };
    char *token = NULL;
    for (size_t i = 0; i < 2; i++) {
        if (token == NULL && paths[i] != NULL && access(paths[i], R_OK) == 0) {
            if (token_read_file(paths[i], &token, NULL) != STATUS_OK)
                token = NULL; /* a broken one is none: the server then says 401 */
        }
        free(paths[i]);
    }
    return token;
}

/* --- commands --- */

/* The last line of what it said, which is where programs tell why they end. */
static const char *last_line(struct buffer *errors)
{
    while (errors->len > 0 && strchr("\r\n \t", errors->data[errors->len - 1]) != NULL)
        errors->data[--errors->len] = '\0';
    const char *line = strrchr(buffer_text(errors), '\n');
    return line != NULL ? line + 1 : buffer_text(errors);
}

static enum status run_command(const struct settings_list *command, char **token, struct error *err)
{
    struct buffer output = BUFFER_LIMIT(TOKEN_MAX + 1), errors = BUFFER_LIMIT(4096);
    const char **argv = mem_alloc((command->count + 1) * sizeof *argv);
    int exit_status = 0;
    for (size_t i = 0; i < command->count; i++)
        argv[i] = command->items[i];
    const struct process_request request = {.argv = argv, .deadline_ms = TOKEN_COMMAND_MS};
    enum status status = process_run(&request, &output, &errors, &exit_status, err);
    if (status == STATUS_OK && exit_status != 0)
        status = error_set(err, STATUS_FAILED, "%s ended with %d: %.*s", argv[0], exit_status, COMPLAINT,
                           last_line(&errors));
    else if (status == STATUS_OK && output.len > TOKEN_MAX)
        status = error_set(err, STATUS_FAILED, "%s printed more than %d bytes; it must print the token alone",
                           argv[0], TOKEN_MAX);
    else if (status == STATUS_OK && clean_token(buffer_text(&output), output.len, token, err) != STATUS_OK) {
        error_prefix(err, "what %s printed is no token", argv[0]);
        status = err->status = STATUS_FAILED;
    }
    if (status != STATUS_OK)
        error_prefix(err, "token-command");
    if (output.data != NULL)
        explicit_bzero(output.data, output.capacity);
    buffer_free(&output);
    buffer_free(&errors);
    free(argv);
    return status;
}

enum status token_read(const struct token_source *source, char **token, struct error *err)
{
    struct error own = ERROR_NONE;
    enum status status = STATUS_OK;
    *token = NULL;
    if (source->text != NULL) {
        status = clean_token(source->text, strlen(source->text), token, &own);
        if (status != STATUS_OK) {
            error_prefix(&own, "DRAWBRIDGE_TOKEN");
            own.status = status = STATUS_USAGE;
        }
    } else if (source->file != NULL) {
        status = read_named_file(source, token, &own);
    } else if (source->command != NULL && source->command->count > 0) {
        status = source->strict ? error_set(&own, STATUS_FORBIDDEN,
                                            "a restricted session runs no token-command; use token-file")
                                : run_command(source->command, token, &own);
    } else if (source->local && !source->strict) {
        *token = local_token();
    }
    if (status != STATUS_OK && err != NULL)
        *err = own;
    return status;
}
